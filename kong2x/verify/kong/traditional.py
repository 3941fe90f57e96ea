"""Which route Kong's `traditional` router chooses, its reduced candidate lists included.

The steps are those of kong/router/traditional.lua as kong-source.md 4.5 states them: every path is a
piece of its own; pieces are grouped by their kinds of criteria; the request's *hits* in the indexes
over the whole table decide with which group the search starts and which short list is walked first.
"""

from __future__ import annotations

from collections.abc import Iterable, Iterator, Sequence
from itertools import product

from kong2x.verify.kong.arrival import Arrival
from kong2x.verify.kong.classic_index import BIT, ClassicIndex, Hits
from kong2x.verify.kong.classic_piece import Piece, pieces_of
from kong2x.verify.kong.entities import KongRoute
from kong2x.verify.kong.selection import Candidate, Hit, Selection, without_leading_dots
from kong2x.verify.regex import Untranslatable, pcre
from kong2x.verify.uri import wire_bytes

_LONG = 32
"""A short list from this length on is worth cutting down; only speed depends on it."""


class Group:
    """All pieces with the same kinds of criteria, in the router's order, with an index for each kind."""

    def __init__(self, bits: int) -> None:
        self.bits = bits
        self.all: list[Piece] = []
        self.short: dict[str, dict[str, list[Piece]]] = {kind: {} for kind in BIT}
        self._by_host: dict[tuple[str, ...], list[Piece]] = {}
        self._wildcards: list[Piece] = []
        self._members: dict[int, frozenset[Piece]] = {}

    def add(self, piece: Piece) -> None:
        """Appends a piece; they come in the router's order."""
        self.all.append(piece)
        keys = {
            "host": piece.hosts,
            "header": tuple(header.name for header in piece.headers),
            "path": () if piece.path is None else (piece.key,),
            "method": sorted(piece.methods),
            "sni": sorted(piece.snis),
        }
        for kind, values in keys.items():
            for value in values:
                self.short[kind].setdefault(value, []).append(piece)
        if piece.wildcards:
            self._wildcards.append(piece)

    def reduced(self, arrival: Arrival, hits: Hits) -> list[Piece] | None:
        """The list that is walked before the whole group.

        The header index counts as soon as it has an entry, else the shortest list, of equal ones the
        first of host, path, method, SNI.
        """
        keys = {
            "host": hits.host or arrival.host or "",
            "path": hits.path,
            "method": arrival.method,
            "sni": arrival.sni or "",
        }
        if self.bits & BIT["header"] and hits.header:
            found = self.short["header"].get(hits.header)
            if found is not None:
                return found
        smallest: list[Piece] | None = None
        for kind, key in keys.items():
            if self.bits & BIT[kind] and key is not None:
                found = self.short[kind].get(key)
                if found is not None and (smallest is None or len(found) < len(smallest)):
                    smallest = found
        return smallest

    def serving(self, arrival: Arrival, hits: Hits) -> list[Piece]:
        """The pieces of the whole group whose hosts allow the request, in order."""
        if not self.bits & BIT["host"]:
            return self.all
        key = (hits.host or arrival.host or "", *arrival.classic_hosts)
        found = self._by_host.get(key)
        if found is None:
            index = self.short["host"]
            plain = [*index.get(key[0], ()), *index.get(key[1], ())]
            chosen = [p for p in (*plain, *self._wildcards) if p.host_matches(arrival, hits.host)]
            found = sorted(dict.fromkeys(chosen), key=lambda piece: piece.position)
            self._by_host[key] = found
        return found

    def both(self, short: list[Piece], serving: list[Piece]) -> list[Piece]:
        """The pieces of a short list that can match: a long one is cut down to those of the host."""
        if len(short) <= len(serving) or len(short) < _LONG:
            return short
        members = self._members.get(id(short))
        if members is None:
            members = self._members[id(short)] = frozenset(short)
        return [piece for piece in serving if piece in members]


class Traditional:
    """The `traditional` flavour."""

    def __init__(self, routes: Sequence[KongRoute]) -> None:
        pieces = pieces_of(routes)
        self.doubtful = [piece for piece in pieces if piece.undecidable]
        self.pieces = [piece for piece in pieces if not piece.undecidable]
        groups: dict[int, Group] = {}
        for piece in self.pieces:
            bits = sum(BIT[kind] for kind in piece.kinds)
            groups.setdefault(bits, Group(bits)).add(piece)
        self.groups = sorted(groups.values(), key=lambda group: (-group.bits.bit_count(), -group.bits))
        self.start = {group.bits: at for at, group in enumerate(self.groups)}
        self.index = ClassicIndex(self.pieces)

    def select(self, arrival: Arrival) -> Selection:
        """The route for a request, and every other one that an equal rank could put in its place."""
        first: tuple[Piece, bool, Hits] | None = None
        names: dict[str, None] = {}
        for number, hits in enumerate(self._possible_hits(arrival)):
            found = self._search(arrival, hits)
            for piece, _ in found or ():
                names[piece.route.name] = None
            if not found:
                names[""] = None
            elif number == 0:
                first = (*found[0], hits)
        for piece in self.doubtful:
            if piece.may_match(arrival):
                names[piece.route.name] = None
        tie = tuple(names) if len(names) > 1 else ()
        if first is None:
            return Selection(None, "no route matches", tie)
        piece, short_list, hits = first
        why = f"{piece.criteria}; first of its rank among {' and '.join(piece.kinds)} criteria"
        if short_list and self._beaten(piece, arrival, hits):
            why += ", found in the short list that Kong walks before the whole group"
        return Selection(_hit(piece, arrival), why, tie)

    def _possible_hits(self, arrival: Arrival) -> Iterator[Hits]:
        """The hits in the indexes; several where the order of equal entries is not defined."""
        headers = self.index.headers(arrival)
        hosts, plain_host = self.index.hosts(arrival)
        paths = self.index.paths(arrival)
        bits = BIT["header"] if headers else 0
        bits |= BIT["host"] if hosts or plain_host else 0
        bits |= BIT["path"] if paths else 0
        bits |= BIT["method"] if arrival.method in self.index.methods else 0
        bits |= BIT["sni"] if arrival.sni in self.index.snis else 0
        for header, host, path in product(headers or (None,), hosts or (None,), paths or (None,)):
            yield Hits(bits, host, path, header)

    def _search(self, arrival: Arrival, hits: Hits) -> list[tuple[Piece, bool]] | None:
        """The winner and its equals, each with whether the short list gave it."""
        if not hits.bits:
            return None
        for group in self.groups[self.start.get(hits.bits, 0) :]:
            serving = group.serving(arrival, hits)
            short = group.reduced(arrival, hits)
            if short:
                found = _first(group.both(short, serving), arrival, hits)
                if found:
                    return [(piece, True) for piece in found]
            found = _first(serving, arrival, hits)
            if found:
                return [(piece, False) for piece in found]
        return None

    def _beaten(self, piece: Piece, arrival: Arrival, hits: Hits) -> bool:
        """Whether the whole group would have given another piece."""
        group = self.groups[self.start[sum(BIT[kind] for kind in piece.kinds)]]
        found = _first(group.serving(arrival, hits), arrival, hits)
        return bool(found) and piece not in found

    def undecidable(self) -> dict[str, str]:
        """The reason by route where a pattern cannot be evaluated."""
        return {piece.route.name: piece.undecidable for piece in self.doubtful}

    def candidates(self, arrival: Arrival) -> Iterator[Candidate]:
        """Every piece in the order of groups and ranks, with the reason why it lost."""
        hits = next(self._possible_hits(arrival))
        found = self._search(arrival, hits)
        winner = found[0][0] if found else None
        start = self.start.get(hits.bits, 0)
        for at, group in enumerate(self.groups):
            for piece in group.all:
                rank = f"{len(piece.kinds)} kinds ({', '.join(piece.kinds)}), {piece.rank}"
                missing = piece.missing(arrival, hits)
                if piece is winner:
                    reason = "wins"
                elif missing:
                    reason = missing
                elif at < start or not hits.bits:
                    reason = "not tried: another group has exactly the kinds that this request hits"
                else:
                    reason = f"matches, but {winner.route.name if winner else 'nothing'} is found first"
                yield Candidate(piece.route.name, piece.path or "", rank, not missing, reason)
        for piece in self.doubtful:
            yield Candidate(
                piece.route.name,
                piece.path or "",
                "undecidable",
                False,
                f"cannot be decided: {piece.undecidable}",
            )


def _first(pieces: Iterable[Piece], arrival: Arrival, hits: Hits) -> list[Piece]:
    """The first piece that matches, and those of equal rank that match as well."""
    found: list[Piece] = []
    for piece in pieces:
        if found and piece.sort_key != found[0].sort_key:
            break
        if piece.matches(arrival, hits):
            found.append(piece)
    return found


def _hit(piece: Piece, arrival: Arrival) -> Hit:
    """What the winning piece matched of the path."""
    path = arrival.path
    if piece.path is None:
        return Hit(piece.route, "", path[1:])
    if piece.regex is None:
        return Hit(piece.route, piece.path, without_leading_dots(path[len(wire_bytes(piece.key)) :]))
    # Kong appends the group to the pattern, so a top-level alternation captures the rest of the
    # path in its last branch only; where it is missing, the whole path counts as the rest.
    try:
        found = pcre(f"{piece.key}(?<uri_postfix>.*)").match(path)
    except Untranslatable:
        found = None
    if not found or found["uri_postfix"] is None:
        numbered = found.groups()[:-1] if found else ()
        return Hit(piece.route, piece.path, path[1:], _captures(numbered, {}))
    named = {name: value for name, value in found.groupdict().items() if name != "uri_postfix"}
    rest = without_leading_dots(found["uri_postfix"])
    return Hit(piece.route, piece.path, rest, _captures(found.groups()[:-1], named))


def _captures(numbered: Sequence[bytes | None], named: dict[str, bytes | None]) -> dict[str, bytes]:
    by_number = {str(at): value for at, value in enumerate(numbered, 1)}
    return {name: value for name, value in (by_number | named).items() if value is not None}
