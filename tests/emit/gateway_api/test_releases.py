"""What a release has room for: what it lacks is told with the release that has it, what is too much is split."""

from __future__ import annotations

from typing import Any

import pytest

from kong2x import Options, Source, verify

from .manifests import codes, converted, ingress, named, plugin, service

WEB = service("web")
NOTES = {"konghq.com/protocols": "https", "konghq.com/https-redirect-status-code": "308"}
SECURE = {
    "konghq.com/protocol": "https",
    "konghq.com/tls-verify": "true",
    "konghq.com/ca-certificates-configmaps": "ca",
}
TCP = """apiVersion: configuration.konghq.com/v1beta1
kind: TCPIngress
metadata: {name: db, namespace: shop, annotations: {kubernetes.io/ingress.class: kong}}
spec:
  tls: [{hosts: [db.example.com], secretName: db-cert}]
  rules:
  - {port: 5432, backend: {serviceName: web, servicePort: 80}}
  - {host: db.example.com, port: 6380, backend: {serviceName: web, servicePort: 80}}
"""
CORS = (
    ingress("web", "Prefix / web", annotations={"konghq.com/plugins": "cors"}),
    WEB,
    plugin("cors", "cors", "{}"),
)
REDIRECT = (ingress("web", "Prefix / web", annotations=NOTES), WEB)
VERIFIED = (ingress("web", "Prefix / web"), service("web", annotations=SECURE))
SLOW = (ingress("web", "Prefix / web"), service("web", annotations={"konghq.com/read-timeout": "90000"}))
TRIES = (ingress("web", "Prefix / web"), service("web", annotations={"konghq.com/retries": "3"}))
LIMITED = (
    ingress("in", "Prefix /in web", annotations={"konghq.com/plugins": "office"}),
    plugin("office", "ip-restriction", "{allow: [10.0.0.0/8]}"),
)


def told(result: Any, code: str) -> str:
    return " ".join(f"{f.message} {f.remedy}" for f in result.findings if f.code == code)


@pytest.mark.parametrize(
    ("documents", "code", "old", "new", "words"),
    [
        (CORS, "plugins/target-too-old", "1.4", "1.5", "1.5"),
        (REDIRECT, "gateway-api/https-redirect", "1.4", "1.5", "1.5 or later"),
        (VERIFIED, "gateway-api/upstream-tls-version", "1.3", "1.4", "1.4 and later"),
        (SLOW, "gateway-api/timeout", "1.1", "1.2", "1.2 and later"),
        (
            (TCP, WEB),
            "gateway-api/stream-version",
            "1.4",
            "1.6",
            "no TLSRoute; the experimental channel, or 1.5",
        ),
        (
            (TCP, WEB),
            "gateway-api/stream-version",
            "1.5",
            "1.6",
            "no TCPRoute; the experimental channel, or 1.6",
        ),
    ],
)
def test_what_a_newer_release_would_have_allowed_is_said(
    documents: tuple[str, ...], code: str, old: str, new: str, words: str
) -> None:
    assert words in told(converted(*documents, version=old, timeouts="approximate"), code)
    assert code not in codes(converted(*documents, version=new, timeouts="approximate"))


def test_what_the_experimental_channel_would_have_allowed_is_said() -> None:
    envoy = {"implementation": "envoy-gateway"}
    assert "the experimental channel of 1.2" in told(converted(*TRIES), "gateway-api/retries")
    held = converted(*VERIFIED, version="1.3", channel="experimental")
    assert len(named(held, "BackendTLSPolicy")) == 1
    named_rules = converted(*LIMITED, WEB, version="1.3", channel="experimental", **envoy)
    assert named(named_rules, "SecurityPolicy")


def test_before_listener_sets_the_release_that_has_them_is_named() -> None:
    hosts = [f"h{n:02d}.example.com" for n in range(70)]
    given = [
        ingress(f"i{n}", "Prefix / web", host=host, tls=f"  tls: [{{hosts: [{host}], secretName: c{n}}}]\n")
        for n, host in enumerate(hosts)
    ]
    gateway = {"create_gateway": "true", "gateway_class": "edge"}
    old = converted(*given, WEB, version="1.4", **gateway)
    assert "1.5" in told(old, "gateway-api/listeners-limit") and not named(old, "ListenerSet")
    (written,) = named(old, "Gateway").values()
    assert len(written["listeners"]) == 64
    new = converted(*given, WEB, version="1.5", **gateway)
    assert "gateway-api/listeners-limit" not in codes(new) and named(new, "ListenerSet")


def big(hosts: int, paths: int) -> str:
    """One Ingress whose hosts share their paths; each path has a backend and a prefix to strip."""
    backend = "{service: {name: s%02d, port: {number: 80}}}"
    lines = [
        "apiVersion: networking.k8s.io/v1\nkind: Ingress\nmetadata:\n  name: big\n  namespace: shop\n"
        '  annotations: {konghq.com/strip-path: "true", konghq.com/methods: "GET,POST"}\n'
        "spec:\n  ingressClassName: kong\n  rules:"
    ]
    for host in range(hosts):
        lines.append(f"  - host: h{host:02d}.example.com\n    http:\n      paths:")
        lines += [
            f"      - {{path: /p{n:02d}, pathType: Prefix, backend: {backend % n}}}" for n in range(paths)
        ]
    return "\n".join(lines) + "\n"


@pytest.mark.parametrize("version", ["1.1", "1.6"])
def test_forty_paths_on_thirty_hosts_are_split_and_still_answered_alike(version: str) -> None:
    documents = [big(30, 40), *(service(f"s{n:02d}") for n in range(40))]
    result = converted(*documents, version=version)
    routes = named(result, "HTTPRoute")
    assert all(len(spec["rules"]) <= 16 and len(spec["hostnames"]) <= 16 for spec in routes.values())
    written = {
        (host, match["path"]["value"], match["method"], rule["backendRefs"][0]["name"])
        for spec in routes.values()
        for host in spec["hostnames"]
        for rule in spec["rules"]
        for match in rule["matches"]
    }
    assert written == {
        (f"h{h:02d}.example.com", f"/p{n:02d}", method, f"s{n:02d}")
        for h in range(30)
        for n in range(40)
        for method in ("GET", "POST")
    }
    if version != "1.1":
        return  # asking the requests again takes long; the older release has the smaller parts
    options = Options(settings={"gateway-api.parent": "infra/edge"}, target_version=version)
    outcome = verify(Source("---\n".join(documents)), to="gateway-api", options=options)
    assert outcome.requests > 4000 and outcome.uncovered == []
    assert outcome.surprises == []
