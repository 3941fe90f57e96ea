"""How APISIX logs callers in, as far as ApisixRoutes and the Gateway API on APISIX must agree on it."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from typing import Any

Plugins = dict[str, dict[str, Any]]

LOGINS = {
    "ldap-auth-advanced": 2541,
    "ldap-auth": 2540,
    "hmac-auth": 2530,
    "basic-auth": 2520,
    "jwt-auth": 2510,
    "jwe-decrypt": 2509,
    "key-auth": 2500,
}
"""The APISIX plugins that find a consumer, with the priorities by which APISIX runs them."""
LOGIN_ORDER = {"multi-auth": 2600, **LOGINS}
UNAUTHORIZED = 401
CALLER_HEADERS = ("X-Consumer-ID", "X-Anonymous-Consumer")
"""Kong overwrites or clears these on a route with authentication, APISIX passes a caller's own on."""
CONSUMER_HEADERS = ("X-Consumer-Username", "X-Consumer-Custom-ID", "X-Credential-Identifier")
"""What APISIX overwrites or clears when it finds a consumer."""
GROUPS_HEADER = "X-Consumer-Groups"
"""What Kong's acl overwrites."""


def in_kongs_order(plugins: Plugins, ways: Sequence[str]) -> Plugins:
    """The consumer of the login that runs last stays, so that one has to be Kong's.

    >>> in_kongs_order({"key-auth": {}, "basic-auth": {}}, ["key-auth", "basic-auth"])["basic-auth"]
    {'_meta': {'priority': 2499}}
    """
    out, ceiling = dict(plugins), max(LOGIN_ORDER.values()) + 1
    for name in ways:
        if LOGIN_ORDER[name] >= ceiling:
            out[name] = {**out[name], "_meta": {**out[name].get("_meta", {}), "priority": ceiling - 1}}
        ceiling = min(LOGIN_ORDER[name], ceiling - 1)
    return out


def any_of(
    plugins: Mapping[str, Mapping[str, Any]], ways: Sequence[str], refusal: str | None
) -> dict[str, Any]:
    """`multi-auth` with these logins, of which the first success counts; `refusal` is the text for guests.

    Without one the guest that a login names stays. Conditions that all logins share become its own.
    """
    members: list[dict[str, dict[str, Any]]] = []
    guest, knows_guests = None, 0
    for name in ways:
        inner = plugins[name].get("auth_plugins") if name == "multi-auth" else [{name: plugins[name]}]
        for member in inner or ():
            for way, config in member.items():
                if config.get("anonymous_consumer"):
                    guest, knows_guests = config["anonymous_consumer"], len(members)
                bare = {k: v for k, v in config.items() if k not in ("anonymous_consumer", "_meta")}
                members.append({way: bare})
    if guest and refusal is None:
        # Who lets guests in must come last; a release may know guests for one of the plugins only.
        way, config = members.pop(knows_guests).popitem()
        members.append({way: {**config, "anonymous_consumer": guest}})
    metas = [plugins[name].get("_meta") for name in ways]
    meta = dict(metas[0]) if metas[0] and all(one == metas[0] for one in metas) else {}
    if refusal is not None:
        meta["error_response"] = {"message": refusal}
    return {"auth_plugins": members, **({"_meta": meta} if meta else {})}
