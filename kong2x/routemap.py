"""The route map: each Kong route beside what answers its requests on the target."""

from __future__ import annotations

from collections.abc import Iterator, Mapping, Sequence

from kong2x.model.finding import Finding
from kong2x.model.masking import hidden_line
from kong2x.model.result import RouteRow
from kong2x.model.route import PathKind, PathMatch, Route, RouteModel
from kong2x.model.source import ObjectRef, SourceObject
from kong2x.model.traffic import Answer, Answerer, Criteria, Request


def criteria_of(route: Route) -> Criteria:
    """The literals of a Kong route, from which requests are generated."""
    return Criteria(
        route.hosts,
        tuple(form for path in route.paths for form in _forms(path)),
        route.methods,
        tuple((header.name, header.values) for header in route.headers),
        tuple((query.name, (f"~*{query.value}" if query.regex else query.value,)) for query in route.query),
        route.snis,
    )


def _forms(path: PathMatch) -> Iterator[tuple[str, str]]:
    """A path as it is meant, and as the pattern that Kong takes it for where nobody escaped it."""
    yield {"exact": "exact", "regex": "regex"}.get(str(path.kind), "prefix"), path.value
    if path.unescaped:
        yield from (("regex", text[1:]) for text in path.kong if text.startswith("~"))


def route_rows(
    model: RouteModel, findings: Sequence[Finding], source: Answerer | None, target: Answerer | None
) -> list[RouteRow]:
    """One row a route, in the model's order; `target` None leaves the right-hand side empty."""
    denied = {name for f in findings if f.code.endswith("/denied") for name in f.routes}
    rows = []
    for route in model.routes:
        before = after = None
        request = representative(route)
        if target is not None and request is not None:
            after = target.answer(request)
            before = source.answer(request) if source is not None else None
        rows.append(row(route, before, after, route.name in denied))
    return rows


def row(route: Route, before: Answer | None, after: Answer | None, denied: bool) -> RouteRow:
    """One line of the map."""
    backends = ", ".join(backend.address for backend in route.service.backends) or "-"
    if denied:
        state = "denied"
    elif after is not None and after.route is None:
        state = "lost"
    elif after is not None and after.status is not None:
        state = "own-answer"
    else:
        state = "served"
    return RouteRow(
        route.name,
        route.origin.namespace or "default",
        route.origin,
        route.hosts,
        tuple(path_text(path) for path in route.paths),
        route.methods,
        tuple(f"{h.name}: {' or '.join(h.values)}" for h in route.headers)
        + tuple(f"?{q.name}={q.value}" for q in route.query)
        + tuple(f"SNI {sni}" for sni in route.snis),
        backends,
        tuple(use.plugin for use in route.plugins),
        (after.route or "") if after else "",
        answered_by(after) if after else "",
        after.plugins if after else (),
        state,
    )


def answered_by(answer: Answer) -> str:
    """The backend of an answer, or the gateway's own status."""
    if answer.status is not None:
        return f"{answer.status} {answer.location}" if answer.location else str(answer.status)
    if answer.weights:
        return ", ".join(f"{name} ({weight})" for name, weight in answer.weights)
    return answer.service or "-"


def path_text(path: PathMatch) -> str:
    """A path as people read it.

    >>> path_text(PathMatch(PathKind.SEGMENT_PREFIX, "/cart"))
    '/cart/…'
    """
    if path.kind is PathKind.EXACT:
        return f"= {path.value}"
    if path.kind is PathKind.REGEX:
        return f"~ {path.value}"
    if path.kind is PathKind.RAW_PREFIX:
        return f"{path.value}*"
    return f"{path.value.rstrip('/')}/…"


def representative(route: Route) -> Request | None:
    """One request that the route's own criteria let in; None when no such path can be made."""
    from kong2x.verify.requests import concrete_hosts, concrete_values, wire
    from kong2x.verify.samples import strings_matching

    host = concrete_hosts(route.hosts[0])[0] if route.hosts else "any.kong2x.invalid"
    path = "/"
    if route.paths:
        first = route.paths[0]
        if first.kind is PathKind.REGEX:
            samples = strings_matching(first.value)
            if not samples:
                return None
            path = samples[0]
        else:
            path = first.value
    headers = tuple((header.name, concrete_values(header.values)[0]) for header in route.headers)
    scheme = "https" if route.https_only or route.snis else "http"
    return Request(
        route.methods[0] if route.methods else "GET",
        host,
        wire(path),
        headers,
        scheme,
        route.snis[0] if route.snis else None,
    )


def excerpts(findings: Sequence[Finding], objects: Mapping[ObjectRef, SourceObject]) -> dict[str, str]:
    """The source line each finding points at, by fingerprint; nothing of a Secret, no secret values."""
    out: dict[str, str] = {}
    lines: dict[int, list[str]] = {}
    for finding in findings:
        obj = objects.get(finding.object) if finding.object else None
        if obj is None or obj.text is None or obj.kind == "Secret" or finding.source is None:
            continue
        document = split_once(lines, obj.text)
        position = finding.source.line - obj.line
        if 0 <= position < len(document):
            out[finding.fingerprint] = hidden_line(document, position).strip()[:200]
    return out


def split_once(cache: dict[int, list[str]], text: bytes) -> list[str]:
    """The lines of a document; the items of one List share their text, which is split once."""
    lines = cache.get(id(text))
    if lines is None:
        lines = cache[id(text)] = [line.decode("utf-8", "replace") for line in text.splitlines()]
    return lines
