"""Where a redirect points on APISIX: a fixed address, or one that keeps the request's path and query."""

from __future__ import annotations

from typing import Any
from urllib.parse import urlsplit

from kong2x.mapping.claim import Claim, Note, transform
from kong2x.mapping.transforms.dollars import encoded
from kong2x.mapping.transforms.order import ROUTE_WINS, address_filter, later_checks, route_wins
from kong2x.model.finding import Level

PRIORITY = 779

INFORMATIONAL = Note(
    "informational-status",
    Level.UNSUPPORTED,
    "A redirect with a status below 200 cannot be written. Use one of 301, 302, 303, 307 and 308.",
)
DOLLAR = Note(
    "dollar-encoded",
    Level.APPROXIMATE,
    "A dollar sign in the location is sent as %24. Check that clients and the new address read it as the same.",
)
SHORT = Note(
    "short-location",
    Level.UNSUPPORTED,
    "A location of one character cannot be written. Give the full address.",
)
RELATIVE = Note(
    "relative-location",
    Level.UNSUPPORTED,
    "A location without scheme and host cannot be combined with the request's path. Give the full address.",
)
RAW_PATH = Note(
    "raw-path",
    Level.APPROXIMATE,
    "The request's path is sent back as it came, with double slashes, dot segments and a bare question mark, "
    "which Kong cleans. Nothing has to be done unless clients send such paths.",
)
EARLY = Note(
    "before-checks",
    Level.APPROXIMATE,
    "Requests are redirected before access lists and limits are looked at. Nothing is opened: refused callers "
    "get the redirect in place of the refusal.",
)


@transform(INFORMATIONAL)
def status(claim: Claim) -> int | None:
    """The status, which APISIX wants to be at least 200."""
    value = claim.value
    if value < 200:
        claim.abandon(INFORMATIONAL)
        return None
    return int(value)


@transform(DOLLAR, SHORT, RELATIVE, RAW_PATH, EARLY, ROUTE_WINS)
def location(claim: Claim) -> dict[str, Any] | None:
    """The address; `$real_request_uri` stands for the request's path and query as they came.

    Callers whom the address lists refuse are not redirected.
    """
    text, keep = claim["location"] or "", claim["keep_incoming_path"]
    if keep:
        parts = urlsplit(text)
        if not parts.scheme or not parts.netloc:
            claim.abandon(RELATIVE, "location")
            return None
        base, had_dollar = encoded(f"{parts.scheme}://{parts.netloc}")
        fragment, also = encoded(f"#{parts.fragment}" if parts.fragment else "")
        text, had_dollar = f"{base}$real_request_uri{fragment}", had_dollar or also
        claim.note(RAW_PATH, "keep_incoming_path")
    else:
        text, had_dollar = encoded(text)
        if len(text) < 2:
            claim.abandon(SHORT, "location")
            return None
    if had_dollar:
        claim.note(DOLLAR, "location")
    if route_wins(claim):
        claim.note(ROUTE_WINS)
    passing = address_filter(claim)
    checks = [name for name in later_checks(claim, PRIORITY) if name != "ip-restriction" or not passing]
    if checks:
        names = ", ".join(checks)
        claim.note(EARLY, message=f"Requests are redirected before {names} can refuse them; Kong asks first.")
    return {"uri": text, "_meta.filter": passing or None}
