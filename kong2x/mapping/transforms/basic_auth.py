"""What basic-auth says in its challenge, and whether repeated wrong passwords are slowed down."""

from __future__ import annotations

from kong2x.mapping.claim import Claim, Note, transform
from kong2x.mapping.transforms.auth import REALM_TEXT, realm
from kong2x.model.finding import Level

BRUTE_FORCE = Note(
    "brute-force",
    Level.UNSUPPORTED,
    "Wrong passwords can be tried without limit, because the target does not count them. "
    "Limit requests by address on this route, or watch for refused logins.",
)


@transform(REALM_TEXT)
def named_realm(claim: Claim) -> str | None:
    """The realm of the challenge; Kong before 3.6 had no such setting and always said `kong`."""
    if claim.value is None and not claim.kong_at_least("3.6"):
        return "kong"
    written: str | None = realm(claim)
    return written


@transform(BRUTE_FORCE)
def brute_force(claim: Claim) -> None:
    """Kong 3.13 and later can slow down guessing; without a strategy it does not."""
    if claim.value not in (None, "off"):
        claim.note(BRUTE_FORCE)
