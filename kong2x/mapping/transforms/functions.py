"""Which address a cloud function has, and how long it is waited for."""

from __future__ import annotations

from math import ceil

from kong2x.mapping.claim import Claim, Note, transform
from kong2x.model.finding import Level

LEAST_TIME = Note(
    "least-time",
    Level.APPROXIMATE,
    "A time limit is raised, because the target waits at least 100 milliseconds for an answer and keeps connections "
    "for at least a second. Nothing has to be done.",
)


@transform()
def azure(claim: Claim) -> str:
    """The function's address, composed as Kong does; an empty prefix leaves no empty path segment."""
    scheme = "https" if claim["https"] else "http"
    path = "/".join(part.strip("/") for part in (claim["routeprefix"], claim["functionname"]) if part)
    return f"{scheme}://{claim['appname']}.{claim['hostdomain']}/{path}"


@transform(LEAST_TIME)
def patience(claim: Claim) -> int:
    """Milliseconds until the function must have answered."""
    return _at_least(claim, 100)


@transform(LEAST_TIME)
def keepalive(claim: Claim) -> int:
    """Milliseconds that an idle connection is kept."""
    return _at_least(claim, 1000)


def _at_least(claim: Claim, least: int) -> int:
    value = ceil(claim.value or 0)
    if value < least:
        claim.note(LEAST_TIME)
    return max(value, least)
