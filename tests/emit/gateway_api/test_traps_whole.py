"""Traps of section 7 and divergence 12 of the target's facts, from the manifest to the written object."""

from __future__ import annotations

import re
from typing import Any

import pytest

from kong2x.emit.gateway_api import EMITTER
from kong2x.model.settings import Options
from kong2x.model.traffic import Answer, Request
from kong2x.verify.announcements import TELLS, Case

from .manifests import codes, converted, ingress, named, plugin, service, table

WEB = service("web")


def filters(result: Any, name: str = "web") -> list[dict[str, Any]]:
    return [part for rule in named(result, "HTTPRoute")[name]["rules"] for part in rule.get("filters", ())]


def test_trap_03_a_pattern_is_open_at_its_end_for_gateways_that_match_in_full() -> None:
    given = ingress("web", "ImplementationSpecific /~/v[0-9]+ web", "ImplementationSpecific /~/end$ web")
    found = table(converted(given, WEB))
    assert found == [
        ("web", "shop.example.com", "RegularExpression ^/v[0-9]+.*$ | Exact /end", "", "web:80"),
    ]
    assert re.fullmatch("^/v[0-9]+.*$", "/v1/users")


def test_trap_04_a_pattern_is_anchored_for_gateways_that_search() -> None:
    given = ingress("web", "ImplementationSpecific /~/v[0-9]+|/w web")
    (row,) = table(converted(given, WEB))
    pattern = row[2].removeprefix("RegularExpression ")
    assert [bool(re.search(pattern, path)) for path in ("/v1", "/w/x", "/a/v1", "/a/w")] == [
        True,
        True,
        False,
        False,
    ]


@pytest.mark.parametrize(
    ("kind", "path", "base", "wanted"),
    [
        ("Prefix", "/foo", "", {"type": "ReplacePrefixMatch", "replacePrefixMatch": "/"}),
        ("Prefix", "/foo", "/", {"type": "ReplacePrefixMatch", "replacePrefixMatch": "/"}),
        ("Prefix", "/foo", "/api/", {"type": "ReplacePrefixMatch", "replacePrefixMatch": "/api"}),
        ("Exact", "/foo", "", {"type": "ReplaceFullPath", "replaceFullPath": "/"}),
    ],
)
def test_trap_09_a_stripped_path_is_never_exchanged_for_nothing(
    kind: str, path: str, base: str, wanted: dict[str, str]
) -> None:
    target = service("web", annotations={"konghq.com/path": base} if base else {})
    given = ingress("web", f"{kind} {path} web", annotations={"konghq.com/strip-path": "true"})
    assert filters(converted(given, target)) == [{"type": "URLRewrite", "urlRewrite": {"path": wanted}}]


def test_trap_11_what_follows_a_stripped_prefix_reaches_the_backend() -> None:
    """A tool that writes ReplaceFullPath sends every path below the prefix to the root."""
    given = ingress("web", "Prefix /shop web", annotations={"konghq.com/strip-path": "true"})
    result = converted(given, WEB)
    router = EMITTER.router(result.objects, Options(to="gateway-api"))
    assert router is not None
    seen = [router.answer(Request("GET", "shop.example.com", path)).path for path in ("/shop", "/shop/a/b")]
    assert seen == ["/", "/a/b"]


def test_trap_11_a_path_that_is_not_stripped_has_no_rewrite() -> None:
    assert filters(converted(ingress("web", "Prefix /shop web"), WEB)) == []


def test_trap_15_a_host_takes_over_what_wildcard_and_host_less_routes_answer_in_kong() -> None:
    given = [
        ingress("own", "Prefix /own a", host="a.example.com"),
        ingress("wild", "Prefix /wild b", host="*.example.com"),
        ingress("any", "Prefix /any c", host=""),
    ]
    result = converted(*given, *(service(name) for name in "abc"))
    assert table(result) == [
        ("any", "any", "PathPrefix /any", "", "c:80"),
        ("any-fallback", "*.example.com a.example.com", "PathPrefix /any", "", "c:80"),
        ("own", "a.example.com", "PathPrefix /own", "", "a:80"),
        ("wild", "*.example.com", "PathPrefix /wild", "", "b:80"),
        ("wild-fallback", "a.example.com", "PathPrefix /wild", "", "b:80"),
    ]


TWO_CERTIFICATES = """  tls:
  - {hosts: [a.example.com], secretName: a-cert}
  - {hosts: [b.example.com], secretName: b-cert}
  - {secretName: no-hosts}
  - {hosts: [c.example.com]}
"""


def test_trap_18_each_host_has_its_own_certificate_and_no_other() -> None:
    given = [
        ingress("a", "Prefix / web", host="a.example.com", tls=TWO_CERTIFICATES),
        ingress("b", "Prefix / web", host="b.example.com"),
    ]
    (gateway,) = named(
        converted(*given, WEB, create_gateway="true", gateway_class="edge"), "Gateway"
    ).values()
    found = {
        one.get("hostname"): [ref["name"] for ref in one["tls"]["certificateRefs"]]
        for one in gateway["listeners"]
        if one["protocol"] == "HTTPS"
    }
    assert found == {"a.example.com": ["a-cert"], "b.example.com": ["b-cert"]}


def test_trap_21_a_default_backend_answers_on_every_listener_and_host() -> None:
    default = "  defaultBackend: {service: {name: rest, port: {number: 80}}}\n"
    given = [
        ingress("own", "Prefix /own web", host="a.example.com"),
        ingress("rest", tls=default),
    ]
    result = converted(*given, WEB, service("rest"), create_gateway="true", gateway_class="edge")
    assert table(result) == [
        ("own", "a.example.com", "PathPrefix /own", "", "web:80"),
        ("rest", "any", "PathPrefix /", "", "rest:80"),
        ("rest-fallback", "a.example.com", "PathPrefix /", "", "rest:80"),
    ]
    (gateway,) = named(result, "Gateway").values()
    assert any("hostname" not in one for one in gateway["listeners"] if one["protocol"] == "HTTP")


def test_trap_36_a_header_that_kong_adds_when_absent_is_neither_set_nor_appended() -> None:
    """`set` would replace what a trusted proxy says of the user; `add` would give the backend two."""
    given = ingress("web", "Prefix / web", annotations={"konghq.com/plugins": "user"})
    changes = plugin("user", "request-transformer", '{add: {headers: ["x-user:guest"]}}')
    result = converted(given, WEB, changes)
    assert filters(result) == []
    assert "request-transformer/conditional-header" in codes(result)


def test_trap_36_a_header_that_kong_always_sets_is_set() -> None:
    given = ingress("web", "Prefix / web", annotations={"konghq.com/plugins": "user"})
    both = '{remove: {headers: [x-user]}, add: {headers: ["x-user:guest"]}}'
    result = converted(given, WEB, plugin("user", "request-transformer", both))
    assert filters(result) == [
        {
            "type": "RequestHeaderModifier",
            "requestHeaderModifier": {"set": [{"name": "x-user", "value": "guest"}]},
        }
    ]


@pytest.mark.parametrize(
    ("milliseconds", "written"),
    [("1500", "1s500ms"), ("100000", "100s"), ("90500", "90s500ms"), ("100000000", "27h46m40s")],
)
def test_trap_44_a_timeout_has_no_fraction_and_no_number_of_six_digits(
    milliseconds: str, written: str
) -> None:
    target = service("web", annotations={"konghq.com/read-timeout": milliseconds})
    result = converted(ingress("web", "Prefix / web"), target, timeouts="approximate")
    (rule,) = named(result, "HTTPRoute")["web"]["rules"]
    assert rule["timeouts"] == {"request": "0s", "backendRequest": written}
    assert not [code for code in codes(result) if code.startswith("schema/")]


def test_trap_45_a_minute_of_kong_is_a_minute() -> None:
    target = service("web", annotations={"konghq.com/read-timeout": "60000"})
    result = converted(ingress("web", "Prefix / web"), target, timeouts="approximate")
    (rule,) = named(result, "HTTPRoute")["web"]["rules"]
    assert rule["timeouts"] == {"request": "0s", "backendRequest": "60s"}


@pytest.mark.parametrize(
    ("config", "origins"),
    [
        ('{origins: ["*", "https://a.example.com"]}', ["*"]),
        (
            '{origins: ["https://b.example.com", "https://a.example.com"]}',
            ["https://b.example.com", "https://a.example.com"],
        ),
        ('{origins: ["*"]}', ["*"]),
        ("{}", ["*"]),
    ],
)
def test_trap_48_every_origin_stands_alone(config: str, origins: list[str]) -> None:
    given = ingress("web", "Prefix / web", annotations={"konghq.com/plugins": "cors"})
    result = converted(given, WEB, plugin("cors", "cors", config), version="1.5")
    (found,) = filters(result)
    assert found["cors"]["allowOrigins"] == origins
    assert found["cors"]["allowHeaders"] == ["*"] and "*" not in found["cors"]["allowMethods"]
    assert not [code for code in codes(result) if code.startswith("schema/")]


def test_d12_a_host_in_mixed_case_is_answered_by_the_gateway_and_not_by_kong() -> None:
    result = converted(ingress("web", "Prefix / web"), WEB)
    router = EMITTER.router(result.objects, Options(to="gateway-api"))
    assert router is not None
    assert router.answer(Request("GET", "Shop.Example.COM", "/")).service == "shop/web:80"
    (finding,) = (one for one in result.findings if one.code == "gateway-api/host-case")
    assert finding.severity == "info"


def test_d12_is_not_told_where_no_route_has_a_host_or_kong_stays() -> None:
    assert "gateway-api/host-case" not in codes(converted(ingress("web", "Prefix / web", host=""), WEB))
    kept = converted(ingress("web", "Prefix / web"), WEB, implementation="kong")
    assert "gateway-api/host-case" not in codes(kept)


def test_d12_verify_expects_it_of_hosts_with_capitals_alone() -> None:
    tells = TELLS["gateway-api/host-case"]
    differing = ("status",)
    assert tells.when(Case(Request("GET", "Shop.example.com", "/"), Answer(), Answer(), differing))
    assert not tells.when(Case(Request("GET", "shop.example.com", "/"), Answer(), Answer(), differing))
