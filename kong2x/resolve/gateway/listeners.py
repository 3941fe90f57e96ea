"""Which listeners accept a route, with which hosts, protocols and ports (kong-source.md 7.1, 7.2)."""

from __future__ import annotations

from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass, field
from typing import Any

from kong2x.model.route import Parent
from kong2x.model.source import SourceObject, items, mapping, text
from kong2x.resolve.gateway.codes import FOREIGN_CLASS
from kong2x.resolve.world import GATEWAY_GROUP, World, namespace_of

KINDS = {
    "HTTP": ("HTTPRoute", "GRPCRoute"),
    "HTTPS": ("HTTPRoute", "GRPCRoute"),
    "TCP": ("TCPRoute",),
    "UDP": ("UDPRoute",),
    "TLS": ("TLSRoute",),
}


@dataclass(frozen=True, slots=True)
class Listener:
    """One listener of a Gateway of Kong's."""

    gateway: SourceObject
    name: str
    protocol: str
    hostname: str
    port: int
    body: Mapping[str, Any]

    def allows(self, route: SourceObject, world: World) -> bool:
        """Whether `allowedRoutes` and the protocol let a route of this kind and namespace in."""
        allowed = mapping(self.body.get("allowedRoutes"))
        kinds = [text(mapping(kind).get("kind")) for kind in items(allowed.get("kinds"))]
        if route.kind not in (kinds or KINDS.get(self.protocol, ())):
            return False
        spaces = mapping(allowed.get("namespaces"))
        where = text(spaces.get("from")) or "Same"
        if where == "All":
            return True
        if where == "Same":
            return namespace_of(route) == namespace_of(self.gateway)
        namespace = world.get("Namespace", "", namespace_of(route))
        if namespace is None:
            return True
        wanted = mapping(mapping(spaces.get("selector")).get("matchLabels"))
        return all(namespace.labels.get(key) == value for key, value in wanted.items())


@dataclass(frozen=True, slots=True)
class Acceptance:
    """What the parents of a route grant it.

    `hosts` None means not accepted; empty means any host. `protocols` are those of the matching
    listeners, empty where no Gateway is known. `ports` are the ports of L4 listeners.
    """

    hosts: tuple[str, ...] | None
    protocols: tuple[str, ...] = ()
    ports: tuple[int, ...] = ()
    parents: tuple[Parent, ...] = ()
    passthrough: bool = False
    unknown: bool = False


@dataclass(slots=True)
class Gateways:
    """All Gateways of the input that Kong serves."""

    world: World
    listeners: dict[tuple[str, str], list[Listener]] = field(default_factory=dict)
    foreign: set[tuple[str, str]] = field(default_factory=set)

    def __post_init__(self) -> None:
        for gateway in self.world.all("Gateway"):
            if gateway.group != GATEWAY_GROUP:
                continue
            key = namespace_of(gateway), gateway.name
            if self.is_ours(gateway):
                self.listeners[key] = list(listeners_of(gateway))
            else:
                self.foreign.add(key)

    def is_ours(self, gateway: SourceObject) -> bool:
        """Whether the Gateway's class is Kong's; a class that is not in the input is taken for Kong's."""
        name = text(mapping(gateway.value.get("spec")).get("gatewayClassName"))
        found = self.world.get("GatewayClass", "", name)
        if found is None:
            return True
        controller = mapping(found.value.get("spec")).get("controllerName")
        return bool(controller == self.world.facts.gateway_controller)

    def accept(self, route: SourceObject) -> Acceptance:
        """What the listeners of all parents grant a route together."""
        spec = mapping(route.value.get("spec"))
        hosts = tuple(str(host) for host in items(spec.get("hostnames")))
        parents = tuple(parents_of(route))
        mine, unknown = self.matching(route, parents)
        if not parents or unknown:
            return Acceptance(hosts, parents=parents, unknown=True)
        if not mine:
            return Acceptance(None, parents=parents)
        narrowed = intersection(hosts, [listener.hostname for listener in mine])
        if narrowed is None:
            return Acceptance(None, parents=parents)
        protocols = tuple(sorted({listener.protocol.lower() for listener in mine}))
        ports = tuple(sorted({listener.port for listener in mine}))
        passthrough = any(mapping(one.body.get("tls")).get("mode") == "Passthrough" for one in mine)
        return Acceptance(narrowed, protocols, ports, parents, passthrough)

    def matching(self, route: SourceObject, parents: Sequence[Parent]) -> tuple[list[Listener], bool]:
        """The listeners that let the route in, and whether a parent is not in the input."""
        found: list[Listener] = []
        unknown = False
        for parent in parents:
            key = (parent.namespace, parent.name)
            if key in self.foreign:
                continue
            if key not in self.listeners:
                unknown = True
                continue
            for listener in self.listeners[key]:
                fits = parent.section in (None, "", listener.name) and parent.port in (None, listener.port)
                if fits and listener.allows(route, self.world):
                    found.append(listener)
        return found, unknown and not found


def listeners_of(gateway: SourceObject) -> Iterator[Listener]:
    """The listeners of a Gateway."""
    for body in map(mapping, items(mapping(gateway.value.get("spec")).get("listeners"))):
        port = body.get("port")
        yield Listener(
            gateway,
            text(body.get("name")),
            text(body.get("protocol")),
            text(body.get("hostname")),
            port if isinstance(port, int) else 0,
            body,
        )


def parents_of(route: SourceObject) -> Iterator[Parent]:
    """The Gateways that a route names."""
    for parent in map(mapping, items(mapping(route.value.get("spec")).get("parentRefs"))):
        port = parent.get("port")
        yield Parent(
            text(parent.get("namespace")) or namespace_of(route),
            text(parent.get("name")),
            text(parent.get("sectionName")) or None,
            port if isinstance(port, int) else None,
            text(parent.get("kind")) or "Gateway",
        )


def intersection(hosts: Sequence[str], limits: Sequence[str]) -> tuple[str, ...] | None:
    """A route's hosts narrowed to those of its listeners; None when nothing is left.

    >>> intersection(["*.a.com"], ["x.a.com"]), intersection([], ["a.com", ""]), intersection(["b.com"], ["a.com"])
    (('x.a.com',), (), None)
    """
    if not hosts:
        return () if "" in limits else tuple(dict.fromkeys(limits))
    found: dict[str, None] = {}
    for host in hosts:
        for limit in limits:
            narrowed = narrower(host, limit)
            if narrowed:
                found[narrowed] = None
    return tuple(found) or None


def narrower(host: str, limit: str) -> str:
    """The more specific of two hosts that overlap, else the empty string."""
    if not limit or host == limit:
        return host
    if limit.startswith("*.") and host.removeprefix("*").endswith(limit[1:]):
        return host
    if host.startswith("*.") and limit.removeprefix("*").endswith(host[1:]):
        return limit
    return ""


def foreign_findings(gateways: Gateways) -> Iterator[Any]:
    """One finding a Gateway of another controller."""
    for gateway in gateways.world.all("Gateway"):
        if (namespace_of(gateway), gateway.name) in gateways.foreign:
            name = text(mapping(gateway.value.get("spec")).get("gatewayClassName"))
            message = (
                f"The class {name} of this Gateway belongs to another controller; its routes are not Kong's."
            )
            yield FOREIGN_CLASS.finding(message, object=gateway.ref, path=("spec", "gatewayClassName"))
