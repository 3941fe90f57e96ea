"""One route with one of its paths, as the `traditional` router sorts and compares it."""

from __future__ import annotations

import re
from collections.abc import Iterable
from dataclasses import dataclass

from kong2x.verify.kong.arrival import Arrival, ascii_lower, has_port
from kong2x.verify.kong.classic_index import Hits
from kong2x.verify.kong.entities import KongRoute
from kong2x.verify.kong.lua_sort import lua_sort
from kong2x.verify.regex import Untranslatable, pcre
from kong2x.verify.uri import wire_bytes

_REGEX_PATH, _PLAIN_HOSTS, _WILDCARD_PORT = 1, 2, 4


@dataclass(frozen=True, slots=True)
class Header:
    """A header criterion: any of the lower-case `values`, or the pattern of a single `~*` value."""

    name: str
    values: frozenset[str]
    pattern: re.Pattern[bytes] | None

    def accepts(self, given: Iterable[str]) -> bool:
        """Whether any value of the request's header fulfils the criterion."""
        for value in map(ascii_lower, given):
            if value in self.values or (self.pattern and self.pattern.search(wire_bytes(value))):
                return True
        return False


class Piece:
    """One route with at most one path; `sort_key` is its rank inside its group, smaller first."""

    def __init__(self, route: KongRoute, path: str | None) -> None:
        self.route = route
        self.path = path
        self.position = 0
        self.undecidable = ""
        self.is_regex = path is not None and path.startswith("~")
        self.key = "" if path is None else path[1:] if self.is_regex else path
        self.text = wire_bytes(self.key)
        self.regex: re.Pattern[bytes] | None = None
        self.hosts = route.hosts
        self.plain_hosts = frozenset(host for host in route.hosts if "*" not in host)
        self.wildcards = tuple((host, wildcard(host)) for host in route.hosts if "*" in host)
        self.methods = frozenset(method.upper() for method in route.methods)
        self.snis = frozenset(sni[:-1] if len(sni) > 1 and sni.endswith(".") else sni for sni in route.snis)
        try:
            self.headers = tuple(_headers(route))
            if self.is_regex:
                self.regex = pcre(self.key)
        except Untranslatable as problem:
            self.headers, self.undecidable = (), str(problem)
        present = {
            "host": self.hosts,
            "header": self.headers,
            "path": path is not None,
            "method": self.methods,
            "sni": self.snis,
        }
        self.kinds = tuple(kind for kind, given in present.items() if given)
        self.sort_key = self._sort_key()

    def _sort_key(self) -> tuple[float, ...]:
        weight = _REGEX_PATH if self.is_regex else 0
        if self.hosts and not self.wildcards:
            weight |= _PLAIN_HOSTS
        if any(has_port(host) for host, _ in self.wildcards):
            weight |= _WILDCARD_PORT
        return (
            -weight,
            -len(self.headers),
            -self.route.regex_priority if self.is_regex else 0,
            0 if self.is_regex else -len(self.text),
            self.route.created_at,
        )

    @property
    def rank(self) -> str:
        """The rank inside the group in words."""
        parts = ["plain hosts" if self.hosts and not self.wildcards else ""]
        parts.append(
            "regex path" if self.is_regex else f"{len(self.text)} bytes of path" if self.text else ""
        )
        parts.append(f"{len(self.headers)} headers" if self.headers else "")
        parts.append(f"regex_priority {self.route.regex_priority}" if self.route.regex_priority else "")
        return ", ".join(part for part in parts if part) or "no rank"

    @property
    def criteria(self) -> str:
        """The criteria in words."""
        parts = [" or ".join(self.hosts), self.path or ""]
        parts.extend(f"header {header.name}" for header in self.headers)
        parts.append("/".join(sorted(self.methods)))
        parts.append(f"SNI {' or '.join(sorted(self.snis))}" if self.snis else "")
        return " ".join(part for part in parts if part)

    def matches(self, arrival: Arrival, hits: Hits) -> bool:
        """Whether the request fulfils every criterion."""
        return (
            (not self.hosts or self.host_matches(arrival, hits.host))
            and (self.path is None or self.path_matches(arrival, hits.path))
            and self.rest_matches(arrival)
        )

    def may_match(self, arrival: Arrival) -> bool:
        """Whether the request fulfils all that can be decided of a piece with an undecidable pattern."""
        return (not self.hosts or self.host_matches(arrival, None)) and self.rest_matches(arrival)

    def rest_matches(self, arrival: Arrival) -> bool:
        """Whether methods, SNI and headers are fulfilled."""
        if self.methods and arrival.method not in self.methods:
            return False
        if self.snis and arrival.scheme != "http" and arrival.sni not in self.snis:
            return False
        return all(header.accepts(arrival.header(header.name) or ()) for header in self.headers)

    def host_matches(self, arrival: Arrival, hit: str | None) -> bool:
        """Whether the host is among the plain ones or fits a wildcard."""
        if arrival.host is None:
            return False
        without_port, with_port = arrival.classic_hosts
        if (hit or arrival.host) in self.plain_hosts or without_port in self.plain_hosts:
            return True
        return any(pattern.match(with_port) for _, pattern in self.wildcards)

    def path_matches(self, arrival: Arrival, hit: str | None) -> bool:
        """Whether the path fits.

        A piece whose text equals the index hit counts as matching without another look, even where
        the hit came from a regex of the same text.
        """
        if hit is not None and hit == self.key:
            return True
        if self.regex is not None:
            return self.regex.match(arrival.path) is not None or (hit is None and arrival.path == self.text)
        return arrival.path.startswith(self.text)

    def missing(self, arrival: Arrival, hits: Hits) -> str:
        """The first criterion that the request does not fulfil, in words; empty when it fulfils all."""
        if self.hosts and not self.host_matches(arrival, hits.host):
            return f"host {arrival.host or 'absent'} is not {' or '.join(self.hosts)}"
        if self.path is not None and not self.path_matches(arrival, hits.path):
            return f"the path does not {'match' if self.is_regex else 'start with'} {self.path}"
        if self.methods and arrival.method not in self.methods:
            return f"method {arrival.method} is not {'/'.join(sorted(self.methods))}"
        for header in self.headers:
            if not header.accepts(arrival.header(header.name) or ()):
                return f"header {header.name} does not have a wanted value"
        if self.snis and arrival.scheme != "http" and arrival.sni not in self.snis:
            return f"the TLS server name is not {' or '.join(sorted(self.snis))}"
        return ""


def _headers(route: KongRoute) -> Iterable[Header]:
    for name, values in route.headers:
        pattern = None
        if len(values) == 1 and values[0].startswith("~*"):
            pattern = pcre(values[0][2:])
        if name.lower() != "host":
            yield Header(name.lower(), frozenset(map(ascii_lower, values)), pattern)


def wildcard(host: str) -> re.Pattern[str]:
    """A host with `*` as the pattern that Kong builds: `*` is anything, the port is optional unless named.

    >>> bool(wildcard("*.a.com").match("x.y.a.com:8000")), bool(wildcard("*.a.com").match("a.com:80"))
    (True, False)
    """
    text = ".+".join(re.escape(part) for part in host.split("*"))
    return re.compile(text + ("$" if has_port(host) else r"(?::\d+)?$"))


def pieces_of(routes: Iterable[KongRoute]) -> list[Piece]:
    """All pieces in the router's order, which for equal ones is that of Lua's sort."""
    pieces = [Piece(route, path) for route in routes for path in (route.paths or (None,)) if _usable(route)]
    ordered = lua_sort(pieces, key=lambda piece: piece.sort_key)
    for position, piece in enumerate(ordered):
        piece.position = position
    return ordered


def _usable(route: KongRoute) -> bool:
    return bool(route.kinds)
