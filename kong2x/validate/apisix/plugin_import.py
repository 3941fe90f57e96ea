"""How the recorded plugin schemas of APISIX become one closed schema file a plugin."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

from kong2x.validate.apisix.closing import Schema, close
from kong2x.validate.importer import render

_PLACES = {"schema": "route", "consumer_schema": "consumer", "metadata_schema": "metadata"}


def import_plugins(data: Mapping[str, Any]) -> dict[str, str]:
    """File name -> text for every plugin in a record of APISIX's plugin schemas.

    `data` has the shape that the project's recorder writes: `plugins` and `stream_plugins` by name, each
    with `schema`, `consumer_schema`, `metadata_schema` and a `history` over releases, `releases_compared`.
    Places in a file: `route` (route, service, plugin config, global rule), `consumer` (consumer or
    credential), `metadata` (once a gateway), `stream` (stream routes).
    """
    releases = [name for name in data["releases_compared"] if "+" not in name]
    files = {"index.json": render({"releases": releases, "meta": _meta(data)}) + "\n"}
    for name, plugin in sorted(data["plugins"].items()):
        files[f"{name}.json"] = render(_file(name, plugin, data["stream_plugins"].get(name))) + "\n"
    for name in sorted(set(data["stream_plugins"]) - set(data["plugins"])):
        files[f"{name}.json"] = render(_file(name, {}, data["stream_plugins"][name])) + "\n"
    return files


def _meta(data: Mapping[str, Any]) -> Schema:
    """The `_meta` object, which APISIX adds to every plugin alike."""
    every = [plugin["schema"]["properties"]["_meta"] for plugin in data["plugins"].values()]
    assert all(meta == every[0] for meta in every)
    return dict(every[0])


def _file(name: str, plugin: Mapping[str, Any], stream: Mapping[str, Any] | None) -> dict[str, Any]:
    facts = plugin or stream or {}
    history = facts.get("history", {})
    out: dict[str, Any] = {
        "name": name,
        "since": history.get("first_release", ""),
        "priority": facts["priority"],
        "type": facts.get("type", ""),
        "scope": facts.get("scope", ""),
        "phases": facts["phases"],
        "enabled": facts.get("default_enabled", True),
        "secrets": sorted(
            {path for key in _PLACES for path in (plugin.get(key) or {}).get("encrypt_fields", ())}
        ),
        "history": {place: history[key] for key, place in _PLACES.items() if key in history},
        "schemas": {place: _without_meta(plugin[key]) for key, place in _PLACES.items() if key in plugin},
    }
    if stream:
        out["schemas"]["stream"] = _without_meta(stream["schema"])
    return out


def _without_meta(schema: Schema) -> Schema:
    """The closed schema; `_meta` comes back when the file is read, the same for every plugin.

    grpc-transcode says outright that it takes any key, and still reads only those it lists.
    """
    properties = {key: value for key, value in (schema.get("properties") or {}).items() if key != "_meta"}
    closed: Schema = _portable(close({**schema, "properties": properties}))
    return {**closed, "additionalProperties": False}


def _portable(value: Any) -> Any:
    """The same schema with `^` and `$` for the anchors that only some regex engines know."""
    if isinstance(value, dict):
        out = {key: _portable(item) for key, item in value.items()}
        if isinstance(out.get("pattern"), str):
            out["pattern"] = out["pattern"].replace(r"\A", "^").replace(r"\Z", "$").replace(r"\z", "$")
        return out
    return [_portable(item) for item in value] if isinstance(value, list) else value
