"""Each invariant of Gateway API: an object that breaks it, and one that is an edit away and does not."""

from __future__ import annotations

import copy

import pytest
from gateway_objects import (
    EXTENSION,
    REDIRECT,
    backend_tls,
    bases,
    cors,
    gateway,
    grpc_route,
    header,
    http_route,
    https,
    manifest,
    mirror,
    plain_route,
    rewrite,
    tls_route,
    variants,
)

from kong2x.validate import Validator
from kong2x.validate.gateway.codes import CODES, INVARIANTS
from kong2x.validate.gateway.edition import milliseconds

LISTENER = {"name": "a", "port": 80, "protocol": "HTTP"}
CERTIFICATE = {"certificateRefs": [{"name": "c"}]}


def path(value, kind="PathPrefix"):
    return http_route(matches=[{"path": {"type": kind, "value": value}}])


def parents(*refs):
    obj = http_route()
    obj["spec"]["parentRefs"] = [{"name": "gw", **ref} for ref in refs]
    return obj


def addresses(*values):
    return gateway(addresses=list(values))


def front(*ports):
    validation = {"validation": {"caCertificateRefs": [{"group": "", "kind": "ConfigMap", "name": "ca"}]}}
    return gateway(
        tls={"frontend": {"default": validation, "perPort": [{"port": p, "tls": validation} for p in ports]}}
    )


def matches(*counts, kind=http_route):
    obj = kind()
    key = {"path": {"value": "/a"}} if kind is http_route else {"method": {"service": "a.B"}}
    obj["spec"]["rules"] = [{"matches": [key] * count} if count else {} for count in counts]
    return obj


def named(*names):
    obj = http_route()
    obj["spec"]["rules"] = [{**copy.deepcopy(obj["spec"]["rules"][0]), "name": name} for name in names]
    return obj


def targets(*sections):
    obj = backend_tls()
    ref = obj["spec"]["targetRefs"][0]
    obj["spec"]["targetRefs"] = [{**ref, **({"sectionName": s} if s else {})} for s in sections]
    return obj


def session(**block):
    return http_route(sessionPersistence={"sessionName": "s", **block})


def auth(protocol, block):
    ref = {"name": "auth", "port": 80}
    entry = {"protocol": protocol, "backendRef": ref, block: {}}
    return http_route(filters=[{"type": "ExternalAuth", "externalAuth": entry}])


def budget(interval):
    spec = {
        "targetRefs": [{"group": "", "kind": "Service", "name": "web"}],
        "retryConstraint": {"budget": {"interval": interval}},
    }
    return manifest("XBackendTrafficPolicy", "v1alpha1", spec, "gateway.networking.x-k8s.io")


def x_backend(host):
    spec = {"type": "ExternalHostname", "externalHostname": {"hostname": host}, "port": {"port": 443}}
    return manifest("XBackend", "v1alpha1", spec, "gateway.networking.x-k8s.io")


def no_port(kind="Service", group=""):
    return http_route(backendRefs=[{"name": "web", "kind": kind, "group": group}])


S, E = "standard", "experimental"
# invariant, code, release, channel, refused, accepted
CASES = [
    ("L1", "listener-plain-tls", "1.6", S, gateway({**LISTENER, "tls": CERTIFICATE}), gateway(LISTENER)),
    (
        "L2",
        "listener-https-mode",
        "1.6",
        S,
        gateway(https(tls={"mode": "Passthrough"})),
        gateway(https()),
    ),
    (
        "L2",
        "listener-needs-tls",
        "1.0",
        S,
        gateway({**LISTENER, "protocol": "HTTPS"}),
        gateway({**LISTENER, "protocol": "HTTPS", "tls": CERTIFICATE}),
    ),
    (
        "L3",
        "listener-tls-mode",
        "1.6",
        S,
        gateway({**LISTENER, "protocol": "TLS"}),
        gateway({**LISTENER, "protocol": "TLS", "tls": {"mode": "Passthrough"}}),
    ),
    (
        "L4",
        "listener-hostname",
        "1.6",
        S,
        gateway({**LISTENER, "protocol": "TCP", "hostname": "a.example"}),
        gateway({**LISTENER, "protocol": "TCP"}),
    ),
    (
        "L6",
        "listener-clash",
        "1.6",
        S,
        gateway(LISTENER, {**LISTENER, "name": "b"}),
        gateway(LISTENER, {**LISTENER, "name": "b", "hostname": "a.example"}),
    ),
    (
        "L7",
        "listener-certificates",
        "1.6",
        S,
        gateway(https(tls={"mode": "Terminate"})),
        gateway(https(tls={"mode": "Terminate", "options": {"a.example/b": "c"}})),
    ),
    (
        "L7",
        "listener-certificates",
        "1.0",
        S,
        gateway(https(tls={"mode": "Terminate", "options": {"a.example/b": "c"}})),
        gateway(https()),
    ),
    (
        "L8",
        "address-twice",
        "1.6",
        S,
        addresses({"value": "1.2.3.4"}, {"type": "IPAddress", "value": "1.2.3.4"}),
        addresses({"value": "1.2.3.4"}, {"value": "1.2.3.5"}),
    ),
    (
        "L8",
        "address-value",
        "1.6",
        S,
        addresses({"type": "Hostname", "value": "A.example"}),
        addresses({"type": "Hostname", "value": "a.example"}),
    ),
    (
        "L8",
        "infrastructure-key",
        "1.6",
        S,
        gateway(infrastructure={"labels": {"a/b/c": "x"}}),
        gateway(infrastructure={"labels": {"a.example/c": "x"}}),
    ),
    (
        "P1",
        "parent-section-missing",
        "1.6",
        S,
        parents({}, {"sectionName": "a"}),
        parents({"sectionName": "a"}),
    ),
    (
        "P2",
        "parent-twice",
        "1.6",
        S,
        parents({"sectionName": "a", "port": 80}, {"sectionName": "a", "port": 81}),
        parents({"sectionName": "a"}, {"sectionName": "b"}),
    ),
    (
        "P2",
        "parent-twice",
        "1.6",
        E,
        parents({"port": 80}, {"port": 80}),
        parents({"port": 80}, {"port": 81}),
    ),
    ("B1", "backend-port", "1.6", S, no_port(), no_port("Thing", "g.example")),
    (
        "B1",
        "backend-port",
        "1.6",
        S,
        http_route(filters=[{"type": "RequestMirror", "requestMirror": {"backendRef": {"name": "m"}}}]),
        http_route(filters=[mirror()]),
    ),
    ("H1", "path-slash", "1.6", S, path("a"), path("/a")),
    ("H2", "path-sequence", "1.6", S, path("/a//b"), path("/a/b")),
    ("H2", "path-sequence", "1.6", S, path("/a/.."), path("/a/..b")),
    ("H2", "path-sequence", "1.6", S, path("/a%2Fb", "Exact"), path("/a%2Eb", "Exact")),
    ("H3", "path-characters", "1.6", S, path("/a b"), path("/a%20b")),
    ("H3", "path-characters", "1.6", S, path("/v[0-9]+"), path("/v[0-9]+", "RegularExpression")),
    ("H5", "matches-total", "1.6", S, matches(64, 64, 0), matches(64, 63, 0)),
    (
        "H6",
        "redirect-with-backends",
        "1.6",
        S,
        http_route(filters=[REDIRECT]),
        http_route(filters=[REDIRECT], backendRefs=[]),
    ),
    (
        "H7",
        "prefix-rewrite-match",
        "1.6",
        S,
        http_route(filters=[rewrite("ReplacePrefixMatch")], matches=[{}, {"method": "GET"}]),
        http_route(filters=[rewrite("ReplacePrefixMatch")], matches=[{"method": "GET"}]),
    ),
    (
        "H7",
        "prefix-rewrite-match",
        "1.6",
        S,
        http_route(
            filters=[rewrite("ReplacePrefixMatch")], matches=[{"path": {"type": "Exact", "value": "/a"}}]
        ),
        http_route(
            filters=[rewrite("ReplaceFullPath", None, "/b")],
            matches=[{"path": {"type": "Exact", "value": "/a"}}],
        ),
    ),
    (
        "H8",
        "redirect-and-rewrite",
        "1.6",
        S,
        http_route(
            filters=[REDIRECT, {"type": "URLRewrite", "urlRewrite": {"hostname": "b.example"}}],
            backendRefs=[],
        ),
        http_route(filters=[REDIRECT, header()], backendRefs=[]),
    ),
    (
        "H9",
        "filter-twice",
        "1.6",
        S,
        http_route(filters=[header(), header(name="x-b")]),
        http_route(filters=[header(), header("ResponseHeaderModifier")]),
    ),
    (
        "H9",
        "filter-twice",
        "1.5.1",
        S,
        http_route(filters=[cors(), cors()]),
        http_route(filters=[EXTENSION, EXTENSION]),
    ),
    (
        "H10",
        "filter-block",
        "1.6",
        S,
        http_route(filters=[{**header(), "urlRewrite": {"hostname": "b.example"}}]),
        http_route(filters=[header()]),
    ),
    ("H10", "filter-block", "1.6", S, http_route(filters=[{"type": "CORS"}]), http_route(filters=[cors()])),
    (
        "H11",
        "path-modifier",
        "1.6",
        S,
        http_route(filters=[rewrite("ReplaceFullPath", "/x", None)]),
        http_route(filters=[rewrite("ReplaceFullPath", None, "/x")]),
    ),
    (
        "H12",
        "mirror-share",
        "1.6",
        S,
        http_route(filters=[mirror(fraction={"numerator": 101})]),
        http_route(filters=[mirror(fraction={"numerator": 100})]),
    ),
    (
        "H12",
        "mirror-share",
        "1.6",
        S,
        http_route(filters=[mirror(percent=1, fraction={"numerator": 1})]),
        http_route(filters=[mirror(percent=1)]),
    ),
    (
        "H13",
        "cors-star",
        "1.6",
        S,
        http_route(filters=[cors(allowOrigins=["*", "https://a.example"])]),
        http_route(filters=[cors(allowOrigins=["*"])]),
    ),
    (
        "H13",
        "cors-star",
        "1.5",
        S,
        http_route(filters=[cors(allowHeaders=["*", "x-a"])]),
        http_route(filters=[cors(allowHeaders=["x-b", "x-a"])]),
    ),
    (
        "H14",
        "timeout-order",
        "1.6",
        S,
        http_route(timeouts={"request": "10s", "backendRequest": "11s"}),
        http_route(timeouts={"request": "0s", "backendRequest": "11s"}),
    ),
    ("H15", "rule-name-twice", "1.6", E, named("a", "a"), named("a", "b")),
    ("G1", "grpc-method-empty", "1.6", S, grpc_route(matches=[{"method": {}}]), grpc_route(matches=[{}])),
    (
        "G2",
        "grpc-method-name",
        "1.6",
        S,
        grpc_route(matches=[{"method": {"service": "a..B"}}]),
        grpc_route(matches=[{"method": {"service": "a.B"}}]),
    ),
    (
        "G3",
        "matches-total",
        "1.6",
        S,
        matches(64, 64, 1, kind=grpc_route),
        matches(64, 64, 0, kind=grpc_route),
    ),
    (
        "G3",
        "filter-twice",
        "1.6",
        S,
        grpc_route(filters=[header(), header(name="x-b")]),
        grpc_route(filters=[mirror(), mirror()]),
    ),
    ("T1", "tls-hostname", "1.6", S, tls_route("v1", "1.2.3.4"), tls_route("v1", "*.a.example")),
    (
        "X1",
        "ca-choice",
        "1.6",
        S,
        backend_tls(
            caCertificateRefs=[{"group": "", "kind": "ConfigMap", "name": "ca"}],
            wellKnownCACertificates="System",
        ),
        backend_tls(),
    ),
    (
        "X2",
        "san-field",
        "1.6",
        S,
        backend_tls(
            wellKnownCACertificates="System", subjectAltNames=[{"type": "URI", "hostname": "a.example"}]
        ),
        backend_tls(
            wellKnownCACertificates="System", subjectAltNames=[{"type": "URI", "uri": "spiffe://a/b"}]
        ),
    ),
    ("X2", "target-section", "1.6", S, targets("a", ""), targets("a", "b")),
    (
        "E1",
        "session-persistence",
        "1.6",
        E,
        session(cookieConfig={"lifetimeType": "Permanent"}),
        session(cookieConfig={"lifetimeType": "Permanent"}, absoluteTimeout="1h"),
    ),
    (
        "E1",
        "session-persistence",
        "1.6",
        E,
        session(type="Header", cookieConfig={}),
        session(cookieConfig={}),
    ),
    ("E1", "auth-block", "1.6", E, auth("HTTP", "grpc"), auth("HTTP", "http")),
    ("E1", "retry-interval", "1.6", E, budget("2h"), budget("1h")),
    ("E1", "backend-fields", "1.6", E, x_backend("a.b.cluster.local"), x_backend("b.example")),
]
# The schema itself refuses a repeated listener name and a repeated port; the rules name them too.
BY_SCHEMA = [
    ("L5", "listener-name-twice", gateway(LISTENER, {**LISTENER, "port": 81}), "schema/duplicate"),
    ("L8", "frontend-port-twice", front(443, 443), "schema/duplicate"),
]


def codes(obj, release, channel):
    return {finding.code for finding in Validator("gateway-api", release, channel).check(obj)}


@pytest.mark.parametrize(
    ("invariant", "code", "release", "channel", "refused", "accepted"),
    CASES,
    ids=[f"{case[0]}-{case[1]}-{number}" for number, case in enumerate(CASES)],
)
def test_one_edit_apart(invariant, code, release, channel, refused, accepted):
    code = f"schema/gateway/{code}"
    assert code in {entry.id for entry in INVARIANTS[invariant]}
    found = codes(refused, release, channel)
    assert code in found
    assert not [other for other in found if other.startswith("schema/") and "/gateway/" not in other]
    assert not [other for other in codes(accepted, release, channel) if other.startswith("schema/")]


@pytest.mark.parametrize(("invariant", "code", "obj", "by"), BY_SCHEMA)
def test_refused_by_the_schema_already(invariant, code, obj, by):
    assert by in codes(obj, "1.6", "standard")
    assert f"schema/gateway/{code}" in {entry.id for entry in INVARIANTS[invariant]}
    assert not codes(front(443, 444), "1.6", "standard")


def test_every_invariant_has_a_case():
    tested = {(case[0], case[1]) for case in CASES} | {(case[0], case[1]) for case in BY_SCHEMA}
    wanted = {(name, code.id.rpartition("/")[2]) for name, group in INVARIANTS.items() for code in group}
    assert wanted <= tested, sorted(wanted - tested)
    assert len({code.id for code in CODES}) == len(CODES)


@pytest.mark.parametrize(
    ("code", "release", "channel", "obj"),
    [
        (
            "listener-tls-mode",
            "1.4",
            "standard",
            gateway({**LISTENER, "protocol": "TLS", "tls": CERTIFICATE}),
        ),
        (
            "cors-star",
            "1.3",
            "experimental",
            http_route(filters=[cors(allowOrigins=["*", "https://a.example"])]),
        ),
        ("cors-star", "1.4", "experimental", http_route(filters=[cors(allowHeaders=["*", "x-a"])])),
        ("matches-total", "1.1", "standard", matches(*[8] * 16)),
        ("rule-name-twice", "1.6", "standard", named("a", "a")),
        ("parent-twice", "1.6", "experimental", parents({"port": 80}, {"port": 81})),
        (
            "target-section",
            "1.2",
            "experimental",
            {**targets("a", ""), "apiVersion": "gateway.networking.k8s.io/v1alpha3"},
        ),
        ("tls-hostname", "1.4", "experimental", {**tls_route("v1alpha3", "1.2.3.4")}),
    ],
)
def test_rules_hold_from_their_release_on(code, release, channel, obj):
    assert f"schema/gateway/{code}" not in codes(obj, release, channel)


def test_valid_objects_of_every_kind_pass():
    for base, _ in bases():
        valid = 0
        group, version = base["apiVersion"].split("/")
        for release in ("1.0", "1.2", "1.4", "1.6"):
            validator = Validator("gateway-api", release, "experimental")
            schema = validator.kind(f"{base['kind']}.{group}", f"{group}/{version}")
            if schema and schema.served and schema.fast.is_valid(base):
                valid += 1
                assert not [f for f in validator.check(base) if f.code.startswith("schema/")], base
        assert valid, f"{base['kind']} {version} is valid nowhere"


def test_checking_changes_nothing():
    for base, edits in bases():
        for obj in variants(base, edits, 10, 7):
            before = copy.deepcopy(obj)
            Validator("gateway-api", "1.6", "experimental").check(obj)
            assert obj == before


@pytest.mark.parametrize(
    ("text", "length"), [("10s", 10_000), ("90s500ms", 90_500), ("1h1m1s1ms", 3_661_001), ("0h0ms", 0)]
)
def test_durations(text, length):
    assert milliseconds(text) == length


def test_udp_and_tcp_routes_need_ports_too():
    obj = plain_route("TCPRoute", "v1")
    assert not codes(obj, "1.6", "standard")
    del obj["spec"]["rules"][0]["backendRefs"][0]["port"]
    assert codes(obj, "1.6", "standard") == {"schema/gateway/backend-port"}
