"""What a route's annotations make of the route, in KIC's order of application (kong-source.md 2.1)."""

from __future__ import annotations

from collections.abc import Iterable

from kong2x.model.route import Feature, Provenance, Route
from kong2x.resolve.route_options import PROTOCOLS, RouteOptions

_OWN_STEP = frozenset((Feature.PATHS, Feature.REWRITE))
TLS_PROTOCOLS = frozenset(("https", "grpcs", "wss", "tls", "tls_passthrough"))


def apply_route_options(route: Route, options: RouteOptions, *, classic: bool) -> None:
    """Lets the annotations of the source object act on one route that has its own defaults already.

    Later steps overwrite earlier ones. With the expressions router nothing is normalised, and the
    criteria stand in the expression, which the caller writes.
    """
    if options.strip_path is not None:
        route.strip_path = options.strip_path
    if options.force_ssl:
        route.https_redirect_status_code = 302
        route.protocols = over_tls(route.protocols)
    if options.redirect_code is not None:
        route.https_redirect_status_code = options.redirect_code
    if options.preserve_host is not None:
        route.preserve_host = options.preserve_host
    if options.request_buffering is not None:
        route.request_buffering = options.request_buffering
    if options.response_buffering is not None:
        route.response_buffering = options.response_buffering
    if options.protocols:
        route.protocols = options.protocols
    _criteria(route, options)
    if classic:
        _classic_only(route, options)
    merge(route.provenance, options.leaves, without=_OWN_STEP)


def _criteria(route: Route, options: RouteOptions) -> None:
    if options.methods:
        route.methods = options.methods
    if options.snis is not None:
        route.snis = options.snis
    if options.aliases:
        route.hosts = tuple(dict.fromkeys((*route.hosts, *options.aliases)))
    if options.headers:
        route.headers = tuple(sorted(options.headers, key=lambda header: header.name))


def _classic_only(route: Route, options: RouteOptions) -> None:
    if options.regex_priority is not None:
        route.regex_priority = options.regex_priority
    if options.path_handling is not None:
        route.path_handling = options.path_handling
    grpc = any("grpc" in name for name in route.protocols)
    http = any("http" in name or name not in PROTOCOLS for name in route.protocols)
    if grpc and http:
        # KIC unsets strip_path, and Kong's own default is true (trap 38).
        route.protocols = ("http", "https")
        route.strip_path = True
    elif grpc:
        route.strip_path = False


def over_tls(protocols: Iterable[str]) -> tuple[str, ...]:
    """What force-ssl-redirect makes of a route's protocols.

    >>> over_tls(()), over_tls(("grpc", "http"))
    (('https',), ('grpcs', 'https'))
    """
    names = tuple(protocols)
    grpc = any("grpc" in name for name in names)
    http = any("http" in name for name in names)
    if not grpc and not http:
        return ("https",)
    return (("grpcs",) if grpc else ()) + (("https",) if http else ())


def tls_only(protocols: Iterable[str]) -> bool:
    """Whether plain requests are answered by Kong itself."""
    names = tuple(protocols)
    return bool(names) and TLS_PROTOCOLS.issuperset(names)


def merge(into: Provenance, more: Provenance, without: frozenset[Feature] = frozenset()) -> None:
    """Adds leaves to features that may have some already; each leaf once."""
    for feature, leaves in more.items():
        if feature not in without:
            old = into.get(feature)
            into[feature] = tuple(dict.fromkeys((*old, *leaves))) if old else leaves
