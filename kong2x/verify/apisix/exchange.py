"""A whole exchange with APISIX: checks of who may call, and headers in both directions.

The router model tells which route answers and what it does before any check refuses the caller; this
goes on where a prediction has to be compared with what a real gateway sent (apisix-target.md 6).
"""

from __future__ import annotations

import base64
import binascii
import hashlib
from collections.abc import Callable, Iterator, Mapping, Sequence
from dataclasses import dataclass, field
from typing import Any

from kong2x.model.source import items, mapping, text
from kong2x.model.traffic import Answer
from kong2x.verify.apisix.entries import Entry
from kong2x.verify.apisix.expressions import address_in
from kong2x.verify.apisix.outcome import acts, filled, own_answer
from kong2x.verify.apisix.variables import Variables

Headers = list[tuple[str, str]]
Plugins = Mapping[str, Mapping[str, Any]]

REWRITE = (
    ("fault-injection", 11000),
    ("cors", 4000),
    ("basic-auth", 2520),
    ("key-auth", 2500),
    ("redirect", 900),
)
"""Plugins that can answer in the rewrite phase, which is over before any plugin's access phase begins."""
ACCESS = (("mocking", 10900), ("ip-restriction", 3000), ("consumer-restriction", 2400), ("workflow", 1006))


@dataclass(slots=True)
class Caller:
    """A consumer of APISIX: its name, its credentials as (name, plugin, settings), its own plugins."""

    username: str
    credentials: Sequence[tuple[str, str, Mapping[str, Any]]] = ()
    plugins: Plugins = field(default_factory=dict)


@dataclass(slots=True)
class Exchange:
    """What a client gets and what the backend gets.

    `status` is the gateway's own, None when the backend answers; `sent` are the headers that reach the
    backend, and `received` applies to the backend's headers what the gateway changes in them.
    """

    status: int | None
    answer: Answer
    sent: Headers = field(default_factory=list)
    received: Callable[[Headers], Headers] = lambda headers: headers


def exchange(
    entry: Entry | None,
    answer: Answer,
    variables: Variables,
    callers: Sequence[Caller] = (),
    everywhere: Plugins | None = None,
) -> Exchange:
    """The exchange behind an answer of the router model; `everywhere` are the plugins of global rules."""
    shared = everywhere or {}
    plugins: dict[str, Mapping[str, Any]] = dict(entry.plugins) if entry else {}
    status, headers, caller, key = refusal(shared, variables, callers)
    if status is None and entry is not None:
        status, headers, caller, key = refusal(plugins, variables, callers)
    if status is None and answer.status is not None:
        status, headers = answer.status, [("location", answer.location)] if answer.location else []
    own = dict(caller.plugins) if caller else {}
    merged = {**plugins, **own}
    sent = [] if status is not None else request_headers(merged, variables, caller, key)

    def received(backend: Headers) -> Headers:
        found = [*backend, *headers]
        for layer in (shared, merged):
            found = response_headers(layer, variables, found)
        return found

    return Exchange(status, answer, sent, received)


Refusal = tuple[int | None, Headers, Caller | None, str]


def refusal(plugins: Plugins, variables: Variables, callers: Sequence[Caller]) -> Refusal:
    """The first plugin that answers by itself: status, headers; else the caller that was found."""
    caller: Caller | None = None
    credential = ""
    for name in (*ordered(plugins, REWRITE), *ordered(plugins, ACCESS)):
        config = plugins[name]
        if not acts(config, variables):
            continue
        if name in ("key-auth", "basic-auth"):
            caller, credential = login(name, config, variables, callers)
            if caller is None:
                return 401, [("www-authenticate", challenge(name, config))], None, ""
            continue
        status, headers = refuses(name, config, variables, caller)
        if status is not None:
            return status, headers, caller, credential
    return None, [], caller, credential


def ordered(plugins: Plugins, ranks: Sequence[tuple[str, int]]) -> Iterator[str]:
    """The plugins of one phase that are there, in the order in which they run."""
    found = [
        (-int(mapping(plugins[name].get("_meta")).get("priority", rank)), name)
        for name, rank in ranks
        if name in plugins
    ]
    yield from (name for _, name in sorted(found))


def refuses(
    name: str, config: Mapping[str, Any], variables: Variables, caller: Caller | None
) -> tuple[int | None, Headers]:
    """Status and headers of a plugin that answers; None when it lets the request go on."""
    if name == "cors":
        return (200 if variables.request.method == "OPTIONS" else None), []
    if name == "ip-restriction":
        address = variables.request.remote_address
        listed = address_in(address, tuple(items(config.get("blacklist"))))
        missing = bool(config.get("whitelist")) and not address_in(address, tuple(items(config["whitelist"])))
        return (int(config.get("response_code", 403)) if listed or missing else None), []
    if name == "consumer-restriction":
        return restricted(config, caller), []
    own = own_answer(name, config, variables)
    if own is None:
        return None, []
    return own[0], [("location", own[1])] if own[1] else []


def restricted(config: Mapping[str, Any], caller: Caller | None) -> int | None:
    """The status for a consumer that may not call; 401 when nobody has logged in."""
    if caller is None:
        return 401
    code = int(config.get("rejected_code", 403))
    if caller.username in items(config.get("blacklist")):
        return code
    return code if config.get("whitelist") and caller.username not in items(config["whitelist"]) else None


def login(
    name: str, config: Mapping[str, Any], variables: Variables, callers: Sequence[Caller]
) -> tuple[Caller | None, str]:
    """The consumer whose credential the request shows, with the credential's name."""
    shown = key_shown(config, variables) if name == "key-auth" else login_shown(variables)
    for caller in callers if shown is not None else ():
        for credential, kind, settings in caller.credentials:
            wanted = (
                settings.get("key")
                if kind == "key-auth"
                else f"{settings.get('username')}:{settings.get('password')}"
            )
            if kind == name and wanted == shown:
                return caller, credential
    return None, ""


def key_shown(config: Mapping[str, Any], variables: Variables) -> str | None:
    """The key of a request: the header before the query."""
    found = variables.get(f"http_{text(config.get('header')) or 'apikey'}")
    if found is None:
        found = variables.get(f"arg_{text(config.get('query')) or 'apikey'}")
    return found if isinstance(found, str) else None


def login_shown(variables: Variables) -> str | None:
    """Name and password of a request, joined by a colon."""
    found = variables.get("http_authorization")
    scheme, _, value = found.partition(" ") if isinstance(found, str) else ("", "", "")
    if scheme.lower() != "basic":
        return None
    try:
        return base64.b64decode(value, validate=True).decode("utf-8", "replace")
    except (binascii.Error, ValueError):
        return None


def challenge(name: str, config: Mapping[str, Any]) -> str:
    """The WWW-Authenticate value of a refusal."""
    if name == "basic-auth":
        return f'Basic realm="{text(config.get("realm")) or "basic"}"'
    return f'{text(config.get("header")) or "apikey"} realm="{text(config.get("realm")) or "key"}"'


def request_headers(plugins: Plugins, variables: Variables, caller: Caller | None, key: str) -> Headers:
    """The headers that the backend gets, Host apart."""
    found = [(name.lower(), value) for name, value in variables.request.headers if name.lower() != "host"]
    if caller is not None:
        identity = {
            "x-consumer-username": caller.username,
            "x-credential-identifier": hashlib.sha1(
                f"{caller.username}.{key}".encode(), usedforsecurity=False
            ).hexdigest(),
        }
        gone = {*identity, *hidden(plugins)}
        found = [*(pair for pair in found if pair[0] not in gone), *identity.items()]
    rewrite = plugins.get("proxy-rewrite")
    if rewrite is None or not acts(rewrite, variables):
        return found
    changes = mapping(rewrite.get("headers"))
    added = [(name, str(value)) for name, value in mapping(changes.get("add")).items()]
    return changed(found, added, changes, variables, skip=("host",))


def hidden(plugins: Plugins) -> Iterator[str]:
    """The headers with credentials that logins take away, in lower case."""
    if plugins.get("key-auth", {}).get("hide_credentials"):
        yield (text(plugins["key-auth"].get("header")) or "apikey").lower()
    if plugins.get("basic-auth", {}).get("hide_credentials"):
        yield "authorization"


def response_headers(plugins: Plugins, variables: Variables, headers: Headers) -> Headers:
    """The headers that the client gets, after cors and response-rewrite."""
    found = [(name.lower(), value) for name, value in headers]
    cors = plugins.get("cors")
    if cors is not None and acts(cors, variables):
        found = [*found, *cors_headers(cors, variables)]
    rewrite = plugins.get("response-rewrite")
    if rewrite is None or not acts(rewrite, variables):
        return found
    changes = mapping(rewrite.get("headers"))
    lines = (str(line).partition(":") for line in items(changes.get("add")))
    return changed(found, [(name, value.strip()) for name, _, value in lines], changes, variables)


def changed(
    headers: Headers,
    added: Headers,
    changes: Mapping[str, Any],
    variables: Variables,
    skip: Sequence[str] = (),
) -> Headers:
    """Headers after additions, replacements and removals, in this order; values may name variables."""
    found = [*headers, *((name.lower(), filled(value, variables)) for name, value in added)]
    for name, value in mapping(changes.get("set")).items():
        if name.lower() not in skip:
            found = [pair for pair in found if pair[0] != name.lower()]
            found.append((name.lower(), filled(str(value), variables)))
    gone = {str(name).lower() for name in items(changes.get("remove"))}
    return [pair for pair in found if pair[0] not in gone]


def cors_headers(config: Mapping[str, Any], variables: Variables) -> Headers:
    """What the cors plugin adds to any answer of its route."""
    origin, wanted = variables.get("http_origin"), text(config.get("allow_origins")) or "*"
    found: Headers = [] if wanted == "*" else [("vary", "Origin")]
    if wanted == "**":
        wanted = str(origin or "*")
    if wanted != "*" and origin not in wanted.split(","):
        return found
    found += [
        ("access-control-allow-origin", wanted if wanted == "*" else str(origin)),
        ("access-control-allow-methods", text(config.get("allow_methods")) or "*"),
        ("access-control-allow-headers", text(config.get("allow_headers")) or "*"),
        ("access-control-max-age", str(config.get("max_age", 5))),
    ]
    if config.get("expose_headers"):
        found.append(("access-control-expose-headers", text(config.get("expose_headers"))))
    if config.get("allow_credential"):
        found.append(("access-control-allow-credentials", "true"))
    return found
