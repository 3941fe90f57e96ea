"""How large a request body may be, and whether its length must be announced."""

from __future__ import annotations

from typing import Any

from kong2x.mapping.claim import Claim, Note, transform
from kong2x.model.finding import Level

BYTES = {"megabytes": 1048576, "kilobytes": 1024, "bytes": 1}
ANNOUNCED = [["http_content_length", ">", 0]]
CHUNKED = [["http_transfer_encoding", "~~", ".+"]]
NO_LENGTH = [["http_content_length", "!", "~~", "."], ["http_transfer_encoding", "!", "~~", "."]]
TOO_LARGE = "Request size limit exceeded"
LENGTH_WANTED = "A valid Content-Length header is required"

EARLY = Note(
    "before-authentication",
    Level.APPROXIMATE,
    "A body that is too large is refused before the caller is asked who it is, where Kong asks first, and with "
    "status 413 also when the caller waits for 100-continue. Use the official images of the target: others refuse "
    "every request with 501.",
)
WORDING = Note(
    "one-message",
    Level.APPROXIMATE,
    "A body that is too large and a missing length are refused with the same text. "
    "Nothing has to be done unless somebody reads the text.",
)


@transform(EARLY, WORDING)
def limit(claim: Claim) -> dict[str, Any]:
    """The limit in bytes; no body at all (0) needs workflow, because client-control reads 0 as no limit."""
    size = int(claim["allowed_payload_size"]) * BYTES[claim["size_unit"]]
    length = claim["require_content_length"]
    out: dict[str, Any] = {}
    rules: list[dict[str, Any]] = []
    if size > 0:
        claim.note(EARLY)
        out["client-control/max_body_size"] = size
    elif size == 0:
        rules += [_refuse(413, ANNOUNCED), _refuse(413, CHUNKED)]
    else:  # even an empty body is larger than a negative limit, so Kong refuses everything
        rules.append(_refuse(413, None))
    if length and size >= 0:
        rules.append(_refuse(411, NO_LENGTH))
    if rules:
        out["workflow/rules"] = rules
        text = LENGTH_WANTED if size > 0 else TOO_LARGE
        out["workflow/_meta.error_response"] = {"message": text}
        if size == 0 and length:
            claim.note(WORDING, "require_content_length")
    return out


def _refuse(status: int, case: list[list[Any]] | None) -> dict[str, Any]:
    rule: dict[str, Any] = {"case": [list(part) for part in case]} if case else {}
    return rule | {"actions": [["return", {"code": status}]]}
