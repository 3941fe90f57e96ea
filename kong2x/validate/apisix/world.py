"""The objects that the checks across objects look at, by kind."""

from __future__ import annotations

from collections.abc import Mapping, Sequence

from kong2x.model.source import SourceObject
from kong2x.validate.apisix.bodies import Body, bodies

GROUP = "apisix.apache.org"
_KINDS = {
    "networking.k8s.io": ("Ingress", "IngressClass"),
    "gateway.networking.k8s.io": ("HTTPRoute", "GRPCRoute"),
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
                concerned = concerned or obj.group == GROUP or obj.kind in ("IngressClass", "HTTPRoute")
        return cls(found, any=concerned)

    def kind(self, name: str) -> list[SourceObject]:
        """Every object of a kind."""
        return self._by_kind.get(name, [])

    def bodies(self, obj: SourceObject) -> list[Body]:
        """Every plugin entry of an object, found once."""
        if id(obj) not in self._bodies:
            self._bodies[id(obj)] = list(bodies(obj.value, obj.kind))
        return self._bodies[id(obj)]
