"""jsonschema-rs and jsonschema give the same answer about the same objects, valid or damaged."""

from __future__ import annotations

import copy
import json
import random

import pytest
import yaml
from gateway_objects import bases, variants

from kong2x.model.datafiles import data_folder
from kong2x.validate import Validator
from kong2x.validate.apisix.plugins import PluginSchemas
from kong2x.validate.engine import compile_schema, compile_slow, faults

VALUES = [
    None,
    True,
    0,
    -1,
    1.0,
    1.5,
    2**40,
    "",
    "x",
    "a b",
    "a\n",
    "ä",
    "x" * 300,
    [],
    [1],
    ["x", "x"],
    {},
    {"x": 1},
]


def places(value, path=()):
    yield path
    parts = value.items() if isinstance(value, dict) else enumerate(value) if isinstance(value, list) else ()
    for key, part in parts:
        yield from places(part, (*path, key))


def damaged(obj, rng):
    """A copy with one value changed, removed, doubled, or with one unknown key more."""
    out = copy.deepcopy(obj)
    path = rng.choice([p for p in places(out) if p])
    holder = out
    for step in path[:-1]:
        holder = holder[step]
    how = rng.randrange(4)
    if how == 0:
        holder[path[-1]] = copy.deepcopy(rng.choice(VALUES))
    elif how == 1:
        del holder[path[-1]]
    elif how == 2 and isinstance(holder, list):
        holder.append(copy.deepcopy(holder[path[-1]]))
    elif isinstance(holder, dict):
        holder[f"{path[-1]}x"] = holder[path[-1]]
    return out


def rust_places(check, value):
    return {tuple(error.instance_path) for error in check.iter_errors(value)}


def slow_places(check, value):
    return {tuple(error.absolute_path) for error in faults(check, value)}


def compare(schema, obj):
    fast, slow = schema.fast.is_valid(obj), schema.slow.is_valid(obj)
    assert fast == slow, json.dumps(obj)
    assert rust_places(schema.fast, obj) == slow_places(schema.slow, obj), json.dumps(obj)
    return fast


@pytest.mark.parametrize("release", ["1.0", "1.2", "1.4", "1.6"])
def test_gateway_api(release):
    validator = Validator("gateway-api", release, "experimental")
    answers = []
    for number, (base, edits) in enumerate(bases()):
        group, version = base["apiVersion"].split("/")
        schema = validator.kind(f"{base['kind']}.{group}", f"{group}/{version}")
        if schema is None:
            continue
        rng = random.Random(number)
        for obj in variants(base, edits, 12, number):
            for _ in range(4):
                answers.append(compare(schema, damaged(obj, rng)))
            answers.append(compare(schema, obj))
    assert answers.count(True) > 10 and answers.count(False) > 10


def recorded(shared):
    loader = getattr(yaml, "CSafeLoader", yaml.SafeLoader)
    for path in sorted((shared / "facts/recorded/conversion-pairs").glob("*.yaml")):
        yield from yaml.load_all(yaml.load(path.read_text(), loader)["apisix"], loader)


def test_objects_of_the_controller(shared):
    rng = random.Random(1)
    validators = [Validator("apisix", release) for release in ("1.8", "2.0", "2.2")]
    answers = []
    for obj in recorded(shared):
        for validator in validators:
            schema = validator.kind(obj["kind"], obj["apiVersion"])
            if schema and rng.random() < 0.4:
                answers.append(compare(schema, obj))
                answers.append(compare(schema, damaged(obj, rng)))
    assert answers.count(True) > 100 and answers.count(False) > 50


def test_plugin_bodies(shared):
    rng, plugins, answers = random.Random(2), PluginSchemas("3.18"), []
    for obj in recorded(shared):
        for entry in obj.get("spec", {}).get("plugins") or []:
            schema = plugins.schema(entry["name"])
            fast, slow = compile_schema(schema, draft="7", linear=False), compile_slow(schema, draft="7")
            bodies = [entry["config"], *(damaged(entry["config"], rng) for _ in range(3) if entry["config"])]
            for body in bodies:
                assert fast.is_valid(body) == slow.is_valid(body), (entry["name"], body)
                answers.append(fast.is_valid(body))
    assert answers.count(True) > 50 and answers.count(False) > 50


def test_every_schema_compiles_in_both(monkeypatch):
    for target, releases in (
        ("gateway-api", ("1.0", "1.6")),
        ("apisix", ("1.8", "2.2")),
        ("kong", ("head",)),
    ):
        for release in releases:
            for schema in Validator(target, release, "experimental").kinds():
                schema.fast.is_valid({})
                schema.slow.check_schema(schema.root)
    assert (data_folder("schemas") / "other").is_dir()


def test_without_the_fast_library_the_answers_are_the_same(monkeypatch):
    monkeypatch.setitem(__import__("sys").modules, "jsonschema_rs", None)
    base, edits = bases()[0]
    slow = Validator("gateway-api", "1.6")
    found = [[f.fingerprint for f in slow.check(obj)] for obj in variants(base, edits, 20, 3)]
    monkeypatch.undo()
    fast = Validator("gateway-api", "1.6")
    assert found == [[f.fingerprint for f in fast.check(obj)] for obj in variants(base, edits, 20, 3)]


def test_the_end_of_a_text_is_the_very_end():
    for check in (compile_schema({"pattern": "^a$"}), compile_slow({"pattern": "^a$"})):
        assert check.is_valid("a") and not check.is_valid("a\n")
    for check in (compile_schema({"pattern": r"^[$]\$$"}), compile_slow({"pattern": r"^[$]\$$"})):
        assert check.is_valid("$$") and not check.is_valid("$$\n")
