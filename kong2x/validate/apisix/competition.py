"""Which rules of ApisixRoutes want the same requests, and which of them get those.

APISIX looks for the most specific host, under it for the longest path, and compares priorities only
between rules of the same path text (apisix-target.md 4.3).
"""

from __future__ import annotations

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


def outranked(world: World) -> Iterator[Finding]:
    """Rules whose priority does nothing, and rules that no request reaches."""
    rules = rules_of(world)
    by_place: dict[_Place, list[Rule]] = defaultdict(list)
    for rule in rules:
        for place in rule.places:
            by_place[place].append(rule)
    for rule in rules:
        winners = [_winner(rule, text, by_place[place]) for place in rule.places for text in rule.texts]
        if winners and all(winners):
            yield _never(rule, next(w for w in winners if w))
        elif rule.priority > 0 and not _felt(rule, by_place) and (taker := _taker(rule, by_place)):
            yield _idle(rule, taker)
    yield from _http_routes(world, by_place)


def _winner(rule: Rule, text: str, others: list[Rule]) -> Rule | None:
    """A rule that gets every request that `rule` asks for at one of its paths."""
    for other in others:
        if (other.path == rule.path and other.route is rule.route) or not _wider(other, rule):
            continue
        if text in other.texts and other.priority > rule.priority:
            return other
        below = [t for t in other.texts if _below(t, text) and t.endswith("*")]
        if any(rule.begins.startswith(t[:-1]) for t in below) and not set(below) & set(rule.texts):
            return other
    return None


def _wider(other: Rule, rule: Rule) -> bool:
    """Whether `other` fits every request that fulfils the conditions of `rule`, paths and hosts aside."""
    if other.other or (other.methods and not (rule.methods and rule.methods <= other.methods)):
        return False
    return all(key in rule.wanted and rule.wanted[key] <= values for key, values in other.wanted.items())


def _below(text: str, above: str) -> bool:
    """Whether APISIX tries the path `text` before `above` for a request that fits both."""
    stem, star, _ = above.partition("*")
    return bool(star) and text != above and text.partition("*")[0].startswith(stem)


def _felt(rule: Rule, by_place: Mapping[_Place, list[Rule]]) -> bool:
    """Whether the priority of a rule sets it before another one somewhere."""
    return any(
        other.priority < rule.priority and set(other.texts) & set(rule.texts)
        for place in rule.places
        for other in by_place[place]
    )


def _taker(rule: Rule, by_place: Mapping[_Place, list[Rule]]) -> tuple[Rule, str, str] | None:
    """A rule with a lower priority that gets requests of `rule` first, on which host and path."""
    for place, others in by_place.items():
        mine = place in rule.places
        if not mine and (place[0] != rule.places[0][0] or rule.hosts != ("",)):
            continue
        for other in others:
            if other.priority >= rule.priority or not _both_fit(other, rule):
                continue
            for text in other.texts:
                if any(_below(text, own) or (not mine and _overlap(text, own)) for own in rule.texts):
                    return other, place[1], text
    return None


def _overlap(one: str, two: str) -> bool:
    return one == two or _below(one, two) or _below(two, one)


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


def _http_routes(world: World, by_place: Mapping[_Place, list[Rule]]) -> Iterator[Finding]:
    """HTTPRoutes on the host and path of an ApisixRoute, both ways of writing for one path tree."""
    standing: dict[tuple[str, str], Rule] = {}
    for (_, host), rules in by_place.items():
        for rule in rules:
            standing.update({(host, text): rule for text in rule.texts})
    targets = {
        (policy.namespace, ref.get("name"))
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
                for host in items(spec.get("hostnames")) or [""]:
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
