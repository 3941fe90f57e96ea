"""Which tokens reach the service, and under which header."""

from __future__ import annotations

from typing import Any

from kong2x.mapping.claim import Claim, Note, transform
from kong2x.mapping.transforms.order import authenticated
from kong2x.model.apisix_logins import CALLER_HEADERS, CONSUMER_HEADERS
from kong2x.model.finding import Level

TOKEN_HEADER = Note(
    "token-header",
    Level.UNSUPPORTED,
    "The service does not get the access token under the configured header, because the target writes it into "
    "Authorization or X-Access-Token only. Let the service read one of these.",
)


def made_up(claim: Claim) -> list[str]:
    """The headers about callers that only a gateway may send; Kong overwrites or clears them all.

    APISIX does so with some of them, and only where another plugin of the route finds a consumer.
    """
    return [*CALLER_HEADERS, *([] if authenticated(claim) else CONSUMER_HEADERS)]


@transform(TOKEN_HEADER)
def token(claim: Claim) -> dict[str, Any]:
    """Kong sends the access token in Authorization by default; APISIX would send three headers of its own."""
    wanted = str(claim["upstream_access_token_header"] or "").lower()
    out: dict[str, Any] = {
        "set_access_token_header": False,
        "set_id_token_header": False,
        "set_userinfo_header": False,
    }
    remove = made_up(claim)
    if wanted in ("authorization", "authorization:bearer"):
        out |= {"set_access_token_header": True, "access_token_in_authorization_header": True}
    elif wanted == "x-access-token":
        out["set_access_token_header"] = True
    elif wanted:
        claim.note(TOKEN_HEADER, "upstream_access_token_header")
    if claim["hide_credentials"] and not out.get("access_token_in_authorization_header"):
        remove.append("Authorization")
    return out | {"proxy-rewrite/headers.remove": remove}
