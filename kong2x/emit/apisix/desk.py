"""What one emission works with: the model, the choices, and the way findings and outcomes are booked."""

from __future__ import annotations

from collections.abc import Iterable
from dataclasses import dataclass, field, replace
from typing import Any

from kong2x.emit.apisix.choices import Choices
from kong2x.model.finding import Code, Finding, Level, Protects
from kong2x.model.plugin import Consumer, MappedPlugin, PluginMapper, PluginUse
from kong2x.model.route import Certificate, Feature, Provenance, Route, RouteModel, Service, StreamRoute
from kong2x.model.settings import Options
from kong2x.model.source import Leaf, ObjectRef, Path
from kong2x.model.target import Emission, Manifest

Traced = Route | StreamRoute | Service | Certificate | Consumer
_Key = tuple[str, ObjectRef | None, Path, str]


@dataclass(slots=True)
class Desk:
    """One emission under way.

    Findings with the same code, place and text are told once, with every route that they concern.
    """

    model: RouteModel
    mapper: PluginMapper
    options: Options
    choices: Choices
    emission: Emission = field(default_factory=Emission)
    rewriting_consumers: bool | None = None
    """Whether consumers rewrite requests by plugins of their own; None until somebody asked."""
    consumers_remove: dict[str, None] = field(default_factory=dict)
    """Identity headers that every consumer removes in place of the routes."""
    in_effect: dict[str, dict[frozenset[tuple[str, Protects]], dict[str, None]]] = field(default_factory=dict)
    """Plugins of rules whose callers are consumers: the Kong plugins behind each, and the routes."""
    _told: dict[_Key, tuple[Finding, dict[str, None]]] = field(default_factory=dict)
    _plugins: dict[tuple[object, ...], tuple[MappedPlugin, dict[str, None]]] = field(default_factory=dict)

    def say(
        self,
        code: Code,
        message: str,
        *,
        about: Traced | None = None,
        feature: Feature | None = None,
        routes: Iterable[str] = (),
        leaf: Leaf | None = None,
        level: Level | None = None,
        remedy: str | None = None,
        result: ObjectRef | None = None,
    ) -> None:
        """Reports `message` and, with a `feature`, settles it; the place is the leaf that set the feature."""
        where = leaf or self.place(about, feature)
        obj, path = (where.object, where.path) if where else (None, ())
        names = list(routes) or ([about.name] if isinstance(about, (Route, StreamRoute)) else [])
        key = (code.id, obj, path, message)
        told = self._told.get(key)
        if told is None:
            found = code.finding(message, object=obj, path=path, remedy=remedy, level=level, result=result)
            told = self._told[key] = (found, {})
        told[1].update(dict.fromkeys(names))
        if about is not None and feature is not None:
            self.settle(about, feature, told[0].level, code.id)

    def settle(self, about: Traced, feature: Feature, level: Level, why: str = "") -> None:
        """Settles one feature of an element, and of the service behind a route; the worst report stays."""
        self.emission.settle_feature(about.provenance, feature, level, why)
        if isinstance(about, (Route, StreamRoute)):
            self.emission.settle_feature(about.service.provenance, feature, level, why)

    def settle_rest(self, provenance: Provenance) -> None:
        """Every feature that nobody reported a difference of arrived as it was."""
        for feature in provenance:
            self.emission.settle_feature(provenance, feature, Level.EXACT)

    def place(self, about: Traced | None, feature: Feature | None) -> Leaf | None:
        """Where a feature is written, else where the element comes from."""
        if about is None:
            return None
        if feature is not None:
            found = list(about.provenance.get(feature, ()))
            if isinstance(about, (Route, StreamRoute)):
                found += about.service.provenance.get(feature, ())
                found.sort(key=lambda leaf: leaf.object != about.origin)
            if found:
                return found[0]
        if isinstance(about, (Route, StreamRoute)):
            return about.source or Leaf(about.origin, ())
        return None if isinstance(about, Service) else Leaf(about.origin, ())

    def map(self, use: PluginUse, route: Route | None = None) -> MappedPlugin:
        """The plugin use in APISIX's terms; its findings and outcomes are taken over at the end."""
        mapped = self.mapper.map(use, "apisix", model=self.model, route=route)
        key = (use.key, use.origin, use.config_path, id(mapped.levels), id(mapped.findings))
        entry = self._plugins.setdefault(key, (mapped, {}))
        if route is not None:
            entry[1][route.name] = None
        return mapped

    def mapped(self) -> list[MappedPlugin]:
        """Every plugin that was mapped so far, in the order in which routes asked."""
        return [mapped for mapped, _ in self._plugins.values()]

    def add(self, value: dict[str, Any], *sources: ObjectRef) -> None:
        """Adds one object to the output."""
        self.emission.manifests.append(Manifest(value, tuple(dict.fromkeys(sources))))

    def close(self) -> Emission:
        """The emission with all findings, each told once."""
        for mapped, routes in self._plugins.values():
            self.emission.settle_plugin(replace(mapped, findings=()))
            for found in mapped.findings:
                key = (found.code, found.object, found.path, found.message)
                told = self._told.setdefault(key, (found, {}))
                told[1].update(dict.fromkeys(found.routes or routes))
        for finding, names in self._told.values():
            self.emission.findings.append(finding.about(tuple(names)))
        return self.emission
