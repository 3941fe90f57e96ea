"""The thirteen gaps that no schema of Gateway API closes: an object set with the gap, and one without."""

from __future__ import annotations

import copy

import pytest
from gateway_objects import gateway, grpc_route, header, http_route, https, manifest, rewrite

from kong2x.model.finding import Severity
from kong2x.validate import validate_objects
from kong2x.validate.gateway.attach import overlap
from kong2x.validate.gateway.unchecked_codes import UNCHECKED

LISTENER = {"name": "a", "port": 80, "protocol": "HTTP"}


def named(obj, name="web", namespace="shop"):
    out = copy.deepcopy(obj)
    out["metadata"] = {"name": name, "namespace": namespace}
    return out


def hosts(obj, *names):
    out = copy.deepcopy(obj)
    out["spec"]["hostnames"] = list(names)
    return out


def gw(*listeners, namespace="shop", name="gw", **spec):
    return named(gateway(*listeners, **spec), name, namespace)


def service(name="web", namespace="shop", **spec):
    ports = [{"port": 80}]
    return {
        "apiVersion": "v1",
        "kind": "Service",
        "metadata": {"name": name, "namespace": namespace},
        "spec": {"ports": ports, **spec},
    }


def away(namespace="other"):
    return http_route(backendRefs=[{"name": "web", "port": 80, "namespace": namespace}])


def grant(kind="HTTPRoute", name=None, to="Service", namespace="other"):
    spec = {
        "from": [{"group": "gateway.networking.k8s.io", "kind": kind, "namespace": "shop"}],
        "to": [{"group": "", "kind": to, **({"name": name} if name else {})}],
    }
    return named(manifest("ReferenceGrant", "v1beta1", spec), "g", namespace)


def change(**parts):
    return http_route(filters=[{"type": "RequestHeaderModifier", "requestHeaderModifier": parts}])


def value(name, text="1"):
    return {"name": name, "value": text}


def regex(text):
    return http_route(matches=[{"path": {"type": "RegularExpression", "value": text}}])


def parent(obj, **ref):
    out = copy.deepcopy(obj)
    out["spec"]["parentRefs"] = [{"name": "gw", **ref}]
    return out


OPEN = {"namespaces": {"from": "All"}}
FOREIGN = gw(LISTENER, namespace="infra")
OPEN_FOREIGN = gw({**LISTENER, "allowedRoutes": OPEN}, namespace="infra")
TWO = [
    gw(LISTENER, addresses=[{"value": "1.2.3.4"}]),
    gw(LISTENER, name="gw2", addresses=[{"value": "1.2.3.4"}]),
]
SECRET_AWAY = gw(https(tls={"certificateRefs": [{"name": "c", "namespace": "other"}]}))
NO_RULES = manifest("HTTPRoute", "v1", {"parentRefs": [{"name": "gw"}]})

CASES = [
    (1, "ip-hostname", [hosts(http_route(), "1.2.3.4")], [hosts(http_route(), "a.1.2.3")]),
    (
        1,
        "ip-hostname",
        [gw({**LISTENER, "hostname": "10.0.0.1"})],
        [gw({**LISTENER, "hostname": "a.example"})],
    ),
    (2, "https-without-tls", [gw({**LISTENER, "protocol": "HTTPS"})], [gw(https())]),
    (
        3,
        "header-twice",
        [change(set=[value("X-A"), value("x-a")])],
        [change(set=[value("X-A"), value("x-b")])],
    ),
    (
        3,
        "header-twice",
        [change(set=[value("x-a")], remove=["X-A"])],
        [change(set=[value("x-a")], remove=["x-b"])],
    ),
    (
        4,
        "replacement-path",
        [http_route(filters=[rewrite("ReplaceFullPath", None, "/a?b")])],
        [http_route(filters=[rewrite("ReplaceFullPath", None, "/a")])],
    ),
    (
        4,
        "replacement-path",
        [http_route(filters=[rewrite("ReplacePrefixMatch", "a")])],
        [http_route(filters=[rewrite("ReplacePrefixMatch", "/a")])],
    ),
    (5, "regex", [regex("")], [regex("^/a$")]),
    (5, "regex", [regex("/a(b")], [regex("/a(b)")]),
    (5, "regex-dialect", [regex("/a(?=b)")], [regex("/a(?:b)")]),
    (6, "route-without-rules", [NO_RULES], [http_route()]),
    (7, "service-missing", [http_route(), service("two")], [http_route(), service("web")]),
    (7, "service-missing", [http_route(), service(ports=[{"port": 81}])], [http_route()]),
    (
        7,
        "external-name",
        [http_route(), service(type="ExternalName", externalName="b.example")],
        [http_route(), service()],
    ),
    (8, "grant-missing", [away(), grant("GRPCRoute")], [away(), grant()]),
    (8, "grant-missing", [away(), grant(name="two")], [away(), grant(name="web")]),
    (8, "grant-missing", [away(), grant(namespace="third")], [away("shop")]),
    (8, "grant-missing", [SECRET_AWAY], [SECRET_AWAY, grant("Gateway", to="Secret")]),
    (
        9,
        "parent-closed",
        [FOREIGN, parent(http_route(), namespace="infra")],
        [OPEN_FOREIGN, parent(http_route(), namespace="infra")],
    ),
    (
        10,
        "tcp-port-shared",
        [gw(LISTENER, {"name": "t", "port": 80, "protocol": "TCP"})],
        [gw(LISTENER, {"name": "t", "port": 81, "protocol": "TCP"})],
    ),
    (
        11,
        "http-and-grpc",
        [gw(LISTENER), http_route(), hosts(grpc_route(), "a.example")],
        [gw(LISTENER), http_route(), hosts(grpc_route(), "b.example")],
    ),
    (
        12,
        "no-listener",
        [gw({**LISTENER, "hostname": "b.example"}), http_route()],
        [gw({**LISTENER, "hostname": "*.example"}), http_route()],
    ),
    (
        12,
        "no-listener",
        [gw(LISTENER), parent(http_route(), sectionName="b")],
        [gw(LISTENER), parent(http_route(), sectionName="a")],
    ),
    (12, "no-listener", [gw({**LISTENER, "protocol": "TCP"}), http_route()], [gw(LISTENER), http_route()]),
    (
        13,
        "address-shared",
        TWO,
        [TWO[0], gw({**LISTENER, "port": 81}, name="gw2", addresses=[{"value": "1.2.3.4"}])],
    ),
]


def codes(objects):
    return {finding.code for finding in validate_objects(objects, target="gateway-api", version="1.6")}


@pytest.mark.parametrize(
    ("number", "code", "bad", "good"), CASES, ids=[f"{c[0]}-{c[1]}-{n}" for n, c in enumerate(CASES)]
)
def test_one_edit_apart(number, code, bad, good):
    assert f"gateway/{code}" in {entry.id for entry in UNCHECKED[number]}
    assert f"gateway/{code}" in codes(bad)
    assert f"gateway/{code}" not in codes(good)


def test_the_api_server_takes_them_all():
    for _, _, bad, good in CASES:
        for objects in (bad, good):
            refused = {code for code in codes(objects) if code.startswith("schema/")}
            assert not refused


def test_every_gap_has_a_case():
    wanted = {code.id.partition("/")[2] for group in UNCHECKED.values() for code in group}
    assert wanted == {case[1] for case in CASES}


def test_what_never_serves_is_an_error():
    loud = {
        finding.code
        for case in CASES
        for finding in validate_objects(case[2], target="gateway-api")
        if finding.severity is Severity.ERROR
    }
    assert {
        "gateway/https-without-tls",
        "gateway/parent-closed",
        "gateway/no-listener",
        "gateway/grant-missing",
    } <= loud


def test_a_denying_rule_without_backends_is_fine():
    assert codes([http_route(backendRefs=[], filters=[header()])]) == set()


def test_other_things_stay_unsaid():
    assert (
        codes([parent(http_route(), kind="Service", group=""), gw({**LISTENER, "hostname": "b.example"})])
        == set()
    )
    selector = {"namespaces": {"from": "Selector", "selector": {"matchLabels": {"a": "b"}}}}
    assert (
        codes(
            [
                gw({**LISTENER, "allowedRoutes": selector}, namespace="infra"),
                parent(http_route(), namespace="infra"),
            ]
        )
        == set()
    )


@pytest.mark.parametrize(
    ("one", "two", "expected"),
    [
        ("*", "a.example", True),
        ("a.example", "a.example", True),
        ("a.example", "b.example", False),
        ("*.example", "a.example", True),
        ("*.example", "a.b.example", True),
        ("*.example", "example", False),
        ("*.b.example", "*.example", True),
        ("*.b.example", "*.c.example", False),
        ("*.a.example", "xa.example", False),
    ],
)
def test_hosts_in_common(one, two, expected):
    assert overlap(one, two) is overlap(two, one) is expected
