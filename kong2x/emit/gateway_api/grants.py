"""Which ReferenceGrants the emitted objects need, and only those."""

from __future__ import annotations

from collections.abc import Iterable, Iterator, Mapping
from typing import Any, NamedTuple

from kong2x.emit.gateway_api.desk import Desk
from kong2x.emit.gateway_api.hosts import digest
from kong2x.emit.gateway_api.versions import GROUP
from kong2x.model.source import ObjectRef, items, mapping, text
from kong2x.model.target import Manifest


class Reference(NamedTuple):
    """A reference from one namespace into another."""

    kind: str
    namespace: str
    to_kind: str
    to_namespace: str
    to_name: str


def grants(desk: Desk, manifests: Iterable[Manifest]) -> list[Manifest]:
    """One grant a target object and referring kind and namespace, unless the input already grants it."""
    version = desk.schema.api_version("ReferenceGrant")
    needed: dict[Reference, tuple[ObjectRef, ...]] = {}
    for manifest in manifests:
        for reference in references(manifest.value):
            needed.setdefault(reference, manifest.sources)
    allowed = [_allows(obj.value) for ref, obj in desk.model.objects.items() if ref.kind == "ReferenceGrant"]
    out = []
    for reference in sorted(needed):
        if any(_granted(rows, reference) for rows in allowed):
            continue
        name = "-".join(
            (reference.to_name[:120], "from", reference.namespace, digest("/".join(reference)))
        ).lower()
        value = {
            "apiVersion": version,
            "kind": "ReferenceGrant",
            "metadata": {"name": name, "namespace": reference.to_namespace},
            "spec": {
                "from": [{"group": GROUP, "kind": reference.kind, "namespace": reference.namespace}],
                "to": [{"group": "", "kind": reference.to_kind, "name": reference.to_name}],
            },
        }
        out.append(Manifest(value, needed[reference]))
    return out


def references(value: Mapping[str, Any]) -> Iterator[Reference]:
    """The references of one emitted object that leave its namespace."""
    kind, namespace = text(value.get("kind")), text(mapping(value.get("metadata")).get("namespace"))
    for target in _targets(mapping(value.get("spec"))):
        other = text(target.get("namespace"))
        if other and other != namespace and not target.get("group"):
            to_kind = text(target.get("kind")) or "Service"
            yield Reference(kind, namespace, to_kind, other, text(target.get("name")))


def _targets(spec: Mapping[str, Any]) -> Iterator[Mapping[str, Any]]:
    for rule in items(spec.get("rules")):
        yield from (mapping(ref) for ref in items(mapping(rule).get("backendRefs")))
        for part in items(mapping(rule).get("filters")):
            mirror = mapping(mapping(part).get("requestMirror")).get("backendRef")
            if mirror:
                yield mapping(mirror)
    for listener in items(spec.get("listeners")):
        tls = mapping(mapping(listener).get("tls"))
        yield from ({"kind": "Secret", **mapping(ref)} for ref in items(tls.get("certificateRefs")))


Rows = list[tuple[str, str, str, str, str, str]]


def _allows(grant: Mapping[str, Any]) -> Rows:
    """What one grant of the input allows: kind and namespace from; kind, name and namespace to."""
    spec = mapping(grant.get("spec"))
    here = text(mapping(grant.get("metadata")).get("namespace")) or "default"
    return [
        (
            text(source.get("group")),
            text(source.get("kind")),
            text(source.get("namespace")),
            text(target.get("kind")) if not target.get("group") else "",
            text(target.get("name")),
            here,
        )
        for source in map(mapping, items(spec.get("from")))
        for target in map(mapping, items(spec.get("to")))
    ]


def _granted(rows: Rows, wanted: Reference) -> bool:
    return any(
        (group, kind, namespace, to_kind, to_namespace)
        == (GROUP, wanted.kind, wanted.namespace, wanted.to_kind, wanted.to_namespace)
        and name in ("", wanted.to_name)
        for group, kind, namespace, to_kind, name, to_namespace in rows
    )
