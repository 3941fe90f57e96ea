"""TCPRoutes, UDPRoutes and TLSRoutes as Kong stream routes (kong-source.md 7.6)."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

from kong2x.model.route import Feature, Provenance, StreamRoute
from kong2x.model.source import Leaf, Path, SourceObject, items, leaves, mapping
from kong2x.resolve.gateway import codes
from kong2x.resolve.gateway.backends import backends_of
from kong2x.resolve.gateway.context import Translation, kong_service
from kong2x.resolve.gateway.listeners import Acceptance
from kong2x.resolve.names import route_id
from kong2x.resolve.route_options import read_route_options
from kong2x.resolve.world import namespace_of

KINDS = {"TCPRoute": ("tcp", ("tcp",)), "UDPRoute": ("udp", ("udp",)), "TLSRoute": ("tcp", ("tls",))}


def stream_routes(on: Translation) -> None:
    """Every accepted L4 route, where the gate GatewayAlpha is on."""
    for kind in KINDS:
        for obj in on.routes(kind):
            if not on.world.facts.gate("GatewayAlpha"):
                message = f"Kong does not read this {kind}: the feature gate GatewayAlpha is off."
                on.drop(obj, codes.GATE_OFF, message)
                continue
            acceptance = on.accepted(obj)
            if acceptance.hosts is None:
                continue
            read_route_options(on.world, on.model, obj)
            for index, rule in enumerate(map(mapping, items(mapping(obj.value.get("spec")).get("rules")))):
                add_route(on, obj, acceptance, index, rule)


def add_route(
    on: Translation, obj: SourceObject, acceptance: Acceptance, index: int, rule: Mapping[str, Any]
) -> None:
    """One stream route a rule."""
    where: Path = ("spec", "rules", index)
    backends = backends_of(on.world, obj, rule, where, on.model.findings)
    name = f"{obj.kind.lower()}.{namespace_of(obj)}.{obj.name}.{index}"
    service = kong_service(on, name, obj, backends)
    service.protocol, protocols = KINDS[obj.kind]
    on.finish(service, backends)
    stream = StreamRoute(f"{name}.0", obj.ref, service, route_id(f"{name}.0"), Leaf(obj.ref, where))
    stream.protocols = ("tls_passthrough",) if acceptance.passthrough else protocols
    stream.parents = acceptance.parents
    if obj.kind == "TLSRoute":
        stream.snis = tuple(str(host) for host in items(mapping(obj.value.get("spec")).get("hostnames")))
    else:
        stream.ports = acceptance.ports
        if not stream.ports:
            message = f"Kong refuses its whole configuration: no listener gives this {obj.kind} a port."
            on.model.refusals.append(
                codes.NO_PORTS.finding(message, object=obj.ref, path=("spec", "parentRefs"))
            )
    stream.provenance = provenance_of(obj, rule, where)
    on.model.streams.append(stream)


def provenance_of(obj: SourceObject, rule: Mapping[str, Any], where: Path) -> Provenance:
    """The leaves behind a stream route."""
    spec = mapping(obj.value.get("spec"))
    parts: dict[Feature, tuple[object, Path]] = {
        Feature.PARENTS: (spec.get("parentRefs"), ("spec", "parentRefs")),
        Feature.SNIS: (spec.get("hostnames"), ("spec", "hostnames")),
        Feature.BACKEND: (rule.get("backendRefs"), (*where, "backendRefs")),
    }
    return {
        feature: tuple(Leaf(obj.ref, (*at, *path)) for path in leaves(value))
        for feature, (value, at) in parts.items()
        if value
    }
