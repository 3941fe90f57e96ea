"""Whether an ApisixUpstream or BackendTrafficPolicy survives every layer behind the CRD."""

from __future__ import annotations

import re
from collections.abc import Iterator, Mapping
from typing import Any

from kong2x.model.source import Path, items, mapping
from kong2x.validate.apisix import codes, trap_codes
from kong2x.validate.apisix.durations import milliseconds, no_duration
from kong2x.validate.explain import Problem
from kong2x.validate.gateway.edition import each

_HOST = re.compile(r"[a-z0-9]([-a-z0-9]*[a-z0-9])?(\.[a-z0-9]([-a-z0-9]*[a-z0-9])?)*")
_COUNTERS = ("successes", "httpFailures", "tcpFailures", "timeout", "timeouts")
_INHERIT = (
    "scheme",
    "loadbalancer",
    "retries",
    "timeout",
    "passHost",
    "upstreamHost",
    "tlsSecret",
    "healthCheck",
)


def check_upstream(obj: Mapping[str, Any]) -> Iterator[Problem]:
    """The problems of one ApisixUpstream."""
    spec = mapping(obj.get("spec"))
    yield from _settings(spec, ("spec",))
    for path, level in each(spec.get("portLevelSettings"), ("spec", "portLevelSettings")):
        yield from _settings(level, path)
        missing = [name for name in _INHERIT if name in spec and name not in level]
        if missing:
            message = f"The settings for port {level.get('port')} leave out {', '.join(missing)}."
            yield Problem(trap_codes.PORT_SETTINGS, path, message)
    for path, node in each(spec.get("externalNodes"), ("spec", "externalNodes")):
        yield from _node(node, path)


def check_policy(obj: Mapping[str, Any]) -> Iterator[Problem]:
    """The problems of one BackendTrafficPolicy, two rules of its CRD among them."""
    spec = mapping(obj.get("spec"))
    yield from _settings(spec, ("spec",), policy=True)
    for path, ref in each(spec.get("targetRefs"), ("spec", "targetRefs")):
        if ref.get("kind") != "Service" or ref.get("group", "") != "":
            message = f"The policy targets {ref.get('kind')} {ref.get('name')}; it is for core Services only."
            yield Problem(codes.POLICY_TARGET, path, message)
    balancer = mapping(spec.get("loadbalancer"))
    if "key" in balancer and balancer.get("type", "roundrobin") != "chash":
        message = f"The load balancer is {balancer.get('type', 'roundrobin')} and has a key."
        yield Problem(codes.LB_KEY, ("spec", "loadbalancer", "key"), message)


def _settings(spec: Mapping[str, Any], path: Path, *, policy: bool = False) -> Iterator[Problem]:
    retries = spec.get("retries")
    if isinstance(retries, int) and not 0 <= retries <= 65535:
        yield Problem(codes.RETRIES, (*path, "retries"), f"retries is {retries}; expected 0 to 65535.")
    for name, value in mapping(spec.get("timeout")).items():
        length = milliseconds(value)
        if length is None:
            yield no_duration(value, (*path, "timeout", name))
        # An ApisixUpstream's zero counts as not written and becomes 60 s.
        elif length < 1000 and (policy or length != 0):
            message = f"The timeout {value} is below one second and refused."
            yield Problem(codes.UPSTREAM_TIMEOUT, (*path, "timeout", name), message)
    balancer = mapping(spec.get("loadbalancer"))
    if balancer.get("type") == "chash" and not balancer.get("key") and balancer.get("hashOn") != "consumer":
        yield Problem(codes.HASH_KEY, (*path, "loadbalancer"), "The load balancer hashes and has no key.")
    if spec.get("passHost") == "rewrite" and not spec.get("upstreamHost"):
        message = "passHost is rewrite and there is no upstreamHost."
        yield Problem(codes.UPSTREAM_HOST, (*path, "passHost"), message)
    yield from _health(mapping(spec.get("healthCheck")), (*path, "healthCheck"), policy)


def _health(health: Mapping[str, Any], path: Path, policy: bool) -> Iterator[Problem]:
    active = mapping(health.get("active"))
    if "requestHeaders" in active:
        message = "The health check sends headers, which the controller's linter does not know."
        yield Problem(codes.REQUEST_HEADERS, (*path, "active", "requestHeaders"), message)
    if active.get("strictTLS") is False:
        yield Problem(
            trap_codes.ZERO_LOST, (*path, "active", "strictTLS"), "strictTLS: false is not sent on."
        )
    timeout = active.get("timeout")
    if isinstance(timeout, int) and not policy and 0 < timeout < 1_000_000_000:
        message = f"The timeout is {timeout} nanoseconds and is dropped."
        yield Problem(trap_codes.HEALTH_TIMEOUT, (*path, "active", "timeout"), message)
    for part in ("active", "passive"):
        for state in ("healthy", "unhealthy"):
            block = mapping(health.get(part)).get(state)
            if isinstance(block, Mapping):
                yield from _state(block, (*path, part, state), need_interval=part == "active" and not policy)


def _state(block: Mapping[str, Any], path: Path, *, need_interval: bool) -> Iterator[Problem]:
    length = milliseconds(block.get("interval"))
    if length is None and "interval" in block:
        yield no_duration(block["interval"], (*path, "interval"))
    elif need_interval and (length is None or length < 1000):
        has = f"an interval of {block['interval']}" if "interval" in block else "no interval"
        yield Problem(trap_codes.HEALTH_INTERVAL, path, f"The check has {has}; expected 1s or more.")
    for position, status in enumerate(items(block.get("httpCodes"))):
        if isinstance(status, int) and not 200 <= status <= 599:
            message = f"The status is {status}; expected 200 to 599."
            yield Problem(codes.HEALTH_CODES, (*path, "httpCodes", position), message)
    for name in _COUNTERS:
        if block.get(name) == 0 and not isinstance(block.get(name), bool):
            yield Problem(trap_codes.ZERO_LOST, (*path, name), f"{name}: 0 is not sent on.")


def _node(node: Mapping[str, Any], path: Path) -> Iterator[Problem]:
    name, kind = str(node.get("name", "")), node.get("type")
    if kind not in ("Domain", "Service"):
        yield Problem(
            codes.EXTERNAL_NODE, path, f"External node {name} has type {kind}; expected Domain or Service."
        )
    elif kind == "Domain" and not _HOST.fullmatch(name):
        yield Problem(codes.EXTERNAL_NODE, (*path, "name"), f'"{name}" is no host name in lower case.')
    weight = node.get("weight")
    if isinstance(weight, int) and weight < 0:
        yield Problem(codes.WEIGHT, (*path, "weight"), f"The weight is {weight}; expected 0 or more.")
