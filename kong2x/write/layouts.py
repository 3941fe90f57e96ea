"""Which emitted object goes into which file, and the comments that say where each comes from."""

from __future__ import annotations

from collections.abc import Callable, Mapping, Sequence
from typing import Literal

from kong2x.model.errors import OutputError, UsageError
from kong2x.model.source import ObjectRef, SourceObject
from kong2x.model.target import GENERATED, Manifest
from kong2x.write.dumper import dump
from kong2x.write.names import distinct, namespace_file, object_file, relative_names, source_file

Layout = Literal["stream", "per-source", "per-namespace", "per-kind"]

HEADER = f"{GENERATED} Change the source manifests and convert again; edits made here will be lost.\n"
STREAM_FILE = "manifests.yaml"
_SOURCES_NAMED = 10


def arrange(
    manifests: Sequence[Manifest],
    layout: Layout,
    *,
    objects: Mapping[ObjectRef, SourceObject],
) -> dict[str, str]:
    """File name -> text for all objects. Names are relative, with forward slashes, sorted.

    `stream`: one file. `per-source`: one for each source file, named alike. `per-namespace`: one for each
    namespace. `per-kind`: one for each object, in folders such as `routes/`. Objects keep their order inside
    a file. `objects` are all source objects, for the comments; UsageError for another layout.
    """
    shown = relative_names(obj.file for obj in objects.values())
    refs = [manifest.ref for manifest in manifests]
    names = _names(manifests, refs, layout, objects, shown)
    files: dict[str, list[str]] = {}
    for manifest, name in zip(manifests, names, strict=True):
        header = origin(manifest, objects, shown)
        files.setdefault(name, []).append("---\n" + dump(manifest.value, header=header))
    return {name: HEADER + "".join(files[name]) for name in sorted(files)}


def _names(
    manifests: Sequence[Manifest],
    refs: Sequence[ObjectRef],
    layout: Layout,
    objects: Mapping[ObjectRef, SourceObject],
    shown: Mapping[str, str],
) -> list[str]:
    """The file of each manifest."""
    if layout == "stream":
        return [STREAM_FILE] * len(manifests)
    if layout == "per-kind":
        if len(set(refs)) != len(refs):
            twice = next(ref for ref in refs if refs.count(ref) > 1)
            raise OutputError(f"{twice} was made twice. This is a defect of kong2x: please report it.")
        files = distinct({ref: object_file(ref) for ref in refs}, {ref: "\0".join(ref) for ref in refs})
        return [files[ref] for ref in refs]
    if layout == "per-namespace":
        return _grouped([ref.namespace for ref in refs], namespace_file)
    if layout == "per-source":
        sources = [
            next((shown[objects[s].file] for s in m.sources if s in objects), "kong2x") for m in manifests
        ]
        return _grouped(sources, source_file, [*shown.values(), "kong2x"])
    known = ", ".join(Layout.__args__)
    raise UsageError(f"--layout {layout}: expected one of {known}.")


def _grouped(keys: Sequence[str], name: Callable[[str], str], universe: Sequence[str] = ()) -> list[str]:
    """A file for each key, kept apart from the files of all keys that there could be."""
    every = dict.fromkeys(sorted({*keys, *universe}))
    files = distinct({key: name(key) for key in every}, {key: key for key in every})
    return [files[key] for key in keys]


def origin(
    manifest: Manifest, objects: Mapping[ObjectRef, SourceObject], shown: Mapping[str, str]
) -> list[str]:
    """The comment lines that name the sources of an emitted object."""
    lines = []
    for ref in dict.fromkeys(manifest.sources):
        obj = objects.get(ref)
        where = f" ({shown[obj.file]}:{obj.begins or obj.line})" if obj is not None else ""
        lines.append(f"kong2x: from {ref}{where}")
    if len(lines) > _SOURCES_NAMED:
        rest = len(lines) - _SOURCES_NAMED
        lines[_SOURCES_NAMED:] = [f"kong2x: and from {rest} more"]
    return lines


def kustomization(files: Mapping[str, str]) -> str:
    """A kustomization.yaml that lists the given files."""
    resources = sorted(name for name in files if name.rpartition("/")[2] != "kustomization.yaml")
    value = {
        "apiVersion": "kustomize.config.k8s.io/v1beta1",
        "kind": "Kustomization",
        "resources": resources,
    }
    return HEADER + "---\n" + dump(value)
