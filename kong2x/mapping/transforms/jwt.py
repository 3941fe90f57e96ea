"""Where APISIX looks for a token, and what it checks of its lifetime: Kong takes lists and checks less."""

from __future__ import annotations

import re
from typing import Any

from kong2x.mapping.claim import Claim, Note, transform
from kong2x.mapping.transforms.auth import NO_PREFLIGHT, consumer_name
from kong2x.model.finding import Level

NO_COOKIE = "kong2x-none"
"""A cookie that nobody sends: APISIX reads one called `jwt` unless it is told another name."""
_REALM = re.compile(r"^[ !#-\[\]-~]{1,128}$")

SEVERAL = Note(
    "several-places",
    Level.APPROXIMATE,
    "The names for tokens are tried in turn, so a good token under a later name passes even with a bad one under "
    "an earlier name, which Kong refuses. Keep one header, one parameter and one cookie if that matters.",
)
CHECKS_MORE = Note(
    "checks-lifetime",
    Level.APPROXIMATE,
    "Tokens that are past their exp or before their nbf are refused, where Kong without claims_to_verify lets them "
    "pass. Renew such tokens; a very long lifetime_grace_period on the consumer's credential brings Kong's answer "
    "back, on every route of that consumer.",
)
CHECKS_LESS = Note(
    "claims-not-required",
    Level.UNSUPPORTED,
    "Tokens without the claims that Kong demands would be let in, because the target checks claims only where a "
    "token has them. Choose a release of the target with claims_to_verify.",
)


@transform(SEVERAL)
def places(claim: Claim) -> dict[str, Any]:
    """Header, query parameter and cookie; more than one of a kind makes entries of multi-auth."""
    headers, queries = claim["header_names"] or [], claim["uri_param_names"] or []
    cookies = claim["cookie_names"] or []
    count = max(len(headers), len(queries), len(cookies), 1)
    entries = [
        {
            "header": _nth(headers, i, ""),
            "query": _nth(queries, i, ""),
            "cookie": _nth(cookies, i, NO_COOKIE),
        }
        for i in range(count)
    ]
    if count == 1:
        return entries[0]
    several = [n for n in ("header_names", "uri_param_names", "cookie_names") if len(claim[n] or ()) > 1]
    claim.note(SEVERAL, *several)
    claim.keep_only("multi-auth", "proxy-rewrite")
    members: list[dict[str, Any]] = [{"jwt-auth": entry | _shared(claim)} for entry in entries]
    guest = claim.peek("anonymous")
    name = consumer_name(claim, guest) if guest and claim.target_has("jwt-auth/anonymous_consumer") else None
    if name:
        members[-1]["jwt-auth"]["anonymous_consumer"] = name
    out: dict[str, Any] = {"multi-auth/auth_plugins": members}
    if claim.peek("run_on_preflight") is False:
        out["multi-auth/_meta.filter"] = NO_PREFLIGHT
    return out


def _nth(names: list[str], index: int, otherwise: str) -> str:
    return names[index] if index < len(names) else otherwise


def _shared(claim: Claim) -> dict[str, Any]:
    """What every member of multi-auth needs of the other settings."""
    out: dict[str, Any] = {"key_claim_name": claim.peek("key_claim_name") or "iss"}
    if claim.peek("claims_to_verify"):
        out["claims_to_verify"] = list(claim.peek("claims_to_verify"))
    realm = claim.peek("realm")
    if realm and claim.target_has("jwt-auth/realm") and _REALM.match(realm):
        out["realm"] = realm
    return out


@transform(CHECKS_MORE, CHECKS_LESS)
def lifetime(claim: Claim) -> dict[str, Any] | None:
    """The claims that must be there and hold. APISIX checks those present even when none is listed."""
    wanted = claim["claims_to_verify"]
    if not wanted:
        claim.note(CHECKS_MORE)
        return None
    if not claim.target_has("claims_to_verify"):
        claim.abandon(CHECKS_LESS)
        return None
    return {"claims_to_verify": list(dict.fromkeys(wanted))}
