"""Requests that another route answers on the target and that no finding tells of: both routers are asked.

The emitters compute their order from pairs of routes; where hosts with wildcards, routes without a host and
patterns meet, Kong's choice may hang on third routes (kong-source.md 4.5). So a conversion asks a sample of
requests there, by the routers that `kong2x verify` asks, and says what would surprise.
"""

from __future__ import annotations

from collections.abc import Callable, Iterable, Iterator, Sequence
from dataclasses import replace
from itertools import islice
from typing import TYPE_CHECKING, Any

from kong2x.model.finding import Code, Finding, Level, Protects
from kong2x.model.route import Route, RouteModel
from kong2x.model.source import ObjectRef, SourceObject
from kong2x.model.target import Manifest
from kong2x.model.traffic import Answerer, Request, Router
from kong2x.routemap import criteria_of

if TYPE_CHECKING:
    from kong2x.verify import Verification

MOST_REQUESTS = 3000
"""So many requests are asked in all; what differs beyond them only `kong2x verify` finds."""
MOST_ON_A_HOST = 300
MOST_WORK = 10_000_000
"""Requests times findings: where much is told already, less is asked."""
OTHER_ROUTE = Code(
    "routes/other-winner",
    Level.UNSUPPORTED,
    "Another route answers some requests.",
    "Kong's order among routes of different hosts hangs on all patterns that a request fulfils, and no order of the "
    "target's rules says the same.",
    "Make the routes disjoint, and ask `kong2x verify` for all such requests.",
)
CODES = (OTHER_ROUTE,)


def other_winners(
    model: RouteModel,
    manifests: Sequence[Manifest],
    router: Callable[[], Router | None],
    findings: Sequence[Finding],
    folders: Sequence[str] = (),
) -> Iterator[Finding]:
    """One finding for each route of Kong's and each rule of the target that answers in its place.

    `router` makes the model of the target, which is done only where there is something to ask; `folders`
    are mapping folders of the user's own, for the class of a plugin.
    """
    from kong2x.mapping.tables import Tables
    from kong2x.verify.kong import kong_router

    most = min(MOST_REQUESTS, MOST_WORK // (len(findings) + 1))
    requests = list(islice(sample(model.routes), most))
    target = router() if requests else None
    if target is None:
        return
    outcome = ask_both(model, manifests, kong_router(model), target, requests, findings)
    routes = {route.name: route for route in model.routes}
    first: dict[tuple[str | None, str | None], Request] = {}
    for difference in outcome.surprises:
        first.setdefault((difference.source.route, difference.target.route), difference.request)
    tables = Tables(folders) if first else None
    for (name, other), request in first.items():
        winner = routes.get(name or "")
        known = [tables.kong(use.plugin) for use in winner.plugins] if winner and tables else [None]
        guarded = any(plugin is None or plugin.protects is Protects.ACCESS for plugin in known)
        yield _finding(request, winner, other, guarded=guarded)


def ask_both(
    model: RouteModel,
    manifests: Iterable[Manifest],
    source: Answerer,
    target: Answerer,
    requests: Iterable[Request],
    findings: Sequence[Finding],
) -> Verification:
    """Each request through both routers, with what the findings of the conversion announce taken as told."""
    from kong2x.verify import verify

    refused = frozenset(name for f in findings if f.code.endswith("/denied") for name in f.routes)
    origins = {
        f"{ref.kind} {ref.namespace or 'default'}/{ref.name}": manifest.sources
        for manifest in manifests
        for ref in (manifest.ref,)
    }
    named = {route.name: route.origin for route in model.routes}
    criteria = {route.name: criteria_of(route) for route in model.routes}
    return verify(source, target, requests, findings, named, origins, refused, criteria)


def standing(objects: Iterable[SourceObject]) -> list[dict[str, Any]]:
    """The Services of the input: a target sees them too, and what they say of their ports."""
    return [obj.value for obj in objects if obj.kind == "Service" and not obj.group]


def _finding(request: Request, winner: Route | None, other: str | None, *, guarded: bool) -> Finding:
    example = f"{request.method} {request.scheme}://{request.host}{request.path}"
    if request.headers:
        example += " with " + ", ".join(f"{name}: {value}" for name, value in request.headers)
    kong = f"Kong gives them to {winner.name}" if winner else "in Kong no route does"
    code = replace(OTHER_ROUTE, protects=Protects.ACCESS) if guarded else OTHER_ROUTE
    return code.finding(
        f"Requests such as {example} are answered by {other or 'no route'}; {kong}.",
        object=winner.origin if winner else None,
        path=winner.source.path if winner and winner.source else (),
        routes=(winner.name,) if winner else (),
        result=_object(other),
    )


def _object(answer: str | None) -> ObjectRef | None:
    """The object behind a target's answer, whose name is `Kind namespace/name rule`."""
    kind, _, rest = (answer or "").partition(" ")
    namespace, slash, name = rest.partition(" ")[0].partition("/")
    return ObjectRef("", kind, namespace, name) if slash else None


def sample(routes: Sequence[Route]) -> Iterator[Request]:
    """Requests for hosts that routes of their own share with wildcards or with routes without a host."""
    from kong2x.verify.requests import groups, meets, requests_of

    every = [criteria_of(route) for route in routes]
    floating = [one for one in every if not one.hosts or any("*" in host for host in one.hosts)]
    for group in groups(every) if floating else ():
        if any(meets(one, group.hosts) for one in floating):
            made = list(requests_of(group))
            yield from made[:: max(1, len(made) // MOST_ON_A_HOST)]
