"""What konghq.com/rewrite makes of a route, and what it destroys where it cannot act (kong-source.md 2.5)."""

from __future__ import annotations

from collections.abc import Iterable, Sequence

from kong2x.model.finding import Level
from kong2x.model.plugin import PluginUse
from kong2x.model.route import Feature, Rewrite, Route, RouteModel
from kong2x.resolve import ingress_codes as codes
from kong2x.resolve.annotations import PREFIX
from kong2x.resolve.route_options import RouteOptions
from kong2x.resolve.world import World

KEY = PREFIX + "rewrite"
TRANSFORMER = "request-transformer"
Template = tuple[str | int, ...]


def rewrite_template(value: str) -> Template | str:
    r"""The parts of a rewrite: literal text and capture numbers; a text says what is wrong with it.

    >>> rewrite_template(r"/svc_$2/\$v$12"), rewrite_template("/a$x")
    (('/svc_', 2, '/$v', 12), '"x" after "$" at position 4')
    """
    parts: list[str | int] = []
    text, at = "", 0
    source = value or "/"
    while at < len(source):
        char = source[at]
        if char not in "$\\":
            text, at = text + char, at + 1
            continue
        after = source[at + 1 : at + 2]
        if not after:
            return f'"{char}" at the end'
        if char == "\\" and after == "$":
            text, at = text + "$", at + 2
            continue
        end = at + 1
        while char == "$" and end < len(source) and source[end].isdecimal():
            end += 1
        if end == at + 1:
            return f'"{after}" after "{char}" at position {at + 2}'
        if text:
            parts.append(text)
        parts.append(int(source[at + 1 : end]))
        text, at = "", end
    return (*parts, text) if text else tuple(parts)


def replaced_uri(template: Template) -> str:
    """The template as the generated request-transformer holds it.

    >>> replaced_uri(("/svc_", 2))
    '/svc_$(uri_captures[2])'
    """
    return "".join(part if isinstance(part, str) else f"$(uri_captures[{part}])" for part in template)


def apply_rewrites(
    world: World, model: RouteModel, routes: Iterable[tuple[Route, RouteOptions]]
) -> dict[str, tuple[Route, str]]:
    """Rewrites the routes that ask for it; gives the Kong services that KIC abandons, and why.

    With the gate off, or with a template that KIC cannot read, the whole Kong service vanishes with
    every route of every Ingress on it (trap 47).
    """
    broken: dict[str, tuple[Route, str]] = {}
    gate = world.facts.gate("RewriteURIs")
    for route, options in routes:
        if options.rewrite is None:
            continue
        if not gate:
            why = f"{KEY} is set and the feature gate RewriteURIs is off"
            broken.setdefault(route.service.name, (route, why))
            continue
        template = rewrite_template(options.rewrite)
        if isinstance(template, str):
            broken.setdefault(route.service.name, (route, f"{KEY} cannot be read: {template}"))
            continue
        route.rewrite = Rewrite(template)
        leaves = options.leaves[Feature.REWRITE]
        route.provenance[Feature.REWRITE] = leaves
        route.plugins = (
            *route.plugins,
            PluginUse(
                TRANSFORMER,
                {"replace": {"uri": replaced_uri(template)}},
                "route",
                (route.origin.namespace, route.name, TRANSFORMER),
                attached=leaves[0],
                attached_to=route.origin,
            ),
        )
    return broken


def abandon_service(model: RouteModel, world: World, routes: Sequence[Route], why: tuple[Route, str]) -> None:
    """Reports the routes that vanish with their service, and closes their leaves."""
    blamed, reason = why
    names = tuple(route.name for route in routes)
    model.findings.append(
        codes.SERVICE_ABANDONED.finding(
            f"Kong serves none of the {len(names)} routes to {blamed.service.name}, of any Ingress: {reason}.",
            object=blamed.origin,
            path=("metadata", "annotations", KEY),
            routes=names,
        )
    )
    for route in routes:
        for feature in (Feature.PATHS, Feature.BACKEND, Feature.HOSTS):
            world.ledger.book_leaves(
                route.provenance.get(feature, ()), Level.IGNORED, codes.SERVICE_ABANDONED.id
            )
    world.ledger.book_leaves(
        blamed.provenance.get(Feature.REWRITE, ()), Level.IGNORED, codes.SERVICE_ABANDONED.id
    )
