"""What a token must say, as required scopes or as a JSON schema over its claims."""

from __future__ import annotations

import re
from typing import Any

from kong2x.mapping.claim import Claim, Note, transform
from kong2x.mapping.transforms.openid import browser
from kong2x.model.finding import Level

_DEMANDS = {
    "scopes_required": "scopes_claim",
    "audience_required": "audience_claim",
    "groups_required": "groups_claim",
    "roles_required": "roles_claim",
}

NOT_CHECKED = Note(
    "claims-not-checked",
    Level.UNSUPPORTED,
    "What the token says about scopes, audiences, groups or roles would not be checked for every login, because the "
    "target can do that for bearer tokens alone (3.17), and scopes of browser logins since 3.18. "
    "Check it in the service, or offer bearer tokens only.",
)
STATUS = Note(
    "claims-status",
    Level.APPROXIMATE,
    "A token without the demanded audiences, groups or roles gets 401, where Kong answers 403. "
    "Nothing has to be done unless clients tell the two apart.",
)


@transform(NOT_CHECKED, STATUS)
def demands(claim: Claim) -> dict[str, Any] | None:
    """All demands together. Kong takes the entries of a list as alternatives, and words of an entry as all needed."""
    wanted = {name: claim[name] for name in _DEMANDS if claim[name]}
    paths = {name: claim[where] or [] for name, where in _DEMANDS.items()}
    forbidden = claim["claims_forbidden"] or []
    out: dict[str, Any] = {}
    scopes = wanted.get("scopes_required")
    covered = not browser(claim) or claim.target_at_least("3.18")
    if covered and scopes and len(scopes) == 1 and paths["scopes_required"] == ["scope"]:
        out["required_scopes"] = scopes[0].split()
        del wanted["scopes_required"]
    names = [*wanted, *(["claims_forbidden"] if forbidden else [])]
    if not names:
        return out or None
    if browser(claim) or not claim.target_at_least("3.17"):
        claim.note(NOT_CHECKED, *names)
        return out or None
    claim.note(STATUS, *names)
    rules = [_at(paths[name], _alternatives(entries)) for name, entries in wanted.items()]
    rules += [{"not": {"required": [name]}} for name in forbidden]
    out["claim_schema"] = {"type": "object", "allOf": rules}
    return out


def _at(path: list[str], schema: dict[str, Any]) -> dict[str, Any]:
    """`schema` for the claim at `path`, which must be there."""
    for step in reversed(path):
        schema = {"type": "object", "properties": {step: schema}, "required": [step]}
    return schema


def _alternatives(entries: list[str]) -> dict[str, Any]:
    options = [_all(entry.split()) for entry in entries]
    return options[0] if len(options) == 1 else {"anyOf": options}


def _all(words: list[str]) -> dict[str, Any]:
    parts = [_holds(word) for word in words]
    return parts[0] if len(parts) == 1 else {"allOf": parts}


def _holds(word: str) -> dict[str, Any]:
    """A list with the word, or a text with it among its words. Said without `contains`, for draft 4."""
    return {
        "anyOf": [
            {"type": "array", "not": {"items": {"not": {"enum": [word]}}}},
            {"type": "string", "pattern": rf"(^|\s){re.escape(word)}(\s|$)"},
        ]
    }
