"""Which backends a rule names, and what of Kong's way to call them the standard can say."""

from __future__ import annotations

from typing import Any

from kong2x.emit.gateway_api import codes_edge
from kong2x.emit.gateway_api.desk import Desk
from kong2x.emit.gateway_api.versions import available
from kong2x.model.finding import Level
from kong2x.model.route import Backend, Feature, Route, Service, StreamRoute

H2C = "kubernetes.io/h2c"
_WEBSOCKET = {"ws": "kubernetes.io/ws", "wss": "kubernetes.io/wss"}


def backend_refs(desk: Desk, route: Route | StreamRoute) -> tuple[tuple[dict[str, Any], ...], str]:
    """The backendRefs of a route with defaults written out, and why there are none."""
    service = route.service
    if isinstance(route, Route) and service.fixed_status is not None:
        return (), f"Kong answers {service.fixed_status} because no backend is valid"
    merged: dict[tuple[str, str, int], dict[str, Any]] = {}
    unknown = ""
    for backend in service.backends:
        port = backend.number if backend.number is not None else backend.port
        if not isinstance(port, int):
            unknown = backend.address
            _unknown_port(desk, route, backend)
            continue
        key = (backend.namespace, backend.name, port)
        weight = 1 if backend.weight is None else backend.weight
        if key in merged:
            merged[key]["weight"] = min(1_000_000, merged[key]["weight"] + weight)
            continue
        merged[key] = _reference(backend, port, weight, route.origin.namespace)
        _tell_backend(desk, route, backend)
    refs = tuple(merged.values())
    if len(refs) > desk.schema.limit("backends"):
        desk.say(
            codes_edge.BACKENDS_TOO_MANY,
            f"The route refuses its requests: a rule has room for {desk.schema.limit('backends')} backends.",
            route=route,
            feature=Feature.BACKEND,
        )
        return (), "it has too many backends"
    if refs and not unknown:
        return refs, ""
    if unknown and refs:
        return refs, ""
    return (), f"the port of its backend {unknown} is not known" if unknown else "it has no backend"


def _reference(backend: Backend, port: int, weight: int, namespace: str) -> dict[str, Any]:
    ref: dict[str, Any] = {"group": "", "kind": "Service", "name": backend.name}
    if (backend.namespace or "default") != (namespace or "default"):
        ref["namespace"] = backend.namespace or "default"
    return {**ref, "port": port, "weight": weight}


def _unknown_port(desk: Desk, route: Route | StreamRoute, backend: Backend) -> None:
    """KIC answers 503 for a port that the Service lacks; a port by name needs the Service to be read."""
    desk.say(
        codes_edge.BACKEND_PORT,
        f"The port {backend.port} of the Service {backend.namespace}/{backend.name} has no known number.",
        route=route,
        feature=Feature.BACKEND,
    )


def _tell_backend(desk: Desk, route: Route | StreamRoute, backend: Backend) -> None:
    where = f"{backend.namespace}/{backend.name}"
    if backend.external_name and not desk.profile.external_name:
        desk.say(
            codes_edge.EXTERNAL_NAME,
            f"The Service {where} is an ExternalName, which several Gateways refuse.",
            route=route,
            feature=Feature.BACKEND,
        )
    protocol = route.service.protocol
    wanted = H2C if protocol == "grpc" and route.origin not in desk.grpc else _WEBSOCKET.get(protocol, "")
    if wanted and backend.app_protocol != wanted and not desk.profile.sets_scheme:
        desk.say_once(
            f"{where} {backend.address}",
            codes_edge.APP_PROTOCOL,
            f"The Gateway speaks HTTP/1.1 to {backend.address} until its port has appProtocol {wanted}.",
            route=route,
            feature=Feature.SERVICE_PROTOCOL,
            remedy=f"Set appProtocol: {wanted} on that port of the Service {where}.",
        )


def timeouts(desk: Desk, route: Route) -> dict[str, str]:
    """The `timeouts` block: only for a timeout that the source states and only as asked for (4.13)."""
    service = route.service
    every = (Feature.CONNECT_TIMEOUT, Feature.READ_TIMEOUT, Feature.WRITE_TIMEOUT)
    stated = [f for f in every if _set(route, f) and f not in desk.profile.carried_timeouts]
    if not stated or desk.profile.sets_timeouts:
        return {}
    from_route = any(
        leaf.object.kind == "HTTPRoute"
        for provenance in (route.provenance, service.provenance)
        for leaf in provenance.get(Feature.READ_TIMEOUT, ())
    )
    wanted = (from_route or desk.choices.text("timeouts") == "approximate") and Feature.READ_TIMEOUT in stated
    write = wanted and desk.schema.supports("timeouts")
    for feature in stated:
        kept = from_route or feature is Feature.READ_TIMEOUT
        if write and kept:
            continue
        where = f" ({available('timeouts')} has a field for it)" if wanted and kept else ""
        desk.say(
            codes_edge.TIMEOUT,
            f"The {str(feature).replace('-', ' ')} of {_ms(service, feature)} ms does not act: "
            f"the Gateway's own limit does{where}.",
            route=route,
            feature=feature,
        )
    if not write:
        return {}
    if not from_route:
        desk.say(
            codes_edge.TIMEOUT_TOTAL,
            f"An answer must be complete after {service.read_timeout} ms; Kong limits the silence in it.",
            route=route,
            feature=Feature.READ_TIMEOUT,
        )
    return {"request": "0s", "backendRequest": duration(service.read_timeout)}


def _set(route: Route, feature: Feature) -> bool:
    return feature in route.provenance or feature in route.service.provenance


def _ms(service: Service, feature: Feature) -> int:
    return {
        Feature.CONNECT_TIMEOUT: service.connect_timeout,
        Feature.READ_TIMEOUT: service.read_timeout,
        Feature.WRITE_TIMEOUT: service.write_timeout,
    }[feature]


def duration(ms: int) -> str:
    """Milliseconds as the Gateway API writes durations: whole numbers of at most five digits.

    >>> duration(60000), duration(90500), duration(100000), duration(400000000)
    ('60s', '90s500ms', '100s', '111h6m40s')
    """
    seconds, rest = divmod(ms, 1000)
    if seconds > 99999:
        hours, seconds = divmod(seconds, 3600)
        minutes, seconds = divmod(seconds, 60)
        parts = [(hours, "h"), (minutes, "m"), (seconds, "s"), (rest, "ms")]
    else:
        parts = [(seconds, "s"), (rest, "ms")]
    return "".join(f"{number}{unit}" for number, unit in parts if number) or "0s"


def retry(desk: Desk, route: Route) -> dict[str, Any]:
    """The experimental `retry` block, where the implementation retries failed connections alone (4.13)."""
    if not _set(route, Feature.RETRIES) or desk.profile.sets_retries:
        return {}
    attempts = route.service.retries
    if attempts > 0 and desk.schema.supports("retry") and desk.profile.claims_retry_connection:
        desk.settle(route, route.service, Feature.RETRIES, Level.EXACT)
        return {"attempts": attempts}
    where = "" if desk.schema.supports("retry") else f" ({available('retry')} has a field for it)"
    desk.say(
        codes_edge.RETRIES,
        f"The {attempts} further tries after a failed connection are the Gateway's own choice{where}.",
        route=route,
        feature=Feature.RETRIES,
    )
    return {}
