"""KIC's routes for generated manifests (`kong-router.jsonl`), in the classic form and as expressions."""

from __future__ import annotations

import json
from collections.abc import Iterator
from typing import Any

import pytest

from kong2x.model.route import Route
from tests.conftest import shared_folder
from tests.resolve.worlds import resolved

FILE = shared_folder() / "facts" / "recorded" / "kong-router.jsonl"
CLASS = """
---
{apiVersion: networking.k8s.io/v1, kind: IngressClass, metadata: {name: kong}, spec: {controller: x}}
"""


def sets() -> Iterator[dict[str, Any]]:
    with FILE.open() as lines:
        for line in lines:
            if '"manifests"' in line:
                yield json.loads(line)


def classic(route: Route) -> dict[str, Any]:
    return {
        "hosts": list(route.hosts),
        "paths": list(route.kong_paths),
        "methods": list(route.methods),
        "headers": {header.name: list(header.values) for header in route.headers},
        "snis": list(route.snis),
        "protocols": list(route.protocols or ("http", "https")),
        "strip_path": route.strip_path,
        "preserve_host": route.preserve_host,
        "regex_priority": route.regex_priority,
        "path_handling": route.path_handling,
        "https_redirect_status_code": route.https_redirect_status_code,
    }


def classic_of_kic(route: dict[str, Any]) -> dict[str, Any]:
    return {
        "hosts": route.get("hosts") or [],
        "paths": list(dict.fromkeys(route.get("paths") or ())),
        "methods": route.get("methods") or [],
        "headers": route.get("headers") or {},
        "snis": route.get("snis") or [],
        "protocols": route.get("protocols") or ["http", "https"],
        "strip_path": route["strip_path"],
        "preserve_host": route["preserve_host"],
        "regex_priority": route.get("regex_priority", 0),
        "path_handling": route.get("path_handling", "v0"),
        "https_redirect_status_code": route.get("https_redirect_status_code", 426),
    }


def from_ingress(name: str) -> bool:
    return not name.startswith(("httproute.", "grpcroute."))


def never_matches(route: dict[str, Any]) -> bool:
    """The route's only host is a trailing wildcard, which the expressions router takes for text."""
    return route["expression"].startswith('(http.host == "') and route["expression"].split('"')[1].endswith(
        ".*"
    )


@pytest.mark.parametrize("flavour", ["traditional", "expressions"])
def test_routes_are_kics(flavour: str, capsys: pytest.CaptureFixture[str]) -> None:
    compared, wrong = 0, {}
    for case in sets():
        if flavour == "expressions" and "routes_expressions" not in case:
            continue
        model = resolved(case["manifests"] + CLASS, router=flavour).model
        if flavour == "traditional":
            ours = {r.name: classic(r) for r in model.routes if from_ingress(r.name)}
            theirs = {r["name"]: classic_of_kic(r) for r in case["routes"] if from_ingress(r["name"])}
        else:
            ours = {
                r.name: {"expression": r.expression, "priority": r.priority}
                for r in model.routes
                if from_ingress(r.name)
            }
            theirs = {
                r["name"]: {"expression": r["expression"], "priority": r["priority"]}
                for r in case["routes_expressions"]
                if from_ingress(r["name"]) and not never_matches(r)
            }
        compared += len(theirs)
        if ours != theirs:
            wrong[case["id"]] = {n: (ours.get(n), theirs.get(n)) for n in {*ours, *theirs}}
    with capsys.disabled():
        print(f"\n  generated manifests, {flavour}: {compared - len(wrong)} of {compared} routes", end="")
    assert compared > 2000
    assert not wrong
