"""Every recorded decision of the real routers, predicted from the routes alone."""

from __future__ import annotations

import json
from collections import Counter
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import pytest

from kong2x.model.traffic import Answer, Request
from kong2x.verify.kong import KongRouter, from_entities

FLAVOURS = {"T": "traditional", "C": "traditional_compatible", "E": "expressions"}
CLASSIC_ONLY = ("hosts", "paths", "methods", "headers", "snis")


@pytest.fixture(scope="module")
def sets(shared: Path) -> list[dict[str, Any]]:
    lines = (shared / "facts/recorded/kong-router.jsonl").read_text("utf-8").splitlines()
    return [json.loads(line) for line in lines]


def routers(one: dict[str, Any]) -> dict[str, KongRouter]:
    by_name = {route["name"]: route for route in one["routes"]}
    found = {}
    for letter in one["flavours"]:
        routes = one["routes"]
        if letter == "E":
            routes = [
                {k: v for k, v in by_name.get(route["name"], {}).items() if k not in CLASSIC_ONLY} | route
                for route in one["routes_expressions"]
            ]
        found[letter] = from_entities(routes, one["services"], FLAVOURS[letter])
    return found


def request_of(entry: dict[str, Any]) -> Request:
    headers = [
        (name, value)
        for name, given in entry.get("headers", {}).items()
        for value in (given if isinstance(given, list) else [given])
    ]
    return Request(
        entry["method"],
        entry["host"],
        entry["path"],
        tuple(headers),
        entry.get("scheme", "http"),
        entry.get("sni", ""),
    )


def agrees(answer: Answer, expected: dict[str, Any], host: str) -> bool:
    if "tie" in expected:
        return (answer.route or "") in expected["tie"]
    if answer.route != expected["route"]:
        return False
    if answer.route is None:
        return answer.status == 404
    if answer.status is not None or "status" in expected:
        return (answer.status, answer.location) == (expected.get("status"), expected.get("location"))
    wanted = expected.get("upstream_host", host)
    return answer.path == expected["upstream_path"] and answer.host == wanted


Decision = tuple[dict[str, Any], str, Answer, dict[str, Any], str]


@pytest.fixture(scope="module")
def decided(sets: list[dict[str, Any]]) -> list[Decision]:
    return list(decisions(sets))


def decisions(sets: list[dict[str, Any]]) -> Iterator[Decision]:
    for one in sets:
        built = routers(one)
        for entry in one["requests"]:
            request = request_of(entry)
            for letters, expected in entry["expect"].items():
                for letter in letters:
                    yield one, letter, built[letter].answer(request), expected, entry["host"]


def test_every_recorded_decision_is_predicted(decided: list[Decision]) -> None:
    total: Counter[tuple[str, str]] = Counter()
    right: Counter[tuple[str, str]] = Counter()
    wrong = []
    for one, letter, answer, expected, host in decided:
        good = agrees(answer, expected, host)
        for feature in ("", *one["features"]):
            total[letter, feature] += 1
            right[letter, feature] += good
        if not good:
            wrong.append((one["id"], letter, expected, answer))
    for letter, feature in sorted(total):
        print(f"{letter} {feature or 'all'}: {right[letter, feature]} of {total[letter, feature]}")
    assert not wrong, wrong[:3]
    assert {letter for letter, _ in total} == {"T", "C", "E"}


def test_recorded_ties_are_announced(decided: list[Decision]) -> None:
    """Where the configuration does not decide, the answer names at least the recorded candidates."""
    announced = exact = 0
    for one, letter, answer, expected, _ in decided:
        if "tie" in expected:
            announced += 1
            exact += answer.route == expected["route"]
            assert set(expected["tie"]) <= set(answer.tie), (one["id"], letter, expected, answer)
    print(f"{announced} ties announced; the same candidate as in the recording: {exact}")
    assert announced > 1000


def test_ties_are_rarely_announced_in_vain(decided: list[Decision]) -> None:
    """A tie that the recording does not know comes only of candidates that depend on each other."""
    vain = sum(bool(answer.tie) and "tie" not in expected for _, _, answer, expected, _ in decided)
    assert vain <= 5


def test_the_explanation_agrees_with_the_answer(sets: list[dict[str, Any]]) -> None:
    for one in sets[::17]:
        for letter, built in routers(one).items():
            for entry in one["requests"]:
                explained = built.explain(request_of(entry))
                assert explained.answer == built.answer(request_of(entry))
                winners = [c.route for c in explained.candidates if c.reason == "wins"]
                assert winners == ([explained.answer.route] if explained.answer.route else []), (
                    one["id"],
                    letter,
                )


def test_refused_patterns_are_known(sets: list[dict[str, Any]]) -> None:
    """What the real router refuses as a regular expression cannot be evaluated here either."""
    seen = 0
    for one in sets:
        if one.get("refused", {}).get("C") != "a regular expression is not accepted by the router":
            continue
        seen += 1
        assert from_entities(one["routes"], one["services"], "traditional_compatible").undecidable, one["id"]
    assert seen > 20


def test_accepted_patterns_are_all_evaluated(sets: list[dict[str, Any]]) -> None:
    for one in sets:
        for letter, built in routers(one).items():
            assert not built.undecidable, (one["id"], letter)


def test_cutting_short_lists_down_changes_no_answer(
    sets: list[dict[str, Any]], monkeypatch: pytest.MonkeyPatch
) -> None:
    """The cut serves speed in large tables only, so here it is forced on every list."""
    for one in sets[::9]:
        if "T" not in one["flavours"]:
            continue
        requests = [request_of(entry) for entry in one["requests"]]
        plain = [routers(one)["T"].answer(request) for request in requests]
        with monkeypatch.context() as patch:
            patch.setattr("kong2x.verify.kong.traditional._LONG", 0)
            assert [routers(one)["T"].answer(request) for request in requests] == plain, one["id"]
