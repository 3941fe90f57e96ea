r"""Which APISIX path strings say what a Kong path says, and which condition on the path they need besides.

APISIX keeps exact paths and prefixes in a tree; anything behind a `*` is ignored, and a prefix that ends
in `/*` is compiled into a regular expression of its unescaped text (apisix-target.md 4.2).
"""

from __future__ import annotations

import re
from dataclasses import dataclass, replace
from functools import cached_property
from typing import NamedTuple

from kong2x.emit.apisix import patterns
from kong2x.model.route import PathKind, PathMatch
from kong2x.model.settings import RouterFlavour
from kong2x.verify.regex import Untranslatable, matches_itself, pcre
from kong2x.verify.uri import wire_bytes

_BREAKS_STAR = frozenset("+?()[]{}|^$\\")
_ENCODED = re.compile(r"%[0-9A-Fa-f]{2}")


class Node(NamedTuple):
    """A place in APISIX's path tree: one path, or every path that starts with a text."""

    exact: bool
    text: str

    @property
    def uri(self) -> str:
        """The string in `paths`."""
        return self.text if self.exact else f"{self.text}*"

    def below(self, other: Node) -> bool:
        """Whether APISIX tries this node before `other` for a path that both take."""
        if other.exact or self == other:
            return False
        return self.text.startswith(other.text)


ROOT = Node(False, "/")


@dataclass(frozen=True)
class TargetPath:
    """One path of a Kong route on APISIX.

    `guard` is a pattern that the path must match besides; empty where the node says all. `raw` is a
    pattern for the undecoded request target. `kong` is the path as Kong has it, which decides its rank.
    """

    node: Node
    source: PathMatch | None = None
    guard: str = ""
    raw: str = ""
    kong: str = ""
    regex: bool = False
    """Whether Kong ranks it among the regular expressions."""

    @cached_property
    def _guard(self) -> re.Pattern[bytes] | None:
        try:
            return pcre(self.guard) if self.guard else None
        except Untranslatable:
            return None

    def may_match(self, node: Node) -> bool:
        """Whether some path of `node`, which lies at or below this one's own, may fulfil this path."""
        if node.exact and self.guard:
            found = self._guard
            return found is None or found.search(wire_bytes(node.text)) is not None
        return True

    def overlaps(self, other: TargetPath) -> bool:
        """Whether one request path may fulfil both."""
        mine, theirs = self.node, other.node
        if mine == theirs:
            return True
        if mine.below(theirs):
            return other.may_match(mine)
        return theirs.below(mine) and self.may_match(theirs)


class Reading(NamedTuple):
    """The target paths of one Kong path, and what differs, as pairs of finding code and sentence."""

    paths: tuple[TargetPath, ...]
    remarks: tuple[tuple[str, str], ...] = ()


def everything() -> TargetPath:
    """Any path."""
    return TargetPath(ROOT)


def target_paths(match: PathMatch, flavour: RouterFlavour) -> Reading:
    """What APISIX needs for one Kong path.

    >>> [path.node.uri for path in target_paths(PathMatch(PathKind.SEGMENT_PREFIX, "/cart"), "traditional").paths]
    ['/cart', '/cart/*']
    """
    if match.kind is PathKind.REGEX:
        return _regex(match, flavour)
    remarks: list[tuple[str, str]] = []
    value, raw = match.value, ""
    if _ENCODED.search(value):
        value, raw = _decoded(value), patterns.raw_literal(match.value)
        remarks.append(
            (
                "apisix/encoded-path",
                f"The path {match.value} is written percent-encoded; APISIX compares decoded paths, so its "
                f"rule asks for {value} and for the encoded text in the request line.",
            )
        )
    literal = True
    if match.unescaped:
        literal = matches_itself(match.value)
        remarks.append(_unescaped(match, literal))
    if match.kind is PathKind.RAW_PREFIX:
        return Reading((*_strict_half(match, value, raw), _raw(match, value, raw)), tuple(remarks))
    if match.kind is PathKind.EXACT:
        if literal:
            return Reading((_exact(match, value, raw),), tuple(remarks))
        pattern = _regex(replace(match, kind=PathKind.REGEX, value=f"{match.value}$"), flavour)
        return Reading(pattern.paths, (*remarks, *pattern.remarks))
    return Reading(tuple(_segment(match, value, raw, literal)), tuple(remarks))


def _segment(match: PathMatch, value: str, raw: str, literal: bool) -> list[TargetPath]:
    """The two halves of a segment prefix: the bare path, and everything behind its slash."""
    if value == "/":
        return [*_strict_half(match, value, raw), TargetPath(ROOT, match, raw=raw, kong=_plain(match))]
    plain, strict = _plain(match), _strict(match)
    if not _BREAKS_STAR.isdisjoint(value) or "*" in value:
        node = Node(False, value.partition("*")[0])
        text = patterns.literal(value)
        found = [TargetPath(node, match, f"^{text}/", raw, plain)]
        if literal:
            found.insert(0, TargetPath(node, match, rf"^{text}\z", raw, strict, True))
        return found
    found = [TargetPath(Node(False, f"{value}/"), match, raw=raw, kong=plain)]
    if literal:
        found.insert(0, TargetPath(Node(True, value), match, raw=raw, kong=strict, regex=True))
    return found


def _strict_half(match: PathMatch, value: str, raw: str) -> list[TargetPath]:
    """The path itself, where KIC writes it as a pattern besides the prefix, which ranks higher than that."""
    strict = next((path for path in match.kong if path.startswith("~")), None)
    if strict is None or "*" in value:
        return []
    return [TargetPath(Node(True, value), match, raw=raw, kong=strict, regex=True)]


def _exact(match: PathMatch, value: str, raw: str) -> TargetPath:
    kong = _strict(match)
    if "*" in value:
        guard = rf"^{patterns.literal(value)}\z"
        return TargetPath(Node(False, value.partition("*")[0]), match, guard, raw, kong, True)
    return TargetPath(Node(True, value), match, raw=raw, kong=kong, regex=True)


def _raw(match: PathMatch, value: str, raw: str) -> TargetPath:
    kong = _plain(match)
    stem = value.partition("*")[0]
    breaks = stem.endswith("/") and not _BREAKS_STAR.isdisjoint(stem)
    if stem == value and not breaks:
        return TargetPath(Node(False, value), match, raw=raw, kong=kong)
    return TargetPath(Node(False, _usable(stem)), match, f"^{patterns.literal(value)}", raw, kong)


def _usable(stem: str) -> str:
    """The longest prefix that APISIX does not compile into a broken pattern."""
    return stem.rstrip("/") or "/" if stem.endswith("/") and not _BREAKS_STAR.isdisjoint(stem) else stem


def _regex(match: PathMatch, flavour: RouterFlavour) -> Reading:
    kong = _strict(match)
    plain = patterns.plain_text(match.value)
    if plain is not None:
        text, ended = plain
        if ended and "*" not in text:
            return Reading((TargetPath(Node(True, text), match, kong=kong, regex=True),))
        if not ended and "*" not in text and (not text.endswith("/") or _BREAKS_STAR.isdisjoint(text)):
            return Reading((TargetPath(Node(False, text), match, kong=kong, regex=True),))
    problem = patterns.refused(match.value)
    if problem:
        sentence = (
            f"The path pattern {match.value} has {problem}; APISIX reads PCRE, so requests on this path are "
            "not answered by this route."
        )
        return Reading((), (("apisix/regex-refused", sentence),))
    remarks = [
        ("apisix/regex-dialect", f"The path pattern {match.value} has {text}, which PCRE reads otherwise.")
        for text in patterns.differences(match.value, flavour)
    ]
    node = Node(False, _usable(patterns.literal_prefix(match.value, flavour).partition("*")[0]))
    guard = patterns.anchored(match.value, flavour)
    return Reading((TargetPath(node, match, guard, kong=kong, regex=True),), tuple(remarks))


def _plain(match: PathMatch) -> str:
    return next((path for path in match.kong if not path.startswith("~")), match.value)


def _strict(match: PathMatch) -> str:
    return next((path for path in match.kong if path.startswith("~")), f"~{match.value}$")


def _unescaped(match: PathMatch, literal: bool) -> tuple[str, str]:
    if literal:
        text = (
            f"Kong reads the path {match.value} as a pattern and so also answers other paths; APISIX "
            "answers this path alone."
        )
    elif match.kind is PathKind.EXACT:
        text = (
            f"Kong reads the path {match.value} as a pattern, which the path itself never matches; APISIX "
            "answers what the pattern matches."
        )
    else:
        text = (
            f"Kong reads the path {match.value} as a pattern, which the path itself never matches; APISIX "
            "does not answer it either."
        )
    return "apisix/unescaped-path", text


def _decoded(value: str) -> str:
    """The path as nginx's `$uri` holds it."""
    from urllib.parse import unquote

    return re.sub(r"/{2,}", "/", unquote(value))
