"""What the APISIX controller ignores or does differently, line by line of apisix-target.md section 7."""

from __future__ import annotations

from pathlib import Path
from typing import Any

import pytest

from kong2x.emit.gateway_api.profiles.apisix import codes_differences
from kong2x.emit.gateway_api.profiles.apisix.standard_filters import misread
from kong2x.model.errors import UsageError
from kong2x.model.finding import Protects
from kong2x.model.plugin import Consumer
from kong2x.model.route import Certificate, Feature, HeaderMatch, Parent, StreamRoute, Upstream
from kong2x.model.settings import Options
from kong2x.model.source import ObjectRef
from kong2x.model.traffic import Request
from kong2x.validate import Validator
from kong2x.verify.gateway_on_apisix import gateway_on_apisix

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
    options,
    route,
    rules,
    service,
    use,
)
from .test_objects import valid


def apisix(*given: Any, table: Any = None, controller: str = "", **settings: str) -> Any:
    version, channel = settings.pop("version", None), settings.pop("channel", "standard")
    chosen = options(version, channel, implementation="apisix", **settings)
    if controller:
        more = {**chosen.settings, "apisix.controller": controller}
        chosen = Options(
            to="gateway-api", settings=more, target_version=chosen.target_version, channel=channel
        )
    return emit(*given, mapper=FakeMapper(table), opts=chosen)


def answer(emission: Any, path: str, host: str = SHOP) -> Any:
    router = gateway_on_apisix([manifest.value for manifest in emission.manifests])
    return router.answer(Request("GET", host, path))


GATEWAY = ObjectRef("gateway.networking.k8s.io", "Gateway", "infra", "edge")


# 7.1 kinds and versions


def test_stream_routes_older_than_v1_are_not_read() -> None:
    given = model()
    origin = ObjectRef("configuration.konghq.com", "TCPIngress", "data", "pg")
    target = service("pg", namespace="data", protocol="tcp", backends=(backend("pg", 5432, "data"),))
    given.streams = [StreamRoute("s", origin, target, ports=(5432,))]
    old = apisix(given, version="1.5", channel="experimental")
    assert "v1alpha2" in finding(old, "apisix-stream-version").message
    assert "apisix-stream-version" not in codes(apisix(given, version="1.6"))


def test_grants_need_the_crds_of_gateway_api_1_5() -> None:
    elsewhere = service("web", backends=(backend("web", namespace="other"),))
    given = route("prefix:/", to=elsewhere)
    assert "apisix-grant-version" in codes(apisix(given, version="1.4"))
    assert "apisix-grant-version" not in codes(apisix(given, version="1.5"))
    assert "apisix-grant-version" not in codes(apisix(given, version="1.4", controller="2.1"))
    assert "apisix-grant-version" not in codes(apisix(route("prefix:/"), version="1.4"))


def test_backend_tls_policies_and_listenersets_are_not_written() -> None:
    target = service(
        protocol="https", tls_verify=True, provenance=annotated(Feature.TLS_VERIFY, "tls-verify")
    )
    emission = apisix(route("prefix:/", to=target), version="1.6")
    assert objects(emission, "BackendTLSPolicy") == {} and "apisix-upstream-tls" in codes(emission)


# 7.2 Gateway


def test_a_written_gateway_opens_no_port() -> None:
    assert "apisix-listener-port" in codes(apisix(route("prefix:/"), create_gateway="true"))
    assert "apisix-listener-port" not in codes(apisix(route("prefix:/")))


def test_a_gatewayproxy_is_written_where_it_is_wanted() -> None:
    """It stands beside its Gateway and carries what exists once a gateway."""
    wide = {
        "fragments": {"http-logger": {"uri": "http://log"}},
        "gateway_wide": {"http-logger": {"log_format": {}}},
    }
    given = route("prefix:/", plugins=(use("http-log"),))
    table = {("http-log", "apisix"): wide}
    emission = apisix(given, table=table, create_gateway="true", create_gateway_proxy="true")
    proxy = only(emission, "GatewayProxy")
    assert proxy["metadata"] == {"name": "apisix", "namespace": "infra"}
    assert proxy["spec"]["pluginMetadata"] == {"http-logger": {"log_format": {}}}
    assert only(emission, "Gateway")["spec"]["infrastructure"]["parametersRef"]["name"] == "apisix"
    assert "apisix-proxy-written" in codes(emission)
    assert not {"apisix-metadata", "apisix-proxy"} & set(codes(emission))
    for release in ("2.0", "2.1", "2.2"):
        assert Validator("apisix", release).check(proxy) == []
    without = apisix(given, table=table, create_gateway="true")
    assert objects(without, "GatewayProxy") == {}
    assert {"apisix-metadata", "apisix-proxy"} <= set(codes(without))


def test_kongs_default_retries_are_told() -> None:
    assert "apisix-default-retries" in codes(apisix(route("prefix:/")))
    assert "apisix-default-retries" not in codes(apisix(route("prefix:/", to=WATCHED)))


def test_a_wildcard_certificate_covers_one_label() -> None:
    def written(host: str) -> list[str]:
        given = model(route("prefix:/", hosts=(host,)))
        given.certificates = [Certificate(ObjectRef("", "Secret", "shop", "cert"), (host,), ingress())]
        return codes(apisix(given, create_gateway="true"))

    assert "apisix-wildcard-sni" in written("*.shop.example")
    assert "apisix-wildcard-sni" not in written("shop.example")


def test_listeners_are_not_kept_apart() -> None:
    assert "apisix-isolation" in codes(apisix(route("prefix:/"), parent="infra/edge:internal"))
    assert "apisix-isolation" not in codes(apisix(route("prefix:/"), parent="infra/edge"))


def test_a_route_of_several_gateways() -> None:
    own = (Parent("infra", "edge"), Parent("infra", "internal"))
    one = route("prefix:/", parents=own)
    chosen = Options(to="gateway-api", settings={"gateway-api.implementation": "apisix"})
    assert "apisix-several-gateways" in codes(emit(one, mapper=FakeMapper(), opts=chosen))
    alone = route("prefix:/", parents=own[:1])
    assert "apisix-several-gateways" not in codes(emit(alone, mapper=FakeMapper(), opts=chosen))


# 7.3 matching


@pytest.mark.parametrize(
    ("kind", "wanted", "other"),
    [
        ("prefix:/c d", "/c%20d/x", "/c%20dx"),
        ("exact:/c d", "/c%20d", "/c%20d/"),
        ("prefix:/c++", "/c++/x", "/c"),
        ("prefix:/a(b)", "/a(b)/c", "/ab/c"),
        ("exact:/a*b", "/a*b", "/axb"),
    ],
)
def test_paths_that_apisix_reads_otherwise_are_expressions(kind: str, wanted: str, other: str) -> None:
    root = route("prefix:/", to="root", name="root", origin=ingress("a-root"))
    emission = apisix(model(route(kind, name="r"), root))
    assert answer(emission, wanted).service == "shop/web:80"
    assert answer(emission, other).service == "shop/root:80"
    assert "encoded-path" not in codes(emission)
    valid(emission)


def test_plain_paths_stay_prefixes() -> None:
    emission = apisix(route("prefix:/a.b-c_d~e"))
    assert rules(emission)[0]["matches"][0]["path"] == {"type": "PathPrefix", "value": "/a.b-c_d~e"}


def test_the_prefix_of_an_exchange_is_escaped() -> None:
    """The controller would put it into an expression as it is."""
    emission = apisix(route("prefix:/c++", strip_path=True))
    assert set(filters(rules(emission)[0])) == {"ExtensionRef"}
    assert answer(emission, "/c++/x").path == "/x" and answer(emission, "/c++").path == "/"
    plain = apisix(route("prefix:/c", strip_path=True))
    assert set(filters(rules(plain)[0])) == {"URLRewrite"}


def test_header_values_fit_in_any_case_as_in_kong() -> None:
    emission = apisix(route("prefix:/", headers=(HeaderMatch("x-ring", ("Inner", "2")),)))
    headers = [match["headers"][0] for match in rules(emission)[0]["matches"]]
    assert headers == [
        {"type": "RegularExpression", "name": "x-ring", "value": r"(?i)^Inner\z"},
        {"type": "Exact", "name": "x-ring", "value": "2"},
    ]
    assert "header-case" not in codes(emission) and "apisix-joined-headers" in codes(emission)
    router = gateway_on_apisix([manifest.value for manifest in emission.manifests])
    assert router.answer(Request("GET", SHOP, "/", (("X-Ring", "INNER"),))).service == "shop/web:80"
    assert router.answer(Request("GET", SHOP, "/", (("X-Ring", "inner2"),))).status == 404
    exact = apisix(route("prefix:/", headers=(HeaderMatch("x-ring", ("Inner",), exact_case=True),)))
    assert rules(exact)[0]["matches"][0]["headers"][0]["type"] == "Exact"


def test_two_values_of_one_header_stay_apart() -> None:
    one = route("prefix:/", headers=(HeaderMatch("x-ring", ("inner",)),), name="a", to="a")
    two = route(
        "prefix:/", headers=(HeaderMatch("x-ring", ("outer",)),), name="b", to="b", origin=ingress("b")
    )
    emission = apisix(model(one, two))
    assert "same-match" not in codes(emission) and "rule-added" not in codes(emission)


def test_the_backend_sees_its_own_address_as_from_kong() -> None:
    emission = apisix(route("prefix:/", preserve_host=False))
    assert only(emission, "BackendTrafficPolicy")["spec"]["passHost"] == "node"
    assert answer(emission, "/").host is None and "host-of-pod" not in codes(emission)
    shared = service()
    mixed = model(
        route("prefix:/a", to=shared, preserve_host=False, name="a"),
        route("prefix:/b", to=shared, name="b"),
    )
    assert "host-of-pod" in codes(apisix(mixed)), "a policy would act on both routes"


def test_a_prefix_is_written_without_its_final_slash() -> None:
    emission = apisix(route("prefix:/api/"))
    assert answer(emission, "/api").service == "shop/web:80"


def test_expressions_on_the_path_are_anchored() -> None:
    emission = apisix(route(r"regex:/v\d+"))
    assert answer(emission, "/x/v1").status == 404 and answer(emission, "/v1/x").service


# 7.4 filters


def body(kind: str, field: str, **more: Any) -> dict[str, Any]:
    return {"type": kind, field: more}


MISREAD = [
    body("RequestRedirect", "requestRedirect", path={"type": "ReplaceFullPath", "replaceFullPath": "/x"}),
    body("ResponseHeaderModifier", "responseHeaderModifier", add=[{"name": "x", "value": "https://a"}]),
    body("ResponseHeaderModifier", "responseHeaderModifier", add=[{"name": "x", "value": "a/"}]),
    body("ResponseHeaderModifier", "responseHeaderModifier", set=[{"name": "x", "value": "$host"}]),
    body("RequestHeaderModifier", "requestHeaderModifier", set=[{"name": "x", "value": "5$"}]),
    body("RequestMirror", "requestMirror", percent=10),
    body("CORS", "cors", allowOrigins=["https://*.a.example"]),
    body("CORS", "cors", allowOrigins=["https://a.example"], allowCredentials=True),
    body("CORS", "cors", allowOrigins=["*"], maxAge=600),
]
UNDERSTOOD = [
    body("RequestRedirect", "requestRedirect", scheme="https", statusCode=301),
    body("ResponseHeaderModifier", "responseHeaderModifier", set=[{"name": "x", "value": "https://a/"}]),
    body("RequestHeaderModifier", "requestHeaderModifier", add=[{"name": "x", "value": "https://a/"}]),
    body("RequestMirror", "requestMirror", backendRef={"name": "b", "port": 80}),
    body("CORS", "cors", allowOrigins=["*"], maxAge=5),
    body(
        "CORS",
        "cors",
        allowOrigins=["https://a.example"],
        allowMethods=["GET"],
        allowHeaders=["x-a"],
        allowCredentials=True,
    ),
    body("URLRewrite", "urlRewrite", hostname="in.example"),
]


@pytest.mark.parametrize("part", MISREAD)
def test_a_filter_that_is_read_otherwise(part: dict[str, Any]) -> None:
    assert misread(part)


@pytest.mark.parametrize("part", UNDERSTOOD)
def test_a_filter_that_is_read_as_the_standard_says(part: dict[str, Any]) -> None:
    assert misread(part) == ""


def test_a_misread_filter_is_left_out_and_told() -> None:
    headers = {"add": [{"name": "x-link", "value": "https://a.example"}]}
    table = {("response-transformer", "gateway-api"): {"fragments": {"ResponseHeaderModifier": headers}}}
    emission = apisix(route("prefix:/", plugins=(use("response-transformer"),)), table=table)
    assert "filters" not in rules(emission)[0] and "backendRefs" in rules(emission)[0]
    assert "x-link" in finding(emission, "apisix-filter").message


def test_a_misread_redirect_denies_its_rule() -> None:
    redirect = {
        "path": {"type": "ReplaceFullPath", "replaceFullPath": "/start"},
        "hostname": "new.example",
        "statusCode": 301,
    }
    table = {("redirect", "gateway-api"): {"fragments": {"RequestRedirect": redirect}}}
    emission = apisix(route("prefix:/", plugins=(use("redirect"),)), table=table)
    assert set(rules(emission)[0]) == {"matches"} and {"denied", "apisix-filter"} <= set(codes(emission))


def test_lost_cors_protection_is_an_error() -> None:
    cors = {"allowOrigins": ["https://*.a.example"], "allowMethods": ["GET"]}
    table = {("cors", "gateway-api"): {"fragments": {"CORS": cors}, "protects": Protects.PROTECTION}}
    emission = apisix(route("prefix:/", plugins=(use("cors"),)), table=table, version="1.6")
    assert finding(emission, "apisix-filter-protects").severity == "error"


# 7.5 backends


def test_an_appprotocol_does_not_change_the_scheme() -> None:
    """Kong goes by its own annotations; the controller would call the backend over TLS."""
    target = service(backends=(backend("web", app_protocol="https"),))
    emission = apisix(route("prefix:/", to=target))
    assert only(emission, "BackendTrafficPolicy")["spec"]["scheme"] == "http"
    assert "apisix-app-protocol" in codes(emission)
    same = service(protocol="https", backends=(backend("web", app_protocol="https"),))
    assert "apisix-app-protocol" not in codes(apisix(route("prefix:/", to=same)))
    none = apisix(route("prefix:/", to=service(backends=(backend("web", app_protocol="http"),))))
    assert objects(none, "BackendTrafficPolicy") == {}


def test_a_single_backend_of_weight_0_is_not_written() -> None:
    target = service(backends=(backend("web", weight=0),))
    emission = apisix(route("prefix:/", to=target))
    assert "backendRefs" not in rules(emission)[0] and "apisix-weight-zero" in codes(emission)
    assert answer(emission, "/").status == 500
    part = service(backends=(backend("web", weight=0), backend("api", weight=1)))
    split = apisix(route("prefix:/", to=part))
    assert len(rules(split)[0]["backendRefs"]) == 2 and "apisix-weight-zero" not in codes(split)


def test_shares_and_shared_backends_are_told() -> None:
    first = service("a", backends=(backend("a"), backend("common")))
    second = service("b", backends=(backend("b"), backend("common")))
    one, other = route("prefix:/a", to=first, name="a"), route("prefix:/b", to=second, name="b")
    assert {"apisix-shares", "apisix-shared-backend"} <= set(codes(apisix(model(one, other))))
    alone = codes(apisix(one))
    assert "apisix-shares" in alone and "apisix-shared-backend" not in alone
    assert "apisix-shares" not in codes(apisix(route("prefix:/")))


# 7.6 other routes


def grpc(path: str) -> Any:
    origin = ObjectRef("gateway.networking.k8s.io", "GRPCRoute", "shop", "calls")
    target = service(protocol="grpc")
    return apisix(route(path, origin=origin, to=target, protocols=("grpc", "grpcs")), version="1.6")


def test_grpc_expressions_are_read_as_text() -> None:
    assert "apisix-grpc-pattern" in codes(grpc("regex:/shop.[A-Z]+/Add"))
    plain = codes(grpc("regex:/shop.Cart/Add"))
    assert "apisix-grpc-pattern" not in plain and "apisix-grpc-hosts" in plain


def test_a_grpc_policy_names_the_scheme() -> None:
    """Any policy without it would make the scheme http."""
    assert only(grpc("regex:/shop.Cart/Add"), "BackendTrafficPolicy")["spec"]["scheme"] == "grpc"


def stream(**more: Any) -> Any:
    given = model()
    origin = ObjectRef("configuration.konghq.com", "TCPIngress", "data", "pg")
    target = service("pg", namespace="data", protocol="tcp", backends=(backend("pg", 5432, "data"),))
    given.streams = [StreamRoute("s", origin, target, ports=(5432,), **more)]
    return given


def test_stream_ports_are_told_for_every_tcp_route() -> None:
    assert "apisix-stream-ports" in codes(apisix(stream(), version="1.6"))
    assert "apisix-stream-ports" not in codes(apisix(stream(snis=("db.example",)), version="1.6"))


def test_two_server_names_are_two_tlsroutes() -> None:
    """With both in one object APISIX refuses the whole configuration."""
    emission = apisix(stream(snis=("a.example", "b.example")), version="1.6")
    found = objects(emission, "TLSRoute")
    assert sorted(tuple(one["spec"]["hostnames"]) for one in found.values()) == [
        ("a.example",),
        ("b.example",),
    ]


def test_tls_is_not_passed_through() -> None:
    passed = stream(snis=("db.example",), protocols=("tls_passthrough",))
    assert "apisix-passthrough" in codes(apisix(passed, version="1.6"))
    assert "apisix-passthrough" not in codes(apisix(stream(snis=("db.example",)), version="1.6"))


# releases of the controller


CHECKS = {"active": {"http_path": "/ok", "healthy": {"interval": 5}}}
WATCHED = service(
    upstream=Upstream(healthchecks=CHECKS), retries=2, provenance=annotated(Feature.RETRIES, "retries")
)


def test_health_checks_need_2_1() -> None:
    old = apisix(route("prefix:/", to=WATCHED), controller="2.0")
    assert "healthCheck" not in only(old, "BackendTrafficPolicy")["spec"]
    assert "from 2.1 on" in finding(old, "apisix-release").message
    new = apisix(route("prefix:/", to=WATCHED), controller="2.1")
    assert "healthCheck" in only(new, "BackendTrafficPolicy")["spec"] and "apisix-release" not in codes(new)


def test_stream_policies_need_2_2() -> None:
    table = {
        ("ip-restriction", "apisix"): {
            "fragments": {"ip-restriction": {"whitelist": ["10.0.0.0/8"]}},
            "protects": Protects.ACCESS,
        }
    }
    given = stream(plugins=(use("ip-restriction", {"allow": ["10.0.0.0/8"]}),))
    old = apisix(given, table=table, controller="2.1", version="1.6")
    assert objects(old, "L4RoutePolicy") == {} and "from 2.2 on" in finding(old, "apisix-release").message
    assert objects(old, "TCPRoute") == {} and "denied" in codes(old), "the check decides who may connect"
    new = apisix(given, table=table, controller="2.2", version="1.6")
    assert len(objects(new, "L4RoutePolicy")) == 1 and "apisix-release" not in codes(new)


def test_a_release_without_the_profiles_kinds_is_refused() -> None:
    with pytest.raises(UsageError, match=r"2\.0 on"):
        apisix(route("prefix:/"), controller="1.8")


@pytest.mark.parametrize("release", ["2.0", "2.1", "2.2"])
def test_every_kind_is_valid_in_its_release(release: str) -> None:
    """PluginConfig, HTTPRoutePolicy, BackendTrafficPolicy and Consumer; L4RoutePolicy only where it exists."""
    table = {
        ("key-auth", "apisix"): {"fragments": {"key-auth": {"header": "apikey"}}},
        ("ip-restriction", "apisix"): {"fragments": {"ip-restriction": {"whitelist": ["10.0.0.0/8"]}}},
    }
    given = stream(plugins=(use("ip-restriction", {"allow": ["10.0.0.0/8"]}),))
    given.routes = [
        route("prefix:/api", plugins=(use("key-auth"),), name="p", to=WATCHED),
        route(r"regex:/api/v\d+", name="q", to="versions", origin=ingress("versions")),
    ]
    given.consumers = [Consumer(ObjectRef("configuration.konghq.com", "KongConsumer", "shop", "bob"), "bob")]
    emission = apisix(given, table=table, controller=release, version="1.6")
    own = [m.value for m in emission.manifests if m.value["apiVersion"].startswith("apisix.apache.org/")]
    kinds = {value["kind"] for value in own}
    assert {"PluginConfig", "HTTPRoutePolicy", "BackendTrafficPolicy", "Consumer"} <= kinds
    assert ("L4RoutePolicy" in kinds) == (release == "2.2")
    checker = Validator("apisix", release)
    assert [f.message for value in own for f in checker.check(value) if f.code.startswith("schema/")] == []


def test_every_code_of_the_differences_is_tested_here() -> None:
    text = Path(__file__).read_text(encoding="utf-8")
    for code in codes_differences.CODES:
        assert f'"{code.id.removeprefix("gateway-api/")}"' in text, code.id
