"""The routes of Kong's router model, taken from plain Kong entities."""

from __future__ import annotations

import re
from collections.abc import Iterable, Mapping
from typing import Any

from kong2x.model.route import Rewrite
from kong2x.verify.kong.entities import HTTP, KongRoute, KongService, with_port
from kong2x.verify.kong.plugins import execution_order, own_answer

_UPSTREAM_NAME = re.compile(r"(?P<name>[^.]+)\.(?P<namespace>[^.]+)\.(?P<port>[^.]+)\.svc")
_TEMPLATE = re.compile(r"\$\(uri_captures\[(\d+)\]\)")
_CONDITIONAL = re.compile(
    r"""(?P<stem>[^$]*) \$\( uri_captures\[1\] [ ]==[ ]nil[ ]and[ ] "/?"
        [ ]or[ ] (?:"/"[ ]\.\.[ ])? uri_captures\[1\] \)""",
    re.VERBOSE,
)


def routes_of_entities(
    routes: Iterable[Mapping[str, Any]],
    services: Iterable[Mapping[str, Any]] = (),
    upstreams: Iterable[Mapping[str, Any]] | None = None,
) -> list[KongRoute]:
    """The routes of plain Kong entities; `service` of a route is a name or `{"name": …}`.

    With `upstreams`, a service whose upstream has no target of a weight above 0 answers 503, and an
    upstream's host_header is sent. L4 routes are left out.
    """
    targets = None if upstreams is None else {str(entry["name"]): entry for entry in upstreams}
    by_name = {str(entry["name"]): _service_of_entity(entry, targets) for entry in services}
    found = []
    for order, route in enumerate(routes):
        given = route.get("service")
        name = given["name"] if isinstance(given, Mapping) else str(given or "")
        service = by_name.setdefault(name, KongService(name))
        if not set(route.get("protocols") or HTTP) <= {"http", "https", "grpc", "grpcs"}:
            continue
        found.append(_route_of_entity(route, service, order))
    return found


def _route_of_entity(route: Mapping[str, Any], service: KongService, order: int) -> KongRoute:
    plugins = [plugin for plugin in route.get("plugins") or () if plugin.get("enabled", True)]
    protocols = tuple(route.get("protocols") or HTTP)
    return KongRoute(
        name=route["name"],
        service=service,
        id=route.get("id") or "",
        hosts=tuple(route.get("hosts") or ()),
        paths=tuple(route.get("paths") or ()),
        methods=tuple(route.get("methods") or ()),
        headers=tuple((name, tuple(values)) for name, values in (route.get("headers") or {}).items()),
        snis=tuple(route.get("snis") or ()),
        protocols=protocols,
        strip_path=route.get("strip_path", not {"grpc", "grpcs"} & set(protocols)),
        preserve_host=route.get("preserve_host", False),
        regex_priority=route.get("regex_priority") or 0,
        path_handling=route.get("path_handling") or "v0",
        https_redirect_status_code=route.get("https_redirect_status_code") or 426,
        created_at=float(route.get("created_at") or 0),
        expression=route.get("expression") or "",
        priority=route.get("priority") or 0,
        rewrite=_rewrite_of_plugins(plugins, route),
        plugins=execution_order(plugin["name"] for plugin in plugins),
        own_answer=own_answer((plugin["name"], plugin.get("config") or {}) for plugin in plugins),
        order=order,
    )


def _rewrite_of_plugins(plugins: Iterable[Mapping[str, Any]], route: Mapping[str, Any]) -> Rewrite | None:
    """The replaced path of a request-transformer whose template has a form that KIC writes.

    Besides text with captures these are two conditional ones for an exchanged prefix that is, or
    becomes, the root.
    """
    for plugin in plugins:
        replace = (plugin.get("config") or {}).get("replace") or {}
        if plugin["name"] == "request-transformer" and replace.get("uri"):
            conditional = _CONDITIONAL.fullmatch(replace["uri"])
            if conditional:
                return Rewrite((conditional["stem"],), prefix=_exchanged_prefix(route))
            parts = _TEMPLATE.split(replace["uri"])
            if any("$(" in text for text in parts[::2]):
                return None
            return Rewrite(tuple(int(part) if at % 2 else part for at, part in enumerate(parts)))
    return None


def _exchanged_prefix(route: Mapping[str, Any]) -> str:
    """The prefix whose exact path KIC matches beside the pattern with the capture."""
    for path in route.get("paths") or ():
        if path.startswith("~") and path.endswith("$"):
            return str(path[1:-1])
    found = re.search(r'http\.path == "([^"]*)"', route.get("expression") or "")
    return found[1] if found else "/"


def _service_of_entity(
    entity: Mapping[str, Any], upstreams: Mapping[str, Mapping[str, Any]] | None
) -> KongService:
    host = str(entity.get("host") or "")
    parts = _UPSTREAM_NAME.fullmatch(host)
    protocol = entity.get("protocol") or "http"
    upstream = (upstreams or {}).get(host, {})
    targets = [target for target in upstream.get("targets") or () if target.get("weight", 100) > 0]
    header = upstream.get("host_header")
    if header and targets:
        port = str(targets[0]["target"]).rpartition(":")[2]
        header = with_port(header, int(port), protocol)
    return KongService(
        name=entity["name"],
        protocol=protocol,
        path=entity.get("path") or "/",
        address=f"{parts['namespace']}/{parts['name']}:{parts['port']}" if parts else entity["name"],
        available=upstreams is None or host not in upstreams or bool(targets),
        host_header=header,
    )


def effective_plugins(
    config: Mapping[str, Any], service: Mapping[str, Any], route: Mapping[str, Any]
) -> list[Mapping[str, Any]]:
    """The plugin instances that act on a route for a request without a known consumer."""
    ranked: list[tuple[int, Mapping[str, Any]]] = []
    for plugin in config.get("plugins") or ():
        on_route, on_service = plugin.get("route"), plugin.get("service")
        if plugin.get("consumer") or plugin.get("consumer_group"):
            continue
        if _refers(on_route, route) and _refers(on_service, service):
            ranked.append((2 * bool(on_route) + bool(on_service), plugin))
    ranked.extend((2, plugin) for plugin in route.get("plugins") or ())
    ranked.extend((1, plugin) for plugin in service.get("plugins") or ())
    chosen: dict[str, tuple[int, Mapping[str, Any]]] = {}
    for rank, plugin in ranked:
        if plugin.get("enabled", True) and rank >= chosen.get(plugin["name"], (0, {}))[0]:
            chosen[plugin["name"]] = (rank, plugin)
    return [plugin for _, plugin in chosen.values()]


def _refers(reference: Any, entity: Mapping[str, Any]) -> bool:
    """Whether a reference is absent or names the entity, by id or by name."""
    if not reference:
        return True
    keys = reference.values() if isinstance(reference, Mapping) else (reference,)
    return bool({entity.get("id"), entity.get("name")} & set(keys))
