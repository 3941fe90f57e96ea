"""The tools around mapping files: skeletons, pages, the overview and the codes."""

from __future__ import annotations

import subprocess
import sys

import pytest

from kong2x.mapping import docs, explain_plugin, mapping_codes, new_mapping, support_matrix
from kong2x.mapping.catalogue import covers
from kong2x.mapping.grammar import parse_mapping
from kong2x.mapping.tables import CATALOGUE, Tables
from kong2x.model.errors import UsageError
from kong2x.model.finding import Level, Protects, Severity


@pytest.mark.parametrize(
    ("plugin", "target"),
    [("basic-auth", ""), ("jwt", "jwt-auth"), ("openid-connect", ""), ("http-log", "http-logger")],
)
def test_a_skeleton_names_every_field_once(plugin, target):
    text = new_mapping(plugin, "apisix", target)
    file = parse_mapping(text.replace("code: TODO", "code: todo"), "new.yaml")
    for field in Tables().kong(plugin).top:
        if not field.until:
            assert sum(covers(path, field.path) for path in file.fields) == 1, field.path


def test_a_skeleton_without_a_counterpart_loses_the_whole_plugin():
    file = parse_mapping(new_mapping("statsd", "apisix"), "new.yaml")
    assert file.always[0].level is Level.UNSUPPORTED and not file.fields


def test_wrong_names_get_the_right_one():
    with pytest.raises(UsageError, match="Did you mean jwt"):
        new_mapping("jwtt", "apisix")
    with pytest.raises(UsageError, match="Did you mean jwt-auth"):
        new_mapping("jwt", "apisix", "jwt-aut")


def test_the_page_of_a_plugin():
    page = explain_plugin("rate-limiting", "apisix")
    rows = {row.field: row for row in page.fields}
    assert (
        rows["fault_tolerant"].target == "allow_degradation" and rows["fault_tolerant"].level is Level.EXACT
    )
    assert rows["redis.server_name"].level is Level.UNSUPPORTED
    assert "rate-limiting/redis-server-name" in rows["redis.server_name"].codes
    assert page.protects is Protects.PROTECTION and page.level is Level.APPROXIMATE
    assert ("rate-limiting/window-start", Level.APPROXIMATE) in {
        (code, level) for code, level, _ in page.notes
    }
    assert any(sample.title == "one window" for sample in page.samples)
    assert explain_plugin("mtls-auth", "nowhere").level is Level.UNMAPPED
    assert explain_plugin("no-such", "apisix") is None


def test_the_overview_has_every_plugin_once():
    rows = support_matrix("apisix")
    assert [row.plugin for row in rows] == Tables().plugins(CATALOGUE)
    redirect = next(row for row in rows if row.plugin == "redirect")
    assert (redirect.level, redirect.targets) == (Level.EXACT, ("redirect",))


@pytest.mark.parametrize("vocabulary", ["apisix", "gateway-api"])
def test_every_finding_of_an_example_has_a_catalogue_entry(vocabulary):
    known = {code.id: code for code in mapping_codes(vocabulary)}
    tables = Tables()
    for plugin in tables.plugins(vocabulary):
        for example in tables.mapping(vocabulary, plugin).examples:
            for code in example.codes:
                entry = known[code if "/" in code else f"{plugin}/{code}"]
                assert entry.summary.endswith(".") and entry.meaning.endswith(".")
    assert len(known) == len(mapping_codes(vocabulary))


def test_losing_access_is_an_error_in_the_catalogue():
    codes = {code.id: code for code in mapping_codes("gateway-api")}
    lost = codes["key-auth/no-standard-filter"]
    assert lost.finding("x.").severity is Severity.ERROR


def test_the_overview_page_names_both_targets():
    text = docs()
    assert "## apisix" in text and "## gateway-api" in text
    assert "| redirect | redirect | exact |" in text


def test_in_house_plugins_are_listed_too(house):
    house.write("fields: {limit: count}\n")
    assert "house" in {row.plugin for row in support_matrix("apisix", [house.folder])}


def test_the_engine_starts_without_pydantic():
    code = "import sys; from kong2x.mapping import Mapper; from kong2x.model.settings import SourceFacts\n"
    code += "Mapper({'apisix': '3.18'}, SourceFacts())\n"
    code += (
        "print([m for m in ('pydantic', 'ruamel.yaml', 'jsonschema_rs', 'jsonschema') if m in sys.modules])"
    )
    done = subprocess.run([sys.executable, "-c", code], capture_output=True, text=True, check=True)
    assert done.stdout.strip() == "[]"


def test_the_same_input_gives_the_same_answer_whatever_the_hash_seed(tmp_path):
    code = (
        "from kong2x.mapping import map_config, docs\n"
        "m = map_config('rate-limiting', 'apisix', {'minute': 5, 'hour': 9, 'odd': 1, 'redis': {'port': 1}})\n"
        "print(m.fragments, m.findings, m.levels, docs())"
    )
    outputs = {
        subprocess.run(
            [sys.executable, "-c", code],
            capture_output=True,
            text=True,
            check=True,
            env={"PYTHONHASHSEED": seed},
        ).stdout
        for seed in ("0", "1")
    }
    assert len(outputs) == 1
