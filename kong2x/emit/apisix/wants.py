"""What each Kong route asks of the upstream behind one Kubernetes Service port."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass, field
from typing import Any

from kong2x.emit.apisix import codes
from kong2x.emit.apisix.balancing import health_check, loadbalancer
from kong2x.emit.apisix.desk import Desk
from kong2x.model.route import Backend, Feature, Route, Service, StreamRoute

_SCHEMES = {
    "http": "http",
    "https": "https",
    "grpc": "grpc",
    "grpcs": "grpcs",
    "ws": "http",
    "wss": "https",
    "tcp": "tcp",
    "tls": "tls",
    "udp": "udp",
}
_RETRIES, _TIMEOUT = 5, 60000
"""Kong's defaults."""
MOST_RETRIES = 65535
_DEFAULT_PORTS = {"http": 80, "grpc": 80, "https": 443, "grpcs": 443}
_SECURE_APP = ("https", "kubernetes.io/wss")


@dataclass(frozen=True, slots=True)
class Want:
    """The upstream settings of one route; `host` is the Host header where it is neither passed nor the node's."""

    scheme: str = "http"
    pass_host: str = "pass"
    host: str = ""
    retries: int | None = None
    balancing: dict[str, Any] = field(default_factory=dict)
    health: dict[str, Any] = field(default_factory=dict)
    tls_secret: dict[str, str] = field(default_factory=dict)

    def spec(self, scheme: bool = True) -> dict[str, Any]:
        """The fields of an ApisixUpstream; the scheme is written even when it is the default (trap T42)."""
        out: dict[str, Any] = {}
        if self.balancing:
            out["loadbalancer"] = self.balancing
        if scheme:
            out["scheme"] = self.scheme
        if self.retries is not None:
            out["retries"] = self.retries
        if self.health:
            out["healthCheck"] = self.health
        if self.tls_secret:
            out["tlsSecret"] = self.tls_secret
        if self.pass_host != "pass":
            out["passHost"] = self.pass_host
        if self.host:
            out["upstreamHost"] = self.host
        return out


def want_of(route: Route, backend: Backend, desk: Desk) -> Want:
    """What `route` asks of the upstream behind `backend`."""
    common = common_want(route, desk)
    if route.preserve_host or (route.rewrite is not None and route.rewrite.host):
        return common
    header = route.service.upstream.host_header
    if not header:
        return _with_host(common, "node", "")
    return _with_host(common, "rewrite", _with_port(header, route, backend, common.scheme, desk))


def common_want(route: Route | StreamRoute, desk: Desk) -> Want:
    """The settings that come from the Kong service, apart from the Host header."""
    service = route.service
    say = _sayer(route, desk)
    explicit = Feature.RETRIES in service.provenance or desk.choices.default_retries or _own_patience(service)
    secret = service.client_certificate
    if service.tls_verify:
        desk.say(
            codes.TLS_VERIFY,
            f"The certificate of the upstream {service.name} is verified by Kong and never by APISIX.",
            about=route,
            feature=Feature.TLS_VERIFY,
        )
    scheme = _SCHEMES.get(service.protocol, "http")
    if isinstance(route, Route) and scheme in ("tcp", "tls", "udp"):
        desk.say(
            codes.SERVICE_PROTOCOL,
            f"The protocol {service.protocol} towards {service.name} cannot carry HTTP requests in "
            "APISIX; http is used.",
            about=route,
            feature=Feature.SERVICE_PROTOCOL,
        )
        scheme = "http"
    return Want(
        scheme=scheme,
        retries=retries_of(service) if explicit and isinstance(route, Route) else None,
        balancing=loadbalancer(service.upstream, say),
        health=health_check(service.upstream.healthchecks, say, old_names=desk.choices.controller < (2, 0)),
        tls_secret={"name": secret.name, "namespace": secret.namespace or "default"} if secret else {},
    )


def retries_of(service: Service) -> int:
    """The retries within what APISIX takes; Kong refuses numbers outside of its own, narrower range."""
    return min(max(service.retries, 0), MOST_RETRIES)


def _own_patience(service: Service) -> bool:
    """Whether somebody set retries or timeouts: how long a failing call takes is the product of both."""
    timeouts = (service.connect_timeout, service.read_timeout, service.write_timeout)
    return service.retries != _RETRIES or any(timeout != _TIMEOUT for timeout in timeouts)


def needed(want: Want, service: Service, backend: Backend, default_scheme: str = "http") -> bool:
    """Whether APISIX would do otherwise without an ApisixUpstream (`appProtocol` would choose https)."""
    assumed = "https" if backend.app_protocol in _SECURE_APP else default_scheme
    return (want != Want() and want.spec(scheme=False) != {}) or want.scheme != assumed


def _with_host(want: Want, policy: str, host: str) -> Want:
    from dataclasses import replace

    return replace(want, pass_host=policy, host=host)


def _with_port(header: str, route: Route, backend: Backend, scheme: str, desk: Desk) -> str:
    """Kong appends the endpoint's port unless it is the scheme's own (kong-source.md 4.8)."""
    port = backend.number if route.service.service_upstream or backend.external_name else backend.target_port
    if isinstance(port, str) or port is None:
        port = None if isinstance(port, str) else (port or backend.number)
    if port is None or (not backend.known and backend.target_port is None):
        desk.say(
            codes.HOST_PORT,
            f"Kong appends the port of the endpoint to the Host header {header}; the manifests do not say which "
            f"port {backend.address} uses.",
            about=route,
            feature=Feature.HOST_HEADER,
        )
        return header
    return header if port == _DEFAULT_PORTS.get(scheme) else f"{header}:{port}"


def _sayer(route: Route | StreamRoute, desk: Desk) -> Callable[[str, str], None]:
    def say(code: str, sentence: str) -> None:
        feature = Feature.HEALTH_CHECKS if code.startswith("apisix/health") else Feature.BALANCING
        desk.say(
            codes.BY_ID[code],
            f"{sentence[:-1]} (upstream of {route.service.name}).",
            about=route,
            feature=feature,
        )

    return say
