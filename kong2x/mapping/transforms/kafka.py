"""Which brokers log entries go to, and how the gateway logs in to them."""

from __future__ import annotations

from math import ceil
from typing import Any

from kong2x.mapping.claim import Claim, Note, transform
from kong2x.mapping.transforms.logs import VAULT
from kong2x.model.finding import Level

NO_BROKERS = Note(
    "no-brokers",
    Level.UNSUPPORTED,
    "No entries are logged, because no brokers are named, and Kong's own default is not carried over. "
    "Name the brokers.",
)
MECHANISM = Note(
    "login",
    Level.UNSUPPORTED,
    "No entries are logged, because the chosen release cannot log in to the brokers this way, or the login stands in a "
    "vault. Use PLAIN, or SCRAM from release 3.15 on, with user and password.",
)
TOKEN = Note(
    "token-login",
    Level.APPROXIMATE,
    "The gateway logs in by user and password without asking for a delegation token. "
    "Nothing has to be done unless the user is known by tokens only.",
)
TLS = Note(
    "tls",
    Level.UNSUPPORTED,
    "No entries are logged, because releases before 3.18 would send them in the clear. Choose a newer release.",
)
CERTIFICATE = Note(
    "client-certificate",
    Level.UNSUPPORTED,
    "The brokers get no client certificate, because the target has none to send there. Log in by user and password.",
)
ACKS = Note(
    "acks",
    Level.APPROXIMATE,
    "A broker confirms each batch, because the target does not send without confirmation. Nothing has to be done.",
)


@transform(NO_BROKERS, MECHANISM, TOKEN)
def brokers(claim: Claim) -> list[dict[str, Any]] | None:
    """The brokers, each with the login."""
    servers = [s for s in claim["bootstrap_servers"] or [] if s.get("host") and s.get("port")]
    if not servers:
        claim.abandon(NO_BROKERS)
        return None
    mechanism, user, password = (
        claim[f"authentication.{name}"] for name in ("mechanism", "user", "password")
    )
    login: dict[str, Any] = {}
    if claim["authentication.strategy"] or mechanism:
        known = claim.env.setting("brokers[].sasl_config.mechanism")
        wanted = mechanism or "PLAIN"
        if known is None or wanted not in known.values or not user or VAULT in f"{user}{password}":
            claim.abandon(MECHANISM, "authentication.mechanism")
            return None
        login = {"sasl_config": {"mechanism": wanted, "user": user, "password": password or ""}}
        if claim["authentication.tokenauth"]:
            claim.note(TOKEN, "authentication.tokenauth")
    else:
        claim.ignore("authentication.user", "authentication.password", "authentication.tokenauth")
    return [{"host": server["host"], "port": server["port"], **login} for server in servers]


@transform(TLS, CERTIFICATE)
def tls(claim: Claim) -> dict[str, Any] | None:
    """Whether brokers are reached by TLS; in the clear is no substitute for it."""
    verify = bool(claim["security.ssl_verify"])
    if not claim["security.ssl"]:
        claim.ignore("security.ssl_verify", "security.certificate_id")
        return None
    if not claim.target_has("tls"):
        claim.abandon(TLS, "security.ssl")
        return None
    if claim["security.certificate_id"]:
        claim.note(CERTIFICATE, "security.certificate_id")
    return {"verify": verify}


@transform(ACKS)
def acks(claim: Claim) -> int:
    """How many brokers confirm; none is refused by the target since 3.7."""
    if claim.value == 0:
        claim.note(ACKS)
        return 1
    return int(claim.value)


@transform()
def patience(claim: Claim) -> int:
    """The longest of Kong's two limits in whole seconds."""
    return max(1, ceil(max(claim[path] or 0 for path in claim.fields) / 1000))
