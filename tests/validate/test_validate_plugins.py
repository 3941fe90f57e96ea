"""Plugin bodies of APISIX: the closed schema of the chosen release, and what the plugins' own code refuses."""

from __future__ import annotations

import copy

import pytest

from kong2x.model.errors import UsageError
from kong2x.validate import validate_objects
from kong2x.validate.apisix.closing import close
from kong2x.validate.apisix.expressions import expression_faults
from kong2x.validate.apisix.plugins import PluginSchemas, releases

NEW = PluginSchemas("3.18")


def codes(name, config, release="3.18", place="route"):
    return {problem.code.id for problem in PluginSchemas(release).check(name, config, place=place)}


# plugin, refused, accepted, code
SCHEMA = [
    ("key-auth", {"headr": "apikey"}, {"header": "apikey"}, "plugin-key"),
    ("key-auth", {"key_names": ["apikey"]}, {}, "plugin-key"),
    ("key-auth", {"header": ["apikey"]}, {"header": "apikey"}, "plugin-config"),
    (
        "cors",
        {"allow_origins": ["https://a.example"]},
        {"allow_origins": "https://a.example"},
        "plugin-config",
    ),
    ("cors", {"allow_origins": "a.example"}, {"allow_origins": "https://a.example"}, "plugin-config"),
    ("limit-count", {"minute": 5}, {"count": 5, "time_window": 60}, "plugin-key"),
    ("limit-count", {"count": 5}, {"count": 5, "time_window": 60}, "plugin-config"),
    ("limit-count", {"count": 0, "time_window": 60}, {"count": "$x", "time_window": 60}, "plugin-config"),
    (
        "limit-count",
        {"count": 1, "time_window": 1, "policy": "redis"},
        {"count": 1, "time_window": 1, "policy": "redis", "redis_host": "redis"},
        "plugin-config",
    ),
    ("ip-restriction", {"whitelist": ["::1"], "blacklist": ["::2"]}, {"whitelist": ["::1"]}, "plugin-config"),
    ("redirect", {"uri": "/a", "http_to_https": True}, {"http_to_https": True}, "plugin-config"),
    ("redirect", {"regex_uri": ["^/a"]}, {"regex_uri": ["^/a", "/b"]}, "plugin-config"),
    (
        "response-rewrite",
        {"headers": {"add": ["Location: https://a"]}},
        {"headers": {"add": ["X-A: b"]}},
        "plugin-config",
    ),
    (
        "response-rewrite",
        {"headers": {"add": ["X-A: b/"]}},
        {"headers": {"set": {"X-A": "b/"}}},
        "plugin-config",
    ),
    ("response-rewrite", {"headers": {"sett": {"X-A": "b"}}}, {"headers": {"X-A": "b"}}, "plugin-config"),
    (
        "proxy-rewrite",
        {"headers": {"remove": {"x-a": ""}}},
        {"headers": {"remove": ["x-a"]}},
        "plugin-config",
    ),
    (
        "proxy-rewrite",
        {"headers": {"adds": {"x-a": "b"}}},
        {"headers": {"add": {"x-a": "b"}}},
        "plugin-config",
    ),
    ("proxy-rewrite", {}, {"method": "GET"}, "plugin-config"),
    ("consumer-restriction", {}, {"whitelist": ["a_b"]}, "plugin-config"),
    ("key-auth", {"_meta": {"disabled": True}}, {"_meta": {"disable": True}}, "plugin-key"),
    ("key-auth", {"_meta": {"priority": "1"}}, {"_meta": {"priority": 1}}, "plugin-config"),
    ("fault-injection", {"abort": {"status": 503}}, {"abort": {"http_status": 503}}, "plugin-key"),
    (
        "grpc-transcode",
        {"proto_id": "1", "service": "a", "method": "b", "methods": []},
        {"proto_id": "1", "service": "a", "method": "b"},
        "plugin-key",
    ),
    ("server-info", {"a": 1}, {}, "plugin-key"),
]
CODE = [
    (
        "cors",
        {"allow_credential": True},
        {"allow_credential": True, "allow_origins": "**", "allow_methods": "GET", "allow_headers": "**"},
    ),
    ("cors", {"allow_origins_by_regex": ["a("]}, {"allow_origins_by_regex": ["^a$"]}),
    (
        "limit-count",
        {"rules": [{"count": 1, "time_window": 1, "key": "a"}], "group": "g"},
        {"rules": [{"count": 1, "time_window": 1, "key": "a"}]},
    ),
    (
        "limit-count",
        {"rules": [{"count": 1, "time_window": 1, "key": "a"}, {"count": 2, "time_window": 9, "key": "a"}]},
        {"rules": [{"count": 1, "time_window": 1, "key": "a"}, {"count": 2, "time_window": 9, "key": "b"}]},
    ),
    (
        "limit-count",
        {"count": 1, "time_window": 5, "sync_interval": 5},
        {"count": 1, "time_window": 5, "sync_interval": 1},
    ),
    (
        "limit-count",
        {"count": 1, "time_window": 5, "sync_interval": 0.05},
        {"count": 1, "time_window": 5, "sync_interval": -1},
    ),
    ("ip-restriction", {"whitelist": ["1:2:3::4::5/64"]}, {"whitelist": ["10.0.0.0/8", "2001:db8::/32"]}),
    ("ua-restriction", {"denylist": ["a["]}, {"denylist": ["a"]}),
    ("ai-prompt-guard", {"deny_patterns": ["("]}, {"deny_patterns": ["a"]}),
    ("proxy-rewrite", {"regex_uri": ["^/a", "/b", "^/c"]}, {"regex_uri": ["^/a", "/b", "^/c", "/d"]}),
    ("proxy-rewrite", {"regex_uri": ["^/a(", "/b"]}, {"regex_uri": ["^/a(?=b)", "/b"]}),
    (
        "redirect",
        {"http_to_https": True, "append_query_string": True},
        {"uri": "/a", "append_query_string": True},
    ),
    ("response-rewrite", {"body": "plain!", "body_base64": True}, {"body": "cGxhaW4=", "body_base64": True}),
    (
        "response-rewrite",
        {"status_code": 200, "vars": [["status", "!=", 1]]},
        {"status_code": 200, "vars": [["status", "~=", 1]]},
    ),
    ("proxy-cache", {"cache_key": ["$uri", "$request_method"]}, {"cache_key": ["$uri"]}),
    ("proxy-cache", {"cache_strategy": "memory"}, {"cache_strategy": "memory", "cache_zone": "memory_cache"}),
    ("proxy-cache", {"cache_zone": "memory_cache"}, {}),
    (
        "multi-auth",
        {"auth_plugins": [{"key-auth": {}}, {"openid-connect": {}}]},
        {"auth_plugins": [{"key-auth": {}}, {"basic-auth": {}}]},
    ),
    (
        "workflow",
        {"rules": [{"actions": [["deny", {"code": 403}]]}]},
        {"rules": [{"actions": [["return", {"code": 403}]]}]},
    ),
    (
        "workflow",
        {"rules": [{"actions": [["return", {"code": "403"}]]}]},
        {"rules": [{"actions": [["return", {"code": 403}]]}]},
    ),
    (
        "workflow",
        {"rules": [{"case": ["a", "==", "b"], "actions": [["return", {"code": 403}]]}]},
        {"rules": [{"case": [["a", "==", "b"]], "actions": [["return", {"code": 403}]]}]},
    ),
    (
        "workflow",
        {"rules": [{"actions": [["limit-count", {"count": 1, "time_window": 1, "group": "g"}]]}]},
        {"rules": [{"actions": [["limit-count", {"count": 1, "time_window": 1}]]}]},
    ),
    ("proxy-rewrite", {"regex_uri": ["^/(?<id>.*)$", "/$id"]}, {"regex_uri": ["^/(?<id>.*)$", "/${1}$$id"]}),
    (
        "mocking",
        {"response_example": "a", "content_type": "image/png"},
        {"response_example": "a", "content_type": "text/plain;charset=utf8"},
    ),
    (
        "openid-connect",
        {"client_id": "a", "client_secret": "b", "discovery": "https://a"},
        {"client_id": "a", "client_secret": "b", "discovery": "https://a", "bearer_only": True},
    ),
    (
        "openid-connect",
        {"client_id": "a", "discovery": "https://a", "bearer_only": True},
        {"client_id": "a", "discovery": "https://a", "bearer_only": True, "use_jwks": True},
    ),
    (
        "ldap-auth-advanced",
        {"ldap_uri": "a", "base_dn": "b", "use_ldaps": True, "use_starttls": True},
        {"ldap_uri": "a", "base_dn": "b", "use_ldaps": True},
    ),
    (
        "ldap-auth-advanced",
        {"ldap_uri": "a", "base_dn": "b", "bind_dn": "c"},
        {"ldap_uri": "a", "base_dn": "b", "bind_dn": "c", "ldap_password": "d"},
    ),
    ("serverless-pre-function", {"functions": ["ngx.say(1)"]}, {"functions": ["return function() end"]}),
    (
        "fault-injection",
        {"abort": {"http_status": 503, "vars": [["a", "==", "b"]]}},
        {"abort": {"http_status": 503, "vars": [[["a", "==", "b"]]]}},
    ),
    (
        "traffic-split",
        {"rules": [{"match": [{"vars": [["a", "=", "b"]]}]}]},
        {"rules": [{"match": [{"vars": [["a", "==", "b"]]}]}]},
    ),
    (
        "key-auth",
        {"_meta": {"filter": ["request_method", "~=", "OPTIONS"]}},
        {"_meta": {"filter": [["request_method", "~=", "OPTIONS"]]}},
    ),
]


@pytest.mark.parametrize(("plugin", "refused", "accepted", "code"), SCHEMA)
def test_schema(plugin, refused, accepted, code):
    assert f"schema/{code}" in codes(plugin, refused)
    assert codes(plugin, accepted) == set()


@pytest.mark.parametrize(("plugin", "refused", "accepted"), CODE)
def test_code(plugin, refused, accepted):
    assert codes(plugin, refused) == {"schema/plugin-refused"}
    assert codes(plugin, accepted) == set()


def test_workflow_and_multi_auth_look_into_their_members():
    [problem] = NEW.check("workflow", {"rules": [{"actions": [["limit-count", {"count": 1}]]}]})
    assert problem.path[:5] == ("rules", 0, "actions", 0, 1)
    [problem] = NEW.check("multi-auth", {"auth_plugins": [{"key-auth": {}}, {"jwt-auth": {"heder": "a"}}]})
    assert (
        problem.path == ("auth_plugins", 1, "jwt-auth", "heder") and "Did you mean header" in problem.message
    )


# plugin or setting, the last release without it, the first with it
SINCE = [
    ("acl", {"allow_labels": {"g": ["1"]}}, "3.16", "3.17"),
    ("ldap-auth-advanced", {"ldap_uri": "a", "base_dn": "b"}, "3.17", "3.18"),
    ("key-auth", {"realm": "x"}, "3.14", "3.15"),
    ("key-auth", {"anonymous_consumer": "a"}, "3.11", "3.12"),
    ("limit-count", {"rules": [{"count": 1, "time_window": 1, "key": "a"}]}, "3.15", "3.16"),
    ("limit-count", {"count": 1, "time_window": 1, "window_type": "sliding"}, "3.17", "3.18"),
    ("ip-restriction", {"whitelist": ["::1"], "response_code": 404}, "3.12", "3.13"),
]


@pytest.mark.parametrize(("plugin", "config", "before", "since"), SINCE)
def test_releases(plugin, config, before, since):
    assert "schema/plugin-too-new" in codes(plugin, config, before)
    assert codes(plugin, config, since) == set()


def test_enumerations_and_gone_fields_follow_the_release():
    sentinel = {
        "count": 1,
        "time_window": 1,
        "policy": "redis-sentinel",
        "redis_sentinels": [{"host": "ab", "port": 1}],
        "redis_master_name": "m",
    }
    assert codes("limit-count", sentinel, "3.18") == set()
    assert "schema/plugin-config" in codes("limit-count", sentinel, "3.17")
    assert codes("limit-count", {"count": 1, "time_window": 1, "policy": "local"}, "3.9") == set()
    old = {"key_id": "a", "secret_key": "b", "clock_skew": 1}
    assert "schema/plugin-key" in codes("hmac-auth", old, "3.11", "consumer")
    assert (
        codes("jwt-auth", {"key": "a", "algorithm": "RS512", "public_key": "p"}, "3.16", "consumer") == set()
    )
    assert codes("jwt-auth", {"key": "a", "algorithm": "RS512", "public_key": "p"}, "3.15", "consumer")


@pytest.mark.parametrize("release", ["3.9", "3.12", "3.16", "3.17", "3.18"])
def test_every_plugin_compiles_in_every_release(release):
    schemas = PluginSchemas(release)
    from kong2x.validate.apisix.plugins import _plugin_names

    for name in sorted(_plugin_names()):
        if schemas.exists(name):
            for place in schemas.facts(name)["schemas"]:
                schemas.schema(name, place)


def test_unknown_releases_are_refused_with_the_known_ones():
    with pytest.raises(UsageError, match=r"3\.0\.0 to 3\.18\.0"):
        PluginSchemas("4.0")
    assert releases()[-1] == "3.18.0"


def test_misspelt_plugins_get_a_suggestion():
    [problem] = NEW.check("key_auth", {})
    assert problem.message == "APISIX 3.18.0 has no plugin key_auth. Did you mean key-auth?"


def test_secret_references_are_not_checked():
    assert codes("limit-count", {"count": "$env://LIMIT", "time_window": 60}) == set()
    assert codes("ip-restriction", {"whitelist": ["$secret://vault/1/a/b"]}) == set()
    assert codes("ip-restriction", {"whitelist": ["secret://vault/1/a/b"]}) == {"schema/plugin-config"}


def entry(**more):
    return {
        "apiVersion": "apisix.apache.org/v2",
        "kind": "ApisixPluginConfig",
        "metadata": {"name": "p", "namespace": "n"},
        "spec": {"plugins": [{"name": "csrf", "enable": True, "config": {}, **more}]},
    }


def found(*objects, **options):
    return [(f.code, f.path) for f in validate_objects(objects, target="apisix", **options)]


def test_a_secret_can_bring_what_is_missing_but_not_repair_what_is_wrong():
    assert found(entry()) == [("schema/plugin-config", ("spec", "plugins", 0, "config"))]
    assert found(entry(secretRef="s")) == []
    assert found(entry(secretRef="s", config={"expres": 1})) == [
        ("schema/plugin-key", ("spec", "plugins", 0, "config", "expres"))
    ]


PLACES = [
    (
        "ApisixRoute",
        "v2",
        {"http": [{"name": "r", "match": {"paths": ["/a"]}, "plugins": ["HERE"]}]},
        ("spec", "http", 0, "plugins", 0),
    ),
    ("ApisixPluginConfig", "v2", {"plugins": ["HERE"]}, ("spec", "plugins", 0)),
    ("ApisixGlobalRule", "v2", {"plugins": ["HERE"]}, ("spec", "plugins", 0)),
    ("ApisixConsumer", "v2", {"plugins": ["HERE"]}, ("spec", "plugins", 0)),
    ("PluginConfig", "v1alpha1", {"plugins": ["HERE"]}, ("spec", "plugins", 0)),
    ("Consumer", "v1alpha1", {"gatewayRef": {"name": "g"}, "plugins": ["HERE"]}, ("spec", "plugins", 0)),
]


def put(value, plugin):
    if value == "HERE":
        return plugin
    if isinstance(value, dict):
        return {key: put(item, plugin) for key, item in value.items()}
    return [put(item, plugin) for item in value] if isinstance(value, list) else value


@pytest.mark.parametrize(("kind", "version", "spec", "path"), PLACES)
def test_every_place_is_looked_at(kind, version, spec, path):
    plugin = {"name": "limit-req", "config": {"rate": 1, "burst": 1, "key": "remote_addr"}}
    if version == "v2":
        plugin["enable"] = True
    obj = {
        "apiVersion": f"apisix.apache.org/{version}",
        "kind": kind,
        "metadata": {"name": "x", "namespace": "n"},
    }
    assert found({**obj, "spec": put(spec, plugin)}) == []
    wrong = copy.deepcopy(plugin)
    wrong["config"]["brust"] = 1
    assert found({**obj, "spec": put(spec, wrong)}) == [("schema/plugin-key", (*path, "config", "brust"))]


def test_consumers_streams_metadata_and_credentials_have_schemas_of_their_own():
    assert codes("key-auth", {"key": "a"}, place="consumer") == set()
    assert codes("key-auth", {"key": "a"}) == {"schema/plugin-key"}
    assert codes("limit-count", {}, place="stream") == {"schema/plugin-unknown"}
    assert codes("mqtt-proxy", {"protocol_name": "MQTT", "protocol_level": 4}, place="stream") == set()
    assert codes("cors", {"allow_origins": {"a": "https://a.example"}}, place="metadata") == set()
    proxy = {
        "apiVersion": "apisix.apache.org/v1alpha1",
        "kind": "GatewayProxy",
        "metadata": {"name": "p", "namespace": "n"},
        "spec": {
            "provider": {
                "type": "ControlPlane",
                "controlPlane": {
                    "endpoints": ["http://a"],
                    "auth": {"type": "AdminKey", "adminKey": {"value": "k"}},
                },
            },
            "pluginMetadata": {"file-logger": {"log_fromat": {}}},
        },
    }
    assert found(proxy) == [("schema/plugin-key", ("spec", "pluginMetadata", "file-logger", "log_fromat"))]


def test_the_data_plane_release_is_chosen_apart_from_the_controller():
    limit = {"count": 1, "time_window": 1, "window_type": "sliding"}
    obj = entry(name="limit-count", config=limit)
    assert found(obj, version="2.2", apisix_version="3.18") == []
    assert found(obj, version="2.2", apisix_version="3.16") == [
        ("schema/plugin-too-new", ("spec", "plugins", 0, "config", "window_type"))
    ]


def test_secrets_do_not_reach_messages():
    obj = entry(name="csrf", config={"key": ["s3cr3t"], "name": 1, "expires": "s3cr3t-too"})
    obj["spec"]["plugins"].append({"name": "basic-auth", "enable": True, "config": {"realm": ""}})
    password = entry(
        name="ldap-auth-advanced",
        config={"ldap_uri": "a", "base_dn": "b", "bind_dn": "c", "ldap_password": ""},
    )
    wide = entry(name="openid-connect", config={"client_secret": "s3cr3t", "client_id": 1})
    said = [
        f.message + f.remedy for o in (obj, password, wide) for f in validate_objects([o], target="apisix")
    ]
    assert said and not [text for text in said if '"s3cr3t"' in text]


@pytest.mark.parametrize(
    ("conditions", "faults"),
    [
        ([], 0),
        ([["a", "==", "b"], ["c", "!", "in", ["d"]]], 0),
        (["OR", ["a", "==", "b"], ["AND", ["c", ">", 1], ["d", "has", "e"]]], 0),
        ([["OR", ["a", "==", "b"], ["c", "~~", "^x"]]], 0),
        (["OR", ["a", "==", "b"]], 1),
        ([["a", "!=", "b"]], 1),
        ([["a", "=="]], 1),
        ([["a", "!", "b"]], 1),
        ([["a", "~~", "("]], 1),
        ([["a", "in", "b"]], 1),
        ("a == b", 1),
        (["a", "==", "b"], 1),
        (["a"], 1),
        ([[]], 1),
    ],
)
def test_expressions(conditions, faults):
    assert len(list(expression_faults(conditions))) == faults


def test_closing_a_schema():
    branches = {
        "type": "object",
        "properties": {"kind": {"enum": ["a", "b"]}, "one": {"type": "object", "properties": {"x": {}}}},
        "if": {"properties": {"kind": {"const": "a"}}, "required": ["kind"]},
        "then": {"properties": {"more": {"type": "string"}, "one": {"properties": {"y": {}}}}},
        "anyOf": [{"required": ["kind"]}, {"properties": {"else": {}}}],
    }
    closed = close(branches)
    assert closed["additionalProperties"] is False
    assert sorted(closed["properties"]) == ["else", "kind", "more", "one"]
    assert sorted(closed["properties"]["one"]["properties"]) == ["x", "y"]
    assert "additionalProperties" not in closed["then"] and "additionalProperties" not in closed["if"]
    assert "additionalProperties" not in closed["then"]["properties"]["one"]
    assert "additionalProperties" not in close({"type": "object"}), "an object without keys is a map"
    assert "additionalProperties" not in close({"type": "object", "patternProperties": {"^a": {}}})


def test_a_setting_that_only_the_main_branch_has_is_too_new_for_the_newest_release():
    body = {"count": 5, "time_window": 60, "rejected_code": 429}
    assert codes("graphql-limit-count", body) == set()
    assert codes("graphql-limit-count", {**body, "max_cost": 3}) == {"schema/plugin-too-new"}
