"""TCPRoutes, UDPRoutes and TLSRoutes for Kong's stream routes, and the listeners they need (4.17)."""

from __future__ import annotations

from typing import Any, NamedTuple

from kong2x.emit.gateway_api import codes_listeners, codes_routes
from kong2x.emit.gateway_api.backends import backend_refs
from kong2x.emit.gateway_api.desk import Desk
from kong2x.emit.gateway_api.hosts import covers, host_name, stream_hosts
from kong2x.emit.gateway_api.listeners import GatewayKey
from kong2x.emit.gateway_api.pack import Names
from kong2x.emit.gateway_api.parents import Attachment, ParentRef
from kong2x.emit.gateway_api.plugins import accepted, best_mapping, settle_lost
from kong2x.emit.gateway_api.versions import GROUP, available
from kong2x.model.finding import Level, Protects
from kong2x.model.route import Feature, StreamRoute
from kong2x.model.source import ObjectRef
from kong2x.model.target import Manifest


class StreamListener(NamedTuple):
    """A listener for stream traffic; `host` is set for TLS."""

    gateway: GatewayKey
    port: int
    protocol: str
    host: str
    name: str
    mode: str
    secrets: tuple[ObjectRef, ...]
    namespaces: tuple[str, ...]

    def body(self, namespace: str, allowed: dict[str, Any]) -> dict[str, Any]:
        """The listener as it is written."""
        kind = {"TCP": "TCPRoute", "UDP": "UDPRoute", "TLS": "TLSRoute"}[self.protocol]
        out: dict[str, Any] = {"name": self.name}
        if self.host:
            out["hostname"] = self.host
        out.update(port=self.port, protocol=self.protocol)
        if self.protocol == "TLS":
            out["tls"] = {"mode": self.mode}
            if self.mode == "Terminate":
                out["tls"]["certificateRefs"] = [_reference(s, namespace) for s in self.secrets[:1]]
        out["allowedRoutes"] = {**allowed, "kinds": [{"group": GROUP, "kind": kind}]}
        return out


def _reference(secret: ObjectRef, namespace: str) -> dict[str, str]:
    ref = {"group": "", "kind": "Secret", "name": secret.name}
    if (secret.namespace or "default") != namespace:
        ref["namespace"] = secret.namespace or "default"
    return ref


def stream_objects(desk: Desk, attachment: Attachment) -> tuple[list[Manifest], list[StreamListener]]:
    """One object a route and port (and server name for TLS), with the listeners that they attach to."""
    names = Names()
    out: list[Manifest] = []
    listeners: dict[tuple[GatewayKey, int, str, str], StreamListener] = {}
    if desk.profile.keeps_kong:
        _settle_kept(desk)
        return [], []
    for route in desk.model.streams:
        kind = kind_of(route)
        plugins = desk.profile.stream_plugins(desk, route) if route.plugins else None
        lost = _lost_access(desk, route) if plugins is None else ""
        if lost:
            desk.say(
                codes_routes.DENIED,
                f"The stream route is not served because {lost} cannot be carried over.",
                route=route,
            )
            continue
        if desk.schema.api_version(kind) is None:
            desk.say(
                codes_listeners.STREAM_VERSION,
                f"The stream route is not served: {desk.schema.label} has no {kind}; {available(kind)} has one.",
                route=route,
                feature=Feature.PORTS,
            )
            continue
        if not route.ports:
            desk.say(codes_listeners.STREAM_PORT_MISSING, "The stream route has no port.", route=route)
            continue
        refs, missing = backend_refs(desk, route)
        if not refs:
            desk.say(
                codes_routes.ROUTE_EMPTY,
                f"The stream route is not served: {missing}.",
                route=route,
                feature=Feature.BACKEND,
            )
            continue
        for port in route.ports:
            for hosts in _host_groups(desk, route):
                manifest = _route_object(
                    desk, attachment, names, listeners, route, kind, port, hosts, list(refs)
                )
                if manifest is not None:
                    out.append(manifest)
                    out += _policy(desk, route, manifest, plugins or {})
    return out, list(listeners.values())


def _settle_kept(desk: Desk) -> None:
    """Kong goes on serving its own stream kinds."""
    for route in desk.model.streams:
        desk.say_once(
            str(route.origin), codes_listeners.STREAM_STAYS, f"{route.origin} stays as it is.", route=route
        )
        for use in route.plugins:
            settle_lost(desk, use, "", Level.EXACT)


def _policy(desk: Desk, route: StreamRoute, manifest: Manifest, plugins: dict[str, Any]) -> list[Manifest]:
    if not plugins:
        return []
    meta = manifest.value["metadata"]
    value = desk.profile.stream_object(manifest.value["kind"], meta["namespace"], meta["name"], plugins)
    return [Manifest(value, manifest.sources)]


def kind_of(route: StreamRoute) -> str:
    """The kind for a stream route: a server name needs TLS to be seen."""
    if "udp" in route.protocols:
        return "UDPRoute"
    if route.snis or "tls_passthrough" in route.protocols:
        return "TLSRoute"
    return "TCPRoute"


def _host_groups(desk: Desk, route: StreamRoute) -> list[tuple[str, ...]]:
    """A TLSRoute per server name: one listener each, and some controllers serve only the first name."""
    hosts = stream_hosts(route)
    for name in route.snis:
        if name not in hosts:
            desk.say(
                codes_listeners.STREAM_SNI,
                f"Connections for the server name {name} are not served.",
                route=route,
                feature=Feature.SNIS,
            )
    if kind_of(route) != "TLSRoute":
        return [()]
    return [(host,) for host in hosts]


def _route_object(
    desk: Desk,
    attachment: Attachment,
    names: Names,
    listeners: dict[tuple[GatewayKey, int, str, str], StreamListener],
    route: StreamRoute,
    kind: str,
    port: int,
    hosts: tuple[str, ...],
    refs: list[dict[str, Any]],
) -> Manifest | None:
    protocol = kind.removesuffix("Route")
    host = hosts[0] if hosts else ""
    section = "-".join(
        part for part in (protocol.lower(), str(port), host_name(host) if host else "") if part
    )
    namespace = route.origin.namespace or "default"
    parents = []
    for base in attachment.bases(route):
        key = (base.namespace, base.name)
        known = attachment.gateways.get(key)
        if known is not None:
            fitting = [x.name for x in known if x.port == port and x.protocol == protocol]
            if fitting:
                parents.append(ParentRef(base.namespace, base.name, fitting[0]))
                continue
        if not _claim(desk, listeners, key, port, protocol, host, section, route):
            return None
        parents.append(ParentRef(base.namespace, base.name, base.section or section))
    spec: dict[str, Any] = {"parentRefs": [ref.body(namespace) for ref in parents]}
    if hosts:
        spec["hostnames"] = list(hosts)
    spec["rules"] = [{"backendRefs": [dict(ref) for ref in refs]}]
    metadata = {"name": names.name(kind, route.origin, section), "namespace": namespace}
    value = {"apiVersion": desk.schema.api_version(kind), "kind": kind, "metadata": metadata, "spec": spec}
    return Manifest(value, (route.origin,))


def _claim(
    desk: Desk,
    listeners: dict[tuple[GatewayKey, int, str, str], StreamListener],
    gateway: GatewayKey,
    port: int,
    protocol: str,
    host: str,
    section: str,
    route: StreamRoute,
) -> bool:
    """Takes the listener for a port; a TCP or UDP port serves one route only (facts 2.5)."""
    key = (gateway, port, protocol, host)
    shared = key in listeners
    others = [p for g, number, p, _ in listeners if g == gateway and number == port]
    if protocol != "UDP":
        others += ["HTTP"] if port in (desk.choices.http_port, desk.choices.https_port) else []
    clash = protocol != "UDP" and any(other not in ("UDP", protocol) for other in others)
    if shared or clash:
        desk.say(
            codes_listeners.STREAM_PORT_SHARED,
            f"The stream route is not served: port {port} of the Gateway {gateway[0]}/{gateway[1]} already "
            "belongs to another route.",
            route=route,
            feature=Feature.PORTS,
        )
        return False
    mode = "Passthrough" if "tls_passthrough" in route.protocols else "Terminate"
    secrets = tuple(
        c.secret for c in desk.model.certificates if host and any(covers(name, host) for name in c.hosts)
    )
    namespaces = (route.origin.namespace or "default",)
    listeners[key] = StreamListener(gateway, port, protocol, host, section, mode, secrets, namespaces)
    _tell_listener(desk, route, gateway, listeners[key])
    return True


def _tell_listener(desk: Desk, route: StreamRoute, gateway: GatewayKey, listener: StreamListener) -> None:
    if listener.protocol == "TLS" and listener.mode == "Terminate":
        desk.say(
            codes_listeners.STREAM_TLS,
            f"The listener on port {listener.port} must end TLS for {listener.host}.",
            route=route,
            feature=Feature.SNIS,
        )
    if listener.protocol == "TCP" and "tls" in route.protocols:
        desk.say(
            codes_listeners.STREAM_TLS_HALF,
            f"TLS connections to port {listener.port} reach the backend as they are; Kong ends TLS there "
            "where its port has it.",
            route=route,
            feature=Feature.PORTS,
        )
    if not desk.choices.create_gateway:
        desk.say(
            codes_listeners.STREAM_LISTENER,
            f"The Gateway {gateway[0]}/{gateway[1]} needs a {listener.protocol} listener named {listener.name} "
            f"on port {listener.port}.",
            route=route,
            feature=Feature.PORTS,
        )


def _lost_access(desk: Desk, route: StreamRoute) -> str:
    """Stream routes have no filters: each plugin is lost that the profile does not attach.

    Returns the plugins that decide who may connect; a route that needs them is not written, which
    refuses its connections because a port has one route.
    """
    checks = []
    for use in route.plugins:
        mapped = best_mapping(desk, use, None)
        settle_lost(desk, use, codes_listeners.STREAM_PLUGIN.id)
        desk.say(
            codes_listeners.STREAM_PLUGIN,
            f"The plugin {use.plugin} does not act on the stream route.",
            route=route,
            feature=Feature.PLUGINS,
        )
        if mapped.protects is Protects.ACCESS:
            checks.append(use.plugin)
    opened = desk.options.on_security_loss == "open" and accepted(desk, codes_listeners.STREAM_PLUGIN.id)
    return "" if opened else ", ".join(checks)
