"""The traps of the APISIX facts that this target can fall into; the number stands in the name."""

from __future__ import annotations

import pytest

from kong2x.model.finding import Level
from kong2x.model.labels import acl_label
from kong2x.model.plugin import Consumer, Credential, Hidden, SecretKey
from kong2x.model.route import Backend, Certificate, Feature, HeaderMatch, PathKind, PathMatch, Upstream
from kong2x.model.source import Leaf, ObjectRef, SourceObject
from kong2x.model.traffic import Request
from tests.emit.apisix.build import (
    Table,
    backend,
    emit,
    exact,
    origin,
    prefix,
    raw,
    regex,
    route,
    service,
    use,
    valid,
)

HOST = "shop.example.com"


def serves(emitted, path, **more):
    answer = emitted.router.answer(Request(more.pop("method", "GET"), more.pop("host", HOST), path, **more))
    return answer.service.partition("/")[2].partition(":")[0] if answer.service else answer.status


def credential(kind, name, **fields):
    hidden = {key: Hidden(value) for key, value in fields.items()}
    return Credential(kind, ObjectRef("", "Secret", "shop", name), hidden)


def consumer(name, *credentials, **more):
    ref = ObjectRef("configuration.konghq.com", "KongConsumer", "shop", name)
    return Consumer(ref, more.pop("username", name), credentials=credentials, **more)


def test_trap_1_a_star_only_ends_a_path():
    for path in (raw("/a/*.png"), exact("/foo*bar"), prefix("/x/*y")):
        for rule in emit(route(path)).rules():
            assert all(uri.index("*") == len(uri) - 1 for uri in rule["match"]["paths"])
            assert rule["match"]["exprs"][0]["op"] == "RegexMatch"


@pytest.mark.parametrize("char", list("+?()[]{}|^$\\"))
def test_trap_2_metacharacters_before_a_slash_and_star(char):
    value = f"/a{char}b"
    for path in (prefix(value), raw(f"{value}/")):
        emitted = emit(route(path), flavour="expressions")
        for uri in emitted.rule()["match"]["paths"]:
            assert not uri.endswith("/*")
        assert serves(emitted, f"/a{char}b/x".replace("?", "%3F").replace("\\", "%5C")) == "cart"


def test_trap_3_and_4_a_pattern_wins_over_longer_and_exact_paths_as_in_kong():
    emitted = emit(
        route(regex("/foo/.*"), to="pattern"),
        route(prefix("/foo/bar"), to="longer"),
    )
    assert serves(emitted, "/foo/bar/baz") == "pattern"
    assert serves(emitted, "/foo/x") == "pattern"


def test_trap_5_a_path_without_host_that_kong_prefers_stands_on_the_host_too():
    emitted = emit(
        route(exact("/x"), to="free", host="", ingress="free"),
        route(prefix("/"), to="wild", hosts=("*.example.com",)),
        flavour="traditional_compatible",
    )
    assert serves(emitted, "/x", host="a.example.com") == "free"
    assert serves(emitted, "/y", host="a.example.com") == "wild"
    assert serves(emitted, "/x", host="other.org") == "free"


def test_trap_5_nothing_is_copied_where_the_host_wins_in_kong():
    emitted = emit(
        route(exact("/x"), to="free", host="", ingress="free"),
        route(prefix("/"), to="named"),
    )
    assert len(emitted.rules("free")) == 1
    assert "hosts" not in emitted.rule("free")["match"]
    assert serves(emitted, "/x") == "named"


def test_trap_6_conditional_rules_have_priorities_of_their_own():
    headers = (HeaderMatch("X-Env", ("blue",)),)
    emitted = emit(
        route(prefix("/"), to="plain"),
        route(prefix("/"), to="blue", headers=headers),
        route(prefix("/"), to="both", headers=headers, methods=("POST",)),
    )
    plain, blue, both = (rule.get("priority", 0) for rule in emitted.rules())
    assert plain < blue < both


def test_trap_7_equal_routes_of_two_objects_are_ordered_and_told():
    first = route(prefix("/a"), to="one", ingress="one", id="4c383e01-ac10-58f2-9fa7-d18ce165c2fe")
    second = route(prefix("/a"), to="two", ingress="two", id="bacf935c-31ba-503f-b57b-bc3a1ec363d4")
    forward, backward = emit(first, second), emit(second, first)
    assert forward.rule("one").get("priority") != forward.rule("two").get("priority")
    assert serves(forward, "/a/x") == serves(backward, "/a/x")
    told = forward.finding("apisix/tie")
    assert set(told.routes) == {first.name, second.name}


def test_trap_7_routes_that_never_meet_are_not_told():
    emitted = emit(
        route(prefix("/a"), to="get", methods=("GET",)),
        route(prefix("/a"), to="post", methods=("POST",), ingress="two"),
    )
    assert "apisix/tie" not in emitted.codes
    assert "priority" not in emitted.rule("two")


def test_trap_8_encoded_paths_are_written_decoded_and_told():
    path = raw("/a%2Fb")
    emitted = emit(route(path))
    match = emitted.rule()["match"]
    assert match["paths"] == ["/a/b*"]
    assert match["exprs"][0]["subject"]["name"] == "real_request_uri"
    assert emitted.finding("apisix/encoded-path").level is Level.APPROXIMATE
    assert serves(emitted, "/a%2fb/c") == "cart"
    assert serves(emitted, "/a/b/c") == 404


def test_trap_10_segments_end_where_kong_ends_them():
    emitted = emit(route(prefix("/foo")))
    assert [serves(emitted, path) for path in ("/foo", "/foo/", "/foo/x", "/foobar")] == ["cart"] * 3 + [404]


def test_the_strict_half_of_a_gateway_api_prefix_ranks_as_a_pattern():
    root = PathMatch(PathKind.SEGMENT_PREFIX, "/", ("~/$", "/"))
    slash = PathMatch(PathKind.RAW_PREFIX, "/x/", ("~/x/$", "/x/"))
    for path, asked in ((root, "/"), (slash, "/x/")):
        gateway = route(path, to="gateway", name="httproute.shop.web.0.0")
        plain = route(prefix("/"), raw("/x"), to="plain", ingress="two", methods=("GET",))
        emitted = emit(gateway, plain, flavour="traditional_compatible")
        assert serves(emitted, asked) == "gateway"
        assert serves(emitted, f"{asked}y") == "plain"


def test_trap_12_and_13_patterns_are_anchored_and_must_be_pcre():
    emitted = emit(route(regex("/a|/b")), flavour="traditional")
    assert emitted.rule()["match"]["exprs"][0]["value"] == "^(?:/a|/b)"
    half = emit(route(regex("/a|/b")), flavour="traditional_compatible")
    assert half.rule()["match"]["exprs"][0]["value"] == "^/a|/b"
    refused = emit(route(regex(r"/(?u:x)\u{1F600}")), flavour="expressions")
    assert refused.kinds("ApisixRoute") == []
    assert refused.finding("apisix/regex-refused").level is Level.UNSUPPORTED


def test_trap_14_hosts_lower_case_and_wildcards_at_the_end():
    emitted = emit(route(prefix("/"), hosts=("Shop.Example.com", "api.*")))
    hosts = [rule["match"].get("hosts") for rule in emitted.rules()]
    assert hosts == [["shop.example.com"], None]
    assert serves(emitted, "/", host="api.example.org") == "cart"
    assert serves(emitted, "/", host="xapi.example.org") == 404
    dead = emit(route(prefix("/"), hosts=("api.*",)), flavour="expressions")
    assert dead.kinds("ApisixRoute") == []


def test_trap_19_several_values_of_a_header_are_one_condition():
    rule = emit(route(prefix("/"), headers=(HeaderMatch("X-A", ("1", "2")),))).rule()
    assert len(rule["match"]["exprs"]) == 1


def test_trap_20_unknown_methods_are_compared_as_a_variable():
    rule = emit(route(prefix("/"), methods=("PROPFIND", "GET"))).rule()
    assert "methods" not in rule["match"]
    assert rule["match"]["exprs"][0]["set"] == ["PROPFIND", "GET"]


def test_trap_22_every_rule_has_paths_once():
    emitted = emit(route(prefix("/a"), raw("/a/"), prefix("/a")))
    paths = emitted.rule()["match"]["paths"]
    assert paths and len(paths) == len(set(paths))
    assert emit(route()).rule()["match"]["paths"] == ["/*"]


def test_trap_24_and_25_no_timeout_is_below_a_second():
    rule = emit(route(prefix("/"), service=service(read_timeout=1))).rule()
    assert rule["timeout"]["read"] == "1s"


def test_trap_26_and_27_and_28_health_checks():
    checks = {
        "active": {"headers": {"x": ["1"]}, "healthy": {"interval": 0.2}, "https_verify_certificate": False}
    }
    emitted = emit(route(prefix("/"), service=service(upstream=Upstream(healthchecks=checks))))
    active = emitted.named("ApisixUpstream")["spec"]["healthCheck"]["active"]
    assert active["healthy"]["interval"] == active["unhealthy"]["interval"] == "1s"
    assert "requestHeaders" not in active and "successes" not in active["healthy"]
    assert {"apisix/health-headers", "apisix/health-counter"} <= set(emitted.codes)
    old = emit(
        route(
            prefix("/"),
            service=service(
                upstream=Upstream(healthchecks={"active": {"unhealthy": {"interval": 1, "timeouts": 3}}})
            ),
        ),
        settings={"apisix.controller": "1.8"},
    )
    assert old.named("ApisixUpstream")["spec"]["healthCheck"]["active"]["unhealthy"]["timeouts"] == 3


def labelled(ref, labels):
    value = {
        "apiVersion": f"{ref.group}/v1",
        "kind": ref.kind,
        "metadata": {"name": ref.name, "labels": labels},
    }
    value["metadata"]["namespace"] = ref.namespace
    return {ref: SourceObject(value)}


def test_trap_32_empty_labels_stay_behind():
    emitted = emit(
        route(prefix("/")), objects=labelled(origin(), {"app": "shop", "note": "", "konghq.com/x": "y"})
    )
    assert emitted.named("ApisixRoute")["metadata"]["labels"] == {"app": "shop"}


def test_trap_33_dots_in_consumer_names():
    emitted = emit(consumers=[consumer("alice.example", credential("key-auth", "k", key="x"))])
    assert emitted.named("ApisixConsumer")["metadata"]["name"] == "alice-example"
    assert "shop_alice-example" in emitted.finding("apisix/consumer-name").message


def test_trap_40_the_same_service_twice():
    twice = service(
        backends=(backend("a", 80, weight=1), backend("a", 80, weight=2), backend("b", 80, weight=7))
    )
    rule = emit(route(prefix("/"), service=twice)).rule()
    assert [(b["serviceName"], b["weight"]) for b in rule["backends"]] == [("a", 3), ("b", 7)]
    ports = service(backends=(backend("a", 80), backend("a", 90)))
    emitted = emit(route(prefix("/"), service=ports))
    assert len(emitted.rule()["backends"]) == len(emitted.rule()["upstreams"]) == 1


def test_trap_41_external_nodes_belong_to_one_rule():
    far = service(backends=(Backend("other", "api", 80, 80, known=True),))
    emitted = emit(
        route(prefix("/a"), name="shop.web.a", service=far),
        route(prefix("/b"), name="shop.web.b", service=far),
    )
    names = [rule["upstreams"][0]["name"] for rule in emitted.rules()]
    assert len(set(names)) == 2
    assert all("." in name for name in names), "a Service can never have the name, so it binds to none"


def test_trap_42_the_scheme_is_always_written():
    plain = service(backends=(backend(app_protocol="https"),))
    assert emit(route(prefix("/"), service=plain)).named("ApisixUpstream")["spec"]["scheme"] == "http"
    emitted = emit(route(prefix("/"), service=service(retries=1)))
    assert emitted.named("ApisixUpstream")["spec"]["scheme"] == "http"


def test_trap_44_routes_that_want_other_settings_of_one_service_are_told():
    emitted = emit(
        route(prefix("/a"), name="shop.web.a", service=service(retries=1)),
        route(prefix("/b"), name="shop.web.b", service=service(retries=1)),
        route(prefix("/c"), name="shop.web.c", service=service(retries=3)),
    )
    assert emitted.named("ApisixUpstream")["spec"]["retries"] == 1
    assert emitted.finding("apisix/upstream-conflict").routes == ("shop.web.c",)


def test_trap_44_timeouts_are_no_conflict():
    emitted = emit(
        route(prefix("/a"), name="shop.web.a", service=service(read_timeout=1000)),
        route(prefix("/b"), name="shop.web.b", service=service(read_timeout=2000)),
    )
    assert "apisix/upstream-conflict" not in emitted.codes
    assert [rule["timeout"]["read"] for rule in emitted.rules()] == ["1s", "2s"]


def test_trap_45_one_mechanism_sets_the_host():
    header = service(upstream=Upstream(host_header="h"))
    emitted = emit(route(prefix("/"), preserve_host=False, service=header))
    assert "proxy-rewrite" not in emitted.plugins()


def test_trap_45_nodes_and_passed_hosts_on_one_service_are_told():
    emitted = emit(
        route(prefix("/a"), name="shop.web.a", preserve_host=False), route(prefix("/b"), name="shop.web.b")
    )
    assert emitted.kinds("ApisixUpstream") == []
    assert emitted.finding("apisix/host-conflict").routes == ("shop.web.a",)


def test_trap_53_two_sources_of_proxy_rewrite_become_one_entry():
    mapper = Table({"request-transformer": {"proxy-rewrite": {"headers": {"set": {"X": "1"}}}}})
    emitted = emit(
        route(prefix("/a"), strip_path=True, plugins=(use("request-transformer", name="shape"),)),
        mapper=mapper,
    )
    assert emitted.plugins()["proxy-rewrite"] == {
        "regex_uri": ["^/a/?(.*)$", "/$1"],
        "headers": {"set": {"X": "1"}},
    }
    (config,) = emitted.kinds("ApisixPluginConfig")
    assert config["spec"]["plugins"][0]["config"] == {"headers": {"set": {"X": "1"}}}


def test_trap_53_plugins_that_cannot_be_joined_are_told():
    mapper = Table(
        {
            "ip-restriction": {"ip-restriction": {"whitelist": ["10.0.0.0/8"]}},
            "other": {"ip-restriction": {"whitelist": []}},
        }
    )
    emitted = emit(route(prefix("/"), plugins=(use("ip-restriction"), use("other"))), mapper=mapper)
    assert emitted.finding("apisix/plugin-clash").level is Level.UNSUPPORTED


def test_trap_55_secrets_keep_a_plugin_in_the_namespace_of_its_route():
    auth = use("ldap-auth", name="dir", kind="KongClusterPlugin", namespace="")
    secrets = {"ldap-auth": {("ldap-auth", ("password",)): SecretKey("shop", "ldap", "password")}}
    mapper = Table({"ldap-auth": {"ldap-auth": {"uri": "x"}}}, secrets=secrets)
    emitted = emit(
        route(prefix("/"), plugins=(auth,)), mapper=mapper, settings={"apisix.plugin-namespace": "gateway"}
    )
    assert "plugin_config_namespace" not in emitted.rule()
    (config,) = emitted.kinds("ApisixPluginConfig")
    entry = next(p for p in config["spec"]["plugins"] if p["name"] == "ldap-auth")
    assert entry["secretRef"] == "ldap"


def test_trap_39_a_secret_with_other_key_names_has_to_be_made():
    secrets = {"ldap-auth": {("ldap-auth", ("password",)): SecretKey("shop", "ldap", "ldap-pass")}}
    mapper = Table({"ldap-auth": {"ldap-auth": {"uri": "x"}}}, secrets=secrets)
    emitted = emit(route(prefix("/"), plugins=(use("ldap-auth"),)), mapper=mapper)
    (config,) = emitted.kinds("ApisixPluginConfig")
    entry = next(p for p in config["spec"]["plugins"] if p["name"] == "ldap-auth")
    told = emitted.finding("apisix/plugin-secret").message
    assert entry["secretRef"] in told and "ldap-pass" in told


def test_trap_60_redirects_come_before_authentication():
    mapper = Table({"key-auth": {"key-auth": {}}})
    emitted = emit(
        route(prefix("/"), protocols=("https",), https_redirect_status_code=301, plugins=(use("key-auth"),)),
        mapper=mapper,
    )
    assert emitted.plugins()["redirect"]["_meta"]["priority"] > 22000


def test_trap_63_consumer_names_are_told():
    emitted = emit(consumers=[consumer("alice", credential("key-auth", "k", key="x"), username="Alice")])
    assert "shop_alice" in emitted.finding("apisix/consumer-name").message


def test_trap_65_a_second_key_becomes_a_second_consumer():
    keys = (credential("key-auth", "k1", key="x"), credential("key-auth", "k2", key="y"))
    emitted = emit(consumers=[consumer("alice", *keys, acl_groups=("staff",))])
    assert [o["metadata"]["name"] for o in emitted.kinds("ApisixConsumer")] == ["alice", "alice-2"]
    assert all(
        o["metadata"]["labels"] == {"acl.group/staff": "true"} for o in emitted.kinds("ApisixConsumer")
    )
    assert "alice-2" in emitted.finding("apisix/second-credential").message


def test_trap_65_another_type_becomes_a_plugin_of_the_consumer():
    both = (credential("basic-auth", "b", username="u", password="p"), credential("key-auth", "k", key="x"))
    emitted = emit(consumers=[consumer("alice", *both)])
    spec = emitted.named("ApisixConsumer")["spec"]
    assert spec["authParameter"] == {"keyAuth": {"secretRef": {"name": "k"}}}
    assert spec["plugins"] == [{"name": "basic-auth", "enable": True, "config": {}, "secretRef": "b"}]
    old = emit(consumers=[consumer("alice", *both)], settings={"apisix.controller": "2.0"})
    assert "plugins" not in old.named("ApisixConsumer")["spec"]
    assert "apisix/second-credential-type" in old.codes


def test_renamed_keys_make_a_secret_of_their_own():
    jwt = credential("jwt", "t", key="iss", algorithm="RS256", rsa_public_key="PEM")
    emitted = emit(consumers=[consumer("alice", jwt)])
    assert emitted.named("Secret")["stringData"] == {"key": "iss", "algorithm": "RS256", "public_key": "PEM"}
    assert emitted.named("ApisixConsumer")["spec"]["authParameter"] == {
        "jwtAuth": {"secretRef": {"name": "t-apisix"}}
    }
    plain = emit(consumers=[consumer("alice", credential("jwt", "t", key="iss", secret="s"))])
    assert plain.kinds("Secret") == []


def test_trap_66_groups_become_labels():
    emitted = emit(consumers=[consumer("alice", acl_groups=("staff", "über staff"), custom_id="c-77")])
    assert emitted.named("ApisixConsumer")["metadata"]["labels"] == {
        "acl.group/staff": "true",
        acl_label("über staff"): "true",
        "custom_id": "c-77",
    }


def test_a_credential_without_counterpart_is_told():
    emitted = emit(consumers=[consumer("alice", credential("oauth2", "o", client_id="x"))])
    assert "authParameter" not in emitted.named("ApisixConsumer")["spec"]
    assert emitted.finding("apisix/credential").level is Level.UNSUPPORTED


def test_trap_71_and_72_certificates():
    secret = ObjectRef("", "Secret", "shop", "shop-tls")
    emitted = emit(
        certificates=[
            Certificate(secret, ("a.example.com",), origin("one")),
            Certificate(secret, ("*.example.com", "a.example.com"), origin("two")),
        ]
    )
    assert emitted.named("ApisixTls", "shop-tls")["spec"]["hosts"] == ["a.example.com", "*.example.com"]
    assert "apisix/no-default-certificate" in emitted.codes
    assert valid(emitted) == []


def test_the_ingress_shim_becomes_a_certificate():
    notes = {
        "cert-manager.io/cluster-issuer": "letsencrypt",
        "cert-manager.io/duration": "2160h",
        "cert-manager.io/usages": "digital signature, server auth",
        "cert-manager.io/private-key-size": "4096",
    }
    secret = ObjectRef("", "Secret", "shop", "shop-tls")
    issued = Certificate(secret, ("a.example.com",), origin(), issuer=notes)
    issued.provenance = {Feature.CERTIFICATE_ISSUER: (Leaf(origin(), ("metadata", "annotations", "x")),)}
    emitted = emit(certificates=[issued])
    made = emitted.named("Certificate", "shop-tls")
    assert made["spec"] == {
        "secretName": "shop-tls",
        "dnsNames": ["a.example.com"],
        "issuerRef": {"name": "letsencrypt", "kind": "ClusterIssuer", "group": "cert-manager.io"},
        "duration": "2160h",
        "usages": ["digital signature", "server auth"],
        "privateKey": {"size": 4096},
    }
    assert emitted.emission.settled[Leaf(origin(), ("metadata", "annotations", "x"))][0] is Level.EXACT
    acme = Certificate(secret, ("a.example.com",), origin(), issuer={"kubernetes.io/tls-acme": "true"})
    assert emit(certificates=[acme]).finding("apisix/issuer-unknown").severity == "error"


def test_trap_78_without_gateway_proxy_nothing_works_and_that_is_told():
    assert "platform/gateway-proxy" in emit(route(prefix("/"))).codes
    emitted = emit(
        route(prefix("/")),
        settings={"apisix.create-gateway-proxy": "true", "apisix.create-ingress-class": "true"},
    )
    parameters = emitted.named("IngressClass")["spec"]["parameters"]
    assert (
        emitted.named("GatewayProxy", parameters["name"])["metadata"]["namespace"] == parameters["namespace"]
    )
    assert valid(emitted) == []


def test_trap_80_an_ingress_and_an_httproute_of_one_name():
    other = ObjectRef("gateway.networking.k8s.io", "HTTPRoute", "shop", "web")
    emitted = emit(
        route(prefix("/a"), name="httproute.shop.web.0.0", origin=other),
        route(prefix("/b"), name="shop.web.b"),
    )
    assert sorted(o["metadata"]["name"] for o in emitted.kinds("ApisixRoute")) == ["web", "web-httproute"]
    assert "apisix/renamed" in emitted.codes


def test_an_unknown_path_kind_of_one_route_leaves_the_others_alone():
    broken = PathMatch(PathKind.REGEX, r"/\u{1F600}", (r"~/\u{1F600}",))
    emitted = emit(route(broken, prefix("/ok")), flavour="expressions")
    assert sorted(emitted.rule()["match"]["paths"]) == ["/ok", "/ok/*"]


def test_a_namespace_that_the_source_leaves_open_stays_open_everywhere():
    far = service(
        retries=1, backends=(Backend("default", "cart", 80, 80, known=True), Backend("far", "x", 80, 80))
    )
    here = route(
        prefix("/"),
        origin=origin(namespace=""),
        name="default.web.x",
        service=far,
        plugins=(use("a", namespace=""),),
    )
    emitted = emit(here, mapper=Table({"a": {"limit-count": {"count": 1, "time_window": 1}}}))
    kinds = {obj["kind"] for obj in emitted.objects}
    assert kinds == {"ApisixRoute", "ApisixUpstream", "ApisixPluginConfig"}
    assert all("namespace" not in obj["metadata"] for obj in emitted.objects)
    assert "plugin_config_namespace" not in emitted.rule()
