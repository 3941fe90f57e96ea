"""Kong's health checks as those of a BackendTrafficPolicy."""

from __future__ import annotations

from collections.abc import Mapping
from math import ceil
from typing import Any

from kong2x.emit.gateway_api.desk import Desk
from kong2x.emit.gateway_api.profiles.apisix import codes
from kong2x.model.finding import Level
from kong2x.model.route import Feature, Service
from kong2x.model.source import mapping

_COUNTERS = {
    "successes": "successes",
    "http_failures": "httpFailures",
    "tcp_failures": "tcpFailures",
    "timeouts": "timeouts",
}
_SIDES = ("healthy", "unhealthy")
# Kong's own lists of status codes (kong-source 1.7), which count where the source names none.
_STATUSES: dict[tuple[str, str], list[int]] = {
    ("active", "healthy"): [200, 302],
    ("active", "unhealthy"): [429, 404, 500, 501, 502, 503, 504, 505],
    ("passive", "healthy"): [*range(200, 209), 226, *range(300, 309)],
    ("passive", "unhealthy"): [429, 500, 503],
}


def health_check(desk: Desk, service: Service) -> dict[str, Any]:
    """The `healthCheck` block, empty where Kong probes nothing; each difference is reported."""
    checks = service.upstream.healthchecks
    active, passive = mapping(checks.get("active")), mapping(checks.get("passive"))
    probing = any(mapping(active.get(side)).get("interval") for side in _SIDES)
    watching = any(
        value for side in _SIDES for key, value in mapping(passive.get(side)).items() if key in _COUNTERS
    )
    if checks.get("threshold"):
        _say(desk, service, "APISIX never closes a whole upstream for a share of unhealthy targets.")
    if not probing:
        if watching:
            _say(
                desk,
                service,
                f"{service.name} is not watched: APISIX needs active probes for checks of real answers.",
                Level.UNSUPPORTED,
            )
        return {}
    out = {"active": _active(desk, service, active)}
    if watching:
        out["passive"] = _passive(desk, service, passive)
    return out


def _active(desk: Desk, service: Service, active: Mapping[str, Any]) -> dict[str, Any]:
    kind = active.get("type") or "http"
    if kind not in ("http", "https", "tcp"):
        _say(desk, service, f"Probes of {service.name} with {kind} do not exist; its port is probed.")
        kind = "tcp"
    out: dict[str, Any] = {"type": kind, "timeout": f"{max(1, ceil(float(active.get('timeout') or 1)))}s"}
    if active.get("concurrency"):
        out["concurrency"] = active["concurrency"]
    if kind != "tcp":
        out["httpPath"] = active.get("http_path") or "/"
    if active.get("https_sni"):
        out["host"] = active["https_sni"]
    if active.get("headers"):
        _say(desk, service, f"The headers of the probes of {service.name} are not sent.")
    if kind == "https" and active.get("https_verify_certificate") is False:
        out["strictTLS"] = False
        _say(desk, service, f"Probes of {service.name} check its certificate; Kong's do not.")
    for side in _SIDES:
        given = mapping(active.get(side))
        other = mapping(active.get("unhealthy" if side == "healthy" else "healthy"))
        interval = max(1, ceil(float(given.get("interval") or other.get("interval") or 1)))
        out[side] = {**_counted(desk, service, given, "active", side), "interval": f"{interval}s"}
    return out


def _passive(desk: Desk, service: Service, passive: Mapping[str, Any]) -> dict[str, Any]:
    kind = passive.get("type") or "http"
    out: dict[str, Any] = {"type": kind if kind in ("http", "https", "tcp") else "tcp"}
    for side in _SIDES:
        out[side] = _counted(desk, service, mapping(passive.get(side)), "passive", side)
    return out


def _counted(desk: Desk, service: Service, given: Mapping[str, Any], kind: str, side: str) -> dict[str, Any]:
    """Statuses and thresholds; Kong switches a counter off with 0, for which APISIX takes its default."""
    statuses = given.get("http_statuses") or _STATUSES[kind, side]
    out: dict[str, Any] = {"httpCodes": [code for code in statuses if isinstance(code, int)]}
    wanted = ("successes",) if side == "healthy" else ("http_failures", "tcp_failures", "timeouts")
    off = [name for name in wanted if not given.get(name)]
    out.update({_COUNTERS[name]: given[name] for name in wanted if given.get(name)})
    if off:
        _say(
            desk,
            service,
            f"The {kind} check of {service.name} counts {', '.join(off)} with APISIX's own thresholds.",
        )
    return out


def _say(desk: Desk, service: Service, message: str, level: Level | None = None) -> None:
    desk.say(codes.HEALTH, message, service=service, feature=Feature.HEALTH_CHECKS, level=level)
