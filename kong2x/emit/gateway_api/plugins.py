"""Which form each plugin of a route takes, and whether the route may still be served."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, field
from typing import Any

from kong2x.emit.gateway_api import codes_routes
from kong2x.emit.gateway_api.desk import Desk
from kong2x.model.finding import Level, Protects
from kong2x.model.plugin import MappedPlugin, PluginUse
from kong2x.model.route import Feature, Route
from kong2x.model.source import leaves

STANDARD = "gateway-api"
ANSWERING = (
    "redirect",
    "request-termination",
    "mocking",
    "aws-lambda",
    "azure-functions",
    "ai-proxy",
    "ai-proxy-advanced",
)
"""Plugins that answer in the backend's place: without them a request would reach a backend that Kong spares."""


@dataclass(slots=True)
class PluginPlan:
    """What the plugins of one route become.

    `standard` holds mapped plugins whose fragments are standard filters, `own` those in the profile's
    vocabulary. `denied` is the reason why the route must refuse its requests, empty when it may serve;
    `omitted` says that the user wants such a route left out.
    """

    standard: list[MappedPlugin] = field(default_factory=list)
    own: list[MappedPlugin] = field(default_factory=list)
    denied: str = ""
    omitted: bool = False

    @property
    def mapped(self) -> list[MappedPlugin]:
        """All plugins, Kong's first to run first."""
        return sorted([*self.standard, *self.own], key=lambda m: -m.priority)


def plan_plugins(desk: Desk, route: Route) -> PluginPlan:
    """Maps the effective plugins of a route and decides on the security of what is lost."""
    plan = PluginPlan()
    lost: list[MappedPlugin] = []
    if desk.profile.keeps_kong:
        return _kept_by_kong(desk, route, plan)
    for use in route.plugins:
        mapped = best_mapping(desk, use, route)
        desk.take_plugin(mapped, route.name)
        (plan.standard if mapped.vocabulary == STANDARD else plan.own).append(mapped)
        if mapped.lost is not Protects.NOTHING:
            lost.append(mapped)
    alone = [_for_one_consumer(desk, route, use) for use in route.consumer_plugins]
    lost += [mapped for mapped in alone if mapped is not None]
    _settle_attachment(desk, route, plan)
    if lost:
        _decide(desk, route, plan, lost)
    if not plan.denied and not plan.omitted:
        _keep_answers(desk, route, plan)
    return plan


def _kept_by_kong(desk: Desk, route: Route, plan: PluginPlan) -> PluginPlan:
    """Kong goes on running its plugins; only those that a filter made become that filter again."""
    for use in (*route.plugins, *route.consumer_plugins):
        if use.origin is not None:
            settle_lost(desk, use, "", Level.EXACT)
            continue
        mapped = best_mapping(desk, use, route)
        desk.take_plugin(mapped, route.name)
        plan.standard.append(mapped)
    return plan


def _keep_answers(desk: Desk, route: Route, plan: PluginPlan) -> None:
    """A route whose plugin answers for the backend never becomes one that proxies."""
    for mapped in plan.mapped:
        use = mapped.use
        if use.plugin not in ANSWERING or mapped.mapped or use.config.get("trigger"):
            continue
        plan.denied = f"{use.plugin} cannot be carried over and would answer in the backend's place"
        desk.say(
            codes_routes.ANSWER_LOST,
            f"The route answers with the Gateway's error instead of what {use.plugin} answers; "
            "the backend receives nothing, as in Kong.",
            route=route,
            leaf=use.attached,
        )
        return


def best_mapping(desk: Desk, use: PluginUse, route: Route | None) -> MappedPlugin:
    """The first vocabulary that carries the plugin whole, else the one that loses least."""
    tried: list[MappedPlugin] = []
    for vocabulary in desk.profile.vocabularies:
        mapped = desk.mapper.map(use, vocabulary, model=desk.model, route=route)
        if mapped.rule:  # says something about a rule of that vocabulary's own route objects
            continue
        if mapped.mapped and mapped.lost is Protects.NOTHING and not _loses(mapped):
            return mapped
        tried.append(mapped)
    carried = desk.profile.carry(desk, use, tried[-1], route)
    if carried is not None:
        return carried
    return min(tried, key=_badness)


def _loses(mapped: MappedPlugin) -> bool:
    return any(level.lost for level, _ in mapped.levels.values())


def _badness(mapped: MappedPlugin) -> tuple[int, bool, int]:
    order = (Protects.NOTHING, Protects.PROTECTION, Protects.ACCESS)
    worst = max((level.rank for level, _ in mapped.levels.values()), default=0)
    return (order.index(mapped.lost), not mapped.mapped, worst)


def _for_one_consumer(desk: Desk, route: Route, use: PluginUse) -> MappedPlugin | None:
    """A plugin for a named consumer on this route: returned when its protection is lost."""
    if desk.profile.carries_consumer_plugins:
        return None
    if desk.profile.carries_consumers and use.scope == "consumer":
        return None  # stands in the Consumer itself
    mapped = best_mapping(desk, use, route)
    settle_lost(desk, use, codes_routes.CONSUMER_PLUGIN.id)
    desk.say(
        codes_routes.CONSUMER_PLUGIN_ACCESS
        if mapped.protects is Protects.ACCESS
        else codes_routes.CONSUMER_PLUGIN,
        f"The plugin {use.plugin} for the consumer {use.consumer or use.group} does not act on the route.",
        route=route,
        leaf=use.attached,
    )
    if mapped.protects is Protects.NOTHING:
        return None
    return MappedPlugin(use, STANDARD, lost=mapped.protects, protects=mapped.protects)


def settle_lost(desk: Desk, use: PluginUse, why: str, level: Level = Level.UNSUPPORTED) -> None:
    """Settles every setting of a plugin use that goes nowhere."""
    for path in leaves(dict(use.config)):
        desk.emission.settle(use.fed_by(path), level, why)


def _settle_attachment(desk: Desk, route: Route, plan: PluginPlan) -> None:
    gone = [m for m in plan.mapped if m.lost is not Protects.NOTHING or not (m.mapped or m.levels)]
    level = Level.UNSUPPORTED if gone else Level.EXACT
    desk.settle(route, route.service, Feature.PLUGINS, level, codes_routes.DENIED.id if gone else "")


def _decide(desk: Desk, route: Route, plan: PluginPlan, lost: list[MappedPlugin]) -> None:
    """Refuse, omit or open (facts 4.18): never open by default, never left out by default."""
    policy = desk.options.on_security_loss
    access = [m for m in lost if m.lost is Protects.ACCESS]
    counted = lost if policy == "deny-all" else access
    if not counted:
        return
    names = ", ".join(dict.fromkeys(m.use.plugin for m in counted))
    if policy == "open":
        missing = [m for m in access if not _accepted(desk, m)]
        if not missing:
            desk.say(
                codes_routes.OPENED, f"The route is served without {names}, as was accepted.", route=route
            )
            return
        names = ", ".join(dict.fromkeys(m.use.plugin for m in missing))
    if policy == "omit":
        plan.omitted = True
        desk.say(
            codes_routes.OMITTED,
            f"The route is left out because {names} is lost; a broader route may answer its requests.",
            route=route,
        )
        return
    plan.denied = f"{names} cannot be carried over"
    desk.say(
        codes_routes.DENIED,
        f"The route refuses all requests because {names} cannot be carried over to {desk.profile.title}.",
        route=route,
    )


def _accepted(desk: Desk, mapped: MappedPlugin) -> bool:
    """Whether each loss of the plugin was accepted by name, with a reason."""
    losses = [finding for finding in mapped.findings if finding.level.lost]
    return bool(losses) and all(accepted(desk, f.code, f.fingerprint) for f in losses)


def accepted(desk: Desk, *names: str) -> bool:
    """Whether a finding was accepted under one of its names and the decision has not run out."""
    options = desk.options
    rules = [r for r in options.accept_rules if not (r.until and options.today and r.until < options.today)]
    return any(name in options.accept or any(rule.code == name for rule in rules) for name in names)


def fragments(plan: list[MappedPlugin]) -> list[tuple[str, Mapping[str, Any], MappedPlugin]]:
    """Every standard filter of the plugins, in Kong's order of execution."""
    ordered = sorted(plan, key=lambda m: -m.priority)
    return [(name, m.fragments[name], m) for m in ordered for name in m.fragments]
