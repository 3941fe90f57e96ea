"""What one HTTPRoute match becomes in each router: paths, predicate, and what its priority counts (7.3)."""

from __future__ import annotations

import re
from collections.abc import Mapping
from dataclasses import dataclass
from typing import Any

from kong2x.model.route import HeaderMatch, PathKind, PathMatch, QueryMatch
from kong2x.model.source import Leaf, Path, SourceObject, items, mapping, text
from kong2x.resolve.expressions import HTTPROUTE_RANK, all_of, any_of, quoted

_META = re.compile(r"[.^$*+?()\[\]{}|\\]")


@dataclass(frozen=True, slots=True)
class HttpMatch:
    """One match of one rule, read; `position` is (rule, match)."""

    path: PathMatch
    path_type: str
    path_length: int
    method: str
    headers: tuple[HeaderMatch, ...]
    query: tuple[QueryMatch, ...]
    position: tuple[int, int]
    where: Path

    @property
    def classic_key(self) -> tuple[Any, ...]:
        """What matches must have in common to share a Kong route of the classic routers."""
        return (self.method, self.headers, self.query)

    def predicate(self, path: str) -> str:
        """The expression for the match without its host; `path` is the path's part of it."""
        headers = all_of(_header_test(header) for header in self.headers)
        query = all_of(_query_test(one) for one in self.query)
        method = f"http.method == {quoted(self.method)}" if self.method else ""
        return all_of((path, headers, query, method))


def read_match(
    route: SourceObject, match: Mapping[str, Any], position: tuple[int, int], where: Path, expressions: bool
) -> HttpMatch:
    """One match; absent parts have the API server's defaults."""
    path = mapping(match.get("path"))
    path_type, value = text(path.get("type")) or "PathPrefix", text(path.get("value")) or "/"
    source = Leaf(route.ref, (*where, "path", "value"))
    return HttpMatch(
        path_match(path_type, value, source, expressions),
        path_type,
        len(value.encode()),
        text(match.get("method")),
        headers_of(match, expressions),
        query_of(match),
        position,
        where,
    )


def path_match(path_type: str, value: str, source: Leaf, expressions: bool) -> PathMatch:
    """The Kong paths of a match. A final slash of a prefix stays for the classic routers (trap 26)."""
    if path_type == "RegularExpression":
        anchored = value if value.startswith("^") else f"^{value}"
        return PathMatch(
            PathKind.REGEX, value, (f"~{value}",), f"http.path ~ {quoted(anchored)}", source=source
        )
    if path_type == "Exact":
        predicate = f"http.path == {quoted(value)}"
        unescaped = not expressions and _META.search(value) is not None
        return PathMatch(PathKind.EXACT, value, (f"~{value}$",), predicate, unescaped, source)
    stem = value.rstrip("/")
    if not stem:
        return PathMatch(PathKind.SEGMENT_PREFIX, "/", ("~/$", "/"), 'http.path ^= "/"', source=source)
    predicate = any_of((f"http.path == {quoted(stem)}", f"http.path ^= {quoted(stem + '/')}"))
    kong = (f"~{value}$", value if value.endswith("/") else f"{value}/")
    unescaped = not expressions and _META.search(value) is not None
    kind = PathKind.RAW_PREFIX if value.endswith("/") and not expressions else PathKind.SEGMENT_PREFIX
    shown = value if kind is PathKind.RAW_PREFIX else stem
    return PathMatch(kind, shown, kong, predicate, unescaped, source)


def exchanged_prefix(path: PathMatch, written: str, replacement: str) -> PathMatch:
    """The paths of a rule with ReplacePrefixMatch: the path itself, and a pattern with the rest as capture."""
    stem = written.rstrip("/")
    rest = "(/.*)" if stem else "(.*)"
    kong = (f"~{stem or '/'}$", f"~{stem or '/'}{rest}")
    exact, pattern = quoted(stem or "/"), quoted(f"^{stem or '/'}{rest}")
    predicate = any_of((f"http.path == {exact}", f"http.path ~ {pattern}"))
    return PathMatch(
        PathKind.SEGMENT_PREFIX, stem or "/", kong, predicate, bool(_META.search(stem)), path.source
    )


def headers_of(match: Mapping[str, Any], expressions: bool) -> tuple[HeaderMatch, ...]:
    """The header criteria; a regular expression carries Kong's marker."""
    found = []
    for header in map(mapping, items(match.get("headers"))):
        value = text(header.get("value"))
        regex = header.get("type") == "RegularExpression"
        found.append(HeaderMatch(text(header.get("name")), (f"~*{value}" if regex else value,), expressions))
    return tuple(sorted(found, key=lambda one: one.name.lower()))


def query_of(match: Mapping[str, Any]) -> tuple[QueryMatch, ...]:
    """The query parameter criteria."""
    return tuple(
        QueryMatch(text(one.get("name")), text(one.get("value")), one.get("type") == "RegularExpression")
        for one in map(mapping, items(match.get("queryParams")))
    )


def _header_test(header: HeaderMatch) -> str:
    field = f"http.headers.{header.name.lower().replace('-', '_')}"
    value = header.values[0]
    return f"{field} ~ {quoted(value[2:])}" if value.startswith("~*") else f"{field} == {quoted(value)}"


def _query_test(query: QueryMatch) -> str:
    sign = "~" if query.regex else "=="
    return f"http.queries.{query.name} {sign} {quoted(query.value)}"


def http_priority(match: HttpMatch, host: str) -> int:
    """The priority of an HTTPRoute match without its place among equals (kong-source.md 7.3).

    Bits, high to low: kind 44, plain host 43, host length 35, Exact 34, regular expression 33, path
    length less one 23, method 22, headers 17, query parameters 12; the lowest twelve are for ties.
    """
    value = HTTPROUTE_RANK << 44
    value |= bool(host and not host.startswith("*")) << 43
    value |= min(len(host), 255) << 35
    value |= (match.path_type == "Exact") << 34
    value |= (match.path_type == "RegularExpression") << 33
    value |= min(max(match.path_length - 1, 0), 1023) << 23
    value |= bool(match.method) << 22
    value |= min(len(match.headers), 31) << 17
    return value | min(len(match.query), 31) << 12
