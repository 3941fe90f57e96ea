"""BackendTrafficPolicies: how APISIX calls the backends of a Service port."""

from __future__ import annotations

from collections.abc import Mapping
from math import ceil
from typing import Any

from kong2x.emit.gateway_api.desk import Desk
from kong2x.emit.gateway_api.draft import Draft
from kong2x.emit.gateway_api.profiles.apisix import codes
from kong2x.emit.gateway_api.profiles.apisix import codes_differences as differences
from kong2x.emit.gateway_api.profiles.apisix.health import health_check
from kong2x.emit.gateway_api.profiles.apisix.release import HEALTH_CHECKS, release
from kong2x.emit.gateway_api.upstream_tls import port_name
from kong2x.model.finding import Code, Level
from kong2x.model.route import Feature, Service
from kong2x.model.source import ObjectRef
from kong2x.model.target import Manifest

_TIMEOUTS = {
    Feature.CONNECT_TIMEOUT: "connect",
    Feature.WRITE_TIMEOUT: "send",
    Feature.READ_TIMEOUT: "read",
}
_READ = {"http": "http", "https": "https", "kubernetes.io/ws": "http", "kubernetes.io/wss": "https"}
"""The scheme that the controller takes from an appProtocol where no policy says another."""
_SCHEMES = {"https": "https", "grpc": "grpc", "grpcs": "grpcs", "wss": "https"}


def drop_weightless(desk: Desk, draft: Draft) -> None:
    """The controller serves a single backend of weight 0; without it the rule answers an error."""
    if draft.backends and not any(ref.get("weight", 1) for ref in draft.backends):
        draft.backends = ()
        desk.say_once(
            draft.route.name,
            differences.ZERO,
            "The route answers 500 because no backend has a weight; Kong answers 503.",
            route=draft.route,
        )


def traffic_policies(desk: Desk, drafts: list[Draft]) -> list[Manifest]:
    """One policy a Service port that needs one; two different wishes for one port are reported."""
    services = {id(d.route.service): d.route.service for d in drafts if d.backends}
    found: dict[tuple[str, str, str], tuple[dict[str, Any], Service]] = {}
    for service in services.values():
        spec = policy(desk, service)
        if not spec:
            continue
        for backend in service.backends:
            key = (backend.namespace or "default", backend.name, port_name(desk, backend))
            if key in found and found[key][0] != spec:
                desk.say(
                    codes.POLICY_SHARED,
                    f"The settings of {service.name} do not act: {found[key][1].name} has others for the "
                    "same Service port.",
                    service=service,
                    feature=_any(service),
                )
                continue
            found.setdefault(key, (spec, service))
    return [_object(key, spec) for key, (spec, _) in sorted(found.items(), key=lambda item: item[0])]


def policy(desk: Desk, service: Service) -> dict[str, Any]:
    """The spec without its target; empty where APISIX's defaults do what Kong does."""
    spec: dict[str, Any] = {}
    scheme = _SCHEMES.get(service.protocol, "http")
    balancer = loadbalancer(desk, service)
    if balancer:
        spec["loadbalancer"] = balancer
    if _stated(service, Feature.RETRIES):
        spec["retries"] = service.retries
    timeout = _timeout(desk, service)
    if timeout:
        spec["timeout"] = timeout
    checks = health_check(desk, service) if service.upstream.healthchecks else {}
    if checks and release(desk.options) < HEALTH_CHECKS:
        message = f"The health checks of {service.name} are not written: the controller has them from 2.1 on."
        desk.say(differences.RELEASE, message, service=service, feature=Feature.HEALTH_CHECKS)
    elif checks:
        spec["healthCheck"] = checks
    if sends_pod_address(desk, service):
        spec["passHost"] = "node"
    read = [
        b.app_protocol
        for b in service.backends
        if b.app_protocol in _READ and _READ[b.app_protocol] != scheme
    ]
    if read:
        desk.say_once(
            service.name,
            differences.APP_PROTOCOL,
            f"{service.name} is called over {scheme} as in Kong, although its Service says {read[0]}.",
            service=service,
        )
    if spec or read or scheme != "http":
        spec = {"scheme": scheme, **spec}
        spec.setdefault("passHost", "pass")
    _tell_tls(desk, service)
    return spec


def sends_pod_address(desk: Desk, service: Service) -> bool:
    """Whether the policy lets backends see their own address: a policy acts on all routes of a Service."""
    routes = desk.routes_of(service)
    return bool(routes) and not any(r.preserve_host for r in routes) and not _named_host(service)


def _named_host(service: Service) -> bool:
    external = any(backend.external_name for backend in service.backends)
    return bool(service.upstream.host_header) or service.service_upstream or external


def _stated(service: Service, feature: Feature) -> bool:
    return feature in service.provenance


def _any(service: Service) -> Feature | None:
    order = (*_TIMEOUTS, Feature.RETRIES, Feature.BALANCING, Feature.SERVICE_PROTOCOL)
    return next((feature for feature in order if feature in service.provenance), None)


def _timeout(desk: Desk, service: Service) -> dict[str, str]:
    """All three in whole seconds; the block's own defaults are Kong's."""
    if not any(_stated(service, feature) for feature in _TIMEOUTS):
        return {}
    given = {
        Feature.CONNECT_TIMEOUT: service.connect_timeout,
        Feature.WRITE_TIMEOUT: service.write_timeout,
        Feature.READ_TIMEOUT: service.read_timeout,
    }
    out = {}
    for feature, name in _TIMEOUTS.items():
        seconds = max(1, ceil(given[feature] / 1000))
        if seconds * 1000 != given[feature] and _stated(service, feature):
            desk.say(
                codes.TIMEOUT_ROUNDED,
                f"The {feature} of {given[feature]} ms is {seconds} s.",
                service=service,
                feature=feature,
            )
        out[name] = f"{seconds}s"
    return out


def loadbalancer(desk: Desk, service: Service) -> dict[str, Any]:
    """The `loadbalancer` block, empty for round robin."""
    upstream = service.upstream
    simple = {"round-robin": "", "least-connections": "least_conn", "latency": "ewma"}
    if upstream.algorithm in simple:
        found = simple[upstream.algorithm]
        return {"type": found} if found else {}
    if upstream.algorithm != "consistent-hashing" or upstream.hash_on in ("none", "uri_capture"):
        _say(
            desk,
            service,
            codes.BALANCING,
            f"{upstream.algorithm} does not exist in APISIX: requests to {service.name} go round robin.",
            Level.UNSUPPORTED,
        )
        return {}
    args = upstream.hash_args
    block: dict[str, Any] = {
        "ip": {"hashOn": "vars", "key": "remote_addr"},
        "path": {"hashOn": "vars", "key": "uri"},
        "header": {"hashOn": "header", "key": args.get("hash_on_header", "")},
        "cookie": {"hashOn": "cookie", "key": args.get("hash_on_cookie", "")},
        "query_arg": {"hashOn": "vars", "key": f"arg_{args.get('hash_on_query_arg', '')}"},
        "consumer": {"hashOn": "consumer"},
    }.get(upstream.hash_on, {})
    if upstream.hash_on == "cookie":
        _say(
            desk,
            service,
            codes.BALANCING,
            f"Kong sets the cookie that it spreads requests to {service.name} by; APISIX does not.",
        )
    elif upstream.hash_on not in ("ip", "path") and upstream.hash_fallback != "ip":
        _say(
            desk,
            service,
            codes.BALANCING,
            f"A request to {service.name} without the {upstream.hash_on} is spread by client address.",
        )
    return {"type": "chash", **block}


def _say(desk: Desk, service: Service, code: Code, message: str, level: Level | None = None) -> None:
    desk.say(code, message, service=service, feature=Feature.BALANCING, level=level)


def _tell_tls(desk: Desk, service: Service) -> None:
    if service.protocol not in ("https", "grpcs", "wss"):
        return
    if service.tls_verify:
        desk.say(
            codes.TLS_UNVERIFIED,
            f"The certificate of {service.name} is not checked by APISIX.",
            service=service,
            feature=Feature.TLS_VERIFY,
        )
    if service.client_certificate is not None:
        desk.say(
            codes.CLIENT_CERTIFICATE,
            f"APISIX shows {service.name} no client certificate.",
            service=service,
            feature=Feature.CLIENT_CERTIFICATE,
        )


def _object(key: tuple[str, str, str], spec: Mapping[str, Any]) -> Manifest:
    namespace, name, section = key
    target = {"group": "", "kind": "Service", "name": name}
    if section:
        target["sectionName"] = section
    value = {
        "apiVersion": "apisix.apache.org/v1alpha1",
        "kind": "BackendTrafficPolicy",
        "metadata": {"name": f"{name}-{section}" if section else name, "namespace": namespace},
        "spec": {"targetRefs": [target], **spec},
    }
    return Manifest(value, (ObjectRef("", "Service", namespace, name),))
