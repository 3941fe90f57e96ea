"""The APISIX plugins that AIC makes of a rule's filters (apisix-target.md 7.4).

Filters are taken in list order. An ExtensionRef puts whole plugin entries in the place of those that
are there; a standard filter that comes after one with the same plugin stops the translation.
"""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

from kong2x.model.source import items, mapping, text
from kong2x.verify.gateway_on_apisix.world import Object, World

Plugins = dict[str, dict[str, Any]]


class Stopped(Exception):
    """The controller fails while it translates; the route is not programmed."""


def add_filters(world: World, namespace: str, rule: Object, plugins: Plugins, scheme: str = "http") -> None:
    """Puts the plugins of a rule's filters into `plugins`; Stopped where the controller fails."""
    foreign: set[str] = set()
    prefixes = [
        text(mapping(match.get("path")).get("value")) or "/"
        for match in map(mapping, items(rule.get("matches")) or [{}])
        if (mapping(match.get("path")).get("type") or "PathPrefix") == "PathPrefix"
    ]
    for part in map(mapping, items(rule.get("filters"))):
        if part.get("type") == "ExtensionRef":
            found = extension(world, namespace, mapping(part.get("extensionRef")))
            plugins.update(found)
            foreign.update(found)
            continue
        name, change = standard(part, namespace, prefixes, scheme)
        if not name:
            continue
        if name in foreign:
            raise Stopped(f"{part.get('type')} stands after an ExtensionRef with the plugin {name}")
        body = plugins.setdefault(name, {})
        headers = joined(mapping(body.get("headers")), mapping(change.pop("headers", {})))
        body.update(change)
        if headers:
            body["headers"] = headers


def extension(world: World, namespace: str, reference: Object) -> Plugins:
    """The plugins of a PluginConfig; none for one that is missing, whatever the group says."""
    if reference.get("kind") != "PluginConfig":
        return {}
    config = world.get("PluginConfig", (namespace, text(reference.get("name"))))
    entries = map(mapping, items(mapping(mapping(config).get("spec")).get("plugins")))
    return {text(entry.get("name")): dict(mapping(entry.get("config"))) for entry in entries}


def standard(part: Object, namespace: str, prefixes: list[str], scheme: str) -> tuple[str, dict[str, Any]]:
    """Plugin name and body of a standard filter; no name for those that are not read."""
    kind = part.get("type")
    if kind == "RequestHeaderModifier":
        return "proxy-rewrite", {"headers": request_headers(mapping(part.get("requestHeaderModifier")))}
    if kind == "ResponseHeaderModifier":
        return "response-rewrite", {"headers": response_headers(mapping(part.get("responseHeaderModifier")))}
    if kind == "URLRewrite":
        return "proxy-rewrite", rewrite(mapping(part.get("urlRewrite")), prefixes)
    if kind == "RequestRedirect":
        return "redirect", redirect(mapping(part.get("requestRedirect")))
    if kind == "RequestMirror":
        backend = mapping(mapping(part.get("requestMirror")).get("backendRef"))
        where = f"{text(backend.get('name'))}.{text(backend.get('namespace')) or namespace}"
        return "proxy-mirror", {"host": f"{scheme}://{where}.svc.cluster.local:{backend.get('port') or 80}"}
    if kind == "CORS":
        return "cors", cors(mapping(part.get("cors")))
    return "", {}


def _pairs(modifier: Object, part: str) -> list[tuple[str, str]]:
    return [(text(one.get("name")), str(one.get("value"))) for one in map(mapping, items(modifier.get(part)))]


def request_headers(modifier: Object) -> dict[str, Any]:
    """Header changes of proxy-rewrite; several values to add are joined by a comma."""
    added: dict[str, str] = {}
    for name, value in _pairs(modifier, "add"):
        added[name] = f"{added[name]}, {value}" if added.get(name) else value
    found = {"add": added, "set": dict(_pairs(modifier, "set")), "remove": items(modifier.get("remove"))}
    return {key: value for key, value in found.items() if value}


def response_headers(modifier: Object) -> dict[str, Any]:
    """Header changes of response-rewrite, whose additions are lines of text."""
    added = [f"{name}: {value}" for name, value in _pairs(modifier, "add")]
    found = {"add": added, "set": dict(_pairs(modifier, "set")), "remove": items(modifier.get("remove"))}
    return {key: value for key, value in found.items() if value}


def joined(one: Mapping[str, Any], other: Mapping[str, Any]) -> dict[str, Any]:
    """The header changes of two filters of one kind."""
    out: dict[str, Any] = dict(one)
    for part, value in other.items():
        old = out.get(part)
        if isinstance(old, dict):
            same = {
                name: f"{old[name]}, {new}" for name, new in value.items() if part == "add" and old.get(name)
            }
            out[part] = {**old, **value, **same}
        else:
            out[part] = [*(old or ()), *value] if isinstance(value, list) else value
    return out


def rewrite(change: Object, prefixes: list[str]) -> dict[str, Any]:
    """A URLRewrite as proxy-rewrite; prefixes go into the pattern without escaping."""
    body: dict[str, Any] = {"host": text(change.get("hostname"))} if change.get("hostname") else {}
    path = mapping(change.get("path"))
    if path.get("type") == "ReplaceFullPath":
        return {**body, "uri": path["replaceFullPath"]} if path.get("replaceFullPath") else body
    if path.get("type") == "ReplacePrefixMatch" and prefixes and path.get("replacePrefixMatch") is not None:
        group, target = "|".join(prefixes), text(path.get("replacePrefixMatch"))
        pair = [f"^({group})(?:/(.*))?$", "/$2"] if target == "/" else [f"^({group})(/.*)?$", f"{target}$2"]
        body["regex_uri"] = pair
    return body


def redirect(change: Object) -> dict[str, Any]:
    """A RequestRedirect as the redirect plugin: the path is not read, a port is always written."""
    host, port = text(change.get("hostname")) or "$host", change.get("port")
    where = f"{text(change.get('scheme')) or '$scheme'}://{host}" + (f":{port}" if port is not None else "")
    return {"ret_code": int(change.get("statusCode") or 302), "uri": f"{where}$request_uri"}


def cors(change: Object) -> dict[str, Any]:
    """A CORS filter as the cors plugin; `maxAge` is not read."""
    lists = {
        "allow_origins": "allowOrigins",
        "allow_headers": "allowHeaders",
        "allow_methods": "allowMethods",
        "expose_headers": "exposeHeaders",
    }
    body: dict[str, Any] = {
        name: ",".join(str(one) for one in items(change.get(field)))
        for name, field in lists.items()
        if items(change.get(field))
    }
    return {**body, "allow_credential": True} if change.get("allowCredentials") else body
