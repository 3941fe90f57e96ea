"""The traps of the Gateway API side (kong-source.md section 8), by number, and listener acceptance."""

from __future__ import annotations

import pytest

from kong2x.model.ledger import Ledger
from kong2x.model.settings import SourceFacts
from kong2x.model.traffic import Request
from kong2x.read import Source, book_envelope, parse_yaml, read_inputs
from kong2x.resolve import resolve
from kong2x.verify.kong import kong_router

GATEWAY = """
apiVersion: gateway.networking.k8s.io/v1
kind: Gateway
metadata: {name: edge, namespace: shop}
spec:
  gatewayClassName: kong
  listeners:
    - {name: web, port: 80, protocol: HTTP}
---
"""


def route(rules, annotations="{}", hostnames="[a.example]", kind="HTTPRoute", parents="[{name: edge}]"):
    return f"""
apiVersion: gateway.networking.k8s.io/v1
kind: {kind}
metadata: {{name: r, namespace: shop, annotations: {annotations}}}
spec:
  parentRefs: {parents}
  hostnames: {hostnames}
  rules: {rules}
---
"""


def services(*names, annotations="{}"):
    return "---\n".join(
        f"{{apiVersion: v1, kind: Service, metadata: {{name: {name}, namespace: shop, annotations: {annotations}}}, "
        f"spec: {{ports: [{{port: 80}}]}}}}\n"
        for name in names
    )


def model_of(*texts, **facts):
    objects = read_inputs([Source("---\n".join(texts))]).objects
    ledger = Ledger()
    for obj in objects:
        book_envelope(obj, ledger)
    model = resolve(objects, SourceFacts(**facts), ledger, parse_yaml=parse_yaml)
    for obj in objects:
        assert not ledger.missing(obj)
    return model


def ask(model, path, host="a.example", **request):
    return kong_router(model).answer(Request(host=host, path=path, **request))


def codes(model):
    return {finding.code for finding in (*model.findings, *model.refusals)}


PREFIX_SLASH = "[{matches: [{path: {type: PathPrefix, value: /foo/}}], backendRefs: [{name: web, port: 80}]}]"


@pytest.mark.parametrize(("router", "hits"), [("traditional", False), ("expressions", True)])
def test_trap_26_a_trailing_slash_on_a_prefix(router, hits):
    model = model_of(GATEWAY, route(PREFIX_SLASH), services("web"), router=router)
    assert (ask(model, "/foo").route is not None) is hits
    assert ask(model, "/foo/x").route and ask(model, "/foobar").route is None


def test_trap_55_default_weights_are_per_pod():
    rules = "[{backendRefs: [{name: a, port: 80}, {name: b, port: 80}]}]"
    assert "gateway/weights-per-pod" in codes(model_of(GATEWAY, route(rules), services("a", "b")))
    large = "[{backendRefs: [{name: a, port: 80, weight: 90}, {name: b, port: 80, weight: 10}]}]"
    assert "gateway/weights-per-pod" not in codes(model_of(GATEWAY, route(large), services("a", "b")))


def test_trap_56_inconsistent_services_remove_the_rule():
    rules = "[{backendRefs: [{name: a, port: 80, weight: 50}, {name: b, port: 80, weight: 50}]}]"
    tagged = services("a", annotations="{konghq.com/tags: x}")
    model = model_of(GATEWAY, route(rules), tagged, services("b"))
    assert model.routes == [] and "gateway/inconsistent-services" in codes(model)
    both = services("a", "b", annotations="{konghq.com/tags: x}")
    assert len(model_of(GATEWAY, route(rules), both).routes) == 1


@pytest.mark.parametrize(("router", "methods"), [("traditional", ("POST",)), ("expressions", ("GET",))])
def test_trap_57_the_methods_annotation_replaces_the_spec(router, methods):
    rules = "[{matches: [{method: GET}], backendRefs: [{name: web, port: 80}]}]"
    model = model_of(GATEWAY, route(rules, "{konghq.com/methods: POST}"), services("web"), router=router)
    served = tuple(m for m in ("GET", "POST") if ask(model, "/", method=m).route)
    assert served == methods


def test_trap_58_a_redirect_with_only_a_scheme_freezes_kong():
    rules = "[{filters: [{type: RequestRedirect, requestRedirect: {scheme: https}}]}]"
    model = model_of(GATEWAY, route(rules))
    assert "gateway/redirect-without-host" in {finding.code for finding in model.refusals}
    named = "[{filters: [{type: RequestRedirect, requestRedirect: {hostname: b.example}}]}]"
    model = model_of(GATEWAY, route(named))
    assert not model.refusals
    answer = ask(model, "/x?q=1", scheme="https")
    assert (answer.status, answer.location) == (302, "http://b.example/x?q=1"), "no scheme means http"


GRPC = "[{matches: [{method: {service: a.B, method: Get}}], backendRefs: [{name: web, port: 80}]}]"


def test_trap_65_grpc_exact_is_open_ended_and_host_is_not_preserved():
    model = model_of(GATEWAY, route(GRPC, kind="GRPCRoute"), services("web"))
    assert ask(model, "/a.B/GetAll", method="POST").route == "grpcroute.shop.r.0.0"
    assert not model.routes[0].preserve_host
    strict = model_of(GATEWAY, route(GRPC, kind="GRPCRoute"), services("web"), router="expressions")
    assert ask(strict, "/a.B/GetAll", method="POST").route is None
    assert strict.routes[0].preserve_host


SIMPLE = "[{backendRefs: [{name: web, port: 80}]}]"


def listener(**fields):
    body = ", ".join(
        f"{key}: {value}" for key, value in {"name": "web", "port": 80, "protocol": "HTTP", **fields}.items()
    )
    return GATEWAY.replace("{name: web, port: 80, protocol: HTTP}", f"{{{body}}}")


@pytest.mark.parametrize(
    ("hostnames", "limit", "hosts"),
    [
        ("[]", "a.example", ("a.example",)),
        ('["*.example"]', "a.example", ("a.example",)),
        ("[a.example]", '"*.example"', ("a.example",)),
        ("[a.example, b.test]", '"*.example"', ("a.example",)),
        ("[b.test]", '"*.example"', None),
    ],
)
def test_hostnames_are_intersected_with_the_listener(hostnames, limit, hosts):
    model = model_of(listener(hostname=limit), route(SIMPLE, hostnames=hostnames), services("web"))
    if hosts is None:
        assert model.routes == [] and "gateway/route-not-accepted" in codes(model)
    else:
        assert model.routes[0].hosts == hosts


@pytest.mark.parametrize(
    ("fields", "accepted"),
    [
        ({}, True),
        ({"protocol": "TCP"}, False),
        ({"allowedRoutes": "{kinds: [{kind: GRPCRoute}]}"}, False),
        ({"allowedRoutes": "{namespaces: {from: Same}}"}, True),
    ],
)
def test_what_a_listener_lets_in(fields, accepted):
    model = model_of(listener(**fields), route(SIMPLE), services("web"))
    assert bool(model.routes) is accepted


def test_another_namespace_needs_from_all():
    elsewhere = route(SIMPLE, parents="[{name: edge, namespace: shop}]").replace(
        "name: r, namespace: shop", "name: r, namespace: other"
    )
    assert model_of(GATEWAY, elsewhere).routes == []
    everywhere = listener(allowedRoutes="{namespaces: {from: All}}")
    assert len(model_of(everywhere, elsewhere).routes) == 1


def test_an_https_listener_alone_makes_plain_requests_426():
    tls = listener(protocol="HTTPS", port=443)
    model = model_of(tls, route(SIMPLE), services("web"))
    assert ask(model, "/").status == 426 and ask(model, "/", scheme="https").status is None


def test_a_gateway_of_another_class_is_not_kongs():
    other = """
apiVersion: gateway.networking.k8s.io/v1
kind: GatewayClass
metadata: {name: kong}
spec: {controllerName: example.com/controller}
---
"""
    model = model_of(other, GATEWAY, route(SIMPLE), services("web"))
    assert model.routes == [] and "gateway/foreign-class" in codes(model)


def test_a_gateway_that_is_not_in_the_input_is_told():
    model = model_of(route(SIMPLE), services("web"))
    assert len(model.routes) == 1 and "gateway/not-in-input" in codes(model)


TCP = """
apiVersion: gateway.networking.k8s.io/v1alpha2
kind: TCPRoute
metadata: {name: t, namespace: shop}
spec:
  parentRefs: [{name: edge}]
  rules: [{backendRefs: [{name: web, port: 80}]}]
---
"""


def test_l4_routes_need_the_gate():
    tcp = listener(protocol="TCP", port=9000)
    assert "gateway/gate-off" in codes(model_of(tcp, TCP, services("web")))
    model = model_of(tcp, TCP, services("web"), gates=("GatewayAlpha",))
    assert [stream.ports for stream in model.streams] == [(9000,)]
    assert "gateway/no-listener-port" in codes(model_of(TCP, services("web"), gates=("GatewayAlpha",)))


def test_unsupported_filters_end_the_rules_with_the_same_backends():
    rules = """
    - {matches: [{path: {value: /a}}], backendRefs: [{name: web, port: 80}],
       filters: [{type: RequestMirror, requestMirror: {backendRef: {name: web, port: 80}}}]}
    - {matches: [{path: {value: /b}}], backendRefs: [{name: web, port: 80}]}
    - {matches: [{path: {value: /c}}], backendRefs: [{name: api, port: 80}]}"""
    model = model_of(GATEWAY, route(rules), services("web", "api"))
    assert [r.name for r in model.routes] == ["httproute.shop.r.2.0"]
    assert "gateway/rules-dropped" in codes(model)


def test_query_matches_end_the_route_except_with_expressions():
    rules = "[{matches: [{queryParams: [{name: q, value: '1'}]}], backendRefs: [{name: web, port: 80}]}]"
    model = model_of(GATEWAY, route(rules), services("web"))
    assert model.routes == [] and "gateway/query-refused" in codes(model)
    served = model_of(GATEWAY, route(rules), services("web"), router="expressions")
    assert ask(served, "/?q=1").route and ask(served, "/?q=2").route is None
