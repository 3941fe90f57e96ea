"""Where plugin bodies stand in the controller's kinds, and whether each fits its plugin."""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from typing import Any, NamedTuple

from kong2x.model.source import Path, items, mapping
from kong2x.validate.apisix import codes, plugin_trap_codes
from kong2x.validate.apisix.plugin_codes import PLUGIN_CONFIG, PLUGIN_OFF, PLUGIN_SCOPE, PLUGIN_SECRET_TYPE
from kong2x.validate.apisix.plugins import PluginSchemas
from kong2x.validate.apisix.routes import rewrite
from kong2x.validate.explain import Problem, described
from kong2x.validate.gateway.edition import each


class Body(NamedTuple):
    """One plugin entry: where it stands, its name, its settings, and the Secret merged over them.

    `place` is `route`, `stream`, `consumer` or `global`; `on` is False for an entry that is not applied.
    """

    path: Path
    name: str
    config: Any
    secret: str
    place: str
    on: bool = True


def plugin_lists(obj: Mapping[str, Any], kind: str) -> Iterator[tuple[Path, Any, str]]:
    """The plugin lists of one object: path, list, place."""
    spec = mapping(obj.get("spec"))
    top: Path = ("spec", "plugins")
    if kind == "ApisixRoute":
        for part, place in (("http", "route"), ("stream", "stream")):
            for path, rule in each(spec.get(part), ("spec", part)):
                yield (*path, "plugins"), rule.get("plugins"), place
    elif kind in ("ApisixPluginConfig", "PluginConfig"):
        yield top, spec.get("plugins"), "route"
    elif kind in ("ApisixGlobalRule", "GatewayProxy"):
        yield top, spec.get("plugins"), "global"
    elif kind in ("ApisixConsumer", "Consumer"):
        yield top, spec.get("plugins"), "consumer"
    elif kind == "L4RoutePolicy":
        yield top, spec.get("plugins"), "stream"


def bodies(obj: Mapping[str, Any], kind: str) -> Iterator[Body]:
    """Every plugin entry of one object of the controller."""
    for path, entries, place in plugin_lists(obj, kind):
        for here, entry in each(entries, path):
            if isinstance(entry.get("name"), str):
                on = entry.get("enabled", False) if kind == "GatewayProxy" else entry.get("enable", True)
                secret = str(entry.get("secretRef") or "")
                yield Body(here, entry["name"], entry.get("config"), secret, place, on is not False)


def check(obj: Mapping[str, Any], kind: str, plugins: PluginSchemas) -> Iterator[Problem]:
    """The problems of every plugin body in one object."""
    for path, entries, _ in plugin_lists(obj, kind):
        yield from _twice(entries, path)
    for body in bodies(obj, kind):
        if body.on:
            yield from _body(body, plugins)
    if kind == "GatewayProxy":
        for name, config in mapping(mapping(obj.get("spec")).get("pluginMetadata")).items():
            here = ("spec", "pluginMetadata", name)
            for problem in plugins.check(name, config, place="metadata"):
                yield problem._replace(path=(*here, *problem.path))
    if kind == "Consumer":
        for path, credential in each(mapping(obj.get("spec")).get("credentials"), ("spec", "credentials")):
            yield from _credential(credential, path, plugins)


def _twice(entries: Any, path: Path) -> Iterator[Problem]:
    seen: set[Any] = set()
    for position, entry in enumerate(items(entries)):
        name = mapping(entry).get("name")
        if not isinstance(name, str):
            continue
        if name in seen:
            message = f"Plugin {name} stands twice in one list; the last entry wins."
            yield Problem(plugin_trap_codes.PLUGIN_TWICE, (*path, position), message)
        seen.add(name)


def _body(body: Body, plugins: PluginSchemas) -> Iterator[Problem]:
    here = (*body.path, "config")
    if body.config is not None and not isinstance(body.config, Mapping):
        yield Problem(
            codes.CONFIG_OBJECT, here, f"The config of plugin {body.name} is {described(body.config)}."
        )
        return
    place = "stream" if body.place == "stream" else "route"
    if body.place == "consumer" and plugins.exists(body.name) and plugins.facts(body.name)["type"] == "auth":
        place = "consumer"
    for problem in plugins.check(body.name, body.config, place=place, from_secret=bool(body.secret)):
        inside = problem.path or problem.code is PLUGIN_CONFIG
        path = (*here, *problem.path) if inside else body.path
        yield problem._replace(path=path)
    if body.name == "proxy-rewrite":
        yield from rewrite(mapping(body.config), here)
    if body.name in ("proxy-rewrite", "response-rewrite"):
        yield from _header_words(mapping(mapping(body.config).get("headers")), (*here, "headers"))
    if body.name == "consumer-restriction" and mapping(body.config).get("type") == "consumer_group_id":
        message = "The list is about consumer groups, and the controller makes none."
        yield Problem(plugin_trap_codes.CONSUMER_GROUP, (*here, "type"), message)
    if not plugins.exists(body.name):
        return
    facts = plugins.facts(body.name)
    if not facts["enabled"]:
        message = f"Plugin {body.name} is not in the list that APISIX loads by default."
        yield Problem(PLUGIN_OFF, (*body.path, "name"), message)
    if facts["scope"] == "global" and body.place in ("route", "consumer"):
        message = f"Plugin {body.name} works for the whole gateway, not for a route."
        yield Problem(PLUGIN_SCOPE, (*body.path, "name"), message)
    if body.secret and place in facts["schemas"]:
        yield from _from_secret(body, plugins.schema(body.name, place))


def _header_words(headers: Mapping[str, Any], path: Path) -> Iterator[Problem]:
    """`add`, `set` and `remove` with a text are headers of these names, as in the older form of `headers`."""
    if any(isinstance(value, Mapping | list) for value in headers.values()):
        return
    for word in ("add", "set", "remove"):
        if word in headers:
            message = f'"{word}" holds a text, so a header called {word} is sent.'
            yield Problem(plugin_trap_codes.HEADER_WORD, (*path, word), message)


def _from_secret(body: Body, schema: Mapping[str, Any]) -> Iterator[Problem]:
    """Settings that must be there, are no text, and are left to the Secret."""
    config = mapping(body.config)
    for name in schema.get("required", ()):
        kind = mapping(mapping(schema.get("properties")).get(name)).get("type")
        if name not in config and kind not in (None, "string"):
            message = (
                f"Plugin {body.name} needs {name}, which is no text and so cannot come from "
                f"Secret {body.secret}."
            )
            yield Problem(PLUGIN_SECRET_TYPE, (*body.path, "config"), message)


def _credential(credential: Mapping[str, Any], path: Path, plugins: PluginSchemas) -> Iterator[Problem]:
    if not credential.get("name"):
        yield Problem(codes.CREDENTIAL_NAME, path, f"The {credential.get('type')} credential has no name.")
    name = credential.get("type")
    if isinstance(name, str) and "config" in credential:
        for problem in plugins.check(name, credential["config"], place="consumer"):
            yield problem._replace(path=(*path, "config", *problem.path))
