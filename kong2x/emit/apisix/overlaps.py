"""What happens where a consumer's own plugins meet a route's: which of the two APISIX leaves out.

APISIX runs the early part of a route's plugins before it knows the consumer. A consumer's plugin of that
part acts only where the route has no entry of that name; of the later part, the consumer's entry replaces
the route's as a whole (plugin-mapping.md 2.5, apisix-target.md 6.2).
"""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import replace

from kong2x.emit.apisix import codes
from kong2x.emit.apisix.desk import Desk
from kong2x.emit.apisix.identity import PLUGINS_OF_CONSUMERS, finds_consumer, removes_only_identity
from kong2x.emit.apisix.merging import Config
from kong2x.model.finding import Level, Protects
from kong2x.model.plugin import Consumer, MappedPlugin
from kong2x.model.route import Feature, Route

Behind = frozenset[tuple[str, Protects]]
"""The Kong plugins behind one APISIX plugin, with what each protects."""

EARLY = frozenset(
    {
        "ai-prompt-decorator",
        "ai-prompt-template",
        "body-transformer",
        "client-control",
        "cors",
        "exit-transformer",
        "fault-injection",
        "opentelemetry",
        "proxy-buffering",
        "proxy-control",
        "proxy-mirror",
        "proxy-rewrite",
        "real-ip",
        "redirect",
        "request-id",
        "request-validation",
        "uri-blocker",
        "zipkin",
    }
)
"""APISIX plugins that do their work in the rewrite phase (apisix-target.md 6.6)."""


def rewriting_consumers(desk: Desk) -> bool:
    """Whether some consumer rewrites requests by plugins of its own."""
    if desk.rewriting_consumers is None:
        uses = [use for consumer in desk.model.consumers for use in consumer.plugins]
        known = desk.choices.controller >= PLUGINS_OF_CONSUMERS
        desk.rewriting_consumers = known and any("proxy-rewrite" in desk.map(use).fragments for use in uses)
    return desk.rewriting_consumers


def left_to_consumers(plugins: dict[str, Config], desk: Desk) -> Config:
    """Takes the removal of identity headers out of a route's plugins where each consumer does it instead.

    The removal, empty where the route keeps it.
    """
    rewrite = plugins.get("proxy-rewrite")
    if rewrite is None or not removes_only_identity(rewrite):
        return {}
    if not rewriting_consumers(desk) or not finds_consumer(plugins):
        return {}
    desk.consumers_remove.update(dict.fromkeys(rewrite["headers"]["remove"]))
    return plugins.pop("proxy-rewrite")


def tell_identity(desk: Desk) -> None:
    """Says which headers the consumers remove, in place of the routes."""
    names = list(desk.consumers_remove)
    if names and desk.model.consumers:
        desk.say(
            codes.CONSUMER_IDENTITY,
            f"A caller's own {', '.join(names)} are removed by the plugins of each consumer, on every route that it "
            "calls, so that the routes leave the consumers' own header rewriting in effect.",
            about=next(consumer for consumer in desk.model.consumers if consumer.plugins),
            feature=Feature.PLUGINS,
        )


def note_plugins(
    route: Route, plugins: Mapping[str, Config], behind: Mapping[str, Behind], desk: Desk
) -> None:
    """Remembers the plugins of a rule whose callers are consumers, with the Kong plugins behind each."""
    if not finds_consumer(plugins):
        return
    for name in plugins:
        groups = desk.in_effect.setdefault(name, {})
        groups.setdefault(behind.get(name, frozenset()), {})[route.name] = None


def closes(consumer: Consumer, item: MappedPlugin, desk: Desk) -> bool:
    """Tells where a consumer's plugin does not act as in Kong; whether that loses an access check."""
    closing = False
    for name in item.fragments:
        for behind, routes in desk.in_effect.get(name, {}).items():
            others = {plugin: protects for plugin, protects in behind if plugin != item.use.plugin}
            if name in EARLY:
                _tell_early(consumer, item, name, len(others) < len(behind), tuple(routes), desk)
                closing |= item.protects is Protects.ACCESS
            elif others:
                _tell_replaced(consumer, item, others, tuple(routes), desk)
                closing |= Protects.ACCESS in others.values()
    _tell_more(consumer, item, desk)
    return closing


def _tell_early(
    consumer: Consumer, item: MappedPlugin, name: str, shared: bool, routes: tuple[str, ...], desk: Desk
) -> None:
    use = item.use
    if shared:
        desk.say(
            replace(codes.CONSUMER_OVER_ROUTE, protects=item.protects),
            f"Where a route has {use.plugin} as well, the route's acts for this consumer too; in Kong the consumer's "
            "replaces it.",
            about=consumer,
            feature=Feature.PLUGINS,
            routes=routes,
            level=None if item.protects is Protects.NOTHING else Level.UNSUPPORTED,
        )
        return
    desk.say(
        replace(codes.CONSUMER_LOST, protects=item.protects),
        f"The {use.plugin} of the consumer {consumer.username or consumer.origin.name} is not applied where the route "
        f"itself has APISIX's {name}.",
        about=consumer,
        feature=Feature.PLUGINS,
        routes=routes,
    )


def _tell_more(consumer: Consumer, item: MappedPlugin, desk: Desk) -> None:
    """The route's use of the same Kong plugin goes on where it became another APISIX plugin than the consumer's."""
    plugin = item.use.plugin
    routes = [
        route
        for name, groups in desk.in_effect.items()
        if name not in item.fragments and name != "proxy-rewrite"
        for behind, found in groups.items()
        if any(kong == plugin for kong, _ in behind)
        for route in found
    ]
    if routes:
        desk.say(
            codes.CONSUMER_OVER_ROUTE,
            f"The {plugin} of the consumer {consumer.username or consumer.origin.name} acts together with the route's, "
            "where the two become different plugins of APISIX; in Kong the consumer's replaces it.",
            about=consumer,
            feature=Feature.PLUGINS,
            routes=dict.fromkeys(routes),
        )


def _tell_replaced(
    consumer: Consumer,
    item: MappedPlugin,
    others: Mapping[str, Protects],
    routes: tuple[str, ...],
    desk: Desk,
) -> None:
    desk.say(
        codes.CONSUMER_REPLACES,
        f"The {item.use.plugin} of the consumer {consumer.username or consumer.origin.name} would replace "
        f"{', '.join(sorted(others))} of the route, as both become one APISIX plugin.",
        about=consumer,
        feature=Feature.PLUGINS,
        routes=routes,
    )
