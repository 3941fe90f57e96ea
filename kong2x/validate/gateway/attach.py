"""Whether each route finds a listener that takes it (gaps 9, 11 and 12)."""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from typing import Any

from kong2x.model.finding import Finding
from kong2x.model.source import Path, SourceObject, items, mapping
from kong2x.validate.gateway import unchecked_codes as codes
from kong2x.validate.gateway.edition import each

_GROUP = "gateway.networking.k8s.io"
_PROTOCOLS = {
    "HTTPRoute": ("HTTP", "HTTPS"),
    "GRPCRoute": ("HTTP", "HTTPS"),
    "TLSRoute": ("TLS",),
    "TCPRoute": ("TCP", "TLS"),
    "UDPRoute": ("UDP",),
}
Listener = Mapping[str, Any]


def attachments(routes: list[SourceObject], gateways: list[SourceObject]) -> Iterator[Finding]:
    """The findings about routes whose Gateway is among the objects."""
    known = {(gateway.namespace or "default", gateway.name): gateway for gateway in gateways}
    claims: dict[tuple[Any, ...], SourceObject] = {}
    for route in routes:
        spec = mapping(route.value.get("spec"))
        for path, ref in each(spec.get("parentRefs"), ("spec", "parentRefs")):
            if ref.get("group", _GROUP) != _GROUP or ref.get("kind", "Gateway") != "Gateway":
                continue
            gateway = known.get(
                (str(ref.get("namespace") or route.namespace or "default"), str(ref.get("name")))
            )
            if gateway is None:
                continue
            taken = list(_listeners(route, ref, gateway))
            if not taken:
                yield _refusal(route, path, ref, gateway)
            yield from _both_kinds(route, path, gateway, taken, claims)


def _listeners(route: SourceObject, ref: Mapping[str, Any], gateway: SourceObject) -> Iterator[Listener]:
    """The listeners that take the route through this reference."""
    for listener in _named(ref, gateway):
        if _open_to(listener, route, gateway) and _kind_fits(listener, route) and _hosts(listener, route):
            yield listener


def _named(ref: Mapping[str, Any], gateway: SourceObject) -> list[Listener]:
    return [
        listener
        for _, listener in each(mapping(gateway.value.get("spec")).get("listeners"))
        if ref.get("sectionName") in (None, listener.get("name"))
        and ref.get("port") in (None, listener.get("port"))
    ]


def _open_to(listener: Listener, route: SourceObject, gateway: SourceObject) -> bool:
    """Whether the namespace is allowed; labels of namespaces are not known, so a selector may fit."""
    namespaces = mapping(mapping(listener.get("allowedRoutes")).get("namespaces"))
    here = (route.namespace or "default") == (gateway.namespace or "default")
    return here or namespaces.get("from", "Same") in ("All", "Selector")


def _kind_fits(listener: Listener, route: SourceObject) -> bool:
    kinds = items(mapping(listener.get("allowedRoutes")).get("kinds"))
    named = [entry for _, entry in each(kinds)]
    if named and not any(entry.get("kind") == route.kind for entry in named):
        return False
    protocol = str(listener.get("protocol"))
    return "/" in protocol or protocol in _PROTOCOLS.get(route.kind, ())


def _hosts(listener: Listener, route: SourceObject) -> list[tuple[str, str]]:
    """The pairs of listener host and route host that have requests in common; `*` stands for any host."""
    own = str(listener.get("hostname") or "*")
    hosts = [str(host) for host in items(mapping(route.value.get("spec")).get("hostnames"))] or ["*"]
    return [(own, host) for host in hosts if overlap(own, host)]


def overlap(one: str, two: str) -> bool:
    """Whether two host patterns have a host in common.

    >>> overlap("*.a.example", "x.y.a.example"), overlap("*.a.example", "a.example")
    (True, False)
    """
    if "*" in (one, two) or one == two:
        return True
    if one.startswith("*.") and two.startswith("*."):
        return one.endswith(two[1:]) or two.endswith(one[1:])
    if two.startswith("*."):
        one, two = two, one
    return one.startswith("*.") and two.endswith(one[1:]) and len(two) > len(one) - 1


def _refusal(route: SourceObject, path: Path, ref: Mapping[str, Any], gateway: SourceObject) -> Finding:
    named = _named(ref, gateway)
    if not named:
        which = f"section {ref['sectionName']}" if ref.get("sectionName") else "such a port"
        message = f"{gateway.ref} has no listener with {which}."
        return codes.NO_LISTENER.finding(message, object=route.ref, path=path)
    if not any(_open_to(listener, route, gateway) for listener in named):
        message = f"{gateway.ref} takes routes of its own namespace only."
        return codes.NOT_ALLOWED.finding(message, object=route.ref, path=path)
    if not any(_kind_fits(listener, route) for listener in named):
        message = f"{gateway.ref} has no listener there that takes a {route.kind}."
        return codes.NO_LISTENER.finding(message, object=route.ref, path=path)
    message = f"No listener of {gateway.ref} has a host in common with the route."
    return codes.NO_LISTENER.finding(message, object=route.ref, path=("spec", "hostnames"))


def _both_kinds(
    route: SourceObject,
    path: Path,
    gateway: SourceObject,
    taken: list[Listener],
    claims: dict[tuple[Any, ...], SourceObject],
) -> Iterator[Finding]:
    """Gap 11: an HTTPRoute and a GRPCRoute with a common host on one listener."""
    if route.kind not in ("HTTPRoute", "GRPCRoute"):
        return
    for listener in taken:
        for _, host in _hosts(listener, route):
            place = (gateway.ref, listener.get("name"))
            for (where, other_host), other in list(claims.items()):
                if where == place and other.kind != route.kind and overlap(other_host, host):
                    yield codes.HTTP_AND_GRPC.finding(
                        f"{route.ref} and {other.ref} claim host {host} on listener {listener.get('name')}.",
                        object=route.ref,
                        path=path,
                    )
                    return
            claims.setdefault((place, host), route)
