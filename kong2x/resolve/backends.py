"""Which Service port a backend reference means (kong-source.md 3.8)."""

from __future__ import annotations

from typing import NamedTuple

from kong2x.model.route import Backend
from kong2x.model.source import Leaf, SourceObject, items, mapping, text
from kong2x.resolve.world import World


class FoundPort(NamedTuple):
    """A Service port: its number, the pod port or its name, and the appProtocol; `why` when there is none."""

    number: int | None = None
    target: int | str | None = None
    app_protocol: str | None = None
    why: str = ""


def find_port(service: SourceObject, port: int | str | None) -> FoundPort:
    """The port of a Service for a reference by number, by name, or without port (None).

    A name may also be that of a string `targetPort`; a number never means a targetPort (trap 63).
    """
    spec = mapping(service.value.get("spec"))
    ports = [mapping(entry) for entry in items(spec.get("ports"))]
    if spec.get("type") == "ExternalName":
        if isinstance(port, int):
            return FoundPort(port, port)
        return FoundPort(why="a Service of type ExternalName needs a port by number")
    if port is None:
        if len(ports) == 1:
            return _found(ports[0])
        return FoundPort(why=f"no port is named and the Service has {len(ports)} ports")
    for entry in ports:
        if isinstance(port, int):
            if entry.get("port") == port:
                return _found(entry)
        elif port in (entry.get("name"), entry.get("targetPort")):
            return _found(entry)
    return FoundPort(why=f"the Service has no port {port}")


def _found(entry: object) -> FoundPort:
    spec = mapping(entry)
    number = spec.get("port")
    if not isinstance(number, int) or isinstance(number, bool):
        return FoundPort(why="the port of the Service has no number")
    target = spec.get("targetPort")
    if isinstance(target, bool) or not isinstance(target, int | str) or target == "":
        target = number
    return FoundPort(number, target, text(spec.get("appProtocol")) or None)


def service_backend(
    world: World,
    namespace: str,
    name: str,
    port: int | str | None,
    *,
    weight: int | None = None,
    facade: str | None = None,
    source: Leaf | None = None,
) -> tuple[Backend, str]:
    """The backend for a Service reference, and why its port is not known (empty when it is).

    A Service outside of the input gives a backend that is not `known`, with the port as written for its
    number. One without the port is not `known` either, because Kong has no targets for it.
    """
    service = world.get("Service", namespace, name)
    if service is None:
        number = port if isinstance(port, int) else None
        return Backend(namespace, name, port, number, weight, facade=facade, source=source), ""
    spec = mapping(service.value.get("spec"))
    found = find_port(service, port)
    external = text(spec.get("externalName")) or None if spec.get("type") == "ExternalName" else None
    backend = Backend(
        namespace,
        name,
        port,
        found.number,
        weight,
        known=not found.why,
        external_name=external,
        headless=spec.get("clusterIP") == "None",
        target_port=found.target,
        app_protocol=found.app_protocol,
        facade=facade,
        source=source,
    )
    return backend, found.why
