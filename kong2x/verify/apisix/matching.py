"""Which APISIX route wins: the host tree, then the path tree (apisix-target.md 4.1-4.4)."""

from __future__ import annotations

import re
from collections.abc import Iterator, Sequence
from dataclasses import dataclass, field
from functools import lru_cache

from kong2x.verify.apisix.entries import Entry
from kong2x.verify.apisix.expressions import address_in, compiled_pattern, holds
from kong2x.verify.apisix.variables import Variables


@dataclass(slots=True)
class Candidate:
    """One path of one route in a path tree."""

    entry: Entry
    pattern: str


@dataclass(slots=True)
class PathTree:
    """Exact paths, and prefixes by the text before their first star."""

    exact: dict[str, list[Candidate]] = field(default_factory=dict)
    prefixes: dict[str, list[Candidate]] = field(default_factory=dict)
    lengths: list[int] = field(default_factory=list)

    def add(self, entry: Entry) -> None:
        """Takes in every path of a route."""
        for pattern in dict.fromkeys(entry.uris):
            stem, star, _ = pattern.partition("*")
            node = self.prefixes if star else self.exact
            node.setdefault(stem, []).append(Candidate(entry, pattern))

    def freeze(self) -> None:
        """Sorts each node: priority, then the longer pattern, then the order of the list."""
        for node in (*self.exact.values(), *self.prefixes.values()):
            node.sort(key=rank)
        self.lengths = sorted({len(stem) for stem in self.prefixes}, reverse=True)

    def groups(self, path: str) -> Iterator[list[Candidate]]:
        """The nodes that a path meets, best first."""
        if path in self.exact:
            yield self.exact[path]
        for length in self.lengths:
            if length <= len(path):
                node = self.prefixes.get(path[:length])
                if node is not None:
                    yield node


def rank(candidate: Candidate) -> tuple[int, int, int]:
    """The order inside a node."""
    return (-candidate.entry.priority, -len(candidate.pattern), candidate.entry.order)


@dataclass(slots=True)
class Table:
    """All routes of one gateway. `by_host` False is the flavour `radixtree_uri`."""

    entries: Sequence[Entry]
    by_host: bool = True
    _exact: dict[str, PathTree] = field(default_factory=dict)
    _suffixes: dict[str, PathTree] = field(default_factory=dict)
    _floating: PathTree = field(default_factory=PathTree)

    def __post_init__(self) -> None:
        for position, entry in enumerate(self.entries):
            entry.order = position
            if not self.by_host or not entry.hosts:
                self._floating.add(entry)
                continue
            for host in dict.fromkeys(host.lower() for host in entry.hosts):
                if host.startswith("*"):
                    self._suffixes.setdefault(host[1:], PathTree()).add(entry)
                else:
                    self._exact.setdefault(host, PathTree()).add(entry)
        for tree in (*self._exact.values(), *self._suffixes.values(), self._floating):
            tree.freeze()

    def trees(self, host: str) -> Iterator[PathTree]:
        """The path trees that a host meets: exact, wildcards by longest suffix, then those of no host."""
        if self.by_host:
            if host in self._exact:
                yield self._exact[host]
            for start in range(len(host) + 1):
                tree = self._suffixes.get(host[start:])
                if tree is not None and (start > 0 or not host[start:].startswith(".")):
                    yield tree
        yield self._floating

    def winner(self, variables: Variables) -> tuple[Entry | None, tuple[str, ...]]:
        """The route that answers, and the names between which the configuration does not decide."""
        path = variables.uri
        if path is None:
            return None, ()
        for tree in self.trees(variables.host):
            for group in tree.groups(path):
                hits = [c for c in group if self.fits(c, path, variables)]
                if hits:
                    best = rank(hits[0])[:2]
                    equal = [c.entry.id for c in hits if rank(c)[:2] == best]
                    return hits[0].entry, tuple(dict.fromkeys(equal)) if len(set(equal)) > 1 else ()
        return None, ()

    def fits(self, candidate: Candidate, path: str, variables: Variables) -> bool:
        """Whether all conditions of a candidate hold."""
        entry = candidate.entry
        if entry.methods and variables.request.method not in entry.methods:
            return False
        if not self.by_host and entry.hosts and not host_fits(entry.hosts, variables.host):
            return False
        if entry.remote_addrs and not address_in(variables.request.remote_address, entry.remote_addrs):
            return False
        whole = whole_path(candidate.pattern)
        if whole is not None:
            found = whole.search(path.encode("utf-8", "surrogateescape"))
            if found is None or found.group(0) != path.encode("utf-8", "surrogateescape"):
                return False
        return holds(entry.vars, variables)


def host_fits(hosts: Sequence[str], host: str) -> bool:
    """Whether one of a route's hosts covers the request's."""
    for pattern in (one.lower() for one in hosts):
        if pattern.startswith("*"):
            if host.endswith(pattern[1:]):
                return True
        elif host == pattern:
            return True
    return False


@lru_cache(maxsize=4096)
def whole_path(pattern: str) -> re.Pattern[bytes] | None:
    """The expression that must cover the whole path, for patterns with a segment that starts with a star.

    APISIX builds it from the unescaped text, so metacharacters in such a path act (4.2). None when the
    pattern has no such segment; a pattern that does not compile never matches.
    """
    segments = pattern.split("/")
    if not any(segment.startswith("*") for segment in segments):
        return None
    text = "/".join(r"(?:.|\n)*" if segment.startswith("*") else segment for segment in segments)
    return compiled_pattern(text) or re.compile(rb"(?!)")
