"""Where one document of a YAML stream ends and the next begins, by kubectl's rule for `---` lines."""

from __future__ import annotations

import re
from collections.abc import Iterator
from typing import NamedTuple

from kong2x.read.events import DocumentError

_SEPARATOR = re.compile(rb"^---([^\n]*)\n?", re.MULTILINE)


class Chunk(NamedTuple):
    """The text between two `---` lines; `line` counts from 1, `document` over the chunks that hold text.

    `error` is set when the `---` line in front of the chunk is not one that kubectl accepts.
    """

    text: bytes
    line: int
    document: int
    error: DocumentError | None = None


def split_stream(data: bytes, first_line: int = 1) -> Iterator[Chunk]:
    """The documents of a stream. Every line that begins with `---` separates, even inside quotes.

    Only blanks or a comment may follow on that line; kubectl refuses `--- {a: 1}` and `----`.

    >>> [(chunk.text, chunk.line) for chunk in split_stream(b"a: 1\\n--- # two\\nb: 2\\n")]
    [(b'a: 1\\n', 1), (b'b: 2\\n', 3)]
    """
    start, line, document = 0, first_line, 0
    error: DocumentError | None = None
    for match in _SEPARATOR.finditer(data):
        text = data[start : match.start()]
        if error is not None or text.strip():
            document += 1
            yield Chunk(text, line, document, error)
        line += text.count(b"\n") + 1
        start = match.end()
        rest = match[1].strip()
        error = None
        if rest and not rest.startswith(b"#"):
            error = DocumentError("text follows --- on the same line", -1, 3)
    text = data[start:]
    if error is not None or text.strip():
        yield Chunk(text, line, document + 1, error)
