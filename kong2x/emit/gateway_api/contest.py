"""Who answers the requests of one host: finds where Kong and the Gateway API disagree, and repairs it.

Every match of the host is compared with those on the same and on shorter paths. Where Kong prefers
the rule that the Gateway API ranks lower, that rule is written again for the requests that both take
(a *shadow*); a match that Kong never reaches is left out (facts 3.3, D1 to D14).
"""

from __future__ import annotations

from collections.abc import Callable, Iterable, Iterator
from dataclasses import dataclass, field
from typing import Any

from kong2x.emit.gateway_api.claim import Claim, Claims, Where
from kong2x.emit.gateway_api.draft import EXACT, PREFIX, REGEX, Draft, Filter, GatewayPath, Match
from kong2x.emit.gateway_api.kong_order import by_table, undetermined
from kong2x.emit.gateway_api.overlap import contains, may_meet, pattern_text
from kong2x.model.route import Route

_ROUNDS = 4
_MOST_SHADOWS = 128
"""Rules that are written again for one host; one object takes that many matches, and beyond it the
hosts' routes compete in more ways than rules can tell apart: the rest is reported."""
Referee = Callable[[Match, Where, Route, Route], int | None]
"""Asks a model of Kong with the whole table: 1 for the first route, -1 for the second, None for neither."""


@dataclass(slots=True)
class Verdict:
    """What was found for one host."""

    shadows: list[Claim] = field(default_factory=list)
    dropped: list[tuple[Claim, Claim]] = field(default_factory=list)
    ties: list[tuple[Claim, Claim]] = field(default_factory=list)
    unrepaired: list[tuple[Claim, Claim]] = field(default_factory=list)
    regex: list[tuple[Claim, Claim]] = field(default_factory=list)
    moved: list[Claim] = field(default_factory=list)
    """Matches that keep the text of their path alone, for which a shadow stands."""
    reasons: list[tuple[Claim, Claim]] = field(default_factory=list)
    """Winner and loser behind each shadow."""


class Contest:
    """The rules of one host."""

    def __init__(
        self,
        flavour: str,
        claims: Iterable[Claim],
        maker: Claims,
        regex_rank: str = "",
        referee: Referee | None = None,
    ) -> None:
        self.flavour, self.maker, self.regex_rank, self.referee = flavour, maker, regex_rank, referee
        self.claims: list[Claim] = []
        self.verdict = Verdict()
        self.by_text: dict[str, list[Claim]] = {}
        self.prefixes: dict[str, list[Claim]] = {}
        self.patterns: list[Claim] = []
        self.written: dict[tuple[Any, ...], list[Claim]] = {}
        for claim in claims:
            self._index(claim)

    def _index(self, claim: Claim) -> None:
        claim.number = len(self.claims)
        self.claims.append(claim)
        if claim.match.path.type == REGEX:
            self.patterns.append(claim)
            return
        self.by_text.setdefault(claim.text, []).append(claim)
        self.written.setdefault((id(claim.draft), claim.match.key), []).append(claim)
        if claim.match.path.type == PREFIX:
            self.prefixes.setdefault(claim.text, []).append(claim)

    def decide(self) -> Verdict:
        """Compares until no new shadow appears; a few rounds are enough, the rest is reported."""
        queue = [claim for claim in self.claims if claim.match.path.type != REGEX]
        compared: set[tuple[int, int]] = set()
        while queue:
            fresh: list[Claim] = []
            for lower in queue:
                for upper in self._rivals(lower):
                    one, other = upper.number, lower.number
                    pair = (one, other) if one < other else (other, one)
                    if pair not in compared:
                        compared.add(pair)
                        fresh += self._compare(upper, lower)
            queue = [claim for claim in fresh if claim.generation < _ROUNDS]
            for claim in fresh:
                self._index(claim)
            if queue:
                queue = [*queue, *self._beneath(queue)]
        self._compare_patterns()
        return self.verdict

    def _rivals(self, lower: Claim) -> Iterator[Claim]:
        """The claims whose path contains that of `lower`, and whose requests may be those of `lower`."""
        path, outcome, terms = lower.match.path, lower.outcome, lower.terms
        for text in _ancestors(lower.text):
            # A prefix contains every path that begins with its text; an exact path contains itself.
            for upper in (self.by_text if text == lower.text else self.prefixes).get(text, ()):
                if (
                    not upper.dead
                    and not lower.dead
                    and upper is not lower
                    and (upper.match.path.type == PREFIX or upper.match.path[:2] == path[:2])
                    and not upper.outcome.same(outcome)
                    and upper.terms.compatible(terms)
                ):
                    yield upper

    def _beneath(self, fresh: list[Claim]) -> list[Claim]:
        """Claims on longer paths than a new shadow; the shadow may win there as well."""
        roots = {c.text for c in fresh if c.match.path.type == PREFIX}
        return [
            claim
            for text, claims in self.by_text.items()
            if any(up in roots for up in _ancestors(text))
            for claim in claims
            if not claim.dead
        ]

    def _compare(self, upper: Claim, lower: Claim) -> list[Claim]:
        path = lower.match.path
        gateway = _sign(upper.specificity, lower.specificity)
        kong = {where: self._kong(upper, lower, path, where) for where in _regions(path)}
        lacks = lower.lacks(lower.text), upper.lacks(lower.text)
        if "point" in kong and any(lacks):
            kong["point"] = int(lacks[0]) - int(lacks[1]) or gateway
        if all(sign in (gateway, 0) for sign in kong.values()):
            if 0 in kong.values() and not (upper.generation or lower.generation):
                self.verdict.ties.append((upper, lower))
            return []
        if len(set(kong.values())) == 1:
            winner, loser = (upper, lower) if next(iter(kong.values())) > 0 else (lower, upper)
            return self._settle(winner, loser, path)
        return self._settle_halves(upper, lower, path, kong, gateway)

    def _kong(self, upper: Claim, lower: Claim, path: GatewayPath, where: Where) -> int:
        one, other = upper.draft.route, lower.draft.route
        if one is other and self.flavour == "expressions":
            return _earlier(one, upper.kong_path, lower.kong_path)
        if undetermined(self.flavour, upper.standing, lower.standing):
            return 0
        text = lower.text
        found = _sign(upper.rank(self.flavour, text, where), lower.rank(self.flavour, text, where))
        if (
            self.referee is not None
            and one is not other
            and (not found or by_table(self.flavour, upper.standing, lower.standing))
        ):
            match = _both(upper, lower, path)
            asked = self.referee(match, where, one, other) if match else None
            return found if asked is None else asked
        return found

    def _settle(self, winner: Claim, loser: Claim, path: GatewayPath) -> list[Claim]:
        if contains(winner.match.path, loser.match.path) and winner.terms.cover(loser.terms):
            loser.dead = True
            self.verdict.dropped.append((winner, loser))
            return []
        return self._shadow(winner, loser, path)

    def _settle_halves(
        self, upper: Claim, lower: Claim, path: GatewayPath, kong: dict[Where, int], gateway: int
    ) -> list[Claim]:
        """The path's own text and what is below it go to different rules in Kong (its two halves)."""
        point = GatewayPath(EXACT, path.value, path.source)
        sides = {1: (upper, lower), -1: (lower, upper)}
        out: list[Claim] = []
        if 0 in kong.values() and not (upper.generation or lower.generation):
            self.verdict.ties.append((upper, lower))
        if kong["below"] not in (gateway, 0):
            winner, loser = sides[kong["below"]]
            if winner.terms.cover(loser.terms):
                loser.dead = True
                self.verdict.moved.append(loser)
                return self._add(loser, loser.match._replace(path=point), winner)
            out += self._shadow(winner, loser, path)
        if kong["point"] != 0 and (out or kong["point"] != gateway):
            winner, loser = sides[kong["point"]]
            out += self._shadow(winner, loser, point)
        return out

    def _shadow(self, winner: Claim, loser: Claim, path: GatewayPath) -> list[Claim]:
        match = _both(winner, loser, path)
        if match is None or transplanted(winner.draft, winner.match.path, path) is None:
            self.verdict.unrepaired.append((winner, loser))
            return []
        self.verdict.reasons.append((winner, loser))
        return self._add(winner, match, loser)

    def _add(self, winner: Claim, match: Match, loser: Claim) -> list[Claim]:
        generation = max(winner.generation, loser.generation) + 1
        if any(not known.dead for known in self.written.get((id(winner.draft), match.key), ())):
            return []
        if generation > _ROUNDS or len(self.verdict.shadows) >= _MOST_SHADOWS:
            self.verdict.unrepaired.append((winner, loser))
            return []
        claim = self.maker.claim(winner.draft, match, winner.kong_path, own=winner.own, generation=generation)
        self.verdict.shadows.append(claim)
        return [claim]

    def _compare_patterns(self) -> None:
        """Patterns have no rank in the standard: overlaps are reported unless both orders are known."""
        others = [c for claims in self.by_text.values() for c in claims if not c.generation]
        others += self.patterns
        by_path: dict[tuple[str, ...], list[int]] = {}
        for at, claim in enumerate(others):
            path = claim.match.path
            by_path.setdefault((path.type, path.value, pattern_text(path)), []).append(at)
        meeting: dict[tuple[str, str], list[int]] = {}
        for pattern in self.patterns:
            path = pattern.match.path
            key = (path.value, pattern_text(path))
            if key not in meeting:
                fitting = (at for at in by_path.values() if may_meet(path, others[at[0]].match.path))
                meeting[key] = sorted(at for group in fitting for at in group)
            for at in meeting[key]:
                other = others[at]
                if (
                    other is not pattern
                    and not other.dead
                    and not pattern.outcome.same(other.outcome)
                    and pattern.terms.compatible(other.terms)
                    and not self._pattern_agrees(pattern, other)
                ):
                    self.verdict.regex.append((pattern, other))

    def _pattern_agrees(self, pattern: Claim, other: Claim) -> bool:
        """Whether Kong and an implementation of known rank pick the same for all that both take."""
        path = other.match.path
        if path.type == REGEX or not self.regex_rank:
            return False
        over = 1 if self.regex_rank == "above" and path.type == PREFIX else -1
        ranked = pattern.half_rank(self.flavour, below=True)
        return all(
            _sign(ranked, other.rank(self.flavour, other.text, where)) == over for where in _regions(path)
        )


def _both(winner: Claim, loser: Claim, path: GatewayPath) -> Match | None:
    """The match for the requests that both take, on `path`; None when it cannot be written."""
    terms = winner.terms.both(loser.terms)
    return None if terms is None else Match(path, *terms)


def _earlier(route: Route, one: GatewayPath, other: GatewayPath) -> int:
    """In one expression the first path that fits is the one that strip-path takes off."""
    order = {id(path): index for index, path in enumerate(route.paths)}
    first, second = order.get(id(one.source), 0), order.get(id(other.source), 0)
    return (second > first) - (second < first)


def transplanted(draft: Draft, old: GatewayPath, new: GatewayPath) -> tuple[Filter, ...] | None:
    """The filters of a rule for a longer path; None where they cannot do the same there."""
    if not draft.one_match or old[:2] == new[:2]:
        return draft.filters
    out: list[Filter] = []
    rest = new.value[len(old.value.rstrip("/")) :]
    for part in draft.filters:
        body = part.get("urlRewrite")
        if not body or body.get("path", {}).get("type") != "ReplacePrefixMatch":
            if "requestRedirect" in part and part["requestRedirect"].get("path", {}).get(
                "replacePrefixMatch"
            ):
                return None
            out.append(part)
            continue
        value = body["path"]["replacePrefixMatch"].rstrip("/") + rest or "/"
        kind, key = (
            ("ReplaceFullPath", "replaceFullPath")
            if new.type == EXACT
            else ("ReplacePrefixMatch", "replacePrefixMatch")
        )
        out.append({"type": "URLRewrite", "urlRewrite": {**body, "path": {"type": kind, key: value}}})
    return tuple(out)


def _regions(path: GatewayPath) -> tuple[Where, ...]:
    if path.type == EXACT:
        return ("point",)
    return ("below",) if path.value == "/" else ("point", "below")


def _ancestors(text: str) -> Iterator[str]:
    """The text itself, then each shorter path down to the root."""
    while text and text != "/":
        yield text
        text = text.rpartition("/")[0]
    yield "/"


def _sign(one: tuple[int, ...], other: tuple[int, ...]) -> int:
    return (one > other) - (one < other)
