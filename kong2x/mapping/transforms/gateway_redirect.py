"""How a redirect's address is taken apart for RequestRedirect, and which addresses do not fit."""

from __future__ import annotations

import re
from typing import Any
from urllib.parse import urlsplit

from kong2x.mapping.claim import Claim, Note, transform
from kong2x.model.finding import Level

_HOST = re.compile(r"^(?=.{1,253}$)[a-z0-9]([-a-z0-9]*[a-z0-9])?(\.[a-z0-9]([-a-z0-9]*[a-z0-9])?)*$")
_ADDRESS = re.compile(r"^[0-9.]+$")

STATUS = Note(
    "status",
    Level.UNSUPPORTED,
    "The redirect is not written, because the filter does not know its status in the chosen release. "
    "Use 301 or 302, or release 1.5 for 303, 307 and 308.",
)
LOCATION = Note(
    "location-form",
    Level.UNSUPPORTED,
    "The redirect is not written, because its location has a part that the filter cannot say: a query, a "
    "fragment, a user, an address instead of a name, or another scheme. Use a plain http or https address.",
)
QUERY = Note(
    "query-kept",
    Level.APPROXIMATE,
    "The query of the request is added to the location by most implementations, where Kong leaves it out. "
    "Nothing has to be done unless the new address reads queries.",
)


@transform(STATUS, LOCATION, QUERY)
def redirect(claim: Claim) -> dict[str, Any] | None:
    """The filter's body; without a path modifier the request's path would be kept."""
    status, keep = int(claim["status_code"]), claim["keep_incoming_path"]
    parts = urlsplit(claim["location"] or "")
    try:
        host, port = parts.hostname, parts.port
    except ValueError:
        host, port = None, None
    odd = parts.fragment or parts.username or (parts.query and not keep)
    named = not parts.netloc or (host and _HOST.match(host) and not _ADDRESS.match(host))
    if parts.scheme not in ("", "http", "https") or odd or not named or (keep and not host):
        claim.abandon(LOCATION, "location")
        return None
    if status not in (301, 302) and not (status in (303, 307, 308) and claim.target_at_least("1.5")):
        claim.abandon(STATUS, "status_code")
        return None
    out: dict[str, Any] = {
        "scheme": parts.scheme or None,
        "hostname": host or None,
        "port": port,
        "statusCode": status,
    }
    if not keep:
        claim.note(QUERY, "location")
        out["path"] = {"type": "ReplaceFullPath", "replaceFullPath": parts.path or "/"}
    return out


URI = Note(
    "uri-form",
    Level.UNSUPPORTED,
    "The path is not replaced, because the filter takes a fixed path without a query only. Give such a path.",
)


@transform(URI)
def full_path(claim: Claim) -> dict[str, Any] | None:
    """URLRewrite's path for a transformer that replaces the whole path."""
    text = claim.value
    if text is None:
        return None
    if not text.startswith("/") or "?" in text or "$(" in text or len(text) > 1024:
        claim.note(URI)
        return None
    return {"type": "ReplaceFullPath", "replaceFullPath": text}
