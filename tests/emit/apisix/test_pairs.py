"""Plugins for one consumer on one route: several of them, beside each other and beside the route's own."""

from __future__ import annotations

import pytest

from kong2x.model.finding import Severity
from tests.emit.apisix.build import prefix, route, use
from tests.emit.apisix.test_logins import closed, config, consumer, converted, credential

KEYS = use("key-auth", name="keys")


def limit(name, minute, plugin="rate-limiting", **more):
    body = {"minute": minute} if plugin == "rate-limiting" else {"limit": [minute], "window_size": [60]}
    return use(plugin, body, name=name, **more)


def vip(who, minute, **more):
    return limit(f"vip-{who}", minute, scope="consumer+route", consumer=who, **more)


def everybody():
    named = [consumer(name, credential("key-auth", name, key=name)) for name in ("alice", "bob")]
    return [*named, consumer("carol", credential("key-auth", "carol", key="c"), groups=("gold",))]


def made(*pairs, own=()):
    place = route(prefix("/"), plugins=(KEYS, *own), consumer_plugins=pairs)
    emitted = converted(place, consumers=everybody())
    (found,) = emitted.kinds("ApisixPluginConfig")
    return emitted, config(emitted, found["metadata"]["name"])


def rules(found):
    return [
        (rule.get("case", [[None, None, None]])[0][2], rule["actions"][0][1]["count"])
        for rule in found["workflow"]["rules"]
    ]


def test_each_of_two_consumers_has_its_own_limit_and_nobody_else():
    emitted, found = made(vip("alice", 900), vip("bob", 800))
    assert rules(found) == [(["shop_alice"], 900), (["shop_bob"], 800)]
    assert "limit-count" not in found and "apisix/consumer-pair" not in emitted.codes


def test_everybody_else_has_the_routes_limit():
    _, found = made(vip("alice", 900), vip("bob", 800), own=(limit("calm", 5),))
    assert rules(found) == [(["shop_alice"], 900), (["shop_bob"], 800), (None, 5)]


def test_a_consumers_own_limit_comes_before_its_groups():
    gold = limit("gold", 700, scope="group+route", group="gold")
    for pairs in ((gold, vip("carol", 900)), (vip("carol", 900), gold)):
        _, found = made(*pairs)
        assert rules(found) == [(["shop_carol"], 900), (["shop_carol"], 700)]


def test_one_consumer_alone_keeps_a_filter():
    _, found = made(vip("alice", 900))
    assert found["limit-count"]["_meta"]["filter"] == [["consumer_name", "==", "shop_alice"]]


def test_a_limit_of_another_plugin_is_not_taken_away_from_the_consumer():
    other = limit("calm", 5, plugin="rate-limiting-advanced")
    emitted, found = made(vip("alice", 900), own=(other,))
    assert found["limit-count"]["count"] == 5 and "workflow" not in found
    assert emitted.finding("apisix/consumer-pair").severity is Severity.ERROR


def test_a_lost_limit_is_an_error_and_a_lost_header_a_warning():
    shape = use("request-transformer", {"add": {"headers": ["x:1"]}}, name="vip", scope="consumer+route",
                consumer="alice")  # fmt: skip
    emitted, _ = made(shape)
    assert emitted.finding("apisix/consumer-pair").severity is Severity.WARNING


@pytest.mark.parametrize(("plugin", "gone"), [("rate-limiting", True), ("file-log", False)])
def test_two_plugins_that_cannot_be_joined_are_as_grave_as_what_they_protect(plugin, gone):
    two = {
        "rate-limiting": (limit("calm", 5), limit("burst", 9, plugin="rate-limiting-advanced")),
        "file-log": (use("file-log", {"path": "/a"}, name="a"),) * 2,
    }[plugin]
    emitted, _ = made(own=two)
    assert ("apisix/plugin-clash" in emitted.codes) is gone
    assert not closed(emitted)
    if gone:
        assert emitted.finding("apisix/plugin-clash").severity is Severity.ERROR
