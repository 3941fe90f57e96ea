"""The router model of APISIX against recorded decisions of the real one, and its rules one by one."""

from __future__ import annotations

import json
from collections import Counter

import pytest

from kong2x.model.traffic import Request
from kong2x.verify.apisix import ApisixRouter, Entry, Table, Target, apisix_router
from kong2x.verify.apisix.exchange import Caller, exchange
from kong2x.verify.apisix.variables import Variables


def entry(**fields):
    return Entry(
        fields["id"],
        fields["uris"],
        fields.get("hosts", ()),
        fields.get("methods", ()),
        fields.get("vars", ()),
        fields.get("priority", 0),
        fields.get("remote_addrs", ()),
    )


def test_recorded_router_decisions(shared, capsys):
    hits, misses = Counter(), []
    with open(shared / "facts/recorded/apisix-router.jsonl") as lines:
        for data in map(json.loads, lines):
            by_host = data["flavour"] == "radixtree_host_uri"
            table = Table([entry(**route) for route in data["routes"]], by_host)
            for given in data["requests"]:
                request = Request(
                    given["method"],
                    given["host"],
                    given["path"],
                    tuple((given.get("headers") or {}).items()),
                    given.get("scheme", "http"),
                    remote_address=given.get("remote_addr", "127.0.0.1"),
                )
                winner, _ = table.winner(Variables(request, given.get("vars", {})))
                got = winner.id if winner else None
                expected = given["expect"]
                right = got == expected["route"] or (got or "") in expected.get("tie", ())
                hits[data["flavour"], right] += 1
                if not right:
                    misses.append((data["id"], given, got))
    with capsys.disabled():
        for flavour in ("radixtree_host_uri", "radixtree_uri"):
            total = hits[flavour, True] + hits[flavour, False]
            print(f"\nAPISIX {flavour}: {hits[flavour, True]} of {total}", end="")
    assert not misses, misses[:3]


def winner(routes, path, host="a.example", **request):
    table = Table([entry(**{"id": str(n), **route}) for n, route in enumerate(routes)])
    found, _ = table.winner(Variables(Request(host=host, path=path, **request)))
    return found.id if found else None


@pytest.mark.parametrize(
    ("pattern", "hits", "misses"),
    [
        ("/foo", ["/foo"], ["/foo/", "/foobar"]),
        ("/foo*", ["/foo", "/foobar", "/foo/x"], ["/fo"]),
        ("/foo/*", ["/foo/", "/foo/x/y"], ["/foo"]),
        ("/foo/*/bar", ["/foo/a/bar", "/foo/a/b/bar"], ["/foo/a/baz"]),
        ("/foo*bar", ["/foo", "/foox"], ["/fo"]),
        ("/users/:id", ["/users/:id"], ["/users/5"]),
        ("/c++/*", [], ["/c++/x"]),
        ("/c++*", ["/c++/x"], ["/c+"]),
        ("/a b", ["/a%20b"], ["/a+b"]),
    ],
)
def test_path_patterns(pattern, hits, misses):
    for path in hits:
        assert winner([{"uris": [pattern]}], path) == "0", path
    for path in misses:
        assert winner([{"uris": [pattern]}], path) is None, path


def test_priority_only_counts_inside_one_path_node():
    routes = [{"uris": ["/*"], "priority": 1000}, {"uris": ["/foo"]}]
    assert winner(routes, "/foo") == "1"
    assert winner(routes, "/bar") == "0"
    same = [{"uris": ["/*"]}, {"uris": ["/*"], "priority": 1}]
    assert winner(same, "/x") == "1"


def test_a_host_level_without_a_hit_falls_through():
    routes = [
        {"uris": ["/a"], "hosts": ["a.example"]},
        {"uris": ["/*"], "hosts": ["*.example"]},
        {"uris": ["/*"]},
    ]
    assert winner(routes, "/a") == "0"
    assert winner(routes, "/b") == "1"
    assert winner(routes, "/b", host="other.test") == "2"
    assert winner(routes, "/b", host="A.EXAMPLE:8080") == "1"


ROUTE = {
    "apiVersion": "apisix.apache.org/v2",
    "kind": "ApisixRoute",
    "metadata": {"name": "web", "namespace": "shop"},
    "spec": {
        "http": [
            {
                "name": "cart",
                "match": {"hosts": ["Shop.example"], "paths": ["/cart", "/cart/*"]},
                "backends": [{"serviceName": "cart", "servicePort": 80}],
                "plugin_config_name": "shared",
                "plugins": [
                    {
                        "name": "redirect",
                        "enable": True,
                        "config": {
                            "uri": "https://$host$real_request_uri",
                            "ret_code": 308,
                            "_meta": {"filter": [["scheme", "==", "http"]]},
                        },
                    }
                ],
            }
        ]
    },
}
CONFIG = {
    "apiVersion": "apisix.apache.org/v2",
    "kind": "ApisixPluginConfig",
    "metadata": {"name": "shared", "namespace": "shop"},
    "spec": {
        "plugins": [
            {"name": "proxy-rewrite", "enable": True, "config": {"regex_uri": ["^/cart/?(.*)$", "/$1"]}},
            {"name": "cors", "enable": False, "config": {}},
        ]
    },
}


def test_objects_are_read_as_the_controller_reads_them():
    router = apisix_router([ROUTE, CONFIG])
    plain = router.answer(Request(host="shop.example", path="/cart/a%20b?x=1"))
    assert (plain.status, plain.location) == (308, "https://shop.example/cart/a%20b?x=1")
    tls = router.answer(Request(host="shop.example", path="/cart/a//b?x=1", scheme="https"))
    assert (tls.service, tls.path, tls.host) == ("shop/cart:80", "/a/b", "shop.example")
    assert tls.route == "ApisixRoute shop/web cart" and tls.plugins == ("proxy-rewrite", "redirect")
    assert router.answer(Request(host="shop.example", path="/cartx")).status == 404


def test_a_rule_without_backends_answers_503_or_what_its_plugin_says():
    def answer(plugins):
        rule = {"name": "r", "match": {"paths": ["/*"]}, "plugins": plugins}
        obj = {**ROUTE, "spec": {"http": [rule]}}
        return ApisixRouter(apisix_router([obj]).entries).answer(Request(host="h", path="/")).status

    assert answer([]) == 503
    abort = {"name": "fault-injection", "config": {"abort": {"http_status": 403}}}
    assert answer([abort]) == 403
    assert answer([{**abort, "enable": False}]) == 503


KEYS = [
    Caller(
        "shop_bob",
        [("k", "key-auth", {"key": "s3"})],
        {"response-rewrite": {"headers": {"set": {"x-who": "bob"}}}},
    )
]
LOGINS = [Caller("shop_eve", [("l", "basic-auth", {"username": "eve", "password": "pw"})])]


def exchanged(plugins, callers=(), everywhere=None, **request):
    """Status, headers to the client and to the backend of one request to a route with these plugins."""
    one = Entry("r", ["/*"], targets=[Target("shop/web:80")], plugins=plugins)
    variables = Variables(Request(host="a.example", path="/", **request))
    found = exchange(one, ApisixRouter([one]).answer(variables.request), variables, callers, everywhere)
    return found.status, dict(found.received([])), dict(found.sent)


def test_a_login_is_asked_for_before_a_redirect():
    plugins = {"key-auth": {}, "redirect": {"uri": "/x", "ret_code": 301}}
    assert exchanged(plugins, KEYS)[0] == 401
    status, headers, _ = exchanged(plugins, KEYS, headers=(("apikey", "s3"),))
    assert (status, headers["location"]) == (301, "/x")


def test_a_callers_own_plugins_act_and_its_name_replaces_what_the_client_sent():
    sent = (("apikey", "s3"), ("X-Consumer-Username", "root"))
    status, headers, to_backend = exchanged({"key-auth": {"hide_credentials": True}}, KEYS, headers=sent)
    assert status is None and headers == {"x-who": "bob"}
    assert to_backend["x-consumer-username"] == "shop_bob" and "apikey" not in to_backend


def test_basic_logins():
    status, headers, _ = exchanged({"basic-auth": {}}, LOGINS, headers=(("authorization", "Basic ZXZlOm5v"),))
    assert (status, headers["www-authenticate"]) == (401, 'Basic realm="basic"')
    good = (("authorization", "Basic ZXZlOnB3"),)
    assert exchanged({"basic-auth": {}}, LOGINS, headers=good)[0] is None


def test_who_may_call_is_checked_after_the_rewrite_phase():
    limits = {"consumer-restriction": {"whitelist": ["shop_ann"]}}
    assert exchanged(limits)[0] == 401
    assert exchanged({**limits, "key-auth": {}}, KEYS, headers=(("apikey", "s3"),))[0] == 403
    assert exchanged({"ip-restriction": {"whitelist": ["10.0.0.0/8"]}})[0] == 403
    assert exchanged({"ip-restriction": {"blacklist": ["10.0.0.0/8"]}})[0] is None
    redirect = {"redirect": {"uri": "/x", "ret_code": 302}, "ip-restriction": {"blacklist": ["127.0.0.1"]}}
    assert exchanged(redirect)[0] == 302, "redirect answers in the earlier phase"


def test_global_plugins_act_without_a_route():
    variables = Variables(Request(host="a.example", path="/"))
    answer = ApisixRouter([]).answer(variables.request)
    everywhere = {"response-rewrite": {"headers": {"add": ["x-a: 1"], "set": {"x-b": "$host"}}}}
    found = exchange(None, answer, variables, everywhere=everywhere)
    assert found.status == 404 and found.received([("x-a", "0")]) == [
        ("x-a", "0"),
        ("x-a", "1"),
        ("x-b", "a.example"),
    ]


def test_an_empty_path_is_an_error_and_http_to_https_names_the_port():
    one = Entry("r", ["/*"], targets=[Target("w")], plugins={"proxy-rewrite": {"regex_uri": ["^/a$", ""]}})
    assert ApisixRouter([one]).answer(Request(host="a.example", path="/a")).status == 500
    assert ApisixRouter([one]).answer(Request(host="a.example", path="/b")).status is None
    other = Entry("r", ["/*"], targets=[Target("w")], plugins={"redirect": {"http_to_https": True}})
    found = ApisixRouter([other]).answer(Request(host="a.example", path="/b?c"))
    assert found.location == "https://a.example:9443/b?c"
