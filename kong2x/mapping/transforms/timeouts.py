"""How long a service is waited for, where a plugin says so."""

from __future__ import annotations

from math import ceil

from kong2x.mapping.claim import Claim, Note, transform
from kong2x.model.finding import Level

SECONDS = Note(
    "whole-seconds",
    Level.APPROXIMATE,
    "A time limit is rounded up to whole seconds, at least one. Nothing has to be done.",
)


@transform(SECONDS)
def seconds(claim: Claim) -> int | None:
    """Milliseconds as whole seconds."""
    if claim.value is None:
        return None
    found: int = max(ceil(claim.value / 1000), 1)
    if found * 1000 != claim.value:
        claim.note(SECONDS)
    return found
