"""When two matches take the same request, which of them the Gateway API prefers, and what both say together."""

from __future__ import annotations

import re
from functools import lru_cache

from kong2x.emit.gateway_api.draft import EXACT, PREFIX, REGEX, Criterion, GatewayPath, Match
from kong2x.emit.gateway_api.paths import alternatives, literal_head
from kong2x.model.route import PathKind


def contains(outer: GatewayPath, inner: GatewayPath) -> bool:
    """Whether every path of `inner` is one of `outer`; patterns are never compared.

    >>> contains(GatewayPath(PREFIX, "/foo"), GatewayPath(PREFIX, "/foobar"))
    False
    """
    if outer.type == PREFIX and outer.value == "/":
        return True
    if outer.type != PREFIX or inner.type == REGEX:
        return outer[:2] == inner[:2]
    bare = outer.value.rstrip("/")
    return inner.value == outer.value or inner.value == bare or inner.value.startswith(bare + "/")


def may_meet(pattern: GatewayPath, other: GatewayPath) -> bool:
    """Whether a regular expression and another path could take the same request; in doubt they could."""
    branches = _heads(pattern_text(pattern))
    if other.type == REGEX:
        return any(a.startswith(b) or b.startswith(a) for a in branches for b in _heads(pattern_text(other)))
    if other.type == EXACT:
        return fits(pattern.value, other.value)
    bare = other.value.rstrip("/")
    return any(head.startswith(bare + "/") or bare.startswith(head) or head == bare for head in branches)


def pattern_text(path: GatewayPath) -> str:
    """Kong's own expression behind a path, without an anchor at its start."""
    if path.source is not None and path.source.kind is PathKind.REGEX:
        return path.source.value
    return path.value.removeprefix("^")


@lru_cache(maxsize=4096)
def _heads(pattern: str) -> tuple[str, ...]:
    branches = alternatives(pattern)
    heads = tuple(literal_head(branch.removeprefix("^"))[0] for branch in branches)
    return tuple(head if head.startswith("/") else "" for head in heads)


@lru_cache(maxsize=4096)
def fits(pattern: str, text: str) -> bool:
    """Whether an expression that is anchored at its start takes a path; in doubt it does."""
    try:
        return re.match(pattern, text) is not None
    except (re.error, RecursionError):
        return True


def compatible(one: Match, other: Match) -> bool:
    """Whether method, headers and query of both can hold for one request."""
    if one.method and other.method and one.method != other.method:
        return False
    return _together(one.headers, other.headers) and _together(one.query, other.query)


def _together(one: tuple[Criterion, ...], other: tuple[Criterion, ...]) -> bool:
    wanted = {c.name.lower(): c for c in one}
    for criterion in other:
        old = wanted.get(criterion.name.lower())
        if old and old.type == criterion.type == EXACT and old.value != criterion.value:
            return False
    return True


def covers_criteria(outer: Match, inner: Match) -> bool:
    """Whether each request with the criteria of `inner` has those of `outer`."""
    if outer.method and outer.method != inner.method:
        return False
    return _within(outer.headers, inner.headers) and _within(outer.query, inner.query)


def _within(outer: tuple[Criterion, ...], inner: tuple[Criterion, ...]) -> bool:
    have = {(c.name.lower(), c.type, c.value) for c in inner}
    return all((c.name.lower(), c.type, c.value) in have for c in outer)


def both(winner: Match, loser: Match, path: GatewayPath) -> Match | None:
    """The match for the requests that both take, on `path`; None when it cannot be written.

    Two different criteria for one header cannot stand in one match.
    """
    headers = _union(winner.headers, loser.headers)
    query = _union(winner.query, loser.query)
    if headers is None or query is None:
        return None
    return Match(path, winner.method or loser.method, headers, query)


def _union(one: tuple[Criterion, ...], other: tuple[Criterion, ...]) -> tuple[Criterion, ...] | None:
    found = {c.name.lower(): c for c in one}
    for criterion in other:
        old = found.get(criterion.name.lower())
        if old is not None and old[1:] != criterion[1:]:
            return None
        found.setdefault(criterion.name.lower(), criterion)
    return tuple(found.values())


def specificity(match: Match) -> tuple[int, ...]:
    """The specification's order among matches of one host, patterns left out; the greater wins (3.1)."""
    path = match.path
    length = len(path.value.rstrip("/")) if path.type == PREFIX else len(path.value)
    return (
        int(path.type == EXACT),
        length,
        int(match.method is not None),
        len(match.headers),
        len(match.query),
    )
