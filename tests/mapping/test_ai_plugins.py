"""Plugins around language models: which model answers, who may ask it, and how much."""

from __future__ import annotations

import pytest

from kong2x.mapping import map_config
from kong2x.mapping.examples import short_codes
from kong2x.model.finding import Level, Protects, Severity

ONE = {"route_type": "llm/v1/chat", "model": {"provider": "openai", "name": "a"}}
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
