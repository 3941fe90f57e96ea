"""Every leaf is booked; a changed leaf changes the model or a finding, or is booked as without effect."""

from __future__ import annotations

import copy
import dataclasses
import json
import random
from collections.abc import Iterator
from typing import Any

import pytest
import yaml

from kong2x.model.finding import Level
from kong2x.model.source import Path, leaves
from tests.conftest import shared_folder
from tests.resolve.worlds import Resolved, resolved

CASES = sorted((shared_folder() / "facts" / "recorded" / "kic-cases").glob("*.yaml"))
FLAVOURS = ("traditional", "expressions")

SAMPLE = """
apiVersion: networking.k8s.io/v1
kind: Ingress
metadata:
  name: web
  namespace: shop
  labels: {team: a}
  annotations:
    konghq.com/strip-path: "true"
    konghq.com/preserve-host: "false"
    konghq.com/protocols: https
    konghq.com/https-redirect-status-code: "301"
    konghq.com/methods: GET,POST
    konghq.com/snis: a.example
    konghq.com/host-aliases: b.example
    konghq.com/headers.x-a: "1;2"
    konghq.com/headers-separator: ";"
    konghq.com/regex-priority: "7"
    konghq.com/path-handling: v1
    konghq.com/request-buffering: "false"
    konghq.com/response-buffering: "false"
    konghq.com/rewrite: /x$1
    konghq.com/tags: one
    cert-manager.io/issuer: letsencrypt
    argocd.argoproj.io/sync-wave: "2"
spec:
  ingressClassName: kong
  tls: [{hosts: [a.example], secretName: a-tls}]
  rules:
  - host: a.example
    http:
      paths:
      - {path: /one, pathType: Prefix, backend: {service: {name: app, port: {number: 80}}}}
      - {path: /two, pathType: Exact, backend: {service: {name: app, port: {name: web}}}}
      - {path: /~/th(.)ee, pathType: ImplementationSpecific, backend: {service: {name: other, port: {number: 81}}}}
  defaultBackend: {service: {name: other, port: {number: 81}}}
---
apiVersion: v1
kind: Service
metadata:
  name: app
  namespace: shop
  annotations:
    konghq.com/protocol: https
    konghq.com/path: /base
    konghq.com/connect-timeout: "1"
    konghq.com/read-timeout: "2"
    konghq.com/write-timeout: "3"
    konghq.com/retries: "4"
    konghq.com/host-header: inner.example
    konghq.com/upstream-policy: balance
    konghq.com/tls-verify: "true"
    konghq.com/tls-verify-depth: "5"
    konghq.com/client-cert: client
    konghq.com/ca-certificates-secrets: ca
    ingress.kubernetes.io/service-upstream: "true"
spec:
  selector: {app: app}
  ports: [{name: web, port: 80, targetPort: 8080}]
---
apiVersion: v1
kind: Service
metadata: {name: other, namespace: shop}
spec: {ports: [{port: 81}]}
---
apiVersion: configuration.konghq.com/v1beta1
kind: KongUpstreamPolicy
metadata: {name: balance, namespace: shop}
spec:
  algorithm: consistent-hashing
  slots: 100
  hashOn: {header: x-user}
  hashOnFallback: {input: ip}
  healthchecks:
    threshold: 10
    active: {type: https, httpPath: /ready, healthy: {interval: 5, successes: 2}}
    passive: {unhealthy: {httpStatuses: [500], httpFailures: 3}}
---
apiVersion: configuration.konghq.com/v1beta1
kind: TCPIngress
metadata: {name: raw, namespace: shop, annotations: {kubernetes.io/ingress.class: kong, konghq.com/snis: c.example}}
spec:
  tls: [{hosts: [c.example], secretName: c-tls}]
  rules: [{host: c.example, port: 9443, backend: {serviceName: other, servicePort: 82}}]
---
apiVersion: networking.k8s.io/v1
kind: IngressClass
metadata: {name: kong}
spec:
  controller: ingress-controllers.konghq.com/kong
  parameters:
    {apiGroup: configuration.konghq.com, kind: IngressClassParameters, name: p, namespace: kong, scope: Namespace}
---
apiVersion: configuration.konghq.com/v1alpha1
kind: IngressClassParameters
metadata: {name: p, namespace: kong}
spec: {serviceUpstream: false, enableLegacyRegexDetection: false}
"""


def objects() -> list[dict[str, Any]]:
    return [value for value in yaml.safe_load_all(SAMPLE) if value]


def meaning(found: Resolved) -> str:
    """All that a run says, without the provenance and the input."""
    model = found.model
    parts = [model.routes, model.streams, model.services, model.certificates, model.classes_seen]
    told = [(f.code, f.message, str(f.object)) for f in (*model.findings, *model.refusals)]
    text = json.dumps([dataclasses.asdict(p) if dataclasses.is_dataclass(p) else repr(p) for p in parts])
    return text + repr(sorted(told))


def paths() -> Iterator[tuple[int, Path]]:
    for index, value in enumerate(objects()):
        for path in leaves(value):
            yield index, path


def changed(value: Any) -> Any:
    if isinstance(value, bool):
        return not value
    if isinstance(value, int):
        return value + 3
    return f"{value}x" if isinstance(value, str) else ["x"]


def put(value: Any, path: Path, new: Any) -> None:
    for step in path[:-1]:
        value = value[step]
    value[path[-1]] = new


def at(value: Any, path: Path) -> Any:
    for step in path:
        value = value[step]
    return value


WITHOUT_EFFECT = {"identity", "cluster-object", "label", "foreign", "tags", "metadata", "server-side"}


@pytest.mark.parametrize("router", FLAVOURS)
def test_every_leaf_changes_something_or_is_booked_as_without_effect(router):
    facts = {"router": router, "gates": ("RewriteURIs",)}
    before = resolved(objects(), **facts)
    base = meaning(before)
    for index, path in paths():
        world = objects()
        old = at(world[index], path)
        put(world[index], path, changed(old))
        ref = before.objects[index].ref
        entry = before.ledger.entry(ref, path)
        assert entry is not None, path
        silent = entry.why in WITHOUT_EFFECT or entry.why.startswith("annotations/")
        if meaning(resolved(world, **facts)) == base:
            assert silent or harmless(path), f"{ref} {path} changes nothing and is booked as {entry}"


def harmless(path: Path) -> bool:
    """Leaves that only take part when another one is there: the controller's name, a port's name."""
    return path[-1] in ("controller", "serviceUpstream", "enableLegacyRegexDetection") or "parameters" in path


def test_the_sample_is_carried_whole():
    found = resolved(objects(), gates=("RewriteURIs",))
    assert found.model.refusals == []
    assert len(found.model.routes) == 4
    for obj in found.objects:
        assert found.ledger.missing(obj) == []


@pytest.mark.parametrize("router", FLAVOURS)
def test_every_leaf_of_every_recorded_world_is_booked(router):
    for file in CASES:
        found = resolved(file.read_text(), router=router)
        for obj in found.objects:
            assert found.ledger.missing(obj) == [], file.name


@pytest.mark.parametrize("router", FLAVOURS)
def test_what_is_carried_feeds_an_element_of_the_model(router):
    """A leaf that is open after resolving must stand where an emitter will find it."""
    found = resolved(objects(), router=router, gates=("RewriteURIs",))
    model = found.model
    elements = [*model.routes, *model.streams, *model.services, *model.certificates]
    fed = {leaf for element in elements for where in element.provenance.values() for leaf in where}
    for ref, book in found.ledger.entries.items():
        for path, entry in book.items():
            if entry.level is None:
                assert (ref, path) in fed, (ref, path, entry)


ODD: tuple[Any, ...] = (
    None,
    "",
    "x",
    0,
    -1,
    7.5,
    True,
    [],
    {},
    [1],
    {"a": 1},
    ["x", None],
    [[]],
    [{}],
    'é\n\\"',
)


@pytest.mark.parametrize("seed", range(4))
def test_wrong_types_never_raise(seed):
    """Any leaf or branch of the sample may be anything at all."""
    pick = random.Random(seed)
    branches = [(i, path[:end]) for i, path in paths() for end in range(1, len(path) + 1)]
    branches = [(i, path) for i, path in dict.fromkeys(branches) if path[0] not in ("apiVersion", "kind")]
    branches = [(i, path) for i, path in branches if path != ("metadata",) and path[-1] != "name"]
    for index, path in pick.sample(branches, 120):
        world = objects()
        put(world[index], path, copy.deepcopy(pick.choice(ODD)))
        router = pick.choice(("traditional", "traditional_compatible", "expressions"))
        found = resolved(world, router=router, gates=pick.choice(((), ("RewriteURIs", "KongServiceFacade"))))
        for obj in found.objects:
            assert found.ledger.missing(obj) == [], (path, obj.ref)


def test_order_of_objects_and_annotations_does_not_matter():
    forward = resolved(objects(), gates=("RewriteURIs",))
    turned = objects()[::-1]
    for value in turned:
        notes = value["metadata"].get("annotations")
        if notes:
            value["metadata"]["annotations"] = dict(reversed(notes.items()))
    backward = resolved(turned, gates=("RewriteURIs",))
    assert repr(forward.model.routes) == repr(backward.model.routes)
    assert forward.model.certificates == backward.model.certificates
    assert sorted(map(repr, forward.model.services)) == sorted(map(repr, backward.model.services))
    assert forward.codes == backward.codes


def test_objects_given_for_reference_are_not_converted():
    found = resolved(objects(), gates=("RewriteURIs",))
    aside = copy.copy(found.objects)
    assert found.model.routes
    for obj in aside:
        obj.convert = obj.kind != "Ingress"
    from kong2x.model.ledger import Ledger
    from kong2x.model.settings import SourceFacts
    from kong2x.resolve import resolve

    model = resolve(aside, SourceFacts(gates=("RewriteURIs",)), Ledger())
    assert model.routes == []
    assert [service.name for service in model.services] == ["shop.other.82"]
    assert [c.origin.kind for c in model.certificates] == ["TCPIngress"]


def test_identity_of_another_group_is_another_kind():
    knative = {"apiVersion": "serving.knative.dev/v1", "kind": "Service", "metadata": {"name": "app"}}
    istio = {"apiVersion": "networking.istio.io/v1", "kind": "Gateway", "metadata": {"name": "gw"}}
    found = resolved([knative, istio])
    assert [obj.kind for obj in found.model.passed_through] == ["Service", "Gateway"]
    assert found.codes == []
    assert found.entry("Service", "kind").level in (Level.EXACT, Level.IGNORED)
