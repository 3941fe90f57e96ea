"""What one `http[]` rule says, from the pieces of a route that stand together."""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from dataclasses import dataclass, field
from math import ceil
from typing import Any

from kong2x.emit.apisix import codes, protocols
from kong2x.emit.apisix.backends import behind
from kong2x.emit.apisix.compose import Composed, with_fragment
from kong2x.emit.apisix.conditions import Conditions, Expression, expression, path_condition
from kong2x.emit.apisix.desk import Desk
from kong2x.emit.apisix.merging import Config
from kong2x.emit.apisix.overlaps import note_plugins
from kong2x.emit.apisix.paths import TargetPath
from kong2x.emit.apisix.plugin_configs import PluginConfigs, entry
from kong2x.emit.apisix.precedence import Unit
from kong2x.emit.apisix.security import DENIAL
from kong2x.emit.apisix.upstream_path import path_rewrite
from kong2x.emit.apisix.upstreams import Upstreams
from kong2x.model.finding import Level
from kong2x.model.route import Feature, PathKind, Route

Rule = dict[str, Any]

_DEFAULT_MS = 60000


@dataclass(slots=True)
class Writer:
    """Writes rules; `objects` are ApisixUpstreams that belong to one rule."""

    desk: Desk
    upstreams: Upstreams
    configs: PluginConfigs
    objects: list[tuple[Route, dict[str, Any]]] = field(default_factory=list)

    def rules(
        self, unit: Unit, name: str, conditions: Conditions, composed: Composed, *, denied: bool
    ) -> list[Rule]:
        """The rules for one unit: one, or two where plain HTTP needs a rule of its own."""
        route = unit.pieces[0].route
        rule: Rule = {"name": name}
        if unit.priority:
            rule["priority"] = unit.priority
        rule["match"] = match_of(unit, conditions, self.desk.choices.controller)
        if denied:
            self._deny(rule, route)
            return [rule]
        plain = self._plain_http(route, composed, rule)
        self._serve(rule, unit, composed)
        return [plain, rule] if plain else [rule]

    def _deny(self, rule: Rule, route: Route) -> None:
        if self.desk.choices.controller < (2, 0):
            # The CRD of 1.8 wants something behind every rule; the answer is given before it.
            rule["backends"] = behind(route, rule["name"], self.upstreams, self.desk).backends
        rule["plugins"] = [entry("fault-injection", DENIAL)]

    def _plain_http(self, route: Route, composed: Composed, rule: Rule) -> Rule | None:
        """A rule for plain HTTP where the plugin that answers it is taken by something else."""
        answer = protocols.https_only(route, self.desk)
        if answer is None or answer[0] not in {**composed.shared, **composed.own}:
            return None
        name, config = answer
        secure = [*rule["match"].get("exprs", ()), protocols.scheme_expression(self.desk, plain=False)]
        plain = [*rule["match"].get("exprs", ()), protocols.scheme_expression(self.desk, plain=True)]
        twin: Rule = {
            **rule,
            "name": f"{rule['name']}-plain-http",
            "match": {**rule["match"], "exprs": plain},
        }
        rule["match"] = {**rule["match"], "exprs": secure}
        if self.desk.choices.controller < (2, 0):
            twin["backends"] = behind(route, rule["name"], self.upstreams, self.desk).backends
        twin["plugins"] = [entry(name, protocols.without_condition(name, config))]
        return twin

    def _serve(self, rule: Rule, unit: Unit, composed: Composed) -> None:
        route = unit.pieces[0].route
        tried = [piece.path for piece in sorted(unit.pieces, key=lambda piece: piece.rank)]
        own = self._own_plugins(route, tried, composed)
        if route.service.fixed_status is not None:
            own = {**own, "fault-injection": _fixed(route.service.fixed_status)}
        else:
            stands = behind(route, rule["name"], self.upstreams, self.desk)
            if stands.backends:
                rule["backends"] = stands.backends
            if stands.upstreams:
                rule["upstreams"] = stands.upstreams
            self.objects += [(route, obj) for obj in stands.objects]
            if stands.host:
                own = self._with_own(own, composed, "proxy-rewrite", {"host": stands.host})
            rule["websocket"] = True
            timeout = _timeout(route, composed.rule.get("timeout", {}), self.desk)
            if timeout:
                rule["timeout"] = timeout
        note_plugins(route, {**composed.shared, **own}, composed.behind, self.desk)
        self.configs.use(route, composed, rule)
        if own:
            secrets = self.configs.secrets
            rule["plugins"] = [
                entry(name, own[name], secrets.reference(name, composed.secrets.get(name), route))
                for name in sorted(own)
            ]

    def _own_plugins(self, route: Route, paths: list[TargetPath], composed: Composed) -> dict[str, Config]:
        """The plugins that belong to this rule alone, each complete."""
        own = dict(composed.own)
        rewrite: Config = path_rewrite(route, paths, self.desk.model.facts.router)
        if route.rewrite is not None and route.rewrite.host:
            rewrite = {**rewrite, "host": route.rewrite.host}
        if rewrite:
            own = self._with_own(own, composed, "proxy-rewrite", rewrite)
        answer = protocols.https_only(route, self.desk)
        if answer is not None and answer[0] not in {**composed.shared, **composed.own}:
            own[answer[0]] = answer[1]
        return own | self._buffering(route)

    def _with_own(
        self, own: Mapping[str, Config], composed: Composed, name: str, fragment: Config
    ) -> dict[str, Config]:
        """`fragment` in an inline entry that also holds what the shared entry of that name says."""
        base = own.get(name) or composed.shared.get(name)
        if base is None and name == "proxy-rewrite":
            base = composed.guard or None
        return {**own, **with_fragment({name: base} if base else {}, name, fragment)}

    def _buffering(self, route: Route) -> dict[str, Config]:
        found: dict[str, Config] = {}
        if not route.request_buffering:
            found["proxy-control"] = {"request_buffering": False}
        if not route.response_buffering:
            if self.desk.choices.apisix >= (3, 17):
                found["proxy-buffering"] = {"disable_proxy_buffering": True}
            else:
                self.desk.say(
                    codes.BUFFERING,
                    "Responses are buffered: switching that off needs APISIX 3.17.",
                    about=route,
                    feature=Feature.RESPONSE_BUFFERING,
                )
        return found


def match_of(unit: Unit, conditions: Conditions, controller: tuple[int, ...]) -> dict[str, Any]:
    """The `match` block of a unit."""
    out: dict[str, Any] = {}
    hosts = [level for level in unit.levels if level]
    if hosts:
        out["hosts"] = hosts
    out["paths"] = list(dict.fromkeys(node.uri for node in unit.nodes))
    if conditions.methods:
        out["methods"] = list(conditions.methods)
    expressions = [*_unit_expressions(unit, controller), *conditions.expressions]
    if expressions:
        out["exprs"] = expressions
    return out


def _unit_expressions(unit: Unit, controller: tuple[int, ...]) -> Iterable[Expression]:
    first = unit.pieces[0]
    if first.path.guard:
        yield path_condition(guard_of([piece.path for piece in unit.pieces]), controller)
    if first.path.raw:
        yield expression("Variable", "real_request_uri", "RegexMatch", first.path.raw)
    if first.alias:
        yield expression("Variable", "host", "RegexMatch", first.alias)


def guard_of(paths: Iterable[TargetPath]) -> str:
    """One condition that any of the paths fulfils; the two halves of a segment prefix share their text."""
    parts: dict[str, None] = {}
    guards = {path.guard for path in paths}
    for path in paths:
        guard = path.guard
        if path.source is not None and path.source.kind is PathKind.SEGMENT_PREFIX:
            stem = guard.removesuffix(r"\z").removesuffix("/")
            if {f"{stem}/", rf"{stem}\z"} <= guards:
                guard = rf"{stem}(?:/|\z)"
        parts[guard] = None
    return "|".join(parts)


def _fixed(status: int) -> Config:
    return {
        "abort": {
            "http_status": status,
            "body": '{"message":"no existing backendRef provided"}',
            "headers": {"Content-Type": "application/json; charset=utf-8"},
        }
    }


def _timeout(route: Route, own: Mapping[str, int], desk: Desk) -> dict[str, str]:
    """The timeouts in whole seconds, rounded up; empty for Kong's default, which is APISIX's too.

    `own` are those of the route's plugins, in seconds, which win over the service's.
    """
    service = route.service
    given = {
        "connect": (service.connect_timeout, Feature.CONNECT_TIMEOUT),
        "read": (service.read_timeout, Feature.READ_TIMEOUT),
        "send": (service.write_timeout, Feature.WRITE_TIMEOUT),
    }
    for name, (value, feature) in given.items():
        seconds = max(ceil(value / 1000), 1)
        if seconds * 1000 != value:
            desk.say(
                codes.TIMEOUT_ROUNDED,
                f"The {name} timeout of {value} ms becomes {seconds} s: APISIX counts whole seconds.",
                about=route,
                feature=feature,
            )
        else:
            desk.settle(route, feature, Level.EXACT)
    seconds_of = {name: max(ceil(value / 1000), 1) for name, (value, _) in given.items()} | dict(own)
    if not own and all(value == _DEFAULT_MS for value, _ in given.values()):
        return {}
    return {name: f"{seconds}s" for name, seconds in seconds_of.items()}
