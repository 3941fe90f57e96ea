"""Plain values that only need another form: lists joined by commas, whole numbers, message bodies."""

from __future__ import annotations

from math import ceil
from typing import Any

from kong2x.mapping.claim import Claim, transform


@transform()
def comma(claim: Claim) -> str | None:
    """A list as one text with commas; an empty list gives nothing."""
    value = claim.value
    return ",".join(str(part) for part in value) if value else None


@transform()
def whole(claim: Claim) -> int | None:
    """A number as a whole one, rounded up; for numbers that Kong itself rounds up."""
    value = claim.value
    return None if value is None else ceil(value)


@transform()
def message(claim: Claim) -> dict[str, Any] | None:
    """A text as the body `{"message": …}` of the gateway's own answers."""
    value = claim.value
    return {"message": value} if value else None
