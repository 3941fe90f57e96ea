"""Who answers the requests of one host: finds where Kong and the Gateway API disagree, and repairs it.

Every match of the host is compared with those on the same and on shorter paths. Where Kong prefers
the rule that the Gateway API ranks lower, that rule is written again for the requests that both take
(a *shadow*); a match that Kong never reaches is left out (facts 3.3, D1 to D14).
"""

from __future__ import annotations

from collections.abc import Callable, Iterable, Iterator
from dataclasses import dataclass, field
from typing import Literal

from kong2x.emit.gateway_api.draft import EXACT, PREFIX, REGEX, Draft, Filter, GatewayPath, Match
from kong2x.emit.gateway_api.kong_order import Rank, by_table, rank, undetermined
from kong2x.emit.gateway_api.overlap import (
    both,
    compatible,
    contains,
    covers_criteria,
    may_meet,
    specificity,
)
from kong2x.model.route import PathKind, Route

_ROUNDS = 4
_MOST_SHADOWS = 128
"""Rules that are written again for one host; one object takes that many matches, and beyond it the
hosts' routes compete in more ways than rules can tell apart: the rest is reported."""
_Where = Literal["point", "below"]
Referee = Callable[[Match, _Where, Route, Route], int | None]
"""Asks a model of Kong with the whole table: 1 for the first route, -1 for the second, None for neither."""


@dataclass(slots=True, eq=False)
class Claim:
    """One match of one rule on one host. `kong_path` is the path that Kong ranks the rule by."""

    draft: Draft
    match: Match
    kong_path: GatewayPath
    own: bool = True
    generation: int = 0
    dead: bool = False
    ranks: dict[bool, Rank] = field(default_factory=dict)

    def lacks(self, path: GatewayPath) -> bool:
        """Whether Kong's own path is that of `path` with a final slash: it does not take the bare text."""
        source = self.kong_path.source
        return (
            source is not None
            and source.kind is PathKind.RAW_PREFIX
            and source.value.endswith("/")
            and source.value != "/"
            and _text(path) == _text(self.kong_path)
        )

    def rank(self, flavour: str, path: GatewayPath, where: _Where) -> Rank:
        """Kong's rank of the rule for requests at the text of `path`, or below it."""
        same = self.kong_path.value.rstrip("/") == path.value.rstrip("/")
        below = where == "below" if same else True
        found = self.ranks.get(below)
        if found is None:
            found = rank(flavour, self.draft.route, self.kong_path.source, below=below)
            self.ranks[below] = found
        return found


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
        self, flavour: str, claims: Iterable[Claim], regex_rank: str = "", referee: Referee | None = None
    ) -> None:
        self.flavour, self.regex_rank, self.referee = flavour, regex_rank, referee
        self.claims = list(claims)
        self.verdict = Verdict()
        self.by_text: dict[str, list[Claim]] = {}
        self.patterns: list[Claim] = []
        for claim in self.claims:
            self._index(claim)

    def _index(self, claim: Claim) -> None:
        if claim.match.path.type == REGEX:
            self.patterns.append(claim)
        else:
            self.by_text.setdefault(_text(claim.match.path), []).append(claim)

    def decide(self) -> Verdict:
        """Compares until no new shadow appears; a few rounds are enough, the rest is reported."""
        queue = [claim for claim in self.claims if claim.match.path.type != REGEX]
        compared: set[tuple[int, int]] = set()
        while queue:
            fresh: list[Claim] = []
            for lower in queue:
                for upper in list(self._above(lower)):
                    pair = (id(upper), id(lower))
                    if upper is lower or pair in compared or (pair[1], pair[0]) in compared:
                        continue
                    compared.add(pair)
                    fresh += self._compare(upper, lower)
            queue = [claim for claim in fresh if claim.generation < _ROUNDS]
            for claim in fresh:
                self._index(claim)
            if queue:
                queue = [*queue, *self._beneath(queue)]
        self._compare_patterns()
        return self.verdict

    def _above(self, lower: Claim) -> Iterator[Claim]:
        """The claims whose path contains that of `lower`."""
        for text in _ancestors(_text(lower.match.path)):
            for upper in self.by_text.get(text, ()):
                if contains(upper.match.path, lower.match.path):
                    yield upper

    def _beneath(self, fresh: list[Claim]) -> list[Claim]:
        """Claims on longer paths than a new shadow; the shadow may win there as well."""
        roots = {_text(c.match.path) for c in fresh if c.match.path.type == PREFIX}
        return [
            claim
            for text, claims in self.by_text.items()
            if any(up in roots for up in _ancestors(text))
            for claim in claims
            if not claim.dead
        ]

    def _compare(self, upper: Claim, lower: Claim) -> list[Claim]:
        if upper.dead or lower.dead or same_outcome(upper.draft, lower.draft):
            return []
        if not compatible(upper.match, lower.match):
            return []
        path = lower.match.path
        gateway = _sign(specificity(upper.match), specificity(lower.match))
        kong = {where: self._kong(upper, lower, path, where) for where in _regions(path)}
        if "point" in kong and (lower.lacks(path) or upper.lacks(path)):
            kong["point"] = int(lower.lacks(path)) - int(upper.lacks(path)) or gateway
        if all(sign in (gateway, 0) for sign in kong.values()):
            if 0 in kong.values() and not (upper.generation or lower.generation):
                self.verdict.ties.append((upper, lower))
            return []
        if len(set(kong.values())) == 1:
            winner, loser = (upper, lower) if next(iter(kong.values())) > 0 else (lower, upper)
            return self._settle(winner, loser, path)
        return self._settle_halves(upper, lower, path, kong, gateway)

    def _kong(self, upper: Claim, lower: Claim, path: GatewayPath, where: _Where) -> int:
        one, other = upper.draft.route, lower.draft.route
        if one is other and self.flavour == "expressions":
            return _earlier(one, upper.kong_path, lower.kong_path)
        if undetermined(self.flavour, one, other):
            return 0
        found = _sign(upper.rank(self.flavour, path, where), lower.rank(self.flavour, path, where))
        if (
            self.referee is not None
            and one is not other
            and (not found or by_table(self.flavour, one, other))
        ):
            match = both(upper.match, lower.match, path)
            asked = self.referee(match, where, one, other) if match else None
            return found if asked is None else asked
        return found

    def _settle(self, winner: Claim, loser: Claim, path: GatewayPath) -> list[Claim]:
        if contains(winner.match.path, loser.match.path) and covers_criteria(winner.match, loser.match):
            loser.dead = True
            self.verdict.dropped.append((winner, loser))
            return []
        return self._shadow(winner, loser, path)

    def _settle_halves(
        self, upper: Claim, lower: Claim, path: GatewayPath, kong: dict[_Where, int], gateway: int
    ) -> list[Claim]:
        """The path's own text and what is below it go to different rules in Kong (its two halves)."""
        point = GatewayPath(EXACT, path.value, path.source)
        sides = {1: (upper, lower), -1: (lower, upper)}
        out: list[Claim] = []
        if 0 in kong.values() and not (upper.generation or lower.generation):
            self.verdict.ties.append((upper, lower))
        if kong["below"] not in (gateway, 0):
            winner, loser = sides[kong["below"]]
            if covers_criteria(winner.match, loser.match):
                loser.dead = True
                self.verdict.moved.append(loser)
                return self._add(loser, loser.match._replace(path=point), winner)
            out += self._shadow(winner, loser, path)
        if kong["point"] != 0 and (out or kong["point"] != gateway):
            winner, loser = sides[kong["point"]]
            out += self._shadow(winner, loser, point)
        return out

    def _shadow(self, winner: Claim, loser: Claim, path: GatewayPath) -> list[Claim]:
        match = both(winner.match, loser.match, path)
        if match is None or transplanted(winner.draft, winner.match.path, path) is None:
            self.verdict.unrepaired.append((winner, loser))
            return []
        self.verdict.reasons.append((winner, loser))
        return self._add(winner, match, loser)

    def _add(self, winner: Claim, match: Match, loser: Claim) -> list[Claim]:
        generation = max(winner.generation, loser.generation) + 1
        known = self.by_text.get(_text(match.path), ())
        if any(c.match.key == match.key and c.draft is winner.draft and not c.dead for c in known):
            return []
        if generation > _ROUNDS or len(self.verdict.shadows) >= _MOST_SHADOWS:
            self.verdict.unrepaired.append((winner, loser))
            return []
        claim = Claim(winner.draft, match, winner.kong_path, winner.own, generation)
        self.verdict.shadows.append(claim)
        return [claim]

    def _compare_patterns(self) -> None:
        """Patterns have no rank in the standard: overlaps are reported unless both orders are known."""
        for pattern in self.patterns:
            others = [c for claims in self.by_text.values() for c in claims if not c.generation]
            for other in [*others, *self.patterns]:
                if other is pattern or other.dead or same_outcome(pattern.draft, other.draft):
                    continue
                if not compatible(pattern.match, other.match):
                    continue
                if may_meet(pattern.match.path, other.match.path) and not self._pattern_agrees(
                    pattern, other
                ):
                    self.verdict.regex.append((pattern, other))

    def _pattern_agrees(self, pattern: Claim, other: Claim) -> bool:
        """Whether Kong and an implementation of known rank pick the same for all that both take."""
        path = other.match.path
        if path.type == REGEX or (not self.regex_rank and path.type != EXACT):
            return False
        over = 1 if self.regex_rank == "above" and path.type == PREFIX else -1
        if not self.regex_rank:
            return False
        return all(
            _sign(
                pattern.rank(self.flavour, pattern.kong_path, "below"), other.rank(self.flavour, path, where)
            )
            == over
            for where in _regions(path)
        )


def _earlier(route: Route, one: GatewayPath, other: GatewayPath) -> int:
    """In one expression the first path that fits is the one that strip-path takes off."""
    order = {id(path): index for index, path in enumerate(route.paths)}
    first, second = order.get(id(one.source), 0), order.get(id(other.source), 0)
    return (second > first) - (second < first)


def same_outcome(one: Draft, other: Draft) -> bool:
    """Whether it makes no difference which of two rules answers."""
    if one.one_match and other.one_match and one.matches[0].path[:2] != other.matches[0].path[:2]:
        return False
    if one.route is other.route:
        return one.filters == other.filters and bool(one.denied) == bool(other.denied)
    return (
        one.backends == other.backends
        and one.filters == other.filters
        and bool(one.denied) == bool(other.denied)
        and one.scheme == other.scheme
        and one.extras == other.extras
        and [use.key for use in one.route.plugins] == [use.key for use in other.route.plugins]
        and not one.route.consumer_plugins
        and not other.route.consumer_plugins
    )


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


def _regions(path: GatewayPath) -> tuple[_Where, ...]:
    if path.type == EXACT:
        return ("point",)
    return ("below",) if path.value == "/" else ("point", "below")


def _text(path: GatewayPath) -> str:
    return path.value.rstrip("/") or "/"


def _ancestors(text: str) -> Iterator[str]:
    """The text itself, then each shorter path down to the root."""
    while text and text != "/":
        yield text
        text = text.rpartition("/")[0]
    yield "/"


def _sign(one: tuple[int, ...], other: tuple[int, ...]) -> int:
    return (one > other) - (one < other)
