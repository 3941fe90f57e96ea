"""What Services and ApisixUpstreams do to the rules that use them."""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Iterator, Mapping
from typing import Any

from kong2x.model.finding import Finding
from kong2x.model.source import Path, SourceObject, items, mapping
from kong2x.validate.apisix import hint_codes
from kong2x.validate.apisix import trap_codes as codes
from kong2x.validate.apisix.bodies import bodies
from kong2x.validate.apisix.world import World
from kong2x.validate.gateway.edition import each

_Known = Mapping[tuple[str, str], SourceObject]


def backend_traps(world: World) -> Iterator[Finding]:
    """The traps between ApisixRoutes, ApisixUpstreams and Services."""
    services = {(obj.namespace, obj.name): obj for obj in world.kind("Service")}
    upstreams = {(obj.namespace, obj.name): obj for obj in world.kind("ApisixUpstream")}
    for key, upstream in upstreams.items():
        if key in services:
            yield from _scheme(upstream, services[key])
    yield from _shared(world)
    for route in world.kind("ApisixRoute"):
        for path, backend in _backends(route):
            yield from _service(route, path, backend, services)
        yield from _hosts(route, upstreams)


def _backends(route: SourceObject) -> Iterator[tuple[Path, Mapping[str, Any]]]:
    spec = mapping(route.value.get("spec"))
    for path, rule in each(spec.get("http"), ("spec", "http")):
        yield from each(rule.get("backends"), (*path, "backends"))
    for path, rule in each(spec.get("stream"), ("spec", "stream")):
        if "backend" in rule:
            yield (*path, "backend"), mapping(rule["backend"])


def _scheme(upstream: SourceObject, service: SourceObject) -> Iterator[Finding]:
    spec = mapping(upstream.value.get("spec"))
    for _, port in each(mapping(service.value.get("spec")).get("ports")):
        if port.get("appProtocol") in ("https", "kubernetes.io/wss") and "scheme" not in spec:
            yield codes.UPSTREAM_SCHEME.finding(
                f"{service.ref} speaks {port['appProtocol']} on port {port.get('port')}, and {upstream.ref} "
                "has no scheme, so http is spoken to it.",
                object=upstream.ref,
                path=("spec",),
            )
            return


def _shared(world: World) -> Iterator[Finding]:
    """An ApisixUpstream that is not the first entry of a rule has one id for all rules of a namespace."""
    used: dict[tuple[str, str], list[tuple[SourceObject, Path]]] = defaultdict(list)
    for route, path, rule in world.rules("http"):
        first = not rule.get("backends")
        for position, (here, entry) in enumerate(each(rule.get("upstreams"), (*path, "upstreams"))):
            if position or not first:
                used[route.namespace, str(entry.get("name"))].append((route, here))
    for (_, name), places in used.items():
        for route, here in places[1:]:
            message = f"ApisixUpstream {name} is a further entry of another rule too."
            yield codes.UPSTREAM_SHARED.finding(message, object=route.ref, path=here)


def backend_hints(world: World) -> Iterator[Finding]:
    """What an ApisixUpstream does besides what its author may have wanted."""
    users: dict[tuple[str, str], dict[Any, None]] = defaultdict(dict)
    for route in world.kind("ApisixRoute"):
        for _, backend in _backends(route):
            users[route.namespace, str(backend.get("serviceName"))][route.ref] = None
    for upstream in world.kind("ApisixUpstream"):
        spec = mapping(upstream.value.get("spec"))
        routes = [str(ref) for ref in users[upstream.namespace, upstream.name]]
        if len(routes) > 1:
            message = f"The settings act on {', '.join(routes[:-1])} and {routes[-1]} alike."
            yield hint_codes.FOR_ALL_ROUTES.finding(message, object=upstream.ref, path=("metadata", "name"))
        nodes, retries = items(spec.get("externalNodes")), spec.get("retries")
        if len(nodes) > 1 and isinstance(retries, int) and retries > len(nodes) - 1:
            message = (
                f"retries is {retries} and there are {len(nodes)} nodes; expected at most {len(nodes) - 1}."
            )
            yield hint_codes.RETRIES_IDLE.finding(message, object=upstream.ref, path=("spec", "retries"))
        levels = [(("spec",), spec), *each(spec.get("portLevelSettings"), ("spec", "portLevelSettings"))]
        for path, level in levels:
            if level.get("scheme") in ("https", "grpcs", "tls"):
                message = f"The certificate of the upstream is not verified (scheme {level['scheme']})."
                yield hint_codes.NOT_VERIFIED.finding(message, object=upstream.ref, path=(*path, "scheme"))


def _service(
    route: SourceObject, path: Path, backend: Mapping[str, Any], services: _Known
) -> Iterator[Finding]:
    name = str(backend.get("serviceName"))
    service = services.get((route.namespace, name))
    if service is None:
        if any(namespace == route.namespace for namespace, _ in services):
            message = f"Service {name} is not among the objects, others of its namespace are."
            yield codes.NO_SERVICE.finding(message, object=route.ref, path=(*path, "serviceName"))
        return
    spec = mapping(service.value.get("spec"))
    external = spec.get("type") == "ExternalName"
    if backend.get("resolveGranularity") == "service" and (external or spec.get("clusterIP") == "None"):
        what = "an ExternalName" if external else "headless"
        message = f"{service.ref} is {what} and has no cluster address."
        yield codes.GRANULARITY.finding(message, object=route.ref, path=(*path, "resolveGranularity"))
    ports = [port for _, port in each(spec.get("ports"))]
    wanted = backend.get("servicePort")
    if (
        ports
        and not external
        and wanted not in [p.get("port") for p in ports] + [p.get("name") for p in ports]
    ):
        listed = ", ".join(str(port.get("port")) for port in ports)
        message = f"{service.ref} has no port {wanted}; it has {listed}."
        yield codes.NO_SERVICE.finding(message, object=route.ref, path=(*path, "servicePort"))


def _hosts(route: SourceObject, upstreams: _Known) -> Iterator[Finding]:
    """proxy-rewrite's host is only used where the upstream passes the host on."""
    for path, rule in each(mapping(route.value.get("spec")).get("http"), ("spec", "http")):
        names = [str(entry.get("serviceName")) for _, entry in each(rule.get("backends"))]
        names += [str(entry.get("name")) for _, entry in each(rule.get("upstreams"))]
        found = [upstreams[route.namespace, name] for name in names if (route.namespace, name) in upstreams]
        deciding = [u for u in found if mapping(u.value.get("spec")).get("passHost") in ("node", "rewrite")]
        for body in bodies({"spec": {"http": [rule]}}, "ApisixRoute") if deciding else ():
            if body.on and body.name == "proxy-rewrite" and mapping(body.config).get("host"):
                message = f"{deciding[0].ref} decides the host after proxy-rewrite has set it."
                here = (*path, *body.path[3:], "config", "host")
                yield codes.HOST_OVERWRITTEN.finding(message, object=route.ref, path=here)
