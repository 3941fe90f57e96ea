"""What plain HTTP and HTTPS requests get: served, redirected or blocked (recipe 4.4)."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import replace
from typing import Any

from kong2x.emit.gateway_api import codes_listeners, codes_routes
from kong2x.emit.gateway_api.desk import Desk
from kong2x.emit.gateway_api.draft import Criterion, Draft, Filter
from kong2x.emit.gateway_api.filters import redirect_status
from kong2x.emit.gateway_api.kong_order import SNI_KIND, kinds
from kong2x.model.finding import Level
from kong2x.model.route import Feature, Route

FORWARDED = Criterion("X-Forwarded-Proto", "Exact", "https")


def split_schemes(desk: Desk, route: Route, drafts: list[Draft]) -> list[Draft]:
    """The rules with the listeners they belong on, and the rules that answer plain HTTP for them.

    The http side always carries a rule for the same matches: without it a broader rule would serve
    them in clear text (D11).
    """
    if desk.profile.keeps_kong:
        return drafts
    expressions = desk.model.facts.router == "expressions"
    if route.grpc:
        desk.say(
            codes_listeners.GRPC_ONLY,
            "Requests that are no gRPC calls reach the backend; Kong answers 415 or 426.",
            route=route,
            feature=Feature.PROTOCOLS,
        )
    if not route.https_only:
        http_only = bool(route.protocols) and set(route.protocols) <= {"http", "grpc", "ws"}
        if http_only:
            _tell_http_only(desk, route, expressions)
        needs_sni = bool(route.snis) and (expressions or _sni_group_is_skipped(desk, route))
        if needs_sni and http_only and expressions:
            desk.say(
                codes_routes.ROUTE_EMPTY,
                "No request is served by the route: it asks for a TLS server name over plain HTTP.",
                route=route,
                feature=Feature.SNIS,
            )
            return []
        scheme: Any = "https" if needs_sni else "http" if http_only and expressions else "any"
        return [replace(draft, scheme=scheme) for draft in drafts]
    desk.settle(route, None, Feature.PROTOCOLS, Level.EXACT)
    if desk.choices.text("offloading") == "true" and not desk.profile.own_https_only:
        return _behind_balancer(desk, route, drafts)
    if route.snis and _sni_group_is_skipped(desk, route):
        return [replace(draft, scheme="https") for draft in drafts]
    if desk.profile.own_https_only:
        return desk.profile.https_only(desk, route, drafts)
    real = [replace(draft, scheme="https") for draft in drafts]
    answers = [_http_answer(desk, route, draft) for draft in drafts]
    return [*real, *_told(desk, route, answers)]


def _sni_group_is_skipped(desk: Desk, route: Route) -> bool:
    """T does not try a route's SNI for plain HTTP once some route has exactly its other kinds (4.1)."""
    if desk.model.facts.router != "traditional":
        return False
    return kinds(route) & ~SNI_KIND in desk.kinds_in_use()


def _tell_http_only(desk: Desk, route: Route, expressions: bool) -> None:
    """The classic routers serve an http-only route over HTTPS too."""
    if not expressions:
        desk.say(
            codes_routes.HTTP_ONLY,
            "The route is served over HTTPS too, as Kong's classic routers do.",
            route=route,
            feature=Feature.PROTOCOLS,
            level=Level.EXACT,
        )


def _http_answer(desk: Desk, route: Route, draft: Draft) -> Draft:
    methods = [match.method for match in draft.matches]
    status = wanted_status(desk, route, methods)
    if status is None or draft.kind == "GRPCRoute":
        return replace(
            draft,
            scheme="http",
            filters=(),
            backends=(),
            timeouts={},
            retry={},
            own=(),
            extras={},
            role="to-https",
            denied="it is served over HTTPS only",
        )
    return replace(
        draft,
        scheme="http",
        filters=(redirect_filter(desk, status),),
        backends=(),
        timeouts={},
        retry={},
        own=(),
        extras={},
        role="to-https",
        denied="",
    )


def wanted_status(desk: Desk, route: Route, methods: Sequence[str | None]) -> int | None:
    """The redirect status for plain HTTP, None where the request is blocked instead."""
    status = route.https_redirect_status_code
    if status == 426:
        return 301 if desk.choices.text("https-only") == "redirect" else None
    return redirect_status(desk, status, methods)


def redirect_filter(desk: Desk, status: int) -> Filter:
    """To https with the same host, path and query; a port only when HTTPS is not on 443."""
    body: dict[str, Any] = {"scheme": "https"}
    if desk.choices.https_port != 443:
        body["port"] = desk.choices.https_port
    return {"type": "RequestRedirect", "requestRedirect": {**body, "statusCode": status}}


def _told(desk: Desk, route: Route, answers: list[Draft]) -> list[Draft]:
    """Says once a route how plain HTTP is answered where that is not Kong's way."""
    wanted = route.https_redirect_status_code
    blocked = any(draft.denied for draft in answers)
    if wanted == 426:
        way = "blocked with the Gateway's error 500" if blocked else "redirected with 301"
        desk.say(
            codes_routes.HTTPS_ONLY_426,
            f"Plain HTTP requests are {way}; Kong answers 426.",
            route=route,
            feature=Feature.PROTOCOLS,
        )
    elif blocked:
        desk.say(
            codes_routes.HTTPS_REDIRECT_BLOCKED,
            f"Plain HTTP requests are blocked: {desk.schema.label} cannot redirect with {wanted} "
            "and another status would change the method.",
            route=route,
            feature=Feature.HTTPS_REDIRECT,
        )
    elif any(d.filters and d.filters[0]["requestRedirect"]["statusCode"] != wanted for d in answers):
        desk.say(
            codes_routes.REDIRECT_STATUS_NEAR,
            f"Plain HTTP requests are redirected with an older status than {wanted}.",
            route=route,
            feature=Feature.HTTPS_REDIRECT,
        )
    redirected = [draft for draft in answers if draft.filters]
    if redirected and desk.choices.text("offloading") == "unknown":
        certified = {host for c in desk.model.certificates for host in c.hosts}
        bare = [h for h in redirected[0].hosts or ("any host",) if h not in certified]
        if bare:
            desk.say(
                codes_routes.REDIRECT_LOOP,
                f"Redirects for {', '.join(bare)} loop for ever if TLS ends before the Gateway: "
                "the source has no certificate for it.",
                route=route,
                feature=Feature.HTTPS_REDIRECT,
            )
    return answers


def _behind_balancer(desk: Desk, route: Route, drafts: list[Draft]) -> list[Draft]:
    """TLS ended before: the balancer's X-Forwarded-Proto tells HTTPS apart on the one listener."""
    desk.say(
        codes_routes.FORWARDED_PROTO,
        "A request counts as HTTPS when it carries X-Forwarded-Proto: https, whoever sent it.",
        route=route,
        feature=Feature.PROTOCOLS,
    )
    real = []
    for draft in drafts:
        matches = tuple(m._replace(headers=(*m.headers, FORWARDED)) for m in draft.matches)
        real.append(replace(draft, matches=matches, scheme="any"))
    answers = [replace(_http_answer(desk, route, draft), scheme="any") for draft in drafts]
    return [*real, *_told(desk, route, answers)]
