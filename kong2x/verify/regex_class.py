"""Which characters an escape or a bracket expression of PCRE or Rust stands for, spelt for Python."""

from __future__ import annotations

import re
import sys
import unicodedata
from functools import cache

from kong2x.verify.regex_source import Dialect, Source, Untranslatable

_RUST_SPACE = r"\t\n\x0b\x0c\r \x85\xa0\u1680\u2000-\u200a\u2028\u2029\u202f\u205f\u3000"

CLASS_ESCAPES: dict[Dialect, dict[str, tuple[str, str]]] = {
    "pcre": {
        **{char: (f"\\{char}", f"\\{char}") for char in "dDwWsS"},
        "h": (r"[\t \xa0]", r"\t \xa0"),
        "H": (r"[^\t \xa0]", r"\x00-\x08\x0a-\x1f!-\x9f\xa1-\xff"),
        "v": (r"[\n-\r\x85]", r"\n-\r\x85"),
        "V": (r"[^\n-\r\x85]", r"\x00-\x09\x0e-\x84\x86-\xff"),
    },
    "rust": {
        **{char: (f"\\{char}", f"\\{char}") for char in "dDwW"},
        # Python's \s holds four control characters more than Unicode's White_Space.
        "s": (f"[{_RUST_SPACE}]", _RUST_SPACE),
        "S": (f"[^{_RUST_SPACE}]", ""),
    },
}
"""For each escape the spelling outside and inside of brackets; empty where brackets cannot hold it."""

_POSIX = {
    "alnum": "0-9A-Za-z",
    "alpha": "A-Za-z",
    "ascii": r"\x00-\x7f",
    "blank": r"\t ",
    "cntrl": r"\x00-\x1f\x7f",
    "digit": "0-9",
    "graph": "!-~",
    "lower": "a-z",
    "print": " -~",
    "punct": r"!-/:-@\[-`{-~",
    "space": r"\t-\r ",
    "upper": "A-Z",
    "word": "0-9A-Za-z_",
    "xdigit": "0-9A-Fa-f",
}
_POSIX_ITEM = re.compile(r"\[:(\^?)([a-z]+):\]")
_CONTROL = {"a": 7, "f": 12, "n": 10, "r": 13, "t": 9}
_HEX = re.compile(r"x\{([0-9A-Fa-f]+)\}|x([0-9A-Fa-f]{2})")
_PCRE_SHORT_HEX = re.compile(r"x([0-9A-Fa-f]{0,2})")
_RUST_UNICODE = re.compile(r"[uU]\{([0-9A-Fa-f]+)\}|u([0-9A-Fa-f]{4})|U([0-9A-Fa-f]{8})")
_OCTAL = re.compile(r"o\{([0-7]+)\}|(0[0-7]{0,2})|([0-7]{2,3})")
_PROPERTY = re.compile(r"[pP](?:\{(\^?)([A-Za-z_ ]+)\}|([A-Z]))")


def single(source: Source) -> str:
    """The one character (or property) that an escape stands for, read after its backslash."""
    found = _property(source)
    if found:
        return f"[{found}]"
    return spelt(_code(source))


def spelt(code: int) -> str:
    """A character so that Python reads it as itself, in and out of brackets."""
    char = chr(code)
    if char.isalnum() and code < 128:
        return char
    return f"\\x{code:02x}" if code < 256 else f"\\u{code:04x}" if code < 0x10000 else f"\\U{code:08x}"


def _code(source: Source) -> int:
    """The code of an escaped character, read after its backslash."""
    rust = source.dialect == "rust"
    octal = None if rust else source.take_match(_OCTAL)
    if octal:
        code = int(next(text for text in octal.groups() if text), 8)
    elif found := source.take_match(_HEX) or (source.take_match(_RUST_UNICODE) if rust else None):
        code = int(next(text for text in found.groups() if text), 16)
    elif not rust and (found := source.take_match(_PCRE_SHORT_HEX)):
        code = int(found[1] or "0", 16)
    else:
        return _letter(source)
    if code > (0xFF if not rust else sys.maxunicode):
        raise Untranslatable("a character outside of the engine's range")
    return code


def _letter(source: Source) -> int:
    char = source.next()
    if char in _CONTROL:
        return _CONTROL[char]
    if char == "v" and source.dialect == "rust":
        return 11
    if char == "e" and source.dialect == "pcre":
        return 27
    if char == "c" and source.dialect == "pcre":
        return ord(source.next().upper()) ^ 64
    if char.isalnum() or (source.dialect == "rust" and (char in "<>" or ord(char) > 127)):
        raise Untranslatable(f"the escape \\{char}")
    return ord(char)


def _property(source: Source) -> str:
    """Reads `p{..}` as the inside of brackets; empty when something else stands next."""
    if source.peek() not in ("p", "P"):
        return ""
    negated = source.peek() == "P"
    found = source.take_match(_PROPERTY)
    if not found:
        raise Untranslatable("a Unicode property")
    negated ^= bool(found[1])
    limit = 0xFF if source.dialect == "pcre" else sys.maxunicode
    return _category((found[2] or found[3]).strip(), negated, limit)


_LONG_NAMES = {
    "letter": "L", "lowercase_letter": "Ll", "uppercase_letter": "Lu", "titlecase_letter": "Lt",
    "modifier_letter": "Lm", "other_letter": "Lo", "mark": "M", "number": "N", "decimal_number": "Nd",
    "letter_number": "Nl", "other_number": "No", "punctuation": "P", "symbol": "S", "separator": "Z",
    "other": "C",
}  # fmt: skip


@cache
def _category(name: str, negated: bool, limit: int) -> str:
    """All characters of a general category as ranges inside brackets."""
    wanted = _LONG_NAMES.get(name.lower(), name)
    if wanted not in set(_LONG_NAMES.values()) | {"Pc", "Pd", "Ps", "Pe", "Pi", "Pf", "Po", "Sm", "Sc", "Zs"}:
        raise Untranslatable(f"the Unicode property {name}")
    ranges: list[list[int]] = []
    for code in range(limit + 1):
        if unicodedata.category(chr(code)).startswith(wanted) != negated:
            if ranges and ranges[-1][1] == code - 1:
                ranges[-1][1] = code
            else:
                ranges.append([code, code])
    return "".join(f"{spelt(low)}-{spelt(high)}" for low, high in ranges)


def read_class(source: Source, extended: bool) -> str:
    """A bracket expression in Python's spelling, read after its opening bracket."""
    negated = source.take("^")
    items: list[str] = []
    first = True
    while first or source.peek() != "]":
        if source.done:
            raise Untranslatable("an unclosed bracket")
        if extended and source.dialect == "rust" and source.skip_comment():
            continue
        _class_item(source, items)
        first = False
    source.next()
    return f"[{'^' if negated else ''}{''.join(items)}]"


def _class_item(source: Source, items: list[str]) -> None:
    """Reads one character, range or named set of a bracket expression."""
    posix = source.take_match(_POSIX_ITEM)
    if posix:
        members = _POSIX.get(posix[2])
        if members is None:
            raise Untranslatable(f"the class [:{posix[2]}:]")
        items.append(_complement(members, source.dialect) if posix[1] else members)
        return
    if source.dialect == "rust" and (
        source.peek() == "[" or source.pattern[source.at : source.at + 2] in ("&&", "--", "~~")
    ):
        raise Untranslatable("an operation on character classes")
    if source.dialect == "pcre" and source.take(r"\E"):
        return
    if source.dialect == "pcre" and source.take(r"\Q"):
        items.extend(spelt(ord(char)) for char in source.until(r"\E"))
        return
    low = _class_member(source, items)
    if low is None:
        return
    dash = source.at
    if not source.take("-") or source.peek() in ("]", ""):
        source.at = dash
        items.append(spelt(low))
        return
    rest: list[str] = []
    high = _class_member(source, rest)
    if high is None:
        # `[a-\d]`: the hyphen stands for itself, and the set follows.
        items.extend((spelt(low), r"\-", *rest))
    elif high < low:
        raise Untranslatable("a range in the wrong order")
    else:
        items.append(f"{spelt(low)}-{spelt(high)}")


def _class_member(source: Source, items: list[str]) -> int | None:
    """The code of a single member; None when a whole set was read (into `items`)."""
    char = source.next()
    if char != "\\":
        return ord(char)
    if source.peek() == "b" and source.dialect == "pcre":
        source.next()
        return 8
    escapes = CLASS_ESCAPES[source.dialect]
    if source.peek() in escapes:
        inside = escapes[source.next()][1]
        if not inside:
            raise Untranslatable("a negated set inside of brackets")
        items.append(inside)
        return None
    members = _property(source)
    if members:
        items.append(members)
        return None
    if source.dialect == "pcre" and source.peek() in ("N", "R", "X", "B"):
        raise Untranslatable("an escape that brackets cannot hold")
    return _code(source)


def _complement(members: str, dialect: Dialect) -> str:
    """The inside of brackets for every character that is not among `members` (all of them ASCII)."""
    inside = re.compile(f"[{members}]")
    limit = 0xFF if dialect == "pcre" else sys.maxunicode
    codes = [code for code in range(128) if not inside.match(chr(code))]
    return "".join(spelt(code) for code in codes) + f"{spelt(128)}-{spelt(limit)}"
