"""Which stream routes TCPIngresses and UDPIngresses become, and what they overwrite (kong-source.md 1.9)."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, field
from typing import Any

from kong2x.model.finding import Level
from kong2x.model.route import Feature, RouteModel, Service, StreamRoute
from kong2x.model.source import Leaf, Path, SourceObject, items, mapping, text
from kong2x.resolve import stream_codes as codes
from kong2x.resolve.annotation_codes import NO_EFFECT
from kong2x.resolve.backends import service_backend
from kong2x.resolve.names import route_id, service_id, service_name, upstream_name
from kong2x.resolve.route_effects import over_tls
from kong2x.resolve.route_options import RouteOptions, read_route_options
from kong2x.resolve.services import ServiceBook, complete_service, report_backend
from kong2x.resolve.world import World, namespace_of

_ACTS = frozenset((Feature.PROTOCOLS, Feature.SNIS))
_PORTS = range(1, 65536)


@dataclass(slots=True)
class StreamTranslation:
    """The stream services by name; they live beside the HTTP ones until they overwrite them."""

    world: World
    model: RouteModel
    book: ServiceBook
    services: dict[str, Service] = field(default_factory=dict)


def translate_streams(
    world: World, model: RouteModel, book: ServiceBook, tcp: list[SourceObject], udp: list[SourceObject]
) -> None:
    """Adds the stream routes, then removes the HTTP routes whose service they take over (trap 50)."""
    work = StreamTranslation(world, model, book)
    for objects, protocol in ((tcp, "tcp"), (udp, "udp")):
        for obj in objects:
            if obj.convert:
                _object(work, obj, protocol)
    for name, service in work.services.items():
        taken = book.by_name.get(name)
        if taken is not None:
            _overwrite(work, taken)
        book.by_name[name] = service


def _object(work: StreamTranslation, obj: SourceObject, protocol: str) -> None:
    options = read_route_options(work.world, work.model, obj)
    _without_effect(work, obj, options)
    for index, raw in enumerate(items(mapping(obj.value.get("spec")).get("rules"))):
        _rule(work, obj, options, mapping(raw), index, protocol)


def _without_effect(work: StreamTranslation, obj: SourceObject, options: RouteOptions) -> None:
    """Annotations about HTTP stand on a stream route without acting."""
    expressions = work.world.facts.router == "expressions"
    for feature, leaves in options.leaves.items():
        if feature in _ACTS and not (expressions and feature is Feature.SNIS):
            continue
        if feature is Feature.HTTPS_REDIRECT and options.force_ssl:
            continue
        for leaf in leaves:
            work.world.ledger.book(leaf.object, leaf.path, Level.IGNORED, NO_EFFECT.id)
            work.model.findings.append(
                NO_EFFECT.finding(
                    f"{leaf.path[-1]} does nothing on {obj.kind} objects: their routes are no HTTP routes.",
                    object=obj.ref,
                    path=leaf.path,
                )
            )


def _rule(
    work: StreamTranslation,
    obj: SourceObject,
    options: RouteOptions,
    rule: Mapping[str, Any],
    index: int,
    protocol: str,
) -> None:
    at: Path = ("spec", "rules", index)
    backend = mapping(rule.get("backend"))
    name = text(backend.get("serviceName"))
    port, target = _port(rule.get("port")), _port(backend.get("servicePort"))
    if port is None or target is None or not name:
        problem = "it needs a port and a backend with serviceName and servicePort"
        work.world.ledger.book(obj.ref, at, Level.IGNORED, codes.RULE_DROPPED.id)
        work.model.findings.append(
            codes.RULE_DROPPED.finding(f"Kong does not serve a rule: {problem}.", object=obj.ref, path=at)
        )
        return
    namespace = namespace_of(obj)
    leaves = (
        Leaf(obj.ref, (*at, "backend", "serviceName")),
        Leaf(obj.ref, (*at, "backend", "servicePort")),
    )
    service = _service(work, obj, namespace, name, target, protocol, leaves)
    route_name = f"{namespace}.{obj.name}.{index}" + (".udp" if protocol == "udp" else "")
    stream = StreamRoute(
        route_name,
        obj.ref,
        service,
        route_id(route_name),
        Leaf(obj.ref, at),
        protocols=("tcp", "tls") if protocol == "tcp" else ("udp",),
        ports=(port,),
        provenance={Feature.PORTS: (Leaf(obj.ref, (*at, "port")),), Feature.BACKEND: leaves},
    )
    host = text(rule.get("host"))
    if host and protocol == "tcp":
        stream.snis = (host,)
        stream.provenance[Feature.SNIS] = (Leaf(obj.ref, (*at, "host")),)
    _apply(work, stream, options)
    work.model.streams.append(stream)


def _port(value: object) -> int | None:
    """A port number; None for anything else."""
    if isinstance(value, int) and not isinstance(value, bool) and value in _PORTS:
        return value
    return None


def _apply(work: StreamTranslation, stream: StreamRoute, options: RouteOptions) -> None:
    """Only protocols and server names matter below HTTP."""
    if options.force_ssl:
        stream.protocols = over_tls(stream.protocols)
        stream.provenance[Feature.PROTOCOLS] = options.leaves[Feature.HTTPS_REDIRECT]
    if options.protocols:
        stream.protocols = options.protocols
        stream.provenance[Feature.PROTOCOLS] = options.leaves[Feature.PROTOCOLS]
    if options.snis is not None and work.world.facts.router != "expressions":
        stream.snis = options.snis
        for leaf in stream.provenance.get(Feature.SNIS, ()):
            work.world.ledger.book(leaf.object, leaf.path, Level.IGNORED, NO_EFFECT.id)
        stream.provenance[Feature.SNIS] = options.leaves[Feature.SNIS]


def _service(
    work: StreamTranslation,
    obj: SourceObject,
    namespace: str,
    name: str,
    port: int,
    protocol: str,
    leaves: tuple[Leaf, ...],
) -> Service:
    key = service_name(namespace, name, port) + (".udp" if protocol == "udp" else "")
    service = work.services.get(key)
    if service is None:
        host = upstream_name(namespace, name, port)
        service = Service(key, namespace, service_id(key), protocol=protocol, host=host, port=port, path=None)
        backend, why = service_backend(work.world, namespace, name, port, source=leaves[0])
        service.backends = (backend,)
        if backend.number is None:
            service.port = 80
        report_backend(work.book, service, obj, leaves, why)
        layers = [found] if (found := work.world.get("Service", namespace, name)) is not None else []
        complete_service(work.world, work.model, service, layers, work.book.parameters)
        work.services[key] = service
    return service


def _overwrite(work: StreamTranslation, taken: Service) -> None:
    """The HTTP routes of a service vanish when a stream object builds a service of the same name."""
    lost = [route for route in work.model.routes if route.service is taken]
    if not lost:
        return
    work.model.routes = [route for route in work.model.routes if route.service is not taken]
    names = tuple(route.name for route in lost)
    for route in lost:
        for leaves in route.provenance.values():
            for leaf in leaves:
                if leaf.path[:1] == ("spec",):
                    work.world.ledger.book(leaf.object, leaf.path, Level.IGNORED, codes.OVERWRITTEN.id)
    work.model.findings.append(
        codes.OVERWRITTEN.finding(
            f"Kong serves none of the {len(names)} HTTP routes to {taken.name}: a TCPIngress builds a "
            "service of the same name, which replaces it.",
            object=lost[0].origin,
            routes=names,
        )
    )
