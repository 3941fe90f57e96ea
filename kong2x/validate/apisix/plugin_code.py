"""What plugins refuse in their own code although their schema lets it pass, a check a plugin."""

from __future__ import annotations

import base64
import binascii
import ipaddress
import re
from collections.abc import Callable, Iterator, Mapping
from typing import TYPE_CHECKING, Any

from kong2x.model.regex import regex_problem
from kong2x.model.source import Path
from kong2x.validate.apisix.expressions import Fault, expression_faults
from kong2x.validate.apisix.plugin_codes import PLUGIN_CODE
from kong2x.validate.explain import Problem

if TYPE_CHECKING:
    from kong2x.validate.apisix.plugins import PluginSchemas

Config = Mapping[str, Any]
Check = Callable[[Config], Iterator[Fault]]
_REFERENCE = ("$secret://", "$env://")
_NO_GROUP = re.compile(r"\$(?!\d|\{\d+\})\{?\w*\}?")
_MOCK_TYPES = ("application/json", "application/xml", "text/plain", "text/html", "text/xml")


def code_problems(name: str, config: Config, place: str, schemas: PluginSchemas) -> Iterator[Problem]:
    """The problems that the plugin's code finds in a body that fits the schema; paths inside the body."""
    faults = list(_meta(config))
    check = _CONSUMER.get(name) if place == "consumer" else _ROUTE.get(name)
    if check:
        faults.extend(check(config))
    for fault in faults:
        yield Problem(PLUGIN_CODE, fault.path, f"Plugin {name} refuses its configuration: {fault.message}.")
    if place != "consumer" and name in ("multi-auth", "workflow"):
        members = _multi_auth(config, schemas) if name == "multi-auth" else _workflow(config, schemas)
        yield from members


def _meta(config: Config) -> Iterator[Fault]:
    meta = config.get("_meta")
    if isinstance(meta, Mapping) and "filter" in meta:
        yield from expression_faults(meta["filter"], ("_meta", "filter"))


def _cors(config: Config) -> Iterator[Fault]:
    for key in ("allow_origins_by_regex", "timing_allow_origins_by_regex"):
        yield from _expressions(config, key)
    if config.get("allow_credential") is not True:
        return
    defaults = {"allow_origins": "*", "allow_methods": "*", "allow_headers": "*"}
    for key in ("allow_origins", "allow_methods", "allow_headers", "expose_headers", "timing_allow_origins"):
        if config.get(key, defaults.get(key)) == "*":
            how = "" if key in config else " (the default)"
            yield Fault(
                (key,), f"allow_credential is true and {key} is *{how}; ** stands for any, or list the names"
            )


def _expressions(config: Config, key: str) -> Iterator[Fault]:
    for position, text in enumerate(config.get(key) or ()):
        if isinstance(text, str) and (problem := regex_problem(text, "pcre")):
            yield Fault((key, position), f"the expression has {problem}")


def _limit_count(config: Config) -> Iterator[Fault]:
    rules = config.get("rules")
    if rules is not None:
        for key in ("count", "time_window", "group"):
            if key in config:
                yield Fault((key,), f"{key} and rules exclude each other")
        seen = set()
        for position, rule in enumerate(rules if isinstance(rules, list) else ()):
            counted = rule.get("key") if isinstance(rule, Mapping) else None
            if counted in seen:
                yield Fault(("rules", position, "key"), "two rules have the same key")
            seen.add(counted)
    interval, window = config.get("sync_interval", -1), config.get("time_window")
    if isinstance(interval, int | float) and interval != -1:
        if interval < 0.1:
            yield Fault(("sync_interval",), "sync_interval is below 0.1")
        elif isinstance(window, int) and interval >= window:
            yield Fault(("sync_interval",), "sync_interval is not below time_window")


def _addresses(*keys: str) -> Check:
    def check(config: Config) -> Iterator[Fault]:
        for key in keys:
            for position, text in enumerate(config.get(key) or ()):
                if isinstance(text, str) and not text.startswith(_REFERENCE) and not _is_address(text):
                    yield Fault((key, position), f'"{text}" is no IP address and no range')

    return check


def _is_address(text: str) -> bool:
    try:
        ipaddress.ip_network(text, strict=False)
    except ValueError:
        return False
    return True


def _agents(config: Config) -> Iterator[Fault]:
    for key in ("allowlist", "denylist", "allow_patterns", "deny_patterns", "block_rules"):
        yield from _expressions(config, key)


def _regex_uri(config: Config) -> Iterator[Fault]:
    parts = config.get("regex_uri")
    if not isinstance(parts, list):
        return
    if len(parts) % 2:
        yield Fault(("regex_uri",), "regex_uri holds pairs of expression and template, so an even number")
    for position, text in enumerate(parts):
        if position % 2 == 0 and isinstance(text, str) and (problem := regex_problem(text, "pcre")):
            yield Fault(("regex_uri", position), f"the expression has {problem}")
    yield from _templates(config)


def _templates(config: Config) -> Iterator[Fault]:
    """A dollar in a template begins a numbered group; ngx.re.sub takes nothing else behind it."""
    parts = config.get("regex_uri")
    for position, text in enumerate(parts if isinstance(parts, list) else ()):
        if position % 2 and isinstance(text, str) and (found := _NO_GROUP.search(text.replace("$$", " "))):
            yield Fault(
                ("regex_uri", position),
                f"{found[0]} in the template {text} is no group; write $1 or ${{1}} for a group and $$ for a dollar",
            )


def _redirect(config: Config) -> Iterator[Fault]:
    if config.get("http_to_https") is True and config.get("append_query_string") is True:
        yield Fault(("append_query_string",), "append_query_string does not go together with http_to_https")
    yield from _regex_uri(config)


def _response_rewrite(config: Config) -> Iterator[Fault]:
    body = config.get("body")
    if config.get("body_base64") is True:
        try:
            base64.b64decode(body if isinstance(body, str) else "", validate=True)
        except (binascii.Error, ValueError):
            yield Fault(("body",), "body_base64 is true and body is no base64")
        if not body:
            yield Fault(("body_base64",), "body_base64 is true and there is no body")
    if "vars" in config:
        yield from expression_faults(config["vars"], ("vars",))
    for position, part in enumerate(config.get("filters") or ()):
        text = part.get("regex") if isinstance(part, Mapping) else None
        if isinstance(text, str) and (problem := regex_problem(text, "pcre")):
            yield Fault(("filters", position, "regex"), f"the expression has {problem}")


def _proxy_cache(config: Config) -> Iterator[Fault]:
    for position, part in enumerate(config.get("cache_key") or ()):
        if part == "$request_method":
            yield Fault(("cache_key", position), "the request method cannot be part of the cache key")
    memory = config.get("cache_strategy", "disk") == "memory"
    zone = config.get("cache_zone", "disk_cache_one")
    if memory and zone == "disk_cache_one":
        yield Fault(("cache_zone",), "disk_cache_one is a zone on disk; memory_cache is the one in memory")
    if not memory and zone == "memory_cache":
        yield Fault(("cache_zone",), "memory_cache is a zone in memory and the strategy is disk")


def _fault_injection(config: Config) -> Iterator[Fault]:
    for part in ("abort", "delay"):
        block = config.get(part)
        alternatives = block.get("vars") if isinstance(block, Mapping) else None
        for position, conditions in enumerate(alternatives or ()):
            yield from expression_faults(conditions, (part, "vars", position))


def _traffic_split(config: Config) -> Iterator[Fault]:
    for position, rule in enumerate(config.get("rules") or ()):
        matches = rule.get("match") if isinstance(rule, Mapping) else None
        for number, match in enumerate(matches or ()):
            if isinstance(match, Mapping) and "vars" in match:
                yield from expression_faults(match["vars"], ("rules", position, "match", number, "vars"))


def _traffic_label(config: Config) -> Iterator[Fault]:
    for position, rule in enumerate(config.get("rules") or ()):
        if isinstance(rule, Mapping) and "match" in rule:
            yield from expression_faults(rule["match"], ("rules", position, "match"))


def _mocking(config: Config) -> Iterator[Fault]:
    kind = str(config.get("content_type", "application/json")).partition(";")[0].strip()
    if kind not in _MOCK_TYPES:
        yield Fault(("content_type",), f"{kind} is not one of {', '.join(_MOCK_TYPES)}")


def _openid_connect(config: Config) -> Iterator[Fault]:
    session = config.get("session")
    has_secret = isinstance(session, Mapping) and session.get("secret")
    if config.get("bearer_only") is not True and not has_secret:
        yield Fault(("session",), "session.secret is needed unless bearer_only is true")
    local = config.get("bearer_only") is True and (config.get("use_jwks") is True or config.get("public_key"))
    by_key = config.get("token_endpoint_auth_method") == "private_key_jwt"
    if not config.get("client_secret") and not local and not by_key:
        yield Fault(("client_secret",), "client_secret is needed unless tokens are checked with local keys")


def _ldap_advanced(config: Config) -> Iterator[Fault]:
    if config.get("use_ldaps") is True and config.get("use_starttls") is True:
        yield Fault(("use_starttls",), "use_ldaps and use_starttls exclude each other")
    if config.get("bind_dn") and not config.get("ldap_password"):
        yield Fault(("bind_dn",), "bind_dn needs ldap_password")


def _serverless(config: Config) -> Iterator[Fault]:
    for position, text in enumerate(config.get("functions") or ()):
        if isinstance(text, str) and "return" not in text:
            yield Fault(("functions", position), "the text does not return a function")


def _jwt_consumer(config: Config) -> Iterator[Fault]:
    algorithm = config.get("algorithm", "HS256")
    if str(algorithm).startswith("HS"):
        secret = config.get("secret")
        if not secret:
            yield Fault(("secret",), f"algorithm {algorithm} needs a secret")
        elif config.get("base64_secret") is True and not str(secret).startswith(_REFERENCE):
            try:
                base64.b64decode(str(secret), validate=True)
            except (binascii.Error, ValueError):
                yield Fault(("secret",), "base64_secret is true and the secret is no base64")
    elif not config.get("public_key"):
        yield Fault(("public_key",), f"algorithm {algorithm} needs a public_key")


def _multi_auth(config: Config, schemas: PluginSchemas) -> Iterator[Problem]:
    for position, member in enumerate(config.get("auth_plugins") or ()):
        for name, body in member.items() if isinstance(member, Mapping) else ():
            here: Path = ("auth_plugins", position, name)
            if not schemas.exists(name) or schemas.facts(name)["type"] != "auth" or name == "multi-auth":
                yield Problem(
                    PLUGIN_CODE,
                    here,
                    f"Plugin multi-auth refuses its configuration: {name} is no authentication plugin.",
                )
            else:
                for problem in schemas.check(name, body):
                    yield problem._replace(path=(*here, *problem.path))


def _workflow(config: Config, schemas: PluginSchemas) -> Iterator[Problem]:
    for position, rule in enumerate(config.get("rules") or ()):
        if not isinstance(rule, Mapping):
            continue
        if "case" in rule:
            for fault in expression_faults(rule["case"], ("rules", position, "case")):
                message = f"Plugin workflow refuses its configuration: {fault.message}."
                yield Problem(PLUGIN_CODE, fault.path, message)
        for number, action in enumerate(rule.get("actions") or ()):
            if isinstance(action, list) and action:
                yield from _action(action, ("rules", position, "actions", number), schemas)


def _action(action: list[Any], here: Path, schemas: PluginSchemas) -> Iterator[Problem]:
    name, body = action[0], action[1] if len(action) > 1 else {}
    if name == "return":
        code = body.get("code") if isinstance(body, Mapping) else None
        if isinstance(code, bool) or not isinstance(code, int) or not 100 <= code <= 599:
            yield Problem(
                PLUGIN_CODE,
                (*here, 1),
                "Plugin workflow refuses its configuration: return needs a code of 100 to 599.",
            )
    elif not (
        isinstance(name, str) and schemas.exists(name) and "workflow_handler" in schemas.facts(name)["phases"]
    ):
        yield Problem(
            PLUGIN_CODE, (*here, 0), f"Plugin workflow refuses its configuration: there is no action {name}."
        )
    else:
        for problem in schemas.check(name, body):
            yield problem._replace(path=(*here, 1, *problem.path))
        if name == "limit-count" and isinstance(body, Mapping) and "group" in body:
            message = "Plugin workflow refuses its configuration: limit-count has no group inside of it."
            yield Problem(PLUGIN_CODE, (*here, 1, "group"), message)


_ROUTE: Mapping[str, Check] = {
    "cors": _cors,
    "limit-count": _limit_count,
    "ip-restriction": _addresses("whitelist", "blacklist"),
    "real-ip": _addresses("trusted_addresses"),
    "ua-restriction": _agents,
    "ai-prompt-guard": _agents,
    "uri-blocker": _agents,
    "proxy-rewrite": _regex_uri,
    "redirect": _redirect,
    "response-rewrite": _response_rewrite,
    "proxy-cache": _proxy_cache,
    "fault-injection": _fault_injection,
    "traffic-split": _traffic_split,
    "traffic-label": _traffic_label,
    "mocking": _mocking,
    "openid-connect": _openid_connect,
    "ldap-auth-advanced": _ldap_advanced,
    "serverless-pre-function": _serverless,
    "serverless-post-function": _serverless,
}
_CONSUMER: Mapping[str, Check] = {"jwt-auth": _jwt_consumer}
