"""How the contest of rules is reported: what was added for Kong's winners, and where another route may win."""

from __future__ import annotations

from kong2x.emit.gateway_api import codes_edge
from kong2x.emit.gateway_api.claim import Claim
from kong2x.emit.gateway_api.desk import Desk
from kong2x.emit.gateway_api.draft import REGEX, Match
from kong2x.model.finding import Code
from kong2x.model.route import Feature

MOST_SHADOWS = 64
"""Shadows of one rule on one host; more would not fit one object."""


class Telling:
    """Says each thing once for two routes."""

    def __init__(self, desk: Desk) -> None:
        self.desk = desk
        self.told: set[tuple[str, int, int]] = set()
        self.capped: set[int] = set()

    def _first(self, what: str, about: Claim, other: Claim) -> bool:
        """Whether this is the first time that something is to be told of two routes."""
        key = (what, id(about.draft.route), id(other.draft.route))
        if key in self.told:
            return False
        self.told.add(key)
        return True

    def _say(self, about: Claim, other: Claim, code: Code, message: str) -> None:
        self.desk.say(code, message, route=about.draft.route, also=(other.draft.route.name,))

    def added(self, host: str, winner: Claim, loser: Claim) -> None:
        if self._first("added", winner, loser):
            self._say(
                winner,
                loser,
                codes_edge.SHADOWED,
                f"{words(winner.match)} on {host or 'any host'} is written again for the requests that "
                f"{loser.draft.route.name} would take from it with {words(loser.match)}.",
            )

    def unreachable(self, host: str, winner: Claim, loser: Claim) -> None:
        if self._first("unreachable", loser, winner):
            self._say(
                loser,
                winner,
                codes_edge.UNREACHABLE,
                f"{words(loser.match)} on {host or 'any host'} is not written: in Kong "
                f"{winner.draft.route.name} takes all its requests.",
            )

    def unrepaired(self, host: str, winner: Claim, loser: Claim) -> None:
        if self._first("unrepaired", winner, loser):
            self._say(
                winner,
                loser,
                codes_edge.OTHER_WINNER,
                f"Requests for {host or 'any host'} that match {words(winner.match)} and {words(loser.match)} "
                f"go to {loser.draft.route.name}; Kong gives them to {winner.draft.route.name}.",
            )

    def capped_at(self, host: str, claim: Claim) -> None:
        if id(claim.draft) not in self.capped:
            self.capped.add(id(claim.draft))
            self.desk.say(
                codes_edge.OTHER_WINNER,
                f"{words(claim.match)} and further requests for {host or 'any host'} go to another route than "
                f"in Kong: more than {MOST_SHADOWS} rules would have to be added.",
                route=claim.draft.route,
            )

    def tie(self, host: str, one: Claim, other: Claim) -> None:
        first, second = sorted((one, other), key=lambda c: c.draft.position)
        if self._first("tie", first, second):
            self._say(
                first,
                second,
                codes_edge.TIE,
                f"Requests for {host or 'any host'} with {words(second.match)} match {first.draft.route.name} "
                f"and {second.draft.route.name}; what Kong picks hangs on other routes or on chance.",
            )

    def pattern(self, host: str, pattern: Claim, other: Claim) -> None:
        priority = {pattern.draft.route.regex_priority, other.draft.route.regex_priority}
        if other.match.path.type == REGEX and len(priority) > 1:
            first = max((pattern, other), key=lambda c: c.draft.route.regex_priority)
            second = other if first is pattern else pattern
            if self._first("priority", first, second):
                self.desk.say(
                    codes_edge.REGEX_PRIORITY,
                    f"Which of the patterns {first.match.path.value} and {second.match.path.value} answers on "
                    f"{host or 'any host'} is the Gateway's choice; Kong prefers the first by its priority.",
                    route=first.draft.route,
                    feature=Feature.REGEX_PRIORITY,
                )
        elif self._first("pattern", pattern, other):
            self._say(
                pattern,
                other,
                codes_edge.REGEX_ORDER,
                f"Requests for {host or 'any host'} may match the pattern {pattern.match.path.value} and "
                f"{words(other.match)} of {other.draft.route.name}: which of them answers is the Gateway's choice.",
            )


def words(match: Match) -> str:
    """A match as messages write it."""
    parts = [match.method or "", {"PathPrefix": "prefix"}.get(match.path.type, match.path.type.lower())]
    parts.append(match.path.value)
    if match.headers:
        parts.append("with " + ", ".join(c.name for c in match.headers))
    return " ".join(part for part in parts if part)
