"""HTTPRoutePolicies of the APISIX profile: when a rule gets one, what it says, and what it leaves alone."""

from __future__ import annotations

from typing import Any

import pytest

from kong2x.emit.gateway_api.profiles.apisix.priorities import FIRST
from kong2x.model.route import HeaderMatch
from kong2x.model.traffic import Request
from kong2x.verify.gateway_on_apisix import gateway_on_apisix
from kong2x.verify.kong import kong_router

from .build import codes, emit, ingress, model, objects, route
from .test_objects import valid


def apisix(*given: Any, **settings: str) -> Any:
    return emit(*given, implementation="apisix", **settings)


def policies(emission: Any) -> dict[str, dict[str, Any]]:
    return {name: value["spec"] for name, value in objects(emission, "HTTPRoutePolicy").items()}


def served(emission: Any, path: str, method: str = "GET", host: str = "shop.example.com", **more: Any) -> Any:
    router = gateway_on_apisix([manifest.value for manifest in emission.manifests])
    return router.answer(Request(method, host, path, **more)).service


def two(first: Any, second: Any) -> Any:
    return apisix(model(first, second))


LONG = "a-very-long-name.example.com"


def test_a_longer_host_of_another_rule_does_not_outrank_a_method() -> None:
    """The controller ranks by the longest host of the whole object, before methods."""
    wide = route("prefix:/a", hosts=("shop.example.com", LONG), origin=ingress("wide"), to="wide", name="w")
    narrow = route("prefix:/a", methods=("POST",), origin=ingress("narrow"), to="narrow", name="n")
    emission = two(wide, narrow)
    assert policies(emission) == {
        "narrow": {
            "targetRefs": [{"group": "gateway.networking.k8s.io", "kind": "HTTPRoute", "name": "narrow"}],
            "priority": FIRST,
        }
    }
    assert served(emission, "/a", "POST") == "shop/narrow:80" and served(emission, "/a") == "shop/wide:80"
    valid(emission)


def test_no_policy_where_the_computed_priority_is_kongs_order() -> None:
    plain = route("prefix:/a", origin=ingress("plain"), to="plain", name="p")
    posted = route("prefix:/a", methods=("POST",), origin=ingress("posted"), to="posted", name="q")
    emission = two(plain, posted)
    assert policies(emission) == {} and served(emission, "/a", "POST") == "shop/posted:80"


def test_no_policy_for_rules_of_different_paths_or_hosts() -> None:
    one = route("prefix:/a", hosts=("shop.example.com", LONG), origin=ingress("a"), to="a", name="a")
    other = route("prefix:/b", methods=("POST",), origin=ingress("b"), to="b", name="b")
    third = route("prefix:/a", hosts=("x.example",), methods=("POST",), origin=ingress("c"), to="c", name="c")
    assert policies(apisix(model(one, other, third))) == {}


def test_an_exact_path_of_another_object_comes_before_the_prefix() -> None:
    """traditional: the exact path is a regular expression in Kong, and wins."""
    prefix = route(
        "prefix:/a", hosts=("shop.example.com", LONG), origin=ingress("prefix"), to="prefix", name="p"
    )
    exact = route("exact:/a", origin=ingress("exact"), to="exact", name="e", regex_priority=1)
    emission = two(prefix, exact)
    assert served(emission, "/a") == "shop/exact:80" and served(emission, "/a/b") == "shop/prefix:80"
    assert list(policies(emission)) == ["exact"]


def test_an_expression_is_written_again_on_a_longer_prefix() -> None:
    """APISIX tries longer paths first, so the expression needs a rule on the path that it beats in Kong."""
    pattern = route(r"regex:/api/v\d+", origin=ingress("pattern"), to="pattern", name="p")
    plain = route("prefix:/api", origin=ingress("plain"), to="plain", name="q")
    emission = two(pattern, plain)
    assert served(emission, "/api/v1") == "shop/pattern:80"
    assert served(emission, "/api/other") == "shop/plain:80"
    (spec,) = policies(emission).values()
    assert spec["vars"] == [["uri", "~~", r"^/api/v\d+.*$"]] and spec["priority"] >= FIRST
    assert spec["targetRefs"][0]["sectionName"] == "rule-1"
    rules = objects(emission)["pattern"]["spec"]["rules"]
    assert rules[1]["name"] == "rule-1" and rules[1]["matches"] == [
        {"path": {"type": "PathPrefix", "value": "/api"}}
    ]
    assert "regex-order" not in codes(emission)
    valid(emission)


def test_expressions_keep_kongs_priority_among_each_other() -> None:
    low = route(r"regex:/v\d+", origin=ingress("a-low"), to="low", name="l")
    high = route(r"regex:/v1", origin=ingress("high"), to="high", name="h", regex_priority=10)
    emission = two(low, high)
    assert served(emission, "/v1") == "shop/high:80" and served(emission, "/v2") == "shop/low:80"
    assert "regex-priority" not in codes(emission)


def test_an_expression_stays_below_a_root_that_kong_prefers() -> None:
    """Both live on one node, where the place in the object would decide."""
    root = route("prefix:/", methods=("GET",), origin=ingress("root"), to="root", name="r")
    pattern = route(r"regex:/v\d+", origin=ingress("a-pattern"), to="pattern", name="p")
    emission = two(root, pattern)
    assert served(emission, "/v1") == "shop/root:80" and served(emission, "/v1", "POST") == "shop/pattern:80"


def test_a_rule_of_plain_http_alone_asks_for_the_scheme() -> None:
    """The controller does not keep listeners apart (apisix-target 7.2)."""
    given = model(route("prefix:/", protocols=("http",)), router="expressions")
    emission = apisix(given)
    assert [spec["vars"] for spec in policies(emission).values()] == [[["scheme", "==", "http"]]]
    assert served(emission, "/") == "shop/web:80" and served(emission, "/", scheme="https") is None
    classic = apisix(route("prefix:/", protocols=("http",)))
    assert policies(classic) == {}


def test_without_rule_names_the_release_that_has_them_is_named() -> None:
    pattern = route(r"regex:/api/v\d+", origin=ingress("pattern"), to="pattern", name="p")
    plain = route("prefix:/api", origin=ingress("plain"), to="plain", name="q")
    emission = apisix(model(pattern, plain), version="1.2")
    assert policies(emission) == {} and "apisix-rule-name" in codes(emission)
    told = next(f for f in emission.findings if f.code == "gateway-api/apisix-rule-name")
    assert "1.4 and later" in told.message
    assert all("name" not in rule for rule in objects(emission)["pattern"]["spec"]["rules"])


def test_every_policy_has_a_priority_and_no_rule_has_two() -> None:
    """Without a priority the computed one is lost; two different ones take each other away."""
    table = [
        route(
            r"regex:/a\d",
            origin=ingress("i0"),
            to="s0",
            name="r0",
            headers=(HeaderMatch("x-a", ("1", "2")),),
        ),
        route("prefix:/a", origin=ingress("i1"), to="s1", name="r1", methods=("GET",)),
        route("prefix:/", "prefix:/a/b", origin=ingress("i2"), to="s2", name="r2"),
        route(r"regex:/a/b", origin=ingress("i3"), to="s3", name="r3", regex_priority=5),
    ]
    found = policies(apisix(model(*table)))
    assert found and all(isinstance(spec["priority"], int) for spec in found.values())
    targets = [(ref["name"], ref.get("sectionName")) for spec in found.values() for ref in spec["targetRefs"]]
    assert len(targets) == len(set(targets))
    assert len({spec["priority"] for spec in found.values()}) == len(found)


def test_a_final_slash_leaves_the_bare_path_to_the_rules_of_broader_hosts() -> None:
    """APISIX asks broader hosts by itself, but a prefix `/a/` takes `/a` too; Kong's path does not."""
    slashed = route("raw:/a/", origin=ingress("slashed"), to="slashed", name="s")
    rest = route("prefix:/", hosts=(), origin=ingress("rest"), to="rest", name="r")
    emission = two(slashed, rest)
    assert served(emission, "/a") == served(emission, "/b") == "shop/rest:80"
    assert served(emission, "/a/") == served(emission, "/a/b") == "shop/slashed:80"
    assert served(emission, "/a", host="other.example") == "shop/rest:80"


def test_no_copy_for_a_path_without_a_final_slash_nor_of_rules_that_do_not_take_it() -> None:
    rest = route("prefix:/", hosts=(), origin=ingress("rest"), to="rest", name="r")
    below = route("prefix:/a/b", hosts=(), origin=ingress("below"), to="below", name="b")
    plain = two(route("prefix:/a", origin=ingress("plain"), to="plain", name="p"), rest)
    slashed = two(route("raw:/a/", origin=ingress("slashed"), to="slashed", name="s"), below)
    assert list(objects(plain)) == ["plain", "rest"]
    assert list(objects(slashed)) == ["below", "slashed"]


def test_exact_and_prefix_keep_their_order_where_both_are_expressions() -> None:
    """A path that APISIX finds by an expression only is tried at the place of the path it stands for.

    Kong's compatible router prefers the host-less route at `/c d` itself, where its half is an expression,
    and the route with a wildcard among its hosts below it.
    """
    hostless = route("prefix:/c d", hosts=(), origin=ingress("a-hostless"), to="hostless", name="h")
    blue = (HeaderMatch("x-team", ("blue",)),)
    hosts = ("shop.example.com", "*.c.example")
    hosted = route("prefix:/", hosts=hosts, origin=ingress("hosted"), to="hosted", name="t", headers=blue)
    given = model(hostless, hosted, router="traditional_compatible")
    emission, kong, sent = apisix(given), kong_router(given), {"headers": (("x-team", "blue"),)}
    for path, winner in (("/c%20d", "hostless"), ("/c%20d/x", "hosted"), ("/b", "hosted")):
        assert kong.answer(Request("GET", hosts[0], path, **sent)).service == f"shop/{winner}:80"
        assert served(emission, path, **sent) == f"shop/{winner}:80"
    assert served(emission, "/c%20d/x") == served(emission, "/c%20d") == "shop/hostless:80"


@pytest.mark.parametrize(("router", "status"), [("traditional", 404), ("expressions", 426)])
def test_plain_http_does_not_meet_an_https_only_rule_with_a_server_name(router: str, status: int) -> None:
    """Kong's traditional router skips the TLS names where another route has the remaining kinds: no 426."""
    named = route(
        "prefix:/",
        origin=ingress("named"),
        to="named",
        name="n",
        snis=("shop.example.com",),
        protocols=("https",),
    )
    other = route("prefix:/x", hosts=("x.example",), origin=ingress("other"), to="other", name="o")
    given = model(named, other, router=router)
    emission = apisix(given)
    plain = Request("GET", "shop.example.com", "/b", scheme="http")
    assert kong_router(given).answer(plain).status == status
    assert served(emission, "/b") is None
    assert served(emission, "/b", scheme="https", sni="shop.example.com") == "shop/named:80"
    assert len(objects(emission, "PluginConfig")) == (status == 426)
