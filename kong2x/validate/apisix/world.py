"""The objects that the checks across objects look at, by kind."""

from __future__ import annotations

from collections.abc import Iterator, Mapping, Sequence
from functools import cached_property
from typing import Any

from kong2x.model.source import Path, SourceObject, mapping
from kong2x.validate.apisix.bodies import Body, bodies
from kong2x.validate.gateway.edition import each

GROUP = "apisix.apache.org"
_KINDS = {
    "networking.k8s.io": ("Ingress", "IngressClass"),
    "gateway.networking.k8s.io": ("Gateway", "HTTPRoute", "GRPCRoute", "TLSRoute"),
    "": ("Service", "Secret"),
}


class World:
    """Objects of the controller and of the kinds beside them, in the order given."""

    def __init__(self, by_kind: Mapping[str, list[SourceObject]], *, any: bool) -> None:
        self._by_kind = by_kind
        self._bodies: dict[int, list[Body]] = {}
        self.any = any
        """Whether anything here concerns the controller."""

    @classmethod
    def of(cls, sources: Sequence[SourceObject]) -> World:
        """The world of these objects; kinds that the checks do not know are left out."""
        found: dict[str, list[SourceObject]] = {}
        concerned = False
        for obj in sources:
            if obj.group == GROUP or obj.kind in _KINDS.get(obj.group, ()):
                found.setdefault(obj.kind, []).append(obj)
                concerned = (
                    concerned or obj.group == GROUP or obj.kind in ("IngressClass", "HTTPRoute", "Gateway")
                )
        return cls(found, any=concerned)

    def kind(self, name: str) -> list[SourceObject]:
        """Every object of a kind; of Ingresses those that the controller serves."""
        found = self._by_kind.get(name, [])
        return [obj for obj in found if _class(obj) in self._classes] if name == "Ingress" else found

    def rules(self, part: str = "http") -> Iterator[tuple[SourceObject, Path, Mapping[str, Any]]]:
        """Every `http` or `stream` rule of every ApisixRoute: its route, its path, itself."""
        for route in self.kind("ApisixRoute"):
            for path, rule in each(mapping(route.value.get("spec")).get(part), ("spec", part)):
                yield route, path, rule

    def bodies(self, obj: SourceObject) -> list[Body]:
        """Every plugin entry of an object, found once."""
        if id(obj) not in self._bodies:
            self._bodies[id(obj)] = list(bodies(obj.value, obj.kind))
        return self._bodies[id(obj)]

    @cached_property
    def _classes(self) -> frozenset[str]:
        """The classes that are known to be this controller's: other controllers may serve the same folder."""
        classes = self._by_kind.get("IngressClass", [])
        own = {obj.name for obj in classes if of_controller(obj)}
        for kind in ("ApisixRoute", "ApisixTls", "ApisixConsumer", "ApisixPluginConfig"):
            own.update(_class(obj) for obj in self._by_kind.get(kind, []))
        return frozenset(own - {""})


def of_controller(ingress_class: SourceObject) -> bool:
    """Whether an IngressClass is one of the APISIX ingress controller."""
    return str(mapping(ingress_class.value.get("spec")).get("controller", "")).startswith(f"{GROUP}/")


def _class(obj: SourceObject) -> str:
    named = mapping(obj.value.get("spec")).get("ingressClassName")
    return str(named or obj.annotations.get("kubernetes.io/ingress.class") or "")
