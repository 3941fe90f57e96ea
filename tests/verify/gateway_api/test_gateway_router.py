"""The router model of the Gateway API specification, rule by rule."""

from __future__ import annotations

import pytest

from kong2x.model.settings import Options
from kong2x.model.traffic import Request
from kong2x.verify.gateway_api import gateway_router


def route(name, rules, hostnames=(), parents=({"name": "edge"},), created=None, kind="HTTPRoute"):
    metadata = {"name": name, "namespace": "shop"}
    if created:
        metadata["creationTimestamp"] = created
    spec = {"parentRefs": list(parents), "rules": rules}
    if hostnames:
        spec["hostnames"] = list(hostnames)
    return {"kind": kind, "metadata": metadata, "spec": spec}


def rule(name, path="/", path_type="PathPrefix", service="web", **match):
    return {
        "name": name,
        "matches": [{"path": {"type": path_type, "value": path}, **match}],
        "backendRefs": [{"name": service, "port": 80}],
    }


def winner(objects, path, host="a.example", options=None, **request):
    answer = gateway_router(objects, options).answer(Request(host=host, path=path, **request))
    return answer.route.rpartition(" ")[2] if answer.route else None


@pytest.mark.parametrize(
    ("path", "hits", "misses"),
    [
        ("/foo", ["/foo", "/foo/", "/foo/x"], ["/foobar", "/FOO", "/fo"]),
        ("/foo/", ["/foo", "/foo/x"], ["/foobar"]),
        ("/", ["/", "/x"], []),
    ],
)
def test_prefixes_compare_whole_segments(path, hits, misses):
    objects = [route("r", [rule("one", path)])]
    assert all(winner(objects, hit) == "one" for hit in hits)
    assert all(winner(objects, miss) is None for miss in misses)


def test_exact_then_longest_prefix_then_method_then_headers():
    objects = [
        route(
            "r",
            [
                rule("root"),
                rule("long", "/a/b"),
                rule("exact", "/a/b", "Exact"),
                rule("method", "/", method="GET"),
                rule("header", "/", headers=[{"name": "X-A", "value": "1"}]),
            ],
        )
    ]
    assert winner(objects, "/a/b") == "exact"
    assert winner(objects, "/a/b/c", headers=(("x-a", "1"),)) == "long"
    assert winner(objects, "/z", headers=(("x-a", "1"),)) == "method"
    assert winner(objects, "/z", method="POST", headers=(("x-a", "1"),)) == "header"
    assert winner(objects, "/z", method="POST", headers=(("x-a", "2"),)) == "root"


def test_header_values_compare_with_case_and_names_without():
    objects = [route("r", [rule("h", headers=[{"name": "X-A", "value": "Blue"}])])]
    assert winner(objects, "/", headers=(("x-a", "Blue"),)) == "h"
    assert winner(objects, "/", headers=(("X-A", "blue"),)) is None


def test_hosts_are_ranked_and_do_not_fall_through():
    objects = [
        route("any", [rule("any", "/bar")]),
        route("wild", [rule("wild")], ["*.example"]),
        route("plain", [rule("plain", "/foo")], ["a.example"]),
    ]
    assert winner(objects, "/foo") == "plain"
    assert winner(objects, "/bar") is None, "D7: a miss does not try a less specific host"
    assert winner(objects, "/bar", host="x.y.example") == "wild"
    assert winner(objects, "/bar", host="example") == "any"


def test_ties_go_to_the_older_then_to_the_name_then_to_the_first_rule():
    young, old = "2024-02-01T00:00:00Z", "2024-01-01T00:00:00Z"
    assert winner([route("a", [rule("a")], created=young), route("b", [rule("b")], created=old)], "/") == "b"
    assert winner([route("b", [rule("b")]), route("a", [rule("a")])], "/") == "a"
    assert winner([route("r", [rule("one"), rule("two")])], "/") == "one"


def test_listeners_decide_the_scheme():
    gateway = {
        "kind": "Gateway",
        "metadata": {"name": "edge", "namespace": "shop"},
        "spec": {"listeners": [{"name": "web", "protocol": "HTTP"}, {"name": "tls", "protocol": "HTTPS"}]},
    }
    objects = [
        gateway,
        route("secure", [rule("secure")], parents=[{"name": "edge", "sectionName": "tls"}]),
        route("plain", [rule("plain")], parents=[{"name": "edge", "sectionName": "web"}]),
    ]
    assert winner(objects, "/") == "plain"
    assert winner(objects, "/", scheme="https") == "secure"
    options = Options("gateway-api", {"gateway-api.https-section": "tls", "gateway-api.http-section": "web"})
    assert winner(objects[1:], "/", options=options) == "plain"


def answer(filters, path="/foo/bar?q=1", prefix="/foo", host="a.example:8080", **request):
    one = {**rule("r", prefix), "filters": filters}
    return gateway_router([route("r", [one])]).answer(Request(host=host, path=path, **request))


@pytest.mark.parametrize(
    ("path", "replacement", "received"),
    [
        ("/foo", "/", "/"),
        ("/foo/", "/", "/"),
        ("/foo/x", "/", "/x"),
        ("/foo/x", "/api", "/api/x"),
        ("/foo/", "/api", "/api/"),
    ],
)
def test_replace_prefix_match(path, replacement, received):
    change = {"path": {"type": "ReplacePrefixMatch", "replacePrefixMatch": replacement}}
    assert answer([{"type": "URLRewrite", "urlRewrite": change}], path).path == received


@pytest.mark.parametrize(
    ("redirect", "status", "location"),
    [
        ({"scheme": "https"}, 302, "https://a.example/foo/bar?q=1"),
        ({"hostname": "b.example", "statusCode": 301}, 301, "http://b.example:8080/foo/bar?q=1"),
        (
            {
                "scheme": "https",
                "hostname": "b.example",
                "path": {"type": "ReplaceFullPath", "replaceFullPath": "/"},
            },
            302,
            "https://b.example/?q=1",
        ),
        ({"scheme": "https", "port": 8443}, 302, "https://a.example:8443/foo/bar?q=1"),
        ({"scheme": "https", "port": 443}, 302, "https://a.example/foo/bar?q=1"),
    ],
)
def test_redirects(redirect, status, location):
    found = answer([{"type": "RequestRedirect", "requestRedirect": redirect}])
    assert (found.status, found.location) == (status, location)


def test_backends():
    def served(refs):
        one = {"name": "r", "backendRefs": refs}
        return gateway_router([route("r", [one])]).answer(Request(host="h", path="/"))

    assert served([]).status == 500
    assert served([{"name": "a", "port": 80, "weight": 0}]).status == 500
    split = served(
        [{"name": "a", "port": 80, "weight": 90}, {"name": "b", "port": 80, "namespace": "x", "weight": 10}]
    )
    assert split.weights == (("shop/a:80", 90), ("x/b:80", 10))


def test_grpc_methods_are_paths_of_post():
    rules = [{"name": "get", "matches": [{"method": {"service": "a.B", "method": "Get"}}]}]
    objects = [route("r", rules, kind="GRPCRoute")]
    assert winner(objects, "/a.B/Get", method="POST") == "get"
    assert winner(objects, "/a.B/GetAll", method="POST") is None
    assert winner(objects, "/a.B/Get", method="GET") is None
