"""Which objects count: class filter, other kinds, and what is said when nothing is left."""

from __future__ import annotations

import pytest

from kong2x.model.finding import Level
from tests.resolve.worlds import ingress, resolved, service


def classed(annotation: str | None, field: str | None, name: str = "web"):
    obj = ingress(
        name=name, annotations={"kubernetes.io/ingress.class": annotation} if annotation is not None else None
    )
    if field is None:
        del obj["spec"]["ingressClassName"]
    else:
        obj["spec"]["ingressClassName"] = field
    return obj


def ingress_class(name: str, default: bool = False, **spec):
    notes = {"ingressclass.kubernetes.io/is-default-class": "true"} if default else {}
    return {
        "apiVersion": "networking.k8s.io/v1",
        "kind": "IngressClass",
        "metadata": {"name": name, "annotations": notes},
        "spec": {"controller": "ingress-controllers.konghq.com/kong", **spec},
    }


@pytest.mark.parametrize(
    ("annotation", "field", "default", "ours"),
    [
        ("kong", None, None, True),
        ("kong", "nginx", None, True),
        ("nginx", "kong", None, False),
        (None, "kong", None, True),
        (None, "kong-internal", None, False),
        (None, None, None, False),
        (None, None, "kong", True),
        (None, None, "other", False),
        ("", None, "kong", False),
        (None, "kong-internal", "kong-internal", False),
        ("Kong", None, None, False),
    ],
)
def test_the_class_filter(annotation, field, default, ours):
    world = [classed(annotation, field), service()]
    if default:
        world.append(ingress_class(default, default=True))
    assert bool(resolved(world).model.routes) is ours


def test_facts_choose_the_class_and_the_default():
    assert resolved([classed(None, "edge"), service()], ingress_class="edge").model.routes
    assert resolved([classed(None, None), service()], default_class=True).model.routes


def test_a_foreign_ingress_is_closed_as_a_whole_and_not_told():
    found = resolved([classed(None, "nginx", "a"), classed(None, "kong", "b"), service()])
    assert found.codes == []
    assert [obj.name for obj in found.model.passed_through] == ["a"]
    assert found.entry("Ingress", "spec", "rules", 0, "host").level is Level.IGNORED


def test_nothing_converted_lists_the_classes_and_the_flag():
    world = [classed(None, "edge", "a"), classed("edge", None, "b"), classed(None, None, "c"), service()]
    found = resolved(world)
    assert found.model.classes_seen == {"edge": 2, "(none)": 1}
    (finding,) = [f for f in found.model.findings if f.code == "source/nothing-converted"]
    assert "(none) (1), edge (2)" in finding.message
    assert "--set kong.class=edge" in finding.remedy


def test_only_class_less_ingresses_name_the_other_flag():
    found = resolved([classed(None, None), service()])
    assert "--set kong.default-class=true" in found.model.findings[0].remedy


def test_nothing_is_said_where_there_is_no_ingress_at_all():
    assert resolved([service()]).codes == []


@pytest.mark.parametrize(
    ("version", "kind"),
    [
        ("configuration.konghq.com/v1alpha1", "KongRoute"),
        ("configuration.konghq.com/v1alpha1", "KongPluginBinding"),
        ("konnect.konghq.com/v1alpha1", "KonnectGatewayControlPlane"),
        ("gateway-operator.konghq.com/v1beta1", "DataPlane"),
    ],
)
def test_kinds_of_kong_that_the_controller_never_reads_are_told(version, kind):
    found = resolved([{"apiVersion": version, "kind": kind, "metadata": {"name": "x"}, "spec": {"a": 1}}])
    assert found.codes == ["source/kind-never-read"]
    assert found.entry(kind, "spec", "a").level is Level.IGNORED


def test_other_kinds_pass_through_without_a_word():
    deployment = {"apiVersion": "apps/v1", "kind": "Deployment", "metadata": {"name": "x"}, "spec": {"a": 1}}
    found = resolved([deployment])
    assert found.codes == []
    assert [obj.kind for obj in found.model.passed_through] == ["Deployment"]


@pytest.mark.parametrize("kind", ["TCPIngress", "UDPIngress"])
def test_stream_objects_need_the_annotation(kind):
    obj = {
        "apiVersion": "configuration.konghq.com/v1beta1",
        "kind": kind,
        "metadata": {"name": "raw"},
        "spec": {"rules": [{"port": 9000, "backend": {"serviceName": "app", "servicePort": 80}}]},
    }
    assert resolved([obj, service()]).codes == ["source/other-class"]
    assert len(resolved([obj, service(), ingress_class("kong", default=True)]).model.streams) == 1


def parameters(**spec):
    return {
        "apiVersion": "configuration.konghq.com/v1alpha1",
        "kind": "IngressClassParameters",
        "metadata": {"name": "p", "namespace": "infra"},
        "spec": spec,
    }


REFERENCE = {
    "apiGroup": "configuration.konghq.com",
    "kind": "IngressClassParameters",
    "name": "p",
    "namespace": "infra",
    "scope": "Namespace",
}


def test_class_parameters_switch_service_upstream_on():
    world = [ingress(), service(), parameters(serviceUpstream=True)]
    assert resolved([*world, ingress_class("kong", parameters=REFERENCE)]).only_service().service_upstream
    for missing in ("scope", "namespace", "apiGroup"):
        cut = {key: value for key, value in REFERENCE.items() if key != missing}
        found = resolved([*world, ingress_class("kong", parameters=cut)])
        assert not found.only_service().service_upstream
    other = resolved([*world, ingress_class("edge", parameters=REFERENCE)])
    assert not other.only_service().service_upstream


@pytest.mark.parametrize(
    ("path", "path_type", "guessed"),
    [
        (r"/v\d+/x", "ImplementationSpecific", (r"~/v\d+/x",)),
        ("/plain-1.0_~/%20", "ImplementationSpecific", ("/plain-1.0_~/%20",)),
        ("/a*b", "Prefix", ("~/a*b/", "~/a*b$")),
        ("/a*b", "Exact", ("~/a*b$",)),
    ],
)
def test_class_parameters_bring_the_guess_at_regexes_back(path, path_type, guessed):
    world = [
        ingress(path, path_type),
        service(),
        parameters(enableLegacyRegexDetection=True),
        ingress_class("kong", parameters=REFERENCE),
    ]
    assert resolved(world).only_route().kong_paths == guessed
    with_expressions = resolved(world, router="expressions").only_route()
    assert with_expressions == resolved(world[:2], router="expressions").only_route()


def test_namespaces_that_are_not_watched_do_not_exist():
    shop = [ingress(name="a", namespace="shop"), service(namespace="shop")]
    found = resolved([*shop, ingress(name="b"), service()], watch_namespaces=("default",))
    assert [route.name for route in found.model.routes] == ["default.b.app.a.example.80"]
    assert found.codes == ["source/namespace-not-watched"]
    assert len(resolved([*shop, ingress(name="b"), service()]).model.routes) == 2


def test_the_class_annotation_is_booked_as_the_class_and_harms_nobody_elsewhere():
    notes = {"kubernetes.io/ingress.class": "kong"}
    found = resolved([ingress(annotations=notes), service(annotations=notes)])
    assert found.codes == []
    on_ingress = found.entry("Ingress", "metadata", "annotations", "kubernetes.io/ingress.class")
    assert (on_ingress.level, on_ingress.why) == (Level.EXACT, "class")


def test_annotations_of_a_foreign_ingress_are_not_told():
    notes = {"kubernetes.io/ingress.class": "nginx", "konghq.com/strip-paths": "x"}
    found = resolved([ingress(annotations=notes), ingress(name="b"), service()])
    assert found.codes == []


def test_kongs_annotations_on_objects_that_it_does_not_read_are_told():
    notes = {"konghq.com/plugins": "key"}
    namespace = {"apiVersion": "v1", "kind": "Namespace", "metadata": {"name": "shop", "annotations": notes}}
    pods = {"apiVersion": "apps/v1", "kind": "Deployment", "metadata": {"name": "x", "annotations": notes}}
    assert resolved([namespace, pods]).codes == ["annotations/misplaced"] * 2
