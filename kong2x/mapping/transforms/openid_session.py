"""What a browser login needs besides the client: addresses, cookies, and where sessions are kept."""

from __future__ import annotations

from typing import Any

from kong2x.mapping.claim import Claim, Note, transform
from kong2x.mapping.transforms.openid import NO_BROWSER, NO_LOGOUT, browser, first, methods_of
from kong2x.model.finding import Level

_COOKIE = {
    "session_cookie_name": "cookie_name",
    "session_cookie_path": "cookie_path",
    "session_cookie_domain": "cookie_domain",
    "session_cookie_http_only": "cookie_http_only",
    "session_cookie_same_site": "cookie_same_site",
    "session_cookie_secure": "cookie_secure",
    "session_idling_timeout": "idling_timeout",
    "session_rolling_timeout": "rolling_timeout",
    "session_absolute_timeout": "absolute_timeout",
}
_ADDRESSES = (
    "redirect_uri",
    "logout_uri_suffix",
    "logout_redirect_uri",
    "logout_query_arg",
    "logout_post_arg",
    "logout_methods",
    "logout_revoke",
    "verify_nonce",
    "require_proof_key_for_code_exchange",
)
_REDIS = {
    "redis.host": "host",
    "redis.port": "port",
    "redis.username": "username",
    "redis.password": "password",
    "redis.database": "database",
    "redis.prefix": "prefix",
    "redis.ssl": "ssl",
    "redis.ssl_verify": "ssl_verify",
    "redis.server_name": "server_name",
    "redis.connect_timeout": "connect_timeout",
    "redis.read_timeout": "read_timeout",
    "redis.send_timeout": "send_timeout",
}

CALLBACK = Note(
    "callback",
    Level.APPROXIMATE,
    "The identity provider sends browsers back to the requested path with /.apisix/redirect at its end. "
    "Allow that address there, or set redirect_uri.",
)
LOGOUT = Note(
    "logout",
    Level.APPROXIMATE,
    "Logging out works by requesting exactly the logout path, with any method and without arguments. "
    "Adjust the links that log out.",
)
SESSION_DETAILS = Note(
    "session-details",
    Level.APPROXIMATE,
    "Cookie and lifetimes of sessions are those of the target, because its release does not let them be set. "
    "Choose release 3.17 of the target or a newer one.",
)
STORAGE = Note(
    "session-storage",
    Level.APPROXIMATE,
    "Sessions are kept in the cookie, because the target cannot keep them where they are now; users log in again. "
    "Nothing has to be done unless cookies grow too large.",
)


def _without_browser(claim: Claim, *names: str) -> None:
    """Settles settings of browser logins that are not offered: lost where Kong offers them, else unused."""
    given = [name for name in names if claim.given(name)] if "authorization_code" in methods_of(claim) else []
    if given:
        claim.note(NO_BROWSER, *given)
    claim.ignore(*(name for name in names if name not in given))


@transform(CALLBACK, LOGOUT, NO_BROWSER)
def addresses(claim: Claim) -> dict[str, Any] | None:
    """Where the browser comes back to, and which path logs out. Without a browser login Kong's are unused."""
    if not browser(claim):
        _without_browser(claim, *_ADDRESSES)
        return None
    back, suffix = first(claim["redirect_uri"]), claim["logout_uri_suffix"]
    if not back or len(claim["redirect_uri"]) > 1:
        claim.note(CALLBACK, "redirect_uri")
    if suffix or claim["logout_query_arg"] or claim["logout_post_arg"]:
        claim.note(LOGOUT, "logout_uri_suffix", "logout_query_arg", "logout_post_arg", "logout_methods")
    else:
        claim.ignore("logout_methods")
    return {
        "redirect_uri": back or None,
        "logout_path": suffix or NO_LOGOUT,
        "post_logout_redirect_uri": first(claim["logout_redirect_uri"]) or None,
        "revoke_tokens_on_logout": bool(claim["logout_revoke"]) or None,
        "use_nonce": bool(claim["verify_nonce"]) or None,
        "use_pkce": claim["require_proof_key_for_code_exchange"] or None,
    }


@transform(SESSION_DETAILS, STORAGE, NO_BROWSER)
def session(claim: Claim) -> dict[str, Any] | None:
    """The session record. Kong fills in lifetimes and cookie, and the target's defaults are others."""
    if not browser(claim):
        _without_browser(claim, "session_storage", *_COOKIE, *_REDIS)
        claim.ignore("redis")
        return None
    out: dict[str, Any] = {}
    if claim.target_has("session.cookie_name"):
        for name, target in _COOKIE.items():
            value = claim[name]
            out[f"session.{target}"] = (
                int(value) if target.endswith("timeout") and value is not None else value
            )
    else:
        claim.note(SESSION_DETAILS, *(name for name in _COOKIE if claim.given(name)))
        claim.ignore(*(name for name in _COOKIE if not claim.given(name)))
    storage = claim["session_storage"]
    cluster = claim["redis.cluster_nodes"] or claim["redis.sentinel_nodes"] or claim["redis.socket"]
    if storage == "redis" and claim.target_has("session.redis") and not cluster:
        out["session.storage"] = "redis"
        for name, target in _REDIS.items():
            out[f"session.redis.{target}"] = claim[name]
        claim.ignore("redis")
    else:
        claim.ignore("redis")
        if storage != "cookie":
            claim.note(STORAGE, "session_storage")
    return out
