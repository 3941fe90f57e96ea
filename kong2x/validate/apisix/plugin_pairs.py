"""What plugin entries of several objects, and the Secrets behind them, do to each other."""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from typing import Any

from kong2x.model.finding import Finding
from kong2x.model.source import SourceObject, mapping
from kong2x.validate.apisix import hint_codes, plugin_trap_codes
from kong2x.validate.apisix.bodies import Body
from kong2x.validate.apisix.plugin_codes import PLUGIN_SECRET_TYPE
from kong2x.validate.apisix.plugins import plugin_facts
from kong2x.validate.apisix.world import World

_ON_ROUTES = ("ApisixRoute", "ApisixPluginConfig")
_WITH_SECRETS = (*_ON_ROUTES, "ApisixGlobalRule", "ApisixConsumer")


def pairs(world: World) -> Iterator[Finding]:
    """The traps that hold whatever was meant."""
    yield from _limit_groups(world)
    yield from _from_secrets(world)


def _active(world: World, *kinds: str) -> Iterator[tuple[SourceObject, Body]]:
    for kind in kinds:
        for obj in world.kind(kind):
            for body in world.bodies(obj):
                if body.on:
                    yield obj, body


def _limit_groups(world: World) -> Iterator[Finding]:
    """One group of limit-count with two configurations (trap T70)."""
    seen: dict[str, tuple[Mapping[str, Any], SourceObject]] = {}
    for obj, body in _active(world, *_ON_ROUTES, "ApisixGlobalRule", "PluginConfig"):
        config = mapping(body.config)
        group = config.get("group")
        if body.name != "limit-count" or not isinstance(group, str):
            continue
        bare = {key: value for key, value in config.items() if key != "_meta"}
        known, other = seen.setdefault(group, (bare, obj))
        if known != bare:
            keys = sorted(k for k in {*known, *bare} if known.get(k) != bare.get(k))
            message = f"The group {group} has another {', '.join(keys)} in {other.ref}; expected the same."
            path = (*body.path, "config", "group")
            yield plugin_trap_codes.LIMIT_GROUP.finding(message, object=obj.ref, path=path)


def _from_secrets(world: World) -> Iterator[Finding]:
    """Keys of a Secret that are merged over a setting which is no text (trap T39)."""
    secrets = {(obj.namespace, obj.name): obj for obj in world.kind("Secret")}
    for obj, body in _active(world, *_WITH_SECRETS) if secrets else ():
        found = secrets.get((obj.namespace, body.secret)) if body.secret else None
        facts = plugin_facts(body.name)
        if found is None or facts is None:
            continue
        settings = mapping(mapping(facts["schemas"].get("route")).get("properties"))
        for key in sorted({*mapping(found.value.get("data")), *mapping(found.value.get("stringData"))}):
            kind = mapping(settings.get(key)).get("type")
            if isinstance(kind, str) and kind != "string":
                message = (
                    f"{found.ref} has the key {key}, which is merged as a text over {key} of plugin {body.name}; "
                    f"expected type {kind}."
                )
                yield PLUGIN_SECRET_TYPE.finding(message, object=obj.ref, path=(*body.path, "secretRef"))


def consumer_over_route(world: World) -> Iterator[Finding]:
    """Plugins of consumers that also stand on a route and act in the rewrite phase (trap T68)."""
    standing: dict[str, list[tuple[Any, SourceObject]]] = {}
    for obj, body in _active(world, *_ON_ROUTES):
        standing.setdefault(body.name, []).append((body.config, obj))
    for obj, body in _active(world, "ApisixConsumer", "Consumer"):
        facts = plugin_facts(body.name)
        if facts is None or "rewrite" not in facts["phases"] or facts["type"] == "auth":
            continue
        other = next((o for config, o in standing.get(body.name, ()) if config != body.config), None)
        if other:
            message = f"Plugin {body.name} stands here and in {other.ref} with other settings."
            yield hint_codes.CONSUMER_AND_ROUTE.finding(message, object=obj.ref, path=body.path)
