"""Which gRPC routes stay GRPCRoutes, and how their calls are matched (4.14)."""

from __future__ import annotations

import re
from typing import Any

from kong2x.emit.gateway_api import codes_listeners
from kong2x.emit.gateway_api.desk import Desk
from kong2x.emit.gateway_api.draft import EXACT, PREFIX, REGEX, GatewayPath
from kong2x.emit.gateway_api.hosts import meet
from kong2x.model.finding import Level
from kong2x.model.route import Feature, PathKind, PathMatch, Route
from kong2x.model.source import ObjectRef

_FILTERS = ("RequestHeaderModifier", "ResponseHeaderModifier", "RequestMirror", "ExtensionRef")
_SERVICE = re.compile(r"[A-Za-z_][A-Za-z_0-9]*(\.[A-Za-z_][A-Za-z_0-9]*)*")
_METHOD = re.compile(r"[A-Za-z_][A-Za-z_0-9]*")
_ANY = (".+", ".*", "[^/]+")


def grpc_origins(desk: Desk) -> frozenset[ObjectRef]:
    """The GRPCRoutes that stay ones: the release has the kind, and no HTTP route shares their hosts.

    On one listener a GRPCRoute and an HTTPRoute with overlapping hosts exclude each other (2.11).
    """
    if desk.schema.api_version("GRPCRoute") is None:
        return frozenset()
    calls = [route for route in desk.model.routes if route.origin.kind == "GRPCRoute"]
    if not calls:
        return frozenset()
    taken = {h for r in desk.model.routes if r.origin.kind != "GRPCRoute" for h in r.hosts or ("",)}
    shared = {
        route.origin
        for route in calls
        if any(meet(host, other) is not None for host in route.hosts or ("",) for other in taken)
    }
    for route in calls:
        if route.origin in shared:
            desk.say_once(
                str(route.origin),
                codes_listeners.GRPC_AS_HTTP,
                f"{route.origin} is written as an HTTPRoute, because HTTP routes serve the same hosts.",
                route=route,
            )
    return frozenset(route.origin for route in calls) - shared


def call_paths(desk: Desk, route: Route) -> tuple[GatewayPath, ...]:
    """The calls of a GRPCRoute as paths: `/service/method`, `/service` or a pattern for a method alone."""
    out: dict[tuple[str, str], GatewayPath] = {}
    for path in route.paths:
        found = _call(path)
        out.setdefault((found.type, found.value), found)
        if path.kind is PathKind.REGEX and found.type == EXACT:
            desk.say(
                codes_listeners.GRPC_METHOD,
                f"The call {found.value} is compared as a whole; Kong also answers longer names.",
                route=route,
                feature=Feature.PATHS,
                level=Level.APPROXIMATE,
            )
    return tuple(out.values()) or (GatewayPath(PREFIX, "/"),)


def _call(path: PathMatch) -> GatewayPath:
    """KIC writes service and method into one path and escapes neither."""
    text = path.value.removesuffix("$")
    service, _, method = text.removeprefix("/").partition("/")
    service = "" if service in _ANY else service
    method = "" if method in _ANY else method
    if not service and not method:
        return GatewayPath(PREFIX, "/", path)
    if (service and not _SERVICE.fullmatch(service)) or (method and not _METHOD.fullmatch(method)):
        return GatewayPath(REGEX, f"^/{service or '[^/]+'}/{method or '[^/]+'}$", path, True)
    if service and method:
        return GatewayPath(EXACT, f"/{service}/{method}", path, True)
    if service:
        return GatewayPath(PREFIX, f"/{service}", path)
    return GatewayPath(REGEX, f"^/[^/]+/{method}$", path, True)


def drop_foreign(desk: Desk, route: Route, bodies: dict[str, list[dict[str, Any]]]) -> None:
    """Takes out filters that a GRPCRoute cannot have; each is reported."""
    for kind in [kind for kind in bodies if kind not in _FILTERS]:
        del bodies[kind]
        desk.say_once(
            f"{route.name} {kind}",
            codes_listeners.GRPC_FILTER,
            f"The filter {kind} does not act: a GRPCRoute has none.",
            route=route,
        )
