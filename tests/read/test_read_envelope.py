"""Identity and bookkeeping are booked, and nothing that Kong could read is."""

from __future__ import annotations

from kong2x.model.ledger import Ledger
from kong2x.model.source import SourceObject, dotted
from kong2x.read import book_envelope

LIVE = {
    "apiVersion": "networking.k8s.io/v1",
    "kind": "Ingress",
    "metadata": {
        "name": "web",
        "namespace": "shop",
        "uid": "u",
        "resourceVersion": "1",
        "generation": 2,
        "creationTimestamp": None,
        "deletionTimestamp": "x",
        "selfLink": "/x",
        "managedFields": [{"manager": "kubectl", "fieldsV1": {"f:a": {}}}],
        "ownerReferences": [{"kind": "App", "name": "x"}],
        "finalizers": [],
        "labels": {"app": "web"},
        "annotations": {
            "kubectl.kubernetes.io/last-applied-configuration": "{}",
            "konghq.com/plugins": "a",
        },
    },
    "spec": {"rules": []},
    "status": {"loadBalancer": {"ingress": [{"ip": "1.2.3.4"}]}},
}


def test_what_is_left_for_resolve():
    obj, ledger = SourceObject(LIVE), Ledger()
    book_envelope(obj, ledger)
    assert [dotted(path) for path in ledger.missing(obj)] == [
        "metadata.labels.app",
        'metadata.annotations["konghq.com/plugins"]',
        "spec.rules",
    ]


def test_levels():
    obj, ledger = SourceObject(LIVE), Ledger()
    book_envelope(obj, ledger)
    whys = {dotted(leaf.path): (str(entry.level), entry.why) for leaf, entry in ledger.rows([obj])}
    assert {key for key, value in whys.items() if value == ("exact", "identity")} == {
        *("apiVersion", "kind", "metadata.name", "metadata.namespace")
    }
    assert whys["status.loadBalancer.ingress[0].ip"] == ("ignored", "server-side")
    assert whys["metadata.finalizers"] == ("ignored", "server-side")


def test_absent_fields_are_not_booked():
    obj, ledger = SourceObject({"apiVersion": "v1", "kind": "X", "metadata": {"name": "a"}}), Ledger()
    book_envelope(obj, ledger)
    assert set(ledger.entries[obj.ref]) == {("apiVersion",), ("kind",), ("metadata", "name")}
