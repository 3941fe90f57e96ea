"""The Envoy Gateway profile: limits and CORS, from the KongPlugin to the policy."""

from __future__ import annotations

from dataclasses import replace
from typing import Any

import pytest

from kong2x.emit.gateway_api.profiles.envoy_gateway.limits import quantity
from kong2x.model.finding import Severity

from .build import emit, options, paths, route, rules, use
from .manifests import codes, consumer, converted, ingress, named, plugin, service, table

WEB = service("web")
BOB = consumer("bob", "bob-key key-auth {key: a}")
KEYS = plugin("keys", "key-auth", "{}")
OPEN = [("web", "shop.example.com", "PathPrefix /", "", "web:80")]
ADDRESSES = [{"sourceCIDR": {"type": "Distinct", "value": value}} for value in ("0.0.0.0/0", "::/0")]
NAME = {"headers": [{"type": "Distinct", "name": "X-Consumer-Username", "invert": False}]}


def envoy(*documents: str, plugins: str = "limit", **settings: str) -> Any:
    given = ingress("web", "Prefix / web", annotations={"konghq.com/plugins": plugins})
    return converted(given, WEB, *documents, implementation="envoy-gateway", **settings)


def counted(result: Any) -> list[tuple[list[Any], int, str]]:
    """Selectors, number and window of each local limit."""
    (spec,) = named(result, "BackendTrafficPolicy").values()
    assert spec["rateLimit"]["type"] == "Local"
    return [
        (rule.get("clientSelectors", []), rule["limit"]["requests"], rule["limit"]["unit"])
        for rule in spec["rateLimit"]["local"]["rules"]
    ]


def limit(config: str) -> str:
    return plugin("limit", "rate-limiting", config)


def test_without_a_login_the_address_is_counted() -> None:
    result = envoy(limit("{minute: 5, hour: 100}"))
    assert counted(result) == [
        ([ADDRESSES[0]], 5, "Minute"),
        ([ADDRESSES[1]], 5, "Minute"),
        ([ADDRESSES[0]], 100, "Hour"),
        ([ADDRESSES[1]], 100, "Hour"),
    ]
    assert {"gateway-api/envoy-rate-limit", "gateway-api/envoy-client-address"} <= codes(result)
    assert table(result) == OPEN and "rate-limiting/no-standard-filter" not in codes(result)


def test_with_a_login_the_caller_is_counted_by_the_name_that_the_login_wrote() -> None:
    result = envoy(BOB, KEYS, limit("{second: 2}"), plugins="keys,limit")
    assert counted(result) == [([NAME], 2, "Second")]
    assert "gateway-api/envoy-client-address" not in codes(result)
    by_address = envoy(BOB, KEYS, limit("{second: 2, limit_by: ip}"), plugins="keys,limit")
    assert counted(by_address) == [([one], 2, "Second") for one in ADDRESSES]


def test_a_limit_for_all_callers_together_has_one_window() -> None:
    assert counted(envoy(limit("{day: 10, limit_by: service}"))) == [([], 10, "Day")]
    two = envoy(limit("{day: 10, minute: 1, limit_by: service}"))
    assert named(two, "BackendTrafficPolicy") == {}


def test_a_fraction_counts_like_the_next_whole_number() -> None:
    assert [row[1] for row in counted(envoy(limit("{minute: 1.5}")))] == [2, 2]


@pytest.mark.parametrize(
    ("config", "why"),
    [
        ("{minute: 5, limit_by: header, header_name: x-team}", "by header"),  # who leaves it out is free
        ("{minute: 5, limit_by: path, path: /login}", "by path"),
        ("{minute: 5000000000}", "a number up to"),
        ("{minute: 5, hour: 9, limit_by: service}", "one counter for all callers has one window"),
    ],
)
def test_a_limit_that_envoy_counts_otherwise_is_lost_with_an_error(config: str, why: str) -> None:
    result = envoy(limit(config))
    assert [why in f.message for f in result.findings if f.code == "gateway-api/envoy-not-carried"] == [True]
    assert named(result, "BackendTrafficPolicy") == {} and table(result) == OPEN
    lost = [f for f in result.findings if f.code == "rate-limiting/no-standard-filter"]
    assert [f.severity for f in lost] == [Severity.ERROR]


def test_an_answer_of_the_gateway_itself_is_not_counted() -> None:
    """Envoy counts on routes with a backend only (envoyproxy/gateway internal/xds/translator/local_ratelimit.go)."""
    away = plugin("away", "redirect", "{location: 'https://b.example.com/', status_code: 301}")
    result = envoy(limit("{minute: 5}"), away, plugins="limit,away")
    assert named(result, "BackendTrafficPolicy") == {}
    assert "rate-limiting/no-standard-filter" in codes(result)


def test_shared_counters_and_other_refusals_are_told() -> None:
    config = (
        "{minute: 5, policy: redis, redis: {host: r.example.com}, error_code: 503, hide_client_headers: true}"
    )
    result = envoy(limit(config))
    assert {"gateway-api/envoy-rate-limit-shared", "gateway-api/envoy-refusal"} <= codes(result)
    plain = envoy(limit("{minute: 5, policy: local, error_code: 429}"))
    assert not {"gateway-api/envoy-rate-limit-shared", "gateway-api/envoy-refusal"} & codes(plain)


def test_a_limit_and_a_timeout_are_one_policy() -> None:
    given = ingress("web", "Prefix / web", annotations={"konghq.com/plugins": "limit"})
    target = service("web", annotations={"konghq.com/connect-timeout": "2000"})
    result = converted(given, target, limit("{minute: 5}"), implementation="envoy-gateway")
    (spec,) = named(result, "BackendTrafficPolicy").values()
    assert spec["timeout"] == {"tcp": {"connectTimeout": "2s"}} and spec["rateLimit"]["type"] == "Local"


def test_a_limit_acts_on_its_rules_alone() -> None:
    """Two Ingresses on one Service: what one of them adds to a policy must not reach the other."""
    limited = ingress("web", "Prefix / web", annotations={"konghq.com/plugins": "limit"})
    target = service("web", annotations={"konghq.com/connect-timeout": "2000"})
    result = converted(
        limited,
        ingress("open", "Prefix /open web"),
        target,
        limit("{minute: 5}"),
        implementation="envoy-gateway",
    )
    found = {
        (ref["name"], ref.get("sectionName", "")): "rateLimit" in spec
        for spec in named(result, "BackendTrafficPolicy").values()
        for ref in spec["targetRefs"]
    }
    assert found == {("web", ""): True, ("open", ""): False}


def test_without_rule_names_a_limit_is_lost_and_denied_where_that_is_wanted() -> None:
    given = (
        route("prefix:/in", plugins=(use("rate-limiting", {"minute": 5}),), to="inner", name="r1"),
        route("prefix:/", to="open", name="r2"),
    )
    old = emit(*given, implementation="envoy-gateway", version="1.3")
    assert all("backendRefs" in rule for rule in rules(old))
    assert "gateway-api/envoy-rule-name" in {f.code for f in old.findings}
    wanted = replace(options("1.3", implementation="envoy-gateway"), on_security_loss="deny-all")
    found = {paths(rule)[0]: set(rule) for rule in rules(emit(*given, opts=wanted))}
    assert found == {"PathPrefix /in": {"matches"}, "PathPrefix /": {"matches", "backendRefs"}}


def sized(config: str) -> Any:
    return envoy(plugin("limit", "request-size-limiting", config))


@pytest.mark.parametrize(
    ("config", "written"),
    [
        ("{}", "128Mi"),
        ("{allowed_payload_size: 8}", "8Mi"),
        ("{allowed_payload_size: 1500, size_unit: kilobytes}", "1500Ki"),
        ("{allowed_payload_size: 1000, size_unit: bytes}", "1000"),
    ],
)
def test_bodies_are_limited_by_a_buffer(config: str, written: str) -> None:
    result = sized(config)
    (spec,) = named(result, "BackendTrafficPolicy").values()
    assert spec["requestBuffer"] == {"limit": written}
    assert "gateway-api/envoy-buffer" in codes(result) and table(result) == OPEN


def test_a_limit_of_nothing_is_lost() -> None:
    """The API server refuses a limit of 0."""
    result = sized("{allowed_payload_size: 0}")
    assert named(result, "BackendTrafficPolicy") == {}
    assert "request-size-limiting/no-standard-filter" in codes(result)


def test_a_length_that_kong_asks_for_is_told() -> None:
    assert "gateway-api/envoy-length" in codes(sized("{require_content_length: true}"))
    assert "gateway-api/envoy-length" not in codes(sized("{}"))


def test_quantities() -> None:
    assert [quantity(n) for n in (1, 1024, 1 << 20, 3 << 30, (1 << 20) + 1)] == [
        "1",
        "1Ki",
        "1Mi",
        "3Gi",
        "1048577",
    ]


def cors(config: str, version: str) -> Any:
    return envoy(plugin("limit", "cors", config), version=version)


def test_a_release_without_the_cors_filter_has_it_in_a_policy() -> None:
    config = "{origins: ['https://a.example.com'], methods: [GET], headers: [x-a], credentials: true, max_age: 600}"
    result = cors(config, "1.4")
    (spec,) = named(result, "SecurityPolicy").values()
    assert spec["cors"] == {
        "allowOrigins": ["https://a.example.com"],
        "allowMethods": ["GET"],
        "allowHeaders": ["x-a"],
        "allowCredentials": True,
        "maxAge": "600s",
    }
    assert table(result) == OPEN
    newer = cors(config, "1.5")
    assert named(newer, "SecurityPolicy") == {} and table(newer)[0][3] == "CORS"


@pytest.mark.parametrize(
    "config",
    [
        r"{origins: ['https://.*\.example\.com']}",
        "{credentials: true, headers: [x-a]}",
        "{origins: ['https://a.example.com'], credentials: true}",
        "{preflight_continue: true}",
    ],
)
def test_cors_that_envoy_would_answer_otherwise_is_lost_with_an_error(config: str) -> None:
    result = cors(config, "1.4")
    assert named(result, "SecurityPolicy") == {} and table(result) == OPEN
    assert [f for f in result.findings if f.severity is Severity.ERROR]


def test_a_long_answer_never_becomes_a_proxy() -> None:
    given = plugin("limit", "request-termination", "{status_code: 503, body: '" + "x" * 4097 + "'}")
    result = envoy(given)
    assert table(result) == [("web", "shop.example.com", "PathPrefix /", "", "")]
    assert named(result, "HTTPRouteFilter") == {}
