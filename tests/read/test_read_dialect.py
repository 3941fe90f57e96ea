"""Every recorded answer of Kubernetes' own YAML reader is our answer too."""

from __future__ import annotations

import json

import pytest

from kong2x.read.events import DocumentError
from kong2x.read.loader import load_document

PURE_PARSER_REFUSES_TABS = {"tab-after-colon", "tab-trailing", "tab-before-comment", "tab-flow"}
"""PyYAML's parser in Python takes no tabs as separators; Kubernetes and libyaml do."""


def disagreements(shared, *, pure):
    probes = json.loads((shared / "facts" / "yaml-dialect.json").read_text())["probes"]
    assert len(probes) == 246
    for probe in probes:
        try:
            got = json.dumps(load_document(probe["yaml"].encode(), pure=pure).value, sort_keys=True)
        except DocumentError:
            got = "error"
        # parsed and written again only to sort keys and unescape: types must agree as well as values
        want = "error" if probe.get("error") else json.dumps(json.loads(probe["json"]), sort_keys=True)
        if got != want:
            yield probe["name"], got, want


def test_all_recorded_answers(shared):
    assert list(disagreements(shared, pure=False)) == []


def test_the_parser_in_python_differs_in_tabs_only(shared):
    found = {name: got for name, got, _ in disagreements(shared, pure=True)}
    assert found == dict.fromkeys(PURE_PARSER_REFUSES_TABS, "error")


@pytest.mark.parametrize("pure", [False, True])
@pytest.mark.parametrize(
    ("text", "value"),
    [
        ("v: !!int 0777", 511),
        ("v: !!float 3", 3),
        ("v: !!float 3.5", 3.5),
        ("v: !!null", None),
        ("v: ! 5", "5"),
        ("v: !<tag:example.org,2000:x> 5", "5"),
        ("v: !!str yes", "yes"),
        ("v: !!binary /w==", "\ufffd"),
        ("v: !!binary |\n  aGVs\n  bG8=\n", "hello"),
        ("v: !!timestamp 2001-12-14t21:59:43.10-05:00", "2001-12-14t21:59:43.10-05:00"),
        ("v: 'a\\/b'", "a\\/b"),
        ("v: a\\/b", "a\\/b"),
        ('v: "\\\\/"', "\\/"),
        ("v: 1e20", 10**20),
        ("v: -0.0", 0),
    ],
)
def test_values_beyond_the_recorded_ones(text, value, pure):
    got = load_document(text.encode(), pure=pure).value["v"]
    assert got == value and type(got) is type(value)


@pytest.mark.parametrize(
    "text",
    [
        "v: !!int 3.5",
        "v: !!int x",
        "v: !!bool 1",
        "v: !!null x",
        "v: !!timestamp soon",
        "v: !!timestamp 2024-13-45",
        "v: !!binary $$",
        'v: "\\\\\\/"',
        "18446744073709551615: x",
        "a: &x {b: 1}\n*x : c",
        "a: &x [1]\nb:\n  <<: *x",
        "b:\n  <<: [1]",
        "v: 5e400e1: x",
    ],
)
def test_refused_like_kubernetes_refuses(text):
    with pytest.raises(DocumentError):
        load_document(text.encode())


@pytest.mark.parametrize(
    ("key", "text"),
    [
        ("1e7", "1e+07"),
        ("100000.0", "100000"),
        ("1234567.0", "1.234567e+06"),
        ("0.0001", "0.0001"),
        ("0.00001", "1e-05"),
        ("3.3", "3.3"),
        ("16777217.0", "1.6777216e+07"),
        (".inf", ".inf"),
        ("1e40", ".inf"),
        ("-1e40", "-.inf"),
        ("off", "false"),
        ("!!str 0777", "0777"),
        ("9223372036854775807", "9223372036854775807"),
    ],
)
def test_keys_become_text_as_in_go(key, text):
    assert load_document(f"{key}: x".encode()).value == {text: "x"}
