r"""How a pattern or literal of Kong is written as a PCRE condition of APISIX, which searches unanchored."""

from __future__ import annotations

import re
from collections.abc import Iterator

from kong2x.model.regex import regex_differences, regex_problem
from kong2x.model.settings import RouterFlavour

_SPECIAL = re.compile(r"[\\.+*?()\[\]{}|^$#]")
_REPEATS = frozenset("?*{")


def literal(text: str) -> str:
    r"""`text` so that PCRE reads it as itself.

    >>> print(literal("/c++/v1.0"))
    /c\+\+/v1\.0
    """
    return _SPECIAL.sub(lambda found: "\\" + found[0], text)


def raw_literal(text: str) -> str:
    """A pattern for the undecoded request target: hexadecimal digits compare without case."""
    parts = re.split(r"(%[0-9A-Fa-f]{2})", text)
    return "^" + "".join(_digits(part) if at % 2 else literal(part) for at, part in enumerate(parts))


def _digits(triplet: str) -> str:
    return "%" + "".join(f"[{c.upper()}{c.lower()}]" if c.isalpha() else c for c in triplet[1:])


def tokens(pattern: str) -> Iterator[tuple[str, int]]:
    """The pattern piece by piece with the depth of groups: escapes and classes are one piece each."""
    at, depth = 0, 0
    while at < len(pattern):
        char = pattern[at]
        end = at + 1
        if char == "\\":
            end = at + 2
        elif char == "[":
            end = _class_end(pattern, at)
        elif char == "(":
            depth += 1
        elif char == ")":
            depth = max(depth - 1, 0)
        yield pattern[at:end], depth
        at = end


def _class_end(pattern: str, at: int) -> int:
    end = at + 1
    if pattern[end : end + 1] == "^":
        end += 1
    if pattern[end : end + 1] == "]":
        end += 1
    while end < len(pattern) and pattern[end] != "]":
        end += 2 if pattern[end] == "\\" else 1
    return end + 1


def alternates(pattern: str) -> bool:
    """Whether the pattern has an alternation outside of all groups."""
    return any(piece == "|" and depth == 0 for piece, depth in tokens(pattern))


def alternatives(pattern: str) -> list[str]:
    """The alternatives of a pattern outside of all groups.

    >>> alternatives("/a(b|c)|/d")
    ['/a(b|c)', '/d']
    """
    out = [""]
    for piece, depth in tokens(pattern):
        if piece == "|" and depth == 0:
            out.append("")
        else:
            out[-1] += piece
    return out


def closed(pattern: str) -> str:
    r"""The pattern with each end anchor as `\z`: in PCRE `$` also matches before a final line feed.

    >>> print(closed("/a$|/b[$]"))
    /a\z|/b[$]
    """
    if "(?m" in pattern:
        return pattern
    return "".join(r"\z" if piece == "$" else piece for piece, _ in tokens(pattern))


def anchored(pattern: str, flavour: RouterFlavour) -> str:
    r"""The pattern as a condition with Kong's anchor at the start.

    The classic router anchors the whole pattern, the newer ones put `^` in front of its text, so that an
    alternation is anchored in its first branch only (kong-source.md 4.3).

    >>> print(anchored("/a|/b$", "traditional"), anchored("/a|/b$", "expressions"))
    ^(?:/a|/b\z) ^/a|/b\z
    """
    text = closed(pattern)
    if text.startswith("^"):
        text = text[1:]
    if flavour == "traditional" and alternates(text):
        return f"^(?:{text})"
    return f"^{text}"


def core(pattern: str) -> str:
    """The pattern without anchor at the start, wrapped where it alternates."""
    text = pattern[1:] if pattern.startswith("^") else pattern
    return f"(?:{text})" if alternates(text) else text


def plain_text(pattern: str) -> tuple[str, bool] | None:
    """The text of a pattern without any operator, and whether it must end there; None for others.

    >>> plain_text(r"/v1\\.0$"), plain_text("/a.c"), plain_text("/foo")
    (('/v1.0', True), None, ('/foo', False))
    """
    out = []
    pieces = [piece for piece, _ in tokens(pattern)]
    ended = bool(pieces) and pieces[-1] == "$"
    for piece in pieces[:-1] if ended else pieces:
        char = _literal_char(piece)
        if char is None:
            return None
        out.append(char)
    text = "".join(out)
    return (text, ended) if text.startswith("/") else None


def literal_prefix(pattern: str, flavour: RouterFlavour) -> str:
    r"""The longest text with which every matching path starts; `/` where nothing is certain.

    >>> literal_prefix(r"/v\d+/users", "traditional"), literal_prefix("/ab?c", "traditional")
    ('/v', '/a')
    """
    if pattern.startswith("^"):
        pattern = pattern[1:]
    if alternates(pattern):
        return "/"
    out: list[str] = []
    for piece, _ in tokens(pattern):
        if piece[0] in _REPEATS and out:
            out.pop()
            break
        char = _literal_char(piece)
        if char is None:
            break
        out.append(char)
    text = "".join(out)
    return text if text.startswith("/") else "/"


def _literal_char(piece: str) -> str | None:
    if len(piece) == 2 and piece[0] == "\\":
        return piece[1] if not piece[1].isalnum() else None
    if len(piece) > 1 or piece in "^$.|?*+()[{":
        return None
    return piece


def groups(pattern: str) -> int:
    r"""How many capturing groups the pattern has.

    >>> groups(r"/(a)(?:b)(?<n>c)\(\d[(]")
    2
    """
    text = "".join(piece if len(piece) == 1 else "." for piece, _ in tokens(pattern))
    return len(re.findall(r"\((?!\?)|\(\?P?<[A-Za-z_]", text))


def refused(pattern: str) -> str | None:
    """What PCRE does not take, in words."""
    return regex_problem(pattern, "pcre")


def differences(pattern: str, flavour: RouterFlavour) -> list[str]:
    """What PCRE takes but reads otherwise than the running router."""
    return [] if flavour == "traditional" else regex_differences(pattern, "rust", "pcre")
