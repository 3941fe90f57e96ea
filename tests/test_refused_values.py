"""Objects that no API server would hold are told, those that one holds are not."""

from __future__ import annotations

from typing import Any

import pytest

from kong2x import Finding, convert

SERVICE = {
    "apiVersion": "v1",
    "kind": "Service",
    "metadata": {"name": "web"},
    "spec": {"ports": [{"port": 80}]},
}


def ingress(**path: Any) -> dict[str, Any]:
    backend = {"service": {"name": "web", "port": {"number": 80}}}
    entry = {"path": "/", "pathType": "Prefix", "backend": backend, **path}
    return {
        "apiVersion": "networking.k8s.io/v1",
        "kind": "Ingress",
        "metadata": {"name": "a"},
        "spec": {"ingressClassName": "kong", "rules": [{"http": {"paths": [entry]}}]},
    }


def refused(*objects: dict[str, Any]) -> list[Finding]:
    return [f for f in convert(*objects, to="apisix").findings if f.code == "source/refused"]


@pytest.mark.parametrize(
    ("path", "said"),
    [
        ({"path": "users"}, 'path is "users"; expected the form ^/.'),
        ({"pathType": "prefix"}, 'pathType is "prefix"; expected one of'),
        (
            {"backend": {"service": {"name": "web", "port": 80}}},
            "service.port is the number 80; expected a mapping.",
        ),
        (
            {"backend": {"service": {"name": "web", "port": {"number": "80"}}}},
            'number is "80"; expected a whole',
        ),
    ],
)
def test_a_value_of_the_wrong_form_is_told_where_it_stands(path: dict[str, Any], said: str) -> None:
    (finding,) = refused(ingress(**path), SERVICE)
    assert said in finding.message and finding.severity == "warning"
    assert finding.path[:6] == ("spec", "rules", 0, "http", "paths", 0)


def test_what_the_api_server_takes_is_no_finding() -> None:
    named = ingress(backend={"service": {"name": "web", "port": {"name": "http"}}})
    regex = ingress(path="/~/users/\\d+", pathType="ImplementationSpecific")
    assert refused(ingress(), SERVICE) == refused(named, SERVICE) == refused(regex, SERVICE) == []


def test_an_annotation_without_quotes_is_told_once_by_its_own_finding() -> None:
    unquoted = ingress()
    unquoted["metadata"]["annotations"] = {"konghq.com/strip-path": True}
    codes = [f.code for f in convert(unquoted, SERVICE, to="apisix").findings]
    assert codes.count("annotations/not-text") == 1 and "source/refused" not in codes


def test_no_value_of_a_secret_is_repeated() -> None:
    secret = {"apiVersion": "v1", "kind": "Secret", "metadata": {"name": "s"}, "data": {"key": 4711}}
    told = convert(ingress(), SERVICE, secret, to="apisix").findings
    assert not [f for f in told if "4711" in f.message]


def test_of_kongs_kinds_only_a_wrong_type_is_told() -> None:
    consumer = {
        "apiVersion": "configuration.konghq.com/v1",
        "kind": "KongConsumer",
        "metadata": {"name": "c", "annotations": {"kubernetes.io/ingress.class": "kong"}},
        "username": "c",
        "credentials": "key",
    }
    (finding,) = refused(consumer)
    assert "credentials is a text (hidden); expected a list." in finding.message
    assert refused({**consumer, "credentials": ["key"]}) == []
