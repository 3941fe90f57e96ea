"""Backends of Ingresses: ports, ExternalName, facades, resources, legacy versions, missing things."""

from __future__ import annotations

from typing import Any

import pytest

from kong2x.model.finding import Level
from kong2x.model.route import Feature
from tests.resolve.worlds import ingress, resolved, service


def with_backend(backend: dict[str, Any], **fields: Any) -> dict[str, Any]:
    obj = ingress(**fields)
    obj["spec"]["rules"][0]["http"]["paths"][0]["backend"] = backend
    return obj


def facade_backend(name: str = "front") -> dict[str, Any]:
    group = "incubator.ingress-controller.konghq.com"
    return {"resource": {"apiGroup": group, "kind": "KongServiceFacade", "name": name}}


def facade(notes: dict[str, str] | None = None, **spec: Any) -> dict[str, Any]:
    return {
        "apiVersion": "incubator.ingress-controller.konghq.com/v1alpha1",
        "kind": "KongServiceFacade",
        "metadata": {
            "name": "front",
            "namespace": "default",
            "annotations": {"kubernetes.io/ingress.class": "kong", **(notes or {})},
        },
        "spec": {"backendRef": {"name": "app", "port": 80}, **spec},
    }


GATE = {"gates": ("KongServiceFacade",)}


def test_one_port_by_number_and_by_name_are_two_services():
    named = ingress(name="b", port="web")
    found = resolved(
        [ingress(name="a"), named, service("app", {"name": "web", "port": 80, "targetPort": 8080})]
    )
    assert [s.name for s in found.model.services] == ["default.app.80", "default.app.web"]
    assert [(b.number, b.target_port, b.known) for s in found.model.services for b in s.backends] == [
        (80, 8080, True),
        (80, 8080, True),
    ]


def test_a_number_wins_over_a_name():
    both = with_backend({"service": {"name": "app", "port": {"number": 80, "name": "other"}}})
    found = resolved([both, service()])
    assert found.only_service().name == "default.app.80"


@pytest.mark.parametrize("port", [{}, None, {"number": 0}])
def test_the_implicit_port_needs_a_service_of_one_port(port):
    backend = {"service": {"name": "app"} if port is None else {"name": "app", "port": port}}
    one = resolved([with_backend(backend), service("app", 8088)])
    assert one.only_service().name == "default.app.implicitPort"
    assert one.only_service().backends[0].number == 8088
    two = resolved([with_backend(backend), service("app", 80, 81)])
    assert two.codes == ["services/port-not-found"]
    assert len(two.model.routes) == 1


def test_external_names_take_any_number_and_no_name():
    external = service("app", type="ExternalName", externalName="pay.example")
    found = resolved([ingress(port=8443), external])
    (backend,) = found.only_service().backends
    assert (backend.external_name, backend.number, backend.known) == ("pay.example", 8443, True)
    assert resolved([ingress(port="web"), external]).codes == ["services/port-not-found"]


def test_services_are_those_of_the_namespace():
    found = resolved([ingress(namespace="shop"), service()])
    assert found.codes == ["services/not-given"]
    assert found.only_service().backends[0].address == "shop/app:80"


def test_missing_services_are_told_once_an_ingress():
    obj = ingress()
    paths = obj["spec"]["rules"][0]["http"]["paths"]
    paths.append(
        {"path": "/b", "pathType": "Prefix", "backend": {"service": {"name": "b", "port": {"number": 80}}}}
    )
    found = resolved([obj])
    assert len(found.messages("services/not-given")) == 1
    assert "app, b" in found.messages("services/not-given")[0]


@pytest.mark.parametrize(
    "backend",
    [
        {"resource": {"apiGroup": "k8s.example", "kind": "StorageBucket", "name": "x"}},
        {"resource": {"kind": "ConfigMap", "name": "x"}},
        facade_backend(),
        {},
        {"service": {"port": {"number": 80}}},
        {"service": {"name": 7, "port": {"number": 80}}},
    ],
)
def test_a_backend_that_cannot_be_used_drops_its_path_alone(backend):
    obj = ingress("/")
    obj["spec"]["rules"][0]["http"]["paths"].append({"path": "/b", "pathType": "Prefix", "backend": backend})
    found = resolved([obj, service(), facade()])
    assert [path.value for path in found.only_route().paths] == ["/"]
    assert found.codes == ["ingress/path-dropped"]
    assert found.entry("Ingress", "spec", "rules", 0, "http", "paths", 1, "path").level is Level.IGNORED


def test_a_facade_is_a_service_of_its_own_and_its_annotations_win():
    notes = {"konghq.com/read-timeout": "2"}
    target = service(annotations={"konghq.com/read-timeout": "1", "konghq.com/retries": "9"})
    found = resolved([with_backend(facade_backend()), ingress(name="plain"), facade(notes), target], **GATE)
    names = {route.name: route.service for route in found.model.routes}
    assert set(names) == {"default.web.a.example.front.svc.facade", "default.plain.app.a.example.80"}
    own = names["default.web.a.example.front.svc.facade"]
    assert (own.name, own.host) == ("default.front.svc.facade", "default.front.svc.facade")
    assert (own.read_timeout, own.retries, own.path) == (2, 9, "/")
    assert names["default.plain.app.a.example.80"].read_timeout == 1
    assert own.backends[0].facade == "front"
    assert {leaf.object.kind for leaf in own.provenance[Feature.BACKEND]} == {"KongServiceFacade"}


def test_a_facade_of_another_class_is_not_there():
    other = facade({"kubernetes.io/ingress.class": "edge"})
    found = resolved([with_backend(facade_backend()), other, service()], **GATE)
    assert found.codes == ["ingress/path-dropped", "source/other-class"]


def legacy(version: str, **spec: Any) -> dict[str, Any]:
    entry = {"path": "/foo", "backend": {"serviceName": "app", "servicePort": 80}}
    return {
        "apiVersion": version,
        "kind": "Ingress",
        "metadata": {"name": "web", "annotations": {"kubernetes.io/ingress.class": "kong"}},
        "spec": {"rules": [{"host": "a.example", "http": {"paths": [entry]}}], **spec},
    }


@pytest.mark.parametrize("version", ["extensions/v1beta1", "networking.k8s.io/v1beta1"])
def test_legacy_versions_are_mapped_field_by_field(version):
    found = resolved([legacy(version), service()])
    modern = resolved([ingress("/foo", "ImplementationSpecific"), service()]).only_route()
    route = found.only_route()
    assert (route.name, route.kong_paths, route.hosts) == (modern.name, modern.kong_paths, modern.hosts)
    assert found.codes == ["ingress/legacy-version"]
    fed = {leaf.path[-1] for leaf in route.provenance[Feature.BACKEND]}
    assert fed == {"serviceName", "servicePort"}


def test_a_legacy_default_backend_and_port_name():
    obj = legacy("extensions/v1beta1", backend={"serviceName": "app", "servicePort": "web"})
    found = resolved([obj, service("app", {"name": "web", "port": 80})])
    assert [(r.name, r.service.name) for r in found.model.routes] == [
        ("default.web.app.a.example.80", "default.app.80"),
        ("default.web", "default.app.web"),
    ]


def test_two_ingresses_whose_names_melt():
    one = ingress("/a", name="a", service="b", host="c.d")
    two = ingress("/b", name="a.b", service="c", host="d")
    found = resolved([one, two, service("b"), service("c")])
    route = found.only_route()
    assert route.name == "default.a.b.c.d.80"
    assert [path.value for path in route.paths] == ["/a", "/b"]
    assert route.service.name == "default.b.80"
    assert found.codes == ["ingress/name-collision"]


def test_an_unknown_path_type_drops_the_path():
    assert resolved([ingress("/a", "prefix"), service()]).codes == ["ingress/path-dropped"]


def test_a_default_backend_that_cannot_be_used_leaves_none():
    bucket = {"resource": {"apiGroup": "k8s.example", "kind": "StorageBucket", "name": "x"}}
    found = resolved([ingress(defaultBackend=bucket), service()])
    assert [route.default_backend for route in found.model.routes] == [False]
    assert found.codes == ["ingress/default-backend-dropped"]


def test_criteria_narrow_the_default_backend_in_the_classic_routers_only():
    notes = {"konghq.com/host-aliases": "b.example", "konghq.com/strip-path": "true"}
    obj = ingress(annotations=notes, defaultBackend={"service": {"name": "app", "port": {"number": 80}}})
    del obj["spec"]["rules"]
    classic = resolved([obj, service()]).only_route()
    assert (classic.hosts, classic.strip_path) == (("b.example",), True)
    written = resolved([obj, service()], router="expressions").only_route()
    assert (written.hosts, written.strip_path) == ((), True)
    assert (written.expression, written.priority) == ('http.path ^= "/"', 0)
