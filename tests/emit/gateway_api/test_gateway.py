"""Gateways, listeners, certificates and streams: recipes 4.1, 4.12, 4.17, 4.19 and traps 16 to 27."""

from __future__ import annotations

from dataclasses import replace
from typing import Any

import pytest

from kong2x.model.route import Certificate, Feature, Route, RouteModel, StreamRoute
from kong2x.model.source import Leaf, ObjectRef

from .build import backend, codes, emit, finding, ingress, model, objects, only, options, route, service, use
from .test_objects import GATEWAY, valid

TCP = ObjectRef("configuration.konghq.com", "TCPIngress", "data", "pg")


def certificate(*hosts: str, secret: str = "cert", namespace: str = "shop", **more: Any) -> Certificate:
    leaf = Leaf(ingress(), ("spec", "tls", 0, "secretName"))
    found = {Feature.CERTIFICATE: (leaf,), Feature.CERTIFICATE_ISSUER: (Leaf(ingress(), ("metadata", "x")),)}
    return Certificate(ObjectRef("", "Secret", namespace, secret), hosts, ingress(), provenance=found, **more)


def with_certificates(*certificates: Certificate, routes: tuple[Route, ...] = ()) -> RouteModel:
    hosts = tuple(h for c in certificates for h in c.hosts)
    given = model(*(routes or (route("prefix:/", hosts=hosts),)))
    given.certificates = list(certificates)
    return given


def created(given: RouteModel, **more: str) -> Any:
    return emit(given, create_gateway="true", gateway_class="some", **more)


def listeners(emission: Any, kind: str = "Gateway") -> dict[str, dict[str, Any]]:
    return {x["name"]: x for v in objects(emission, kind).values() for x in v["spec"]["listeners"]}


def test_no_gateway_unless_asked() -> None:
    emission = emit(with_certificates(certificate("a.io")))
    assert objects(emission, "Gateway") == {}
    assert "a.io with the Secret shop/cert" in finding(emission, "listener-needed").message


def test_trap_17_18_one_https_listener_a_host_with_its_own_secret() -> None:
    emission = created(with_certificates(certificate("a.io"), certificate("b.io", "*.b.io", secret="other")))
    found = listeners(emission)
    assert len(found) == 4 and found["http"]["protocol"] == "HTTP" and "hostname" not in found["http"]
    by_host = {x["hostname"]: x for x in found.values() if "hostname" in x}
    assert by_host["a.io"]["tls"] == {
        "mode": "Terminate",
        "certificateRefs": [{"group": "", "kind": "Secret", "name": "cert", "namespace": "shop"}],
    }
    assert by_host["*.b.io"]["tls"]["certificateRefs"][0]["name"] == "other"
    valid(emission)


def test_trap_19_a_secret_elsewhere_has_one_grant() -> None:
    emission = created(with_certificates(certificate("a.io", "b.io")))
    grant = only(emission, "ReferenceGrant")
    assert grant["metadata"]["namespace"] == "shop"
    assert grant["spec"]["from"][0]["kind"] == "Gateway" and grant["spec"]["to"][0]["name"] == "cert"


@pytest.mark.parametrize(("choice", "wanted"), [("all", {"from": "All"}), ("same", {"from": "Same"})])
def test_trap_20_routes_of_other_namespaces_may_attach(choice: str, wanted: dict[str, str]) -> None:
    given = with_certificates(certificate("a.io"))
    selected = listeners(created(given))["http"]["allowedRoutes"]["namespaces"]
    assert selected["from"] == "Selector"
    assert selected["selector"]["matchExpressions"][0]["values"] == ["infra", "shop"]
    assert listeners(created(given, allowed_routes=choice))["http"]["allowedRoutes"]["namespaces"] == wanted


def test_trap_22_a_certificate_is_no_redirect() -> None:
    emission = created(with_certificates(certificate("a.io")))
    assert "sectionName" not in only(emission)["spec"]["parentRefs"][0]


def test_trap_23_hosts_without_a_certificate_are_told() -> None:
    routes = (route("prefix:/", hosts=("a.io", "bare.io")),)
    emission = created(with_certificates(certificate("a.io"), routes=routes))
    assert "bare.io has routes and no certificate" in finding(emission, "no-certificate").message


def test_a_default_certificate_has_a_listener_for_any_host() -> None:
    emission = created(with_certificates(certificate("a.io")), default_certificate="infra/default")
    assert "hostname" not in listeners(emission)["https"]
    assert "no-certificate" not in codes(emission)
    valid(emission)


def test_https_only_routes_name_the_listener_of_their_host() -> None:
    routes = (route("prefix:/", hosts=("a.io",), protocols=("https",)),)
    emission = created(with_certificates(certificate("a.io"), certificate("b.io"), routes=routes))
    section = objects(emission)["web"]["spec"]["parentRefs"][0]["sectionName"]
    assert listeners(emission)[section]["hostname"] == "a.io"
    assert objects(emission)["web-http"]["spec"]["parentRefs"][0]["sectionName"] == "http"


def test_a_wildcard_certificate_serves_its_hosts() -> None:
    routes = (route("prefix:/", hosts=("x.a.io",), protocols=("https",)),)
    emission = created(with_certificates(certificate("*.a.io"), routes=routes))
    section = objects(emission)["web"]["spec"]["parentRefs"][0]["sectionName"]
    assert listeners(emission)[section]["hostname"] == "*.a.io"


def many(count: int) -> RouteModel:
    certs = [
        certificate(f"h{n:03d}.io", secret=f"c{n}", namespace="shop" if n % 2 else "web")
        for n in range(count)
    ]
    return with_certificates(*certs, routes=(route("prefix:/", hosts=("h001.io",), protocols=("https",)),))


def test_trap_27_more_than_64_listeners_become_listener_sets() -> None:
    emission = created(many(150), version="1.5")
    assert list(listeners(emission)) == ["http"]
    sets = objects(emission, "ListenerSet")
    assert sorted(sets) == ["edge-tls-00", "edge-tls-01"] or len(sets) >= 2
    everything = [v for m in emission.manifests if (v := m.value)["kind"] == "ListenerSet"]
    assert sum(len(v["spec"]["listeners"]) for v in everything) == 150
    assert all(len(v["spec"]["listeners"]) <= 64 for v in everything)
    ref = objects(emission)["web"]["spec"]["parentRefs"][0]
    assert ref["kind"] == "ListenerSet"
    assert objects(emission, "Gateway")["edge"]["spec"]["allowedListeners"] == {"namespaces": {"from": "All"}}
    assert objects(emission, "ReferenceGrant") == {}
    valid(emission, "1.5")


def test_trap_27_before_listener_sets_the_rest_is_told() -> None:
    emission = created(many(150))
    assert len(listeners(emission)) == 64
    assert "87 hosts" in finding(emission, "listeners-limit").message
    valid(emission)


def test_trap_60_a_new_gateway_has_a_new_address() -> None:
    assert "new-address" in codes(created(with_certificates(certificate("a.io"))))


def test_an_existing_gateway_in_the_input_is_not_written_again() -> None:
    given = with_certificates(certificate("a.io"))
    known = model(*given.routes, objects=[GATEWAY])
    known.certificates = given.certificates
    emission = created(known)
    assert objects(emission, "Gateway") == {} and "listener-needed" not in codes(emission)


ISSUER = {
    "cert-manager.io/cluster-issuer": "le",
    "cert-manager.io/duration": "2160h",
    "cert-manager.io/private-key-size": "4096",
}


def test_a_certificate_made_by_annotations_is_declared() -> None:
    emission = emit(with_certificates(certificate("a.io", "b.io", issuer=ISSUER)))
    assert only(emission, "Certificate")["spec"] == {
        "secretName": "cert",
        "dnsNames": ["a.io", "b.io"],
        "issuerRef": {"name": "le", "kind": "ClusterIssuer", "group": "cert-manager.io"},
        "duration": "2160h",
        "privateKey": {"size": 4096},
    }
    assert "certificate-declared" in codes(emission)


def test_an_unknown_issuer_or_setting_is_told() -> None:
    acme = emit(with_certificates(certificate("a.io", issuer={"kubernetes.io/tls-acme": "true"})))
    assert objects(acme, "Certificate") == {} and "issuer-unknown" in codes(acme)
    odd = emit(with_certificates(certificate("a.io", issuer={**ISSUER, "cert-manager.io/odd": "1"})))
    assert "issuer-setting" in codes(odd)


def test_certificates_are_settled() -> None:
    given = with_certificates(certificate("a.io", issuer=ISSUER))
    emission = emit(given)
    for leaves in given.certificates[0].provenance.values():
        assert all(leaf in emission.settled for leaf in leaves)


# --- streams ------------------------------------------------------------------------------------


def stream(port: int = 5432, protocols: tuple[str, ...] = ("tcp", "tls"), **more: Any) -> StreamRoute:
    origin = more.pop("origin", TCP)
    name = more.pop("name", f"data.pg.{port}")
    target = service("pg", namespace="data", protocol="tcp", backends=(backend("pg", port, "data"),))
    found = {Feature.PORTS: (Leaf(origin, ("spec", "rules", 0, "port")),)}
    return StreamRoute(name, origin, target, protocols=protocols, ports=(port,), provenance=found, **more)


def streams(*given: StreamRoute, **settings: str) -> Any:
    out = model()
    out.streams = list(given)
    return emit(out, **settings)


@pytest.mark.parametrize(
    ("version", "channel", "api"), [("1.6", "standard", "v1"), ("1.4", "experimental", "v1alpha2")]
)
def test_4_17_a_tcp_port_is_a_tcproute(version: str, channel: str, api: str) -> None:
    emission = streams(stream(), version=version, channel=channel)
    value = only(emission, "TCPRoute")
    assert value["apiVersion"].endswith("/" + api)
    assert value["spec"]["parentRefs"][0]["sectionName"] == "tcp-5432"
    assert value["spec"]["rules"] == [
        {"backendRefs": [{"group": "", "kind": "Service", "name": "pg", "port": 5432, "weight": 1}]}
    ]
    assert "TCP listener named tcp-5432" in finding(emission, "stream-listener").message
    valid(emission, version, channel)


def test_4_17_a_release_without_tcproutes_says_so() -> None:
    emission = streams(stream())
    assert emission.manifests == []
    assert "1.6 and later" in finding(emission, "stream-version").message


def test_4_17_udp() -> None:
    emission = streams(stream(53, ("udp",)), version="1.6", create_gateway="true", gateway_class="x")
    assert only(emission, "UDPRoute")["spec"]["parentRefs"][0]["sectionName"] == "udp-53"
    assert listeners(emission)["udp-53"]["protocol"] == "UDP"
    valid(emission, "1.6")


def test_4_17_trap_24_a_server_name_ends_tls_at_the_gateway() -> None:
    given = model()
    given.streams = [stream(6380, snis=("cache.io",))]
    given.certificates = [certificate("cache.io", secret="cache-cert", namespace="data")]
    emission = created(given, version="1.6")
    value = only(emission, "TLSRoute")
    assert value["spec"]["hostnames"] == ["cache.io"]
    tls = next(x for x in listeners(emission).values() if x["protocol"] == "TLS")
    assert tls["tls"]["mode"] == "Terminate" and tls["hostname"] == "cache.io"
    assert tls["tls"]["certificateRefs"][0]["name"] == "cache-cert"
    valid(emission, "1.6")


def test_4_17_one_tlsroute_a_server_name() -> None:
    emission = streams(stream(6380, snis=("a.io", "b.io")), version="1.6")
    assert sorted(v["spec"]["hostnames"] for v in objects(emission, "TLSRoute").values()) == [
        ["a.io"],
        ["b.io"],
    ]


def test_4_17_trap_25_a_port_serves_one_route() -> None:
    other = ObjectRef("configuration.konghq.com", "TCPIngress", "data", "other")
    emission = streams(stream(), stream(origin=other, name="o"), version="1.6")
    assert len(objects(emission, "TCPRoute")) == 1 and "stream-port" in codes(emission)
    shared = streams(stream(443), version="1.6")
    assert objects(shared, "TCPRoute") == {}


def test_a_stream_that_needs_a_check_is_not_served() -> None:
    emission = streams(stream(plugins=(use("ip-restriction", {"allow": ["10.0.0.0/8"]}),)), version="1.6")
    assert emission.manifests == [] and "denied" in codes(emission)


def test_a_stream_is_opened_only_where_its_loss_was_accepted() -> None:
    given = model()
    given.streams = [stream(plugins=(use("ip-restriction", {"allow": ["10.0.0.0/8"]}),))]
    opened = replace(options("1.6"), on_security_loss="open")
    assert emit(given, opts=opened).manifests == []
    named = replace(opened, accept={"gateway-api/stream-plugin": "a network policy does it"})
    assert len(objects(emit(given, opts=named), "TCPRoute")) == 1


def test_streams_are_settled() -> None:
    given = stream()
    for version in ("1.4", "1.6"):
        emission = streams(given, version=version)
        assert given.provenance[Feature.PORTS][0] in emission.settled
