"""Whether Kong prefers a regular expression to another path, where that is the same for all requests of both."""

from __future__ import annotations

from typing import Literal

from kong2x.emit.gateway_api.draft import EXACT, PREFIX, GatewayPath
from kong2x.emit.gateway_api.kong_order import by_table, rank, undetermined
from kong2x.emit.gateway_api.overlap import fits, pattern_text
from kong2x.model.route import Route


def preferred(
    flavour: str, pattern: Route, mine: GatewayPath, other: Route, theirs: GatewayPath, at: GatewayPath
) -> int | None:
    """1 for the expression, -1 for the other path, None where it hangs on the request, on other routes or on chance.

    `mine` and `theirs` are the paths that Kong ranks the two by; `at` is the path on which both meet.
    """
    if undetermined(flavour, pattern, other) or by_table(flavour, pattern, other):
        return None
    regions: tuple[Literal["point", "below"], ...] = ("point", "below")
    if at.type == EXACT:
        regions = ("point",)
    elif at.type != PREFIX or at.value == "/" or not fits(pattern_text(mine), at.value):
        regions = ("below",)
    same = theirs.value.rstrip("/") == at.value.rstrip("/")
    own = rank(flavour, pattern, mine.source, below=True)
    found = set()
    for where in regions:
        rival = rank(flavour, other, theirs.source, below=where == "below" if same else True)
        found.add((own > rival) - (own < rival))
    return found.pop() if len(found) == 1 and 0 not in found else None
