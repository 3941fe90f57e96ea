"""How one string stands in YAML so that every YAML 1.1 and 1.2 reader gets the same string back."""

from __future__ import annotations

import re

from kong2x.model.errors import OutputError
from kong2x.model.scalars import is_ambiguous

_PLAIN = re.compile(r"(?!\.\.\.)[A-Za-z0-9_./\\$(+^~=;<](?:[ -~]*[!-~])?")
_BREAKS_PLAIN = re.compile(r": |:$| #")
_UNPRINTABLE_ASCII = re.compile(r"[^ -~]")
_SHORT_ESCAPES = {'"': '\\"', "\\": "\\\\", "\n": "\\n", "\t": "\\t", "\r": "\\r"}
_NEEDS_ESCAPE = re.compile('["\\\\]|[^ -~]')
_MEMO_SIZE = 200_000
_MEMO_TEXT = 200
_memo: dict[str, str] = {}


def flow_text(text: str) -> str:
    """A string on one line: plain where that is safe, else in quotes. Long ones are never folded.

    OutputError for half of a surrogate pair, which no YAML text can hold.

    >>> flow_text("web"), flow_text("yes"), flow_text("a: b"), flow_text("")
    ('web', '"yes"', "'a: b'", '""')
    """
    known = _memo.get(text)
    if known is not None:
        return known
    written = _written(text)
    if len(text) <= _MEMO_TEXT:
        if len(_memo) >= _MEMO_SIZE:
            _memo.clear()
        _memo[text] = written
    return written


def _written(text: str) -> str:
    if is_ambiguous(text):
        return _double_quoted(text)
    if _PLAIN.fullmatch(text) and not _BREAKS_PLAIN.search(text):
        return text
    if is_printable(text):
        return "'" + text.replace("'", "''") + "'"
    return _double_quoted(text)


def is_printable(text: str) -> bool:
    """Whether every character shows itself in any reader: no controls, no odd blanks, no byte order mark."""
    if _UNPRINTABLE_ASCII.search(text) is None:
        return True
    return text.isprintable()


def _double_quoted(text: str) -> str:
    return '"' + _NEEDS_ESCAPE.sub(_escaped, text) + '"'


def _escaped(match: re.Match[str]) -> str:
    character = match[0]
    short = _SHORT_ESCAPES.get(character)
    if short is not None:
        return short
    if character.isprintable():
        return character
    number = ord(character)
    if 0xD800 <= number <= 0xDFFF:
        raise OutputError(
            "A string holds half of a surrogate pair, which YAML cannot hold: correct it in the source."
        )
    if number < 0x100:
        return f"\\x{number:02X}"
    return f"\\u{number:04X}" if number < 0x10000 else f"\\U{number:08X}"


def block_lines(text: str) -> tuple[str, list[str]] | None:
    """A text of several lines as a literal block: its mark and its lines without indentation.

    None where quotes are safer: a line ends in blanks, the first line is indented or empty, or a character
    does not show itself.

    >>> block_lines("a\\nb\\n")
    ('|', ['a', 'b'])
    """
    if "\n" not in text or text[0] in " \t\n":
        return None
    body = text.rstrip("\n")
    lines = body.split("\n")
    for line in lines:
        if line and (line[-1] in " \t" or not is_printable(line.replace("\t", " "))):
            return None
    ends = len(text) - len(body)
    mark = "|-" if ends == 0 else "|" if ends == 1 else "|+"
    return mark, lines + [""] * (ends - 1)
