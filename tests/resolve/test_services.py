"""What makes a Kong service: policies, KongIngress, TLS towards the backend, and what Kong refuses."""

from __future__ import annotations

from typing import Any

import pytest

from kong2x.model.route import Feature
from tests.resolve.worlds import ingress, resolved, service


def noted(**notes: str) -> dict[str, Any]:
    return service(annotations={f"konghq.com/{key.replace('_', '-')}": value for key, value in notes.items()})


def policy(**spec: Any) -> dict[str, Any]:
    return {
        "apiVersion": "configuration.konghq.com/v1beta1",
        "kind": "KongUpstreamPolicy",
        "metadata": {"name": "p", "namespace": "default"},
        "spec": spec,
    }


def kong_ingress(**sections: Any) -> dict[str, Any]:
    meta = {"name": "k", "namespace": "default"}
    return {"apiVersion": "configuration.konghq.com/v1", "kind": "KongIngress", "metadata": meta, **sections}


@pytest.mark.parametrize(
    ("on", "hash_on", "args"),
    [
        ({"input": "ip"}, "ip", {}),
        ({"header": "x-a"}, "header", {"hash_on_header": "x-a"}),
        (
            {"cookie": "sid", "cookiePath": "/"},
            "cookie",
            {"hash_on_cookie": "sid", "hash_on_cookie_path": "/"},
        ),
        ({"queryArg": "q"}, "query_arg", {"hash_on_query_arg": "q"}),
        ({"uriCapture": "id"}, "uri_capture", {"hash_on_uri_capture": "id"}),
    ],
)
def test_hash_inputs(on, hash_on, args):
    found = resolved(
        [ingress(), noted(upstream_policy="p"), policy(algorithm="consistent-hashing", hashOn=on)]
    )
    upstream = found.only_service().upstream
    assert (upstream.algorithm, upstream.hash_on, upstream.hash_args) == ("consistent-hashing", hash_on, args)
    assert found.codes == []


def test_a_fallback_has_fields_of_its_own():
    spec = {"hashOn": {"header": "a"}, "hashOnFallback": {"queryArg": "b"}, "algorithm": "consistent-hashing"}
    upstream = resolved([ingress(), noted(upstream_policy="p"), policy(**spec)]).only_service().upstream
    assert (upstream.hash_on, upstream.hash_fallback) == ("header", "query_arg")
    assert upstream.hash_args == {"hash_on_header": "a", "hash_fallback_query_arg": "b"}


def test_health_checks_get_kongs_names_and_headers_keep_theirs():
    checks = {
        "threshold": 5,
        "active": {"httpPath": "/r", "httpsVerifyCertificate": False, "headers": {"X-Probe": ["a"]}},
        "passive": {"unhealthy": {"tcpFailures": 2, "httpStatuses": [500]}},
    }
    found = resolved([ingress(), noted(upstream_policy="p"), policy(healthchecks=checks)])
    assert found.only_service().upstream.healthchecks == {
        "threshold": 5,
        "active": {"http_path": "/r", "https_verify_certificate": False, "headers": {"X-Probe": ["a"]}},
        "passive": {"unhealthy": {"tcp_failures": 2, "http_statuses": [500]}},
    }
    assert len(found.only_service().provenance[Feature.HEALTH_CHECKS]) == 6


@pytest.mark.parametrize(
    "spec",
    [
        {"algorithm": "random"},
        {"slots": 9},
        {"slots": "100"},
        {"hashOn": {"input": "ip"}},
        {"algorithm": "consistent-hashing", "hashOn": {"input": "host"}},
        {"algorithm": "consistent-hashing", "hashOn": {"header": "a", "cookie": "b", "cookiePath": "/"}},
        {"algorithm": "consistent-hashing", "hashOn": {"cookie": "b"}},
        {
            "algorithm": "consistent-hashing",
            "hashOn": {"cookie": "b", "cookiePath": "/"},
            "hashOnFallback": {"input": "ip"},
        },
        {"algorithm": "sticky-sessions", "hashOn": {"input": "none"}, "stickySessions": {"cookie": "c"}},
    ],
)
def test_a_policy_that_is_not_taken_changes_nothing(spec):
    plain = resolved([ingress(), service()]).only_service().upstream
    found = resolved([ingress(), noted(upstream_policy="p"), policy(**spec)])
    assert found.only_service().upstream == plain
    assert found.codes == ["services/policy-skipped"]


def test_sticky_sessions_with_a_kong_that_has_them():
    spec = {"algorithm": "sticky-sessions", "hashOn": {"input": "none"}, "stickySessions": {"cookie": "c"}}
    upstream = (
        resolved([ingress(), noted(upstream_policy="p"), policy(**spec)], version="3.11")
        .only_service()
        .upstream
    )
    assert (upstream.algorithm, upstream.sticky_cookie) == ("sticky-sessions", "c")


def test_precedence_of_kong_ingress_annotation_and_policy():
    older = kong_ingress(upstream={"algorithm": "latency", "slots": 50, "host_header": "k.example"})
    world = [ingress(), noted(override="k", upstream_policy="p", host_header="n.example"), older]
    upstream = resolved([*world, policy(slots=70)]).only_service().upstream
    assert (upstream.algorithm, upstream.slots, upstream.host_header) == ("latency", 70, "n.example")


def test_a_missing_kong_ingress_takes_the_host_header_with_it():
    found = resolved([ingress(), noted(override="gone", host_header="n.example", read_timeout="5")])
    assert found.only_service().upstream.host_header is None
    assert found.only_service().read_timeout == 5
    assert found.codes == ["services/override-missing"]


def test_policies_are_those_of_the_services_namespace():
    other = policy(slots=70)
    other["metadata"]["namespace"] = "shop"
    found = resolved([ingress(), noted(upstream_policy="p"), other])
    assert found.codes == ["services/policy-missing"]


def test_client_certificates_and_authorities_need_tls():
    plain = resolved([ingress(), noted(client_cert="c", ca_certificates_secrets="ca")])
    assert plain.only_service().client_certificate is None
    assert plain.codes == ["services/ca-certificates-dropped", "services/client-certificate-dropped"]
    world = noted(protocol="https", client_cert="c", tls_verify="true", ca_certificates_secrets="ca, cb")
    found = resolved([ingress(), world])
    only = found.only_service()
    assert only.client_certificate is not None
    assert only.client_certificate.name == "c"
    assert [ref.name for ref in only.ca_certificates] == ["ca", "cb"]
    assert found.codes == ["services/secret-not-given"] * 3
    unverified = resolved([ingress(), noted(protocol="https", ca_certificates_secrets="ca")])
    assert unverified.codes == ["services/ca-certificates-dropped"]


def test_an_authority_without_id_is_left_out():
    ca = {
        "apiVersion": "v1",
        "kind": "Secret",
        "metadata": {"name": "ca", "namespace": "default"},
        "data": {"cert": "x"},
    }
    notes = noted(protocol="https", tls_verify="true", ca_certificates_secrets="ca")
    found = resolved([ingress(), notes, ca])
    assert found.only_service().ca_certificates == ()
    assert found.codes == ["services/ca-certificates-dropped"]


def test_a_grpc_service_has_no_path():
    found = resolved([ingress(), noted(protocol="grpc", path="/x")])
    assert found.only_service().path is None
    assert found.codes == ["services/path-on-grpc"]


@pytest.mark.parametrize(
    ("notes", "code"),
    [
        ({"read_timeout": "0"}, "refused/timeout-range"),
        ({"connect_timeout": "-5"}, "refused/timeout-range"),
        ({"write_timeout": "2147483647"}, "refused/timeout-range"),
        ({"retries": "-1"}, "refused/retries-range"),
        ({"retries": "32768"}, "refused/retries-range"),
        ({"protocol": "tcp"}, "refused/service-path"),
        ({"protocol": "wss"}, "refused/service-protocol"),
        ({"tls_verify": "false"}, "refused/service-tls"),
        ({"tls_verify_depth": "1"}, "refused/service-tls"),
        ({"protocol": "grpcs", "client_cert": "c"}, "refused/service-tls"),
        ({"protocol": "https", "tls_verify_depth": "65"}, "refused/tls-verify-depth-range"),
    ],
)
def test_services_that_freeze_kong(notes, code):
    found = resolved([ingress(), noted(**notes)])
    assert [f.code for f in found.model.refusals] == [code]
    (refusal,) = found.model.refusals
    assert refusal.object is not None
    assert refusal.object.kind == "Service"
    assert refusal.routes == ("default.web.app.a.example.80",)


@pytest.mark.parametrize(
    "notes",
    [
        {"read_timeout": "1"},
        {"write_timeout": "2147483646"},
        {"retries": "32767"},
        {"protocol": "https", "tls_verify": "false", "tls_verify_depth": "64"},
        {"protocol": "grpcs"},
    ],
)
def test_services_that_do_not(notes):
    assert resolved([ingress(), noted(**notes)]).model.refusals == []


@pytest.mark.parametrize(
    ("notes", "router", "codes"),
    [
        ({"konghq.com/path-handling": "xv1"}, "traditional", ["refused/path-handling"]),
        ({"konghq.com/protocols": "http,tcp"}, "traditional", ["refused/protocols-mixed"]),
        ({"konghq.com/protocols": "https,quic"}, "expressions", ["refused/protocol-unknown"]),
        ({"konghq.com/protocols": "wss"}, "traditional", ["refused/protocol-unknown"]),
        (
            {"konghq.com/protocols": "http", "konghq.com/snis": "a.example"},
            "traditional",
            ["refused/snis-without-tls"],
        ),
        ({"konghq.com/protocols": "http", "konghq.com/snis": "a.example"}, "expressions", []),
        ({"konghq.com/headers.host": "a"}, "traditional", ["refused/header-host"]),
        ({"konghq.com/headers.host": "a"}, "expressions", []),
        ({"konghq.com/headers.x-a": "a,,b"}, "traditional_compatible", ["refused/header-empty-value"]),
        ({"konghq.com/headers.x-a": "~*(a"}, "expressions", ["refused/header-regex"]),
        ({"konghq.com/headers.x-a": "~*a(?=b)"}, "traditional_compatible", ["refused/header-regex"]),
        ({"konghq.com/headers.x-a": "~*a(?=b)"}, "traditional", []),
    ],
)
def test_routes_that_freeze_kong(notes, router, codes):
    found = resolved([ingress(annotations=notes), service()], router=router)
    assert [f.code for f in found.model.refusals] == codes


def test_websockets_are_taken_by_the_enterprise_edition():
    notes = {"konghq.com/protocols": "ws,wss"}
    assert resolved([ingress(annotations=notes), service()], edition="enterprise").model.refusals == []
