"""HTTPRoutes as Kong services and routes, in the grouping of each router (kong-source.md 7.3)."""

from __future__ import annotations

from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass, field
from typing import Any

from kong2x.model.route import Backend, Feature, Provenance, Route, Service
from kong2x.model.source import Leaf, Path, SourceObject, items, leaves, mapping, text
from kong2x.resolve.expressions import all_of, hosts_predicate
from kong2x.resolve.gateway import codes
from kong2x.resolve.gateway.backends import backend_key, backends_of, consistent
from kong2x.resolve.gateway.context import Translation, kong_service
from kong2x.resolve.gateway.filters import RuleFilters, filter_key, for_prefix, read_filters
from kong2x.resolve.gateway.listeners import Acceptance
from kong2x.resolve.gateway.matches import HttpMatch, exchanged_prefix, http_priority, read_match
from kong2x.resolve.names import route_id
from kong2x.resolve.route_effects import apply_route_options
from kong2x.resolve.route_options import RouteOptions, read_route_options
from kong2x.resolve.world import namespace_of


@dataclass(slots=True)
class Rule:
    """One rule, read."""

    index: int
    body: Mapping[str, Any]
    where: Path
    matches: list[HttpMatch]
    filters: RuleFilters


@dataclass(slots=True)
class Source:
    """One HTTPRoute with what its parents grant it."""

    obj: SourceObject
    acceptance: Acceptance
    options: RouteOptions
    rules: list[Rule]
    shared: Provenance = field(default_factory=dict)

    @property
    def hosts(self) -> tuple[str, ...]:
        return self.acceptance.hosts or ()


@dataclass(frozen=True, slots=True)
class Pending:
    """A match that waits for its priority; dropped ones have no route and keep their place among equals."""

    source: Source
    match: HttpMatch
    host: str
    route: Route | None

    @property
    def place(self) -> tuple[str, str, str, tuple[int, int]]:
        """The order among equals: older, then namespace/name, rule and match."""
        obj = self.source.obj
        created = text(obj.metadata.get("creationTimestamp"))
        return (created or "9999", namespace_of(obj), obj.name, self.match.position)


def http_routes(on: Translation) -> None:
    """Every HTTPRoute that a listener accepts."""
    pending: list[Pending] = []
    for obj in on.routes("HTTPRoute"):
        acceptance = on.accepted(obj)
        if acceptance.hosts is None:
            continue
        source = read_source(on, obj, acceptance)
        if refused_for_query(on, source):
            continue
        for group in groups(source.rules, namespace_of(obj)):
            translate_group(on, source, group, pending)
    set_priorities(pending)


def read_source(on: Translation, obj: SourceObject, acceptance: Acceptance) -> Source:
    """One HTTPRoute with all rules read."""
    rules = []
    spec = mapping(obj.value.get("spec"))
    for index, body in enumerate(map(mapping, items(spec.get("rules")) or [{}])):
        where: Path = ("spec", "rules", index)
        matches = [
            read_match(obj, mapping(match), (index, place), (*where, "matches", place), on.expressions)
            for place, match in enumerate(items(body.get("matches")) or [{}])
        ]
        filters = read_filters(obj, body, where, on.world.facts.at_least("3.9"))
        rules.append(Rule(index, body, where, matches, filters))
    source = Source(obj, acceptance, read_route_options(on.world, on.model, obj), rules)
    source.shared = {
        Feature.HOSTS: tuple(
            obj.leaf("spec", "hostnames", i) for i in range(len(items(spec.get("hostnames"))))
        ),
        Feature.PARENTS: tuple(
            Leaf(obj.ref, ("spec", "parentRefs", *path)) for path in leaves(items(spec.get("parentRefs")))
        ),
    }
    source.shared = {feature: where for feature, where in source.shared.items() if where}
    return source


def refused_for_query(on: Translation, source: Source) -> bool:
    """Query parameters end the whole HTTPRoute with the classic routers."""
    asked = [match for rule in source.rules for match in rule.matches if match.query]
    if not asked or on.expressions:
        return False
    message = "Kong serves no rule of this route: its router cannot compare query parameters."
    on.drop(source.obj, codes.QUERY, message, (*asked[0].where, "queryParams"))
    return True


def groups(rules: Sequence[Rule], namespace: str) -> Iterator[list[Rule]]:
    """Rules with the same backends, in order of their first rule."""
    found: dict[tuple[Any, ...], list[Rule]] = {}
    for rule in rules:
        found.setdefault(backend_key(rule.body, namespace), []).append(rule)
    yield from found.values()


def translate_group(on: Translation, source: Source, group: list[Rule], pending: list[Pending]) -> None:
    """One Kong service with its routes; a failing filter ends all of the group."""
    obj = source.obj
    failing = next(
        (rule for rule in group if rule.filters.failure or doubled_header(rule, on.expressions)), None
    )
    if failing is not None:
        reason = failing.filters.failure or "one header name stands twice in a match"
        message = f"Kong drops {described(group)} of this route: {reason}."
        on.drop_rules(obj, codes.RULE_FAILED, message, [rule.where for rule in group], failing.where)
        pending.extend(dropped(source, group))
        return
    first = group[0]
    backends = backends_of(on.world, obj, first.body, first.where, on.model.findings)
    if not consistent(on.world, backends):
        message = f"Kong drops {described(group)} of this route: its Services carry different konghq.com annotations."
        on.drop_rules(obj, codes.INCONSISTENT, message, [rule.where for rule in group], first.where)
        pending.extend(dropped(source, group))
        return
    name = f"httproute.{namespace_of(obj)}.{obj.name}.{first.index}"
    service = kong_service(on, name, obj, backends)
    add_timeouts(service, obj, group)
    if not backends and items(first.body.get("backendRefs")):
        service.fixed_status = 500
    tell_small_weights(on, obj, first, backends)
    on.finish(service, backends)
    made = expression_routes if on.expressions else classic_routes
    for route, match, host in made(on, source, group, service):
        on.model.routes.append(route)
        if match is not None:
            pending.append(Pending(source, match, host, route))


def dropped(source: Source, group: Sequence[Rule]) -> Iterator[Pending]:
    """The matches of rules that are not served."""
    for rule in group:
        for match in rule.matches:
            for host in source.hosts or ("",):
                yield Pending(source, match, host, None)


def described(group: Sequence[Rule]) -> str:
    """`rule 0`, `rules 0 and 2`."""
    numbers = [str(rule.index) for rule in group]
    return f"rule {numbers[0]}" if len(numbers) == 1 else f"rules {', '.join(numbers[:-1])} and {numbers[-1]}"


def doubled_header(rule: Rule, expressions: bool) -> bool:
    """Whether a match names a header twice in the same spelling, which the classic routers cannot hold."""
    if expressions:
        return False
    return any(len({h.name for h in match.headers}) < len(match.headers) for match in rule.matches)


def add_timeouts(service: Service, obj: SourceObject, group: Sequence[Rule]) -> None:
    """`timeouts.backendRequest` of any rule sets all three timeouts of the shared service."""
    for rule in group:
        written = mapping(rule.body.get("timeouts")).get("backendRequest")
        value = milliseconds(text(written))
        if value:
            leaf = Leaf(obj.ref, (*rule.where, "timeouts", "backendRequest"))
            service.connect_timeout = service.read_timeout = service.write_timeout = value
            for feature in (Feature.CONNECT_TIMEOUT, Feature.READ_TIMEOUT, Feature.WRITE_TIMEOUT):
                service.provenance[feature] = (*service.provenance.get(feature, ()), leaf)


def milliseconds(written: str) -> int:
    """A Gateway API duration in ms, 0 where there is none.

    >>> milliseconds("1m30s"), milliseconds("500ms"), milliseconds("")
    (90000, 500, 0)
    """
    total, number = 0, ""
    units = {"h": 3_600_000, "m": 60_000, "s": 1000, "ms": 1}
    position = 0
    while position < len(written):
        char = written[position]
        if char.isdigit():
            number += char
            position += 1
            continue
        unit = "ms" if written.startswith("ms", position) else char
        if not number or unit not in units:
            return 0
        total += int(number) * units[unit]
        number = ""
        position += len(unit)
    return total


def tell_small_weights(on: Translation, obj: SourceObject, rule: Rule, backends: Sequence[Backend]) -> None:
    """Shares of several backends with small weights depend on the number of pods (trap 55)."""
    if len(backends) > 1 and any(0 < (backend.weight or 0) < 10 for backend in backends):
        message = (
            "Weights below 10 are shares of pods on Kong: the backend with more pods gets more requests."
        )
        path = (*rule.where, "backendRefs")
        on.model.findings.append(codes.PER_POD.finding(message, object=obj.ref, path=path))


def classic_routes(
    on: Translation, source: Source, group: Sequence[Rule], service: Service
) -> Iterator[tuple[Route, HttpMatch | None, str]]:
    """Rules with the same filters share routes; matches with the same method and headers share one."""
    by_filters: dict[str, list[Rule]] = {}
    for rule in group:
        by_filters.setdefault(filter_key(rule.body), []).append(rule)
    for rules in by_filters.values():
        shared: dict[tuple[Any, ...], list[tuple[Rule, HttpMatch]]] = {}
        for rule in rules:
            for match in rule.matches:
                key: tuple[Any, ...] = match.classic_key
                if rule.filters.prefix is not None:
                    key = (*key, match.path.value)
                shared.setdefault(key, []).append((rule, match))
        for pairs in shared.values():
            rule, match = pairs[0]
            name = "httproute.{}.{}.{}.{}".format(namespace_of(source.obj), source.obj.name, *match.position)
            route = new_route(on, source, rule, [one for _, one in pairs], service, name)
            route.hosts = source.hosts
            apply_route_options(route, source.options, classic=True)
            yield route, None, ""


def expression_routes(
    on: Translation, source: Source, group: Sequence[Rule], service: Service
) -> Iterator[tuple[Route, HttpMatch | None, str]]:
    """One route for each hostname, rule and match."""
    for rule in group:
        for match in rule.matches:
            for host in source.hosts or ("",):
                shown = host.replace("*", "_") or "_"
                base = f"httproute.{namespace_of(source.obj)}.{source.obj.name}.{shown}"
                name = "{}.{}.{}".format(base, *match.position)
                route = new_route(on, source, rule, [match], service, name)
                route.hosts = (host,) if host else ()
                apply_route_options(route, source.options, classic=False)
                full = match.predicate(route.paths[0].expression)
                sni = all_of(f'tls.sni == "{one}"' for one in route.snis[:1])
                route.expression = all_of((hosts_predicate(route.hosts), full, sni))
                yield route, match, host


def new_route(
    on: Translation, source: Source, rule: Rule, matches: Sequence[HttpMatch], service: Service, name: str
) -> Route:
    """A route with the criteria and filters of its matches."""
    filters = rule.filters
    route = Route(name, source.obj.ref, service, route_id(name), source=Leaf(source.obj.ref, rule.where))
    first = matches[0]
    paths, rewrite = [match.path for match in matches], filters.rewrite
    if rewrite is not None and filters.prefix is not None:
        written = first.path.value
        rewrite = for_prefix(rewrite, written, filters.prefix)
        paths = [exchanged_prefix(match.path, match.path.value, filters.prefix) for match in matches]
    route.paths = tuple(paths)
    route.methods = (first.method,) if first.method else ()
    route.headers, route.query, route.rewrite = first.headers, first.query, rewrite
    route.protocols = tuple(p for p in source.acceptance.protocols if p in ("http", "https"))
    route.parents = source.acceptance.parents
    route.plugins = tuple(filters.plugins)
    route.extension_plugins = tuple(filters.extensions)
    route.created_at = text(source.obj.metadata.get("creationTimestamp"))
    for code, message, path in filters.problems:
        on.model.refusals.append(code.finding(message, object=source.obj.ref, path=path, routes=(name,)))
    route.provenance = provenance_of(source, rule, matches)
    return route


def provenance_of(source: Source, rule: Rule, matches: Sequence[HttpMatch]) -> Provenance:
    """The leaves behind a route: its matches, filters and backends, and what the object sets for all."""
    obj = source.obj
    found: Provenance = dict(source.shared)
    words = {
        "path": Feature.PATHS,
        "method": Feature.METHODS,
        "headers": Feature.HEADERS,
        "queryParams": Feature.QUERY,
    }
    for match in matches:
        bodies = items(mapping(obj.value.get("spec")).get("rules"))
        body = items(mapping(bodies[match.position[0]]).get("matches")) if bodies else []
        written = mapping(body[match.position[1]]) if len(body) > match.position[1] else {}
        for word, feature in words.items():
            if word in written:
                where = tuple(Leaf(obj.ref, (*match.where, word, *path)) for path in leaves(written[word]))
                found[feature] = (*found.get(feature, ()), *where)
    if rule.filters.leaves:
        found[Feature.FILTERS] = tuple(rule.filters.leaves)
    refs = rule.body.get("backendRefs")
    if refs:
        found[Feature.BACKEND] = tuple(Leaf(obj.ref, (*rule.where, "backendRefs", *p)) for p in leaves(refs))
    return found


def set_priorities(pending: Sequence[Pending]) -> None:
    """Priorities of the expressions router, with the place among equals in the lowest bits."""
    tied: dict[int, list[Pending]] = {}
    for one in pending:
        tied.setdefault(http_priority(one.match, one.host), []).append(one)
    for value, members in tied.items():
        for place, one in enumerate(sorted(members, key=lambda member: member.place)):
            if one.route is not None:
                one.route.priority = value | max(4095 - place, 0)
