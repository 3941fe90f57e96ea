"""What AIC writes into the status of Gateways, routes and Consumers.

Conditions are written `Type=Status Reason`; messages are left out, they are the controller's wording.
"""

from __future__ import annotations

from dataclasses import dataclass, field
from typing import Any

from kong2x.model.source import items, mapping, text
from kong2x.verify.gateway_on_apisix.attachment import (
    CARRIES,
    Parent,
    allowed,
    hosts_meet,
    http_hosts,
    listeners_of,
    parents_of,
    takes,
    tls_conflicts,
)
from kong2x.verify.gateway_on_apisix.backends import every_ref, problem
from kong2x.verify.gateway_on_apisix.world import GROUP, Object, World, key_of

ROUTES = ("HTTPRoute", "GRPCRoute", "TLSRoute", "TCPRoute", "UDPRoute")


@dataclass(slots=True)
class Status:
    """The conditions of one object.

    `listeners` holds the number of attached routes and the conditions of each listener of a Gateway,
    `parents` the conditions of each parent of a route by the name of its Gateway.
    """

    conditions: list[str] = field(default_factory=list)
    listeners: dict[str, tuple[int, list[str]]] = field(default_factory=dict)
    parents: list[tuple[str, list[str]]] = field(default_factory=list)


def statuses(world: World) -> dict[tuple[str, str, str], Status]:
    """The status of each object that AIC reports on, by kind, namespace and name."""
    found: dict[tuple[str, str, str], Status] = {}
    for key, gateway in world.every("Gateway"):
        if world.serves(gateway):
            found["Gateway", *key] = gateway_status(world, gateway)
    for kind in ROUTES:
        for key, route in world.every(kind):
            parents = parents_of(world, route)
            if parents:
                found[kind, *key] = route_status(world, route, parents)
    for key, consumer in world.every("Consumer"):
        reference = mapping(mapping(consumer.get("spec")).get("gatewayRef"))
        where = text(reference.get("namespace")) or key[0], text(reference.get("name"))
        owner = world.get("Gateway", where)
        if owner is not None and world.serves(owner):
            found["Consumer", *key] = Status(["Available=True ResourceSynced"])
    return found


def gateway_status(world: World, gateway: Object) -> Status:
    """The status of a Gateway; a listener that is not accepted decides over everything else."""
    out = Status()
    conflicting = tls_conflicts(gateway)
    for listener in listeners_of(gateway):
        conditions = listener_conditions(world, gateway, listener, conflicting)
        out.listeners[text(listener.get("name"))] = attached(world, gateway, listener), conditions
    refused = [one for _, found in out.listeners.values() for one in found if "Accepted=False" in one]
    accepted = "Accepted=True Accepted"
    if refused:
        some = "True" if len(refused) < len(out.listeners) else "False"
        accepted = f"Accepted={some} ListenersNotValid"
    elif not world.connected(gateway):
        named = mapping(mapping(gateway.get("spec")).get("infrastructure")).get("parametersRef")
        accepted = f"Accepted=False {'InvalidParameters' if named else 'Pending'}"
    out.conditions = [accepted, "Programmed=True Programmed"]
    return out


def listener_conditions(world: World, gateway: Object, listener: Object, conflicting: set[Any]) -> list[str]:
    """Programmed, Accepted, Conflicted and ResolvedRefs of one listener."""
    programmed, accepted = "Programmed=True Programmed", "Accepted=True Accepted"
    conflicted, resolved = "Conflicted=False NoConflicts", "ResolvedRefs=True ResolvedRefs"
    protocol = text(listener.get("protocol"))
    if protocol not in CARRIES:
        return ["Programmed=False Invalid", "Accepted=False UnsupportedProtocol", conflicted, resolved]
    if protocol == "TLS" and listener.get("port") in conflicting:
        clash = "ProtocolConflict"
        return ["Programmed=False Invalid", f"Accepted=False {clash}", f"Conflicted=True {clash}", resolved]
    for kind in map(mapping, items(mapping(listener.get("allowedRoutes")).get("kinds"))):
        if kind.get("group", GROUP) != GROUP or kind.get("kind") not in CARRIES[protocol]:
            resolved = "ResolvedRefs=False InvalidRouteKinds"
    reason = certificate_problem(world, gateway, listener)
    if reason:
        programmed, resolved = "Programmed=False Invalid", f"ResolvedRefs=False {reason}"
    return [programmed, accepted, conflicted, resolved]


def certificate_problem(world: World, gateway: Object, listener: Object) -> str:
    """Why a certificate of a listener cannot be used, empty when all can."""
    for ref in map(mapping, items(mapping(listener.get("tls")).get("certificateRefs"))):
        key = text(ref.get("namespace")) or key_of(gateway)[0], text(ref.get("name"))
        if ref.get("group") or (ref.get("kind") or "Secret") != "Secret":
            return "InvalidCertificateRef"
        if not world.permits("Gateway", key_of(gateway)[0], "Secret", key):
            return "RefNotPermitted"
        secret = world.get("Secret", key)
        if secret is None:
            return "InvalidCertificateRef" if world.complete else ""
        data = {**mapping(secret.get("data")), **mapping(secret.get("stringData"))}
        if not {"tls.crt", "tls.key"} <= set(data):
            return "InvalidCertificateRef"
    return ""


def attached(world: World, gateway: Object, listener: Object) -> int:
    """How many parentRefs of routes attach to a listener."""
    count = 0
    conflicting = tls_conflicts(gateway)
    for kind in ROUTES:
        for key, route in world.every(kind):
            for ref in map(mapping, items(mapping(route.get("spec")).get("parentRefs"))):
                if (text(ref.get("namespace")) or key[0], ref.get("name")) != key_of(gateway):
                    continue
                section, port = text(ref.get("sectionName")), ref.get("port")
                chosen = section in ("", listener.get("name")) and port in (None, listener.get("port"))
                fits = takes(listener, kind, conflicting) and hosts_meet(listener, route)
                count += chosen and fits and allowed(world, listener, route, gateway, ref)
    return count


def route_status(world: World, route: Object, parents: list[Parent]) -> Status:
    """The status of a route at each of its parents."""
    refused, without_hosts = extension_missing(world, route), False
    if route.get("kind") == "HTTPRoute":
        hosts = [str(host) for host in items(mapping(route.get("spec")).get("hostnames"))]
        without_hosts = http_hosts([one for one in parents if one.accepted], hosts) is None
    if any(one.known is not None and named_proxy_missing(world, one.known) for one in parents):
        refused = True
    reasons = [problem(world, route, ref) for ref in every_ref(route)]
    wrong = next((one for one in reasons if one == "InvalidKind"), None)
    last = wrong or next((one for one in reversed(reasons) if one), "")
    resolved = f"ResolvedRefs=False {last}" if last else "ResolvedRefs=True ResolvedRefs"
    out = Status()
    for parent in parents:
        accepted = f"Accepted=False {parent.reason}" if parent.reason else "Accepted=True Accepted"
        if without_hosts:
            accepted = "Accepted=False NoMatchingListenerHostname"
        elif refused:
            accepted = "Accepted=False Accepted"
        out.parents.append((parent.gateway[1], [accepted, resolved]))
    return out


def named_proxy_missing(world: World, gateway: Object) -> bool:
    """Whether a Gateway names a GatewayProxy that is not there."""
    named = mapping(mapping(gateway.get("spec")).get("infrastructure")).get("parametersRef")
    return bool(named) and not world.connected(gateway)


def extension_missing(world: World, route: Object) -> bool:
    """Whether a PluginConfig that a filter names is not there; the route is served all the same."""
    for rule in map(mapping, items(mapping(route.get("spec")).get("rules"))):
        for part in map(mapping, items(rule.get("filters"))):
            reference = mapping(part.get("extensionRef"))
            key = key_of(route)[0], text(reference.get("name"))
            if reference.get("kind") == "PluginConfig" and world.get("PluginConfig", key) is None:
                return True
    return False
