"""Losing the mapping of an access check closes the route, at every place where the check may be attached.

For each plugin of the catalogue its mapping files are hidden, on both targets, as if nobody had written
them. Class A must deny by default; class B is an error, and denies with `--on-security-loss deny-all`.
"""

from __future__ import annotations

import json
from functools import cache
from typing import Any

import pytest
import yaml

from kong2x.mapping.tables import Tables
from kong2x.model.finding import Protects, Severity
from kong2x.model.result import Result
from kong2x.model.traffic import Request
from kong2x.pipeline import emitter_named

from .worlds import TARGETS, converted, options

POINTS = ("route", "service", "global", "consumer")
PROBES = tuple(Request("GET", "shop.example", path) for path in ("/", "/cart", "/cart/1"))


@cache
def catalogue() -> dict[str, Any]:
    tables = Tables()
    return {name: tables.kong(name) for name in tables.plugins("kong")}


def of_class(letter: str) -> list[str]:
    return [name for name, plugin in catalogue().items() if plugin.klass == letter]


def points_of(plugin: str) -> list[str]:
    forbidden = set(catalogue()[plugin].not_on)
    return [point for point in POINTS if point not in forbidden]


def manifests(plugin: str, point: str) -> str:
    """One Ingress with two paths, and the plugin attached in one place; a consumer with its key-auth."""
    named = {"konghq.com/plugins": "check"}
    objects: list[dict[str, Any]] = [
        {
            "apiVersion": "v1",
            "kind": "Service",
            "metadata": {
                "name": "web",
                "namespace": "shop",
                "annotations": named if point == "service" else {},
            },
            "spec": {"ports": [{"port": 80}]},
        },
        {
            "apiVersion": "networking.k8s.io/v1",
            "kind": "Ingress",
            "metadata": {
                "name": "web",
                "namespace": "shop",
                "annotations": named if point == "route" else {},
            },
            "spec": {
                "ingressClassName": "kong",
                "rules": [
                    {
                        "host": "shop.example",
                        "http": {
                            "paths": [
                                {
                                    "path": path,
                                    "pathType": "Prefix",
                                    "backend": {"service": {"name": "web", "port": {"number": 80}}},
                                }
                                for path in ("/", "/cart")
                            ]
                        },
                    }
                ],
            },
        },
    ]
    body: dict[str, Any] = {
        "apiVersion": "configuration.konghq.com/v1",
        "kind": "KongPlugin",
        "metadata": {"name": "check", "namespace": "shop"},
        "plugin": plugin,
        "config": {},
    }
    if point == "global":
        body["kind"] = "KongClusterPlugin"
        body["metadata"] = {
            "name": "check",
            "labels": {"global": "true"},
            "annotations": {"kubernetes.io/ingress.class": "kong"},
        }
    if point == "consumer":
        objects.append(
            {
                "apiVersion": "configuration.konghq.com/v1",
                "kind": "KongConsumer",
                "metadata": {
                    "name": "alice",
                    "namespace": "shop",
                    "annotations": {"kubernetes.io/ingress.class": "kong", **named},
                },
                "username": "alice",
            }
        )
        objects[1]["metadata"]["annotations"] = {"konghq.com/plugins": "keys"}
        objects.append(
            {
                "apiVersion": "configuration.konghq.com/v1",
                "kind": "KongPlugin",
                "metadata": {"name": "keys", "namespace": "shop"},
                "plugin": "key-auth",
            }
        )
    return "---\n".join(json.dumps(obj) + "\n" for obj in [*objects, body])


def hide(monkeypatch: pytest.MonkeyPatch, plugin: str) -> None:
    """As if no vocabulary had a mapping for the plugin."""
    known = Tables.mapping

    def without(self: Tables, vocabulary: str, name: str) -> Any:
        return None if name == plugin else known(self, vocabulary, name)

    monkeypatch.setattr(Tables, "mapping", without)


def convert(plugin: str, point: str, target: str, **more: Any) -> Result:
    return converted(manifests(plugin, point), options(target, **more)).result


def served(result: Result, target: str) -> list[Request]:
    """The requests that reach a backend."""
    router = emitter_named(target).router(result.objects, options(target))
    return [request for request in PROBES if router.answer(request).service is not None]


def left_out(result: Result, target: str) -> list[Request]:
    """The requests that no rule takes, so that a broader one could."""
    router = emitter_named(target).router(result.objects, options(target))
    return [request for request in PROBES if router.answer(request).route is None]


def closed(result: Result, target: str, point: str) -> bool:
    """Whether nobody whom the check was for is served: no rule leads on, or the consumer is not known."""
    if point == "consumer" and target == "apisix":
        return not any(obj["kind"] == "ApisixConsumer" for obj in result.objects)
    return not served(result, target) and not left_out(result, target)


def errors_about(result: Result, plugin: str) -> list[str]:
    return [
        f.code for f in result.findings if f.severity is Severity.ERROR and plugin in (f.message + f.code)
    ]


def test_the_catalogue_has_classes() -> None:
    assert {"key-auth", "jwt", "acl", "ip-restriction", "request-termination"} <= set(of_class("A"))
    assert {"rate-limiting", "request-size-limiting"} <= set(of_class("B"))


@pytest.mark.parametrize("plugin", of_class("A"))
def test_a_lost_access_check_denies(plugin: str, monkeypatch: pytest.MonkeyPatch) -> None:
    hide(monkeypatch, plugin)
    bad = []
    for target in TARGETS:
        for point in points_of(plugin):
            result = convert(plugin, point, target)
            if not closed(result, target, point) or not errors_about(result, plugin):
                bad.append((target, point, len(served(result, target)), errors_about(result, plugin)))
    print(f"{plugin}: {len(TARGETS) * len(points_of(plugin)) - len(bad)} places closed")
    assert not bad, bad


@pytest.mark.parametrize("plugin", of_class("B"))
def test_lost_protection_is_an_error_and_denies_on_request(
    plugin: str, monkeypatch: pytest.MonkeyPatch
) -> None:
    hide(monkeypatch, plugin)
    for target in TARGETS:
        for point in points_of(plugin):
            result = convert(plugin, point, target)
            assert errors_about(result, plugin), (target, point)
            assert result.exit_code() == 1
            if point != "consumer":
                assert served(result, target) == list(PROBES), (target, point)
            if (target, point) == ("apisix", "consumer"):
                continue  # the next test
            denied = convert(plugin, point, target, on_security_loss="deny-all")
            assert closed(denied, target, point), (target, point)


@pytest.mark.parametrize("plugin", [name for name in of_class("B") if "consumer" in points_of(name)])
def test_deny_all_closes_a_consumer(plugin: str, monkeypatch: pytest.MonkeyPatch) -> None:
    hide(monkeypatch, plugin)
    denied = convert(plugin, "consumer", "apisix", on_security_loss="deny-all")
    assert closed(denied, "apisix", "consumer")


FIELDS = sorted(
    (plugin.name, name)
    for plugin in catalogue().values()
    if plugin.klass not in "AB"
    for name, field in plugin.fields.items()
    if field.protects is Protects.ACCESS and "[]" not in name
)


def test_some_fields_protect_by_themselves() -> None:
    assert ("response-transformer", "remove.json") in FIELDS


@pytest.mark.parametrize("target", TARGETS)
@pytest.mark.parametrize(("plugin", "name"), FIELDS)
def test_a_lost_protecting_field_denies(
    plugin: str, name: str, target: str, monkeypatch: pytest.MonkeyPatch
) -> None:
    """Plugins that guard nothing, but for one field of theirs."""
    hide(monkeypatch, plugin)
    head, _, tail = name.partition(".")
    value: Any = ["secret"] if not tail else {tail: ["secret"]}
    for point in ("route", "service", "global"):
        with_field = [
            {**doc, "config": {head: value}} if "plugin" in doc else doc
            for doc in map(json.loads, manifests(plugin, point).split("---\n"))
        ]
        text = "---\n".join(json.dumps(doc) + "\n" for doc in with_field)
        result = converted(text, options(target)).result
        assert closed(result, target, point), (point, sorted({f.code for f in result.findings}))


@pytest.mark.parametrize("target", TARGETS)
@pytest.mark.parametrize("point", ["route", "service", "global"])
def test_open_needs_the_finding_by_name(point: str, target: str, monkeypatch: pytest.MonkeyPatch) -> None:
    hide(monkeypatch, "jwt")
    shut = convert("jwt", point, target, on_security_loss="open")
    assert not served(shut, target)
    other = convert("jwt", point, target, on_security_loss="open", accept={"paths/line-feed": "no reason"})
    assert not served(other, target)
    told = [code for code in errors_about(shut, "jwt") if not code.endswith("/denied")]
    accepted = dict.fromkeys(told, "a mesh asks for tokens")
    opened = convert("jwt", point, target, on_security_loss="open", accept=accepted)
    assert served(opened, target) == list(PROBES)
    assert not served(convert("jwt", point, target, accept=accepted), target), "accepting alone opens nothing"


@pytest.mark.parametrize("target", TARGETS)
def test_omit_leaves_the_routes_out_and_says_so(target: str, monkeypatch: pytest.MonkeyPatch) -> None:
    hide(monkeypatch, "jwt")
    result = convert("jwt", "route", target, on_security_loss="omit")
    assert left_out(result, target) == list(PROBES)
    assert any(finding.code.endswith("/omitted") for finding in result.findings)


@pytest.mark.parametrize("target", TARGETS)
def test_a_plugin_that_nobody_knows_does_not_close_what_it_never_guarded(target: str) -> None:
    """Without any plugin the same manifests are served: the denials above come from the plugin."""
    text = "---\n".join(
        doc
        for doc in manifests("jwt", "global").split("---\n")
        if yaml.safe_load(doc)["kind"] != "KongClusterPlugin"
    )
    result = converted(text, options(target)).result
    assert served(result, target) == list(PROBES)
