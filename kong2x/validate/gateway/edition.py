"""Which release and channel of Gateway API an object is checked for, and small readers of its fields."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from typing import Any, NamedTuple

from kong2x.model.source import Path
from kong2x.validate.kinds import KindSchema


class Edition(NamedTuple):
    """A release and channel; rules changed over releases (facts: each says from which one it holds)."""

    release: tuple[int, ...]
    experimental: bool
    defaults: Mapping[str, Any]
    version: str = "v1"

    @classmethod
    def of(cls, schema: KindSchema) -> Edition:
        """The edition of a schema; the user's own CRDs count as the newest standard release."""
        return cls(schema.release_key, schema.channel == "experimental", schema.file.defaults, schema.version)

    def since(self, *release: int) -> bool:
        """Whether the edition is `release` or newer: `since(1, 5)`."""
        return self.release >= release


def each(value: Any, path: Path = ()) -> Sequence[tuple[Path, Mapping[str, Any]]]:
    """The mappings of a list with their paths; nothing for anything else."""
    if not isinstance(value, list):
        return ()
    return [((*path, n), item if isinstance(item, dict) else {}) for n, item in enumerate(value)]


_UNITS = {"ms": 1, "s": 1000, "m": 60_000, "h": 3_600_000}


def milliseconds(duration: str) -> int:
    """A duration of Gateway API (`1h30m`, `90s500ms`) in milliseconds.

    >>> milliseconds("90s500ms")
    90500
    """
    total, number, unit = 0, "", ""
    for char in duration + "0":
        if char.isdigit() and unit:
            total, number, unit = total + int(number or 0) * _UNITS.get(unit, 0), "", ""
        if char.isdigit():
            number += char
        else:
            unit += char
    return total
