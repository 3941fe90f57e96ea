"""Which plugins act on each route, Service and consumer: everything that lists plugins, combined and ranked."""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from dataclasses import dataclass, field

from kong2x.model.finding import Finding
from kong2x.model.plugin import Consumer, PluginUse
from kong2x.model.route import Feature, Route, RouteModel, Service, StreamRoute
from kong2x.model.source import Leaf, ObjectRef
from kong2x.resolve.consumers import consumers_elsewhere
from kong2x.resolve.plugins_books import book_plugins
from kong2x.resolve.plugins_combine import Combined, Instance, check_type, combine, service_instances
from kong2x.resolve.plugins_global import global_instances
from kong2x.resolve.plugins_references import ANNOTATION, Referrer, Shelf, referrer
from kong2x.resolve.plugins_tell import tell
from kong2x.resolve.precedence import Person, Precedence
from kong2x.resolve.world import World, namespace_of

_NONE: tuple[Sequence[Instance], Sequence[Instance]] = ((), ())


@dataclass(slots=True)
class Plan:
    """Everything that lists plugins, and every instance that the controller makes of it.

    `routes` maps the name of each Kong route to the referrer that it comes from, `services` each Kong
    service to its Services; objects without plugins are left out.
    """

    world: World
    shelf: Shelf
    routes: dict[str, Referrer] = field(default_factory=dict)
    services: dict[str, list[Referrer]] = field(default_factory=dict)
    people: dict[ObjectRef, Referrer] = field(default_factory=dict)
    groups: dict[tuple[str, str], Referrer] = field(default_factory=dict)
    everywhere: list[Instance] = field(default_factory=list)
    combined: Combined = field(init=False)

    def __post_init__(self) -> None:
        self.combined = Combined(self.world.facts)

    def referrers(self) -> Iterator[Referrer]:
        """Every object that lists plugins, once, in the order in which it was met."""
        found: dict[int, Referrer] = {}
        services = [referrer for listed in self.services.values() for referrer in listed]
        for one in (*services, *self.routes.values(), *self.people.values(), *self.groups.values()):
            found.setdefault(id(one), one)
        yield from found.values()


def attach_plugins(world: World, model: RouteModel) -> None:
    """Fills the plugins of routes, Services and consumers, and books every plugin object.

    Call it when routes, Services and consumers are resolved. Plugins that `route.plugins` already holds
    are those that the controller makes out of annotations and filters.
    """
    plan = plan_plugins(world, model)
    ranked = Precedence(
        world.facts.version, plan.everywhere, _people(plan, [*model.consumers, *consumers_elsewhere(world)])
    )
    by_service = {
        service.name: service_instances(plan.combined, service.name, plan.services[service.name])
        for service in _all_services(model)
        if service.name in plan.services
    }
    for service in _all_services(model):
        _fill_service(plan, service, by_service.get(service.name, _NONE))
    for route in _all_routes(model):
        _fill_route(plan, ranked, route, by_service.get(route.service.name, _NONE))
    for consumer in model.consumers:
        _fill_consumer(plan, ranked, consumer)
    shown = [i.use for i in plan.everywhere if i.enabled and i.body.obj.convert]
    model.global_plugins = tuple(shown)
    ranked.seen.ran.update((id(use), use) for use in shown)
    tell(plan.combined, plan.everywhere, ranked.seen)
    model.findings += [*plan.shelf.told(), *plan.combined.findings]
    model.refusals += plan.combined.refusals
    model.findings += book_plugins(world, plan.shelf, plan.combined, plan.everywhere, ranked.seen)


def plan_plugins(world: World, model: RouteModel) -> Plan:
    """Finds and combines all references to plugin objects; changes nothing."""
    shelf = Shelf(world)
    plan = Plan(world, shelf)
    _collect_services(plan, model)
    _collect_routes(plan, model)
    for consumer in (*model.consumers, *consumers_elsewhere(world)):
        obj = world.get("KongConsumer", consumer.origin.namespace, consumer.origin.name)
        if obj is not None and ANNOTATION in obj.annotations:
            plan.people[consumer.origin] = referrer(
                shelf, "consumer", obj, consumer.username or consumer.custom_id
            )
    for obj in world.all("KongConsumerGroup"):
        if world.is_ours(obj) and ANNOTATION in obj.annotations:
            plan.groups[namespace_of(obj), obj.name] = referrer(shelf, "group", obj, obj.name)
    for one in plan.referrers():
        shelf.take(one)
    plan.everywhere = global_instances(shelf)
    plan.combined = combine(list(plan.referrers()), world.facts)
    for body in shelf.bodies.values():
        if not isinstance(body, Finding):
            check_type(plan.combined, body)
    return plan


def _collect_services(plan: Plan, model: RouteModel) -> None:
    """The Services (and facades) behind each Kong service that list plugins."""
    known: dict[tuple[ObjectRef, str], Referrer | None] = {}
    for service in _all_services(model):
        for backend in service.backends:
            obj = plan.world.get("Service", backend.namespace, backend.name)
            if obj is None:
                continue
            key = (obj.ref, backend.facade or "")
            if key not in known:
                facade = (
                    plan.world.get("KongServiceFacade", backend.namespace, backend.facade)
                    if backend.facade
                    else None
                )
                # A facade's annotations are laid over those of its Service.
                held = facade if facade is not None and ANNOTATION in facade.annotations else obj
                found = referrer(plan.shelf, "service", obj, annotated=held)
                known[key] = found if found.names else None
            one = known[key]
            if one is not None:
                one.targets[service.name] = None
                listed = plan.services.setdefault(service.name, [])
                if one not in listed:
                    listed.append(one)


def _collect_routes(plan: Plan, model: RouteModel) -> None:
    """The objects that routes come from, with the filters of the rule where they name plugins."""
    known: dict[tuple[ObjectRef, tuple[tuple[str, Leaf], ...]], Referrer | None] = {}
    for route in _all_routes(model):
        for one in plan.services.get(route.service.name, ()):
            one.routes[route.name] = None
        extension = route.extension_plugins if isinstance(route, Route) else ()
        key = (route.origin, extension)
        if key not in known:
            obj = plan.world.get(route.origin.kind, route.origin.namespace, route.origin.name)
            found = referrer(plan.shelf, "route", obj, extension=extension) if obj is not None else None
            known[key] = found if found is not None and found.names else None
        source = known[key]
        if source is not None:
            source.targets[route.name] = None
            source.routes[route.name] = None
            plan.routes[route.name] = source


def _all_routes(model: RouteModel) -> list[Route | StreamRoute]:
    return [*model.routes, *model.streams]


def _all_services(model: RouteModel) -> list[Service]:
    """Every Kong service once, by name: those of the model, and any that only a route names."""
    found = {service.name: service for service in model.services}
    for route in _all_routes(model):
        found.setdefault(route.service.name, route.service)
    return list(found.values())


def _people(plan: Plan, consumers: Sequence[Consumer]) -> list[Person]:
    """The consumers that a plugin may act for alone, with the instances of their groups."""
    part = plan.combined.own
    named = {use.consumer for use in _paired(plan)}
    grouped = {use.group for use in _paired(plan)}
    people = []
    for consumer in consumers:
        groups = [
            plan.groups[consumer.origin.namespace or "default", name]
            for name in sorted(consumer.groups)
            if (consumer.origin.namespace or "default", name) in plan.groups
        ]
        own = list(part.get(plan.people[consumer.origin], ())) if consumer.origin in plan.people else []
        for group in groups:
            own += part.get(group, ())
        identity = consumer.username or consumer.custom_id
        if own or identity in named or grouped.intersection(consumer.groups):
            people.append(Person(consumer, identity, own, consumer.groups))
    return people


def _paired(plan: Plan) -> Iterator[PluginUse]:
    for instances in plan.combined.paired.values():
        for instance in instances:
            yield instance.use


def _fill_service(
    plan: Plan, service: Service, instances: tuple[Sequence[Instance], Sequence[Instance]]
) -> None:
    service.plugins = tuple(i.use for i in instances[0] if i.enabled)
    where = [
        name.leaf
        for one in plan.services.get(service.name, ())
        for name in one.names[:1]
        if name.leaf in plan.shelf.carrying
    ]
    _trace(plan, service, where)


def _fill_route(
    plan: Plan,
    ranked: Precedence,
    route: Route | StreamRoute,
    service: tuple[Sequence[Instance], Sequence[Instance]],
) -> None:
    source = plan.routes.get(route.name)
    own = _NONE
    if source is not None:
        own = (plan.combined.plain.get(source, ()), plan.combined.paired.get(source, ()))
        _trace(plan, route, [name.leaf for name in source.names if name.leaf in plan.shelf.carrying])
    stream = isinstance(route, StreamRoute)
    choice = ranked.choose(route.name, route.plugins, own, service, stream=stream)
    route.plugins = choice.plain
    if isinstance(route, Route):
        route.consumer_plugins = choice.personal


def _fill_consumer(plan: Plan, ranked: Precedence, consumer: Consumer) -> None:
    """The instances that a consumer carries everywhere, and the lists that lead to its plugins."""
    listed = plan.people.get(consumer.origin)
    where = []
    if listed is not None:
        consumer.plugins = tuple(i.use for i in plan.combined.own.get(listed, ()) if i.enabled)
        ranked.seen.ran.update((id(use), use) for use in consumer.plugins)
        where += [name.leaf for name in listed.names]
    namespace = consumer.origin.namespace or "default"
    groups = [plan.groups.get((namespace, name)) for name in consumer.groups]
    where += [name.leaf for group in groups if group is not None for name in group.names]
    _trace(plan, consumer, [leaf for leaf in where if leaf in plan.shelf.carrying])


def _trace(plan: Plan, element: Route | StreamRoute | Service | Consumer, where: list[Leaf]) -> None:
    if where:
        old = element.provenance.get(Feature.PLUGINS, ())
        element.provenance[Feature.PLUGINS] = tuple(dict.fromkeys((*old, *where)))
        plan.world.ledger.book_leaves(where, None, str(Feature.PLUGINS))
