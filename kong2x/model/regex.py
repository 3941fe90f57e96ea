r"""What a regular expression means to each engine: which constructs it has, and where they are refused.

The engines are `pcre` (Kong's traditional router, APISIX, nginx), `rust` (Kong's expressions and
traditional_compatible routers) and `re2` (Envoy, Istio and the Go data planes).
"""

from __future__ import annotations

import re
from collections.abc import Iterator, Mapping
from functools import lru_cache
from typing import Literal, NamedTuple

Dialect = Literal["pcre", "rust", "re2"]
Verdict = Literal["ok", "refused", "different"]

NAMES: Mapping[str, str] = {"pcre": "PCRE", "rust": "Rust's regex library", "re2": "RE2"}


class Construct(NamedTuple):
    """One construct that not all engines read alike; `column` counts from 1."""

    kind: str
    text: str
    column: int


_OK: Verdict = "ok"
_NO: Verdict = "refused"
_DIFF: Verdict = "different"

# kind -> what people call it, and the verdicts of PCRE, Rust and RE2.
_KINDS: Mapping[str, tuple[str, Verdict, Verdict, Verdict]] = {
    "look-around": ("look-around", _OK, _NO, _NO),
    "back-reference": ("a back reference", _OK, _NO, _NO),
    "atomic": ("an atomic group", _OK, _NO, _NO),
    "conditional": ("a conditional", _OK, _NO, _NO),
    "branch-reset": ("a branch reset", _OK, _NO, _NO),
    "subroutine": ("a call of another group", _OK, _NO, _NO),
    "recursion": ("recursion (Rust reads it as a flag)", _OK, _DIFF, _NO),
    "verb": ("a control verb", _OK, _NO, _NO),
    "comment": ("a comment group", _OK, _NO, _NO),
    "quoted-name": ("a group name in quotes", _OK, _NO, _NO),
    "pcre-escape": ("an escape of PCRE alone", _OK, _NO, _NO),
    "quoted-text": ("quoted text", _OK, _NO, _OK),
    "single-byte": ("the escape for one byte", _DIFF, _NO, _OK),
    "octal": ("an octal escape", _OK, _NO, _OK),
    "code-point": ("a code point escape", _NO, _OK, _NO),
    "vertical-space": ("the escape for vertical space (one character outside of PCRE)", _OK, _DIFF, _DIFF),
    "word-edge": ("an escaped angle bracket (a word edge in Rust)", _OK, _DIFF, _OK),
    "possessive": ("a possessive quantifier", _OK, _DIFF, _NO),
    "double-repeat": ("a repeated quantifier", _NO, _DIFF, _NO),
    "open-repeat": ("a quantifier without lower bound", _DIFF, _NO, _DIFF),
    "literal-brace": ("an unescaped brace", _OK, _NO, _OK),
    "large-repeat": ("a repetition of more than 1000", _OK, _OK, _NO),
    "flag-x": ("the flag x", _OK, _OK, _NO),
    "flag-rust": ("a flag of Rust alone", _NO, _OK, _NO),
    "flag-pcre": ("a flag of PCRE alone", _OK, _NO, _NO),
    "set-operation": ("a set operation in a class (plain characters outside of Rust)", _OK, _DIFF, _OK),
    "nested-class": ("a bracket inside a class (a nested class in Rust)", _OK, _DIFF, _OK),
    "unknown-escape": ("an escape without a meaning", _NO, _NO, _NO),
    "unicode-class": ("a class that Rust extends to all of Unicode", _OK, _DIFF, _OK),
    "line-end": ("a dollar sign, which PCRE also matches before a final line feed", _DIFF, _OK, _OK),
}
_POSITION = {"pcre": 1, "rust": 2, "re2": 3}
_MILD = {"unicode-class", "line-end"}

_PCRE_ONLY = frozenset("GHKNRXZhe")
_KNOWN_LETTERS = frozenset("AaBbDdfnrStsWwxPpz")
_QUANTIFIER = re.compile(r"\{(\d+)(,(\d*))?\}")
_OPEN_QUANTIFIER = re.compile(r"\{,\d+\}")
_RANGE = re.compile(r"([^\\[\]-])-([^\\[\]])")
_FLAGS = re.compile(r"\(\?([a-zA-Z]*(?:-[a-zA-Z]+)?)([:)])")
_POSIX = re.compile(r"\[[:.=]\^?\w+[:.=]\]")


class _Broken(Exception):
    """The pattern is no regular expression in any engine: what is wrong, and the column."""


def scan(pattern: str) -> list[Construct]:
    """The constructs of `pattern` that the engines do not agree on, in order.

    >>> scan(r"/a(?=b)\\d++")[0]
    Construct(kind='look-around', text='(?=', column=3)
    """
    try:
        return list(_scan(pattern))
    except _Broken:
        return []


@lru_cache(maxsize=4096)
def regex_problem(pattern: str, dialect: Dialect) -> str | None:
    """Why `dialect` refuses `pattern`, in words and with the column; None when it takes it.

    It says nothing of constructs that are taken with another meaning: `regex_differences` does.

    >>> regex_problem("/a(?=b)", "re2")
    'look-around "(?=" at column 3, which RE2 does not have'
    >>> regex_problem("/a(b", "pcre")
    'a group that is not closed at column 3'
    """
    try:
        for found in _scan(pattern):
            if verdict(found, dialect) == "refused":
                return f"{_words(found)}, which {NAMES[dialect]} does not have"
    except _Broken as broken:
        return str(broken)
    return None


def regex_differences(pattern: str, source: Dialect, target: Dialect, *, mild: bool = False) -> list[str]:
    r"""What `target` takes but reads otherwise than `source`; `mild` adds Unicode classes and line ends.

    >>> regex_differences("/a++", "pcre", "rust")
    ['a possessive quantifier "++" at column 3']
    """
    out = []
    for found in scan(pattern):
        ours, theirs = verdict(found, source), verdict(found, target)
        if "refused" not in (ours, theirs) and ours != theirs and (mild or found.kind not in _MILD):
            out.append(_words(found))
    return out


def _words(found: Construct) -> str:
    return f'{_KINDS[found.kind][0]} "{found.text}" at column {found.column}'


def verdict(construct: Construct, dialect: Dialect) -> Verdict:
    """Whether an engine takes a construct, refuses it, or reads it in a way of its own."""
    answer = _KINDS[construct.kind][_POSITION[dialect]]
    assert answer in ("ok", "refused", "different")
    return answer  # type: ignore[return-value]


def _scan(pattern: str) -> Iterator[Construct]:
    at, open_groups, can_repeat = 0, [], False
    while at < len(pattern):
        char = pattern[at]
        if char == "\\":
            found, width = _escape(pattern, at)
            yield from found
            at, can_repeat = at + width, True
        elif char == "[":
            yield from _class(pattern, at)
            at, can_repeat = _class_end(pattern, at), True
        elif char == "(":
            found, width, opens = _group(pattern, at)
            yield from found
            if opens:
                open_groups.append(at)
            at, can_repeat = at + width, not opens and pattern[at : at + 2] != "(*"
        elif char == ")":
            if not open_groups:
                raise _Broken(f"a closing parenthesis without an opening one at column {at + 1}")
            open_groups.pop()
            at, can_repeat = at + 1, True
        elif char in "*+?" or (char == "{" and _QUANTIFIER.match(pattern, at)):
            if not can_repeat:
                raise _Broken(f'nothing to repeat before "{char}" at column {at + 1}')
            found, width = _repeat(pattern, at)
            yield from found
            at += width
        elif char == "{":
            kind = "open-repeat" if _OPEN_QUANTIFIER.match(pattern, at) else "literal-brace"
            yield Construct(kind, char, at + 1)
            at, can_repeat = at + 1, True
        else:
            if char == "$":
                yield Construct("line-end", char, at + 1)
            at, can_repeat = at + 1, char != "|"
    if open_groups:
        raise _Broken(f"a group that is not closed at column {open_groups[-1] + 1}")


def _repeat(pattern: str, at: int) -> tuple[list[Construct], int]:
    """A quantifier with its suffix, and what engines say about it."""
    found = []
    counted = _QUANTIFIER.match(pattern, at)
    width = counted.end() - at if counted else 1
    if counted and max(int(counted[1]), int(counted[3] or 0)) > 1000:
        found.append(Construct("large-repeat", counted[0], at + 1))
    if counted and counted[3] and int(counted[3]) < int(counted[1]):
        raise _Broken(f'a repetition whose bounds are the wrong way round, "{counted[0]}" at column {at + 1}')
    after = pattern[at + width : at + width + 1]
    if after == "?":
        width += 1
    elif after == "+":
        found.append(Construct("possessive", pattern[at : at + width + 1], at + 1))
        width += 1
    if pattern[at + width : at + width + 1] in ("*", "+", "?"):
        found.append(Construct("double-repeat", pattern[at : at + width + 1], at + 1))
        width += 1
    return found, width


def _escape(pattern: str, at: int) -> tuple[list[Construct], int]:
    """An escape outside of a class, and its width."""
    if at + 1 >= len(pattern):
        raise _Broken(f"a backslash at the end, column {at + 1}")
    char = pattern[at + 1]
    if char == "Q":
        end = pattern.find(r"\E", at + 2)
        width = (len(pattern) if end < 0 else end + 2) - at
        return [Construct("quoted-text", r"\Q", at + 1)], width
    if char in "gk" and (named := re.match(r"\\[gk](\{[^}]*\}|<[^>]*>|'[^']*'|-?\d+)", pattern[at:])):
        return [Construct("back-reference", named[0], at + 1)], len(named[0])
    if char in "123456789":
        digits = re.match(r"\\\d+", pattern[at:])
        assert digits is not None
        kind = "octal" if len(digits[0]) == 4 and set(digits[0][1:]) <= set("01234567") else "back-reference"
        return [Construct(kind, digits[0], at + 1)], len(digits[0])
    named_kind = _escape_kind(char)
    width = _escape_width(pattern, at)
    return ([Construct(named_kind, pattern[at : at + width], at + 1)] if named_kind else []), width


def _escape_kind(char: str) -> str | None:
    if char in _PCRE_ONLY or char in "co":
        return "pcre-escape"
    if char in "dDwWsSbB":
        return "unicode-class"
    for letters, kind in (
        ("C", "single-byte"),
        ("0", "octal"),
        ("uU", "code-point"),
        ("vV", "vertical-space"),
        ("<>", "word-edge"),
    ):
        if char in letters:
            return kind
    if char.isascii() and char.isalpha() and char not in _KNOWN_LETTERS:
        return "unknown-escape"
    return None


def _escape_width(pattern: str, at: int) -> int:
    """How long an escape is: `\\x{1F600}`, `\\p{Greek}` and `\\cA` are longer than two."""
    long = re.match(
        r"\\(?:[xpPoNuU]\{[^}]*\}|x[0-9a-fA-F]{2}|u[0-9a-fA-F]{4}|[pP]\w|c.|0[0-7]{0,2})", pattern[at:]
    )
    return len(long[0]) if long else 2


def _group(pattern: str, at: int) -> tuple[list[Construct], int, bool]:
    """The opening of a group: constructs, width, and whether a closing parenthesis must follow."""
    rest = pattern[at:]
    if rest.startswith("(*") and re.match(r"\(\*[A-Z0-9_:=]+\)", rest):
        width = rest.index(")") + 1
        return [Construct("verb", rest[:width], at + 1)], width, False
    if rest.startswith("(?#"):
        if ")" not in rest:
            raise _Broken(f"a comment that is not closed at column {at + 1}")
        width = rest.index(")") + 1
        return [Construct("comment", rest[:width], at + 1)], width, False
    if not rest.startswith("(?"):
        return [], 1, True
    for opening, kind in (
        ("(?<=", "look-around"),
        ("(?<!", "look-around"),
        ("(?=", "look-around"),
        ("(?!", "look-around"),
        ("(?>", "atomic"),
        ("(?|", "branch-reset"),
        ("(?'", "quoted-name"),
    ):
        if rest.startswith(opening):
            return [Construct(kind, opening, at + 1)], len(opening), True
    if rest.startswith("(?("):
        end = rest.find(")") + 1
        return [Construct("conditional", rest[: max(end, 3)], at + 1)], max(end, 3), True
    return _named_or_flags(rest, at)


def _named_or_flags(rest: str, at: int) -> tuple[list[Construct], int, bool]:
    if rest.startswith("(?R)"):
        return [Construct("recursion", "(?R)", at + 1)], 4, False
    if call := re.match(r"\(\?(?:[+-]?\d+|&\w+|P>\w+)\)", rest):
        return [Construct("subroutine", call[0], at + 1)], len(call[0]), False
    if back := re.match(r"\(\?P=\w+\)", rest):
        return [Construct("back-reference", back[0], at + 1)], len(back[0]), False
    if name := re.match(r"\(\?P?<\w+>", rest):
        return [], len(name[0]), True
    flags = _FLAGS.match(rest)
    if not flags:
        raise _Broken(f'an opening "{rest[:3]}" that no engine knows at column {at + 1}')
    found = []
    for letters, kind in (("x", "flag-x"), ("uR", "flag-rust"), ("Jn", "flag-pcre")):
        if set(flags[1]) & set(letters):
            found.append(Construct(kind, flags[0], at + 1))
    return found, len(flags[0]), flags[2] == ":"


def _class_end(pattern: str, at: int) -> int:
    """The position after a class; _Broken when it is not closed."""
    here = at + 1
    if pattern[here : here + 1] == "^":
        here += 1
    if pattern[here : here + 1] == "]":
        here += 1
    while here < len(pattern):
        if pattern[here] == "\\":
            here += 2
        elif posix := _POSIX.match(pattern, here):
            here = posix.end()
        elif pattern[here] == "]":
            return here + 1
        else:
            here += 1
    raise _Broken(f"a class that is not closed at column {at + 1}")


def _class(pattern: str, at: int) -> Iterator[Construct]:
    """The constructs inside a class."""
    end = _class_end(pattern, at) - 1
    here = at + 1
    while here < end:
        if pattern[here] == "\\":
            char = pattern[here + 1]
            kind = "octal" if char.isdigit() else _escape_kind(char)
            if kind and not (kind == "unicode-class" and char in "bB") and kind != "word-edge":
                yield Construct(kind, pattern[here : here + 2], here + 1)
            here += 2
        elif posix := _POSIX.match(pattern, here):
            here = posix.end()
        elif pattern[here : here + 2] in ("&&", "--", "~~") and here > at + 1:
            yield Construct("set-operation", pattern[here : here + 2], here + 1)
            here += 2
        elif pattern[here] == "[":
            yield Construct("nested-class", "[", here + 1)
            here += 1
        elif around := _RANGE.match(pattern, here, end):
            if around[1] > around[2]:
                raise _Broken(f'a range the wrong way round, "{around[0]}" at column {here + 1}')
            here += 3
        else:
            here += 1
