"""How two configurations for one APISIX plugin become one: a route can have each plugin only once."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

from kong2x.model.source import copied

Config = dict[str, Any]

_FUNCTIONS = ("serverless-pre-function", "serverless-post-function")
_HEADERS = ("proxy-rewrite", "response-rewrite")


def merged(plugin: str, first: Mapping[str, Any], second: Mapping[str, Any]) -> Config | None:
    """Both configurations in one, None where one of them would be lost.

    `second` is what Kong runs later, so that its fixed values win.

    >>> merged("proxy-rewrite", {"uri": "/a"}, {"headers": {"remove": ["X"]}})
    {'uri': '/a', 'headers': {'remove': ['X']}}
    """
    if first == second:
        return copied(dict(first))
    meta = _meta(first.get("_meta"), second.get("_meta"))
    if meta is None:
        return None
    one, two = _bare(first), _bare(second)
    if plugin in _HEADERS:
        out = _rewrites(plugin, one, two)
    elif plugin in _FUNCTIONS and one.get("phase", "access") == two.get("phase", "access"):
        out = {**one, "functions": [*one.get("functions", ()), *two.get("functions", ())]}
    elif plugin == "workflow" and _only_returns(one):
        out = {"rules": [*one.get("rules", ()), *two.get("rules", ())]}
    else:
        return None
    if out is None:
        return None
    return copied({**out, **({"_meta": meta} if meta else {})})


def _bare(config: Mapping[str, Any]) -> Config:
    return {key: value for key, value in config.items() if key != "_meta"}


def _meta(first: Any, second: Any) -> Config | None:
    """The common `_meta`, None when the two say different things."""
    if not first or not second:
        # A filter must not begin to act on what came without one.
        only = first or second or {}
        return None if "filter" in only or "disable" in only else dict(only)
    return dict(first) if first == second else None


def _only_returns(workflow: Mapping[str, Any]) -> bool:
    """Whether every rule has a condition and ends the request, so that further rules may follow."""
    return all(
        rule.get("case") and all(action[0] == "return" for action in rule.get("actions", ()))
        for rule in workflow.get("rules", ())
    )


def _rewrites(plugin: str, one: Config, two: Config) -> Config | None:
    headers = _headers(one.get("headers") or {}, two.get("headers") or {})
    if headers is None:
        return None
    fixed = {"uri", "regex_uri"}
    out = {key: value for key, value in one.items() if key != "headers"}
    later = {key: value for key, value in two.items() if key != "headers"}
    if plugin == "response-rewrite" and (
        one.get("vars") != two.get("vars")
        or any(out.get(key, value) != value for key, value in later.items())
    ):
        return None  # a condition would begin to act on what came without one
    if fixed & later.keys():
        out = {key: value for key, value in out.items() if key not in fixed}
    out |= later
    return {**out, "headers": headers} if headers else out


def _headers(one: Mapping[str, Any], two: Mapping[str, Any]) -> Config | None:
    """`set`, `add` and `remove` of both; APISIX removes last, so what is set later is not removed."""
    forms = {"set", "add", "remove"}
    if (one and not forms >= one.keys()) or (two and not forms >= two.keys()):
        return None
    out: Config = {}
    later = {name.lower() for part in ("set", "add") for name in _names(two.get(part))}
    gone = {name.lower() for name in two.get("remove", ())}
    for part in ("set", "add"):
        first, second = one.get(part), two.get(part)
        if isinstance(first, list) or isinstance(second, list):
            value: Any = [*(first or ()), *(second or ())]
        else:
            kept = {k: v for k, v in (first or {}).items() if k.lower() not in gone}
            value = _joined(kept, second or {}) if part == "add" else {**kept, **(second or {})}
        if value:
            out[part] = value
    remove = [name for name in one.get("remove", ()) if name.lower() not in later]
    remove += [name for name in two.get("remove", ()) if name.lower() not in {n.lower() for n in remove}]
    if remove:
        out["remove"] = remove
    return out


def _names(part: Any) -> list[str]:
    return [str(item).partition(":")[0] for item in part] if isinstance(part, list) else list(part or {})


def _joined(first: Mapping[str, Any], second: Mapping[str, Any]) -> Config:
    """Added headers of both; the same name twice becomes a list."""
    out = dict(first)
    for name, value in second.items():
        old = out.get(name)
        out[name] = value if old is None else [*(old if isinstance(old, list) else [old]), value]
    return out
