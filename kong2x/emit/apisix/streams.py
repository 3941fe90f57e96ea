"""The `stream[]` rules of TCP, UDP and TLS routes (recipe R16)."""

from __future__ import annotations

from collections import Counter
from dataclasses import replace
from typing import Any

from kong2x.emit.apisix import codes
from kong2x.emit.apisix.compose import settle_lost
from kong2x.emit.apisix.desk import Desk
from kong2x.emit.apisix.names import slug
from kong2x.emit.apisix.plugin_configs import entry
from kong2x.model.finding import Level, Protects
from kong2x.model.route import Feature, StreamRoute
from kong2x.model.source import ObjectRef

STREAM_PLUGINS = frozenset({"ip-restriction", "limit-conn", "mqtt-proxy", "syslog", "traffic-split"})


def stream_rules(desk: Desk) -> dict[ObjectRef, list[dict[str, Any]]]:
    """The rules of every source object of L4 routes; what cannot be said is told."""
    used = Counter(port for route in desk.model.streams for port in route.ports)
    found: dict[ObjectRef, list[dict[str, Any]]] = {}
    kinds: dict[int, set[str]] = {}
    for route in desk.model.streams:
        plugins, closed = _plugins(route, desk)
        for rule in [] if closed else _rules(route, used, desk):
            found.setdefault(route.origin, []).append(rule | ({"plugins": plugins} if plugins else {}))
        for port in route.ports:
            kinds.setdefault(port, set()).add(_protocol(route))
        desk.settle_rest(route.provenance)
        desk.settle_rest(route.service.provenance)
    for port, protocols in kinds.items():
        if len(protocols) > 1:
            clash = [route for route in desk.model.streams if port in route.ports]
            desk.say(
                codes.STREAM_PORT,
                f"TCP and UDP share the port {port}, which APISIX does not tell apart: give one of them another port.",
                about=clash[-1],
                feature=Feature.PORTS,
                routes=[route.name for route in clash],
            )
    return {origin: rules for origin, rules in found.items() if rules}


def _protocol(route: StreamRoute) -> str:
    return "UDP" if "udp" in route.protocols else "TCP"


def _rules(route: StreamRoute, used: Counter[int], desk: Desk) -> list[dict[str, Any]]:
    backend = _backend(route, desk)
    if backend is None:
        return []
    passthrough = "tls_passthrough" in route.protocols
    if not route.ports:
        _lose(route, "The stream route has no port, so nothing can be written for it.", Feature.PORTS, desk)
        return []
    if passthrough and any(used[port] > 1 for port in route.ports):
        _lose(
            route,
            "TLS is passed through by server name on a port that several routes share; APISIX cannot look at the name "
            "without ending TLS: give the route a port of its own.",
            Feature.SNIS,
            desk,
        )
        return []
    names = [] if passthrough else list(route.snis)
    if passthrough and route.snis:
        _lose(
            route,
            "TLS is passed through on a port of its own, for every server name and not only the ones of the route.",
            Feature.SNIS,
            desk,
            Level.APPROXIMATE,
        )
    out = []
    for port in route.ports:
        own = desk.choices.port(port)
        for name in names or [""]:
            match: dict[str, Any] = {"ingressPort": own}
            if name:
                match["host"] = name
            label = slug(f"{route.service.name}-{own}-{name}" if name else f"{route.service.name}-{own}")
            out.append({"name": label, "protocol": _protocol(route), "match": match, "backend": backend})
    told = ", ".join(str(desk.choices.port(port)) for port in route.ports)
    desk.say(
        codes.STREAM_LISTEN,
        f"APISIX has to listen on the {_protocol(route)} port {told}{' with TLS' if names else ''} of its container "
        "(stream_proxy); ports cannot be opened by manifests.",
        about=route,
    )
    return out


def _backend(route: StreamRoute, desk: Desk) -> dict[str, Any] | None:
    backends = [backend for backend in route.service.backends if backend.weight != 0]
    if not backends:
        _lose(route, "The stream route has no backend.", Feature.BACKEND, desk)
        return None
    first = backends[0]
    if (first.namespace or "default") != (route.origin.namespace or "default"):
        text = f"The Service {first.address} is in another namespace, which a stream rule cannot name."
        _lose(route, text, Feature.BACKEND, desk)
        return None
    if len(backends) > 1:
        text = f"A stream rule has one backend: all connections go to {first.address}."
        _lose(route, text, Feature.BACKEND, desk)
    port = first.number if first.number is not None else first.port
    out: dict[str, Any] = {"serviceName": first.name, "servicePort": port if port is not None else 80}
    if route.service.service_upstream and not first.headless and not first.external_name:
        out["resolveGranularity"] = "service"
    return out


def _plugins(route: StreamRoute, desk: Desk) -> tuple[list[dict[str, Any]], bool]:
    """The plugins that APISIX has for streams, and whether a lost access check closes the route.

    A stream rule cannot refuse, so a route that must not be open is left out: nothing else answers its port.
    """
    out: list[dict[str, Any]] = []
    closed = False
    for use in route.plugins:
        mapped = desk.map(use)
        fits = bool(mapped.fragments) and set(mapped.fragments) <= STREAM_PLUGINS and not mapped.secrets
        if fits:
            out += [entry(name, dict(body)) for name, body in mapped.fragments.items()]
        else:
            desk.say(
                replace(codes.STREAM_PLUGIN, protects=mapped.protects),
                f"{use.label} is not carried over to the stream route: APISIX has no such plugin for streams.",
                about=route,
                feature=Feature.PLUGINS,
            )
            settle_lost(mapped, codes.STREAM_PLUGIN.id, desk)
        if mapped.lost is Protects.ACCESS or (not fits and mapped.protects is Protects.ACCESS):
            closed = True
            desk.say(
                codes.DENIED,
                f"The stream route is left out because {use.plugin} cannot be carried over.",
                about=route,
            )
    return out, closed


def _lose(
    route: StreamRoute, text: str, feature: Feature, desk: Desk, level: Level = Level.UNSUPPORTED
) -> None:
    desk.say(codes.STREAM_LOST, text, about=route, feature=feature, level=level)
