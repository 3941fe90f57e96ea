"""The project's own mapping files: complete, true to their examples, and no value without an effect."""

from __future__ import annotations

import pytest

from kong2x.mapping import lint, run_examples, sweep
from kong2x.mapping.reading import read_yaml
from kong2x.mapping.tables import CATALOGUE, Tables
from kong2x.mapping.targets import targets_of

TABLES = Tables()
FILES = [(v, p) for v in TABLES.vocabularies() for p in TABLES.plugins(v)]
FIRST = (
    "cors",
    "ip-restriction",
    "key-auth",
    "rate-limiting",
    "redirect",
    "request-termination",
    "request-transformer",
    "response-transformer",
)


def test_the_first_plugins_are_mapped_to_both_targets():
    for plugin in FIRST:
        assert ("apisix", plugin) in FILES and ("gateway-api", plugin) in FILES


@pytest.mark.parametrize("vocabulary", [CATALOGUE, *TABLES.vocabularies()])
def test_lint_finds_nothing(vocabulary):
    assert [str(problem) for problem in lint(vocabulary=vocabulary)] == []


@pytest.mark.parametrize(("vocabulary", "plugin"), FILES)
def test_every_example_holds(vocabulary, plugin):
    results = run_examples(vocabulary=vocabulary, plugin=plugin)
    assert results and [(r.title, r.problems) for r in results if r.problems] == []


@pytest.mark.parametrize(("vocabulary", "plugin"), FILES)
def test_every_allowed_value_makes_a_difference(vocabulary, plugin):
    assert sweep(plugin, vocabulary) == []
    assert sweep(plugin, vocabulary, {"apisix": "3.9", "gateway-api": "1.2"}[vocabulary]) == []


@pytest.mark.parametrize("plugin", FIRST)
@pytest.mark.parametrize("vocabulary", ["apisix", "gateway-api"])
def test_every_changed_field_makes_a_difference(vocabulary, plugin):
    assert sweep(plugin, vocabulary, every_field=True) == []


def test_a_sweep_notices_a_value_that_is_lost_in_silence(house):
    house.write(
        "fields:\n  mode: {to: policy, enum: {near: local, far: local, both: redis}}\n"
        "  limit: count\n  strict: {level: ignored}\n  wait: {level: ignored}\n"
        "  text: {with: [secret, list, store, parts], level: ignored}\nexamples: [{title: t}]\n",
        "plugin: house\ntarget: apisix\nchecked: {kong: '3.9'}\nsummary: S.\n"
        "emit: {limit-count: {time_window: 60, redis_host: r.example}}\n",
    )
    said = sweep("house", "apisix", folders=[house.folder])
    assert any("mode: 'far' changes nothing" in line for line in said)
    assert any("strict: False changes nothing" in line for line in said)
    assert not any("'both'" in line for line in said)


def test_both_yaml_readers_agree():
    from ruamel.yaml import YAML

    for vocabulary, plugin in [*FILES, *((CATALOGUE, name) for name in TABLES.plugins(CATALOGUE)[::9])]:
        path = TABLES.path(vocabulary, plugin)
        assert YAML(typ="safe", pure=True).load(path) == read_yaml(path.read_text(), path.name), path


def test_what_a_plugin_emits_passes_the_full_schema(root):
    """Every example again, against the schema facts as a whole: formats, conditions, closed keys."""
    from kong2x.mapping.targets import targets_of

    for vocabulary, plugin in FILES:
        for example in TABLES.mapping(vocabulary, plugin).examples:
            version = example.version or {"apisix": "3.18", "gateway-api": "1.6"}[vocabulary]
            for name, body in example.emit.items():
                known = targets_of(vocabulary).plugin(name, version)
                assert known.problem(body) == "", (plugin, example.title)
                inner = {key: value for key, value in body.items() if key == "_meta"}
                for key in inner.get("_meta", {}):
                    assert known.find(f"_meta.{key}") is not None


def test_what_no_release_has_yet_is_newer_than_the_newest_release():
    cost = targets_of("apisix").plugin("graphql-limit-count", "3.18").find("max_cost")
    assert cost.since == "3.18.0+main"
    assert not cost.exists_in("3.18") and cost.exists_in("3.19")
    assert targets_of("apisix").plugin("graphql-limit-count", "3.18").find("window_type").exists_in("3.18")


def test_a_setting_is_no_older_than_its_plugin():
    functions = targets_of("apisix").plugin("exit-transformer", "3.18").find("functions")
    assert functions.exists_in("3.17") and not functions.exists_in("3.16")
    assert targets_of("apisix").plugin("key-auth", "3.9").find("header").exists_in("3.0")
