"""Source and target as two worlds of routers: the route table, verification and diff mode."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from typing import TYPE_CHECKING, Any

from kong2x.model.errors import UsageError
from kong2x.model.finding import Finding
from kong2x.model.result import Result, RouteRow
from kong2x.model.settings import Options
from kong2x.model.source import SourceObject
from kong2x.model.traffic import Answerer, Request, Router
from kong2x.pipeline import Conversion, run
from kong2x.self_check import ask_both, standing

if TYPE_CHECKING:
    from kong2x.compare import Change
    from kong2x.read.inputs import ReadResult
    from kong2x.verify import Verification


@dataclass(slots=True)
class Worlds:
    """The routers of source and target for one set of manifests."""

    source: Answerer
    target: Router | None
    title: str
    rows: list[RouteRow]
    tell: list[Finding]
    errors: list[Finding]
    conversion: Conversion


def route_worlds(read: ReadResult, options: Options, *, convert: bool) -> Worlds:
    """Both routers; without `convert` only the source's, and nothing is emitted or validated."""
    from kong2x.routemap import route_rows
    from kong2x.verify.kong import kong_router

    conversion = run(read, options)
    model = conversion.model
    source = kong_router(model)
    objects = [*standing(conversion.objects), *conversion.result.objects]
    target = conversion.emitter.router(objects, conversion.options) if convert else None
    findings = conversion.result.findings
    tell = [finding for finding in model.findings if finding.code == "input/nothing-converted"]
    rows = route_rows(model, findings, source, target)
    return Worlds(source, target, conversion.emitter.title, rows, tell, conversion.result.errors, conversion)


def add_route_map(conversion: Conversion) -> None:
    """Fills in what only the HTML report shows: the route map, and the source line of each finding."""
    from kong2x.routemap import excerpts, route_rows
    from kong2x.verify.kong import kong_router

    result = conversion.result
    if result.errors and not result.manifests:
        return
    target = conversion.emitter.router([*standing(conversion.objects), *result.objects], conversion.options)
    source = kong_router(conversion.model)
    result.routes = route_rows(conversion.model, result.findings, source, target)
    result.excerpts = excerpts(result.findings, {obj.ref: obj for obj in conversion.objects})


@dataclass(slots=True)
class Verified:
    """The outcome of `verify` with the requests that were sent."""

    verification: Verification
    requests: list[Request]
    errors: list[Finding]


def verified(
    read: ReadResult, options: Options, *, against: Sequence[SourceObject] | None = None
) -> Verified:
    """Generated requests through Kong's router and through that of the target, read back from YAML.

    `against` are target objects of the user's own; without them a fresh conversion is written to
    YAML and read again, so that an emitter's mistake cannot cancel out.
    """
    from kong2x.routemap import criteria_of
    from kong2x.verify import Verification, generate

    worlds = route_worlds(read, options, convert=False)
    if worlds.errors:
        return Verified(Verification(), [], worlds.errors)
    conversion = worlds.conversion
    objects = [obj.value for obj in against] if against is not None else reread(conversion.result)
    target = conversion.emitter.router([*standing(conversion.objects), *objects], conversion.options)
    if target is None:
        raise UsageError(f"--to {options.to}: this target has no router model to compare with.")
    routes = conversion.model.routes
    requests = generate([*map(criteria_of, routes), *target.criteria()])
    findings = conversion.result.findings
    outcome = ask_both(
        conversion.model, conversion.result.manifests, worlds.source, target, requests, findings
    )
    return Verified(outcome, requests, [])


def reread(result: Result) -> list[dict[str, Any]]:
    """The emitted objects after they went through YAML."""
    from kong2x.read import Source, read_inputs
    from kong2x.write import arrange

    texts = arrange(result.manifests, "stream", objects={})
    sources = [Source(text, name=name) for name, text in texts.items()]
    return [obj.value for obj in read_inputs(sources).objects] if result.manifests else []


Objects = tuple[list[dict[str, Any]], list[dict[str, Any]]]


def compared(old: ReadResult, new: ReadResult, options: Options) -> tuple[Change, list[Finding], Objects]:
    """What a change of the manifests does to requests, findings and objects; input errors; the objects.

    Requests are asked of Kong's router on both sides, and generated from the routes that differ.
    """
    from kong2x.compare import Change, compare_findings, compare_objects, compare_requests
    from kong2x.routemap import criteria_of
    from kong2x.verify import generate
    from kong2x.verify.kong import kong_router

    before, after = run(old, options), run(new, options)
    errors = [*before.result.errors, *after.result.errors]
    if errors and not options.keep_going:
        return Change(), errors, ([], [])
    touched = [*differing_routes(before, after), *differing_routes(after, before)]
    requests = generate([criteria_of(route) for route in touched]) if touched else []
    change = Change(
        compare_requests(
            requests,
            kong_router(before.model),
            kong_router(after.model),
            adjusted_plugins(before, after),
        ),
        compare_findings(before.result.findings, after.result.findings),
        compare_objects(before.result.objects, after.result.objects),
    )
    return change, [], (before.result.objects, after.result.objects)


def compared_with_written(
    read: ReadResult, options: Options, written: Sequence[SourceObject]
) -> tuple[Change, list[Finding], Objects]:
    """What applying a fresh conversion over objects written before does to requests and objects.

    Objects of kinds that the conversion does not write, and that kong2x did not write, are left alone.
    """
    from kong2x.compare import Change, compare_objects, compare_requests
    from kong2x.model.target import GENERATED
    from kong2x.verify import generate

    conversion = run(read, options)
    result = conversion.result
    if result.errors and not options.keep_going:
        return Change(), result.errors, ([], [])
    kinds = {(manifest.ref.group, manifest.ref.kind) for manifest in result.manifests}
    old = [
        obj.value
        for obj in written
        if (obj.group, obj.kind) in kinds or (obj.text or b"").startswith(GENERATED.encode())
    ]
    change = Change(objects=compare_objects(old, result.objects))
    routers = [conversion.emitter.router(objects, conversion.options) for objects in (old, result.objects)]
    before, after = routers
    if change.objects and before is not None and after is not None:
        requests = generate([*before.criteria(), *after.criteria()])
        change.requests = compare_requests(requests, before, after)
    return change, [], (old, result.objects)


def adjusted_plugins(before: Conversion, after: Conversion) -> dict[str, tuple[str, ...]]:
    """The plugins that both sides of a route have, and that are configured differently, by route."""
    old = {route.name: plugin_configs(route) for route in before.model.routes}
    found = {}
    for route in after.model.routes:
        was, now = old.get(route.name, {}), plugin_configs(route)
        names = tuple(name for name in now if name in was and was[name] != now[name])
        if names:
            found[route.name] = names
    return found


def plugin_configs(route: Any) -> dict[str, list[Any]]:
    """All configurations of each plugin of a route."""
    found: dict[str, list[Any]] = {}
    for use in (*route.plugins, *route.consumer_plugins):
        found.setdefault(use.plugin, []).append((use.scope, use.consumer, use.group, use.config))
    return found


def differing_routes(these: Conversion, those: Conversion) -> list[Any]:
    """The routes of one side that the other has not, or has otherwise."""
    other = {route.name: route_shape(route) for route in those.model.routes}
    return [route for route in these.model.routes if other.get(route.name) != route_shape(route)]


def route_shape(route: Any) -> tuple[Any, ...]:
    """All of a route that can change an answer."""
    from kong2x.routemap import criteria_of

    service = route.service
    return (
        criteria_of(route),
        route.protocols,
        route.https_redirect_status_code,
        route.strip_path,
        route.preserve_host,
        route.regex_priority,
        route.path_handling,
        route.rewrite,
        tuple((use.plugin, use.config) for use in (*route.plugins, *route.consumer_plugins)),
        (service.name, service.protocol, service.path, service.upstream.host_header, service.fixed_status),
        tuple((backend.address, backend.weight) for backend in service.backends),
    )
