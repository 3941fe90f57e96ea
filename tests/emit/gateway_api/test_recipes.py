"""What a route's requests get: the recipes of section 4 of the target's facts, by number."""

from __future__ import annotations

from typing import Any

import pytest

from kong2x.model.finding import Protects
from kong2x.model.route import Feature, HeaderMatch, Rewrite, Upstream
from kong2x.model.source import Leaf, ObjectRef

from .build import (
    SHOP,
    FakeMapper,
    annotated,
    backend,
    codes,
    emit,
    filters,
    finding,
    ingress,
    model,
    objects,
    only,
    paths,
    route,
    rules,
    service,
    use,
)

PREFIX, FULL = "ReplacePrefixMatch", "ReplaceFullPath"


def rewrite(*sources: str, **more: Any) -> list[tuple[str, str] | None]:
    """The path rewrite of each rule: its kind and value."""
    base = more.pop("base", "/")
    emission = emit(route(*sources, to=service(path=base), **more))
    found: list[tuple[str, str] | None] = []
    for rule in rules(emission):
        if "backendRefs" not in rule:
            found.append(("denied", ""))
            continue
        body = filters(rule).get("URLRewrite", {}).get("path")
        found.append(
            (body["type"], body.get("replacePrefixMatch") or body.get("replaceFullPath")) if body else None
        )
    return found


@pytest.mark.parametrize(
    ("source", "strip", "base", "wanted"),
    [
        ("prefix:/foo", True, "/", (PREFIX, "/")),
        ("prefix:/foo", True, None, (PREFIX, "/")),
        ("prefix:/foo", True, "/api", (PREFIX, "/api")),
        ("prefix:/foo", True, "/api/", (PREFIX, "/api")),
        ("prefix:/foo", False, "/api", (PREFIX, "/api/foo")),
        ("prefix:/foo", False, "/", None),
        ("exact:/foo", True, "/", (FULL, "/")),
        ("exact:/foo", True, "/api", (FULL, "/api")),
        ("exact:/foo/", True, "/api", (FULL, "/api/")),
        ("exact:/", True, "/api/", (FULL, "/api/")),
        ("exact:/foo", False, "/api", (FULL, "/api/foo")),
        ("prefix:/", True, "/", None),
        ("prefix:/", True, "/api", ("denied", "")),
        ("prefix:/", False, "/api", ("denied", "")),
        ("raw:/foo", True, "/", (PREFIX, "/")),
        ("regex:/v\\d+/.*", True, "/", (FULL, "/")),
        ("regex:/v\\d+$", True, "/api", (FULL, "/api")),
        ("regex:/v\\d+", True, "/", ("denied", "")),
        ("regex:/v\\d+", False, "/api", ("denied", "")),
        ("regex:/v\\d+", False, "/", None),
    ],
)
def test_4_2_strip_path(source: str, strip: bool, base: str | None, wanted: tuple[str, str] | None) -> None:
    assert rewrite(source, strip_path=strip, base=base) == [wanted]


def test_4_2_trap_08_one_rule_for_each_match_of_an_exchanged_prefix() -> None:
    emission = emit(route("prefix:/a", "prefix:/b", strip_path=True, methods=("GET", "POST")))
    assert [len(rule["matches"]) for rule in rules(emission)] == [1, 1, 1, 1]


def test_4_2_traps_09_11_the_replacement_is_never_empty_nor_the_full_path() -> None:
    assert rewrite("prefix:/foo", strip_path=True) == [(PREFIX, "/")]


def test_4_2_trap_12_the_path_of_the_service_counts() -> None:
    assert rewrite("prefix:/a", base="/base") == [(PREFIX, "/base/a")]


def test_4_2_grpc_is_never_stripped() -> None:
    emission = emit(
        route("prefix:/a", strip_path=True, protocols=("grpc", "grpcs"), to=service(protocol="grpc"))
    )
    assert "filters" not in rules(emission)[0]


def test_4_2_path_handling_v1_acts_in_the_traditional_router_only() -> None:
    given = route("prefix:/a", to=service(path="/s"), path_handling="v1")
    assert "rewrite-refused" in codes(emit(given))
    assert "rewrite-refused" not in codes(emit(model(given, router="expressions")))


@pytest.mark.parametrize(
    ("source", "template", "wanted"),
    [
        ("raw:/any", ("/fixed",), (FULL, "/fixed")),
        ("prefix:/a", ("/p/", 1), (FULL, "/p/")),
        ("regex:/foo/(.*)$", ("/x/", 1), (PREFIX, "/x")),
        ("regex:/foo/(.*)", ("/", 1), (PREFIX, "/")),
        ("regex:/foo(/|$)(.*)", ("/", 2), (PREFIX, "/")),
        ("regex:/v(\\d+)/(\\w+)", ("/s_", 2, "/v", 1), ("denied", "")),
        ("regex:/foo(/|$)(.*)", ("/", 1), ("denied", "")),
    ],
)
def test_4_3_rewrite(source: str, template: tuple[str | int, ...], wanted: tuple[str, str]) -> None:
    assert rewrite(source, rewrite=Rewrite(template)) == [wanted]


def test_4_3_a_rewrite_wins_over_strip_path_and_the_service_path() -> None:
    given = route("prefix:/a", to=service(path="/s"), strip_path=True, rewrite=Rewrite(("/new",)))
    assert filters(rules(emit(given))[0])["URLRewrite"]["path"] == {"type": FULL, "replaceFullPath": "/new"}


def test_4_3_prefix_of_an_httproute() -> None:
    given = route("prefix:/old", rewrite=Rewrite(("/new",), prefix="/old"))
    assert filters(rules(emit(given))[0])["URLRewrite"]["path"] == {
        "type": PREFIX,
        "replacePrefixMatch": "/new",
    }


@pytest.mark.parametrize("status", [301, 302])
def test_4_4_https_only_redirects_on_the_http_listener(status: int) -> None:
    emission = emit(route("prefix:/pay", protocols=("https",), https_redirect_status_code=status))
    real, answer = objects(emission)["web"], objects(emission)["web-http"]
    assert real["spec"]["parentRefs"][0]["sectionName"] == "https"
    assert answer["spec"]["parentRefs"][0]["sectionName"] == "http"
    rule = answer["spec"]["rules"][0]
    assert filters(rule) == {"RequestRedirect": {"scheme": "https", "statusCode": status}}
    assert "backendRefs" not in rule
    assert paths(rule) == paths(real["spec"]["rules"][0])


def test_4_4_trap_32_426_is_blocked_and_told_or_redirected_on_request() -> None:
    given = route("prefix:/pay", protocols=("https",))
    blocked = objects(emit(given))["web-http"]["spec"]["rules"][0]
    assert set(blocked) == {"matches"}
    assert "https-only" in codes(emit(given))
    turned = objects(emit(given, https_only="redirect"))["web-http"]["spec"]["rules"][0]
    assert filters(turned)["RequestRedirect"]["statusCode"] == 301


@pytest.mark.parametrize(
    ("version", "methods", "wanted"),
    [("1.6", (), 308), ("1.4", ("GET", "HEAD"), 301), ("1.4", (), None), ("1.4", ("POST",), None)],
)
def test_4_4_trap_33_308_is_never_downgraded_where_a_body_could_be_lost(
    version: str, methods: tuple[str, ...], wanted: int | None
) -> None:
    emission = emit(
        route("prefix:/", protocols=("https",), https_redirect_status_code=308, methods=methods),
        version=version,
    )
    rule = objects(emission)["web-http"]["spec"]["rules"][0]
    assert filters(rule).get("RequestRedirect", {}).get("statusCode") == wanted
    assert ("https-redirect" in codes(emission)) is (wanted is None)


def test_4_4_a_port_is_written_only_where_https_is_elsewhere() -> None:
    given = route("prefix:/", protocols=("https",), https_redirect_status_code=301)
    rule = objects(emit(given, https_port="8443"))["web-http"]["spec"]["rules"][0]
    assert filters(rule)["RequestRedirect"] == {"scheme": "https", "port": 8443, "statusCode": 301}


def test_4_4_trap_31_behind_a_balancer_the_forwarded_scheme_decides() -> None:
    emission = emit(
        route("prefix:/pay", protocols=("https",), https_redirect_status_code=301), offloading="true"
    )
    real, answer = objects(emission)["web"], objects(emission)["web-http"]
    assert real["spec"]["rules"][0]["matches"][0]["headers"] == [
        {"type": "Exact", "name": "X-Forwarded-Proto", "value": "https"}
    ]
    assert "headers" not in answer["spec"]["rules"][0]["matches"][0]
    assert "sectionName" not in real["spec"]["parentRefs"][0]
    assert "redirect-loop" not in codes(emission) and "forwarded-proto" in codes(emission)


def test_4_4_trap_31_a_possible_loop_is_told_while_nobody_said() -> None:
    given = route("prefix:/", protocols=("https",), https_redirect_status_code=301)
    assert "redirect-loop" in codes(emit(given))
    assert "redirect-loop" not in codes(emit(given, offloading="false"))


def test_4_4_http_only_is_served_over_https_by_the_classic_routers() -> None:
    given = route("prefix:/", protocols=("http",))
    assert "sectionName" not in only(emit(given))["spec"]["parentRefs"][0]
    assert only(emit(model(given, router="expressions")))["spec"]["parentRefs"][0]["sectionName"] == "http"


def test_4_4_trap_22_a_redirect_code_alone_does_nothing() -> None:
    found = annotated(Feature.HTTPS_REDIRECT, "https-redirect-status-code")
    emission = emit(route("prefix:/", https_redirect_status_code=301, provenance=found))
    assert "filters" not in rules(emission)[0]
    assert emission.settled[found[Feature.HTTPS_REDIRECT][0]][0] == "ignored"


REDIRECT = {"scheme": "https", "hostname": "new.example", "statusCode": 301}


def redirecting(body: dict[str, Any]) -> FakeMapper:
    return FakeMapper({("redirect", "gateway-api"): {"fragments": {"RequestRedirect": body}}})


def test_4_5_trap_43_a_redirect_has_neither_backends_nor_a_rewrite() -> None:
    given = route("prefix:/docs", plugins=(use("redirect"),), strip_path=True)
    rule = rules(emit(given, mapper=redirecting(REDIRECT)))[0]
    assert filters(rule) == {"RequestRedirect": REDIRECT}
    assert "backendRefs" not in rule


def test_4_5_a_fixed_path_is_kept_in_full() -> None:
    body = {**REDIRECT, "path": {"type": FULL, "replaceFullPath": "/"}}
    given = route("prefix:/docs", plugins=(use("redirect"),))
    assert (
        filters(rules(emit(given, mapper=redirecting(body)))[0])["RequestRedirect"]["path"]["replaceFullPath"]
        == "/"
    )


def test_4_5_trap_37_a_redirect_behind_lost_authentication_denies() -> None:
    given = route("prefix:/docs", plugins=(use("key-auth"), use("redirect")))
    rule = rules(emit(given, mapper=redirecting(REDIRECT)))[0]
    assert set(rule) == {"matches"}


def test_4_5_a_redirect_that_cannot_be_said_never_becomes_a_proxy() -> None:
    emission = emit(route("prefix:/docs", plugins=(use("redirect", {"location": "x"}),)))
    assert set(rules(emission)[0]) == {"matches"}
    assert "answer-lost" in codes(emission)


def test_4_5_a_lost_request_termination_never_becomes_a_proxy() -> None:
    emission = emit(route("prefix:/", plugins=(use("request-termination", {"status_code": 503}),)))
    assert set(rules(emission)[0]) == {"matches"}
    triggered = emit(route("prefix:/", plugins=(use("request-termination", {"trigger": "x-stop"}),)))
    assert "backendRefs" in rules(triggered)[0]


def test_4_6_a_kept_host_needs_nothing_and_makes_the_host_header_idle() -> None:
    leaf = Leaf(
        ObjectRef("", "Service", "shop", "web"), ("metadata", "annotations", "konghq.com/host-header")
    )
    target = service(
        upstream=Upstream(host_header="inner.example"), provenance={Feature.HOST_HEADER: (leaf,)}
    )
    emission = emit(route("prefix:/", to=target))
    assert "filters" not in rules(emission)[0]
    assert emission.settled[leaf][0] == "ignored"


@pytest.mark.parametrize(
    ("target", "wanted"),
    [
        (service(upstream=Upstream(host_header="inner.example:8443")), "inner.example"),
        (service(service_upstream=True), "web.shop.svc"),
        (service(backends=(backend(external_name="Back.Example.net"),)), "back.example.net"),
        (service(), None),
    ],
)
def test_4_6_the_host_for_the_backend(target: Any, wanted: str | None) -> None:
    emission = emit(route("prefix:/", to=target, preserve_host=False))
    assert filters(rules(emission)[0]).get("URLRewrite", {}).get("hostname") == wanted
    assert ("host-of-pod" in codes(emission)) is (wanted is None)


def test_4_6_host_and_path_share_the_one_rewrite_filter() -> None:
    given = route(
        "prefix:/a",
        to=service(upstream=Upstream(host_header="in.example")),
        preserve_host=False,
        strip_path=True,
    )
    assert filters(rules(emit(given))[0]) == {
        "URLRewrite": {"hostname": "in.example", "path": {"type": PREFIX, "replacePrefixMatch": "/"}}
    }


def test_4_7_trap_39_methods_and_header_values_are_multiplied() -> None:
    given = route(
        "prefix:/beta",
        methods=("GET", "POST"),
        headers=(HeaderMatch("x-ring", ("1", "2")), HeaderMatch("x-region", ("3",))),
    )
    found = {(m["method"], *(h["value"] for h in m["headers"])) for m in rules(emit(given))[0]["matches"]}
    assert found == {("GET", "1", "3"), ("GET", "2", "3"), ("POST", "1", "3"), ("POST", "2", "3")}


def test_4_7_trap_38_values_are_never_joined() -> None:
    given = route("prefix:/", headers=(HeaderMatch("x", ("1", "2")),))
    assert [m["headers"][0]["value"] for m in rules(emit(given))[0]["matches"]] == ["1", "2"]


def test_4_7_trap_40_a_pattern_is_no_exact_value() -> None:
    given = route("prefix:/", headers=(HeaderMatch("x", ("~*^a.c$",)),))
    assert rules(emit(given))[0]["matches"][0]["headers"] == [
        {"type": "RegularExpression", "name": "x", "value": "(?i)^.*(^a.c$).*$"}
    ]


def test_4_7_in_t_a_pattern_among_several_values_is_literal_text() -> None:
    given = route("prefix:/", headers=(HeaderMatch("x", ("~*1", "2")),))
    kinds = [m["headers"][0]["type"] for m in rules(emit(given))[0]["matches"]]
    assert kinds == ["Exact", "Exact"]
    newer = emit(model(given, router="traditional_compatible"))
    assert rules(newer)[0]["matches"][0]["headers"][0]["type"] == "RegularExpression"


def test_4_7_trap_34_an_unknown_method_never_opens_the_others() -> None:
    emission = emit(route("prefix:/", methods=("PURGE", "GET")))
    assert [m["method"] for m in rules(emission)[0]["matches"]] == ["GET"]
    alone = emit(route("prefix:/", methods=("PURGE",)))
    assert rules(alone) == [] and "route-empty" in codes(alone)


def test_4_7_snis_beside_hosts() -> None:
    emission = emit(route("prefix:/", hosts=("a.io", "b.io"), snis=("a.io",)))
    assert only(emission)["spec"]["hostnames"] == ["a.io"]
    assert "sni-differs-from-host" in codes(emission)


def test_4_7_snis_alone_stand_for_hosts() -> None:
    assert only(emit(route("prefix:/", hosts=(), snis=("a.io",))))["spec"]["hostnames"] == ["a.io"]


def test_4_7_a_host_that_cannot_be_written_never_opens_the_route() -> None:
    emission = emit(route("prefix:/", hosts=("a.*", "10.0.0.1", "ok.io")))
    assert only(emission)["spec"]["hostnames"] == ["ok.io"]
    assert rules(emit(route("prefix:/", hosts=("a.*",)))) == []


def headers(**parts: Any) -> dict[str, Any]:
    return {part.rstrip("_"): found for part, found in parts.items()}


def test_4_8_trap_42_header_changes_of_several_plugins_are_one_filter_in_kongs_order() -> None:
    table = {
        ("request-transformer", "gateway-api"): {
            "fragments": {
                "RequestHeaderModifier": {
                    "set": [{"name": "X-Tier", "value": "gold"}],
                    "remove": ["x-debug"],
                }
            },
            "priority": 801,
        },
        ("correlation-id", "gateway-api"): {
            "fragments": {
                "RequestHeaderModifier": {
                    "add": [{"name": "x-debug", "value": "1"}, {"name": "x-tier", "value": "silver"}]
                }
            },
            "priority": 1,
        },
    }
    given = route("prefix:/", plugins=(use("correlation-id"), use("request-transformer")))
    emission = emit(given, mapper=FakeMapper(table))
    assert filters(rules(emission)[0])["RequestHeaderModifier"] == {
        "set": [{"name": "x-debug", "value": "1"}, {"name": "X-Tier", "value": "gold, silver"}]
    }
    assert "header-joined" in codes(emission)


def test_4_8_more_than_sixteen_headers_are_told() -> None:
    many = [{"name": f"x-{n:02d}", "value": "1"} for n in range(18)]
    table = {("request-transformer", "gateway-api"): {"fragments": {"RequestHeaderModifier": {"set": many}}}}
    emission = emit(route("prefix:/", plugins=(use("request-transformer"),)), mapper=FakeMapper(table))
    assert len(filters(rules(emission)[0])["RequestHeaderModifier"]["set"]) == 16
    assert "headers-limit" in codes(emission)


def test_4_8_a_path_set_by_a_plugin_wins_over_strip_path() -> None:
    fragment = {"URLRewrite": {"path": {"type": FULL, "replaceFullPath": "/fixed"}}}
    table = {("request-transformer", "gateway-api"): {"fragments": fragment}}
    given = route("prefix:/a", strip_path=True, plugins=(use("request-transformer"),))
    rule = rules(emit(given, mapper=FakeMapper(table)))[0]
    assert filters(rule)["URLRewrite"]["path"]["replaceFullPath"] == "/fixed"


CORS = {
    ("cors", "gateway-api"): {
        "fragments": {"CORS": {"allowOrigins": ["https://a.io"]}},
        "protects": Protects.PROTECTION,
    }
}


def test_4_10_cors_stands_with_the_servers_default_written_out() -> None:
    emission = emit(route("prefix:/", plugins=(use("cors"),)), mapper=FakeMapper(CORS), version="1.5")
    assert filters(rules(emission)[0])["CORS"] == {"allowOrigins": ["https://a.io"], "maxAge": 5}


def test_4_10_trap_49_no_cors_filter_for_a_release_without_it() -> None:
    emission = emit(route("prefix:/", plugins=(use("cors"),)), mapper=FakeMapper(CORS))
    assert "filters" not in rules(emission)[0]
    found = finding(emission, "cors-lost")
    assert found.severity == "error" and "1.5 and later" in found.message
    early = emit(
        route("prefix:/", plugins=(use("cors"),)),
        mapper=FakeMapper(CORS),
        version="1.3",
        channel="experimental",
    )
    assert "CORS" in filters(rules(early)[0])


def test_4_11_weights_are_written_and_default_to_one() -> None:
    two = service(backends=(backend("a", weight=90), backend("b", weight=10)))
    assert [r["weight"] for r in rules(emit(route("prefix:/", to=two)))[0]["backendRefs"]] == [90, 10]
    assert rules(emit(route("prefix:/")))[0]["backendRefs"][0]["weight"] == 1


def test_4_11_one_backend_named_twice_is_one_with_the_sum() -> None:
    twice = service(backends=(backend("a", weight=3), backend("a", weight=4)))
    assert [r["weight"] for r in rules(emit(route("prefix:/", to=twice)))[0]["backendRefs"]] == [7]


def test_4_13_timeouts_are_not_written_unless_asked() -> None:
    found = annotated(Feature.READ_TIMEOUT, "read-timeout")
    given = route("prefix:/", to=service(read_timeout=90500, provenance=found))
    assert "timeouts" not in rules(emit(given))[0]
    assert "timeout" in codes(emit(given))
    wanted = emit(given, timeouts="approximate")
    assert rules(wanted)[0]["timeouts"] == {"request": "0s", "backendRequest": "90s500ms"}
    assert "timeout-total" in codes(wanted)


def test_4_13_no_timeout_annotation_no_timeouts() -> None:
    assert "timeouts" not in rules(emit(route("prefix:/"), timeouts="approximate"))[0]


def test_4_13_retries_are_told_and_never_become_retry_codes() -> None:
    found = annotated(Feature.RETRIES, "retries")
    emission = emit(
        route("prefix:/", to=service(retries=2, provenance=found)), version="1.6", channel="experimental"
    )
    assert "retry" not in rules(emission)[0] and "retries" in codes(emission)


def test_4_14_trap_58_h2c_is_asked_for_and_not_asked_twice() -> None:
    plain = emit(route("prefix:/", protocols=("grpc",), to=service(protocol="grpc")))
    assert "appProtocol: kubernetes.io/h2c" in finding(plain, "app-protocol").remedy
    ready = service(protocol="grpc", backends=(backend(app_protocol="kubernetes.io/h2c"),))
    assert "app-protocol" not in codes(emit(route("prefix:/", to=ready)))


def grpc(*sources: str, hosts: tuple[str, ...] = ("rpc.io",), **more: Any) -> Any:
    origin = ObjectRef("gateway.networking.k8s.io", "GRPCRoute", "shop", "ledger")
    return route(
        *sources, hosts=hosts, origin=origin, protocols=("grpc", "grpcs"), to=service(protocol="grpc"), **more
    )


def test_4_14_a_grpcroute_stays_one() -> None:
    value = only(emit(grpc("regex:/bank.v1.Ledger/Post", "regex:/bank.v1.Audit/")), "GRPCRoute")
    assert value["apiVersion"] == "gateway.networking.k8s.io/v1"
    methods = [m["method"] for rule in value["spec"]["rules"] for m in rule["matches"]]
    assert methods == [
        {"type": "Exact", "service": "bank.v1.Ledger", "method": "Post"},
        {"type": "Exact", "service": "bank.v1.Audit"},
    ]


def test_4_14_a_grpcroute_beside_an_httproute_of_its_host_becomes_one() -> None:
    emission = emit(grpc("regex:/bank.v1.Ledger/Post"), route("prefix:/", hosts=("rpc.io",)))
    assert paths(objects(emission)["ledger"]["spec"]["rules"][0]) == ["Exact /bank.v1.Ledger/Post"]
    assert "grpc-as-http" in codes(emission)


def test_4_14_in_1_0_a_grpcroute_becomes_an_httproute() -> None:
    assert paths(rules(emit(grpc("regex:/a.B/C"), version="1.0"))[0]) == ["Exact /a.B/C"]
    early = emit(grpc("regex:/a.B/C"), version="1.0", channel="experimental")
    assert only(early, "GRPCRoute")["apiVersion"].endswith("/v1alpha2")


def test_4_14_all_calls() -> None:
    assert only(emit(grpc()), "GRPCRoute")["spec"]["rules"][0]["matches"] == [{}]


def tls(**more: Any) -> Any:
    return service(protocol="https", **more)


def test_4_15_unverified_upstream_tls_denies_and_says_why() -> None:
    emission = emit(route("prefix:/", to=tls()))
    assert set(rules(emission)[0]) == {"matches"}
    assert finding(emission, "upstream-tls").level == "unsupported"


def test_4_15_verified_upstream_tls_is_a_policy() -> None:
    authority = ObjectRef("", "ConfigMap", "shop", "ca")
    emission = emit(route("prefix:/", to=tls(tls_verify=True, ca_certificates=(authority,))))
    assert only(emission, "BackendTLSPolicy")["spec"] == {
        "targetRefs": [{"group": "", "kind": "Service", "name": "web"}],
        "validation": {
            "caCertificateRefs": [{"group": "", "kind": "ConfigMap", "name": "ca"}],
            "hostname": SHOP,
        },
    }
    assert "backendRefs" in rules(emission)[0]


def test_4_15_without_an_authority_the_systems_are_used_and_told() -> None:
    emission = emit(route("prefix:/", to=tls(tls_verify=True)))
    assert only(emission, "BackendTLSPolicy")["spec"]["validation"]["wellKnownCACertificates"] == "System"
    assert "upstream-tls-authorities" in codes(emission)


def test_4_15_several_hosts_have_no_one_name() -> None:
    emission = emit(route("prefix:/", hosts=("a.io", "b.io"), to=tls(tls_verify=True)))
    assert "upstream-tls-name" in codes(emission) and not objects(emission, "BackendTLSPolicy")


def test_4_15_a_host_header_is_the_name() -> None:
    target = tls(tls_verify=True, upstream=Upstream(host_header="in.example"))
    emission = emit(route("prefix:/", hosts=("a.io", "b.io"), preserve_host=False, to=target))
    assert only(emission, "BackendTLSPolicy")["spec"]["validation"]["hostname"] == "in.example"


def test_4_15_the_port_is_named_where_the_service_has_several() -> None:
    spec = {"ports": [{"name": "web", "port": 80}, {"name": "tls", "port": 443}]}
    obj = {
        "apiVersion": "v1",
        "kind": "Service",
        "metadata": {"name": "web", "namespace": "shop"},
        "spec": spec,
    }
    target = tls(tls_verify=True, backends=(backend(port=443),))
    emission = emit(model(route("prefix:/", to=target), objects=[obj]))
    assert only(emission, "BackendTLSPolicy")["spec"]["targetRefs"][0]["sectionName"] == "tls"


def test_4_15_a_release_without_the_policy_denies() -> None:
    emission = emit(route("prefix:/", to=tls(tls_verify=True)), version="1.3")
    assert set(rules(emission)[0]) == {"matches"}
    assert "1.4 and later" in finding(emission, "upstream-tls-version").message


def test_4_18_no_backend_is_a_rule_without_backends() -> None:
    emission = emit(route("prefix:/", to=service(backends=())))
    assert set(rules(emission)[0]) == {"matches"} and "no-backend" in codes(emission)


def test_4_18_an_unknown_port_name_denies() -> None:
    target = service(backends=(backend(port=None),))
    emission = emit(route("prefix:/", to=target))
    assert set(rules(emission)[0]) == {"matches"} and "backend-port" in codes(emission)


def test_a_setting_of_one_route_does_not_reach_another() -> None:
    """The nearest peer's filters leak from rule to rule of a host."""
    first = route("prefix:/a", strip_path=True, methods=("GET",), plugins=(use("cors"),))
    second = route("prefix:/b", origin=ingress("other"), to="b")
    emission = emit(first, second, mapper=FakeMapper(CORS), version="1.5")
    other = objects(emission)["other"]["spec"]["rules"]
    assert other == [
        {
            "matches": [{"path": {"type": "PathPrefix", "value": "/b"}}],
            "backendRefs": [{"group": "", "kind": "Service", "name": "b", "port": 80, "weight": 1}],
        }
    ]
