"""What a match asks for besides its path: when two such terms can hold together, and which cover which."""

from __future__ import annotations

from dataclasses import dataclass, field
from typing import NamedTuple

from kong2x.emit.gateway_api.draft import EXACT, Criterion, Match


class _Parts(NamedTuple):
    method: str | None
    headers: tuple[Criterion, ...]
    query: tuple[Criterion, ...]


@dataclass(slots=True, eq=False)
class Terms:
    """Method, headers and query of some matches. Equal ones are one object, so answers are remembered."""

    method: str | None
    headers: tuple[Criterion, ...]
    query: tuple[Criterion, ...]
    _compatible: dict[Terms, bool] = field(default_factory=dict, repr=False)
    _covered: dict[Terms, bool] = field(default_factory=dict, repr=False)
    _both: dict[Terms, _Parts | None] = field(default_factory=dict, repr=False)

    def compatible(self, other: Terms) -> bool:
        """Whether both can hold for one request."""
        found = self._compatible.get(other)
        if found is None:
            found = self._compatible[other] = compatible(self, other)
        return found

    def cover(self, inner: Terms) -> bool:
        """Whether each request that fulfils `inner` fulfils these."""
        found = self._covered.get(inner)
        if found is None:
            found = self._covered[inner] = (
                (not self.method or self.method == inner.method)
                and _within(self.headers, inner.headers)
                and _within(self.query, inner.query)
            )
        return found

    def both(self, other: Terms) -> _Parts | None:
        """The terms for requests that fulfil both, these first; None when they cannot be written.

        Two different criteria for one header cannot stand in one match.
        """
        if other not in self._both:
            headers, query = _union(self.headers, other.headers), _union(self.query, other.query)
            written = headers is not None and query is not None
            self._both[other] = (
                _Parts(self.method or other.method, headers or (), query or ()) if written else None
            )
        return self._both[other]


class TermsOf:
    """The terms of matches, equal ones as one object."""

    def __init__(self) -> None:
        self._known: dict[_Parts, Terms] = {}

    def __call__(self, match: Match) -> Terms:
        parts = _Parts(match.method, match.headers, match.query)
        found = self._known.get(parts)
        if found is None:
            found = self._known[parts] = Terms(*parts)
        return found


def compatible(one: Match | Terms, other: Match | Terms) -> bool:
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


def _within(outer: tuple[Criterion, ...], inner: tuple[Criterion, ...]) -> bool:
    have = {(c.name.lower(), c.type, c.value) for c in inner}
    return all((c.name.lower(), c.type, c.value) in have for c in outer)


def _union(one: tuple[Criterion, ...], other: tuple[Criterion, ...]) -> tuple[Criterion, ...] | None:
    found = {c.name.lower(): c for c in one}
    for criterion in other:
        old = found.get(criterion.name.lower())
        if old is not None and old[1:] != criterion[1:]:
            return None
        found.setdefault(criterion.name.lower(), criterion)
    return tuple(found.values())
