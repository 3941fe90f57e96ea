"""How one Kong path is said as path matches of the Gateway API, and what that gains or loses."""

from __future__ import annotations

import re
from dataclasses import replace
from typing import NamedTuple
from urllib.parse import quote

from kong2x.emit.gateway_api.draft import EXACT, PREFIX, REGEX, GatewayPath
from kong2x.model.route import PathKind, PathMatch
from kong2x.verify.regex import matches_itself

# What the CRDs allow in Exact and PathPrefix values besides %XX (facts: invariant H3).
_SAFE = "/-._~!$&'()*+,;=:@"
_PERCENT = re.compile(r"%[0-9A-Fa-f]{2}")
_META = set(".^$|?*+()[]{}\\")
_LONGEST = 1024

# What may follow the literal head of a pattern so that it is a plain shape in disguise.
_EXACT_TAILS = ("$",)
_SEGMENT_TAILS = {
    "(/|$)": False,
    "(?:/|$)": False,
    "(/.*)?$": True,
    "(?:/.*)?$": True,
    "(/|$)(.*)": True,
    "(?:/|$)(.*)": True,
    "(/|$).*": True,
    "(?:/|$).*": True,
    "(/|$)(.*)$": True,
    "(?:/|$)(.*)$": True,
}
_RAW_TAILS = {
    "": False,
    ".*": True,
    ".*$": True,
    "(.*)": True,
    "(.*)$": True,
    "(?:.*)": True,
    "(?:.*)$": True,
}


class Shape(NamedTuple):
    """A pattern that says no more than a plain path: `kind`, its text, whether it consumes the whole path."""

    kind: PathKind
    text: str
    consumed: bool


class PathResult(NamedTuple):
    """The matches for one Kong path and what has to be said: pairs of a note's name and its text."""

    paths: tuple[GatewayPath, ...]
    notes: tuple[tuple[str, str], ...] = ()


def translate(path: PathMatch, *, flavour: str, glue: bool) -> PathResult:
    """The path matches for `path`; `glue` asks for a regex for the raw prefix's `/foobar`.

    Notes: `dead` (Kong never matches it), `inexpressible`, `raw-prefix` (narrower), `wider`, `glued`,
    `encoded`, `unescaped` (narrower), `regex`, `dialect`.

    >>> translate(PathMatch(PathKind.RAW_PREFIX, "/foo"), flavour="traditional", glue=False).paths[0].value
    '/foo'
    """
    if path.kind is PathKind.REGEX:
        return _regex(path, flavour, glue)
    if path.unescaped and path.kind is PathKind.EXACT and not matches_itself(path.value):
        note = ("unescaped", f"Kong reads {path.value} as a pattern, which the path itself never matches.")
        pattern = _regex(replace(path, kind=PathKind.REGEX, value=f"{path.value}$"), flavour, glue)
        return PathResult(pattern.paths, (note, *pattern.notes))
    return _plain(path, Shape(path.kind, path.value or "/", path.kind is PathKind.EXACT), glue)


def _plain(path: PathMatch, shape: Shape, glue: bool) -> PathResult:
    text, kind = shape.text, shape.kind
    if kind is not PathKind.EXACT and text != "/" and text.endswith("/"):
        trimmed = text.rstrip("/") or "/"
        wider = kind is PathKind.RAW_PREFIX
        if wider and glue:
            return _slashed(path, text, shape.consumed)
        result = _plain(path, Shape(PathKind.SEGMENT_PREFIX, trimmed, shape.consumed), glue)
        note = (("wider", f"The path {text} also answers {trimmed} itself."),) if wider else ()
        return PathResult(result.paths, result.notes + note)
    if any(part in (".", "..") for part in text.split("/")) or "//" in text:
        return PathResult((), (("dead", f"The path {text} never matches: Kong compares normalised paths."),))
    value = encoded(text)
    if value is None:
        return _inexpressible(path, shape)
    notes = []
    if value != text:
        notes.append(("encoded", f"The path {text} is written as {value}."))
    if path.unescaped:
        notes.append(
            ("unescaped", f"Kong reads {text} as a pattern and also answers paths it only resembles.")
        )
    if kind is PathKind.EXACT:
        return PathResult((GatewayPath(EXACT, value, path, True),), tuple(notes))
    found = [GatewayPath(PREFIX, value, path, shape.consumed)]
    if kind is PathKind.RAW_PREFIX and text != "/":
        if glue:
            found.append(GatewayPath(REGEX, f"^{re.escape(value)}[^/].*$", path, shape.consumed))
            notes.append(("glued", f"The path {text} is written as a prefix and as a regular expression."))
        else:
            notes.append(("raw-prefix", f"Kong's path {text} also answers {text}x; the Gateway does not."))
    return PathResult(tuple(found), tuple(notes))


def _slashed(path: PathMatch, text: str, consumed: bool) -> PathResult:
    """A raw prefix with a final slash to the letter: as a pattern, which does not take the bare text."""
    note = ("glued", f"The path {text} is written as a regular expression.")
    return PathResult((GatewayPath(REGEX, f"^{re.escape(text)}.*$", path, consumed),), (note,))


def _inexpressible(path: PathMatch, shape: Shape) -> PathResult:
    """A literal that Exact and PathPrefix refuse (an encoded slash, a path too long) as a pattern."""
    if len(shape.text) > _LONGEST - 20:
        return PathResult((), (("inexpressible", f"The path of {len(shape.text)} characters is too long."),))
    tail = {"exact": "$", "segment-prefix": "(/.*)?$", "raw-prefix": ".*$"}[str(shape.kind)]
    value = f"^{re.escape(shape.text)}{tail}"
    return PathResult(
        (GatewayPath(REGEX, value, path, shape.consumed),),
        (("regex", f"The path {shape.text} can only be written as a regular expression."),),
    )


def _regex(path: PathMatch, flavour: str, glue: bool) -> PathResult:
    shape = simple_shape(path.value)
    if shape is not None:
        return _plain(path, shape, glue)
    twins = _optional_slash(path.value)
    if twins:
        return PathResult(tuple(GatewayPath(EXACT, text, path, True) for text in twins))
    pattern = anchored(path.value, all_anchored=flavour == "traditional")
    notes = [("regex", f"The pattern {path.value} is written as a regular expression.")]
    if needs_pcre(path.value):
        notes.append(("dialect", f"The pattern {path.value} uses look-around or back-references."))
    if len(pattern) > _LONGEST:
        return PathResult((), (("inexpressible", f"The pattern {path.value} is too long."),))
    return PathResult((GatewayPath(REGEX, pattern, path, consumes_all(path.value)),), tuple(notes))


def encoded(text: str) -> str | None:
    """`text` as the CRDs accept it: other characters percent-encoded; None where that is not possible.

    >>> encoded("/a b"), encoded("/a%2Fb")
    ('/a%20b', None)
    """
    out, at = "", 0
    for found in _PERCENT.finditer(text):
        out += quote(text[at : found.start()], safe=_SAFE) + found.group().upper()
        at = found.end()
    out += quote(text[at:], safe=_SAFE)
    return None if "%2F" in out or len(out) > _LONGEST or not out.startswith("/") else out


def literal_head(pattern: str) -> tuple[str, str]:
    """The literal text a pattern begins with, and the rest of the pattern.

    A literal that a quantifier follows belongs to the rest.

    >>> literal_head(r"/v1\\.0/(.*)")
    ('/v1.0/', '(.*)')
    """
    text: list[str] = []
    at = 0
    while at < len(pattern):
        char, width = pattern[at], 1
        if char == "\\" and at + 1 < len(pattern) and not pattern[at + 1].isalnum():
            char, width = pattern[at + 1], 2
        elif char in _META:
            break
        if pattern[at + width : at + width + 1] in ("?", "*", "+", "{"):
            break
        text.append(char)
        at += width
    return "".join(text), pattern[at:]


def simple_shape(pattern: str) -> Shape | None:
    """The plain path that a pattern amounts to, None when it says more.

    >>> simple_shape("/foo(/.*)?$")
    Shape(kind=<PathKind.SEGMENT_PREFIX: 'segment-prefix'>, text='/foo', consumed=True)
    """
    head, rest = literal_head(pattern)
    if not head.startswith("/"):
        return None
    if rest in _EXACT_TAILS:
        return Shape(PathKind.EXACT, head, True)
    if rest in _RAW_TAILS:
        return Shape(PathKind.RAW_PREFIX, head, _RAW_TAILS[rest])
    if rest in _SEGMENT_TAILS and not head.endswith("/"):
        return Shape(PathKind.SEGMENT_PREFIX, head, _SEGMENT_TAILS[rest])
    if rest in ("/?", "/?(.*)", "/?.*", "/?(.*)$", "/?.*$") and head and not head.endswith("/"):
        return Shape(PathKind.RAW_PREFIX, head, rest != "/?")
    return None


def _optional_slash(pattern: str) -> tuple[str, str] | None:
    head, rest = literal_head(pattern)
    value = encoded(head) if rest == "/?$" and head.startswith("/") and head != "/" else None
    return (value, value + "/") if value else None


def anchored(pattern: str, *, all_anchored: bool) -> str:
    """The pattern as one that means the same searched, start-anchored or matched in full.

    Kong anchors at the start only. Of a top-level alternation the newer routers anchor the first
    branch alone (`all_anchored` False), so that the others may begin anywhere.

    >>> anchored("/v[0-9]+/cart", all_anchored=True)
    '^/v[0-9]+/cart.*$'
    """
    pattern = re.sub(r"\(\?<(?![=!])", "(?P<", pattern)
    flags = re.match(r"\(\?[a-zA-Z]+\)", pattern)
    head = flags.group() if flags else ""
    branches = alternatives(pattern[len(head) :])
    if len(branches) == 1:
        return f"{head}^{_tail(branches[0].removeprefix('^'))}"
    parts = [_tail(branches[0].removeprefix("^")).removesuffix("$")]
    for branch in branches[1:]:
        free = not all_anchored and not branch.startswith("^")
        parts.append((".*" if free else "") + _tail(branch.removeprefix("^")).removesuffix("$"))
    return f"{head}^(?:{'|'.join(parts)})$"


def _tail(pattern: str) -> str:
    if pattern.endswith("$") and not pattern.endswith("\\$"):
        return pattern
    return pattern + ("$" if pattern.endswith((".*", "(.*)")) and not pattern.endswith("\\.*") else ".*$")


def alternatives(pattern: str) -> list[str]:
    """The branches of a top-level alternation, in order."""
    found, start, depth, at, in_class = [], 0, 0, 0, False
    while at < len(pattern):
        char = pattern[at]
        if char == "\\":
            at += 1
        elif in_class:
            in_class = char != "]"
        elif char == "[":
            in_class = True
            at += 1 if pattern[at + 1 : at + 2] == "]" else 0
        elif char in "()":
            depth += 1 if char == "(" else -1
        elif char == "|" and depth == 0:
            found.append(pattern[start:at])
            start = at + 1
        at += 1
    return [*found, pattern[start:]]


def consumes_all(pattern: str) -> bool:
    """Whether a match of the pattern always takes in the whole request path."""
    return all(
        branch.endswith((".*", "(.*)", "$")) and not branch.endswith(("\\.*", "\\$"))
        for branch in alternatives(pattern)
    )


def needs_pcre(pattern: str) -> bool:
    """Whether the pattern uses what RE2 and Rust lack: look-around, back-references, atomic groups."""
    return bool(re.search(r"\(\?(?:[=!>]|<[=!])|(?<!\\)(?:\\\\)*\\[1-9]|[*+?}]\+", pattern))
