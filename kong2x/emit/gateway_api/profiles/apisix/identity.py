"""How several ways to log in on one rule are said to APISIX, and what becomes of guests there."""

from __future__ import annotations

from collections.abc import Sequence
from copy import deepcopy
from typing import Any

from kong2x.model.plugin import MappedPlugin
from kong2x.model.route import RouteModel

LOGINS = ("ldap-auth-advanced", "ldap-auth", "hmac-auth", "basic-auth", "jwt-auth", "jwe-decrypt", "key-auth")
"""The plugins that find a consumer, in the order in which APISIX runs them."""
_Plugins = dict[str, dict[str, Any]]


def logins(plugins: _Plugins, mapped: Sequence[MappedPlugin], model: RouteModel) -> _Plugins:
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
    if len(guest) < 2 or not any(guest.values()):
        return plugins
    if not all(guest.values()):
        return {name: body for name, body in plugins.items() if not guest.get(name)}
    refusal = _refusal(mapped, model)
    members: list[dict[str, Any]] = []
    anonymous, knows_guests = None, 0
    for name in guest:
        inner = plugins[name].get("auth_plugins") if name == "multi-auth" else [{name: plugins[name]}]
        for member in inner or ():
            for way, config in member.items():
                if config.get("anonymous_consumer"):
                    anonymous, knows_guests = config["anonymous_consumer"], len(members)
                bare = {k: v for k, v in config.items() if k not in ("anonymous_consumer", "_meta")}
                members.append({way: deepcopy(bare)})
    if anonymous and refusal is None:
        # Who lets guests in must come last; a release may know guests for one of the plugins only.
        way, config = members.pop(knows_guests).popitem()
        members.append({way: {**config, "anonymous_consumer": anonymous}})
    metas = [plugins[name].get("_meta") for name in guest]
    meta = dict(metas[0]) if metas[0] and all(one == metas[0] for one in metas) else {}
    if refusal:
        meta["error_response"] = {"message": refusal}
    body: dict[str, Any] = {"auth_plugins": members, **({"_meta": meta} if meta else {})}
    return {"multi-auth": body, **{name: other for name, other in plugins.items() if name not in guest}}


def _refusal(mapped: Sequence[MappedPlugin], model: RouteModel) -> str | None:
    """What Kong tells a guest whose consumer request-termination closes; None when guests may pass."""
    for item in mapped:
        wanted = item.use.config.get("anonymous")
        for consumer in model.consumers if wanted else ():
            if wanted not in (consumer.username, consumer.id):
                continue
            for use in consumer.plugins:
                if use.plugin == "request-termination" and not use.config.get("trigger"):
                    return str(use.config.get("message") or "")
    return None
