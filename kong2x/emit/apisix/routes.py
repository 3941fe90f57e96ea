"""The ApisixRoute objects: one for each source object, one rule for each Kong route or more where needed."""

from __future__ import annotations

from collections import Counter
from collections.abc import Mapping, Sequence
from typing import Any

from kong2x.emit.apisix import codes, conditions, protocols, security
from kong2x.emit.apisix.backends import own_backends
from kong2x.emit.apisix.compose import Composed, compose
from kong2x.emit.apisix.desk import Desk
from kong2x.emit.apisix.metadata import carried
from kong2x.emit.apisix.names import LONGEST_RULE, digest, slug, unique
from kong2x.emit.apisix.pieces import pieces_of
from kong2x.emit.apisix.plugin_configs import PluginConfigs
from kong2x.emit.apisix.plugin_secrets import Secrets
from kong2x.emit.apisix.precedence import Placement, Unit, place
from kong2x.emit.apisix.referee import other_winners
from kong2x.emit.apisix.rules import Rule, Writer
from kong2x.emit.apisix.short_lists import Ranker, ShortLists
from kong2x.emit.apisix.streams import stream_rules
from kong2x.emit.apisix.upstreams import Upstreams
from kong2x.model.finding import Level
from kong2x.model.route import Feature, Route
from kong2x.model.source import Leaf, ObjectRef
from kong2x.verify.apisix import apisix_router


def emit_routes(desk: Desk, skip: frozenset[int]) -> None:
    """All ApisixRoutes with the ApisixPluginConfigs and ApisixUpstreams that they need."""
    classic = desk.model.facts.router == "traditional"
    ranker = ShortLists(desk.model.routes) if classic else Ranker()
    placement = place(pieces_of(desk.model, desk), ranker)
    units: dict[int, list[Unit]] = {}
    for unit in placement.units:
        units.setdefault(unit.order, []).append(unit)
    composed = {at: compose(route, desk, skip) for at, route in enumerate(desk.model.routes)}
    verdicts = {at: security.verdict(route, composed[at], desk) for at, route in enumerate(desk.model.routes)}
    upstreams = Upstreams(desk)
    for at, route in enumerate(desk.model.routes):
        if verdicts[at] == "serve" and at in units and route.service.fixed_status is None:
            for backend in own_backends(route):
                upstreams.claim(route, backend)
    for stream in desk.model.streams:
        for backend in stream.service.backends[:1]:
            if (backend.namespace or "default") == (stream.origin.namespace or "default"):
                upstreams.claim(stream, backend)
    upstreams.decide()
    writer = Writer(desk, upstreams, PluginConfigs(desk, Secrets(desk)))
    in_use = conditions.kinds_in_use(desk.model)
    http: dict[ObjectRef, list[Rule]] = {}
    routes: dict[int, Route] = {}
    for at, route in enumerate(desk.model.routes):
        wanted = conditions.conditions(route, desk, in_use)
        rules = http.setdefault(route.origin, [])
        if verdicts[at] == "omit" or at not in units:
            _unwritten(route, verdicts[at], desk)
            continue
        for unit, name in _named(route, units[at]):
            written = writer.rules(unit, name, wanted, composed[at], denied=verdicts[at] == "deny")
            routes.update((id(rule), route) for rule in written)
            rules += written
        _settle(route, composed[at], verdicts[at], desk)
    _tell_order(placement, desk)
    writer.configs.emit()
    upstreams.emit()
    names = _write(http, writer, desk)
    if isinstance(ranker, ShortLists) and ranker.disputed:
        _tell_disputes(ranker, {name: routes[rule] for name, rule in names.items()}, desk)


def _named(route: Route, units: Sequence[Unit]) -> list[tuple[Unit, str]]:
    """The units of a route with their rule names, independent of the order of rules and paths."""
    base = rule_base(route)
    if len(units) == 1:
        return [(units[0], base)]
    units = sorted(units, key=lambda unit: (_label(unit), sorted(unit.levels), sorted(unit.nodes)))
    labels = unique(((at, _label(unit)) for at, unit in enumerate(units)), 20)
    seen: dict[str, int] = {}
    out = []
    for at, unit in enumerate(units):
        label = _label(unit)
        if labels[at] != label:
            label = (
                f"{label}-{digest(*sorted(unit.levels), *sorted(node.uri for node in unit.nodes), length=4)}"
            )
        label = label.strip("-")
        seen[label] = seen.get(label, 0) + 1
        suffix = f"-{label}" if label else ""
        suffix += f"-{seen[label]}" if seen[label] > 1 else ""
        out.append((unit, f"{base[: LONGEST_RULE - len(suffix)].rstrip('-')}{suffix}"))
    return out


def _label(unit: Unit) -> str:
    """What tells a unit from the others of its route; the plain one has no label."""
    first = unit.pieces[0]
    parts = []
    if first.path.guard:
        parts.append("pattern")
    if first.path.raw:
        parts.append("encoded")
    if first.alias:
        parts.append("host-alias")
    if unit.lifted:
        parts.append("lifted")
    return "-".join(parts)


def rule_base(route: Route) -> str:
    """A readable name from KIC's route name, without the part that names the object.

    >>> from kong2x.model.route import Service
    >>> origin = ObjectRef("networking.k8s.io", "Ingress", "shop", "web")
    >>> rule_base(Route("shop.web.cart.a.example.80", origin, Service("s", "shop")))
    'cart-a-example-80'
    """
    name = route.name
    for head in (f"{route.origin.namespace}.{route.origin.name}.", f"{route.origin.name}."):
        before, found, rest = name.partition(head)
        if found and (not before or before.endswith(".")):
            kind = before.rstrip(".")
            return slug(f"{kind}-{rest}" if kind else rest, "default", LONGEST_RULE - 14)
    if name == f"{route.origin.namespace}.{route.origin.name}":
        return "default-backend"
    return slug(name, "rule", LONGEST_RULE - 14)


def _unwritten(route: Route, verdict: str, desk: Desk) -> None:
    """Nothing of a route that is left out arrives."""
    why = codes.OMITTED.id if verdict == "omit" else codes.NO_RULE.id
    if verdict != "omit":
        desk.say(
            codes.NO_RULE,
            "The route has no host, path or pattern that APISIX can match, so it is left out.",
            about=route,
        )
    for feature in route.provenance:
        desk.emission.settle_feature(route.provenance, feature, Level.UNSUPPORTED, why)
    desk.settle_rest(route.service.provenance)


def _settle(route: Route, composed: Composed, verdict: str, desk: Desk) -> None:
    protocols.tell_protocols(route, desk)
    if verdict == "deny":
        for feature in (Feature.BACKEND, Feature.PLUGINS, Feature.STRIP_PATH, Feature.REWRITE):
            desk.emission.settle_feature(route.provenance, feature, Level.UNSUPPORTED, codes.DENIED.id)
    desk.settle_rest(route.provenance)
    desk.settle_rest(route.service.provenance)


def _tell_order(placement: Placement, desk: Desk) -> None:
    pairs: dict[tuple[int, int], tuple[Route, Route, str]] = {}
    for first, second in placement.ties:
        if (first.order, second.order) in pairs:
            continue
        path = second.path.node.uri if second.path.node.below(first.path.node) else first.path.node.uri
        pairs[first.order, second.order] = (first.route, second.route, path)
    for one, other, path in pairs.values():
        if one is other:
            desk.say(
                codes.TIE,
                f"Kong's configuration does not decide which of the paths of {one.name} is cut off from requests that "
                f"several of them match (such as {path}).",
                about=one,
            )
            continue
        desk.say(
            codes.TIE,
            _tie(one, other, f"such as {path}"),
            about=other,
            routes=(one.name, other.name),
        )
    for winner, loser in placement.lost:
        one, other = winner.pieces[0].route, loser.pieces[0].route
        desk.say(
            codes.ORDER_LOST,
            f"Requests that both {one.name} and {other.name} match go to the first in Kong; here some of them, such as "
            f"{loser.nodes[0].uri}, go to the second, because Kong's order is circular.",
            about=other,
            routes=(one.name, other.name),
        )


def _tie(here: Route, other: Route, example: str) -> str:
    return (
        f"Kong's configuration does not decide whether {here.name} or {other.name} answers requests that both "
        f"match ({example}); here it is {here.name}."
    )


def _tell_disputes(ranker: ShortLists, rules: Mapping[str, Route], desk: Desk) -> None:
    """Tells of requests that another route answers, as Kong's lists depend on more than host and path."""
    target = apisix_router([manifest.value for manifest in desk.emission.manifests])
    for one, other, request, tied in other_winners(desk.model, target, ranker, rules):
        example = f"such as {request.method} {request.host}{request.path}"
        if tied:
            code, message = codes.TIE, _tie(other, one, example)
        else:
            code = codes.ORDER_LOST
            message = (
                f"Some requests that both {one.name} and {other.name} match, {example}, go to the first in Kong; "
                "here they go to the second."
            )
        desk.say(code, message, about=other, routes=(one.name, other.name))


def _write(http: Mapping[ObjectRef, list[Rule]], writer: Writer, desk: Desk) -> dict[str, int]:
    """The objects: a name taken by two kinds of source stays with the Ingress.

    Answers the identity of each rule by the name that a router gives it.
    """
    names: dict[str, int] = {}
    stream = stream_rules(desk)
    origins = list(dict.fromkeys([*http, *stream]))
    taken: dict[tuple[str, str], ObjectRef] = {}
    for origin in sorted(origins, key=lambda ref: (ref.kind != "Ingress", ref)):
        taken.setdefault((origin.namespace or "default", origin.name), origin)
    for origin in origins:
        rules, streams = http.get(origin, []), stream.get(origin, [])
        if not rules and not streams:
            continue
        own = taken[origin.namespace or "default", origin.name] == origin
        name = origin.name if own else f"{origin.name}-{origin.kind.lower()}"
        if not own:
            desk.say(
                codes.RENAMED,
                f"The ApisixRoute of {origin} is called {name}, as {origin.name} is taken by another source object.",
                leaf=Leaf(origin, ("metadata", "name")),
            )
        spec: dict[str, Any] = {"ingressClassName": desk.choices.ingress_class}
        if rules:
            spec["http"] = _distinct(rules)
            place = f"ApisixRoute {origin.namespace or 'default'}/{name}"
            names.update((f"{place} {rule['name']}", id(rule)) for rule in rules)
        if streams:
            spec["stream"] = streams
        value = {
            "apiVersion": "apisix.apache.org/v2",
            "kind": "ApisixRoute",
            "metadata": {"name": name, **carried(origin, desk)},
            "spec": spec,
        }
        desk.add(value, origin)
    for route, obj in writer.objects:
        desk.add(obj, route.origin)
    return names


def _distinct(rules: list[Rule]) -> list[Rule]:
    """Rules whose names would be equal get a hash of what they match, and a number where that is equal too."""
    for suffix in (lambda rule, _: digest(repr(rule["match"])), lambda _, number: str(number)):
        seen: dict[str, int] = {}
        counts = Counter(rule["name"] for rule in rules)
        for rule in rules:
            name = rule["name"]
            seen[name] = seen.get(name, 0) + 1
            if counts[name] > 1:
                added = f"-{suffix(rule, seen[name])}"
                rule["name"] = f"{name[: LONGEST_RULE - len(added)]}{added}"
    return rules
