"""The rules of an Ingress of any API version, one by one, with the leaves that each comes from."""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from typing import Any, NamedTuple

from kong2x.model.source import Leaf, ObjectRef, Path, SourceObject, items, mapping

FACADE_GROUP = "incubator.ingress-controller.konghq.com"
FACADE_KIND = "KongServiceFacade"
LEGACY_VERSIONS = frozenset(("extensions/v1beta1", "networking.k8s.io/v1beta1"))


class BackendRef(NamedTuple):
    """What a rule or a default backend names: a Service port, or a resource, or nothing usable."""

    name: str
    port: int | str | None
    leaves: tuple[Leaf, ...]
    resource: tuple[str, str] | None = None
    """(group, kind) for a resource backend."""
    problem: str = ""

    @property
    def facade(self) -> bool:
        """Whether the resource is a KongServiceFacade."""
        return self.resource == (FACADE_GROUP, FACADE_KIND)


class PathRule(NamedTuple):
    """One path of one rule. `path_type` is empty where none is written."""

    host: str
    path: str
    path_type: str
    backend: BackendRef
    at: Path
    leaves: tuple[Leaf, ...]
    host_leaf: Leaf | None
    problem: str = ""


def is_legacy(ingress: SourceObject) -> bool:
    """Whether the object has the shape of before networking.k8s.io/v1."""
    return ingress.api_version in LEGACY_VERSIONS


def path_rules(ingress: SourceObject) -> Iterator[PathRule]:
    """Every path of every rule in order; rules without paths give nothing (trap 19)."""
    legacy = is_legacy(ingress)
    ref = ingress.ref
    for index, raw in enumerate(items(mapping(ingress.value.get("spec")).get("rules"))):
        rule = mapping(raw)
        host, bad_host = _text(rule.get("host"))
        host_leaf = Leaf(ref, ("spec", "rules", index, "host")) if "host" in rule else None
        for position, entry in enumerate(items(mapping(rule.get("http")).get("paths"))):
            at: Path = ("spec", "rules", index, "http", "paths", position)
            spec = mapping(entry)
            path, bad_path = _text(spec.get("path"))
            path_type, bad_type = _text(spec.get("pathType"))
            leaves = tuple([Leaf(ref, (*at, name)) for name in ("path", "pathType") if name in spec])
            bad = bad_host or bad_path or bad_type
            yield PathRule(
                host,
                path,
                path_type,
                backend_ref(ref, mapping(spec.get("backend")), (*at, "backend"), legacy),
                at,
                leaves,
                host_leaf,
                "its host, path or pathType is not a text" if bad else "",
            )


def default_backend_ref(ingress: SourceObject) -> BackendRef | None:
    """The default backend of an Ingress, None when it states none."""
    spec = mapping(ingress.value.get("spec"))
    legacy = is_legacy(ingress)
    name = "backend" if legacy else "defaultBackend"
    if not isinstance(spec.get(name), dict):
        return None
    return backend_ref(ingress.ref, mapping(spec[name]), ("spec", name), legacy)


def backend_ref(ref: ObjectRef, spec: Mapping[str, Any], at: Path, legacy: bool) -> BackendRef:
    """The reference written at `at`; a number wins over a name where both are written."""
    if legacy and "serviceName" in spec:
        port = _port(spec.get("servicePort"))
        leaves = tuple(Leaf(ref, (*at, name)) for name in ("serviceName", "servicePort") if name in spec)
        return _service(spec.get("serviceName"), port, leaves)
    if isinstance(spec.get("service"), dict):
        service = spec["service"]
        wanted = mapping(service.get("port"))
        number = _port(wanted.get("number"))
        by_number = isinstance(number, int) and number != 0
        found = [Leaf(ref, (*at, "service", "name"))] if "name" in service else []
        for name in wanted:
            if name in ("number", "name"):
                found.append(Leaf(ref, (*at, "service", "port", name)))
        if "port" in service and not wanted:
            found.append(Leaf(ref, (*at, "service", "port")))
        return _service(service.get("name"), number if by_number else _port(wanted.get("name")), tuple(found))
    if isinstance(spec.get("resource"), dict):
        resource = spec["resource"]
        found = [
            Leaf(ref, (*at, "resource", name)) for name in ("apiGroup", "kind", "name") if name in resource
        ]
        group, kind = _text(resource.get("apiGroup"))[0], _text(resource.get("kind"))[0]
        return BackendRef(_text(resource.get("name"))[0], None, tuple(found), (group, kind))
    return BackendRef("", None, (), problem="it names neither a Service nor a resource")


def _service(name: object, port: int | str | None, leaves: tuple[Leaf, ...]) -> BackendRef:
    if not isinstance(name, str) or not name:
        return BackendRef("", port, leaves, problem="its Service has no name")
    return BackendRef(name, port, leaves)


def _port(value: object) -> int | str | None:
    """A port by number or name; text made of digits is a name for the API server's int-or-string too."""
    if isinstance(value, bool) or not isinstance(value, int | str) or value == "":
        return None
    return value


def _text(value: object) -> tuple[str, bool]:
    """A text field, and whether it holds something else."""
    if isinstance(value, str):
        return value, False
    return "", value is not None
