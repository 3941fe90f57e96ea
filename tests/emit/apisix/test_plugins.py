"""What becomes of plugins: shared configurations, merging, logins, consumers, and lost checks."""

from __future__ import annotations

from kong2x.model.finding import Level, Protects
from kong2x.model.plugin import Consumer
from kong2x.model.settings import Accept, Options
from kong2x.model.source import Leaf, ObjectRef
from kong2x.model.traffic import Request
from tests.emit.apisix.build import Table, emit, error, prefix, route, use, valid

KEYS = {"key-auth": {"key-auth": {"header": "apikey"}}}
LIMIT = {"rate-limiting": {"limit-count": {"count": 5, "time_window": 60}}}


def two(first=(), second=(), **more):
    return (
        route(prefix("/a"), name="shop.web.a", plugins=first, **more),
        route(prefix("/b"), name="shop.web.b", plugins=second, **more),
    )


def test_one_configuration_for_each_distinct_set():
    calm = use("rate-limiting", name="calm")
    emitted = emit(*two((calm,), (use("rate-limiting", name="calm"),)), mapper=Table(LIMIT))
    (config,) = emitted.kinds("ApisixPluginConfig")
    assert config["metadata"] == {"name": "calm", "namespace": "shop"}
    assert [rule["plugin_config_name"] for rule in emitted.rules()] == ["calm", "calm"]
    assert config["spec"]["plugins"] == [
        {"name": "limit-count", "enable": True, "config": LIMIT["rate-limiting"]["limit-count"]}
    ]
    assert valid(emitted) == []


def test_a_set_is_named_after_its_plugins_in_any_order():
    uses = (use("rate-limiting", name="calm"), use("key-auth", name="keys"))
    mapper = Table({**KEYS, **LIMIT})
    forward, backward = emit(*two(uses), mapper=mapper), emit(*two(uses[::-1]), mapper=mapper)
    assert forward.named("ApisixPluginConfig") == backward.named("ApisixPluginConfig")
    assert forward.named("ApisixPluginConfig")["metadata"]["name"] == "calm-keys"


def test_names_that_collide_get_a_hash_and_stay_when_order_changes():
    class PerRoute(Table):
        def map(self, use, vocabulary, *, model, route=None):
            count = 1 if route is not None and route.name.endswith("a") else 2
            self.plugins = {"rate-limiting": {"limit-count": {"count": count, "time_window": 60}}}
            return super().map(use, vocabulary, model=model, route=route)

    calm = use("rate-limiting", name="calm")
    routes = two((calm,), (calm,))
    forward, backward = emit(*routes, mapper=PerRoute()), emit(*routes[::-1], mapper=PerRoute())
    names = sorted(o["metadata"]["name"] for o in forward.kinds("ApisixPluginConfig"))
    assert len(set(names)) == 2 and all(name.startswith("calm-") for name in names)
    assert names == sorted(o["metadata"]["name"] for o in backward.kinds("ApisixPluginConfig"))


def test_inline_writes_no_shared_object():
    emitted = emit(
        *two((use("rate-limiting", name="calm"),)),
        mapper=Table(LIMIT),
        settings={"apisix.plugin-config": "inline"},
    )
    assert emitted.kinds("ApisixPluginConfig") == []
    assert emitted.plugins(emitted.rules()[0]) == LIMIT["rate-limiting"]


def test_cluster_plugins_are_shared_across_namespaces_when_allowed():
    calm = use("rate-limiting", name="calm", kind="KongClusterPlugin", namespace="")
    here = route(prefix("/a"), name="shop.web.a", plugins=(calm,))
    there = route(
        prefix("/b"),
        name="other.web.b",
        origin=ObjectRef("networking.k8s.io", "Ingress", "other", "web2"),
        plugins=(calm,),
    )
    apart = emit(here, there, mapper=Table(LIMIT))
    assert sorted(o["metadata"]["namespace"] for o in apart.kinds("ApisixPluginConfig")) == ["other", "shop"]
    joined = emit(here, there, mapper=Table(LIMIT), settings={"apisix.plugin-namespace": "gateway"})
    assert joined.named("ApisixPluginConfig")["metadata"]["namespace"] == "gateway"
    assert joined.rule("web2")["plugin_config_namespace"] == "gateway"


def test_callers_identity_headers_are_removed_behind_authentication():
    uses = (use("key-auth", name="keys"), use("acl", name="staff"))
    emitted = emit(*two(uses), mapper=Table({**KEYS, "acl": {"acl": {"allow_labels": {}}}}))
    entries = {p["name"]: p["config"] for p in emitted.named("ApisixPluginConfig")["spec"]["plugins"]}
    assert entries["proxy-rewrite"]["headers"]["remove"] == [
        "X-Consumer-ID",
        "X-Anonymous-Consumer",
        "X-Consumer-Groups",
    ]
    open_route = emit(*two((use("rate-limiting"),)), mapper=Table(LIMIT))
    assert "proxy-rewrite" not in {
        p["name"] for p in open_route.named("ApisixPluginConfig")["spec"]["plugins"]
    }


def guest(*plugins):
    ref = ObjectRef("configuration.konghq.com", "KongConsumer", "shop", "guest")
    return Consumer(ref, "guest", plugins=plugins)


WAYS = {
    "key-auth": {"key-auth": {"header": "apikey", "anonymous_consumer": "shop_guest"}},
    "basic-auth": {"basic-auth": {"realm": "r", "anonymous_consumer": "shop_guest"}},
    "request-termination": {"fault-injection": {"abort": {"http_status": 401}}},
}


def logins(keys, users, *blocked):
    uses = (use("key-auth", keys, name="keys"), use("basic-auth", users, name="users"))
    mapper = Table(WAYS, priorities={"key-auth": 1250, "basic-auth": 1100})
    emitted = emit(*two(uses), mapper=mapper, consumers=[guest(*blocked)])
    return {p["name"]: p["config"] for p in emitted.named("ApisixPluginConfig")["spec"]["plugins"]}


def test_any_of_several_logins_is_multi_auth():
    entries = logins({"anonymous": "guest"}, {"anonymous": "guest"})
    assert entries["multi-auth"]["auth_plugins"] == [
        {"key-auth": {"header": "apikey"}},
        {"basic-auth": {"realm": "r", "anonymous_consumer": "shop_guest"}},
    ]
    assert "key-auth" not in entries and "basic-auth" not in entries


def test_guests_that_kong_refuses_are_refused_by_multi_auth():
    closed = use(
        "request-termination", {"status_code": 401, "message": "log in first"}, name="no", scope="consumer"
    )
    multi = logins({"anonymous": "guest"}, {"anonymous": "guest"}, closed)["multi-auth"]
    assert multi["auth_plugins"][-1] == {"basic-auth": {"realm": "r"}}
    assert multi["_meta"] == {"error_response": {"message": "log in first"}}


def test_all_of_several_logins_stay_side_by_side():
    entries = logins({}, {})
    assert {"key-auth", "basic-auth"} <= set(entries) and "multi-auth" not in entries


def test_a_mandatory_login_makes_the_guests_one_superfluous():
    entries = logins({}, {"anonymous": "guest"})
    assert "key-auth" in entries and "basic-auth" not in entries


def alice():
    return Consumer(ObjectRef("configuration.konghq.com", "KongConsumer", "shop", "alice"), "alice")


def pair(**more):
    return use("rate-limiting", name="vip", scope="consumer+route", consumer="alice", **more)


def test_a_plugin_for_a_consumer_on_a_route_is_filtered_by_name():
    emitted = emit(route(prefix("/"), consumer_plugins=(pair(),)), mapper=Table(LIMIT), consumers=[alice()])
    entry = emitted.named("ApisixPluginConfig")["spec"]["plugins"][0]
    assert entry["config"]["_meta"]["filter"] == [["consumer_name", "==", "shop_alice"]]


def test_two_limits_become_a_workflow():
    emitted = emit(
        route(prefix("/"), plugins=(use("rate-limiting", name="calm"),), consumer_plugins=(pair(),)),
        mapper=Table(LIMIT),
        consumers=[alice()],
    )
    (entry,) = emitted.named("ApisixPluginConfig")["spec"]["plugins"]
    first, second = entry["config"]["rules"]
    assert first["case"] == [["consumer_name", "in", ["shop_alice"]]]
    assert [first["actions"][0][0], second["actions"][0][0]] == ["limit-count", "limit-count"]
    assert "case" not in second


def test_a_pair_that_cannot_be_told_apart_is_a_finding_and_access_is_closed():
    acl = {"acl": {"acl": {"allow_labels": {"a": ["1"]}}}}

    class Access(Table):
        def map(self, use, vocabulary, *, model, route=None):
            from dataclasses import replace

            return replace(super().map(use, vocabulary, model=model, route=route), protects=Protects.ACCESS)

    vip = use("acl", name="vip", scope="consumer+route", consumer="alice")
    emitted = emit(
        route(prefix("/"), plugins=(use("acl", name="staff"),), consumer_plugins=(vip,)),
        mapper=Access(acl),
        consumers=[alice()],
    )
    assert "apisix/consumer-pair" in emitted.codes
    assert emitted.router.answer(Request("GET", "shop.example.com", "/")).status == 403


def lost(protects=Protects.ACCESS, **options):
    mapper = Table(lost={"opa": protects}, findings={"opa": [error("opa/lost")]})
    return emit(
        route(prefix("/admin"), to="admin", plugins=(use("opa"),)),
        route(prefix("/"), to="broad", ingress="broad"),
        mapper=mapper,
        options=Options(**options),
    )


def answer(emitted, path="/admin"):
    found = emitted.router.answer(Request("GET", "shop.example.com", path))
    return found.service or found.status


def test_a_lost_access_check_closes_the_route_and_nothing_else():
    emitted = lost()
    assert answer(emitted) == 403
    assert answer(emitted, "/x") == "shop/broad:80"
    rule = emitted.rule()
    assert "backends" not in rule and "plugin_config_name" not in rule
    told = emitted.finding("apisix/denied")
    assert (told.severity, told.routes) == ("error", ("shop.web.admin.shop.example.com.80",))
    assert valid(emitted) == []


def test_the_older_controller_wants_a_backend_behind_the_refusal():
    emitted = lost(settings={"apisix.controller": "1.8"})
    assert answer(emitted) == 403
    assert emitted.rule()["backends"]


def test_a_lost_limit_is_served_unless_everything_shall_close():
    assert answer(lost(Protects.PROTECTION)) == "shop/admin:80"
    assert answer(lost(Protects.PROTECTION, on_security_loss="deny-all")) == 403


def test_omitting_leaves_the_broader_route_to_answer():
    emitted = lost(on_security_loss="omit")
    assert answer(emitted) == "shop/broad:80"
    assert "apisix/omitted" in emitted.codes


def test_open_needs_the_finding_to_be_accepted_by_name():
    assert answer(lost(on_security_loss="open")) == 403
    assert answer(lost(on_security_loss="open", accept={"other/code": "no"})) == 403
    assert (
        answer(lost(on_security_loss="open", accept={"opa/lost": "the network is closed"})) == "shop/admin:80"
    )
    rule = Accept("opa/lost", "until then", until="2026-01-01")
    assert answer(lost(on_security_loss="open", accept_rules=(rule,), today="2026-06-01")) == 403
    assert answer(lost(on_security_loss="open", accept_rules=(rule,), today="2025-06-01")) == "shop/admin:80"


def test_every_setting_of_a_plugin_is_settled_once():
    calm = use("rate-limiting", {"minute": 5}, name="calm")
    emitted = emit(*two((calm,), (calm,)), mapper=Table(LIMIT))
    leaf = Leaf(calm.origin, ("config", "minute"))
    assert emitted.emission.settled[leaf] == (Level.EXACT, "rate-limiting")


def test_findings_of_a_plugin_are_told_once_with_all_routes():
    mapper = Table(LIMIT, findings={"rate-limiting": [error("rate-limiting/window")]})
    calm = use("rate-limiting", name="calm")
    emitted = emit(*two((calm,), (calm,)), mapper=mapper)
    told = [f for f in emitted.emission.findings if f.code == "rate-limiting/window"]
    assert len(told) == 1 and told[0].routes == ("shop.web.a", "shop.web.b")


def test_gateway_wide_settings_go_into_the_gateway_proxy_or_a_finding():
    mapper = Table(LIMIT, wide={"rate-limiting": {"limit-count": {"limit_header": "X-L"}}})
    calm = use("rate-limiting", name="calm")
    told = emit(*two((calm,)), mapper=mapper)
    assert "X-L" in told.finding("apisix/plugin-metadata").message
    written = emit(*two((calm,)), mapper=mapper, settings={"apisix.create-gateway-proxy": "true"})
    assert written.named("GatewayProxy")["spec"]["pluginMetadata"] == {"limit-count": {"limit_header": "X-L"}}


def test_a_consumer_whose_own_check_is_lost_cannot_log_in():
    closed = Consumer(alice().origin, "alice", plugins=(use("acl", name="staff", scope="consumer"),))
    emitted = emit(consumers=[closed], mapper=Table(lost={"acl": Protects.ACCESS}))
    assert emitted.kinds("ApisixConsumer") == []
    assert "left out" in emitted.finding("apisix/denied").message


def test_rewrites_for_one_consumer_are_not_given_to_all():
    vip = use("request-transformer", name="vip", scope="consumer+route", consumer="alice")
    emitted = emit(
        route(prefix("/a"), consumer_plugins=(vip,), strip_path=True),
        mapper=Table({"request-transformer": {"proxy-rewrite": {"headers": {"set": {"X": "1"}}}}}),
        consumers=[alice()],
    )
    assert "headers" not in emitted.plugins()["proxy-rewrite"]
    assert "apisix/consumer-pair" in emitted.codes
