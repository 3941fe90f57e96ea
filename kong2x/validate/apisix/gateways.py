"""What the APISIX ingress controller makes of Gateway API routes on its Gateways (traps T83, T84)."""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Iterator, Mapping
from typing import Any

from kong2x.model.finding import Finding
from kong2x.model.source import SourceObject, items, mapping
from kong2x.validate.apisix import hint_codes as codes
from kong2x.validate.apisix.world import GROUP, World
from kong2x.validate.gateway.edition import each

_Gateways = Mapping[tuple[str, str], SourceObject]


def gateway_traps(world: World) -> Iterator[Finding]:
    """The traps in routes whose Gateway names a GatewayProxy: those of other controllers are left alone."""
    gateways = {(obj.namespace, obj.name): obj for obj in world.kind("Gateway") if _own(obj)}
    if not gateways:
        return
    http = [route for route in world.kind("HTTPRoute") if _parents(route, gateways)]
    yield from _redirects(http)
    yield from _listeners(http, gateways, world)
    for route in world.kind("TLSRoute"):
        names = items(mapping(route.value.get("spec")).get("hostnames"))
        if len(names) > 1 and _parents(route, gateways):
            message = f"The TLSRoute has {len(names)} host names; expected one."
            yield codes.TLS_NAMES.finding(message, object=route.ref, path=("spec", "hostnames"))
    for route in world.kind("GRPCRoute"):
        yield from _grpc_names(route, gateways)


def _own(gateway: SourceObject) -> bool:
    ref = mapping(mapping(mapping(gateway.value.get("spec")).get("infrastructure")).get("parametersRef"))
    return ref.get("group") == GROUP and ref.get("kind") == "GatewayProxy"


def _parents(route: SourceObject, gateways: _Gateways) -> list[tuple[SourceObject, str]]:
    """The Gateways of a route, each with the section that it names."""
    found = []
    for _, ref in each(mapping(route.value.get("spec")).get("parentRefs")):
        key = (str(ref.get("namespace") or route.namespace), str(ref.get("name")))
        if key in gateways:
            found.append((gateways[key], str(ref.get("sectionName") or "")))
    return found


def _redirects(routes: list[SourceObject]) -> Iterator[Finding]:
    for route in routes:
        for path, rule in each(mapping(route.value.get("spec")).get("rules"), ("spec", "rules")):
            for here, entry in each(rule.get("filters"), (*path, "filters")):
                if "path" in mapping(entry.get("requestRedirect")):
                    message = (
                        "The redirect names a path, which is not read; Location keeps that of the request."
                    )
                    yield codes.REDIRECT_PATH.finding(
                        message, object=route.ref, path=(*here, "requestRedirect", "path")
                    )


def _listeners(routes: list[SourceObject], gateways: _Gateways, world: World) -> Iterator[Finding]:
    """A route that redirects and one that serves the same host and path on another listener."""
    apart = {
        (policy.namespace, str(ref.get("name")))
        for policy in world.kind("HTTPRoutePolicy")
        if any("scheme" in items(condition) for condition in items(_spec(policy).get("vars")))
        for _, ref in each(_spec(policy).get("targetRefs"))
    }
    serving: dict[tuple[Any, ...], dict[str, SourceObject]] = defaultdict(dict)
    redirecting: list[tuple[tuple[Any, ...], str, SourceObject]] = []
    for route in routes:
        for gateway, section in _parents(route, gateways):
            for _, rule in each(_spec(route).get("rules")):
                redirects = any("requestRedirect" in entry for _, entry in each(rule.get("filters")))
                for place in _places(route, rule):
                    key = (gateway.ref, *place)
                    if redirects:
                        redirecting.append((key, section, route))
                    else:
                        serving[key][section] = route
    for key, section, route in redirecting:
        other = next((r for s, r in serving[key].items() if s != section), None)
        if other and (route.namespace, route.name) not in apart:
            message = f"{other.ref} serves {key[1]}{key[2]} on another listener, which is not kept apart."
            yield codes.LISTENER.finding(message, object=route.ref, path=("spec", "parentRefs"))


def _spec(obj: SourceObject) -> Mapping[str, Any]:
    return mapping(obj.value.get("spec"))


def _places(route: SourceObject, rule: Mapping[str, Any]) -> list[tuple[str, str]]:
    """Host and path of every match of a rule."""
    matches = [match for _, match in each(rule.get("matches"))] or [{}]
    paths = [str(mapping(match.get("path")).get("value", "/")) for match in matches]
    hosts = [str(host) for host in items(_spec(route).get("hostnames"))] or [""]
    return [(host, path) for host in hosts for path in paths]


def _grpc_names(route: SourceObject, gateways: _Gateways) -> Iterator[Finding]:
    for gateway, section in _parents(route, gateways):
        for _, listener in each(_spec(gateway).get("listeners")):
            wide = str(listener.get("hostname") or "")
            if not wide.startswith("*.") or section not in ("", listener.get("name")):
                continue
            for position, host in enumerate(items(_spec(route).get("hostnames"))):
                if host != wide and str(host).endswith(wide[1:]):
                    message = f"The host {host} is answered together with all of {wide}, the listener's name."
                    yield codes.GRPC_NAMES.finding(
                        message, object=route.ref, path=("spec", "hostnames", position)
                    )
