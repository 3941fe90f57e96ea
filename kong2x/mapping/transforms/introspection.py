"""How tokens are asked about at an introspection endpoint, with the login that Kong holds as one header value."""

from __future__ import annotations

import base64
import binascii
import re
from typing import Any
from urllib.parse import urlsplit

from kong2x.mapping.claim import Claim, Note, transform
from kong2x.mapping.transforms.openid import NO_LOGOUT, WELL_KNOWN
from kong2x.mapping.transforms.openid_upstream import made_up
from kong2x.model.finding import Level

_PLAIN = re.compile(r"^[A-Za-z0-9._~-]+$")

NO_BASIC = Note(
    "no-basic-login",
    Level.UNSUPPORTED,
    "Tokens cannot be checked, because the target logs in at the introspection endpoint with a client id and a secret, "
    "and authorization_value is no Basic login of that kind. Give the gateway a client id and a secret.",
)
ESCAPED = Note(
    "escaped-login",
    Level.APPROXIMATE,
    "The client id and the secret reach the introspection endpoint in the encoding of forms (RFC 6749), where Kong "
    "sends them as they are. Check that the identity provider decodes them, or use letters, digits and hyphens.",
)
NO_URL = Note(
    "no-endpoint",
    Level.UNKNOWN,
    "Tokens cannot be checked, because introspection_url is no address, and Kong refuses that. Correct it.",
)


@transform(NO_URL)
def endpoint(claim: Claim) -> dict[str, Any] | None:
    """The endpoint, and a discovery address that the target demands but does not read when it introspects.

    Source: lua-resty-openidc `openidc.introspect`. The logout address of the plugin would read it, so that gets a
    path that nobody asks for.
    """
    url = urlsplit(claim.value)
    if url.scheme not in ("http", "https") or not url.netloc:
        claim.abandon(NO_URL)
        return None
    return {
        "introspection_endpoint": claim.value,
        "discovery": f"{url.scheme}://{url.netloc}{WELL_KNOWN}",
        "logout_path": NO_LOGOUT,
    }


@transform(NO_BASIC, ESCAPED)
def login(claim: Claim) -> dict[str, Any] | None:
    """Client id and secret out of `Basic base64(id:secret)`."""
    kind, _, text = str(claim.value).strip().partition(" ")
    name = secret = ""
    if kind.lower() == "basic":
        try:
            name, _, secret = base64.b64decode(text.strip(), validate=True).decode().partition(":")
        except (binascii.Error, UnicodeDecodeError):
            name = ""
    if not name or not secret:
        claim.abandon(NO_BASIC)
        return None
    if not (_PLAIN.match(name) and _PLAIN.match(secret)):
        claim.note(ESCAPED)
    return {"client_id": name, "client_secret": secret}


@transform()
def hidden(claim: Claim) -> dict[str, Any]:
    """The token stays in Authorization unless it is to be hidden, and nobody makes up who a caller is.

    APISIX would send the token in three headers more.
    """
    sent = ("set_access_token_header", "set_id_token_header", "set_userinfo_header")
    out: dict[str, Any] = dict.fromkeys(sent, False)
    return out | {
        "proxy-rewrite/headers.remove": [*made_up(claim), *(["Authorization"] if claim.value else [])]
    }
