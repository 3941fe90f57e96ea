"""What a plugin object configures: plain, from a Secret, patched; and each way of not being attached."""

from __future__ import annotations

import json

import pytest

from kong2x.model.errors import ReadError
from kong2x.model.finding import Level, Severity
from kong2x.model.plugin import SecretKey
from kong2x.model.settings import SourceFacts
from kong2x.model.source import Leaf, SourceObject
from kong2x.resolve.plugins_config import Body, read_plugin
from kong2x.resolve.plugins_patch import PatchError, add_at, pointer
from kong2x.resolve.world import World
from tests.resolve.plugin_worlds import add, cluster_plugin, listing, on, plugin, run, secret


def use(found):
    """The only use on the only route."""
    (only,) = found.only_route().plugins
    return only


def config(found):
    return dict(use(found).config)


def from_secret(key="j", **fields):
    return plugin("x", configFrom={"secretKeyRef": {"name": "s", "key": key}}, **fields)


def patched(*patches, **fields):
    """A plugin with patches given as pairs of pointer and Secret key."""
    listed = [{"path": p, "valueFrom": {"secretKeyRef": {"name": "s", "key": k}}} for p, k in patches]
    return plugin("x", configPatches=listed, **fields)


def not_attached(found, code):
    """Asserts that the plugin is gone, loudly, and that the route stands open."""
    assert on(found) == []
    (finding,) = [f for f in found.model.findings if f.code == code]
    assert finding.severity is Severity.ERROR and finding.routes
    assert "without the plugin" in finding.message
    return finding


@pytest.mark.parametrize("fields", [{}, {"config": {}}, {"config": None}])
def test_no_configuration_is_an_empty_one(fields):
    found = run(listing("x"), plugin("x", "key-auth", **fields))
    assert config(found) == {}
    assert found.codes == []


def test_all_fields_arrive():
    ordering = {"before": {"access": ["key-auth"]}}
    found = run(
        listing("x"),
        plugin("x", protocols=["http", "https"], ordering=ordering, instance_name="mine", **add("a:1")),
    )
    got = use(found)
    assert (got.protocols, got.ordering, got.instance_name) == (("http", "https"), ordering, "mine")
    assert got.config_path == ("config",) and got.key == ("default", "x", "response-transformer")
    assert got.fed_by(("add", "headers", 0)) == (Leaf(got.origin, ("config", "add", "headers", 0)),)


@pytest.mark.parametrize("value", ["minute: 5", ["a"], 5, True])
def test_a_configuration_that_is_no_mapping(value):
    finding = not_attached(run(listing("x"), plugin("x", config=value)), "plugins/config-not-mapping")
    assert str(finding.object) == "KongPlugin default/x"


@pytest.mark.parametrize("kind", ["", None, 5])
def test_no_plugin_named(kind):
    obj = plugin("x")
    obj["plugin"] = kind
    not_attached(run(listing("x"), obj), "plugins/no-type")


# --- configFrom -----------------------------------------------------------------------------------


@pytest.mark.parametrize(
    ("text", "expected"),
    [
        ('{"key_names": ["k"]}', {"key_names": ["k"]}),
        ("key_names:\n- k\n", {"key_names": ["k"]}),
        ("hide_credentials: yes\n", {"hide_credentials": True}),
        ("key_in_body: 0o10\n", {"key_in_body": 8}),
        ("{hide_credentials: on}", {"hide_credentials": True}),
        ('{"a": 1, }', {"a": 1}),
        ("a: 1\n---\nb: 2\n", {"a": 1}),
        ("null", {}),
        ("", {}),
    ],
)
def test_the_whole_configuration_from_a_secret(text, expected):
    found = run(listing("x"), from_secret(), secret("s", j=text))
    assert config(found) == expected
    assert use(found).secret_values == {(): SecretKey("default", "s", "j")}


def test_leaves_behind_a_configuration_from_a_secret():
    found = run(listing("x"), from_secret(), secret("s", j='{"a": {"b": 1}}', other="x"))
    fed = {(leaf.object.kind, leaf.path) for leaf in use(found).fed_by(("a", "b"))}
    assert fed == {
        ("KongPlugin", ("configFrom", "secretKeyRef", "name")),
        ("KongPlugin", ("configFrom", "secretKeyRef", "key")),
        ("Secret", ("stringData", "j")),
    }


@pytest.mark.parametrize("objects", [[], [secret("s", other="{}")], [secret("s", namespace="far", j="{}")]])
def test_the_secret_or_its_key_is_missing(objects):
    not_attached(run(listing("x"), from_secret(), *objects), "plugins/config-secret-missing")


@pytest.mark.parametrize("text", ["[1]", "just text", "a: [", "{", "\t: x", "NaN"])
def test_the_text_is_no_configuration(text):
    finding = not_attached(
        run(listing("x"), from_secret(), secret("s", j=text)), "plugins/config-secret-unreadable"
    )
    assert text not in finding.message


def test_both_kinds_of_configuration():
    found = run(listing("x"), from_secret(config={"a": 1}), secret("s", j="{}"))
    not_attached(found, "plugins/config-and-config-from")


def test_an_empty_configuration_beside_the_secret_is_fine():
    assert config(run(listing("x"), from_secret(config={}), secret("s", j='{"a": 1}'))) == {"a": 1}


def test_a_cluster_plugin_names_the_namespace_of_its_secret():
    def reference(**where):
        return {"configFrom": {"secretKeyRef": {"name": "s", "key": "j", **where}}}

    objects = [listing("x"), secret("s", namespace="infra", j='{"a": 1}')]
    assert config(run(*objects, cluster_plugin("x", **reference(namespace="infra")))) == {"a": 1}
    not_attached(run(*objects, cluster_plugin("x", **reference())), "plugins/config-secret-missing")


def test_without_a_yaml_reader_only_json_is_read():
    def read(text, parse_yaml=None):
        objects = [SourceObject(from_secret()), SourceObject(secret("s", j=text))]
        return read_plugin(World(objects, SourceFacts(), parse_yaml=parse_yaml), objects[0])

    def broken(text):
        raise ReadError("no")

    assert isinstance(read('{"a": 1}'), Body)
    assert read("a: 1").code == "plugins/config-secret-unreadable"
    assert read("a: 1", lambda text: {"a": 1}).config == {"a": 1}
    assert read("a: 1", broken).code == "plugins/config-secret-unreadable"


# --- configPatches --------------------------------------------------------------------------------


@pytest.mark.parametrize(
    ("before", "path", "value", "after"),
    [
        ({}, "/a", 1, {"a": 1}),
        ({}, "", {"b": 2}, {"b": 2}),
        ({"a": 1}, "", {"b": 2}, {"b": 2}),
        ({}, "/a/b/c", "x", {"a": {"b": {"c": "x"}}}),
        ({}, "/a/-", "x", {"a": ["x"]}),
        ({}, "/a/0", "x", {"a": ["x"]}),
        ({}, "/a/2", "x", {"a": [None, None, "x"]}),
        ({}, "/a/1/b", "x", {"a": [None, {"b": "x"}]}),
        ({"a": None}, "/a/b", 1, {"a": {"b": 1}}),
        ({"a": [1, 3]}, "/a/1", 2, {"a": [1, 2, 3]}),
        ({"a": [1]}, "/a/-", 2, {"a": [1, 2]}),
        ({"a": 1}, "/a", [2], {"a": [2]}),
        ({}, "/x~1y/~0", 1, {"x/y": {"~": 1}}),
        ({}, "/", 1, {"": 1}),
    ],
)
def test_patches_add_and_make_parents(before, path, value, after):
    found = run(listing("x"), patched((path, "k"), config=before), secret("s", k=json.dumps(value)))
    assert config(found) == after


@pytest.mark.parametrize(
    ("before", "path"),
    [
        ({"a": 1}, "/a/b"),
        ({"a": [1]}, "/a/x"),
        ({"a": [1]}, "/a/5"),
        ({}, "a"),
        ({}, "/a/99999999999"),
        ({"a": "text"}, "/a/0"),
    ],
)
def test_patches_that_cannot_be_applied(before, path):
    found = run(listing("x"), patched((path, "k"), config=before), secret("s", k="1"))
    not_attached(found, "plugins/config-patch")


@pytest.mark.parametrize("text", ["not json", "", "'single'", "yes", "{"])
def test_patch_values_must_be_json(text):
    found = run(listing("x"), patched(("/a", "k")), secret("s", k=text))
    not_attached(found, "plugins/config-secret-unreadable")


def test_patch_values_that_are_missing():
    not_attached(run(listing("x"), patched(("/a", "k"))), "plugins/config-secret-missing")


def test_a_root_patch_must_be_a_mapping():
    not_attached(run(listing("x"), patched(("", "k")), secret("s", k="[1]")), "plugins/config-not-mapping")


def test_the_source_object_is_not_changed_by_patches():
    before = {"a": {"b": 1}}
    run(listing("x"), patched(("/a/c", "k"), config=before), secret("s", k="2"))
    assert before == {"a": {"b": 1}}


def test_patched_settings_name_their_secret_and_their_leaves():
    found = run(
        listing("x"),
        patched(("/redis/password", "pw"), config={"redis": {"host": "h"}, "minute": 5}),
        secret("s", pw='"hunter2"'),
    )
    got = use(found)
    assert got.config == {"redis": {"host": "h", "password": "hunter2"}, "minute": 5}
    assert got.secret_values == {("redis", "password"): SecretKey("default", "s", "pw")}
    assert {leaf.object.kind for leaf in got.fed_by(("redis", "password"))} == {"KongPlugin", "Secret"}
    assert got.fed_by(("redis", "host")) == (Leaf(got.origin, ("config", "redis", "host")),)
    assert found.entry("KongPlugin", "config", "redis", "host").level is None
    assert found.entry("Secret", "stringData", "pw").level is Level.EXACT


def test_a_patch_over_a_written_setting_closes_that_leaf():
    found = run(listing("x"), patched(("/a", "k"), config={"a": 1, "b": 2}), secret("s", k="9"))
    assert config(found) == {"a": 9, "b": 2}
    assert found.entry("KongPlugin", "config", "a").why == "overwritten"
    assert found.entry("KongPlugin", "config", "b").level is None


def test_an_item_put_into_a_list_moves_the_others_which_stay_traced():
    found = run(listing("x"), patched(("/a/0", "k"), config={"a": ["y", "z"]}), secret("s", k='"x"'))
    got = use(found)
    assert config(found) == {"a": ["x", "y", "z"]}
    fed = {leaf.path for leaf in got.fed_by(("a", 2))}
    assert {("config", "a", 0), ("config", "a", 1)} <= fed
    assert got.secret_values == {("a",): SecretKey("default", "s", "k")}
    assert found.entry("KongPlugin", "config", "a", 1).level is None


def test_patches_come_before_the_check_for_two_configurations():
    obj = patched(("/a", "k"), configFrom={"secretKeyRef": {"name": "s", "key": "j"}})
    not_attached(run(listing("x"), obj, secret("s", k="1", j="{}")), "plugins/config-and-config-from")


def test_pointer_and_place():
    assert pointer("") == ()
    with pytest.raises(PatchError):
        pointer("a/b")
    assert add_at({"a": [1]}, ("a", "0"), 0)[1:] == (("a", 0), ("a",))
    assert add_at({"a": [1]}, ("a", "1"), 0)[1:] == (("a", 1), None)
