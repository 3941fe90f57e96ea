"""Which of Kong's ways to log in by OpenID Connect APISIX can offer: bearer tokens, or a browser login."""

from __future__ import annotations

from typing import Any

from kong2x.mapping.claim import Claim, Note, transform
from kong2x.model.finding import Level

WELL_KNOWN = "/.well-known/openid-configuration"
NO_CLIENT = "kong2x-none"
"""APISIX demands a client even where only signatures are checked; Kong does not."""
NO_LOGOUT = "/kong2x-no-logout"
SHORTEST_SECRET = 16
_TOKENS = {"bearer", "introspection"}
_BROWSER = {"authorization_code", "session", "refresh_token"}

PSEUDO_ISSUER = Note(
    "pseudo-issuer",
    Level.UNSUPPORTED,
    "Callers cannot log in, because the target always reads the issuer's discovery document, which a pseudo issuer "
    "does not have. Name an issuer that publishes one.",
)
NO_METHOD = Note(
    "no-method",
    Level.UNSUPPORTED,
    "None of the ways to log in exists in the target. Let clients send bearer tokens.",
)
METHODS = Note(
    "methods",
    Level.UNSUPPORTED,
    "Callers who log in in another way than by bearer token or browser login are refused. "
    "Let them fetch a token from the identity provider and send that.",
    stricter=True,
)
NO_BROWSER = Note(
    "no-browser-login",
    Level.UNSUPPORTED,
    "Browsers get 401 in place of a redirect to the identity provider, because the target needs a client id, a client "
    "secret and a session_secret of 16 characters or more for logins. Set all three.",
    stricter=True,
)
OPAQUE = Note(
    "opaque-tokens",
    Level.UNSUPPORTED,
    "Opaque tokens are refused, because the target either checks signatures or asks the introspection endpoint, not "
    "both. Set introspect_jwt_tokens (with introspection_endpoint) to have all tokens introspected.",
    stricter=True,
)
INTROSPECTS_ALL = Note(
    "introspects-all",
    Level.APPROXIMATE,
    "Signed tokens are introspected too, where Kong with introspection alone refuses them. "
    "Nothing has to be done unless that matters.",
)
NO_LOCAL_KEYS = Note(
    "no-local-keys",
    Level.UNSUPPORTED,
    "Signatures of bearer tokens cannot be checked with the issuer's keys. "
    "Choose release 3.16 of the target or a newer one, or introspection.",
)
NO_SECRET = Note(
    "no-client-secret",
    Level.UNSUPPORTED,
    "Tokens cannot be introspected, because the target needs client id and client secret for it. Set both.",
)
FIRST_CLIENT = Note(
    "first-client",
    Level.UNSUPPORTED,
    "Only the first client of the lists is used, so callers who choose another one are refused. "
    "Give each client a route of its own.",
    stricter=True,
)


@transform(PSEUDO_ISSUER)
def discovery(claim: Claim) -> str | None:
    """The address of the discovery document; Kong takes the issuer with or without the well-known part."""
    issuer = str(claim["issuer"])
    if claim["using_pseudo_issuer"]:
        claim.abandon(PSEUDO_ISSUER, "using_pseudo_issuer")
        return None
    return issuer if "/.well-known/" in issuer else issuer.rstrip("/") + WELL_KNOWN


def first(values: Any) -> str:
    """The first entry of a list, empty when there is none."""
    return str(values[0]) if isinstance(values, list) and values else ""


def methods_of(claim: Claim) -> set[str]:
    """The ways to log in that Kong offers."""
    return set(claim.peek("auth_methods") or ())


def browser(claim: Claim) -> bool:
    """Whether the target can send browsers to the identity provider: it wants client, secret and session."""
    ready = first(claim.peek("client_id")) and first(claim.peek("client_secret"))
    secret = claim.peek("session_secret") or ""
    return bool("authorization_code" in methods_of(claim) and ready and len(secret) >= SHORTEST_SECRET)


@transform(NO_METHOD, METHODS, NO_BROWSER, OPAQUE, INTROSPECTS_ALL, NO_LOCAL_KEYS, NO_SECRET, FIRST_CLIENT)
def methods(claim: Claim) -> dict[str, Any] | None:
    """What is offered, and how tokens are checked; what is not offered is refused."""
    wanted, login = set(claim["auth_methods"] or ()), browser(claim)
    tokens = wanted & _TOKENS
    clients, endpoint = claim["client_id"] or [], claim["introspection_endpoint"]
    everything = bool(claim["introspect_jwt_tokens"])
    if not login and not tokens:
        claim.abandon(NO_BROWSER if "authorization_code" in wanted else NO_METHOD, "auth_methods")
        return None
    other = sorted(wanted - _TOKENS - _BROWSER)
    if other:
        message = f"Callers who log in by {', '.join(other)} are refused."
        claim.note(METHODS, "auth_methods", message=message)
    if "authorization_code" in wanted and not login:
        claim.note(NO_BROWSER, "auth_methods")
    if len(clients) > 1:
        claim.note(FIRST_CLIENT, "client_id")
    out: dict[str, Any] = {"client_id": first(clients) or NO_CLIENT}
    if not login:
        out |= {"bearer_only": True, "unauth_action": "deny"}
    checked = _checked(claim, tokens, endpoint, everything, login)
    return None if checked is None else out | checked


def _checked(
    claim: Claim, tokens: set[str], endpoint: str | None, everything: bool, login: bool
) -> dict[str, Any] | None:
    """How a token in the Authorization header is checked; nothing when only browsers log in."""
    if not tokens:
        return {}
    if "bearer" in tokens and not ("introspection" in tokens and everything):
        if not claim.target_has("use_jwks"):
            claim.abandon(NO_LOCAL_KEYS, "auth_methods")
            return None
        if "introspection" in tokens:
            claim.note(OPAQUE, "auth_methods")
        return {"use_jwks": True}
    if not first(claim.peek("client_secret")):
        claim.abandon(NO_SECRET, "auth_methods")
        return None
    if tokens == {"introspection"} and not everything:
        claim.note(INTROSPECTS_ALL, "introspect_jwt_tokens")
    if login and not endpoint:
        # Beside browser logins APISIX introspects only with an address of its own.
        claim.note(OPAQUE, "auth_methods")
    return {"introspection_endpoint": endpoint} if endpoint else {}


@transform()
def first_secret(claim: Claim) -> str | None:
    """The secret of the first client."""
    return first(claim.value) or None


@transform()
def joined(claim: Claim) -> str | None:
    """Scopes as one text with blanks."""
    return " ".join(claim.value) if claim.value else None
