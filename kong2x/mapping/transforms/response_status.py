"""For which statuses an answer is changed: one condition for the whole plugin, where Kong has one an operation."""

from __future__ import annotations

import re
from typing import Any

from kong2x.mapping.claim import Claim, Note, transform
from kong2x.model.finding import Level

OPERATIONS = {
    "add.if_status": ("add.headers",),
    "append.if_status": ("append.headers",),
    "remove.if_status": ("remove.headers",),
    "rename.if_status": ("rename.headers",),
    "replace.if_status": ("replace.headers", "replace.body"),
}
_RANGE = re.compile(r"^\s*(\d{3})(?:\s*-\s*(\d{3}))?\s*$")

DIFFERENT = Note(
    "different-statuses",
    Level.UNSUPPORTED,
    "Answers reach the caller unchanged, because the operations ask for different statuses, and the target has one "
    "condition for all of them. Give all operations the same if_status.",
)
FORM = Note(
    "status-form",
    Level.UNKNOWN,
    "A status in if_status is neither a number nor a range, and Kong refuses that. Write 404 or 500-599.",
)


@transform(DIFFERENT, FORM)
def only(claim: Claim) -> list[Any] | None:
    """The condition on the status; None where answers of every status are changed."""
    wanted = set()
    for path, subjects in OPERATIONS.items():
        statuses = claim[path] or []
        if any(claim.peek(subject) for subject in subjects):
            wanted.add(frozenset(statuses))
        else:
            claim.ignore(path)
    if len(wanted) > 1:
        claim.abandon(DIFFERENT, *(path for path in OPERATIONS if claim[path]))
        return None
    ranges = []
    for text in sorted(next(iter(wanted), frozenset())):
        found = _RANGE.match(text)
        if found is None:
            claim.abandon(FORM, *(path for path in OPERATIONS if text in (claim[path] or [])))
            return None
        ranges.append((int(found[1]), int(found[2] or found[1])))
    if not ranges:
        return None
    conditions = [_condition(low, high) for low, high in ranges]
    if len(conditions) > 1:
        return ["OR", *(part[0] if len(part) == 1 else ["AND", *part] for part in conditions)]
    return conditions[0]


def _condition(low: int, high: int) -> list[Any]:
    if low == high:
        return [["status", "==", low]]
    return [["status", ">=", low], ["status", "<=", high]]


STATUS = Note(
    "by-status",
    Level.UNSUPPORTED,
    "Answers reach the caller unchanged, because the standard filters change answers of every status or none. "
    "Change them in the service, or by a policy of the implementation.",
)


@transform(STATUS)
def unconditional(claim: Claim) -> None:
    """Standard filters know no condition on the status, so nothing is written where there is one."""
    chosen = [path for path in claim.fields if claim[path]]
    if chosen:
        claim.abandon(STATUS, *chosen)
