"""The APISIX profile: what the controller does with each object (facts 5.3, apisix-target 7, traps 29, 54, 59)."""

from __future__ import annotations

from typing import Any

import pytest

from kong2x.emit.gateway_api.profiles.apisix.plugins import Conflict, joined, prefix_exchange
from kong2x.model.finding import Protects
from kong2x.model.plugin import Consumer, Credential, Hidden, SecretKey
from kong2x.model.route import Feature, Rewrite, StreamRoute, Upstream
from kong2x.model.source import Leaf, ObjectRef

from .build import (
    FakeMapper,
    annotated,
    backend,
    codes,
    emit,
    filters,
    ingress,
    model,
    objects,
    only,
    paths,
    route,
    rules,
    service,
    use,
)
from .test_objects import valid

LIMIT = {"count": 5, "time_window": 60, "key_type": "var", "key": "remote_addr", "rejected_code": 429}
TABLE: dict[tuple[str, str], dict[str, Any]] = {
    ("rate-limiting", "apisix"): {"fragments": {"limit-count": LIMIT}, "priority": 910},
    ("key-auth", "apisix"): {"fragments": {"key-auth": {"header": "apikey"}}, "protects": Protects.ACCESS},
    ("basic-auth", "apisix"): {"fragments": {"basic-auth": {}}, "protects": Protects.ACCESS},
    ("ip-restriction", "apisix"): {"fragments": {"ip-restriction": {"whitelist": ["10.0.0.0/8"]}}},
    ("request-transformer", "apisix"): {
        "fragments": {"proxy-rewrite": {"headers": {"remove": ["x-debug"]}}},
        "priority": 801,
    },
    ("redirect", "apisix"): {"fragments": {"redirect": {"uri": "https://new.example/", "ret_code": 301}}},
}


def apisix(*given: Any, table: dict[tuple[str, str], dict[str, Any]] | None = None, **settings: str) -> Any:
    return emit(*given, mapper=FakeMapper(TABLE | (table or {})), implementation="apisix", **settings)


def plugins(emission: Any) -> dict[str, dict[str, Any]]:
    value = only(emission, "PluginConfig")
    return {entry["name"]: entry["config"] for entry in value["spec"]["plugins"]}


def test_a_plugin_is_a_pluginconfig_named_after_its_kongplugin() -> None:
    emission = apisix(route("prefix:/", plugins=(use("rate-limiting", {"minute": 5}, "slow"),)))
    value = only(emission, "PluginConfig")
    assert value["apiVersion"] == "apisix.apache.org/v1alpha1"
    assert value["metadata"] == {"name": "slow", "namespace": "shop"}
    assert value["spec"] == {"plugins": [{"name": "limit-count", "config": LIMIT}]}
    assert rules(emission)[0]["filters"] == [
        {
            "type": "ExtensionRef",
            "extensionRef": {"group": "apisix.apache.org", "kind": "PluginConfig", "name": "slow"},
        }
    ]
    valid(emission)


def test_equal_sets_share_one_object_and_others_do_not() -> None:
    slow = use("rate-limiting", {"minute": 5}, "slow")
    auth = use("key-auth", {}, "keys")
    emission = apisix(
        route("prefix:/a", plugins=(slow,), name="r1"),
        route("prefix:/b", plugins=(slow,), to="b", name="r2", origin=ingress("b")),
        route("prefix:/c", plugins=(slow, auth), to="c", name="r3", origin=ingress("c")),
    )
    assert sorted(objects(emission, "PluginConfig")) == ["keys-slow", "slow"]


def test_one_name_for_two_bodies_gets_a_hash() -> None:
    first = route("prefix:/a", strip_path=True, plugins=(use("request-transformer", {}, "t"),), name="r1")
    second = route(
        "prefix:/b", plugins=(use("request-transformer", {}, "t"),), to="b", name="r2", origin=ingress("b")
    )
    names = sorted(objects(apisix(first, second), "PluginConfig"))
    assert len(names) == 2 and all(name.startswith("t") for name in names)


def test_a_filter_and_a_plugin_never_meet_in_one_apisix_plugin() -> None:
    """An ExtensionRef replaces the entry that a standard filter made (apisix-target 7.4)."""
    given = route("prefix:/foo", strip_path=True, plugins=(use("request-transformer"),))
    emission = apisix(given)
    assert set(filters(rules(emission)[0])) == {"ExtensionRef"}
    assert plugins(emission)["proxy-rewrite"] == {
        "regex_uri": ["^/foo$", "/", "^/foo(/.*)$", "$1"],
        "headers": {"remove": ["x-debug"]},
    }
    alone = apisix(route("prefix:/foo", strip_path=True))
    assert set(filters(rules(alone)[0])) == {"URLRewrite"}


@pytest.mark.parametrize(
    ("prefix", "to", "request_path", "wanted"),
    [
        ("/foo", "/", "/foo", "/"),
        ("/foo", "/", "/foo/", "/"),
        ("/foo", "/", "/foo/x", "/x"),
        ("/foo", "/api", "/foo", "/api"),
        ("/foo", "/api", "/foo/x", "/api/x"),
        ("/a.b", "/", "/axb/x", "/axb/x"),
    ],
)
def test_prefix_exchange_is_that_of_kong(prefix: str, to: str, request_path: str, wanted: str) -> None:
    import re

    pairs = prefix_exchange(prefix, to)
    for pattern, template in zip(pairs[::2], pairs[1::2], strict=True):
        found = re.sub(r"\$(\d)", r"\\\1", template)
        if re.search(pattern, request_path):
            assert re.sub(pattern, found, request_path, count=1) == wanted
            return
    assert request_path == wanted


def test_trap_59_https_only_is_one_route_and_a_plugin_that_looks_at_the_scheme() -> None:
    emission = apisix(route("prefix:/pay", protocols=("https",), https_redirect_status_code=308))
    assert list(objects(emission)) == ["web"]
    assert "sectionName" not in only(emission)["spec"]["parentRefs"][0]
    assert plugins(emission)["redirect"] == {
        "uri": "https://$host$real_request_uri",
        "ret_code": 308,
        "_meta": {"priority": 30000, "filter": [["scheme", "==", "http"]]},
    }
    assert "backendRefs" in rules(emission)[0]


def test_https_only_keeps_kongs_426() -> None:
    abort = plugins(apisix(route("prefix:/pay", protocols=("https",))))["fault-injection"]["abort"]
    assert abort["http_status"] == 426 and abort["vars"] == [[["scheme", "==", "http"]]]


def test_https_only_behind_a_balancer() -> None:
    emission = apisix(
        route("prefix:/", protocols=("https",), https_redirect_status_code=301),
        offloading="true",
        https_port="8443",
    )
    redirect = plugins(emission)["redirect"]
    assert redirect["_meta"]["filter"] == [["http_x_forwarded_proto", "~=", "https"]]
    assert redirect["uri"] == "https://$host:8443$real_request_uri"


def test_trap_54_a_redirect_keeps_its_backend() -> None:
    emission = apisix(route("prefix:/", plugins=(use("redirect"),)))
    assert "backendRefs" in rules(emission)[0] and "RequestRedirect" not in filters(rules(emission)[0])


def test_https_only_and_a_redirect_plugin_conflict_and_deny() -> None:
    given = route(
        "prefix:/", protocols=("https",), https_redirect_status_code=301, plugins=(use("redirect"),)
    )
    emission = apisix(given)
    assert set(rules(emission)[0]) == {"matches"} and "apisix-conflict" in codes(emission)


def test_a_callers_own_identity_headers_are_removed_behind_a_login() -> None:
    emission = apisix(route("prefix:/", plugins=(use("key-auth"),)))
    assert plugins(emission)["proxy-rewrite"]["headers"]["remove"] == [
        "X-Consumer-ID",
        "X-Anonymous-Consumer",
    ]


def test_two_logins_with_guests_are_one_or() -> None:
    guests = {
        ("key-auth", "apisix"): {"fragments": {"key-auth": {"anonymous_consumer": "shop_guest"}}},
        ("basic-auth", "apisix"): {"fragments": {"basic-auth": {"anonymous_consumer": "shop_guest"}}},
    }
    both = (use("basic-auth", {"anonymous": "guest"}), use("key-auth", {"anonymous": "guest"}))
    found = plugins(apisix(route("prefix:/", plugins=both), table=guests))
    assert "key-auth" not in found and "basic-auth" not in found
    members = found["multi-auth"]["auth_plugins"]
    assert [next(iter(m)) for m in members] == ["basic-auth", "key-auth"]
    assert members[-1]["key-auth"] == {"anonymous_consumer": "shop_guest"} and members[0]["basic-auth"] == {}


def test_two_logins_without_guests_are_both_asked_for() -> None:
    found = plugins(apisix(route("prefix:/", plugins=(use("key-auth"), use("basic-auth")))))
    assert {"key-auth", "basic-auth"} <= set(found)


def test_a_value_from_a_secret_denies_for_access_and_is_told() -> None:
    key = SecretKey("shop", "s", "k")
    table = {("key-auth", "apisix"): {**TABLE["key-auth", "apisix"], "secrets": {("key-auth", ("x",)): key}}}
    emission = apisix(route("prefix:/", plugins=(use("key-auth"),)), table=table)
    assert set(rules(emission)[0]) == {"matches"}
    assert {"apisix-secret-access", "denied"} <= set(codes(emission))
    assert objects(emission, "PluginConfig") == {}


def test_trap_29_each_reference_has_its_object() -> None:
    emission = apisix(
        route("prefix:/a", plugins=(use("key-auth"),), protocols=("https",)),
        route("prefix:/b", plugins=(use("rate-limiting"),), hosts=(), origin=ingress("b"), to="b"),
    )
    have = {
        (m.value["metadata"]["namespace"], m.value["metadata"]["name"])
        for m in emission.manifests
        if m.value["kind"] == "PluginConfig"
    }
    for m in emission.manifests:
        if m.value["kind"] == "HTTPRoute":
            for rule in m.value["spec"]["rules"]:
                for part in rule.get("filters", ()):
                    if part["type"] == "ExtensionRef":
                        assert (m.value["metadata"]["namespace"], part["extensionRef"]["name"]) in have


def test_rewrites_without_a_standard_filter() -> None:
    root = apisix(route("prefix:/", to=service(path="/api")))
    assert plugins(root)["proxy-rewrite"]["regex_uri"] == [r"^/\z", "/api", "^/(.*)$", "/api/$1"]
    captures = apisix(route("regex:/v(\\d+)/(\\w+)", rewrite=Rewrite(("/s_", 2, "/v", 1))))
    assert plugins(captures)["proxy-rewrite"]["regex_uri"] == [r"^(?:/v(\d+)/(\w+)).*$", "/s_${2}/v${1}"]
    strip = apisix(route("regex:/v(\\d+)", strip_path=True, to=service(path="/api")))
    pairs = [r"^(?:/v(\d+))\z", "/api", r"^(?:/v(\d+))/?(.*)$", "/api/$2"]
    assert plugins(strip)["proxy-rewrite"]["regex_uri"] == pairs


def test_exact_paths_come_before_prefixes() -> None:
    """An earlier prefix of the same text would take the exact path over (apisix-target 7.3)."""
    emission = apisix(route("prefix:/a", to="p"), route("exact:/a", to="e"))
    assert [paths(rule)[0] for rule in rules(emission)] == ["Exact /a", "PathPrefix /a"]


def test_nothing_is_copied_because_apisix_falls_through() -> None:
    emission = apisix(route("prefix:/foo"), route("prefix:/bar", hosts=(), origin=ingress("b"), to="b"))
    assert sorted(objects(emission)) == ["b", "web"]


def traffic(target: Any, **more: Any) -> dict[str, Any]:
    return only(apisix(route("prefix:/", to=target, **more)), "BackendTrafficPolicy")["spec"]


def test_no_policy_where_the_defaults_agree() -> None:
    assert objects(apisix(route("prefix:/")), "BackendTrafficPolicy") == {}


def test_unverified_upstream_tls_is_carried() -> None:
    assert traffic(service(protocol="https")) == {
        "targetRefs": [{"group": "", "kind": "Service", "name": "web"}],
        "scheme": "https",
        "passHost": "pass",
    }


def test_lost_verification_is_an_error() -> None:
    target = service(
        protocol="https", tls_verify=True, provenance=annotated(Feature.TLS_VERIFY, "tls-verify")
    )
    emission = apisix(route("prefix:/", to=target))
    assert "apisix-upstream-tls" in codes(emission)
    assert any(f.severity == "error" for f in emission.findings)


def test_timeouts_are_whole_seconds_rounded_up() -> None:
    found = annotated(Feature.READ_TIMEOUT, "read-timeout")
    spec = traffic(service(read_timeout=90500, provenance=found))
    assert spec["timeout"] == {"connect": "60s", "send": "60s", "read": "91s"}


def test_retries_balancing_and_host() -> None:
    found = annotated(Feature.RETRIES, "retries")
    upstream = Upstream(
        algorithm="consistent-hashing", hash_on="header", hash_args={"hash_on_header": "x-user"}
    )
    spec = traffic(service(retries=0, upstream=upstream, provenance=found), preserve_host=False)
    assert spec["retries"] == 0
    assert spec["loadbalancer"] == {"type": "chash", "hashOn": "header", "key": "x-user"}
    assert spec["passHost"] == "node"


def test_a_named_host_is_a_rewrite_and_leaves_pass_host_alone() -> None:
    """passHost node or rewrite would override the filter (apisix-target 7.4)."""
    emission = apisix(
        route(
            "prefix:/",
            to=service(upstream=Upstream(host_header="in.example"), protocol="https"),
            preserve_host=False,
        )
    )
    assert filters(rules(emission)[0])["URLRewrite"] == {"hostname": "in.example"}
    assert only(emission, "BackendTrafficPolicy")["spec"]["passHost"] == "pass"


def test_health_checks() -> None:
    checks = {
        "active": {"http_path": "/ok", "timeout": 2, "healthy": {"interval": 5, "successes": 2}},
        "passive": {"unhealthy": {"http_failures": 3}},
    }
    spec = traffic(service(upstream=Upstream(healthchecks=checks)))["healthCheck"]
    assert spec["active"]["healthy"] == {"httpCodes": [200, 302], "successes": 2, "interval": "5s"}
    assert spec["active"]["timeout"] == "2s" and spec["active"]["httpPath"] == "/ok"
    assert spec["passive"]["unhealthy"]["httpFailures"] == 3
    valid(apisix(route("prefix:/", to=service(upstream=Upstream(healthchecks=checks)))))


def test_two_wishes_for_one_service_port_are_told() -> None:
    first = service(protocol="https")
    second = service(protocol="http", retries=1, provenance=annotated(Feature.RETRIES, "retries"))
    emission = apisix(route("prefix:/a", to=first, name="a"), route("prefix:/b", to=second, name="b"))
    assert len(objects(emission, "BackendTrafficPolicy")) == 1 and "apisix-policy" in codes(emission)


def consumer(*credentials: Credential, **more: Any) -> Consumer:
    origin = ObjectRef("configuration.konghq.com", "KongConsumer", "shop", "bob")
    found = {
        Feature.CONSUMER: (Leaf(origin, ("username",)),),
        Feature.CREDENTIALS: (Leaf(origin, ("credentials", 0)),),
    }
    return Consumer(origin, "bob", credentials=credentials, provenance=found, **more)


def credential(kind: str, **fields: str) -> Credential:
    return Credential(
        kind, ObjectRef("", "Secret", "shop", f"bob-{kind}"), {k: Hidden(v) for k, v in fields.items()}
    )


def test_a_consumer_refers_to_its_secrets() -> None:
    given = model(route("prefix:/"))
    given.consumers = [
        consumer(
            credential("key-auth", key="topsecret"),
            credential("basic-auth"),
            credential("acl"),
            acl_groups=("gold",),
        )
    ]
    emission = apisix(given)
    value = only(emission, "Consumer")
    assert value["metadata"]["labels"] == {"acl.group/gold": "true"}
    assert value["spec"]["gatewayRef"]["name"] == "edge"
    assert value["spec"]["credentials"] == [
        {
            "type": "key-auth",
            "name": "bob-key-auth",
            "secretRef": {"name": "bob-key-auth", "namespace": "shop"},
        },
        {
            "type": "basic-auth",
            "name": "bob-basic-auth",
            "secretRef": {"name": "bob-basic-auth", "namespace": "shop"},
        },
    ]
    assert "topsecret" not in str([m.value for m in emission.manifests]) + str(emission.findings)
    valid(emission)


def test_a_credential_with_other_keys_asks_for_a_secret() -> None:
    given = model(route("prefix:/"))
    given.consumers = [consumer(credential("hmac-auth", secret="s"), credential("oauth2"))]
    emission = apisix(given)
    assert only(emission, "Consumer")["spec"]["credentials"][0]["secretRef"]["name"] == "bob-hmac-auth-apisix"
    assert {"apisix-credential", "apisix-credential-type"} <= set(codes(emission))


def test_consumers_are_settled() -> None:
    given = model(route("prefix:/"))
    given.consumers = [consumer(groups=("g",), plugins=(use("rate-limiting", {"minute": 1}),))]
    emission = apisix(given)
    for leaves in given.consumers[0].provenance.values():
        assert leaves[0] in emission.settled
    assert only(emission, "Consumer")["spec"]["plugins"] == [{"name": "limit-count", "config": LIMIT}]


def test_a_stream_check_is_an_l4routepolicy() -> None:
    origin = ObjectRef("configuration.konghq.com", "TCPIngress", "data", "pg")
    target = service("pg", namespace="data", protocol="tcp", backends=(backend("pg", 5432, "data"),))
    given = model()
    given.streams = [StreamRoute("s", origin, target, ports=(5432,), plugins=(use("ip-restriction"),))]
    emission = apisix(given, version="1.6")
    policy, made = only(emission, "L4RoutePolicy"), only(emission, "TCPRoute")
    assert policy["spec"]["targetRefs"][0]["name"] == made["metadata"]["name"]
    assert "apisix-stream-ports" in codes(emission)
    valid(emission, "1.6")


def test_a_written_gateway_names_its_gatewayproxy() -> None:
    given = model(route("prefix:/"))
    assert "apisix-proxy" in codes(apisix(given, create_gateway="true"))
    emission = apisix(given, create_gateway="true", gateway_proxy="apisix-config")
    spec = only(emission, "Gateway")["spec"]
    assert spec["gatewayClassName"] == "apisix"
    assert spec["infrastructure"]["parametersRef"]["name"] == "apisix-config"
    valid(emission)


def test_headers_of_two_plugins_are_joined_and_the_later_wins() -> None:
    first = {"headers": {"set": {"X-A": "1", "x-b": "1"}, "remove": ["x-c"]}}
    then = {"headers": {"set": {"x-a": "2"}, "remove": ["x-d"]}, "uri": "/u"}
    assert joined("proxy-rewrite", first, then) == {
        "uri": "/u",
        "headers": {"set": {"x-b": "1", "x-a": "2"}, "remove": ["x-c", "x-d"]},
    }


@pytest.mark.parametrize(
    "condition", [{"vars": [["status", "==", 200]]}, {"_meta": {"filter": [["request_method", "==", "GET"]]}}]
)
def test_a_condition_of_one_plugin_does_not_begin_to_act_on_another(condition):
    added, other = {"headers": {"add": ["A: 1"]}}, {"headers": {"set": {"B": "1"}}}
    assert joined("response-rewrite", added, other)["headers"] == {"set": {"B": "1"}, "add": ["A: 1"]}
    for first, then in ((added, {**other, **condition}), ({**added, **condition}, other)):
        with pytest.raises(Conflict):
            joined("response-rewrite", first, then)
    assert joined("response-rewrite", {**added, **condition}, {**other, **condition})
