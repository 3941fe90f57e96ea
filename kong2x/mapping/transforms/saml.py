"""Which logins by SAML the target can take over: those that let in everybody whom the identity provider knows."""

from __future__ import annotations

import base64
import binascii
import re
from typing import Any

from kong2x.mapping.claim import Claim, Note, transform
from kong2x.mapping.transforms.logs import VAULT
from kong2x.mapping.transforms.openid import NO_LOGOUT
from kong2x.mapping.transforms.openid_upstream import made_up
from kong2x.model.finding import Level

_SEQUENCE, _INTEGER = 0x30, 0x02

ONLY_CONSUMERS = Note(
    "only-consumers",
    Level.UNSUPPORTED,
    "Everybody whom the identity provider knows could call, because the target finds no consumer for them, while Kong "
    "without an anonymous consumer lets in those only who have one. Let the identity provider decide who may call, and "
    "write saml-auth by hand.",
)
GUEST_RULES = Note(
    "guest-rules",
    Level.UNSUPPORTED,
    "Everybody whom the identity provider knows could call, because the anonymous consumer has plugins that turn "
    "callers away, or is not in the input. Read the KongConsumer too (--also-read), or let the identity provider "
    "decide.",
)
UNSIGNED = Note(
    "unsigned",
    Level.UNSUPPORTED,
    "Nobody could log in, because the target signs every request and checks every answer, and a certificate or the key "
    "for that is not in the configuration as text. Set idp_certificate, request_signing_certificate and "
    "request_signing_key.",
)
UNCHECKED = Note(
    "unchecked-answers",
    Level.UNSUPPORTED,
    "Answers whose signature does not fit are refused, where Kong is told to take them. Nothing has to be done "
    "when the identity provider signs its answers.",
    stricter=True,
)
ENCRYPTED = Note(
    "encrypted-answers",
    Level.UNSUPPORTED,
    "Nobody could log in, because the target does not decrypt answers. Let the identity provider send them signed "
    "and not encrypted.",
)
SECRET = Note(
    "session-secret",
    Level.UNSUPPORTED,
    "Nobody could log in, because the target wants a session_secret of 8 to 32 characters. Choose such a one.",
)
GUEST = Note(
    "no-consumers",
    Level.APPROXIMATE,
    "The service is told no consumer, because the target makes none from a login; group lists and limits by consumer "
    "behind it do not work. Let the service read the session, or do without consumers.",
)


@transform(ONLY_CONSUMERS, GUEST_RULES, GUEST)
def guests(claim: Claim) -> list[str] | None:
    """With an anonymous consumer Kong lets in everybody who can log in; without one, only consumers.

    Gives the headers about consumers that no caller may make up.
    """
    name = claim.value
    if not name:
        claim.abandon(ONLY_CONSUMERS)
        return None
    model, route = claim.context.model, claim.context.route
    found = next((c for c in (model.consumers if model else ()) if name in (c.username, c.id)), None)
    own = [use for use in (route.consumer_plugins if route else ()) if use.consumer == name]
    if found is None or found.plugins or found.groups or own:
        claim.abandon(GUEST_RULES)
        return None
    claim.note(GUEST)
    return made_up(claim)


@transform(UNSIGNED, UNCHECKED)
def keys(claim: Claim) -> dict[str, Any] | None:
    """Certificates and key as PEM texts; Kong takes them without the first and last line too."""
    given = [claim[path] for path in claim.fields[:3]]
    if any(not value or VAULT in value for value in given):
        claim.abandon(UNSIGNED, *claim.fields[:3])
        return None
    idp, own, key = (certificate(given[0]), certificate(given[1]), private_key(given[2]))
    if idp is None or own is None or key is None:
        claim.abandon(UNSIGNED, *claim.fields[:3])
        return None
    if not claim["validate_assertion_signature"]:
        claim.note(UNCHECKED, "validate_assertion_signature")
    return {"idp_cert": idp, "sp_cert": own, "sp_private_key": key}


@transform(ENCRYPTED)
def plain(claim: Claim) -> None:
    """Encrypted answers cannot be read."""
    if claim.value:
        claim.abandon(ENCRYPTED)


@transform(SECRET)
def secret(claim: Claim) -> str | None:
    """The secret of the session cookie."""
    value = str(claim.value)
    if not 8 <= len(value) <= 32 or VAULT in value:
        claim.abandon(SECRET)
        return None
    return value


@transform()
def callback(claim: Claim) -> dict[str, str]:
    """Where answers arrive; the target demands addresses for a logout too, which Kong does not have."""
    return {
        "login_callback_uri": claim.value,
        "logout_uri": NO_LOGOUT,
        "logout_callback_uri": f"{NO_LOGOUT}-callback",
        "logout_redirect_uri": "/",
    }


def certificate(text: str) -> str | None:
    """A certificate as PEM; None for what is none."""
    if "-----BEGIN CERTIFICATE-----" in text:
        return text
    der = _der(text)
    return _pem(der, "CERTIFICATE") if der and der[0] == _SEQUENCE else None


def private_key(text: str) -> str | None:
    """A private key as PEM; without a first line its bytes tell PKCS#1 (RSA) from PKCS#8."""
    if re.search(r"-----BEGIN ([A-Z]+ )?PRIVATE KEY-----", text):
        return text
    der = _der(text)
    if not der or der[0] != _SEQUENCE:
        return None
    start = 2 + (der[1] & 0x7F if len(der) > 1 and der[1] & 0x80 else 0)
    if der[start : start + 3] != b"\x02\x01\x00":
        return None
    kinds = {_SEQUENCE: "PRIVATE KEY", _INTEGER: "RSA PRIVATE KEY"}
    kind = kinds.get(der[start + 3]) if len(der) > start + 3 else None
    return _pem(der, kind) if kind else None


def _der(text: str) -> bytes:
    try:
        return base64.b64decode("".join(text.split()), validate=True)
    except (binascii.Error, ValueError):
        return b""


def _pem(der: bytes, kind: str) -> str:
    body = base64.b64encode(der).decode()
    lines = [body[at : at + 64] for at in range(0, len(body), 64)]
    return "\n".join([f"-----BEGIN {kind}-----", *lines, f"-----END {kind}-----", ""])
