"""One match of one rule on one host, with all that comparing it a thousand times needs, worked out once."""

from __future__ import annotations

from collections.abc import Hashable
from dataclasses import dataclass, field
from typing import Any, Literal, NamedTuple

from kong2x.emit.gateway_api.draft import Draft, GatewayPath, Match
from kong2x.emit.gateway_api.kong_order import Rank, Standing, rank
from kong2x.emit.gateway_api.overlap import specificity
from kong2x.emit.gateway_api.terms import Terms, TermsOf
from kong2x.model.route import PathKind

Where = Literal["point", "below"]


class Outcome(NamedTuple):
    """What a rule does with a request. Numbers stand for equal values.

    `path` is the path of a rule that exchanges its prefix, `own` what tells rules of one route apart,
    `whole` what tells rules of different routes apart.
    """

    path: tuple[str, str] | None
    route: int
    own: int
    whole: int

    def same(self, other: Outcome) -> bool:
        """Whether it makes no difference which of the two rules answers."""
        if self.path and other.path and self.path != other.path:
            return False
        return self.own == other.own if self.route == other.route else self.whole == other.whole


@dataclass(slots=True, eq=False)
class Claim:
    """One match of one rule on one host. `kong_path` is the path that Kong ranks the rule by."""

    draft: Draft
    match: Match
    kong_path: GatewayPath
    terms: Terms
    outcome: Outcome
    standing: Standing
    own: bool = True
    generation: int = 0
    dead: bool = False
    number: int = 0
    """Its place among the claims of the host."""
    text: str = field(init=False)
    kong_text: str = field(init=False)
    slashed: bool = field(init=False)
    """Whether Kong's own path ends in a slash that the target's does not ask for."""
    specificity: tuple[int, ...] = field(init=False)
    _ranks: dict[bool, Rank] = field(default_factory=dict)

    def __post_init__(self) -> None:
        self.text = bare(self.match.path)
        self.kong_text = bare(self.kong_path)
        source = self.kong_path.source
        self.slashed = (
            source is not None
            and source.kind is PathKind.RAW_PREFIX
            and source.value.endswith("/")
            and source.value != "/"
        )
        self.specificity = specificity(self.match)

    def lacks(self, text: str) -> bool:
        """Whether Kong's own path is the bare text of a path with a final slash: it does not take that text."""
        return self.slashed and self.kong_text == text

    def rank(self, flavour: str, text: str, where: Where) -> Rank:
        """Kong's rank of the rule for requests at the bare text of a path, or below it."""
        return self.half_rank(flavour, below=where == "below" or self.kong_text != text)

    def half_rank(self, flavour: str, *, below: bool) -> Rank:
        """Kong's rank of the rule at its own path, or below it."""
        found = self._ranks.get(below)
        if found is None:
            found = self._ranks[below] = rank(flavour, self.draft.route, self.kong_path.source, below=below)
        return found


class Outcomes:
    """The outcomes of rules, equal values under equal numbers. The rules must outlive it."""

    def __init__(self) -> None:
        self._known: dict[int, Outcome] = {}
        self._numbers: dict[Hashable, int] = {}

    def of(self, draft: Draft) -> Outcome:
        """What a rule does with a request."""
        found = self._known.get(id(draft))
        if found is None:
            found = self._known[id(draft)] = self._outcome(draft)
        return found

    def same(self, one: Draft, other: Draft) -> bool:
        """Whether it makes no difference which of two rules answers."""
        return self.of(one).same(self.of(other))

    def _outcome(self, draft: Draft) -> Outcome:
        route = draft.route
        answer = (_frozen(draft.filters), bool(draft.denied))
        whole: Hashable = (
            answer,
            _frozen(draft.backends),
            draft.scheme,
            _frozen(draft.extras),
            tuple(use.key for use in route.plugins),
            id(route) if route.consumer_plugins else 0,
        )
        path = draft.matches[0].path[:2] if draft.one_match else None
        return Outcome(path, id(route), self._number(answer), self._number(whole))

    def _number(self, value: Hashable) -> int:
        return self._numbers.setdefault(value, len(self._numbers))


class Claims:
    """Makes the claims of one emission."""

    def __init__(self) -> None:
        self.terms = TermsOf()
        self.outcomes = Outcomes()
        self._standings: dict[int, Standing] = {}

    def claim(
        self, draft: Draft, match: Match, kong_path: GatewayPath, *, own: bool = True, generation: int = 0
    ) -> Claim:
        """The claim of a rule with one of its matches, or with one that is added to it."""
        standing = self._standings.get(id(draft.route))
        if standing is None:
            standing = self._standings[id(draft.route)] = Standing.of(draft.route)
        outcome = self.outcomes.of(draft)
        return Claim(draft, match, kong_path, self.terms(match), outcome, standing, own, generation)


def bare(path: GatewayPath) -> str:
    """The text of a path without final slashes; the root keeps its own."""
    return path.value.rstrip("/") or "/"


def _frozen(value: Any) -> Any:
    """Plain data in a form that can be a key; equal data has equal forms."""
    if isinstance(value, dict):
        return frozenset((key, _frozen(child)) for key, child in value.items())
    if isinstance(value, list | tuple):
        return tuple(_frozen(child) for child in value)
    return value
