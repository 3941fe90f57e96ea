"""The routes of Kong's router model, taken from the route model."""

from __future__ import annotations

from datetime import datetime
from math import gcd

from kong2x.model.route import Backend, Route, RouteModel, Service
from kong2x.verify.kong.entities import HTTP, KongRoute, KongService, in_storage_order, with_port
from kong2x.verify.kong.plugins import execution_order, own_answer


def routes_of_model(model: RouteModel, assume_present: bool = True) -> list[KongRoute]:
    """The routes of a route model; `assume_present` False makes unknown backends answer 503."""
    database = model.facts.database
    services: dict[int, KongService] = {}
    found = []
    for order, route in enumerate(model.routes):
        service = services.get(id(route.service))
        if service is None:
            service = services[id(route.service)] = _service_of_model(route.service, assume_present)
        found.append(_route_of_model(route, service, order, database))
    return found if database else in_storage_order(found)


def _route_of_model(route: Route, service: KongService, order: int, database: bool) -> KongRoute:
    return KongRoute(
        name=route.name,
        service=service,
        id=route.id,
        hosts=route.hosts,
        paths=route.kong_paths,
        methods=route.methods,
        headers=tuple((header.name, header.values) for header in route.headers),
        snis=route.snis,
        protocols=route.protocols or HTTP,
        strip_path=route.strip_path and not route.grpc,
        preserve_host=route.preserve_host,
        regex_priority=route.regex_priority,
        path_handling=route.path_handling,
        https_redirect_status_code=route.https_redirect_status_code,
        created_at=_seconds(route.created_at) if database else 0.0,
        expression=route.expression,
        priority=route.priority,
        rewrite=route.rewrite,
        plugins=execution_order(use.plugin for use in route.plugins),
        own_answer=own_answer((use.plugin, use.config) for use in route.plugins),
        order=order,
    )


def _seconds(timestamp: str) -> float:
    """A creation time as a number that compares; 0 when there is none."""
    try:
        return datetime.fromisoformat(timestamp).timestamp() if timestamp else 0.0
    except ValueError:
        return 0.0


def _service_of_model(service: Service, assume_present: bool) -> KongService:
    served = [backend for backend in service.backends if backend.weight != 0]
    known = any(backend.known for backend in served)
    chosen = served or list(service.backends)
    return KongService(
        name=service.name,
        protocol=service.protocol,
        path=service.path or "/",
        address=chosen[0].address if chosen else None,
        weights=shares(service.backends),
        available=bool(served) and (assume_present or known),
        host_header=_host_header(service, chosen[0] if chosen else None),
        fixed_status=service.fixed_status,
    )


def shares(backends: tuple[Backend, ...]) -> tuple[tuple[str, int], ...]:
    """The weights of several backends in lowest terms; empty for a single backend."""
    if len(backends) < 2:
        return ()
    weights = [1 if backend.weight is None else backend.weight for backend in backends]
    common = gcd(*weights) or 1
    return tuple(
        (backend.address, weight // common) for backend, weight in zip(backends, weights, strict=True)
    )


def _host_header(service: Service, backend: Backend | None) -> str | None:
    """The configured Host with the target's port unless that is the protocol's own (kong-source.md 4.8)."""
    header = service.upstream.host_header
    if not header or backend is None:
        return header
    if service.service_upstream or backend.external_name:
        port = backend.number
    else:
        port = backend.target_port if isinstance(backend.target_port, int) else None
    if port is None:
        return f"{header}:<pod port>"
    return with_port(header, port, service.protocol)
