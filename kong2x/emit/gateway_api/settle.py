"""How every traced feature ends that no rule has already reported on."""

from __future__ import annotations

from kong2x.emit.gateway_api import codes_edge, codes_routes
from kong2x.emit.gateway_api.desk import Desk
from kong2x.emit.gateway_api.upstream_tls import TLS
from kong2x.model.finding import Level
from kong2x.model.route import Feature, PathKind, Route, Service, StreamRoute

_MATCHING = frozenset(
    {
        Feature.HOSTS,
        Feature.PATHS,
        Feature.METHODS,
        Feature.HEADERS,
        Feature.QUERY,
        Feature.SNIS,
        Feature.PROTOCOLS,
        Feature.HTTPS_REDIRECT,
        Feature.REGEX_PRIORITY,
        Feature.PARENTS,
        Feature.PLUGINS,
    }
)


def settle_route(desk: Desk, route: Route, state: str) -> None:
    """Settles the features of one route.

    `state` is `served`, `denied` (what acts on served requests is lost), `empty` (nothing could be
    matched) or `unreached` (Kong itself never comes to the route).
    """
    _tell_route(desk, route)
    for feature in route.provenance:
        if state == "unreached":
            desk.emission.settle_feature(route.provenance, feature, Level.IGNORED, codes_edge.UNREACHABLE.id)
        elif state == "empty":
            desk.emission.settle_feature(
                route.provenance, feature, Level.UNSUPPORTED, codes_routes.ROUTE_EMPTY.id
            )
        elif state == "denied" and feature not in _MATCHING:
            desk.emission.settle_feature(route.provenance, feature, Level.UNSUPPORTED, codes_routes.DENIED.id)
        else:
            desk.emission.settle_feature(route.provenance, feature, _quiet(route, feature))


def _quiet(route: Route, feature: Feature) -> Level:
    """The level of a feature about which there is nothing to say."""
    if feature is Feature.HTTPS_REDIRECT and not route.https_only:
        return Level.IGNORED
    if feature is Feature.REGEX_PRIORITY and not any(p.kind is PathKind.REGEX for p in route.paths):
        return Level.IGNORED
    if feature is Feature.PATH_HANDLING and route.path_handling == "v1":
        return Level.IGNORED
    return Level.EXACT


def _tell_route(desk: Desk, route: Route) -> None:
    if desk.profile.keeps_kong:
        return
    for feature, on in (
        (Feature.REQUEST_BUFFERING, route.request_buffering),
        (Feature.RESPONSE_BUFFERING, route.response_buffering),
    ):
        if feature in route.provenance:
            kind = str(feature).partition("-")[0]
            state = "on" if on else "off"
            desk.say(
                codes_edge.BUFFERING,
                f"Buffering of the {kind} body, {state} in Kong, is the Gateway's own choice.",
                route=route,
                feature=feature,
            )


def settle_service(desk: Desk, service: Service, *, hosts_kept: bool) -> None:
    """Settles the features of one Kong service. `hosts_kept`: all its routes keep the client's Host."""
    _tell_balancing(desk, service)
    for feature in service.provenance:
        level = Level.EXACT
        if feature is Feature.HOST_HEADER and hosts_kept:
            level = Level.IGNORED
        if feature in (Feature.CLIENT_CERTIFICATE, Feature.TLS_VERIFY) and service.protocol not in TLS:
            level = Level.IGNORED
        desk.emission.settle_feature(service.provenance, feature, level)


def _tell_balancing(desk: Desk, service: Service) -> None:
    if desk.profile.keeps_kong:
        return
    traced = service.provenance
    upstream = service.upstream
    if Feature.BALANCING in traced and upstream.algorithm != "round-robin" and not desk.profile.sets_retries:
        by = f" by {upstream.hash_on}" if upstream.hash_on != "none" else ""
        desk.say(
            codes_edge.BALANCING,
            f"Requests are spread as the Gateway likes, not with {upstream.algorithm}{by}.",
            service=service,
            feature=Feature.BALANCING,
        )
    if Feature.HEALTH_CHECKS in traced and upstream.healthchecks and not desk.profile.sets_retries:
        desk.say(
            codes_edge.HEALTH_CHECKS,
            f"The health checks of {service.name} do not act.",
            service=service,
            feature=Feature.HEALTH_CHECKS,
        )
    if Feature.SERVICE_UPSTREAM in traced and service.service_upstream:
        desk.say(
            codes_edge.SERVICE_UPSTREAM,
            f"Whether the pods of {service.name} or its cluster address are called is the Gateway's choice.",
            service=service,
            feature=Feature.SERVICE_UPSTREAM,
        )
    if service.tls_verify_depth is not None and Feature.TLS_VERIFY in traced:
        desk.say(
            codes_edge.TLS_DEPTH,
            f"The chain of the certificate of {service.name} may be longer than {service.tls_verify_depth}.",
            service=service,
            feature=Feature.TLS_VERIFY,
        )


def tell_default_timeout(desk: Desk, services: list[Service]) -> None:
    """Kong's 60 s of silence act where nothing is stated; the target has a default of its own (trap 57)."""
    if desk.profile.sets_timeouts:
        return
    if any(Feature.READ_TIMEOUT not in service.provenance for service in services):
        desk.say_once(
            "timeout",
            codes_edge.TIMEOUT_DEFAULT,
            "Requests without a timeout setting end by the Gateway's own default; Kong ends them after 60 s "
            "of silence.",
        )


def tell_host_case(desk: Desk) -> None:
    """Kong compares the Host header letter by letter, a Gateway without case (divergence 12)."""
    if not desk.profile.keeps_kong and any(route.hosts for route in desk.model.routes):
        desk.say_once(
            "host",
            codes_edge.HOST_CASE,
            "Requests with capital letters in their Host header are answered; Kong does not find their route.",
        )


def settle_stream(desk: Desk, route: StreamRoute) -> None:
    """Settles the features of one stream route."""
    for feature in route.provenance:
        desk.emission.settle_feature(route.provenance, feature, Level.EXACT)
