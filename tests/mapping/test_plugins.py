"""The hard cases of the first plugins: what must not open, what must not be lost, what must be said."""

from __future__ import annotations

import re

import pytest

from kong2x.mapping import Mapper, map_config
from kong2x.mapping.examples import short_codes
from kong2x.model.finding import Level, Protects, Severity
from kong2x.model.plugin import Consumer, PluginUse
from kong2x.model.route import PathKind, PathMatch, Route, RouteModel, Service
from kong2x.model.settings import SourceFacts
from kong2x.model.source import ObjectRef


def on_route(
    plugin, config, *others, vocabulary="apisix", version="3.18", consumers=(), scope="route", **route
):
    """What a configuration becomes on a route that has other plugins too."""
    facts = SourceFacts()
    uses = tuple(PluginUse(name, {}, "route", ("shop", name, name)) for name in (*others, plugin))
    route.setdefault("paths", ())
    place = Route(
        "r", ObjectRef("", "Ingress", "shop", "r"), Service("web.80", "shop"), plugins=uses, **route
    )
    model = RouteModel(facts, consumers=list(consumers))
    mapper = Mapper({vocabulary: version}, facts, strict=True)
    use = PluginUse(plugin, config, scope, ("shop", "x", plugin))
    return mapper.map(use, vocabulary, model=model, route=place)


def apisix(plugin, config, version="3.18", **more):
    return map_config(plugin, "apisix", config, version=version, **more)


# -- cors ------------------------------------------------------------------------------------------


def expressions(*origins):
    return apisix("cors", {"origins": list(origins)}).fragments["cors"]["allow_origins_by_regex"]


@pytest.mark.parametrize(
    ("pattern", "allowed", "refused"),
    [
        (
            r".*\.example\.com",
            ["https://a.example.com", "http://a.b.example.com:8080"],
            [
                "https://a.example.com.attacker.net",
                "https://aexample.com",
            ],
        ),
        (
            r"https://.*\.example\.com",
            ["https://a.example.com"],
            ["http://a.example.com", "https://a.example.com.attacker.net", "evil-https://a.example.com"],
        ),
        (
            r"a\.example|b\.example",
            ["https://a.example", "https://b.example"],
            ["https://a.example.net", "https://xa.example", "https://b.example.net"],
        ),
    ],
)
def test_expressions_are_anchored_at_both_ends(pattern, allowed, refused):
    (expression,) = expressions(pattern)
    assert all(re.search(expression, origin) for origin in allowed)
    assert not any(re.search(expression, origin) for origin in refused)


def test_literals_beside_an_expression_are_escaped_and_anchored():
    literal, _ = expressions("https://shop.example", r".*\.partner\.example")
    assert re.search(literal, "https://shop.example")
    for origin in ("https://shopxexample", "https://shop.example.net", "https://shop.example:8443"):
        assert not re.search(literal, origin)


def test_default_ports_are_dropped_and_others_kept():
    mapped = apisix(
        "cors", {"origins": ["https://a.example:443", "http://b.example:80", "https://c.example:80"]}
    )
    assert (
        mapped.fragments["cors"]["allow_origins"] == "https://a.example,http://b.example,https://c.example:80"
    )


@pytest.mark.parametrize(
    "origins",
    [
        ["shop.example"],
        ["https://a.example/"],
        ["https://a.example/path"],
        ["https://A.example"],
        ["HTTPS://a.example", "shop.example"],
        ["https://a.example:443"],
        ["//a.example", "shop.example:8080"],
    ],
)
def test_impossible_origins_never_open(origins):
    body = apisix("cors", {"origins": origins}).fragments["cors"]
    (expression,) = body["allow_origins_by_regex"]
    assert not any(
        re.search(expression, o) for o in ("https://shop.example", "https://a.example", "null", "")
    )
    assert "impossible-origin" in short_codes(apisix("cors", {"origins": origins}))


@pytest.mark.parametrize(
    ("origins", "written"),
    [
        (["https://a.example/", "https://b.example/x/y"], "https://a.example,https://b.example"),
        (["https://a.example:443", "https://b.example"], "https://a.example,https://b.example"),
        (["https://a.example:8443"], "https://a.example:8443"),
    ],
)
def test_of_several_origins_kong_compares_scheme_host_and_port(origins, written):
    assert apisix("cors", {"origins": origins}).fragments["cors"]["allow_origins"] == written


@pytest.mark.parametrize(("kong", "everybody"), [("3.7", False), ("3.8", True), ("3.14", True)])
@pytest.mark.parametrize("vocabulary", ["apisix", "gateway-api"])
def test_an_asterisk_among_others_lets_everybody_in_since_3_8(kong, everybody, vocabulary):
    config = {"origins": ["https://a.example", "*"]}
    mapped = map_config("cors", vocabulary, config, kong_version=kong)
    told = repr(mapped.fragments)
    assert ("https://a.example" not in told) is everybody
    assert ("impossible-origin" in short_codes(mapped)) is not everybody


@pytest.mark.parametrize(
    ("pattern", "told"),
    [
        (r"a\.example|b\.example", True),
        (r"(a|b)\.example", False),
        (r"[a|b]\.example", False),
        (r"a\|b\.example", False),
        (r".*\.example", False),
    ],
)
def test_alternatives_that_kong_holds_at_the_last_end_only_are_told(pattern, told):
    assert ("alternatives" in short_codes(apisix("cors", {"origins": [pattern]}))) is told


@pytest.mark.parametrize("extra", [{}, {"headers": ["*"]}, {"exposed_headers": ["*"]}, {"origins": ["*"]}])
@pytest.mark.parametrize("version", ["3.9", "3.18"])
def test_no_asterisk_stands_beside_credentials(extra, version):
    """APISIX refuses an asterisk, also one from a default, together with credentials."""
    body = apisix("cors", {"credentials": True} | extra, version).fragments["cors"]
    defaults = {"allow_origins": "*", "allow_methods": "*", "allow_headers": "*"}
    defaults["expose_headers"] = "*" if version == "3.9" else None
    assert all({**defaults, **body}[name] != "*" for name in defaults)


def test_methods_are_always_written():
    assert "," in apisix("cors", {}).fragments["cors"]["allow_methods"]


def test_private_network_is_an_error_and_opens_nothing():
    mapped = apisix("cors", {"private_network": True})
    (finding,) = [f for f in mapped.findings if f.code == "cors/private-network"]
    assert finding.severity is Severity.ERROR and mapped.lost is Protects.NOTHING


@pytest.mark.parametrize("plugin", ["request-transformer", "response-transformer"])
def test_a_header_whose_operations_are_left_out_is_no_target_of_a_rename(plugin):
    """Kong renames first and then replaces: the value of the old header must not stay under the new name."""
    config = {"rename": {"headers": ["A:B"]}, "replace": {"headers": ["B:2"]}}
    mapped = apisix(plugin, config)
    assert not mapped.mapped and "combined-operations" in short_codes(mapped)
    assert mapped.levels[("rename", "headers", 0)][0] is Level.UNSUPPORTED
    alone = apisix(plugin, {"rename": {"headers": ["A:C"]}, "replace": {"headers": ["B:2"]}})
    assert "combined-operations" not in short_codes(alone) and alone.mapped


# -- rate-limiting ---------------------------------------------------------------------------------


def test_rule_keys_differ_and_hold_a_variable():
    config = {"second": 1, "minute": 2, "hour": 3, "day": 4, "month": 5, "year": 6}
    rules = apisix("rate-limiting", config).fragments["limit-count"]["rules"]
    keys = [rule["key"] for rule in rules]
    assert len(set(keys)) == 6 and all("$" in key for key in keys)
    assert [rule["time_window"] for rule in rules] == [1, 60, 3600, 86400, 2592000, 31536000]


def test_a_missing_header_still_counts_in_rules():
    config = {"second": 1, "minute": 2, "limit_by": "header", "header_name": "X-Tenant"}
    mapped = apisix("rate-limiting", config)
    rules = mapped.fragments["limit-count"]["rules"]
    assert rules[0]["key"] == "${http_x_tenant ?? none} second"
    assert "missing-header" in short_codes(mapped)


def test_rules_count_consumers_only_where_one_is_known():
    config = {"second": 1, "minute": 2}
    with_login = on_route("rate-limiting", config, "key-auth").fragments["limit-count"]["rules"][0]["key"]
    without = on_route("rate-limiting", config).fragments["limit-count"]["rules"][0]["key"]
    assert (with_login, without) == ("$consumer_name second", "$remote_addr second")


@pytest.mark.parametrize("version", ["3.9", "3.15"])
def test_several_windows_never_become_one(version):
    mapped = apisix("rate-limiting", {"second": 5, "day": 100}, version)
    assert mapped.fragments == {} and mapped.lost is Protects.PROTECTION
    assert "second" in {p[-1] for p in mapped.levels} and mapped.levels[("day",)][0] is Level.UNSUPPORTED


def test_limits_of_a_service_share_one_counter():
    body = on_route("rate-limiting", {"minute": 5}, scope="service").fragments["limit-count"]
    assert body["group"] == "web.80-consumer"
    assert "group" not in on_route("rate-limiting", {"minute": 5}).fragments["limit-count"]
    several = on_route("rate-limiting", {"minute": 5, "hour": 9}, scope="service")
    assert "group" not in several.fragments["limit-count"], "APISIX refuses rules and group together"
    assert "per-route-counter" in short_codes(several)


def test_redis_settings_of_another_policy_are_out_of_use():
    mapped = apisix("rate-limiting", {"minute": 5, "redis": {"host": "r", "timeout": 9}})
    assert not any(key.startswith("redis") for key in mapped.fragments["limit-count"])
    assert mapped.levels[("redis", "timeout")] == (Level.IGNORED, "plugins/not-in-use")


def test_redis_without_a_host_is_not_written():
    mapped = apisix("rate-limiting", {"minute": 5, "policy": "redis"})
    assert mapped.fragments == {} and mapped.lost is Protects.PROTECTION


def test_cluster_counters_lose_protection_and_do_not_pretend():
    mapped = apisix("rate-limiting", {"minute": 5, "policy": "cluster"})
    (finding,) = [f for f in mapped.findings if f.code == "rate-limiting/no-shared-counter"]
    assert finding.severity is Severity.ERROR and finding.path[-1] == "policy"


def test_an_interval_that_the_target_refuses_is_not_written():
    base = {"second": 5, "policy": "redis", "redis": {"host": "r.example"}}
    assert "sync_interval" not in apisix("rate-limiting", base | {"sync_rate": 2}).fragments["limit-count"]
    good = base | {"sync_rate": 0.5}
    assert apisix("rate-limiting", good).fragments["limit-count"]["sync_interval"] == 0.5
    assert "sync-rate" in short_codes(apisix("rate-limiting", good, "3.17"))


# -- ip-restriction, request-termination, redirect -----------------------------------------------------


@pytest.mark.parametrize("entry", ["office", "10.0.0.0/33", "fe80::/129", ""])
def test_what_is_no_address_denies(entry):
    mapped = apisix("ip-restriction", {"deny": ["10.0.0.1", entry]})
    assert mapped.fragments == {} and mapped.lost is Protects.ACCESS


@pytest.mark.parametrize("entry", ["10.0.0.0/8", "2001:db8::/32", "::1", "::ffff:10.0.0.0/104", "0.0.0.0/0"])
def test_addresses_pass_the_schema(entry):
    assert list(apisix("ip-restriction", {"allow": [entry]}).fragments) == ["ip-restriction"]


def test_empty_lists_check_nothing():
    mapped = apisix("ip-restriction", {"allow": [], "deny": []})
    assert mapped.fragments == {} and mapped.lost is Protects.NOTHING


def test_a_long_refusal_keeps_its_text():
    body = apisix("ip-restriction", {"deny": ["::1"], "message": "x" * 1025}).fragments["ip-restriction"]
    assert body["_meta"] == {"error_response": {"message": "x" * 1025}} and "message" not in body


def test_a_fixed_refusal_comes_after_access_lists():
    mapped = on_route("request-termination", {"status_code": 503, "message": "x"}, "acl")
    assert list(mapped.fragments) == ["workflow"] and short_codes(mapped) == []
    early = on_route("request-termination", {"status_code": 200, "body": "page"}, "acl")
    assert list(early.fragments) == ["fault-injection"] and short_codes(early) == ["before-checks"]
    assert "acl" in early.findings[0].message


def test_a_fixed_answer_does_not_overtake_authentication():
    body = on_route("request-termination", {}, "key-auth").fragments["fault-injection"]
    assert body["_meta"] == {"priority": 2}


def test_a_redirect_before_access_lists_is_announced():
    assert short_codes(on_route("redirect", {"location": "https://a.example/"}, "ip-restriction")) == [
        "before-checks"
    ]
    assert short_codes(on_route("redirect", {"location": "https://a.example/"}, "key-auth")) == []


@pytest.mark.parametrize(
    ("plugin", "config", "lost"),
    [
        ("redirect", {"location": "https://a.example/"}, Protects.NOTHING),
        ("request-transformer", {"remove": {"headers": ["x-a"]}}, Protects.NOTHING),
        ("request-termination", {"status_code": 403}, Protects.ACCESS),
    ],
)
def test_a_consumers_settings_give_way_to_the_routes(plugin, config, lost):
    facts = SourceFacts()
    other = PluginUse(plugin, {}, "route", ("shop", "other", plugin))
    place = Route("r", ObjectRef("", "Ingress", "shop", "r"), Service("s", "shop"), plugins=(other,))
    mapper = Mapper({"apisix": "3.18"}, facts, strict=True)
    use = PluginUse(plugin, config, "consumer", ("shop", "x", plugin))
    alone = mapper.map(use, "apisix", model=RouteModel(facts))
    assert "route-wins" not in short_codes(alone) and alone.lost is Protects.NOTHING
    both = mapper.map(use, "apisix", model=RouteModel(facts, routes=[place]))
    assert "route-wins" in short_codes(both) and both.lost is lost


def test_a_limit_by_a_rewritten_header_is_announced():
    facts = SourceFacts()
    shape = PluginUse("request-transformer", {"add": {"headers": ["X-Tenant:a"]}}, "route", ("a", "b", "c"))
    place = Route("r", ObjectRef("", "Ingress", "shop", "r"), Service("s", "shop"), plugins=(shape,))
    mapper = Mapper({"apisix": "3.18"}, facts, strict=True)
    for header, said in (("x-tenant", True), ("x-other", False)):
        use = PluginUse(
            "rate-limiting",
            {"minute": 5, "limit_by": "header", "header_name": header},
            "route",
            ("a", header, "c"),
        )
        mapped = mapper.map(use, "apisix", model=RouteModel(facts), route=place)
        assert ("counts-rewritten" in short_codes(mapped)) is said


def test_a_missing_location_is_kongs_refusal():
    mapped = apisix("redirect", {})
    assert mapped.fragments == {} and "plugins/invalid-value" in short_codes(mapped)


def test_dollars_in_a_body_survive_only_on_newer_targets():
    config = {"body": "$host", "content_type": "text/plain"}
    assert "dollar" in short_codes(apisix("request-termination", config, "3.15"))
    assert "dollar" not in short_codes(apisix("request-termination", config, "3.16"))


# -- key-auth --------------------------------------------------------------------------------------


def test_keys_in_urls_are_switched_off():
    assert apisix("key-auth", {"key_in_query": False}).fragments["key-auth"]["query"] == ""


def test_keys_in_the_body_lock_out_and_do_not_open():
    mapped = apisix("key-auth", {"key_in_body": True})
    (finding,) = [f for f in mapped.findings if f.code == "key-auth/key-in-body"]
    assert finding.severity is Severity.ERROR
    assert mapped.lost is Protects.NOTHING and "key-auth" in mapped.fragments


def guest(name="guest", obj="visitor"):
    return Consumer(
        ObjectRef("configuration.konghq.com", "KongConsumer", "shop", obj), username=name, id="1-2-3"
    )


def test_guests_have_the_composed_name():
    for wanted in ("guest", "1-2-3"):
        mapped = on_route("key-auth", {"anonymous": wanted}, consumers=[guest()])
        assert mapped.fragments["key-auth"]["anonymous_consumer"] == "shop_visitor"


def test_guests_that_the_target_cannot_know_are_refused_not_opened():
    for mapped, code in (
        (on_route("key-auth", {"anonymous": "guest"}, consumers=[guest()], version="3.11"), "no-guests"),
        (on_route("key-auth", {"anonymous": "guest"}, consumers=[guest(obj="a b")]), "guest-name"),
        (on_route("key-auth", {"anonymous": "other"}, consumers=[guest()]), "unknown-guest"),
    ):
        assert code in short_codes(mapped) and mapped.lost is Protects.NOTHING
        assert "anonymous_consumer" not in mapped.fragments["key-auth"]


def test_several_names_carry_the_other_settings():
    config = {
        "key_names": ["a", "b"],
        "hide_credentials": True,
        "anonymous": "guest",
        "run_on_preflight": False,
    }
    body = on_route("key-auth", config, consumers=[guest()]).fragments["multi-auth"]
    first, second = (entry["key-auth"] for entry in body["auth_plugins"])
    assert first == {"header": "a", "query": "a", "hide_credentials": True}
    assert second["anonymous_consumer"] == "shop_visitor", "only the last one lets guests in"
    assert body["_meta"] == {"filter": [["request_method", "~=", "OPTIONS"]]}


# -- transformers ----------------------------------------------------------------------------------


def test_names_compare_without_case():
    mapped = apisix("request-transformer", {"remove": {"headers": ["X-A"]}, "add": {"headers": ["x-a:1"]}})
    assert mapped.fragments["proxy-rewrite"]["headers"] == {"set": {"X-A": "1"}}


def test_captures_need_the_routes_one_expression():
    config = {"replace": {"uri": "/v2/$(uri_captures[1])"}}
    regex = PathMatch(PathKind.REGEX, "/v1/([a-z]+)")
    mapped = on_route("request-transformer", config, paths=(regex,))
    pattern, target = mapped.fragments["proxy-rewrite"]["regex_uri"]
    assert re.sub(pattern, target.replace("$1", r"\1"), "/v1/users/7") == "/v2/users"
    for paths in ((), (regex, regex), (PathMatch(PathKind.EXACT, "/v1"),)):
        lost = on_route("request-transformer", config, paths=paths)
        assert lost.fragments == {} and short_codes(lost) == ["uri-template"]


def test_a_query_is_not_appended_to_a_rewritten_path():
    config = {"append": {"querystring": ["k:v"]}}
    assert short_codes(on_route("request-transformer", config, strip_path=True)) == ["query-append"]
    assert short_codes(on_route("request-transformer", config)) == ["query-first"]


@pytest.mark.parametrize(
    "value", ["$(headers.x or foo())", "$(shared.x)", "$(headers.x", "a$(uri_captures[1])"]
)
def test_code_is_never_guessed(value):
    mapped = apisix("request-transformer", {"append": {"headers": [f"x-a:{value}"]}})
    assert mapped.fragments == {} and short_codes(mapped) == ["template"]


def test_a_default_in_a_template_needs_a_newer_target():
    config = {"append": {"headers": ['x-a:$(headers.b or "c")']}}
    body = apisix("request-transformer", config).fragments["proxy-rewrite"]
    assert body["headers"]["add"] == {"x-a": "${http_b ?? c}"}
    assert short_codes(apisix("request-transformer", config, "3.15")) == ["template"]


def test_removed_json_fields_deny():
    mapped = apisix("response-transformer", {"remove": {"json": ["password"]}})
    assert mapped.lost is Protects.ACCESS
    assert apisix("response-transformer", {"add": {"json": ["a:1"]}}).lost is Protects.NOTHING


# -- Gateway API -----------------------------------------------------------------------------------


def gateway(plugin, config, version="1.6"):
    return map_config(plugin, "gateway-api", config, version=version)


@pytest.mark.parametrize("status", [303, 307, 308])
def test_redirect_statuses_by_release(status):
    config = {"location": "https://a.example/", "status_code": status}
    assert gateway("redirect", config, "1.5").fragments["RequestRedirect"]["statusCode"] == status
    older = gateway("redirect", config, "1.4")
    assert older.fragments == {} and short_codes(older) == ["status"]


@pytest.mark.parametrize(
    "location",
    [
        "https://a.example/#x",
        "https://u@a.example/",
        "https://10.0.0.1/",
        "ftp://a.example/",
        "https://a.example:x/",
    ],
)
def test_locations_that_the_filter_cannot_say(location):
    assert gateway("redirect", {"location": location}).fragments == {}


def test_a_fixed_location_always_names_the_path():
    body = gateway("redirect", {"location": "https://a.example"}).fragments["RequestRedirect"]
    assert body["path"] == {"type": "ReplaceFullPath", "replaceFullPath": "/"}


def test_cors_came_with_1_5_and_earlier_to_the_experimental_channel():
    assert short_codes(gateway("cors", {}, "1.4")) == ["plugins/target-too-old"]
    facts = SourceFacts()
    mapper = Mapper({"gateway-api": "1.4"}, facts, channel="experimental", strict=True)
    use = PluginUse("cors", {}, "route", ("a", "b", "cors"))
    assert "CORS" in mapper.map(use, "gateway-api", model=RouteModel(facts)).fragments


def test_conditional_headers_are_never_made_unconditional():
    for operation in ("add", "replace"):
        mapped = gateway("request-transformer", {operation: {"headers": ["x-user:guest"]}})
        assert mapped.fragments == {} and short_codes(mapped) == ["conditional-header"]


def test_lists_hold_sixteen_headers():
    sixteen = {"remove": {"headers": [f"x-{n}" for n in range(16)]}}
    assert len(gateway("request-transformer", sixteen).fragments["RequestHeaderModifier"]["remove"]) == 16
    more = {"remove": {"headers": [f"x-{n}" for n in range(17)]}}
    assert gateway("request-transformer", more).fragments == {}


def test_header_values_that_the_filter_refuses_are_left_out():
    for value in ("a  b", "grün"):
        mapped = gateway("request-transformer", {"append": {"headers": [f"x-a:{value}"]}})
        assert mapped.fragments == {} and short_codes(mapped) == ["header-value"]


# -- plugins without a mapping ---------------------------------------------------------------------


def test_a_plugin_that_nobody_knows_counts_as_access():
    mapped = map_config("my-own-check", "apisix", {"a": {"b": 1}})
    assert mapped.lost is Protects.ACCESS is mapped.protects and not mapped.mapped
    assert mapped.levels == {("a", "b"): (Level.UNMAPPED, "plugins/no-mapping")}
    assert mapped.findings[0].severity is Severity.ERROR


def test_a_misspelt_plugin_is_named():
    assert "Did you mean key-auth" in map_config("key-autth", "apisix", {}).findings[0].message


def test_a_known_plugin_without_a_file_loses_its_class():
    mapped = map_config("mtls-auth", "nowhere", {})
    assert mapped.lost is Protects.ACCESS and mapped.levels == {(): (Level.UNMAPPED, "plugins/no-mapping")}
    assert map_config("statsd", "nowhere", {}).lost is Protects.NOTHING


@pytest.mark.parametrize(
    ("others", "priority"),
    [
        (["rate-limiting"], 2),
        (["ip-restriction", "rate-limiting-advanced"], 2),
        (["acl"], None),
        (["ip-restriction"], None),
    ],
)
def test_a_fixed_refusal_comes_after_limits_that_count_it(others, priority):
    """workflow (1006) would answer before limit-count (1002), and the limit would never be reached."""
    body = on_route("request-termination", {"status_code": 404}, *others).fragments["workflow"]
    assert body.get("_meta", {}).get("priority") == priority
