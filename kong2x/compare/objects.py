"""Which objects are added, changed, removed or renamed, and which of their fields changed."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from typing import Any, Literal

from kong2x.model.masking import hidden
from kong2x.model.source import ObjectRef, Path, SourceObject

DETAILED = 200
"""Field changes are listed for this many changed objects; later ones are only counted."""
SET_LISTS = frozenset({"hosts", "hostnames", "methods", "paths", "snis"})
"""Lists in which the target's API gives order no meaning."""


@dataclass(frozen=True, slots=True)
class FieldChange:
    """One field: its path, and the value before and after (absent is None with `added`/`removed`)."""

    path: Path
    kind: Literal["added", "removed", "changed"]
    old: Any = None
    new: Any = None


@dataclass(frozen=True, slots=True)
class ObjectChange:
    """One object of the output."""

    kind: Literal["added", "removed", "changed", "renamed"]
    object: ObjectRef
    fields: tuple[FieldChange, ...] = ()
    old_object: ObjectRef | None = None
    detailed: bool = True


def compare_objects(old: Sequence[Mapping[str, Any]], new: Sequence[Mapping[str, Any]]) -> list[ObjectChange]:
    """The changes between two sets of objects, in order of kind, namespace and name.

    An object that only changed its name is a rename. Values that may be secret are hidden.
    """
    before = {SourceObject(dict(value)).ref: value for value in old}
    after = {SourceObject(dict(value)).ref: value for value in new}
    removed = [ref for ref in before if ref not in after]
    added = [ref for ref in after if ref not in before]
    changes = renames(before, after, removed, added)
    changes += [ObjectChange("removed", ref) for ref in removed]
    changes += [ObjectChange("added", ref) for ref in added]
    differing = [ref for ref in sorted(before) if ref in after and before[ref] != after[ref]]
    for position, ref in enumerate(differing):
        if position < DETAILED:
            fields = changed_fields(before[ref], after[ref], kind=ref.kind)
            if fields:
                changes.append(ObjectChange("changed", ref, fields))
        else:
            changes.append(ObjectChange("changed", ref, detailed=False))
    return sorted(changes, key=lambda change: change.object)


def renames(
    before: Mapping[ObjectRef, Mapping[str, Any]],
    after: Mapping[ObjectRef, Mapping[str, Any]],
    removed: list[ObjectRef],
    added: list[ObjectRef],
) -> list[ObjectChange]:
    """Pairs of a removed and an added object that differ in name only; taken out of both lists."""
    found = []
    for gone in list(removed):
        for come in added:
            same = (gone.group, gone.kind, gone.namespace) == (come.group, come.kind, come.namespace)
            if same and nameless(before[gone]) == nameless(after[come]):
                found.append(ObjectChange("renamed", come, old_object=gone))
                removed.remove(gone)
                added.remove(come)
                break
    return found


def nameless(value: Mapping[str, Any]) -> dict[str, Any]:
    """The object without its name."""
    metadata = {k: v for k, v in value.get("metadata", {}).items() if k != "name"}
    return {**value, "metadata": metadata}


def changed_fields(
    old: Mapping[str, Any], new: Mapping[str, Any], *, kind: str = ""
) -> tuple[FieldChange, ...]:
    """The fields that differ between two versions of an object."""
    from deepdiff import DeepDiff

    difference = DeepDiff(
        normalised(old), normalised(new), view="tree", verbose_level=2, threshold_to_diff_deeper=0
    )
    found = []
    for group, entries in difference.items():
        for entry in entries:
            path = tuple(entry.path(output_format="list"))
            if group.endswith("_added"):
                found.append(FieldChange(path, "added", None, shown(entry.t2, None, path, kind)))
            elif group.endswith("_removed"):
                found.append(FieldChange(path, "removed", shown(entry.t1, entry.t1, path, kind), None))
            else:
                pair = shown(entry.t1, entry.t1, path, kind), shown(entry.t2, entry.t1, path, kind)
                found.append(FieldChange(path, "changed", *pair))
    return tuple(sorted(found, key=lambda field: [str(step).zfill(6) for step in field.path]))


def normalised(value: Any, key: str = "") -> Any:
    """The value with the lists sorted in which order means nothing."""
    if isinstance(value, Mapping):
        return {name: normalised(child, name) for name, child in value.items()}
    if isinstance(value, list):
        children = [normalised(child) for child in value]
        if key in SET_LISTS and all(isinstance(child, str) for child in children):
            return sorted(children)
        return children
    return value


def shown(value: Any, other: Any, path: Path, kind: str) -> Any:
    """The value with what may be secret hidden; `other` is the value on the other side."""
    return hidden(value, other, path, kind)
