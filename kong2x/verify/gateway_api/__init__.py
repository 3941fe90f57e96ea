"""The router model of the Gateway API specification, over objects read back from YAML."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from typing import Any

from kong2x.model.settings import Options
from kong2x.model.traffic import Answer, Criteria, Request
from kong2x.verify.gateway_api.entries import Match
from kong2x.verify.gateway_api.matching import Arrived, Pool
from kong2x.verify.gateway_api.outcome import outcome
from kong2x.verify.gateway_api.reader import read_matches
from kong2x.verify.uri import nginx_uri

__all__ = ["GatewayRouter", "Match", "gateway_router"]

KINDS = {"Exact": "exact", "PathPrefix": "prefix", "RegularExpression": "regex"}


class GatewayRouter:
    """A `Router` that answers as the specification orders matches."""

    def __init__(self, matches: Sequence[Match]) -> None:
        self.matches = tuple(matches)
        self._pool = Pool(self.matches)

    def answer(self, request: Request) -> Answer:
        """The answer to one request; 400 for what every HTTP server refuses."""
        if nginx_uri(request.path) is None:
            return Answer(None, "the request target is refused", status=400)
        if not request.host:
            return Answer(None, "an empty Host header is refused", status=400)
        arrived = Arrived(request)
        match, tie = self._pool.winner(arrived)
        if match is None:
            return Answer(None, "no rule matches", status=404)
        return outcome(match, arrived, tie)

    def criteria(self) -> Sequence[Criteria]:
        """The literals of every match."""
        return [criteria_of(match) for match in self.matches]


def gateway_router(objects: Sequence[Mapping[str, Any]], options: Options | None = None) -> GatewayRouter:
    """The router of HTTPRoutes and GRPCRoutes; Gateways among the objects give their listeners."""
    return GatewayRouter(read_matches(objects, options))


def criteria_of(match: Match) -> Criteria:
    """The literals of one match."""
    return Criteria(
        tuple(match.hostnames),
        ((KINDS.get(match.path_type, "prefix"), match.path.removeprefix("^")),),
        (match.method,) if match.method else (),
        tuple((name, (f"~*{value}" if regex else value,)) for name, value, regex in match.headers),
        tuple((name, (f"~*{value}" if regex else value,)) for name, value, regex in match.query),
    )
