"""The project's own tool that distils CRDs into schema files: structure, types and limits, no prose."""

from __future__ import annotations

import json
from collections.abc import Callable, Iterable, Iterator, Mapping
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any

from kong2x.model.errors import Kong2xError
from kong2x.model.settings import version_key
from kong2x.validate.structural import Schema, collect_defaults, convert, hoist

_SERVER_OWNED = ("apiVersion", "kind", "metadata")
_WIDTH = 110

Loader = Callable[[str], Iterable[Any]]


@dataclass(frozen=True, slots=True)
class SchemaFile:
    """The facts about one kind in one release.

    `versions` maps each API version that has this very schema to whether it is served. `scope` is
    `Namespaced`, `Cluster`, or `None` for files that no API server sees (a Kustomization).
    `schema` covers everything but apiVersion, kind and metadata; `defaults` what the API server fills in.
    """

    group: str
    kind: str
    scope: str
    versions: Mapping[str, bool]
    schema: Schema
    defaults: Mapping[str, Any] = field(default_factory=dict)

    def text(self) -> str:
        """The file's bytes: JSON with short values on one line, so that a person can read it."""
        value = {
            "group": self.group,
            "kind": self.kind,
            "scope": self.scope,
            "versions": dict(self.versions),
            "defaults": dict(self.defaults),
            "schema": self.schema,
        }
        return render(value) + "\n"

    @classmethod
    def parse(cls, text: str, where: str = "") -> SchemaFile:
        """Reads `text` back; Kong2xError names the file that is no schema file."""
        try:
            value = json.loads(text)
            return cls(
                value["group"],
                value["kind"],
                value["scope"],
                value["versions"],
                value["schema"],
                value.get("defaults", {}),
            )
        except (ValueError, KeyError, TypeError) as error:
            raise Kong2xError(
                f"{where}: this is no schema file ({error}). Make one from a CRD with "
                "`kong2x schema import FOLDER -d OUT`."
            ) from None


def import_crd(crd: Mapping[str, Any]) -> list[SchemaFile]:
    """The schema files of one CustomResourceDefinition (`apiextensions.k8s.io/v1`), one per distinct schema.

    Versions with the same schema share a file. Raises Kong2xError for anything that is no such CRD.

    >>> import_crd({"kind": "Service"})
    Traceback (most recent call last):
    kong2x.model.errors.Kong2xError: Expected a CustomResourceDefinition with spec.versions, found Service.
    """
    spec = crd.get("spec")
    if (
        crd.get("kind") != "CustomResourceDefinition"
        or not isinstance(spec, Mapping)
        or "versions" not in spec
    ):
        raise Kong2xError(
            f"Expected a CustomResourceDefinition with spec.versions, found {crd.get('kind') or 'no kind'}."
        )
    found: dict[str, tuple[dict[str, bool], Schema, dict[str, Any]]] = {}
    for version in spec["versions"]:
        structural = _without_status((version.get("schema") or {}).get("openAPIV3Schema") or {}, version)
        schema, defaults = hoist(convert(structural)), collect_defaults(structural)
        key = json.dumps([schema, defaults], sort_keys=True)
        found.setdefault(key, ({}, schema, defaults))[0][version["name"]] = bool(version.get("served", True))
    names, scope = spec["names"], spec.get("scope", "Namespaced")
    return [
        SchemaFile(
            spec["group"], names["kind"], "Cluster" if scope == "Cluster" else "Namespaced", versions, *facts
        )
        for versions, *facts in found.values()
    ]


def _without_status(root: Mapping[str, Any], version: Mapping[str, Any]) -> dict[str, Any]:
    """The schema without what the API server owns; a status subresource is never checked on writing."""
    properties = {k: v for k, v in (root.get("properties") or {}).items() if k not in _SERVER_OWNED}
    if "status" in properties and "status" in (version.get("subresources") or {}):
        properties["status"] = {"type": "object", "x-kubernetes-preserve-unknown-fields": True}
    required = [name for name in root.get("required", ()) if name not in _SERVER_OWNED]
    out = {**root, "properties": properties}
    out.pop("required", None)
    return {**out, "required": required} if required else out


def read_crds(folder: Path, load: Loader | None = None) -> Iterator[tuple[Path, Mapping[str, Any]]]:
    """Every CRD in the YAML and JSON files below `folder` (or in that one file), in the order of their paths.

    `load` turns text into documents; the default is PyYAML's safe loader (CRDs hold no YAML surprises).
    """
    if load is None:
        load = _load_yaml
    for path in [folder] if folder.is_file() else sorted(folder.rglob("*")):
        if path.suffix in (".yaml", ".yml", ".json") and path.is_file():
            for document in load(path.read_text(encoding="utf-8")):
                items = document.get("items") if isinstance(document, Mapping) else None
                for item in items if isinstance(items, list) else [document]:
                    if isinstance(item, Mapping) and item.get("kind") == "CustomResourceDefinition":
                        yield path, item


def _load_yaml(text: str) -> Iterable[Any]:
    import yaml

    return list(yaml.load_all(text, Loader=getattr(yaml, "CSafeLoader", yaml.SafeLoader)))


def import_folder(folder: Path, out: Path, load: Loader | None = None) -> list[Path]:
    """Writes a schema file for every CRD in `folder` (or file) into `out`; the paths written.

    `kong2x schema import` calls it; `--schemas OUT` then checks objects of these kinds.
    """
    written = []
    out.mkdir(parents=True, exist_ok=True)
    for _, crd in read_crds(folder, load):
        for file in import_crd(crd):
            path = out / f"{file.kind}.{'-'.join(file.versions)}.json"
            path.write_text(file.text(), encoding="utf-8")
            written.append(path)
    if not written:
        raise Kong2xError(f"{folder}: no CustomResourceDefinition in its YAML or JSON files.")
    return written


def import_family(releases: Mapping[tuple[str, str], Path], load: Loader | None = None) -> dict[str, str]:
    """The schema files of several releases of one project, by file name, with their `index.json`.

    `releases` maps (release, channel) to the folder of its CRDs; the channel is empty where there are
    none. A file carries the name of the first release that has it, and is shared by the later ones.
    """
    files: dict[str, str] = {}
    known: dict[str, str] = {}
    index: dict[str, dict[str, list[str]]] = {}
    order = sorted(releases, key=lambda key: (key[0] == "head", version_key(key[0]), key[1] != "standard"))
    for release, channel in order:
        names = []
        for _, crd in read_crds(releases[release, channel], load):
            for file in import_crd(crd):
                text = file.text()
                label = f"{release}-{channel}" if channel else release
                name = known.setdefault(text, f"{file.kind}/{label}.{'-'.join(file.versions)}.json")
                files[name] = text
                names.append(name)
        index.setdefault(release, {})[channel] = sorted(names)
    files["index.json"] = render(index) + "\n"
    return files


def render(value: Any, indent: str = "") -> str:
    """JSON that keeps whatever fits on one line on one line."""
    flat = json.dumps(value, ensure_ascii=False)
    if len(indent) + len(flat) <= _WIDTH or not isinstance(value, dict | list) or not value:
        return flat
    inner = indent + " "
    if isinstance(value, list):
        return "[\n" + ",\n".join(inner + render(item, inner) for item in value) + "\n" + indent + "]"
    rows = (
        f"{inner}{json.dumps(key, ensure_ascii=False)}: {render(item, inner)}" for key, item in value.items()
    )
    return "{\n" + ",\n".join(rows) + "\n" + indent + "}"
