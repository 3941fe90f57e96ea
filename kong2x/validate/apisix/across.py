"""What several objects of the APISIX controller do to each other."""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Iterator, Mapping, Sequence
from typing import Any

from kong2x.model.finding import Code, Finding
from kong2x.model.source import Path, SourceObject, items, mapping
from kong2x.validate.apisix import codes, plugin_trap_codes
from kong2x.validate.apisix.backends import backend_traps
from kong2x.validate.apisix.competition import competing
from kong2x.validate.apisix.plugin_pairs import pairs
from kong2x.validate.apisix.world import GROUP, World, of_controller
from kong2x.validate.gateway.edition import each

_SAME_ID = (
    ("ApisixRoute", "HTTPRoute", "GRPCRoute", "Ingress"),
    ("ApisixConsumer", "Consumer"),
)
_PER_NAMESPACE = ("consumer-restriction",)


def across(sources: Sequence[SourceObject]) -> Iterator[Finding]:
    """The findings about objects of the controller taken together.

    What a reference points to must be among `sources` for plugin configurations, which belong to the
    route; a Service may be elsewhere and is only looked for where others of its namespace are given.
    """
    world = World.of(sources)
    if not world.any:
        return
    yield from _same_id(world)
    yield from _classes(world)
    yield from _plugin_configs(world)
    yield from _global_plugins(world)
    yield from _identities(world)
    yield from _certificates(world)
    yield from _ports(world)
    yield from _policies(world)
    yield from backend_traps(world)
    yield from pairs(world)
    yield from competing(world)


def _told(code: Code, obj: SourceObject, path: Path, message: str) -> Finding:
    return code.finding(message, object=obj.ref, path=path)


def _same_id(world: World) -> Iterator[Finding]:
    for kinds in _SAME_ID:
        seen: dict[tuple[str, str], SourceObject] = {}
        for kind in kinds:
            for obj in world.kind(kind):
                other = seen.setdefault((obj.namespace, obj.name), obj)
                if other.kind != obj.kind and GROUP in (other.group, obj.group):
                    message = f"{other.ref} and {obj.ref} get the same id in APISIX."
                    yield _told(plugin_trap_codes.NAME_CLASH, obj, ("metadata", "name"), message)


def _classes(world: World) -> Iterator[Finding]:
    proxies = {(obj.namespace or "default", obj.name) for obj in world.kind("GatewayProxy")}
    for obj in world.kind("IngressClass"):
        parameters = mapping(mapping(obj.value.get("spec")).get("parameters"))
        if not of_controller(obj):
            continue
        if not parameters:
            message = f"IngressClass {obj.name} names no GatewayProxy, so nothing of its class is programmed."
            yield _told(plugin_trap_codes.NO_PROXY, obj, ("spec",), message)
            continue
        annotated = obj.annotations.get("apisix.apache.org/parameters-namespace")
        namespace = str(annotated or parameters.get("namespace") or "default")
        if proxies and (namespace, str(parameters.get("name"))) not in proxies:
            message = (
                f"GatewayProxy {namespace}/{parameters.get('name')} is not among the objects, others are, so "
                f"nothing of the class {obj.name} is programmed."
            )
            yield _told(plugin_trap_codes.NO_PROXY, obj, ("spec", "parameters"), message)


def _plugin_configs(world: World) -> Iterator[Finding]:
    known = {(obj.namespace, obj.name): obj for obj in world.kind("ApisixPluginConfig")}
    users: dict[tuple[str, str], int] = defaultdict(int)
    for route in world.kind("ApisixRoute"):
        for path, rule in each(mapping(route.value.get("spec")).get("http"), ("spec", "http")):
            name = rule.get("plugin_config_name")
            if not name:
                continue
            key = (str(rule.get("plugin_config_namespace") or route.namespace), str(name))
            users[key] += 1
            if key not in known:
                message = f"ApisixPluginConfig {'/'.join(filter(None, key))} is not among the objects."
                yield _told(plugin_trap_codes.NO_PLUGIN_CONFIG, route, (*path, "plugin_config_name"), message)
                continue
            yield from _one_use(world, route, path, rule, known[key])
    for key, count in users.items():
        if count > 1 and key in known:
            yield from _shared_limits(world, known[key], count)


def _one_use(
    world: World, route: SourceObject, path: Path, rule: Mapping[str, Any], config: SourceObject
) -> Iterator[Finding]:
    entries = world.bodies(config)
    on = {body.name for body in entries if body.on}
    for here, entry in each(rule.get("plugins"), (*path, "plugins")):
        if entry.get("enable", True) is False and entry.get("name") in on:
            message = f"Plugin {entry['name']} is switched off here and stays active through {config.ref}."
            yield _told(plugin_trap_codes.STILL_ON, route, here, message)
    if config.namespace != route.namespace:
        for body in entries:
            if body.secret:
                message = (
                    f"{config.ref} takes values of plugin {body.name} from a Secret, which is not merged."
                )
                yield _told(
                    plugin_trap_codes.SECRET_NOT_MERGED, route, (*path, "plugin_config_name"), message
                )


def _shared_limits(world: World, config: SourceObject, count: int) -> Iterator[Finding]:
    for body in world.bodies(config):
        if body.on and body.name == "limit-count" and not mapping(body.config).get("group"):
            message = f"The limit is used by {count} rules and has no group, so each rule counts on its own."
            yield _told(plugin_trap_codes.LIMIT_PER_ROUTE, config, (*body.path, "config"), message)


def _global_plugins(world: World) -> Iterator[Finding]:
    seen: dict[str, SourceObject] = {}
    for kind in ("ApisixGlobalRule", "GatewayProxy"):
        for obj in world.kind(kind):
            for body in world.bodies(obj):
                if not body.on:
                    continue
                other = seen.setdefault(body.name, obj)
                if other is not obj:
                    message = f"Plugin {body.name} is configured globally in {other.ref} too."
                    yield _told(plugin_trap_codes.GLOBAL_TWICE, obj, body.path, message)
    for kind in ("ApisixRoute", "ApisixPluginConfig", "ApisixConsumer") if seen else ():
        for obj in world.kind(kind):
            for body in world.bodies(obj):
                # prometheus and skywalking yield to the route, by their run policy.
                if body.on and body.name in seen and body.name not in ("prometheus", "skywalking"):
                    message = f"Plugin {body.name} runs here and globally through {seen[body.name].ref}."
                    yield _told(plugin_trap_codes.GLOBAL_AND_ROUTE, obj, body.path, message)


def _identities(world: World) -> Iterator[Finding]:
    """Names of consumers without their namespace, where a consumer of that name is among the objects."""
    consumers: dict[str, str] = {}
    for kind in ("ApisixConsumer", "Consumer"):
        for obj in world.kind(kind):
            consumers[obj.name] = f"{obj.namespace or 'default'}_{obj.name}"
    if not consumers:
        return
    full = set(consumers.values())
    for kind in ("ApisixRoute", "ApisixPluginConfig", "ApisixGlobalRule", "PluginConfig"):
        for obj in world.kind(kind):
            for body in world.bodies(obj):
                for where, name in _consumer_names(body.name, mapping(body.config)):
                    if isinstance(name, str) and name in consumers and name not in full:
                        message = f"Consumer {name} is {consumers[name]} to APISIX."
                        path = (*body.path, "config", *where)
                        yield _told(plugin_trap_codes.IDENTITY, obj, path, message)


def _consumer_names(plugin: str, config: Mapping[str, Any]) -> Iterator[tuple[Path, Any]]:
    if "anonymous_consumer" in config:
        yield ("anonymous_consumer",), config["anonymous_consumer"]
    if plugin in _PER_NAMESPACE and config.get("type", "consumer_name") == "consumer_name":
        for key in ("whitelist", "blacklist"):
            for position, name in enumerate(items(config.get(key))):
                yield (key, position), name


def _certificates(world: World) -> Iterator[Finding]:
    hosts: dict[str, tuple[Any, SourceObject]] = {}
    secrets = {(obj.namespace, obj.name): obj for obj in world.kind("Secret")}
    for obj in world.kind("Ingress"):
        for _, entry in each(mapping(obj.value.get("spec")).get("tls")):
            for host in items(entry.get("hosts")):
                hosts.setdefault(
                    str(host).lower(), ((obj.namespace or "default", entry.get("secretName")), obj)
                )
    for obj in world.kind("ApisixTls"):
        spec = mapping(obj.value.get("spec"))
        secret = mapping(spec.get("secret"))
        pair = (secret.get("namespace") or "default", secret.get("name"))
        for position, host in enumerate(items(spec.get("hosts"))):
            known, other = hosts.setdefault(str(host).lower(), (pair, obj))
            if known != pair:
                message = f"Host {host} is served by {other.ref} with another certificate."
                yield _told(codes.SNI_CONFLICT, obj, ("spec", "hosts", position), message)
        authority = mapping(mapping(spec.get("client")).get("caSecret"))
        found = secrets.get((str(authority.get("namespace")), str(authority.get("name"))))
        if found:
            held = {*mapping(found.value.get("data")), *mapping(found.value.get("stringData"))}
            if {"tls.crt", "ca.crt"} <= held:
                message = f"{found.ref} holds tls.crt, which is taken as the authority instead of ca.crt."
                yield _told(plugin_trap_codes.CA_SECRET, obj, ("spec", "client", "caSecret"), message)


def _ports(world: World) -> Iterator[Finding]:
    taken: dict[Any, str] = {}
    for route in world.kind("ApisixRoute"):
        for path, rule in each(mapping(route.value.get("spec")).get("stream"), ("spec", "stream")):
            match = mapping(rule.get("match"))
            key = (match.get("ingressPort"), str(match.get("host") or ""))
            if not isinstance(key[0], int) or not key[0]:
                continue
            name = f"{route.ref}, rule {rule.get('name')}"
            if key in taken:
                message = f"Port {key[0]} is taken by {taken[key]} already."
                yield _told(plugin_trap_codes.PORT_CLASH, route, (*path, "match", "ingressPort"), message)
            taken.setdefault(key, name)


def _policies(world: World) -> Iterator[Finding]:
    """HTTPRoutes that name a PluginConfig by ExtensionRef."""
    known = {(obj.namespace, obj.name) for obj in world.kind("PluginConfig")}
    for route in world.kind("HTTPRoute"):
        for path, rule in each(mapping(route.value.get("spec")).get("rules"), ("spec", "rules")):
            entries = list(each(rule.get("filters"), (*path, "filters")))
            for position, (here, entry) in enumerate(entries):
                ref = mapping(entry.get("extensionRef"))
                if ref.get("group") != GROUP or ref.get("kind") != "PluginConfig":
                    continue
                if (route.namespace, str(ref.get("name"))) not in known:
                    message = f"PluginConfig {ref.get('name')} is not among the objects; the route is open without it."
                    yield _told(plugin_trap_codes.NO_PLUGIN_CONFIG, route, here, message)
                if any(later.get("type") != "ExtensionRef" for _, later in entries[position + 1 :]):
                    message = f"PluginConfig {ref.get('name')} stands before a filter of the standard."
                    yield _told(plugin_trap_codes.EXTENSION_ORDER, route, here, message)
