"""Which inputs are not manifests but make some: Helm templates and charts, kustomizations, decK files."""

from __future__ import annotations

import re
from collections.abc import Iterator, Mapping
from typing import Any

from kong2x.model.source import items, mapping, text

KUSTOMIZATION_NAMES = frozenset({"kustomization.yaml", "kustomization.yml", "Kustomization"})
_TEMPLATE = re.compile(
    rb"\{\{-?\s*(?:\.(?:Values|Release|Chart|Files|Capabilities|Template)\b|include\s+\"|template\s+\")"
)
_LEAVES_OBJECTS_ALONE = frozenset(
    (
        "apiVersion",
        "kind",
        "metadata",
        "resources",
        "bases",
        "images",
        "replicas",
        "openapi",
        "crds",
        "configurations",
        "buildMetadata",
        "sortOptions",
        "generatorOptions",
        "configMapGenerator",
    )
)


def template_line(data: bytes, *, any_mark: bool = False) -> int | None:
    """The line (from 0) of the first Helm mark; with `any_mark` of the first `{{`, None without any."""
    if b"{{" not in data:
        return None
    if any_mark:
        return data.count(b"\n", 0, data.index(b"{{"))
    match = _TEMPLATE.search(data)
    return None if match is None else data.count(b"\n", 0, match.start())


def is_kustomization(value: Any, file: str) -> bool:
    """Whether a document tells kustomize what to build (not Flux' object of the same kind)."""
    if not isinstance(value, dict):
        return False
    group = text(value.get("apiVersion")).partition("/")[0]
    if value.get("kind") in ("Kustomization", "Component") and group == "kustomize.config.k8s.io":
        return True
    return re.split(r"[\\/]", file)[-1] in KUSTOMIZATION_NAMES and not group.endswith(".fluxcd.io")


def transforms(kustomization: Mapping[str, Any]) -> list[str]:
    """The fields of a kustomization that change or add objects, in its order."""
    return [key for key, value in kustomization.items() if key not in _LEAVES_OBJECTS_ALONE and value]


def patch_files(kustomization: Mapping[str, Any]) -> Iterator[str]:
    """The patch files that a kustomization names, relative to its folder."""
    for field in ("patches", "patchesJson6902"):
        for patch in items(kustomization.get(field)):
            yield text(mapping(patch).get("path"))
    for patch in items(kustomization.get("patchesStrategicMerge")):
        yield text(patch)


def hint(value: Any) -> str:
    """What a document that is no object seems to be, as a sentence; empty when nobody can tell."""
    if isinstance(value, list) and all("op" in mapping(entry) for entry in value):
        return " It looks like a JSON patch of a kustomize overlay."
    if "_format_version" in mapping(value):
        return " It looks like a decK file: kong2x reads Kubernetes objects."
    if isinstance(value, dict) and "name" in value and value.get("apiVersion") in ("v1", "v2"):
        return " It looks like the Chart.yaml of a Helm chart: render the chart with `helm template`."
    return ""
