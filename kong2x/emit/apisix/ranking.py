"""Which units must be tried before which others in one place, and the fewest priorities that say so."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from typing import TYPE_CHECKING

from kong2x.emit.apisix.paths import Node
from kong2x.emit.apisix.pieces import Piece, Rank
from kong2x.emit.apisix.short_lists import Ranker

if TYPE_CHECKING:
    from kong2x.emit.apisix.precedence import Unit

_MANY = 40
"""From so many units in one place on, each is only compared with its neighbours in rank."""


class Edges:
    """`below[unit]` are the units that must have a lower priority; `ties` have no order in Kong."""

    def __init__(self, units: Sequence[Unit], ranker: Ranker) -> None:
        self.below: dict[Unit, dict[Unit, None]] = {}
        self.ties: list[tuple[Piece, Piece]] = []
        self.places: dict[tuple[str, Node], list[Unit]] = {}
        for unit in units:
            for level in unit.levels:
                for node in unit.nodes:
                    self.places.setdefault((level, node), []).append(unit)
        for (level, node), standing in self.places.items():
            if len(standing) > 1:
                self._order(standing, level, node, ranker)

    def alone(self, unit: Unit, path: Node, prefix: Node) -> bool:
        """Whether nobody else is tried between an exact path and a prefix that covers it."""
        between = [Node(False, path.text[:end]) for end in range(len(prefix.text), len(path.text) + 1)]
        return all(
            self.places.get((level, node), [unit]) == [unit]
            for level in unit.levels
            for node in (path, *between)
        )

    def _order(self, units: Sequence[Unit], level: str, node: Node, ranker: Ranker) -> None:
        rows = sorted(((_best(unit, level, node, ranker), unit) for unit in units), key=lambda row: row[0][0])
        for at, ((_, first), unit) in enumerate(rows):
            chain = len(rows) > _MANY
            for (_, second), other in rows[at + 1 : at + 2] if chain else rows[at + 1 :]:
                rivals = unit.order != other.order
                # Two rules of one route that strips its paths cut off different parts.
                meets = (rivals or first.cuts) and first.may_meet(second)
                if meets or chain:
                    self.below.setdefault(unit, {})[other] = None
                if (
                    meets
                    and rivals
                    and ranker.tie_at(first, level, node) == ranker.tie_at(second, level, node)
                ):
                    self.ties.append((first, second))


def _best(unit: Unit, level: str, node: Node, ranker: Ranker) -> tuple[tuple[Rank, int], Piece]:
    """The best rank with which a unit answers paths of a node."""
    fitting = [
        piece
        for piece in unit.pieces
        if piece.path.node == node or (node.below(piece.path.node) and piece.path.may_match(node))
    ]
    best = min(fitting or unit.pieces, key=lambda piece: ranker.at(piece, level, node))
    return (ranker.at(best, level, node), unit.order), best


def layers(
    units: Sequence[Unit], below: Mapping[Unit, Mapping[Unit, None]]
) -> tuple[dict[Unit, int], list[Unit]]:
    """How many units lie below each one on the longest way, and the units on circles."""
    above: dict[Unit, list[Unit]] = {}
    waiting: dict[Unit, int] = {}
    for unit, others in below.items():
        waiting[unit] = len(others)
        for other in others:
            above.setdefault(other, []).append(unit)
    depth = dict.fromkeys(units, 0)
    ready = [unit for unit in units if not waiting.get(unit)]
    done = 0
    while ready:
        unit = ready.pop()
        done += 1
        for higher in above.get(unit, ()):
            depth[higher] = max(depth[higher], depth[unit] + 1)
            waiting[higher] -= 1
            if not waiting[higher]:
                ready.append(higher)
    if done == len(units):
        return depth, []
    circular = [unit for unit in units if waiting.get(unit)]
    # What is left of a circle is ordered by rank; the pairs that this contradicts are told.
    start = max(depth.values(), default=0)
    for at, unit in enumerate(sorted(circular, key=lambda u: min(p.rank for p in u.pieces), reverse=True)):
        depth[unit] = start + 1 + at
    return depth, circular
