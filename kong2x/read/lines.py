"""The short way for ordinary documents: whole lines looked up in a memo, with the exact loader behind it.

Manifests repeat themselves, so most lines were seen before. Only block style with everything on its own line is
taken; whatever could be read in two ways, or would be noted, goes to the exact loader: anchors, tags, merge
keys, quoted keys, text over several lines, repeated keys, tabs, anything but ASCII. Where both read a
document they give the same, which a differential test holds.
"""

from __future__ import annotations

import re
from math import isfinite
from typing import Any, Final, NamedTuple

from kong2x.model.scalars import is_octal, is_surprising_boolean, json_number, resolve_plain
from kong2x.read.aliases import copied
from kong2x.read.events import DocumentError
from kong2x.read.loader import Loaded, load_document

_DEEPEST = 64
_MEMO_SIZE = 200_000
_MEMO_LINE = 200
_STRANGE = re.compile(rb"[^\n -~]")
_KEY = re.compile(r"([A-Za-z_][A-Za-z0-9_./-]{0,200}):(?: +(.*))?")
_SINGLE = re.compile(r"'((?:[^']|'')*)'(?: +#.*)?")
_DOUBLE = re.compile(r'"([^"\\]*)"(?: +#.*)?')
_PLAIN = re.compile(r"(?:[A-Za-z0-9_./+~$(^\\]|-[^ -])[ -~]*")
_KEEP: Final = object()
"""Stands for `|`: the lines that follow are one text."""
_STRIP: Final = object()
"""Stands for `|-`."""


class _NotOrdinary(Exception):
    """The document has to take the exact way."""


class Line(NamedTuple):
    """What one line says. `indent` is the column of its key or text, `dash` that of a dash, else -1.

    `opens` is set for a key without a value; `shared` for a value that must be copied.
    """

    skip: bool
    indent: int = 0
    dash: int = -1
    key: str | None = None
    value: Any = None
    opens: bool = False
    shared: bool = False


Places = dict[int, dict[str | int, tuple[int, int]]]
"""For each container, by its id, the line and column (from 0) of each entry's key or item."""

_SKIP = Line(True)
_memo: dict[str, Line] = {}


def load_ordinary(data: bytes) -> Loaded:
    """The document as `load_document` reads it, by the short way where that is certain.

    >>> load_ordinary(b"a: 1\\nb:\\n- x\\n- c: {z: 2}\\n").value
    {'a': 1, 'b': ['x', {'c': {'z': 2}}]}
    """
    if data.endswith(b"\n") and _STRANGE.search(data) is None:
        try:
            return _read(data.decode("ascii").split("\n"))
        except _NotOrdinary:
            pass
    return load_document(data)


def ordinary_places(data: bytes) -> tuple[Any, Places] | None:
    """The document again, with the place of everything in its block containers; None for other documents."""
    places: Places = {}
    if data.endswith(b"\n") and _STRANGE.search(data) is None:
        try:
            return _read(data.decode("ascii").split("\n"), places).value, places
        except _NotOrdinary:
            pass
    return None


def _read(lines: list[str], places: Places | None = None) -> Loaded:
    """Builds the root mapping with a stack of (container, is it a list, its column)."""
    memo = _memo
    root: dict[str, Any] = {}
    stack: list[tuple[Any, bool, int]] = []
    cur: Any = root
    is_list, column, opened, last, first = False, 0, False, "", -1
    at, end = 0, len(lines)
    while at < end:
        number, text = at, lines[at]
        at += 1
        skip, indent, dash, key, value, opens, shared = memo.get(text) or _classified(text)
        if skip:
            continue
        first = number if first < 0 else first
        here = indent if dash < 0 else dash
        if opened and (here > column or (here == column and dash >= 0)):
            child: Any = [] if dash >= 0 else {}
            cur[last] = child
            stack.append((cur, is_list, column))
            cur, is_list, column = child, dash >= 0, here
        else:
            while stack and (column > here or (is_list and column == here and dash < 0)):
                cur, is_list, column = stack.pop()
        if column != here or is_list != (dash >= 0) or len(stack) > _DEEPEST:
            raise _NotOrdinary
        opened = opens
        if value is _KEEP or value is _STRIP:
            value, at = _block(lines, at, dash if key is None else indent, value is _KEEP)
        elif shared:
            value = copied(value, _DEEPEST)
        if dash >= 0 and places is not None:
            places.setdefault(id(cur), {})[len(cur)] = (number, indent)
        if key is None:
            cur.append(value)
            continue
        if dash >= 0:
            stack.append((cur, is_list, column))
            cur.append({})
            cur, is_list, column = cur[-1], False, indent
        if key in cur or (key == "items" and cur is root):
            raise _NotOrdinary
        cur[key] = value
        last = key
        if places is not None:
            places.setdefault(id(cur), {})[key] = (number, indent)
    if not root:
        raise _NotOrdinary
    return Loaded(root, [], first, [])


def _classified(text: str) -> Line:
    """What a line says, remembered unless it is long."""
    line = _classify(text)
    if len(text) <= _MEMO_LINE:
        if len(_memo) >= _MEMO_SIZE:
            _memo.clear()
        _memo[text] = line
    return line


def _classify(text: str) -> Line:
    rest = text.lstrip(" ")
    if not rest or rest[0] == "#":
        return _SKIP
    dash = -1
    if rest.startswith("- "):
        dash = len(text) - len(rest)
        rest = rest[2:].lstrip(" ")
        if not rest or rest[0] == "#" or rest == "-" or rest.startswith("- "):
            raise _NotOrdinary
    indent = len(text) - len(rest)
    match = _KEY.fullmatch(rest)
    if match is None:
        if dash < 0:
            raise _NotOrdinary
        value = _value(rest.rstrip(" "))
        return Line(False, indent, dash, None, value, False, isinstance(value, dict | list))
    key = str(match[1])
    if resolve_plain(key) is not key:
        raise _NotOrdinary
    written = (match[2] or "").rstrip(" ")
    if not written or written[0] == "#":
        return Line(False, indent, dash, key, None, True)
    value = _value(written)
    return Line(False, indent, dash, key, value, False, isinstance(value, dict | list))


def _value(written: str) -> Any:
    """The value that stands on one line."""
    if _PLAIN.match(written):
        text = written.partition(" #")[0].rstrip(" ")
        if ": " in text or text[-1] == ":":
            raise _NotOrdinary
        return _plain(text)
    match = _SINGLE.fullmatch(written)
    if match:
        return match[1].replace("''", "'")
    match = _DOUBLE.fullmatch(written)
    if match:
        return match[1]
    if written == "|":
        return _KEEP
    if written == "|-":
        return _STRIP
    if written[0] not in '[{"':
        raise _NotOrdinary
    try:
        loaded = load_document(f"k: {written}".encode())
    except DocumentError:
        raise _NotOrdinary from None
    if loaded.notes or list(loaded.value) != ["k"]:
        raise _NotOrdinary
    return loaded.value["k"]


def _plain(text: str) -> Any:
    value = resolve_plain(text)
    if isinstance(value, bool):
        if is_surprising_boolean(text):
            raise _NotOrdinary
    elif isinstance(value, int):
        if is_octal(text):
            raise _NotOrdinary
    elif isinstance(value, float):
        if not isfinite(value):
            raise _NotOrdinary
        return json_number(value)
    return value


def _block(lines: list[str], at: int, parent: int, keep: bool) -> tuple[str, int]:
    """The text of a literal block that begins at a line, and the index of the line behind it."""
    first = lines[at]
    width = len(first) - len(first.lstrip(" "))
    if width <= parent or width == len(first):
        raise _NotOrdinary
    pad, end, out = " " * width, len(lines), []
    while at < end:
        line = lines[at]
        if line.startswith(pad):
            if line.isspace() and len(line) > width:
                raise _NotOrdinary
            out.append(line[width:])
        elif not line.strip(" "):
            out.append("")
        else:
            break
        at += 1
    while not out[-1]:
        out.pop()
    return "\n".join(out) + ("\n" if keep else ""), at
