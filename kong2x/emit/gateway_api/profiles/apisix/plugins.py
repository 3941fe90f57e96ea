"""Which APISIX plugins one rule carries: mapped plugins, path settings and filters in one set without doubles."""

from __future__ import annotations

import re
from collections.abc import Mapping
from copy import deepcopy
from typing import Any

from kong2x.emit.gateway_api.draft import Draft, Filter
from kong2x.emit.gateway_api.profiles.apisix.identity import caller_headers, left_to_consumers, logins
from kong2x.emit.gateway_api.profiles.apisix.paths import comparable, plain_text
from kong2x.model.apisix_logins import LOGINS
from kong2x.model.route import RouteModel

Plugins = dict[str, dict[str, Any]]

PLUGIN_OF = {
    "RequestHeaderModifier": "proxy-rewrite",
    "URLRewrite": "proxy-rewrite",
    "ResponseHeaderModifier": "response-rewrite",
    "RequestRedirect": "redirect",
    "RequestMirror": "proxy-mirror",
    "CORS": "cors",
}
"""What the controller makes of each standard filter; an ExtensionRef replaces an entry of the same name."""


class Conflict(Exception):
    """Two settings need one plugin, and it cannot hold both."""

    def __init__(self, plugin: str) -> None:
        super().__init__(plugin)
        self.plugin = plugin


def plugin_set(draft: Draft, model: RouteModel) -> Plugins:
    """All plugins of a rule by name; Conflict where one would have to be there twice."""
    out: Plugins = {}
    for mapped in sorted(draft.own, key=lambda m: -m.priority):
        for name, body in mapped.fragments.items():
            out[name] = joined(name, out[name], body) if name in out else _plain(body)
    for name, body in draft.extras.items():
        out[name] = joined(name, out[name], body) if name in out else _plain(body)
    own = sorted(draft.own, key=lambda m: -m.priority)
    out = logins(out, own, model)
    if any(name in LOGINS or name in ("multi-auth", "openid-connect") for name in out):
        guard = {"headers": {"remove": caller_headers(draft.own)}}
        rewrite = joined("proxy-rewrite", out.get("proxy-rewrite", {}), guard)
        others = any(PLUGIN_OF.get(part["type"]) == "proxy-rewrite" for part in draft.filters)
        if not others and left_to_consumers(rewrite, out, model):
            out.pop("proxy-rewrite", None)
        else:
            out["proxy-rewrite"] = rewrite
    return out


def joined(name: str, first: Mapping[str, Any], then: Mapping[str, Any]) -> dict[str, Any]:
    """Two bodies of one plugin as one; `then` is what acts later."""
    if not first or first == then:
        return _plain(then)
    one, two = _plain(first), _plain(then)
    if name not in ("proxy-rewrite", "response-rewrite") or _conditions(one) != _conditions(two):
        raise Conflict(name)  # a condition would begin to act on what came without one
    headers = _headers(name, one.pop("headers", {}), two.pop("headers", {}))
    if "regex_uri" in one and "uri" in two:
        one.pop("regex_uri")
    if any(key in one and one[key] != value for key, value in two.items()):
        raise Conflict(name)
    body = {**one, **two}
    return {**body, "headers": headers} if headers else body


def _conditions(body: Mapping[str, Any]) -> tuple[Any, Any]:
    return body.get("vars"), body.get("_meta", {}).get("filter")


def _headers(name: str, one: Any, two: Any) -> dict[str, Any]:
    """Header changes of both; of a header that both change the later one counts."""
    out: dict[str, Any] = {}
    taken = {key.lower() for part in ("set", "add") for key in _names(two, part)}
    for part in ("set", "add"):
        found: Any = [] if isinstance(one.get(part, two.get(part)), list) else {}
        for source in (one, two):
            values = source.get(part, found.__class__())
            if isinstance(found, list):
                found += [v for v in values if v not in found]
            else:
                found.update(
                    {
                        k: v
                        for k, v in values.items()
                        if source is two or part == "add" or k.lower() not in taken
                    }
                )
        if found:
            out[part] = found
    removed = list(dict.fromkeys([*one.get("remove", ()), *two.get("remove", ())]))
    removed = [key for key in removed if key.lower() not in taken]
    return {**out, "remove": removed} if removed else out


def _names(headers: Mapping[str, Any], part: str) -> list[str]:
    values = headers.get(part, ())
    return [str(v).partition(":")[0] for v in values]


def absorb_filters(draft: Draft, plugins: Plugins) -> tuple[Plugins, tuple[Filter, ...]]:
    """Turns standard filters into plugins where both would make the same APISIX plugin."""
    kept: list[Filter] = []
    for part in draft.filters:
        kind = part["type"]
        name = PLUGIN_OF.get(kind, "")
        change = part.get("urlRewrite", {}).get("path", {})
        unescaped = "replacePrefixMatch" in change and (
            "%" in change["replacePrefixMatch"] or not comparable(draft.matches[0].path)
        )
        if name not in plugins and "$" not in str(change) and not unescaped:
            kept.append(part)
            continue
        body = as_plugin(part, plain_text(draft.matches[0].path.value))
        if body is None:
            raise Conflict(name)
        plugins = {**plugins, name: joined(name, body, plugins.get(name, {})) if name in plugins else body}
    return plugins, tuple(kept)


def as_plugin(part: Filter, path: str) -> dict[str, Any] | None:
    """A standard filter as the body of the plugin that the controller would make of it."""
    kind = part["type"]
    if kind == "RequestHeaderModifier":
        return {"headers": _modifier(part["requestHeaderModifier"])}
    if kind == "URLRewrite":
        body = part["urlRewrite"]
        out: dict[str, Any] = {"host": body["hostname"]} if body.get("hostname") else {}
        change = body.get("path")
        if change and change["type"] == "ReplaceFullPath":
            out["uri"] = change["replaceFullPath"].replace("$", "\\$")
        elif change:
            out["regex_uri"] = prefix_exchange(path, plain_text(change["replacePrefixMatch"]))
        return out
    return None


def prefix_exchange(prefix: str, replacement: str) -> list[str]:
    """`regex_uri` pairs that exchange a path prefix by whole segments.

    >>> prefix_exchange("/foo", "/")
    ['^/foo$', '/', '^/foo(/.*)$', '$1']
    """
    bare = replacement.rstrip("/").replace("$", "$$")
    escaped = re.escape(prefix.rstrip("/"))
    return [f"^{escaped}$", bare or "/", f"^{escaped}(/.*)$", f"{bare}$1"]


def _modifier(body: Mapping[str, Any]) -> dict[str, Any]:
    out: dict[str, Any] = {
        part: {entry["name"]: entry["value"] for entry in body[part]}
        for part in ("set", "add")
        if body.get(part)
    }
    return {**out, "remove": list(body["remove"])} if body.get("remove") else out


def _plain(body: Mapping[str, Any]) -> dict[str, Any]:
    return deepcopy(dict(body))
