"""The expression and priority of a route made from an Ingress, as KIC writes them."""

from __future__ import annotations

from collections.abc import Sequence

from kong2x.model.route import Route, RouteModel
from kong2x.resolve import ingress_codes as codes
from kong2x.resolve.annotations import is_host
from kong2x.resolve.expressions import (
    all_of,
    any_of,
    headers_predicate,
    hosts_predicate,
    ingress_priority,
    methods_predicate,
    snis_predicate,
)
from kong2x.resolve.paths import IngressPath
from kong2x.resolve.route_options import RouteOptions


def complete_expression(
    model: RouteModel, route: Route, options: RouteOptions, paths: Sequence[IngressPath], host: str
) -> None:
    """Writes the expression, the priority and the criteria that remain of the source's.

    The expression stays empty when it cannot match: a trailing wildcard is a literal there.

    KIC leaves hosts out that are no host names to it (kong-source.md 4.2) and the Host header, and
    counts them for the priority all the same.
    """
    counted = (*((host,) if host else ()), *options.hosts_counted)
    written = tuple(name for name in (*((host,) if host else ()), *options.aliases) if is_host(name))
    if host and not is_host(host):
        model.findings.append(
            codes.HOST_LEFT_OUT.finding(
                f'KIC leaves the host "{host}" out of the expression because its name has an unusual form'
                + ("." if written else ": the route answers every host."),
                object=route.origin,
                path=route.source.path if route.source else (),
                routes=(route.name,),
            )
        )
    route.hosts = tuple(name for name in dict.fromkeys(written) if not name.endswith(".*"))
    if written and not route.hosts:
        return
    route.expression = all_of(
        (
            hosts_predicate(written),
            any_of(path.expression for path in route.paths),
            headers_predicate(route.headers),
            methods_predicate(route.methods),
            snis_predicate(route.snis),
        )
    )
    kinds = 1 + bool(counted) + bool(options.headers_counted) + options.methods_counted + options.snis_counted
    route.priority = ingress_priority(
        kinds=kinds,
        headers=options.headers_counted,
        plain_hosts=bool(counted) and not any(name.startswith("*") for name in counted),
        regex=any(path.regex for path in paths),
        longest=max(path.length for path in paths),
    )
    route.headers = tuple(header for header in route.headers if header.name.lower() != "host")
