"""Which listeners a route attaches to, and which hosts and ports it is left with.

AIC keeps the listeners apart by host only: sectionName and port of a parent choose listeners for the
status and for the hosts, and become a condition on the port only where `listener_port_match_mode` asks
for it (apisix-target.md 7.2; AIC internal/controller/utils.go, internal/adc/translator/translator.go).
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from typing import Any

from kong2x.model.source import items, mapping, text
from kong2x.verify.gateway_on_apisix.world import GROUP, Key, Object, World, key_of

CARRIES = {
    "HTTP": ("GRPCRoute", "HTTPRoute"),
    "HTTPS": ("GRPCRoute", "HTTPRoute"),
    "TLS": ("TLSRoute",),
    "TCP": ("TCPRoute",),
    "UDP": ("UDPRoute",),
}
"""The route kinds that a listener of each protocol takes."""


@dataclass(frozen=True, slots=True)
class Parent:
    """One parentRef of a route: its Gateway (None where that is not at hand) and the listeners that fit.

    `reason` says why no listener fits; `explicit` that the parentRef names a listener or a port.
    """

    gateway: Key
    known: Object | None
    listeners: tuple[Object, ...] = ()
    explicit: bool = False
    reason: str = ""

    @property
    def accepted(self) -> bool:
        """Whether the route attaches here."""
        return not self.reason


def parents_of(world: World, route: Object) -> list[Parent]:
    """The parents of a route that this controller answers for, in order."""
    namespace = key_of(route)[0]
    found = []
    for ref in map(mapping, items(mapping(route.get("spec")).get("parentRefs"))):
        key = text(ref.get("namespace")) or namespace, text(ref.get("name"))
        gateway = world.get("Gateway", key)
        if (ref.get("kind") or "Gateway") != "Gateway":
            continue
        if gateway is None and not world.complete:
            found.append(Parent(key, None))
        elif gateway is not None and world.serves(gateway):
            found.append(_parent(world, route, ref, gateway))
    return found


def _parent(world: World, route: Object, ref: Object, gateway: Object) -> Parent:
    """The listeners of one Gateway that fit; a mismatch of hosts is told before any other."""
    section, port = text(ref.get("sectionName")), ref.get("port")
    conflicting = tls_conflicts(gateway)
    fitting: list[Object] = []
    reason = "NoMatchingParent"
    for listener in listeners_of(gateway):
        if (section and section != listener.get("name")) or (port and port != listener.get("port")):
            continue
        if not takes(listener, text(route.get("kind")), conflicting):
            reason = "NotAllowedByListeners" if reason == "NoMatchingParent" else reason
        elif not hosts_meet(listener, route):
            reason = "NoMatchingListenerHostname"
        elif not allowed(world, listener, route, gateway, ref):
            reason = "NotAllowedByListeners" if reason == "NoMatchingParent" else reason
        else:
            fitting.append(listener)
    explicit = bool(fitting) and bool(section or port)
    return Parent(key_of(gateway), gateway, tuple(fitting), explicit, "" if fitting else reason)


def listeners_of(gateway: Object) -> list[Object]:
    """The listeners of a Gateway in order."""
    return [mapping(one) for one in items(mapping(gateway.get("spec")).get("listeners"))]


def tls_conflicts(gateway: Object) -> set[Any]:
    """Ports whose TLS listeners disagree on the mode; none of them is programmed."""
    modes: dict[Any, set[str]] = {}
    for listener in listeners_of(gateway):
        if listener.get("protocol") == "TLS":
            mode = text(mapping(listener.get("tls")).get("mode")) or "Terminate"
            modes.setdefault(listener.get("port"), set()).add(mode)
    return {port for port, found in modes.items() if len(found) > 1}


def takes(listener: Object, kind: str, conflicting: set[Any]) -> bool:
    """Whether the listener's protocol and TLS mode can carry a kind of route."""
    protocol, tls = text(listener.get("protocol")), listener.get("tls")
    if kind not in CARRIES.get(protocol, ()) or (protocol == "TLS" and listener.get("port") in conflicting):
        return False
    return protocol != "HTTPS" or (tls is not None and mapping(tls).get("mode", "Terminate") == "Terminate")


def hosts_meet(listener: Object, route: Object) -> bool:
    """Whether listener and route have a host in common; none means any."""
    hosts = [str(host) for host in items(mapping(route.get("spec")).get("hostnames"))]
    own = text(listener.get("hostname"))
    return not hosts or not own or any(masks(own, host) or masks(host, own) for host in hosts)


def masks(mask: str, host: str) -> bool:
    """Whether a host name, a wildcard or a plain one, covers another.

    >>> masks("*.a.example", "x.y.a.example"), masks("*.a.example", "a.example"), masks("b", "b")
    (True, False, True)
    """
    return host == mask or (mask.startswith("*.") and host.endswith(mask[1:]))


def allowed(world: World, listener: Object, route: Object, gateway: Object, ref: Object) -> bool:
    """Whether `allowedRoutes` lets the route in; the CRD's default is the Gateway's own namespace."""
    rules = mapping(listener.get("allowedRoutes"))
    kinds = [mapping(one) for one in items(rules.get("kinds"))]
    kind, namespace = route.get("kind"), key_of(route)[0]
    if kinds and not any(one.get("kind") == kind and one.get("group", GROUP) == GROUP for one in kinds):
        return False
    namespaces = mapping(rules.get("namespaces"))
    source = namespaces.get("from") or "Same"
    if source == "Same":
        return namespace == (text(ref.get("namespace")) or key_of(gateway)[0])
    if source == "Selector":
        return _selected(world, mapping(namespaces.get("selector")), namespace)
    return source == "All"


def _selected(world: World, selector: Object, namespace: str) -> bool:
    obj = world.get("Namespace", ("", namespace))
    if obj is None:
        return not world.complete
    labels = mapping(mapping(obj.get("metadata")).get("labels"))
    if any(labels.get(name) != value for name, value in mapping(selector.get("matchLabels")).items()):
        return False
    return all(_expression(mapping(one), labels) for one in items(selector.get("matchExpressions")))


def _expression(wanted: Object, labels: Object) -> bool:
    value, values = labels.get(text(wanted.get("key"))), items(wanted.get("values"))
    answers = {
        "In": value in values,
        "NotIn": value not in values,
        "Exists": value is not None,
        "DoesNotExist": value is None,
    }
    return answers.get(text(wanted.get("operator")), False)


def http_hosts(parents: Sequence[Parent], hostnames: Sequence[str]) -> list[str] | None:
    """The hosts of an HTTPRoute cut to those of its listeners; None when nothing is left.

    For each host of the route the first listener that meets it counts. A route without hosts takes
    those of all listeners, and every host as soon as one of them names none.
    """
    every = [listener for parent in parents for listener in parent.listeners]
    if any(parent.known is None for parent in parents):
        return lowered(hostnames)
    names = [text(listener.get("hostname")) for listener in every]
    if not hostnames:
        return lowered(names) if all(names) else []
    kept = []
    for host in hostnames:
        for own in names:
            if not own or masks(own, host):
                kept.append(host)
                break
            if masks(host, own):
                kept.append(own)
                break
    return lowered(kept) if kept else None


def grpc_hosts(parents: Sequence[Parent], hostnames: Sequence[str]) -> list[str]:
    """The hosts of a GRPCRoute: its own and those of its listeners together (apisix-target.md 7.6)."""
    own = [text(listener.get("hostname")) for parent in parents for listener in parent.listeners]
    return lowered([*hostnames, *(host for host in own if host)])


def lowered(hosts: Sequence[str]) -> list[str]:
    """Hosts in lower case, each once."""
    return list(dict.fromkeys(str(host).strip().lower() for host in hosts))


def port_condition(world: World, parents: Sequence[Parent]) -> list[Any]:
    """The condition on the port that requests came in by, empty where there is none.

    Only listeners without a host call for it; it then names the ports of all listeners.
    """
    every = [listener for parent in parents for listener in parent.listeners]
    bare = {listener.get("port") for listener in every if not listener.get("hostname")}
    explicit = any(parent.explicit for parent in parents)
    wanted = explicit if world.port_match == "explicit" else explicit or len(bare) > 1
    if world.port_match == "off" or not bare or not wanted:
        return []
    ports = [str(port) for port in sorted({int(listener.get("port") or 0) for listener in every})]
    return ["server_port", "==", ports[0]] if len(ports) == 1 else ["server_port", "in", ports]
