"""Requests that another route answers on the target and that no finding tells of: both routers are asked.

The emitters compute their order from pairs of routes; where hosts with wildcards, routes without a host and
patterns meet, Kong's choice may hang on third routes (kong-source.md 4.5). So a conversion asks a sample of
requests there, by the routers that `kong2x verify` asks, and says what would surprise.
"""

from __future__ import annotations

from collections.abc import Iterable, Iterator, Mapping, Sequence
from dataclasses import replace
from itertools import islice

from kong2x.model.finding import Code, Finding, Level, Protects
from kong2x.model.plugin import PluginUse
from kong2x.model.route import Route, RouteModel
from kong2x.model.source import ObjectRef
from kong2x.model.target import Manifest
from kong2x.model.traffic import Request, Router
from kong2x.routemap import criteria_of

MOST_REQUESTS = 3000
"""So many requests are asked in all; what differs beyond them only `kong2x verify` finds."""
MOST_ON_A_HOST = 300
MOST_WORK = 10_000_000
"""Requests times findings: where much is told already, less is asked."""
_CHECKS = ("auth", "acl", "ip-restriction", "jwt", "openid-connect", "saml", "opa", "request-termination")

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
    model: RouteModel, manifests: Sequence[Manifest], router: Router, findings: Sequence[Finding]
) -> Iterator[Finding]:
    """One finding for each route of Kong's and each rule of the target that answers in its place."""
    from kong2x.verify import verify
    from kong2x.verify.kong import kong_router

    most = min(MOST_REQUESTS, MOST_WORK // (len(findings) + 1))
    requests = list(islice(sample(model.routes), most))
    if not requests:
        return
    routes = {route.name: route for route in model.routes}
    outcome = verify(
        kong_router(model),
        router,
        requests,
        findings,
        {name: route.origin for name, route in routes.items()},
        origins(manifests),
        frozenset(name for f in findings if f.code.endswith("/denied") for name in f.routes),
        {name: criteria_of(route) for name, route in routes.items()},
    )
    told: set[tuple[str | None, str | None]] = set()
    for difference in outcome.surprises:
        pair = difference.source.route, difference.target.route
        if pair not in told:
            told.add(pair)
            yield _finding(difference.request, routes.get(pair[0] or ""), pair[1])


def _finding(request: Request, winner: Route | None, other: str | None) -> Finding:
    example = f"{request.method} {request.scheme}://{request.host}{request.path}"
    if request.headers:
        example += " with " + ", ".join(f"{name}: {value}" for name, value in request.headers)
    kong = f"Kong gives them to {winner.name}" if winner else "in Kong no route does"
    guarded = winner is None or any(map(_checks, winner.plugins))
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


def _checks(use: PluginUse) -> bool:
    return any(word in use.plugin for word in _CHECKS)


def origins(manifests: Iterable[Manifest]) -> Mapping[str, tuple[ObjectRef, ...]]:
    """The source objects of each written object, by the name that a router's answers give it."""
    return {
        f"{ref.kind} {ref.namespace or 'default'}/{ref.name}": manifest.sources
        for manifest in manifests
        for ref in (manifest.ref,)
    }


def sample(routes: Sequence[Route]) -> Iterator[Request]:
    """Requests for hosts that routes of their own share with wildcards or with routes without a host."""
    from kong2x.verify.requests import groups, meets, requests_of

    every = [criteria_of(route) for route in routes]
    floating = [one for one in every if not one.hosts or any("*" in host for host in one.hosts)]
    for group in groups(every) if floating else ():
        if sum(meets(one, group.hosts) for one in floating) < 1:
            continue
        made = list(requests_of(group))
        yield from made[:: max(1, len(made) // MOST_ON_A_HOST)]
