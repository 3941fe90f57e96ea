"""Where YAML events come from: libyaml, or PyYAML's own parser where the C extension is missing."""

from __future__ import annotations

from collections.abc import Callable, Iterator
from contextlib import contextmanager
from typing import Any

import yaml
from yaml.parser import Parser
from yaml.reader import Reader, ReaderError
from yaml.scanner import Scanner

from kong2x.model.finding import Code
from kong2x.read.codes import BROKEN_YAML

try:
    from yaml import cyaml
except ImportError:
    cyaml = None  # type: ignore[assignment]


class DocumentError(Exception):
    """A document that cannot be read: the catalogue entry, and the place counted from 0."""

    def __init__(self, message: str, line: int, column: int, code: Code = BROKEN_YAML) -> None:
        super().__init__(message)
        self.message = message
        self.line = line
        self.column = column
        self.code = code

    @classmethod
    def at(cls, event: Any, message: str, code: Code = BROKEN_YAML) -> DocumentError:
        """The error with the place of an event."""
        return cls(message, event.start_mark.line, event.start_mark.column, code)


class PureParser(Reader, Scanner, Parser):
    """The same events from PyYAML's parser in Python, some fifteen times slower."""

    def __init__(self, data: bytes) -> None:
        Reader.__init__(self, data)
        Scanner.__init__(self)
        Parser.__init__(self)


def event_source(data: bytes, *, pure: bool = False) -> Callable[[], Any]:
    """A function that gives the next event of a chunk of UTF-8 text."""
    parser: Any = PureParser(data) if pure or cyaml is None else cyaml.CParser(data)  # type: ignore[attr-defined]
    get: Callable[[], Any] = parser.get_event
    return get


@contextmanager
def parser_errors(data: bytes) -> Iterator[None]:
    """Turns the parser's exceptions into a DocumentError with the place where reading stopped."""
    try:
        yield
    except yaml.MarkedYAMLError as error:
        mark = error.problem_mark or error.context_mark
        problem = error.problem or error.context or "the document is not valid YAML"
        line, column = (mark.line, mark.column) if mark else (0, 0)
        raise DocumentError(str(problem), line, column) from None
    except ReaderError as error:
        before = data[: error.position].decode("utf-8", "replace")
        line, column = before.count("\n"), len(before) - before.rfind("\n") - 1
        raise DocumentError(f"{error.reason} (U+{int(error.character):04X})", line, column) from None
