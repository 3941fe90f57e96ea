"""How a login against a directory is told to APISIX: by searching first (3.18), or by a bind with consumers."""

from __future__ import annotations

import re
from math import ceil
from typing import Any

from kong2x.mapping.claim import Claim, Note, transform
from kong2x.mapping.transforms.auth import REALM_TEXT
from kong2x.mapping.transforms.openid_upstream import made_up
from kong2x.model.apisix_logins import CALLER_HEADERS
from kong2x.model.finding import Level

SEARCHES, BINDS = "ldap-auth-advanced", "ldap-auth"
HEADERS = ["Authorization", "Proxy-Authorization"]
_REALM = re.compile(r"^[ !#-\[\]-~]{1,128}$")

SEARCHES_FIRST = Note(
    "searches-first",
    Level.APPROXIMATE,
    "The user is searched anonymously in the whole tree under base_dn before the password is tried, so users in "
    "branches below it can log in too, and a directory without anonymous search answers 500. "
    "Choose a base_dn without branches of other users, or set bind_dn and ldap_password in the target.",
)
NEEDS_CONSUMERS = Note(
    "needs-consumers",
    Level.UNSUPPORTED,
    "Nobody can log in until a consumer with the user's distinguished name exists for every user, which the "
    "manifests do not hold. Create an ApisixConsumer with ldapAuth and user_dn for each of them, or choose a "
    "configuration without consumers.",
    stricter=True,
)
NO_START_TLS = Note(
    "no-start-tls",
    Level.UNSUPPORTED,
    "Passwords would go to the directory in the clear, because the target does not know StartTLS. "
    "Use ldaps, or choose release 3.18 of the target.",
)
WORD = Note(
    "header-word",
    Level.UNSUPPORTED,
    "Logins that start with the configured word are refused, because the target takes other words only. "
    "Let clients send the word ldap, or Basic on targets before 3.18.",
    stricter=True,
)
NO_GUESTS = Note(
    "no-guests",
    Level.UNSUPPORTED,
    "Callers without credentials are refused, where Kong lets them in as the anonymous consumer. "
    "Serve guests on a route without authentication.",
    stricter=True,
)
HIDDEN = Note(
    "hides-both",
    Level.APPROXIMATE,
    "Both Authorization and Proxy-Authorization are kept from the service, where Kong clears the one with the "
    "password. Nothing has to be done unless the service needs the other one.",
)
NO_CACHE = Note(
    "no-cache",
    Level.APPROXIMATE,
    "The directory is asked for every request, where Kong remembers a login for cache_ttl seconds. "
    "Check that the directory bears the load.",
)
WAITS = Note(
    "waiting",
    Level.APPROXIMATE,
    "The target waits for the directory within limits of its own (1 to 60000 ms, pooled connections 1000 ms and "
    "more; 10 seconds before 3.18). Nothing has to be done unless the directory is slow.",
)
NO_PASSWORD = Note(
    "no-password",
    Level.APPROXIMATE,
    "Users are searched anonymously, because the account in bind_dn has no password. Set ldap_password.",
)


@transform(SEARCHES_FIRST, NO_START_TLS)
def directory(claim: Claim) -> dict[str, Any] | None:
    """Address, encryption and place of the users. With both flags set, Kong starts TLS on the plain port."""
    host, port = str(claim["ldap_host"]), int(claim["ldap_port"])
    uri = f"[{host}]:{port}" if ":" in host and not host.startswith("[") else f"{host}:{port}"
    start_tls, verify = bool(claim["start_tls"]), bool(claim["verify_ldap_host"])
    ldaps = bool(claim["ldaps"]) and not start_tls
    base, attribute = claim["base_dn"], claim["attribute"]
    if not _searches(claim):
        if start_tls:
            claim.abandon(NO_START_TLS, "start_tls")
            return None
        body = {"ldap_uri": uri, "base_dn": base, "uid": attribute, "use_tls": ldaps, "tls_verify": verify}
        return _of(BINDS, body)
    if claim.plugin == "ldap-auth":
        claim.note(SEARCHES_FIRST, "base_dn")
    body = {"ldap_uri": uri, "base_dn": base, "attribute": attribute, "ssl_verify": verify}
    body |= {"use_ldaps": True} if ldaps else {}
    body |= {"use_starttls": True} if start_tls else {}
    return _of(SEARCHES, body)


@transform(WORD, NO_GUESTS, HIDDEN, REALM_TEXT, NEEDS_CONSUMERS)
def logins(claim: Claim) -> dict[str, Any]:
    """How clients log in. ldap-auth reads the word Basic only and wants a consumer for every user."""
    word = str(claim["header_type"]).lower()
    if claim["anonymous"]:
        claim.note(NO_GUESTS, "anonymous")
    name = SEARCHES if _searches(claim) else BINDS
    everybody = name == SEARCHES and (claim.plugin == "ldap-auth" or bool(claim.peek("consumer_optional")))
    remove = made_up(claim) if everybody else list(CALLER_HEADERS)
    if claim["hide_credentials"]:
        claim.note(HIDDEN, "hide_credentials")
        remove += HEADERS
    out: dict[str, Any] = {"proxy-rewrite/headers.remove": remove}
    known = ("ldap", "basic") if name == SEARCHES else ("basic",)
    if word not in known:
        claim.note(WORD, "header_type")
    if name == BINDS:
        claim.note(NEEDS_CONSUMERS, "header_type")
    else:
        out[f"{SEARCHES}/header_type"] = word if word in known else "ldap"
        if claim.plugin == "ldap-auth":
            out[f"{SEARCHES}/consumer_required"] = False
    realm = claim["realm"]
    if realm and not _REALM.match(realm):
        claim.note(REALM_TEXT, "realm")
    elif realm and claim.target_has(f"{name}/realm"):
        out[f"{name}/realm"] = realm
    elif realm:
        claim.note(REALM_TEXT, "realm", message="The challenge names the default realm.")
    return out


@transform(NO_CACHE, WAITS)
def pace(claim: Claim) -> dict[str, Any] | None:
    """How long the directory may take. Both plugins count milliseconds."""
    timeout, keepalive = claim["timeout"], claim["keepalive"]
    claim.note(NO_CACHE, "cache_ttl")
    if not _searches(claim):
        if timeout != 10000:
            claim.note(WAITS, "timeout")
        return None
    within = min(max(ceil(timeout), 1), 60000), max(ceil(keepalive), 1000)
    for name, wanted, got in (("timeout", timeout, within[0]), ("keepalive", keepalive, within[1])):
        if wanted != got:
            claim.note(WAITS, name)
    return {f"{SEARCHES}/timeout": within[0], f"{SEARCHES}/keepalive_timeout": within[1]}


@transform(NEEDS_CONSUMERS)
def consumers(claim: Claim) -> bool:
    """Whether the target wants a consumer. It finds them by distinguished name, Kong by user name."""
    claim["consumer_by"]
    if claim["consumer_optional"]:
        return False
    claim.note(NEEDS_CONSUMERS, "consumer_optional")
    return True


@transform(NO_PASSWORD)
def searcher(claim: Claim) -> str | None:
    """The account that searches. APISIX refuses one without password, and searches anonymously without it."""
    if claim.value and not claim.peek("ldap_password"):
        claim.note(NO_PASSWORD)
        return None
    return claim.value or None


def _searches(claim: Claim) -> bool:
    return claim.target_at_least("3.18")


def _of(plugin: str, body: dict[str, Any]) -> dict[str, Any]:
    return {f"{plugin}/{key}": value for key, value in body.items()}
