"""How the path, the query and the method of a request change on their way to the service."""

from __future__ import annotations

import re
from typing import Any
from urllib.parse import quote

from kong2x.mapping.claim import Claim, Note, transform
from kong2x.mapping.transforms.headers import split_entry
from kong2x.mapping.transforms.templates import has_template, translated
from kong2x.model.finding import Level

METHODS = (
    *("GET", "POST", "PUT", "HEAD", "DELETE", "OPTIONS", "MKCOL", "COPY", "MOVE", "PROPFIND"),
    *("LOCK", "UNLOCK", "PATCH", "TRACE", "PURGE"),
)
BODILESS = ("GET", "HEAD", "TRACE")

URI_FORM = Note(
    "uri-form",
    Level.UNSUPPORTED,
    "The path is not replaced, because the target takes a path with a leading slash and no query there only. "
    "Give such a path.",
)
URI_TEMPLATE = Note(
    "uri-template",
    Level.UNSUPPORTED,
    "The path is not replaced, because it is computed by an expression that the target cannot say. "
    "Use captures of one regular expression path, or rewrite in the service.",
)
CAPTURES = Note(
    "uri-captures",
    Level.APPROXIMATE,
    "The path is computed from the captures of the route's regular expression, which is applied again by the "
    "target. Check the paths with the requests of `kong2x verify`.",
)
URI_DOLLAR = Note(
    "uri-dollar",
    Level.APPROXIMATE,
    "A dollar sign in the path is eaten, because the target takes it for the name of a variable. "
    "Choose another path.",
)
QUERY_FIRST = Note(
    "query-first",
    Level.APPROXIMATE,
    "An appended query argument comes first, where Kong puts it last. "
    "Nothing has to be done unless the service reads only one of several arguments of that name.",
)
QUERY_LOST = Note(
    "query-append",
    Level.UNSUPPORTED,
    "The query arguments are not appended, because the path of the same route is rewritten too, or their "
    "values are computed. Add them in the service.",
)
METHOD = Note(
    "method",
    Level.UNSUPPORTED,
    "The method is not changed, because the target does not know this one. Use a standard method.",
)
FORM_BODY = Note(
    "form-body",
    Level.APPROXIMATE,
    "A form body stays in the body, where Kong moves it into the query. "
    "Nothing has to be done unless callers send forms.",
)


@transform(METHOD, FORM_BODY)
def method(claim: Claim) -> str | None:
    """The new method, where APISIX knows it."""
    value = claim.value
    if value is None:
        return None
    if value.upper() not in METHODS:
        claim.note(METHOD)
        return None
    if value.upper() in BODILESS:
        claim.note(FORM_BODY)
    return str(value).upper()


@transform(URI_FORM, URI_TEMPLATE, CAPTURES, URI_DOLLAR, QUERY_FIRST, QUERY_LOST)
def uri(claim: Claim) -> dict[str, Any]:
    """`uri` or `regex_uri`: the first wins in APISIX, so only one of path and query can change."""
    text, arguments = claim["replace.uri"], claim["append.querystring"] or []
    out = _path(claim, text) if text is not None else {}
    if arguments:
        query = _query(arguments)
        if query is None or text is not None or _rewritten(claim):
            claim.note(QUERY_LOST, "append.querystring")
        else:
            claim.note(QUERY_FIRST, "append.querystring")
            out["regex_uri"] = ["^(/.*)$", f"$1?{query}"]
    return out


def _path(claim: Claim, text: str) -> dict[str, Any]:
    if not text.startswith("/") or "?" in text:
        claim.note(URI_FORM, "replace.uri")
        return {}
    pattern = _pattern(claim) if "uri_captures" in text else None
    answer = translated(text, claim, captures=_groups(pattern))
    if answer is None:
        claim.note(URI_TEMPLATE, "replace.uri")
        return {}
    if answer[1]:
        claim.note(URI_DOLLAR, "replace.uri")
    if pattern is None:
        return {"uri": answer[0]}
    claim.note(CAPTURES, "replace.uri")
    return {"regex_uri": [_whole(pattern), answer[0]]}


def _pattern(claim: Claim) -> str | None:
    """The route's one regular expression; anchored at the start in Kong, open at the end."""
    route = claim.context.route
    paths = [path for path in route.paths if path.kind == "regex"] if route else []
    if len(paths) != 1 or route is None or len(route.paths) != 1:
        return None
    return paths[0].value.removeprefix("^")


def _whole(pattern: str) -> str:
    """The expression over the whole path, which is replaced as a whole; alternatives need a group around them."""
    if "|" in pattern:
        return f"^(?:{pattern}).*$"
    return f"^{pattern}" if re.search(r"(?<!\\)(?:\\\\)*\$$", pattern) else f"^{pattern}.*$"


def _groups(pattern: str | None) -> dict[str, int]:
    """The groups of an expression by number and name; names are numbers to APISIX (plugin-mapping.md 2.7)."""
    try:
        found = re.compile(re.sub(r"\(\?<(?=[A-Za-z_])", "(?P<", pattern or ""))
    except re.error:
        return {}
    return {str(number): number for number in range(1, found.groups + 1)} | dict(found.groupindex)


def _rewritten(claim: Claim) -> bool:
    """Whether the path of the route changes for other reasons, which need the same setting."""
    route = claim.context.route
    if route is None:
        return False
    return route.strip_path or route.rewrite is not None or route.service.path not in (None, "", "/")


def _query(arguments: list[str]) -> str | None:
    parts = []
    for entry in arguments:
        name, value = split_entry(entry)
        if not name or value is None or has_template(value) or "$" in entry:
            return None
        parts.append(f"{quote(name, safe='[]')}={quote(value, safe='')}")
    return "&".join(parts)
