"""How a value is added at a JSON pointer, with missing parents made on the way as the controller does."""

from __future__ import annotations

from itertools import pairwise
from typing import Any

from kong2x.model.source import Path


class PatchError(ValueError):
    """The patch cannot be applied; the message ends the sentence "has a patch that ..."."""


def pointer(path: str) -> tuple[str, ...]:
    """The steps of a JSON pointer (RFC 6901).

    >>> pointer("/add/a~1b")
    ('add', 'a/b')
    """
    from jsonpointer import JsonPointer, JsonPointerException

    try:
        return tuple(JsonPointer(path).parts)
    except JsonPointerException:
        raise PatchError("does not name its place by a JSON pointer") from None


def add_at(config: dict[str, Any], steps: tuple[str, ...], value: object) -> tuple[object, Path, Path | None]:
    """`config` with `value` added, the path of the value, and the path of a list whose items moved.

    The empty pointer replaces everything. A missing parent becomes a list when the next step is a
    number or `-`, padded with nulls up to that number, and a mapping otherwise. `config` is changed.

    >>> add_at({}, ("add", "headers", "-"), "x")[:2]
    ({'add': {'headers': ['x']}}, ('add', 'headers', 0))
    """
    if not steps:
        return value, (), None
    place: list[str | int] = []
    node: Any = config
    for step, following in pairwise(steps):
        node = _entered(node, step, following, place)
    last = steps[-1]
    if isinstance(node, dict):
        node[last] = value
        return config, (*place, last), None
    if not isinstance(node, list):
        raise PatchError("leads through a setting that is neither a mapping nor a list")
    index = len(node) if last == "-" else _index(last)
    if index > len(node):
        raise PatchError("leaves a gap in a list")
    shifted = tuple(place) if index < len(node) else None
    node.insert(index, value)
    return config, (*place, index), shifted


def _entered(node: Any, step: str, following: str, place: list[str | int]) -> Any:
    """The child at `step`, made where it is missing; `place` takes the step."""
    key: str | int
    if isinstance(node, dict):
        key = step
        missing = node.get(key) is None
    elif isinstance(node, list):
        key = len(node) if step == "-" else _index(step)
        missing = key >= len(node) or node[key] is None
        if missing:
            node.extend([None] * (key + 1 - len(node)))
    else:
        raise PatchError("leads through a setting that is neither a mapping nor a list")
    if missing:
        node[key] = _new_parent(following)
    place.append(key)
    return node[key]


def _new_parent(following: str) -> Any:
    if following == "-":
        return []
    return [None] * _index(following) if _is_number(following) else {}


def _index(step: str) -> int:
    if not _is_number(step) or len(step) > 6:
        raise PatchError("names an item of a list by something else than its number")
    return int(step)


def _is_number(step: str) -> bool:
    return step.isascii() and step.isdigit()
