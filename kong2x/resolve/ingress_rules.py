"""The rules of an Ingress of any API version, one by one, with the leaves that each comes from."""

from __future__ import annotations

from collections.abc import Callable, Iterator, Mapping
from functools import partial
from typing import Any, NamedTuple, cast

from kong2x.model.source import Leaf, ObjectRef, Path, SourceObject, items, mapping

FACADE_GROUP = "incubator.ingress-controller.konghq.com"
FACADE_KIND = "KongServiceFacade"
LEGACY_VERSIONS = frozenset(("extensions/v1beta1", "networking.k8s.io/v1beta1"))


_leaf = cast("Callable[[tuple[ObjectRef, Path]], Leaf]", partial(tuple.__new__, Leaf))
"""A leaf, made without the named tuple's own call: a large cluster has half a million of them."""

_RULE_KEYS = {"host", "http"}
_PATH_KEYS = {"path", "pathType", "backend"}
_SERVICE_KEYS = {"name", "port"}
_PORT_KEYS = {"number", "name"}


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
        host_leaf = _leaf((ref, ("spec", "rules", index, "host"))) if "host" in rule else None
        for position, entry in enumerate(items(mapping(rule.get("http")).get("paths"))):
            at: Path = ("spec", "rules", index, "http", "paths", position)
            spec = mapping(entry)
            path, bad_path = _text(spec.get("path"))
            path_type, bad_type = _text(spec.get("pathType"))
            leaves = tuple([_leaf((ref, (*at, name))) for name in ("path", "pathType") if name in spec])
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


def usual_rules(ingress: SourceObject) -> bool:
    """Whether all rules have fields that `path_rules` reads and no others.

    Every leaf of them then feeds a route, or was closed with the path that it belongs to.
    """
    rules = mapping(ingress.value.get("spec")).get("rules")
    if not isinstance(rules, list) or not rules:
        return False
    for rule in rules:
        if not isinstance(rule, dict) or not rule.keys() <= _RULE_KEYS:
            return False
        http = rule.get("http")
        if not isinstance(http, dict) or http.keys() != {"paths"} or not isinstance(http["paths"], list):
            return False
        if not all(_usual_path(entry) for entry in http["paths"]):
            return False
    return True


def _usual_path(entry: object) -> bool:
    if not isinstance(entry, dict) or not entry.keys() <= _PATH_KEYS:
        return False
    backend = entry.get("backend")
    if not isinstance(backend, dict) or backend.keys() != {"service"}:
        return False
    service = backend["service"]
    if not isinstance(service, dict) or not service.keys() <= _SERVICE_KEYS:
        return False
    port = service.get("port")
    return port is None or (isinstance(port, dict) and port.keys() <= _PORT_KEYS)


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
        leaves = tuple(_leaf((ref, (*at, name))) for name in ("serviceName", "servicePort") if name in spec)
        return _service(spec.get("serviceName"), port, leaves)
    if isinstance(spec.get("service"), dict):
        service = spec["service"]
        wanted = mapping(service.get("port"))
        number = _port(wanted.get("number"))
        by_number = isinstance(number, int) and number != 0
        found = [_leaf((ref, (*at, "service", "name")))] if "name" in service else []
        for name in wanted:
            if name in ("number", "name"):
                found.append(_leaf((ref, (*at, "service", "port", name))))
        if "port" in service and not wanted:
            found.append(_leaf((ref, (*at, "service", "port"))))
        return _service(service.get("name"), number if by_number else _port(wanted.get("name")), tuple(found))
    if isinstance(spec.get("resource"), dict):
        resource = spec["resource"]
        found = [
            _leaf((ref, (*at, "resource", name))) for name in ("apiGroup", "kind", "name") if name in resource
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
