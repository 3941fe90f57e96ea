"""What reading notes, what it refuses, and that hostile documents cost nothing."""

from __future__ import annotations

import time

import pytest

from kong2x.read import codes
from kong2x.read.aliases import allowed_ratio
from kong2x.read.events import DocumentError
from kong2x.read.loader import MAX_DEPTH, load_document


def notes(text):
    return [(n.code.id, n.line + 1, n.column + 1, n.path) for n in load_document(text.encode()).notes]


@pytest.mark.parametrize(
    ("text", "expected"),
    [
        ("a: 1\nb: 2\na: 3\n", [("yaml/duplicate-key", 3, 1, ("a",))]),
        ("m:\n- x\n- k: 1\n  'k': 2\n", [("yaml/duplicate-key", 4, 3, ("m", 1, "k"))]),
        ("a: yes\n", [("yaml/boolean-value", 1, 4, ("a",))]),
        (
            "a:\n  - n\n  - Off\n",
            [("yaml/boolean-value", 2, 5, ("a", 0)), ("yaml/boolean-value", 3, 5, ("a", 1))],
        ),
        ("on: 1\n", [("yaml/boolean-key", 1, 1, ("true",))]),
        ("a: 0777\n", [("yaml/octal", 1, 4, ("a",))]),
        ("a: 0o17\n", [("yaml/octal", 1, 4, ("a",))]),
        ("010: x\n", [("yaml/octal", 1, 1, ("8",))]),
        (
            "'true': 1\ny: 2\n",
            [("yaml/boolean-key", 2, 1, ("true",)), ("yaml/key-collision", 2, 1, ("true",))],
        ),
        ("1: a\n'1': b\n", [("yaml/key-collision", 2, 1, ("1",))]),
        ("1: a\n1: b\n", [("yaml/duplicate-key", 2, 1, ("1",))]),
        ("b: &b {k: 1}\nc:\n  k: 3\n  <<: *b\n", [("yaml/merge-overrides", 4, 7, ("c", "k"))]),
        ("a: 1\n...\nb: 2\n", [("yaml/content-dropped", 3, 1, ())]),
        ("a: 1\n...\n} not yaml {\n", [("yaml/content-dropped", 3, 1, ())]),
        ("{a: 1} x\n", [("yaml/content-dropped", 1, 8, ())]),
    ],
)
def test_notes_with_their_place(text, expected):
    assert notes(text) == expected


@pytest.mark.parametrize(
    "text",
    [
        "a: true\nb: False\nc: TRUE\n",
        "a: 'yes'\nb: \"0777\"\nc: !!str on\n",
        "a: 0\nb: 00\nc: 07\nd: 08\ne: 0x10\nf: 010.5\n",
        "true: 1\nfalse: 2\n'on': 3\n",
        "b: &b {k: 1}\nc:\n  <<: *b\n  k: 3\n",
        "b: &b {k: 1}\nc:\n  k: 1\n  <<: *b\n",
        "a: {k: 1}\nb: {k: 1}\n",
        "- k: 1\n- k: 2\n",
        "a: 1\n...\n# only a comment\n",
        "a: 1\n...\n",
        "a: |\n  yes\n  0777\nb: yEs\n",
    ],
)
def test_nothing_to_note(text):
    assert notes(text) == []


def test_a_merge_explicitly_overridden_twice_is_a_duplicate():
    text = "b: &b {k: 1}\nc:\n  <<: *b\n  k: 3\n  k: 4\n"
    assert notes(text) == [("yaml/duplicate-key", 5, 3, ("c", "k"))]


def test_no_note_shows_a_value():
    text = "stringData:\n  pin: 0777\n  pin: 0123\n  flag: yes\n"
    for note in load_document(text.encode()).notes:
        assert "777" not in note.message and "123" not in note.message and "yes" not in note.message
    assert len(load_document(text.encode()).notes) == 4


def test_notes_do_not_depend_on_what_was_read_before():
    text = b"a: yes\nb: 0777\nyes: 1\n"
    first = load_document(text).notes
    load_document(b"x: 'yes'\n'yes': 0777\nz: '0777'\n")
    assert load_document(text).notes == first and len(first) == 3


def test_aliases_are_copies():
    value = load_document(b"x: &a {k: [1]}\nb: *a\nc: [*a, *a]\nd: {<<: *a}\n").value
    value["x"]["k"].append(2)
    assert value["b"] == {"k": [1]} and value["c"] == [{"k": [1]}] * 2 and value["d"] == {"k": [1]}
    assert value["c"][0] is not value["c"][1]


def test_scalar_aliases_keep_their_type_as_keys_and_values():
    assert load_document(b"a: &x 1e7\nb: *x\n*x : 1\n").value == {"a": 10**7, "b": 10**7, "1e+07": 1}


def refused(text):
    started = time.process_time()
    with pytest.raises(DocumentError) as error:
        load_document(text.encode())
    assert time.process_time() - started < 5
    return error.value


LAUGHS = "a0: &a0 [x, x]\n" + "".join(
    f"a{i}: &a{i} [{', '.join([f'*a{i - 1}'] * 10)}]\n" for i in range(1, 10)
)
MERGES = "a0: &a0 {k0: v}\n" + "".join(
    f"a{i}: &a{i} {{<<: [{', '.join([f'*a{i - 1}'] * 10)}], k{i}: v}}\n" for i in range(1, 12)
)


@pytest.mark.parametrize("text", [LAUGHS, MERGES], ids=["billion laughs", "merge keys"])
def test_exploding_aliases_are_refused_at_once(text):
    error = refused(text)
    assert error.code is codes.ALIAS_BOMB
    assert 3 <= error.line <= 6


def test_many_honest_aliases_are_fine():
    text = "base: &b {a: 1, b: 2, c: 3}\n" + "".join(f"k{i}: {{<<: *b, d: {i}}}\n" for i in range(2000))
    assert len(load_document(text.encode()).value) == 2001


def test_the_allowed_share_of_aliases():
    assert [allowed_ratio(n) for n in (1, 400_000, 4_000_000, 9_000_000)] == [0.99, 0.99, 0.10, 0.10]
    assert allowed_ratio(2_200_000) == pytest.approx(0.545)


@pytest.mark.parametrize(
    "text",
    [
        "[" * 100_000,
        "{a: " * 100_000,
        "".join("  " * i + "a:\n" for i in range(MAX_DEPTH + 2)),
        "- " * (MAX_DEPTH + 1) + "x",
        "a0: &a0 [x]\n" + "".join(f"a{i}: &a{i} [*a{i - 1}]\n" for i in range(1, MAX_DEPTH + 1)),
    ],
    ids=["brackets", "braces", "block maps", "dashes", "nesting by aliases"],
)
def test_absurd_depth_is_refused(text):
    assert refused(text).code is codes.TOO_DEEP


def test_depth_up_to_the_limit_is_read():
    value = load_document(("- " * MAX_DEPTH + "x").encode()).value
    for _ in range(MAX_DEPTH):
        (value,) = value
    assert value == "x"


def test_100_000_keys_and_long_numbers():
    value = load_document("".join(f"k{i}: {i}\n" for i in range(100_000)).encode()).value
    assert value["k99999"] == 99999
    assert load_document(("a: " + "1" * 5000).encode()).value == {"a": "1" * 5000}


@pytest.mark.parametrize(
    ("text", "line", "column"),
    [
        ("a: 1\nb: c: d\n", 2, 5),
        ("a:\n  - {{ .x }}: 1\n", 2, 5),
        ("é: x\nb: *none\n", 2, 4),
        ("a: é\x01\n", 1, 5),
        ("a: 1\nb: .inf\n", 2, 4),
        ('a: b\nc: "é\\/"\n', 2, 6),
        ("a: 1\n\n~: 2\n", 3, 1),
    ],
)
def test_errors_say_where(text, line, column):
    error = refused(text)
    assert (error.line + 1, error.column + 1) == (line, column)
    assert error.code is codes.BROKEN_YAML and error.message


def test_reading_a_document_gives_the_lines_of_list_items():
    loaded = load_document(b"# c\nkind: List\nother:\n- {a: 1}\nitems:\n- a: 1\n  b: [{x: 1}]\n-\n  a: 2\n")
    assert loaded.line == 1
    assert loaded.items == [5, 8]
