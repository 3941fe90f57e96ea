"""Which of two Kong routes wins a request that both match, for each router flavour (kong-source.md 4.5)."""

from __future__ import annotations

from typing import NamedTuple

from kong2x.model.route import PathKind, PathMatch, Route

Rank = tuple[int, ...]
"""Compares with ranks of the same flavour; the greater wins, equal ones are a tie."""

# T tries groups of equally many kinds in this order of kinds.
_HOST, _HEADER, _PATH, _METHOD, _SNI = 16, 8, 4, 2, 1
SNI_KIND = _SNI


class Half(NamedTuple):
    """The Kong path that answers: KIC makes a plain path and a regex of one Prefix."""

    regex: bool
    length: int


class Standing(NamedTuple):
    """What of a route decides whether a rank alone tells the winner."""

    kinds: int
    plain_hosts: bool
    header_names: frozenset[str]

    @classmethod
    def of(cls, route: Route) -> Standing:
        """The standing of one route."""
        return cls(kinds(route), plain_hosts(route), frozenset(h.name.lower() for h in route.headers))


def half(route: Route, path: PathMatch | None, *, below: bool) -> Half:
    """The Kong path that takes requests for the path's own text, or for what is below it.

    A route with both `/a` and `/a/` is one match on the target, and below it the longer one ranks.
    """
    if path is None:
        return Half(False, 0)
    if path.kind in (PathKind.REGEX, PathKind.EXACT):
        return Half(True, 0)
    if path.kind is PathKind.RAW_PREFIX or path.value == "/":
        slash = below and path.value != "/" and any(p.value == path.value + "/" for p in route.paths)
        return Half(False, len(path.value.encode()) + slash)
    return Half(False, len(path.value.encode()) + 1) if below else Half(True, 0)


def rank(flavour: str, route: Route, path: PathMatch | None, *, below: bool) -> Rank:
    """How high Kong ranks the route for requests at the path's own text or below it.

    Not in here: the traditional router's reduced list, which depends on every other route (`by_table`).
    """
    if flavour == "expressions":
        return (_expressions(route),)
    part = half(route, path, below=below)
    if flavour == "traditional_compatible":
        return (_compatible(route, part),)
    found = kinds(route)
    return (
        found.bit_count(),
        found,
        2 * plain_hosts(route) + part.regex,
        len(route.headers),
        route.regex_priority if part.regex else 0,
        0 if part.regex else part.length,
    )


def undetermined(flavour: str, one: Standing, other: Standing) -> bool:
    """With four or more kinds on both sides, traditional_compatible has no order that can be relied on."""
    return flavour == "traditional_compatible" and min(one.kinds.bit_count(), other.kinds.bit_count()) >= 4


def by_table(flavour: str, one: Standing, other: Standing) -> bool:
    """Whether the choice between two routes depends on all others.

    The traditional router first walks a reduced list, so that a wildcard host can beat a plain one, and
    of routes with headers the one that is found by the header it looks for first.
    """
    return flavour == "traditional" and one.kinds == other.kinds and one != other


def plain_hosts(route: Route) -> bool:
    """Whether the route has hosts and none is a wildcard."""
    return bool(route.hosts) and not any("*" in host for host in route.hosts)


def kinds(route: Route) -> int:
    """The kinds of criteria of a route as bits."""
    return (
        (_HOST if route.hosts else 0)
        | (_HEADER if route.headers else 0)
        | (_PATH if route.paths else 0)
        | (_METHOD if route.methods else 0)
        | (_SNI if route.snis else 0)
    )


def _compatible(route: Route, part: Half) -> int:
    """The 64-bit priority: shifts are done on 32 bits, each result cut to a signed number and extended."""
    terms = [kinds(route).bit_count() << 29, len(route.headers) << 20]
    if part.regex:
        terms.append(route.regex_priority << 19)
    else:
        terms.append(part.length)
    value = 0
    for term in terms:
        value |= _signed(term) & 0xFFFF_FFFF_FFFF_FFFF
    value |= (1 << 60) if plain_hosts(route) else 0
    return value | ((1 << 51) if part.regex else 0)


def _signed(term: int) -> int:
    term &= 0xFFFF_FFFF
    return term - (1 << 32) if term & 0x8000_0000 else term


def _expressions(route: Route) -> int:
    """The priority that KIC computed; for hand-made routes the formula for an Ingress."""
    if route.priority or route.default_backend:
        return route.priority
    longest = max((_expression_length(path) for path in route.paths), default=0)
    regex = any(path.kind is not PathKind.RAW_PREFIX and path.value != "/" for path in route.paths)
    used = kinds(route).bit_count()
    return (
        (3 << 44)
        | (used << 41)
        | (len(route.headers) << 33)
        | (int(plain_hosts(route)) << 32)
        | (int(regex) << 16)
        | longest
    )


def _expression_length(path: PathMatch) -> int:
    extra = 1 if path.kind is PathKind.SEGMENT_PREFIX and path.value != "/" else 0
    return len(path.value.encode()) + extra
