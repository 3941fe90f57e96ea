"""When the paths of two matches take the same request, and which match the Gateway API prefers."""

from __future__ import annotations

import re
from functools import lru_cache

from kong2x.emit.gateway_api.draft import EXACT, PREFIX, REGEX, GatewayPath, Match
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
