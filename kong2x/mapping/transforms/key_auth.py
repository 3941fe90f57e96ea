"""Where APISIX looks for a key: one header and one query name, or several sets of them tried in turn."""

from __future__ import annotations

from typing import Any

from kong2x.mapping.claim import Claim, Note, transform
from kong2x.mapping.transforms.auth import NO_PREFLIGHT, consumer_name
from kong2x.model.finding import Level

SEVERAL = Note(
    "several-names",
    Level.APPROXIMATE,
    "The key names are tried in turn, so a good key under a later name passes even with a bad one under an "
    "earlier name, which Kong refuses. Keep one name if that matters.",
)


@transform(SEVERAL)
def places(claim: Claim) -> dict[str, Any]:
    """The names under which a key is looked for; an empty name switches a place off."""
    names = claim["key_names"] or ["apikey"]
    header, query = claim["key_in_header"], claim["key_in_query"]
    sets = [{"header": name if header else "", "query": name if query else ""} for name in names]
    if len(sets) == 1:
        return {"header": sets[0]["header"], "query": sets[0]["query"]}
    claim.note(SEVERAL, "key_names")
    claim.keep_only("multi-auth", "proxy-rewrite")
    members: list[dict[str, Any]] = [{"key-auth": entry | _shared(claim)} for entry in sets]
    guest = claim.peek("anonymous")
    if guest and claim.target_has("key-auth/anonymous_consumer"):
        name = consumer_name(claim, guest)
        if name:
            members[-1]["key-auth"]["anonymous_consumer"] = name
    out: dict[str, Any] = {"multi-auth/auth_plugins": members}
    if claim.peek("run_on_preflight") is False:
        out["multi-auth/_meta.filter"] = NO_PREFLIGHT
    return out


def _shared(claim: Claim) -> dict[str, Any]:
    """What every member of multi-auth needs of the other settings."""
    out: dict[str, Any] = {}
    if claim.peek("hide_credentials"):
        out["hide_credentials"] = True
    if claim.peek("realm") and claim.target_has("key-auth/realm"):
        out["realm"] = claim.peek("realm")
    return out
