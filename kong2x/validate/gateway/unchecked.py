"""What the API server takes in one object although it cannot work as written (gaps 1 to 6 and 10)."""

from __future__ import annotations

import re
from collections import defaultdict
from collections.abc import Iterator, Mapping
from typing import Any

from kong2x.model.regex import regex_problem
from kong2x.model.source import Path, items, mapping
from kong2x.validate.explain import Problem
from kong2x.validate.gateway import unchecked_codes as codes
from kong2x.validate.gateway.edition import each
from kong2x.validate.gateway.policies import is_address

_ROUTES = ("HTTPRoute", "GRPCRoute")
_REPLACEMENT = re.compile(r"(/[^\s?#\\\"<>{}|^`]*)?")


def check(obj: Mapping[str, Any], kind: str) -> Iterator[Problem]:
    """The gaps of one object."""
    spec = mapping(obj.get("spec"))
    if kind in _ROUTES:
        for position, host in enumerate(items(spec.get("hostnames"))):
            if is_address(host):
                yield Problem(
                    codes.IP_HOST, ("spec", "hostnames", position), f"The host {host} is an IP address."
                )
        for path, rule in each(spec.get("rules"), ("spec", "rules")):
            yield from _rule(rule, path)
    if kind == "HTTPRoute" and not items(spec.get("rules")):
        yield Problem(
            codes.NO_RULES, ("spec",), "The route has no rules; every path of its hosts then answers 500."
        )
    if kind in ("Gateway", "ListenerSet", "XListenerSet"):
        yield from _listeners(spec)


def _listeners(spec: Mapping[str, Any]) -> Iterator[Problem]:
    ports: dict[Any, set[Any]] = defaultdict(set)
    for path, listener in each(spec.get("listeners"), ("spec", "listeners")):
        ports[listener.get("port")].add(listener.get("protocol"))
        name, host = listener.get("name"), listener.get("hostname")
        if is_address(host):
            yield Problem(
                codes.IP_HOST, (*path, "hostname"), f"The host {host} of listener {name} is an IP address."
            )
        if listener.get("protocol") == "HTTPS" and "tls" not in listener:
            yield Problem(codes.NO_TLS, path, f"Listener {name} has protocol HTTPS and no tls block.")
    for path, listener in each(spec.get("listeners"), ("spec", "listeners")):
        others = ports[listener.get("port")] & {"HTTP", "HTTPS", "TLS"}
        if listener.get("protocol") == "TCP" and others:
            yield Problem(
                codes.TCP_PORT,
                (*path, "port"),
                f"Listener {listener.get('name')} takes TCP on port {listener.get('port')}, where "
                f"{' and '.join(sorted(others))} is served too.",
            )


def _rule(rule: Mapping[str, Any], path: Path) -> Iterator[Problem]:
    for here, match in each(rule.get("matches"), (*path, "matches")):
        yield from _regexes(match, here)
        if "headers" in match:
            yield from _twice([("headers", match["headers"])], here)
    for here, entry in filters_of(rule, path):
        for block in ("requestHeaderModifier", "responseHeaderModifier"):
            if block in entry:
                change = mapping(entry[block])
                parts = [(name, change.get(name)) for name in ("set", "add", "remove")]
                yield from _twice(parts, (*here, block))
        for block in ("requestRedirect", "urlRewrite"):
            if block in entry:
                modifier = mapping(mapping(entry[block]).get("path"))
                yield from _replacement(modifier, (*here, block, "path"))


def filters_of(rule: Mapping[str, Any], path: Path) -> Iterator[tuple[Path, Mapping[str, Any]]]:
    """Every filter of a rule and of its backends."""
    if "filters" in rule:
        yield from each(rule["filters"], (*path, "filters"))
    for here, ref in each(rule.get("backendRefs"), (*path, "backendRefs")):
        if "filters" in ref:
            yield from each(ref["filters"], (*here, "filters"))


def _twice(parts: list[tuple[str, Any]], path: Path) -> Iterator[Problem]:
    seen: dict[str, str] = {}
    for part, entries in parts:
        for position, entry in enumerate(items(entries)):
            name = str(entry.get("name") if isinstance(entry, Mapping) else entry)
            if name.lower() in seen:
                where = (*path, part, position)
                other = seen[name.lower()]
                words = f"twice in {part}" if other == part else f"in {other} and in {part}"
                yield Problem(codes.HEADER_TWICE, where, f"The header {name} stands {words}.")
            seen.setdefault(name.lower(), part)


def _replacement(modifier: Mapping[str, Any], path: Path) -> Iterator[Problem]:
    for field in ("replaceFullPath", "replacePrefixMatch"):
        value = modifier.get(field)
        if isinstance(value, str) and not _REPLACEMENT.fullmatch(value):
            message = f'The replacement "{value}" is no plain absolute path.'
            yield Problem(codes.REPLACEMENT, (*path, field), message)


def _regexes(match: Mapping[str, Any], path: Path) -> Iterator[Problem]:
    found: list[tuple[Path, Any]] = []
    if mapping(match.get("path")).get("type") == "RegularExpression":
        found.append(((*path, "path", "value"), match["path"].get("value", "/")))
    for name in ("headers", "queryParams"):
        if name in match:
            for here, entry in each(match[name], (*path, name)):
                if entry.get("type") == "RegularExpression":
                    found.append(((*here, "value"), entry.get("value")))
    method = match.get("method")
    if isinstance(method, Mapping) and method.get("type") == "RegularExpression":
        found.extend(((*path, "method", key), method[key]) for key in ("service", "method") if key in method)
    for here, text in found:
        yield from _regex(text, here)


def _regex(text: Any, path: Path) -> Iterator[Problem]:
    if not isinstance(text, str):
        return
    if not text:
        yield Problem(codes.REGEX, path, "The regular expression is empty.")
        return
    everywhere = [regex_problem(text, dialect) for dialect in ("pcre", "rust", "re2")]
    if all(everywhere):
        yield Problem(codes.REGEX, path, f'The expression "{text}" has {everywhere[0]}.')
    elif everywhere[2]:
        yield Problem(codes.REGEX_DIALECT, path, f'The expression "{text}" has {everywhere[2]}.')
