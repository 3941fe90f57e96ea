"""Worlds for the tests of `resolve`: objects from YAML text, and the model and books they give."""

from __future__ import annotations

from dataclasses import dataclass, replace
from pathlib import Path
from typing import Any

import yaml

from kong2x.model.ledger import Ledger
from kong2x.model.route import Route, RouteModel, Service
from kong2x.model.settings import SourceFacts
from kong2x.model.source import SourceObject
from kong2x.read import book_envelope, parse_yaml
from kong2x.resolve import resolve

LOADER = getattr(yaml, "CSafeLoader", yaml.SafeLoader)


@dataclass
class Resolved:
    """A route model with the objects and the books behind it."""

    objects: list[SourceObject]
    model: RouteModel
    ledger: Ledger

    @property
    def codes(self) -> list[str]:
        return sorted(f.code for f in (*self.model.findings, *self.model.refusals))

    def route(self, name: str) -> Route:
        return next(route for route in self.model.routes if route.name == name)

    def only_route(self) -> Route:
        assert len(self.model.routes) == 1, [route.name for route in self.model.routes]
        return self.model.routes[0]

    def only_service(self) -> Service:
        assert len(self.model.services) == 1
        return self.model.services[0]

    def messages(self, code: str) -> list[str]:
        return [f.message for f in (*self.model.findings, *self.model.refusals) if f.code == code]

    def entry(self, kind: str, *path: str | int) -> Any:
        obj = next(obj for obj in self.objects if obj.kind == kind)
        return self.ledger.entry(obj.ref, path)


def resolved(text: str | list[dict[str, Any]], **facts: Any) -> Resolved:
    """The model of some YAML text (or parsed objects) with source facts by field name."""
    values = [v for v in yaml.load_all(text, LOADER) if v] if isinstance(text, str) else text
    objects = [SourceObject(value) for value in values]
    ledger = Ledger()
    for obj in objects:
        book_envelope(obj, ledger)
    model = resolve(objects, replace(SourceFacts(), **facts), ledger, parse_yaml=parse_yaml)
    return Resolved(objects, model, ledger)


def recorded(folder: Path, case: str, **facts: Any) -> Resolved:
    """The model of one recorded case."""
    return resolved((folder / f"{case}.yaml").read_text(), **facts)


def ingress(
    path: str | None = "/foo",
    path_type: str | None = "Prefix",
    *,
    host: str | None = "a.example",
    name: str = "web",
    service: str = "app",
    port: int | str = 80,
    namespace: str = "default",
    annotations: dict[str, str] | None = None,
    **spec: Any,
) -> dict[str, Any]:
    """An Ingress of one rule."""
    wanted = {"number": port} if isinstance(port, int) else {"name": port}
    entry: dict[str, Any] = {"backend": {"service": {"name": service, "port": wanted}}}
    if path is not None:
        entry["path"] = path
    if path_type is not None:
        entry["pathType"] = path_type
    rule: dict[str, Any] = {"http": {"paths": [entry]}}
    if host is not None:
        rule["host"] = host
    metadata: dict[str, Any] = {"name": name, "namespace": namespace}
    if annotations:
        metadata["annotations"] = annotations
    return {
        "apiVersion": "networking.k8s.io/v1",
        "kind": "Ingress",
        "metadata": metadata,
        "spec": {"ingressClassName": "kong", "rules": [rule], **spec},
    }


def service(
    name: str = "app",
    *ports: Any,
    namespace: str = "default",
    annotations: dict[str, str] | None = None,
    **spec: Any,
) -> dict[str, Any]:
    """A Service; ports are numbers or whole port objects."""
    listed = [port if isinstance(port, dict) else {"port": port} for port in (ports or (80,))]
    metadata: dict[str, Any] = {"name": name, "namespace": namespace}
    if annotations:
        metadata["annotations"] = annotations
    return {"apiVersion": "v1", "kind": "Service", "metadata": metadata, "spec": {"ports": listed, **spec}}
