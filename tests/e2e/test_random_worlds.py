"""Random combinations of annotations, paths, hosts, headers and methods: no exception, and no surprise."""

from __future__ import annotations

import random
from collections.abc import Iterator

import pytest

import kong2x.verify
from kong2x.model.traffic import Request
from kong2x.verify.comparison import Difference

from .fuzz_worlds import world
from .worlds import FLAVOURS, TARGETS, checked, options

SEEDS = range(150)
REQUESTS = 150


def outcome(
    seed: int, target: str, flavour: str, monkeypatch: pytest.MonkeyPatch, implementation: str = "portable"
) -> Iterator[Difference]:
    """Every difference that no finding announces, for a fixed sample of the generated requests."""
    settings = {"kong.router": flavour, "gateway-api.implementation": implementation}
    every = kong2x.verify.generate

    def some(criteria: object) -> list[Request]:
        made = every(criteria)  # type: ignore[arg-type]
        return random.Random(seed).sample(made, min(len(made), REQUESTS))

    with monkeypatch.context() as patch:
        patch.setattr(kong2x.verify, "generate", some)
        found = checked(world(seed), options(target, settings))
    assert not found.errors, found.errors
    assert found.verification.requests >= 20
    yield from found.verification.surprises


@pytest.mark.parametrize("target", TARGETS)
@pytest.mark.parametrize("block", range(0, len(SEEDS), 15))
def test_no_request_is_answered_otherwise_without_being_told(
    block: int, target: str, monkeypatch: pytest.MonkeyPatch
) -> None:
    bad = []
    for seed in SEEDS[block : block + 15]:
        flavour = FLAVOURS[seed % 3]
        for difference in outcome(seed, target, flavour, monkeypatch):
            bad.append((seed, flavour, difference))
    print(f"{15 - len({seed for seed, *_ in bad})} of 15 worlds on {target}")
    assert not bad, bad[:2]


@pytest.mark.parametrize("block", range(0, 90, 15))
def test_gateway_api_on_apisix_answers_as_kong_or_tells(block: int, monkeypatch: pytest.MonkeyPatch) -> None:
    bad = []
    for seed in range(1000 + block, 1015 + block):
        flavour = FLAVOURS[seed % 3]
        for difference in outcome(seed, "gateway-api", flavour, monkeypatch, "apisix"):
            bad.append((seed, flavour, difference))
    assert not bad, bad[:2]


def test_the_comparison_sees_a_missing_policy(monkeypatch: pytest.MonkeyPatch) -> None:
    """Without the HTTPRoutePolicies the same worlds are not equal on APISIX."""
    import kong2x.worlds

    read_back = kong2x.worlds.reread

    def without(result: object) -> list[dict]:  # type: ignore[type-arg]
        return [obj for obj in read_back(result) if obj["kind"] != "HTTPRoutePolicy"]  # type: ignore[arg-type]

    monkeypatch.setattr(kong2x.worlds, "reread", without)
    seeds = range(1000, 1030)
    assert any(
        list(outcome(seed, "gateway-api", FLAVOURS[seed % 3], monkeypatch, "apisix")) for seed in seeds
    )


def test_the_comparison_sees_a_wrong_winner(monkeypatch: pytest.MonkeyPatch) -> None:
    """With all priorities taken out of the output the same worlds are not equal any more."""
    import kong2x.worlds

    read_back = kong2x.worlds.reread

    def flat(result: object) -> list[dict]:  # type: ignore[type-arg]
        objects = read_back(result)  # type: ignore[arg-type]
        for obj in objects:
            for rule in obj.get("spec", {}).get("http", []):
                rule.pop("priority", None)
        return objects

    monkeypatch.setattr(kong2x.worlds, "reread", flat)
    assert any(list(outcome(seed, "apisix", FLAVOURS[seed % 3], monkeypatch)) for seed in range(12))
