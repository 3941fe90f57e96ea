"""What the route section of a KongIngress did to routes before KIC 3.0 (kong-source.md 1.8)."""

from __future__ import annotations

from collections.abc import Callable, Mapping
from typing import Any

from kong2x.model.finding import Level
from kong2x.model.route import Feature, HeaderMatch, Route, RouteModel
from kong2x.model.source import Leaf, SourceObject, leaves, mapping
from kong2x.resolve import service_codes as codes
from kong2x.resolve.annotations import PREFIX, value_text
from kong2x.resolve.world import World, namespace_of

OVERRIDE = PREFIX + "override"
_SECTIONS = ("proxy", "route")


def kong_ingress_of(world: World, ingress: SourceObject) -> tuple[SourceObject, bool] | None:
    """The KongIngress whose route section acts on an Ingress, and whether the annotation names it.

    Before 3.0 one of the Ingress's own name acted without being named. None from 3.0 on, and with the
    expressions router.
    """
    if world.facts.kic_at_least("3.0") or world.facts.router == "expressions":
        return None
    named = value_text(ingress.annotations.get(OVERRIDE))
    found = world.get("KongIngress", namespace_of(ingress), named or ingress.name)
    return None if found is None else (found, bool(named))


def apply_kong_ingress_route(route: Route, ingress: SourceObject, found: SourceObject, named: bool) -> None:
    """Writes the route section over a route's defaults; annotations come later and win."""
    section = mapping(found.value.get("route"))
    for name, value in section.items():
        act = _FIELDS.get(name)
        if act is not None and act[1](route, value):
            where = tuple(Leaf(found.ref, ("route", name, *path)) for path in leaves(value))
            if named:
                where = (*where, ingress.annotation_leaf(OVERRIDE))
            route.provenance[act[0]] = (*route.provenance.get(act[0], ()), *where)


def _setter(name: str, kind: type) -> Callable[[Route, Any], bool]:
    def act(route: Route, value: Any) -> bool:
        if not isinstance(value, kind) or (kind is int and isinstance(value, bool)):
            return False
        setattr(route, name, value)
        return True

    return act


def _words(name: str) -> Callable[[Route, Any], bool]:
    def act(route: Route, value: Any) -> bool:
        if not isinstance(value, list) or not all(isinstance(word, str) for word in value):
            return False
        setattr(route, name, tuple(value))
        return True

    return act


def _headers(route: Route, value: Any) -> bool:
    if not isinstance(value, dict):
        return False
    read: Mapping[str, Any] = value
    route.headers = tuple(
        HeaderMatch(name, tuple(str(word) for word in words))
        for name, words in sorted(read.items())
        if isinstance(words, list)
    )
    return True


_FIELDS: dict[str, tuple[Feature, Callable[[Route, Any], bool]]] = {
    "methods": (Feature.METHODS, _words("methods")),
    "headers": (Feature.HEADERS, _headers),
    "protocols": (Feature.PROTOCOLS, _words("protocols")),
    "snis": (Feature.SNIS, _words("snis")),
    "regex_priority": (Feature.REGEX_PRIORITY, _setter("regex_priority", int)),
    "strip_path": (Feature.STRIP_PATH, _setter("strip_path", bool)),
    "preserve_host": (Feature.PRESERVE_HOST, _setter("preserve_host", bool)),
    "https_redirect_status_code": (Feature.HTTPS_REDIRECT, _setter("https_redirect_status_code", int)),
    "path_handling": (Feature.PATH_HANDLING, _setter("path_handling", str)),
    "request_buffering": (Feature.REQUEST_BUFFERING, _setter("request_buffering", bool)),
    "response_buffering": (Feature.RESPONSE_BUFFERING, _setter("response_buffering", bool)),
}


def report_inert_sections(world: World, model: RouteModel) -> None:
    """Since 3.0 the sections about services and routes do nothing (trap 60)."""
    if not world.facts.kic_at_least("3.0"):
        return
    for obj in world.all("KongIngress"):
        present = [name for name in _SECTIONS if name in obj.value]
        for name in present:
            world.ledger.book(obj.ref, (name,), Level.IGNORED, codes.KONG_INGRESS_INERT.id)
        if present:
            model.findings.append(
                codes.KONG_INGRESS_INERT.finding(
                    f"The section{'s' if len(present) > 1 else ''} {' and '.join(present)} of this KongIngress "
                    "do nothing since KIC 3.0.",
                    object=obj.ref,
                    path=(present[0],),
                )
            )
