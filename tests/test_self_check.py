"""A conversion asks both routers where hosts meet, and tells what no other finding does."""

from __future__ import annotations

from typing import Any

import pytest

from kong2x import Finding, Options, Source, convert
from kong2x.pipeline import emitters
from kong2x.self_check import sample
from tests.e2e.fuzz_worlds import world
from tests.emit.gateway_api.build import route

TWO = """
apiVersion: v1
kind: Service
metadata: {name: web, namespace: shop}
spec: {ports: [{port: 80}]}
---
apiVersion: networking.k8s.io/v1
kind: Ingress
metadata: {name: own, namespace: shop}
spec:
  ingressClassName: kong
  rules:
  - host: a.example
    http: {paths: [{path: /, pathType: Prefix, backend: {service: {name: web, port: {number: 80}}}}]}
---
apiVersion: networking.k8s.io/v1
kind: Ingress
metadata: {name: wide, namespace: shop}
spec:
  ingressClassName: kong
  rules:
  - host: "*.example"
    http: {paths: [{path: /wide, pathType: Exact, backend: {service: {name: web, port: {number: 80}}}}]}
"""


def told(text: str, target: str, **settings: str) -> list[Finding]:
    chosen = Options(settings={key.replace("_", "-"): value for key, value in settings.items()})
    return [
        f
        for f in convert(Source(text), to=target, options=chosen).findings
        if f.code == "routes/other-winner"
    ]


def test_hosts_of_their_own_are_not_asked() -> None:
    assert (
        list(sample([route("prefix:/", hosts=("a.example",)), route("prefix:/", hosts=("b.example",))])) == []
    )


def test_hosts_that_a_wildcard_shares_are_asked() -> None:
    asked = {
        r.host
        for r in sample([route("prefix:/", hosts=("a.example",)), route("exact:/x", hosts=("*.example",))])
    }
    assert "a.example" in asked


@pytest.mark.parametrize("target", ["apisix", "gateway-api"])
def test_where_both_answer_alike_nothing_is_told(target: str) -> None:
    assert told(TWO, target) == []


@pytest.mark.parametrize("target", ["apisix", "gateway-api"])
def test_a_rule_that_is_not_there_is_told(target: str, monkeypatch: pytest.MonkeyPatch) -> None:
    """The router is asked without the objects of one Ingress, as if the emitter had forgotten them."""
    emitter = emitters()[target]
    real = emitter.router

    def without(objects: list[dict[str, Any]], options: Options) -> Any:
        return real([obj for obj in objects if obj["metadata"]["name"] != "own"], options)

    monkeypatch.setattr(emitter, "router", without)
    found = told(TWO, target)
    assert [f.routes for f in found] == [("shop.own.web.a.example.80",)]
    assert (
        found[0].severity == "warning" and "are answered by no route; Kong gives them to" in found[0].message
    )


def test_what_hangs_on_third_routes_is_told() -> None:
    """Kong's classic router picks by a list that other routes' patterns decide."""
    found = told(world(1011), "gateway-api", **{"gateway-api.implementation": "apisix"})
    assert any("shop.i1.s1.a.example.80" in f.routes for f in found)
