"""Which paths of Kong one Ingress path becomes, for each pathType and router (kong-source.md 3.3, 3.4)."""

from __future__ import annotations

import re
from functools import lru_cache
from typing import NamedTuple

from kong2x.model.route import PathKind, PathMatch
from kong2x.resolve.expressions import any_of, quoted

MARKER = "/~"
"""What begins a path that is a regular expression, unless konghq.com/regex-prefix says otherwise."""

PATH_TYPES = ("Exact", "Prefix", "ImplementationSpecific")
_SLASHES = re.compile(r"/{2,}")
_META = re.compile(r"[.^$*+?()\[\]{}|\\]")
_NOT_REGEX_IN_KONG_2 = re.compile(r"[a-zA-Z0-9.\-_~/%]*")


class PathRules(NamedTuple):
    """What decides how paths are read: the router, the marker, and Kong 2.x' guess at regexes.

    `marker` None means the default. An empty marker turns every path into a regex in the classic
    routers and is read as the default by the expressions router.
    """

    expressions: bool
    marker: str | None = None
    guess: bool = False


class IngressPath(NamedTuple):
    """The paths that one Ingress path becomes; `length` and `regex` feed the expressions priority."""

    matches: tuple[PathMatch, ...]
    length: int
    regex: bool


@lru_cache(maxsize=4096)
def ingress_path(path: str, path_type: str, rules: PathRules) -> IngressPath:
    """The Kong paths for `path`, without source; `path_type` must be one of `PATH_TYPES`.

    >>> [m.kong for m in ingress_path("/foo", "Prefix", PathRules(False)).matches]
    [('/foo/', '~/foo$')]
    """
    flat = _SLASHES.sub("/", path) or "/"
    length, regex = _weight(flat, path_type, rules)
    matches = (
        (_expression_match(flat, path_type, rules),)
        if rules.expressions
        else _classic(flat, path_type, rules)
    )
    return IngressPath(matches, length, regex)


def _literal(flat: str, path_type: str) -> tuple[PathKind, str]:
    if path_type == "Prefix":
        return PathKind.SEGMENT_PREFIX, "/" + flat.strip("/")
    if path_type == "Exact":
        return PathKind.EXACT, "/" + flat.lstrip("/")
    return PathKind.RAW_PREFIX, flat


def _predicate(kind: PathKind, value: str) -> str:
    if kind is PathKind.EXACT:
        return f"http.path == {quoted(value)}"
    if kind is PathKind.SEGMENT_PREFIX and value != "/":
        return any_of((f"http.path == {quoted(value)}", f"http.path ^= {quoted(value + '/')}"))
    if kind is PathKind.REGEX:
        return f"http.path ~ {quoted(value if value.startswith('^') else '^' + value)}"
    return f"http.path ^= {quoted(value)}"


def _written(kind: PathKind, value: str) -> tuple[str, ...]:
    """The path strings for the classic routers, before any marker is exchanged."""
    if kind is PathKind.EXACT:
        return (f"~{value}$",)
    if kind is PathKind.SEGMENT_PREFIX and value != "/":
        return (f"{value}/", f"~{value}$")
    return (value,)


def _classic(flat: str, path_type: str, rules: PathRules) -> tuple[PathMatch, ...]:
    kind, value = _literal(flat, path_type)
    plain = _written(kind, value)
    marked = tuple(_marked(text, rules) for text in plain)
    if marked == plain and not (kind is PathKind.RAW_PREFIX and value.startswith("~")):
        unescaped = len(plain[-1]) > 1 and plain[-1][0] == "~" and _META.search(value) is not None
        return (PathMatch(kind, value, plain, _predicate(kind, value), unescaped),)
    return tuple(_of_kong(text) for text in marked)


def _of_kong(text: str) -> PathMatch:
    """A match for a path string that the marker changed: what Kong reads, not what was meant."""
    kind, value = (PathKind.REGEX, text[1:]) if text.startswith("~") else (PathKind.RAW_PREFIX, text)
    return PathMatch(kind, value, (text,), _predicate(kind, value))


def _marked(text: str, rules: PathRules) -> str:
    """The classic routers get the marker exchanged on every generated path (traps 6 and 7)."""
    marker = MARKER if rules.marker is None else rules.marker
    if text.startswith(marker):
        return text.replace(marker, "~", 1)
    if rules.guess and not text.startswith("~") and not _NOT_REGEX_IN_KONG_2.fullmatch(text):
        return "~" + text
    return text


def _regex_part(flat: str, path_type: str, rules: PathRules) -> str | None:
    """What follows the marker, for the expressions router; it knows the marker in one pathType only."""
    marker = rules.marker or MARKER
    if path_type == "ImplementationSpecific" and flat.startswith(marker):
        return flat[len(marker) :]
    return None


def _expression_match(flat: str, path_type: str, rules: PathRules) -> PathMatch:
    regex = _regex_part(flat, path_type, rules)
    if regex is not None:
        value = regex or "/"
        return PathMatch(PathKind.REGEX, value, (f"~{regex}",), _predicate(PathKind.REGEX, value))
    kind, value = _literal(flat, path_type)
    return PathMatch(kind, value, _written(kind, value), _predicate(kind, value))


def _weight(flat: str, path_type: str, rules: PathRules) -> tuple[int, bool]:
    """The length in bytes and the regex mark that the expressions priority counts for one path."""
    if path_type == "ImplementationSpecific":
        regex = _regex_part(flat, path_type, rules)
        return len((flat if regex is None else regex).encode()), regex is not None
    kind, value = _literal(flat, path_type)
    return len(value.encode()) + (kind is PathKind.SEGMENT_PREFIX and value != "/"), True
