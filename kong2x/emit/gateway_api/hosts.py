"""Which host names a route is served for, and names that are made of host names."""

from __future__ import annotations

import hashlib
import ipaddress
import re
from collections.abc import Iterator

from kong2x.emit.gateway_api import codes_routes
from kong2x.emit.gateway_api.desk import Desk
from kong2x.model.route import Feature, Route, StreamRoute

_LABEL = r"[a-z0-9]([-a-z0-9]*[a-z0-9])?"
_HOST = re.compile(rf"(\*\.)?{_LABEL}(\.{_LABEL})*")
_PRECISE = re.compile(rf"{_LABEL}(\.{_LABEL})*")


def is_hostname(text: str) -> bool:
    """Whether the Gateway API takes `text` as a host name: lower case, one leading wildcard, no address."""
    return len(text) <= 253 and bool(_HOST.fullmatch(text)) and not _is_address(text)


def is_precise(text: str) -> bool:
    """Whether `text` can be the host of a redirect or rewrite."""
    return len(text) <= 253 and bool(_PRECISE.fullmatch(text)) and not _is_address(text)


def _is_address(text: str) -> bool:
    if not text[-1:].isdigit():
        return False
    try:
        ipaddress.ip_address(text)
    except ValueError:
        return False
    return True


def route_hosts(desk: Desk, route: Route) -> tuple[str, ...] | None:
    """The host names of a route, empty for any host; None when no request can be told apart by host.

    A route is never written without host names because its own could not be: it would take more.
    """
    good = tuple(host for host in dict.fromkeys(route.hosts) if is_hostname(host))
    if desk.profile.keeps_kong:
        return good
    if not route.hosts:
        return () if not route.snis else _hosts_of_snis(desk, route)
    for host in route.hosts:
        if not is_hostname(host):
            desk.say(
                codes_routes.HOST_INEXPRESSIBLE,
                f"Requests for the host {host} are not served: {_why(host)}.",
                route=route,
                feature=Feature.HOSTS,
            )
    if route.snis and good:
        good = _hosts_with_snis(desk, route, good)
    return good or None


def _why(host: str) -> str:
    if host.endswith(".*"):
        return "the Gateway API has no host name with a wildcard at its end"
    if _is_address(host):
        return "the Gateway API takes no addresses as host names"
    return "the Gateway API does not take it as a host name"


def _hosts_of_snis(desk: Desk, route: Route) -> tuple[str, ...] | None:
    """Without hosts the TLS server name is compared through the host name, which clients send alike."""
    good = tuple(name for name in dict.fromkeys(route.snis) if is_hostname(name))
    desk.say(
        codes_routes.SNI,
        "The TLS server name is compared through the host name; a request with another Host is not served.",
        route=route,
        feature=Feature.SNIS,
    )
    return good or None


def _hosts_with_snis(desk: Desk, route: Route, hosts: tuple[str, ...]) -> tuple[str, ...]:
    both = tuple(host for host in hosts if host in route.snis)
    if both == hosts:
        desk.say(
            codes_routes.SNI,
            "The TLS server name is compared through the host name; a request whose two names differ "
            "is answered by its host.",
            route=route,
            feature=Feature.SNIS,
        )
        return hosts
    desk.say(
        codes_routes.SNI_OTHER,
        f"Kong serves {', '.join(h for h in hosts if h not in both)} only with the TLS server name "
        f"{', '.join(route.snis)}; such requests are not served.",
        route=route,
        feature=Feature.SNIS,
    )
    return both


def covers(pattern: str, host: str) -> bool:
    """Whether each request for `host` (a name or a wildcard) is one for `pattern`; empty means any.

    >>> covers("*.x.io", "a.b.x.io"), covers("*.x.io", "x.io"), covers("", "a.io")
    (True, False, True)
    """
    if not pattern or pattern == host:
        return True
    return pattern.startswith("*.") and host.removeprefix("*").endswith(pattern[1:]) and host != pattern[2:]


def covering(host: str) -> Iterator[str]:
    """Every pattern that covers `host` (a name or a wildcard), the empty one for any host included.

    >>> list(covering("a.x.io"))
    ['', 'a.x.io', '*.x.io', '*.io']
    """
    yield ""
    if host:
        yield host
    below = host.removeprefix("*")
    for at, character in enumerate(below):
        if character == "." and "*" + below[at:] != host:
            yield "*" + below[at:]


def meet(one: str, other: str) -> str | None:
    """The narrower of two host patterns where one covers the other, else None."""
    if covers(one, other):
        return other
    return one if covers(other, one) else None


def host_name(host: str) -> str:
    """A piece of an object or listener name that no other host has.

    >>> host_name("*.example.com") == host_name("example.com")
    False
    """
    plain = re.sub(r"[^a-z0-9]+", "-", host.lower().replace("*", "any")).strip("-") or "any-host"
    return f"{plain[:40].strip('-')}-{digest(host)}"


def digest(text: str) -> str:
    """Six hex digits that tell `text` apart in names."""
    return hashlib.sha256(text.encode()).hexdigest()[:6]


def stream_hosts(route: StreamRoute) -> tuple[str, ...]:
    """The server names of a stream route that a TLSRoute takes."""
    return tuple(name for name in dict.fromkeys(route.snis) if is_hostname(name))
