"""Which APISIX plugins a route gets: those of its KongPlugins, merged, and what belongs to this route alone."""

from __future__ import annotations

from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass, field, replace

from kong2x.emit.apisix import codes
from kong2x.emit.apisix.desk import Desk
from kong2x.emit.apisix.identity import PLUGINS_OF_CONSUMERS, logins, without_callers_headers
from kong2x.emit.apisix.merging import Config, merged
from kong2x.emit.apisix.naming import with_controllers_names
from kong2x.emit.apisix.overlaps import Behind, left_to_consumers
from kong2x.emit.apisix.pairs import for_consumer
from kong2x.model.finding import Level, Protects
from kong2x.model.plugin import MappedPlugin, PluginUse, SecretKey
from kong2x.model.route import Feature, Route
from kong2x.model.source import Leaf, copied

LABELS_COPIED = (2, 1)
"""The first controller release that copies labels of consumers."""
_Key = tuple[str, str, str]


@dataclass(slots=True)
class Composed:
    """The plugins of a route.

    `shared` come from KongPlugins alone and may stand in an ApisixPluginConfig; `own` belong to this
    route. `rule` are settings of the rule that no plugin holds. `origins` name the KongPlugins. `lost` is
    the worst protection that did not arrive, through `losers`. `secrets` are the values of `shared` that
    must come from Kubernetes Secrets.
    """

    shared: dict[str, Config] = field(default_factory=dict)
    own: dict[str, Config] = field(default_factory=dict)
    rule: Config = field(default_factory=dict)
    origins: tuple[_Key, ...] = ()
    cluster: bool = False
    lost: Protects = Protects.NOTHING
    losers: list[MappedPlugin] = field(default_factory=list)
    guard: Config = field(default_factory=dict)
    """The removal of a caller's own identity headers that consumers do, unless the rule rewrites anyway."""
    behind: dict[str, Behind] = field(default_factory=dict)
    """The Kong plugins behind each APISIX plugin."""
    secrets: dict[str, dict[tuple[str | int, ...], SecretKey]] = field(default_factory=dict)


def compose(route: Route, desk: Desk, skip: frozenset[int] = frozenset()) -> Composed:
    """The plugins of `route` without those whose use, by identity, is in `skip` (global rules)."""
    uses = [use for use in route.plugins if id(use) not in skip]
    mapped = [desk.map(use, route) for use in uses]
    mapped.sort(key=lambda item: (-item.priority, item.use.plugin))
    out = Composed()
    everything: dict[str, Config] = {}
    from_filters: set[str] = set()
    for item in mapped:
        _lose(out, item, item.lost)
        out.rule.update(copied(dict(item.rule)))
        clash = _add(everything, item, out)
        if clash:
            _tell_clash(clash, item, route, desk, out)
        if item.use.origin is None:
            from_filters.update(item.fragments)
    personal = [use for use in route.consumer_plugins if not stands_in_consumer(use, desk)]
    personal.sort(key=lambda use: use.consumer is None)  # a consumer's own comes before its group's
    for use in personal:
        _consumer_pair(everything, use, route, desk, out)
    everything = logins(everything, mapped, route, desk)
    everything = with_fragment(everything, "proxy-rewrite", without_callers_headers(everything, mapped))
    out.guard = left_to_consumers(everything, desk)
    everything = with_controllers_names(everything, desk.model, desk.choices.controller)
    _close_without_labels(everything, mapped, route, desk, out)
    keys = {item.use.key for item in mapped if item.use.origin is not None}
    out.origins = tuple(sorted(keys | {use.key for use in personal if use.origin}))
    origins = [use.origin for use in (*uses, *personal)]
    out.cluster = bool(origins) and all(
        ref is not None and ref.kind == "KongClusterPlugin" for ref in origins
    )
    for name, config in everything.items():
        (out.own if name in from_filters or not desk.choices.shared else out.shared)[name] = config
    _settle(route, desk)
    return out


def with_fragment(plugins: Mapping[str, Config], name: str, fragment: Config) -> dict[str, Config]:
    """The plugins with `fragment` merged into the one of that name; what is there already wins for paths."""
    out = dict(plugins)
    if not fragment:
        return out
    there = out.get(name)
    if there is None:
        out[name] = copied(fragment)
        return out
    joined = merged(name, fragment, there)
    if joined is None:
        # Only a filter of the entry that is there can be in the way: the fragment must act anyway.
        joined = merged(name, fragment, {k: v for k, v in there.items() if k != "_meta"})
    out[name] = joined if joined is not None else there
    return out


def _lose(out: Composed, item: MappedPlugin, what: Protects) -> None:
    """Notes that the route lost what the plugin protected; the gravest loss stays."""
    if what is Protects.NOTHING:
        return
    out.losers.append(item)
    if out.lost is not Protects.ACCESS:
        out.lost = what


def _keep_secrets(out: Composed, item: MappedPlugin, lost: Sequence[str]) -> None:
    """Notes the Secrets of the plugin, but for fragments that were lost: another plugin has their place."""
    for (name, path), key in item.secrets.items():
        if name not in lost:
            out.secrets.setdefault(name, {})[path] = key


def settle_lost(item: MappedPlugin, code: str, desk: Desk) -> None:
    """Books every setting of the plugin as unsupported."""
    if item.use.origin is not None:
        for path in item.levels:
            desk.emission.settle(item.use.fed_by(path), Level.UNSUPPORTED, code)


def _add(everything: dict[str, Config], item: MappedPlugin, out: Composed) -> list[str]:
    """Adds the fragments of one plugin; the names of those that could not be joined."""
    clash = []
    for name, body in item.fragments.items():
        out.behind[name] = out.behind.get(name, frozenset()) | {(item.use.plugin, item.protects)}
        if name not in everything:
            everything[name] = copied(dict(body))
        else:
            joined = merged(name, everything[name], body)
            if joined is None:
                clash.append(name)
                continue
            everything[name] = joined
    _keep_secrets(out, item, clash)
    return clash


def _tell_clash(names: Iterable[str], item: MappedPlugin, route: Route, desk: Desk, out: Composed) -> None:
    use = item.use
    for name in names:
        desk.say(
            replace(codes.PLUGIN_CLASH, protects=item.protects),
            f"{use.label} is left out where another plugin of the route already uses APISIX's {name}: a route can "
            "have it only once, and the two cannot be joined.",
            about=route,
            leaf=Leaf(use.origin, use.config_path) if use.origin else None,
        )
    settle_lost(item, codes.PLUGIN_CLASH.id, desk)
    _lose(out, item, item.protects)


def stands_in_consumer(use: PluginUse, desk: Desk) -> bool:
    """Whether the ApisixConsumer itself carries the plugin, so that routes need not."""
    if use.scope != "consumer" or desk.choices.controller < PLUGINS_OF_CONSUMERS:
        return False
    return any(own.key == use.key for consumer in desk.model.consumers for own in consumer.plugins)


def _consumer_pair(
    everything: dict[str, Config], use: PluginUse, route: Route, desk: Desk, out: Composed
) -> None:
    """A plugin that acts for one consumer on this route: a filter on the consumer's name."""
    item = desk.map(use, route)
    _lose(out, item, item.lost)
    lost = []
    for name, body in item.fragments.items():
        same = all(plugin == use.plugin for plugin, _ in out.behind.get(name, ()))
        joined = for_consumer(name, everything, body, use, desk.model, replaces=same)
        if joined is None:
            desk.say(
                replace(codes.CONSUMER_PAIR, protects=item.protects),
                f"{use.label} for the consumer {use.consumer or use.group} on this route is not carried over: APISIX "
                f"has no plugin for a consumer on a route, and {name} cannot tell consumers apart here.",
                about=route,
                leaf=Leaf(use.origin, use.config_path) if use.origin else None,
            )
            lost.append(name)
            continue
        out.behind[name] = out.behind.get(name, frozenset()) | {(use.plugin, item.protects)}
        if "workflow" in joined and "group" in {*body, *everything.get(name, {})}:
            desk.say(
                codes.LIMIT_ALONE,
                f"On this route {name} counts on its own, for {use.consumer or use.group} and for everybody else; in "
                "Kong all routes of the service or gateway share a counter.",
                about=route,
                leaf=Leaf(use.origin, use.config_path) if use.origin else None,
            )
        everything.clear()
        everything.update(joined)
    if lost:
        settle_lost(item, codes.CONSUMER_PAIR.id, desk)
        _lose(out, item, item.protects)
    _keep_secrets(out, item, lost)


def _close_without_labels(
    plugins: Mapping[str, Config], mapped: Sequence[MappedPlugin], route: Route, desk: Desk, out: Composed
) -> None:
    """`acl` looks at labels of consumers, which older controllers do not copy (apisix-target.md 1.11)."""
    if "acl" not in plugins or desk.choices.controller >= LABELS_COPIED:
        return
    pairs = [desk.map(use, route) for use in route.consumer_plugins if not stands_in_consumer(use, desk)]
    release = ".".join(str(part) for part in desk.choices.controller)
    for item in (*mapped, *pairs):
        use = item.use
        if "acl" not in item.fragments:
            continue
        desk.say(
            codes.ACL_LABELS,
            f"{use.label} cannot tell the groups of consumers apart: the APISIX ingress controller {release} does not "
            "copy labels of consumers to APISIX.",
            about=route,
            leaf=Leaf(use.origin, use.config_path) if use.origin else None,
        )
        settle_lost(item, codes.ACL_LABELS.id, desk)
        _lose(out, item, Protects.ACCESS)


def _settle(route: Route, desk: Desk) -> None:
    for feature in (Feature.PLUGINS, Feature.FILTERS):
        desk.emission.settle_feature(route.provenance, feature, Level.EXACT)


def names_of(origins: Sequence[_Key]) -> list[str]:
    """The names of the KongPlugins, each once, sorted."""
    return sorted({name for _, name, _ in origins if name})
