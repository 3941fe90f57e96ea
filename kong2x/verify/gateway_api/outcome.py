"""What a Gateway does with a request once the match is chosen: redirect, rewrite, or its own error."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

from kong2x.model.source import items, mapping, text
from kong2x.model.traffic import Answer
from kong2x.verify.gateway_api.entries import Match
from kong2x.verify.gateway_api.matching import Arrived
from kong2x.verify.uri import escape, wire_bytes

PORTS = {"http": 80, "https": 443}


def outcome(match: Match, arrived: Arrived, tie: tuple[str, ...]) -> Answer:
    """The answer of one match: a redirect, 500 without a backend, or the backend."""
    why = f"{match.path_type} {match.path}"
    filters = {text(one.get("type")): one for one in map(mapping, items(match.rule.get("filters")))}
    names = tuple(filters)
    if "RequestRedirect" in filters:
        redirect = mapping(filters["RequestRedirect"].get("requestRedirect"))
        status = int(redirect.get("statusCode") or 302)
        return Answer(match.id, why, tie, status, location(redirect, match, arrived), plugins=names)
    shares = backends(match)
    if not shares:
        return Answer(match.id, why, tie, 500, plugins=names)
    rewrite = mapping(mapping(filters.get("URLRewrite")).get("urlRewrite"))
    return Answer(
        match.id,
        why,
        tie,
        service=shares[0][0],
        path=escape(wire_bytes(rewritten(rewrite, match, arrived.path))),
        host=text(rewrite.get("hostname")) or arrived.request.host,
        plugins=names,
        weights=shares if len(shares) > 1 else (),
    )


def backends(match: Match) -> tuple[tuple[str, int], ...]:
    """The backends with a share; none when there are no refs or all weights are 0."""
    found = []
    for ref in map(mapping, items(match.rule.get("backendRefs"))):
        weight = ref.get("weight")
        namespace = text(ref.get("namespace")) or match.namespace
        found.append(
            (f"{namespace}/{text(ref.get('name'))}:{ref.get('port')}", 1 if weight is None else int(weight))
        )
    return tuple(share for share in found if share[1] > 0)


def rewritten(rewrite: Mapping[str, Any], match: Match, path: str) -> str:
    """The path after a URLRewrite or redirect path modifier."""
    change = mapping(rewrite.get("path"))
    if change.get("type") == "ReplaceFullPath":
        return text(change.get("replaceFullPath")) or "/"
    if change.get("type") == "ReplacePrefixMatch" and match.path_type == "PathPrefix":
        return exchanged(path, match.path, text(change.get("replacePrefixMatch")))
    return path


def exchanged(path: str, prefix: str, replacement: str) -> str:
    """A path with its prefix replaced, by whole segments, with one slash at the seam.

    >>> exchanged("/foo/bar", "/foo", "/"), exchanged("/foo", "/foo", "/x"), exchanged("/foo/", "/foo", "/x")
    ('/bar', '/x', '/x/')
    """
    rest = path[len(prefix.rstrip("/")) :]
    stem = replacement.rstrip("/")
    return stem + rest if rest else stem or "/"


def location(redirect: Mapping[str, Any], match: Match, arrived: Arrived) -> str:
    """The Location of a RequestRedirect; a well-known port is left out, the query is copied."""
    scheme = text(redirect.get("scheme")) or arrived.request.scheme
    host = text(redirect.get("hostname")) or arrived.host
    port = redirect.get("port")
    if port is None and not redirect.get("scheme"):
        given = arrived.request.host.rpartition(":")[2]
        port = int(given) if given.isdigit() and ":" in arrived.request.host else None
    where = f"{host}:{port}" if port and int(port) != PORTS[scheme] else host
    changed = mapping(redirect.get("path"))
    raw = arrived.request.path.partition("?")[0]
    path = escape(wire_bytes(rewritten(redirect, match, arrived.path))) if changed else raw
    return f"{scheme}://{where}{path}" + (f"?{arrived.query}" if arrived.query else "")
