"""The ledger: every leaf of every source object ends in exactly one entry.

`read` and `resolve` book a leaf once, either with a final level or as *carried* (the route model
holds it, and the target decides how well). After emission `settle` replaces each carried leaf's
entry by the worst level that the emitter reported for a feature that the leaf feeds.
"""

from __future__ import annotations

from collections.abc import Iterable, Iterator
from dataclasses import dataclass, field

from kong2x.model.errors import LedgerError
from kong2x.model.finding import Level
from kong2x.model.source import Leaf, ObjectRef, Path, SourceObject, dotted, leaves


@dataclass(frozen=True, slots=True)
class Entry:
    """Where one leaf ended: its level, and the feature or finding code that says why."""

    level: Level | None
    why: str


@dataclass(slots=True)
class Ledger:
    """The books of one run.

    >>> obj = SourceObject({"apiVersion": "v1", "kind": "Service", "metadata": {"name": "a"}})
    >>> books = Ledger()
    >>> books.book(obj.ref, ("apiVersion",), Level.EXACT, "identity")
    >>> [dotted(p) for p in books.missing(obj)]
    ['kind', 'metadata.name']
    """

    entries: dict[ObjectRef, dict[Path, Entry]] = field(default_factory=dict)

    def book(self, object: ObjectRef, path: Path, level: Level | None, why: str) -> None:
        """Books the leaf at `path`. A path that is not a leaf books every leaf below it.

        `level` None means carried by the route model. A second booking of the same path with
        another reason keeps the worse level; carried never overwrites a final level.
        """
        book = self.entries.setdefault(object, {})
        old = book.get(path)
        if old is None or _worse(level, old.level):
            book[path] = Entry(level, why)

    def book_leaves(self, where: Iterable[Leaf], level: Level | None, why: str) -> None:
        """Books several leaves alike."""
        for leaf in where:
            self.book(leaf.object, leaf.path, level, why)

    def entry(self, object: ObjectRef, path: Path) -> Entry | None:
        """The entry for the leaf at `path`: its own, else that of the nearest booked ancestor."""
        book = self.entries.get(object)
        if book is None:
            return None
        for end in range(len(path), -1, -1):
            entry = book.get(path[:end])
            if entry is not None:
                return entry
        return None

    def missing(self, obj: SourceObject) -> list[Path]:
        """The leaves of `obj` that nobody booked."""
        return [path for path in leaves(obj.value) if self.entry(obj.ref, path) is None]

    def settle(self, leaf: Leaf, level: Level, why: str) -> None:
        """Reports how well a carried leaf arrived; the worst report stays."""
        book = self.entries.setdefault(leaf.object, {})
        old = book.get(leaf.path)
        if old is None or old.level is None or level.rank > old.level.rank:
            book[leaf.path] = Entry(level, why)

    def check(self, objects: Iterable[SourceObject]) -> None:
        """Raises LedgerError unless every leaf of every object has a final entry."""
        for obj in objects:
            for path in leaves(obj.value):
                entry = self.entry(obj.ref, path)
                if entry is None or entry.level is None:
                    state = "is not booked" if entry is None else f"is carried as {entry.why} and not settled"
                    raise LedgerError(
                        f"{obj.file}: {obj.ref}: the field {dotted(path)} {state}; "
                        "nothing was written. This is a defect of kong2x: please report the field."
                    )

    def rows(self, objects: Iterable[SourceObject]) -> Iterator[tuple[Leaf, Entry]]:
        """Every leaf with its entry, in input order, for reports."""
        for obj in objects:
            for path in leaves(obj.value):
                entry = self.entry(obj.ref, path)
                if entry is not None:
                    yield Leaf(obj.ref, path), entry


def _worse(new: Level | None, old: Level | None) -> bool:
    if old is None:
        return new is not None
    return new is not None and new.rank > old.rank
