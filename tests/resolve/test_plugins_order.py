"""The order in which Kong runs plugins, and that the table agrees with the mapping files."""

from __future__ import annotations

import pytest
import yaml

from kong2x.model.kong_plugins import (
    IDENTIFIES,
    PRIORITIES,
    execution_order,
    forbidden_scopes,
    is_enterprise,
    is_known,
    priority,
    runs_on,
)
from kong2x.model.plugin import PluginUse
from tests.conftest import ROOT

FILES = sorted((ROOT / "mappings" / "kong" / "plugins").glob("*.yaml"))


def use(name: str) -> PluginUse:
    return PluginUse(name, {}, "route", ("default", name, name))


def order(*names: str, version: str = "3.9") -> list[str]:
    return [u.plugin for u in execution_order([use(name) for name in names], version)]


def test_descending_priority():
    assert order("request-termination", "rate-limiting", "acl", "key-auth", "cors", "ip-restriction") == [
        "cors",
        "key-auth",
        "ip-restriction",
        "acl",
        "rate-limiting",
        "request-termination",
    ]


def test_equal_numbers_run_in_descending_order_of_name():
    assert order("rate-limiting", "rate-limiting-advanced") == ["rate-limiting-advanced", "rate-limiting"]
    assert order("key-auth", "key-auth-enc") == ["key-auth-enc", "key-auth"]


def test_order_of_the_input_does_not_matter():
    names = sorted(PRIORITIES)
    assert order(*names) == order(*reversed(names))


def test_uses_of_one_plugin_keep_their_order():
    first, second = use("cors"), use("cors")
    assert execution_order([first, second]) == [first, second]
    assert execution_order([second, first]) == [second, first]


@pytest.mark.parametrize(
    ("version", "expected"), [("3.4", 1), ("3.8", 1), ("3.9", 100001), ("3.10", 100001), ("4.0", 100001)]
)
def test_correlation_id_moved_to_the_front_in_3_9(version, expected):
    assert priority("correlation-id", version) == expected
    assert (order("correlation-id", "key-auth", version=version)[0] == "correlation-id") is (expected > 1)


def test_a_plugin_that_kong_does_not_ship():
    assert not is_known("mine") and priority("mine") == 0 and not forbidden_scopes("mine")
    assert order("mine", "key-auth", "post-function") == ["key-auth", "mine", "post-function"]


@pytest.mark.parametrize(
    ("protocols", "http", "stream"),
    [
        ((), True, False),
        (("http",), True, False),
        (("grpcs",), True, False),
        (("tcp",), False, True),
        (("udp", "https"), True, True),
    ],
)
def test_protocols_tell_the_subsystems_apart(protocols, http, stream):
    assert (runs_on(protocols), runs_on(protocols, stream=True)) == (http, stream)


@pytest.mark.parametrize("file", FILES, ids=lambda file: file.stem)
def test_the_table_agrees_with_the_mapping_file(file):
    facts = yaml.safe_load(file.read_text())
    name = facts["plugin"]
    scopes = {scope.replace("consumer_group", "group") for scope in facts.get("not_on", [])}
    assert is_known(name)
    assert is_enterprise(name) is (facts["edition"] == "enterprise")
    assert forbidden_scopes(name) == scopes
    changes = {"3.0": facts["priority"], **facts.get("priorities", {})}
    for version, number in changes.items():
        assert priority(name, version) == number


def test_every_plugin_of_the_table_has_a_mapping_file():
    assert {file.stem for file in FILES} == set(PRIORITIES)
    assert set(IDENTIFIES) <= set(PRIORITIES)
