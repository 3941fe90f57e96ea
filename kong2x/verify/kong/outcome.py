"""What Kong does with a request once the route is chosen: refusal, redirect, or what the backend receives."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from ipaddress import ip_address, ip_network

from kong2x.model.route import Rewrite
from kong2x.model.traffic import Answer
from kong2x.verify.kong.arrival import Arrival
from kong2x.verify.kong.entities import KongRoute
from kong2x.verify.kong.selection import Hit, Selection
from kong2x.verify.uri import escape, wire_bytes

_REDIRECTS = (301, 302, 307, 308)


@dataclass(frozen=True)
class Outcome:
    """Turns a selection into an answer; `classic` says that `path_handling: v1` is honoured.

    `trusted` are the peers whose X-Forwarded-* headers Kong believes.
    """

    classic: bool
    trusted: tuple[str, ...] = ()

    def answer(self, selection: Selection, arrival: Arrival) -> Answer:
        """The answer to a request, in the order in which Kong decides."""
        hit = selection.hit
        if hit is None:
            return Answer(None, selection.why, selection.tie, status=404)
        route = hit.route
        refusal = self._protocol(route, arrival)
        if refusal:
            return Answer(route.name, selection.why, selection.tie, refusal[0], refusal[1])
        service = route.service
        status = service.fixed_status
        if status is None and route.own_answer:
            location = route.own_answer.location_for(arrival.request.path)
            return Answer(
                route.name,
                selection.why,
                selection.tie,
                route.own_answer.status,
                location,
                plugins=route.plugins,
            )
        path = self._path(hit, arrival)
        if status is None and path is None:
            status = 500
        if status is None and not service.available:
            status = 503
        if status is not None or path is None:
            return Answer(route.name, selection.why, selection.tie, status, plugins=route.plugins)
        return Answer(
            route.name,
            selection.why,
            selection.tie,
            service=service.address,
            path=escape(path),
            host=upstream_host(route, arrival),
            plugins=route.plugins,
            weights=service.weights,
        )

    def _protocol(self, route: KongRoute, arrival: Arrival) -> tuple[int, str | None] | None:
        """Kong's own status and Location where the protocol does not fit (kong-source.md 4.4)."""
        protocols = route.protocols
        scheme, host = self._forwarded(arrival)
        if "https" in protocols and "http" not in protocols and scheme != "https":
            if route.https_redirect_status_code == 426:
                return 426, None
            if route.https_redirect_status_code in _REDIRECTS:
                return route.https_redirect_status_code, f"https://{host}{arrival.request.path}"
        if "grpc" in protocols or "grpcs" in protocols:
            kinds = arrival.header("content-type") or [""]
            if not kinds[0].startswith("application/grpc"):
                return 415, None
            if arrival.request.http_version != "2":
                return 426, None
            if "grpc" not in protocols and scheme != "https":
                return 200, None
        return None

    def _forwarded(self, arrival: Arrival) -> tuple[str, str]:
        """The scheme and host that Kong goes by: a trusted proxy may state them."""
        scheme, host = arrival.scheme, nginx_host(arrival)
        if self.trusted and _inside(arrival.request.remote_address, self.trusted):
            scheme = (arrival.header("x-forwarded-proto") or [scheme])[0]
            host = (arrival.header("x-forwarded-host") or [host])[0]
        return scheme, host

    def _path(self, hit: Hit, arrival: Arrival) -> bytes | None:
        """The path that is sent upstream, before escaping; None where Kong fails with 500."""
        route = hit.route
        if route.rewrite:
            rewritten = replaced_path(route.rewrite, hit.captures, arrival.path)
            if rewritten is not None:
                return rewritten if rewritten.startswith(b"/") else None
        base = wire_bytes(route.service.path)
        if self.classic and route.path_handling == "v1":
            return joined_v1(base, hit.postfix, arrival.path, route.strip_path)
        return joined_v0(base, hit.postfix, arrival.path, route.strip_path)


def _inside(address: str, networks: Sequence[str]) -> bool:
    try:
        client = ip_address(address)
        return any(client in ip_network(network, strict=False) for network in networks)
    except ValueError:
        return False


def nginx_host(arrival: Arrival) -> str:
    """nginx's `$host`: lower case, without port and without a final dot."""
    host = arrival.host or ""
    host = host.partition("]")[0] + "]" if host.startswith("[") else host.partition(":")[0]
    return host.removesuffix(".").lower()


def upstream_host(route: KongRoute, arrival: Arrival) -> str | None:
    """The Host header that the backend sees; None for the target's own address."""
    if route.rewrite and route.rewrite.host:
        return route.rewrite.host
    return arrival.host if route.preserve_host else route.service.host_header


def joined_v0(base: bytes, postfix: bytes, path: bytes, strip: bool) -> bytes:
    """Service path and request path with exactly one slash between them (kong-source.md 4.7).

    >>> joined_v0(b"/api", b"/bar", b"/foo/bar", True), joined_v0(b"/api/", b"", b"/foo", True)
    (b'/api/bar', b'/api')
    """
    if not strip:
        if base.endswith(b"/"):
            return base + path[1:]
        return base if path == b"/" else base + path
    stem = base.removesuffix(b"/")
    if postfix:
        return stem + (postfix if postfix.startswith(b"/") else b"/" + postfix)
    if base == b"/":
        return base
    if base != stem:
        return base if path.endswith(b"/") else stem
    return base + b"/" if len(path) > 1 and path.endswith(b"/") else base


def joined_v1(base: bytes, postfix: bytes, path: bytes, strip: bool) -> bytes:
    """The service path as a bare prefix of what is left; only a doubled slash is merged.

    >>> joined_v1(b"/s", b"v1", b"/fv1", True), joined_v1(b"/s", b"v1", b"/fv1", False)
    (b'/sv1', b'/sfv1')
    """
    if not strip:
        return base + path[1:]
    return base[:-1] + postfix if base.endswith(b"/") and postfix.startswith(b"/") else base + postfix


def replaced_path(rewrite: Rewrite, captures: Mapping[str, bytes], path: bytes) -> bytes | None:
    """The whole new path of a rewrite, None when only the host is replaced.

    A capture that took no part renders empty.
    """
    if rewrite.template is None:
        return None
    parts = [
        wire_bytes(part) if isinstance(part, str) else captures.get(str(part), b"")
        for part in rewrite.template
    ]
    template = b"".join(parts)
    if rewrite.prefix is None:
        return template
    return (template.rstrip(b"/") + _rest(rewrite.prefix, captures, path)) or b"/"


def _rest(prefix: str, captures: Mapping[str, bytes], path: bytes) -> bytes:
    """What follows an exchanged prefix: what KIC's pattern captured, else the path behind the literal."""
    if "1" in captures:
        rest = captures["1"]
        return b"/" + rest if rest and not rest.startswith(b"/") else rest
    stem = wire_bytes(prefix).rstrip(b"/")
    if not path.startswith(stem) or path == b"/":
        return b""
    return path[len(stem) :]
