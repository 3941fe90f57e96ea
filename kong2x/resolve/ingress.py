"""Which Kong routes the Ingresses of the controller's class become (kong-source.md 3.2 to 3.6)."""

from __future__ import annotations

from collections.abc import Iterable
from dataclasses import dataclass, field

from kong2x.model.finding import Level
from kong2x.model.route import Feature, PathMatch, Route, RouteModel, Service
from kong2x.model.source import Leaf, SourceObject
from kong2x.resolve import ingress_codes as codes
from kong2x.resolve.class_parameters import ClassParameters
from kong2x.resolve.ingress_checks import check_options, check_rules
from kong2x.resolve.ingress_expression import complete_expression
from kong2x.resolve.ingress_rules import PathRule, is_legacy, path_rules
from kong2x.resolve.kong_ingress_routes import apply_kong_ingress_route, kong_ingress_of
from kong2x.resolve.names import ingress_route_name, route_id
from kong2x.resolve.paths import PATH_TYPES, IngressPath, PathRules, ingress_path
from kong2x.resolve.rewrite import abandon_service, apply_rewrites
from kong2x.resolve.route_effects import apply_route_options
from kong2x.resolve.route_options import RouteOptions, read_route_options
from kong2x.resolve.services import ServiceBook
from kong2x.resolve.world import World, namespace_of


@dataclass(slots=True)
class Group:
    """The paths of one Ingress that share host, Service and port: one Kong route."""

    name: str
    origin: SourceObject
    options: RouteOptions
    host: str
    service: Service
    rules: list[PathRule] = field(default_factory=list)
    paths: list[IngressPath] = field(default_factory=list)


@dataclass(slots=True)
class IngressTranslation:
    """The groups of all Ingresses, and the options of each Ingress, read once."""

    world: World
    model: RouteModel
    book: ServiceBook
    parameters: ClassParameters
    groups: dict[str, Group] = field(default_factory=dict)
    options: dict[int, RouteOptions] = field(default_factory=dict)
    before_3: bool = False
    """Whether the route section of a KongIngress still acts."""

    def options_of(self, ingress: SourceObject) -> RouteOptions:
        """The annotations of an Ingress."""
        found = self.options.get(id(ingress))
        if found is None:
            found = self.options[id(ingress)] = read_route_options(self.world, self.model, ingress)
            check_options(self.world, self.model, ingress, found)
        return found


def translate_ingresses(
    world: World, model: RouteModel, book: ServiceBook, ingresses: list[SourceObject]
) -> IngressTranslation:
    """Adds the routes of all rules to the model; the default backend is not among them."""
    work = IngressTranslation(
        world, model, book, book.parameters, before_3=not world.facts.kic_at_least("3.0")
    )
    for ingress in ingresses:
        if ingress.convert:
            _add(work, ingress)
    routes: dict[str, list[Route]] = {}
    by_group = [(group, _route(work, group)) for group in work.groups.values()]
    for group, route in by_group:
        routes.setdefault(group.service.name, []).append(route)
    broken = apply_rewrites(world, model, [(route, group.options) for group, route in by_group])
    for name, why in broken.items():
        abandon_service(model, world, routes[name], why)
        del book.by_name[name]
    for group, route in by_group:
        if group.service.name not in broken and not _never_matches(work, route):
            model.routes.append(route)
    return work


def _never_matches(work: IngressTranslation, route: Route) -> bool:
    """A route of the expressions router whose only hosts are names that no request can have."""
    if work.world.facts.router != "expressions" or route.expression:
        return False
    for leaves in route.provenance.values():
        work.world.ledger.book_leaves(leaves, Level.IGNORED, codes.NEVER_MATCHES.id)
    work.model.findings.append(
        codes.NEVER_MATCHES.finding(
            f"Kong never serves the route {route.name}: the expressions router takes a trailing wildcard for text.",
            object=route.origin,
            routes=(route.name,),
        )
    )
    return True


def _add(work: IngressTranslation, ingress: SourceObject) -> None:
    options = work.options_of(ingress)
    facts = work.world.facts
    reading = PathRules(
        facts.router == "expressions", options.regex_prefix, work.parameters.guess_regexes is not None
    )
    if is_legacy(ingress):
        work.model.findings.append(
            codes.LEGACY.finding(
                f"The Ingress is written for {ingress.api_version}; kong2x reads it as the API server "
                "converts it to networking.k8s.io/v1, with pathType ImplementationSpecific where none is written.",
                object=ingress.ref,
                path=("apiVersion",),
            )
        )
    namespace = namespace_of(ingress)
    check_rules(work.world, work.model, ingress)
    for rule in path_rules(ingress):
        path_type = rule.path_type or "ImplementationSpecific"
        if rule.problem or path_type not in PATH_TYPES:
            why = rule.problem or f'the API server knows no pathType "{path_type}"'
            _dropped(work, ingress, rule, why)
            continue
        service = work.book.of(namespace, rule.backend, ingress, "/")
        if isinstance(service, str):
            _dropped(work, ingress, rule, service)
            continue
        group = _group(work, ingress, rule, service, options)
        group.rules.append(rule)
        group.paths.append(ingress_path(rule.path, path_type, reading))


def _group(
    work: IngressTranslation,
    ingress: SourceObject,
    rule: PathRule,
    service: Service,
    options: RouteOptions,
) -> Group:
    backend = rule.backend
    name = ingress_route_name(
        namespace_of(ingress), ingress.name, rule.host, backend.name, backend.port, backend.facade
    )
    group = work.groups.get(name)
    if group is None:
        group = work.groups[name] = Group(name, ingress, options, rule.host, service)
    elif group.origin is not ingress:
        work.model.findings.append(
            codes.NAME_COLLISION.finding(
                f"KIC makes one route named {name} of this Ingress and of {group.origin.ref}: the paths of "
                "both, the host and backend of the first, the annotations of the last.",
                object=ingress.ref,
                routes=(name,),
            )
        )
        group.origin, group.options = ingress, options
    return group


def _dropped(work: IngressTranslation, ingress: SourceObject, rule: PathRule, why: str) -> None:
    work.model.findings.append(
        codes.PATH_DROPPED.finding(
            f"Kong does not serve the path {rule.path or '/'} of host {rule.host or '*'}: {why}.",
            object=ingress.ref,
            path=rule.at,
        )
    )
    work.world.ledger.book(ingress.ref, rule.at, Level.IGNORED, codes.PATH_DROPPED.id)
    work.world.with_dropped_paths.add(ingress.ref)


def _route(work: IngressTranslation, group: Group) -> Route:
    origin = group.origin
    first = group.rules[0]
    route = Route(
        group.name,
        origin.ref,
        group.service,
        route_id(group.name),
        Leaf(origin.ref, first.at),
        hosts=(group.host,) if group.host else (),
        paths=_sourced(group),
        created_at=str(origin.metadata.get("creationTimestamp") or ""),
    )
    _provenance(work, group, route)
    if work.before_3:
        older = kong_ingress_of(work.world, origin)
        if older is not None:
            apply_kong_ingress_route(route, origin, *older)
    apply_route_options(route, group.options, classic=work.world.facts.router != "expressions")
    if work.world.facts.router == "expressions":
        complete_expression(work.model, route, group.options, group.paths, group.host)
    return route


def _sourced(group: Group) -> tuple[PathMatch, ...]:
    """The path matches with the leaf of each."""
    out = []
    for rule, found in zip(group.rules, group.paths, strict=True):
        leaf = rule.leaves[0] if rule.leaves else Leaf(group.origin.ref, rule.at)
        out += [
            PathMatch(match.kind, match.value, match.kong, match.expression, match.unescaped, leaf)
            for match in found.matches
        ]
    return tuple(out)


def _provenance(work: IngressTranslation, group: Group, route: Route) -> None:
    provenance = route.provenance
    if len(group.rules) == 1:
        rule = group.rules[0]
        hosts: tuple[Leaf, ...] = () if rule.host_leaf is None else (rule.host_leaf,)
        paths, backends = rule.leaves, rule.backend.leaves
    else:
        hosts = _once(leaf for rule in group.rules if (leaf := rule.host_leaf) is not None)
        paths = _once(leaf for rule in group.rules for leaf in rule.leaves)
        backends = _once(leaf for rule in group.rules for leaf in rule.backend.leaves)
    paths += group.options.leaves.get(Feature.PATHS, ())
    if work.parameters.guess_regexes is not None and work.world.facts.router != "expressions":
        paths += (work.parameters.guess_regexes,)
    if hosts:
        provenance[Feature.HOSTS] = hosts
    if paths:
        provenance[Feature.PATHS] = paths
    provenance[Feature.BACKEND] = backends


def _once(leaves: Iterable[Leaf]) -> tuple[Leaf, ...]:
    return tuple(dict.fromkeys(leaves))
