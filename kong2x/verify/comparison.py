"""Who would be answered differently: the same requests through two router models."""

from __future__ import annotations

from collections.abc import Iterable, Iterator, Mapping, Sequence
from dataclasses import dataclass, field

from kong2x.model.finding import Finding
from kong2x.model.source import ObjectRef
from kong2x.model.traffic import Answer, Answerer, Criteria, Request
from kong2x.verify.announcements import EVERYWHERE, Case, explained


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
    criteria: Mapping[str, Criteria] | None = None,
) -> Verification:
    """Sends every request through both routers.

    `routes` are the source routes that should be reached, each with its source object; `origins` gives
    the source objects of each target object by its name in answers (`Kind namespace/name`); `refused`
    are the source routes whose requests the conversion denies on purpose; `criteria` are the literals of
    the source routes, by which a finding about a path or header is held to just these.
    """
    told = Announced(findings, routes or {}, origins or {}, criteria or {})
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
        codes = told.codes(request, before, after, aspects)
        if before.route in refused and aspects == ("status",):
            codes = (*codes, "security/denied")
        difference = Difference(request, before, after, aspects, codes)
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


class Announced:
    """Which findings told of a difference: together they must explain every respect of it."""

    def __init__(
        self,
        findings: Sequence[Finding],
        routes: Mapping[str, ObjectRef],
        origins: Mapping[str, Sequence[ObjectRef]],
        criteria: Mapping[str, Criteria],
    ) -> None:
        self._routes, self._origins, self._criteria = routes, origins, criteria
        self._by_route: dict[str, list[Finding]] = {}
        self._by_object: dict[ObjectRef, list[Finding]] = {}
        self._everywhere: dict[str, Finding] = {}
        for finding in findings:
            if finding.code in EVERYWHERE:
                self._everywhere.setdefault(finding.code, finding)
            for route in finding.routes:
                self._by_route.setdefault(route, []).append(finding)
            if finding.object is not None and not finding.routes:
                self._by_object.setdefault(finding.object, []).append(finding)

    def codes(
        self, request: Request, before: Answer, after: Answer, aspects: tuple[str, ...]
    ) -> tuple[str, ...]:
        """The codes that announce this difference; empty when they leave any respect of it open."""
        target = " ".join((after.route or "").split(" ")[:2])
        winners = self._origins.get(target, ())
        left, found = set(aspects), dict[str, None]()
        for finding in self._about(before, winners):
            if finding.code in found:  # one finding of a code announces as much as all of them
                continue
            case = Case(
                request,
                before,
                after,
                aspects,
                self._criteria,
                self._routes,
                winners,
                finding.routes,
                finding.result,
            )
            told = explained(finding, case)
            if told:
                left -= told
                found[finding.code] = None
        return () if left else tuple(found)

    def _about(self, before: Answer, winners: Sequence[ObjectRef]) -> Iterator[Finding]:
        """The findings about the winner on Kong, a candidate of its tie, or the winner on the target."""
        for name in (before.route or "", *before.tie):
            yield from self._by_route.get(name, ())
            origin = self._routes.get(name)
            if origin is not None:
                yield from self._by_object.get(origin, ())
        for origin in winners:
            yield from self._by_object.get(origin, ())
            if before.route is None:
                for name, where in self._routes.items():
                    if where == origin:
                        yield from self._by_route.get(name, ())
        yield from self._everywhere.values()
