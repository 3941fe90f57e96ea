"""What stands behind a rule: Services of its own namespace, or external nodes for everything else."""

from __future__ import annotations

from dataclasses import dataclass, field
from typing import Any

from kong2x.emit.apisix import codes
from kong2x.emit.apisix.desk import Desk
from kong2x.emit.apisix.upstreams import Upstreams, upstream_object
from kong2x.emit.apisix.wants import retries_of, want_of
from kong2x.model.route import Backend, Feature, Route


@dataclass(slots=True)
class Behind:
    """The `backends` and `upstreams` of a rule; `objects` are the ApisixUpstreams that only it uses.

    `host` is a Host header that the rule has to set by itself.
    """

    backends: list[dict[str, Any]] = field(default_factory=list)
    upstreams: list[dict[str, Any]] = field(default_factory=list)
    objects: list[dict[str, Any]] = field(default_factory=list)
    host: str = ""


def own_backends(route: Route) -> list[Backend]:
    """The backends that `backends[]` can name: in the namespace of the route, each Service once."""
    found: dict[str, Backend] = {}
    for backend in route.service.backends:
        if (backend.namespace or "default") == (route.origin.namespace or "default") and backend.weight != 0:
            found.setdefault(backend.name, backend)
    return list(found.values())


def behind(route: Route, rule: str, upstreams: Upstreams, desk: Desk) -> Behind:
    """The backends of one rule of `route`; `rule` names the objects that only it uses (trap T41)."""
    out = Behind()
    used = [backend for backend in _merged(route.service.backends) if backend.weight != 0]
    if len(used) > 1:
        _tell_shares(route, used, desk)
    own = {(b.name, b.number or b.port) for b in own_backends(route)}
    for backend in used:
        here = (backend.namespace or "default") == (route.origin.namespace or "default")
        weight = {"weight": backend.weight} if backend.weight is not None and len(used) > 1 else {}
        if here and (backend.name, backend.number or backend.port) in own:
            out.backends.append(_entry(route, backend, desk) | weight)
            out.host = out.host or upstreams.host_of(route, backend)
        else:
            name = f"{rule}.{backend.name}.{backend.namespace or 'default'}"
            out.objects.append(_external(route, backend, name, desk))
            out.upstreams.append({"name": name} | weight)
    return out


def _merged(backends: tuple[Backend, ...]) -> list[Backend]:
    """The same Service and port twice becomes one backend with the sum of the weights (trap T40)."""
    from dataclasses import replace

    found: dict[tuple[str, str, object], Backend] = {}
    for backend in backends:
        key = (backend.namespace, backend.name, backend.number or backend.port)
        old = found.get(key)
        if old is not None:
            total = (100 if old.weight is None else old.weight) + (
                100 if backend.weight is None else backend.weight
            )
            backend = replace(old, weight=total)
        found[key] = backend
    return list(found.values())


def _entry(route: Route, backend: Backend, desk: Desk) -> dict[str, Any]:
    entry: dict[str, Any] = {"serviceName": backend.name, "servicePort": _port(backend)}
    if route.service.service_upstream:
        if backend.headless or backend.external_name:
            desk.say(
                codes.SERVICE_UPSTREAM,
                f"The Service {backend.address} has no address of its own, so its endpoints are used.",
                about=route,
                feature=Feature.SERVICE_UPSTREAM,
            )
        else:
            entry["resolveGranularity"] = "service"
    return entry


def _port(backend: Backend) -> int | str:
    """The Service port; Kong answers 503 for one that does not exist, and so does APISIX."""
    if backend.number is not None:
        return backend.number
    return backend.port if backend.port is not None else 80


def _external(route: Route, backend: Backend, name: str, desk: Desk) -> dict[str, Any]:
    """An ApisixUpstream with the cluster's name of a Service that `backends` cannot reach."""
    domain = desk.model.facts.cluster_domain or "cluster.local"
    host = backend.external_name or f"{backend.name}.{backend.namespace or 'default'}.svc.{domain}"
    port = _port(backend)
    desk.say(
        codes.OTHER_NAMESPACE,
        f"The Service {backend.address} is reached through its cluster name: an ApisixRoute only names Services of "
        "its own namespace, each once a rule; Kubernetes then spreads the connections.",
        about=route,
        feature=Feature.BACKEND,
    )
    node = {"type": "Domain", "name": host, "weight": 100}
    if isinstance(port, int):
        node["port"] = port
    spec: dict[str, Any] = {"externalNodes": [node], **want_of(route, backend, desk).spec()}
    spec.setdefault("retries", retries_of(route.service))
    return upstream_object(route.origin.namespace, name, spec, desk.choices.ingress_class)


def _tell_shares(route: Route, used: list[Backend], desk: Desk) -> None:
    if all(backend.weight is None for backend in used):
        text = (
            "Without weights Kong gives each endpoint the same share, so a Service with more endpoints gets more; "
            "APISIX gives each Service the same share."
        )
    else:
        text = "The shares of the backends are kept; which request goes to which backend differs."
    desk.say(codes.SHARES, text, about=route, feature=Feature.BACKEND)
