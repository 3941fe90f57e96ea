"""How Kong's load balancing and health checks are said in an ApisixUpstream (recipes R18, R19)."""

from __future__ import annotations

from collections.abc import Callable, Mapping, Sequence
from math import ceil
from typing import Any

from kong2x.model.route import Upstream

Say = Callable[[str, str], None]
"""Told a finding code's id and a sentence."""

_SIMPLE = {"round-robin": None, "least-connections": "least_conn", "latency": "ewma"}
_NAMED = ("header", "cookie", "query_arg")
_ALWAYS_THERE = ("ip", "path")


def loadbalancer(upstream: Upstream, say: Say) -> dict[str, Any]:
    """The `loadbalancer` block; empty for APISIX's own default, round robin."""
    algorithm = upstream.algorithm or "round-robin"
    if algorithm in _SIMPLE:
        found = _SIMPLE[algorithm]
        return {"type": found} if found else {}
    if algorithm == "sticky-sessions":
        say("apisix/sticky", "Sticky sessions with a cookie made by the gateway do not exist in APISIX.")
        return {}
    if algorithm != "consistent-hashing":
        say(
            "apisix/balancing",
            f"The algorithm {algorithm} does not exist in APISIX; requests go round robin.",
        )
        return {}
    return _hash(upstream, say)


def _hash(upstream: Upstream, say: Say) -> dict[str, Any]:
    on, args = upstream.hash_on or "none", upstream.hash_args
    block: dict[str, Any] = {"type": "chash"}
    field = f"hash_on_{on}"
    if on in _NAMED and not args.get(field):
        say(
            "apisix/balancing",
            f"Hashing on a {on.replace('_', ' ')} needs its name, which is not given; requests go round robin.",
        )
        return {}
    if on == "consumer":
        block |= {"hashOn": "consumer"}
    elif on == "ip":
        block |= {"hashOn": "vars", "key": "remote_addr"}
    elif on == "header":
        block |= {"hashOn": "header", "key": args[field]}
    elif on == "cookie":
        block |= {"hashOn": "cookie", "key": args[field]}
        say(
            "apisix/hash-cookie",
            "Kong sets the cookie that it hashes on where a client has none; APISIX does not.",
        )
    elif on == "path":
        block |= {"hashOn": "vars", "key": "uri"}
    elif on == "query_arg":
        block |= {"hashOn": "vars", "key": f"arg_{args[field]}"}
    elif on == "uri_capture":
        say(
            "apisix/balancing",
            "Hashing on a capture of the path does not exist in APISIX; requests go round robin.",
        )
        return {}
    else:
        return {}
    if on not in _ALWAYS_THERE and on != "cookie" and upstream.hash_fallback != "ip":
        wanted = "at random" if upstream.hash_fallback in ("", "none") else f"by {upstream.hash_fallback}"
        say(
            "apisix/hash-fallback",
            f"A request without the {on.replace('_', ' ')} to hash on is spread by client address; "
            f"Kong does it {wanted}.",
        )
    return block


def health_check(checks: Mapping[str, Any], say: Say, *, old_names: bool) -> dict[str, Any]:
    """The `healthCheck` block; empty when Kong probes nothing. `old_names` are those of AIC 1.8.

    Kong switches a check off with 0; APISIX would take its own default for 0, so such counters are told.
    """
    active, passive = _mapping(checks.get("active")), _mapping(checks.get("passive"))
    if checks.get("threshold"):
        say(
            "apisix/health-threshold",
            "Kong closes the whole upstream below a share of healthy targets; APISIX does not.",
        )
    probing = any(_mapping(active.get(side)).get("interval") for side in ("healthy", "unhealthy"))
    acting = any(
        value
        for side in ("healthy", "unhealthy")
        for key, value in _mapping(passive.get(side)).items()
        if key != "http_statuses"
    )
    if not probing:
        if acting:
            say(
                "apisix/health-passive-only",
                "Health checks that only watch real answers need active probes in APISIX.",
            )
        return {}
    block = {"active": _active(active, say, old_names)}
    if acting:
        block["passive"] = _passive(passive, say, old_names)
    return block


def _active(active: Mapping[str, Any], say: Say, old_names: bool) -> dict[str, Any]:
    kind = active.get("type") or "http"
    if kind in ("grpc", "grpcs"):
        say(
            "apisix/health-type", f"Probes of type {kind} do not exist in APISIX; the port is probed instead."
        )
        kind = "tcp"
    out: dict[str, Any] = {
        "type": kind,
        "timeout": max(ceil(float(active.get("timeout") or 1)), 1) * 1_000_000_000,
    }
    if active.get("concurrency"):
        out["concurrency"] = active["concurrency"]
    if kind != "tcp":
        out["httpPath"] = active.get("http_path") or "/"
    if active.get("https_sni"):
        out["host"] = active["https_sni"]
    if active.get("headers"):
        say(
            "apisix/health-headers", "Headers of probes cannot be written with the APISIX ingress controller."
        )
    if kind == "https" and active.get("https_verify_certificate") is False:
        say(
            "apisix/health-tls",
            "APISIX verifies certificates when it probes over https; Kong was told not to.",
        )
    for side in ("healthy", "unhealthy"):
        given = _mapping(active.get(side))
        other = _mapping(active.get("unhealthy" if side == "healthy" else "healthy"))
        interval = given.get("interval") or other.get("interval") or 1
        out[side] = {
            "interval": f"{max(ceil(float(interval)), 1)}s",
            **_counters(given, side, say, old_names, "active"),
        }
    return out


def _passive(passive: Mapping[str, Any], say: Say, old_names: bool) -> dict[str, Any]:
    kind = passive.get("type") or "http"
    out: dict[str, Any] = {"type": "tcp" if kind in ("grpc", "grpcs") else kind}
    for side in ("healthy", "unhealthy"):
        out[side] = _counters(_mapping(passive.get(side)), side, say, old_names, "passive")
    return out


_STATUSES = {
    ("active", "healthy"): [200, 302],
    ("active", "unhealthy"): [429, 404, 500, 501, 502, 503, 504, 505],
    ("passive", "healthy"): [
        200,
        201,
        202,
        203,
        204,
        205,
        206,
        207,
        208,
        226,
        300,
        301,
        302,
        303,
        304,
        305,
        306,
        307,
        308,
    ],
    ("passive", "unhealthy"): [429, 500, 503],
}
"""Kong's defaults (kong-source.md 1.7)."""
_COUNTERS = {
    "healthy": (("successes", "successes"),),
    "unhealthy": (
        ("http_failures", "httpFailures"),
        ("tcp_failures", "tcpFailures"),
        ("timeouts", "timeout"),
    ),
}


def _counters(given: Mapping[str, Any], side: str, say: Say, old_names: bool, kind: str) -> dict[str, Any]:
    codes: Sequence[int] = given.get("http_statuses") or _STATUSES[kind, side]
    out: dict[str, Any] = {"httpCodes": [code for code in codes if 200 <= code <= 599]}
    off = []
    for kong, own in _COUNTERS[side]:
        value = given.get(kong) or 0
        if value:
            out["timeouts" if old_names and own == "timeout" else own] = value
        else:
            off.append(kong)
    if off:
        say(
            "apisix/health-counter",
            f"The {kind} {side} check counts {', '.join(off)} with APISIX's own thresholds; in Kong they are off.",
        )
    return out


def _mapping(value: object) -> Mapping[str, Any]:
    return value if isinstance(value, Mapping) else {}
