"""ApisixRoute and ApisixUpstream objects read back as the controller reads them (apisix-target.md 2)."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from typing import Any

from kong2x.model.source import items, mapping, text
from kong2x.verify.apisix.entries import Entry, Target

OPERATORS: dict[str, tuple[str, ...]] = {
    "Equal": ("==",),
    "NotEqual": ("~=",),
    "GreaterThan": (">",),
    "GreaterThanEqual": (">=",),
    "LessThan": ("<",),
    "LessThanEqual": ("<=",),
    "In": ("in",),
    "NotIn": ("!", "in"),
    "RegexMatch": ("~~",),
    "RegexNotMatch": ("!", "~~"),
    "RegexMatchCaseInsensitive": ("~*",),
    "RegexNotMatchCaseInsensitive": ("!", "~*"),
}
SCOPES = {"Header": "http_", "Query": "arg_", "Cookie": "cookie_", "Body": "post_arg.", "Variable": ""}

Objects = Sequence[Mapping[str, Any]]
Key = tuple[str, str]


def read_entries(objects: Objects) -> list[Entry]:
    """One entry an `http[]` rule of every ApisixRoute, with the plugins that act on it."""
    configs = named(objects, "ApisixPluginConfig")
    upstreams = named(objects, "ApisixUpstream")
    entries = []
    for (namespace, name), obj in named(objects, "ApisixRoute").items():
        for rule in map(mapping, items(mapping(obj.get("spec")).get("http"))):
            entries.append(read_rule(rule, namespace, name, configs, upstreams))
    return entries


def named(objects: Objects, kind: str) -> dict[Key, Mapping[str, Any]]:
    """The objects of a kind by namespace and name, in input order."""
    found = {}
    for obj in objects:
        if obj.get("kind") == kind:
            metadata = mapping(obj.get("metadata"))
            found[text(metadata.get("namespace")) or "default", text(metadata.get("name"))] = obj
    return found


def read_rule(
    rule: Mapping[str, Any],
    namespace: str,
    name: str,
    configs: Mapping[Key, Mapping[str, Any]],
    upstreams: Mapping[Key, Mapping[str, Any]],
) -> Entry:
    """One rule as an APISIX route."""
    match = mapping(rule.get("match"))
    plugins: dict[str, Mapping[str, Any]] = {}
    config_name = text(rule.get("plugin_config_name"))
    if config_name:
        place = text(rule.get("plugin_config_namespace")) or namespace
        shared = mapping(mapping(configs.get((place, config_name), {})).get("spec"))
        plugins.update(enabled(shared.get("plugins")))
    plugins.update(enabled(rule.get("plugins")))
    return Entry(
        f"ApisixRoute {namespace}/{name} {text(rule.get('name'))}",
        [str(path) for path in items(match.get("paths"))],
        [str(host).strip().lower() for host in items(match.get("hosts"))],
        [str(method) for method in items(match.get("methods"))],
        [expression(mapping(one)) for one in items(match.get("exprs"))],
        int(rule.get("priority") or 0),
        [str(address) for address in items(match.get("remoteAddrs"))],
        text(match.get("filter_func")),
        [*backend_targets(rule, namespace, upstreams), *external_targets(rule, namespace, upstreams)],
        plugins,
        bool(rule.get("websocket")),
    )


def enabled(plugins: object) -> dict[str, Mapping[str, Any]]:
    """The plugins that are switched on; the last of one name wins."""
    found = {}
    for plugin in map(mapping, items(plugins)):
        if plugin.get("enable", True):
            found[text(plugin.get("name"))] = mapping(plugin.get("config"))
    return found


def expression(written: Mapping[str, Any]) -> list[Any]:
    """One `exprs` entry as an APISIX expression."""
    subject = mapping(written.get("subject"))
    scope, name = text(subject.get("scope")), text(subject.get("name"))
    if scope == "Path":
        variable = "uri"
    else:
        prefix = SCOPES.get(scope, "")
        variable = prefix + (name.lower().replace("-", "_") if scope == "Header" else name)
    wanted = items(written.get("set")) if written.get("set") is not None else written.get("value")
    return [variable, *OPERATORS.get(text(written.get("op")), (text(written.get("op")),)), wanted]


def backend_targets(
    rule: Mapping[str, Any], namespace: str, upstreams: Mapping[Key, Mapping[str, Any]]
) -> list[Target]:
    """The Services behind a rule with their weights and Host policy."""
    found = []
    for backend in map(mapping, items(rule.get("backends"))):
        service, port = text(backend.get("serviceName")), backend.get("servicePort")
        spec = mapping(mapping(upstreams.get((namespace, service), {})).get("spec"))
        for level in map(mapping, items(spec.get("portLevelSettings"))):
            if level.get("port") == port:
                spec = {**spec, **level}
        weight = backend.get("weight")
        found.append(
            Target(
                f"{namespace}/{service}:{port}",
                100 if weight is None else int(weight),
                text(spec.get("passHost")) or "pass",
                spec.get("upstreamHost"),
            )
        )
    return found


def external_targets(
    rule: Mapping[str, Any], namespace: str, upstreams: Mapping[Key, Mapping[str, Any]]
) -> list[Target]:
    """The external nodes behind a rule."""
    found = []
    for reference in map(mapping, items(rule.get("upstreams"))):
        spec = mapping(mapping(upstreams.get((namespace, text(reference.get("name"))), {})).get("spec"))
        weight = reference.get("weight")
        for node in map(mapping, items(spec.get("externalNodes"))):
            port = node.get("port")
            address = f"{text(node.get('name'))}:{port}" if port else text(node.get("name"))
            found.append(
                Target(
                    address,
                    100 if weight is None else int(weight),
                    text(spec.get("passHost")) or "pass",
                    spec.get("upstreamHost"),
                )
            )
    return found
