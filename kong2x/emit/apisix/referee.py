"""Which requests another route answers all the same: Kong's classic router is asked where its lists decide.

The list that it walks first depends on all patterns that a request matches, whichever route has them
(kong-source.md 4.5, step 4). A place in APISIX's tree has one order, so where requests of one place have
several winners in Kong, those that go elsewhere are told.
"""

from __future__ import annotations

from collections.abc import Iterable, Iterator, Mapping, Sequence
from itertools import chain, islice, product

from kong2x.emit.apisix.pieces import Piece
from kong2x.emit.apisix.short_lists import ShortLists
from kong2x.model.route import Route, RouteModel
from kong2x.model.traffic import Request, Router
from kong2x.verify.comparison import differing
from kong2x.verify.kong import kong_router
from kong2x.verify.requests import concrete_hosts, header_variants, path_variants

MOST_PATHS = 300
"""So many paths are asked for on one host."""
MOST_NAMES = 5
MOST_REQUESTS = 2000
"""So many requests are asked in all; what differs beyond them only `kong2x verify` finds."""


def other_winners(
    model: RouteModel, target: Router, lists: ShortLists, rules: Mapping[str, Route]
) -> Iterator[tuple[Route, Route, Request, bool]]:
    """Each pair of Kong's winner and the route that answers on the target, with the first such request.

    `lists` know the hosts in question; `rules` gives the routes by the names in the target's answers.
    The last item says whether Kong's configuration leaves the choice between the two open.

    `hosts` are the host levels in question with the pieces that stand there, `patterns` those of the
    whole table, `rules` the routes by the names that the target's answers give.
    """
    kong = kong_router(model)
    routes = {route.name: route for route in model.routes}
    told: set[tuple[str, str]] = set()
    for request in islice(_requests(lists), MOST_REQUESTS):
        before, after = kong.answer(request), target.answer(request)
        winner, here = routes.get(before.route or ""), rules.get(after.route or "")
        if winner is None or here is None or here is winner:
            continue
        if (winner.name, here.name) not in told and differing(before, after):
            told.add((winner.name, here.name))
            yield winner, here, request, here.name in before.tie


def _requests(lists: ShortLists) -> Iterator[Request]:
    for level, pieces in sorted(lists.disputed.items()):
        routes = list({piece.order: piece.route for piece in pieces}.values())
        methods = dict.fromkeys((*(m for route in routes for m in route.methods), "GET", "PATCH"))
        headers: dict[tuple[tuple[str, str], ...], None] = {(): None}
        for route in routes:
            wanted = [(header.name, header.values) for header in route.headers]
            headers.update(dict.fromkeys(islice(header_variants(wanted), 1)))
        paths = list(dict.fromkeys(islice(_paths(pieces, lists.patterns), MOST_PATHS)))
        for name in _names(level, lists.plain_hosts):
            for path, method, header in product(paths, methods, headers):
                yield Request(method, name, path, header)


def _names(level: str, plain_hosts: Sequence[str]) -> list[str]:
    """A host of the level, and for a wildcard names below it that routes of their own name."""
    if not level:
        return ["kong2x.invalid"]
    below = [host for host in plain_hosts if level.startswith("*") and host.endswith(level[1:])]
    return [concrete_hosts(level)[0], *below[:MOST_NAMES]]


def _paths(pieces: Iterable[Piece], patterns: Sequence[str]) -> Iterator[str]:
    """Paths that the pieces name or that fulfil a pattern, without unusual spellings."""
    texts = dict.fromkeys(piece.path.node.text for piece in pieces)
    found = chain(
        (path for text in texts for path in path_variants("prefix", text)),
        (path for pattern in patterns for path in path_variants("regex", pattern)),
    )
    yield from (path for path in found if _usual(path))


def _usual(path: str) -> bool:
    return "%" not in path and "//" not in path and "/." not in path and "?" not in path
