"""How one YAML document becomes plain data: the rules of sigs.k8s.io/yaml on a stream of events.

Notes tell what those rules do unexpectedly. The loop keeps its own stack, so depth cannot crash it, and
copies what aliases point to, so nothing in the result is shared.
"""

from __future__ import annotations

from collections.abc import Callable
from math import isfinite
from typing import Any, NamedTuple

from yaml.events import (
    AliasEvent,
    DocumentEndEvent,
    DocumentStartEvent,
    MappingEndEvent,
    MappingStartEvent,
    ScalarEvent,
    SequenceEndEvent,
    SequenceStartEvent,
    StreamEndEvent,
)

from kong2x.model.finding import Code
from kong2x.model.scalars import is_octal, is_surprising_boolean, json_number, resolve_plain
from kong2x.model.source import Path
from kong2x.read.aliases import Aliases
from kong2x.read.codes import BOOLEAN_VALUE, CONTENT_DROPPED, OCTAL, TOO_DEEP
from kong2x.read.events import DocumentError, event_source, parser_errors
from kong2x.read.keys import MERGE, KnownKeys, MappingKeys
from kong2x.read.tags import check_escapes, tagged_scalar

MAX_DEPTH = 256
"""Kubernetes allows 10,000 levels; no object of it has thirty."""

_MISSING = object()
_MEMO_SIZE = 200_000
_MEMO_TEXT = 100
_values: dict[str, Any] = {}
"""Unquoted scalars that read without surprise. Manifests repeat themselves: most are looked up here."""


class Note(NamedTuple):
    """Something unexpected in a document; `line` and `column` count from 0."""

    code: Code
    message: str
    line: int
    column: int
    path: Path


class Loaded(NamedTuple):
    """One document: its value, the notes, and the lines (from 0) of the root and of the mappings that
    stand in a list in the root, which are the objects of a `kind: List`."""

    value: Any
    notes: list[Note]
    line: int
    items: list[int]


def load_document(data: bytes, *, pure: bool = False) -> Loaded:
    """The first YAML document of `data` as Kubernetes reads it; an empty one is None.

    Raises DocumentError with the place when Kubernetes would refuse it.

    >>> load_document(b"on: 0777").value
    {'true': 511}
    """
    reading = _Reading()
    with parser_errors(data):
        check_escapes(data, pure=pure)
        get = event_source(data, pure=pure)
        value = reading.run(get)
    reading.look_behind(get, data)
    return Loaded(value, reading.notes, reading.line, reading.items)


class _Reading:
    """The state of reading one document."""

    def __init__(self) -> None:
        self.stack: list[tuple[Any, bool, Any]] = []
        self.notes: list[Note] = []
        self.items: list[int] = []
        self.line = 0
        self.aliases = Aliases(self.stack, MAX_DEPTH)
        self.keys = MappingKeys(self.note, self.aliases)

    def run(self, get: Callable[[], Any]) -> Any:
        """Builds the value. `key` is None where a mapping waits for its next key."""
        stack, known, values, aliases, keys = self.stack, KnownKeys.texts, _values, self.aliases, self.keys
        holder: list[Any] = []
        cur: Any = holder
        is_map, key, ends = False, None, 0
        for seen, event in enumerate(iter(get, None)):
            kind = type(event)
            if kind is ScalarEvent:
                if is_map and key is None:
                    key = event.value
                    if key not in known or key in cur or event.tag is not None or event.anchor is not None:
                        key = keys.take(event, cur)
                    continue
                if event.tag is not None:
                    value = self.checked(tagged_scalar(event), event)
                elif event.implicit[0]:
                    value = values.get(event.value, _MISSING)
                    if value is _MISSING:
                        value = self.plain(event, cur, key)
                else:
                    value = event.value
                if event.anchor is not None:
                    aliases.add_scalar(event, value)
            elif kind is MappingStartEvent or kind is SequenceStartEvent:
                if is_map and key is None:
                    raise keys.composite(event)
                stack.append((cur, is_map, key))
                is_map, key = kind is MappingStartEvent, None
                cur = {} if is_map else []
                self.entered(event, cur, seen - ends)
                continue
            elif kind is MappingEndEvent or kind is SequenceEndEvent:
                value = cur
                aliases.close(len(stack), seen - ends)
                keys.leave(cur)
                cur, is_map, key = stack.pop()
                ends += 1
            elif kind is AliasEvent:
                if is_map and key is None:
                    key = keys.take(event, cur)
                    continue
                value = aliases.value(event, seen - ends)
            elif kind is DocumentEndEvent or kind is StreamEndEvent:
                break
            else:
                self.started(event)
                continue
            if not is_map:
                cur.append(value)
                continue
            if key is MERGE:
                keys.merge(event, cur, value)
            else:
                cur[key] = value
            key = None
        return holder[0] if holder else None

    def started(self, event: Any) -> None:
        """Refuses `%YAML 1.2`, which Kubernetes' reader does not know."""
        if isinstance(event, DocumentStartEvent):
            mark: Any = event.start_mark
            self.line = mark.line
            if event.version not in (None, (1, 1)):
                raise DocumentError.at(event, "found %YAML with another version than 1.1")

    def entered(self, event: Any, container: Any, nodes: int) -> None:
        """Books a container that was just opened."""
        depth, mark = len(self.stack), event.start_mark
        if depth > MAX_DEPTH:
            raise DocumentError.at(event, f"more than {MAX_DEPTH} levels", TOO_DEEP)
        if depth == 3 and isinstance(container, dict) and self.stack[1][2] == "items":
            self.items.append(mark.line)
        elif depth == 1:
            self.line = mark.line
        if event.anchor is not None:
            self.aliases.open(event.anchor, container, depth, nodes)

    def plain(self, event: ScalarEvent, cur: Any, key: Any) -> Any:
        """An unquoted scalar that is not in the memo: new, or surprising and therefore never put there."""
        text = event.value
        value = self.checked(resolve_plain(text), event)
        if value is not text and value != text:
            step = len(cur) if key is None else "<<" if key is MERGE else key
            if isinstance(value, bool) and is_surprising_boolean(text):
                self.note(event, BOOLEAN_VALUE, f"The unquoted word at {step} is read as a boolean.", step)
                return value
            if is_octal(text) and type(value) is int:
                self.note(
                    event, OCTAL, f"The number at {step} has a leading zero and is read in base 8.", step
                )
                return value
        if len(text) <= _MEMO_TEXT:
            if len(_values) >= _MEMO_SIZE:
                _values.clear()
            _values[text] = value
        return value

    def checked(self, value: Any, event: ScalarEvent) -> Any:
        """The value as JSON holds it; infinity and not-a-number are errors."""
        if type(value) is float:
            if not isfinite(value):
                raise DocumentError.at(event, f"{event.value} has no form in JSON")
            return json_number(value)
        return value

    def path(self) -> Path:
        """Where the innermost open container stands in the document."""
        return tuple(
            len(container) if not is_map else "<<" if key is MERGE else key
            for container, is_map, key in self.stack[1:]
        )

    def note(self, event: Any, code: Code, message: str, step: str | int) -> None:
        """Keeps a note with the place of an event, about one entry of the innermost container."""
        mark = event.start_mark
        path = (*self.path(), step) if self.stack else ()
        self.notes.append(Note(code, message, mark.line, mark.column, path))

    def look_behind(self, get: Callable[[], Any], data: bytes) -> None:
        """Notes what stands after the end of the document, parseable or not."""
        message = "What follows the end of the YAML document is dropped by Kubernetes, and here too."
        try:
            with parser_errors(data):
                event = get()
        except DocumentError as error:
            self.notes.append(Note(CONTENT_DROPPED, message, error.line, error.column, ()))
            return
        if isinstance(event, DocumentStartEvent):
            mark: Any = event.start_mark
            self.notes.append(Note(CONTENT_DROPPED, message, mark.line, mark.column, ()))
