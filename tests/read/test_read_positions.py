"""Places are those a person would point at, and are found in every kind of document."""

from __future__ import annotations

import json

import pytest

from kong2x.model.source import SourceObject, leaves
from kong2x.read import Source, locate, read_inputs

INGRESS = """\
# a comment
apiVersion: networking.k8s.io/v1
kind: Ingress
metadata:
  name: web
  annotations: {konghq.com/plugins: "a,b", 'konghq.com/strip-path': "true"}
spec:
  rules:
  - host: é.example.com
    http:
      paths:
      - path: /a
        backend: {service: {name: a}}
      -
        path: /b
"""


def place(obj, *path):
    where = locate(obj, path)
    return where.line, where.column


def test_fields_of_a_yaml_document():
    text = "a: 1\n---\n" + INGRESS
    obj = read_inputs([Source(text, "x.yaml")], keep_going=True).objects[0]
    assert (obj.line, obj.begins, obj.document) == (3, 4, 2)
    assert place(obj) == (4, 1)
    assert place(obj, "spec") == (9, 1)
    assert place(obj, "spec", "rules", 0) == (11, 5)
    assert place(obj, "spec", "rules", 0, "host") == (11, 5)
    assert place(obj, "spec", "rules", 0, "http", "paths", 0, "path") == (14, 9)
    assert place(obj, "spec", "rules", 0, "http", "paths", 1) == (17, 9)
    assert place(obj, "spec", "rules", 0, "http", "paths", 0, "backend", "service", "name") == (15, 29)
    assert place(obj, "metadata", "annotations", "konghq.com/plugins") == (8, 17)
    assert place(obj, "metadata", "annotations", "konghq.com/strip-path") == (8, 44)
    assert locate(obj, ("spec",)).file == "x.yaml" and locate(obj, ("spec",)).document == 2


def test_an_absent_field_has_the_place_of_its_nearest_ancestor():
    obj = read_inputs([Source(INGRESS)]).objects[0]
    assert place(obj, "spec", "rules", 0, "nope", "deeper") == place(obj, "spec", "rules", 0)
    assert place(obj, "spec", "tls", 0) == place(obj, "spec")
    assert place(obj, "nope") == place(obj)
    assert place(obj, "metadata", "name", "x") == place(obj, "metadata", "name")


def test_merged_and_aliased_values_point_at_the_anchor():
    text = (
        "apiVersion: v1\nkind: X\nmetadata: {name: a}\n"
        "base: &b\n  k: 1\n  l:\n  - m: 2\nuse: *b\nmix:\n  j: 0\n  <<: [*b, {o: 1}]\n"
    )
    obj = read_inputs([Source(text)]).objects[0]
    assert place(obj, "use") == (8, 1)
    assert place(obj, "use", "l", 0, "m") == (7, 5)
    assert place(obj, "mix", "k") == (5, 3)
    assert place(obj, "mix", "o") == (11, 13)
    assert place(obj, "mix", "j") == (10, 3)


def test_converted_and_repeated_keys():
    text = "apiVersion: v1\nkind: X\nmetadata: {name: a}\non: 1\n0777: {x: 1}\na: 1\na: 2\n"
    obj = read_inputs([Source(text)]).objects[0]
    assert place(obj, "true") == (4, 1)
    assert place(obj, "511", "x") == (5, 8)
    assert place(obj, "a") == (7, 1)


LIST = {
    "apiVersion": "v1",
    "kind": "List",
    "items": [
        {"apiVersion": "v1", "kind": "Service", "metadata": {"name": "a"}},
        {
            "apiVersion": "v1",
            "kind": "Service",
            "metadata": {"name": "b"},
            "spec": {"ports": [{"port": 80}, {"port": 81}]},
        },
    ],
}


def test_items_of_a_json_list():
    text = json.dumps(LIST, indent=2)
    first, second = read_inputs([Source("\n" + text)]).objects
    lines = ("\n" + text).split("\n")
    assert (first.begins, second.begins) == (6, 13)
    for path, word in [
        (("metadata", "name"), '"name": "b"'),
        (("spec", "ports"), '"ports": ['),
        (("spec", "ports", 1, "port"), '"port": 81'),
    ]:
        where = locate(second, path)
        assert lines[where.line - 1][where.column - 1 :].startswith(word)
    assert place(second, "spec", "ports", 7) == place(second, "spec", "ports")
    assert place(second, "spec", "ports", 1)[0] == place(second, "spec", "ports", 1, "port")[0] - 1


def test_items_of_a_yaml_list():
    text = "kind: List\napiVersion: v1\nitems:\n- apiVersion: v1\n  kind: Service\n  metadata:\n    name: a\n"
    text += "- apiVersion: v1\n  kind: Service\n  metadata:\n    name: b\n"
    first, second = read_inputs([Source(text)]).objects
    assert (first.begins, second.begins, first.line, second.line) == (4, 8, 1, 1)
    assert place(second) == (8, 3)
    assert place(second, "metadata", "name") == (11, 5)


def test_json_that_no_yaml_reader_takes():
    text = '{\n\t"apiVersion": "v1", "kind": "X",\n\t"metadata": {"name": "a", "x": "\\ud83d\\ude00"},\n\t"s": "a\\/b"}'
    obj = read_inputs([Source(text)]).objects[0]
    assert obj.value["metadata"]["x"] == "😀" and obj.value["s"] == "a/b"
    assert place(obj, "metadata", "x") == (3, 28)
    assert place(obj, "s") == (4, 2)


def test_every_leaf_has_a_place_of_its_own_line():
    obj = read_inputs([Source(INGRESS)]).objects[0]
    lines = INGRESS.split("\n")
    for path in leaves(obj.value):
        where = locate(obj, path)
        last = path[-1]
        assert isinstance(last, int) or last in lines[where.line - 1]


def test_without_text_only_the_file_is_known():
    obj = SourceObject({"kind": "X"}, file="a.yaml", document=3)
    assert locate(obj, ("spec",)) == ("a.yaml", 0, 0, 3)


@pytest.mark.parametrize("text", [b"a: [", b"{", b"", b"\xff"])
def test_text_that_cannot_be_read_again_gives_the_line_of_the_document(text):
    obj = SourceObject({"kind": "X"}, file="a.yaml", line=7, text=text)
    assert locate(obj, ("spec",)).line == 7
