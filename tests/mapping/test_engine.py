"""Each rule word: what it writes, what it says, and what it leaves alone."""

from __future__ import annotations

import pytest

from kong2x.model.errors import MappingError
from kong2x.model.finding import Level, Protects, Severity


def codes(mapped) -> list[str]:
    return sorted(finding.code for finding in mapped.findings)


def body(mapped):
    """What was written beside the fixed settings."""
    fixed = {"count": 1, "time_window": 60}
    return {k: v for k, v in mapped.fragments.get("limit-count", {}).items() if fixed.get(k) != v}


def test_a_copy_is_written_when_the_user_wrote_it(house):
    assert body(house.map("fields: {text: group}", {"text": "a"})) == {"group": "a"}


def test_a_copy_of_nothing_writes_nothing_and_says_nothing(house):
    mapped = house.map("fields: {text: group}", {})
    assert body(mapped) == {} and mapped.findings == ()


def test_a_default_is_written_only_where_the_target_has_another(house):
    differs = house.map("fields: {store.port: redis_timeout}", {})
    assert body(differs) == {"redis_timeout": 6379}
    equal = house.map("fields: {store.port: redis_port}", {})
    assert body(equal) == {}


def test_what_the_user_wrote_is_written_even_when_it_is_the_default(house):
    assert body(house.map("fields: {store.port: redis_port}", {"store": {"port": 6379}})) == {
        "redis_port": 6379
    }


def test_the_default_is_that_of_the_source_release(house):
    assert body(house.map("fields: {store.port: redis_port}", {}, kong="3.14")) == {"redis_port": 6380}
    assert body(house.map("fields: {store.port: redis_port}", {}, kong="3.13")) == {}


def test_an_older_spelling_feeds_the_same_rule_and_keeps_its_own_place(house):
    mapped = house.map("fields: {store.host: redis_host}", {"store_host": "r.example"})
    assert body(mapped) == {"redis_host": "r.example"}
    assert mapped.levels == {("store_host",): (Level.EXACT, "house")}


def test_empty_lists_are_not_copied(house):
    assert body(house.map("fields: {list: rules}", {"list": []})) == {}


ENUM = """\
fields:
  mode:
    to: policy
    enum:
      near: local
      far: {to: redis, level: approximate, code: far, note: "It is far. Come nearer."}
      both: {level: unsupported, code: both, note: "Both cannot be had. Choose one."}
"""


def test_enum_writes_the_target_value(house):
    mapped = house.map(ENUM, {"mode": "near"})
    assert body(mapped) == {"policy": "local"} and codes(mapped) == []


def test_enum_entries_speak_for_themselves(house):
    head = HEAD_REDIS
    mapped = house.map(ENUM, {"mode": "far"}, head=head)
    assert mapped.fragments["limit-count"]["policy"] == "redis"
    (finding,) = mapped.findings
    assert (finding.code, finding.level) == ("house/far", Level.APPROXIMATE)
    assert (finding.message, finding.remedy) == ("It is far.", "Come nearer.")
    assert finding.path == ("config", "mode")


def test_a_lost_enum_entry_writes_nothing_and_loses_the_protection(house):
    mapped = house.map(ENUM, {"mode": "both"})
    assert body(mapped) == {} and mapped.lost is Protects.PROTECTION
    assert mapped.findings[0].severity is Severity.ERROR
    assert mapped.levels[("mode",)] == (Level.UNSUPPORTED, "house/both")


def test_an_enum_entry_for_the_default_speaks_without_the_field_being_written(house):
    mapped = house.map(
        ENUM.replace("near: local", "near: {to: local, level: approximate, code: near, note: A. B.}"), {}
    )
    assert codes(mapped) == ["house/near"] and mapped.findings[0].path == ("config",)


HEAD_REDIS = """\
plugin: house
target: apisix
checked: {kong: "3.9", apisix: "3.18"}
summary: The house counts.
emit: {limit-count: {count: 1, time_window: 60, redis_host: r.example}}
"""


@pytest.mark.parametrize(
    ("rule", "value", "result", "said"),
    [
        ("{to: redis_timeout, scale: 2}", 1500, 3000, []),
        ("{to: redis_timeout, scale: 0.001}", 2000, 2, []),
        ("{to: redis_timeout, scale: 0.001}", 1500, 2, ["plugins/rounded"]),
        ("{to: redis_timeout, scale: 0.001}", 1, 1, ["plugins/rounded"]),
        ("{to: sync_interval, scale: 0.001}", 1500, 1.5, []),
    ],
)
def test_scale_rounds_up_to_whole_units_and_says_so(house, rule, value, result, said):
    mapped = house.map(f"fields: {{wait: {rule}}}", {"wait": value})
    assert list(body(mapped).values()) == [result]
    assert codes(mapped) == said


def test_absent_stands_in_for_nothing_only(house):
    rule = "fields: {text: {to: group, absent: none-given}}"
    assert body(house.map(rule, {})) == {"group": "none-given"}
    assert body(house.map(rule, {"text": "x"})) == {"group": "x"}


def test_absent_that_is_the_targets_default_is_not_written(house):
    assert body(house.map("fields: {text: {to: key, absent: remote_addr}}", {})) == {}


WHEN = "fields: {store.host: {to: redis_host, when: {mode: far, strict: true}}}"


def test_when_needs_every_field_and_sees_defaults(house):
    both = {"store": {"host": "r.example"}, "mode": "far"}
    assert body(house.map(WHEN, both)) == {"redis_host": "r.example"}
    assert body(house.map(WHEN, both | {"strict": False})) == {}


def test_a_field_out_of_use_is_ignored_without_a_word(house):
    mapped = house.map(WHEN, {"store": {"host": "r.example"}})
    assert mapped.findings == () and mapped.lost is Protects.NOTHING
    assert mapped.levels[("store", "host")] == (Level.IGNORED, "plugins/not-in-use")


def test_otherwise_answers_a_failed_when(house):
    rule = """\
    fields:
      store.host:
        to: redis_host
        when: {mode: far}
        otherwise: {level: unsupported, code: near-store, note: "It is lost. Go far."}
    """
    mapped = house.map(rule, {"store": {"host": "r.example"}})
    assert codes(mapped) == ["house/near-store"] and mapped.lost is Protects.PROTECTION
    assert codes(house.map(rule, {})) == []


SINCE = "fields: {text: {to: group, since: '3.17', otherwise: {level: approximate, code: old, note: A. B.}}}"


def test_since_takes_otherwise_on_older_targets_only(house):
    assert codes(house.map(SINCE, {"text": "x"}, version="3.16")) == ["house/old"]
    newer = house.map(SINCE, {"text": "x"}, version="3.17")
    assert body(newer) == {"group": "x"} and codes(newer) == []


def test_otherwise_may_write_a_value_of_its_own(house):
    rule = "fields: {text: {to: group, since: '3.17', otherwise: {to: all}}}"
    assert body(house.map(rule, {"text": "x"}, version="3.16")) == {"group": "all"}


def test_settings_newer_than_the_target_are_found_without_since(house):
    rule = "fields: {mode: {to: window_type, enum: {near: fixed, far: sliding, both: fixed}}}"
    mapped = house.map(rule, {"mode": "far"}, version="3.17")
    assert codes(mapped) == ["plugins/target-too-old"] and mapped.lost is Protects.PROTECTION
    assert "3.18" in mapped.findings[0].message
    assert body(house.map(rule, {"mode": "far"}, version="3.18")) == {"window_type": "sliding"}


LOST = 'fields: {strict: {level: unsupported, harmless: [false], code: lax, note: "It is lax. Beware."}}'


def test_harmless_values_lose_nothing(house):
    assert codes(house.map(LOST, {"strict": True})) == ["house/lax"]
    assert codes(house.map(LOST, {})) == ["house/lax"], "Kong's default asks for it too"
    mapped = house.map(LOST, {"strict": False})
    assert codes(mapped) == [] and mapped.levels == {("strict",): (Level.EXACT, "house")}


def test_harmless_does_not_take_one_for_true(house):
    rule = "fields: {limit: {level: unsupported, harmless: [true], code: a, note: A. B.}}"
    assert codes(house.map(rule, {"limit": 1})) == ["house/a"]


def test_a_record_is_lost_only_for_what_the_user_asked(house):
    rule = "fields: {store: {level: unsupported, code: store, note: A. B.}}"
    assert codes(house.map(rule, {})) == []
    assert codes(house.map(rule, {"store": {"port": 6379}})) == [], "only Kong's default was written"
    mapped = house.map(rule, {"store": {"port": 1, "host": "h"}})
    assert codes(mapped) == ["house/store"]
    assert {level for level, _ in mapped.levels.values()} == {Level.UNSUPPORTED}


def test_the_class_of_a_field_outweighs_that_of_the_plugin(house):
    rule = "fields: {store: {level: unsupported, code: store, note: A. B.}}"
    assert house.map(rule, {"store": {"name": "n"}}).lost is Protects.ACCESS
    assert house.map(rule, {"store": {"host": "n"}}).lost is Protects.PROTECTION


def test_an_ignored_field_is_booked_and_not_reported(house):
    mapped = house.map("fields: {text: {level: ignored}}", {"text": "x"})
    assert mapped.findings == () and mapped.levels[("text",)][0] is Level.IGNORED


def test_always_speaks_about_every_use(house):
    head = HEAD_REDIS + "always:\n  - {code: start, level: approximate, note: A. B.}\n"
    mapped = house.map("fields: {text: group}", {}, head=head)
    assert codes(mapped) == ["house/start"] and mapped.findings[0].path == ("config",)


def test_always_may_be_limited_by_values_and_releases(house):
    head = HEAD_REDIS + "always:\n  - {code: near, level: approximate, note: A. B., when: {mode: near}}\n"
    head += "  - {code: old, level: approximate, note: A. B., since: '3.17'}\n"
    rule = "fields: {mode: {level: ignored}}"
    assert codes(house.map(rule, {"mode": "far"}, head=head)) == []
    assert codes(house.map(rule, {}, version="3.16", head=head)) == ["house/near", "house/old"]


def test_a_lost_always_loses_the_whole_plugin(house):
    head = HEAD_REDIS + "always:\n  - {code: none, level: unsupported, note: A. B.}\n"
    mapped = house.map("", {"text": "x", "limit": 3}, head=head)
    assert mapped.fragments == {} and mapped.lost is Protects.PROTECTION
    assert set(mapped.levels.values()) == {(Level.UNSUPPORTED, "house/none")}


def test_attach_speaks_about_scopes(house):
    head = HEAD_REDIS + "attach:\n  service: {level: approximate, code: each, note: A. B.}\n"
    assert codes(house.map("fields: {text: group}", {}, head=head)) == []
    assert codes(house.map("fields: {text: group}", {}, head=head, scope="service")) == ["house/each"]
    assert codes(house.map("fields: {text: group}", {}, head=head, scope="consumer+service")) == [
        "house/each"
    ]


def test_a_plugin_newer_than_the_target_is_lost_as_a_whole(house):
    head = HEAD_REDIS.replace("limit-count: {count: 1, time_window: 60, redis_host: r.example}", "acl: {}")
    mapped = house.map("fields: {text: {level: ignored}}", {"text": "x"}, version="3.16", head=head)
    assert mapped.fragments == {} and codes(mapped) == ["plugins/target-too-old"]
    assert mapped.lost is Protects.PROTECTION


def test_a_body_that_the_target_refuses_is_not_written(house):
    head = HEAD_REDIS.replace("count: 1, ", "")
    mapped = house.map("fields: {text: group}", {"text": "x"}, head=head)
    assert mapped.fragments == {} and codes(mapped) == ["plugins/incomplete"]
    assert mapped.lost is Protects.PROTECTION


def test_if_written_fragments_need_a_rule_that_writes(house):
    assert "workflow" not in house.map("fields: {text: group}", {"text": "x"}).fragments


def test_metadata_is_kept_apart(house):
    mapped = house.map("fields: {text: gateway/limit-count/limit_header}", {"text": "X-A"})
    assert mapped.gateway_wide == {"limit-count": {"limit_header": "X-A"}}


def test_two_rules_for_one_setting_are_a_mistake_of_the_file(house):
    with pytest.raises(MappingError, match="two rules write group"):
        house.map("fields: {text: group, store.host: group}", {"text": "a", "store": {"host": "b"}})


def test_class_in_the_file_overrides(house):
    head = HEAD_REDIS.replace("summary:", "class: A\nsummary:")
    assert house.map(LOST, {}, head=head).lost is Protects.ACCESS


# -- what the user wrote wrong ---------------------------------------------------------------------


def test_an_unknown_key_is_named_with_the_right_one(house):
    mapped = house.map("fields: {text: group}", {"txet": "x", "text": "y"})
    (finding,) = mapped.findings
    assert finding.code == "plugins/unknown-key" and finding.severity is Severity.ERROR
    assert "Did you mean text" in finding.message and finding.path == ("config", "txet")
    assert mapped.levels[("txet",)] == (Level.UNKNOWN, "plugins/unknown-key")
    assert mapped.levels[("text",)] == (Level.EXACT, "house")
    assert mapped.lost is Protects.PROTECTION


@pytest.mark.parametrize("value", ["7", 7.5, True, [7], {"a": 7}, None])
def test_a_value_of_the_wrong_kind_is_reported_and_the_default_stands_in(house, value):
    mapped = house.map("fields: {limit: redis_database}", {"limit": value})
    assert codes(mapped) == ["plugins/invalid-value"] and body(mapped) == {"redis_database": 5}


def test_a_value_outside_the_list_is_reported(house):
    mapped = house.map(
        "fields: {mode: {to: policy, enum: {near: local, far: local, both: local}}}", {"mode": "near "}
    )
    assert codes(mapped) == ["plugins/invalid-value"] and "Did you mean near" in mapped.findings[0].message


def test_a_configuration_that_is_no_mapping_is_reported(house):
    mapped = house.map("fields: {text: group}", ["text"])
    assert codes(mapped) == ["plugins/invalid-value"] and mapped.levels[(0,)][0] is Level.UNKNOWN


def test_a_contradicting_older_spelling_is_reported(house):
    mapped = house.map("fields: {store.host: redis_host}", {"store": {"host": "new"}, "store_host": "old"})
    assert codes(mapped) == ["plugins/invalid-value"] and body(mapped) == {"redis_host": "new"}
    same = house.map("fields: {store.host: redis_host}", {"store": {"host": "new"}, "store_host": "new"})
    assert codes(same) == [] and len(same.levels) == 2


def test_elements_of_lists_are_checked_and_filled(house):
    rule = "fields: {parts: {level: unsupported, code: p, note: A. B.}}"
    mapped = house.map(rule, {"parts": [{"size": 1}, {"sise": 2}]})
    assert codes(mapped) == ["house/p", "plugins/unknown-key"]
    assert mapped.levels[("parts", 1, "sise")][0] is Level.UNKNOWN
    assert mapped.levels[("parts", 0, "size")][0] is Level.UNSUPPORTED


def test_every_leaf_has_a_level(house):
    from kong2x.model.source import leaves

    config = {"text": "x", "list": ["a", "b"], "store": {}, "odd": {"a": [1]}, "limit": "x", "wait": 3}
    mapped = house.map("fields: {text: group}", config)
    assert set(mapped.levels) == set(leaves(config))
    assert mapped.levels[("wait",)] == (Level.UNMAPPED, "plugins/not-read"), (
        "a field without a rule is not exact"
    )


def test_a_field_that_is_gone_has_no_rule_and_is_reported_as_unmapped(house):
    mapped = house.map("fields: {text: group}", {"old_limit": 1})
    assert mapped.levels[("old_limit",)][0] is Level.UNMAPPED and codes(mapped) == ["plugins/not-read"]


def test_a_lost_plugin_is_not_reported_for_how_it_would_have_differed(house):
    head = HEAD_REDIS + "always:\n  - {code: start, level: approximate, note: A. B.}\n"
    head += "  - {code: none, level: unsupported, note: A. B., when: {mode: far}}\n"
    rule = "fields: {mode: {level: ignored}}"
    assert codes(house.map(rule, {"mode": "far"}, head=head)) == ["house/none"]
    assert codes(house.map(rule, {}, head=head)) == ["house/start"]
