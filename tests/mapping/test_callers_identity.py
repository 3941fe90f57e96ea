"""Who the caller is: headers that Kong writes and a caller could forge, and counters that need a consumer."""

from __future__ import annotations

import re

import pytest

from kong2x.mapping import Mapper
from kong2x.mapping.examples import short_codes
from kong2x.model.plugin import PluginUse
from kong2x.model.route import PathKind, PathMatch, Route, RouteModel, Service
from kong2x.model.settings import SourceFacts
from kong2x.model.source import ObjectRef
from tests.mapping.test_plugins import apisix, on_route

OWN = ["X-Consumer-ID", "x-anonymous-consumer"]


def headers(mapped):
    return mapped.fragments.get("proxy-rewrite", {}).get("headers", {})


def behind_login(config, *others, login="key-auth", **more):
    return on_route("request-transformer", config, login, *others, **more)


@pytest.mark.parametrize("name", OWN)
@pytest.mark.parametrize("operation", ["add", "append"])
def test_a_header_of_kong_is_not_mixed_with_a_callers(operation, name):
    mapped = behind_login({operation: {"headers": [f"{name}:me"]}})
    assert headers(mapped) == {"remove": [name]} and short_codes(mapped) == ["identity"]


@pytest.mark.parametrize("name", OWN)
def test_a_header_of_kong_is_not_renamed_from_a_callers(name):
    mapped = behind_login({"rename": {"headers": [f"{name}:X-User"]}})
    assert headers(mapped) == {"remove": [name, "X-User"]} and short_codes(mapped) == ["identity"]


@pytest.mark.parametrize("text", ['$(headers["x-consumer-id"])', "id-$(headers.X_Anonymous_Consumer)"])
def test_a_header_of_kong_is_no_variable(text):
    assert headers(behind_login({"append": {"headers": [f"X-User:{text}"]}})) == {}
    assert headers(behind_login({"replace": {"headers": [f"X-User:{text}"]}})) == {"remove": ["X-User"]}
    path = behind_login({"replace": {"uri": f"/of/{text}"}})
    assert path.fragments == {} and short_codes(path) == ["uri-template"]


def test_groups_are_kongs_where_a_list_of_groups_is():
    config = {"rename": {"headers": ["X-Consumer-Groups:X-Roles"]}}
    assert headers(behind_login(config, "acl"))["remove"] == ["X-Consumer-Groups", "X-Roles"]
    assert headers(behind_login(config))["set"] == {"X-Roles": "$http_x_consumer_groups"}


def test_the_names_of_a_consumer_are_kongs_where_the_target_finds_none():
    config = {"append": {"headers": ['X-User:$(headers["x-consumer-username"])']}}
    assert headers(behind_login(config, login="ldap-auth")) == {}
    assert headers(behind_login(config))["add"] == {"X-User": "$http_x_consumer_username"}


def test_a_consumers_own_transformer_knows_no_forgeable_header():
    mapped = on_route(
        "request-transformer", {"rename": {"headers": ["X-Consumer-Groups:X-Roles"]}}, scope="consumer"
    )
    assert headers(mapped)["remove"] == ["X-Consumer-Groups", "X-Roles"]


def test_a_fixed_value_cannot_be_forged():
    assert headers(behind_login({"replace": {"headers": ["X-Consumer-ID:me"]}}))["set"] == {
        "X-Consumer-ID": "me"
    }
    both = {"remove": {"headers": ["X-Consumer-ID"]}, "add": {"headers": ["X-Consumer-ID:me"]}}
    assert headers(behind_login(both)) == {"set": {"X-Consumer-ID": "me"}}


def test_without_a_login_the_header_is_the_callers_in_kong_too():
    mapped = on_route("request-transformer", {"rename": {"headers": ["X-Consumer-ID:X-User"]}})
    assert headers(mapped)["set"] == {"X-User": "$http_x_consumer_id"}


# -- what cannot be computed must not leave the caller's own ------------------------------------------


@pytest.mark.parametrize(
    "config",
    [
        {"replace": {"headers": ["X-User:$(shared.user)"]}},
        {"remove": {"headers": ["X-User"]}, "add": {"headers": ["X-User:$(shared.user)"]}},
        {"remove": {"headers": ["X-User"]}, "append": {"headers": ["X-User:$(shared.user)"]}},
        {
            "remove": {"headers": ["X-User"]},
            "add": {"headers": ["X-User:1"]},
            "append": {"headers": ["X-User:2"]},
        },
    ],
)
def test_a_header_that_kong_takes_away_or_overwrites_never_stays_the_callers(config):
    assert headers(on_route("request-transformer", config)) == {"remove": ["X-User"]}


def test_a_response_header_that_is_removed_stays_removed():
    config = {"remove": {"headers": ["Server"]}, "rename": {"headers": ["Server:X-S"]}}
    found = on_route("response-transformer", config).fragments["response-rewrite"]["headers"]
    assert found == {"remove": ["Server"]}


def test_a_header_that_is_only_added_may_come_from_the_caller():
    assert headers(on_route("request-transformer", {"add": {"headers": ["X-User:$(shared.user)"]}})) == {}


# -- where a variable ends ----------------------------------------------------------------------------


@pytest.mark.parametrize(
    ("text", "written"),
    [
        ("$(headers.x_b)suffix", "${http_x_b}suffix"),
        ("$(headers.x_b)_1", "${http_x_b}_1"),
        ("$(headers.x_b)-1", "$http_x_b-1"),
        ("$(headers.a)$(headers.b)", "$http_a$http_b"),
        ("$(query_params.page)0", "${arg_page}0"),
    ],
)
def test_text_after_a_variable_is_not_part_of_its_name(text, written):
    mapped = apisix("request-transformer", {"append": {"headers": [f"X-A:{text}"]}})
    assert headers(mapped)["add"] == {"X-A": written}


@pytest.mark.parametrize(
    ("pattern", "uri", "whole", "target"),
    [
        (r"/u/(\d+)", "/x/$(uri_captures[1])0", r"^/u/(\d+).*$", "/x/${1}0"),
        (
            r"/u/(?<id>\d+)/(\w+)$",
            "/x/$(uri_captures[2])/$(uri_captures.id)",
            r"^/u/(?<id>\d+)/(\w+)$",
            "/x/$2/$1",
        ),
        (r"/u/(?P<id>\d+)\$", '/x/$(uri_captures["id"])', r"^/u/(?P<id>\d+)\$.*$", "/x/$1"),
        (
            r"/(?:a|b)/([(]+)/(?<name>\w+)",
            "/x/$(uri_captures.name)",
            r"^(?:/(?:a|b)/([(]+)/(?<name>\w+)).*$",
            "/x/$2",
        ),
        (r"/a/(\w+)|/b", "/x/$(uri_captures[1])", r"^(?:/a/(\w+)|/b).*$", "/x/$1"),
    ],
)
def test_captures_by_number_and_name(pattern, uri, whole, target):
    route = {"paths": (PathMatch(PathKind.REGEX, pattern),)}
    mapped = on_route("request-transformer", {"replace": {"uri": uri}}, **route)
    assert mapped.fragments["proxy-rewrite"]["regex_uri"] == [whole, target]


@pytest.mark.parametrize(
    "uri", ["/$(uri_captures[3])", "/$(uri_captures.other)", '/$(uri_captures.id or "x")']
)
def test_a_capture_that_the_expression_lacks_is_not_written(uri):
    route = {"paths": (PathMatch(PathKind.REGEX, r"/u/(?<id>\d+)/(\w+)"),)}
    mapped = on_route("request-transformer", {"replace": {"uri": uri}}, **route)
    assert mapped.fragments == {} and short_codes(mapped) == ["uri-template"]


# -- counters -----------------------------------------------------------------------------------------

TWO = {"second": 2, "minute": 10, "policy": "local"}


def keys(mapped):
    return [rule["key"] for rule in mapped.fragments["limit-count"]["rules"]]


@pytest.mark.parametrize("login", ["ldap-auth", "openid-connect"])
def test_a_login_without_consumers_is_counted_by_address(login):
    mapped = on_route("rate-limiting", TWO, login)
    assert keys(mapped) == ["$remote_addr second", "$remote_addr minute"]
    assert "by-address" in short_codes(mapped)
    one = on_route("rate-limiting", {"minute": 5, "policy": "local"}, login)
    assert one.fragments["limit-count"]["key"] == "consumer_name" and "by-address" in short_codes(one)


def test_a_login_with_consumers_is_counted_by_consumer():
    mapped = on_route("rate-limiting", TWO, "key-auth")
    assert keys(mapped) == ["$consumer_name second", "$consumer_name minute"]
    assert "by-address" not in short_codes(mapped)


def test_no_window_of_a_path_can_be_evaded_by_another_host():
    mapped = on_route("rate-limiting", {**TWO, "limit_by": "path", "path": "/login"})
    first = mapped.fragments["workflow"]["rules"][0]["actions"][0][1]["rules"]
    assert [rule["key"] for rule in first] == ["$route_id second", "$route_id minute"]


@pytest.mark.parametrize("name", ["X-Consumer-ID", "x-consumer-username"])
def test_a_limit_by_kongs_own_header_counts_consumers(name):
    config = {"minute": 5, "policy": "local", "limit_by": "header", "header_name": name}
    assert on_route("rate-limiting", config, "key-auth").fragments["limit-count"]["key"] == "consumer_name"
    open_route = on_route("rate-limiting", config).fragments["limit-count"]["key"]
    assert re.fullmatch(r"http_x_consumer_(id|username)", open_route)


def test_a_pair_on_a_service_has_a_counter_group_of_its_own():
    config = {"minute": 5, "policy": "local"}
    groups = [
        on_route("rate-limiting", config, "key-auth", scope=scope).fragments["limit-count"].get("group")
        for scope in ("service", "consumer+service", "route", "consumer+route")
    ]
    assert groups[0] == "web.80-consumer" and groups[1] == "web.80-consumer-5-60"
    assert groups[2:] == [None, None]


@pytest.mark.parametrize(
    ("logins", "version", "key"),
    [
        ([("key-auth", {}), ("saml", {})], "3.18", "$consumer_name"),
        ([("key-auth", {"anonymous": "g"}), ("ldap-auth", {"anonymous": "g"})], "3.18", "$remote_addr"),
        ([("key-auth", {"anonymous": "g"}), ("saml", {})], "3.18", "$remote_addr"),
        ([("ldap-auth", {})], "3.17", "$consumer_name"),
    ],
)
def test_a_counter_by_consumer_needs_one_for_every_caller(logins, version, key):
    uses = tuple(PluginUse(name, body, "route", ("shop", name, name)) for name, body in logins)
    facts = SourceFacts()
    place = Route("r", ObjectRef("", "Ingress", "shop", "r"), Service("web.80", "shop"), plugins=uses)
    limit = PluginUse("rate-limiting", TWO, "route", ("shop", "x", "rate-limiting"))
    mapper = Mapper({"apisix": version}, facts, strict=True)
    mapped = mapper.map(limit, "apisix", model=RouteModel(facts), route=place)
    assert keys(mapped) == [f"{key} second", f"{key} minute"]
    assert ("by-address" in short_codes(mapped)) is (key == "$remote_addr")


@pytest.mark.parametrize(("scope", "told"), [("consumer", True), ("route", False)])
def test_a_consumers_limit_by_service_counts_all_services(scope, told):
    config = {"minute": 5, "policy": "local", "limit_by": "service"}
    assert ("all-services" in short_codes(on_route("rate-limiting", config, scope=scope))) is told
