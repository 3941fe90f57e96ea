"""Where a field of an object stands in the text that it was read from; found only when asked."""

from __future__ import annotations

from functools import cached_property, lru_cache
from typing import Any, Protocol

from yaml.events import (
    AliasEvent,
    DocumentEndEvent,
    MappingStartEvent,
    ScalarEvent,
    SequenceStartEvent,
)

from kong2x.model.scalars import key_text
from kong2x.model.source import Location, Path, SourceObject
from kong2x.read.aliases import scalar_value
from kong2x.read.events import DocumentError, event_source, parser_errors
from kong2x.read.json_text import JsonPlaces, read_json
from kong2x.read.lines import Places as LinesSeen
from kong2x.read.lines import ordinary_places
from kong2x.read.loader import MAX_DEPTH


def locate(obj: SourceObject, path: Path) -> Location:
    """The place of a field: of its key in a mapping, of the item in a list, lines and columns from 1.

    A field that does not exist has the place of its nearest existing ancestor. What was merged or came
    out of an alias has the place of the anchor's text. Without text only the file is known.
    """
    if obj.text is None:
        return Location(obj.file, 0, 0, obj.document)
    places = _places(obj.text)
    if places is None:
        return Location(obj.file, obj.line, 0, obj.document)
    line, column = places.place((*obj.item, *path))
    return Location(obj.file, obj.line + line, column + 1, obj.document)


class Places(Protocol):
    """The places in one text."""

    def place(self, path: Path) -> tuple[int, int]:
        """Line and column, from 0."""


@lru_cache(maxsize=8)
def _places(text: bytes) -> Places | None:
    """The places of a document; the last few texts are kept, so findings of one document cost one walk."""
    if text.lstrip()[:1] == b"{":
        try:
            decoded = text.decode("utf-8")
            read_json(decoded, 0)
            return JsonPlaces(decoded)
        except (ValueError, DocumentError):
            pass
    ordinary = ordinary_places(text)
    return _yaml_places(text) if ordinary is None else LinePlaces(text, *ordinary)


def _yaml_places(text: bytes) -> YamlPlaces | None:
    """The places by the parser's events; None for a text that is no YAML."""
    try:
        with parser_errors(text):
            return YamlPlaces(text)
    except DocumentError:
        return None


class LinePlaces:
    """The places in an ordinary document. Only what stands inside of one line wants the parser."""

    def __init__(self, text: bytes, value: Any, places: LinesSeen) -> None:
        self._text, self._value, self._places = text, value, places

    def place(self, path: Path) -> tuple[int, int]:
        """Line and column, from 0, of the entry at `path` or of its nearest existing ancestor."""
        value = self._value
        found = next(iter(self._places[id(value)].values()))
        for step in path:
            entries = self._places.get(id(value))
            if entries is None:
                return self._exact.place(path) if value and isinstance(value, dict | list) else found
            if step not in entries:
                break
            found, value = entries[step], value[step]
        return found

    @cached_property
    def _exact(self) -> Places:
        exact = _yaml_places(self._text)
        assert exact is not None
        return exact


class Node:
    """A value's place, and for a container the places of its entries."""

    __slots__ = ("children", "column", "line")

    def __init__(self, line: int, column: int, children: dict[Any, tuple[int, int, Node]] | None) -> None:
        self.line = line
        self.column = column
        self.children = children


class YamlPlaces:
    """The places in one YAML document, from its event stream."""

    def __init__(self, text: bytes) -> None:
        self._get = event_source(text)
        self._anchors: dict[str, tuple[Node, str | None]] = {}
        self.root = Node(0, 0, None)
        for event in iter(self._get, None):
            if isinstance(event, MappingStartEvent | SequenceStartEvent | ScalarEvent):
                self.root = self._node(event, 0)
                break
            if isinstance(event, DocumentEndEvent):
                break

    def place(self, path: Path) -> tuple[int, int]:
        """Line and column, from 0, of the entry at `path` or of its nearest existing ancestor."""
        node, line, column = self.root, self.root.line, self.root.column
        for step in path:
            found = node.children.get(step) if node.children else None
            if found is None:
                break
            line, column, node = found
        return line, column

    def _node(self, event: Any, depth: int) -> Node:
        """The node that begins with `event`; nested ones are read up to its end."""
        mark: Any = event.start_mark
        if isinstance(event, AliasEvent):
            known = self._anchors.get(str(event.anchor))
            return known[0] if known else Node(mark.line, mark.column, None)
        if isinstance(event, ScalarEvent):
            node = Node(mark.line, mark.column, None)
            if event.anchor is not None:
                self._anchors[str(event.anchor)] = (node, key_text(scalar_value(event)))
            return node
        if depth > MAX_DEPTH:
            raise DocumentError.at(event, "too deep")
        node = Node(mark.line, mark.column, {})
        if event.anchor is not None:
            self._anchors[str(event.anchor)] = (node, None)
        if isinstance(event, MappingStartEvent):
            self._fill_mapping(node, depth)
        else:
            self._fill_list(node, depth)
        return node

    def _fill_mapping(self, node: Node, depth: int) -> None:
        children = node.children
        assert children is not None
        while isinstance(event := self._get(), ScalarEvent | AliasEvent):
            mark: Any = event.start_mark
            if isinstance(event, AliasEvent):
                known = self._anchors.get(str(event.anchor))
                key = known[1] if known else None
            else:
                key = key_text(scalar_value(event))
                if event.anchor is not None:
                    self._anchors[str(event.anchor)] = (Node(mark.line, mark.column, None), key)
            child = self._node(self._get(), depth + 1)
            if isinstance(event, ScalarEvent) and event.value == "<<" and event.implicit[0]:
                self._merge(children, child)
            else:
                children[key] = (mark.line, mark.column, child)

    def _merge(self, children: dict[Any, tuple[int, int, Node]], merged: Node) -> None:
        """Entries that `<<` brings; of a list of mappings the first wins."""
        parts = list(merged.children.items()) if merged.children else []
        if parts and all(isinstance(step, int) for step, _ in parts):
            for _, (_, _, part) in reversed(parts):
                children.update(part.children or {})
        else:
            children.update(parts)

    def _fill_list(self, node: Node, depth: int) -> None:
        children = node.children
        assert children is not None
        while isinstance(
            event := self._get(), ScalarEvent | AliasEvent | MappingStartEvent | SequenceStartEvent
        ):
            mark: Any = event.start_mark
            children[len(children)] = (mark.line, mark.column, self._node(event, depth + 1))
