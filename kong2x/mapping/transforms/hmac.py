"""Which signatures APISIX accepts: its scheme is another protocol than Kong's, with fewer algorithms."""

from __future__ import annotations

from kong2x.mapping.claim import Claim, Note, transform
from kong2x.model.finding import Level

KNOWN = ("hmac-sha1", "hmac-sha256", "hmac-sha512")

OTHER_SIGNATURE = Note(
    "other-signature",
    Level.UNSUPPORTED,
    "Every request signed for Kong is refused with 401, because the target signs another text in another header "
    "form. Change all clients to the scheme of APISIX's hmac-auth before traffic moves.",
    stricter=True,
)
ALGORITHMS = Note(
    "algorithms",
    Level.UNSUPPORTED,
    "Requests signed with hmac-sha224 or hmac-sha384 are refused, because the target does not know these. "
    "Let these clients use hmac-sha256 or hmac-sha512.",
    stricter=True,
)
NO_ALGORITHM = Note(
    "no-algorithm",
    Level.UNSUPPORTED,
    "None of the algorithms exists in the target, so nobody could sign. Allow hmac-sha256 or hmac-sha512.",
)
REQUEST_LINE = Note(
    "request-line",
    Level.APPROXIMATE,
    "Signatures must cover @request-target in place of request-line, so the HTTP version is no longer signed. "
    "Let clients sign @request-target.",
)


@transform(OTHER_SIGNATURE, ALGORITHMS, NO_ALGORITHM)
def algorithms(claim: Claim) -> list[str] | None:
    """The algorithms that both know; one that Kong does not allow never comes in by a default."""
    wanted = claim.value or []
    claim.note(OTHER_SIGNATURE)
    common = [name for name in KNOWN if name in wanted]
    if not common:
        claim.abandon(NO_ALGORITHM)
        return None
    missing = [name for name in wanted if name not in KNOWN]
    if missing:
        claim.note(
            ALGORITHMS,
            message=f"Requests signed with {' or '.join(missing)} are refused, because the target does not know "
            "these.",
        )
    return common


@transform(REQUEST_LINE)
def signed(claim: Claim) -> list[str]:
    """The parts of a request that a signature must cover. APISIX 3.17 and later demand `date` by default.

    APISIX leaves `request-line` out of the signed text when no header is called so, and so would not
    notice a changed path.
    """
    wanted = claim.value or []
    if "request-line" not in wanted:
        return list(wanted)
    claim.note(REQUEST_LINE)
    return list(dict.fromkeys("@request-target" if part == "request-line" else part for part in wanted))
