"""What of a Kong route competes for a request, and with which rank: one piece a path and kind of host.

The ranks follow kong-source.md 4.5, one scheme a router flavour; a smaller rank wins.
"""

from __future__ import annotations

import uuid
from collections.abc import Callable, Iterable
from dataclasses import dataclass
from typing import Any

from kong2x.emit.apisix import codes
from kong2x.emit.apisix.desk import Desk
from kong2x.emit.apisix.paths import TargetPath, everything, target_paths
from kong2x.emit.apisix.patterns import literal, refused
from kong2x.model.route import Feature, Route, RouteModel
from kong2x.verify.kong.classic_index import BIT
from kong2x.verify.kong.compatible import pieces_of as compatible_pieces
from kong2x.verify.kong.compatible import priority as compatible_priority
from kong2x.verify.kong.entities import KongRoute
from kong2x.verify.kong.from_model import routes_of_model
from kong2x.verify.uri import wire_bytes

Rank = tuple[Any, ...]
ANY_HOST = ""

_PLAIN_HOSTS, _REGEX_PATH = 2, 1


@dataclass(frozen=True, slots=True, eq=False)
class Piece:
    """One path of one route on some hosts.

    `hosts` are the host levels it is written at; `alias` is a condition on the host for names that
    end in a wildcard, which APISIX cannot hold as hosts. `rank` orders pieces; pieces with equal `tie`
    have no order in Kong. `group` is the set of kinds of criteria that the route uses.
    """

    route: Route
    order: int
    path: TargetPath
    hosts: tuple[str, ...]
    alias: str
    rank: Rank
    tie: Rank
    group: int

    @property
    def cuts(self) -> bool:
        """Whether the backend's path depends on which path of the route matched."""
        return self.route.strip_path or self.route.rewrite is not None

    def may_meet(self, other: Piece) -> bool:
        """Whether one request may fulfil both, hosts aside."""
        mine, theirs = self.route.methods, other.route.methods
        if mine and theirs and set(mine).isdisjoint(theirs):
            return False
        return self.path.overlaps(other.path)


def pieces_of(model: RouteModel, desk: Desk) -> list[Piece]:
    """All pieces, with remarks about paths and hosts told at the desk."""
    ranking = _ranking(model)
    found: list[Piece] = []
    for order, route in enumerate(model.routes):
        if not _readable(route, desk):
            continue
        rank_of = ranking(order)
        group = group_of(route)
        places = list(_places(route, desk))
        for path in _paths(route, desk):
            rank, tie = rank_of(path)
            for hosts, alias in places:
                found.append(Piece(route, order, path, hosts, alias, rank, tie, group))
    return found


def _readable(route: Route, desk: Desk) -> bool:
    """Whether PCRE takes the patterns for headers and parameters; a route that cannot be asked for is left out."""
    found = [
        *((Feature.HEADERS, pattern) for header in route.headers for pattern in header.patterns),
        *((Feature.QUERY, query.value) for query in route.query if query.regex),
    ]
    unreadable = [(feature, text, problem) for feature, text in found if (problem := refused(text))]
    for feature, text, problem in unreadable:
        desk.say(
            codes.REGEX_REFUSED,
            f"The pattern {text} for {'a header' if feature is Feature.HEADERS else 'a parameter'} has {problem}; "
            "APISIX reads PCRE, so requests that ask for it are not answered by this route.",
            about=route,
            feature=feature,
        )
    return not unreadable


def group_of(route: Route) -> int:
    """The kinds of criteria of a route as the classic router's bits."""
    return sum(BIT[kind] for kind in _kinds(route))


def _kinds(route: Route) -> tuple[str, ...]:
    present = {
        "host": route.hosts,
        "header": route.headers,
        "path": route.paths,
        "method": route.methods,
        "sni": route.snis,
    }
    return tuple(kind for kind, values in present.items() if values)


def _places(route: Route, desk: Desk) -> Iterable[tuple[tuple[str, ...], str]]:
    """The host levels of a route, and those of its hosts that only a condition can tell."""
    named = tuple(dict.fromkeys(host.lower() for host in route.hosts if not host.endswith(".*")))
    aliases = [host for host in route.hosts if host.endswith(".*")]
    if not route.hosts:
        yield (ANY_HOST,), ""
        return
    written = [host for host in route.hosts if host != host.lower()]
    if written:
        desk.say(
            codes.HOST_CASE,
            f"Kong answers for the host {written[0]} only where clients write it just so; APISIX compares hosts "
            "without case, so other spellings are answered too.",
            about=route,
            feature=Feature.HOSTS,
        )
    if named:
        yield tuple(ANY_HOST if host == "*" else host for host in named), ""
    if aliases and desk.model.facts.router == "expressions":
        desk.say(
            codes.DEAD_HOST,
            f"The host {aliases[0]} is literal text to Kong's expressions router, so no request ever matches it.",
            about=route,
            feature=Feature.HOSTS,
        )
    elif aliases:
        stems = "|".join(literal(host[:-2]) for host in aliases)
        yield (ANY_HOST,), rf"^(?:{stems})\..+" if len(aliases) > 1 else rf"^{stems}\..+"


def _paths(route: Route, desk: Desk) -> list[TargetPath]:
    if not route.paths:
        return [everything()]
    found: dict[tuple[object, ...], TargetPath] = {}
    for match in route.paths:
        reading = target_paths(match, desk.model.facts.router)
        for code, sentence in reading.remarks:
            desk.say(codes.BY_ID[code], sentence, about=route, feature=Feature.PATHS, leaf=match.source)
            if match.source is not None:
                level = codes.BY_ID[code].level
                desk.emission.settle((match.source,), level, code)
        for path in reading.paths:
            found.setdefault((path.node, path.guard, path.raw), path)
    return list(found.values())


RankOf = Callable[[TargetPath], tuple[Rank, Rank]]


def _ranking(model: RouteModel) -> Callable[[int], RankOf]:
    flavour = model.facts.router
    if flavour == "expressions":
        return lambda order: _by_expression(model.routes[order])
    if flavour == "traditional":
        return lambda order: _by_kinds(model.routes[order], model.facts.database)
    kong: list[KongRoute | None] = [None] * len(model.routes)
    for route in routes_of_model(model):
        kong[route.order] = route
    return lambda order: _by_priority(kong[order], model.routes[order])


def _by_kinds(route: Route, database: bool) -> RankOf:
    """The classic order: kinds, then plain hosts, regex, headers, regex_priority, length, age."""
    kinds = _kinds(route)
    bits = sum(BIT[kind] for kind in kinds)
    plain = _PLAIN_HOSTS if route.hosts and not any("*" in host for host in route.hosts) else 0
    age = route.created_at if database else ""

    def rank_of(path: TargetPath) -> tuple[Rank, Rank]:
        regex = _REGEX_PATH if path.regex else 0
        length = 0 if regex else len(wire_bytes(path.kong))
        tail = (-len(route.headers), -route.regex_priority if regex else 0, -length, age)
        tie = (-len(kinds), -bits, -(plain | regex), *tail)
        written = (not path.node.exact, _place(route, path))
        return (*tie, route.id, route.name, *written), tie

    return rank_of


def _by_priority(route: KongRoute | None, source: Route) -> RankOf:
    """The 64-bit priority of the piece that holds the path, then the larger id."""
    assert route is not None
    order = route.order
    pieces = compatible_pieces(route)
    of_path = {path: piece for piece in pieces for path in piece.paths}
    unordered = len(route.kinds) >= 4

    def rank_of(path: TargetPath) -> tuple[Rank, Rank]:
        piece = of_path.get(path.kong, pieces[0])
        priority = compatible_priority(piece)
        tie: Rank = (0,) if unordered else (1, -priority, piece.id or order)
        rank = (0 if unordered else 1, -priority, -_number(piece.id), order, _place(source, path))
        if not piece.id and not unordered:
            tie = (1, -priority)
        return rank, tie

    return rank_of


def _by_expression(route: Route) -> RankOf:
    """KIC's own priority, then the larger id; the same for all paths of a route."""
    rank = (-route.priority, -_number(route.id), route.name)
    tie = (-route.priority, route.id or "")
    return lambda path: ((*rank, _place(route, path)), tie)


def _place(route: Route, path: TargetPath) -> int:
    """Where the path is written in its route, if it matters which of several paths of a route matches."""
    written = path.source
    if written is None or not (route.strip_path or route.rewrite is not None):
        return 0
    # A path that Kong reads as a pattern without being one was replaced by that pattern.
    return next(
        at for at, match in enumerate(route.paths) if match is written or match.kong == written.kong != ()
    )


def _number(identity: str) -> int:
    try:
        return uuid.UUID(identity).int
    except ValueError:
        return 0
