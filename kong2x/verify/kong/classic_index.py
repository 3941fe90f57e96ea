"""What a request hits in the `traditional` router's indexes over all routes together."""

from __future__ import annotations

import re
from collections.abc import Iterable, Sequence
from dataclasses import dataclass
from typing import TYPE_CHECKING, AnyStr, Generic

from kong2x.verify.kong.arrival import Arrival
from kong2x.verify.regex import literal_end, literal_prefix

if TYPE_CHECKING:
    from kong2x.verify.kong.classic_piece import Piece

BIT = {"host": 0x40, "header": 0x20, "path": 0x10, "method": 0x08, "sni": 0x04}
"""The weight of each kind; groups of as many kinds are tried by descending sum."""


@dataclass(frozen=True, slots=True)
class Hits:
    """The kinds that a request hits at all, and what it hits in the indexes of wildcard hosts, paths, headers.

    `host` is a wildcard, None where a plain host was hit or none; `path` is a literal or the text of a
    regex; `header` is a name.
    """

    bits: int
    host: str | None
    path: str | None
    header: str | None


@dataclass(frozen=True, slots=True)
class _Pattern(Generic[AnyStr]):
    position: int
    sort_key: tuple[float, ...]
    value: str
    regex: re.Pattern[AnyStr]


class ClassicIndex:
    """The indexes; each look-up answers several values where pieces of equal rank compete for one."""

    def __init__(self, pieces: Sequence[Piece]) -> None:
        self.methods = {method for piece in pieces for method in piece.methods}
        self.snis: set[str | None] = {sni for piece in pieces for sni in piece.snis}
        self._plain_hosts = {host for piece in pieces for host in piece.plain_hosts}
        self._wildcards = _first_of_each(
            _Pattern(p.position, p.sort_key, value, regex) for p in pieces for value, regex in p.wildcards
        )
        self._wildcard_hits: dict[str, tuple[str, ...]] = {}
        self._plain_paths = {p.text: p.key for p in pieces if p.path is not None and p.regex is None}
        self._lengths = sorted({len(text) for text in self._plain_paths}, reverse=True)
        self._header_ranks = _header_ranks(pieces)
        self._literals: dict[bytes, list[_Pattern[bytes]]] = {}
        self._patterns: dict[bytes, list[_Pattern[bytes]]] = {}
        for entry in _first_of_each(
            _Pattern(p.position, p.sort_key, p.key, p.regex) for p in pieces if p.regex is not None
        ):
            literal = literal_end(entry.value)
            if literal is None:
                self._patterns.setdefault(literal_prefix(entry.value).encode(), []).append(entry)
            else:
                self._literals.setdefault(literal.encode(), []).append(entry)

        self._pattern_lengths = sorted({len(prefix) for prefix in self._patterns})

    def _patterns_for(self, path: bytes) -> list[_Pattern[bytes]]:
        """The patterns whose literal beginning the path has, in the router's order."""
        found: list[_Pattern[bytes]] = []
        for length in self._pattern_lengths:
            if length > len(path):
                break
            found.extend(self._patterns.get(path[:length], ()))
        return sorted(found, key=lambda entry: entry.position)

    def headers(self, arrival: Arrival) -> tuple[str, ...]:
        """The header name that is hit: the first of all names in the table that the request carries."""
        for names in self._header_ranks:
            present = tuple(name for name in names if arrival.header(name) is not None)
            if present:
                return present
        return ()

    def hosts(self, arrival: Arrival) -> tuple[tuple[str, ...], bool]:
        """The wildcard that is hit, and whether a plain host is (then no wildcard is looked for)."""
        if arrival.host is None:
            return (), False
        without_port, with_port = arrival.classic_hosts
        if with_port in self._plain_hosts or without_port in self._plain_hosts:
            return (), True
        found = self._wildcard_hits.get(with_port)
        if found is None:
            matching = [entry for entry in self._wildcards if entry.regex.match(with_port)]
            found = tuple(entry.value for entry in matching if entry.sort_key == matching[0].sort_key)
            self._wildcard_hits[with_port] = found
        return found, False

    def paths(self, arrival: Arrival) -> tuple[str, ...]:
        """The path that is hit: the first regex that matches, else the longest literal prefix."""
        path = arrival.path
        ends = (path, path[:-1]) if path.endswith(b"\n") else (path,)
        matching = [entry for end in ends for entry in self._literals.get(end, ())]
        best = min(matching, key=lambda entry: entry.position, default=None)
        for entry in self._patterns_for(path):
            if best is not None and entry.position > best.position and entry.sort_key != best.sort_key:
                break
            if entry.regex.match(path):
                matching.append(entry)
                best = entry if best is None or entry.position < best.position else best
        if best is not None:
            matching.sort(key=lambda entry: entry.position)
            return tuple(entry.value for entry in matching if entry.sort_key == best.sort_key)
        for length in self._lengths:
            hit = self._plain_paths.get(path[:length]) if length <= len(path) else None
            if hit is not None:
                return (hit,)
        return ()


def _first_of_each(entries: Iterable[_Pattern[AnyStr]]) -> list[_Pattern[AnyStr]]:
    """The entries without repeated values; the first of a value stays."""
    first: dict[str, _Pattern[AnyStr]] = {}
    for entry in entries:
        first.setdefault(entry.value, entry)
    return list(first.values())


def _header_ranks(pieces: Sequence[Piece]) -> list[list[str]]:
    """Header names in the order of the index, those of equal rank together.

    The order inside one route is that of a hash table, and so not defined.
    """
    ranks: list[list[str]] = []
    seen: set[str] = set()
    last: tuple[float, ...] | None = None
    for piece in pieces:
        for header in piece.headers:
            if header.name not in seen:
                seen.add(header.name)
                if piece.sort_key != last:
                    ranks.append([])
                    last = piece.sort_key
                ranks[-1].append(header.name)
    return ranks
