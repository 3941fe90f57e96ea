"""Manifests as they were at a git revision, read by the same rules as a folder of the work tree."""

from __future__ import annotations

import os
import tempfile
from collections.abc import Sequence
from dataclasses import replace
from typing import Any

from kong2x.cli.inputs import Inputs, read
from kong2x.model.finding import Finding


def read_earlier(inputs: Inputs, revision: str) -> tuple[Any, list[str]]:
    """What the inputs were at `revision`, and the paths that did not exist then.

    The files are put into a temporary folder, so that charts, kustomizations and the files of an earlier
    conversion count as they do today; all names are then those of the work tree again.
    """
    from kong2x.read import ReadResult

    with tempfile.TemporaryDirectory(prefix="kong2x-") as top:
        top = os.path.realpath(top)
        places = laid_out((*inputs.paths, *inputs.also_read), revision, top)
        found = tuple(places[path] for path in inputs.paths if path in places)
        also = tuple(places[path] for path in inputs.also_read if path in places)
        result = read(replace(inputs, paths=found, also_read=also)) if found else ReadResult()
    names = {place: path for path, place in places.items()}
    for obj in result.objects:
        obj.file = shown(obj.file, names)
    result.files = [shown(name, names) for name in result.files]
    result.findings = [renamed(finding, names, "") for finding in result.findings]
    result.errors = [renamed(finding, names, f"{revision}:") for finding in result.errors]
    return result, [path for path in inputs.paths if path not in places]


def laid_out(paths: Sequence[str], revision: str, top: str) -> dict[str, str]:
    """Writes what each path held into a folder of its own below `top`; path -> place."""
    from kong2x.read.git import sources_at

    places: dict[str, str] = {}
    for number, path in enumerate(dict.fromkeys(paths)):
        for source in sources_at(revision, [path]):
            inside = os.path.relpath(source.name, path)
            base = os.path.basename(os.path.abspath(path))
            place = places.setdefault(path, os.path.join(top, str(number), base))
            file = place if inside == "." else os.path.join(place, inside)
            os.makedirs(os.path.dirname(file), exist_ok=True)
            text = source.text
            with open(file, "wb") as out:
                out.write(text.encode() if isinstance(text, str) else text)
    return places


def shown(text: str, names: dict[str, str]) -> str:
    """A text with the temporary places written as the user named them."""
    for place, path in names.items():
        text = text.replace(place, path)
    return text


def renamed(finding: Finding, names: dict[str, str], prefix: str) -> Finding:
    """A finding with the names of the work tree."""
    source = finding.source
    if source is not None:
        source = source._replace(file=prefix + shown(source.file, names))
    return replace(finding, source=source, message=shown(finding.message, names))
