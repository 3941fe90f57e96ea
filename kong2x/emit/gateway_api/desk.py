"""What one emission works with: the model, the choices, and the way findings and outcomes are booked."""

from __future__ import annotations

from dataclasses import dataclass, field, replace

from kong2x.emit.gateway_api.choices import Choices
from kong2x.emit.gateway_api.kong_order import kinds
from kong2x.emit.gateway_api.profiles import Profile
from kong2x.emit.gateway_api.versions import Schema
from kong2x.model.finding import Code, Finding, Level
from kong2x.model.plugin import MappedPlugin, PluginMapper
from kong2x.model.route import Feature, Provenance, Route, RouteModel, Service, StreamRoute
from kong2x.model.settings import Options
from kong2x.model.source import Leaf, ObjectRef, Path
from kong2x.model.target import Emission


@dataclass(slots=True)
class Desk:
    """One emission under way. `say` reports a difference and settles the feature it is about."""

    model: RouteModel
    mapper: PluginMapper
    options: Options
    choices: Choices
    schema: Schema
    profile: Profile
    emission: Emission = field(default_factory=Emission)
    grpc: frozenset[ObjectRef] = frozenset()
    """The source objects that stay GRPCRoutes."""
    ingress_classes: dict[ObjectRef, str] = field(default_factory=dict)
    _kinds: frozenset[int] | None = None
    _by_service: dict[int, list[Route]] = field(default_factory=dict)
    _said: set[tuple[str, str]] = field(default_factory=set)
    _plugins: dict[tuple[int, str], tuple[MappedPlugin, dict[str, None]]] = field(default_factory=dict)

    def say(
        self,
        code: Code,
        message: str,
        *,
        route: Route | StreamRoute | None = None,
        feature: Feature | None = None,
        service: Service | None = None,
        leaf: Leaf | None = None,
        level: Level | None = None,
        remedy: str | None = None,
        result: ObjectRef | None = None,
        also: tuple[str, ...] = (),
    ) -> Finding:
        """Reports `message`; the place is `leaf`, else the leaf that set the feature, else the route.

        `also` names further routes that are affected.
        """
        where, path = self._place(route, feature, service, leaf)
        finding = code.finding(
            message,
            object=where,
            path=path,
            routes=tuple(dict.fromkeys(([route.name] if route else []) + list(also))),
            result=result,
            remedy=remedy,
            level=level,
        )
        self.emission.findings.append(finding)
        if feature is not None:
            self.settle(route, service, feature, finding.level, code.id)
        return finding

    def say_once(self, key: str, code: Code, message: str, **where: object) -> None:
        """Reports something that is the same for many routes, one time."""
        if (code.id, key) not in self._said:
            self._said.add((code.id, key))
            self.say(code, message, **where)  # type: ignore[arg-type]

    def settle(
        self,
        route: Route | StreamRoute | None,
        service: Service | None,
        feature: Feature,
        level: Level,
        why: str = "",
    ) -> None:
        """Settles a feature of the route and of its service; the worst report stays."""
        for provenance in _provenances(route, service):
            self.emission.settle_feature(provenance, feature, level, why)

    def take_plugin(self, mapped: MappedPlugin, route: str = "") -> None:
        """Notes that a mapped plugin is used; its findings are told once, with all routes they concern."""
        entry = self._plugins.setdefault((id(mapped.levels), mapped.vocabulary), (mapped, {}))
        if route:
            entry[1][route] = None

    def close_plugins(self) -> None:
        """Takes over the findings and outcomes of all plugins that were used."""
        for mapped, routes in self._plugins.values():
            names = tuple(routes)
            told = tuple(f.about(f.routes or names) for f in mapped.findings)
            self.emission.settle_plugin(replace(mapped, findings=told))

    def routes_of(self, service: Service) -> list[Route]:
        """The routes that lead to a Kong service."""
        if not self._by_service:
            for route in self.model.routes:
                self._by_service.setdefault(id(route.service), []).append(route)
        return self._by_service.get(id(service), [])

    def kinds_in_use(self) -> frozenset[int]:
        """The sets of criteria kinds that routes have."""
        if self._kinds is None:
            self._kinds = frozenset(kinds(route) for route in self.model.routes)
        return self._kinds

    def ingress_class(self, origin: ObjectRef) -> str:
        """The class that the source object names, the controller's where it names none."""
        found = self.ingress_classes.get(origin)
        if found is None:
            obj = self.model.objects.get(origin)
            spec = obj.value.get("spec") if obj else None
            named = spec.get("ingressClassName") if isinstance(spec, dict) else None
            annotation = obj.annotations.get("kubernetes.io/ingress.class") if obj else None
            found = str(annotation or named or self.model.facts.ingress_class)
            self.ingress_classes[origin] = found
        return found

    def _place(
        self,
        route: Route | StreamRoute | None,
        feature: Feature | None,
        service: Service | None,
        leaf: Leaf | None,
    ) -> tuple[ObjectRef | None, Path]:
        if leaf is None and feature is not None:
            leaves = [
                found for provenance in _provenances(route, service) for found in provenance.get(feature, ())
            ]
            own = [found for found in leaves if route is not None and found.object == route.origin]
            leaf = next(iter(own or leaves), None)
        if leaf is None and route is not None:
            leaf = route.source or Leaf(route.origin, ())
        return (leaf.object, leaf.path) if leaf else (None, ())


def _provenances(route: Route | StreamRoute | None, service: Service | None) -> list[Provenance]:
    found = []
    if route is not None:
        found += [route.provenance, route.service.provenance]
    if service is not None and (route is None or service is not route.service):
        found.append(service.provenance)
    return found
