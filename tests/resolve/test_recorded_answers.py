"""Kong's recorded answers against manifests that are resolved and then asked (HTTP areas without plugins)."""

from __future__ import annotations

import json
from typing import Any

import pytest

from kong2x.model.traffic import Answer, Request
from kong2x.verify.kong import KongRouter, kong_router
from tests.conftest import shared_folder
from tests.resolve.worlds import recorded

CASES = shared_folder() / "facts" / "recorded" / "kic-cases"
AREAS = frozenset(
    (
        "backends",
        "class",
        "default-backend",
        "hosts",
        "legacy",
        "paths",
        "rewrite",
        "route-annotations",
        "routing",
        "service-annotations",
        "upstreams",
    )
)
PLUGINS_ANSWER = {"legacy-plugins-v1-no-list"}
CACHED = "Kong remembered the choice for an earlier probe (kong-source.md 4.5)"
EXCEPTIONS = {
    (
        "path-unicode",
        "http://uni.example/café",
    ): "the probe went out in Latin-1, which the case file cannot show",
    ("headers-empty-piece", "http://headers-empty-piece.example/orders"): CACHED,
    ("protocols-http", "https://protocols-http.example/orders"): CACHED,
    ("snis-list", "https://snis-list.example/orders"): CACHED,
}
"""(case, URL) -> why another answer was recorded."""
FLAVOURS = ("traditional", "traditional_compatible", "expressions")


def cases() -> list[dict[str, Any]]:
    found = [json.loads(file.read_text()) for file in sorted(CASES.glob("*.json"))]
    return [case for case in found if case["area"] in AREAS and case["id"] not in PLUGINS_ANSWER]


def request(raw: dict[str, Any]) -> Request:
    return Request(
        method=raw["method"],
        host=raw["host"],
        path=raw["path"],
        scheme=raw["scheme"],
        sni=raw.get("sni"),
        headers=tuple((name, value) for name, value in raw.get("headers", ())),
    )


def said(answer: dict[str, Any]) -> dict[str, Any]:
    """What a recorded answer shows of the choice: the backend and path, or Kong's own status."""
    if "backend" in answer:
        return {
            "backend": answer["backend"].partition("#")[0],
            "path": answer.get("path", "").partition("?")[0],
        }
    return {"status": answer.get("status")}


def expected(answer: Answer) -> dict[str, Any]:
    if answer.service is not None and answer.status is None:
        return {"backend": answer.service, "path": answer.path}
    return {"status": answer.status}


def is_open(raw: dict[str, Any], answer: Any, method: str) -> bool:
    """Answers that say nothing about the choice of a route."""
    return (
        raw["scheme"] not in ("http", "https")
        or not isinstance(answer, dict)
        or "tally" in raw
        or "error" in answer
        or method == "HEAD"
        or "external" in str(answer.get("backend"))
        or answer.get("status") in (400, 415, 500, 502, 504)
    )


def matches(router: KongRouter, raw: dict[str, Any], answer: dict[str, Any]) -> bool:
    got = router.answer(request(raw))
    if got.tie:
        return True
    want, ours = said(answer), expected(got)
    if "backend" in want and not want["path"]:
        want.pop("path"), ours.pop("path", None)
    if "path" in ours and ours["path"] is not None:
        ours["path"] = ours["path"].partition("?")[0]
    return ours == want


@pytest.mark.parametrize("flavour", FLAVOURS)
def test_kong_answers_as_recorded(flavour: str, capsys: pytest.CaptureFixture[str]) -> None:
    asked, wrong = 0, []
    for case in cases():
        if flavour in case["kong_refused"] or not case.get("probes"):
            continue
        found = recorded(CASES, case["id"], router=flavour, gates=tuple(case["gates"]))
        pods = {key for key, count in case.get("pods", {}).items() if count == 0}
        router = kong_router(found.model, assume_present=False)
        for probe in case["probes"]:
            raw = probe["request"]
            answer = probe["answers"].get("all", probe["answers"].get(flavour))
            if answer is None or is_open(raw, answer, raw["method"]) or pods:
                continue
            asked += 1
            url = f"{raw['scheme']}://{raw['host']}{raw['path']}"
            if not matches(router, raw, answer) and (case["id"], url) not in EXCEPTIONS:
                got = router.answer(request(raw))
                wrong.append((case["id"], raw["host"], raw["path"], expected(got), said(answer)))
    with capsys.disabled():
        print(f"\n  recorded answers, {flavour}: {asked - len(wrong)} of {asked}", end="")
    assert asked > 250
    assert not wrong
