"""The Services behind a rule: known ones with port and weight, and those that are skipped (7.3)."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from typing import Any

from kong2x.model.finding import Finding
from kong2x.model.route import Backend
from kong2x.model.source import Leaf, Path, SourceObject, items, mapping, text
from kong2x.resolve.gateway.codes import BACKEND_GRANT, BACKEND_KIND
from kong2x.resolve.world import World, namespace_of


def backends_of(
    world: World, route: SourceObject, rule: Mapping[str, Any], path: Path, findings: list[Finding]
) -> tuple[Backend, ...]:
    """The backends that serve; the others are told in `findings`. An empty answer is KIC's 500."""
    found = []
    for position, ref in enumerate(map(mapping, items(rule.get("backendRefs")))):
        where = (*path, "backendRefs", position)
        backend = backend_of(world, route, ref, where, findings)
        if backend is not None:
            found.append(backend)
    return tuple(found)


def backend_of(
    world: World, route: SourceObject, ref: Mapping[str, Any], where: Path, findings: list[Finding]
) -> Backend | None:
    """One backend, None when the controller skips it."""
    name, namespace = text(ref.get("name")), text(ref.get("namespace")) or namespace_of(route)
    if text(ref.get("kind")) not in ("", "Service") or text(ref.get("group")) not in ("", "core"):
        kind = text(ref.get("kind"))
        message = f"The backend {name} is a {kind}, which Kong skips; its share goes to the other backends."
        findings.append(BACKEND_KIND.finding(message, object=route.ref, path=(*where, "kind")))
        return None
    if namespace != namespace_of(route) and not world.granted(route.ref, "Service", "", namespace, name):
        message = f"No ReferenceGrant in {namespace} lets this route use the Service {name}; Kong skips it."
        findings.append(BACKEND_GRANT.finding(message, object=route.ref, path=(*where, "namespace")))
        return None
    port = ref.get("port")
    number = port if isinstance(port, int) and not isinstance(port, bool) else None
    weight = ref.get("weight")
    service = world.get("Service", namespace, name)
    spec = mapping(service.value.get("spec")) if service else {}
    target = target_port(spec, number)
    external = text(spec.get("externalName")) if spec.get("type") == "ExternalName" else ""
    return Backend(
        namespace,
        name,
        number,
        number,
        weight if isinstance(weight, int) else 1,
        known=service is not None and (target is not None or bool(external)),
        external_name=external or None,
        headless=spec.get("clusterIP") == "None",
        target_port=target,
        source=Leaf(route.ref, (*where, "name")),
    )


def target_port(spec: Mapping[str, Any], number: int | None) -> int | str | None:
    """The pod port behind a Service port, None when the Service has no such port."""
    for port in map(mapping, items(spec.get("ports"))):
        if port.get("port") == number and number is not None:
            target = port.get("targetPort", number)
            return target if isinstance(target, int | str) else number
    return None


def backend_key(rule: Mapping[str, Any], namespace: str) -> tuple[Any, ...]:
    """What rules must have in common to share a Kong service: their backends in any order."""
    refs = [
        (
            text(ref.get("namespace")) or namespace,
            text(ref.get("kind")) or "Service",
            text(ref.get("name")),
            str(ref.get("port")),
            str(ref.get("weight", 1)),
        )
        for ref in map(mapping, items(rule.get("backendRefs")))
    ]
    return tuple(sorted(refs))


def consistent(world: World, backends: Sequence[Backend]) -> bool:
    """Whether all Services of a rule carry the same konghq.com annotations (trap 56)."""
    seen = set()
    for backend in backends:
        service = world.get("Service", backend.namespace, backend.name)
        annotations = service.annotations if service else {}
        seen.add(tuple(sorted((k, str(v)) for k, v in annotations.items() if k.startswith("konghq.com"))))
    return len(seen) < 2
