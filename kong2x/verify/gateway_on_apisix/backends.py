"""The upstreams that AIC makes of a rule's backendRefs, and their policies (apisix-target.md 7.5, 7.7)."""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass, field
from typing import Any

from kong2x.model.source import items, mapping, text
from kong2x.verify.apisix.entries import Target
from kong2x.verify.gateway_on_apisix.world import Key, Object, World, key_of

SCHEMES = {"http": "http", "https": "https", "kubernetes.io/ws": "http", "kubernetes.io/wss": "https"}
"""The scheme of an upstream by the appProtocol of the Service port."""
NO_BACKEND = {"abort": {"http_status": 500, "body": "No existing backendRef provided"}}


@dataclass(slots=True)
class Upstreams:
    """The usable backends of one rule; `failed` tells that one of the others is an error."""

    targets: list[Target] = field(default_factory=list)
    failed: bool = False
    websocket: bool = False


def upstreams(world: World, route: Object, rule: Object, default_scheme: str = "http") -> Upstreams:
    """The backends with their shares.

    Backends that cannot be used are left out, and the shares of the others are read by position, so
    that they shift (apisix-target.md 7.5).
    """
    refs = [mapping(one) for one in items(rule.get("backendRefs"))]
    known = {service_of(route, ref) for ref in every_ref(route) if not problem(world, route, ref)}
    out = Upstreams()
    for ref in refs:
        key, port = service_of(route, ref), ref.get("port")
        entry = world.service_port(key, port)
        service = world.get("Service", key)
        if (ref.get("kind") or "Service") != "Service" or key not in known:
            out.failed = True
            continue
        if service is not None and not usable(world, key, service, entry):
            continue
        protocol = text(mapping(entry).get("appProtocol")) if default_scheme == "http" else ""
        out.websocket = out.websocket or protocol in ("kubernetes.io/ws", "kubernetes.io/wss")
        policy = mapping(mapping(traffic_policy(world, key, port)).get("spec"))
        scheme = text(policy.get("scheme")) or ("http" if policy else "") or SCHEMES.get(protocol, "")
        host = text(policy.get("passHost")) or "pass"
        address = f"{key[0]}/{key[1]}:{port}"
        out.targets.append(
            Target(address, 1, host, policy.get("upstreamHost"), scheme=scheme or default_scheme)
        )
    if len(out.targets) > 1:
        shares = [weight(ref) for ref in refs]
        out.targets = [
            Target(one.address, share, one.host, one.host_value, scheme=one.scheme)
            for one, share in zip(out.targets, shares, strict=False)
        ]
    return out


def weight(ref: Object) -> int:
    """The weight of a backendRef."""
    value = ref.get("weight")
    return 1 if value is None else int(value)


def service_of(route: Object, ref: Object) -> Key:
    """The Service that a backendRef names."""
    return text(ref.get("namespace")) or key_of(route)[0], text(ref.get("name"))


def every_ref(route: Object) -> Iterator[Object]:
    """The backendRefs of all rules of a route, in order."""
    for rule in map(mapping, items(mapping(route.get("spec")).get("rules"))):
        yield from map(mapping, items(rule.get("backendRefs")))


def problem(world: World, route: Object, ref: Object) -> str:
    """The reason that the route's status gives for a backendRef, empty when it is resolved."""
    key = service_of(route, ref)
    if (ref.get("kind") or "Service") != "Service":
        return "InvalidKind"
    service = world.get("Service", key)
    if service is None:
        return "BackendNotFound" if world.complete else ""
    if not world.permits(text(route.get("kind")), key_of(route)[0], "Service", key):
        return "RefNotPermitted"
    external = mapping(service.get("spec")).get("type") == "ExternalName"
    return "" if external or world.service_port(key, ref.get("port")) else "ResolvedRefs"


def usable(world: World, key: Key, service: Object, entry: Object | None) -> bool:
    """Whether an upstream for the port has a node; a Service without EndpointSlices is taken to have one."""
    if mapping(service.get("spec")).get("type") == "ExternalName":
        return True
    if entry is None:
        return False
    slices = [
        one
        for (namespace, _), one in world.every("EndpointSlice")
        if namespace == key[0]
        and mapping(mapping(one.get("metadata")).get("labels")).get("kubernetes.io/service-name") == key[1]
    ]
    return not slices or any(ready(mapping(end)) for one in slices for end in items(one.get("endpoints")))


def ready(endpoint: Object) -> bool:
    """Whether an endpoint takes requests."""
    return mapping(endpoint.get("conditions")).get("ready") is not False and bool(endpoint.get("addresses"))


def traffic_policy(world: World, key: Key, port: Any) -> Object | None:
    """The BackendTrafficPolicy of a Service port: one for the port by its name before one for the Service.

    Of several for the same the first counts here; the controller promises no order.
    """
    found: dict[bool, Object] = {}
    for (namespace, _), policy in world.every("BackendTrafficPolicy"):
        for ref in map(mapping, items(mapping(policy.get("spec")).get("targetRefs"))):
            if (namespace, ref.get("name")) != key or (ref.get("kind") or "Service") != "Service":
                continue
            section = text(ref.get("sectionName"))
            if not section or named(world, key, port, section):
                found.setdefault(bool(section), policy)
    return found.get(True, found.get(False))


def named(world: World, key: Key, port: Any, section: str) -> bool:
    """Whether a Service port has this name; for a Service that is not at hand it may."""
    if world.get("Service", key) is None:
        return not world.complete
    return mapping(world.service_port(key, port)).get("name") == section
