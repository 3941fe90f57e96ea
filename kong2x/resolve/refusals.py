"""Which routes and services make Kong refuse the whole configuration (kong-source.md 9.1)."""

from __future__ import annotations

import re
from collections.abc import Iterator
from functools import lru_cache
from typing import NamedTuple

from kong2x.model.finding import Code
from kong2x.model.regex import Dialect, regex_problem
from kong2x.model.route import Feature, PathKind, Route, RouteModel, StreamRoute
from kong2x.model.settings import SourceFacts
from kong2x.model.source import Leaf
from kong2x.resolve import refusal_codes as codes
from kong2x.resolve.refusals_services import refuse_services
from kong2x.verify.uri import kong_path

_FAMILIES = (
    frozenset(("http", "https")),
    frozenset(("grpc", "grpcs")),
    frozenset(("tcp", "tls", "udp")),
    frozenset(("tls_passthrough",)),
)
_KNOWN = frozenset().union(*_FAMILIES)
_WEBSOCKET = frozenset(("ws", "wss"))
_TLS = frozenset(("https", "grpcs", "tls", "tls_passthrough", "wss"))
_HARMLESS = re.compile(r"/[A-Za-z0-9/_\-.~]*\$?")
_BAD_TRIPLET = re.compile(r"%(?![0-9A-Fa-f]{2})")


class Refusal(NamedTuple):
    """One mistake: what it is, in words about the route, and where it is written."""

    code: Code
    text: str
    feature: Feature
    leaf: Leaf | None = None


def dialects(facts: SourceFacts) -> tuple[Dialect, ...]:
    """The engines in which the regexes of routes must compile."""
    if facts.router == "traditional":
        return ("pcre",)
    return ("rust",) if facts.router == "expressions" else ("pcre", "rust")


def refuse(model: RouteModel) -> None:
    """Adds a refusal for each mistake in routes, streams and services."""
    seen: set[tuple[str, Leaf | None, str]] = set()
    for route in model.routes:
        for found in _route_refusals(model.facts, route):
            _add(model, route, found, seen)
    for stream in model.streams:
        for found in protocol_refusals(model.facts, stream.protocols, stream.snis):
            _add(model, stream, found, seen)
    refuse_services(model)


def _add(
    model: RouteModel, route: Route | StreamRoute, found: Refusal, seen: set[tuple[str, Leaf | None, str]]
) -> None:
    fed = route.provenance.get(found.feature, ())
    leaf = found.leaf or (fed[-1] if fed else route.source)
    key = (found.code.id, leaf, found.text)
    if key in seen:
        return
    seen.add(key)
    model.refusals.append(
        found.code.finding(
            f"Kong refuses the whole configuration: {found.text}.",
            object=leaf.object if leaf else route.origin,
            path=leaf.path if leaf else (),
            routes=(route.name,),
        )
    )


def _route_refusals(facts: SourceFacts, route: Route) -> Iterator[Refusal]:
    engines = dialects(facts)
    if facts.router == "expressions":
        yield from _expression_paths(route, engines)
    else:
        for match in route.paths:
            for text in match.kong:
                found = path_refusal(text, engines)
                if found is not None:
                    yield Refusal(*found, Feature.PATHS, match.source)
        if route.path_handling not in ("v0", "v1"):
            text = f'the path handling "{route.path_handling}" is neither v0 nor v1'
            yield Refusal(codes.PATH_HANDLING, text, Feature.PATH_HANDLING)
    if route.headers:
        yield from _header_refusals(facts, route, engines)
    if route.protocols or route.snis:
        yield from protocol_refusals(facts, route.protocols, route.snis)


def _expression_paths(route: Route, engines: tuple[Dialect, ...]) -> Iterator[Refusal]:
    for match in route.paths:
        if match.kind is PathKind.REGEX:
            problem = regex_refusal(match.value, engines)
            if problem:
                yield Refusal(codes.REGEX, problem, Feature.PATHS, match.source)


@lru_cache(maxsize=4096)
def path_refusal(text: str, engines: tuple[Dialect, ...]) -> tuple[Code, str] | None:
    """What is wrong with a path string of the classic routers, None when it is taken.

    >>> path_refusal("/a%20b", ("pcre",))[1]
    'the path /a%20b is not normalised; Kong compares /a b'
    """
    if text.startswith("~"):
        if not text.startswith("~/"):
            return codes.PATH_START, f"the pattern {text[1:] or '(empty)'} does not begin with a slash"
        if _HARMLESS.fullmatch(text, 1):
            return None
        problem = regex_refusal(text[1:], engines)
        return (codes.REGEX, problem) if problem else None
    if not text.startswith("/"):
        return codes.PATH_START, f"the path {text} does not begin with a slash"
    if "%" not in text and "/." not in text:
        return None
    if _BAD_TRIPLET.search(text):
        return codes.PATH_FORM, f"the path {text} holds a percent sign without two hex digits"
    normal = kong_path(text.encode()).decode("utf-8", "replace")
    if normal != text:
        return codes.PATH_FORM, f"the path {text} is not normalised; Kong compares {normal}"
    return None


@lru_cache(maxsize=4096)
def regex_refusal(pattern: str, engines: tuple[Dialect, ...]) -> str:
    """Why one of the engines does not take a pattern; empty when all do."""
    for engine in engines:
        problem = regex_problem(pattern, engine)
        if problem:
            return f"the pattern {pattern} is refused: {problem}"
    return ""


def _header_refusals(facts: SourceFacts, route: Route, engines: tuple[Dialect, ...]) -> Iterator[Refusal]:
    classic = facts.router != "expressions"
    for header in route.headers:
        if classic and header.name.lower() == "host":
            yield Refusal(
                codes.HEADER_HOST, "the Host header stands among the header criteria", Feature.HEADERS
            )
        if classic and not all(header.values):
            yield Refusal(
                codes.HEADER_EMPTY,
                f"the criterion of header {header.name} holds an empty value",
                Feature.HEADERS,
            )
        if facts.router == "traditional":
            continue
        for pattern in header.patterns:
            problem = regex_refusal(pattern, ("rust",))
            if problem:
                yield Refusal(codes.HEADER_REGEX, f"in header {header.name} {problem}", Feature.HEADERS)


def protocol_refusals(
    facts: SourceFacts, protocols: tuple[str, ...], snis: tuple[str, ...]
) -> Iterator[Refusal]:
    """What is wrong with the protocols of a route, together with its server names.

    With the expressions router the server names stand in the expression, where Kong does not check them.
    """
    known = _KNOWN | (_WEBSOCKET if facts.edition == "enterprise" else frozenset())
    unknown = [name for name in protocols if name not in known]
    if unknown:
        yield Refusal(
            codes.PROTOCOL_UNKNOWN, f"this Kong has no route protocol {unknown[0]}", Feature.PROTOCOLS
        )
    else:
        families = {index for index, family in enumerate(_FAMILIES) if family & set(protocols)}
        if len(families) > 1:
            listed = ", ".join(protocols)
            yield Refusal(
                codes.PROTOCOLS_MIXED, f"the protocols {listed} exclude each other", Feature.PROTOCOLS
            )
    if facts.router == "expressions":
        return
    if snis and protocols and not _TLS & set(protocols):
        listed = ", ".join(protocols)
        yield Refusal(
            codes.SNIS_WITHOUT_TLS, f"it looks at TLS server names and serves {listed} only", Feature.SNIS
        )
