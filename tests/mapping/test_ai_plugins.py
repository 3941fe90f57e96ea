"""Plugins around language models: which model answers, who may ask it, and how much."""

from __future__ import annotations

import pytest

from kong2x.mapping import Mapper, map_config
from kong2x.mapping.examples import short_codes
from kong2x.model.finding import Level, Protects, Severity
from kong2x.model.plugin import PluginUse
from kong2x.model.route import Route, RouteModel, Service
from kong2x.model.settings import SourceFacts
from kong2x.model.source import ObjectRef

ONE = {"route_type": "llm/v1/chat", "model": {"provider": "openai", "name": "a"}}
CLAUDE = {"route_type": "llm/v1/chat", "model": {"provider": "anthropic", "name": "c"}}
OTHER = {"route_type": "llm/v1/chat", "model": {"provider": "deepseek", "name": "b"}}
QUIET = {"model_name_header": False, "balancer": {"retries": 0}}


def apisix(plugin, config, version="3.18", **more):
    return map_config(plugin, "apisix", config, version=version, **more)


def proxy(*targets, version="3.18", kong_version="3.9", **more):
    config = {**QUIET, "targets": list(targets), **more}
    return apisix("ai-proxy-advanced", config, version, kong_version=kong_version)


def balanced(**balancer):
    return proxy(ONE, OTHER, balancer={"retries": 0, **balancer})


# -- several models --------------------------------------------------------------------------------


def test_names_of_instances_are_unique_although_the_provider_repeats():
    instances = proxy(ONE, ONE, OTHER).fragments["ai-proxy-multi"]["instances"]
    assert [entry["name"] for entry in instances] == ["openai-1", "openai-2", "deepseek-3"]


def test_a_list_of_who_may_use_a_model_closes_the_route():
    acl = {"deny": [{"match": [{"type": "consumer", "values": ["eve"]}]}]}
    mapped = proxy(ONE, acls=acl, kong_version="3.14")
    assert mapped.lost is Protects.ACCESS
    assert proxy(ONE, acls={}, kong_version="3.14").lost is Protects.NOTHING


def test_one_target_that_cannot_be_said_loses_all_because_shares_would_change():
    cohere = {"route_type": "llm/v1/chat", "model": {"provider": "cohere", "name": "c"}}
    assert not proxy(ONE, cohere).mapped
    assert proxy(ONE, OTHER).mapped


def test_keys_in_a_vault_are_no_text_to_send():
    target = {**ONE, "auth": {"header_name": "Authorization", "header_value": "{vault://env/key}"}}
    mapped = proxy(target)
    assert short_codes(mapped) == ["auth-vault"]
    assert mapped.fragments["ai-proxy-multi"]["instances"][0]["auth"] == {}


def test_kongs_own_request_header_is_chance_and_another_one_is_a_key():
    assert balanced(algorithm="consistent-hashing").fragments["ai-proxy-multi"]["balancer"] == {
        "algorithm": "roundrobin"
    }
    hashed = balanced(algorithm="consistent-hashing", hash_on_header="X-User")
    assert hashed.fragments["ai-proxy-multi"]["balancer"] == {
        "algorithm": "chash",
        "hash_on": "header",
        "key": "X-User",
    }
    odd = balanced(algorithm="consistent-hashing", hash_on_header="X User")
    assert "hash-name" in short_codes(odd)


@pytest.mark.parametrize(
    ("algorithm", "code"),
    [
        ("lowest-latency", "balancing"),
        ("lowest-usage", "balancing"),
        ("least-connections", "balancing"),
        ("priority", "priority-groups"),
        ("semantic", "semantic"),
    ],
)
def test_other_ways_to_choose_are_told(algorithm, code):
    assert code in short_codes(balanced(algorithm=algorithm))
    assert code not in short_codes(balanced(algorithm="round-robin"))


def test_higher_weights_go_first_in_groups_and_share_otherwise():
    heavy = {**ONE, "weight": 200}
    grouped = proxy(heavy, OTHER, balancer={"algorithm": "priority", "retries": 0})
    first, second = grouped.fragments["ai-proxy-multi"]["instances"]
    assert (first["priority"], second["priority"]) == (200, 100)
    assert first["weight"] == second["weight"] == 1
    shared = proxy(heavy, OTHER).fragments["ai-proxy-multi"]["instances"]
    assert [entry["weight"] for entry in shared] == [200, 100]
    assert not any("priority" in entry for entry in shared)


def test_kongs_default_retries_are_told_and_a_single_model_has_none():
    assert "failover" in short_codes(apisix("ai-proxy-advanced", {"targets": [ONE, OTHER]}))
    assert "failover" not in short_codes(apisix("ai-proxy-advanced", {"targets": [ONE]}))


# -- Bedrock ---------------------------------------------------------------------------------------

BEDROCK = {"provider": "bedrock", "name": "m", "options": {"bedrock": {"aws_region": "eu-west-1"}}}
KEYS = {"aws_access_key_id": "AK", "aws_secret_access_key": "SK"}


@pytest.mark.parametrize("missing", [*KEYS, "region"])
def test_bedrock_without_region_or_keys_is_not_written_because_the_target_would_refuse_it(missing):
    keys = {name: value for name, value in KEYS.items() if name != missing}
    model = BEDROCK if missing != "region" else {"provider": "bedrock", "name": "m"}
    mapped = apisix("ai-proxy", {"route_type": "llm/v1/chat", "auth": keys, "model": model})
    assert not mapped.mapped and short_codes(mapped) == ["bedrock-login"]


def test_bedrock_with_both_arrives():
    mapped = apisix("ai-proxy", {"route_type": "llm/v1/chat", "auth": KEYS, "model": BEDROCK})
    assert mapped.fragments["ai-proxy"]["provider_conf"] == {"region": "eu-west-1"}
    assert mapped.levels[("auth", "aws_secret_access_key")][0] is Level.EXACT


def test_a_key_of_bedrock_in_a_vault_is_no_key():
    keys = {**KEYS, "aws_secret_access_key": "{vault://aws/key}"}
    assert not apisix("ai-proxy", {"route_type": "llm/v1/chat", "auth": keys, "model": BEDROCK}).mapped


# -- limits on tokens ------------------------------------------------------------------------------


def limited(targets, config, *others, version="3.18", scope="route"):
    """What a limit becomes on a route whose ai-proxy-advanced has these targets."""
    facts = SourceFacts()
    uses = tuple(PluginUse(name, {}, "route", ("shop", name, name)) for name in others)
    proxy_use = PluginUse("ai-proxy-advanced", {"targets": targets}, "route", ("shop", "p", "p"))
    route = Route(
        "r", ObjectRef("", "Ingress", "shop", "r"), Service("web.80", "shop"), plugins=(*uses, proxy_use)
    )
    use = PluginUse("ai-rate-limiting-advanced", config, scope, ("shop", "l", "l"))
    mapper = Mapper({"apisix": version}, facts, strict=True)
    return mapper.map(use, "apisix", model=RouteModel(facts), route=route)


def per(*providers, **more):
    entries = [{"name": name, "limit": [100], "window_size": [60]} for name in providers]
    return {"llm_providers": entries, "identifier": "service", **more}


def test_limits_of_providers_stand_at_the_instances_of_the_same_name():
    mapped = limited([ONE, CLAUDE], per("openai", "anthropic"))
    written = proxy(ONE, CLAUDE).fragments["ai-proxy-multi"]["instances"]
    limits = mapped.fragments["ai-rate-limiting"]["instances"]
    assert [entry["name"] for entry in limits] == [entry["name"] for entry in written]


def test_two_models_of_one_provider_would_have_two_counters():
    mapped = limited([ONE, ONE, CLAUDE], per("openai", "anthropic"))
    assert not mapped.mapped and mapped.lost is Protects.PROTECTION


def test_callers_cannot_be_told_apart_where_instances_are():
    assert not limited([ONE, CLAUDE], per("openai", identifier="consumer")).mapped
    alone = limited([ONE], per("openai", identifier="consumer"), "key-auth")
    assert alone.fragments["ai-rate-limiting"]["rules"][0]["key"] == "$consumer_name 60"


def test_a_limit_for_one_of_two_providers_leaves_the_other_alone():
    limits = limited([ONE, CLAUDE], per("openai")).fragments["ai-rate-limiting"]
    assert [entry["name"] for entry in limits["instances"]] == ["openai-1"] and "rules" not in limits


def test_a_limit_that_does_not_arrive_is_an_error():
    mapped = apisix("ai-rate-limiting-advanced", per("openai", tokens_count_strategy="cost"))
    assert mapped.lost is Protects.PROTECTION
    assert {finding.severity for finding in mapped.findings} == {Severity.ERROR}


def test_refusals_name_the_providers_unless_they_are_hidden():
    def text(**more):
        body = apisix("ai-rate-limiting-advanced", per("openai", **more)).fragments["ai-rate-limiting"]
        return body["_meta"]["error_response"]["message"]

    assert text().endswith(": openai")
    assert text(error_message="No.", error_hide_providers=True) == "No."


def test_without_redis_requests_pass_as_in_kong_and_older_releases_say_that_they_count_alone():
    redis = {"strategy": "redis", "redis": {"host": "r.example"}}
    new = apisix("ai-rate-limiting-advanced", per("openai", **redis)).fragments["ai-rate-limiting"]
    assert new["allow_degradation"] is True and new["redis_host"] == "r.example"
    old = apisix("ai-rate-limiting-advanced", per("openai", **redis), "3.17")
    assert "redis_host" not in old.fragments["ai-rate-limiting"]
    assert "own-counters" in short_codes(old)
