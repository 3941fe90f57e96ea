"""The checked-in schema files are what the importer makes from the CRDs, and the importer keeps the rules."""

from __future__ import annotations

import json

import pytest

from kong2x.model.datafiles import data_folder
from kong2x.model.errors import Kong2xError, UsageError
from kong2x.validate import Validator, import_crd, import_folder, versions
from kong2x.validate.apisix.plugin_import import import_plugins
from kong2x.validate.catalogue import index
from kong2x.validate.importer import SchemaFile, render
from kong2x.validate.kinds import KindSchema
from kong2x.validate.sources import FAMILIES, import_all
from kong2x.validate.structural import collect_defaults, convert, hoist, steps


def on_disk(folder):
    return {str(path.relative_to(folder)): path.read_text() for path in sorted(folder.rglob("*.json"))}


def test_families_are_a_fresh_import(shared):
    fresh = import_all(shared / "crds")
    for family in FAMILIES:
        folder = data_folder("schemas") / family
        wanted = {
            name.removeprefix(family + "/"): text
            for name, text in fresh.items()
            if name.startswith(family + "/")
        }
        assert on_disk(folder) == wanted


def test_plugins_are_a_fresh_import(shared):
    data = json.loads((shared / "facts/apisix-plugins.json").read_text())
    assert on_disk(data_folder("schemas") / "apisix-plugins") == import_plugins(data)


def test_sources_names_every_release():
    text = (data_folder("schemas") / "SOURCES.md").read_text()
    for family in FAMILIES:
        for release in index(family):
            assert release in text
    for release in versions("apisix-plugins"):
        assert release in text


def test_files_are_small_and_hold_no_prose():
    total = 0
    for name, text in on_disk(data_folder("schemas")).items():
        total += len(text)
        assert len(text) < 20_000 or name.startswith("apisix-plugins/"), name
        assert '"description"' not in text.replace('"description": {"type"', "") or "plugins" in name, name
        assert "x-kubernetes-validations" not in text and '"rule":' not in text, name
    assert total < 1_000_000


def crd(schema, **version):
    return {
        "kind": "CustomResourceDefinition",
        "spec": {
            "group": "g.example",
            "scope": "Namespaced",
            "names": {"kind": "Thing"},
            "versions": [{"name": "v1", "served": True, "schema": {"openAPIV3Schema": schema}, **version}],
        },
    }


def thing(spec, **more):
    return {"apiVersion": "g.example/v1", "kind": "Thing", "metadata": {"name": "a"}, "spec": spec, **more}


def of(spec):
    [file] = import_crd(crd({"type": "object", "properties": {"spec": spec}}))
    return KindSchema(file, "v1")


def obj(**properties):
    return {"type": "object", "properties": properties}


# what a CRD says, values that pass, values that do not
CONVERSIONS = [
    (obj(a={"type": "string"}), [{}, {"a": "x"}], [{"b": 1}, {"a": 1}]),
    (
        {
            "type": "object",
            "x-kubernetes-preserve-unknown-fields": True,
            "properties": {"a": {"type": "string"}},
        },
        [{"b": 1}],
        [{"a": 1}],
    ),
    ({"type": "object", "additionalProperties": {"type": "integer"}}, [{"x": 1}], [{"x": "1"}]),
    (
        obj(a={"x-kubernetes-int-or-string": True, "anyOf": [{"type": "integer"}, {"type": "string"}]}),
        [{"a": 1}, {"a": "x"}],
        [{"a": 1.5}, {"a": True}],
    ),
    (obj(a={"type": "string", "nullable": True, "enum": ["x"]}), [{"a": None}, {"a": "x"}], [{"a": "y"}]),
    (
        obj(a={"type": "array", "items": {"type": "string"}, "x-kubernetes-list-type": "set"}),
        [{"a": ["x", "y"]}],
        [{"a": ["x", "x"]}],
    ),
    (
        obj(a={"type": "array", "items": {"type": "string"}, "x-kubernetes-list-type": "atomic"}),
        [{"a": ["x", "x"]}],
        [{"a": "x"}],
    ),
    (obj(a={"type": "integer", "format": "int32"}), [{"a": 2**31 - 1}], [{"a": 2**31}, {"a": -(2**31) - 1}]),
    (
        obj(a={"type": "integer", "format": "int32", "minimum": 1, "maximum": 9}),
        [{"a": 1}, {"a": 9}],
        [{"a": 0}, {"a": 10}],
    ),
    (obj(a={"type": "integer", "minimum": 1, "exclusiveMinimum": True}), [{"a": 2}], [{"a": 1}]),
    (obj(a={"type": "string", "format": "ipv4"}), [{"a": "1.2.3.4"}], [{"a": "1.2.3"}]),
    (
        obj(
            a={
                "type": "object",
                "x-kubernetes-embedded-resource": True,
                "x-kubernetes-preserve-unknown-fields": True,
            }
        ),
        [{"a": {"apiVersion": "v1", "kind": "X", "b": 1}}],
        [{"a": {"kind": "X"}}],
    ),
    (
        {
            **obj(a={"type": "string"}, b={"type": "string"}),
            "oneOf": [{"required": ["a"]}, {"required": ["b"]}],
        },
        [{"a": "x"}],
        [{}, {"a": "x", "b": "y"}],
    ),
    (
        {
            **obj(a={"type": "string"}),
            "anyOf": [{"properties": {"a": {"pattern": "^x$"}}}, {"properties": {"a": {"pattern": "^y$"}}}],
        },
        [{"a": "x"}, {"a": "y"}],
        [{"a": "z"}],
    ),
    ({**obj(a={"type": "string"}), "not": {"required": ["a"]}}, [{}], [{"a": "x"}]),
    ({"type": "object"}, [{}], [{"a": 1}]),
]


@pytest.mark.parametrize(("schema", "accepted", "refused"), CONVERSIONS)
def test_conversion(schema, accepted, refused):
    kind = of(schema)
    for value in accepted:
        assert kind.fast.is_valid(thing(value)) and kind.slow.is_valid(thing(value))
    for value in refused:
        assert not kind.fast.is_valid(thing(value)) and not kind.slow.is_valid(thing(value))


def test_keyed_lists_and_their_defaults():
    item = obj(port={"type": "integer"}, protocol={"type": "string", "default": "TCP"})
    ports = {
        "type": "array",
        "items": item,
        "x-kubernetes-list-type": "map",
        "x-kubernetes-list-map-keys": ["port", "protocol"],
    }
    kind = of(obj(ports=ports))
    assert not list(kind.duplicates(thing({"ports": [{"port": 1}, {"port": 1, "protocol": "UDP"}]})))
    [(path, keys, values)] = kind.duplicates(thing({"ports": [{"port": 1}, {"port": 1, "protocol": "TCP"}]}))
    assert (path, keys, values) == (("spec", "ports", 1), ("port", "protocol"), (1, "TCP"))


def test_defaults_are_kept_apart_and_applied_deeply():
    inner = obj(kind={"type": "string", "default": "Service"}, weight={"type": "integer", "default": 1})
    spec = obj(
        refs={"type": "array", "items": inner, "default": [{"weight": 5}]},
        by={"type": "object", "additionalProperties": inner},
        mode={"type": "string", "default": "on"},
    )
    kind = of(spec)
    assert "default" not in json.dumps(kind.root)
    given = thing({"by": {"x": {}}, "mode": None})
    assert kind.with_defaults(given)["spec"] == {
        "by": {"x": {"kind": "Service", "weight": 1}},
        "mode": "on",
        "refs": [{"weight": 5, "kind": "Service"}],
    }
    assert given == thing({"by": {"x": {}}, "mode": None}), "the object itself stays as it is"
    assert kind.with_defaults(kind.with_defaults(given)) == kind.with_defaults(given)


def test_status_is_left_open_and_the_envelope_is_ours():
    schema = {
        "type": "object",
        "required": ["metadata", "spec"],
        "properties": {"spec": obj(), "metadata": {"type": "object"}, "status": obj(a={"type": "integer"})},
    }
    [file] = import_crd(crd(schema, subresources={"status": {}}))
    kind = KindSchema(file, "v1")
    assert kind.fast.is_valid(thing({}, status={"anything": 1}))
    assert not kind.fast.is_valid({"apiVersion": "g.example/v1", "kind": "Thing", "metadata": {"name": "a"}})
    assert not kind.fast.is_valid({**thing({}), "kind": "Other"})
    assert not kind.fast.is_valid({**thing({}), "metadata": {"name": "a", "lables": {}}})
    live = {
        "name": "a",
        "uid": "1",
        "managedFields": [{}],
        "resourceVersion": "1",
        "labels": {"a.example/b": ""},
    }
    assert kind.fast.is_valid({**thing({}), "metadata": live})


@pytest.mark.parametrize(
    "metadata",
    [
        {"name": "A"},
        {"name": "a_b"},
        {},
        {"name": "a", "labels": {"a": 1}},
        {"name": "a", "labels": {"a": "b c"}},
        {"name": "a", "annotations": {"a b": "c"}},
        {"name": "x" * 254},
    ],
)
def test_metadata_that_the_api_server_refuses(metadata):
    assert not of(obj()).fast.is_valid({**thing({}), "metadata": metadata})


def test_versions_with_one_schema_share_a_file():
    two = crd(obj(spec=obj()))
    two["spec"]["versions"].append({**two["spec"]["versions"][0], "name": "v1beta1", "served": False})
    [file] = import_crd(two)
    assert file.versions == {"v1": True, "v1beta1": False}
    two["spec"]["versions"][1]["schema"] = {"openAPIV3Schema": obj(other=obj())}
    assert len(import_crd(two)) == 2


def test_files_read_back_and_bad_ones_are_named():
    [file] = import_crd(crd(obj(spec=obj(a={"type": "string", "default": "x"}))))
    assert SchemaFile.parse(file.text()) == file
    with pytest.raises(Kong2xError, match=r"x\.json: this is no schema file"):
        SchemaFile.parse("{}", "x.json")
    with pytest.raises(Kong2xError, match="found no kind"):
        import_crd({})


def test_folders_of_the_user(tmp_path):
    crds, out = tmp_path / "crds", tmp_path / "out"
    crds.mkdir()
    (crds / "thing.yaml").write_text(
        "# a comment\n---\n" + json.dumps(crd(obj(spec=obj(a={"type": "string"}))))
    )
    [written] = import_folder(crds, out)
    assert written.name == "Thing.v1.json"
    for folder in (crds, out):
        validator = Validator("apisix", extra_folders=[str(folder)])
        assert validator.check(thing({"a": "x"})) == []
        assert [f.code for f in validator.check(thing({"b": "x"}))] == ["schema/unknown-field"]
    assert [f.code for f in Validator("apisix").check(thing({}))] == ["manifest/not-checked"]
    with pytest.raises(UsageError, match="no such folder"):
        Validator("apisix", extra_folders=[str(tmp_path / "nowhere")])
    with pytest.raises(UsageError, match="no CRDs"):
        (tmp_path / "empty").mkdir()
        Validator("apisix", extra_folders=[str(tmp_path / "empty")])
    with pytest.raises(Kong2xError, match="no CustomResourceDefinition"):
        import_folder(tmp_path / "empty", out)


def test_a_users_schema_wins_over_ours(tmp_path):
    schema = obj(spec=obj(hosts={"type": "string"}))
    own = crd(schema)
    own["spec"].update(group="apisix.apache.org", names={"kind": "ApisixTls"})
    own["spec"]["versions"][0]["name"] = "v2"
    (tmp_path / "tls.json").write_text(json.dumps(own))
    tls = {
        "apiVersion": "apisix.apache.org/v2",
        "kind": "ApisixTls",
        "metadata": {"name": "a"},
        "spec": {"hosts": "x"},
    }
    assert Validator("apisix", extra_folders=[str(tmp_path)]).check(tls) == []
    assert Validator("apisix").check(tls)


def test_sharing_parts_changes_no_answer():
    part = obj(**{f"field{n}": {"type": "string", "maxLength": n} for n in range(8)})
    schema = convert(obj(a=part, b={"type": "array", "items": part}, c=obj(d=part)))
    shared = hoist(schema)
    assert len(shared["$defs"]) == 1 and len(json.dumps(shared)) < len(json.dumps(schema))
    [file] = import_crd(crd(obj(spec=obj(a=part, b={"type": "array", "items": part}))))
    kind = KindSchema(file, "v1")
    assert kind.node("spec.b[].field3") == {"type": "string", "maxLength": 3}
    assert not kind.fast.is_valid(thing({"b": [{"field1": "xx"}]}))
    assert kind.fast.is_valid(thing({"b": [{"field2": "xx"}]}))


def test_small_pieces():
    assert list(steps("spec.a[0].b{}.c")) == ["spec", "a", "[]", "b", "{}", "c"]
    assert collect_defaults(obj(a={"type": "array", "items": obj(b={"default": 0})})) == {"a[].b": 0}
    assert json.loads(render({"a": [1, {"b": "x" * 200}], "c": {}})) == {"a": [1, {"b": "x" * 200}], "c": {}}
