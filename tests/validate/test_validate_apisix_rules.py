"""Each trap of the APISIX controller: an object that falls into it, and one an edit away that does not."""

from __future__ import annotations

import copy

import pytest

from kong2x.validate import Validator
from kong2x.validate.apisix.codes import CODES as REFUSED
from kong2x.validate.apisix.durations import milliseconds
from kong2x.validate.apisix.plugin_codes import CODES as PLUGINS
from kong2x.validate.apisix.plugin_trap_codes import CODES as PLUGIN_TRAPS
from kong2x.validate.apisix.trap_codes import CODES as TRAPS
from tests.validate.apisix_objects import (
    HEADER,
    LIMIT,
    OTHER_NS,
    PARAMETERS,
    PC,
    SPLIT,
    V1,
    auth,
    backend,
    backends,
    ca,
    codes,
    consumer,
    credential,
    everywhere,
    expr,
    exprs,
    extension,
    gateway_route,
    health,
    ingress_class,
    jwt,
    l4,
    match,
    node,
    plane,
    plugin,
    plugins,
    policy,
    proxy,
    route,
    routes_policy,
    rule,
    service,
    shared,
    stream,
    thing,
    tls,
    upstream,
    uses,
)

REFUSALS = [
    (
        "load-balancer-key",
        [policy(loadbalancer={"type": "roundrobin", "key": "uri"})],
        [policy(loadbalancer={"type": "chash", "key": "uri"})],
    ),
    (
        "policy-target",
        [policy(targetRefs=[{"group": "g.example", "kind": "Service", "name": "web"}])],
        [policy()],
    ),
    ("policy-target", [l4("HTTPRoute")], [l4()]),
    ("duration", [upstream(timeout={"read": "5"})], [upstream(timeout={"read": "5s"})]),
    ("duration", [route(rule(timeout={"read": "soon"}))], [route(rule(timeout={"read": "1m"}))]),
    ("duration", [health(healthy={"interval": "5"})], [health(healthy={"interval": "5s"})]),
    (
        "limit-group",
        [
            plugins(plugin("limit-count", {**LIMIT, "group": "g"})),
            shared(plugin("limit-count", {**LIMIT, "count": 2, "group": "g"})),
        ],
        [
            plugins(plugin("limit-count", {**LIMIT, "group": "g"})),
            shared(plugin("limit-count", {**LIMIT, "count": 2, "group": "h"})),
        ],
    ),
    ("proxy-provider", [proxy(provider={"type": "ControlPlane"})], [proxy()]),
    (
        "proxy-endpoints",
        [
            plane(
                endpoints=["http://a"],
                service={"name": "a", "port": 1},
                auth={"type": "AdminKey", "adminKey": {"value": "k"}},
            )
        ],
        [plane(service={"name": "a", "port": 1}, auth={"type": "AdminKey", "adminKey": {"value": "k"}})],
    ),
    (
        "proxy-auth",
        [auth(value="k", valueFrom={"secretKeyRef": {"name": "s", "key": "k"}})],
        [auth(value="k")],
    ),
    ("proxy-auth", [auth()], [auth(valueFrom={"secretKeyRef": {"name": "s", "key": "k"}})]),
    ("jwt-key", [jwt(algorithm="RS256")], [jwt(algorithm="RS256", public_key="p")]),
    ("expression-subject", [expr(name=None, value="1")], [expr("Path", None, value="/a")]),
    ("rule-without-match", [route({k: v for k, v in rule().items() if k != "match"})], [route()]),
    ("rule-without-match", [match(paths=[])], [match(paths=["/a"])]),
    ("path-twice", [match(paths=["/a", "/a"])], [match(paths=["/a", "/a/*"])]),
    ("weight", [backends(backend(weight=-1))], [backends(backend(weight=0))]),
    (
        "split-size",
        [backends(*[backend(f"s{n}") for n in range(21)])],
        [backends(*[backend(f"s{n}") for n in range(20)])],
    ),
    ("retries", [upstream(retries=70000)], [upstream(retries=65535)]),
    ("retries", [upstream(retries=-1)], [upstream(retries=0)]),
    (
        "health-codes",
        [health(healthy={"interval": "1s", "httpCodes": [100]})],
        [health(healthy={"interval": "1s", "httpCodes": [200]})],
    ),
    ("upstream-timeout", [upstream(timeout={"read": "500ms"})], [upstream(timeout={"read": "1s"})]),
    ("health-request-headers", [health(requestHeaders=["a: b"])], [health()]),
    (
        "hash-key",
        [upstream(loadbalancer={"type": "chash", "hashOn": "header"})],
        [upstream(loadbalancer={"type": "chash", "hashOn": "consumer"})],
    ),
    (
        "hash-key",
        [policy(loadbalancer={"type": "chash"})],
        [policy(loadbalancer={"type": "chash", "key": "uri"})],
    ),
    (
        "upstream-host",
        [upstream(passHost="rewrite")],
        [upstream(passHost="rewrite", upstreamHost="a.example")],
    ),
    ("credential-name", [credential()], [credential(name="one")]),
    ("label-empty", [route(labels={"a": ""})], [route(labels={"a": "b"})]),
    ("consumer-name", [consumer("a.b")], [consumer("a-b")]),
    (
        "backend-twice",
        [backends(backend(weight=1), backend(weight=2))],
        [backends(backend(weight=1), backend("two", weight=2))],
    ),
    ("expression-operator", [expr(op="Equals", value="1")], [expr(op="Equal", value="1")]),
    ("expression-value", [expr(op="In", value="1")], [expr(op="In", set=["1"])]),
    ("expression-value", [expr(op="Equal", set=["1"])], [expr(op="Equal", value="1")]),
    ("expression-regex", [expr(op="RegexMatch", value="a(")], [expr(op="RegexMatch", value="a(?=b)")]),
    ("remote-address", [match(remoteAddrs=["10.0.0.0/33"])], [match(remoteAddrs=["10.0.0.0/8", "::1"])]),
    (
        "rule-name-twice",
        [thing("ApisixRoute", {"http": [rule("s0")], "stream": stream(9100)["spec"]["stream"]})],
        [thing("ApisixRoute", {"http": [rule("r")], "stream": stream(9100)["spec"]["stream"]})],
    ),
    ("method", [match(methods=["get"])], [match(methods=["GET"])]),
    ("method", [match(methods=["MKCOL"])], [match(methods=["PURGE"])]),
    ("host", [match(hosts=["example.*"])], [match(hosts=["*.example"])]),
    (
        "filter-function",
        [match(filter_func="return true")],
        [match(filter_func="function(vars) return true end")],
    ),
    ("external-node", [node(type="Host")], [node()]),
    ("external-node", [node(name="A_b")], [node(name="10.0.0.1")]),
    ("plugin-config-object", [plugins(plugin("key-auth", ["header"]))], [plugins(plugin("key-auth", {}))]),
    ("sni-conflict", [tls(), tls("two", "d")], [tls(), tls("two", "c")]),
]
FALLS = [
    ("path-star", [match(paths=["/a*b"])], [match(paths=["/a*"])]),
    ("path-star", [match(paths=["/a/*.png"])], [match(paths=["/a/*"])]),
    ("path-metacharacters", [match(paths=["/c++/*"])], [match(paths=["/c++*"])]),
    ("path-encoded", [match(paths=["/a%20b"])], [match(paths=["/a b"])]),
    ("path-encoded", [match(paths=["/a//b"])], [match(paths=["/a/b"])]),
    ("path-parameter", [match(paths=["/u/:id"])], [match(paths=["/u/a:b"])]),
    (
        "regex-unanchored",
        [expr("Path", None, "RegexMatch", value="/a$")],
        [expr("Path", None, "RegexMatch", value="^/a$")],
    ),
    (
        "regex-unanchored",
        [expr("Path", None, "RegexMatch", value="(?:/a|/b)")],
        [expr("Path", None, "RegexMatch", value="(?i)(?:^/a)")],
    ),
    ("host-never-matches", [match(hosts=["a.example:80"])], [match(hosts=["a.example"])]),
    ("policy-vars", [routes_policy(vars=[["arg_x", "==", 1]])], [routes_policy(vars=[["arg_x", "==", "1"]])]),
    ("expressions-contradict", [exprs(("x-a", "1"), ("X-A", "2"))], [exprs(("x-a", "1"), ("x-b", "2"))]),
    ("route-clash", [route(), route(name="two")], [route(), route(rule(priority=1), name="two")]),
    (
        "route-clash",
        [route(rule(match={"methods": ["GET"]}), rule("q"))],
        [route(rule(match={"methods": ["GET"]}), rule("q", {"methods": ["PUT"]}))],
    ),
    ("route-timeout", [route(rule(timeout={"read": "900ms"}))], [route(rule(timeout={"read": "1s"}))]),
    (
        "health-interval",
        [health(healthy={"successes": 1})],
        [health(healthy={"successes": 1, "interval": "1s"})],
    ),
    (
        "health-interval",
        [health(unhealthy={"interval": "500ms"})],
        [health(unhealthy={"interval": "1000ms"})],
    ),
    ("health-timeout", [health(timeout=5)], [health(timeout=5_000_000_000)]),
    (
        "zero-lost",
        [health(unhealthy={"interval": "1s", "httpFailures": 0})],
        [health(unhealthy={"interval": "1s", "httpFailures": 1})],
    ),
    ("zero-lost", [health(strictTLS=False)], [health(strictTLS=True)]),
    (
        "upstream-shared",
        [route(rule(upstreams=[{"name": "u"}]), rule("q", {"paths": ["/b"]}, upstreams=[{"name": "u"}]))],
        [route(rule(upstreams=[{"name": "u"}]), rule("q", {"paths": ["/b"]}, upstreams=[{"name": "w"}]))],
    ),
    (
        "upstream-scheme",
        [upstream(retries=1), service(ports=[{"port": 80, "appProtocol": "https"}])],
        [upstream(retries=1, scheme="https"), service(ports=[{"port": 80, "appProtocol": "https"}])],
    ),
    (
        "port-settings",
        [upstream(scheme="https", portLevelSettings=[{"port": 80, "retries": 1}])],
        [upstream(scheme="https", portLevelSettings=[{"port": 80, "retries": 1, "scheme": "https"}])],
    ),
    (
        "host-overwritten",
        [plugins(plugin("proxy-rewrite", {"host": "b.example"})), upstream(passHost="node")],
        [plugins(plugin("proxy-rewrite", {"host": "b.example"})), upstream(passHost="pass")],
    ),
    (
        "subset-clash",
        [
            route(
                {**rule(), "backends": [backend(subset="a")]},
                {**rule("q", {"paths": ["/b"]}), "backends": [backend(subset="b")]},
            )
        ],
        [
            route(
                {**rule(), "backends": [backend(subset="a")]},
                {**rule("q", {"paths": ["/b"]}), "backends": [backend(subset="a")]},
            )
        ],
    ),
    (
        "granularity",
        [backends(backend(resolveGranularity="service")), service(clusterIP="None")],
        [backends(backend(resolveGranularity="endpoints")), service(clusterIP="None")],
    ),
    ("service-missing", [route(), service("two")], [route(), service("web")]),
    ("service-missing", [route(), service(ports=[{"port": 81}])], [route(), service(ports=[{"port": 80}])]),
    (
        "weights-overridden",
        [backends(backend(), backend("b"), plugins=[plugin("traffic-split", SPLIT)])],
        [backends(backend(), plugins=[plugin("traffic-split", SPLIT)])],
    ),
    (
        "plugin-twice",
        [plugins(plugin("key-auth", {}), plugin("key-auth", {}))],
        [plugins(plugin("key-auth", {}), plugin("cors", {}))],
    ),
    (
        "plugin-still-on",
        [shared(plugin("key-auth", {})), uses(plugins=[plugin("key-auth", {}, enable=False)])],
        [shared(plugin("cors", {})), uses(plugins=[plugin("key-auth", {}, enable=False)])],
    ),
    (
        "secret-not-merged",
        [OTHER_NS, uses(plugin_config_namespace="infra")],
        [shared(plugin("key-auth", {}), namespace="infra"), uses(plugin_config_namespace="infra")],
    ),
    (
        "auth-type",
        [route(rule(authentication={"enable": True, "type": "key-auth"}))],
        [route(rule(authentication={"enable": True, "type": "keyAuth"}))],
    ),
    (
        "rewrite-template",
        [plugins(plugin("proxy-rewrite", {"uri": "/x/$1"}))],
        [plugins(plugin("proxy-rewrite", {"uri": "/x/$uri"}))],
    ),
    (
        "rewrite-unanchored",
        [plugins(plugin("proxy-rewrite", {"regex_uri": ["/a(.*)", "/$1"]}))],
        [plugins(plugin("proxy-rewrite", {"regex_uri": ["^/a(.*)", "/$1"]}))],
    ),
    (
        "plugin-global-and-route",
        [everywhere("g", plugin("cors", {})), plugins(plugin("cors", {}))],
        [everywhere("g", plugin("prometheus", {})), plugins(plugin("prometheus", {}))],
    ),
    (
        "plugin-global-twice",
        [everywhere("g", plugin("cors", {})), everywhere("h", plugin("cors", {}))],
        [everywhere("g", plugin("cors", {})), everywhere("h", plugin("gzip", {}))],
    ),
    (
        "consumer-identity",
        [consumer(), plugins(plugin("consumer-restriction", {"whitelist": ["bob"]}))],
        [consumer(), plugins(plugin("consumer-restriction", {"whitelist": ["shop_bob"]}))],
    ),
    (
        "authentication-and",
        [plugins(plugin("key-auth", {}), plugin("basic-auth", {}))],
        [plugins(plugin("key-auth", {}), plugin("acl", {"allow_labels": {"g": ["1"]}}))],
    ),
    (
        "auth-block-ignored",
        [consumer(keyAuth={"value": {"key": "k"}}, basicAuth={"value": {"username": "u", "password": "p"}})],
        [consumer(keyAuth={"value": {"key": "k"}})],
    ),
    (
        "proxy-plugin-off",
        [proxy(plugins=[{"name": "cors", "config": {}}])],
        [proxy(plugins=[{"name": "cors", "config": {}, "enabled": True}])],
    ),
    (
        "limit-per-route",
        [
            shared(plugin("limit-count", LIMIT)),
            uses("common", rule("q", {"paths": ["/b"]}, plugin_config_name="common")),
        ],
        [
            shared(plugin("limit-count", {**LIMIT, "group": "g"})),
            uses("common", rule("q", {"paths": ["/b"]}, plugin_config_name="common")),
        ],
    ),
    (
        "tls-depth",
        [tls(client={"caSecret": {"name": "ca", "namespace": "shop"}})],
        [tls(client={"caSecret": {"name": "ca", "namespace": "shop"}, "depth": 1})],
    ),
    (
        "ca-secret",
        [
            tls(client={"caSecret": {"name": "ca", "namespace": "shop"}, "depth": 1}),
            ca(**{"tls.crt": "x", "ca.crt": "y"}),
        ],
        [tls(client={"caSecret": {"name": "ca", "namespace": "shop"}, "depth": 1}), ca(**{"ca.crt": "y"})],
    ),
    (
        "consumer-group",
        [plugins(plugin("consumer-restriction", {"type": "consumer_group_id", "whitelist": ["g"]}))],
        [plugins(plugin("consumer-restriction", {"whitelist": ["shop_g"]}))],
    ),
    (
        "redirect-loop",
        [plugins(plugin("redirect", {"uri": "https://$host$request_uri"}))],
        [
            plugins(
                plugin(
                    "redirect",
                    {
                        "uri": "https://$host$request_uri",
                        "_meta": {"filter": [["scheme", "==", "http"]]},
                    },
                )
            )
        ],
    ),
    (
        "header-form",
        [plugins(plugin("proxy-rewrite", {"headers": {"set": "x-a: 1"}}))],
        [plugins(plugin("proxy-rewrite", {"headers": {"set-cookie": "x-a: 1"}}))],
    ),
    ("port-clash", [stream(9100, 9100)], [stream(9100, 9101)]),
    ("port-any", [stream(0)], [stream(1)]),
    ("class-without-gateway", [ingress_class()], [ingress_class(parameters=PARAMETERS)]),
    ("name-clash", [route(), gateway_route()], [route(), gateway_route(name="two")]),
    (
        "policy-priority",
        [thing("HTTPRoutePolicy", {"targetRefs": routes_policy()["spec"]["targetRefs"]}, V1)],
        [routes_policy()],
    ),
    ("extension-order", [PC, gateway_route(extension(), HEADER)], [PC, gateway_route(HEADER, extension())]),
    ("plugin-config-missing", [PC, gateway_route(extension("other"))], [PC, gateway_route(extension())]),
    (
        "plugin-config-missing",
        [uses("other"), shared(plugin("cors", {}))],
        [uses(), shared(plugin("cors", {}))],
    ),
    (
        "plugin-not-loaded",
        [plugins(plugin("exit-transformer", {"functions": ["return 1"]}))],
        [plugins(plugin("key-auth", {}))],
    ),
    (
        "plugin-global-only",
        [plugins(plugin("server-info", {}))],
        [everywhere("g", plugin("server-info", {}))],
    ),
    (
        "secret-text",
        [
            plugins(
                plugin("csrf", {}, secretRef="s"), plugin("limit-req", {"key": "remote_addr"}, secretRef="s")
            )
        ],
        [plugins(plugin("limit-req", {"key": "remote_addr", "rate": 1, "burst": 1}, secretRef="s"))],
    ),
]


def labelled(cases):
    return [f"{case[0]}-{number}" for number, case in enumerate(cases)]


@pytest.mark.parametrize(("code", "bad", "good"), REFUSALS, ids=labelled(REFUSALS))
def test_refused_one_edit_from_accepted(code, bad, good):
    found = codes(bad)
    assert f"schema/apisix/{code}" in found
    # The CRD itself takes it: that is what makes it a trap.
    assert not [other for other in found if other.startswith("schema/") and "/apisix/" not in other]
    assert not [other for other in codes(good) if other.startswith("schema/")]


@pytest.mark.parametrize(("code", "bad", "good"), FALLS, ids=labelled(FALLS))
def test_trap_one_edit_from_safe(code, bad, good):
    assert f"apisix/{code}" in codes(bad)
    assert f"apisix/{code}" not in codes(good)
    assert not [other for other in codes(bad) | codes(good) if other.startswith("schema/")]


def test_every_code_has_a_case():
    wanted = {code.id.rpartition("/")[2] for code in (*REFUSED, *TRAPS, *PLUGIN_TRAPS)}
    wanted |= {code.id.rpartition("/")[2] for code in PLUGINS if code.id.startswith("apisix/")}
    assert wanted == {case[0] for case in (*REFUSALS, *FALLS)}


def test_a_missing_plugin_configuration_shows_even_alone():
    assert "apisix/plugin-config-missing" in codes([gateway_route(extension())])


def test_capitals_in_hosts_matter_before_2_2():
    obj = match(hosts=["A.example"])
    assert "apisix/host-never-matches" in codes([obj], "2.1")
    assert codes([obj], "2.2") == set()


def test_the_crd_of_2_0_asks_for_a_name_on_path_conditions_too():
    assert "schema/missing-field" in codes([expr("Path", None, value="/a")], "2.0")
    assert codes([expr("Path", "", value="/a")], "2.0") == set()


def test_conditions_that_exclude_each_other_do_not_clash():
    one = exprs(("x-a", "1"))
    two = copy.deepcopy(one)
    two["metadata"]["name"] = "two"
    assert "apisix/route-clash" in codes([one, two])
    two["spec"]["http"][0]["match"]["exprs"][0]["value"] = "2"
    assert "apisix/route-clash" not in codes([one, two])


def test_a_service_of_another_namespace_is_not_missed():
    elsewhere = service("two")
    elsewhere["metadata"]["namespace"] = "other"
    assert codes([route(), elsewhere]) == set()


def test_disabled_plugins_are_not_looked_into():
    assert codes([plugins(plugin("no-such", {}, enable=False))]) == set()


def test_one_mistake_is_told_once():
    found = Validator("apisix").check(match(methods=["get"]))
    assert [(f.code, f.path) for f in found] == [
        ("schema/apisix/method", ("spec", "http", 0, "match", "methods", 0))
    ]
    assert "GET would do" in found[0].message


def test_checking_changes_nothing():
    for _, bad, good in (*REFUSALS, *FALLS):
        before = copy.deepcopy([bad, good])
        codes(bad), codes(good)
        assert [bad, good] == before


@pytest.mark.parametrize(
    ("text", "expected"),
    [("1s", 1000), ("1m30s", 90_000), ("1.5s", 1500), ("5", None), ("", None), (5, None)],
)
def test_durations(text, expected):
    assert milliseconds(text) == expected
