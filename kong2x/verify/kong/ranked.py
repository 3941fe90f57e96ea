"""The first condition that holds, by descending priority: the core of Kong's two newer routers."""

from __future__ import annotations

from collections.abc import Iterator, Sequence

from kong2x.verify.kong.arrival import Arrival
from kong2x.verify.kong.atc import (
    Either,
    Found,
    Node,
    Predicate,
    ReadError,
    Test,
    compiled,
    conjuncts,
)
from kong2x.verify.kong.entities import KongRoute
from kong2x.verify.kong.selection import Candidate, Hit, Selection, without_leading_dots
from kong2x.verify.regex import Untranslatable
from kong2x.verify.uri import wire_bytes


class Matcher:
    """One condition with its rank; `unordered` marks those whose order among each other is not defined."""

    def __init__(
        self,
        route: KongRoute,
        node: Node,
        priority: int,
        identity: str,
        criterion: str = "",
        kinds: int = 0,
        unordered: bool = False,
        undecidable: str = "",
    ) -> None:
        self.route, self.priority, self.identity = route, priority, identity
        self.criterion, self.kinds, self.unordered = criterion, kinds, unordered
        self.undecidable = undecidable
        self.position = 0
        parts = conjuncts(node)
        hosts = next((part for part in parts if _only_hosts(part)), None)
        self.exact_hosts = _exact_hosts(hosts)
        self.parts: list[tuple[Node, Test]] = []
        for part in parts:
            try:
                self.parts.append((part, compiled(part)))
            except (Untranslatable, ReadError) as problem:
                self.undecidable = str(problem)
        self.host_test = next((test for part, test in self.parts if part is hosts), None)
        tests = tuple(test for _, test in self.parts)
        self.tests = tests

    def holds(self, arrival: Arrival) -> Found | None:
        """What the request matches; None when it does not (an undecidable part counts as fulfilled)."""
        found = Found()
        for test in self.tests:
            if not test(arrival, found):
                return None
        return found

    def missing(self, arrival: Arrival) -> str:
        """The first part that does not hold, in words; empty when all do."""
        for part, test in self.parts:
            if not test(arrival, Found()):
                return f"does not hold: {part}"
        return ""


def _only_hosts(node: Node) -> bool:
    if isinstance(node, Either):
        return all(_only_hosts(part) for part in node.parts)
    return isinstance(node, Predicate) and node.field == "http.host"


def _exact_hosts(node: Node | None) -> tuple[str, ...] | None:
    """The hosts of a condition that only names hosts in full, else None."""
    parts = node.parts if isinstance(node, Either) else (node,)
    hosts = []
    for part in parts:
        if not isinstance(part, Predicate) or part.operator != "==" or part.lower:
            return None
        hosts.append(str(part.value))
    return tuple(hosts)


class Ranked:
    """Conditions by descending priority, then descending id."""

    def __init__(self, matchers: Sequence[Matcher]) -> None:
        self.matchers = sorted(matchers, key=lambda m: (m.priority, m.identity), reverse=True)
        self.by_host: dict[str, list[Matcher]] = {}
        self.others: list[Matcher] = []
        for position, matcher in enumerate(self.matchers):
            matcher.position = position
            if matcher.exact_hosts is None:
                self.others.append(matcher)
            else:
                for host in matcher.exact_hosts:
                    self.by_host.setdefault(host, []).append(matcher)
        self._serving: dict[str, list[Matcher]] = {}

    def serving(self, arrival: Arrival) -> list[Matcher]:
        """The conditions whose hosts allow the request, in order."""
        host = arrival.host_and_port[0]
        found = self._serving.get(host)
        if found is None:
            free = [m for m in self.others if m.host_test is None or m.host_test(arrival, Found())]
            found = sorted({*self.by_host.get(host, ()), *free}, key=lambda m: m.position)
            self._serving[host] = found
        return found

    def select(self, arrival: Arrival) -> Selection:
        """The first condition that holds, and the routes that could hold in its place."""
        if arrival.path_text is None:
            return Selection(None, "the path is not UTF-8, which the router answers with an error")
        names: dict[str, None] = {}
        best: tuple[Matcher, Found] | None = None
        for matcher in self.serving(arrival):
            if best is not None and not _equal(best[0], matcher):
                break
            found = matcher.holds(arrival)
            if found is None:
                continue
            names[matcher.route.name] = None
            if matcher.undecidable:
                continue
            if best is None:
                best = (matcher, found)
        if best is None:
            names[""] = None
        tie = tuple(names) if len(names) > 1 else ()
        if best is None:
            return Selection(None, "no route matches", tie)
        matcher, matched = best
        return Selection(
            _hit(matcher, matched, arrival), f"{_words(matcher)}; highest priority that holds", tie
        )

    def undecidable(self) -> dict[str, str]:
        """The reason by route where a pattern cannot be evaluated."""
        return {matcher.route.name: matcher.undecidable for matcher in self.matchers if matcher.undecidable}

    def candidates(self, arrival: Arrival) -> Iterator[Candidate]:
        """Every condition by descending priority, with the reason why it lost."""
        chosen = self.select(arrival).hit
        won = False
        for matcher in self.matchers:
            own = (
                matcher.route.priority if matcher.criterion == matcher.route.expression else matcher.priority
            )
            rank = f"priority {own}, id {matcher.identity}"
            missing = matcher.missing(arrival)
            if missing:
                reason = missing
            elif matcher.undecidable:
                reason = f"cannot be decided: {matcher.undecidable}"
            elif chosen and matcher.route is chosen.route and not won:
                reason, won = "wins", True
            else:
                reason = f"holds, but {chosen.route.name if chosen else 'nothing'} ranks above"
            yield Candidate(matcher.route.name, matcher.criterion, rank, not missing, reason)


def _equal(best: Matcher, other: Matcher) -> bool:
    """Whether the configuration leaves the order of two conditions open."""
    if best.unordered and other.unordered:
        return True
    return best.priority == other.priority and (not best.identity or best.identity == other.identity)


def _words(matcher: Matcher) -> str:
    hosts = "" if matcher.criterion == matcher.route.expression else " or ".join(matcher.route.hosts)
    return " ".join(part for part in (hosts, matcher.criterion) if part) or matcher.route.name


def _hit(matcher: Matcher, found: Found, arrival: Arrival) -> Hit:
    """What is left of the path: only the *length* of the match counts, wherever it was found."""
    prefix = len(wire_bytes(found.path)) or 1
    rest = without_leading_dots(arrival.path[prefix:])
    return Hit(matcher.route, matcher.criterion, rest, found.captures)
