"""Known faults of kubernetes-sigs/ingress2gateway in hosts, TLS, settings and whole runs, which kong2x does not have.

Each test names the file where the fault can be read (release 1.1.0 and its main branch of 2026-06; `kong/`
is pkg/i2gw/providers/kong, `common/` pkg/i2gw/providers/common) and shows kong2x on manifests that trigger it.
"""

from __future__ import annotations

import json
import random
from typing import Any

from .manifests import codes, converted, ingress, named, plugin, service, table

WEB, API = service("web"), service("api")
HOST = "shop.example.com"
GATEWAY = {"create_gateway": "true", "gateway_class": "edge"}


def listeners(result: Any, protocol: str = "HTTPS") -> dict[str, list[str]]:
    """The certificates of each host, from the one Gateway that was written."""
    (gateway,) = named(result, "Gateway").values()
    return {
        one.get("hostname", "any"): [ref["name"] for ref in one["tls"]["certificateRefs"]]
        for one in gateway["listeners"]
        if one["protocol"] == protocol
    }


def tls(host: str, secret: str) -> str:
    return f'  tls: [{{hosts: ["{host}"], secretName: {secret}}}]\n'


def test_fault_19_hosts_that_differ_in_a_dot_or_a_star_keep_their_routes() -> None:
    """common/utils.go makes one name of them, and common/converter.go keeps one route a name."""
    hosts = ("*.a.com", "a.com", "a-b.com", "a.b.com")
    given = [ingress("web", *(f"Prefix /{n} s{n}" for n in range(2)), host=host) for host in hosts]
    result = converted(
        *(text.replace("name: web", f"name: web{n}") for n, text in enumerate(given)),
        service("s0"),
        service("s1"),
    )
    assert {row[1] for row in table(result)} == set(hosts)
    one = "apiVersion: networking.k8s.io/v1\nkind: Ingress\nmetadata: {name: web, namespace: shop}\nspec:\n"
    one += "  ingressClassName: kong\n  rules:\n"
    path = "{path: /, pathType: Prefix, backend: {service: {name: s%d, port: {number: 80}}}}"
    for n, host in enumerate(hosts):
        one += f'  - {{host: "{host}", http: {{paths: [{path % n}]}}}}\n'
    rows = table(converted(one, *(service(f"s{n}") for n in range(4))))
    assert {row[1:] for row in rows} == {
        (host, "PathPrefix /", "", f"s{n}:80") for n, host in enumerate(hosts)
    }
    assert len({row[0] for row in rows}) == 4


def test_fault_20_and_so_do_their_listeners() -> None:
    """common/converter.go names listeners the same way and drops the later of one name."""
    hosts = ("*.a.com", "a.com", "a-b.com", "a.b.com")
    given = [
        ingress(f"i{n}", "Prefix / web", host=host, tls=tls(host, f"c{n}")) for n, host in enumerate(hosts)
    ]
    result = converted(*given, WEB, **GATEWAY)
    assert listeners(result) == {host: [f"c{n}"] for n, host in enumerate(hosts)}


def test_fault_21_a_named_port_of_a_file_is_found() -> None:
    """kong/resource_reader.go reads the input to its end for Ingresses; nothing is left for Services."""
    result = converted(
        ingress("web", "Prefix / web:http"), service("web", ports="[{name: http, port: 8080}]")
    )
    assert table(result) == [("web", HOST, "PathPrefix /", "", "web:8080")]


TCP = """apiVersion: configuration.konghq.com/v1beta1
kind: TCPIngress
metadata: {name: db, namespace: shop, annotations: {kubernetes.io/ingress.class: kong}}
spec:
  tls: [{hosts: [db.example.com], secretName: db-cert}]
  rules:
  - {port: 5432, backend: {serviceName: pg, servicePort: 5432}}
  - {host: db.example.com, port: 6380, backend: {serviceName: cache, servicePort: 6379}}
"""
STORES = (service("pg", ports="[{port: 5432}]"), service("cache", ports="[{port: 6379}]"))


def test_fault_22_tcp_ingresses_of_a_file_are_read() -> None:
    """The same reader is at its end for TCPIngresses too, and nobody says so."""
    result = converted(TCP, *STORES, version="1.6")
    (tcp,), (ends,) = named(result, "TCPRoute").values(), named(result, "TLSRoute").values()
    assert tcp["rules"] == [
        {"backendRefs": [{"group": "", "kind": "Service", "name": "pg", "port": 5432, "weight": 1}]}
    ]
    assert ends["hostnames"] == ["db.example.com"]
    assert ends["rules"] == [
        {"backendRefs": [{"group": "", "kind": "Service", "name": "cache", "port": 6379, "weight": 1}]}
    ]


def test_fault_23_tls_of_a_tcp_ingress_ends_at_the_gateway() -> None:
    """kong/crds/tcpingress.go passes TLS through, with certificates beside; the plain backend cannot answer."""
    result = converted(TCP, *STORES, version="1.6", **GATEWAY)
    (gateway,) = named(result, "Gateway").values()
    found = {one["port"]: one for one in gateway["listeners"] if one["port"] not in (80, 443)}
    assert (found[6380]["protocol"], found[6380]["tls"]["mode"]) == ("TLS", "Terminate")
    assert found[6380]["hostname"] == "db.example.com"
    assert (found[5432]["protocol"], "tls" in found[5432], "hostname" in found[5432]) == ("TCP", False, False)


def test_fault_24_a_host_gets_its_own_certificate_and_no_empty_name() -> None:
    """common/converter.go gives every host all Secrets of the Ingress, an absent name as an empty one."""
    blocks = (
        "  tls:\n  - {hosts: [a.example.com], secretName: a}\n  - {hosts: [b.example.com], secretName: b}\n"
        "  - {hosts: [c.example.com]}\n"
    )
    hosts = [f"{name}.example.com" for name in "abc"]
    given = [ingress("a", "Prefix / web", host=hosts[0], tls=blocks)]
    given += [ingress(host[0], "Prefix / web", host=host) for host in hosts[1:]]
    result = converted(*given, WEB, **GATEWAY)
    assert listeners(result) == {"a.example.com": ["a"], "b.example.com": ["b"]}
    assert {"tls/block-ignored", "gateway-api/no-certificate"} <= codes(result)


def test_fault_25_all_namespaces_keep_one_address() -> None:
    """common/converter.go writes a Gateway, and so an address, for each namespace."""
    given = [
        ingress("a", "Prefix / web", host="a.example.com", namespace="one", tls=tls("a.example.com", "a")),
        ingress("b", "Prefix / web", host="b.example.com", namespace="two", tls=tls("b.example.com", "b")),
    ]
    result = converted(*given, service("web", "one"), service("web", "two"), **GATEWAY)
    (gateway,) = (obj for obj in result.objects if obj["kind"] == "Gateway")
    assert gateway["metadata"] == {"name": "edge", "namespace": "infra"}
    for one in gateway["spec"]["listeners"]:
        (allowed,) = one["allowedRoutes"]["namespaces"]["selector"]["matchExpressions"]
        assert allowed["values"] == ["infra", "one", "two"]
    grants = [obj for obj in result.objects if obj["kind"] == "ReferenceGrant"]
    assert [(one["metadata"]["namespace"], one["spec"]["to"][0]["name"]) for one in grants] == [
        ("one", "a"),
        ("two", "b"),
    ]


def test_fault_26_a_default_backend_answers_what_no_rule_takes() -> None:
    """common/converter.go writes a route without a host, which reaches no host that has routes, nor any listener
    where all rules name hosts."""
    default = "  defaultBackend: {service: {name: api, port: {number: 80}}}\n"
    result = converted(ingress("own", "Prefix /own web"), ingress("rest", tls=default), WEB, API, **GATEWAY)
    assert table(result) == [
        ("own", HOST, "PathPrefix /own", "", "web:80"),
        ("rest", "any", "PathPrefix /", "", "api:80"),
        ("rest-fallback", HOST, "PathPrefix /", "", "api:80"),
    ]
    (gateway,) = named(result, "Gateway").values()
    assert [one.get("hostname") for one in gateway["listeners"] if one["protocol"] == "HTTP"] == [None]


def test_fault_27_https_only_is_not_served_in_clear_text() -> None:
    """kong/consts.go knows three annotations: headers, methods and plugins."""
    notes = {"konghq.com/protocols": "https", "konghq.com/https-redirect-status-code": "308"}
    result = converted(ingress("web", "Prefix /pay web", annotations=notes), WEB, version="1.5")
    assert table(result) == [
        ("web", HOST, "PathPrefix /pay", "", "web:80"),
        ("web-http", HOST, "PathPrefix /pay", "RequestRedirect", ""),
    ]
    routes = named(result, "HTTPRoute")
    assert [ref["sectionName"] for ref in routes["web"]["parentRefs"]] == ["https"]
    assert [ref["sectionName"] for ref in routes["web-http"]["parentRefs"]] == ["http"]
    redirect = {"scheme": "https", "statusCode": 308}
    assert routes["web-http"]["rules"][0]["filters"] == [
        {"type": "RequestRedirect", "requestRedirect": redirect}
    ]


def test_fault_28_the_backend_gets_the_path_and_host_that_it_got() -> None:
    """The same list lacks strip-path, preserve-host and host-aliases; annotations of Services are not read."""
    notes = {
        "konghq.com/strip-path": "true",
        "konghq.com/preserve-host": "false",
        "konghq.com/host-aliases": "www.example.com",
    }
    target = service(
        "web", annotations={"konghq.com/path": "/api", "konghq.com/host-header": "up.example.net"}
    )
    result = converted(ingress("web", "Prefix /foo web", annotations=notes), target)
    assert table(result) == [
        ("web", f"{HOST} www.example.com", "PathPrefix /foo", "URLRewrite", "web:80"),
    ]
    rewrite = {
        "hostname": "up.example.net",
        "path": {"type": "ReplacePrefixMatch", "replacePrefixMatch": "/api"},
    }
    assert named(result, "HTTPRoute")["web"]["rules"][0]["filters"] == [
        {"type": "URLRewrite", "urlRewrite": rewrite}
    ]


def test_fault_29_a_backend_that_speaks_tls_is_not_called_in_clear_text() -> None:
    """kong/converter.go never looks at konghq.com/protocol of a Service."""
    secure = {
        "konghq.com/protocol": "https",
        "konghq.com/tls-verify": "true",
        "konghq.com/ca-certificates-configmaps": "ca",
    }
    result = converted(ingress("web", "Prefix / web"), service("web", annotations=secure))
    assert table(result) == [("web", HOST, "PathPrefix /", "", "web:80")]
    (policy,) = named(result, "BackendTLSPolicy").values()
    assert policy["targetRefs"][0]["name"] == "web" and policy["validation"]["hostname"] == HOST
    unverified = converted(
        ingress("web", "Prefix / web"), service("web", annotations={"konghq.com/protocol": "https"})
    )
    assert table(unverified) == [("web", HOST, "PathPrefix /", "", "")]


def test_fault_30_an_access_check_on_a_service_closes_the_route() -> None:
    """kong/plugins.go reads the Ingress alone; plugins of Services, of consumers and of everybody are lost, and
    those of the Ingress become references that only Kong knows."""
    check = plugin("check", "key-auth", "{}")
    guarded = service("web", annotations={"konghq.com/plugins": "check"})
    on_service = converted(ingress("web", "Prefix / web"), guarded, check)
    note = {"konghq.com/plugins": "check"}
    on_route = converted(ingress("web", "Prefix / web", annotations=note), WEB, check)
    for result in (on_service, on_route):
        assert table(result) == [("web", HOST, "PathPrefix /", "", "")]
        assert {"gateway-api/denied", "key-auth/no-standard-filter"} <= codes(result)


def test_fault_31_more_rules_than_a_route_holds_are_split() -> None:
    """common/converter.go writes all rules of a host into one HTTPRoute; the API server refuses the 17th."""
    given = [ingress(f"i{n:02d}", f"Prefix /p{n:02d} s{n}") for n in range(3)]
    big = ingress("big", *(f"Prefix /q{n:02d} t{n}" for n in range(20)))
    result = converted(
        *given, big, *(service(f"s{n}") for n in range(3)), *(service(f"t{n}") for n in range(20))
    )
    assert [len(spec["rules"]) for spec in named(result, "HTTPRoute").values()] == [16, 4, 1, 1, 1]
    assert {row[2:] for row in table(result)} == {
        (f"PathPrefix /p{n:02d}", "", f"s{n}:80") for n in range(3)
    } | {(f"PathPrefix /q{n:02d}", "", f"t{n}:80") for n in range(20)}


def test_fault_32_more_listeners_than_a_gateway_holds_do_not_stop_the_run() -> None:
    """provider_intermediate/utils.go ends the run above 64 listeners, or common/converter.go writes them."""
    hosts = [f"h{n:02d}.example.com" for n in range(70)]
    given = [
        ingress(f"i{n}", "Prefix / web", host=host, tls=tls(host, f"c{n:02d}"))
        for n, host in enumerate(hosts)
    ]
    result = converted(*given, WEB, version="1.5", **GATEWAY)
    (gateway,) = named(result, "Gateway").values()
    sets = named(result, "ListenerSet")
    written = [*gateway["listeners"], *(one for spec in sets.values() for one in spec["listeners"])]
    assert [one["hostname"] for one in written if one["protocol"] == "HTTPS"] == hosts
    assert len(gateway["listeners"]) <= 64 and all(len(s["listeners"]) <= 64 for s in sets.values())
    assert not [code for code in codes(result) if code.startswith("schema/")]


def test_fault_33_the_order_of_the_input_changes_no_byte() -> None:
    """kong/storage.go and common/converter.go walk maps, so names and order change from run to run."""
    notes = {"konghq.com/headers.x-b": "1", "konghq.com/headers.x-a": "2", "konghq.com/headers.x-c": "3"}
    documents = [ingress(f"i{n}", f"Prefix /p{n} web", annotations=notes) for n in range(6)]
    documents += [ingress("tls", "Prefix / web", host="t.example.com", tls=tls("t.example.com", "t")), WEB]
    first = json.dumps(list(converted(*documents, **GATEWAY).objects))
    for seed in range(5):
        random.Random(seed).shuffle(documents)
        assert json.dumps(list(converted(*documents, **GATEWAY).objects)) == first


def test_fault_34_the_class_is_the_one_that_the_controller_has() -> None:
    """kong/kong.go knows the class `kong` only, and common/utils.go puts the field above the annotation."""
    other = ingress("web", "Prefix / web").replace("ingressClassName: kong", "ingressClassName: edge")
    assert table(converted(other, WEB)) == []
    assert table(converted(other, WEB, kong__class="edge")) == [("web", HOST, "PathPrefix /", "", "web:80")]
    both = ingress("web", "Prefix / web", annotations={"kubernetes.io/ingress.class": "internal"})
    assert table(converted(both, WEB)) == []
