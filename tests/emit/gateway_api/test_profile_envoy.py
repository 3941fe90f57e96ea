"""The Envoy Gateway profile: policies attach to exactly the rules that had the plugin (facts 5.2)."""

from __future__ import annotations

from typing import Any

import pytest

from kong2x.emit.gateway_api.profiles.envoy_gateway import re2_template
from kong2x.model.route import Feature, Rewrite, Upstream

from .build import annotated, codes, emit, filters, ingress, objects, only, paths, route, rules, service, use
from .test_objects import valid


def envoy(*given: Any, **settings: str) -> Any:
    return emit(*given, implementation="envoy-gateway", **settings)


def lists(**config: Any) -> Any:
    return use("ip-restriction", config)


def test_an_allow_list_denies_everybody_else() -> None:
    emission = envoy(route("prefix:/", plugins=(lists(allow=["10.0.0.0/8", "192.168.1.7"]),)))
    assert only(emission, "SecurityPolicy")["spec"] == {
        "targetRefs": [{"group": "gateway.networking.k8s.io", "kind": "HTTPRoute", "name": "web"}],
        "authorization": {
            "defaultAction": "Deny",
            "rules": [
                {
                    "name": "allow",
                    "action": "Allow",
                    "principal": {"clientCIDRs": ["10.0.0.0/8", "192.168.1.7/32"]},
                }
            ],
        },
    }
    assert "backendRefs" in rules(emission)[0] and "envoy-client-address" in codes(emission)


def test_a_deny_list_stands_before_the_allow_list() -> None:
    spec = only(
        envoy(route("prefix:/", plugins=(lists(allow=["10.0.0.0/8"], deny=["10.0.0.1"]),))), "SecurityPolicy"
    )
    found = spec["spec"]["authorization"]
    assert [r["action"] for r in found["rules"]] == ["Deny", "Allow"] and found["defaultAction"] == "Deny"
    only_deny = only(envoy(route("prefix:/", plugins=(lists(deny=["10.0.0.1"]),))), "SecurityPolicy")
    assert only_deny["spec"]["authorization"]["defaultAction"] == "Allow"


@pytest.mark.parametrize("config", [{"allow": ["no-address"]}, {}])
def test_lists_that_cannot_be_written_deny(config: dict[str, Any]) -> None:
    emission = envoy(route("prefix:/", plugins=(lists(**config),)))
    assert set(rules(emission)[0]) == {"matches"} and objects(emission, "SecurityPolicy") == {}


def test_other_checks_still_deny() -> None:
    emission = envoy(route("prefix:/", plugins=(use("key-auth"), lists(allow=["10.0.0.1"]))))
    assert set(rules(emission)[0]) == {"matches"} and objects(emission, "SecurityPolicy") == {}


def both() -> tuple[Any, Any]:
    return (
        route("prefix:/in", plugins=(lists(allow=["10.0.0.0/8"]),), to="inner", name="r1"),
        route("prefix:/", to="open", name="r2"),
    )


def test_a_policy_acts_on_its_rule_alone() -> None:
    emission = envoy(*both())
    policy = only(emission, "SecurityPolicy")
    section = policy["spec"]["targetRefs"][0]["sectionName"]
    named = {rule.get("name"): paths(rule) for rule in rules(emission)}
    assert named[section] == ["PathPrefix /in"]
    valid(emission)


def test_without_rule_names_the_protected_rule_denies() -> None:
    emission = envoy(*both(), version="1.3")
    found = {paths(rule)[0]: set(rule) for rule in rules(emission)}
    assert found == {"PathPrefix /in": {"matches"}, "PathPrefix /": {"matches", "backendRefs"}}
    assert "envoy-rule-name" in codes(emission) and objects(emission, "SecurityPolicy") == {}


def test_a_protected_route_keeps_its_policy_in_every_part() -> None:
    many = [
        route(f"exact:/p{n:02d}", plugins=(lists(allow=["10.0.0.1"]),), to=f"s{n}", name=f"r{n}")
        for n in range(20)
    ]
    emission = envoy(*many)
    targets = {
        t["name"] for v in objects(emission, "SecurityPolicy").values() for t in v["spec"]["targetRefs"]
    }
    assert targets == set(objects(emission))


def test_plain_http_answers_carry_no_policy() -> None:
    emission = envoy(
        route(
            "prefix:/",
            protocols=("https",),
            https_redirect_status_code=301,
            plugins=(lists(allow=["10.0.0.1"]),),
        )
    )
    targets = [
        t["name"] for v in objects(emission, "SecurityPolicy").values() for t in v["spec"]["targetRefs"]
    ]
    assert targets == ["web"]


def test_a_fixed_answer_is_a_direct_response() -> None:
    emission = envoy(
        route("prefix:/", plugins=(use("request-termination", {"status_code": 410, "message": "gone"}),))
    )
    spec = only(emission, "HTTPRouteFilter")["spec"]
    assert spec["directResponse"]["statusCode"] == 410
    assert spec["directResponse"]["body"]["inline"] == '{"message": "gone"}'
    rule = rules(emission)[0]
    assert filters(rule)["ExtensionRef"]["name"] == "web-filter" and "backendRefs" not in rule


def test_a_triggered_answer_is_lost_and_told() -> None:
    given = route("prefix:/", plugins=(use("request-termination", {"trigger": "x"}),))
    assert objects(envoy(given), "HTTPRouteFilter") == {}


def test_rewrites_by_pattern() -> None:
    given = route("regex:/v(\\d+)/(\\w+)", rewrite=Rewrite(("/s_", 2, "/v", 1)))
    spec = only(envoy(given), "HTTPRouteFilter")["spec"]
    assert spec["urlRewrite"]["path"]["replaceRegexMatch"] == {
        "pattern": r"^(?:/v(\d+)/(\w+)).*$",
        "substitution": r"/s_\2/v\1",
    }
    root = only(envoy(route("prefix:/", to=service(path="/api"))), "HTTPRouteFilter")["spec"]
    assert root["urlRewrite"]["path"]["replaceRegexMatch"]["substitution"] == r"/api/\1"
    assert re2_template(r"/a\b$$") == r"/a\\b$"


def test_two_filters_of_one_object_have_two_names() -> None:
    emission = envoy(
        route("prefix:/", to=service("a", path="/x"), name="r1"),
        route("prefix:/", hosts=("o.io",), to=service("b", path="/y"), name="r2"),
    )
    assert sorted(objects(emission, "HTTPRouteFilter")) == ["web-filter", "web-filter-1"]


def test_unverified_upstream_tls_is_a_backend() -> None:
    emission = envoy(route("prefix:/", to=service(protocol="https")))
    assert only(emission, "Backend")["spec"] == {
        "endpoints": [{"fqdn": {"hostname": "web.shop.svc.cluster.local", "port": 80}}],
        "tls": {"insecureSkipVerify": True},
    }
    assert rules(emission)[0]["backendRefs"] == [
        {"group": "gateway.envoyproxy.io", "kind": "Backend", "name": "web-80-tls", "weight": 1}
    ]
    assert "envoy-backend" in codes(emission) and objects(emission, "BackendTLSPolicy") == {}
    valid(emission)


def test_verified_upstream_tls_stays_the_standards() -> None:
    emission = envoy(route("prefix:/", to=service(protocol="https", tls_verify=True)))
    assert objects(emission, "Backend") == {} and len(objects(emission, "BackendTLSPolicy")) == 1


def test_traffic_settings() -> None:
    found = {
        **annotated(Feature.CONNECT_TIMEOUT, "connect-timeout"),
        **annotated(Feature.RETRIES, "retries"),
        **annotated(Feature.BALANCING, "upstream-policy"),
    }
    target = service(
        connect_timeout=2500,
        retries=3,
        upstream=Upstream(algorithm="consistent-hashing", hash_on="ip"),
        provenance=found,
    )
    emission = envoy(route("prefix:/", to=target))
    spec = only(emission, "BackendTrafficPolicy")["spec"]
    assert spec["timeout"] == {"tcp": {"connectTimeout": "2s500ms"}}
    assert spec["retry"] == {"numRetries": 3, "retryOn": {"triggers": ["connect-failure"]}}
    assert spec["loadBalancer"] == {"type": "ConsistentHash", "consistentHash": {"type": "SourceIP"}}
    for leaves in found.values():
        assert emission.settled[leaves[0]][0] in ("exact", "approximate")


def test_a_policy_of_another_route_is_not_shared() -> None:
    limited = service("a", retries=3, provenance=annotated(Feature.RETRIES, "retries"))
    emission = envoy(
        route("prefix:/a", to=limited, name="r1"), route("prefix:/b", origin=ingress("b"), to="b", name="r2")
    )
    names = [t["name"] for t in only(emission, "BackendTrafficPolicy")["spec"]["targetRefs"]]
    assert names == ["web"]


def test_no_policy_where_nothing_is_stated() -> None:
    emission = envoy(route("prefix:/"))
    assert [m.value["kind"] for m in emission.manifests] == ["HTTPRoute"]


def test_a_tcp_probe_has_its_block() -> None:
    """The API server refuses type TCP without tcp, and tcp beside another type."""
    for kind, block in (("tcp", "tcp"), ("http", "http")):
        checks = {"active": {"type": kind, "healthy": {"interval": 5}, "unhealthy": {"tcp_failures": 3}}}
        emission = envoy(route("prefix:/", to=service(upstream=Upstream(healthchecks=checks))))
        active = only(emission, "BackendTrafficPolicy")["spec"]["healthCheck"]["active"]
        assert active["type"] == kind.upper() and [k for k in ("http", "tcp") if k in active] == [block]
        valid(emission)


def test_policies_never_share_a_name() -> None:
    """The HTTPRoute web-rule-0 and the rule rule-0 of the HTTPRoute web would both make web-rule-0."""
    emission = envoy(
        *both(),
        route(
            "prefix:/", hosts=("o.io",), origin=ingress("web-rule-0"), plugins=(lists(allow=["10.9.0.0/16"]),)
        ),
    )
    found = [m.value["metadata"]["name"] for m in emission.manifests if m.value["kind"] == "SecurityPolicy"]
    assert len(found) == 2 == len(set(found))
    targets = {
        (t["name"], t.get("sectionName", ""))
        for v in objects(emission, "SecurityPolicy").values()
        for t in v["spec"]["targetRefs"]
    }
    assert targets == {("web", "rule-0"), ("web-rule-0", "")}
