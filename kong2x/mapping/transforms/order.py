"""Which checks of a route APISIX makes later than Kong does, because they belong to its second pass."""

from __future__ import annotations

import ipaddress
from typing import Any

from kong2x.mapping.claim import Claim, Note
from kong2x.model.apisix_logins import CALLER_HEADERS, CONSUMER_HEADERS, GROUPS_HEADER
from kong2x.model.finding import Level

SECOND_PASS = {
    "acl": 950,
    "ai-rate-limiting-advanced": 905,
    "bot-detection": 2500,
    "graphql-rate-limiting-advanced": 902,
    "ip-restriction": 990,
    "opa": 920,
    "rate-limiting": 910,
    "rate-limiting-advanced": 910,
    "service-protection": 915,
}
"""Kong plugins that land in APISIX's access pass, with Kong's priority (plugin-mapping.md 2.3)."""

LIMITS = frozenset(name for name in SECOND_PASS if "rate-limiting" in name or name == "service-protection")
"""Of these, the plugins that count requests."""

NAMES_CONSUMER = ("basic-auth", "hmac-auth", "jwt", "key-auth", "key-auth-enc")
"""Logins after which both gateways know a consumer."""

LDAP = ("ldap-auth", "ldap-auth-advanced")
"""Logins after which APISIX knows a consumer before release 3.18, and none from then on (plugin-mapping.md 4.6)."""

NAMES_NOBODY = ("mtls-auth", "oauth2", "oauth2-introspection", "openid-connect", "saml")
"""Logins after which only Kong may know a consumer (plugin-mapping.md 5.1)."""


def later_checks(claim: Claim, priority: int) -> list[str]:
    """The plugins of the route that Kong runs before one of this priority, and APISIX after it."""
    route = claim.context.route
    if route is None:
        return []
    names = {use.plugin for use in (*route.plugins, *route.consumer_plugins)}
    return sorted(name for name in names if SECOND_PASS.get(name, -1) > priority)


def address_filter(claim: Claim) -> list[Any]:
    """The condition under which the route's address lists let a caller pass, empty where it cannot be told.

    An early answer with this filter leaves refused callers to the lists, as in Kong.
    """
    route = claim.context.route
    lists = [use.config for use in (route.plugins if route else ()) if use.plugin == "ip-restriction"]
    if len(lists) != 1 or any(
        use.plugin == "ip-restriction" for use in (route.consumer_plugins if route else ())
    ):
        return []
    try:
        allow, deny = addresses(lists[0].get("allow")), addresses(lists[0].get("deny"))
    except ValueError:
        return []
    out: list[Any] = [["remote_addr", "!", "ipmatch", deny]] if deny else []
    return [*out, ["remote_addr", "ipmatch", allow]] if allow else out


def addresses(entries: list[str] | None) -> list[str]:
    """The entries in a form that APISIX's schema takes; ValueError for what is no address."""
    out = []
    for entry in entries or ():
        network = ipaddress.ip_network(entry, strict=False)
        mixed = ":" in entry and "." in entry
        out.append(str(network) if mixed and "/" in entry else entry)
    return out


FORGEABLE, GROUPS, NAMES = (
    tuple(name.lower() for name in names) for names in (CALLER_HEADERS, (GROUPS_HEADER,), CONSUMER_HEADERS)
)


def logins(claim: Claim) -> dict[str, bool]:
    """The authentication plugins of the route, and whether each lets guests in."""
    route = claim.context.route
    known = (*NAMES_CONSUMER, *LDAP, *NAMES_NOBODY)
    uses = route.plugins if route is not None else ()
    return {use.plugin: bool(use.config.get("anonymous")) for use in uses if use.plugin in known}


def authenticated(claim: Claim) -> bool:
    """Whether the target knows a consumer of every caller, or the use belongs to a consumer.

    Where all logins let guests in, any one of them is enough for a caller; else the others must succeed.
    """
    if "consumer" in claim.scope:
        return True
    found = logins(claim)
    names = NAMES_CONSUMER if claim.target_at_least("3.18") else (*NAMES_CONSUMER, *LDAP)
    strict = [plugin for plugin, guests in found.items() if not guests]
    return any(p in names for p in strict) if strict else bool(found) and all(p in names for p in found)


def anonymous_login(claim: Claim) -> bool:
    """Whether callers of the route log in, but the target may learn of no consumer by it."""
    return bool(logins(claim)) and not authenticated(claim)


def written_by_kong(claim: Claim, header: str) -> bool:
    """Whether Kong itself says with this header who the caller is, so that a caller's own must not count.

    On APISIX the header is still the caller's when the request is rewritten.
    """
    name = header.lower().replace("_", "-")
    if claim.scope == "consumer":
        return name in (*FORGEABLE, *GROUPS)
    if not logins(claim) and "consumer" not in claim.scope:
        return False
    route = claim.context.route
    groups = route is not None and any(use.plugin == "acl" for use in route.plugins)
    return name in (*FORGEABLE, *(GROUPS if groups else ()), *(NAMES if anonymous_login(claim) else ()))


def counts_consumers(claim: Claim, header: str) -> bool:
    """Whether a counter by this header counts consumers, because Kong writes one value for each of them."""
    return header.lower() in ("x-consumer-id", "x-consumer-username") and authenticated(claim)


ROUTE_WINS = Note(
    "route-wins",
    Level.APPROXIMATE,
    "On routes that have this plugin themselves the route's settings are applied, where Kong applies the "
    "consumer's alone. Attach the plugin in one of both places.",
)


def route_wins(claim: Claim) -> bool:
    """Whether a consumer's settings give way to a route's: APISIX knows the consumer only after its first pass."""
    if claim.scope != "consumer":
        return False
    model = claim.context.model
    routes = model.routes if model is not None else ()
    return any(use.plugin == claim.plugin for route in routes for use in route.plugins)
