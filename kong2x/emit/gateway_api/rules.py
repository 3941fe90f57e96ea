"""How one Kong route becomes rules: paths, criteria, filters and backends brought together."""

from __future__ import annotations

from collections.abc import Iterable
from dataclasses import replace

from kong2x.emit.gateway_api import codes_edge, codes_routes
from kong2x.emit.gateway_api.backends import backend_refs, retry, timeouts
from kong2x.emit.gateway_api.desk import Desk
from kong2x.emit.gateway_api.draft import Draft, Filter, GatewayPath, Match, RouteKind
from kong2x.emit.gateway_api.filters import FilterSet, plugin_filters
from kong2x.emit.gateway_api.grpc import drop_foreign
from kong2x.emit.gateway_api.hosts import route_hosts
from kong2x.emit.gateway_api.matches import Criteria, criteria, route_paths
from kong2x.emit.gateway_api.plugins import PluginPlan, plan_plugins
from kong2x.emit.gateway_api.protocols import split_schemes
from kong2x.emit.gateway_api.upstream_path import PathChange, host_change, path_change, url_rewrite
from kong2x.emit.gateway_api.upstream_tls import refused_tls
from kong2x.model.finding import Code
from kong2x.model.route import Feature, Route


def route_drafts(desk: Desk, route: Route, position: int) -> list[Draft]:
    """The rules for one Kong route in source order; none when no request can be told apart as Kong does."""
    plan = plan_plugins(desk, route)
    hosts = route_hosts(desk, route)
    wanted = criteria(desk, route)
    paths = route_paths(desk, route)
    if plan.omitted or hosts is None or not wanted.possible or not paths:
        if not plan.omitted:
            desk.say(
                codes_routes.ROUTE_EMPTY,
                "No request is served by the route: nothing of it can be matched.",
                route=route,
            )
        return []
    builder = _Builder(desk, route, plan, wanted, hosts)
    drafts = [
        replace(draft, position=(position, index))
        for index, draft in enumerate(group_paths(builder.rule(path) for path in paths))
    ]
    return split_schemes(desk, route, drafts)


class _Builder:
    """What the rules of one route share."""

    def __init__(
        self, desk: Desk, route: Route, plan: PluginPlan, wanted: Criteria, hosts: tuple[str, ...]
    ) -> None:
        self.desk, self.route, self.plan, self.wanted, self.hosts = desk, route, plan, wanted, hosts
        self.kind: RouteKind = "GRPCRoute" if route.origin in desk.grpc else "HTTPRoute"
        self.base = FilterSet(desk, route)
        plugin_filters(desk, route, plan, wanted.methods, self.base)
        self.host = host_change(desk, route)
        self.redirects = "RequestRedirect" in self.base.bodies
        self.backends, missing = backend_refs(desk, route)
        self.timeouts, self.retry = timeouts(desk, route), retry(desk, route)
        self.denied = plan.denied or self.base.denied
        if not self.denied and not self.redirects:
            self.denied = refused_tls(desk, route)
        if missing and not self.denied and not self.redirects:
            self._say_no_backend(missing)
        self.said: set[str] = set()

    def _say_no_backend(self, missing: str) -> None:
        self.denied = missing
        self.desk.say(
            codes_edge.NO_BACKEND,
            f"The route answers its requests with an error because {missing}.",
            route=self.route,
            feature=Feature.BACKEND,
        )

    def rule(self, path: GatewayPath) -> Draft:
        change = path_change(self.desk, self.route, path)
        if change.match is not None:
            path = change.match._replace(source=path.source)
        matches = self.wanted.matches(path)
        draft = Draft(self.route, matches, self.hosts, kind=self.kind)
        if self.denied:
            return replace(draft, denied=self.denied)
        draft.own = tuple(self.plan.own)
        if self.redirects:
            return replace(draft, filters=self._filters(PathChange()))
        if change.note:
            self._once(
                change.note, codes_routes.REWRITE_NEAR, f"The backend path is close to Kong's: {change.note}."
            )
        if change.refused:
            carried = self.desk.profile.rewrite(self.desk, self.route, path, change)
            if carried is None:
                self._once(
                    change.refused,
                    codes_routes.REWRITE,
                    f"The path {path.value} refuses its requests: {change.refused}.",
                )
                return replace(draft, own=(), denied=f"its path rewrite has no equal: {change.refused}")
            return self._served(replace(draft, extras=carried), PathChange())
        return self._served(draft, change)

    def _served(self, draft: Draft, change: PathChange) -> Draft:
        return replace(
            draft,
            filters=self._filters(change),
            backends=self.backends,
            timeouts=self.timeouts,
            retry=self.retry,
        )

    def _filters(self, change: PathChange) -> tuple[Filter, ...]:
        own = FilterSet(self.desk, self.route)
        rewrite = url_rewrite(change, self.host)
        if rewrite is not None:
            own.add("URLRewrite", rewrite["urlRewrite"], "the path settings")
        for kind, bodies in self.base.bodies.items():
            for body in bodies:
                own.add(kind, body, "the plugins")
        if self.kind == "GRPCRoute":
            drop_foreign(self.desk, self.route, own.bodies)
        return own.result()

    def _once(self, key: str, code: Code, message: str) -> None:
        if key not in self.said:
            self.said.add(key)
            feature = Feature.REWRITE if self.route.rewrite else Feature.STRIP_PATH
            if not self.route.strip_path and not self.route.rewrite:
                feature = Feature.SERVICE_PATH
            self.desk.say(code, message, route=self.route, feature=feature)


def group_paths(rules: Iterable[Draft]) -> list[Draft]:
    """Puts the matches of rules that do the same into one rule, unless a prefix is exchanged.

    Such a rule must have exactly one match (invariant H7), so it is written once a combination.
    """
    out: list[Draft] = []
    for rule in rules:
        if rule.one_match:
            out += [replace(rule, matches=(match,)) for match in rule.matches]
            continue
        for index, other in enumerate(out):
            if not other.one_match and _alike(other, rule):
                out[index] = replace(other, matches=_joined(other.matches, rule.matches))
                break
        else:
            out.append(rule)
    return out


def _alike(one: Draft, other: Draft) -> bool:
    return (
        one.filters == other.filters
        and one.denied == other.denied
        and one.backends == other.backends
        and one.hosts == other.hosts
        and one.timeouts == other.timeouts
        and one.extras == other.extras
    )


def _joined(one: tuple[Match, ...], other: tuple[Match, ...]) -> tuple[Match, ...]:
    known = {match.key for match in one}
    return (*one, *(match for match in other if match.key not in known))
