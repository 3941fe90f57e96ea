"""Changing any leaf of any source object changes something: an object, a finding, or the route model.

What does not may only be what the ledger books as ignored by Kong, as identity of the object, as part of an
object that stays in the cluster and is referred to, or as lost with a finding that names the setting as a whole.
"""

from __future__ import annotations

import json
import sys
from collections.abc import Iterator
from copy import deepcopy
from pathlib import Path
from typing import Any

import pytest

from kong2x.model.errors import Kong2xError
from kong2x.model.finding import Level
from kong2x.model.result import Result
from kong2x.pipeline import run
from kong2x.read import read_inputs
from tests.conftest import ROOT, shared_folder

from .worlds import options

TARGETS = ("apisix", "gateway-api", "routes")
SAMPLES = sorted(
    path
    for path in (ROOT / "samples").rglob("*.yaml")
    if not any(part.startswith(".") for part in path.relative_to(ROOT).parts)
    and not {"expected", "mappings"} & set(path.parts)
)
MOST = 120
"""A larger file has this many of its leaves changed, evenly spread."""
BROKEN: dict[str, str] = {}
"""Changes that end in an exception, which is a known fault."""
CASES = sorted((shared_folder() / "facts" / "recorded" / "kic-cases").glob("*.yaml"))[::12]

Changed = tuple[tuple[str | int, ...], Any]

REFERRED = ("identity", "cluster-object", "credentials")
"""Reasons in the ledger for what the output refers to: names, objects that stay, values of a Secret."""
WITHOUT_EFFECT: dict[tuple[str, str], str] = {
    ("HTTPRoute", "spec.rules.matches.path.type"): "an unknown type is refused by the API server",
    (
        "HTTPRoute",
        "spec.rules.filters.requestRedirect.scheme",
    ): "Kong refuses this redirect, which is told",
    (
        "HTTPRoute",
        "spec.rules.filters.requestRedirect.statusCode",
    ): "Kong refuses this redirect, which is told",
    ("IngressClass", "spec.controller"): "KIC looks at the name of the class alone",
}
"""Kind and field of leaves whose change shows nowhere although the ledger settles them, with the reason."""


def changes(value: Any, path: tuple[str | int, ...] = ()) -> Iterator[Changed]:
    """Each leaf with another value of its type, and each list without one of its items."""
    if isinstance(value, dict):
        for key, inner in value.items():
            yield from changes(inner, (*path, key))
    elif isinstance(value, list):
        for at, inner in enumerate(value):
            yield from changes(inner, (*path, at))
            if len(value) > 1:
                yield (*path, at), None
    elif isinstance(value, bool):
        yield path, not value
    elif isinstance(value, int | float):
        yield path, value + 1
    elif isinstance(value, str):
        yield path, value + "x"


def changed(objects: list[dict[str, Any]], at: int, path: tuple[str | int, ...], new: Any) -> list[Any]:
    """The objects with one leaf of one of them replaced, or one list item taken out."""
    copy = [deepcopy(obj) if number == at else obj for number, obj in enumerate(objects)]
    inner: Any = copy[at]
    for step in path[:-1]:
        inner = inner[step]
    if new is None:
        del inner[path[-1]]
    else:
        inner[path[-1]] = new
    return copy


def converted(objects: list[Any], target: str) -> Result:
    return run(read_inputs(objects), options(target)).result


def signature(result: Result) -> str:
    told = sorted((f.code, f.message, str(f.object), f.path, f.routes) for f in result.findings)
    return json.dumps([result.objects, told, [str(error) for error in result.errors]], default=str)


def excused(result: Result, kind: str, name: str, path: tuple[str | int, ...]) -> bool:
    """Whether the books give a reason why the leaf's value shows nowhere."""
    for row in result.ledger:
        if (row.object.kind, row.object.name) == (kind, name) and row.path == path:
            if row.level in (Level.IGNORED, Level.UNMAPPED, Level.UNSUPPORTED) and row.why:
                return True
            if row.level is Level.EXACT and row.why in REFERRED:
                return True
    return False


def silent(path: Path) -> tuple[int, list[str]]:
    """How many leaves were changed, and those whose change shows nowhere."""
    objects = [obj.value for obj in read_inputs([str(path)]).objects]
    before = {target: converted(objects, target) for target in TARGETS}
    first = {target: signature(result) for target, result in before.items()}
    asked, total, lost = 0, 0, []
    step = 1 + sum(1 for obj in objects for _ in changes(obj)) // MOST
    for at, obj in enumerate(objects):
        kind = str(obj.get("kind"))
        every = list(changes(obj))
        total += len(every)
        for where, new in every[total % step :: step]:
            asked += 1
            after = changed(objects, at, where, new)
            try:
                same = all(signature(converted(after, target)) == first[target] for target in TARGETS)
            except Kong2xError as error:
                if f"{kind} {where}" in BROKEN:
                    continue
                lost.append(f"{kind} {where}: {error}")
                continue
            if same and not excused(before["apisix"], kind, str(obj["metadata"].get("name")), where):
                field = ".".join(str(step) for step in where if not isinstance(step, int))
                if (kind, field) not in WITHOUT_EFFECT:
                    lost.append(f"{kind} {obj['metadata'].get('name')} {where}")
    return asked, lost


@pytest.mark.parametrize("path", [pytest.param(path, id=path.stem) for path in (*SAMPLES, *CASES)])
def test_every_leaf_counts(path: Path) -> None:
    asked, lost = silent(path)
    print(f"{path.stem}: {asked - len(lost)} of {asked}")
    assert asked
    assert not lost, lost


def test_a_lost_leaf_would_be_seen(monkeypatch: pytest.MonkeyPatch) -> None:
    """With the host of a rule thrown away before it is read, the property fails."""
    real = converted

    def forgetful(objects: list[Any], target: str) -> Result:
        blind = deepcopy(objects)
        for obj in blind:
            for rule in obj.get("spec", {}).get("rules", ()) if obj.get("kind") == "Ingress" else ():
                rule.pop("host", None)
        return real(blind, target)

    monkeypatch.setattr(sys.modules[__name__], "converted", forgetful)
    path = next(path for path in CASES if path.stem == "plugin-on-ingress")
    assert any("'host'" in one for one in silent(path)[1])
