"""What the filters of a rule become: generated plugins, a rewritten path, or the end of the rule (7.3)."""

from __future__ import annotations

from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass, field
from typing import Any

from kong2x.model.finding import Code
from kong2x.model.plugin import PluginUse
from kong2x.model.route import Rewrite
from kong2x.model.source import Leaf, Path, SourceObject, items, leaves, mapping, text
from kong2x.resolve.gateway.codes import REDIRECT_HOST
from kong2x.resolve.world import KONG_GROUP, namespace_of

Config = dict[str, Any]


@dataclass(slots=True)
class RuleFilters:
    """All filters of one rule. `failure` says why KIC drops the rules with the same backends."""

    plugins: list[PluginUse] = field(default_factory=list)
    extensions: list[tuple[str, Leaf]] = field(default_factory=list)
    rewrite: Rewrite | None = None
    prefix: str | None = None
    failure: str = ""
    problems: list[tuple[Code, str, Path]] = field(default_factory=list)
    leaves: list[Leaf] = field(default_factory=list)


def read_filters(route: SourceObject, rule: Mapping[str, Any], where: Path, version: bool) -> RuleFilters:
    """The filters of a rule; `version` is True where Kong has the redirect plugin (3.9)."""
    out = RuleFilters()
    request: Config = {}
    for position, filter_ in enumerate(map(mapping, items(rule.get("filters")))):
        at = (*where, "filters", position)
        out.leaves += [Leaf(route.ref, (*at, *path)) for path in leaves(dict(filter_))]
        kind = text(filter_.get("type"))
        if kind == "RequestHeaderModifier":
            add_headers(request, mapping(filter_.get("requestHeaderModifier")))
        elif kind == "ResponseHeaderModifier":
            config: Config = {}
            add_headers(config, mapping(filter_.get("responseHeaderModifier")))
            out.plugins.append(generated(route, "response-transformer", config))
        elif kind == "URLRewrite":
            out.rewrite, out.prefix = url_rewrite(mapping(filter_.get("urlRewrite")))
        elif kind == "RequestRedirect":
            add_redirect(out, route, mapping(filter_.get("requestRedirect")), at, version)
        elif kind == "ExtensionRef":
            add_extension(out, route, mapping(filter_.get("extensionRef")), at)
        else:
            out.failure = f"Kong knows no filter of type {kind}"
    if request or out.rewrite is not None:
        out.plugins.append(generated(route, "request-transformer", request))
    return out


def generated(route: SourceObject, plugin: str, config: Config) -> PluginUse:
    """A plugin instance that KIC makes itself; it is route-scoped and hides wider ones of its name."""
    return PluginUse(plugin, config, "route", (namespace_of(route), "", plugin), attached_to=route.ref)


def add_headers(config: Config, modifier: Mapping[str, Any]) -> None:
    """`set` is replace and add, `add` is append, `remove` is remove; later filters add to earlier ones."""
    pairs = {"set": ("replace", "add"), "add": ("append",)}
    for word, actions in pairs.items():
        for header in map(mapping, items(modifier.get(word))):
            line = f"{text(header.get('name'))}:{text(header.get('value'))}"
            for action in actions:
                config.setdefault(action, {}).setdefault("headers", []).append(line)
    for name in items(modifier.get("remove")):
        config.setdefault("remove", {}).setdefault("headers", []).append(str(name))


def url_rewrite(body: Mapping[str, Any]) -> tuple[Rewrite, str | None]:
    """The new path and host, and the replacement where only the matched prefix is exchanged."""
    path = mapping(body.get("path"))
    host = text(body.get("hostname")) or None
    if path.get("type") == "ReplaceFullPath":
        return Rewrite((text(path.get("replaceFullPath")) or "/",), host=host), None
    if path.get("type") == "ReplacePrefixMatch":
        return Rewrite(None, host=host), text(path.get("replacePrefixMatch"))
    return Rewrite(None, host=host), None


def for_prefix(rewrite: Rewrite, written: str, replacement: str) -> Rewrite:
    """The rewrite of one path with ReplacePrefixMatch."""
    return Rewrite((replacement.rstrip("/"),), prefix=written.rstrip("/") or "/", host=rewrite.host)


def add_redirect(
    out: RuleFilters, route: SourceObject, body: Mapping[str, Any], at: Path, plugin: bool
) -> None:
    """The redirect plugin of Kong 3.9, or a fixed answer with a Location before it."""
    status = body.get("statusCode") or 302
    path = mapping(body.get("path"))
    full = path.get("type") == "ReplaceFullPath"
    host, port = text(body.get("hostname")), body.get("port")
    if not host:
        out.problems.append(
            (
                REDIRECT_HOST,
                "Kong refuses its whole configuration because of this redirect, which names no host.",
                (*at, "requestRedirect"),
            )
        )
    where = f"{host}:{port}" if port else host
    location = f"{text(body.get('scheme')) or 'http'}://{where}" if host else ""
    tail = text(path.get("replaceFullPath")) if full else ""
    if plugin:
        config = {"location": location + (tail or "/"), "status_code": status, "keep_incoming_path": not full}
        if host and not tail:
            config["location"] = location
        out.plugins.append(generated(route, "redirect", config))
        return
    out.plugins.append(generated(route, "request-termination", {"status_code": status}))
    headers = {"add": {"headers": [f"Location: {location}{tail}"]}}
    out.plugins.append(generated(route, "response-transformer", headers))


def add_extension(out: RuleFilters, route: SourceObject, body: Mapping[str, Any], at: Path) -> None:
    """A KongPlugin by reference; any other kind ends the rule."""
    kind, group = text(body.get("kind")), text(body.get("group"))
    if kind != "KongPlugin" or group != KONG_GROUP:
        out.failure = f"Kong takes a KongPlugin by ExtensionRef, not a {kind} of {group or 'the core group'}"
        return
    out.extensions.append((text(body.get("name")), Leaf(route.ref, (*at, "extensionRef", "name"))))


def filter_key(rule: Mapping[str, Any]) -> str:
    """What rules must have in common in their filters to share Kong routes."""
    return repr(sorted(map(_stable, items(rule.get("filters")))))


def _stable(value: Any) -> str:
    if isinstance(value, Mapping):
        return repr(sorted((key, _stable(child)) for key, child in value.items()))
    if isinstance(value, Sequence) and not isinstance(value, str):
        return repr([_stable(child) for child in value])
    return repr(value)


def filter_words(rule: Mapping[str, Any]) -> Iterator[str]:
    """The filter types of a rule."""
    for filter_ in map(mapping, items(rule.get("filters"))):
        yield text(filter_.get("type"))
