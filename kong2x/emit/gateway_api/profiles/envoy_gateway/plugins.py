"""Which Kong plugins Envoy Gateway's own objects carry; address lists and fixed answers stand here."""

from __future__ import annotations

import ipaddress
import json

from kong2x.emit.gateway_api.desk import Desk
from kong2x.emit.gateway_api.profiles.envoy_gateway import codes
from kong2x.emit.gateway_api.profiles.envoy_gateway.callers import CallerBook
from kong2x.emit.gateway_api.profiles.envoy_gateway.carried import Carried
from kong2x.emit.gateway_api.profiles.envoy_gateway.cors import cors
from kong2x.emit.gateway_api.profiles.envoy_gateway.limits import rate, size
from kong2x.emit.gateway_api.profiles.envoy_gateway.logins import LOGINS, api_key, basic, groups, obstacle
from kong2x.model.plugin import MappedPlugin, PluginUse
from kong2x.model.route import Route

_LONGEST = 4096  # the largest body of a fixed answer (internal/gatewayapi/backendtrafficpolicy.go)

# Kong's texts for statuses without a message of their own (plugin-mapping 4.15).
_MESSAGES = {
    400: "Bad request",
    401: "Unauthorized",
    402: "Payment required",
    403: "Forbidden",
    404: "Not found",
    405: "Method not allowed",
    406: "Not acceptable",
    407: "Proxy authentication required",
    408: "Request timeout",
    411: "Length required",
    412: "Precondition failed",
    413: "Payload too large",
    414: "URI too long",
    415: "Unsupported media type",
    416: "Requested range not satisfiable",
    417: "Expectation failed",
    424: "Failed dependency",
    429: "Too many requests",
    431: "Request header fields too large",
    494: "Request header or cookie too large",
    500: "An unexpected error occurred",
    502: "An invalid response was received from the upstream server",
    503: "The upstream server is currently unavailable",
    504: "The upstream server is timing out",
}


def carry(
    desk: Desk, book: CallerBook, use: PluginUse, mapped: MappedPlugin, route: Route | None
) -> MappedPlugin | None:
    """The plugin in Envoy Gateway's words; None where it has none, with a finding that says why."""
    found = _carried(desk, book, use, mapped, route)
    if isinstance(found, MappedPlugin):
        return found
    if found:
        desk.say_once(
            f"{use.key} {found}",
            codes.NOT_CARRIED,
            f"Envoy Gateway does not do what {use.plugin} does: {found}.",
            leaf=next(iter(use.fed_by(())), use.attached),
        )
    return None


def _carried(
    desk: Desk, book: CallerBook, use: PluginUse, mapped: MappedPlugin, route: Route | None
) -> MappedPlugin | str:
    """The carried plugin, or why it is not; empty where there is nothing to say."""
    routed = {"key-auth": api_key, "basic-auth": basic, "acl": groups, "rate-limiting": rate}
    if use.secret_values:
        return (
            "a value of the plugin comes from a Secret" if use.plugin in (*routed, "ip-restriction") else ""
        )
    if use.plugin in routed:
        return routed[use.plugin](book, use, mapped, route)
    if use.plugin == "cors":
        return cors(desk, use, mapped)
    if use.plugin == "request-size-limiting":
        return size(use, mapped, route)
    if use.plugin == "ip-restriction":
        return _addresses(use, mapped) or "its lists are not addresses and networks"
    if use.plugin == "request-termination":
        return _answer(use, mapped) or f"a fixed answer has no trigger, no echo and at most {_LONGEST} bytes"
    return obstacle(book, route) if use.plugin in LOGINS else ""


def _addresses(use: PluginUse, mapped: MappedPlugin) -> MappedPlugin | None:
    """Kong looks at the deny list first, then at the allow list, as ordered rules do."""
    denied, allowed = _networks(use.config.get("deny")), _networks(use.config.get("allow"))
    if denied is None or allowed is None or not (denied or allowed):
        return None
    rules = []
    if denied:
        rules.append({"name": "deny", "action": "Deny", "principal": {"clientCIDRs": denied}})
    if allowed:
        rules.append({"name": "allow", "action": "Allow", "principal": {"clientCIDRs": allowed}})
    body = {"authorization": {"defaultAction": "Deny" if allowed else "Allow", "rules": rules}}
    plugin = Carried(use, mapped)
    plugin.tell(
        codes.CLIENT_ADDRESS,
        "The address lists are compared with the address that Envoy sees.",
        *dict.fromkeys(("allow", "deny", *use.config)),
    )
    for key in ("status", "message"):
        if use.config.get(key) not in (None, 403):
            plugin.tell(codes.REFUSAL, f"The {key} of refusals is Envoy's own.", key)
    return plugin.done({"SecurityPolicy": body})


def _networks(value: object) -> list[str] | None:
    """Addresses and networks as networks; None for what is none."""
    out = []
    for item in value if isinstance(value, list | tuple) else ():
        try:
            out.append(str(ipaddress.ip_network(str(item), strict=False)))
        except ValueError:
            return None
    return out


def _answer(use: PluginUse, mapped: MappedPlugin) -> MappedPlugin | None:
    config = use.config
    if config.get("trigger") or config.get("echo"):
        return None
    status = config.get("status_code") or 503
    if not isinstance(status, int):
        return None
    body = config.get("body")
    kind = config.get("content_type") or "application/json; charset=utf-8"
    if body is None:
        message = config.get("message") or _MESSAGES.get(status, "")
        body, kind = json.dumps({"message": message}), "application/json; charset=utf-8"
    if len(str(body).encode()) > _LONGEST:
        return None
    response = {
        "statusCode": status,
        "contentType": kind,
        "body": {"type": "Inline", "inline": str(body)},
    }
    return Carried(use, mapped).done({"directResponse": response})
