"""Who the caller is: several ways to log in, the anonymous consumer, and headers that a caller must not send."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from typing import Any

from kong2x.emit.apisix.merging import Config
from kong2x.emit.apisix.naming import consumer_named
from kong2x.model.plugin import MappedPlugin
from kong2x.model.route import RouteModel

AUTHENTICATION = (
    "ldap-auth-advanced",
    "ldap-auth",
    "hmac-auth",
    "basic-auth",
    "jwt-auth",
    "jwe-decrypt",
    "key-auth",
)
"""The APISIX plugins that find a consumer, in the order in which APISIX runs them."""
KNOWS_CALLER = (*AUTHENTICATION, "multi-auth", "openid-connect")
CALLER_HEADERS = ("X-Consumer-ID", "X-Anonymous-Consumer")
"""Kong overwrites or clears these on a route with authentication, APISIX passes a caller's own on."""
CONSUMER_HEADERS = ("X-Consumer-Username", "X-Consumer-Custom-ID", "X-Credential-Identifier")
"""What APISIX overwrites or clears when it finds a consumer."""
GROUPS_HEADER = "X-Consumer-Groups"
"""What Kong's acl overwrites."""


def logins(
    plugins: dict[str, Config], mapped: Sequence[MappedPlugin], model: RouteModel
) -> dict[str, Config]:
    """The plugins with several ways to log in as Kong means them.

    Without an anonymous consumer all must succeed, which APISIX does too. With one on each, the first
    success counts: that is `multi-auth`, in Kong's order (plugin-mapping.md 2.6). Where only some have
    one, the others decide, and those that would let a stranger in are dropped.
    """
    ways: dict[str, bool] = {}
    for item in mapped:
        for name in item.fragments:
            if name in (*AUTHENTICATION, "multi-auth") and name in plugins:
                ways[name] = bool(item.use.config.get("anonymous"))
    guests = [name for name, open_ended in ways.items() if open_ended]
    if len(ways) < 2 or not guests:
        return plugins
    if len(guests) < len(ways):
        return {name: config for name, config in plugins.items() if name not in guests}
    return _any_of(plugins, list(ways), mapped, model)


def _any_of(
    plugins: dict[str, Config], ways: Sequence[str], mapped: Sequence[MappedPlugin], model: RouteModel
) -> dict[str, Config]:
    blocked = _blocking_message(mapped, model)
    members: list[dict[str, Config]] = []
    guest, knows_guests = None, 0
    for name in ways:
        inner = plugins[name].get("auth_plugins") if name == "multi-auth" else [{name: plugins[name]}]
        for member in inner or ():
            for way, config in member.items():
                if config.get("anonymous_consumer"):
                    guest, knows_guests = config["anonymous_consumer"], len(members)
                bare = {k: v for k, v in config.items() if k not in ("anonymous_consumer", "_meta")}
                members.append({way: bare})
    if guest and blocked is None:
        # Who lets guests in must come last; a release may know guests for one of the plugins only.
        way, config = members.pop(knows_guests).popitem()
        members.append({way: {**config, "anonymous_consumer": guest}})
    multi: Config = {"auth_plugins": members}
    metas = [plugins[name].get("_meta") for name in ways]
    if metas[0] and all(meta == metas[0] for meta in metas):
        multi["_meta"] = dict(metas[0])
    if blocked:
        multi["_meta"] = {**multi.get("_meta", {}), "error_response": {"message": blocked}}
    out = {name: config for name, config in plugins.items() if name not in ways}
    return {"multi-auth": multi, **out}


def _blocking_message(mapped: Sequence[MappedPlugin], model: RouteModel) -> str | None:
    """What Kong tells a guest whose consumer is closed by request-termination; None when guests may pass."""
    for item in mapped:
        anonymous = item.use.config.get("anonymous")
        consumer = consumer_named(model, str(anonymous)) if anonymous else None
        for use in consumer.plugins if consumer else ():
            config = use.config if isinstance(use.config, Mapping) else {}
            if use.plugin == "request-termination" and not config.get("trigger"):
                return str(config.get("message") or "")
    return None


def without_callers_headers(plugins: Mapping[str, Config], mapped: Sequence[MappedPlugin]) -> Config:
    """The removal of a caller's own identity headers, empty on routes without authentication.

    APISIX overwrites the rest of them when it finds a consumer, which some logins never do.
    """
    if not any(name in KNOWS_CALLER for name in plugins):
        return {}
    names = [*CALLER_HEADERS, *(() if finds_consumer(plugins) else CONSUMER_HEADERS)]
    if any(item.use.plugin == "acl" for item in mapped):
        names.append(GROUPS_HEADER)
    return {"headers": {"remove": names}}


def finds_consumer(plugins: Mapping[str, Config]) -> bool:
    """Whether every caller who passes the logins of a route is a consumer of APISIX."""
    ways = [(name, config) for name, config in plugins.items() if name in AUTHENTICATION]
    alternatives = list(plugins.get("multi-auth", {}).get("auth_plugins", ()))
    if not all(_without_consumer(name, config) for name, config in ways):
        return True
    return bool(alternatives) and not any(
        _without_consumer(name, config) for member in alternatives for name, config in member.items()
    )


def _without_consumer(name: str, config: Mapping[str, Any]) -> bool:
    """Whether the login knows a user of a directory, who is no consumer."""
    return name == "ldap-auth-advanced" and config.get("consumer_required") is False


def removes_only_identity(config: Config) -> bool:
    """Whether a proxy-rewrite does nothing but take a caller's own identity headers away."""
    headers = config.get("headers") or {}
    known = {name.lower() for name in (*CALLER_HEADERS, *CONSUMER_HEADERS, GROUPS_HEADER)}
    only = set(config) == {"headers"} and set(headers) == {"remove"}
    return only and all(str(name).lower() in known for name in headers["remove"])
