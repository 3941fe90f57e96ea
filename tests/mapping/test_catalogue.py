"""The catalogue of Kong plugins: complete, and right about defaults, priorities and classes."""

from __future__ import annotations

import json
import re

import pytest

from kong2x.mapping.catalogue import covers, read_plugin
from kong2x.mapping.distil import distil
from kong2x.mapping.effective import effective
from kong2x.mapping.tables import CATALOGUE, Tables
from kong2x.model.errors import MappingError
from kong2x.model.finding import Protects

TABLES = Tables()


@pytest.fixture(scope="module")
def facts(shared):
    folder = shared / "facts"
    names = ("kong-plugins", "kong-plugins-enterprise", "plugin-verdicts")
    return [json.loads((folder / f"{name}.json").read_text())["plugins"] for name in names]


def test_every_plugin_is_there(facts):
    exact, documented, verdicts = facts
    assert set(TABLES.plugins(CATALOGUE)) >= {*exact, *documented, *verdicts}
    assert len(exact) == 45


def fields_of(record, prefix=""):
    for field in record.get("fields", ()):
        path = prefix + field["name"]
        inner = field.get("elements") or field.get("values") or {}
        mark = "[]" if "elements" in field else ".*"
        if field["type"] == "record":
            yield from fields_of(field, f"{path}.")
        else:
            yield path, field
        if inner.get("type") == "record":
            yield from fields_of(inner, f"{path}{mark}.")


def documented_fields(schema, prefix=""):
    for name, field in schema.get("properties", {}).items():
        path = prefix + name
        yield path
        yield from documented_fields(field, f"{path}.")
        if isinstance(field.get("items"), dict):
            yield from documented_fields(field["items"], f"{path}[].")
        if isinstance(field.get("additionalProperties"), dict):
            yield from documented_fields(field["additionalProperties"], f"{path}.*.")


def test_every_field_is_there(facts):
    exact, documented, _ = facts
    for name, plugin in exact.items():
        kong = TABLES.kong(name)
        for path, field in fields_of(plugin["config"]):
            assert path in kong.fields, (name, path)
            mine = kong.fields[path]
            assert mine.secret or not field.get("encrypted"), (name, path)
            assert set(mine.values) >= set(field.get("one_of", ())), (name, path)
        for short in plugin["config"].get("shorthand_fields", ()):
            assert short["name"] in kong.aliases or short["name"] == "cookie_renew", (name, short["name"])
    for name, plugin in documented.items():
        kong = TABLES.kong(name)
        for path in documented_fields(plugin["config"]):
            known = (
                path in kong.fields or path in kong.containers or any(covers(a, path) for a in kong.aliases)
            )
            assert known, (name, path)


def test_defaults_are_those_of_the_newest_exact_release(facts):
    for name, plugin in facts[0].items():
        kong = TABLES.kong(name)
        for path, field in fields_of(plugin["config"]):
            random = (name, path) == ("session", "secret")  # made at start, nobody can know it
            if field.get("default") is not None and not random:
                assert kong.fields[path].default_in("3.10") == field["default"], (name, path)


@pytest.mark.parametrize(
    ("plugin", "path", "before", "after"),
    [
        ("key-auth", "hide_credentials", False, True),
        ("basic-auth", "hide_credentials", False, True),
        ("hmac-auth", "hide_credentials", False, True),
        ("rate-limiting", "redis.ssl_verify", False, True),
        ("azure-functions", "https_verify", False, True),
        ("http-log", "ssl_verify", None, True),
        (
            "hmac-auth",
            "algorithms",
            ["hmac-sha1", "hmac-sha256", "hmac-sha384", "hmac-sha512"],
            ["hmac-sha224", "hmac-sha256", "hmac-sha384", "hmac-sha512"],
        ),
    ],
)
def test_defaults_flip_in_3_14(plugin, path, before, after):
    field = TABLES.kong(plugin).fields[path]
    assert field.default_in("3.9") == before == field.default_in("3.13")
    assert field.default_in("3.14") == after == field.default_in("3.15.1")


def test_a_later_field_has_no_default_before_its_release():
    assert TABLES.kong("basic-auth").fields["brute_force_protection.strategy"].default_in("3.12") is None


def test_older_spellings_have_defaults_in_older_releases():
    assert effective(TABLES.kong("rate-limiting"), {}, "3.4").values["redis.timeout"] == 2000


def test_priorities_are_those_of_the_table(shared):
    text = (shared / "facts" / "kong-source.md").read_text()
    section = text[text.index("### 5.7") : text.index("## 6. Consumers")]
    checked = 0
    for row in section.splitlines():
        cells = [cell.strip() for cell in row.strip("|").split("|")]
        if row.startswith("|") and re.fullmatch(r"-?\d+", cells[0]) and " / " not in cells[1]:
            for name in re.split(r",|\(", cells[1]):
                name = name.strip(" )").removesuffix(" E").strip()
                if name and not name.startswith("…"):
                    assert TABLES.kong(name).priority_in("3.9") == int(cells[0]), name
                    checked += 1
    assert checked > 50
    assert TABLES.kong("correlation-id").priority_in("3.8") == 1


def test_classes_are_those_of_the_verdicts(facts):
    for name in TABLES.plugins(CATALOGUE):
        kong, verdict = TABLES.kong(name), facts[2].get(name)
        assert kong.klass == (verdict["class"] if verdict else "A"), name
    assert TABLES.kong("cors").protects is Protects.PROTECTION, "class C, and closed"
    assert TABLES.kong("redirect").protects is Protects.NOTHING


def test_scopes_are_those_of_the_facts(facts):
    assert TABLES.kong("key-auth").not_on == ("consumer", "consumer_group")
    for name, plugin in facts[0].items():
        refused = {scope for scope, allowed in plugin["scopes"].items() if not allowed}
        assert set(TABLES.kong(name).not_on) >= refused, name


def test_the_tool_writes_what_the_reader_reads(facts, tmp_path):
    exact, documented, verdicts = facts
    for name in ("acme", "response-ratelimiting", "openid-connect"):
        path = tmp_path / f"{name}.yaml"
        path.write_text(distil(name, exact.get(name), documented.get(name), verdicts.get(name)))
        kong = read_plugin(path)
        assert {f.path: (f.type, f.default) for f in kong.fields.values()} == {
            f.path: (f.type, f.default) for f in TABLES.kong(name).fields.values()
        }


@pytest.mark.parametrize(
    ("text", "said"),
    [
        ("plugin: a\nclas: A\nfields: {}\n", "a.yaml:2: no such word: clas. Did you mean class?"),
        ("plugin: a\nfields:\n  x: {type: strnig}\n", "a.yaml:3: x: expected {type: …}"),
        (
            "plugin: a\nfields:\n  x: {type: string, defualt: 1}\n",
            "no such word: defualt. Did you mean default?",
        ),
        ("plugin: a\nclass: E\nfields: {}\n", "expected A, B, C or D"),
        ("fields: {}\n", "expected `plugin: NAME` first"),
    ],
)
def test_mistakes_in_the_catalogue_are_named(tmp_path, text, said):
    path = tmp_path / "a.yaml"
    path.write_text(text)
    with pytest.raises(MappingError) as error:
        read_plugin(path)
    assert said in str(error.value)
