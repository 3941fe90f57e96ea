"""Which certificate Kong serves for which host, and what cert-manager has to do with it."""

from __future__ import annotations

from typing import Any

import pytest

from kong2x.model.finding import Level
from kong2x.model.route import Feature
from tests.resolve.worlds import Resolved, ingress, resolved, service


def tls(*hosts: str, secret: str = "c", **fields: Any) -> list[dict[str, Any]]:
    return [{"hosts": list(hosts), "secretName": secret, **fields}]


def secret(name: str = "c", **data: str) -> dict[str, Any]:
    held = data or {"tls.crt": "x", "tls.key": "y"}
    return {
        "apiVersion": "v1",
        "kind": "Secret",
        "metadata": {"name": name, "namespace": "default"},
        "data": held,
    }


def born(obj: dict[str, Any], when: str) -> dict[str, Any]:
    obj["metadata"]["creationTimestamp"] = when
    return obj


def served(found: Resolved) -> dict[str, tuple[str, ...]]:
    return {c.secret.name: c.hosts for c in found.model.certificates}


def test_hosts_of_several_objects_share_the_secrets_certificate():
    found = resolved(
        [
            ingress(name="a", tls=tls("a.example", "b.example")),
            ingress(name="b", tls=tls("c.example", "a.example")),
            service(),
            secret(),
        ]
    )
    assert served(found) == {"c": ("a.example", "b.example", "c.example")}
    assert found.model.certificates[0].known
    assert len(found.model.certificates[0].provenance[Feature.CERTIFICATE]) == 6
    assert found.codes == []


def test_the_oldest_object_owns_the_host():
    young = born(ingress(name="a", tls=tls("x.example", secret="young")), "2025-01-01T00:00:00Z")
    old = born(ingress(name="b", tls=tls("x.example", secret="old")), "2024-01-01T00:00:00Z")
    found = resolved([young, old, service(), secret("young"), secret("old")])
    assert served(found) == {"old": ("x.example",)}
    assert found.codes == ["tls/host-claimed"]
    assert found.entry("Ingress", "spec", "tls", 0, "secretName").level is Level.IGNORED


def test_a_secret_of_another_namespace_is_another_secret():
    found = resolved([ingress(tls=tls("a.example"), namespace="shop"), service(namespace="shop"), secret()])
    assert [c.secret.namespace for c in found.model.certificates] == ["shop"]
    assert found.codes == ["tls/secret-not-given"]


@pytest.mark.parametrize("data", [{"tls.crt": "x"}, {"tls.crt": "x", "tls.key": ""}, {"other": "x"}])
def test_a_secret_without_key_pair_serves_nothing(data):
    found = resolved([ingress(tls=tls("a.example")), service(), secret(**data)])
    assert found.model.certificates == []
    assert found.codes == ["tls/secret-unusable"]
    assert len(found.model.routes) == 1


@pytest.mark.parametrize(
    "notes",
    [
        {"cert-manager.io/issuer": "le"},
        {"cert-manager.io/cluster-issuer": "le", "cert-manager.io/duration": "2160h"},
        {"kubernetes.io/tls-acme": "true"},
    ],
)
def test_the_issuer_of_the_ingress_shim_is_carried(notes):
    found = resolved([ingress(tls=tls("a.example"), annotations=notes), service()])
    assert found.codes == []
    (certificate,) = found.model.certificates
    assert dict(certificate.issuer) == notes
    assert {leaf.path[-1] for leaf in certificate.provenance[Feature.CERTIFICATE_ISSUER]} == set(notes)
    key = next(iter(notes))
    assert found.entry("Ingress", "metadata", "annotations", key).level is None


def test_other_annotations_of_cert_manager_alone_issue_nothing():
    notes = {"cert-manager.io/common-name": "a.example"}
    found = resolved([ingress(tls=tls("a.example"), annotations=notes), service(), secret()])
    assert not found.model.certificates[0].issuer
    assert found.entry("Ingress", "metadata", "annotations", "cert-manager.io/common-name").why == "foreign"


def test_odd_blocks_are_closed_and_change_no_route():
    plain = resolved([ingress(), service()]).only_route()
    for block in (
        [None],
        ["x"],
        [{"hosts": "a.example", "secretName": "c"}],
        [{"hosts": [1], "secretName": "c"}],
    ):
        found = resolved([ingress(tls=block), service()])
        assert found.only_route() == plain
        assert found.codes == ["tls/block-ignored"]
        assert found.ledger.missing(found.objects[0]) == []
