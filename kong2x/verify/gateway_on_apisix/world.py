"""The objects that the APISIX ingress controller (AIC) looks at, found by kind and name."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field
from typing import Any, Literal

from kong2x.model.source import items, mapping, text

Key = tuple[str, str]
Object = Mapping[str, Any]
PortMatch = Literal["off", "explicit", "auto"]
GROUP = "gateway.networking.k8s.io"


@dataclass(slots=True)
class World:
    """Objects by kind, namespace and name.

    `complete` says that nothing else is in the cluster: a Service or Gateway that is not here does not
    exist. Without it what is missing is taken to be there and to fit, as it is for objects that a
    conversion wrote, which refer to what runs already. `port_match` is the controller's
    `listener_port_match_mode`; `certificate_names` are the DNS names of certificates whose listener
    names no host.
    """

    kinds: dict[str, dict[Key, Object]] = field(default_factory=dict)
    complete: bool = False
    port_match: PortMatch = "off"
    certificate_names: Sequence[str] = ()

    @classmethod
    def of(
        cls,
        objects: Sequence[Object],
        *,
        complete: bool = False,
        port_match: PortMatch = "off",
        certificate_names: Sequence[str] = (),
    ) -> World:
        """The world of these objects, each kind in input order."""
        world = cls({}, complete, port_match, certificate_names)
        for obj in objects:
            world.kinds.setdefault(text(obj.get("kind")), {})[key_of(obj)] = obj
        return world

    def get(self, kind: str, key: Key) -> Object | None:
        """One object, None when it is not here."""
        return self.kinds.get(kind, {}).get(key)

    def every(self, kind: str) -> Sequence[tuple[Key, Object]]:
        """All objects of a kind in input order."""
        return list(self.kinds.get(kind, {}).items())

    def permits(self, kind: str, namespace: str, to_kind: str, key: Key) -> bool:
        """Whether an object of `namespace` may refer to another one: same namespace, or a ReferenceGrant."""
        if key[0] == namespace or not self.complete:
            return True
        for (where, _), grant in self.every("ReferenceGrant"):
            spec = mapping(grant.get("spec"))
            allowed = any(
                (text(one.get("group")), one.get("kind"), one.get("namespace")) == (GROUP, kind, namespace)
                for one in map(mapping, items(spec.get("from")))
            )
            named = any(
                one.get("kind") == to_kind and one.get("name") in (None, "", key[1])
                for one in map(mapping, items(spec.get("to")))
            )
            if where == key[0] and allowed and named:
                return True
        return False

    def service_port(self, key: Key, number: object) -> Object | None:
        """The entry of a Service's `ports` with this number."""
        service = mapping(self.get("Service", key))
        ports = map(mapping, items(mapping(service.get("spec")).get("ports")))
        return next((port for port in ports if port.get("port") == number), None)

    def serves(self, gateway: Object) -> bool:
        """Whether a Gateway is this controller's and is connected to a data plane (apisix-target.md 7.2)."""
        spec = mapping(gateway.get("spec"))
        owner = self.get("GatewayClass", ("", text(spec.get("gatewayClassName"))))
        if owner is None:
            return not self.complete
        return "apisix" in text(mapping(owner.get("spec")).get("controllerName"))

    def connected(self, gateway: Object) -> bool:
        """Whether the GatewayProxy that a Gateway names is there, without which nothing is sent."""
        reference = mapping(mapping(mapping(gateway.get("spec")).get("infrastructure")).get("parametersRef"))
        found = self.get("GatewayProxy", (key_of(gateway)[0], text(reference.get("name"))))
        return found is not None or not self.complete


def key_of(obj: Object) -> Key:
    """Namespace and name; an object without namespace is in `default`, those of the cluster in none."""
    metadata = mapping(obj.get("metadata"))
    wide = obj.get("kind") in ("GatewayClass", "Namespace")
    return "" if wide else text(metadata.get("namespace")) or "default", text(metadata.get("name"))
