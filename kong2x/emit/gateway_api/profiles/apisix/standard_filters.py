"""Standard filters that the controller reads otherwise than the standard (apisix-target.md 7.4)."""

from __future__ import annotations

from typing import Any

from kong2x.emit.gateway_api.codes_routes import DENIED
from kong2x.emit.gateway_api.desk import Desk
from kong2x.emit.gateway_api.draft import Draft, Filter
from kong2x.emit.gateway_api.profiles.apisix import codes_differences as codes

DEFAULT_AGE = 5
"""The `maxAge` that APISIX says whatever the filter says."""


def drop_misread(desk: Desk, draft: Draft) -> None:
    """Takes out filters that would do something else; a redirect that goes elsewhere denies its rule."""
    kept = []
    for part in draft.filters:
        reason = misread(part)
        if not reason:
            kept.append(part)
            continue
        code = codes.FILTER_PROTECTS if part["type"] == "CORS" else codes.FILTER
        desk.say(code, f"The filter {part['type']} is left out: {reason}.", route=draft.route)
        if part["type"] == "RequestRedirect":
            draft.denied = "its redirect cannot be carried over"
            kept = []
            draft.backends = ()
            desk.say(DENIED, f"The route refuses all requests because {draft.denied}.", route=draft.route)
            break
    draft.filters = tuple(kept)


def misread(part: Filter) -> str:
    """What goes wrong with a filter, empty where the controller does what the standard says.

    >>> misread({"type": "RequestRedirect", "requestRedirect": {"path": {"type": "ReplaceFullPath"}}})
    'the controller keeps the path of the request'
    """
    kind = part["type"]
    if kind == "RequestRedirect" and part["requestRedirect"].get("path"):
        return "the controller keeps the path of the request"
    if kind == "ResponseHeaderModifier":
        return _headers(part["responseHeaderModifier"], added_lines=True)
    if kind == "RequestHeaderModifier":
        return _headers(part["requestHeaderModifier"], added_lines=False)
    if kind == "RequestMirror":
        shared = {"percent", "fraction"} & set(part["requestMirror"])
        return "the controller mirrors every request" if shared else ""
    return _cors(part["cors"]) if kind == "CORS" else ""


def _headers(modifier: dict[str, Any], *, added_lines: bool) -> str:
    for entry in [*modifier.get("set", ()), *modifier.get("add", ())]:
        if "$" in entry["value"]:
            return f"APISIX reads the dollar sign in the value of {entry['name']} as a variable"
    for entry in modifier.get("add", ()) if added_lines else ():
        if ":" in entry["value"] or entry["value"].endswith("/"):
            return (
                f"APISIX takes no header {entry['name']} to add whose value holds a colon or ends in a slash"
            )
    return ""


def _cors(body: dict[str, Any]) -> str:
    if any("*" in origin and origin != "*" for origin in body.get("allowOrigins", ())):
        return "the controller compares wildcards in origins literally"
    lists = ("allowOrigins", "allowMethods", "allowHeaders")
    if body.get("allowCredentials") and any("*" in body.get(name, ["*"]) for name in lists):
        return "APISIX refuses credentials beside a list that takes anything"
    if body.get("maxAge", DEFAULT_AGE) != DEFAULT_AGE:
        return f"the controller does not read maxAge, and browsers would be told {DEFAULT_AGE} seconds"
    return ""
