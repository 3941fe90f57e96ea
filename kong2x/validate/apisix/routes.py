"""Whether the rules of an ApisixRoute survive every layer behind the CRD, and mean what they say."""

from __future__ import annotations

import ipaddress
import re
from collections.abc import Iterator, Mapping
from typing import Any

from kong2x.model.source import Path, items, mapping
from kong2x.validate.apisix import codes, conditions, plugin_trap_codes, trap_codes
from kong2x.validate.apisix.durations import milliseconds, no_duration
from kong2x.validate.explain import Problem
from kong2x.validate.gateway.edition import each

METHODS = ("GET", "POST", "PUT", "DELETE", "PATCH", "HEAD", "OPTIONS", "CONNECT", "TRACE", "PURGE")
AUTH_TYPES = ("keyAuth", "basicAuth", "jwtAuth", "wolfRBAC", "hmacAuth", "ldapAuth")
MOST_BACKENDS = 20
_META = re.compile(r"[+?()\[\]{}|^$\\]")
_ESCAPED = re.compile(r"\\.|\[\^?\]?(?:\\.|[^\]\\])*\]")
_GROUP = re.compile(r"\((?!\?)|\(\?(?:P?<(?![=!])|')")
_NUMBERED = re.compile(r"\$\{?(\d+)")
_ENCODED = re.compile(r"%[0-9a-fA-F]{2}|//|/\.\.?(/|$)")
AUTH_PLUGINS = frozenset(
    (
        "key-auth",
        "basic-auth",
        "jwt-auth",
        "hmac-auth",
        "ldap-auth",
        "ldap-auth-advanced",
        "wolf-rbac",
        "multi-auth",
    )
)


def check(obj: Mapping[str, Any], release: tuple[int, ...]) -> Iterator[Problem]:
    """The problems of one ApisixRoute; `release` is the controller's."""
    spec = mapping(obj.get("spec"))
    names: set[Any] = set()
    for part in ("http", "stream"):
        for path, rule in each(spec.get(part), ("spec", part)):
            if rule.get("name") in names:
                message = f"Two rules have the name {rule.get('name')}."
                yield Problem(codes.RULE_TWICE, (*path, "name"), message)
            names.add(rule.get("name"))
            yield from _http(rule, path, release) if part == "http" else _stream(rule, path)
    yield from _subsets(spec)


def _http(rule: Mapping[str, Any], path: Path, release: tuple[int, ...]) -> Iterator[Problem]:
    match = mapping(rule.get("match"))
    here = (*path, "match")
    if not items(match.get("paths")):
        what = "match" if "match" not in rule else "paths"
        yield Problem(
            codes.NO_MATCH, here if "match" in rule else path, f"Rule {rule.get('name')} has no {what}."
        )
    yield from _paths(match, here)
    yield from _hosts(match, here, release)
    for position, method in enumerate(items(match.get("methods"))):
        if method not in METHODS:
            hint = f" ({method.upper()} would do)" if str(method).upper() in METHODS else ""
            message = f"The method {method} is none that APISIX knows{hint}."
            yield Problem(codes.METHOD, (*here, "methods", position), message)
    for position, address in enumerate(items(match.get("remoteAddrs"))):
        if not _is_network(address):
            message = f"{address} is no IP address and no range."
            yield Problem(codes.REMOTE_ADDRESS, (*here, "remoteAddrs", position), message)
    function = match.get("filter_func")
    if isinstance(function, str) and not (function.startswith("function") and len(function) >= 10):
        yield Problem(codes.FILTER_FUNC, (*here, "filter_func"), "The match function is no Lua function.")
    yield from conditions.check(match.get("exprs"), (*here, "exprs"), subject_rule=release >= (2, 1))
    yield from _timeouts(mapping(rule.get("timeout")), (*path, "timeout"))
    yield from _backends(rule, path)
    yield from _plugins(rule, path)


def _paths(match: Mapping[str, Any], path: Path) -> Iterator[Problem]:
    seen: set[Any] = set()
    for position, text in enumerate(items(match.get("paths"))):
        here = (*path, "paths", position)
        if text in seen:
            yield Problem(codes.PATH_TWICE, here, f"The path {text} is there twice.")
        seen.add(text)
        if not isinstance(text, str):
            continue
        before, star, after = text.partition("*")
        if star and after:
            yield Problem(trap_codes.PATH_STAR, here, f"The path {text} goes on after a star.")
        elif text.endswith("/*") and _META.search(before):
            char = _META.search(before)
            assert char is not None
            message = f"The path {text} holds {char[0]} before /* and never matches."
            yield Problem(trap_codes.PATH_META, here, message)
        if found := _ENCODED.search(text):
            message = f"The path {text} holds {found[0]}; APISIX compares with the decoded, normalised path."
            yield Problem(trap_codes.PATH_ENCODED, here, message)
        if re.search(r"/:\w+", text):
            yield Problem(
                trap_codes.PATH_PARAMETER, here, f"The path {text} holds a colon segment, taken as text."
            )


def _hosts(match: Mapping[str, Any], path: Path, release: tuple[int, ...]) -> Iterator[Problem]:
    for position, host in enumerate(items(match.get("hosts"))):
        here = (*path, "hosts", position)
        text = str(host)
        if not re.fullmatch(r"\*|\*?[0-9a-zA-Z\-._\[\]:]+", text.strip()):
            yield Problem(codes.HOST, here, f"The host {text} is refused by APISIX.")
        elif re.search(r":\d+$", text) and text.count(":") == 1:
            yield Problem(trap_codes.HOST_NEVER, here, f"The host {text} has a port and never matches.")
        elif text != text.lower() and release < (2, 2):
            message = f"The host {text} has capitals, which the controller keeps before 2.2."
            yield Problem(trap_codes.HOST_NEVER, here, message)


def _is_network(text: Any) -> bool:
    try:
        ipaddress.ip_network(str(text), strict=False)
    except ValueError:
        return False
    return isinstance(text, str)


def _timeouts(timeout: Mapping[str, Any], path: Path) -> Iterator[Problem]:
    for name in ("connect", "read", "send"):
        length = milliseconds(timeout.get(name))
        if length is None and name in timeout:
            yield no_duration(timeout[name], (*path, name))
        elif length is not None and length < 1000:
            yield Problem(
                trap_codes.ROUTE_TIMEOUT,
                (*path, name),
                f"The timeout {timeout[name]} counts as 0 seconds and becomes 60.",
            )


def _backends(rule: Mapping[str, Any], path: Path) -> Iterator[Problem]:
    names: set[Any] = set()
    count = 0
    for part, key in (("backends", "serviceName"), ("upstreams", "name")):
        for here, entry in each(rule.get(part), (*path, part)):
            count += 1
            weight = entry.get("weight")
            if isinstance(weight, int) and weight < 0:
                yield Problem(codes.WEIGHT, (*here, "weight"), f"The weight is {weight}; expected 0 or more.")
            if part == "backends" and entry.get(key) in names:
                message = f"Service {entry.get(key)} stands twice in rule {rule.get('name')}."
                yield Problem(codes.BACKEND_TWICE, (*here, key), message)
            if part == "backends":
                names.add(entry.get(key))
    if count > MOST_BACKENDS:
        message = f"The rule has {count} backends and upstreams; expected at most {MOST_BACKENDS}."
        yield Problem(codes.SPLIT_SIZE, path, message)
    split = [
        p for _, p in each(rule.get("plugins")) if p.get("name") == "traffic-split" and p.get("enable", True)
    ]
    if count > 1 and split:
        message = "The rule has several weighted backends and a traffic-split plugin, which replaces them."
        yield Problem(trap_codes.SPLIT_WEIGHTS, (*path, "plugins"), message)


def _subsets(spec: Mapping[str, Any]) -> Iterator[Problem]:
    seen: dict[Any, Any] = {}
    for path, rule in each(spec.get("http"), ("spec", "http")):
        for here, entry in each(rule.get("backends"), (*path, "backends")):
            name, subset = entry.get("serviceName"), entry.get("subset")
            if subset and seen.setdefault(name, subset) != subset:
                message = f"Service {name} is used with subsets {seen[name]} and {subset}."
                yield Problem(trap_codes.SUBSET_CLASH, (*here, "subset"), message)


def _plugins(rule: Mapping[str, Any], path: Path) -> Iterator[Problem]:
    auth = mapping(rule.get("authentication"))
    kind = auth.get("type")
    if auth.get("enable") is True and kind not in AUTH_TYPES:
        message = f"The authentication type {kind} is unknown and becomes basic authentication."
        yield Problem(plugin_trap_codes.AUTH_TYPE, (*path, "authentication", "type"), message)
    yield from _loops(rule, path)
    checks = {"authentication"} if auth.get("enable") is True else set()
    for here, entry in each(rule.get("plugins"), (*path, "plugins")):
        if entry.get("enable", True) is False:
            continue
        if entry.get("name") in AUTH_PLUGINS:
            checks.add(str(entry["name"]))
            if len(checks) == 2:
                message = f"{' and '.join(sorted(checks))} stand on one rule and must both succeed."
                yield Problem(plugin_trap_codes.AUTH_BOTH, here, message)


def _loops(rule: Mapping[str, Any], path: Path) -> Iterator[Problem]:
    """Redirects to https that https requests get too."""
    for _, expr in each(mapping(rule.get("match")).get("exprs")):
        if re.fullmatch(r"scheme|(http_)?x[-_]forwarded[-_]proto", str(_name_of(expr)).lower()):
            return
    for here, entry in each(rule.get("plugins"), (*path, "plugins")):
        config = mapping(entry.get("config"))
        target, meta = config.get("uri"), mapping(config.get("_meta"))
        if entry.get("name") != "redirect" or entry.get("enable", True) is False or "filter" in meta:
            continue
        if re.match(r"https://\$\{?(host|http_host)\b", str(target)):
            message = f"The redirect to {target} also answers requests that come over https."
            yield Problem(plugin_trap_codes.REDIRECT_LOOP, (*here, "config", "uri"), message)


def _name_of(expr: Mapping[str, Any]) -> Any:
    return mapping(expr.get("subject")).get("name")


def rewrite(config: Mapping[str, Any], path: Path) -> Iterator[Problem]:
    """What a proxy-rewrite body says and does not do."""
    target = config.get("uri")
    if isinstance(target, str) and re.search(r"\$\{?\d", target):
        message = f"The target path {target} refers to a group, and uri knows none."
        yield Problem(plugin_trap_codes.TEMPLATE, (*path, "uri"), message)
    for position, text in enumerate(items(config.get("regex_uri"))):
        if position % 2 == 0 and isinstance(text, str) and not conditions.anchored(text):
            message = (
                f'The expression "{text}" is not anchored, so a middle part of the path may be replaced.'
            )
            yield Problem(plugin_trap_codes.REWRITE_ANCHOR, (*path, "regex_uri", position), message)
    yield from _missing_groups(items(config.get("regex_uri")), path)


def _missing_groups(pairs: list[Any], path: Path) -> Iterator[Problem]:
    """Templates that refer to a group which their expression does not have: it stands for nothing."""
    for position in range(0, len(pairs) - 1, 2):
        pattern, template = pairs[position], pairs[position + 1]
        if not isinstance(pattern, str) or not isinstance(template, str):
            continue
        groups = len(_GROUP.findall(_ESCAPED.sub("", pattern)))
        for number in _NUMBERED.findall(template.replace("$$", " ")):
            if int(number) > groups:
                message = f'The target {template} refers to group {number}, and "{pattern}" has {groups}.'
                yield Problem(plugin_trap_codes.TEMPLATE, (*path, "regex_uri", position + 1), message)
                break


def _stream(rule: Mapping[str, Any], path: Path) -> Iterator[Problem]:
    if mapping(rule.get("match")).get("ingressPort") == 0:
        message = f"Stream rule {rule.get('name')} has port 0 and takes connections of every port."
        yield Problem(plugin_trap_codes.PORT_ANY, (*path, "match", "ingressPort"), message)
