"""How a piece ranks on one host and path, short lists of Kong's classic router included.

Before the classic router walks a whole group of routes it walks the shortest of its lists by host and by
path, and the first piece there wins even over better ranked ones outside (kong-source.md 4.5, step 4).
"""

from __future__ import annotations

import re
from bisect import bisect_left
from collections import Counter
from collections.abc import Iterable, Sequence

from kong2x.emit.apisix.paths import Node
from kong2x.emit.apisix.pieces import ANY_HOST, Piece, Rank, group_of
from kong2x.model.route import Route
from kong2x.verify.kong.classic_index import BIT
from kong2x.verify.kong.classic_piece import wildcard
from kong2x.verify.regex import Untranslatable, literal_end, pcre
from kong2x.verify.uri import wire_bytes

_Order = tuple[int, ...]
_SAMPLE = "zq-7"
"""What follows a prefix in the path that stands for all paths of its node."""


class Ranker:
    """The rank of a piece at a place; without short lists it is the same everywhere."""

    open_inside = False
    """Whether Kong leaves open which of a route's own paths of equal rank it tries first."""

    def at(self, piece: Piece, level: str, node: Node) -> Rank:
        """The rank among the pieces at `node` of the host `level`; the smaller wins."""
        return piece.rank

    def tie_at(self, piece: Piece, level: str, node: Node) -> Rank:
        """The same without what Kong leaves open."""
        return piece.tie

    def reaches(self, piece: Piece, worst: Rank) -> bool:
        """Whether the piece may rank above one of rank `worst` anywhere."""
        return piece.rank < worst

    def turns(self, present: Sequence[Piece], level: str) -> Iterable[Node]:
        """Places at which the order of some pieces on one host may differ from that at wider places."""
        return ()


class ShortLists(Ranker):
    """The ranks of the classic router."""

    open_inside = True

    def __init__(self, routes: Sequence[Route]) -> None:
        self._by_host: Counter[tuple[int, str]] = Counter()
        self._by_path: Counter[tuple[int, str]] = Counter()
        self._literals: dict[str, tuple[_Order, str]] = {}
        self._patterns: dict[str, _Order] = {}
        self._plain: set[str] = set()
        self._wildcards: dict[str, _Order] = {}
        for route in routes:
            self._count(route)
        self._ordered = sorted(self._patterns, key=lambda key: self._patterns[key])
        literals = (Node(True, text) for text in self._literals)
        self._places = sorted((*literals, *(Node(False, text) for text in self._plain)), key=_text)
        self.disputed: dict[str, Sequence[Piece]] = {}
        """The hosts on which lists decide, with the pieces that stand there; filled while these are placed."""
        self.plain_hosts = sorted({h for route in routes for h in route.hosts if "*" not in h})
        self._keys: dict[Node, str] = {}
        self._hosts: dict[str, str] = {}
        self._level, self._node = "", Node(False, "")
        self._here: dict[Piece, tuple[Rank, Rank]] = {}
        """Both ranks at the place that was asked for last: its pieces are compared again and again."""

    @property
    def patterns(self) -> Sequence[str]:
        """All patterns of the table in the order in which Kong tries them."""
        return self._ordered

    def _count(self, route: Route) -> None:
        group, paths = group_of(route), route.kong_paths
        plain_hosts = bool(route.hosts) and not any("*" in host for host in route.hosts)
        for host in route.hosts:
            self._by_host[group, host] += len(paths) or 1
            if "*" in host:
                order = (0, -len(route.headers))
                self._wildcards[host] = min(order, self._wildcards.get(host, order))
        for path in route.kong_paths:
            key = path.removeprefix("~")
            self._by_path[group, key] += 1
            if key == path:
                self._plain.add(key)
                continue
            rank = (-3 if plain_hosts else -1, -len(route.headers), -route.regex_priority)
            text = literal_end(key)
            if text is None:
                self._patterns[key] = min(rank, self._patterns.get(key, rank))
            else:
                self._literals[text] = min((rank, key), self._literals.get(text, (rank, key)))

    def at(self, piece: Piece, level: str, node: Node) -> Rank:
        return self._ranks(piece, level, node)[0]

    def tie_at(self, piece: Piece, level: str, node: Node) -> Rank:
        return self._ranks(piece, level, node)[1]

    def _ranks(self, piece: Piece, level: str, node: Node) -> tuple[Rank, Rank]:
        if self._level != level or self._node != node:
            self._level, self._node = level, node
            self._here = {}
        found = self._here.get(piece)
        if found is None:
            tier = self._tier(piece, level, node)
            found = self._here[piece] = (
                (*piece.rank[:2], *tier, *piece.rank[2:]),
                (*piece.tie[:2], *tier, *piece.tie[2:]),
            )
        return found

    def _tier(self, piece: Piece, level: str, node: Node) -> _Order:
        """0 for patterns that the router finds first, 1 for the rest of a short list, 2 for all others."""
        if piece.group & BIT["header"]:
            return (2,)
        key = piece.path.kong.removeprefix("~")
        if node.exact or not piece.path.regex:
            # A guarded piece stands on a shorter node than its own text.
            hit = key if piece.path.guard and not piece.path.regex else self._key(node)
            return (1,) if self._listed(piece, level, hit) else (2,)
        # Under a prefix only the paths that fulfil the pattern count: they hit it, or one that comes before it.
        found = self._pattern(piece)
        hit = self._key(node)
        before = self._patterns.get(hit)
        if found and before is not None and hit != key and before < found:
            return (1,) if self._listed(piece, level, hit) else (2,)
        first = self._by_own_path(piece, level, key) or "*" not in "".join(piece.route.hosts)
        return (0, *found) if first and found else (2,)

    def _pattern(self, piece: Piece) -> _Order:
        """The place of a pattern among those of the table; empty where it is none."""
        key = piece.path.kong.removeprefix("~")
        literal = self._literals.get(literal_end(key) or "")
        return literal[0] if literal else self._patterns.get(key, ())

    def reaches(self, piece: Piece, worst: Rank) -> bool:
        return piece.rank[:2] <= worst[:2]

    def turns(self, present: Sequence[Piece], level: str) -> Iterable[Node]:
        """The paths that any route of the table names: requests there hit another list."""
        if not self._mixed(present, level):
            return
        self.disputed[level] = present
        taken = {piece.path.node for piece in present}
        prefixes = {node.text for node in taken if not node.exact}
        for text in sorted(prefixes):
            if any(text[:end] in prefixes for end in range(1, len(text))):
                continue
            for place in self._places[bisect_left(self._places, text, key=_text) :]:
                if not place.text.startswith(text):
                    break
                if place not in taken:
                    yield place

    def _mixed(self, present: Sequence[Piece], level: str) -> bool:
        """Whether a short list of one group of routes can hold only some of the pieces on a host."""
        host = self._host(level)
        groups: dict[int, list[Piece]] = {}
        for piece in present:
            if not piece.group & BIT["header"]:
                groups.setdefault(piece.group, []).append(piece)
        for members in groups.values():
            if len({(host in piece.route.hosts, _wild(piece.route)) for piece in members}) > 1:
                return True
            if any(piece.path.kong in self._patterns for piece in members):
                return True
            found = [piece for piece in members if piece.path.regex and not piece.path.node.exact]
            tried = sorted((self._pattern(piece), piece.rank) for piece in found)
            if [rank for _, rank in tried] != sorted(piece.rank for piece in found):
                return True
            keys = {piece.path.kong for piece in found}
            if (len(keys) > 1 and level.startswith("*")) or len({order for order, _ in tried}) < len(keys):
                return True
        return False

    def _listed(self, piece: Piece, level: str, key: str) -> bool:
        """Whether the piece is in the list that is walked first when requests hit the path `key`."""
        if self._by_own_path(piece, level, key):
            return piece.path.kong.removeprefix("~") == key
        host = self._host(level)
        return bool(self._by_host.get((piece.group, host))) and host in piece.route.hosts

    def _by_own_path(self, piece: Piece, level: str, key: str) -> bool:
        """Whether the list of the path is walked first: it must be shorter than that of the host."""
        host = self._host(level)
        by_host = self._by_host.get((piece.group, host), 0) if host else 0
        by_path = self._by_path.get((piece.group, key), 0) if key and piece.group & BIT["path"] else 0
        return bool(by_path) and (not by_host or by_path < by_host)

    def _host(self, level: str) -> str:
        """The host literal that a request for `level` hits: itself, or the first wildcard that fits."""
        if not level.startswith("*") or level == ANY_HOST:
            return level
        found = self._hosts.get(level)
        if found is None:
            name = level.replace("*", _SAMPLE)
            fitting = [
                (order, host != level, host) for host, order in self._wildcards.items() if _fits(host, name)
            ]
            found = self._hosts[level] = min(fitting)[2] if fitting else level
        return found

    def _key(self, node: Node) -> str:
        """The path literal or pattern that requests at `node` hit first in the whole table."""
        found = self._keys.get(node)
        if found is None:
            found = self._keys[node] = self._find_key(node)
        return found

    def _find_key(self, node: Node) -> str:
        path = node.text if node.exact else node.text + _SAMPLE
        best = self._literals.get(path)
        for key in self._ordered:
            order = self._patterns[key]
            if best is not None and best[0] <= order:
                break
            if _matches(key, path):
                best = (order, key)
                break
        if best is not None:
            return best[1]
        for end in range(len(node.text), 0, -1):
            if node.text[:end] in self._plain:
                return node.text[:end]
        return ""


def _text(place: Node) -> str:
    return place.text


def _wild(route: Route) -> bool:
    return any("*" in host for host in route.hosts)


def _fits(host: str, name: str) -> bool:
    return wildcard(host).match(name) is not None


def _matches(pattern: str, path: str) -> bool:
    try:
        return pcre(pattern).match(wire_bytes(path)) is not None
    except (Untranslatable, re.error):
        return False
