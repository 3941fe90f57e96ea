"""The numbered traps of the APISIX target, by whole conversions: what is written avoids each, or a finding says so.

Traps of the routing and upstream rules themselves are in test_traps.py; what validation says of anybody's objects
is in tests/validate/test_validate_apisix_traps.py.
"""

from __future__ import annotations

import json
from dataclasses import replace

import pytest

import kong2x
from kong2x import Level, Options, Source, explain
from kong2x.model.finding import Protects
from kong2x.model.plugin import Consumer, SecretKey
from kong2x.model.route import Certificate, HeaderMatch, StreamRoute, Upstream
from kong2x.model.source import ObjectRef
from kong2x.model.traffic import Request
from kong2x.validate import validate_objects
from tests.emit.apisix.build import (
    Table,
    backend,
    emit,
    origin,
    prefix,
    raw,
    regex,
    route,
    service,
    use,
    valid,
)

GROUP = "configuration.konghq.com"


def ingress(*paths, name="web", notes=None, host="shop.example.com", **spec):
    entries = [
        {"path": path, "pathType": kind, "backend": {"service": {"name": "cart", "port": {"number": 80}}}}
        for path, kind in (paths or [("/cart", "Prefix")])
    ]
    meta = {
        "name": name,
        "namespace": "shop",
        "annotations": {f"konghq.com/{k}": v for k, v in (notes or {}).items()},
    }
    rules = [{"host": host, "http": {"paths": entries}}] if host else [{"http": {"paths": entries}}]
    return {
        "apiVersion": "networking.k8s.io/v1",
        "kind": "Ingress",
        "metadata": meta,
        "spec": {"ingressClassName": "kong", "rules": rules, **spec},
    }


def plugin(name, kind, config=None, *, everywhere=False, **more):
    meta = {"name": name, "annotations": {"kubernetes.io/ingress.class": "kong"}}
    meta |= {"labels": {"global": "true"}} if everywhere else {"namespace": "shop"}
    return {
        "apiVersion": f"{GROUP}/v1",
        "kind": "KongClusterPlugin" if everywhere else "KongPlugin",
        "metadata": meta,
        "plugin": kind,
        "config": config or {},
        **more,
    }


def cart(notes=None, **spec):
    meta = {"name": "cart", "namespace": "shop", "annotations": notes or {}}
    return {
        "apiVersion": "v1",
        "kind": "Service",
        "metadata": meta,
        "spec": {"ports": [{"port": 80, "targetPort": 8080}], **spec},
    }


def consumer(name, *credentials, **notes):
    annotations = {"kubernetes.io/ingress.class": "kong", **{f"konghq.com/{k}": v for k, v in notes.items()}}
    return {
        "apiVersion": f"{GROUP}/v1",
        "kind": "KongConsumer",
        "metadata": {"name": name, "namespace": "shop", "annotations": annotations},
        "username": name,
        "credentials": list(credentials),
    }


def key(name="bob-key"):
    return {
        "apiVersion": "v1",
        "kind": "Secret",
        "metadata": {"name": name, "namespace": "shop", "labels": {"konghq.com/credential": "key-auth"}},
        "stringData": {"key": "k"},
    }


class Converted:
    """A conversion with its rules, plugins and finding codes at hand."""

    def __init__(self, *objects, **settings):
        text = "\n---\n".join(json.dumps(obj) for obj in objects)
        options = Options(settings={k.replace("__", "."): v for k, v in settings.items()})
        self.result = kong2x.convert(Source(text), to="apisix", options=options)
        self.objects = [manifest.value for manifest in self.result.manifests]
        self.codes = {finding.code for finding in self.result.findings}
        self.unsupported = {f.code for f in self.result.findings if f.level is Level.UNSUPPORTED}

    def kinds(self, kind):
        return [obj for obj in self.objects if obj["kind"] == kind]

    @property
    def rules(self):
        return [rule for obj in self.kinds("ApisixRoute") for rule in obj["spec"].get("http", ())]

    @property
    def plugins(self):
        lists = [obj["spec"].get("plugins", ()) for obj in self.objects if obj["kind"] != "ApisixRoute"]
        return [
            entry for found in (*lists, *(rule.get("plugins", ()) for rule in self.rules)) for entry in found
        ]

    def config(self, name):
        (found,) = [entry["config"] for entry in self.plugins if entry["name"] == name]
        return found


def test_trap_9_a_colon_stays_plain_text():
    emitted = emit(route(raw("/users/:id"), to="users"))
    ask = lambda path: emitted.router.answer(Request("GET", "shop.example.com", path)).status  # noqa: E731
    assert emitted.rule()["match"]["paths"] == ["/users/:id*"]
    assert ask("/users/5") == 404 and ask("/users/:id") != 404


def test_trap_11_an_ingress_never_stays_one():
    done = Converted(ingress(("/foo", "ImplementationSpecific")), cart())
    assert done.kinds("Ingress") == []
    assert done.rules[0]["match"]["paths"] == ["/foo*"]


def test_trap_15_names_without_certificate_are_told():
    secret = ObjectRef("", "Secret", "shop", "wild")
    emitted = emit(
        route(prefix("/"), hosts=("*.a.example",)),
        certificates=[Certificate(secret, ("*.a.example",), origin())],
    )
    assert emitted.named("ApisixTls")["spec"]["hosts"] == ["*.a.example"]
    assert "no certificate covers" in emitted.finding("apisix/no-default-certificate").message


@pytest.mark.parametrize("flavour", ["traditional", "traditional_compatible", "expressions"])
def test_trap_16_no_condition_on_a_header_is_negated(flavour):
    headers = (HeaderMatch("X-A", ("1",)), HeaderMatch("X-B", ("~*^b",)))
    rule = emit(route(prefix("/"), headers=headers, methods=("LOCK",)), flavour=flavour).rule()
    assert all("Not" not in expr["op"] for expr in rule["match"]["exprs"])


def test_trap_17_values_are_texts():
    for values in (("1",), ("true", "2")):
        rule = emit(route(prefix("/"), headers=(HeaderMatch("X-A", values, exact_case=True),))).rule()
        (expr,) = rule["match"]["exprs"]
        assert all(isinstance(value, str) for value in (expr.get("set") or [expr["value"]]))


def test_trap_18_repeated_headers_are_told():
    assert "apisix/joined-headers" in emit(route(prefix("/"), headers=(HeaderMatch("X-A", ("1",)),))).codes
    assert "apisix/joined-headers" not in emit(route(prefix("/"))).codes


def test_trap_21_the_number_of_criteria_becomes_a_priority():
    emitted = emit(
        route(prefix("/"), to="plain"),
        route(prefix("/"), to="narrow", methods=("GET",), headers=(HeaderMatch("X-A", ("1",)),)),
    )
    asked = Request("GET", "shop.example.com", "/", headers=(("X-A", "1"),))
    assert "narrow" in emitted.router.answer(asked).service
    assert "plain" in emitted.router.answer(Request("GET", "shop.example.com", "/")).service


@pytest.mark.parametrize(("given", "written"), [("70000", 65535), ("-1", 0), ("7", 7)])
def test_trap_23_retries_stay_in_range(given, written):
    done = Converted(ingress(), cart({"konghq.com/retries": given}))
    (upstream,) = done.kinds("ApisixUpstream")
    assert upstream["spec"]["retries"] == written
    assert ("refused/retries-range" in done.codes) is (given != "7")


def test_trap_23_statuses_stay_in_range():
    checks = {"active": {"unhealthy": {"interval": 1, "http_statuses": [100, 500, 700]}}}
    emitted = emit(route(prefix("/"), service=service(upstream=Upstream(healthchecks=checks))))
    active = emitted.named("ApisixUpstream")["spec"]["healthCheck"]["active"]
    assert active["unhealthy"]["httpCodes"] == [500]


def test_trap_29_watching_alone_is_told():
    passive = Upstream(healthchecks={"passive": {"unhealthy": {"http_failures": 3}}})
    emitted = emit(route(prefix("/"), service=service(upstream=passive)))
    assert emitted.finding("apisix/health-passive-only").level is Level.UNSUPPORTED
    assert emitted.kinds("ApisixUpstream") == []


@pytest.mark.parametrize("on", ["header", "cookie", "query_arg"])
def test_trap_30_hashing_without_a_name_goes_round_robin_and_is_told(on):
    def balanced(**args):
        upstream = Upstream("consistent-hashing", hash_on=on, hash_args=args)
        return emit(route(prefix("/"), service=service(upstream=upstream)))

    nameless = balanced(**{f"hash_on_{on}": ""})
    assert nameless.finding("apisix/balancing").level is Level.UNSUPPORTED
    assert nameless.kinds("ApisixUpstream") == []
    named = balanced(**{f"hash_on_{on}": "x"})
    assert named.named("ApisixUpstream")["spec"]["loadbalancer"]["key"] and valid(named) == []


def test_trap_30_a_rewritten_host_is_always_written():
    done = Converted(
        ingress(notes={"preserve-host": "false"}), cart({"konghq.com/host-header": "legacy.internal"})
    )
    spec = done.kinds("ApisixUpstream")[0]["spec"]
    assert (spec["passHost"], spec["upstreamHost"]) == ("rewrite", "legacy.internal:8080")


def test_trap_31_consumers_are_of_the_kind_whose_credentials_need_no_name():
    done = Converted(
        ingress(notes={"plugins": "k"}), plugin("k", "key-auth"), consumer("bob", "bob-key"), key(), cart()
    )
    assert done.kinds("Consumer") == [] and len(done.kinds("ApisixConsumer")) == 1


@pytest.mark.parametrize("version", ["3.9", "3.16", "3.17", "3.18"])
def test_trap_34_only_plugins_of_the_chosen_release_are_written(version):
    done = Converted(
        ingress(notes={"plugins": "k,a,p"}),
        plugin("k", "key-auth"),
        plugin("a", "acl", {"allow": ["staff"]}),
        plugin("p", "ldap-auth", {"ldap_host": "l", "ldap_port": 389, "base_dn": "dc=a", "attribute": "cn"}),
        cart(),
        apisix__version=version,
    )
    names = {entry["name"] for entry in done.plugins}
    assert ("acl" in names) is (version >= "3.17" and len(version) == 4)
    found = validate_objects(done.objects, target="apisix", apisix_version=version)
    assert [f.code for f in found if f.code.startswith("schema/")] == []


def test_trap_35_a_leftover_key_stops_the_run():
    emitted = emit(
        route(prefix("/"), plugins=(use("a"),)), mapper=Table({"a": {"key-auth": {"key_names": ["k"]}}})
    )
    assert any("schema/plugin-key" in problem for problem in valid(emitted))
    sound = emit(route(prefix("/"), plugins=(use("a"),)), mapper=Table({"a": {"key-auth": {"header": "k"}}}))
    assert valid(sound) == []


def test_trap_36_lists_become_texts_where_apisix_wants_them():
    done = Converted(
        ingress(notes={"plugins": "c,k"}),
        plugin(
            "c", "cors", {"origins": ["https://a.example", "https://b.example"], "methods": ["GET", "PUT"]}
        ),
        plugin("k", "key-auth", {"key_names": ["X-Key"]}),
        cart(),
    )
    cors = done.config("cors")
    assert all(isinstance(cors[field], str) for field in ("allow_origins", "allow_methods"))
    assert done.config("key-auth")["header"] == "X-Key"


def test_trap_37_an_added_header_with_a_colon_is_set():
    done = Converted(
        ingress(notes={"plugins": "r"}),
        plugin("r", "response-transformer", {"append": {"headers": ["X-B:http://c", "X-C:plain"]}}),
        cart(),
    )
    headers = done.config("response-rewrite")["headers"]
    assert headers["set"] == {"X-B": "http://c"} and headers["add"] == ["X-C: plain"]
    assert "response-transformer/append-replaces" in done.codes


def test_trap_38_two_address_lists_stand_in_two_plugins():
    both = {"allow": ["10.0.0.0/8"], "deny": ["10.1.0.0/16"]}
    done = Converted(ingress(notes={"plugins": "i"}), plugin("i", "ip-restriction", both), cart())
    assert done.config("ip-restriction")["whitelist"] == ["10.0.0.0/8"]
    assert done.config("workflow")["rules"][0]["case"] == [["remote_addr", "ipmatch", ["10.1.0.0/16"]]]


def test_trap_43_every_port_repeats_all_settings():
    emitted = emit(
        route(prefix("/a"), name="shop.web.a", service=service(protocol="https", retries=1)),
        route(
            prefix("/b"),
            name="shop.web.b",
            service=service(retries=3, backends=(backend("cart", 81),)),
        ),
    )
    spec = emitted.named("ApisixUpstream")["spec"]
    common = {key for key in spec if key not in ("ingressClassName", "portLevelSettings")}
    assert {"scheme", "retries"} <= common
    assert all(common <= level.keys() for level in spec["portLevelSettings"])
    assert [level["scheme"] for level in spec["portLevelSettings"]] == ["https", "http"]


def test_trap_46_no_subsets_are_written():
    """Kong has no subsets, so none can clash: a source that chooses pods by label is a Service of its own."""
    shares = service(backends=(backend("a", weight=1), backend("b", weight=2)))
    emitted = emit(
        route(prefix("/a"), service=shares), route(prefix("/b"), service=service(), name="shop.web.b")
    )
    assert all("subset" not in entry for rule in emitted.rules() for entry in rule["backends"])


@pytest.mark.parametrize(
    "spec", [{"clusterIP": "None"}, {"type": "ExternalName", "externalName": "a.example"}]
)
def test_trap_47_services_without_address_are_resolved_by_endpoints(spec):
    notes = {"ingress.kubernetes.io/service-upstream": "true"}
    done = Converted(ingress(), cart(notes, **spec))
    assert "resolveGranularity" not in done.rules[0]["backends"][0]
    assert "apisix/service-upstream" in done.codes
    usual = Converted(ingress(), cart(notes))
    assert usual.rules[0]["backends"][0]["resolveGranularity"] == "service"
    assert "apisix/service-upstream" not in usual.codes


def test_trap_48_a_service_that_is_not_given_is_told():
    assert "services/not-given" in Converted(ingress()).codes
    assert "services/not-given" not in Converted(ingress(), cart()).codes


def test_trap_49_what_retries_do_is_told():
    """Kong sends neither a POST nor after a 5xx again either; only the number of tries differs."""
    assert "apisix/default-retries" in Converted(ingress(), cart()).codes
    written = Converted(ingress(), cart(), **{"apisix__default-retries": "true"})
    assert written.kinds("ApisixUpstream")[0]["spec"]["retries"] == 5
    assert "apisix/default-retries" not in written.codes
    assert "each other endpoint once" in next(
        f.message for f in Converted(ingress(), cart()).result.findings if f.code == "apisix/default-retries"
    )


def test_trap_50_a_certificate_that_nobody_verifies_is_told():
    https = service(protocol="https", tls_verify=True)
    found = emit(route(prefix("/"), service=https)).finding("apisix/tls-verify")
    assert found.level is Level.UNSUPPORTED and found.severity == "error"
    assert "apisix/tls-verify" not in emit(route(prefix("/"), service=service(protocol="https"))).codes


def test_trap_51_every_served_rule_lets_websockets_through():
    done = Converted(ingress(("/a", "Prefix"), ("/~/b.*", "ImplementationSpecific")), cart())
    assert [rule["websocket"] for rule in done.rules] == [True] * len(done.rules)


def test_trap_52_weights_stand_on_backends_alone():
    shares = service(backends=(backend("a", weight=1), backend("b", weight=2)))
    emitted = emit(route(prefix("/a"), service=shares))
    assert [entry["weight"] for entry in emitted.rule()["backends"]] == [1, 2]
    assert "traffic-split" not in emitted.plugins()
    split = Table({"canary": {"traffic-split": {"rules": [{"weighted_upstreams": [{"weight": 1}]}]}}})
    both = emit(
        route(prefix("/a"), service=shares, plugins=(use("canary"),)),
        mapper=split,
        settings={"apisix.plugin-config": "inline"},
    )
    told = validate_objects(both.objects, target="apisix")
    assert "apisix/weights-overridden" in {finding.code for finding in told}


def test_trap_54_nothing_is_switched_off_by_enable_false():
    off = {"disabled": True}
    done = Converted(
        ingress(notes={"plugins": "k"}),
        plugin("k", "key-auth", **off),
        cart({"konghq.com/plugins": "c"}),
        plugin("c", "cors"),
    )
    assert [entry["name"] for entry in done.plugins] == ["cors"]
    assert all(entry["enable"] is True for entry in done.plugins)


def test_trap_56_logins_are_plugins_and_no_authentication_block():
    done = Converted(ingress(notes={"plugins": "b"}), plugin("b", "basic-auth"), cart())
    assert all("authentication" not in rule for rule in done.rules)
    assert "basic-auth" in {entry["name"] for entry in done.plugins}


def test_trap_57_captures_stand_in_regex_uri():
    done = Converted(
        ingress(("/~/c/(\\d+)", "ImplementationSpecific"), notes={"rewrite": "/x/$1"}),
        cart(),
        kong__gates="RewriteURIs",
    )
    rewrite = done.config("proxy-rewrite")
    assert "uri" not in rewrite and rewrite["regex_uri"][1] == "/x/$1"


def test_trap_58_rewrites_cover_the_path_and_dollars_are_doubled():
    done = Converted(ingress(notes={"strip-path": "true"}), cart({"konghq.com/path": "/a$b"}))
    pairs = done.config("proxy-rewrite")["regex_uri"]
    assert all(pattern.startswith("^") and pattern.endswith("$") for pattern in pairs[::2])
    assert all("/a$$b" in target for target in pairs[1::2])


def test_trap_59_what_happens_to_encoded_slashes_is_told():
    message = next(
        f.message for f in Converted(ingress(), cart()).result.findings if f.code == "apisix/raw-path"
    )
    assert "%2F" in message and "double slashes" in message


def test_trap_61_a_global_plugin_that_a_route_has_too_is_no_global_rule():
    logs = {"http_endpoint": "http://all.example"}
    own = plugin("own", "http-log", {"http_endpoint": "http://own.example"})
    alone = Converted(ingress(), plugin("all", "http-log", logs, everywhere=True), cart())
    assert len(alone.kinds("ApisixGlobalRule")) == 1
    both = Converted(
        ingress(notes={"plugins": "own"}), own, plugin("all", "http-log", logs, everywhere=True), cart()
    )
    assert both.kinds("ApisixGlobalRule") == []
    assert both.config("http-logger")["uri"].startswith("http://own.example")


def test_trap_62_one_plugin_never_stands_in_two_global_rules():
    logs = [
        plugin("http", "http-log", {"http_endpoint": "http://a.example"}, everywhere=True),
        plugin("tcp", "tcp-log", {"host": "b.example", "port": 9000}, everywhere=True),
    ]
    done = Converted(ingress(), *logs, cart())
    names = [e["name"] for rule in done.kinds("ApisixGlobalRule") for e in rule["spec"]["plugins"]]
    assert sorted(names) == ["http-logger", "tcp-logger"]


def test_trap_64_alternative_logins_become_multi_auth():
    def logins(**more):
        return Converted(
            ingress(notes={"plugins": "k,b"}),
            plugin("k", "key-auth", more),
            plugin("b", "basic-auth", more),
            consumer("guest"),
            cart(),
        )

    either = logins(anonymous="guest")
    ways = [name for member in either.config("multi-auth")["auth_plugins"] for name in member]
    assert ways == ["key-auth", "basic-auth"]
    assert {"key-auth", "basic-auth"} <= {entry["name"] for entry in logins().plugins}, (
        "both must succeed in Kong too"
    )


def test_trap_67_no_consumer_has_an_ldap_block():
    """LDAP users are no credentials of KongConsumers: the directory is asked on the route."""
    done = Converted(
        consumer("bob", "bob-key"), key(), ingress(notes={"plugins": "k"}), plugin("k", "key-auth"), cart()
    )
    (bob,) = done.kinds("ApisixConsumer")
    assert list(bob["spec"]["authParameter"]) == ["keyAuth"]


def test_trap_68_a_consumers_early_plugin_beside_the_routes_is_told():
    shape = {"add": {"headers": ["x-a:1"]}}
    objects = [plugin("k", "key-auth"), plugin("mine", "request-transformer", shape), key(), cart()]
    bob = consumer("bob", "bob-key", plugins="mine")
    both = Converted(
        ingress(notes={"plugins": "k,own"}),
        plugin("own", "request-transformer", {"add": {"headers": ["x-a:2"]}}),
        bob,
        *objects,
    )
    assert "apisix/consumer-over-route" in both.codes
    assert "apisix/consumer-over-route" not in Converted(ingress(notes={"plugins": "k"}), bob, *objects).codes


def test_trap_69_a_gateway_proxy_holds_no_plugins():
    done = Converted(ingress(), cart(), **{"apisix__create-gateway-proxy": "true"})
    (proxy,) = done.kinds("GatewayProxy")
    assert "plugins" not in proxy["spec"]


def test_trap_70_a_limit_of_a_service_has_one_group_for_all_its_rules():
    limit = plugin("rl", "rate-limiting", {"minute": 5, "policy": "local"})
    other = ingress(("/b", "Prefix"), name="two")
    done = Converted(ingress(), other, limit, cart({"konghq.com/plugins": "rl"}))
    assert done.config("limit-count")["group"] == "shop.cart.80-consumer"
    assert len({rule["plugin_config_name"] for rule in done.rules}) == 1
    alone = Converted(ingress(notes={"plugins": "rl"}), limit, cart())
    assert "group" not in alone.config("limit-count"), "a plugin of a route counts on its own in Kong too"


def test_trap_70_no_group_stands_inside_of_workflow():
    limit = plugin("rl", "rate-limiting", {"minute": 5, "policy": "local"})
    more = plugin("vip", "rate-limiting", {"minute": 50, "policy": "local"})
    done = Converted(
        ingress(notes={"plugins": "k,vip"}),
        plugin("k", "key-auth"),
        limit,
        more,
        consumer("bob", "bob-key", plugins="vip"),
        key(),
        cart({"konghq.com/plugins": "rl"}),
    )
    bodies = [action[1] for rule in done.config("workflow")["rules"] for action in rule["actions"]]
    assert [body["count"] for body in bodies] == [50, 5] and all("group" not in body for body in bodies)
    assert "apisix/limit-alone" in done.codes
    usual = Converted(ingress(), limit, cart({"konghq.com/plugins": "rl"}))
    assert "apisix/limit-alone" not in usual.codes


def test_trap_73_and_74_client_certificates():
    """Kong's own source of client authorities (mtls-auth) is denied; a model that has them gets a depth."""
    secret = ObjectRef("", "Secret", "shop", "ca")
    emitted = emit(certificates=[Certificate(secret, ("a.example",), origin(), client_ca=secret)])
    assert emitted.named("ApisixTls")["spec"]["client"]["depth"] == 1
    done = Converted(
        ingress(notes={"plugins": "m"}), plugin("m", "mtls-auth", {"ca_certificates": ["x"]}), cart()
    )
    assert done.rules[0]["plugins"][0]["name"] == "fault-injection" and "apisix/denied" in done.unsupported


def stream(*ports, **more):
    return StreamRoute(
        more.pop("name", "s"), more.pop("origin", origin("tcp")), service("pg"), ports=ports, **more
    )


def test_trap_75_tls_that_is_passed_through():
    one = emit(streams=[stream(9000, protocols=("tls_passthrough",), snis=("a.example",))])
    (rule,) = one.named("ApisixRoute")["spec"]["stream"]
    assert "host" not in rule["match"], "APISIX would never see the name"
    assert one.finding("apisix/stream").level is Level.APPROXIMATE
    shared = emit(
        streams=[
            stream(
                9000,
                name=name,
                origin=origin(name),
                protocols=("tls_passthrough",),
                snis=(f"{name}.example",),
            )
            for name in ("a", "b")
        ]
    )
    assert shared.kinds("ApisixRoute") == []
    assert shared.finding("apisix/stream").level is Level.UNSUPPORTED


def test_trap_76_ports_are_those_of_the_container():
    emitted = emit(streams=[stream(9000)], settings={"apisix.stream-ports": "9000=9100"})
    (rule,) = emitted.named("ApisixRoute")["spec"]["stream"]
    assert rule["match"]["ingressPort"] == 9100
    assert "9100" in emitted.finding("apisix/stream-port").message
    both = emit(streams=[stream(9000), stream(9000, name="u", origin=origin("udp"), protocols=("udp",))])
    assert "apisix/stream-port-shared" in both.codes


def test_trap_77_the_trust_in_forwarded_headers_is_told():
    behind = {"apisix.offloading-proxies": "10.0.0.0/8"}
    secure = {"protocols": ("https",), "https_redirect_status_code": 301}
    assert (
        "trusted_addresses"
        in emit(route(prefix("/"), **secure), settings=behind).finding("apisix/proxy-trust").message
    )
    assert "apisix/proxy-trust" not in emit(route(prefix("/"), **secure)).codes


def test_trap_79_what_an_installation_with_default_values_lacks_is_told():
    """Values of a chart are no manifests: what the output needs of them stands on the page of a finding."""
    told = explain("platform/gateway-proxy")
    for words in ("gatewayProxy.createDefault", "apisix.ssl.enabled", "2.0.1"):
        assert words in told, told
    assert "platform/gateway-proxy" in Converted(ingress(), cart()).codes


def test_trap_81_objects_that_others_made_on_the_data_plane_are_deleted():
    """No manifest shows what else runs on a data plane: the page of the first finding of every run says it."""
    assert "deletes" in explain("platform/gateway-proxy")


def test_trap_82_a_default_backend_becomes_a_rule():
    behind = {"service": {"name": "cart", "port": {"number": 80}}}
    bare = ingress()
    bare["spec"] = {"ingressClassName": "kong", "defaultBackend": behind}
    done = Converted(bare, ingress(name="other"), cart())
    (rule,) = [rule for rule in done.rules if rule["match"]["paths"] == ["/*"]]
    assert rule["priority"] < 0 and "hosts" not in rule["match"]


def test_trap_83_https_only_is_said_on_the_rule_itself():
    """No listener decides: one rule answers plain HTTP by a plugin that looks at the scheme."""
    done = Converted(ingress(notes={"protocols": "https", "https-redirect-status-code": "308"}), cart())
    redirect = done.config("redirect")
    assert redirect["_meta"]["filter"] == [["scheme", "==", "http"]] and len(done.rules) == 1


def test_trap_84_no_kind_of_gateway_api_is_written():
    done = Converted(ingress(notes={"plugins": "k"}), plugin("k", "key-auth"), cart())
    assert {obj["apiVersion"].partition("/")[0] for obj in done.objects} == {"apisix.apache.org"}


@pytest.mark.parametrize(
    "bad",
    [
        ingress(notes={"headers.x-a": "~*("}, name="bad"),
        ingress(("/~/a(", "ImplementationSpecific"), name="bad"),
        ingress(notes={"methods": "get,LOCK"}, name="bad"),
        ingress(notes={"host-aliases": "a.*"}, name="bad"),
    ],
)
def test_trap_85_one_odd_source_leaves_all_others_valid(bad):
    done = Converted(ingress(("/sound", "Prefix")), bad, cart())
    found = validate_objects(done.objects, target="apisix")
    assert [f.code for f in found if f.code.startswith("schema/")] == []
    assert any("/sound" in rule["match"]["paths"] for rule in done.rules)


def test_a_lost_pair_books_every_setting_as_lost():
    rewrite = {"request-transformer": {"proxy-rewrite": {"headers": {"set": {"X": "1"}}}}}
    vip = use("request-transformer", {"add": "x"}, name="vip", scope="consumer+route", consumer="alice")
    ref = ObjectRef(GROUP, "KongConsumer", "shop", "alice")
    emitted = emit(
        route(prefix("/a"), consumer_plugins=(vip,)),
        mapper=Table(rewrite),
        consumers=[Consumer(ref, "alice")],
    )
    levels = {leaf: found for leaf, found in emitted.emission.settled.items() if leaf.object == vip.origin}
    assert levels and set(levels.values()) == {(Level.UNSUPPORTED, "apisix/consumer-pair")}
    kept = use("limit", {"minute": 1}, name="vip", scope="consumer+route", consumer="alice")
    fine = emit(
        route(prefix("/a"), consumer_plugins=(kept,)),
        mapper=Table({"limit": {"limit-count": {"count": 1, "time_window": 1}}}),
        consumers=[Consumer(ref, "alice")],
    )
    levels = {leaf: found for leaf, found in fine.emission.settled.items() if leaf.object == kept.origin}
    assert levels and {level for level, _ in levels.values()} == {Level.EXACT}


def test_the_secret_of_a_lost_plugin_is_not_merged_over_the_one_that_stays():
    secrets = {"second": {("ldap-auth", ("password",)): SecretKey("shop", "ldap", "password")}}
    mapper = Table(
        {"first": {"ldap-auth": {"uri": "a"}}, "second": {"ldap-auth": {"uri": "b"}}}, secrets=secrets
    )
    clash = emit(route(prefix("/"), plugins=(use("first"), use("second"))), mapper=mapper)
    (entry,) = clash.named("ApisixPluginConfig")["spec"]["plugins"][:1]
    assert entry["config"] == {"uri": "a"} and "secretRef" not in entry
    assert "apisix/plugin-clash" in clash.codes
    alone = emit(route(prefix("/"), plugins=(use("second"),)), mapper=mapper)
    assert alone.named("ApisixPluginConfig")["spec"]["plugins"][0]["secretRef"] == "ldap"


def test_a_pair_that_is_a_workflow_itself_is_no_shared_limit():
    rules = [{"case": [["remote_addr", "ipmatch", ["10.0.0.0/8"]]], "actions": [["return", {"code": 403}]]}]
    deny = use("ip-restriction", name="deny", scope="consumer+route", consumer="alice")
    ref = ObjectRef(GROUP, "KongConsumer", "shop", "alice")
    emitted = emit(
        route(prefix("/a"), consumer_plugins=(deny,)),
        mapper=Table({"ip-restriction": {"workflow": {"rules": rules}}}),
        consumers=[Consumer(ref, "alice")],
    )
    assert "apisix/limit-alone" not in emitted.codes
    (entry,) = emitted.named("ApisixPluginConfig")["spec"]["plugins"]
    assert entry["config"]["_meta"]["filter"] == [["consumer_name", "==", "shop_alice"]]


@pytest.mark.parametrize("protects", [Protects.ACCESS, Protects.PROTECTION])
def test_losing_what_protects_is_an_error(protects):
    class Guard(Table):
        def map(self, use, vocabulary, *, model, route=None):
            return replace(super().map(use, vocabulary, model=model, route=route), protects=protects)

    limits = {"one": {"limit-req": {"rate": 1}}, "two": {"limit-req": {"rate": 2}}}
    clash = route(prefix("/"), plugins=(use("one"), use("two")))
    assert emit(clash, mapper=Guard(limits)).finding("apisix/plugin-clash").severity == "error"
    assert emit(clash, mapper=Table(limits)).finding("apisix/plugin-clash").severity == "warning"
    streams = [stream(9000, plugins=(use("one"),))]
    assert emit(streams=streams, mapper=Guard(limits)).finding("apisix/stream-plugin").severity == "error"


def test_a_regex_in_a_header_that_pcre_refuses_leaves_the_route_out():
    broken = route(prefix("/a"), headers=(HeaderMatch("X-A", ("~*(",)),), name="shop.web.a")
    emitted = emit(broken, route(regex("/b"), name="shop.web.b"))
    assert [rule["match"]["paths"] for rule in emitted.rules()] == [["/b*"]]
    assert emitted.finding("apisix/regex-refused").routes == ("shop.web.a",)
