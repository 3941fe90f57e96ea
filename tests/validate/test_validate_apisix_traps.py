"""The numbered traps of the APISIX target in anybody's manifests: what `kong2x validate` says of each.

Every test has objects that fall into the trap, and a near neighbour that does not. Traps that no manifest can
show (an installation, an intent that is written nowhere) are tested in tests/emit/apisix instead.
"""

from __future__ import annotations

import copy
import random
import re
from pathlib import Path

import pytest

from kong2x.validate.apisix.hint_codes import CODES as HINTS
from tests.validate.apisix_objects import (
    HEADER,
    LIMIT,
    PARAMETERS,
    PC,
    V1,
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
    findings,
    gateway_route,
    health,
    ingress_class,
    match,
    plugin,
    plugins,
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

PROXY_REWRITE, REDIRECT = "proxy-rewrite", "redirect"


def falls(code, bad, good, version="2.2"):
    """That `code` is told about `bad` and not about `good`, with the field, what was read and what to type."""
    found = [f for f in findings(bad, version) if f.code == code]
    assert found, codes(bad, version)
    for finding in found:
        assert finding.object is not None and finding.message.endswith((".", "?")) and finding.remedy
    assert code not in codes(good, version)
    return found[0]


def paths(*texts, name="r", **more):
    return rule(name, {"paths": list(texts), **more.pop("match", {})}, **more)


def host(name, *texts, rule_name="h", **more):
    return paths(*(texts or ("/*",)), name=rule_name, match={"hosts": [name]}, **more)


def ingress(*entries, notes=None, **spec):
    value = {
        "apiVersion": "networking.k8s.io/v1",
        "kind": "Ingress",
        "metadata": {"name": "old", "namespace": "shop"},
        "spec": {"ingressClassName": "apisix", **spec},
    }
    if entries:
        value["spec"]["rules"] = [{"host": "a.example", "http": {"paths": list(entries)}}]
    if notes:
        value["metadata"]["annotations"] = {f"k8s.apisix.apache.org/{k}": v for k, v in notes.items()}
    return value


def place(path, kind="ImplementationSpecific"):
    return {
        "path": path,
        "pathType": kind,
        "backend": {"service": {"name": "web", "port": {"number": 80}}},
    }


CLASS = ingress_class(parameters=PARAMETERS)


def test_trap_1_a_path_goes_on_after_its_star():
    for text in ("/foo*bar", "/a/*.png"):
        falls("apisix/path-star", [match(paths=[text])], [match(paths=["/foo*"])])


def test_trap_2_metacharacters_before_a_slash_and_a_star():
    for text in ("/c++/*", "/a(b)/*", "/x[1]/*", "/foo$/*"):
        falls("apisix/path-metacharacters", [match(paths=[text])], [match(paths=["/a.b~c-d/*"])])


def test_trap_3_a_priority_cannot_beat_a_longer_path():
    told = falls(
        "apisix/priority-without-effect",
        [route(paths("/*", priority=10), paths("/api/*", name="q"))],
        [route(paths("/*", "/api/*", priority=10), paths("/api/*", name="q"))],
    )
    assert "priority 10" in told.message and "rule q (priority 0)" in told.message
    canary = route(paths("/*", priority=10), paths("/*", name="p"), paths("/api/*", name="q"))
    assert "apisix/priority-without-effect" not in codes([canary]), "it decides on /*"
    other = route(paths("/*", priority=10), host("b.example", "/api/*"))
    other["spec"]["http"][0]["match"]["hosts"] = ["a.example"]
    assert "apisix/priority-without-effect" not in codes([other])


def test_trap_4_a_longer_path_takes_all_that_an_expression_asks_for():
    condition = {"subject": {"scope": "Path"}, "op": "RegexMatch", "value": r"^/api/v\d+/users"}
    pattern = paths("/*", match={"exprs": [condition]})
    lifted = paths("/*", "/api/*", match={"exprs": [condition]}, priority=1)
    told = falls(
        "apisix/rule-never-answers",
        [route(pattern, paths("/api/*", name="q"))],
        [route(lifted, paths("/api/*", name="q"))],
    )
    assert told.path == ("spec", "http", 0)
    posts = paths("/api/*", name="q", match={"methods": ["POST"]})
    assert "apisix/rule-never-answers" not in codes([route(pattern, posts)]), "a GET still reaches it"


def test_trap_5_a_path_without_host_loses_to_a_host():
    falls(
        "apisix/priority-without-effect",
        [route(paths("/login", priority=5), host("a.example"))],
        [route(paths("/login", priority=5), host("a.example", "/shop/*"))],
    )


def test_trap_6_two_rules_on_one_path_with_equal_priority():
    header = {"exprs": [{"subject": {"scope": "Header", "name": "x-a"}, "op": "Equal", "value": "1"}]}
    falls(
        "apisix/route-clash",
        [route(rule(match=header), rule("q"))],
        [route(rule(match=header, priority=1), rule("q"))],
    )


def test_trap_7_two_namespaces_or_kinds_compete():
    other = route(name="two")
    other["metadata"]["namespace"] = "sales"
    elsewhere = route(name="two")
    elsewhere["spec"]["ingressClassName"] = "apisix-internal"
    falls("apisix/route-clash", [route(), other], [route(), elsewhere])
    gateway = gateway_route(name="new")
    gateway["spec"]["rules"][0]["matches"] = [{"path": {"type": "Exact", "value": "/a"}}]
    away = gateway_route(name="new")
    away["spec"]["rules"][0]["matches"] = [{"path": {"type": "Exact", "value": "/b"}}]
    falls("apisix/httproute-first", [route(), gateway], [route(), away])
    falls("apisix/httproute-first", [route(), gateway], [route(), gateway, policy_of("new")])


def policy_of(name, **spec):
    policy = routes_policy(**spec)
    policy["spec"]["targetRefs"][0]["name"] = name
    return policy


def test_trap_8_an_encoded_path_never_matches():
    for text in ("/a%20b", "/a%2Fb", "/a%2fb", "/a//b", "/a/../b"):
        falls("apisix/path-encoded", [match(paths=[text])], [match(paths=["/a b"])])


def test_trap_9_a_colon_segment_is_plain_text():
    falls("apisix/path-parameter", [match(paths=["/users/:id"])], [match(paths=["/users/*"])])


def test_trap_10_a_prefix_ends_where_its_text_says():
    for text in ("/foo/*", "/foo*"):
        told = falls("apisix/prefix-edge", [match(paths=[text])], [match(paths=["/foo", "/foo/*"])])
        assert told.severity == "info"
    two = route(paths("/foo", name="a"), paths("/foo/*", name="b"))
    assert "apisix/prefix-edge" not in codes([two]), "another rule takes the path itself"
    guarded = {"subject": {"scope": "Path"}, "op": "RegexMatch", "value": r"^/foo(?:/|\z)"}
    assert "apisix/prefix-edge" not in codes([match(paths=["/foo*"], exprs=[guarded])])
    assert "apisix/prefix-edge" not in codes([match(paths=["/*"])])


def test_trap_11_an_implementation_specific_ingress_path_is_exact():
    for good in (place("/foo*"), place("/foo", "Prefix")):
        falls("apisix/ingress-exact", [CLASS, ingress(place("/foo"))], [CLASS, ingress(good)])
    foreign = ingress(place("/foo"), ingressClassName="kong")
    assert "apisix/ingress-exact" not in codes([CLASS, foreign]), "another controller serves it"


def test_trap_12_an_expression_without_anchor():
    falls(
        "apisix/regex-unanchored",
        [expr("Path", None, "RegexMatch", value="/a")],
        [expr("Path", None, "RegexMatch", value="^/a")],
    )
    notes = {"use-regex": "true"}
    falls(
        "apisix/regex-unanchored",
        [CLASS, ingress(place("/a.*"), notes=notes)],
        [CLASS, ingress(place("^/a.*"), notes=notes)],
    )


def test_trap_13_named_groups_in_templates_and_what_pcre_refuses():
    named = {"regex_uri": ["^/(?<id>.*)$", "/x/${id}"]}
    falls(
        "schema/plugin-refused",
        [plugins(plugin(PROXY_REWRITE, named))],
        [plugins(plugin(PROXY_REWRITE, {"regex_uri": ["^/(?<id>.*)$", "/x/${1}"]}))],
    )
    falls(
        "schema/apisix/expression-regex",
        [expr("Path", None, "RegexMatch", value=r"^/(?u:a)\u{1F600}")],
        [expr("Path", None, "RegexMatch", value=r"^/(?i:a)")],
    )


def test_trap_14_hosts_that_are_refused_or_never_match():
    falls("apisix/host-never-matches", [match(hosts=["a.example:8443"])], [match(hosts=["a.example"])])
    falls("schema/apisix/host", [match(hosts=["example.*"])], [match(hosts=["*.example"])])
    falls("apisix/host-never-matches", [match(hosts=["A.example"])], [match(hosts=["a.example"])], "2.1")
    assert "apisix/host-never-matches" not in codes([match(hosts=["A.example"])], "2.2")


def test_trap_15_a_wildcard_certificate_covers_one_label():
    wide = tls()
    wide["spec"]["hosts"] = ["*.a.example"]
    for name in ("x.y.a.example", "*.a.example"):
        falls(
            "apisix/wildcard-certificate",
            [wide, match(hosts=[name])],
            [wide, match(hosts=["x.a.example"])],
        )


def test_trap_16_a_negated_condition_holds_without_its_subject():
    for operator, more in (
        ("NotEqual", {"value": "1"}),
        ("NotIn", {"set": ["1"]}),
        ("RegexNotMatch", {"value": "1"}),
    ):
        bad = expr(op=operator, **more)
        good = expr(op=operator, **more)
        subject = {"scope": "Header", "name": "X-A"}
        good["spec"]["http"][0]["match"]["exprs"].append(
            {"subject": subject, "op": "RegexMatch", "value": "^"}
        )
        assert falls("apisix/absent-fits", [bad], [good]).severity == "info"
    always = expr("Variable", "request_method", "NotEqual", value="GET")
    assert "apisix/absent-fits" not in codes([always]), "every request has a method"


def test_trap_17_numbers_where_texts_are_compared():
    falls("schema/type", [expr(value=1)], [expr(value="1")])
    falls(
        "apisix/policy-vars",
        [routes_policy(vars=[["arg_x", "==", True]])],
        [routes_policy(vars=[["arg_x", "==", "true"]])],
    )


def test_trap_18_a_query_flag_equals_no_text():
    falls(
        "apisix/query-flag",
        [expr("Query", "debug", value="")],
        [expr("Query", "debug", "RegexMatch", value="^")],
    )


def test_trap_19_one_header_cannot_have_two_values():
    falls(
        "apisix/expressions-contradict",
        [exprs(("x-a", "1"), ("x-a", "2"))],
        [expr(op="In", set=["1", "2"])],
    )


def test_trap_20_methods_are_ten_and_in_capitals():
    for method in ("get", "MKCOL"):
        falls("schema/apisix/method", [match(methods=[method])], [match(methods=["GET", "PURGE"])])


def test_trap_21_the_number_of_conditions_does_not_count():
    header = {"exprs": [{"subject": {"scope": "Header", "name": "x-a"}, "op": "Equal", "value": "1"}]}
    falls(
        "apisix/rule-never-answers",
        [route(rule(match={**header, "methods": ["GET"]}), rule("q", priority=1))],
        [route(rule(match={**header, "methods": ["GET"]}, priority=2), rule("q", priority=1))],
    )
    posts = rule("q", {"methods": ["POST"]}, priority=1)
    assert "apisix/rule-never-answers" not in codes([route(rule(match={"methods": ["GET"]}), posts)])


def test_trap_22_a_rule_without_paths_or_with_one_twice():
    bare = {key: value for key, value in rule().items() if key != "match"}
    for bad in (route(bare), match(paths=[])):
        falls("schema/apisix/rule-without-match", [bad], [route()])
    falls("schema/apisix/path-twice", [match(paths=["/a", "/a"])], [match(paths=["/a", "/a/*"])])


def test_trap_23_weights_splits_retries_and_statuses_out_of_range():
    falls("schema/apisix/weight", [backends(backend(weight=-1))], [backends(backend(weight=0))])
    many = [backend(f"s{n}") for n in range(21)]
    falls("schema/apisix/split-size", [backends(*many)], [backends(*many[:20])])
    for bad in (70000, -1):
        falls("schema/apisix/retries", [upstream(retries=bad)], [upstream(retries=65535)])
    for bad in (100, 600):
        falls(
            "schema/apisix/health-codes",
            [health(healthy={"interval": "1s", "httpCodes": [bad]})],
            [health(healthy={"interval": "1s", "httpCodes": [200, 599]})],
        )


def test_trap_24_an_upstream_timeout_below_a_second():
    for bad in ("500ms", "999ms", "-1s"):
        falls(
            "schema/apisix/upstream-timeout",
            [upstream(timeout={"read": bad})],
            [upstream(timeout={"read": "1s"})],
        )
    assert "schema/apisix/upstream-timeout" not in codes([upstream(timeout={"read": "0s"})]), "it becomes 60"
    ports = {"portLevelSettings": [{"port": 80, "timeout": {"send": "1ms"}}]}
    assert "schema/apisix/upstream-timeout" in codes([upstream(**ports)])


def test_trap_25_a_rule_timeout_below_a_second_becomes_a_minute():
    falls(
        "apisix/route-timeout",
        [route(rule(timeout={"read": "900ms"}))],
        [route(rule(timeout={"read": "1s"}))],
    )


def test_trap_26_health_checks_need_intervals_nanoseconds_and_timeout():
    falls("apisix/health-interval", [health(healthy={"successes": 1})], [health(healthy={"interval": "1s"})])
    falls("apisix/health-timeout", [health(timeout=1)], [health(timeout=1_000_000_000)])
    told = falls(
        "schema/unknown-field",
        [health(unhealthy={"interval": "1s", "timeouts": 3})],
        [health(unhealthy={"interval": "1s", "timeout": 3})],
    )
    assert "Did you mean timeout" in told.message or "1.8" in told.message or "older" in told.message


def test_trap_27_zeros_and_false_are_not_sent_on():
    for counters in ({"httpFailures": 0}, {"tcpFailures": 0}):
        falls(
            "apisix/zero-lost",
            [health(unhealthy={"interval": "1s", **counters})],
            [health(unhealthy={"interval": "1s", "httpFailures": 1})],
        )
    falls("apisix/zero-lost", [health(healthy={"interval": "1s", "successes": 0})], [health()])
    falls("apisix/zero-lost", [health(strictTLS=False)], [health(strictTLS=True)])


def test_trap_28_headers_of_a_health_check():
    falls("schema/apisix/health-request-headers", [health(requestHeaders=["a: b"])], [health()])


def test_trap_29_a_passive_health_check_alone():
    passive = {"type": "http", "unhealthy": {"httpFailures": 3}}
    active = {"type": "http", "healthy": {"interval": "1s"}}
    told = falls(
        "schema/missing-field",
        [upstream(healthCheck={"passive": passive})],
        [upstream(healthCheck={"passive": passive, "active": active})],
    )
    assert "active" in told.message


def test_trap_30_hashing_without_key_and_a_host_that_is_not_there():
    falls(
        "schema/apisix/hash-key",
        [upstream(loadbalancer={"type": "chash", "hashOn": "header"})],
        [upstream(loadbalancer={"type": "chash", "hashOn": "header", "key": "X-A"})],
    )
    falls(
        "schema/apisix/upstream-host",
        [upstream(passHost="rewrite")],
        [upstream(passHost="rewrite", upstreamHost="a.example")],
    )


def test_trap_31_a_credential_without_name():
    falls("schema/apisix/credential-name", [credential()], [credential(name="one")])


@pytest.mark.parametrize("make", [route, lambda **meta: thing("ApisixUpstream", {"retries": 1}, **meta)])
def test_trap_32_labels_are_copied(make):
    falls("schema/apisix/label-empty", [make(labels={"a": ""})], [make(labels={"a": "b"})])
    falls("schema/pattern", [make(labels={"a": "b c"})], [make(labels={"a": "b-c"})])
    assert "schema/apisix/label-empty" not in codes([shared_with_label()]), "these labels stay where they are"


def shared_with_label():
    obj = shared(plugin("cors", {}))
    obj["metadata"]["labels"] = {"a": ""}
    return obj


def test_trap_33_a_dot_in_the_name_of_a_consumer():
    falls("schema/apisix/consumer-name", [consumer("a.b")], [consumer("a-b")])


def test_trap_34_a_plugin_that_the_data_plane_does_not_have():
    falls("schema/plugin-unknown", [plugins(plugin("key-autth", {}))], [plugins(plugin("key-auth", {}))])
    off = plugins(plugin("exit-transformer", {"functions": ["return 1"]}))
    falls("apisix/plugin-not-loaded", [off], [plugins(plugin("key-auth", {}))])


def test_trap_35_a_key_that_the_plugin_does_not_have():
    for bad in ({"key_names": ["apikey"]}, {"Header": "apikey"}):
        falls(
            "schema/plugin-key",
            [plugins(plugin("key-auth", bad))],
            [plugins(plugin("key-auth", {"header": "apikey"}))],
        )


@pytest.mark.parametrize(
    ("name", "bad", "good"),
    [
        ("cors", {"allow_origins": ["https://a.example"]}, {"allow_origins": "https://a.example"}),
        ("key-auth", {"header": ["apikey"]}, {"header": "apikey"}),
        ("ip-restriction", {"whitelist": "10.0.0.0/8"}, {"whitelist": ["10.0.0.0/8"]}),
        ("proxy-rewrite", {"headers": {"remove": {"a": "b"}}}, {"headers": {"remove": ["a"]}}),
    ],
)
def test_trap_36_lists_where_texts_are_expected_and_the_reverse(name, bad, good):
    falls("schema/plugin-config", [plugins(plugin(name, bad))], [plugins(plugin(name, good))])
    texts, lists = {"headers": {"add": "X-A: b"}}, {"headers": {"add": ["X-A: b"]}}
    falls(
        "apisix/header-form",
        [plugins(plugin("response-rewrite", texts))],
        [plugins(plugin("response-rewrite", lists))],
    )


def test_trap_37_an_added_header_with_a_colon_in_its_value():
    told = falls(
        "schema/plugin-config",
        [plugins(plugin("response-rewrite", {"headers": {"add": ["Location: https://a"]}}))],
        [plugins(plugin("response-rewrite", {"headers": {"set": {"Location": "https://a"}}}))],
    )
    assert "Location" in told.message and "headers.set" in told.remedy


@pytest.mark.parametrize(
    ("code", "name", "bad", "good"),
    [
        (
            "schema/plugin-config",
            "ip-restriction",
            {"whitelist": ["::1"], "blacklist": ["::2"]},
            {"whitelist": ["::1"]},
        ),
        ("schema/plugin-config", "redirect", {"uri": "/a", "http_to_https": True}, {"uri": "/a"}),
        (
            "schema/plugin-refused",
            "proxy-rewrite",
            {"regex_uri": ["^/a$", "/b", "^/c$"]},
            {"regex_uri": ["^/a$", "/b"]},
        ),
    ],
)
def test_trap_38_two_modes_of_one_plugin(code, name, bad, good):
    falls(code, [plugins(plugin(name, bad))], [plugins(plugin(name, good))])
    lists = {"allowlist-source-range": "10.0.0.0/8", "blocklist-source-range": "10.1.0.0/16"}
    one = dict(list(lists.items())[:1])
    falls(
        "apisix/ingress-address-lists",
        [CLASS, ingress(place("/a*"), notes=lists)],
        [CLASS, ingress(place("/a*"), notes=one)],
    )


def test_trap_39_numbers_from_a_secret_arrive_as_texts():
    entry = plugin("limit-req", {"key": "remote_addr", "burst": 1}, secretRef="s")
    whole = plugin("limit-req", {"key": "remote_addr", "burst": 1, "rate": 1}, secretRef="s")
    falls("apisix/secret-text", [plugins(entry)], [plugins(whole)])
    secret = ca(rate="1")
    secret["metadata"]["name"] = "s"
    told = falls("apisix/secret-text", [plugins(whole), secret], [plugins(whole), ca(rate="1")])
    assert "key rate" in told.message
    texts = plugin("csrf", {}, secretRef="ca")
    assert "apisix/secret-text" not in codes([plugins(texts), ca(key="k")])
    assert "apisix/secret-text" in codes([plugins(texts), ca(key="k", expires="1")])


def test_trap_40_one_service_twice_in_a_rule():
    falls(
        "schema/apisix/backend-twice",
        [backends(backend(), {**backend(), "servicePort": 81})],
        [backends(backend(), backend("two"))],
    )


def test_trap_41_one_apisix_upstream_behind_several_rules():
    one = route(rule(upstreams=[{"name": "u"}]))
    two = route(rule("q", {"paths": ["/b"]}, upstreams=[{"name": "u"}]), name="two")
    first = route({**rule("q", {"paths": ["/b"]}, upstreams=[{"name": "u"}]), "backends": []}, name="two")
    falls("apisix/upstream-shared", [one, two], [one, first])
    elsewhere = route(rule("q", {"paths": ["/b"]}, upstreams=[{"name": "u"}]), name="two")
    elsewhere["metadata"]["namespace"] = "sales"
    assert "apisix/upstream-shared" not in codes([one, elsewhere])


def test_trap_42_an_upstream_without_scheme_for_a_service_that_speaks_tls():
    speaks = service(ports=[{"port": 80, "appProtocol": "https"}])
    falls(
        "apisix/upstream-scheme", [upstream(retries=1), speaks], [upstream(retries=1, scheme="https"), speaks]
    )


def test_trap_43_settings_of_a_port_inherit_nothing():
    level = {"port": 80, "retries": 1}
    falls(
        "apisix/port-settings",
        [upstream(scheme="https", portLevelSettings=[level])],
        [upstream(scheme="https", portLevelSettings=[{**level, "scheme": "https"}])],
    )


def test_trap_44_an_upstream_acts_on_every_route_of_its_service():
    second = route(paths("/b"), name="two")
    away = route({**paths("/b"), "backends": [backend("other")]}, name="two")
    settings = upstream(scheme="http", retries=1)
    told = falls("apisix/upstream-for-all", [settings, route(), second], [settings, route(), away])
    assert told.severity == "info"


def test_trap_45_two_places_decide_the_host():
    rewrite = plugins(plugin(PROXY_REWRITE, {"host": "b.example"}))
    falls(
        "apisix/host-overwritten", [rewrite, upstream(passHost="node")], [rewrite, upstream(passHost="pass")]
    )


def test_trap_46_two_subsets_of_one_service_in_one_route():
    def subsets(first, second):
        return route(
            {**rule(), "backends": [backend(subset=first)]},
            {**rule("q", {"paths": ["/b"]}), "backends": [backend(subset=second)]},
        )

    falls("apisix/subset-clash", [subsets("a", "b")], [subsets("a", "a")])


def test_trap_47_the_cluster_address_of_a_service_that_has_none():
    asks = backends(backend(resolveGranularity="service"))
    for bad in ({"clusterIP": "None"}, {"type": "ExternalName", "externalName": "a.example"}):
        falls("apisix/granularity", [asks, service(**bad)], [asks, service()])


def test_trap_48_a_service_or_port_that_is_not_there():
    falls("apisix/service-missing", [route(), service("two")], [route(), service()])
    falls("apisix/service-missing", [route(), service(ports=[{"port": 81}])], [route(), service()])


def test_trap_49_more_retries_than_nodes():
    nodes = [{"name": f"{n}.example", "type": "Domain"} for n in "ab"]
    falls(
        "apisix/retries-without-effect",
        [upstream(retries=5, externalNodes=nodes)],
        [upstream(retries=1, externalNodes=nodes)],
    )
    assert "apisix/retries-without-effect" not in codes([upstream(retries=5)]), "endpoints come and go"


def test_trap_50_nobody_verifies_the_certificate_of_an_upstream():
    told = falls("apisix/upstream-not-verified", [upstream(scheme="https")], [upstream(scheme="http")])
    assert told.severity == "info"


def test_trap_51_websocket_is_off():
    asks = [{"subject": {"scope": "Header", "name": "Upgrade"}, "op": "Equal", "value": "websocket"}]
    falls(
        "apisix/websocket-off",
        [route(rule(match={"exprs": asks}))],
        [route(rule(match={"exprs": asks}, websocket=True))],
    )


def test_trap_52_weights_and_a_traffic_split_of_ones_own():
    split = plugin("traffic-split", {"rules": [{"weighted_upstreams": [{"weight": 1}]}]})
    falls(
        "apisix/weights-overridden",
        [backends(backend(weight=1), backend("b", weight=2), plugins=[split])],
        [backends(backend(weight=1), backend("b", weight=2))],
    )


def test_trap_53_a_plugin_twice_in_one_list():
    falls(
        "apisix/plugin-twice",
        [plugins(plugin(PROXY_REWRITE, {"uri": "/a"}), plugin(PROXY_REWRITE, {"host": "b"}))],
        [plugins(plugin(PROXY_REWRITE, {"uri": "/a", "host": "b"}))],
    )


def test_trap_54_enable_false_does_not_switch_a_shared_plugin_off():
    common = shared(plugin("key-auth", {}))
    falls(
        "apisix/plugin-still-on",
        [common, uses(plugins=[plugin("key-auth", {}, enable=False)])],
        [common, uses(plugins=[plugin("key-auth", {"_meta": {"disable": True}})])],
    )


def test_trap_55_secrets_of_a_shared_configuration_in_another_namespace():
    there = shared(plugin("csrf", {}, secretRef="s"), namespace="infra")
    here = shared(plugin("csrf", {}, secretRef="s"))
    falls("apisix/secret-not-merged", [there, uses(plugin_config_namespace="infra")], [here, uses()])


def test_trap_56_an_unknown_authentication_type_becomes_basic():
    for bad in ("key-auth", "keyauth", "oidc"):
        falls(
            "apisix/auth-type",
            [route(rule(authentication={"enable": True, "type": bad}))],
            [route(rule(authentication={"enable": True, "type": "keyAuth"}))],
        )


def test_trap_57_a_target_path_refers_to_groups_that_are_not_there():
    for bad in (
        {"uri": "/x/$1"},
        {"regex_uri": ["^/a/(.*)$", "/x/$2"]},
        {"regex_uri": [r"^/a/\((?:.*)$", "/$1"]},
    ):
        falls(
            "apisix/rewrite-template",
            [plugins(plugin(PROXY_REWRITE, bad))],
            [plugins(plugin(PROXY_REWRITE, {"regex_uri": ["^/a/(?<x>[(]*)(.)$", "/x/$1$2$$3"]}))],
        )


def test_trap_58_a_rewrite_replaces_what_matches_and_reads_dollars():
    def rewriting(pattern, to="/b"):
        return [plugins(plugin(PROXY_REWRITE, {"regex_uri": [pattern, to]}))]

    falls("apisix/rewrite-unanchored", rewriting("/a$"), rewriting("^/a$"))
    assert falls("apisix/rewrite-rest-stays", rewriting("^/a"), rewriting("^/a(?:/.*)?$")).severity == "info"
    assert "apisix/rewrite-rest-stays" not in codes(rewriting("^/a/(.*)"))
    told = falls("schema/plugin-refused", rewriting("^/a$", "/b$c"), rewriting("^/a$", "/b$$c"))
    assert "$$" in told.message


def test_trap_59_an_encoded_path_that_is_asked_for_and_rewritten():
    asks = [
        {"subject": {"scope": "Variable", "name": "real_request_uri"}, "op": "RegexMatch", "value": "^/a%2F"}
    ]
    header = {"headers": {"set": {"X-A": "1"}}}
    falls(
        "apisix/rewrite-decodes",
        [route(rule(match={"exprs": asks}, plugins=[plugin(PROXY_REWRITE, header)]))],
        [
            route(
                rule(
                    match={"exprs": asks},
                    plugins=[plugin(PROXY_REWRITE, {**header, "use_real_request_uri_unsafe": True})],
                )
            )
        ],
    )


def test_trap_60_redirects_to_https():
    to_https = plugin(REDIRECT, {"http_to_https": True})
    fixed = {"uri": "https://$host$request_uri", "ret_code": 301}
    filtered = {**fixed, "_meta": {"filter": [["scheme", "==", "http"]], "priority": 30000}}
    falls("apisix/redirect-port", [plugins(to_https)], [plugins(plugin(REDIRECT, filtered))])
    falls("apisix/redirect-loop", [plugins(plugin(REDIRECT, fixed))], [plugins(plugin(REDIRECT, filtered))])
    plain = [{"subject": {"scope": "Variable", "name": "scheme"}, "op": "Equal", "value": "http"}]
    assert "apisix/redirect-loop" not in codes(
        [route(rule(match={"exprs": plain}, plugins=[plugin(REDIRECT, fixed)]))]
    )
    falls(
        "apisix/redirect-after-login",
        [plugins(plugin("key-auth", {}), to_https)],
        [plugins(plugin("key-auth", {}), plugin(REDIRECT, filtered))],
    )


def test_trap_61_a_plugin_runs_globally_and_on_a_route():
    falls(
        "apisix/plugin-global-and-route",
        [everywhere("g", plugin("cors", {})), plugins(plugin("cors", {}))],
        [everywhere("g", plugin("cors", {})), plugins(plugin("gzip", {}))],
    )


def test_trap_62_a_plugin_is_global_twice():
    one = everywhere("g", plugin("cors", {}))
    falls(
        "apisix/plugin-global-twice",
        [one, everywhere("h", plugin("cors", {}))],
        [one, everywhere("h", plugin("gzip", {}))],
    )
    gateway = proxy(plugins=[{"name": "cors", "config": {}, "enabled": True}])
    off = proxy(plugins=[{"name": "cors", "config": {}, "enabled": False}])
    falls("apisix/plugin-global-twice", [one, gateway], [one, off])


def test_trap_63_a_consumer_without_its_namespace():
    falls(
        "apisix/consumer-identity",
        [consumer(), plugins(plugin("key-auth", {"anonymous_consumer": "bob"}))],
        [consumer(), plugins(plugin("key-auth", {"anonymous_consumer": "shop_bob"}))],
    )


def test_trap_64_two_logins_on_one_rule():
    both = [plugin("key-auth", {}), plugin("basic-auth", {})]
    either = plugin("multi-auth", {"auth_plugins": [{"key-auth": {}}, {"basic-auth": {}}]})
    falls("apisix/authentication-and", [plugins(*both)], [plugins(either)])
    inline = route(rule(authentication={"enable": True, "type": "keyAuth"}, plugins=both[1:]))
    assert "apisix/authentication-and" in codes([inline])


def test_trap_65_a_second_authentication_block_is_not_used():
    key, basic = {"value": {"key": "k"}}, {"value": {"username": "u", "password": "p"}}
    falls("apisix/auth-block-ignored", [consumer(keyAuth=key, basicAuth=basic)], [consumer(basicAuth=basic)])


def test_trap_66_there_are_no_consumer_groups():
    falls(
        "apisix/consumer-group",
        [plugins(plugin("consumer-restriction", {"type": "consumer_group_id", "blacklist": ["g"]}))],
        [plugins(plugin("consumer-restriction", {"type": "consumer_name", "blacklist": ["shop_g"]}))],
    )


def test_trap_67_ldap_needs_a_secret_reference_beside_its_value():
    value = {"value": {"user_dn": "cn=a"}}
    told = falls(
        "schema/missing-field",
        [consumer(ldapAuth=value)],
        [consumer(ldapAuth={**value, "secretRef": {"name": ""}})],
    )
    assert "secretRef" in told.message


def test_trap_68_an_early_plugin_on_a_consumer_and_on_a_route():
    def bob(*entries):
        obj = consumer()
        obj["spec"]["plugins"] = list(entries)
        return obj

    on_route = plugins(plugin("proxy-rewrite", {"uri": "/a"}), plugin("limit-count", LIMIT))
    falls(
        "apisix/plugin-consumer-and-route",
        [on_route, bob(plugin("proxy-rewrite", {"uri": "/b"}))],
        [on_route, bob(plugin("limit-count", {**LIMIT, "count": 9}), plugin("proxy-rewrite", {"uri": "/a"}))],
    )


def test_trap_69_a_plugin_of_a_gateway_proxy_says_enabled():
    entry = {"name": "cors", "config": {}}
    falls("apisix/proxy-plugin-off", [proxy(plugins=[entry])], [proxy(plugins=[{**entry, "enabled": True}])])
    assert "schema/unknown-field" in codes([proxy(plugins=[{**entry, "enable": True}])])


def test_trap_70_limits_count_per_rule_unless_they_have_a_group():
    grouped = {**LIMIT, "group": "g"}
    rules = [uses("common", rule("q", {"paths": ["/b"]}, plugin_config_name="common"))]
    falls(
        "apisix/limit-per-route",
        [shared(plugin("limit-count", LIMIT)), *rules],
        [shared(plugin("limit-count", grouped)), *rules],
    )
    told = falls(
        "schema/apisix/limit-group",
        [shared(plugin("limit-count", grouped)), plugins(plugin("limit-count", {**grouped, "count": 5}))],
        [shared(plugin("limit-count", grouped)), plugins(plugin("limit-count", grouped))],
    )
    assert "another count" in told.message


def test_trap_71_a_host_over_tls_without_certificate():
    secure = {
        "exprs": [{"subject": {"scope": "Variable", "name": "scheme"}, "op": "Equal", "value": "https"}]
    }
    asks = match(hosts=["b.example"], **secure)
    fits = match(hosts=["a.example"], **secure)
    falls("apisix/host-without-certificate", [tls(), asks], [tls(), fits])
    assert "apisix/host-without-certificate" not in codes([tls(), match(hosts=["b.example"])]), (
        "plain HTTP will do"
    )


def test_trap_72_two_certificates_for_one_host():
    falls("schema/apisix/sni-conflict", [tls(), tls("two", "d")], [tls(), tls("two", "c")])
    old = ingress(place("/a*"), tls=[{"hosts": ["a.example"], "secretName": "d"}])
    same = ingress(place("/a*"), tls=[{"hosts": ["a.example"], "secretName": "c"}])
    falls("schema/apisix/sni-conflict", [CLASS, tls(), old], [CLASS, tls(), same])


def test_trap_73_client_certificates_without_depth():
    client = {"caSecret": {"name": "ca", "namespace": "shop"}}
    falls("apisix/tls-depth", [tls(client=client)], [tls(client={**client, "depth": 1})])


def test_trap_74_an_authority_beside_a_server_certificate():
    asks = tls(client={"caSecret": {"name": "ca", "namespace": "shop"}, "depth": 1})
    falls("apisix/ca-secret", [asks, ca(**{"tls.crt": "x", "ca.crt": "y"})], [asks, ca(**{"ca.crt": "y"})])


def test_trap_75_a_stream_rule_by_server_name_needs_a_certificate():
    def named(name):
        obj = stream(9100)
        obj["spec"]["stream"][0]["match"]["host"] = name
        return obj

    falls("apisix/stream-host", [tls(), named("mq.example")], [tls(), named("a.example")])


def test_trap_76_stream_ports():
    falls("apisix/port-clash", [stream(9100, 9100)], [stream(9100, 9101)])
    falls("apisix/port-any", [stream(0)], [stream(1)])
    both = stream(9100, 9100)
    both["spec"]["stream"][1]["protocol"] = "UDP"
    assert "apisix/port-clash" in codes([both]), "the protocol is not compared"


def test_trap_77_forwarded_headers_are_overwritten():
    for scope, name in (("Header", "X-Forwarded-Proto"), ("Variable", "http_x_forwarded_host")):
        told = falls(
            "apisix/forwarded-header",
            [expr(scope, name, value="https")],
            [expr("Header", "X-Proto", value="https")],
        )
        assert "trusted_addresses" in told.remedy


def test_trap_78_a_class_without_gateway_proxy():
    falls("apisix/class-without-gateway", [ingress_class()], [CLASS])
    here = thing("GatewayProxy", proxy()["spec"], V1, name="gw", namespace="infra")
    falls("apisix/class-without-gateway", [CLASS, proxy()], [CLASS, here])


def test_trap_80_two_kinds_with_one_name():
    falls("apisix/name-clash", [route(), gateway_route()], [route(), gateway_route(name="two")])
    falls(
        "apisix/name-clash",
        [consumer(), credential(name="one")],
        [consumer("alice"), credential(name="one")],
    )
    old = ingress(place("/a*"))
    old["metadata"]["name"] = "web"
    kong = ingress(place("/a*"), ingressClassName="kong")
    kong["metadata"]["name"] = "web"
    falls("apisix/name-clash", [CLASS, route(), old], [CLASS, route(), kong])


def test_trap_82_a_default_backend_is_not_read():
    behind = {"service": {"name": "web", "port": {"number": 80}}}
    falls(
        "apisix/default-backend",
        [CLASS, ingress(defaultBackend=behind)],
        [CLASS, ingress(defaultBackend=behind, ingressClassName="kong")],
    )


def gateway(parameters=True, **more):
    value = {
        "apiVersion": "gateway.networking.k8s.io/v1",
        "kind": "Gateway",
        "metadata": {"name": "gw", "namespace": "shop"},
        "spec": {
            "gatewayClassName": "apisix",
            "listeners": [
                {"name": "http", "port": 80, "protocol": "HTTP"},
                {"name": "https", "port": 443, "protocol": "HTTPS", "hostname": "*.a.example"},
            ],
            **more,
        },
    }
    if parameters:
        ref = {"group": "apisix.apache.org", "kind": "GatewayProxy", "name": "gw"}
        value["spec"]["infrastructure"] = {"parametersRef": ref}
    return value


def attached(section, *filters, name="web", kind="HTTPRoute", **spec):
    obj = gateway_route(*filters, name=name)
    obj["kind"] = kind
    obj["spec"] |= {"parentRefs": [{"name": "gw", "sectionName": section}], **spec}
    return obj


TO_HTTPS = {"type": "RequestRedirect", "requestRedirect": {"scheme": "https"}}


def test_trap_83_listeners_are_not_kept_apart():
    redirect, real = attached("http", TO_HTTPS, name="to-https"), attached("https")
    apart = policy_of("to-https", vars=[["scheme", "==", "http"]])
    falls("apisix/listener-isolation", [gateway(), redirect, real], [gateway(), redirect, real, apart])
    assert "apisix/listener-isolation" not in codes([gateway(parameters=False), redirect, real])
    elsewhere = attached("https", hostnames=["b.example"])
    assert "apisix/listener-isolation" not in codes([gateway(), redirect, elsewhere])


def test_trap_84_policies_filters_and_names_of_gateway_api():
    bare = routes_policy()
    del bare["spec"]["priority"]
    falls("apisix/policy-priority", [bare], [routes_policy()])
    falls(
        "apisix/extension-order",
        [PC, gateway_route(extension(), HEADER)],
        [PC, gateway_route(HEADER, extension())],
    )
    falls("apisix/plugin-config-missing", [gateway_route(extension())], [PC, gateway_route(extension())])
    replaced = {
        "type": "RequestRedirect",
        "requestRedirect": {"path": {"type": "ReplaceFullPath", "replaceFullPath": "/"}},
    }
    falls(
        "apisix/redirect-path",
        [gateway(), attached("http", replaced)],
        [gateway(), attached("http", TO_HTTPS)],
    )
    falls(
        "apisix/tlsroute-hostnames",
        [gateway(), attached("https", kind="TLSRoute", hostnames=["a.a.example", "b.a.example"])],
        [gateway(), attached("https", kind="TLSRoute", hostnames=["a.a.example"])],
    )
    falls(
        "apisix/grpcroute-hostnames",
        [gateway(), attached("https", kind="GRPCRoute", hostnames=["x.a.example"])],
        [gateway(), attached("https", kind="GRPCRoute", hostnames=["*.a.example"])],
    )


def test_trap_85_one_mistake_anywhere_is_found_among_sound_objects():
    sound = [route(paths(f"/{n}"), name=f"r{n}") for n in range(20)]
    bad = match(methods=["get"])
    bad["metadata"] |= {"name": "other", "namespace": "team-b"}
    found = [f for f in findings([*sound, bad], hints=False) if f.code.startswith("schema/")]
    assert [(f.object.namespace, f.object.name) for f in found] == [("team-b", "other")]
    assert not [f for f in findings(sound, hints=False) if f.code.startswith("schema/")]


def test_every_hint_has_a_case():
    source = Path(__file__).read_text()
    assert [code.id for code in HINTS if f'"{code.id}"' not in source] == []


def places_in(value, path=()):
    yield path
    steps = value.items() if isinstance(value, dict) else enumerate(value) if isinstance(value, list) else ()
    for step, part in steps:
        yield from places_in(part, (*path, step))


@pytest.mark.parametrize("seed", range(150))
def test_objects_that_are_not_well_formed_are_told_and_never_stop_the_run(seed):
    chance = random.Random(seed)
    sound = [
        route(paths("/*", priority=1), host("a.example")),
        plugins(
            plugin(PROXY_REWRITE, {"regex_uri": ["^/a$", "/b"]}),
            plugin("consumer-restriction", {"whitelist": ["b"]}),
        ),
        uses("common", upstreams=[{"name": "u"}]),
        shared(plugin("limit-count", {**LIMIT, "group": "g"}, secretRef="s")),
        upstream(scheme="https", externalNodes=[{"name": "a.example", "type": "Domain"}]),
        tls(client={"caSecret": {"name": "ca", "namespace": "shop"}}),
        stream(9100, 9101),
        consumer(),
        service(),
        proxy(plugins=[{"name": "cors", "config": {}}]),
        policy_of("web", vars=[["scheme", "==", "http"]]),
        gateway(),
        attached("http", TO_HTTPS),
        attached("https", extension(), hostnames=["x.a.example"]),
        CLASS,
        ingress(place("/a"), tls=[{"hosts": ["a.example"], "secretName": "x"}]),
    ]
    objects = copy.deepcopy(sound)
    for obj in objects:
        spots = [path for path in places_in(obj) if path and path[0] in ("spec", "metadata")]
        *above, last = chance.choice(spots)
        holder = obj
        for step in above:
            holder = holder[step]
        holder[last] = chance.choice([None, 5, "x", [], {}, [[1]], {"a": [1]}, True, -1, [None], ["*"], ""])
    assert findings(objects)


def test_hints_are_for_validate_alone():
    """A conversion knows what was meant; its own objects are only checked for what is wrong whatever was meant."""
    bad = [route(paths("/*", priority=10), paths("/api/*", name="q"))]
    assert "apisix/priority-without-effect" in codes(bad)
    assert "apisix/priority-without-effect" not in codes(bad, hints=False)


def test_every_trap_has_a_test_with_its_number():
    folders = [Path(__file__).parent, Path(__file__).parents[1] / "emit" / "apisix"]
    text = "".join(file.read_text() for folder in folders for file in folder.glob("test_*.py"))
    numbers = {int(number) for number in re.findall(r"^def test_trap_(\d+)_", text, re.MULTILINE)}
    assert sorted(set(range(1, 86)) - numbers) == []
