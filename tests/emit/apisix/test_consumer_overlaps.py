"""What a consumer's own plugins do where the route has the same APISIX plugin (plugin-mapping.md 2.5, 2.6)."""

from __future__ import annotations

import pytest

from kong2x.model.finding import Level, Severity
from tests.emit.apisix.build import prefix, route, use
from tests.emit.apisix.test_logins import closed, config, consumer, converted, credential, guarded

GUARD = {"headers": {"remove": ["X-Consumer-ID", "X-Anonymous-Consumer"]}}
WHO = use("request-transformer", {"append": {"headers": ["x-who:alice"]}}, name="mine", scope="consumer")
KEY = credential("key-auth", "k", key="x")


def alice(*plugins):
    return consumer("alice", KEY, plugins=plugins)


def bob():
    return consumer("bob", credential("key-auth", "b", key="y"))


def own(emitted, name="alice"):
    spec = emitted.named("ApisixConsumer", name)["spec"]
    return {entry["name"]: entry["config"] for entry in spec.get("plugins", ())}


def test_a_route_leaves_proxy_rewrite_to_consumers_that_have_one():
    emitted = converted(guarded(), consumers=[alice(WHO), bob()])
    assert set(config(emitted, "keys")) == {"key-auth"}
    assert own(emitted)["proxy-rewrite"]["headers"]["add"] == {"x-who": "alice"}


def test_every_consumer_then_takes_a_callers_own_headers_away():
    emitted = converted(guarded(), consumers=[alice(WHO), bob()])
    assert own(emitted)["proxy-rewrite"]["headers"]["remove"] == GUARD["headers"]["remove"]
    assert own(emitted, "bob") == {"proxy-rewrite": GUARD}
    told = emitted.finding("apisix/identity-on-consumers")
    assert "X-Consumer-ID" in told.message and told.severity is Severity.WARNING


def test_the_second_object_of_a_consumer_takes_them_away_too():
    keys = (KEY, credential("key-auth", "k2", key="z"))
    emitted = converted(guarded(), consumers=[consumer("alice", *keys, plugins=(WHO,))])
    assert own(emitted, "alice-2") == own(emitted, "alice")


def test_groups_are_taken_away_by_consumers_where_a_list_wants_it():
    acl = use("acl", {"allow": ["staff"]}, name="acl")
    emitted = converted(guarded(acl), consumers=[alice(WHO)])
    assert "proxy-rewrite" not in config(emitted, "acl-keys")
    assert "X-Consumer-Groups" in own(emitted)["proxy-rewrite"]["headers"]["remove"]
    assert "X-Consumer-Groups" in emitted.finding("apisix/identity-on-consumers").message


def test_without_rewriting_consumers_the_route_itself_guards():
    limit = use("rate-limiting", {"minute": 5}, name="calm", scope="consumer")
    emitted = converted(guarded(), consumers=[alice(limit), bob()])
    assert config(emitted, "keys")["proxy-rewrite"] == GUARD
    assert "proxy-rewrite" not in own(emitted) and not own(emitted, "bob")
    assert "apisix/identity-on-consumers" not in emitted.codes


def login(path="/", *plugins, **more):
    return route(prefix(path), plugins=(use("key-auth", name="keys"), *plugins), **more)


def test_a_route_that_rewrites_guards_itself_and_the_consumers_plugin_is_lost_there():
    stripped = login("/api", strip_path=True, ingress="api")
    emitted = converted(login(), stripped, consumers=[alice(WHO)])
    found = emitted.plugins(emitted.rule("api"))["proxy-rewrite"]
    assert found["headers"] == GUARD["headers"] and "regex_uri" in found
    told = emitted.finding("apisix/consumer-plugin-lost")
    assert told.level is Level.UNSUPPORTED and told.routes == (stripped.name,)
    assert "request-transformer" in told.message and "alice" in told.message


def test_a_route_without_login_never_meets_a_consumer():
    emitted = converted(route(prefix("/api"), strip_path=True), consumers=[alice(WHO)])
    assert "apisix/consumer-plugin-lost" not in emitted.codes
    assert "headers" not in emitted.plugins()["proxy-rewrite"]


def test_the_same_plugin_on_route_and_consumer_is_told_once():
    also = use("request-transformer", {"append": {"headers": ["x-r:1"]}}, name="also")
    emitted = converted(guarded(also), consumers=[alice(WHO)])
    assert "apisix/consumer-over-route" in emitted.codes
    assert "apisix/consumer-plugin-lost" not in emitted.codes


def test_a_limit_of_the_consumer_replaces_the_routes_as_in_kong():
    calm = use("rate-limiting", {"minute": 5}, name="calm")
    vip = use("rate-limiting", {"minute": 500}, name="vip", scope="consumer")
    emitted = converted(guarded(calm), consumers=[alice(vip)])
    assert own(emitted)["limit-count"]["count"] == 500
    assert not [code for code in emitted.codes if code.startswith("apisix/consumer-") and "name" not in code]


def test_another_plugin_of_the_route_is_not_replaced_in_silence():
    calm = use("rate-limiting", {"minute": 5}, name="calm")
    burst = use("rate-limiting-advanced", {"limit": [9], "window_size": [60]}, name="burst", scope="consumer")
    told = converted(guarded(calm), consumers=[alice(burst)]).finding("apisix/consumer-replaces")
    assert told.severity is Severity.ERROR and "rate-limiting" in told.message
    assert told.routes == ("shop.web.cart.shop.example.com.80",)


def test_an_address_list_of_the_route_is_never_replaced_by_a_consumers_size_limit():
    lists = use("ip-restriction", {"allow": ["10.0.0.0/8"], "deny": ["10.1.0.0/16"]}, name="ip")
    empty = use("request-size-limiting", {"allowed_payload_size": 0}, name="empty", scope="consumer")
    emitted = converted(guarded(lists), consumers=[alice(empty), bob()])
    assert [o["metadata"]["name"] for o in emitted.kinds("ApisixConsumer")] == ["bob"]
    assert not closed(emitted)
    assert "ip-restriction" in emitted.finding("apisix/consumer-replaces").message


def test_a_banned_consumer_stays_banned_where_the_route_answers_some_requests_itself():
    ban = use("request-termination", {"status_code": 403}, name="ban", scope="consumer")
    stop = use("request-termination", {"status_code": 503, "trigger": "x-stop"}, name="stop")
    emitted = converted(guarded(stop), consumers=[alice(ban), bob()])
    assert [o["metadata"]["name"] for o in emitted.kinds("ApisixConsumer")] == ["bob"]


@pytest.mark.parametrize("controller", ["2.0", "1.8"])
def test_before_plugins_of_consumers_routes_guard_themselves(controller):
    emitted = converted(guarded(), controller=controller, consumers=[alice(WHO)])
    assert config(emitted, "keys")["proxy-rewrite"] == GUARD
    assert "apisix/identity-on-consumers" not in emitted.codes


def test_logins_without_a_consumer_keep_the_guard_on_the_route():
    ldap = use("ldap-auth", {"ldap_host": "l", "base_dn": "dc=x", "attribute": "uid"}, name="ldap")
    emitted = converted(route(prefix("/"), plugins=(ldap,)), consumers=[alice(WHO)])
    removed = config(emitted, "ldap")["proxy-rewrite"]["headers"]["remove"]
    assert set(removed) >= {"X-Consumer-ID", "X-Anonymous-Consumer", "X-Consumer-Username"}
    assert set(removed) >= {"X-Consumer-Custom-ID", "X-Credential-Identifier"}


LISTS = {"allow": ["10.0.0.0/8"], "deny": ["10.1.0.0/16"]}


def lists(name, scope="route", **config):
    return use("ip-restriction", config, name=name, scope=scope)


def test_a_list_of_the_route_that_stays_beside_the_consumers_is_told():
    emitted = converted(
        guarded(lists("ip", **LISTS)), consumers=[alice(lists("own", "consumer", allow=["10.1.0.0/16"]))]
    )
    told = emitted.finding("apisix/consumer-over-route")
    assert "together" in told.message and told.routes == ("shop.web.cart.shop.example.com.80",)


def test_a_list_that_replaces_the_routes_whole_is_not_told():
    for own_lists in (LISTS, {"allow": ["10.1.0.0/16"]}):
        emitted = converted(
            guarded(lists("ip", deny=["10.1.0.0/16"])),
            consumers=[alice(lists("own", "consumer", **own_lists))],
        )
        assert "apisix/consumer-over-route" not in emitted.codes


def test_a_smaller_size_limit_that_gives_way_to_the_routes_is_an_error():
    def size(name, megabytes, scope="route"):
        return use("request-size-limiting", {"allowed_payload_size": megabytes}, name=name, scope=scope)

    emitted = converted(guarded(size("route", 8)), consumers=[alice(size("own", 1, "consumer"))])
    told = emitted.finding("apisix/consumer-over-route")
    assert (told.severity, told.level) == (Severity.ERROR, Level.UNSUPPORTED)


@pytest.mark.parametrize(
    ("plugin", "acts"), [("correlation-id", False), ("bot-detection", False), ("file-log", True)]
)
def test_a_plugin_that_kong_runs_before_the_login_never_acts_for_a_consumer(plugin, acts):
    config = {"file-log": {"path": "/tmp/x"}}.get(plugin, {})
    emitted = converted(guarded(), consumers=[alice(use(plugin, config, name="own", scope="consumer"))])
    assert bool(own(emitted)) is acts
