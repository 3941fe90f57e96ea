"""Who would be answered differently: the same requests through two router models."""

from __future__ import annotations

from collections.abc import Callable, Iterable, Mapping, Sequence
from dataclasses import dataclass, field

from kong2x.model.finding import Finding, Level, Severity
from kong2x.model.source import ObjectRef
from kong2x.model.traffic import Answer, Answerer, Request
from kong2x.verify.uri import kong_path, wire_bytes

ASPECTS = ("status", "service", "path", "host", "location", "plugins")


@dataclass(frozen=True, slots=True)
class Difference:
    """One request that source and target answer differently, and in which respects.

    `announced` names the finding codes that already told of it; empty means a surprise.
    """

    request: Request
    source: Answer
    target: Answer
    aspects: tuple[str, ...]
    announced: tuple[str, ...] = ()


@dataclass(slots=True)
class Verification:
    """The outcome of a comparison; `uncovered` are source routes that no request reached."""

    requests: int = 0
    equal: int = 0
    announced: list[Difference] = field(default_factory=list)
    surprises: list[Difference] = field(default_factory=list)
    uncovered: list[str] = field(default_factory=list)


def verify(
    source: Answerer,
    target: Answerer,
    requests: Iterable[Request],
    findings: Sequence[Finding] = (),
    routes: Mapping[str, ObjectRef] | None = None,
    origins: Mapping[str, Sequence[ObjectRef]] | None = None,
    refused: frozenset[str] = frozenset(),
) -> Verification:
    """Sends every request through both routers.

    `routes` are the source routes that should be reached, each with its source object; `origins` gives
    the source objects of each target object by its name in answers (`Kind namespace/name`); `refused`
    are the source routes whose requests the conversion denies on purpose.
    """
    told = Announced(findings, routes or {}, origins or {})
    said = {finding.code for finding in findings}
    everywhere = {code: tells for code, tells in EVERYWHERE.items() if code in said}
    outcome = Verification()
    reached = set()
    for request in requests:
        outcome.requests += 1
        before, after = source.answer(request), target.answer(request)
        if before.route:
            reached.add(before.route)
        aspects = differing(before, after)
        if not aspects:
            outcome.equal += 1
            continue
        codes = told.codes(before, after)
        codes = (*codes, *(code for code, tells in everywhere.items() if tells(request, before, after)))
        if before.route in refused:
            codes = (*codes, "security/denied")
        difference = Difference(request, before, after, aspects, tuple(dict.fromkeys(codes)))
        (outcome.announced if difference.announced else outcome.surprises).append(difference)
    outcome.uncovered = [name for name in routes or () if name not in reached]
    return outcome


def differing(before: Answer, after: Answer) -> tuple[str, ...]:
    """The respects in which two answers differ; the gateway's own 404 and 503 wording is not compared.

    A tie on the source allows any of its candidates, which an answer that differs only by the chosen
    candidate satisfies.
    """
    if before.status is not None or after.status is not None:
        if before.status != after.status:
            return ("status",)
        return ("location",) if same_url(before.location) != same_url(after.location) else ()
    found = []
    if shares(before) != shares(after):
        found.append("service")
    for aspect in ("path", "host"):
        if getattr(before, aspect) != getattr(after, aspect):
            found.append(aspect)
    return tuple(found)


def line_feed(request: Request, before: Answer, after: Answer) -> bool:
    """In Kong's classic router the `$` of a generated pattern also matches before a final line feed
    (kong-source.md 4.9); targets compare the path exactly, and refuse it or let a wider route answer."""
    return request.path.partition("?")[0].endswith("%0A") and bool(before.route)


def decoded_path(request: Request, before: Answer, after: Answer) -> bool:
    """Reserved characters that are percent-encoded are decoded before APISIX compares (apisix-target.md 4.7)."""
    return any(word in request.path.partition("?")[0].upper() for word in RESERVED)


def raw_path(request: Request, before: Answer, after: Answer) -> bool:
    """The backend gets the same path in another spelling."""
    if before.path is None or after.path is None or before.service != after.service:
        return False
    return kong_path(wire_bytes(before.path)) == kong_path(wire_bytes(after.path))


def host_case(request: Request, before: Answer, after: Answer) -> bool:
    """Kong compares the Host header letter by letter, and finds nothing or a route without hosts."""
    return request.host != request.host.lower()


def repeated_header(request: Request, before: Answer, after: Answer) -> bool:
    """APISIX joins the values of a repeated header before it compares them (apisix-target.md 2.1.1)."""
    names = [name.lower() for name, _ in request.headers]
    return len(set(names)) < len(names)


RESERVED = tuple(f"%{ord(char):02X}" for char in "!*'();:@&=+$,/?%#[]")
EVERYWHERE: dict[str, Callable[[Request, Answer, Answer], bool]] = {
    "paths/line-feed": line_feed,
    "gateway-api/host-case": host_case,
    "apisix/decoded-path": decoded_path,
    "apisix/raw-path": raw_path,
    "gateway-api/apisix-decoded-path": decoded_path,
    "gateway-api/apisix-raw-path": raw_path,
    "gateway-api/apisix-joined-headers": repeated_header,
}
"""Codes of findings about all routes together, with the differences that each of them announces."""


def same_url(url: str | None) -> str | None:
    """A URL with the slash that every client adds where there is no path.

    >>> same_url("https://a.example"), same_url("https://a.example?q=1")
    ('https://a.example/', 'https://a.example/?q=1')
    """
    if not url or "://" not in url:
        return url
    scheme, _, rest = url.partition("://")
    end = next((place for place, char in enumerate(rest) if char in "/?#"), len(rest))
    path = rest[end:]
    return f"{scheme}://{rest[:end]}{path if path.startswith('/') else '/' + path}"


def shares(answer: Answer) -> tuple[tuple[str, float], ...]:
    """The backends with their parts of all requests."""
    if not answer.weights:
        return ((answer.service or "", 1.0),)
    total = sum(weight for _, weight in answer.weights) or 1
    return tuple(sorted((name, round(weight / total, 4)) for name, weight in answer.weights if weight))


ANSWERING = (
    "redirect",
    "request-termination",
    "request-transformer",
    "request-transformer-advanced",
    "route-by-header",
    "canary",
    "mocking",
    "aws-lambda",
    "azure-functions",
    "exit-transformer",
    "pre-function",
    "post-function",
    "plugins",
)
"""Areas of plugin findings that can explain another backend, path or answer; others speak of checks only."""


def explains_routing(finding: Finding) -> bool:
    """Whether a finding can be the announcement of a difference in routing.

    What is said about a plugin's limits or headers says nothing about which route wins.
    """
    if finding.level in (Level.EXACT, Level.IGNORED) and finding.severity is Severity.INFO:
        return False
    about_plugin = finding.object is not None and finding.object.kind in ("KongPlugin", "KongClusterPlugin")
    return not about_plugin or finding.code.partition("/")[0] in ANSWERING


class Announced:
    """Which findings told of a difference: those about its route, or about the object behind it."""

    def __init__(
        self,
        findings: Sequence[Finding],
        routes: Mapping[str, ObjectRef],
        origins: Mapping[str, Sequence[ObjectRef]],
    ) -> None:
        self._routes, self._origins = routes, origins
        self._by_route: dict[str, list[str]] = {}
        self._by_object: dict[ObjectRef, list[str]] = {}
        for finding in findings:
            if not explains_routing(finding):
                continue
            for route in finding.routes:
                self._by_route.setdefault(route, []).append(finding.code)
            if finding.object is not None and not finding.routes:
                self._by_object.setdefault(finding.object, []).append(finding.code)

    def codes(self, before: Answer, after: Answer) -> tuple[str, ...]:
        """The codes about the winner on Kong, a candidate of its tie, or the winner on the target."""
        found: list[str] = []
        for name in (before.route or "", *before.tie):
            found += self._by_route.get(name, ())
            origin = self._routes.get(name)
            if origin is not None:
                found += self._by_object.get(origin, ())
        target = " ".join((after.route or "").split(" ")[:2])
        for origin in self._origins.get(target, ()):
            found += self._by_object.get(origin, ())
            if before.route is None:
                names = [name for name, where in self._routes.items() if where == origin]
                found += [code for name in names for code in self._by_route.get(name, ())]
        return tuple(dict.fromkeys(found))
