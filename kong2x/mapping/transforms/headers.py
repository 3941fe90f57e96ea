"""What several header operations of one transformer mean together for one header name."""

from __future__ import annotations

from collections.abc import Iterable
from dataclasses import dataclass, field

from kong2x.mapping.claim import Claim, Note
from kong2x.model.finding import Level

OPERATIONS = ("remove", "rename", "replace", "add", "append")
"""Kong's order: remove, rename, replace where present, add where absent, append."""


@dataclass(slots=True)
class HeaderOps:
    """All operations on one header; `name` is as first written, `renamed_to` is the new name of it."""

    name: str
    removed: bool = False
    renamed_to: str | None = None
    renamed_from: str | None = None
    replaced: str | None = None
    added: str | None = None
    appended: list[str] = field(default_factory=list)

    @property
    def kinds(self) -> tuple[str, ...]:
        """The operations in Kong's order."""
        marks = {
            "remove": self.removed,
            "rename": self.renamed_to is not None or self.renamed_from is not None,
            "replace": self.replaced is not None,
            "add": self.added is not None,
            "append": bool(self.appended),
        }
        return tuple(kind for kind in OPERATIONS if marks[kind])


def split_entry(entry: str) -> tuple[str, str | None]:
    """`name:value` at the first colon; the value None where there is none or it is empty.

    >>> split_entry("x-two:a:b")
    ('x-two', 'a:b')
    """
    name, _, value = entry.partition(":")
    return name.strip(), value.strip() or None


NO_COLON = Note(
    "no-colon",
    Level.UNKNOWN,
    "A header operation has no colon between name and value, and Kong refuses it. Write it as name:value.",
)
NO_VALUE = Note(
    "no-value",
    Level.UNSUPPORTED,
    "A header operation without a value is left out. Give the value, or remove the header.",
)
NOTHING_ADDED = Note(
    "nothing-added",
    Level.IGNORED,
    "A header that is added without a value is not added by Kong either. Remove the entry.",
)
ENTRY_NOTES = (NO_COLON, NO_VALUE, NOTHING_ADDED)


def header_ops(claim: Claim) -> list[HeaderOps]:
    """The header operations of a transformer, one entry a name (without case), in order of appearance.

    Entries without a value are left out, with a note of `ENTRY_NOTES`, which the transform declares.
    """
    found: dict[str, HeaderOps] = {}

    def of(name: str) -> HeaderOps:
        return found.setdefault(name.lower(), HeaderOps(name))

    for entry in claim["remove.headers"] or []:
        of(entry.strip()).removed = True
    for old, new in _pairs(claim, "rename.headers"):
        of(old).renamed_to = new
        of(new).renamed_from = old
    for name, value in _pairs(claim, "replace.headers"):
        of(name).replaced = value
    for name, value in _pairs(claim, "add.headers"):
        ops = of(name)
        ops.added = value if ops.added is None else ops.added
    for name, value in _pairs(claim, "append.headers"):
        of(name).appended.append(value)
    return list(found.values())


def _pairs(claim: Claim, path: str) -> Iterable[tuple[str, str]]:
    for entry in claim[path] or []:
        name, value = split_entry(entry)
        if name and value is not None:
            yield name, value
        elif ":" not in entry or not name:
            claim.note(NO_COLON, path)
        else:
            claim.note(NOTHING_ADDED if path == "add.headers" else NO_VALUE, path)
