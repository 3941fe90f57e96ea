"""HTTPRoutes and GRPCRoutes as the APISIX routes that AIC makes of them (apisix-target.md 7.3 to 7.7)."""

from __future__ import annotations

from collections.abc import Sequence
from typing import Any

from kong2x.model.source import items, mapping, text
from kong2x.verify.apisix.entries import Entry
from kong2x.verify.gateway_on_apisix.attachment import (
    Parent,
    grpc_hosts,
    http_hosts,
    parents_of,
    port_condition,
)
from kong2x.verify.gateway_on_apisix.backends import NO_BACKEND, upstreams
from kong2x.verify.gateway_on_apisix.filters import Plugins, Stopped, add_filters
from kong2x.verify.gateway_on_apisix.policies import apply_policies, policies_for
from kong2x.verify.gateway_on_apisix.world import Object, World, key_of

HOST, LENGTH, METHOD, HEADERS, QUERY, RULE = 31, 23, 22, 17, 12, 7
"""The shifts of the fields in the priority of an HTTPRoute match."""
GRPC_SERVICE, GRPC_METHOD, GRPC_HEADERS, GRPC_RULE = 19, 15, 10, 5
"""Those of a GRPCRoute match; names longer than the gaps run into the next field."""


def read_world(world: World) -> tuple[list[Entry], list[str]]:
    """All routes that are programmed, and what stopped the translation of others."""
    found: list[Entry] = []
    failures: list[str] = []
    for kind, make in (("HTTPRoute", http_entries), ("GRPCRoute", grpc_entries)):
        for key, route in world.every(kind):
            parents = [parent for parent in parents_of(world, route) if parent.accepted]
            if not any(parent.known is None or world.connected(parent.known) for parent in parents):
                continue
            try:
                found += make(world, route, parents)
            except Stopped as stopped:
                failures.append(f"{kind} {key[0]}/{key[1]}: {stopped}")
    return found, failures


def http_entries(world: World, route: Object, parents: Sequence[Parent]) -> list[Entry]:
    """The APISIX routes of one HTTPRoute: one for each match."""
    spec, (namespace, name) = mapping(route.get("spec")), key_of(route)
    hosts = http_hosts(parents, [str(host) for host in items(spec.get("hostnames"))])
    if hosts is None:
        return []
    port, policies = port_condition(world, parents), policies_for(world, route)
    found = []
    for index, rule in enumerate(map(mapping, items(spec.get("rules")) or [{}])):
        ends = upstreams(world, route, rule)
        answers = any(mapping(one).get("type") == "RequestRedirect" for one in items(rule.get("filters")))
        plugins: Plugins = {}
        if not ends.targets and (ends.failed or (not items(rule.get("backendRefs")) and not answers)):
            plugins["fault-injection"] = dict(NO_BACKEND)
        add_filters(world, namespace, rule, plugins)
        own: list[Entry] = []
        for match in map(mapping, items(rule.get("matches")) or [{}]):
            uris, conditions = path_of(mapping(match.get("path")))
            conditions += [header(one) for one in map(mapping, items(match.get("headers")))]
            conditions += [query(one) for one in map(mapping, items(match.get("queryParams")))]
            own.append(
                Entry(
                    f"HTTPRoute {namespace}/{name} {text(rule.get('name')) or index}",
                    uris,
                    hosts,
                    (text(match.get("method")),) if match.get("method") else (),
                    [*conditions, *([port] if port else [])],
                    http_priority(match, index, hosts),
                    targets=ends.targets,
                    plugins=plugins,
                    websocket=ends.websocket,
                )
            )
        apply_policies(policies, text(rule.get("name")), own)
        found += own
    return found


def path_of(path: Object) -> tuple[list[str], list[Any]]:
    """The uris of a path match, and the condition of a regular expression."""
    kind, value = path.get("type") or "PathPrefix", text(path.get("value")) or "/"
    if kind == "Exact":
        return [value], []
    if kind == "RegularExpression":
        return ["/*"], [["uri", "~~", text(path.get("value"))]]
    return [value, f"{value}*" if value.endswith("/") else f"{value}/*"], []


def header(one: Object) -> list[str]:
    """The condition of a header match; a dash in the name is an underscore in nginx."""
    operator = "~~" if one.get("type") == "RegularExpression" else "=="
    return [f"http_{text(one.get('name')).replace('-', '_')}", operator, str(one.get("value"))]


def query(one: Object) -> list[str]:
    """The condition of a query parameter match."""
    operator = "~~" if one.get("type") == "RegularExpression" else "=="
    return [f"arg_{text(one.get('name'))}", operator, str(one.get("value"))]


def host_priority(hosts: Sequence[str]) -> int:
    """The part of the priority that hosts make: the longest plain one, then the longest."""
    plain = max((len(host) for host in hosts if "*" not in host), default=0)
    return plain << HOST | max((len(host) for host in hosts), default=0) << LENGTH


def http_priority(match: Object, rule: int, hosts: Sequence[str]) -> int:
    """The priority of an HTTPRoute match; the 17th and later rules rank alike."""
    fields = host_priority(hosts)
    fields |= (1 << METHOD) if match.get("method") else 0
    fields |= len(items(match.get("headers"))) << HEADERS
    fields |= len(items(match.get("queryParams"))) << QUERY
    return fields | max(16 - rule, 0) << RULE


def grpc_entries(world: World, route: Object, parents: Sequence[Parent]) -> list[Entry]:
    """The APISIX routes of one GRPCRoute; HTTPRoutePolicies do not apply to it."""
    spec, (namespace, name) = mapping(route.get("spec")), key_of(route)
    hosts = grpc_hosts(parents, [str(host) for host in items(spec.get("hostnames"))])
    port = port_condition(world, parents)
    found = []
    for index, rule in enumerate(map(mapping, items(spec.get("rules")))):
        ends = upstreams(world, route, rule, "grpc")
        plugins: Plugins = {}
        if not ends.targets and ends.failed:
            plugins["fault-injection"] = dict(NO_BACKEND)
        add_filters(world, namespace, rule, plugins, "grpc")
        for match in map(mapping, items(rule.get("matches")) or [{}]):
            call = mapping(match.get("method"))
            conditions = [header(one) for one in map(mapping, items(match.get("headers")))]
            found.append(
                Entry(
                    f"GRPCRoute {namespace}/{name} {text(rule.get('name')) or index}",
                    [grpc_uri(text(call.get("service")), text(call.get("method")))],
                    hosts,
                    vars=[*conditions, *([port] if port else [])],
                    priority=grpc_priority(match, index, hosts),
                    targets=ends.targets,
                    plugins=plugins,
                )
            )
    return found


def grpc_uri(service: str, method: str) -> str:
    """The uri of a method match, whose text is never read as a regular expression.

    >>> grpc_uri("a.B", "C"), grpc_uri("a.B", ""), grpc_uri("", "C"), grpc_uri("", "")
    ('/a.B/C', '/a.B/*', '/*/C', '/*')
    """
    stem = f"/{service}" if service else "/*"
    if method:
        return f"{stem}/{method}"
    return f"{stem}/*" if service else stem


def grpc_priority(match: Object, rule: int, hosts: Sequence[str]) -> int:
    """The priority of a GRPCRoute match."""
    call = mapping(match.get("method"))
    fields = host_priority(hosts)
    fields |= len(text(call.get("service"))) << GRPC_SERVICE
    fields |= len(text(call.get("method"))) << GRPC_METHOD
    fields |= len(items(match.get("headers"))) << GRPC_HEADERS
    return fields | max(16 - rule, 0) << GRPC_RULE
