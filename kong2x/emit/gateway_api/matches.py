"""Which combinations of path, method, header and query value a Kong route becomes."""

from __future__ import annotations

import re
from itertools import product
from typing import NamedTuple

from kong2x.emit.gateway_api import codes_routes
from kong2x.emit.gateway_api.desk import Desk
from kong2x.emit.gateway_api.draft import EXACT, PREFIX, REGEX, Criterion, GatewayPath, Match
from kong2x.emit.gateway_api.grpc import call_paths
from kong2x.emit.gateway_api.paths import PathResult, translate
from kong2x.model.route import Feature, HeaderMatch, PathKind, Route

METHODS = ("GET", "HEAD", "POST", "PUT", "DELETE", "CONNECT", "OPTIONS", "TRACE", "PATCH")
_TOKEN = re.compile(r"[A-Za-z0-9!#$%&'*+\-.^_`|~]{1,256}")
_PRINTABLE = re.compile(r"[\x21-\x7e]+( [\x21-\x7e]+)*")
_ESCAPED_UPPER = re.compile(r"\\[A-Z]")


class Criteria(NamedTuple):
    """Everything of a route but its paths: the alternatives of methods, headers and query parameters.

    An alternative list that is empty means that no request can be told apart as Kong does; then the
    route has no match at all, which is never the same as no criterion.
    """

    methods: tuple[str | None, ...]
    headers: tuple[tuple[Criterion, ...], ...]
    query: tuple[Criterion, ...]

    @property
    def possible(self) -> bool:
        return bool(self.methods) and bool(self.headers)

    def matches(self, path: GatewayPath) -> tuple[Match, ...]:
        """Every combination with one path, methods slowest."""
        return tuple(
            Match(path, method, headers, self.query)
            for method, headers in product(self.methods, self.headers)
        )


def route_paths(desk: Desk, route: Route) -> tuple[GatewayPath, ...]:
    """The path matches of a route in source order; a route without paths matches every path."""
    if not route.paths:
        return (GatewayPath(PREFIX, "/"),)
    if route.origin.kind == "GRPCRoute":
        return call_paths(desk, route)
    own = desk.profile.paths(desk, route)
    if own is not None:
        return own
    glue = desk.choices.text("raw-prefix") == "regex"
    bare = {path.value for path in route.paths if path.kind in (PathKind.SEGMENT_PREFIX, PathKind.RAW_PREFIX)}
    found: dict[tuple[str, str], GatewayPath] = {}
    for path in route.paths:
        if path.kind is PathKind.RAW_PREFIX and path.value[-1:] == "/" and path.value[:-1] in bare:
            continue
        result = translate(path, flavour=desk.model.facts.router, glue=glue)
        _tell(desk, route, result, path.source)
        for match in result.paths:
            old = found.get((match.type, match.value))
            if old is None or path.kind is PathKind.SEGMENT_PREFIX:
                found[(match.type, match.value)] = match
    return tuple(found.values())


def _tell(desk: Desk, route: Route, result: PathResult, leaf: object) -> None:
    by_note = {
        "dead": codes_routes.DEAD_PATH,
        "inexpressible": codes_routes.PATH_INEXPRESSIBLE,
        "raw-prefix": codes_routes.RAW_PREFIX,
        "wider": codes_routes.RAW_PREFIX_SLASH,
        "glued": codes_routes.RAW_PREFIX_REGEX,
        "encoded": codes_routes.ENCODED,
        "unescaped": codes_routes.UNESCAPED,
        "regex": codes_routes.REGEX,
        "dialect": codes_routes.REGEX_DIALECT,
    }
    for note, text in result.notes:
        if note == "regex" and desk.profile.regex_known:
            continue
        if note == "encoded" and desk.profile.decodes_paths:
            continue
        if note == "dialect" and desk.profile.regex_dialect == "pcre":
            continue
        desk.say(by_note[note], text, route=route, feature=Feature.PATHS, leaf=leaf)  # type: ignore[arg-type]


def criteria(desk: Desk, route: Route) -> Criteria:
    """The method, header and query alternatives of a route, each loss reported."""
    return Criteria(_methods(desk, route), _headers(desk, route), _query(desk, route))


def _methods(desk: Desk, route: Route) -> tuple[str | None, ...]:
    if not route.methods:
        return (None,)
    known = tuple(m for m in dict.fromkeys(route.methods) if m in METHODS)
    for method in route.methods:
        if method not in METHODS:
            desk.say(
                codes_routes.METHOD,
                f"{method} requests of the route are not served: the Gateway API knows nine methods.",
                route=route,
                feature=Feature.METHODS,
            )
    return known


def _headers(desk: Desk, route: Route) -> tuple[tuple[Criterion, ...], ...]:
    names = [header.name.lower() for header in route.headers]
    if len(set(names)) != len(names):
        desk.say(
            codes_routes.HEADER_INEXPRESSIBLE,
            "The route asks for one header twice; the Gateway API compares a header once.",
            route=route,
            feature=Feature.HEADERS,
        )
        return ()
    if len(names) > desk.schema.limit("headers"):
        desk.say(
            codes_routes.HEADER_INEXPRESSIBLE,
            f"The route compares {len(names)} headers; a match has room for {desk.schema.limit('headers')}.",
            route=route,
            feature=Feature.HEADERS,
        )
        return ()
    choices = [_header(desk, route, header) for header in route.headers]
    return tuple(product(*choices)) if all(choices) else ()


def _header(desk: Desk, route: Route, header: HeaderMatch) -> tuple[Criterion, ...]:
    facts = desk.model.facts
    found: dict[Criterion, None] = {}
    for value in header.values:
        pattern = value.startswith("~*") and not (facts.router == "traditional" and len(header.values) > 1)
        if not _TOKEN.fullmatch(header.name):
            _refuse_header(desk, route, header, "the name has characters that a header name cannot have")
            return ()
        if pattern:
            found[_header_pattern(desk, route, header, value[2:])] = None
        elif not _PRINTABLE.fullmatch(value) or len(value) > 4096:
            _refuse_header(desk, route, header, "a value is empty or not printable ASCII")
        else:
            found[_header_value(desk, route, header, value)] = None
    return tuple(found)


def _header_value(desk: Desk, route: Route, header: HeaderMatch, value: str) -> Criterion:
    """Kong's classic routers compare values without case; the Gateway API compares them with case (D9)."""
    folded = desk.profile.keeps_kong or desk.profile.folds_header_case
    if header.exact_case or value.lower() == value.upper() or folded:
        return Criterion(header.name, EXACT, value)
    if desk.choices.text("header-case") == "regex":
        return Criterion(header.name, REGEX, f"(?i)^{re.escape(value)}$")
    desk.say(
        codes_routes.HEADER_CASE,
        f"The header {header.name} matches {value} in this spelling only; Kong ignores the case.",
        route=route,
        feature=Feature.HEADERS,
    )
    return Criterion(header.name, EXACT, value)


def _header_pattern(desk: Desk, route: Route, header: HeaderMatch, pattern: str) -> Criterion:
    """Kong searches the pattern anywhere in the lower-cased value; some Gateways match in full."""
    if desk.profile.keeps_kong:
        return Criterion(header.name, REGEX, pattern)
    flags = "" if header.exact_case else "(?i)"
    if not header.exact_case and desk.model.facts.router == "traditional_compatible":
        pattern = pattern.lower()
    elif not header.exact_case and any(c.isupper() for c in _ESCAPED_UPPER.sub("", pattern)):
        desk.say(
            codes_routes.HEADER_PATTERN_CASE,
            f"The pattern for the header {header.name} has capitals, which never match in Kong and do here.",
            route=route,
            feature=Feature.HEADERS,
        )
    if not desk.profile.regex_known:
        desk.say(
            codes_routes.HEADER_PATTERN,
            f"The header {header.name} is compared with a regular expression.",
            route=route,
            feature=Feature.HEADERS,
        )
    return Criterion(header.name, REGEX, f"{flags}^.*({pattern}).*$")


def _refuse_header(desk: Desk, route: Route, header: HeaderMatch, why: str) -> None:
    desk.say(
        codes_routes.HEADER_INEXPRESSIBLE,
        f"A criterion for the header {header.name!r} cannot be written: {why}; its requests are not served.",
        route=route,
        feature=Feature.HEADERS,
    )


def _query(desk: Desk, route: Route) -> tuple[Criterion, ...]:
    return tuple(Criterion(q.name, REGEX if q.regex else EXACT, q.value) for q in route.query)
