"""Which rules of ApisixRoutes compete for one request without an order between them."""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from typing import Any, NamedTuple

from kong2x.model.finding import Finding
from kong2x.model.source import Path, SourceObject, items, mapping
from kong2x.validate.apisix.trap_codes import ROUTE_CLASH
from kong2x.validate.gateway.edition import each


class Rule(NamedTuple):
    """What decides whether two rules on one node can fit the same request."""

    route: SourceObject
    path: Path
    name: str
    methods: frozenset[str]
    wanted: Mapping[tuple[str, str], frozenset[str]]
    other: bool
    """Whether it has conditions that this check cannot compare."""


def competing(routes: list[SourceObject]) -> Iterator[Finding]:
    """Pairs of rules with the same host, path and priority that one request can fit.

    APISIX compares priorities only between rules of the same path text under the same host; equal
    ones are tried in an order that nobody promises.
    """
    nodes: dict[tuple[str, str, int], list[Rule]] = {}
    told: set[tuple[int, int]] = set()
    for route in routes:
        for path, value in each(mapping(route.value.get("spec")).get("http"), ("spec", "http")):
            match = mapping(value.get("match"))
            rule = _rule(route, path, value, match)
            hosts = [str(host).lower() for host in items(match.get("hosts"))] or [""]
            for host in dict.fromkeys(hosts):
                for text in dict.fromkeys(str(text) for text in items(match.get("paths"))):
                    node = nodes.setdefault((host, text, int(value.get("priority") or 0)), [])
                    for other in node:
                        pair = (id(other.wanted), id(rule.wanted))
                        if pair not in told and _both_fit(other, rule):
                            told.add(pair)
                            yield _clash(rule, other, host, text)
                    node.append(rule)


def _rule(route: SourceObject, path: Path, value: Mapping[str, Any], match: Mapping[str, Any]) -> Rule:
    wanted: dict[tuple[str, str], frozenset[str]] = {}
    other = bool(match.get("filter_func") or match.get("remoteAddrs"))
    for _, expr in each(match.get("exprs")):
        subject = mapping(expr.get("subject"))
        name = str(subject.get("name") or "")
        key = (str(subject.get("scope")), name.lower() if subject.get("scope") == "Header" else name)
        if expr.get("op") in ("Equal", "In"):
            values = [expr.get("value")] if expr["op"] == "Equal" else items(expr.get("set"))
            wanted[key] = frozenset(str(item) for item in values)
        else:
            other = True
    methods = frozenset(str(method) for method in items(match.get("methods")))
    return Rule(route, path, str(value.get("name")), methods, wanted, other)


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
