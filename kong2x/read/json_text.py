"""How a JSON document is read, and where its values stand."""

from __future__ import annotations

import json
import re
from bisect import bisect_right
from collections import Counter
from functools import lru_cache
from json.decoder import scanstring  # type: ignore[attr-defined]
from math import isinf
from typing import Any, NamedTuple

from kong2x.model.source import Path
from kong2x.read.codes import DUPLICATE_KEY, TOO_DEEP
from kong2x.read.events import DocumentError
from kong2x.read.loader import MAX_DEPTH, Loaded, Note, load_document

_BLANKS = re.compile(r"[ \t\r\n]*")
_SURROGATE = re.compile("[\ud800-\udfff]")


class JsonDocument(NamedTuple):
    """One value of a JSON stream, with the part of the text that it was read from."""

    loaded: Loaded
    start: int
    end: int


def read_json(text: str, start: int) -> JsonDocument:
    """The JSON value at or after `start`; ValueError when it is not JSON.

    As Kubernetes reads it: the last of several equal keys counts, which is noted.
    Raises DocumentError for absurd depth.
    """
    start = _skip(text, start)
    repeated: list[str] = []

    def pairs(found: list[tuple[str, Any]]) -> dict[str, Any]:
        out = dict(found)
        if len(out) != len(found):
            counts = Counter(key for key, _ in found)
            repeated.extend(key for key, count in counts.items() if count > 1)
        return out

    decoder = json.JSONDecoder(object_pairs_hook=pairs, parse_float=_float, parse_constant=_constant)
    try:
        value, end = decoder.raw_decode(text, start)
    except RecursionError:
        raise DocumentError(f"more than {MAX_DEPTH} levels", 0, 0, TOO_DEEP) from None
    if "\\ud" in text or "\\uD" in text:
        value = _without_surrogates(value)
    if deeper_than(value, MAX_DEPTH):
        raise DocumentError(f"more than {MAX_DEPTH} levels", 0, 0, TOO_DEEP)
    notes = _repeated_keys(text[start:end], repeated) if repeated else []
    return JsonDocument(Loaded(value, notes, 0, []), start, end)


def _repeated_keys(text: str, keys: list[str]) -> list[Note]:
    """Notes on repeated keys; nearly all JSON is YAML too, and the YAML loader knows their places."""
    try:
        return [note for note in load_document(text.encode()).notes if note.code is DUPLICATE_KEY]
    except DocumentError:
        message = 'The key "{}" stands twice in one mapping; its first value is lost.'
        return [Note(DUPLICATE_KEY, message.format(key), 0, 0, ()) for key in keys]


def _float(digits: str) -> float:
    number = float(digits)
    if isinf(number):
        raise ValueError("a number beyond the range of JSON numbers")
    return number


def _constant(word: str) -> None:
    raise ValueError(f"{word} is no JSON")


def _without_surrogates(value: Any) -> Any:
    """Halves of surrogate pairs become the replacement character, as in Go."""
    if isinstance(value, str):
        return _SURROGATE.sub("\ufffd", value)
    if isinstance(value, dict):
        return {_without_surrogates(key): _without_surrogates(child) for key, child in value.items()}
    if isinstance(value, list):
        return [_without_surrogates(child) for child in value]
    return value


def deeper_than(value: Any, limit: int) -> bool:
    """Whether containers nest more than `limit` levels; without recursion."""
    level = [value]
    for _ in range(limit + 1):
        level = [
            child
            for parent in level
            if isinstance(parent, dict | list)
            for child in (parent.values() if isinstance(parent, dict) else parent)
            if isinstance(child, dict | list)
        ]
        if not level:
            return False
    return True


def _skip(text: str, start: int) -> int:
    match = _BLANKS.match(text, start)
    return match.end() if match else start


class JsonPlaces:
    """The places in one JSON text. Only the containers on the way to an asked path are scanned."""

    def __init__(self, text: str) -> None:
        self.text = text
        self.lines = [0, *(match.end() for match in re.finditer("\n", text))]
        self._skip_value = json.JSONDecoder().raw_decode
        self._children = lru_cache(maxsize=4096)(self._scan)

    def place(self, path: Path) -> tuple[int, int]:
        """Line and column, from 0, of the entry at `path` or of its nearest existing ancestor."""
        shown = here = _skip(self.text, 0)
        for step in path:
            found = self._children(here).get(step)
            if found is None:
                break
            shown, here = found
        line = bisect_right(self.lines, shown) - 1
        return line, shown - self.lines[line]

    def _scan(self, start: int) -> dict[str | int, tuple[int, int]]:
        """For each entry of the container at `start`: where it shows (the key, or the item) and its value."""
        text, out = self.text, dict[str | int, tuple[int, int]]()
        opening = text[start : start + 1]
        if opening not in ("{", "["):
            return out
        here, index = _skip(text, start + 1), 0
        while text[here : here + 1] not in ("}", "]", ""):
            step: str | int = index
            shown = here
            if opening == "{":
                step, here = scanstring(text, here + 1)
                here = _skip(text, _skip(text, here) + 1)
            out[step] = (shown, here)
            _, here = self._skip_value(text, here)
            here = _skip(text, here)
            if text[here : here + 1] == ",":
                here = _skip(text, here + 1)
            index += 1
        return out
