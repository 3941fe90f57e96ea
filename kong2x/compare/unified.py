"""The comparison as a unified diff of the objects' YAML, for those who want to see lines."""

from __future__ import annotations

import difflib
from collections.abc import Callable, Mapping, Sequence
from typing import Any

from kong2x.compare.objects import normalised
from kong2x.model.masking import hidden
from kong2x.model.source import ObjectRef, SourceObject


def as_unified(
    old: Sequence[Mapping[str, Any]], new: Sequence[Mapping[str, Any]], dump: Callable[[Any], str]
) -> str:
    """One hunk set an object that differs; `dump` writes YAML. What may be secret is hidden."""
    before, after = by_ref(old), by_ref(new)
    after = {ref: hidden(value, before.get(ref, value)) for ref, value in after.items()}
    before = {ref: hidden(value, value) for ref, value in before.items()}
    out: list[str] = []
    for ref in sorted({*before, *after}):
        left = dump(before[ref]) if ref in before else ""
        right = dump(after[ref]) if ref in after else ""
        out += difflib.unified_diff(
            left.splitlines(keepends=True),
            right.splitlines(keepends=True),
            f"old/{ref}" if left else "/dev/null",
            f"new/{ref}" if right else "/dev/null",
        )
    return "".join(out)


def by_ref(objects: Sequence[Mapping[str, Any]]) -> dict[ObjectRef, Any]:
    """The objects by identity, with order-free lists sorted."""
    return {SourceObject(dict(value)).ref: normalised(value) for value in objects}
