"""GRPCRoutes as Kong services and routes, in the grouping of each router (kong-source.md 7.5)."""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from dataclasses import dataclass
from typing import Any

from kong2x.model.route import Feature, HeaderMatch, PathKind, PathMatch, Provenance, Route, Service
from kong2x.model.source import Leaf, Path, SourceObject, items, leaves, mapping, text
from kong2x.resolve.expressions import (
    GRPCROUTE_RANK,
    all_of,
    headers_predicate,
    hosts_predicate,
    quoted,
)
from kong2x.resolve.gateway.backends import backends_of
from kong2x.resolve.gateway.context import Translation, kong_service
from kong2x.resolve.gateway.listeners import Acceptance
from kong2x.resolve.gateway.matches import headers_of
from kong2x.resolve.names import route_id
from kong2x.resolve.route_effects import apply_route_options
from kong2x.resolve.route_options import RouteOptions, read_route_options
from kong2x.resolve.world import namespace_of


@dataclass(frozen=True, slots=True)
class GrpcMatch:
    """One gRPC method match; empty service or method mean any."""

    service: str
    method: str
    regex: bool
    headers: tuple[HeaderMatch, ...]
    position: tuple[int, int]
    where: Path

    def path(self, source: Leaf) -> PathMatch | None:
        """The path criterion; None when the match names neither service nor method."""
        if not self.service and not self.method:
            return None
        # The classic routers get an open-ended pattern that is not escaped (trap 65).
        tail = self.method or (".+" if self.regex else "")
        kong = (f"~/{self.service or '.+'}/{tail}",)
        literal = f"/{self.service}/{self.method}"
        if self.regex:
            pattern = f"/{self.service or '.+'}/{self.method or '.+'}"
            predicate = f"http.path ~ {quoted('^' + pattern)}"
            return PathMatch(PathKind.REGEX, pattern, kong, predicate, source=source)
        if self.service and self.method:
            predicate = f"http.path == {quoted(literal)}"
            return PathMatch(PathKind.EXACT, literal, kong, predicate, True, source)
        if self.service:
            predicate = f"http.path ^= {quoted(literal)}"
            return PathMatch(PathKind.RAW_PREFIX, literal, kong, predicate, True, source)
        predicate = f"http.path =^ {quoted('/' + self.method)}"
        return PathMatch(PathKind.REGEX, f".+/{self.method}", kong, predicate, source=source)


def grpc_routes(on: Translation) -> None:
    """Every GRPCRoute that a listener accepts."""
    pending: dict[int, list[tuple[SourceObject, Route, GrpcMatch]]] = {}
    for obj in on.routes("GRPCRoute"):
        acceptance = on.accepted(obj)
        if acceptance.hosts is None:
            continue
        options = read_route_options(on.world, on.model, obj)
        rules = items(mapping(obj.value.get("spec")).get("rules"))
        for index, rule in enumerate(map(mapping, rules)):
            for route, match in rule_routes(on, obj, acceptance, options, index, rule):
                on.model.routes.append(route)
                host = route.hosts[0] if route.hosts else ""
                if on.expressions and match is not None:
                    pending.setdefault(grpc_priority(match, host), []).append((obj, route, match))
    for value, members in pending.items():
        members.sort(key=lambda m: (m[1].created_at or "9999", namespace_of(m[0]), m[0].name, m[2].position))
        for place, (_, route, _) in enumerate(members):
            route.priority = value | max(255 - place, 0)


def rule_routes(
    on: Translation,
    obj: SourceObject,
    acceptance: Acceptance,
    options: RouteOptions,
    index: int,
    rule: Mapping[str, Any],
) -> Iterator[tuple[Route, GrpcMatch | None]]:
    """The routes of one rule: one a match, and with the expressions router one a hostname too."""
    where: Path = ("spec", "rules", index)
    backends = backends_of(on.world, obj, rule, where, on.model.findings)
    matches = [
        read_match(obj, mapping(match), (index, place), (*where, "matches", place), on.expressions)
        for place, match in enumerate(items(rule.get("matches")) or [{}])
    ]
    spec_hosts = tuple(str(host) for host in items(mapping(obj.value.get("spec")).get("hostnames")))
    hosts = spec_hosts or (() if on.expressions else acceptance.hosts or ())
    stem = f"grpcroute.{namespace_of(obj)}.{obj.name}"
    for host in (hosts or ("",)) if on.expressions else ("",):
        shown = f".{host.replace('*', '_') or '_'}" if on.expressions else ""
        service = kong_service(on, f"{stem}{shown}.{index}", obj, backends)
        service.protocol = "grpc" if "http" in acceptance.protocols or acceptance.unknown else "grpcs"
        on.finish(service, backends)
        for match in matches:
            name = f"{stem}{shown}.{index}.{match.position[1]}"
            route = new_route(obj, acceptance, match, service, name)
            route.hosts = ((host,) if host else ()) if on.expressions else hosts
            if on.expressions:
                route.preserve_host = True
                served = {"http": "grpc", "https": "grpcs"}
                route.protocols = tuple(served[p] for p in acceptance.protocols if p in served)
            if not route.paths and not route.hosts and not on.expressions:
                route.paths = (PathMatch(PathKind.SEGMENT_PREFIX, "/", ("/",), 'http.path ^= "/"'),)
            apply_route_options(route, options, classic=not on.expressions)
            if on.expressions:
                parts = [path.expression for path in route.paths]
                route.expression = all_of(
                    (*parts, headers_predicate(route.headers), hosts_predicate(route.hosts))
                )
            yield route, match


def read_match(
    obj: SourceObject, match: Mapping[str, Any], position: tuple[int, int], where: Path, expressions: bool
) -> GrpcMatch:
    """One match of a GRPCRoute; the classic routers do not know header patterns here."""
    method = mapping(match.get("method"))
    headers = headers_of(match, expressions)
    if not expressions:
        headers = tuple(
            HeaderMatch(header.name, tuple(v.removeprefix("~*") for v in header.values)) for header in headers
        )
    return GrpcMatch(
        text(method.get("service")),
        text(method.get("method")),
        text(method.get("type")) == "RegularExpression",
        headers,
        position,
        where,
    )


def new_route(
    obj: SourceObject, acceptance: Acceptance, match: GrpcMatch, service: Service, name: str
) -> Route:
    """A route for one match."""
    path = match.path(Leaf(obj.ref, (*match.where, "method")))
    route = Route(name, obj.ref, service, route_id(name), source=Leaf(obj.ref, match.where[:3]))
    route.paths = (path,) if path else ()
    route.headers = match.headers
    route.protocols = ("grpc", "grpcs")
    route.preserve_host = False
    route.parents = acceptance.parents
    route.created_at = text(obj.metadata.get("creationTimestamp"))
    route.provenance = provenance_of(obj, match)
    return route


def provenance_of(obj: SourceObject, match: GrpcMatch) -> Provenance:
    """The leaves behind one route."""
    spec = mapping(obj.value.get("spec"))
    found: Provenance = {}

    def take(feature: Feature, value: object, *where: str | int) -> None:
        if value:
            found[feature] = tuple(Leaf(obj.ref, (*where, *path)) for path in leaves(value))

    take(Feature.HOSTS, spec.get("hostnames"), "spec", "hostnames")
    take(Feature.PARENTS, spec.get("parentRefs"), "spec", "parentRefs")
    rules = items(spec.get("rules"))
    rule = mapping(rules[match.position[0]]) if rules else {}
    matches = items(rule.get("matches"))
    if len(matches) > match.position[1]:
        written = mapping(matches[match.position[1]])
        take(Feature.PATHS, written.get("method"), *match.where, "method")
        take(Feature.HEADERS, written.get("headers"), *match.where, "headers")
    take(Feature.BACKEND, rule.get("backendRefs"), *match.where[:3], "backendRefs")
    return found


def grpc_priority(match: GrpcMatch, host: str) -> int:
    """The priority of a GRPCRoute match without its place among equals.

    Bits, high to low: kind 44, plain host 43, host length 35, service length 24, method length 13,
    headers 8; the lowest eight are for ties.
    """
    value = GRPCROUTE_RANK << 44
    value |= bool(host and not host.startswith("*")) << 43
    value |= min(len(host), 255) << 35
    value |= min(len(match.service.encode()), 2047) << 24
    value |= min(len(match.method.encode()), 2047) << 13
    return value | min(len(match.headers), 31) << 8
