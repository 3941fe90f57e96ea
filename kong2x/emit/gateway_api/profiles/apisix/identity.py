"""How several ways to log in on one rule are said to APISIX, and what becomes of guests there."""

from __future__ import annotations

from collections.abc import Sequence
from copy import deepcopy
from typing import Any

from kong2x.model.apisix_logins import (
    CALLER_HEADERS,
    CONSUMER_HEADERS,
    GROUPS_HEADER,
    LOGINS,
    UNAUTHORIZED,
    Plugins,
    any_of,
    in_kongs_order,
)
from kong2x.model.plugin import MappedPlugin
from kong2x.model.route import RouteModel

_REWRITERS = ("request-transformer", "request-transformer-advanced")


def caller_headers(mapped: Sequence[MappedPlugin]) -> list[str]:
    """The headers that a route with authentication takes away from its callers."""
    return [*CALLER_HEADERS, *([GROUPS_HEADER] if any(item.use.plugin == "acl" for item in mapped) else [])]


def consumers_remove(model: RouteModel) -> list[str]:
    """What each consumer takes away in place of the routes, empty where no consumer rewrites requests.

    A consumer's own proxy-rewrite acts only on routes that have none (plugin-mapping 2.5).
    """
    if not any(use.plugin in _REWRITERS for consumer in model.consumers for use in consumer.plugins):
        return []
    acl = any(use.plugin == "acl" for route in model.routes for use in route.plugins)
    return [*CALLER_HEADERS, *([GROUPS_HEADER] if acl else [])]


def left_to_consumers(rewrite: dict[str, Any], plugins: Plugins, model: RouteModel) -> bool:
    """Whether a rule's proxy-rewrite only takes identity headers away, which each of its callers does then."""
    headers = rewrite.get("headers") or {}
    known = {name.lower() for name in (*CALLER_HEADERS, GROUPS_HEADER, *CONSUMER_HEADERS)}
    only = set(rewrite) == {"headers"} and set(headers) == {"remove"}
    if not only or not {name.lower() for name in headers["remove"]} <= known:
        return False
    ways = [(name, body) for name, body in plugins.items() if name in LOGINS]
    ways += [
        way for member in plugins.get("multi-auth", {}).get("auth_plugins", ()) for way in member.items()
    ]
    everybody = bool(ways) and all(body.get("consumer_required") is not False for _, body in ways)
    return everybody and bool(consumers_remove(model))


def logins(plugins: Plugins, mapped: Sequence[MappedPlugin], model: RouteModel) -> Plugins:
    """Several ways to log in as Kong means them (plugin-mapping 2.6); `mapped` is in Kong's order.

    Without an anonymous consumer all must succeed, in APISIX too. With one on each, the first success
    counts (`multi-auth`). Where only some have one, the others decide.
    """
    guest = {
        name: bool(m.use.config.get("anonymous"))
        for m in mapped
        for name in m.fragments
        if name in (*LOGINS, "multi-auth") and name in plugins
    }
    if len(guest) < 2:
        return plugins
    if not all(guest.values()):
        kept = [name for name in guest if not guest[name]]
        return in_kongs_order({k: v for k, v in plugins.items() if not guest.get(k)}, kept)
    refusal = _refusal(mapped, model)
    if refusal and refusal[0] != UNAUTHORIZED and "fault-injection" not in plugins:
        refusal = None  # the guest's own fixed answer has Kong's status
    body = deepcopy(any_of(plugins, list(guest), refusal[1] if refusal else None))
    return {"multi-auth": body, **{name: other for name, other in plugins.items() if name not in guest}}


def _refusal(mapped: Sequence[MappedPlugin], model: RouteModel) -> tuple[int, str] | None:
    """What Kong gives a guest whose consumer request-termination closes, status and text; None when guests may pass."""
    for item in mapped:
        wanted = item.use.config.get("anonymous")
        for consumer in model.consumers if wanted else ():
            if wanted not in (consumer.username, consumer.id):
                continue
            for use in consumer.plugins:
                if use.plugin == "request-termination" and not use.config.get("trigger"):
                    return int(use.config.get("status_code") or 503), str(use.config.get("message") or "")
    return None
