"""Where each piece stands in APISIX's tree and with which priority, so that Kong's winner wins there.

APISIX goes by host (exact, wildcard by length, any), then by path (exact, then prefixes by length) and
compares priorities only inside one such place (apisix-target.md 4.3). Three steps restore Kong's order:

1. a piece that must win over one on a more specific host is written on that host as well;
2. a piece that must win over one on a longer path is written on that path as well ("lifted");
3. inside each place the order becomes priorities, as few different ones as the order needs.

Whoever is written at a place then ranks above everybody who is not, so falling through keeps the order.
"""

from __future__ import annotations

import re
from bisect import bisect_left
from collections.abc import Iterable, Iterator, Mapping, Sequence
from dataclasses import dataclass, field

from kong2x.emit.apisix.paths import Node
from kong2x.emit.apisix.pieces import ANY_HOST, Piece, Rank
from kong2x.emit.apisix.ranking import Edges, layers
from kong2x.emit.apisix.short_lists import Ranker

STEP = 10
"""Between two priorities there is room for rules that somebody adds by hand."""


@dataclass(eq=False)
class Unit:
    """Pieces of one route that become one rule: the same hosts and conditions, `nodes` as paths."""

    pieces: tuple[Piece, ...]
    levels: tuple[str, ...]
    nodes: tuple[Node, ...]
    priority: int = 0
    lifted: bool = False
    """Whether it stands on hosts that the route does not name."""

    @property
    def order(self) -> int:
        """The place of the route in the model."""
        return self.pieces[0].order


@dataclass(slots=True)
class Placement:
    """All units, the ties that the order leaves open, and pairs whose order could not be had."""

    units: list[Unit]
    ties: list[tuple[Piece, Piece]] = field(default_factory=list)
    lost: list[tuple[Unit, Unit]] = field(default_factory=list)


Where = dict[Piece, set[Node]]


def place(pieces: Sequence[Piece], ranker: Ranker) -> Placement:
    """The units of all pieces with their priorities; near-linear in the number of pieces."""
    levels = _Levels(pieces, ranker)
    ties: list[tuple[Piece, Piece]] = []
    placed = {level: _lifted(levels.present(level), level, ranker, ties) for level in levels.own}
    result = Placement(list(_units(pieces, placed)))
    _prioritise(result, ranker)
    result.ties += ties
    return result


class _Levels:
    """The pieces by host, and who else must stand there."""

    def __init__(self, pieces: Sequence[Piece], ranker: Ranker) -> None:
        self.own: dict[str, list[Piece]] = {}
        self.ranker = ranker
        for piece in pieces:
            for host in piece.hosts:
                self.own.setdefault(host, []).append(piece)
        free = sorted(self.own.get(ANY_HOST, ()), key=lambda piece: piece.rank)
        self.free = [piece for piece in free if not piece.alias]
        self.free_ranks = [piece.rank for piece in self.free]
        self.aliases = [piece for piece in free if piece.alias]

    def present(self, level: str) -> list[Piece]:
        """The pieces that stand at `level`."""
        own = self.own[level]
        if level == ANY_HOST:
            return own
        worst = max(piece.rank for piece in own)
        standing = list(dict.fromkeys(own))
        known = set(standing)
        for piece in sorted(self._candidates(level, worst), key=lambda piece: piece.rank, reverse=True):
            if piece not in known and any(self._above(piece, other, level) for other in standing):
                standing.append(piece)
        return standing

    def _above(self, piece: Piece, other: Piece, level: str) -> bool:
        """Whether `piece` must be tried before `other` for some request to `level`."""
        if not piece.may_meet(other):
            return False
        mine, theirs = piece.path.node, other.path.node
        node = mine if mine.below(theirs) else theirs
        return self.ranker.at(piece, level, node) < self.ranker.at(other, level, node)

    def _candidates(self, level: str, worst: Rank) -> Iterator[Piece]:
        """The pieces on less specific hosts that take requests for `level` and may rank above its last."""
        for wildcard in _wider(level):
            for piece in self.own.get(wildcard, ()):
                if self.ranker.reaches(piece, worst):
                    yield piece
        yield from self.free[: bisect_left(self.free_ranks, worst)]
        for piece in self.aliases:
            fits = level.startswith("*") or re.search(piece.alias, level)
            if fits and self.ranker.reaches(piece, worst):
                yield piece


def _wider(host: str) -> Iterator[str]:
    """The wildcards that cover a host, the longest first."""
    labels = host.removeprefix("*.").split(".")
    for at in range(1, len(labels)):
        yield "*." + ".".join(labels[at:])


def _lifted(present: Sequence[Piece], level: str, ranker: Ranker, ties: list[tuple[Piece, Piece]]) -> Where:
    """The nodes of each piece at one level: its own, and longer ones where it must be tried first.

    A piece that Kong does not rank against one on a longer path loses to it here; `ties` gets the pair.
    """
    where: Where = {piece: {piece.path.node} for piece in present}
    if len({piece.order for piece in present}) < 2 and not present[0].cuts:
        return where
    at: dict[Node, list[Piece]] = {}
    for piece in present:
        at.setdefault(piece.path.node, []).append(piece)
    prefixes: dict[str, Node] = {node.text: node for node in at if not node.exact}
    for node, standing in at.items():
        above = [piece for wider in _above(node, prefixes) for piece in at[wider]]
        if not above:
            continue
        here = _Standing(level, node, ranker)
        for piece in standing:
            here.add(piece, ranker.at(piece, level, node))
        ranked = sorted(((ranker.at(piece, level, node), piece) for piece in above), key=_first, reverse=True)
        for rank, piece in ranked:
            if not piece.path.may_match(node):
                continue
            ties += here.equals(piece)
            if here.loses_to(piece, rank):
                here.add(piece, rank)
                where[piece].add(node)
    for node in ranker.turns(present, level):
        for piece in _turned(node, where, prefixes, level, ranker):
            where[piece].add(node)
    return where


def _turned(
    node: Node, where: Where, prefixes: Mapping[str, Node], level: str, ranker: Ranker
) -> Iterator[Piece]:
    """The pieces that Kong tries at `node` before some that APISIX comes to first on the way to wider places."""
    wider = dict.fromkeys(_above(node, prefixes))
    tried = [
        (-max(len(place.text) for place in places), piece)
        for piece, nodes in where.items()
        if (places := wider.keys() & nodes) and piece.path.may_match(node)
    ]
    now = sorted(
        tried, key=lambda pair: (pair[0], ranker.at(pair[1], level, Node(False, node.text[: -pair[0]])))
    )
    here: list[tuple[Rank, Piece]] = []
    for at, (_, piece) in enumerate(now):
        rank = ranker.at(piece, level, node)
        if any(rank < ranker.at(other, level, node) and piece.may_meet(other) for _, other in now[:at]):
            here.append((rank, piece))
    chosen = {piece for _, piece in here}
    for _, piece in reversed(now) if here else ():
        rank = ranker.at(piece, level, node)
        if piece not in chosen and any(rank < other and piece.may_meet(below) for other, below in here):
            here.append((rank, piece))
    yield from (piece for _, piece in here)


class _Standing:
    """The pieces at one place, found by their rank and by what Kong leaves open."""

    def __init__(self, level: str, node: Node, ranker: Ranker) -> None:
        self._place, self._ranker = (level, node), ranker
        self._rows: list[tuple[Rank, Piece]] = []
        self._last: Rank | None = None
        self._equal: dict[Rank, dict[Piece, int]] = {}
        self._patterns: dict[Rank, dict[Piece, int]] = {}

    def add(self, piece: Piece, rank: Rank) -> None:
        """Lets a piece stand here."""
        at = len(self._rows)
        self._rows.append((rank, piece))
        self._last = rank if self._last is None else max(self._last, rank)
        self._equal.setdefault(self._ranker.tie_at(piece, *self._place), {})[piece] = at
        if piece.path.regex:
            self._patterns.setdefault(piece.tie, {})[piece] = at

    def loses_to(self, piece: Piece, rank: Rank) -> bool:
        """Whether `piece`, of this rank here, must be tried before one that stands here."""
        if self._last is None or rank >= self._last:
            return False
        return any(rank < other and piece.may_meet(below) for other, below in self._rows)

    def equals(self, piece: Piece) -> list[tuple[Piece, Piece]]:
        """The pairs of `piece` and those that Kong may just as well try before it.

        Which of several patterns that match a path decides on the classic router's short list is open too,
        and so is which path of one route matches, and is cut off.
        """
        found = dict(self._equal.get(self._ranker.tie_at(piece, *self._place), ()))
        if piece.path.regex:
            found |= self._patterns.get(piece.tie, {})
        inside = self._ranker.open_inside and piece.cuts
        return [
            (other, piece)
            for other in sorted(found, key=found.__getitem__)
            if (other.order != piece.order or (inside and other.path.kong != piece.path.kong))
            and other.may_meet(piece)
        ]


def _first(pair: tuple[Rank, Piece]) -> Rank:
    return pair[0]


def _above(node: Node, prefixes: Mapping[str, Node]) -> Iterator[Node]:
    """The prefix nodes that take every path of `node`."""
    for end in range(1, len(node.text) + (1 if node.exact else 0)):
        found = prefixes.get(node.text[:end])
        if found is not None:
            yield found


def _units(pieces: Sequence[Piece], placed: Mapping[str, Where]) -> Iterator[Unit]:
    """The pieces of a route with equal conditions, and of these the levels with equal nodes, together."""
    by_level: dict[Piece, dict[str, set[Node]]] = {}
    for level, where in placed.items():
        for piece, nodes in where.items():
            by_level.setdefault(piece, {})[level] = nodes
    families: dict[tuple[object, ...], list[Piece]] = {}
    for piece in pieces:
        families.setdefault(_family(piece), []).append(piece)
    for members in families.values():
        yield from _family_units(members, by_level)


def _family(piece: Piece) -> tuple[object, ...]:
    """What the pieces of one rule have in common; guarded ones share their rank too, as they share the guard."""
    guarded = bool(piece.path.guard)
    return (piece.order, piece.alias, piece.path.raw, guarded, piece.tie if guarded else None)


def _family_units(
    members: Sequence[Piece], by_level: Mapping[Piece, Mapping[str, set[Node]]]
) -> Iterator[Unit]:
    rows: dict[str, dict[Piece, frozenset[Node]]] = {}
    for piece in members:
        for level, nodes in by_level[piece].items():
            rows.setdefault(level, {})[piece] = frozenset(nodes)
    alike: dict[tuple[object, ...], list[str]] = {}
    for level, row in rows.items():
        key = (level == ANY_HOST, frozenset(row.items()))
        alike.setdefault(key, []).append(level)
    own = set(members[0].hosts)
    for levels in alike.values():
        row = rows[levels[0]]
        ordered = dict.fromkeys(node for piece in members for node in _ordered(piece, row.get(piece, ())))
        named = [level for level in members[0].hosts if level in levels]
        named += sorted(level for level in levels if level not in own)
        present = tuple(piece for piece in members if piece in row)
        yield Unit(present, tuple(named), tuple(ordered), lifted=not own & set(levels))


def _ordered(piece: Piece, nodes: Iterable[Node]) -> list[Node]:
    """The piece's own node first, then those it was lifted to."""
    return sorted(nodes, key=lambda node: (node != piece.path.node, node.text, not node.exact))


def _prioritise(result: Placement, ranker: Ranker) -> None:
    """Priorities from the order inside each place; units whose order is circular are taken apart."""
    for attempt in range(2):
        edges = Edges(result.units, ranker)
        depth, circular = layers(result.units, edges.below)
        if not circular or attempt:
            break
        split = set(circular)
        result.units = [
            part for unit in result.units for part in (_apart(unit) if unit in split else (unit,))
        ]
    result.ties, result.lost = edges.ties, []
    for unit in circular:
        for other in edges.below.get(unit, ()):
            if depth[unit] <= depth[other]:
                result.lost.append((unit, other))
    for unit in result.units:
        unit.nodes = _needed(unit, edges)
        unit.priority = depth[unit] * STEP
        if unit.pieces[0].route.default_backend and not unit.priority:
            unit.priority = -STEP


def _needed(unit: Unit, edges: Edges) -> tuple[Node, ...]:
    """The nodes without exact paths that a prefix of the same unit answers just as well."""
    prefixes = [node for node in unit.nodes if not node.exact]
    return tuple(
        node
        for node in unit.nodes
        if not node.exact
        or not any(node.below(prefix) and edges.alone(unit, node, prefix) for prefix in prefixes)
    )


def _apart(unit: Unit) -> Iterator[Unit]:
    """One unit a piece and host level."""
    for piece in unit.pieces:
        nodes = tuple(
            node
            for node in unit.nodes
            if node == piece.path.node or (node.below(piece.path.node) and piece.path.may_match(node))
        )
        for level in unit.levels:
            yield Unit((piece,), (level,), nodes, lifted=unit.lifted)
