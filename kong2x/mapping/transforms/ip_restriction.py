"""How address lists are split between ip-restriction and workflow, which can do what the first cannot."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

from kong2x.mapping.claim import Claim, Note, transform
from kong2x.mapping.transforms.order import addresses
from kong2x.model.finding import Level

NOT_AN_ADDRESS = Note(
    "not-an-address",
    Level.UNKNOWN,
    "An entry of the address lists is no address, and Kong refuses it. Correct the entry.",
)
NO_LIST = Note(
    "no-list",
    Level.UNKNOWN,
    "Neither allow nor deny is configured, and Kong refuses that. Name the addresses.",
)


@transform(NOT_AN_ADDRESS, NO_LIST)
def lists(claim: Claim) -> dict[str, Any] | None:
    """Both lists, the status and the message; Kong looks at `deny` first, both refuse in the same way."""
    allow, deny = claim["allow"], claim["deny"]
    status, message = claim["status"] or 403, claim["message"]
    if allow is None and deny is None:
        claim.abandon(NO_LIST)
        return None
    try:
        allow, deny = addresses(allow), addresses(deny)
    except ValueError:
        claim.abandon(NOT_AN_ADDRESS, *(name for name in ("allow", "deny") if claim.given(name)))
        return None
    if not allow and not deny:
        claim.keep_only()
        return None
    if status != 403 and not (status == 404 and claim.target_has("ip-restriction/response_code")):
        return _by_workflow(allow, deny, int(status), message)
    out: dict[str, Any] = {"whitelist": allow or None, "blacklist": None if allow else deny}
    if status != 403:
        out["response_code"] = int(status)
    if message and len(message) <= 1024:
        out["message"] = message
    elif message:
        out["_meta.error_response"] = {"message": message}
    if allow and deny:
        out |= _by_workflow([], deny, int(status), message)
    return out


def needs_workflow(config: Mapping[str, Any]) -> bool:
    """Whether lists are said by workflow on every release: both of them, or another status than 403 and 404."""
    return bool(config.get("allow") and config.get("deny")) or config.get("status") not in (None, 403, 404)


def _by_workflow(allow: list[str], deny: list[str], status: int, message: str | None) -> dict[str, Any]:
    """Rules of workflow that refuse in the access pass; the first rule that applies answers."""
    answer = [["return", {"code": status}]]
    rules = []
    if deny:
        rules.append({"case": [["remote_addr", "ipmatch", deny]], "actions": answer})
    if allow:
        rules.append({"case": [["remote_addr", "!", "ipmatch", allow]], "actions": answer})
    out: dict[str, Any] = {"workflow/rules": rules}
    if message:
        out["workflow/_meta.error_response"] = {"message": message}
    return out
