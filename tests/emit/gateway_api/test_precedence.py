"""Kong's winner wins on the target: divergences D1 to D14 of the target's facts, section 3.3."""

from __future__ import annotations

from typing import Any

import pytest

from kong2x.model.route import Feature, HeaderMatch, Route
from kong2x.model.source import Leaf

from .build import (
    SHOP,
    annotated,
    codes,
    emit,
    finding,
    ingress,
    model,
    objects,
    options,
    paths,
    route,
    rules,
)

A, B = ingress("a"), ingress("b")
RING = (HeaderMatch("x-ring", ("1",)),)


def owner(emission: Any, wanted: str, **criteria: Any) -> list[str]:
    """The Services of the rules with exactly this match (`PathPrefix /api`), method and headers."""
    found = []
    for rule in rules(emission):
        for match in rule["matches"]:
            same = f"{match['path']['type']} {match['path']['value']}" == wanted
            names = [h["name"] for h in match.get("headers", ())]
            if (
                same
                and match.get("method") == criteria.get("method")
                and names == criteria.get("headers", [])
            ):
                found += [ref["name"] for ref in rule.get("backendRefs", ())] or ["denied"]
    return found


def pair(first: Route, second: Route, router: str = "traditional", **settings: str) -> Any:
    return emit(model(first, second, router=router), opts=options(**settings))


@pytest.mark.parametrize("router", ["traditional", "traditional_compatible", "expressions"])
def test_d1_method_on_root_beats_a_longer_path(router: str) -> None:
    emission = pair(
        route("prefix:/", origin=A, to="a", methods=("GET",)), route("raw:/api", origin=B, to="b"), router
    )
    assert owner(emission, "PathPrefix /api", method="GET") == ["a"]
    assert owner(emission, "PathPrefix /api") == ["b"]
    assert "rule-added" in codes(emission)


@pytest.mark.parametrize("router", ["traditional", "traditional_compatible", "expressions"])
def test_d2_header_on_root_beats_a_longer_path(router: str) -> None:
    emission = pair(
        route("prefix:/", origin=A, to="a", headers=RING), route("raw:/api", origin=B, to="b"), router
    )
    assert owner(emission, "PathPrefix /api", headers=["x-ring"]) == ["a"]


@pytest.mark.parametrize(
    ("router", "winner"), [("traditional", ["a"]), ("expressions", ["a"]), ("traditional_compatible", [])]
)
def test_d3_method_on_root_against_an_exact_path(router: str, winner: list[str]) -> None:
    emission = pair(
        route("prefix:/", origin=A, to="a", methods=("GET",)),
        route("exact:/api/v1", origin=B, to="b"),
        router,
    )
    assert owner(emission, "Exact /api/v1", method="GET") == winner
    assert owner(emission, "Exact /api/v1") == ["b"]


def test_d2_in_c_the_exact_half_of_a_prefix_stays_with_its_route() -> None:
    """`/checkout` itself is a regex in C and outranks the canary on `/`; `/checkout/x` does not (4.5)."""
    emission = pair(
        route("prefix:/", origin=A, to="canary", headers=RING),
        route("prefix:/checkout", origin=B, to="shop"),
        "traditional_compatible",
    )
    assert owner(emission, "PathPrefix /checkout", headers=["x-ring"]) == ["canary"]
    assert owner(emission, "Exact /checkout", headers=["x-ring"]) == ["shop"]


def test_d4_pattern_against_a_prefix_is_reported() -> None:
    emission = pair(route("regex:/foo/\\d+", origin=A, to="a"), route("prefix:/foo/7", origin=B, to="b"))
    assert "regex-order" in codes(emission)


def test_d4_disjoint_pattern_is_not_reported() -> None:
    emission = pair(route("regex:/foo/\\d+", origin=A, to="a"), route("prefix:/bar", origin=B, to="b"))
    assert "regex-order" not in codes(emission)


def test_d4_pattern_in_e_loses_to_the_longer_prefix_where_the_rank_is_unknown_too() -> None:
    emission = pair(
        route("regex:/foo/.*x", origin=A, to="a"), route("prefix:/foo/bar", origin=B, to="b"), "expressions"
    )
    assert "regex-order" in codes(emission)


def test_d5_regex_priority_has_no_equal() -> None:
    first = route(
        "regex:/v\\d+",
        origin=A,
        to="a",
        regex_priority=10,
        provenance=annotated(Feature.REGEX_PRIORITY, "x", A),
    )
    emission = pair(first, route("regex:/v1.*x", origin=B, to="b"))
    assert finding(emission, "regex-priority").routes == (first.name,)
    leaf = first.provenance[Feature.REGEX_PRIORITY][0]
    assert emission.settled[leaf][1] == "gateway-api/regex-priority"


def test_d5_disjoint_patterns_need_no_priority() -> None:
    first = route("regex:/a\\d+", origin=A, to="a", regex_priority=10)
    assert "regex-priority" not in codes(pair(first, route("regex:/b\\d+", origin=B, to="b")))


@pytest.mark.parametrize(
    ("router", "copied"), [("traditional", True), ("expressions", True), ("traditional_compatible", False)]
)
def test_d6_wildcard_host_with_a_header_beats_the_plain_host(router: str, copied: bool) -> None:
    emission = pair(
        route("prefix:/", hosts=("*.x.io",), origin=A, to="a", headers=RING),
        route("prefix:/", hosts=("a.x.io",), origin=B, to="b"),
        router,
    )
    hosts = [
        v["spec"]["hostnames"] for v in objects(emission).values() if v["metadata"]["name"].startswith("a")
    ]
    assert (["a.x.io"] in hosts) is copied


def test_d7_host_less_rule_is_copied_to_a_host_that_lacks_it() -> None:
    emission = pair(route("prefix:/foo", origin=A, to="a"), route("prefix:/bar", hosts=(), origin=B, to="b"))
    copy = objects(emission)["b-fallback"]
    assert copy["spec"]["hostnames"] == [SHOP]
    assert paths(copy["spec"]["rules"][0]) == ["PathPrefix /bar"]
    assert "hostnames" not in objects(emission)["b"]["spec"]


def test_d7_wildcard_rule_is_copied_too() -> None:
    emission = pair(
        route("prefix:/foo", hosts=("a.x.io",), origin=A, to="a"),
        route("prefix:/bar", hosts=("*.x.io",), origin=B, to="b"),
    )
    assert objects(emission)["b-fallback"]["spec"]["hostnames"] == ["a.x.io"]


def test_d7_nothing_is_copied_where_the_host_has_a_root_of_its_own() -> None:
    emission = pair(route("prefix:/", origin=A, to="a"), route("prefix:/bar", hosts=(), origin=B, to="b"))
    assert sorted(objects(emission)) == ["a", "b"]


def test_d7_a_copy_does_not_outrank_the_host() -> None:
    """Own `/` with GET is one criterion more in Kong, so it keeps GET on the copied path."""
    emission = pair(
        route("prefix:/", origin=A, to="a", methods=("GET",)),
        route("prefix:/bar", hosts=(), origin=B, to="b"),
    )
    assert owner(emission, "PathPrefix /bar", method="GET") == ["a"]
    assert objects(emission)["b-fallback"]["spec"]["hostnames"] == [SHOP]


def test_d7_a_wildcard_host_does_not_cover_its_own_suffix() -> None:
    emission = pair(
        route("prefix:/foo", hosts=("x.io",), origin=A, to="a"),
        route("prefix:/bar", hosts=("*.x.io",), origin=B, to="b"),
    )
    assert sorted(objects(emission)) == ["a", "b"]


def test_d7_copies_can_be_switched_off_and_are_reported_then() -> None:
    emission = pair(
        route("prefix:/foo", origin=A, to="a"),
        route("prefix:/bar", hosts=(), origin=B, to="b"),
        fall_through="none",
    )
    assert sorted(objects(emission)) == ["a", "b"]
    assert "fall-through" in codes(emission)


@pytest.mark.parametrize(
    ("router", "copied"), [("traditional", False), ("expressions", False), ("traditional_compatible", True)]
)
def test_d8_host_less_exact_path_against_a_wildcard_root(router: str, copied: bool) -> None:
    emission = pair(
        route("exact:/x", hosts=(), origin=A, to="a"),
        route("prefix:/", hosts=("*.a.com",), origin=B, to="b"),
        router,
    )
    assert ("a-fallback" in objects(emission)) is copied


def test_d9_header_value_in_another_case_is_reported_only_where_it_has_letters() -> None:
    assert "header-case" in codes(emit(route("prefix:/", headers=(HeaderMatch("x", ("beta",)),))))
    assert "header-case" not in codes(emit(route("prefix:/", headers=RING)))


def test_d9_pattern_on_request() -> None:
    emission = emit(route("prefix:/", headers=(HeaderMatch("x", ("a.b",)),)), header_case="regex")
    assert rules(emission)[0]["matches"][0]["headers"] == [
        {"type": "RegularExpression", "name": "x", "value": r"(?i)^a\.b$"}
    ]


def test_d9_expressions_compares_with_case_as_the_gateway_does() -> None:
    header = HeaderMatch("x", ("beta",), exact_case=True)
    assert "header-case" not in codes(emit(route("prefix:/", headers=(header,))))


def test_d10_same_match_of_two_ingresses_is_never_merged() -> None:
    emission = pair(route("prefix:/x", origin=A, to="a"), route("prefix:/x", origin=B, to="b"))
    assert sorted(objects(emission)) == ["a", "b"]
    assert all(len(rule["backendRefs"]) == 1 for rule in rules(emission))
    assert "same-match" in codes(emission)


def test_d10_same_match_and_same_backend_is_no_finding() -> None:
    emission = pair(route("prefix:/x", origin=A, to="b"), route("prefix:/x", origin=B, to="b"))
    assert codes(emission) == []


def test_d11_https_only_below_a_broader_route_never_serves_clear_text() -> None:
    emission = pair(
        route("prefix:/", origin=A, to="a"), route("prefix:/pay", origin=B, to="pay", protocols=("https",))
    )
    block = objects(emission)["b-http"]
    assert block["spec"]["parentRefs"][0]["sectionName"] == "http"
    assert paths(block["spec"]["rules"][0]) == ["PathPrefix /pay"]
    assert "backendRefs" not in block["spec"]["rules"][0]


def test_d11_shadows_of_an_https_only_route_have_their_http_side() -> None:
    emission = pair(
        route("prefix:/", origin=A, to="a", methods=("GET",), protocols=("https",)),
        route("raw:/api", origin=B, to="b"),
    )
    assert owner(emission, "PathPrefix /api", method="GET") == ["a", "denied"]


def test_d13_snis_do_not_keep_plain_http_away() -> None:
    emission = emit(route("prefix:/", snis=(SHOP,)))
    assert "sectionName" not in objects(emission)["web"]["spec"]["parentRefs"][0]


def test_d13_in_e_an_sni_is_a_condition() -> None:
    emission = emit(model(route("prefix:/", snis=(SHOP,)), router="expressions"))
    assert objects(emission)["web"]["spec"]["parentRefs"][0]["sectionName"] == "https"


def test_d14_in_e_one_long_path_lifts_the_whole_route() -> None:
    emission = pair(
        route("prefix:/", "prefix:/a/long/one", origin=A, to="a"),
        route("prefix:/api", origin=B, to="b"),
        "expressions",
    )
    assert owner(emission, "PathPrefix /api") == []
    assert finding(emission, "unreachable").object == B


@pytest.mark.parametrize("router", ["traditional", "traditional_compatible"])
def test_d14_does_not_concern_the_classic_routers(router: str) -> None:
    emission = pair(
        route("prefix:/", "prefix:/a/long/one", origin=A, to="a"),
        route("prefix:/api", origin=B, to="b"),
        router,
    )
    assert owner(emission, "PathPrefix /api") == ["b"]
    assert codes(emission) == []


def test_exact_never_beats_prefix_of_the_same_text_in_e() -> None:
    emission = pair(
        route("prefix:/foo", origin=A, to="a"), route("exact:/foo", origin=B, to="b"), "expressions"
    )
    assert owner(emission, "Exact /foo") == []


def test_exact_and_prefix_of_the_same_text_are_a_tie_in_t() -> None:
    emission = pair(route("prefix:/foo", origin=A, to="a"), route("exact:/foo", origin=B, to="b"))
    assert "same-match" in codes(emission)


def test_header_and_method_on_one_path_follow_kong_not_the_specification() -> None:
    """T tries hosts+headers+paths before hosts+paths+methods; the Gateway API prefers a method."""
    emission = pair(
        route("prefix:/", origin=A, to="a", headers=RING),
        route("prefix:/", origin=B, to="b", methods=("GET",)),
    )
    assert owner(emission, "PathPrefix /", method="GET", headers=["x-ring"]) == ["a"]


def test_a_shadow_keeps_what_strip_path_does() -> None:
    emission = pair(
        route("prefix:/a", origin=A, to="a", methods=("GET",), strip_path=True),
        route("prefix:/a/b", origin=B, to="b"),
    )
    rule = next(
        r for r in rules(emission) if paths(r) == ["PathPrefix /a/b"] and r["backendRefs"][0]["name"] == "a"
    )
    rewrite = rule["filters"][0]["urlRewrite"]["path"]
    assert rewrite == {"type": "ReplacePrefixMatch", "replacePrefixMatch": "/b"}


def test_plain_paths_of_many_routes_add_nothing() -> None:
    many = [route(f"prefix:/p{n}/q", f"exact:/e{n}", origin=ingress(f"i{n}"), to=f"s{n}") for n in range(40)]
    emission = emit(route("prefix:/", origin=A, to="a"), *many)
    assert len(rules(emission)) == 1 + 40
    assert codes(emission) == []


def test_routes_of_different_gateways_do_not_compete() -> None:
    first = route("prefix:/", origin=A, to="a", methods=("GET",))
    second = route("raw:/api", origin=B, to="b")
    given = model(
        first,
        second,
        objects=[
            {
                "apiVersion": "networking.k8s.io/v1",
                "kind": "Ingress",
                "metadata": {"name": name, "namespace": "shop"},
                "spec": {"ingressClassName": cls},
            }
            for name, cls in (("a", "public"), ("b", "private"))
        ],
    )
    emission = emit(given, opts=options(parent="public=infra/edge,private=infra/inner"))
    assert owner(emission, "PathPrefix /api", method="GET") == []
    names = {k: v["spec"]["parentRefs"][0]["name"] for k, v in objects(emission).items()}
    assert names == {"a": "edge", "b": "inner"}


def test_default_backend_4_16_reaches_hosts_without_a_root() -> None:
    """The catch-all is host-less, and each host without `/` gets a copy of it, below all its rules."""
    fallback = route("raw:/", hosts=(), origin=B, to="fallback", default_backend=True)
    emission = pair(route("prefix:/foo", origin=A, to="a"), fallback)
    assert "hostnames" not in objects(emission)["b"]["spec"]
    assert objects(emission)["b-fallback"]["spec"]["hostnames"] == [SHOP]


def test_default_backend_copies_share_objects_by_sixteen_hosts() -> None:
    many = [
        route("prefix:/foo", hosts=(f"h{n:02d}.io",), origin=ingress(f"i{n:02d}"), to="a") for n in range(40)
    ]
    fallback = route("raw:/", hosts=(), origin=B, to="fallback", default_backend=True)
    emission = emit(*many, fallback)
    copies = [v for k, v in objects(emission).items() if k.startswith("b-fallback")]
    assert sorted(len(v["spec"]["hostnames"]) for v in copies) == [8, 16, 16]


def test_leaf_of_an_unreachable_path_is_ignored_not_lost() -> None:
    leaf = Leaf(B, ("spec", "rules", 0, "http", "paths", 0, "path"))
    second = route("prefix:/api", origin=B, to="b", provenance={Feature.PATHS: (leaf,)})
    emission = pair(route("prefix:/", "prefix:/a/long/one", origin=A, to="a"), second, "expressions")
    assert emission.settled[leaf][0] == "ignored"
