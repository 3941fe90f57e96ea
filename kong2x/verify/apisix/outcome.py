"""What APISIX does with a request once the route is chosen: its own answers, and what the backend receives."""

from __future__ import annotations

import re
from collections.abc import Mapping, Sequence
from typing import Any

from kong2x.model.source import items, mapping
from kong2x.model.traffic import Answer
from kong2x.verify.apisix.entries import Entry, Target
from kong2x.verify.apisix.expressions import compiled_pattern, holds
from kong2x.verify.apisix.variables import Variables
from kong2x.verify.uri import escape, split_target, wire_bytes

PRIORITIES = {
    "fault-injection": 11000,
    "mocking": 10900,
    "proxy-rewrite": 1008,
    "redirect": 900,
    "workflow": 1006,
}
"""Built-in priorities of the plugins that answer or rewrite (apisix-target.md 6.6)."""
HTTPS_PORT = 9443
"""The port of the default container, which `http_to_https` writes into Location (trap T60)."""


def outcome(entry: Entry, variables: Variables, tie: tuple[str, ...], why: str) -> Answer:
    """The answer of one route: the first plugin that answers by itself, else the backend."""
    names = tuple(entry.plugins)
    for name in sorted(PRIORITIES, key=lambda one: -priority(entry.plugins.get(one), one)):
        config = entry.plugins.get(name)
        if config is None or not acts(config, variables):
            continue
        own = own_answer(name, config, variables)
        if own is not None:
            return Answer(entry.id, why, tie, own[0], own[1], plugins=names)
    if not entry.targets:
        return Answer(entry.id, why, tie, 503, plugins=names)
    rewrite = entry.plugins.get("proxy-rewrite")
    if rewrite is not None and not acts(rewrite, variables):
        rewrite = None
    first = entry.targets[0]
    path = upstream_path(rewrite, variables)
    if not path:
        return Answer(entry.id, f"{why}; nginx cannot send an empty path", tie, 500, plugins=names)
    weights = tuple((target.address, target.weight) for target in entry.targets)
    return Answer(
        entry.id,
        why,
        tie,
        service=first.address,
        path=path,
        host=upstream_host(first, rewrite, variables),
        plugins=names,
        weights=weights if len(weights) > 1 else (),
    )


def priority(config: Mapping[str, Any] | None, name: str) -> int:
    """The priority at which a plugin runs; `_meta.priority` overrides the built-in one."""
    meta = mapping((config or {}).get("_meta"))
    return int(meta.get("priority", PRIORITIES[name]))


def acts(config: Mapping[str, Any], variables: Variables) -> bool:
    """Whether `_meta` lets a plugin run for this request."""
    meta = mapping(config.get("_meta"))
    return not meta.get("disable") and holds(items(meta.get("filter")), variables)


def own_answer(name: str, config: Mapping[str, Any], variables: Variables) -> tuple[int, str | None] | None:
    """Status and Location when a plugin answers; None when it lets the request go on."""
    if name == "fault-injection":
        abort = mapping(config.get("abort"))
        alternatives = items(abort.get("vars"))
        if not abort or (alternatives and not any(holds(one, variables) for one in alternatives)):
            return None
        return int(abort.get("http_status", 0)), None
    if name == "mocking":
        return int(config.get("response_status", 200)), None
    if name == "workflow":
        return workflow_answer(config, variables)
    if name == "redirect":
        return redirect_answer(config, variables)
    return None


def workflow_answer(config: Mapping[str, Any], variables: Variables) -> tuple[int, str | None] | None:
    """The status of the first rule that holds, when it returns one."""
    for rule in map(mapping, items(config.get("rules"))):
        if holds(items(rule.get("case")), variables):
            for action in items(rule.get("actions")):
                if action and action[0] == "return":
                    return int(mapping(action[1]).get("code", 503)), None
            return None
    return None


def redirect_answer(config: Mapping[str, Any], variables: Variables) -> tuple[int, str | None] | None:
    """The redirect plugin: exactly one of http_to_https, uri and regex_uri acts."""
    if config.get("http_to_https"):
        if variables.get("http_x_forwarded_proto") == "https" or variables.request.scheme == "https":
            return None
        status = 301 if variables.request.method in ("GET", "HEAD") else 308
        return status, f"https://{variables.host}:{HTTPS_PORT}{variables.get('request_uri')}"
    status = int(config.get("ret_code", 302))
    if config.get("uri"):
        location = filled(str(config["uri"]), variables)
    else:
        pair = items(config.get("regex_uri"))
        replaced = substituted(pair, variables.uri or "") if pair else None
        if replaced is None:
            return None
        location = replaced
    query = split_target(variables.request.path)[1]
    if config.get("append_query_string") and query:
        location += ("&" if "?" in location else "?") + query
    return status, location


TEMPLATE = re.compile(r"\\?\$(?:\{([A-Za-z_]\w*)\}|([A-Za-z_]\w*))")


def filled(template: str, variables: Variables) -> str:
    """A template with `$name` and `${name}` replaced; an absent variable is empty."""

    def value(match: re.Match[str]) -> str:
        if match.group(0).startswith("\\"):
            return match.group(0)
        found = variables.get(match.group(1) or match.group(2))
        return found if isinstance(found, str) else ""

    return TEMPLATE.sub(value, template)


def upstream_path(rewrite: Mapping[str, Any] | None, variables: Variables) -> str:
    """The path that the backend receives: as sent, or rebuilt where proxy-rewrite acts."""
    raw = variables.request.path.partition("?")[0].partition("#")[0]
    if rewrite is None or rewrite.get("use_real_request_uri_unsafe"):
        return raw
    if rewrite.get("uri"):
        return escape(wire_bytes(filled(str(rewrite["uri"]), variables).partition("?")[0]))
    path = (variables.uri or "").replace("?", DECODED_QUESTION_MARK)
    if rewrite.get("regex_uri"):
        replaced = substituted(items(rewrite["regex_uri"]), path)
        path = path if replaced is None else replaced.partition("?")[0]
    return rebuilt(path)


DECODED_QUESTION_MARK = "\ue000"
"""Stands for a question mark that came encoded, so that it begins no query."""


def rebuilt(path: str) -> str:
    """A path made from the decoded one: what would end it or begin a triplet is encoded again.

    >>> rebuilt("/a%b#c")
    '/a%25b%23c'
    """
    path = path.replace("%", "%25").replace("#", "%23").replace(DECODED_QUESTION_MARK, "%3F")
    return escape(wire_bytes(path))


def substituted(pairs: Sequence[Any], path: str) -> str | None:
    """The path after the first pattern of the list that matches; None when none does."""
    for pattern, template in zip(pairs[::2], pairs[1::2], strict=False):
        compiled = compiled_pattern(str(pattern))
        if compiled is None:
            continue
        subject = path.encode("utf-8", "surrogateescape")
        found = compiled.search(subject)
        if found is not None:
            new = expanded(str(template), found)
            return (subject[: found.start()] + new + subject[found.end() :]).decode(
                "utf-8", "surrogateescape"
            )
    return None


def expanded(template: str, found: re.Match[bytes]) -> bytes:
    """A substitution template with `$1`, `${1}` and `$$`."""

    def value(match: re.Match[str]) -> str:
        if match.group(0) == "$$":
            return "$"
        number = int(match.group(1) or match.group(2))
        if number > (found.re.groups or 0):
            return ""
        return (found.group(number) or b"").decode("utf-8", "surrogateescape")

    return re.sub(r"\$\$|\$\{(\d+)\}|\$(\d+)", value, template).encode("utf-8", "surrogateescape")


def upstream_host(target: Target, rewrite: Mapping[str, Any] | None, variables: Variables) -> str | None:
    """The Host header that the backend receives; None for the node's own address (4.7)."""
    if target.host == "node":
        return None
    if target.host == "rewrite":
        return target.host_value
    if rewrite is not None and rewrite.get("host"):
        return str(rewrite["host"])
    return variables.request.host
