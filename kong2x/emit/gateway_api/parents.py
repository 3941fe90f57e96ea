"""Which Gateway listeners a rule attaches to (facts 4.12)."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field
from typing import Any, NamedTuple

from kong2x.emit.gateway_api import codes_listeners
from kong2x.emit.gateway_api.choices import ParentChoice
from kong2x.emit.gateway_api.desk import Desk
from kong2x.emit.gateway_api.draft import Scheme
from kong2x.emit.gateway_api.hosts import meet
from kong2x.emit.gateway_api.listeners import HTTP_SECTION, GatewayKey, GatewayPlan, Place, plan_gateways
from kong2x.emit.gateway_api.versions import GROUP
from kong2x.model.route import Parent, Route, StreamRoute
from kong2x.model.source import Leaf, ObjectRef, items, mapping, text

DEFAULT_PARENT = ParentChoice("gateway-system", "gateway")


class ParentRef(NamedTuple):
    """One entry of `parentRefs`."""

    namespace: str
    name: str
    section: str = ""
    kind: str = "Gateway"
    port: int = 0

    def body(self, namespace: str) -> dict[str, Any]:
        """The entry in an object of `namespace`, with the API server's defaults written out."""
        out: dict[str, Any] = {"group": GROUP, "kind": self.kind, "name": self.name}
        if self.namespace != namespace:
            out["namespace"] = self.namespace
        if self.section:
            out["sectionName"] = self.section
        if self.port:
            out["port"] = self.port
        return out


class Listener(NamedTuple):
    """What matters of a listener for attaching routes."""

    name: str
    protocol: str
    hostname: str = ""
    port: int = 0


@dataclass(slots=True)
class Attachment:
    """Decides parentRefs; knows the listeners of Gateways that are written or in the input."""

    desk: Desk
    gateways: dict[GatewayKey, list[Listener]] = field(default_factory=dict)
    plans: dict[GatewayKey, GatewayPlan] = field(default_factory=dict)
    used: dict[ParentRef, set[str]] = field(default_factory=dict)
    """Every reference that was given out, with the namespaces it is used in."""
    _cache: dict[tuple[object, ...], tuple[ParentRef, ...]] = field(default_factory=dict)

    def __post_init__(self) -> None:
        for ref, obj in self.desk.model.objects.items():
            if ref.kind == "Gateway" and ref.group == GROUP:
                spec = mapping(obj.value.get("spec"))
                self.gateways[(ref.namespace or "default", ref.name)] = [
                    _listener(mapping(item)) for item in items(spec.get("listeners"))
                ]
        if self.desk.choices.create_gateway:
            streams: dict[GatewayKey, int] = {}
            for route in self.desk.model.streams:
                for base in self.bases(route):
                    key = (base.namespace, base.name)
                    streams[key] = streams.get(key, 0) + max(1, len(route.ports)) * max(1, len(route.snis))
            self.plans = plan_gateways(self.desk, self.bases_of, streams)

    def bases(self, route: Route | StreamRoute) -> tuple[Parent, ...]:
        """The Gateways of a route before a listener is chosen."""
        return self.bases_of(route.origin, route.parents)

    def bases_of(self, origin: ObjectRef, own: tuple[Parent, ...] = ()) -> tuple[Parent, ...]:
        """The Gateways for a source object that names `own` itself."""
        chosen = self._chosen(origin, bool(own))
        if chosen:
            namespace = origin.namespace or "default"
            return tuple(Parent(c.namespace or namespace, c.name, c.section or None) for c in chosen)
        if own:
            for parent in own:
                self._tell_kongs(parent)
            return own
        self.desk.say_once(
            "parent",
            codes_listeners.PARENT_ASSUMED,
            f"Routes attach to the Gateway {DEFAULT_PARENT.namespace}/{DEFAULT_PARENT.name}, which nobody named.",
        )
        return (Parent(DEFAULT_PARENT.namespace, DEFAULT_PARENT.name),)

    def _tell_kongs(self, parent: Parent) -> None:
        """A Gateway that the source's routes name is Kong's, or Kong would not serve them."""
        if self.desk.profile.keeps_kong or self.desk.choices.create_gateway:
            return
        ref = ObjectRef(GROUP, "Gateway", parent.namespace, parent.name)
        self.desk.say_once(
            str(ref),
            codes_listeners.PARENT_OF_KONG,
            f"Routes stay attached to the Gateway {parent.namespace}/{parent.name}, whose class is Kong's.",
            leaf=Leaf(ref, ("spec", "gatewayClassName")) if ref in self.desk.model.objects else None,
        )

    def _chosen(self, origin: ObjectRef, has_own: bool) -> list[ParentChoice]:
        """The `parent` options for an object: those of its class, else those without one.

        A route that names its Gateway itself keeps it unless an option without a class is given.
        """
        choices = self.desk.choices.parents
        if not choices:
            return []
        general = [c for c in choices if not c.ingress_class]
        if has_own:
            return general
        ingress_class = self.desk.ingress_class(origin)
        return [c for c in choices if c.ingress_class == ingress_class] or general

    def refs(self, route: Route, scheme: Scheme, hosts: Sequence[str]) -> tuple[ParentRef, ...]:
        """The parentRefs of a rule; empty where the Gateway has no listener for it."""
        bases = self.bases(route)
        key = (bases, scheme, tuple(hosts))
        found = self._cache.get(key)
        if found is None:
            out: dict[ParentRef, None] = {}
            for base in bases:
                for ref in self._refs(base, scheme, hosts):
                    out[ref] = None
            found = self._cache[key] = _distinct(tuple(out))[: self.desk.schema.limit("parents")]
        for ref in found:
            self.used.setdefault(ref, set()).add(route.origin.namespace or "default")
        return found

    def _refs(self, base: Parent, scheme: Scheme, hosts: Sequence[str]) -> list[ParentRef]:
        port = base.port or 0
        whole = ParentRef(base.namespace, base.name, base.section or "", base.kind, port)
        plan = self.plans.get((base.namespace, base.name))
        if scheme == "any":
            sets = [p for p in _places(plan, hosts) if p.kind == "ListenerSet"] if plan else []
            return [whole, *(_at(place) for place in sets)]
        protocol = "HTTPS" if scheme == "https" else "HTTP"
        known = self.gateways.get((base.namespace, base.name))
        if known is None and self.desk.choices.create_gateway:
            if scheme == "http":
                return [whole._replace(section=HTTP_SECTION, port=0)]
            return [_at(place) for place in _places(plan, hosts)] if plan else []
        if known is None:
            section = self.desk.choices.text(f"{scheme}-section")
            if base.section:
                return [whole] if _section_scheme(base.section, section, scheme) else []
            self.desk.say_once(
                f"{base.namespace}/{base.name}/{section}",
                codes_listeners.SECTION_ASSUMED,
                f"The {protocol} listener of the Gateway {base.namespace}/{base.name} is taken to be "
                f"named {section}.",
            )
            return [whole._replace(section=section)]
        fitting = [
            listener
            for listener in known
            if listener.protocol == protocol
            and (scheme == "http" or not base.section or listener.name == base.section)
            and (not hosts or not listener.hostname or any(meet(h, listener.hostname) for h in hosts))
        ]
        return [whole._replace(section=listener.name, port=0) for listener in fitting]


def _places(plan: GatewayPlan, hosts: Sequence[str]) -> list[Place]:
    return list(dict.fromkeys(place for host in hosts or ("",) for place in plan.serving(host)))


def _at(place: Place) -> ParentRef:
    return ParentRef(place.namespace, place.name, place.section, place.kind)


def _section_scheme(name: str, wanted: str, scheme: str) -> bool:
    """Whether a listener that the user pinned is one for `scheme`, by its name."""
    secure = any(word in name.lower() for word in ("https", "tls", "secure", "443"))
    return name == wanted or secure == (scheme == "https")


def _distinct(refs: tuple[ParentRef, ...]) -> tuple[ParentRef, ...]:
    """Two references to one Gateway must both name a section (invariants P1, P2)."""
    whole = {(r.namespace, r.name, r.kind) for r in refs if not r.section}
    kept: dict[tuple[str, str, str, str], ParentRef] = {}
    for ref in refs:
        gateway = (ref.namespace, ref.name, ref.kind)
        if ref.section and gateway in whole:
            continue
        kept.setdefault((*gateway, ref.section), ref)
    return tuple(kept.values())


def _listener(item: Mapping[str, Any]) -> Listener:
    port = item.get("port")
    return Listener(
        text(item.get("name")),
        text(item.get("protocol")),
        text(item.get("hostname")),
        port if isinstance(port, int) else 0,
    )
