"""Which match wins by the order of the specification (gateway-api-target.md 3.1)."""

from __future__ import annotations

import re
from collections.abc import Iterator, Sequence
from functools import lru_cache

from kong2x.model.traffic import Request
from kong2x.verify.gateway_api.entries import Match
from kong2x.verify.regex import pcre
from kong2x.verify.regex_source import Untranslatable
from kong2x.verify.uri import kong_path, query_arguments, split_target, wire_bytes

RANKS = {"Exact": 2, "RegularExpression": 1, "PathPrefix": 0}
"""The rank of a regular expression is the implementation's choice; most place it above prefixes (3.6)."""


class Arrived:
    """A request as a Gateway looks at it.

    The specification leaves the cleaning of paths to implementations; dot segments, double slashes and
    needless escapes are resolved here, as most do, so that differences are those of the objects.
    """

    def __init__(self, request: Request) -> None:
        raw, self.query = split_target(request.path)
        self.request = request
        self.path = kong_path(raw).decode("utf-8", "surrogateescape")
        host = request.host.lower()
        self.host = host.rpartition(":")[0] if host.rpartition(":")[2].isdigit() else host

    def header(self, name: str) -> str | None:
        """The values of a header joined with commas."""
        values = self.request.header(name)
        return ",".join(values) if values else None


class Pool:
    """All matches, by scheme and hostname."""

    def __init__(self, matches: Sequence[Match]) -> None:
        self._hosts: dict[str, dict[str, list[Match]]] = {"http": {}, "https": {}}
        for match in matches:
            for scheme in match.schemes:
                for host in match.hostnames or [""]:
                    self._hosts[scheme].setdefault(host, []).append(match)

    def winner(self, arrived: Arrived) -> tuple[Match | None, tuple[str, ...]]:
        """The winning match, and the routes between which the specification does not decide.

        Only the most specific hostname that covers the request is looked at: no attempt is made with a
        less specific one (divergence D7).
        """
        hosts = self._hosts[arrived.request.scheme]
        for host in covering(arrived.host):
            if host in hosts:
                hits = [match for match in hosts[host] if fits(match, arrived)]
                if not hits:
                    return None, ()
                best = max(hits, key=lambda match: (specificity(match), older(match)))
                return best, undecided(hits, best)
        return None, ()


def covering(host: str) -> Iterator[str]:
    """The hostnames that cover a host, most specific first; the empty one covers all."""
    yield host
    labels = host.split(".")
    for start in range(1, len(labels)):
        yield "*." + ".".join(labels[start:])
    yield ""


def specificity(match: Match) -> tuple[int, int, bool, int, int]:
    """Path type, path length, method, headers, query parameters."""
    length = len(match.path.rstrip("/")) if match.path_type == "PathPrefix" else len(match.path)
    return (
        RANKS.get(match.path_type, 0),
        length if match.path_type != "RegularExpression" else 0,
        bool(match.method),
        len(match.headers),
        len(match.query),
    )


def older(match: Match) -> tuple[Descending, ...]:
    """The order among equals: older, then alphabetical, then first in the list."""
    return tuple(Descending(part) for part in match.age)


class Descending:
    """A value that sorts the other way round."""

    __slots__ = ("value",)

    def __init__(self, value: str | int) -> None:
        self.value = value

    def __lt__(self, other: Descending) -> bool:
        return other.value < self.value  # type: ignore[operator]

    def __eq__(self, other: object) -> bool:
        return isinstance(other, Descending) and self.value == other.value

    def __hash__(self) -> int:
        return hash(self.value)


def undecided(hits: Sequence[Match], best: Match) -> tuple[str, ...]:
    """Rules that an implementation may prefer: regular expressions against prefixes and one another."""
    if best.path_type != "RegularExpression":
        return ()
    others = [match for match in hits if match.path_type != "Exact"]
    names = tuple(dict.fromkeys(match.id for match in others))
    return names if len(names) > 1 else ()


def fits(match: Match, arrived: Arrived) -> bool:
    """Whether all conditions of a match hold."""
    if match.method and match.method != arrived.request.method:
        return False
    if not path_fits(match.path_type, match.path, arrived.path):
        return False
    for name, value, regex in match.headers:
        found = arrived.header(name)
        if found is None or not (full_match(value, found) if regex else found == value):
            return False
    if match.query:
        arguments = query_arguments(arrived.query)
        for name, value, regex in match.query:
            values = arguments.get(name)
            if not values or not (full_match(value, values[0]) if regex else values[0] == value):
                return False
    return True


def path_fits(path_type: str, pattern: str, path: str) -> bool:
    """One path criterion; prefixes compare whole segments and ignore a final slash."""
    if path_type == "Exact":
        return path == pattern
    if path_type == "RegularExpression":
        return full_match(pattern, path)
    stem = pattern.rstrip("/")
    return path == stem or path.startswith(stem + "/") or not stem


def full_match(pattern: str, subject: str) -> bool:
    """A regular expression over the whole value, as Envoy-type implementations read it."""
    compiled = compiled_pattern(pattern)
    return compiled is not None and compiled.fullmatch(wire_bytes(subject)) is not None


@lru_cache(maxsize=4096)
def compiled_pattern(pattern: str) -> re.Pattern[bytes] | None:
    """The pattern for Python's engine, None where it cannot be said there."""
    try:
        return pcre(pattern)
    except (Untranslatable, re.error):
        return None
