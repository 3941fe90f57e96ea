"""Plugins around GraphQL: what is counted and cached, and what must not be shared or left unlimited."""

from __future__ import annotations

import pytest

from kong2x.mapping import map_config
from kong2x.mapping.examples import short_codes
from kong2x.model.finding import Level, Protects, Severity

LIMIT = {"limit": [100], "window_size": [60], "sync_rate": -1}


def apisix(plugin, config, version="3.18", **more):
    return map_config(plugin, "apisix", config, version=version, **more)


def test_another_formula_for_costs_is_a_lost_protection_and_the_limit_is_still_written():
    mapped = apisix("graphql-rate-limiting-advanced", LIMIT)
    assert mapped.fragments["graphql-limit-count"]["count"] == 100
    assert mapped.lost is Protects.PROTECTION
    (finding,) = [f for f in mapped.findings if f.code.endswith("/query-cost")]
    assert finding.severity is Severity.ERROR


@pytest.mark.parametrize(
    ("field", "value", "code"), [("max_cost", 10, "dear-queries"), ("score_factor", 0.5, "cost-factor")]
)
def test_settings_that_no_release_has_yet_are_lost_and_not_written(field, value, code):
    mapped = apisix("graphql-rate-limiting-advanced", {**LIMIT, field: value})
    assert code in short_codes(mapped)
    assert field not in mapped.fragments["graphql-limit-count"]
    assert mapped.levels[(field,)][0] is Level.UNSUPPORTED


@pytest.mark.parametrize(("field", "value"), [("max_cost", 0), ("score_factor", 1)])
def test_values_that_ask_for_nothing_are_no_loss(field, value):
    assert short_codes(apisix("graphql-rate-limiting-advanced", {**LIMIT, field: value})) == short_codes(
        apisix("graphql-rate-limiting-advanced", LIMIT)
    )


def test_limits_of_a_service_share_one_counter_as_its_one_instance_in_kong_does():
    body = apisix("graphql-rate-limiting-advanced", LIMIT, scope="service").fragments["graphql-limit-count"]
    alone = apisix("graphql-rate-limiting-advanced", LIMIT).fragments["graphql-limit-count"]
    assert body["group"] and "group" not in alone


def test_answers_that_a_header_decides_are_not_cached_at_all():
    plain = apisix("graphql-proxy-cache-advanced", {"cache_ttl": 60})
    assert plain.fragments["graphql-proxy-cache"]["cache_ttl"] == 60
    mapped = apisix("graphql-proxy-cache-advanced", {"cache_ttl": 60, "vary_headers": ["Accept-Language"]})
    assert not mapped.mapped and short_codes(mapped) == ["vary-headers"]
    assert apisix("graphql-proxy-cache-advanced", {"vary_headers": []}).mapped
