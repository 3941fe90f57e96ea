"""Who the caller is: several ways to log in, the anonymous consumer, and headers that a caller must not send."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from typing import Any

from kong2x.emit.apisix import codes
from kong2x.emit.apisix.desk import Desk
from kong2x.emit.apisix.merging import Config
from kong2x.emit.apisix.naming import consumer_named
from kong2x.model.apisix_logins import (
    CALLER_HEADERS,
    CONSUMER_HEADERS,
    GROUPS_HEADER,
    LOGIN_ORDER,
    LOGINS,
    UNAUTHORIZED,
    any_of,
    in_kongs_order,
)
from kong2x.model.plugin import MappedPlugin
from kong2x.model.route import Feature, Route, RouteModel

PLUGINS_OF_CONSUMERS = (2, 1)
"""The first controller release whose consumers have plugins of their own."""
KNOWS_CALLER = (*LOGINS, "multi-auth", "openid-connect")


def logins(
    plugins: dict[str, Config], mapped: Sequence[MappedPlugin], route: Route, desk: Desk
) -> dict[str, Config]:
    """The plugins with several ways to log in as Kong means them.

    Without an anonymous consumer all must succeed, which APISIX does too. With one on each, the first
    success counts: that is `multi-auth`, in Kong's order (plugin-mapping.md 2.6). Where only some have
    one, the others decide, and those that would let a stranger in are dropped.
    """
    ways: dict[str, bool] = {}
    for item in mapped:
        for name in item.fragments:
            if name in LOGIN_ORDER and name in plugins:
                ways[name] = bool(item.use.config.get("anonymous"))
    guests = [name for name, open_ended in ways.items() if open_ended]
    if len(ways) < 2:
        return plugins
    if len(guests) < len(ways):
        last = max(at for at, name in enumerate(ways) if name not in guests)
        kept = [
            name
            for at, name in enumerate(ways)
            if name not in guests or (at < last and _hides(plugins[name]))
        ]
        return in_kongs_order({k: v for k, v in plugins.items() if k not in ways or k in kept}, kept)
    return _any_of(plugins, list(ways), _blocking(mapped, desk.model), route, desk)


def _hides(config: Config) -> bool:
    """Whether a login for guests keeps its credential from the service without refusing anybody."""
    return bool(config.get("hide_credentials") and config.get("anonymous_consumer"))


def _any_of(
    plugins: dict[str, Config],
    ways: Sequence[str],
    blocked: tuple[int, str] | None,
    route: Route,
    desk: Desk,
) -> dict[str, Config]:
    refusal = None
    if blocked and (blocked[0] == UNAUTHORIZED or not _refused_as_guest(plugins, desk)):
        refusal = blocked[1]
        _tell_status(blocked[0], route, desk)
    out = {name: config for name, config in plugins.items() if name not in ways}
    return {"multi-auth": any_of(plugins, ways, refusal), **out}


def _refused_as_guest(plugins: Mapping[str, Config], desk: Desk) -> bool:
    """Whether the guest's own fixed answer acts: consumers have plugins, and the route has none of that name."""
    return desk.choices.controller >= PLUGINS_OF_CONSUMERS and "fault-injection" not in plugins


def _tell_status(status: int, route: Route, desk: Desk) -> None:
    if status != UNAUTHORIZED:
        desk.say(
            codes.GUEST_STATUS,
            f"Callers without credentials get {UNAUTHORIZED} from APISIX and {status} from Kong, which lets them in as "
            "a guest and then answers itself.",
            about=route,
            feature=Feature.PLUGINS,
        )


def _blocking(mapped: Sequence[MappedPlugin], model: RouteModel) -> tuple[int, str] | None:
    """What Kong answers a guest whose consumer is closed by request-termination; None when guests may pass."""
    for item in mapped:
        anonymous = item.use.config.get("anonymous")
        consumer = consumer_named(model, str(anonymous)) if anonymous else None
        for use in consumer.plugins if consumer else ():
            config = use.config if isinstance(use.config, Mapping) else {}
            if use.plugin == "request-termination" and not config.get("trigger"):
                return int(config.get("status_code") or 503), str(config.get("message") or "")
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
    ways = [(name, config) for name, config in plugins.items() if name in LOGINS]
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
