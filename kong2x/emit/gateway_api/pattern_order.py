"""Which of two routes Kong prefers on a path, where that is the same for all requests of both."""

from __future__ import annotations

from typing import Literal

from kong2x.emit.gateway_api.draft import EXACT, PREFIX, GatewayPath
from kong2x.emit.gateway_api.kong_order import Standing, by_table, rank, undetermined
from kong2x.emit.gateway_api.overlap import fits, pattern_text
from kong2x.model.route import PathKind, Route


def preferred(
    flavour: str,
    one: Route,
    mine: GatewayPath,
    other: Route,
    theirs: GatewayPath,
    at: GatewayPath,
    *,
    guess: bool = False,
) -> int | None:
    """1 where Kong prefers the first, -1 for the second, None where it hangs on the request or on other routes.

    `mine` and `theirs` are the paths that Kong ranks the two routes by; `at` is the path on which both
    meet. With `guess` the two ranks count even where other routes may sway the choice.
    """
    standings = Standing.of(one), Standing.of(other)
    if not guess and (undetermined(flavour, *standings) or by_table(flavour, *standings)):
        return None
    regions: tuple[Literal["point", "below"], ...] = ("point", "below")
    if at.type == EXACT:
        regions = ("point",)
    elif at.type != PREFIX or at.value == "/" or not (_takes(mine, at) and _takes(theirs, at)):
        regions = ("below",)
    found = set()
    for where in regions:
        first = rank(flavour, one, mine.source, below=_below(mine, at, where))
        second = rank(flavour, other, theirs.source, below=_below(theirs, at, where))
        found.add((first > second) - (first < second))
    return found.pop() if len(found) == 1 and 0 not in found else None


def _takes(path: GatewayPath, at: GatewayPath) -> bool:
    """Whether a path takes the bare text of `at`; expressions are asked, plain paths do."""
    expression = path.source is not None and path.source.kind is PathKind.REGEX
    return not expression or fits(pattern_text(path), at.value)


def _below(path: GatewayPath, at: GatewayPath, where: str) -> bool:
    """Whether `where` lies below the text of a path; an exact path with a final slash lies below the bare one."""
    same = path.value == at.value or (at.type != EXACT and path.value.rstrip("/") == at.value.rstrip("/"))
    return where == "below" or not same
