"""Who answers a request at Kong, and why: the router model of all three flavours."""

from __future__ import annotations

from collections.abc import Iterable, Mapping, Sequence
from typing import Any

from kong2x.model.route import RouteModel
from kong2x.model.settings import RouterFlavour
from kong2x.model.traffic import Answer, Request
from kong2x.verify.kong import compatible, expressions
from kong2x.verify.kong.arrival import Arrival
from kong2x.verify.kong.entities import KongRoute, in_storage_order
from kong2x.verify.kong.from_entities import effective_plugins, routes_of_entities
from kong2x.verify.kong.from_model import routes_of_model
from kong2x.verify.kong.outcome import Outcome
from kong2x.verify.kong.ranked import Ranked
from kong2x.verify.kong.selection import Explanation, Selector
from kong2x.verify.kong.traditional import Traditional
from kong2x.verify.uri import nginx_uri


class KongRouter:
    """A `Router` that answers as Kong does with these routes.

    >>> router = from_entities([{"name": "r", "paths": ["/a"], "service": "s"}], [{"name": "s"}], "traditional")
    >>> router.answer(Request("GET", "a.com", "/a/b")).route
    'r'
    """

    def __init__(
        self, routes: Sequence[KongRoute], flavour: RouterFlavour, trusted: Sequence[str] = ()
    ) -> None:
        self.flavour = flavour
        self.routes = tuple(routes)
        self._selector = selector(routes, flavour)
        self._outcome = Outcome(flavour == "traditional", tuple(trusted))

    @property
    def undecidable(self) -> dict[str, str]:
        """Routes with a pattern that cannot be evaluated here, with the reason; answers call them ties."""
        return self._selector.undecidable()

    def answer(self, request: Request) -> Answer:
        """Kong's answer; 400 where nginx refuses the request before any routing."""
        if nginx_uri(request.path) is None:
            return Answer(None, "nginx refuses the request target", status=400)
        if not request.host and request.http_version != "1.0":
            return Answer(None, "nginx refuses an empty Host header", status=400)
        arrival = Arrival(request)
        return self._outcome.answer(self._selector.select(arrival), arrival)

    def explain(self, request: Request) -> Explanation:
        """The answer with all candidates in the order in which the router tries them."""
        return Explanation(request, self.answer(request), tuple(self._selector.candidates(Arrival(request))))


def selector(routes: Sequence[KongRoute], flavour: RouterFlavour) -> Selector:
    """The route choice of a flavour."""
    if flavour == "traditional":
        return Traditional(routes)
    if flavour == "traditional_compatible":
        return Ranked(compatible.matchers(routes))
    return Ranked(expressions.matchers(routes))


def kong_router(model: RouteModel, assume_present: bool = True) -> KongRouter:
    """The router of a route model, in the flavour of `model.facts.router`.

    Manifests often come without their Services; `assume_present` False answers 503 for a backend
    that the input does not hold (kong-source.md trap 62).
    """
    routes = routes_of_model(model, assume_present)
    return KongRouter(routes, model.facts.router, model.facts.trusted_ips)


def from_entities(
    routes: Iterable[Mapping[str, Any]],
    services: Iterable[Mapping[str, Any]],
    flavour: RouterFlavour,
    upstreams: Iterable[Mapping[str, Any]] | None = None,
) -> KongRouter:
    """The router of plain Kong entities, as a declarative configuration or an Admin API holds them."""
    return KongRouter(routes_of_entities(routes, services, upstreams), flavour)


def from_config(config: Mapping[str, Any], flavour: RouterFlavour) -> KongRouter:
    """The router of a declarative configuration: services with their routes, upstreams and plugins.

    A plugin acts where it is written (inside of a route or service, or with a reference to one); of
    several of one name the most specific acts. Those for a consumer are left out.
    """
    services = config.get("services") or []
    routes = [
        {**route, "service": service["name"], "plugins": effective_plugins(config, service, route)}
        for service in services
        for route in service.get("routes") or ()
    ]
    routes.extend(config.get("routes") or ())
    found = routes_of_entities(routes, services, config.get("upstreams") or [])
    return KongRouter(in_storage_order(found), flavour)
