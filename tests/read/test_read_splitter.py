"""Documents begin and end where kubectl says."""

from __future__ import annotations

import pytest

from kong2x.read.splitter import split_stream


def chunks(text):
    return [(c.text.decode(), c.line, c.document) for c in split_stream(text.encode())]


@pytest.mark.parametrize(
    ("text", "expected"),
    [
        ("", []),
        ("---\n", []),
        ("---\n---\n  \n---\n", []),
        ("a: 1", [("a: 1", 1, 1)]),
        ("a: 1\n---\nb: 2\n", [("a: 1\n", 1, 1), ("b: 2\n", 3, 2)]),
        ("---\na: 1\n---   \n\nb: 2\n---", [("a: 1\n", 2, 1), ("\nb: 2\n", 4, 2)]),
        ("a: 1\r\n--- # comment\r\nb: 2\r\n", [("a: 1\r\n", 1, 1), ("b: 2\r\n", 3, 2)]),
        (" ---\na: ---\n", [(" ---\na: ---\n", 1, 1)]),
        ("\ufeff---\na: 1\n", [("\ufeff---\na: 1\n", 1, 1)]),
        ('a: "x\n---\ny"\n', [('a: "x\n', 1, 1), ('y"\n', 3, 2)]),
        ("a: 1\n...\nb: 2\n", [("a: 1\n...\nb: 2\n", 1, 1)]),
    ],
)
def test_split(text, expected):
    assert chunks(text) == expected


@pytest.mark.parametrize("line", ["--- {a: 1}", "----", "---a", "--- |", "---\ta"])
def test_text_behind_the_separator_is_an_error(line):
    first, second, third = split_stream(f"a: 1\n{line}\nb: 2\n---\nc: 3\n".encode())
    assert first.error is None and third.error is None
    assert second.error is not None and second.line + second.error.line == 2


def test_the_text_of_all_documents_with_their_separators_is_the_stream():
    text = "# head\n---\na: 1\n\n---\n# c\nb: |\n  x\n\n--- # d\nc: 3"
    lines = text.splitlines()
    for chunk in split_stream(text.encode()):
        body = chunk.text.decode().splitlines()
        assert lines[chunk.line - 1 : chunk.line - 1 + len(body)] == body
