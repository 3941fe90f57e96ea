"""Which string a mapping key becomes, what a repeated key means, and what `<<` does."""

from __future__ import annotations

from typing import Any, ClassVar, Final, Protocol

from yaml.events import AliasEvent, CollectionStartEvent, ScalarEvent

from kong2x.model.finding import Code
from kong2x.model.scalars import Scalar, is_octal, is_surprising_boolean, key_text, resolve_plain
from kong2x.read.aliases import Aliases, scalar_value
from kong2x.read.codes import BOOLEAN_KEY, DUPLICATE_KEY, KEY_COLLISION, MERGE_OVERRIDES, OCTAL
from kong2x.read.events import DocumentError

MERGE: Final = object()
"""Stands for an unquoted `<<` in key position."""


class KnownKeys:
    """Key texts that mean themselves, quoted or not; shared by all documents, bounded."""

    texts: ClassVar[set[str]] = set()

    @classmethod
    def learn(cls, text: str) -> None:
        """Remembers a text whose unquoted reading is itself."""
        if text != "<<" and len(text) <= 200 and resolve_plain(text) is text:
            if len(cls.texts) > 100_000:
                cls.texts.clear()
            cls.texts.add(text)


class Noting(Protocol):
    """How a note is kept."""

    def __call__(self, event: Any, code: Code, message: str, step: str | int) -> None: ...


class MappingKeys:
    """The keys of the mappings of one document."""

    def __init__(self, note: Noting, aliases: Aliases) -> None:
        self.note = note
        self.aliases = aliases
        self.merged: dict[int, set[str]] = {}
        self.types: dict[tuple[int, str], type] = {}

    def take(self, event: Any, mapping: dict[str, Any]) -> Any:
        """The string for the next key of a mapping, or MERGE; notes a key that is there already."""
        key = self._read(event, mapping)
        if key in mapping:
            self._repeated(event, mapping, key)
        return key

    def _read(self, event: Any, mapping: dict[str, Any]) -> Any:
        """The string for a key, or MERGE. Errors for null, composite and 64-bit unsigned keys."""
        if isinstance(event, AliasEvent):
            anchor = self.aliases.find(event)
            if not anchor.is_scalar:
                raise self.composite(event)
            self.aliases.expanded += 1
            typed: Scalar = anchor.key
        else:
            if event.value == "<<" and (event.implicit[0] or event.tag == "tag:yaml.org,2002:merge"):
                self.aliases.expanded -= 1
                return MERGE
            typed = scalar_value(event)
            if event.anchor is not None:
                self.aliases.add_scalar(event, typed)
            KnownKeys.learn(event.value)
        text = key_text(typed)
        if text is None:
            raise DocumentError.at(
                event, "a key is empty or null" if typed is None else "a key is a number beyond 64 bits"
            )
        if not isinstance(typed, str):
            if text not in mapping:
                self.types[id(mapping), text] = type(typed)
            self._tell_surprise(event, typed, text)
        return text

    def _tell_surprise(self, event: Any, typed: Scalar, text: str) -> None:
        written = event.value if isinstance(event, ScalarEvent) else ""
        if isinstance(typed, bool) and is_surprising_boolean(written):
            self.note(event, BOOLEAN_KEY, f'The unquoted key {written} is read as "{text}".', text)
        elif type(typed) is int and is_octal(written):
            self.note(event, OCTAL, f'The unquoted key {written} is read in base 8, as "{text}".', text)

    def _repeated(self, event: Any, mapping: dict[str, Any], key: str) -> None:
        """Notes a key that the mapping already has, unless it only overrides a merged one."""
        merged = self.merged.get(id(mapping))
        if merged and key in merged:
            merged.discard(key)
            return
        before = self.types.get((id(mapping), key), str)
        after = type(scalar_value(event)) if isinstance(event, ScalarEvent) else before
        if after is not before:
            self.types[id(mapping), key] = after
            message = f'Two keys of one mapping are read as "{key}"; the last one is kept.'
            self.note(event, KEY_COLLISION, message, key)
            return
        message = f'The key "{key}" stands twice in one mapping; its first value is lost.'
        self.note(event, DUPLICATE_KEY, message, key)

    def merge(self, event: Any, mapping: dict[str, Any], value: Any) -> None:
        """Applies `<<` where it stands: it overrides what is written above it; of a list the first wins."""
        parts = [value] if isinstance(value, dict) or isinstance(event, AliasEvent) else value
        if not isinstance(parts, list) or not all(isinstance(part, dict) for part in parts):
            raise DocumentError.at(event, "<< needs a mapping or a list of mappings")
        merged = self.merged.setdefault(id(mapping), set())
        for part in reversed(parts):
            for key, child in part.items():
                if key in mapping and key not in merged:
                    if mapping[key] != child:
                        message = f'The merge key << replaces the value of "{key}" that is written above it.'
                        self.note(event, MERGE_OVERRIDES, message, key)
                else:
                    merged.add(key)
                mapping[key] = child

    def leave(self, mapping: Any) -> None:
        """Forgets a mapping whose end was reached."""
        if self.merged:
            self.merged.pop(id(mapping), None)
        if self.types:
            for known in [known for known in self.types if known[0] == id(mapping)]:
                del self.types[known]

    def composite(self, event: AliasEvent | CollectionStartEvent) -> DocumentError:
        """The error for a key that is a mapping or a list; braces of templates look like one."""
        return DocumentError.at(event, "a key is a mapping or a list")
