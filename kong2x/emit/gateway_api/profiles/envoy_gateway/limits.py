"""Limits on requests: how many (a local rate limit), how large (a request buffer)."""

from __future__ import annotations

from math import ceil
from typing import Any

from kong2x.emit.gateway_api.plugins import ANSWERING
from kong2x.emit.gateway_api.profiles.envoy_gateway import codes
from kong2x.emit.gateway_api.profiles.envoy_gateway.callers import CallerBook
from kong2x.emit.gateway_api.profiles.envoy_gateway.carried import Carried
from kong2x.emit.gateway_api.profiles.envoy_gateway.logins import CALLER, callers, logins
from kong2x.model.finding import Level
from kong2x.model.plugin import MappedPlugin, PluginUse
from kong2x.model.route import Route

_WINDOWS = ("second", "minute", "hour", "day", "month", "year")
_MOST = 4294967295
_UNITS = {"megabytes": 1 << 20, "kilobytes": 1 << 10, "bytes": 1}
_ANY_ADDRESS = ("0.0.0.0/0", "::/0")
_GRPC = ("grpc", "grpcs")


def rate(book: CallerBook, use: PluginUse, before: MappedPlugin, route: Route | None) -> MappedPlugin | str:
    """rate-limiting: a bucket a window and caller, which each Envoy and each match of the route has for itself.

    A local limit needs no further service. A global one would count for all Envoys together, but Envoy
    Gateway answers 500 for the whole route where its rate limit service is not set up.
    """
    config = use.config
    windows = [(name, config[name]) for name in _WINDOWS if config.get(name)]
    if route is None or not windows:
        return "it has no window"
    if any(other.plugin in ANSWERING for other in route.plugins):
        # internal/xds/translator/local_ratelimit.go
        return "requests are not counted on routes that are answered without a backend"
    if any(not isinstance(limit, int | float) or not 0 < limit <= _MOST for _, limit in windows):
        return f"a limit is a number up to {_MOST}"
    limit_by = str(config.get("limit_by") or "consumer")
    selectors = _selectors(book, route, limit_by)
    if selectors is None:
        return f"requests cannot be counted by {limit_by} as Kong does"
    if not selectors and len(windows) > 1:
        return "one counter for all callers has one window"
    rules: list[dict[str, Any]] = []
    for name, limit in windows:
        value = {"requests": ceil(limit), "unit": name.capitalize()}
        rules += [{"clientSelectors": [one], "limit": value} for one in selectors] or [{"limit": value}]
    plugin = Carried(use, before)
    _tell_rate(plugin, by_address=bool(selectors) and "sourceCIDR" in selectors[0])
    return plugin.done({"BackendTrafficPolicy": {"rateLimit": {"type": "Local", "local": {"rules": rules}}}})


def _selectors(book: CallerBook, route: Route, limit_by: str) -> list[dict[str, Any]] | None:
    """What keeps the counters of callers apart; none for one counter, None where Envoy cannot tell."""
    if limit_by in ("consumer", "credential"):
        who = callers(book, route)
        if who is not None and who.named:
            return [{"headers": [{"type": "Distinct", "name": CALLER, "invert": False}]}]
        limit_by = "" if logins(route) else "ip"
    if limit_by == "ip":
        return [{"sourceCIDR": {"type": "Distinct", "value": network}} for network in _ANY_ADDRESS]
    return [] if limit_by == "service" else None


def _tell_rate(plugin: Carried, *, by_address: bool) -> None:
    config = plugin.use.config
    plugin.tell(
        codes.RATE_LIMIT,
        "Each Envoy counts for itself, and for each match of a route apart, in windows that begin at any time; Kong's "
        "follow the clock.",
        *_WINDOWS,
        "limit_by",
    )
    if config.get("policy") not in (None, "local"):
        plugin.tell(
            codes.RATE_LIMIT_SHARED,
            f"Counters are not shared by {config['policy']}: with more than one Envoy more requests pass.",
            "policy",
            "redis",
            *(key for key in config if key.startswith("redis_")),
        )
    else:
        plugin.mark(
            Level.IGNORED, "", "redis", "sync_rate", *(key for key in config if key.startswith("redis_"))
        )
    if by_address:
        plugin.tell(codes.CLIENT_ADDRESS, "Requests are counted by the address that Envoy sees.")
    told = [key for key in ("error_code", "error_message") if config.get(key) not in (None, 429)]
    if config.get("hide_client_headers"):
        told.append("hide_client_headers")
    if told:
        plugin.tell(codes.REFUSAL, "Refusals have Envoy's status 429, text and X-RateLimit headers.", *told)


def size(use: PluginUse, before: MappedPlugin, route: Route | None) -> MappedPlugin | str:
    """request-size-limiting: a buffer of that size, which refuses larger bodies with 413 as Kong does."""
    config = use.config
    amount, unit = config.get("allowed_payload_size", 128), config.get("size_unit") or "megabytes"
    if route is None or route.grpc or route.service.protocol in _GRPC:
        return "a buffer would hold gRPC streams back"
    if unit not in _UNITS or not isinstance(amount, int) or amount < 1:
        return "a buffer has at least one byte"
    plugin = Carried(use, before)
    plugin.tell(
        codes.BUFFER,
        "Envoy holds a request back until its body is whole, and upgrades to WebSocket fail on the route.",
        "allowed_payload_size",
        "size_unit",
    )
    if config.get("require_content_length"):
        plugin.tell(
            codes.BUFFER_LENGTH, "Requests without a length are not refused.", "require_content_length"
        )
    return plugin.done(
        {"BackendTrafficPolicy": {"requestBuffer": {"limit": quantity(amount * _UNITS[unit])}}}
    )


def quantity(size: int) -> str:
    """Bytes as Kubernetes writes them.

    >>> quantity(8 << 20), quantity(1536), quantity(1000)
    ('8Mi', '1536', '1000')
    """
    for power, name in ((30, "Gi"), (20, "Mi"), (10, "Ki")):
        if size % (1 << power) == 0:
            return f"{size >> power}{name}"
    return str(size)
