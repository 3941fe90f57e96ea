"""What several Gateway API objects do to each other: grants, Services, listeners, shared addresses."""

from __future__ import annotations

from collections.abc import Iterator, Mapping, Sequence
from typing import Any, NamedTuple

from kong2x.model.finding import Finding
from kong2x.model.source import ObjectRef, Path, SourceObject, items, mapping
from kong2x.validate.gateway import unchecked_codes as codes
from kong2x.validate.gateway.attach import attachments
from kong2x.validate.gateway.edition import each
from kong2x.validate.gateway.unchecked import filters_of

_GROUP = "gateway.networking.k8s.io"
_ROUTES = ("HTTPRoute", "GRPCRoute", "TCPRoute", "UDPRoute", "TLSRoute")


class World(NamedTuple):
    """The objects by kind, as far as these checks need them; an absent namespace is `default`."""

    routes: list[SourceObject]
    gateways: list[SourceObject]
    services: dict[tuple[str, str], SourceObject]
    grants: list[SourceObject]


def space(obj: SourceObject) -> str:
    """The namespace of an object."""
    return obj.namespace or "default"


def across(sources: Sequence[SourceObject]) -> Iterator[Finding]:
    """Gaps 7 to 9 and 11 to 13, as far as the other object is among `sources`.

    Nothing is said of Services in a namespace of which no Service is given: they are elsewhere.
    """
    world = World(
        [obj for obj in sources if obj.group == _GROUP and obj.kind in _ROUTES],
        [obj for obj in sources if obj.group == _GROUP and obj.kind == "Gateway"],
        {(space(obj), obj.name): obj for obj in sources if not obj.group and obj.kind == "Service"},
        [obj for obj in sources if obj.group == _GROUP and obj.kind == "ReferenceGrant"],
    )
    for route in world.routes:
        for path, ref in _references(route):
            yield from _service(route, path, ref, world)
            yield from _grant(route, path, ref, world, "Service", "backend")
    for gateway in world.gateways:
        for path, listener in each(
            mapping(gateway.value.get("spec")).get("listeners"), ("spec", "listeners")
        ):
            tls = mapping(listener.get("tls"))
            for here, ref in each(tls.get("certificateRefs"), (*path, "tls", "certificateRefs")):
                yield from _grant(gateway, here, ref, world, "Secret", "certificate")
    yield from attachments(world.routes, world.gateways)
    yield from _addresses(world.gateways)


def _references(route: SourceObject) -> Iterator[tuple[Path, Mapping[str, Any]]]:
    """Every reference of a route to a backend, mirrors included."""
    for path, rule in each(mapping(route.value.get("spec")).get("rules"), ("spec", "rules")):
        yield from each(rule.get("backendRefs"), (*path, "backendRefs"))
        for here, entry in filters_of(rule, path):
            for block in ("requestMirror", "externalAuth"):
                if block in entry:
                    yield (*here, block, "backendRef"), mapping(mapping(entry[block]).get("backendRef"))


def _service(route: SourceObject, path: Path, ref: Mapping[str, Any], world: World) -> Iterator[Finding]:
    if ref.get("group") or ref.get("kind", "Service") != "Service":
        return
    namespace, name = str(ref.get("namespace") or space(route)), str(ref.get("name"))
    service = world.services.get((namespace, name))
    if service is None:
        if any(key[0] == namespace for key in world.services):
            message = f"Service {namespace}/{name} is not among the objects, others of its namespace are."
            yield codes.NO_SERVICE.finding(message, object=route.ref, path=path)
        return
    spec = mapping(service.value.get("spec"))
    if spec.get("type") == "ExternalName":
        message = f"Service {namespace}/{name} is of type ExternalName."
        yield codes.EXTERNAL_NAME.finding(message, object=route.ref, path=path)
    elif "port" in ref and items(spec.get("ports")):
        ports = [port.get("port") for _, port in each(spec["ports"])]
        if ref["port"] not in ports:
            listed = ", ".join(str(port) for port in ports)
            message = f"Service {namespace}/{name} has no port {ref['port']}; it has {listed}."
            yield codes.NO_SERVICE.finding(message, object=route.ref, path=path)


def _grant(
    holder: SourceObject, path: Path, ref: Mapping[str, Any], world: World, kind: str, what: str
) -> Iterator[Finding]:
    target = str(ref.get("namespace") or space(holder))
    if target == space(holder):
        return
    group, kind, name = ref.get("group", ""), ref.get("kind", kind), ref.get("name")
    for grant in world.grants:
        spec = mapping(grant.value.get("spec"))
        given = any(
            (entry.get("group"), entry.get("kind"), entry.get("namespace"))
            == (holder.group, holder.kind, space(holder))
            for _, entry in each(spec.get("from"))
        )
        taken = any(
            entry.get("group", "") == group
            and entry.get("kind") == kind
            and entry.get("name") in (None, "", name)
            for _, entry in each(spec.get("to"))
        )
        if space(grant) == target and given and taken:
            return
    yield codes.NO_GRANT.finding(
        f"The {what} {kind} {target}/{name} is in another namespace and no ReferenceGrant there allows it.",
        object=holder.ref,
        path=path,
    )


def _addresses(gateways: list[SourceObject]) -> Iterator[Finding]:
    taken: dict[tuple[Any, Any], ObjectRef] = {}
    for gateway in gateways:
        spec = mapping(gateway.value.get("spec"))
        values = {v for _, entry in each(spec.get("addresses")) if isinstance(v := entry.get("value"), str)}
        ports = {p for _, entry in each(spec.get("listeners")) if isinstance(p := entry.get("port"), int)}
        for value in sorted(values, key=str):
            for port in sorted(ports, key=str):
                other = taken.setdefault((value, port), gateway.ref)
                if other != gateway.ref:
                    yield codes.SHARED_ADDRESS.finding(
                        f"{other} and {gateway.ref} both ask for address {value} with port {port}.",
                        object=gateway.ref,
                        path=("spec", "addresses"),
                    )
