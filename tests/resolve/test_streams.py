"""TCPIngress and UDPIngress: ports, server names, annotations, services shared with HTTP."""

from __future__ import annotations

from typing import Any

import pytest

from kong2x.model.route import Feature
from tests.resolve.worlds import ingress, resolved, service


def stream(
    kind: str = "TCPIngress", *rules: dict[str, Any], notes: dict[str, str] | None = None, **spec: Any
):
    return {
        "apiVersion": "configuration.konghq.com/v1beta1",
        "kind": kind,
        "metadata": {
            "name": "raw",
            "namespace": "default",
            "annotations": {"kubernetes.io/ingress.class": "kong", **(notes or {})},
        },
        "spec": {"rules": list(rules or (rule(),)), **spec},
    }


def rule(port: Any = 9000, name: Any = "db", target: Any = 5432, **fields: Any) -> dict[str, Any]:
    return {"port": port, "backend": {"serviceName": name, "servicePort": target}, **fields}


def test_tcp_and_udp_differ_in_name_protocol_and_service():
    world = [stream(), stream("UDPIngress"), service("db", 5432)]
    found = resolved(world)
    assert [(s.name, s.protocols, s.ports, s.service.name) for s in found.model.streams] == [
        ("default.raw.0", ("tcp", "tls"), (9000,), "default.db.5432"),
        ("default.raw.0.udp", ("udp",), (9000,), "default.db.5432.udp"),
    ]
    assert [s.protocol for s in found.model.services] == ["tcp", "udp"]
    assert {s.host for s in found.model.services} == {"db.default.5432.svc"}
    assert [s.path for s in found.model.services] == [None, None]
    assert found.codes == []


def test_names_count_the_rules():
    found = resolved([stream("TCPIngress", rule(1), rule(2), rule(3)), service("db", 5432)])
    assert [s.name for s in found.model.streams] == ["default.raw.0", "default.raw.1", "default.raw.2"]
    assert len(found.model.services) == 1


def test_a_host_is_a_server_name_and_the_annotation_replaces_it():
    found = resolved([stream("TCPIngress", rule(host="a.example")), service("db", 5432)])
    assert found.model.streams[0].snis == ("a.example",)
    notes = {"konghq.com/snis": "b.example"}
    replaced = resolved([stream("TCPIngress", rule(host="a.example"), notes=notes), service("db", 5432)])
    assert replaced.model.streams[0].snis == ("b.example",)
    cleared = resolved(
        [stream("TCPIngress", rule(host="a.example"), notes={"konghq.com/snis": ""}), service("db", 5432)]
    )
    assert cleared.model.streams[0].snis == ()
    kept = resolved(
        [stream("TCPIngress", rule(host="a.example"), notes=notes), service("db", 5432)], router="expressions"
    )
    assert kept.model.streams[0].snis == ("a.example",)


def test_protocols_are_checked_here_and_not_sent_raw():
    ok = resolved([stream(notes={"konghq.com/protocols": "tls"}), service("db", 5432)])
    assert ok.model.streams[0].protocols == ("tls",)
    bad = resolved([stream(notes={"konghq.com/protocols": "tls,quic"}), service("db", 5432)])
    assert bad.model.streams[0].protocols == ("tcp", "tls")
    assert bad.codes == ["annotations/invalid-value"]


@pytest.mark.parametrize("key", ["strip-path", "preserve-host", "request-buffering"])
def test_annotations_about_http_do_nothing(key):
    found = resolved([stream(notes={f"konghq.com/{key}": "true"}), service("db", 5432)])
    assert found.codes == ["annotations/no-effect"]
    assert found.model.streams[0].provenance.keys() == {Feature.PORTS, Feature.BACKEND}


@pytest.mark.parametrize(
    "broken",
    [
        rule(port=0),
        rule(port="9000"),
        rule(port=70000),
        rule(name=""),
        rule(name=None),
        rule(target="pg"),
        {},
    ],
)
def test_a_rule_that_is_incomplete_is_left_out_alone(broken):
    found = resolved([stream("TCPIngress", broken, rule(9001)), service("db", 5432)])
    assert [s.name for s in found.model.streams] == ["default.raw.1"]
    assert found.codes == ["streams/rule-dropped"]


def test_the_services_annotations_act_below_http_too():
    found = resolved([stream(), service("db", 5432, annotations={"konghq.com/connect-timeout": "7"})])
    assert found.only_service().connect_timeout == 7
    pathed = resolved([stream(), service("db", 5432, annotations={"konghq.com/path": "/x"})])
    assert pathed.codes == ["refused/service-path"]


def test_certificates_come_after_those_of_ingresses():
    tls = [{"hosts": ["a.example"], "secretName": "of-tcp"}]
    http = ingress(tls=[{"hosts": ["a.example"], "secretName": "of-http"}])
    found = resolved([stream(tls=tls), http, service(), service("db", 5432)])
    assert [c.secret.name for c in found.model.certificates] == ["of-http"]
