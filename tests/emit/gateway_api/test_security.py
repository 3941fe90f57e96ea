"""Nothing that decides who may call is lost openly: recipe 4.18, section 5.1, traps 28, 29, 34 to 37."""

from __future__ import annotations

from dataclasses import replace

import pytest

from kong2x.model.finding import Code, Level, Protects
from kong2x.model.plugin import Consumer
from kong2x.model.route import Feature
from kong2x.model.settings import Accept, Options
from kong2x.model.source import Leaf, ObjectRef

from .build import FakeMapper, codes, emit, finding, ingress, model, only, options, paths, route, rules, use

LOST = Code("key-auth/no-standard-filter", Level.UNSUPPORTED, "s", "m", protects=Protects.ACCESS)


def losing(plugin: str = "key-auth", protects: Protects = Protects.ACCESS) -> FakeMapper:
    told = (LOST.finding("Callers are not asked for a key."),)
    fields = {
        "lost": protects,
        "protects": protects,
        "findings": told,
        "levels": {("a",): (Level.UNSUPPORTED, LOST.id)},
    }
    return FakeMapper({(plugin, "gateway-api"): fields})


def protected(**more: object) -> object:
    return route("prefix:/admin", plugins=(use("key-auth", {"a": 1}),), **more)  # type: ignore[arg-type]


def test_trap_28_a_lost_check_keeps_the_match_and_has_no_backend() -> None:
    emission = emit(protected(), route("prefix:/", origin=ingress("open"), to="open"), mapper=losing())  # type: ignore[arg-type]
    rule = next(r for r in rules(emission) if paths(r) == ["PathPrefix /admin"])
    assert set(rule) == {"matches"}
    found = finding(emission, "denied")
    assert found.severity == "error" and found.routes


def test_the_reason_stands_at_the_object() -> None:
    emission = emit(protected(), mapper=losing())  # type: ignore[arg-type]
    assert only(emission)["metadata"]["annotations"] == {
        "kong2x.io/denied": "key-auth cannot be carried over"
    }


def test_trap_29_no_reference_to_an_object_that_does_not_exist() -> None:
    emission = emit(protected(), mapper=losing())  # type: ignore[arg-type]
    assert "extensionRef" not in str(only(emission))


def test_lost_protection_is_an_error_and_served_by_default() -> None:
    mapper = FakeMapper()
    given = route("prefix:/", plugins=(use("rate-limiting", {"minute": 5}),))
    assert "backendRefs" in rules(emit(given, mapper=mapper))[0]


def test_deny_all_denies_for_lost_protection_too() -> None:
    given = route("prefix:/", plugins=(use("rate-limiting", {"minute": 5}),))
    opts = replace(options(), on_security_loss="deny-all")
    assert set(rules(emit(given, opts=opts))[0]) == {"matches"}


def test_omit_leaves_the_route_out_and_says_so() -> None:
    emission = emit(protected(), mapper=losing(), opts=replace(options(), on_security_loss="omit"))  # type: ignore[arg-type]
    assert rules(emission) == [] and "omitted" in codes(emission)


@pytest.mark.parametrize(
    ("more", "open_"),
    [
        ({}, False),
        ({"accept": {"key-auth/other": "r"}}, False),
        ({"accept": {LOST.id: "behind a mesh"}}, True),
        ({"accept_rules": (Accept(LOST.id, "r"),)}, True),
        ({"accept_rules": (Accept(LOST.id, "r", until="2020-01-01"),), "today": "2026-01-01"}, False),
    ],
)
def test_open_needs_each_loss_accepted_by_name(more: dict[str, object], open_: bool) -> None:
    opts: Options = replace(options(), on_security_loss="open", **more)  # type: ignore[arg-type]
    emission = emit(protected(), mapper=losing(), opts=opts)  # type: ignore[arg-type]
    assert ("backendRefs" in rules(emission)[0]) is open_
    assert ("opened" in codes(emission)) is open_


def test_a_check_for_one_consumer_denies_the_route() -> None:
    pair = use("ip-restriction", {"allow": ["10.0.0.0/8"]}, consumer="bob")
    emission = emit(route("prefix:/", consumer_plugins=(pair,)))
    assert set(rules(emission)[0]) == {"matches"}
    assert "consumer-access" in codes(emission)


def test_a_limit_for_one_consumer_is_an_error_and_served() -> None:
    pair = use("rate-limiting", {"minute": 5}, consumer="bob")
    emission = emit(route("prefix:/", consumer_plugins=(pair,)))
    assert "backendRefs" in rules(emission)[0]
    assert finding(emission, "consumer-plugin").severity == "error"


def test_consumers_are_told_and_settled() -> None:
    ref = ObjectRef("configuration.konghq.com", "KongConsumer", "shop", "bob")
    leaf = Leaf(ref, ("credentials", 0))
    bob = Consumer(
        ref, "bob", plugins=(use("rate-limiting", {"minute": 1}),), provenance={Feature.CREDENTIALS: (leaf,)}
    )
    given = model(route("prefix:/"))
    given.consumers = [bob]
    emission = emit(given)
    assert emission.settled[leaf] == ("unsupported", "gateway-api/consumer")
    plugin = bob.plugins[0]
    assert emission.settled[Leaf(plugin.origin, ("config", "minute"))][0] == "unsupported"  # type: ignore[arg-type]


def test_a_denied_https_only_route_still_answers_plain_http_as_before() -> None:
    emission = emit(protected(protocols=("https",), https_redirect_status_code=301), mapper=losing())  # type: ignore[arg-type]
    found = {m.value["metadata"]["name"]: m.value["spec"]["rules"][0] for m in emission.manifests}
    assert set(found["web"]) == {"matches"}
    assert found["web-http"]["filters"][0]["type"] == "RequestRedirect"


def test_a_plugin_is_told_once_with_all_its_routes() -> None:
    one = use("key-auth", {"a": 1})
    given = [route("prefix:/a", plugins=(one,), name="r1"), route("prefix:/b", plugins=(one,), name="r2")]
    emission = emit(*given, mapper=losing())
    told = [f for f in emission.findings if f.code == LOST.id]
    assert [f.routes for f in told] == [("r1", "r2")]


def test_what_acts_on_served_requests_is_lost_on_a_denied_route() -> None:
    leaf = Leaf(ingress(), ("metadata", "annotations", "konghq.com/strip-path"))
    path = Leaf(ingress(), ("spec", "rules", 0, "path"))
    given = protected(strip_path=True, provenance={Feature.STRIP_PATH: (leaf,), Feature.PATHS: (path,)})
    emission = emit(given, mapper=losing())  # type: ignore[arg-type]
    assert emission.settled[leaf] == ("unsupported", "gateway-api/denied")
    assert emission.settled[path][0] == "exact"
