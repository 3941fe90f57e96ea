"""How a plugin that Kong runs for one consumer on one route is said: APISIX has no such scope."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

from kong2x.emit.apisix.merging import Config
from kong2x.emit.apisix.naming import consumer_named
from kong2x.model.consumer_names import consumer_name, further_names
from kong2x.model.plugin import PluginUse
from kong2x.model.route import RouteModel
from kong2x.model.source import copied

_LIMITS = ("limit-count", "limit-req", "limit-conn")
_BEFORE_LOGIN = {
    "client-control": None,
    "cors": None,
    "fault-injection": 1,
    "proxy-rewrite": None,
    "real-ip": None,
    "request-id": None,
    "serverless-pre-function": None,
    "uri-blocker": 1,
    "request-validation": 1,
}
"""Plugins that run before the consumer is known; where a number stands, that priority lets them run after.

proxy-rewrite also holds what every caller of an authenticated route gets, so it cannot be filtered.
"""


def names(use: PluginUse, model: RouteModel) -> list[str]:
    """The consumers on APISIX that a use means: one, or the members of a group."""
    if use.consumer:
        found = consumer_named(model, use.consumer)
        members = [found] if found else []
    else:
        members = [c for c in model.consumers if use.group in c.groups]
    everybody = model.consumers
    return [name for c in members for name in (consumer_name(c, everybody), *further_names(c, everybody))]


def for_consumer(
    name: str,
    plugins: Mapping[str, Config],
    body: Mapping[str, Any],
    use: PluginUse,
    model: RouteModel,
    *,
    replaces: bool = True,
) -> dict[str, Config] | None:
    """The plugins with `body` acting for the consumers of `use` only, and what was there for all others.

    `replaces` says that what is there belongs to the same Kong plugin, of which one use acts a request.
    None where APISIX has no way: an entry of the same name that is no limit, or a plugin that must run
    before the consumer is known.
    """
    consumers = names(use, model)
    if _hidden(use, model):
        return None
    if not consumers or _BEFORE_LOGIN.get(name, 0) is None:
        return None
    there = plugins.get(name)
    if there is not None or (name in _LIMITS and _by_consumer(plugins.get("workflow"))):
        return _limits(name, plugins, _rule(name, body, consumers)) if replaces else None
    condition: list[Any] = (
        ["consumer_name", "==", consumers[0]] if len(consumers) == 1 else ["consumer_name", "in", consumers]
    )
    out: Config = copied(dict(body))
    meta = dict(out.get("_meta") or {})
    meta["filter"] = [condition, *meta.get("filter", ())]
    if name in _BEFORE_LOGIN:
        meta["priority"] = _BEFORE_LOGIN[name]
    out["_meta"] = meta
    return {**plugins, name: out}


def _hidden(use: PluginUse, model: RouteModel) -> bool:
    """Whether a consumer's own plugin replaces the pair's, as APISIX lets consumers win over routes."""
    if use.scope == "consumer":
        return False
    found = consumer_named(model, use.consumer) if use.consumer else None
    return found is not None and any(own.plugin == use.plugin for own in found.plugins)


def _limits(name: str, plugins: Mapping[str, Config], rule: Config) -> dict[str, Config] | None:
    """Limits as one `workflow`, whose first rule that fits counts: consumers, groups, then everybody else."""
    there, flow = plugins.get(name), plugins.get("workflow")
    if name not in _LIMITS or (there is not None and flow is not None):
        return None
    if there is not None:
        meta = there.get("_meta") or {}
        consumers = _named(meta["filter"]) if "filter" in meta else []
        if consumers is None:
            return None
        kept = {key: value for key, value in meta.items() if key == "error_response"}
        flow = {"rules": [_rule(name, there, consumers)], **({"_meta": kept} if kept else {})}
    if flow is None:
        return None
    own = [known for known in flow["rules"] if "case" in known]
    rest = [known for known in flow["rules"] if "case" not in known]
    others = {other: config for other, config in plugins.items() if other != name}
    return {**others, "workflow": {**flow, "rules": [*own, rule, *rest]}}


def _rule(name: str, config: Mapping[str, Any], consumers: list[str]) -> Config:
    """One rule of `workflow`; without consumers it fits everybody."""
    # limit-count refuses a group inside of workflow (APISIX plugins/limit-count/init.lua).
    bare = {key: value for key, value in config.items() if key not in ("_meta", "group")}
    case = {"case": [["consumer_name", "in", consumers]]} if consumers else {}
    return {**case, "actions": [[name, bare]]}


def _named(condition: Any) -> list[str] | None:
    """The consumers that a filter names and nothing else, None for any other filter."""
    if len(condition) != 1 or condition[0][0] != "consumer_name":
        return None
    value = condition[0][2]
    return list(value) if isinstance(value, list) else [value]


def _by_consumer(flow: Config | None) -> bool:
    """Whether a workflow counts consumers apart and does nothing else."""
    return flow is not None and all(
        _named(rule.get("case", [["consumer_name", "in", []]])) is not None
        and all(action[0] in _LIMITS for action in rule["actions"])
        for rule in flow["rules"]
    )
