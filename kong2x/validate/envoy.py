"""What Envoy Gateway's API server rules and code refuse beyond the schemas of its kinds (releases 1.5 to 1.9)."""

from __future__ import annotations

from collections.abc import Iterator, Mapping, Sequence
from typing import Any

from kong2x.model.finding import Finding
from kong2x.model.source import Path, SourceObject, items, mapping, text
from kong2x.validate import envoy_codes as codes
from kong2x.validate.explain import Problem

GROUP = "gateway.envoyproxy.io"
_LONGEST = 4096
_POLICIES = ("SecurityPolicy", "BackendTrafficPolicy")


def check(obj: Mapping[str, Any], kind: str) -> Iterator[Problem]:
    """Every rule about one object of the group; its schema holds already."""
    spec = mapping(obj.get("spec"))
    untargeted = ("targetRef" in spec) == ("targetRefs" in spec) and not spec.get("targetSelectors")
    if kind in _POLICIES and untargeted:
        yield Problem(
            codes.NO_TARGET, ("spec",), "The policy has not exactly one of targetRef and targetRefs."
        )
    if kind == "SecurityPolicy":
        yield from _security(spec)
    elif kind == "BackendTrafficPolicy":
        yield from _traffic(spec)
    elif kind == "HTTPRouteFilter":
        yield from _filter(spec)
    elif kind == "Backend":
        for at, one in enumerate(items(spec.get("endpoints"))):
            if sum(name in mapping(one) for name in ("fqdn", "ip", "unix")) != 1:
                yield Problem(
                    codes.ADDRESS, ("spec", "endpoints", at), "The endpoint has not exactly one address."
                )


def _security(spec: Mapping[str, Any]) -> Iterator[Problem]:
    for at, place in enumerate(items(mapping(spec.get("apiKeyAuth")).get("extractFrom"))):
        if len(mapping(place)) != 1:
            yield Problem(
                codes.KEY_PLACE, ("spec", "apiKeyAuth", "extractFrom", at), "The place of the key is not one."
            )
    for at, rule in enumerate(items(mapping(spec.get("authorization")).get("rules"))):
        here: Path = ("spec", "authorization", "rules", at)
        one = mapping(rule)
        if not mapping(one.get("principal")) and "cel" not in one:
            yield Problem(codes.NOBODY, here, "The rule does not say whom it means.")


def _traffic(spec: Mapping[str, Any]) -> Iterator[Problem]:
    balancer = mapping(spec.get("loadBalancer"))
    if (balancer.get("type") == "ConsistentHash") != ("consistentHash" in balancer) and balancer:
        yield Problem(
            codes.BLOCK,
            ("spec", "loadBalancer"),
            "consistentHash and the type ConsistentHash belong together.",
        )
    hashed = mapping(balancer.get("consistentHash"))
    for kind, block in (("Header", "header"), ("Cookie", "cookie")):
        if hashed.get("type") == kind and block not in hashed:
            where: Path = ("spec", "loadBalancer", "consistentHash")
            yield Problem(codes.BLOCK, where, f"The type {kind} needs the block {block}.")
    active = mapping(mapping(spec.get("healthCheck")).get("active"))
    for kind, block in (("HTTP", "http"), ("TCP", "tcp")):
        if active and (active.get("type") == kind) != (block in active):
            yield Problem(
                codes.BLOCK,
                ("spec", "healthCheck", "active"),
                f"{block} and the type {kind} belong together.",
            )
    rules = items(mapping(mapping(spec.get("rateLimit")).get("local")).get("rules"))
    if sum(not mapping(rule).get("clientSelectors") for rule in rules) > 1:
        yield Problem(
            codes.ONE_COUNTER,
            ("spec", "rateLimit", "local", "rules"),
            "More than one limit has no client selector.",
        )


def _filter(spec: Mapping[str, Any]) -> Iterator[Problem]:
    body = mapping(mapping(spec.get("directResponse")).get("body"))
    path: Path = ("spec", "directResponse", "body")
    if body and body.get("type", "Inline") == "Inline" and "inline" not in body:
        yield Problem(codes.BLOCK, path, "The type Inline needs the block inline.")
    if len(str(body.get("inline", "")).encode()) > _LONGEST:
        yield Problem(codes.LONG_ANSWER, path, f"The answer has more than {_LONGEST} bytes.")
    change = mapping(mapping(spec.get("urlRewrite")).get("path"))
    if change.get("type") == "ReplaceRegexMatch" and "replaceRegexMatch" not in change:
        yield Problem(
            codes.BLOCK, ("spec", "urlRewrite", "path"), "The type ReplaceRegexMatch needs its block."
        )


def across(sources: Sequence[SourceObject]) -> Iterator[Finding]:
    """What policies do to routes that are given too: rules that do not exist, targets that are taken."""
    routes = {
        (one.kind, one.namespace, one.name): one
        for one in sources
        if one.group == "gateway.networking.k8s.io" and one.kind in ("HTTPRoute", "GRPCRoute")
    }
    taken: dict[tuple[str, ...], SourceObject] = {}
    for policy in sources:
        if policy.group != GROUP or policy.kind not in _POLICIES:
            continue
        for at, ref in enumerate(items(mapping(policy.value.get("spec")).get("targetRefs"))):
            target = mapping(ref)
            kind, name, section = (text(target.get(key)) for key in ("kind", "name", "sectionName"))
            here: Path = ("spec", "targetRefs", at)
            route = routes.get((kind, policy.namespace, name))
            rules = items(mapping(route.value.get("spec")).get("rules")) if route else []
            if route and section and section not in [mapping(rule).get("name") for rule in rules]:
                message = f"{route.ref} has no rule {section}, so the policy acts on nothing."
                yield codes.NO_RULE.finding(message, object=policy.ref, path=here)
            other = taken.setdefault((policy.kind, policy.namespace, kind, name, section), policy)
            if other is not policy:
                message = f"{other.ref} has the same target; the older of both acts alone."
                yield codes.SAME_TARGET.finding(message, object=policy.ref, path=here)
