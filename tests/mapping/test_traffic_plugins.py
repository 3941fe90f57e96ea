"""The hard cases of traffic, transformation, function and model plugins, and the pairs that were run."""

from __future__ import annotations

import json

import pytest
import yaml

from kong2x.mapping import Mapper, lint, map_config, run_examples, sweep
from kong2x.mapping.examples import short_codes
from kong2x.mapping.targets import NO_DEFAULT, targets_of
from kong2x.model.finding import Level, Protects, Severity
from kong2x.model.plugin import PluginUse
from kong2x.model.route import PathKind, PathMatch, Route, RouteModel, Service
from kong2x.model.settings import SourceFacts
from kong2x.model.source import ObjectRef

MAPPED = [
    "ai-prompt-decorator",
    "ai-prompt-guard",
    "ai-prompt-template",
    "ai-proxy",
    "ai-request-transformer",
    "aws-lambda",
    "azure-functions",
    "canary",
    "correlation-id",
    "exit-transformer",
    "grpc-web",
    "mocking",
    "oas-validation",
    "proxy-cache",
    "proxy-cache-advanced",
    "rate-limiting-advanced",
    "request-size-limiting",
    "request-transformer-advanced",
    "request-validator",
    "response-transformer-advanced",
    "route-by-header",
    "service-protection",
]
LOST = [
    "ai-response-transformer",
    "grpc-gateway",
    "post-function",
    "pre-function",
    "response-ratelimiting",
]


def apisix(plugin, config, version="3.18", **more):
    return map_config(plugin, "apisix", config, version=version, **more)


def on_route(plugin, config, *others, scope="route", version="3.18", **service):
    facts = SourceFacts()
    uses = tuple(PluginUse(name, {}, "route", ("shop", name, name)) for name in (*others, plugin))
    route = Route(
        "r", ObjectRef("", "Ingress", "shop", "r"), Service("web.80", "shop", **service), plugins=uses
    )
    use = PluginUse(plugin, config, scope, ("shop", "x", plugin))
    mapper = Mapper({"apisix": version}, facts, strict=True)
    return mapper.map(use, "apisix", model=RouteModel(facts), route=route)


def codes(plugin, config, **more):
    return set(short_codes(apisix(plugin, config, **more)))


# -- every file ------------------------------------------------------------------------------------


@pytest.mark.parametrize("plugin", MAPPED + LOST)
def test_files_are_complete_and_their_examples_hold(plugin):
    for vocabulary in ("apisix", "gateway-api"):
        assert lint(vocabulary=vocabulary, plugin=plugin) == []
        results = run_examples(vocabulary=vocabulary, plugin=plugin)
        assert results and [(r.title, r.problems) for r in results if r.problems] == []


@pytest.mark.parametrize("plugin", MAPPED)
def test_a_changed_setting_changes_output_or_findings(plugin):
    assert sweep(plugin, "apisix") == []


def paths_of(value, prefix=""):
    for key, inner in value.items() if isinstance(value, dict) else ():
        path = f"{prefix}.{key}" if prefix else key
        yield path
        for item in inner if isinstance(inner, list) else [inner]:
            yield from paths_of(item, f"{path}[]" if isinstance(inner, list) else path)


@pytest.mark.parametrize("version", ["3.9", "3.12", "3.16", "3.17", "3.18"])
def test_nothing_newer_than_the_target_is_written(version):
    from kong2x.mapping.tables import Tables

    logs = ["datadog", "http-log", "kafka-log", "loggly", "opentelemetry", "prometheus", "tcp-log", "zipkin"]
    for plugin in MAPPED + logs:
        for example in Tables().mapping("apisix", plugin).examples:
            mapped = apisix(plugin, example.kong, version, kong_version=example.kong_version)
            for name, body in mapped.fragments.items():
                known = targets_of("apisix").plugin(name, version)
                assert not known.problem(body), (plugin, example.title)
                late = [p for p in paths_of(body) if (f := known.find(p)) and not f.exists_in(version)]
                assert late == [], (plugin, example.title)


@pytest.mark.parametrize("plugin", LOST)
def test_what_has_no_counterpart_is_lost_whole_with_the_class_of_the_plugin(plugin):
    classes = {"pre-function": Protects.ACCESS, "post-function": Protects.ACCESS}
    classes["response-ratelimiting"] = Protects.PROTECTION
    mapped = apisix(plugin, {})
    assert not mapped.fragments and mapped.lost is classes.get(plugin, Protects.NOTHING)
    assert any(finding.level is Level.UNSUPPORTED and finding.remedy for finding in mapped.findings)


@pytest.mark.parametrize("vocabulary", ["apisix", "gateway-api"])
def test_no_plugin_of_the_catalogue_is_without_an_answer(vocabulary):
    from kong2x.mapping.tables import CATALOGUE, Tables

    tables = Tables()
    theirs = {
        "acl",
        "acme",
        "bot-detection",
        "saml",
        "session",
        "oauth2",
        "opa",
        "standard-webhooks",
        "mtls-auth",
    }
    for name in tables.plugins(CATALOGUE):
        if name not in theirs and not any(part in name for part in ("auth", "jw", "tls", "openid")):
            assert tables.mapping(vocabulary, name) is not None, name


# -- pairs that were run ---------------------------------------------------------------------------

RECORDED = "size-1kb size-chunked size-require-length size-zero-workflow corr-default corr-echo cache-basic cache-type"


def recorded(shared, name):
    pair = yaml.safe_load((shared / "facts/recorded/conversion-pairs" / f"{name}.yaml").read_text())
    source = next(d for d in yaml.safe_load_all(pair["kong"]) if d["kind"] == "KongPlugin")
    target = next(d for d in yaml.safe_load_all(pair["apisix"]) if d["kind"] == "ApisixPluginConfig")
    return source, {p["name"]: p["config"] for p in target["spec"]["plugins"]}, pair


def full(name, body):
    """The body with the target's defaults filled in."""
    known = targets_of("apisix").plugin(name, "3.18")
    plain = {
        path: part.default
        for path, part in known.fields.items()
        if part.default is not NO_DEFAULT and "." not in path and "[" not in path
    }
    return plain | body


@pytest.mark.parametrize("name", RECORDED.split())
def test_the_mapping_gives_what_was_run(shared, name):
    source, wanted, _ = recorded(shared, name)
    got = apisix(source["plugin"], source.get("config", {})).fragments
    got = {target: full(target, body) for target, body in got.items()}
    wanted = {target: full(target, body) for target, body in wanted.items()}
    if "proxy-cache" in wanted:
        # Stricter than the pair on purpose: PURGE passes the cache by, HEAD answers are kept out of entries for
        # GET, and the route stands in the key, as in Kong's.
        body = wanted["proxy-cache"]
        body["_meta"] = body["_meta"] | {"filter": [["request_method", "~=", "PURGE"]]}
        body["cache_method"] = [m for m in body["cache_method"] if m != "HEAD"]
        body["cache_key"] = ["$route_id", *body["cache_key"]]
    assert got == wanted


def test_recorded_differences_have_findings(shared):
    announced = {
        "Kong answers 417": "before-authentication",
        "Cache headers have other names": "cache-headers",
        "An upstream Cache-Control private": "private-obeyed",
        "An answer with Set-Cookie": "set-cookie",
        "Arguments in another order": "arguments",
        "Answers of every content type": "content-type",
        "Identifiers are plain UUIDs": "plain-uuid",
        "The upstream's own header is kept": "upstream-header",
    }
    seen = set()
    for name in RECORDED.split():
        source, _, pair = recorded(shared, name)
        said = codes(source["plugin"], source.get("config", {}))
        for difference in pair.get("differences", []):
            start = next((s for s in announced if difference["finding"].startswith(s)), None)
            plain = source.get("config", {}).get("generator") == "uuid"
            if start == "Identifiers are plain UUIDs" and plain:
                continue  # both make UUIDs there, and two of them are never the same
            if start:
                assert announced[start] in said, (name, difference["finding"])
                seen.add(start)
            else:
                assert "PURGE" in difference["finding"]  # not with the filter, see above
    assert seen == set(announced)


# -- sizes -----------------------------------------------------------------------------------------


@pytest.mark.parametrize(
    ("config", "limit"),
    [({}, 128 * 1048576), ({"allowed_payload_size": 3, "size_unit": "kilobytes"}, 3072)],
)
def test_sizes_are_bytes_in_powers_of_1024(config, limit):
    assert apisix("request-size-limiting", config).fragments == {"client-control": {"max_body_size": limit}}


def test_no_size_is_ever_written_as_zero_which_means_unlimited():
    for size in (0, -1):
        mapped = apisix("request-size-limiting", {"allowed_payload_size": size})
        assert "client-control" not in mapped.fragments
        assert mapped.fragments["workflow"]["rules"][0]["actions"] == [["return", {"code": 413}]]
    # a negative limit refuses even an empty body, so there is no condition
    assert "case" not in mapped.fragments["workflow"]["rules"][0]


# -- caches ----------------------------------------------------------------------------------------


def key_of(version="3.18", **config):
    body = apisix("proxy-cache", {"strategy": "memory", **config}, version).fragments["proxy-cache"]
    return body["cache_key"]


def test_one_consumer_never_gets_the_answer_of_another():
    assert "$consumer_name" not in key_of("3.17")  # the plugin keeps consumers apart by itself
    for version in ("3.9", "3.12", "3.16"):
        assert key_of(version)[-1] == "$consumer_name"
    body = apisix("proxy-cache", {"strategy": "memory", "vary_headers": ["a"]}).fragments["proxy-cache"]
    assert body["consumer_isolation"] is True


def test_parts_of_free_length_do_not_run_into_each_other():
    key = key_of(vary_query_params=["b", "a"], vary_headers=["X-One", "x-two"])
    assert key == [
        "$route_id",
        "$host",
        "$uri",
        "::",
        "$arg_a",
        "::",
        "$arg_b",
        "::",
        "$http_x_one",
        "::",
        "$http_x_two",
    ]
    assert key == key_of(vary_query_params=["a", "b"], vary_headers=["x-two", "X-One"])


def test_callers_cannot_delete_entries_and_limits_count_hits():
    meta = apisix("proxy-cache", {"strategy": "memory"}).fragments["proxy-cache"]["_meta"]
    assert meta == {"priority": 1000, "filter": [["request_method", "~=", "PURGE"]]}
    assert meta["priority"] < 1002  # limit-count


def test_more_content_types_are_cached_and_that_is_said():
    assert "content-type" in codes("proxy-cache", {"strategy": "memory", "content_type": ["text/html"]})


def test_redis_is_no_memory():
    mapped = apisix("proxy-cache-advanced", {"strategy": "redis"})
    assert not mapped.fragments and "redis" in short_codes(mapped)


# -- limits ----------------------------------------------------------------------------------------


def limits(version="3.18", scope="route", **config):
    config = {"limit": [10], "window_size": [60], **config}
    return apisix("rate-limiting-advanced", config, version, scope=scope)


def test_sliding_windows_need_3_18_and_are_kongs_default():
    assert limits().fragments["limit-count"]["window_type"] == "sliding"
    for version in ("3.9", "3.16", "3.17"):
        old = limits(version)
        assert "window_type" not in old.fragments["limit-count"]
        assert "fixed-window" in short_codes(old) and old.lost is Protects.NOTHING
    assert "fixed-window" not in short_codes(limits("3.16", window_type="fixed"))


def test_the_smaller_of_two_limits_on_one_window_counts():
    body = limits(limit=[10, 7], window_size=[60, 60]).fragments["limit-count"]
    assert (body["count"], body["time_window"]) == (7, 60)


def test_several_windows_need_3_16_and_a_key_that_always_has_a_value():
    several = {"limit": [5, 50], "window_size": [1, 60]}
    assert limits("3.15", **several).lost is Protects.PROTECTION
    for extra in (
        {},
        {"identifier": "header", "header_name": "x-a"},
        {"compound_identifier": ["consumer", "header"], "header_name": "x"},
    ):
        for rule in limits("3.16", **several, **extra).fragments["limit-count"]["rules"]:
            assert any(sure in rule["key"] for sure in ("$remote_addr", "$route_id", "?? none")), rule
    keyed = on_route("rate-limiting-advanced", several, "key-auth").fragments["limit-count"]["rules"]
    assert [rule["key"] for rule in keyed] == ["$consumer_name 1", "$consumer_name 60"]


def test_limits_without_their_windows_are_refused_by_kong():
    mapped = limits(limit=[1, 2])
    assert not mapped.fragments and "no-window" in short_codes(mapped)


@pytest.mark.parametrize("identifier", ["consumer-group", "path"])
def test_what_cannot_be_counted_is_never_left_unlimited_in_silence(identifier):
    mapped = limits(identifier=identifier, path="/x")
    assert not mapped.fragments and mapped.lost is Protects.PROTECTION


def test_a_limit_of_a_service_is_shared_by_its_routes():
    assert "group" not in limits().fragments["limit-count"]
    shared = on_route("rate-limiting-advanced", {"limit": [10], "window_size": [60]}, scope="service")
    assert shared.fragments["limit-count"]["group"] == "web.80-consumer"
    assert limits(namespace="edge").fragments["limit-count"]["group"] == "edge"
    own = on_route("service-protection", {"limit": [10], "window_size": [60]}, scope="service")
    assert own.fragments["limit-count"]["key"] == "web.80"


def test_ways_to_reach_redis():
    nodes = [{"ip": "10.0.0.1", "port": 7000}]
    cluster = limits(strategy="redis", redis={"cluster_nodes": nodes}).fragments["limit-count"]
    assert cluster["policy"] == "redis-cluster" and cluster["redis_cluster_nodes"] == ["10.0.0.1:7000"]
    sentinel = {"sentinel_nodes": [{"host": "s.example", "port": 26379}], "sentinel_master": "m"}
    new = limits(strategy="redis", redis=sentinel).fragments["limit-count"]
    assert new["policy"] == "redis-sentinel" and new["redis_master_name"] == "m"
    old = limits("3.17", strategy="redis", redis=sentinel)
    assert "policy" in old.fragments["limit-count"] and old.fragments["limit-count"]["policy"] == "local"
    assert old.lost is Protects.PROTECTION and "no-sentinel" in short_codes(old)


def test_a_cloud_login_to_redis_loses_the_limit():
    redis = {"host": "r.example", "cloud_authentication": {"auth_provider": "aws"}}
    config = {"limit": [1], "window_size": [1], "strategy": "redis", "redis": redis}
    mapped = apisix("rate-limiting-advanced", config, kong_version="3.13")
    assert mapped.lost is Protects.PROTECTION and "redis-cloud-login" in short_codes(mapped)


def test_refusing_at_once_is_stricter_than_throttling():
    config = {"limit": [1], "window_size": [1], "throttling": {"enabled": True}}
    mapped = apisix("rate-limiting-advanced", config, kong_version="3.12")
    assert mapped.lost is Protects.NOTHING and mapped.fragments and "throttling" in short_codes(mapped)


# -- transformers ----------------------------------------------------------------------------------


def test_allow_lists_keep_their_class():
    assert apisix("request-transformer-advanced", {"allow": {"body": ["a"]}}).lost is Protects.PROTECTION
    for lost in (
        {"allow": {"json": ["a"]}},
        {"remove": {"json": ["a"]}},
        {"transform": {"functions": ["x"]}},
    ):
        for vocabulary in ("apisix", "gateway-api"):
            assert map_config("response-transformer-advanced", vocabulary, lost).lost is Protects.ACCESS


def test_one_condition_on_the_status_or_none_at_all():
    same = {
        "remove": {"headers": ["a"], "if_status": ["500-502"]},
        "add": {"headers": ["b:1"], "if_status": ["500-502"]},
    }
    body = apisix("response-transformer-advanced", same).fragments["response-rewrite"]
    assert body["vars"] == [["status", ">=", 500], ["status", "<=", 502]]
    other = same | {"add": {"headers": ["b:1"], "if_status": ["404"]}}
    assert not apisix("response-transformer-advanced", other).fragments
    idle = same | {"add": {"if_status": ["404"]}}  # without headers the status of `add` means nothing
    assert "vars" in apisix("response-transformer-advanced", idle).fragments["response-rewrite"]
    assert not map_config("response-transformer-advanced", "gateway-api", same).fragments


# -- functions, models, validation, destinations ---------------------------------------------------


def test_callers_cannot_bring_their_own_function_key():
    config = {"appname": "a", "functionname": "f"}
    removed = apisix("azure-functions", config).fragments["proxy-rewrite"]["headers"]["remove"]
    assert removed == ["x-functions-key", "x-functions-clientid"]


def test_certificates_are_checked_as_the_kong_release_did():
    config = {"appname": "a", "functionname": "f"}
    assert apisix("azure-functions", config).fragments["azure-functions"]["ssl_verify"] is False
    assert (
        "ssl_verify"
        not in apisix("azure-functions", config, kong_version="3.14").fragments["azure-functions"]
    )


def test_prompts_are_guarded_over_the_whole_chat_and_bodies_that_are_none_are_refused():
    body = apisix("ai-prompt-guard", {"deny_patterns": ["x"]}).fragments["ai-prompt-guard"]
    assert body["match_all_conversation_history"] is True and body["fail_mode"] == "error"
    old = apisix("ai-prompt-guard", {"deny_patterns": ["x"]}, "3.16")
    assert "fail_mode" not in old.fragments["ai-prompt-guard"] and old.lost is Protects.PROTECTION
    assert apisix("ai-prompt-guard", {"deny_patterns": ["x"]}, "3.11").lost is Protects.PROTECTION


def test_placeholders_of_templates_stay():
    text = json.dumps({"messages": [{"role": "user", "content": "about {{topic}}"}]})
    body = apisix("ai-prompt-template", {"templates": [{"name": "t", "template": text}]}).fragments
    assert (
        body["ai-prompt-template"]["templates"][0]["template"]["messages"][0]["content"] == "about {{topic}}"
    )


@pytest.mark.parametrize(
    ("provider", "version", "known"),
    [
        ("openai", "3.12", True),
        ("azure", "3.12", False),
        ("anthropic", "3.14", False),
        ("anthropic", "3.15", True),
    ],
)
def test_providers_come_with_releases(provider, version, known):
    options = {"azure_instance": "i", "azure_deployment_id": "d"}
    config = {"route_type": "llm/v1/chat", "model": {"provider": provider, "options": options}}
    assert bool(apisix("ai-proxy", config, version).fragments) is known


def test_keys_are_never_repeated_in_findings():
    config = {
        "route_type": "llm/v1/chat",
        "model": {"provider": "openai"},
        "auth": {"param_name": "k", "param_value": "sk-hush", "param_location": "body"},
    }
    mapped = apisix("ai-proxy", config)
    assert mapped.findings and "sk-hush" not in repr(mapped.findings)


def test_rules_in_kongs_own_language_lose_the_check_but_headers_are_still_checked():
    header = [{"in": "header", "name": "X-A", "required": True, "schema": '{"type":"string"}'}]
    mapped = apisix("request-validator", {"body_schema": "[]", "parameter_schema": header})
    assert mapped.lost is Protects.PROTECTION
    assert mapped.fragments["request-validation"]["header_schema"]["required"] == ["x-a"]
    assert any(
        f.code == "request-validator/kong-schema" and f.severity is Severity.ERROR for f in mapped.findings
    )


def test_a_header_that_is_a_number_would_refuse_everybody():
    header = [{"in": "header", "name": "X-N", "required": True, "schema": '{"type":"integer"}'}]
    mapped = apisix("request-validator", {"parameter_schema": header})
    assert not mapped.fragments and mapped.lost is Protects.PROTECTION


def test_what_kong_only_reports_is_not_refused():
    config = {"api_spec": "openapi: '3.1'", "notify_only_request_validation_failure": True}
    mapped = apisix("oas-validation", config)
    assert not mapped.fragments and mapped.lost is Protects.NOTHING


@pytest.mark.parametrize(
    ("share", "weights"), [(10, [10, 90]), (12.5, [25, 175]), (100, [100]), (0.1, [1, 999])]
)
def test_shares_become_weights(share, weights):
    config = {"percentage": share, "hash": "none", "upstream_host": "h.example"}
    (rule,) = apisix("canary", config).fragments["traffic-split"]["rules"]
    assert [part["weight"] for part in rule["weighted_upstreams"]] == weights


def test_the_other_service_is_reached_as_the_first():
    config = {"percentage": 50, "hash": "none", "upstream_host": "h.example"}
    for protocol, port, scheme in (("http", 80, None), ("https", 443, "https"), ("grpc", 80, "grpc")):
        (rule,) = on_route("canary", config, protocol=protocol).fragments["traffic-split"]["rules"]
        upstream = rule["weighted_upstreams"][0]["upstream"]
        assert upstream["nodes"] == {f"h.example:{port}": 1} and upstream.get("scheme") == scheme


def test_a_release_that_nobody_shall_meet_gets_no_rule():
    config = {"percentage": 0, "hash": "none", "upstream_host": "h.example"}
    assert not apisix("canary", config).fragments
    assert {"ramp"} == codes("canary", {"start": 1, "hash": "none", "upstream_host": "h.example"})


def test_one_impossible_rule_lets_no_later_one_win():
    good = {"upstream_name": "a.shop.80.svc", "condition": {"x": "1"}}
    bad = {"upstream_name": "somewhere", "condition": {"y": "1"}}
    assert apisix("route-by-header", {"rules": [good]}).fragments
    assert not apisix("route-by-header", {"rules": [bad, good]}).fragments


@pytest.mark.parametrize("login", ["openid-connect", "oauth2-introspection", "saml", "mtls-auth"])
def test_a_login_that_names_no_consumer_on_the_target_does_not_switch_limits_off(login):
    """limit-count leaves a rule out whose only variable is empty, and passes requests then."""
    limits = [
        ("rate-limiting", {"second": 5, "minute": 60}),
        ("rate-limiting-advanced", {"limit": [5, 60], "window_size": [1, 60]}),
    ]
    for plugin, config in limits:
        mapped = on_route(plugin, config, login)
        keys = [rule["key"].split()[0] for rule in mapped.fragments["limit-count"]["rules"]]
        assert keys == ["$remote_addr"] * 2
        assert "by-address" in short_codes(mapped)
        named = on_route(plugin, config, "key-auth")
        keys = [rule["key"].split()[0] for rule in named.fragments["limit-count"]["rules"]]
        assert keys == ["$consumer_name"] * 2 and "by-address" not in short_codes(named)


@pytest.mark.parametrize(
    ("plugin", "config"),
    [
        ("rate-limiting", {"second": 5, "minute": 60, "fault_tolerant": False}),
        ("rate-limiting-advanced", {"limit": [5, 60], "window_size": [1, 60]}),
    ],
)
@pytest.mark.parametrize("exempt", [True, False])
def test_preflights_without_login_are_counted_too(plugin, config, exempt):
    facts = SourceFacts()
    login = PluginUse("key-auth", {"run_on_preflight": not exempt}, "route", ("shop", "k", "k"))
    place = Route("r", ObjectRef("", "Ingress", "shop", "r"), Service("web.80", "shop"), plugins=(login,))
    use = PluginUse(plugin, config, "route", ("shop", "x", plugin))
    mapper = Mapper({"apisix": "3.18"}, facts, strict=True)
    mapped = mapper.map(use, "apisix", model=RouteModel(facts), route=place)
    keys = {rule["key"].rsplit(" ", 1)[0] for rule in mapped.fragments["limit-count"]["rules"]}
    assert keys == {"${consumer_name ?? none}" if exempt else "$consumer_name"}
    assert ("preflight-counter" in short_codes(mapped)) is exempt


def test_one_window_by_consumer_says_that_nobody_is_known():
    assert "by-address" in short_codes(on_route("rate-limiting", {"minute": 5}, "openid-connect"))
    assert "by-address" not in short_codes(on_route("rate-limiting", {"minute": 5}, "key-auth"))
    assert "by-address" not in short_codes(on_route("rate-limiting", {"minute": 5}))


# -- Amazon's functions ----------------------------------------------------------------------------

LAMBDA = {"function_name": "price", "aws_region": "eu-west-1", "aws_key": "AK", "aws_secret": "SK"}


def function_on(*kinds, **config):
    facts = SourceFacts()
    paths = tuple(PathMatch(kind, f"/p{number}") for number, kind in enumerate(kinds))
    place = Route("r", ObjectRef("", "Ingress", "shop", "r"), Service("web.80", "shop"), paths=paths)
    use = PluginUse("aws-lambda", {**LAMBDA, **config}, "route", ("shop", "x", "aws-lambda"))
    mapper = Mapper({"apisix": "3.18"}, facts, strict=True)
    return mapper.map(use, "apisix", model=RouteModel(facts), route=place)


def test_a_function_is_called_where_a_path_is_exact_because_else_the_target_adds_the_rest():
    assert function_on(PathKind.EXACT).mapped
    assert function_on(PathKind.EXACT, PathKind.EXACT).mapped
    for kinds in ((), (PathKind.RAW_PREFIX,), (PathKind.SEGMENT_PREFIX,), (PathKind.EXACT, PathKind.REGEX)):
        mapped = function_on(*kinds)
        assert not mapped.mapped and short_codes(mapped) == ["function-path"]


def test_callers_cannot_sign_for_the_gateway_or_choose_how_a_function_is_called():
    rewrite = function_on(PathKind.EXACT).fragments["proxy-rewrite"]
    assert {"Authorization", "X-Amz-Invocation-Type"} <= set(rewrite["headers"]["remove"])
    assert rewrite["method"] == "POST"


@pytest.mark.parametrize(
    "change",
    [
        {"function_name": "arn:aws:lambda:eu-west-1:1:function:price"},
        {"function_name": "price:live"},
        {"function_name": "price/../x"},
        {"aws_region": None},
        {"aws_region": "eu-west-1.evil.example/"},
        {"host": "a.example/b"},
        {"aws_secret": None},
        {"forward_request_headers": True},
        {"is_proxy_integration": True},
    ],
)
def test_what_cannot_be_called_as_kong_does_is_not_called(change):
    assert not function_on(PathKind.EXACT, **change).mapped


# -- exit-transformer ------------------------------------------------------------------------------


def exits(*texts):
    return apisix("exit-transformer", {"functions": list(texts)})


@pytest.mark.parametrize(
    ("text", "written"),
    [
        ("return function(s, b, h) return 418, b, h end", "local s, b, h = ...\nreturn 418, b, h"),
        (
            "return function (s,b,h)\n return s, 'sorry', h;\nend",
            "local s, b, h = ...\nreturn s, 'sorry', h",
        ),
    ],
)
def test_functions_that_only_name_an_answer_are_said_anew(text, written):
    assert exits(text).fragments["exit-transformer"]["functions"] == [written]


@pytest.mark.parametrize(
    "text",
    [
        "return function(s, b, h) return s, b end",  # the headers go
        "return function(s, b, h) return s, kong, h end",
        "return function(s, b, h) return s, b, b end",
        "return function(s, s, h) return s, s, h end",
        "return function(s, b, h) kong.log(1) return s, b, h end",
        "return function(s, b, h) return s, {a = os.exit()}, h end",
        "return function(s, b, h) return s, 'a\\'..x, h end",
        "return function(s, b, h) return 999, b, h end",
        "return function(end, b, h) return end, b, h end",
        "os.exit() return function(s, b, h) return s, b, h end",
        "local f = 1",
        "",
    ],
)
def test_anything_else_is_code_and_is_never_copied(text):
    assert not exits(text).mapped and "lua-code" in short_codes(exits(text))
    assert not exits("return function(s, b, h) return 418, b, h end", text).mapped


def test_a_function_that_changes_nothing_is_no_loss():
    mapped = exits("return function(s, b, h) return s, b, h end")
    assert not mapped.mapped and not mapped.findings
    assert {level for level, _ in mapped.levels.values()} == {Level.EXACT}


# -- mocking ---------------------------------------------------------------------------------------

OPERATION = {"responses": {"200": {"content": {"application/json": {"example": {"a": 1}}}}}}


def mocked(paths, *exact, methods=("GET",), **config):
    facts = SourceFacts()
    matches = tuple(PathMatch(PathKind.EXACT, path) for path in exact)
    place = Route(
        "r",
        ObjectRef("", "Ingress", "shop", "r"),
        Service("web.80", "shop"),
        paths=matches,
        methods=methods,
    )
    text = paths if isinstance(paths, str) else json.dumps({"paths": paths})
    use = PluginUse("mocking", {"api_specification": text, **config}, "route", ("shop", "x", "mocking"))
    mapper = Mapper({"apisix": "3.18"}, facts, strict=True)
    return mapper.map(use, "apisix", model=RouteModel(facts), route=place)


def test_the_one_answer_is_exact_where_the_route_is_the_operation():
    mapped = mocked({"/price": {"get": OPERATION}}, "/price")
    assert json.loads(mapped.fragments["mocking"]["response_example"]) == {"a": 1}
    assert short_codes(mapped) == ["callers-choice"]


@pytest.mark.parametrize(
    ("paths", "exact", "methods"),
    [
        ({"/price": {"get": OPERATION}}, ("/price", "/other"), ("GET",)),
        ({"/price": {"get": OPERATION}}, ("/price",), ()),
        ({"/price": {"get": OPERATION}}, (), ("GET",)),
    ],
)
def test_other_requests_of_the_route_are_told(paths, exact, methods):
    assert "other-requests" in short_codes(mocked(paths, *exact, methods=methods))


@pytest.mark.parametrize(
    "paths",
    [
        {"/a": {"get": OPERATION}, "/b": {"get": OPERATION}},
        {"/a": {"get": OPERATION, "put": OPERATION}},
        {"/a/{id}": {"get": OPERATION}},
        {"/a": {"get": {"responses": {"200": {}, "404": {}}}}},
        {"/a": {"get": {"responses": {"default": OPERATION["responses"]["200"]}}}},
        {"/a": {"get": {"responses": {"200": {"content": {"application/json": {"schema": {}}}}}}}},
        {"/a": {"get": []}},
        {},
        "paths: {/a: {get: &x {responses: *x}}}",
        "no mapping",
        "{",
    ],
)
def test_where_there_is_a_choice_or_nothing_to_read_no_answer_is_made_up(paths):
    assert not mocked(paths, "/a").mapped
