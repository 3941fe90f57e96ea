"""What the target has: which settings a plugin or filter knows in which release, and their defaults."""

from __future__ import annotations

import json
from collections.abc import Iterable, Iterator, Mapping
from dataclasses import dataclass, field
from functools import cache
from pathlib import Path
from typing import Any, Protocol

from kong2x.model.datafiles import data_folder
from kong2x.model.settings import version_key

NO_DEFAULT: Any = object()
"""The target fills in nothing."""
RULE = "rule"
"""In place of a plugin's name: the setting belongs to the route itself (`rule/timeout.read`)."""
_ROUTE_SETTINGS = {
    "type": "object",
    "properties": {
        "timeout": {
            "type": "object",
            "properties": {key: {"type": "integer", "minimum": 1} for key in ("connect", "send", "read")},
        },
        "client_ca": {"type": "object", "additionalProperties": {"type": "string"}},
    },
}
"""What a route has beside plugins: time limits in whole seconds (apisix-target.md 1.1), and the Secret of the authority
whose certificates the TLS listener of its hosts demands (1.5)."""


def minor(version: str) -> tuple[int, ...]:
    """A release as `(major, minor)`: facts are compared by minor release."""
    return version_key(version)[:2]


@dataclass(slots=True)
class TargetField:
    """One setting of the target. `open` settings hold keys of the user's own choice."""

    types: set[str] = field(default_factory=set)
    default: Any = NO_DEFAULT
    values: tuple[Any, ...] = ()
    open: bool = False
    since: str = ""
    gone: str = ""
    required: bool = False

    def exists_in(self, version: str) -> bool:
        """Whether the release has it; an unknown release has everything."""
        if not version:
            return True
        return minor(self.since or "0") <= minor(version) and (
            not self.gone or minor(version) < minor(self.gone)
        )


@dataclass(slots=True)
class TargetPlugin:
    """One plugin or filter of the target with its settings by dotted path (`rules[].count`)."""

    name: str
    since: str = ""
    fields: dict[str, TargetField] = field(default_factory=dict)
    schema: Mapping[str, Any] = field(default_factory=dict)
    _validator: Any = None

    def problem(self, body: Mapping[str, Any]) -> str:
        """Why the target would refuse `body`, empty when it fits the plugin's schema."""
        if self._validator is None:
            import jsonschema_rs

            self._validator = jsonschema_rs.Draft7Validator(dict(self.schema))
        inner = {key: value for key, value in body.items() if key != "_meta"}
        error = next(iter(self._validator.iter_errors(inner)), None)
        if error is None:
            return ""
        place = ".".join(str(step) for step in error.instance_path)
        return f"{place or 'the whole body'} breaks the rule {'/'.join(str(s) for s in error.schema_path)}"

    def find(self, path: str) -> TargetField | None:
        """The setting at `path`, or the nearest one above it that may hold anything; None when unknown."""
        known = self.fields.get(path)
        while known is None and path:
            path = path.rpartition(".")[0]
            above = self.fields.get(path)
            if above is not None:
                return above if above.open else None
        return known


class Targets(Protocol):
    """The facts about one target."""

    default_version: str

    def plugin(self, name: str, version: str) -> TargetPlugin | None:
        """The plugin or filter in that release; None when no release has it."""

    def names(self, version: str) -> Iterable[str]:
        """Every plugin or filter."""


class ApisixTargets:
    """APISIX plugins, from the schema facts in `schemas/apisix-plugins`."""

    default_version = "3.18"

    def __init__(self, folder: Path) -> None:
        self.folder = folder
        self._read = cache(self._load)

    def plugin(self, name: str, version: str) -> TargetPlugin | None:
        return _plugin_of(RULE, _ROUTE_SETTINGS) if name == RULE else self._read(name, version)

    def names(self, version: str) -> Iterable[str]:
        return sorted(path.stem for path in self.folder.glob("*.json") if path.stem != "index")

    def metadata(self, name: str) -> TargetPlugin | None:
        """The settings of the plugin that exist once a gateway."""
        facts = self._facts(name)
        schema = (facts or {}).get("schemas", {}).get("metadata")
        return _plugin_of(name, schema) if schema else None

    def _facts(self, name: str) -> dict[str, Any] | None:
        path = self.folder / f"{name}.json"
        return json.loads(path.read_text("utf-8")) if path.is_file() and name != "index" else None

    def _load(self, name: str, version: str) -> TargetPlugin | None:
        facts = self._facts(name)
        if facts is None or "route" not in facts["schemas"]:
            return None
        plugin = _plugin_of(name, facts["schemas"]["route"])
        plugin.since = facts["since"]
        index = json.loads((self.folder / "index.json").read_text("utf-8"))
        for path, part in _walk(index["meta"], "_meta"):
            plugin.fields[path] = part
        for path in ("_meta.error_response", "_meta.filter"):
            plugin.fields[path].open = True
        plugin.fields["_meta"] = TargetField({"object"})
        _apply_history(plugin, facts["history"].get("route", {}), version)
        for part in plugin.fields.values():  # a setting is no older than its plugin
            part.since = part.since or plugin.since
        return plugin


class GatewayTargets:
    """The standard filters of HTTPRoute, from the schema facts in `schemas/gateway-api`."""

    default_version = "1.6"

    def __init__(self, folder: Path, channel: str = "standard") -> None:
        self.folder = folder
        self.channel = channel
        self._read = cache(self._load)

    def plugin(self, name: str, version: str) -> TargetPlugin | None:
        return self._read(version).get(name)

    def names(self, version: str) -> Iterable[str]:
        return sorted(self._read(version))

    def _load(self, version: str) -> dict[str, TargetPlugin]:
        """Every filter of every release up to the newest, with the release it came in."""
        index = json.loads((self.folder / "index.json").read_text("utf-8"))
        out: dict[str, TargetPlugin] = {}
        for release in sorted(index, key=version_key):
            files = index[release].get(self.channel) or ()
            file = next((name for name in files if name.startswith("HTTPRoute/")), None)
            if file is None:
                continue
            wanted = not version or minor(release) <= minor(version)
            for name, schema in _filters(json.loads((self.folder / file).read_text("utf-8"))):
                old = out.get(name)
                if old is None or wanted:
                    new = _plugin_of(name, schema)
                    new.since = old.since if old else release
                    for path, part in new.fields.items():
                        known = old.fields.get(path) if old else None
                        part.since = known.since if known else release
                    out[name] = new
        return out


def _filters(file: Mapping[str, Any]) -> Iterator[tuple[str, Mapping[str, Any]]]:
    """Each filter type of an HTTPRoute rule with the schema of its body."""
    root = file["schema"]
    rule = _resolve(root, _resolve(root, root["properties"]["spec"])["properties"]["rules"]["items"])
    item = _resolve(root, _resolve(root, rule["properties"]["filters"])["items"])
    for name in item["properties"]["type"]["enum"]:
        body = item["properties"].get(name[0].lower() + name[1:] if name != "CORS" else "cors")
        key = {"URLRewrite": "urlRewrite"}.get(name)
        body = item["properties"].get(key) if key else body
        if body is not None:
            yield name, _inlined(root, body)


def _resolve(root: Mapping[str, Any], schema: Mapping[str, Any]) -> Mapping[str, Any]:
    while "$ref" in schema:
        node: Any = root
        for step in schema["$ref"].removeprefix("#/").split("/"):
            node = node[step.replace("~1", "/").replace("~0", "~")]
        schema = {**node, **{key: value for key, value in schema.items() if key != "$ref"}}
    return schema


def _inlined(root: Mapping[str, Any], schema: Any) -> Any:
    if isinstance(schema, dict):
        return {key: _inlined(root, value) for key, value in _resolve(root, schema).items()}
    return [_inlined(root, part) for part in schema] if isinstance(schema, list) else schema


def _plugin_of(name: str, schema: Mapping[str, Any]) -> TargetPlugin:
    fields: dict[str, TargetField] = {}
    for path, part in _walk(schema, ""):
        if path:
            _merge(fields, path, part)
    return TargetPlugin(name, "", fields, schema)


def _merge(fields: dict[str, TargetField], path: str, part: TargetField) -> None:
    old = fields.setdefault(path, part)
    if old is not part:
        old.types |= part.types
        old.open = old.open or part.open
        old.values = (*old.values, *(v for v in part.values if v not in old.values))
        if old.default is NO_DEFAULT:
            old.default = part.default


def _walk(schema: Mapping[str, Any], path: str) -> Iterator[tuple[str, TargetField]]:
    """Every setting that a JSON schema mentions, in whatever branch."""
    if not isinstance(schema, dict):
        return
    kinds = schema.get("type", ())
    here = TargetField({kinds} if isinstance(kinds, str) else set(kinds))
    here.default = schema.get("default", NO_DEFAULT)
    here.values = tuple(schema.get("enum", ()))
    here.open = _is_open(schema)
    yield path, here
    for name, part in schema.get("properties", {}).items():
        yield from _walk(part, f"{path}.{name}" if path else name)
    for key in ("oneOf", "anyOf", "allOf"):
        for part in schema.get(key, ()):
            yield from _walk(part, path)
    for key in ("if", "then", "else"):
        if key in schema:
            yield from _walk(schema[key], path)
    if isinstance(schema.get("items"), dict):
        yield from _walk(schema["items"], f"{path}[]")


def _is_open(schema: Mapping[str, Any]) -> bool:
    if schema.get("patternProperties") or schema.get("additionalProperties"):
        return True
    branches = any(
        key in schema for key in ("properties", "oneOf", "anyOf", "allOf", "if", "required", "not")
    )
    return schema.get("type") == "object" and not branches and schema.get("additionalProperties") is not False


def _apply_history(plugin: TargetPlugin, history: Mapping[str, Any], version: str) -> None:
    for path, release in history.get("fields_added", {}).items():
        if path in plugin.fields:
            plugin.fields[path].since = release
    for path, release in history.get("fields_gone", {}).items():
        plugin.fields.setdefault(path, TargetField()).gone = release
    for path, steps in history.get("defaults_changed", {}).items():
        if path in plugin.fields:
            for step in steps:
                if not version or minor(step["from"]) <= minor(version):
                    value = step["default"]
                    plugin.fields[path].default = NO_DEFAULT if value is None else value
    for path, steps in history.get("enums_changed", {}).items():
        if path in plugin.fields:
            for step in steps:
                if not version or minor(step["from"]) <= minor(version):
                    plugin.fields[path].values = tuple(step["enum"] or ())


@cache
def targets_of(vocabulary: str, channel: str = "standard") -> Targets | None:
    """The facts behind a vocabulary; None for one that kong2x has no schemas of."""
    schemas = data_folder("schemas")
    if vocabulary == "apisix":
        return ApisixTargets(schemas / "apisix-plugins")
    if vocabulary == "gateway-api":
        return GatewayTargets(schemas / "gateway-api", channel)
    return None
