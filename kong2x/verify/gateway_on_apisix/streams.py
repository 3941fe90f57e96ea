"""TLSRoutes, TCPRoutes and UDPRoutes as the stream routes that AIC makes of them (apisix-target.md 7.6)."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass, replace

from kong2x.model.source import items, mapping
from kong2x.verify.apisix.entries import Target
from kong2x.verify.gateway_on_apisix.attachment import Parent, parents_of, port_condition
from kong2x.verify.gateway_on_apisix.backends import upstreams
from kong2x.verify.gateway_on_apisix.world import World


@dataclass(frozen=True, slots=True)
class StreamEntry:
    """One stream route. Empty `sni` and port 0 match every connection of every stream port.

    Two entries with one `id` make APISIX refuse the whole configuration.
    """

    id: str
    sni: str = ""
    port: int = 0
    targets: tuple[Target, ...] = ()


def stream_entries(world: World) -> list[StreamEntry]:
    """The stream routes of all layer-4 routes that attach to a listener."""
    found: list[StreamEntry] = []
    for kind in ("TLSRoute", "TCPRoute", "UDPRoute"):
        for key, route in world.every(kind):
            parents = [parent for parent in parents_of(world, route) if parent.accepted]
            if not any(parent.known is None or world.connected(parent.known) for parent in parents):
                continue
            spec = mapping(route.get("spec"))
            ports = stream_ports(world, parents) if kind != "TLSRoute" else [0]
            hosts = [str(host) for host in items(spec.get("hostnames"))] if kind == "TLSRoute" else [""]
            for index, rule in enumerate(map(mapping, items(spec.get("rules")))):
                targets = tuple(upstreams(world, route, rule).targets)
                for port in ports:
                    suffix = f"{index}-{port}" if port else f"{index}"
                    name = f"{kind} {key[0]}/{key[1]} {suffix}"
                    found += [StreamEntry(name, host, port, targets) for host in hosts]
    return found


def stream_ports(world: World, parents: Sequence[Parent]) -> list[int]:
    """The ports that tell stream routes apart, those of listeners with a host too; 0 where none is written."""
    bare = [
        replace(parent, listeners=tuple({**one, "hostname": ""} for one in parent.listeners))
        for parent in parents
    ]
    condition = port_condition(world, bare)
    if not condition:
        return [0]
    value = condition[2]
    return [int(port) for port in (value if isinstance(value, list) else [value])]


def stream_winner(entries: list[StreamEntry], server_name: str | None, port: int) -> StreamEntry | None:
    """The stream route that takes a connection: one for its server name, else the first without."""
    fitting = [entry for entry in entries if entry.port in (0, port)]
    named = [entry for entry in fitting if entry.sni and covers(entry.sni, server_name or "")]
    return next(iter([*named, *(entry for entry in fitting if not entry.sni)]), None)


def covers(sni: str, name: str) -> bool:
    """Whether a server name is that of a certificate or stream route; a wildcard is one label.

    >>> covers("*.a.example", "x.a.example"), covers("*.a.example", "x.y.a.example")
    (True, False)
    """
    return sni in (name, "*") or (sni.startswith("*.") and name.partition(".")[2] == sni[2:])
