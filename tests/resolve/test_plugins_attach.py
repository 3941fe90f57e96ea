"""Where plugins are attached: lookup, permission, combination, precedence; traps 39 to 52."""

from __future__ import annotations

import pytest

from kong2x.model.finding import Code, Severity
from kong2x.model.route import Backend, Feature, Route, RouteModel, Service
from kong2x.model.settings import SourceFacts
from kong2x.model.source import Leaf, ObjectRef, SourceObject
from kong2x.resolve import consumer_codes, plugin_codes
from kong2x.resolve.plugins import attach_plugins
from kong2x.resolve.world import World
from tests.conftest import ROOT
from tests.resolve.plugin_worlds import (
    add,
    cluster_plugin,
    consumer,
    grant,
    group,
    listed_service,
    listing,
    names,
    on,
    personal,
    plugin,
    run,
    secret,
)
from tests.resolve.worlds import ingress, service

KEY = plugin("key", "key-auth")
BOB = consumer("bob", "bob-key")
BOB_KEY = secret("bob-key", "key-auth", key="bob-1")


def bob(plugins: str = "", **fields):
    """A consumer that key-auth can find, with its Secret."""
    return consumer("bob", "bob-key", plugins=plugins, **fields), BOB_KEY


# --- traps, by their number in the facts ----------------------------------------------------------


def test_trap_39_disabled_lets_the_service_instance_run():
    found = run(
        listing("off"),
        listed_service("rl"),
        plugin("off", "rate-limiting", disabled=True, config={"minute": 1}),
        plugin("rl", "rate-limiting", config={"minute": 5}),
    )
    assert on(found) == ["service:rl"]
    assert found.messages("plugins/disabled-not-off") == [
        "KongPlugin default/off is switched off on Ingress default/web, "
        "and KongPlugin default/rl runs there instead."
    ]
    assert "plugins/disabled" not in found.codes


def test_disabled_alone_is_told_quietly():
    found = run(listing("off"), plugin("off", "key-auth", disabled=True))
    assert on(found) == []
    assert found.codes == ["plugins/disabled"]


@pytest.mark.parametrize("value", [False, None, "true"])
def test_only_true_disables(value):
    found = run(listing("x"), plugin("x", disabled=value, **add("a:1")))
    assert on(found) == ["route:x"]


def test_trap_40_the_route_instance_replaces_the_service_instance():
    found = run(
        listing("cors-b"),
        listed_service("cors-a"),
        plugin("cors-a", "cors", config={"max_age": 5}),
        plugin("cors-b", "cors", config={"credentials": True}),
    )
    (use,) = found.only_route().plugins
    assert (use.scope, dict(use.config)) == ("route", {"credentials": True})
    assert found.messages("plugins/shadowed")


def test_trap_41_consumer_and_ingress_make_a_pair_and_nothing_else():
    found = run(listing("key,rl"), KEY, plugin("rl", "rate-limiting", config={"minute": 1}), *bob("rl"))
    assert on(found) == ["route:key"]
    assert personal(found) == ["consumer+route:rl:bob"]
    assert found.model.consumers[0].plugins == ()
    assert "plugins/consumer-pair" in found.codes


def test_a_pair_needs_the_same_object():
    found = run(
        listing("key,one"),
        KEY,
        plugin("one", "rate-limiting", config={"minute": 1}),
        plugin("two", "rate-limiting", config={"minute": 1}),
        *bob("two"),
    )
    assert on(found) == ["route:key", "route:one"]
    assert personal(found) == ["consumer:two:bob"]
    assert "plugins/consumer-pair" not in found.codes


def test_trap_42_the_consumer_instance_beats_the_route_instance():
    found = run(
        listing("key,rl"),
        KEY,
        plugin("rl", "rate-limiting", config={"minute": 1}),
        plugin("rl-vip", "rate-limiting", config={"minute": 100}),
        *bob("rl-vip"),
    )
    assert on(found) == ["route:key", "route:rl"]
    assert personal(found) == ["consumer:rl-vip:bob"]
    assert names(found.model.consumers[0].plugins) == ["consumer:rl-vip:bob"]


def test_trap_42_not_where_the_consumer_is_not_known_yet():
    """correlation-id runs before any authentication, so the route's instance acts for everybody."""
    found = run(
        listing("key,everybody"),
        KEY,
        plugin("everybody", "correlation-id"),
        plugin("his", "correlation-id"),
        *bob("his"),
    )
    assert on(found) == ["route:everybody", "route:key"]
    assert personal(found) == []
    assert "plugins/before-authentication" in found.codes


def test_trap_42_before_3_9_correlation_id_runs_late():
    objects = [listing("key"), KEY, plugin("his", "correlation-id"), *bob("his")]
    assert personal(run(*objects, version="3.8")) == ["consumer:his:bob"]
    assert personal(run(*objects, version="3.9")) == []


def test_a_consumer_is_not_known_on_a_route_without_authentication():
    found = run(ingress(), plugin("his", **add("a:1")), *bob("his"))
    assert personal(found) == []
    assert names(found.model.consumers[0].plugins) == ["consumer:his:bob"]


def test_a_consumer_is_not_known_by_a_credential_it_does_not_have():
    found = run(listing("basic"), plugin("basic", "basic-auth"), plugin("his", **add("a:1")), *bob("his"))
    assert personal(found) == []


@pytest.mark.parametrize("anonymous", ["bob", "def4f7d3-9863-5ad2-8fa9-c949bf26f55e"])
def test_a_consumer_is_known_where_it_stands_for_anonymous_callers(anonymous):
    found = run(
        listing("basic"),
        plugin("basic", "basic-auth", config={"anonymous": anonymous}),
        plugin("his", **add("a:1")),
        *bob("his"),
    )
    assert personal(found) == ["consumer:his:bob"]


def test_a_consumer_with_an_unseen_secret_may_be_known():
    found = run(listing("key"), KEY, plugin("his", **add("a:1")), consumer("bob", "elsewhere", plugins="his"))
    assert personal(found) == ["consumer:his:bob"]


def test_trap_43_a_missing_plugin_leaves_the_route_open_and_is_an_error():
    found = run(listing("key-autth"), KEY)
    assert on(found) == []
    (finding,) = [f for f in found.model.findings if f.code == "plugins/missing"]
    assert finding.severity is Severity.ERROR
    assert finding.routes == ("default.web.app.a.example.80",)
    assert "requests are served without it" in finding.message
    assert str(finding.object) == "Ingress default/web"
    assert found.entry("Ingress", "metadata", "annotations", "konghq.com/plugins").level.value == "ignored"


def test_trap_44_the_own_namespace_written_out_needs_a_grant():
    objects = [listing("shop:auth", namespace="shop"), plugin("auth", "key-auth", "shop")]
    objects.append(service("app", namespace="shop"))
    found = run(*objects)
    assert on(found) == [] and "plugins/not-granted" in found.codes
    allowed = run(*objects, grant("shop", "Ingress", "networking.k8s.io", "shop"))
    assert on(allowed) == ["route:auth"]


def test_trap_45_two_globals_of_one_kind_cancel_out():
    label = {"labels": {"global": "true"}}
    found = run(
        ingress(),
        cluster_plugin("a", "prometheus", **label),
        cluster_plugin("b", "prometheus", **label),
        cluster_plugin("c", "zipkin", **label),
    )
    assert names(found.model.global_plugins) == ["global:c"]
    assert on(found) == ["global:c"]
    assert found.codes.count("plugins/global-twice") == 2


def test_trap_45_global_on_a_kong_plugin_means_nothing():
    found = run(ingress(), plugin("a", "prometheus", labels={"global": "true"}))
    assert found.model.global_plugins == () and on(found) == []
    assert "plugins/global-label" in found.codes


@pytest.mark.parametrize("value", ["yes", "True", "1", True])
def test_global_must_be_the_text_true(value):
    found = run(ingress(), cluster_plugin("a", "prometheus", labels={"global": value}))
    assert found.model.global_plugins == ()
    assert "plugins/global-label" in found.codes


def test_trap_46_a_cluster_plugin_without_class_is_not_found():
    objects = [listing("rl"), cluster_plugin("rl", "rate-limiting", annotations={}, config={"minute": 1})]
    found = run(*objects)
    assert on(found) == []
    assert "plugins/cluster-plugin-class" in found.codes
    assert on(run(*objects, default_class=True)) == ["route:rl"]


def test_trap_47_a_rewrite_with_the_gate_off_takes_the_service_and_its_plugins_away():
    found = run(
        ingress(name="one", annotations={"konghq.com/rewrite": "/x"}),
        listing("mark", name="two"),
        plugin("mark", **add("a:1")),
    )
    assert found.model.routes == []
    assert "plugins/not-referenced" in found.codes


def test_trap_48_a_rewrite_hides_the_services_transformer():
    found = run(
        ingress(annotations={"konghq.com/rewrite": "/x"}),
        listed_service("rt"),
        plugin("rt", "request-transformer", **add("a:1")),
        gates=("RewriteURIs",),
    )
    assert on(found) == ["route:made"]
    assert "plugins/shadowed" in found.codes


def test_trap_48_a_consumers_transformer_hides_the_rewrite():
    found = run(
        listing("key", annotations={"konghq.com/rewrite": "/x"}),
        KEY,
        plugin("rt", "request-transformer", **add("a:1")),
        *bob("rt"),
        gates=("RewriteURIs",),
    )
    assert on(found) == ["route:key", "route:made"]
    assert personal(found) == ["consumer:rt:bob"]


def test_trap_48_a_transformer_on_the_same_ingress_conflicts():
    found = run(
        listing("rt", annotations={"konghq.com/rewrite": "/x"}),
        plugin("rt", "request-transformer", **add("a:1")),
        gates=("RewriteURIs",),
    )
    assert on(found) == ["route:made"]
    assert "plugins/generated-conflict" in found.codes


def test_trap_49_a_shared_key_drops_both_consumers_whole():
    found = run(
        listing("key"),
        KEY,
        consumer("alice", "alice-key", "alice-basic", plugins="mark"),
        consumer("bob", "bob-key"),
        consumer("carol", "carol-key"),
        secret("alice-key", "key-auth", key="abc"),
        secret("alice-basic", "basic-auth", username="alice", password="p4ss"),
        secret("bob-key", "key-auth", key="abc"),
        secret("carol-key", "key-auth", key="other"),
        plugin("mark", **add("a:1")),
    )
    assert [c.username for c in found.model.consumers] == ["carol"]
    assert found.codes.count("consumers/conflict") == 2
    assert personal(found) == []
    assert not any("abc" in f.message for f in found.model.findings)


def test_trap_50_plugins_of_a_tcp_ingress_stay_on_the_stream_route():
    tcp = {
        "apiVersion": "configuration.konghq.com/v1beta1",
        "kind": "TCPIngress",
        "metadata": {
            "name": "raw",
            "namespace": "default",
            "annotations": {"kubernetes.io/ingress.class": "kong", "konghq.com/plugins": "deny,mark"},
        },
        "spec": {"rules": [{"port": 9000, "backend": {"serviceName": "app", "servicePort": 80}}]},
    }
    found = run(
        listing("mark"),
        tcp,
        plugin("deny", "ip-restriction", protocols=["tcp", "tls"], config={"deny": ["10.0.0.0/8"]}),
        plugin("mark", **add("a:1")),
    )
    assert found.model.routes == []
    (stream,) = found.model.streams
    assert on(found, stream) == ["route:deny"]
    assert "plugins/protocols" in found.codes


def test_trap_51_order_is_by_priority_not_by_list():
    found = run(
        listing("ip,key,term,cors"),
        KEY,
        plugin("ip", "ip-restriction", config={"allow": ["10.0.0.0/8"]}),
        plugin("term", "request-termination"),
        plugin("cors", "cors"),
    )
    assert [use.plugin for use in found.only_route().plugins] == [
        "cors",
        "key-auth",
        "ip-restriction",
        "request-termination",
    ]


def test_trap_52_two_authentications_both_stand():
    found = run(listing("basic,key"), KEY, plugin("basic", "basic-auth"))
    assert [use.plugin for use in found.only_route().plugins] == ["key-auth", "basic-auth"]


# --- lookup and permission ------------------------------------------------------------------------


def test_a_kong_plugin_comes_before_a_cluster_plugin_of_the_same_name():
    both = [listing("rl"), cluster_plugin("rl", **add("a:1")), plugin("rl", **add("b:1"))]
    (use,) = run(*both).only_route().plugins
    assert use.origin.kind == "KongPlugin"
    (use,) = run(*both[:2]).only_route().plugins
    assert use.origin.kind == "KongClusterPlugin"


@pytest.mark.parametrize(
    ("kind", "group", "sender", "name", "allowed"),
    [
        ("Ingress", "networking.k8s.io", "default", None, True),
        ("Ingress", "networking.k8s.io", "default", "mark", True),
        ("Ingress", "networking.k8s.io", "default", "other", False),
        ("Ingress", "networking.k8s.io", "elsewhere", None, False),
        ("Ingress", "extensions", "default", None, False),
        ("Service", "", "default", None, False),
    ],
)
def test_a_remote_plugin_needs_a_grant_for_just_this(kind, group, sender, name, allowed):
    found = run(
        listing("infra:mark"),
        plugin("mark", namespace="infra", **add("a:1")),
        grant("infra", kind, group, sender, name),
    )
    assert on(found) == (["route:mark"] if allowed else [])
    assert ("plugins/not-granted" in found.codes) is not allowed


def test_grants_are_for_the_kind_that_refers():
    objects = [
        ingress(),
        listed_service("infra:mark"),
        plugin("mark", namespace="infra", **add("a:1")),
    ]
    assert on(run(*objects, grant("infra", "Service", "", "default"))) == ["service:mark"]
    assert on(run(*objects, grant("infra", "Ingress", "networking.k8s.io", "default"))) == []


def test_a_plugin_of_another_namespace_is_not_found_by_its_bare_name():
    found = run(listing("mark"), plugin("mark", namespace="infra", **add("a:1")))
    assert on(found) == [] and "plugins/missing" in found.codes


def test_a_list_with_blanks_and_broken_entries():
    found = run(listing(" mark , ,:x, :z,y:,"), plugin("mark", **add("a:1")))
    assert on(found) == ["route:mark"]
    assert found.codes.count("plugins/malformed-name") == 2
    assert found.codes.count("plugins/missing") == 1, "a blank before the colon makes it the own namespace"


def test_one_finding_for_each_listing_object_with_all_its_routes():
    found = run(
        ingress(name="one", host="a.example"),
        ingress(name="two", host="b.example"),
        listed_service("nope"),
    )
    (finding,) = [f for f in found.model.findings if f.code == "plugins/missing"]
    assert str(finding.object) == "Service default/app"
    assert len(finding.routes) == 2


def test_one_finding_for_a_broken_plugin_however_many_list_it():
    found = run(
        listing("bad", name="one", host="a.example"),
        listing("bad", name="two", host="b.example"),
        plugin("bad", config="minute: 5"),
    )
    (finding,) = [f for f in found.model.findings if f.code == "plugins/config-not-mapping"]
    assert len(finding.routes) == 2


# --- combination ----------------------------------------------------------------------------------


def test_one_object_on_service_and_ingress_makes_two_instances_and_the_routes_runs():
    found = run(listing("mark"), listed_service("mark"), plugin("mark", **add("a:1")))
    assert on(found) == ["route:mark"]
    assert names(found.model.services[0].plugins) == ["service:mark"]


def test_consumer_and_service_make_a_pair():
    found = run(listing("key"), KEY, listed_service("mark"), plugin("mark", **add("a:1")), *bob("mark"))
    assert on(found) == ["route:key"]
    assert personal(found) == ["consumer+service:mark:bob"]
    assert found.model.services[0].plugins == ()


def test_the_pair_with_the_route_beats_the_pair_with_the_service():
    found = run(listing("key,mark"), KEY, listed_service("mark"), plugin("mark", **add("a:1")), *bob("mark"))
    assert personal(found) == ["consumer+route:mark:bob"]


def test_two_consumers_make_two_pairs():
    found = run(
        listing("key,mark"),
        KEY,
        plugin("mark", **add("a:1")),
        *bob("mark"),
        consumer("liz", "liz-key", plugins="mark"),
        secret("liz-key", "key-auth", key="liz-1"),
    )
    assert sorted(personal(found)) == ["consumer+route:mark:bob", "consumer+route:mark:liz"]


def test_a_cluster_plugin_does_not_combine_across_namespaces():
    found = run(
        listing("key,mark"),
        KEY,
        cluster_plugin("mark", **add("a:1")),
        consumer("bob", "bob-key", plugins="mark", namespace="people"),
        secret("bob-key", "key-auth", namespace="people", key="bob-1"),
    )
    assert on(found) == ["route:key", "route:mark"]
    assert personal(found) == ["consumer:mark:bob"]


def test_a_disabled_consumer_instance_leaves_the_routes():
    found = run(
        listing("key,mark"),
        KEY,
        plugin("mark", **add("a:1")),
        plugin("off", disabled=True, **add("b:1")),
        *bob("off"),
    )
    assert on(found) == ["route:key", "route:mark"]
    assert personal(found) == []
    assert found.codes == ["plugins/disabled-not-off"]


def test_groups_make_pairs_and_count_after_pairs_of_consumers():
    objects = [
        listing("key,mark"),
        KEY,
        plugin("mark", **add("a:1")),
        group("gold", "mark"),
        *bob(consumerGroups=["gold"]),
    ]
    found = run(*objects, edition="enterprise")
    assert on(found) == ["route:key"]
    assert personal(found) == ["group+route:mark:gold"]


def test_a_group_with_the_route_beats_the_consumer_alone():
    found = run(
        listing("key,mark"),
        KEY,
        plugin("mark", **add("a:1")),
        plugin("his", **add("b:1")),
        group("gold", "mark"),
        *bob("his", consumerGroups=["gold"]),
        edition="enterprise",
    )
    assert personal(found) == ["group+route:mark:gold"]


def test_a_group_alone_acts_for_its_members_unless_they_have_their_own():
    objects = [
        listing("key"),
        KEY,
        plugin("rl-gold", "rate-limiting", config={"minute": 50}),
        plugin("rl-bob", "rate-limiting", config={"minute": 5}),
        group("gold", "rl-gold"),
        consumer("liz", "liz-key", consumerGroups=["gold"]),
        secret("liz-key", "key-auth", key="liz-1"),
    ]
    found = run(*objects, *bob("rl-bob", consumerGroups=["gold"]), edition="enterprise")
    assert sorted(personal(found)) == ["consumer:rl-bob:bob", "group:rl-gold:gold"]
    nobody = run(*objects[:5], *bob(), edition="enterprise")
    assert personal(nobody) == []


def test_of_several_groups_the_first_by_name_counts():
    found = run(
        listing("key"),
        KEY,
        plugin("rl-a", "rate-limiting", config={"minute": 1}),
        plugin("rl-b", "rate-limiting", config={"minute": 2}),
        group("beta", "rl-b"),
        group("alpha", "rl-a"),
        *bob(consumerGroups=["beta", "alpha"]),
        edition="enterprise",
    )
    assert personal(found) == ["group:rl-a:alpha"]


def test_groups_are_ignored_where_consumers_list_the_same_object():
    found = run(
        listing("key"),
        KEY,
        plugin("mark", **add("a:1")),
        group("gold", "mark"),
        *bob("mark", consumerGroups=["gold"]),
        edition="enterprise",
    )
    assert personal(found) == ["consumer:mark:bob"]
    assert "plugins/group-ignored" in found.codes


def test_a_global_runs_where_nothing_more_specific_does():
    found = run(
        ingress(name="bare", host="a.example"),
        listing("mine", name="own", host="b.example"),
        cluster_plugin("all", labels={"global": "true"}, **add("g:1")),
        plugin("mine", **add("m:1")),
    )
    by_origin = {route.origin.name: on(found, route) for route in found.model.routes}
    assert by_origin == {"bare": ["global:all"], "own": ["route:mine"]}
    assert names(found.model.global_plugins) == ["global:all"]


def test_a_global_may_be_listed_by_name_as_well():
    found = run(listing("all"), cluster_plugin("all", labels={"global": "true"}, **add("g:1")))
    assert on(found) == ["route:all"]
    assert names(found.model.global_plugins) == ["global:all"]


def test_protocols_of_the_other_subsystem_keep_a_plugin_from_running():
    """Recorded: ip-restriction limited to tcp lets the HTTP request pass (plugin-protocols-tcp)."""
    found = run(
        listing("ip"), plugin("ip", "ip-restriction", protocols=["tcp"], config={"deny": ["0.0.0.0/0"]})
    )
    assert on(found) == []
    assert "plugins/protocols" in found.codes


@pytest.mark.parametrize("protocols", [[], ["http"], ["https"], ["grpc"], ["tcp", "https"]])
def test_protocols_are_no_filter_inside_http(protocols):
    found = run(listing("x"), plugin("x", protocols=protocols, **add("a:1")))
    assert on(found) == ["route:x"]
    assert "plugins/protocols" not in found.codes


# --- refusals -------------------------------------------------------------------------------------


def refusals(found):
    return sorted(f.code for f in found.model.refusals)


def test_two_of_one_kind_on_one_object_are_refused():
    found = run(listing("a,b"), plugin("a", **add("a:1")), plugin("b", **add("b:1")))
    assert refusals(found) == ["plugins/two-of-one-type"]
    assert on(found) == ["route:a"]


def test_one_name_twice_is_refused():
    found = run(listing("a,a"), plugin("a", **add("a:1")))
    assert refusals(found) == ["plugins/listed-twice"]
    assert on(found) == ["route:a"]


def test_two_kinds_or_two_objects_are_not_refused():
    found = run(
        listing("a,b"),
        listed_service("c"),
        plugin("a", **add("a:1")),
        plugin("b", "cors"),
        plugin("c", "cors"),
    )
    assert refusals(found) == []


@pytest.mark.parametrize("kind", ["key-auth", "cors", "acl", "pre-function", "session"])
def test_some_plugins_are_refused_on_consumers(kind):
    found = run(listing("key"), KEY, plugin("his", kind), *bob("his"))
    assert refusals(found) == ["plugins/scope"]
    assert found.model.consumers[0].plugins == ()


@pytest.mark.parametrize("kind", ["rate-limiting", "response-transformer", "ip-restriction"])
def test_others_are_not(kind):
    found = run(listing("key"), KEY, plugin("his", kind), *bob("his"))
    assert refusals(found) == []
    assert names(found.model.consumers[0].plugins) == ["consumer:his:bob"]


def test_an_authentication_listed_on_both_sides_is_refused_and_lost():
    found = run(listing("key"), KEY, *bob("key"))
    assert refusals(found) == ["plugins/scope"]
    assert on(found) == [] and personal(found) == []


def test_acme_stands_on_nothing():
    assert refusals(run(listing("acme"), plugin("acme", "acme"))) == ["plugins/scope"]
    assert refusals(run(ingress(), cluster_plugin("acme", "acme", labels={"global": "true"}))) == []


def test_an_unknown_kind_is_refused():
    found = run(listing("x"), plugin("x", "not-a-plugin"))
    assert refusals(found) == ["plugins/unknown-type"]
    assert on(found) == ["route:x"]


def test_enterprise_plugins_by_edition():
    objects = [listing("x"), plugin("x", "openid-connect")]
    assert refusals(run(*objects, edition="oss", stated=("kong.edition",))) == ["plugins/enterprise-on-oss"]
    unstated = run(*objects)
    assert refusals(unstated) == [] and "plugins/enterprise" in unstated.codes
    assert "plugins/enterprise" not in run(*objects, edition="enterprise").codes


def test_a_plugin_that_nothing_lists_is_not_checked():
    found = run(ingress(), plugin("x", "not-a-plugin"))
    assert refusals(found) == []
    assert found.codes == ["plugins/not-referenced"]


# --- sharing and provenance -----------------------------------------------------------------------


def test_uses_are_shared_by_all_routes_of_a_referrer():
    rules = [
        {
            "host": f"h{n}.example",
            "http": {
                "paths": [
                    {
                        "path": "/",
                        "pathType": "Prefix",
                        "backend": {"service": {"name": "app", "port": {"number": 80}}},
                    }
                ]
            },
        }
        for n in range(50)
    ]
    obj = listing("mark")
    obj["spec"]["rules"] = rules
    found = run(obj, plugin("mark", **add("a:1")))
    assert len(found.model.routes) == 50
    assert len({id(route.plugins) for route in found.model.routes}) == 1


def test_uses_of_two_referrers_share_key_and_configuration():
    found = run(
        listing("mark", name="one", host="a.example"),
        listing("mark", name="two", host="b.example"),
        plugin("mark", **add("a:1")),
    )
    one, two = (route.plugins[0] for route in found.model.routes)
    assert one is not two
    assert one.key == two.key == ("default", "mark", "response-transformer")
    assert one.config is two.config
    assert {one.attached_to.name, two.attached_to.name} == {"one", "two"}


def test_the_list_is_traced_where_it_stands():
    found = run(
        listing("key,nope"),
        KEY,
        listed_service("mark"),
        plugin("mark", **add("a:1")),
        *bob("rl"),
        plugin("rl", "rate-limiting", config={"minute": 1}),
    )
    annotation = ("metadata", "annotations", "konghq.com/plugins")
    for element, kind in (
        (found.only_route(), "Ingress"),
        (found.only_service(), "Service"),
        (found.model.consumers[0], "KongConsumer"),
    ):
        (leaf,) = element.provenance[Feature.PLUGINS]
        assert (leaf.object.kind, leaf.path) == (kind, annotation)


def test_order_of_the_input_changes_nothing():
    objects = [
        listing("key,mark"),
        KEY,
        plugin("mark", **add("a:1")),
        cluster_plugin("all", "zipkin", labels={"global": "true"}),
        *bob("mark"),
        service(),
    ]
    forth, back = run(*objects), run(*reversed(objects))
    assert [on(forth), personal(forth), forth.codes] == [on(back), personal(back), back.codes]


# --- facades, several backends, filters -----------------------------------------------------------


def facade(plugins=None):
    annotations = {
        "kubernetes.io/ingress.class": "kong",
        **({"konghq.com/plugins": plugins} if plugins else {}),
    }
    return {
        "apiVersion": "incubator.ingress-controller.konghq.com/v1alpha1",
        "kind": "KongServiceFacade",
        "metadata": {"name": "face", "namespace": "default", "annotations": annotations},
        "spec": {"backendRef": {"name": "app", "port": 80}},
    }


@pytest.mark.parametrize(("own", "expected"), [("mine", ["service:mine"]), (None, ["service:theirs"])])
def test_a_facades_list_replaces_that_of_its_service(own, expected):
    obj = ingress()
    reference = {
        "apiGroup": "incubator.ingress-controller.konghq.com",
        "kind": "KongServiceFacade",
        "name": "face",
    }
    obj["spec"]["rules"][0]["http"]["paths"][0]["backend"] = {"resource": reference}
    found = run(
        obj,
        facade(own),
        listed_service("theirs"),
        plugin("mine", **add("m:1")),
        plugin("theirs", **add("t:1")),
        gates=("KongServiceFacade",),
    )
    assert on(found) == expected
    (leaf,) = found.only_service().provenance[Feature.PLUGINS]
    assert leaf.object.kind == ("KongServiceFacade" if own else "Service")


def test_several_services_of_one_rule_repeat_a_plugin():
    model = RouteModel(SourceFacts())
    one, two = (Backend("default", name, 80, known=True) for name in ("app", "other"))
    both = Service("both", "default", backends=(one, two))
    model.services.append(both)
    model.routes.append(Route("r", ObjectRef("", "HTTPRoute", "default", "r"), both))
    values = [listed_service("mark"), listed_service("mark", "other"), plugin("mark", **add("a:1"))]
    attach_plugins(World([SourceObject(value) for value in values], SourceFacts()), model)
    assert [f.code for f in model.refusals] == ["plugins/several-backends"]
    assert names(model.routes[0].plugins) == ["service:mark"]


def http_route(*rules, plugins=None):
    annotations = {"konghq.com/plugins": plugins} if plugins else {}
    return {
        "apiVersion": "gateway.networking.k8s.io/v1",
        "kind": "HTTPRoute",
        "metadata": {"name": "r", "namespace": "default", "annotations": annotations},
        "spec": {},
        "rules": rules,
    }


def filtered(model, name, *extension):
    """A route of an HTTPRoute whose rule has ExtensionRef filters."""
    origin = ObjectRef("gateway.networking.k8s.io", "HTTPRoute", "default", "r")
    leaves = tuple((e, Leaf(origin, ("spec", "rules", 0, "filters", i))) for i, e in enumerate(extension))
    route = Route(name, origin, Service("s", "default"), extension_plugins=leaves)
    model.routes.append(route)
    return route


def test_filters_name_plugins_for_the_routes_of_their_rule_only():
    model = RouteModel(SourceFacts())
    with_filter, without = filtered(model, "a", "mark"), filtered(model, "b")
    values = [http_route(plugins="key"), KEY, plugin("mark", **add("a:1"))]
    attach_plugins(World([SourceObject(value) for value in values], SourceFacts()), model)
    assert names(with_filter.plugins) == ["route:key", "route:mark"]
    assert names(without.plugins) == ["route:key"]
    assert [leaf.path[0] for leaf in with_filter.provenance[Feature.PLUGINS]] == ["metadata", "spec"]


def test_a_filter_and_the_list_naming_one_kind_are_refused():
    model = RouteModel(SourceFacts())
    route = filtered(model, "a", "two")
    values = [http_route(plugins="one"), plugin("one", **add("a:1")), plugin("two", **add("b:1"))]
    attach_plugins(World([SourceObject(value) for value in values], SourceFacts()), model)
    assert [f.code for f in model.refusals] == ["plugins/two-of-one-type"]
    assert names(route.plugins) == ["route:one"]


# --- what is told ---------------------------------------------------------------------------------


@pytest.mark.parametrize("kind", ["pre-function", "post-function"])
def test_functions_for_early_phases_run_for_globals_only(kind):
    body = {"config": {"rewrite": ["return"], "access": ["return"]}}
    assert "plugins/early-phase" in run(listing("x"), plugin("x", kind, **body)).codes
    assert "plugins/early-phase" not in run(listing("x"), plugin("x", kind, config={"access": ["x"]})).codes
    everywhere = run(ingress(), cluster_plugin("x", kind, labels={"global": "true"}, **body))
    assert "plugins/early-phase" not in everywhere.codes


@pytest.mark.parametrize(
    ("field", "told"), [("consumerRef", True), ("run_on", True), ("instance_name", False)]
)
def test_fields_without_effect(field, told):
    found = run(listing("x"), plugin("x", **{field: "first"}, **add("a:1")))
    assert found.codes == (["plugins/dead-field"] if told else [])
    assert found.entry("KongPlugin", field).level.value == "ignored"


def test_a_spec_is_not_read():
    found = run(listing("x"), plugin("x", "key-auth", spec={"config": {"key_names": ["k"]}}))
    assert found.codes == ["plugins/unknown-field"]
    assert dict(found.only_route().plugins[0].config) == {}


def test_a_sound_world_says_nothing():
    found = run(
        listing("key,mark"),
        KEY,
        plugin("mark", **add("a:1")),
        plugin("his", "rate-limiting", config={"minute": 5}),
        *bob("his"),
    )
    assert found.codes == []


def test_every_code_is_used_and_stands_in_the_catalogue():
    folder = ROOT / "kong2x" / "resolve"
    for module in (plugin_codes, consumer_codes):
        text = "".join(p.read_text() for p in folder.glob("*.py") if not p.name.endswith("codes.py"))
        known = {name: value for name, value in vars(module).items() if isinstance(value, Code)}
        assert set(known.values()) == set(module.CODES)
        assert [name for name in known if f"codes.{name}" not in text] == []
        assert all(code.summary.endswith(".") and code.meaning for code in module.CODES)
    ids = [code.id for code in (*plugin_codes.CODES, *consumer_codes.CODES)]
    assert len(ids) == len(set(ids))
