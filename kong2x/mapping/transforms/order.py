"""Which checks of a route APISIX makes later than Kong does, because they belong to its second pass."""

from __future__ import annotations

from kong2x.mapping.claim import Claim, Note
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

NAMES_CONSUMER = (
    "basic-auth",
    "hmac-auth",
    "jwt",
    "key-auth",
    "key-auth-enc",
    "ldap-auth",
    "ldap-auth-advanced",
)
"""Logins after which both gateways know a consumer."""

NAMES_NOBODY = ("mtls-auth", "oauth2", "oauth2-introspection", "openid-connect", "saml")
"""Logins after which only Kong may know a consumer (plugin-mapping.md 5.1)."""


def later_checks(claim: Claim, priority: int) -> list[str]:
    """The plugins of the route that Kong runs before one of this priority, and APISIX after it."""
    route = claim.context.route
    if route is None:
        return []
    names = {use.plugin for use in (*route.plugins, *route.consumer_plugins)}
    return sorted(name for name in names if SECOND_PASS.get(name, -1) > priority)


def authenticated(claim: Claim) -> bool:
    """Whether the target knows a consumer on the route, or the use belongs to a consumer."""
    if "consumer" in claim.scope:
        return True
    route = claim.context.route
    return route is not None and any(use.plugin in NAMES_CONSUMER for use in route.plugins)


def anonymous_login(claim: Claim) -> bool:
    """Whether callers of the route log in, but the target learns of no consumer by it."""
    route = claim.context.route
    if authenticated(claim) or route is None:
        return False
    return any(use.plugin in NAMES_NOBODY for use in route.plugins)


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
