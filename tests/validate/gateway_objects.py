"""Gateway API objects that are valid, and edits that break or keep them; for tests only."""

from __future__ import annotations

import copy
import random
from collections.abc import Callable
from typing import Any

GROUP = "gateway.networking.k8s.io"
Object = dict[str, Any]


def manifest(kind: str, version: str, spec: Object, group: str = GROUP) -> Object:
    return {
        "apiVersion": f"{group}/{version}",
        "kind": kind,
        "metadata": {"name": "web", "namespace": "shop"},
        "spec": spec,
    }


def http_route(**rule: Any) -> Object:
    base: Object = {"backendRefs": [{"name": "web", "port": 80}]}
    return manifest(
        "HTTPRoute",
        "v1",
        {"parentRefs": [{"name": "gw"}], "hostnames": ["a.example"], "rules": [{**base, **rule}]},
    )


def grpc_route(version: str = "v1", **rule: Any) -> Object:
    base: Object = {"backendRefs": [{"name": "web", "port": 80}]}
    return manifest("GRPCRoute", version, {"parentRefs": [{"name": "gw"}], "rules": [{**base, **rule}]})


def gateway(*listeners: Object, **spec: Any) -> Object:
    own = list(listeners) or [{"name": "http", "port": 80, "protocol": "HTTP"}]
    return manifest("Gateway", "v1", {"gatewayClassName": "any", "listeners": own, **spec})


def https(name: str = "https", **more: Any) -> Object:
    tls = {"mode": "Terminate", "certificateRefs": [{"name": "cert"}]}
    return {"name": name, "port": 443, "protocol": "HTTPS", "tls": tls, **more}


def plain_route(kind: str, version: str, **spec: Any) -> Object:
    refs = [{"name": "web", "port": 80}]
    return manifest(kind, version, {"parentRefs": [{"name": "gw"}], "rules": [{"backendRefs": refs}], **spec})


def tls_route(version: str = "v1", *hosts: str) -> Object:
    return plain_route("TLSRoute", version, hostnames=list(hosts) or ["a.example"])


def backend_tls(version: str = "v1", **validation: Any) -> Object:
    own = validation or {"wellKnownCACertificates": "System"}
    return manifest(
        "BackendTLSPolicy",
        version,
        {
            "targetRefs": [{"group": "", "kind": "Service", "name": "web"}],
            "validation": {"hostname": "a.example", **own},
        },
    )


def rewrite(
    kind: str, prefix: str | None = "/x", full: str | None = None, block: str = "urlRewrite"
) -> Object:
    path: Object = {"type": kind}
    if prefix is not None:
        path["replacePrefixMatch"] = prefix
    if full is not None:
        path["replaceFullPath"] = full
    name = {"urlRewrite": "URLRewrite", "requestRedirect": "RequestRedirect"}[block]
    return {"type": name, block: {"path": path}}


def header(kind: str = "RequestHeaderModifier", name: str = "x-a") -> Object:
    return {"type": kind, kind[0].lower() + kind[1:]: {"set": [{"name": name, "value": "1"}]}}


def mirror(**more: Any) -> Object:
    block = {"backendRef": {"name": "copy", "port": 80}, **more}
    return {"type": "RequestMirror", "requestMirror": block}


def cors(**lists: Any) -> Object:
    return {"type": "CORS", "cors": lists}


EXTENSION = {"type": "ExtensionRef", "extensionRef": {"group": "g.example", "kind": "Thing", "name": "x"}}
REDIRECT = {"type": "RequestRedirect", "requestRedirect": {"hostname": "b.example"}}

FILTERS = [
    header(),
    header("ResponseHeaderModifier"),
    REDIRECT,
    rewrite("ReplacePrefixMatch"),
    rewrite("ReplacePrefixMatch", block="requestRedirect"),
    rewrite("ReplaceFullPath", None, "/y"),
    rewrite("ReplaceFullPath", "/x"),
    rewrite("ReplaceFullPath", None),
    rewrite("ReplacePrefixMatch", "/x", "/y"),
    mirror(),
    mirror(percent=5),
    mirror(percent=5, fraction={"numerator": 1}),
    mirror(fraction={"numerator": 101}),
    mirror(fraction={"numerator": 3, "denominator": 2}),
    {"type": "RequestMirror", "requestMirror": {"backendRef": {"name": "copy"}}},
    {
        "type": "RequestMirror",
        "requestMirror": {"backendRef": {"name": "c", "kind": "Other", "group": "g.e"}},
    },
    cors(allowOrigins=["https://a.example"]),
    cors(allowOrigins=["*"]),
    cors(allowOrigins=["*", "https://a.example"]),
    cors(allowMethods=["*", "GET"]),
    cors(allowHeaders=["*", "x-a"]),
    cors(allowHeaders=["*"]),
    EXTENSION,
    {"type": "URLRewrite"},
    {"type": "URLRewrite", "requestRedirect": {"hostname": "b.example"}},
    {**header(), "urlRewrite": {"hostname": "b.example"}},
    {
        "type": "ExternalAuth",
        "externalAuth": {"protocol": "HTTP", "http": {}, "backendRef": {"name": "a", "port": 1}},
    },
    {
        "type": "ExternalAuth",
        "externalAuth": {"protocol": "GRPC", "http": {}, "backendRef": {"name": "a", "port": 1}},
    },
    {"type": "ExternalAuth", "externalAuth": {"protocol": "GRPC", "grpc": {}, "backendRef": {"name": "a"}}},
    {"type": "ExternalAuth"},
]
PATHS = [
    {},
    {"value": "/a"},
    {"type": "Exact", "value": "/a/b"},
    {"type": "PathPrefix", "value": "/a//b"},
    {"type": "Exact", "value": "/a/./b"},
    {"type": "Exact", "value": "/a/../b"},
    {"type": "Exact", "value": "/a/.."},
    {"type": "PathPrefix", "value": "/a/."},
    {"type": "PathPrefix", "value": "/a%2Fb"},
    {"type": "PathPrefix", "value": "/a%2fb"},
    {"type": "PathPrefix", "value": "/a%20b"},
    {"type": "PathPrefix", "value": "/a%2"},
    {"type": "PathPrefix", "value": "/a#b"},
    {"type": "PathPrefix", "value": "/a b"},
    {"type": "PathPrefix", "value": "/a?b"},
    {"type": "PathPrefix", "value": "/ä"},
    {"type": "PathPrefix", "value": "/a\n"},
    {"type": "PathPrefix", "value": "/~!$&'()*+,;=:@-_.a"},
    {"type": "PathPrefix", "value": "a"},
    {"type": "PathPrefix", "value": ""},
    {"type": "RegularExpression", "value": ""},
    {"type": "RegularExpression", "value": "a[ //"},
]
PARENTS = [
    {"name": "gw"},
    {"name": "gw", "sectionName": "a"},
    {"name": "gw", "sectionName": "b"},
    {"name": "gw", "port": 80},
    {"name": "gw", "port": 81},
    {"name": "gw", "port": 80, "sectionName": "a"},
    {"name": "gw", "namespace": "other"},
    {"name": "gw", "namespace": "other", "sectionName": "a"},
    {"name": "gw", "kind": "Service", "group": ""},
    {"name": "gw", "kind": "Gateway", "group": GROUP},
    {"name": "gw2"},
]
BACKENDS = [
    {"name": "web", "port": 80},
    {"name": "web"},
    {"name": "web", "kind": "Other", "group": "g.example"},
    {"name": "web", "kind": "Service", "group": "g.example"},
    {"name": "two", "port": 80},
]
TIMEOUTS = [
    {"request": "10s"},
    {"backendRequest": "10s"},
    {"request": "10s", "backendRequest": "10s"},
    {"request": "10s", "backendRequest": "10s1ms"},
    {"request": "0s", "backendRequest": "10s"},
    {"request": "0h0ms", "backendRequest": "10s"},
    {"request": "1m", "backendRequest": "59s999ms"},
    {"request": "1h1s", "backendRequest": "61m"},
]
SESSIONS = [
    {},
    {"sessionName": "s"},
    {"sessionName": "s", "cookieConfig": {}},
    {"sessionName": "s", "cookieConfig": {"lifetimeType": "Permanent"}},
    {"sessionName": "s", "cookieConfig": {"lifetimeType": "Permanent"}, "absoluteTimeout": "1h"},
    {"sessionName": "s", "type": "Header"},
    {"sessionName": "s", "type": "Header", "cookieConfig": {"lifetimeType": "Session"}},
]
METHODS = [
    {},
    {"type": "Exact"},
    {"service": "a.b.C"},
    {"service": ".a"},
    {"service": "a..b"},
    {"service": "1a"},
    {"service": "Foo_1.Bar", "method": "Get"},
    {"method": "Get-It"},
    {"method": "_x"},
    {"type": "RegularExpression", "service": "a.*"},
    {"type": "RegularExpression", "method": "["},
    {"type": "RegularExpression"},
]
TLS = [
    None,
    {},
    {"mode": "Terminate"},
    {"mode": "Terminate", "certificateRefs": []},
    {"mode": "Terminate", "certificateRefs": [{"name": "c"}]},
    {"certificateRefs": [{"name": "c"}]},
    {"mode": "Terminate", "options": {"a.example/b": "c"}},
    {"mode": "Terminate", "options": {}, "certificateRefs": []},
    {"mode": "Passthrough"},
    {"mode": "Passthrough", "certificateRefs": [{"name": "c"}]},
]
HOSTS = ["a.example", "*.a.example", "1.2.3.4", "1.2.3", "a.1.2", "*.1.2.3.4", "a-b.example", "x.y.a.example"]
ADDRESSES = [
    {"value": "1.2.3.4"},
    {"type": "IPAddress", "value": "1.2.3.4"},
    {"type": "IPAddress", "value": "::1"},
    {"type": "Hostname", "value": "a.example"},
    {"type": "Hostname", "value": "*.a.example"},
    {"type": "Hostname", "value": "A.example"},
    {"type": "Hostname", "value": "1.2.3.4"},
    {"type": "IPAddress"},
    {},
    {"type": "g.example/own", "value": "x"},
]
SANS = [
    {"type": "Hostname", "hostname": "a.example"},
    {"type": "URI", "uri": "spiffe://a/b"},
    {"type": "Hostname"},
    {"type": "URI", "hostname": "a.example"},
    {"type": "URI", "uri": "spiffe://a/b", "hostname": "a.example"},
    {"type": "Hostname", "hostname": "a.example", "uri": "spiffe://a/b"},
]

Edit = Callable[[Object, random.Random], None]


def some(pool: list[Any], rng: random.Random, most: int = 2) -> list[Any]:
    return [copy.deepcopy(rng.choice(pool)) for _ in range(rng.randint(1, most))]


def _rule(obj: Object) -> Object:
    rules = obj["spec"].setdefault("rules", [])
    if not rules:
        rules.append({})
    return rules[0]


def _set(key: str, make: Callable[[random.Random], Any]) -> Edit:
    return lambda obj, rng: _rule(obj).__setitem__(key, make(rng))


def _match(path_pool: list[Any], key: str) -> Callable[[random.Random], Any]:
    return lambda rng: [{key: entry} if entry is not None else {} for entry in some(path_pool, rng)]


def _backend_filters(obj: Object, rng: random.Random) -> None:
    refs = some(BACKENDS, rng)
    for ref in refs:
        if rng.random() < 0.7:
            ref["filters"] = some(FILTERS, rng)
    _rule(obj)["backendRefs"] = refs


def _many_matches(obj: Object, rng: random.Random) -> None:
    size = rng.choice([63, 64])
    rules = [{"matches": [{} for _ in range(size)]} for _ in range(rng.choice([2, 3]))]
    obj["spec"]["rules"] = [*rules, *([{}] if rng.random() < 0.5 else [])]
    if obj["kind"] == "HTTPRoute" and rng.random() < 0.5:
        for number, rule in enumerate(obj["spec"]["rules"]):
            rule["matches"] = [{"path": {"value": f"/{number}"}} for _ in rule.get("matches", [{}])]


def _names(obj: Object, rng: random.Random) -> None:
    rules = [copy.deepcopy(_rule(obj)) for _ in range(2)]
    for rule in rules:
        if rng.random() < 0.8:
            rule["name"] = rng.choice(["one", "two"])
    obj["spec"]["rules"] = rules


def _parents(obj: Object, rng: random.Random) -> None:
    obj["spec"]["parentRefs"] = some(PARENTS, rng, 3)


HTTP_EDITS: list[Edit] = [
    _parents,
    _set("filters", lambda rng: some(FILTERS, rng, 3)),
    _set("filters", lambda rng: some(FILTERS, rng, 1)),
    _set("backendRefs", lambda rng: some(BACKENDS, rng)),
    _set("backendRefs", lambda rng: []),
    lambda obj, rng: _rule(obj).pop("backendRefs", None),
    _set("matches", _match(PATHS, "path")),
    _set("matches", lambda rng: rng.choice([[], [{}], [{}, {}], [{"method": "GET"}]])),
    _set("timeouts", lambda rng: rng.choice(TIMEOUTS)),
    _set("sessionPersistence", lambda rng: copy.deepcopy(rng.choice(SESSIONS))),
    _backend_filters,
    _many_matches,
    _names,
    lambda obj, rng: obj["spec"].__setitem__("rules", []),
    lambda obj, rng: obj["spec"].pop("rules", None),
]
GRPC_EDITS: list[Edit] = [
    _parents,
    _set("filters", lambda rng: some([f for f in FILTERS if "Redirect" not in f["type"]], rng, 3)),
    _set("backendRefs", lambda rng: some(BACKENDS, rng)),
    _set("matches", _match(METHODS, "method")),
    _set("sessionPersistence", lambda rng: copy.deepcopy(rng.choice(SESSIONS))),
    _backend_filters,
    _many_matches,
    _names,
]


def _listeners(obj: Object, rng: random.Random) -> None:
    out = []
    for _ in range(rng.randint(1, 3)):
        entry: Object = {
            "name": rng.choice(["a", "b", "c"]),
            "port": rng.choice([80, 443]),
            "protocol": rng.choice(["HTTP", "HTTPS", "TLS", "TCP", "UDP", "g.example/own"]),
        }
        tls = copy.deepcopy(rng.choice(TLS))
        if tls is not None and rng.random() < 0.7:
            entry["tls"] = tls
        if rng.random() < 0.5:
            entry["hostname"] = rng.choice(["a.example", "b.example"])
        if obj["kind"] == "ListenerSet" and rng.random() < 0.1:
            entry.pop("port")
        out.append(entry)
    obj["spec"]["listeners"] = out


def _frontend(obj: Object, rng: random.Random) -> None:
    validation = {"caCertificateRefs": [{"group": "", "kind": "ConfigMap", "name": "ca"}]}
    ports = [{"port": rng.choice([443, 444]), "tls": {"validation": validation}} for _ in range(2)]
    obj["spec"]["tls"] = {"frontend": {"default": {"validation": validation}, "perPort": ports}}


KEYS = [
    "a",
    "a.example/b",
    "A/b",
    "a_",
    "-a",
    "a/b/c",
    "x" * 63,
    "x" * 64,
    "a" * 252 + "/b",
    "a" * 253 + "/b",
]

GATEWAY_EDITS: list[Edit] = [
    _listeners,
    _listeners,
    lambda obj, rng: obj["spec"].__setitem__("addresses", some(ADDRESSES, rng, 3)),
    lambda obj, rng: obj["spec"].__setitem__(
        "infrastructure", {rng.choice(["labels", "annotations"]): {rng.choice(KEYS): "v"}}
    ),
    _frontend,
]
PLAIN_EDITS: list[Edit] = [_parents, _names, _set("backendRefs", lambda rng: some(BACKENDS, rng))]
TLS_EDITS: list[Edit] = [
    *PLAIN_EDITS,
    lambda obj, rng: obj["spec"].__setitem__("hostnames", some(HOSTS, rng)),
]


def _validation(obj: Object, rng: random.Random) -> None:
    block = obj["spec"]["validation"]
    block.pop("wellKnownCACertificates", None)
    if rng.random() < 0.5:
        block["wellKnownCACertificates"] = rng.choice(["System", ""])
    if rng.random() < 0.5:
        block["caCertificateRefs"] = rng.choice([[], [{"group": "", "kind": "ConfigMap", "name": "ca"}]])


def _targets(obj: Object, rng: random.Random) -> None:
    pool = [
        {"group": "", "kind": "Service", "name": "web"},
        {"group": "", "kind": "Service", "name": "web", "sectionName": "a"},
        {"group": "", "kind": "Service", "name": "web", "sectionName": "b"},
        {"group": "", "kind": "Service", "name": "two"},
    ]
    obj["spec"]["targetRefs"] = some(pool, rng, 3)


POLICY_EDITS: list[Edit] = [
    _validation,
    _targets,
    lambda obj, rng: obj["spec"]["validation"].__setitem__("subjectAltNames", some(SANS, rng)),
]
BUDGETS = ["0s", "1s", "999ms", "1h", "1h1ms", "60m", "1ms"]


def _budget(obj: Object, rng: random.Random) -> None:
    block: Object = {}
    if rng.random() < 0.7:
        block["budget"] = {"interval": rng.choice(BUDGETS)}
    if rng.random() < 0.7:
        block["minRetryRate"] = {"interval": rng.choice(BUDGETS)}
    obj["spec"]["retryConstraint"] = block


TRAFFIC_EDITS: list[Edit] = [
    _budget,
    lambda obj, rng: obj["spec"].__setitem__("sessionPersistence", copy.deepcopy(rng.choice(SESSIONS))),
]


def _x_backend(obj: Object, rng: random.Random) -> None:
    spec = obj["spec"]
    if rng.random() < 0.3:
        spec.pop("externalHostname", None)
    elif rng.random() < 0.5:
        spec["externalHostname"] = {"hostname": rng.choice(["a.b.cluster.local", "b.example"])}
    if rng.random() < 0.6:
        spec["tls"] = {"mode": rng.choice(["ServerOnly", "ClientAndServer", "None"])}
        if rng.random() < 0.5:
            spec["tls"]["clientCertificateRef"] = {"name": "c"}
        if rng.random() < 0.6:
            spec["tls"]["validation"] = {"hostname": "a.example", "subjectAltNames": some(SANS, rng)}
            if rng.random() < 0.7:
                spec["tls"]["validation"]["wellKnownCACertificates"] = "System"


def bases() -> list[tuple[Object, list[Edit]]]:
    """Every kind in every version, valid in the releases that have it, with the edits for it."""
    listener = {"name": "a", "port": 80, "protocol": "HTTP"}
    target = [{"group": "", "kind": "Service", "name": "web"}]
    sets = {"parentRef": {"name": "gw"}, "listeners": [listener]}
    out = [
        (http_route(), HTTP_EDITS),
        (grpc_route(), GRPC_EDITS),
        (grpc_route("v1alpha2"), GRPC_EDITS),
        (gateway(), GATEWAY_EDITS),
        (manifest("ListenerSet", "v1", sets), GATEWAY_EDITS[:2]),
        (manifest("XListenerSet", "v1alpha1", sets, "gateway.networking.x-k8s.io"), GATEWAY_EDITS[:2]),
        *((tls_route(version), TLS_EDITS) for version in ("v1", "v1alpha2", "v1alpha3")),
        *((backend_tls(version), POLICY_EDITS) for version in ("v1", "v1alpha3")),
        *(
            (plain_route(kind, version), PLAIN_EDITS)
            for kind in ("TCPRoute", "UDPRoute")
            for version in ("v1", "v1alpha2")
        ),
        (manifest("BackendLBPolicy", "v1alpha2", {"targetRefs": target}), TRAFFIC_EDITS[1:]),
        (
            manifest(
                "XBackendTrafficPolicy", "v1alpha1", {"targetRefs": target}, "gateway.networking.x-k8s.io"
            ),
            TRAFFIC_EDITS,
        ),
        (
            manifest(
                "XBackend",
                "v1alpha1",
                {
                    "type": "ExternalHostname",
                    "externalHostname": {"hostname": "b.example"},
                    "port": {"port": 443, "name": "https"},
                },
                "gateway.networking.x-k8s.io",
            ),
            [_x_backend],
        ),
    ]
    return out


def variants(base: Object, edits: list[Edit], count: int, seed: int) -> list[Object]:
    """The base and `count` copies with one or two edits; the same for the same seed."""
    rng = random.Random(seed)
    out = [base]
    for _ in range(count):
        obj = copy.deepcopy(base)
        for edit in rng.sample(edits, k=min(len(edits), rng.choice([1, 1, 2]))):
            edit(obj, rng)
        out.append(obj)
    return out
