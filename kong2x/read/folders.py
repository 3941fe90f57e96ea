"""Which files of a folder are manifests, and what else in it says that they are not the whole story."""

from __future__ import annotations

import os
from dataclasses import dataclass, field
from typing import Any

from kong2x.model.finding import Finding
from kong2x.model.source import Location
from kong2x.model.target import GENERATED
from kong2x.read import codes, foreign
from kong2x.read.events import DocumentError
from kong2x.read.loader import load_document

SUFFIXES = (".yaml", ".yml", ".json")


@dataclass(slots=True)
class Folder:
    """The manifests of a folder, as paths below the name that the user gave, sorted."""

    files: list[str] = field(default_factory=list)
    findings: list[Finding] = field(default_factory=list)
    errors: list[Finding] = field(default_factory=list)


def search_folder(top: str, *, skip_generated: bool = False) -> Folder:
    """Every *.yaml, *.yml and *.json below `top`, in sorted order.

    Hidden files and folders are left out (`..data` of a mounted ConfigMap among them), links are followed
    once, Helm charts are not entered, and a kustomization is not read as a manifest.
    """
    out = Folder()
    names = _walk(top, out)
    kustomizations = [name for name in names if os.path.basename(name) in foreign.KUSTOMIZATION_NAMES]
    patches = _patches(kustomizations, out)
    for name in sorted(set(names) - set(kustomizations)):
        if os.path.realpath(name) in patches:
            message = f"The file is a patch of {patches[os.path.realpath(name)]}, and not an object."
            out.errors.append(codes.OVERLAY_PATCH.finding(message).located(Location(name)))
        elif skip_generated and is_generated(name):
            message = f"{name} was written by kong2x, and is not read as an input."
            out.findings.append(codes.GENERATED_SKIPPED.finding(message).located(Location(name, 1)))
        else:
            out.files.append(name)
    return out


def _walk(top: str, out: Folder) -> list[str]:
    """The candidates below a folder; loops of links end where a folder was seen before."""
    found: list[str] = []
    seen: set[str] = set()

    def refused(error: OSError) -> None:
        where = Location(str(error.filename or top))
        out.errors.append(
            codes.UNREADABLE.finding(f"The folder cannot be read: {error.strerror}.").located(where)
        )

    for folder, below, files in os.walk(top, onerror=refused, followlinks=True):
        real = os.path.realpath(folder)
        if real in seen:
            below.clear()
            continue
        seen.add(real)
        below[:] = sorted(name for name in below if not name.startswith("."))
        if "Chart.yaml" in files and "templates" in below:
            message = (
                "The folder is a Helm chart, and its templates are no manifests before Helm rendered them."
            )
            where = Location(os.path.join(folder, "Chart.yaml"))
            out.errors.append(codes.HELM_TEMPLATE.finding(message).located(where))
            below.clear()
            continue
        for name in files:
            path = os.path.join(folder, name)
            known = name.lower().endswith(SUFFIXES) or name in foreign.KUSTOMIZATION_NAMES
            if known and not name.startswith(".") and (os.path.isfile(path) or os.path.islink(path)):
                found.append(path)
    return found


def _patches(kustomizations: list[str], out: Folder) -> dict[str, str]:
    """The real paths of all patch files with the kustomization that names each; tells of each kustomization."""
    patches: dict[str, str] = {}
    for name in sorted(kustomizations):
        value = _kustomization(name)
        changed = [field for field in foreign.transforms(value) if field != "patches"]
        for patch in foreign.patch_files(value):
            if patch:
                patches[os.path.realpath(os.path.join(os.path.dirname(name), patch))] = name
        message = "The manifests beside this kustomization are read as they stand; kustomize was not run."
        code = codes.KUSTOMIZATION_SEEN
        if foreign.transforms(value):
            code = codes.KUSTOMIZATION_CHANGES
            fields = ", ".join(changed or ["patches"])
            message = f"This kustomization changes what the cluster serves ({fields}); kustomize was not run."
        out.findings.append(code.finding(message).located(Location(name, 1)))
    return patches


def _kustomization(name: str) -> dict[str, Any]:
    """A kustomization; an unreadable one counts as empty, because kustomize tells more about it."""
    try:
        with open(name, "rb") as file:
            value = load_document(file.read()).value
    except (OSError, DocumentError):
        return {}
    return value if isinstance(value, dict) else {}


def is_generated(name: str) -> bool:
    """Whether a file begins with the line that kong2x writes into its output."""
    try:
        with open(name, "rb") as file:
            return file.read(len(GENERATED)) == GENERATED.encode()
    except OSError:
        return False
