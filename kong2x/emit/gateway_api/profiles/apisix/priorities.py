"""Which rules need a priority of their own so that APISIX tries them in Kong's order.

APISIX compares routes only where they share a host and a path text (a node). There the controller's
computed priority decides, in which the longest host name of the whole HTTPRoute outranks method, headers
and query, an exact path does not outrank a prefix of the same text, and expressions on the path compete
with `/` by the place in their object (apisix-target.md 7.3).
"""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from dataclasses import dataclass, field

from kong2x.emit.gateway_api.claim import Outcomes
from kong2x.emit.gateway_api.draft import EXACT, REGEX, Draft, GatewayPath, Match
from kong2x.emit.gateway_api.overlap import may_meet, specificity
from kong2x.emit.gateway_api.pack import Packed
from kong2x.emit.gateway_api.pattern_order import preferred
from kong2x.emit.gateway_api.terms import compatible
from kong2x.verify.gateway_on_apisix.rules import http_priority, path_of

FIRST = 900_000_000_000
"""Above every priority that the controller computes; a host name has at most 253 characters."""


@dataclass(slots=True, eq=False)
class Rule:
    """One written rule. `conditions` are those of its policy."""

    packed: Packed
    index: int
    draft: Draft
    hosts: Sequence[str]
    conditions: list[list[object]] = field(default_factory=list)


@dataclass(slots=True)
class Contender:
    """One match of a rule in a node."""

    rule: Rule
    match: Match
    computed: int

    @property
    def pattern(self) -> bool:
        """Whether it is an expression on the path, in whatever form."""
        return self.plain.path.type == REGEX or bool(self.rule.draft.conditions)

    @property
    def plain(self) -> Match:
        """The match with the path as the Gateway API has it, where APISIX needs an expression instead."""
        return self.match._replace(path=self.rule.draft.plain.get(self.match.key, self.match.path))

    @property
    def kong_path(self) -> GatewayPath:
        """The path that Kong ranks it by."""
        return self.rule.draft.ranked_as.get(self.match.key, self.match.path)


@dataclass(slots=True)
class Order:
    """The priorities of rules by identity, and the pairs that cannot be ordered."""

    priorities: dict[int, int] = field(default_factory=dict)
    unordered: list[tuple[Rule, Rule]] = field(default_factory=list)


def order_rules(flavour: str, rules: Sequence[Rule]) -> Order:
    """The priorities that are needed; rules with conditions always get one."""
    beats: dict[int, set[int]] = {}
    by_id = {id(rule): rule for rule in rules}
    chosen = {id(rule) for rule in rules if rule.conditions}
    for node in nodes(rules):
        for one, other in pairs(node):
            order = wanted(flavour, one, other)
            if not order:
                continue
            winner, loser = (one, other) if order > 0 else (other, one)
            beats.setdefault(id(winner.rule), set()).add(id(loser.rule))
            if winner.computed <= loser.computed:
                chosen.add(id(winner.rule))
    queue = list(chosen)
    above: dict[int, set[int]] = {}
    for winner_id, losers in beats.items():
        for loser_id in losers:
            above.setdefault(loser_id, set()).add(winner_id)
    while queue:
        for winner_id in above.get(queue.pop(), ()):
            if winner_id not in chosen:
                chosen.add(winner_id)
                queue.append(winner_id)
    return ranked([rule for rule in rules if id(rule) in chosen], beats, by_id)


def nodes(rules: Sequence[Rule]) -> Iterator[list[Contender]]:
    """The matches of each host and path text, where there are several rules."""
    found: dict[tuple[str, str], list[Contender]] = {}
    for rule in rules:
        for match in rule.draft.matches:
            body = match.body()
            one = Contender(rule, match, http_priority(body, rule.index, rule.hosts))
            for uri in path_of(body["path"])[0]:
                for host in rule.hosts or ("",):
                    found.setdefault((host, uri), []).append(one)
    for node in found.values():
        if len({id(one.rule) for one in node}) > 1:
            yield node


def pairs(node: Sequence[Contender]) -> Iterator[tuple[Contender, Contender]]:
    """The pairs of a node that one request can fit and that answer it differently."""
    outcomes = Outcomes()
    for at, one in enumerate(node):
        for other in node[at + 1 :]:
            if one.rule is other.rule or outcomes.same(one.rule.draft, other.rule.draft):
                continue
            if not compatible(one.match, other.match):
                continue
            patterns = [c for c in (one, other) if c.match.path.type == REGEX]
            if len(patterns) == 2 and not may_meet(one.match.path, other.match.path):
                continue
            yield one, other


def wanted(flavour: str, one: Contender, other: Contender) -> int:
    """1 where the first must be tried first, -1 for the second, 0 where it does not matter or is not known.

    Rules without expressions were arranged before so that the specification's order is Kong's; Kong's
    own rank decides among those that are equal in it.
    """
    if not one.pattern and not other.pattern:
        mine, theirs = specificity(one.plain), specificity(other.plain)
        if mine != theirs:
            return 1 if mine > theirs else -1
    paths = one.plain.path, other.plain.path
    at = paths[1] if paths[1].type != REGEX else paths[0]
    if EXACT in (paths[0].type, paths[1].type):
        at = GatewayPath(EXACT, at.value)
    routes = one.rule.draft.route, other.rule.draft.route
    return preferred(flavour, routes[0], one.kong_path, routes[1], other.kong_path, at, guess=True) or 0


def ranked(rules: Sequence[Rule], beats: dict[int, set[int]], by_id: dict[int, Rule]) -> Order:
    """Priorities from the last rule upwards; a circle of wishes is cut and reported."""
    out = Order()
    wanted_by = {id(rule): {one for one in beats.get(id(rule), ()) if one != id(rule)} for rule in rules}
    left = [id(rule) for rule in reversed(rules)]
    while left:
        free = [one for one in left if not wanted_by[one] & set(left) - {one}]
        if not free:
            first = left[0]
            rival = next(iter(sorted(wanted_by[first] & set(left), key=left.index)))
            out.unordered.append((by_id[first], by_id[rival]))
            wanted_by[first].discard(rival)
            continue
        for one in free:
            out.priorities[one] = FIRST + len(out.priorities)
        gone = set(free)
        left = [one for one in left if one not in gone]
    return out
