"""Traps of section 7 of the target's facts that no other module names, by number."""

from __future__ import annotations

import re
from typing import Any

import pytest

from kong2x.emit.gateway_api.backends import duration
from kong2x.model.finding import Protects
from kong2x.model.route import Feature, HeaderMatch, Parent
from kong2x.model.source import Leaf, ObjectRef

from .build import (
    SHOP,
    FakeMapper,
    annotated,
    backend,
    codes,
    emit,
    filters,
    ingress,
    model,
    objects,
    only,
    paths,
    route,
    rules,
    service,
    use,
)
from .test_objects import valid

A, B = ingress("a"), ingress("b")
_DURATION = re.compile(r"([0-9]{1,5}(h|m|s|ms)){1,4}")


def test_trap_10_the_root_is_never_exchanged() -> None:
    for strip in (True, False):
        emission = emit(route("prefix:/", to=service(path="/api"), strip_path=strip))
        assert "filters" not in rules(emission)[0] and "rewrite-refused" in codes(emission)


def test_trap_13_the_longest_path_does_not_always_win() -> None:
    emission = emit(
        route("prefix:/", origin=A, to="a", headers=(HeaderMatch("x", ("1",)),)),
        route("prefix:/long/path", origin=B, to="b"),
    )
    found = [
        r for r in rules(emission) if paths(r) == ["PathPrefix /long/path"] and "headers" in r["matches"][0]
    ]
    assert [r["backendRefs"][0]["name"] for r in found] == ["a"]


def test_trap_14_ties_between_objects_are_told_not_left_to_their_age() -> None:
    assert "same-match" in codes(
        emit(route("prefix:/x", origin=A, to="a"), route("prefix:/x", origin=B, to="b"))
    )


def test_trap_14_an_id_decides_a_tie_where_kong_compares_ids() -> None:
    """The newer routers take the larger id; then one rule is left and nothing hangs on age (D10)."""
    given = [
        route("exact:/x", origin=A, to="a", name="ra", id="00000000-0000-0000-0000-000000000001"),
        route("exact:/x", origin=B, to="b", name="rb", id="00000000-0000-0000-0000-000000000002"),
    ]
    emission = emit(model(*given, router="traditional_compatible"))
    assert list(objects(emission)) == ["b"] and "unreachable" in codes(emission)


def test_traps_15_21_a_default_backend_reaches_every_host() -> None:
    emission = emit(
        route("prefix:/only", origin=A, to="a"),
        route("raw:/", hosts=(), origin=B, to="rest", default_backend=True),
    )
    by_host = {
        tuple(v["spec"].get("hostnames", ())): v for v in objects(emission).values() if "rest" in str(v)
    }
    assert set(by_host) == {(), (SHOP,)}


def test_trap_30_an_admin_path_is_never_served_in_clear_text() -> None:
    emission = emit(
        route("prefix:/", origin=A, to="a"),
        route("prefix:/admin", origin=B, to="admin", protocols=("https",)),
    )
    for value in objects(emission).values():
        section = value["spec"]["parentRefs"][0].get("sectionName")
        served = [r for r in value["spec"]["rules"] if r.get("backendRefs", [{}])[0].get("name") == "admin"]
        assert not served or section == "https"


def test_trap_35_methods_are_matches_and_no_cors_list() -> None:
    rule = rules(emit(route("prefix:/", methods=("GET",)), version="1.6"))[0]
    assert rule["matches"][0]["method"] == "GET" and "CORS" not in filters(rule)


@pytest.mark.parametrize("ms", [1, 999, 1000, 60000, 90500, 100000, 99999000, 100000000, 2147483647])
def test_traps_44_45_durations_are_whole_numbers_of_five_digits_in_the_right_unit(ms: int) -> None:
    text = duration(ms)
    assert _DURATION.fullmatch(text)
    units = {"h": 3600000, "m": 60000, "s": 1000, "ms": 1}
    parts = re.findall(r"(\d+)(ms|h|m|s)", text)
    assert sum(int(number) * units[unit] for number, unit in parts) == ms


def test_trap_46_the_whole_request_is_never_shorter_than_one_try() -> None:
    found = annotated(Feature.READ_TIMEOUT, "read-timeout")
    emission = emit(
        route("prefix:/", to=service(read_timeout=1000, provenance=found)), timeouts="approximate"
    )
    assert rules(emission)[0]["timeouts"]["request"] == "0s"
    valid(emission)


def test_trap_47_cors_values_have_the_types_of_the_crd() -> None:
    body = {"allowOrigins": ["https://a.io"], "maxAge": 600, "allowCredentials": True}
    table = {("cors", "gateway-api"): {"fragments": {"CORS": body}, "protects": Protects.PROTECTION}}
    emission = emit(route("prefix:/", plugins=(use("cors"),)), mapper=FakeMapper(table), version="1.5")
    assert filters(rules(emission)[0])["CORS"] == body
    valid(emission, "1.5")


def test_trap_51_two_ingresses_never_share_a_rule() -> None:
    emission = emit(route("prefix:/x", origin=A, to="a"), route("prefix:/x", origin=B, to="b"))
    assert all(len(rule["backendRefs"]) == 1 for rule in rules(emission))


def test_trap_53_shares_are_those_of_the_source_not_of_pods() -> None:
    origin = ObjectRef("gateway.networking.k8s.io", "HTTPRoute", "shop", "split")
    target = service(backends=(backend("v1", weight=95), backend("v2", weight=5)))
    emission = emit(route("prefix:/", origin=origin, to=target, parents=(Parent("infra", "edge"),)))
    assert [ref["weight"] for ref in rules(emission)[0]["backendRefs"]] == [95, 5]


def test_trap_56_what_a_release_lacks_is_said_with_the_release_that_has_it() -> None:
    table = {("cors", "gateway-api"): {"fragments": {"CORS": {"allowOrigins": ["https://a.io"]}}}}
    emission = emit(route("prefix:/", plugins=(use("cors"),)), mapper=FakeMapper(table))
    told = next(f for f in emission.findings if f.code == "gateway-api/cors-version")
    assert "1.5 and later" in told.message


def test_trap_57_the_default_timeout_is_told_once() -> None:
    emission = emit(route("prefix:/a"), route("prefix:/b", origin=B, to="b"))
    assert [f.code for f in emission.findings].count("gateway-api/timeout-default") == 1
    assert all(
        f.code != "gateway-api/timeout-default"
        for f in emit(route("prefix:/"), implementation="apisix").findings
    )


def test_a_timeout_of_an_httproute_stays() -> None:
    origin = ObjectRef("gateway.networking.k8s.io", "HTTPRoute", "shop", "slow")
    leaf = Leaf(origin, ("spec", "rules", 0, "timeouts", "backendRequest"))
    target = service(read_timeout=90000, provenance={Feature.READ_TIMEOUT: (leaf,)})
    emission = emit(route("prefix:/", origin=origin, to=target))
    assert rules(emission)[0]["timeouts"] == {"request": "0s", "backendRequest": "90s"}
    assert "timeouts" not in rules(emit(route("prefix:/", origin=origin, to=target), version="1.1"))[0]


def test_secrets_never_appear() -> None:
    given: Any = use("key-auth", {"key_names": ["apikey"]})
    text = str([m.value for m in emit(route("prefix:/", plugins=(given,))).manifests])
    assert "apikey" not in text


def test_a_route_of_the_source_changes_nothing_of_another() -> None:
    alone = only(emit(route("prefix:/b", origin=B, to="b")))
    beside = objects(
        emit(
            route("prefix:/b", origin=B, to="b"),
            route(
                "prefix:/a",
                origin=A,
                to="a",
                strip_path=True,
                protocols=("https",),
                plugins=(use("key-auth"),),
            ),
        )
    )["b"]
    assert alone == beside
