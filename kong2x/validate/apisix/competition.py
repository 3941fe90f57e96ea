"""Which rules of ApisixRoutes want the same requests, and which of them get those.

APISIX looks for the most specific host, under it for the longest path, and compares priorities only
between rules of the same path text (apisix-target.md 4.3).
"""

from __future__ import annotations

from bisect import bisect_left
from collections import defaultdict
from collections.abc import Iterator, Mapping
from typing import Any, NamedTuple

from kong2x.model.finding import Finding
from kong2x.model.source import Path, SourceObject, items, mapping
from kong2x.validate.apisix.conditions import literal_prefix
from kong2x.validate.apisix.hint_codes import HTTPROUTE_FIRST, NEVER_ANSWERS, PRIORITY_IDLE
from kong2x.validate.apisix.trap_codes import ROUTE_CLASH
from kong2x.validate.apisix.world import World
from kong2x.validate.gateway.edition import each

_Place = tuple[str, str]
"""The class and one host, empty for any host."""


class Rule(NamedTuple):
    """What decides whether two rules can fit the same request, and which of them is asked first.

    `begins` is a text with which every path begins that fits the rule's own expression.
    """

    route: SourceObject
    path: Path
    name: str
    priority: int
    hosts: tuple[str, ...]
    texts: tuple[str, ...]
    methods: frozenset[str]
    wanted: Mapping[tuple[str, str], frozenset[str]]
    other: bool
    """Whether it has conditions that this check cannot compare."""
    begins: str

    @property
    def places(self) -> list[_Place]:
        """The hosts under which it stands."""
        group = str(mapping(self.route.value.get("spec")).get("ingressClassName") or "")
        return [(group, host) for host in self.hosts]


def rules_of(world: World) -> list[Rule]:
    """Every `http` rule."""
    return [
        _rule(route, path, value, mapping(value.get("match"))) for route, path, value in world.rules("http")
    ]


def _rule(route: SourceObject, path: Path, value: Mapping[str, Any], match: Mapping[str, Any]) -> Rule:
    wanted: dict[tuple[str, str], frozenset[str]] = {}
    other = bool(match.get("filter_func") or match.get("remoteAddrs"))
    begins = ""
    for _, expr in each(match.get("exprs")):
        subject = mapping(expr.get("subject"))
        name = str(subject.get("name") or "")
        key = (str(subject.get("scope")), name.lower() if subject.get("scope") == "Header" else name)
        if expr.get("op") in ("Equal", "In"):
            values = [expr.get("value")] if expr["op"] == "Equal" else items(expr.get("set"))
            wanted[key] = frozenset(str(item) for item in values)
        else:
            other = True
        if subject.get("scope") == "Path" and expr.get("op") == "RegexMatch":
            begins = max(begins, literal_prefix(str(expr.get("value"))), key=len)
    priority = value.get("priority")
    return Rule(
        route,
        path,
        str(value.get("name")),
        priority if isinstance(priority, int) else 0,
        tuple(dict.fromkeys(str(host).lower() for host in items(match.get("hosts")))) or ("",),
        tuple(dict.fromkeys(str(text) for text in items(match.get("paths")))),
        frozenset(str(method) for method in items(match.get("methods"))),
        wanted,
        other,
        begins,
    )


def competing(world: World) -> Iterator[Finding]:
    """Pairs of rules with the same host, path and priority that one request can fit.

    Equal ones are tried in an order that nobody promises.
    """
    nodes: dict[tuple[_Place, str, int], list[Rule]] = defaultdict(list)
    told: set[tuple[int, int]] = set()
    for rule in rules_of(world):
        for place in rule.places:
            for text in rule.texts:
                node = nodes[place, text, rule.priority]
                for other in node:
                    pair = (id(other.wanted), id(rule.wanted))
                    if pair not in told and _both_fit(other, rule):
                        told.add(pair)
                        yield _clash(rule, other, place[1], text)
                node.append(rule)


def _both_fit(one: Rule, two: Rule) -> bool:
    if one.methods and two.methods and not one.methods & two.methods:
        return False
    if one.other and two.other:
        return False
    return all(one.wanted[key] & two.wanted[key] for key in one.wanted.keys() & two.wanted.keys())


def _clash(rule: Rule, other: Rule, host: str, text: str) -> Finding:
    where = f"{host}{text}" if host else f"{text} on any host"
    return ROUTE_CLASH.finding(
        f"Rule {rule.name} and rule {other.name} of {other.route.ref} both take {where} with the same priority.",
        object=rule.route.ref,
        path=(*rule.path, "priority"),
    )


class _Tree:
    """The rules at each path of each host."""

    def __init__(self, rules: list[Rule]) -> None:
        self._nodes: dict[_Place, dict[str, list[Rule]]] = defaultdict(dict)
        for rule in rules:
            for place in rule.places:
                for text in rule.texts:
                    self._nodes[place].setdefault(text, []).append(rule)
        self._sorted = {place: sorted(nodes) for place, nodes in self._nodes.items()}

    def places(self, group: str) -> list[_Place]:
        """The hosts of one class."""
        return [place for place in self._nodes if place[0] == group]

    def at(self, place: _Place, text: str) -> list[Rule]:
        """The rules at one path."""
        return self._nodes.get(place, {}).get(text, [])

    def below(self, place: _Place, text: str) -> Iterator[tuple[str, Rule]]:
        """The rules at paths that APISIX tries before `text` for requests that fit both."""
        stem, star, _ = text.partition("*")
        texts = self._sorted.get(place, [])
        for at in range(bisect_left(texts, stem), len(texts) if star else 0):
            if not texts[at].startswith(stem):
                return
            if texts[at] != text:
                yield from ((texts[at], rule) for rule in self._nodes[place][texts[at]])

    def above(self, place: _Place, text: str) -> Iterator[tuple[str, Rule]]:
        """The rules at `text`, and at prefixes that take all of it."""
        stem = text.partition("*")[0]
        for wider in (text, *(f"{stem[:end]}*" for end in range(len(stem), 0, -1))):
            yield from ((wider, rule) for rule in self.at(place, wider))


def outranked(world: World) -> Iterator[Finding]:
    """Rules whose priority does nothing, and rules that no request reaches."""
    rules = rules_of(world)
    tree = _Tree(rules)
    for rule in rules:
        winners = [_winner(rule, text, place, tree) for place in rule.places for text in rule.texts]
        if winners and all(winners):
            yield _never(rule, next(w for w in winners if w))
        elif rule.priority > 0 and not _felt(rule, tree) and (taker := _taker(rule, tree)):
            yield _idle(rule, taker)
    yield from _http_routes(world, rules)


def _winner(rule: Rule, text: str, place: _Place, tree: _Tree) -> Rule | None:
    """A rule that gets every request that `rule` asks for at one of its paths."""
    for other in tree.at(place, text):
        if other.priority > rule.priority and _wider(other, rule):
            return other
    for end in range(len(rule.begins), len(text.partition("*")[0]), -1):
        longer = f"{rule.begins[:end]}*"
        if text.endswith("*") and rule.begins.startswith(text[:-1]) and longer not in rule.texts:
            found = next((other for other in tree.at(place, longer) if _wider(other, rule)), None)
            if found:
                return found
    return None


def _wider(other: Rule, rule: Rule) -> bool:
    """Whether `other` fits every request that fulfils the conditions of `rule`, paths and hosts aside."""
    if other.other or (other.methods and not (rule.methods and rule.methods <= other.methods)):
        return False
    return all(key in rule.wanted and rule.wanted[key] <= values for key, values in other.wanted.items())


def _felt(rule: Rule, tree: _Tree) -> bool:
    """Whether the priority of a rule sets it before another one somewhere."""
    return any(
        other.priority < rule.priority
        for place in rule.places
        for text in rule.texts
        for other in tree.at(place, text)
    )


def _taker(rule: Rule, tree: _Tree) -> tuple[Rule, str, str] | None:
    """A rule with a lower priority that gets requests of `rule` first, on which host and path."""
    for place in rule.places:
        for own in rule.texts:
            for text, other in tree.below(place, own):
                if other.priority < rule.priority and _both_fit(other, rule):
                    return other, place[1], text
    for place in tree.places(rule.places[0][0]) if rule.hosts == ("",) else ():
        for own in rule.texts if place[1] else ():
            for text, other in (*tree.above(place, own), *tree.below(place, own)):
                if other.priority < rule.priority and _both_fit(other, rule):
                    return other, place[1], text
    return None


def _never(rule: Rule, winner: Rule) -> Finding:
    return NEVER_ANSWERS.finding(
        f"Rule {rule.name} (priority {rule.priority}) never answers: every request that fits it goes to rule "
        f"{winner.name} (priority {winner.priority}) of {winner.route.ref}.",
        object=rule.route.ref,
        path=rule.path,
    )


def _idle(rule: Rule, taker: tuple[Rule, str, str]) -> Finding:
    other, host, text = taker
    why = "names the host" if host and rule.hosts == ("",) else "has the longer path"
    return PRIORITY_IDLE.finding(
        f"Rule {rule.name} has priority {rule.priority}, and requests for {host}{text} go to rule {other.name} "
        f"(priority {other.priority}) of {other.route.ref}, which {why}.",
        object=rule.route.ref,
        path=(*rule.path, "priority"),
    )


def _http_routes(world: World, rules: list[Rule]) -> Iterator[Finding]:
    """HTTPRoutes on the host and path of an ApisixRoute, both ways of writing for one path tree."""
    standing = {(host, text): rule for rule in rules for host in rule.hosts for text in rule.texts}
    targets = {
        (policy.namespace, str(ref.get("name")))
        for policy in world.kind("HTTPRoutePolicy")
        for _, ref in each(mapping(policy.value.get("spec")).get("targetRefs"))
    }
    for route in world.kind("HTTPRoute") if standing else ():
        if (route.namespace, route.name) in targets:
            continue
        spec = mapping(route.value.get("spec"))
        for path, rule_value in each(spec.get("rules"), ("spec", "rules")):
            for here, match in each(rule_value.get("matches"), (*path, "matches")):
                want = mapping(match.get("path"))
                texts = _gateway_texts(str(want.get("type", "PathPrefix")), str(want.get("value", "/")))
                for host in [str(name).lower() for name in items(spec.get("hostnames"))] or [""]:
                    found = next((standing[host, t] for t in texts if (host, t) in standing), None)
                    if found:
                        message = (
                            f"Rule {found.name} of {found.route.ref} has the same host and path "
                            f"{host}{want.get('value', '/')}, and this HTTPRoute answers."
                        )
                        yield HTTPROUTE_FIRST.finding(message, object=route.ref, path=here)


def _gateway_texts(kind: str, value: str) -> tuple[str, ...]:
    """What the controller makes of a path match (apisix-target.md 7.3)."""
    if kind == "PathPrefix":
        return (value, f"{value.rstrip('/')}/*")
    return (value,) if kind == "Exact" else ("/*",)
