"""The short way and the exact one never disagree: on documents as people write them, and on broken ones."""

from __future__ import annotations

import random

import pytest

from kong2x.model.source import leaves
from kong2x.read import lines, positions
from kong2x.read.events import DocumentError
from kong2x.read.lines import load_ordinary
from kong2x.read.loader import load_document

DOCUMENTS = [
    """\
# routes of the shop
apiVersion: networking.k8s.io/v1
kind: Ingress
metadata:
  name: web-1
  labels: {app: web, "tier": 'x'}
  annotations:
    konghq.com/strip-path: "true"
    konghq.com/plugins: a, b
    kubectl.kubernetes.io/last-applied-configuration: |
      {"a": [1, 2], "b": "c # d"}

spec:
  tls:
  - hosts:
    - a.example.com   # main

    - '*.example.com'
    secretName: tls
  rules:
    - host: "a.example.com"
      http:
        paths:
          # first
          - path: /~/users/(?<id>\\d+)$
            backend: {service: {name: a, port: {number: 80}}}
            pathType: Prefix
          - backend:
              service:
                name: 'it''s'
            path: /b:c
  empty:
  list: [GET, POST, [x, {k: z}]]
  numbers: [1, 0x10, 1.5]
""",
    """\
plugin: pre-function
config:
  access:
  - |
    local h = kong.request.get_header("x")
    if not h then

      return kong.response.exit(400)
    end
  - |-
      two
       lines


  -   a: 1
      b: |
        # text
        - text
      c: null
  num: -1
  f: 1e3
  t: ~
  d: 2024-01-01
  s: 1:30
  x: -x
  e: 0.50
  k:   spaced out
disabled: false
minute: 5
""",
    "a:\n- b\n- c: 1\n  d:\n  - e\nf: g\n",
    "a:\n  - - x\n  -\n    k: 1\nb: ['c', \"d\\n\"]\n",
    "a: &x 1\nb: *x\nc: !!str 2\nd:\n  <<: {e: f}\ng: on\nh: 0777\n",
    "a: one\n  two\nb: 'one\n  two'\nc: >\n  folded\nd: |+\n  kept\n\ne: |2\n   x\n",
    "a: 1\na: 2\n'b': 1\nyes: 2\n? c\n: d\ne : f\ng:h\n",
    "apiVersion: v1\nkind: List\nitems:\n- a: 1\n- b: 2\n",
]
PIECES = [
    *(
        "a",
        "b:",
        ": ",
        " ",
        "  ",
        "- ",
        "-",
        "#",
        " #",
        "'",
        '"',
        "\n",
        "\n  ",
        "\n- ",
        "[",
        "]",
        "{",
        "}",
        ",",
        "|",
        "|-",
    ),
    *(
        ">",
        "&a ",
        "*a",
        "!",
        "?",
        "? ",
        "yes",
        "null",
        "~",
        "0",
        "1",
        ".",
        "...",
        "---",
        "\\",
        "<<",
        "%",
        "@",
        "`",
        "\t",
    ),
    *(
        "é",
        "\r",
        "\x85",
        "\u2028",
        "\ufeff",
        "=",
        "$",
        "_",
        "/",
        "|+",
        "''",
        '""',
        "a: |\n",
        "\n\n",
        "\n#",
        "\n   #",
        "a: b\n",
    ),
]


def answer(read, data):
    """What a reader says, in a form that tells 1 from 1.0 and True and keeps the order of keys."""
    try:
        loaded = read(data)
    except DocumentError as error:
        return "error", error.message
    return repr(loaded)


def took_the_short_way(data):
    try:
        return (
            data.endswith(b"\n")
            and not lines._STRANGE.search(data)
            and bool(lines._read(data.decode().split("\n")))
        )
    except lines._NotOrdinary:
        return False


def mutated(chance, text):
    """The text with a few small damages, most of them where structure is decided."""
    for _ in range(chance.choice((1, 1, 2, 3))):
        at = chance.randrange(len(text) + 1)
        what = chance.randrange(6)
        rows = text.split("\n")
        row = chance.randrange(len(rows))
        if what == 0:
            text = text[:at] + chance.choice(PIECES) + text[at:]
        elif what == 1:
            text = text[:at] + text[at + chance.choice((1, 1, 2, 5)) :]
        elif what == 2:
            rows[row] = rows[row][1:] if chance.random() < 0.5 else " " * chance.choice((1, 2, 4)) + rows[row]
            text = "\n".join(rows)
        elif what == 3:
            rows.insert(row, chance.choice(rows))
            text = "\n".join(rows)
        elif what == 4:
            del rows[row]
            text = "\n".join(rows)
        else:
            rows[row] = rows[row].rstrip() + chance.choice(PIECES)
            text = "\n".join(rows)
    return text


def compare(seed, count):
    chance, accepted = random.Random(seed), 0
    for _ in range(count):
        data = mutated(chance, chance.choice(DOCUMENTS[:3] * 3 + DOCUMENTS)).encode()
        accepted += took_the_short_way(data)
        assert answer(load_ordinary, data) == answer(load_document, data), data
        assert_same_places(data)
    return accepted


def assert_same_places(data):
    """What the lines say of each field, and of one that is not there, is what the parser says."""
    found = lines.ordinary_places(data)
    if found is None:
        return
    short, exact = positions.LinePlaces(data, *found), positions.YamlPlaces(data)
    for leaf in leaves(found[0]):
        for end in range(len(leaf) + 1):
            for path in (leaf[:end], (*leaf[:end], "absent"), (*leaf[:end], 99)):
                assert short.place(path) == exact.place(path), (data, path)


@pytest.mark.parametrize("text", DOCUMENTS)
def test_documents(text):
    assert answer(load_ordinary, text.encode()) == answer(load_document, text.encode())
    assert_same_places(text.encode())


def test_ordinary_documents_take_the_short_way():
    assert [took_the_short_way(text.encode()) for text in DOCUMENTS] == [True, True, True, *[False] * 5]


@pytest.mark.parametrize("seed", range(4))
def test_damaged_documents(seed):
    accepted = compare(seed, 3000)
    assert accepted > 400, "the comparison must reach the short way"


def test_recorded_dialect(shared):
    import json

    for probe in json.loads((shared / "facts" / "yaml-dialect.json").read_text())["probes"]:
        data = probe["yaml"].encode()
        assert answer(load_ordinary, data) == answer(load_document, data), probe["name"]


@pytest.mark.parametrize(
    "text",
    [
        "a: |\n  x",
        "- a: |\n x\nb: 1\n",
        "a: |\n\n  x\n",
        "a: |\n  x\n     \n",
        "a: |\n  x\n\n\n",
        "a: |\n  x\n # c\nb: 1\n",
        "a: |\n# c\nb: 1\n",
        "a:\n# c\n  - x\n  # c\n - y\n",
        "a: x\n\n  y\n",
        "a: x\n  # c\n  y\n",
        "a: [x\n]\n",
        "a: [x] y\n",
        "a: {x: 1} # c\n",
        "a: 'x' y\n",
        "a: x #y\nb: x# y\nc: # z\n",
        "a: - b\n",
        "a:\n- b\nc:\n - d\n",
        "- a\n- b\n",
        "  a: 1\n  b: 2\n",
        "a:\n    b: 1\n  c: 2\n",
        "a:\n  b: 1\n c: 2\n",
        "a: 1\n...\nb: 2\n",
        "a: 1\n... x\n",
        "a:\n  - b: 1\n    c: 2\n   d: 3\n",
        "a: .inf\n",
        "a: " + "1" * 5000 + "\n",
        "a" * 300 + ": 1\n",
        "".join("  " * i + "a:\n" for i in range(100)) + "  " * 100 + "b: 1\n",
        "a: b: c\n",
        "a: b:\n",
        "a: http://x:80/y\n",
        "null: 1\n",
        "a: {b: yes}\n",
        "a: {b: 1, b: 2}\n",
        "a:   \n  b: 1\n",
        "a: |  \n  x\n",
        "a: | # c\n  x\n",
        "#\n\n",
        "items: 1\n",
        "a:\n  items:\n  - b: 1\n",
    ],
)
def test_corners(text):
    assert answer(load_ordinary, text.encode()) == answer(load_document, text.encode())


def test_values_are_not_shared_between_documents():
    first, second = (load_ordinary(b"a: [x, {k: z}]\n").value for _ in range(2))
    first["a"][1]["k"] = "changed"
    assert second == {"a": ["x", {"k": "z"}]} == load_ordinary(b"a: [x, {k: z}]\n").value
