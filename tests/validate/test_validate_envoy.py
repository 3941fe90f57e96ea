"""Envoy Gateway's kinds: what kong2x writes is held by closed schemas and by rules of its own."""

from __future__ import annotations

from copy import deepcopy
from typing import Any

import pytest

from kong2x.validate import validate_objects
from kong2x.validate.envoy_codes import CODES

GROUP = "gateway.envoyproxy.io/v1alpha1"
ROUTE = {"group": "gateway.networking.k8s.io", "kind": "HTTPRoute", "name": "web"}
SECRET = {"group": "", "kind": "Secret", "name": "keys"}


def envoy(kind: str, **spec: Any) -> dict[str, Any]:
    metadata = {"name": "web", "namespace": "shop"}
    return {"apiVersion": GROUP, "kind": kind, "metadata": metadata, "spec": spec}


def policy(kind: str = "SecurityPolicy", **spec: Any) -> dict[str, Any]:
    return envoy(kind, targetRefs=[dict(ROUTE)], **spec)


def traffic(**spec: Any) -> dict[str, Any]:
    return policy("BackendTrafficPolicy", **spec)


def keys(*places: dict[str, Any]) -> dict[str, Any]:
    return policy(apiKeyAuth={"credentialRefs": [SECRET], "extractFrom": list(places)})


def rule(**more: Any) -> dict[str, Any]:
    return policy(authorization={"defaultAction": "Deny", "rules": [{"action": "Allow", **more}]})


def limits(*rules: dict[str, Any]) -> dict[str, Any]:
    return traffic(rateLimit={"type": "Local", "local": {"rules": list(rules)}})


def answer(**body: Any) -> dict[str, Any]:
    return envoy("HTTPRouteFilter", directResponse={"statusCode": 200, "body": {"type": "Inline", **body}})


def backend(**endpoint: Any) -> dict[str, Any]:
    return envoy("Backend", endpoints=[endpoint])


def codes(*objects: dict[str, Any]) -> list[str]:
    return [finding.code for finding in validate_objects(objects, target="gateway-api", version="1.4")]


ONE = {"limit": {"requests": 5, "unit": "Minute"}}
EACH = {**ONE, "clientSelectors": [{"sourceCIDR": {"type": "Distinct", "value": "0.0.0.0/0"}}]}
FQDN = {"hostname": "web.shop.svc.cluster.local", "port": 443}
GOOD = {
    "keys": keys({"headers": ["apikey"]}, {"params": ["apikey"]}),
    "passwords": policy(basicAuth={"users": SECRET, "forwardUsernameHeader": "X-User"}),
    "addresses": rule(principal={"clientCIDRs": ["10.0.0.0/8", "2001:db8::/64"]}),
    "cors": policy(cors={"allowOrigins": ["https://*.example.com", "*"], "maxAge": "600s"}),
    "limits": limits(EACH, EACH, ONE),
    "size": traffic(requestBuffer={"limit": "8Mi"}),
    "times": traffic(timeout={"tcp": {"connectTimeout": "2s500ms"}}),
    "tries": traffic(retry={"numRetries": 5, "retryOn": {"triggers": ["connect-failure"]}}),
    "hash": traffic(loadBalancer={"type": "ConsistentHash", "consistentHash": {"type": "SourceIP"}}),
    "probe": traffic(healthCheck={"active": {"type": "TCP", "tcp": {}}}),
    "answer": answer(inline="x" * 4096),
    "backend": backend(fqdn=FQDN),
    "not written by kong2x": policy(jwt={"anything": 1}, oidc={}, extAuth={}),
}
BAD = {
    "a misspelt field": ("schema/unknown-field", policy(apiKeysAuth={})),
    "a field below": ("schema/unknown-field", policy(basicAuth={"users": SECRET, "forwardHeader": "x"})),
    "a unit": ("schema/value", limits({"limit": {"requests": 5, "unit": "minute"}})),
    "no limit": ("schema/missing-field", limits({"clientSelectors": []})),
    "a duration": ("schema/pattern", traffic(timeout={"tcp": {"connectTimeout": "100000ms"}})),
    "an origin": ("schema/pattern", policy(cors={"allowOrigins": ["example.com"]})),
    "an address": ("schema/pattern", rule(principal={"clientCIDRs": ["10.0.0.1"]})),
    "a size of nothing": ("schema/pattern", traffic(requestBuffer={"limit": "0"})),
    "another kind of target": (
        "schema/value",
        envoy("SecurityPolicy", targetRefs=[{**ROUTE, "kind": "Service"}]),
    ),
    "no target": ("schema/envoy/no-target", envoy("SecurityPolicy")),
    "two places at once": ("schema/envoy/key-place", keys({"headers": ["a"], "params": ["a"]})),
    "a rule about nobody": ("schema/envoy/no-principal", rule(principal={})),
    "a probe without its block": (
        "schema/envoy/type-block",
        traffic(healthCheck={"active": {"type": "TCP"}}),
    ),
    "a hash without its block": ("schema/envoy/type-block", traffic(loadBalancer={"type": "ConsistentHash"})),
    "a header hash without a name": (
        "schema/envoy/type-block",
        traffic(loadBalancer={"type": "ConsistentHash", "consistentHash": {"type": "Header"}}),
    ),
    "an answer without text": ("schema/envoy/type-block", answer()),
    "two addresses": ("schema/envoy/endpoint-address", backend(fqdn=FQDN, ip={"address": "10.0.0.1"})),
    "a long answer": ("schema/envoy/answer-too-long", answer(inline="x" * 4097)),
    "two counters for all": ("schema/envoy/one-counter", limits(ONE, ONE)),
}


@pytest.mark.parametrize("name", GOOD)
def test_what_is_right_is_not_reported(name: str) -> None:
    assert codes(GOOD[name]) == []


@pytest.mark.parametrize("name", BAD)
def test_what_is_refused_is_reported_once(name: str) -> None:
    code, obj = BAD[name]
    assert codes(obj) == [code]


def http_route(*names: str) -> dict[str, Any]:
    rules = [{"name": name, "backendRefs": [{"name": "web", "port": 80}]} for name in names]
    return {
        "apiVersion": "gateway.networking.k8s.io/v1",
        "kind": "HTTPRoute",
        "metadata": {"name": "web", "namespace": "shop"},
        "spec": {"parentRefs": [{"name": "edge", "namespace": "infra"}], "rules": rules},
    }


def for_rule(name: str) -> dict[str, Any]:
    found = deepcopy(GOOD["keys"])
    found["spec"]["targetRefs"][0]["sectionName"] = name
    return found


def test_a_policy_for_a_rule_that_is_not_there_protects_nothing() -> None:
    assert "envoy/no-such-rule" in codes(http_route("rule-0"), for_rule("rule-1"))
    assert "envoy/no-such-rule" not in codes(http_route("rule-0", "rule-1"), for_rule("rule-1"))
    assert "envoy/no-such-rule" not in codes(for_rule("rule-1"))  # its route may be elsewhere


def test_two_policies_of_one_kind_never_share_a_target() -> None:
    other = deepcopy(GOOD["passwords"])
    other["metadata"]["name"] = "other"
    assert codes(GOOD["keys"], other) == ["envoy/same-target"]
    assert codes(GOOD["keys"], GOOD["size"]) == []
    other["metadata"]["namespace"] = "elsewhere"
    assert codes(GOOD["keys"], other) == []


def test_kinds_of_the_group_that_kong2x_never_writes_are_left_alone() -> None:
    assert codes(envoy("EnvoyProxy", logging={})) == ["manifest/not-checked"]


def test_every_rule_has_a_test() -> None:
    tested = {code for code, _ in BAD.values()} | {"envoy/no-such-rule", "envoy/same-target"}
    assert {code.id for code in CODES} <= tested
