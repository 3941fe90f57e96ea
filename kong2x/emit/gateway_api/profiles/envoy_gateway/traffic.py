"""What a BackendTrafficPolicy says about the backends of a rule."""

from __future__ import annotations

from collections.abc import Mapping
from math import ceil
from typing import Any

from kong2x.emit.gateway_api.backends import duration
from kong2x.emit.gateway_api.desk import Desk
from kong2x.emit.gateway_api.profiles.envoy_gateway import codes
from kong2x.model.finding import Code, Level
from kong2x.model.route import Feature, Service
from kong2x.model.source import mapping


def traffic(desk: Desk, service: Service) -> dict[str, Any]:
    """The spec without its target; empty where the source states nothing."""
    spec: dict[str, Any] = {}
    if Feature.CONNECT_TIMEOUT in service.provenance:
        spec["timeout"] = {"tcp": {"connectTimeout": duration(service.connect_timeout)}}
    if Feature.RETRIES in service.provenance and service.retries > 0:
        spec["retry"] = {"numRetries": service.retries, "retryOn": {"triggers": ["connect-failure"]}}
        _say(desk, service, Feature.RETRIES, codes.RETRIES, "Further tries are made when a connection fails.")
    balancer = _balancer(desk, service)
    if balancer:
        spec["loadBalancer"] = balancer
    checks = _health(desk, service)
    if checks:
        spec["healthCheck"] = checks
    return spec


def _balancer(desk: Desk, service: Service) -> dict[str, Any]:
    upstream = service.upstream
    if upstream.algorithm == "round-robin":
        return {"type": "RoundRobin"} if Feature.BALANCING in service.provenance else {}
    if upstream.algorithm == "least-connections":
        return {"type": "LeastRequest"}
    args = upstream.hash_args
    forms: dict[str, dict[str, Any]] = {
        "ip": {"type": "SourceIP"},
        "header": {"type": "Header", "header": {"name": args.get("hash_on_header", "")}},
        "cookie": {"type": "Cookie", "cookie": {"name": args.get("hash_on_cookie", "")}},
    }
    block = forms.get(upstream.hash_on)
    if upstream.algorithm == "consistent-hashing" and block is not None:
        return {"type": "ConsistentHash", "consistentHash": block}
    by = f" by {upstream.hash_on}" if upstream.hash_on != "none" else ""
    _say(
        desk,
        service,
        Feature.BALANCING,
        codes.BALANCING,
        f"Requests to {service.name} are not spread with {upstream.algorithm}{by}.",
    )
    return {}


def _health(desk: Desk, service: Service) -> dict[str, Any]:
    """Active probes only; Kong's counters for single kinds of failures become one threshold."""
    checks = service.upstream.healthchecks
    if not checks:
        return {}
    active = mapping(checks.get("active"))
    good, bad = mapping(active.get("healthy")), mapping(active.get("unhealthy"))
    interval = good.get("interval") or bad.get("interval")
    if mapping(checks.get("passive")):
        _tell(desk, service, f"Real answers of {service.name} are not watched.", Level.UNSUPPORTED)
    if not interval:
        return {}
    kind = active.get("type") or "http"
    out: dict[str, Any] = {
        "timeout": f"{max(1, ceil(float(active.get('timeout') or 1)))}s",
        "interval": f"{max(1, ceil(float(interval)))}s",
        **_thresholds(good, bad),
    }
    if kind == "tcp":
        out["type"], out["tcp"] = "TCP", {}  # the API server refuses the type without the block
    else:
        statuses = good.get("http_statuses") or [200, 302]
        out["type"] = "HTTP"
        out["http"] = {"path": active.get("http_path") or "/", "expectedStatuses": list(statuses)}
    _tell(desk, service, f"Every failed probe of {service.name} counts alike, and a pod starts as unhealthy.")
    return {"active": dict(sorted(out.items()))}


def _thresholds(good: Mapping[str, Any], bad: Mapping[str, Any]) -> dict[str, int]:
    failures = [bad[key] for key in ("http_failures", "tcp_failures", "timeouts") if bad.get(key)]
    out = {}
    if good.get("successes"):
        out["healthyThreshold"] = int(good["successes"])
    if failures:
        out["unhealthyThreshold"] = int(min(failures))
    return out


def _tell(desk: Desk, service: Service, message: str, level: Level | None = None) -> None:
    _say(desk, service, Feature.HEALTH_CHECKS, codes.HEALTH, message, level)


def _say(
    desk: Desk, service: Service, feature: Feature, code: Code, message: str, level: Level | None = None
) -> None:
    desk.say(code, message, service=service, feature=feature, level=level)
