"""Which requests are worth sending: built from every literal of both worlds and its near misses."""

from __future__ import annotations

from collections.abc import Iterable, Iterator, Sequence
from dataclasses import dataclass, field
from itertools import product

from kong2x.model.traffic import Criteria, Request
from kong2x.verify.samples import strings_matching

UNKNOWN_HOST = "unknown.kong2x.invalid"
UNUSED_METHODS = ("GET", "POST", "DELETE")
FULL_PRODUCT = 4000
"""A host with fewer combinations than this gets all of them; above it one thing varies at a time."""


@dataclass(slots=True)
class Group:
    """All that routes on one host look at."""

    hosts: list[str]
    paths: dict[str, None] = field(default_factory=dict)
    methods: dict[str, None] = field(default_factory=dict)
    headers: dict[tuple[tuple[str, str], ...], None] = field(default_factory=dict)
    queries: dict[str, None] = field(default_factory=dict)
    snis: dict[str | None, None] = field(default_factory=dict)


def generate(criteria: Iterable[Criteria]) -> list[Request]:
    """Requests for these routes, in a stable order, each once.

    For each host: the host, a sub-host and an unknown one; for each path: itself, with and without
    final slash, one segment longer, the same letters longer, other case, an encoded slash, dots and a
    double slash; each method used and one not; each header value, another one and none; http and https.

    >>> from kong2x.model.traffic import Criteria
    >>> made = generate([Criteria(hosts=("a.example",), paths=(("prefix", "/x"),))])
    >>> {"/x", "/x/", "/x/y", "/xy"} <= {request.path for request in made}
    True
    """
    every = list(criteria)
    seen: dict[Request, None] = {}
    for group in groups(every):
        for request in requests_of(group):
            seen.setdefault(request)
    return list(seen)


def groups(every: Sequence[Criteria]) -> Iterator[Group]:
    """One group a host literal, holding what routes on that host, on wildcards and on no host want."""
    literals = list(dict.fromkeys(host for c in every for host in c.hosts))
    by_host: dict[str, list[Criteria]] = {}
    floating = [c for c in every if not c.hosts or any("*" in host for host in c.hosts)]
    for one in every:
        for host in one.hosts:
            by_host.setdefault(host, []).append(one)
    for literal in literals:
        concrete = concrete_hosts(literal)
        relevant = by_host[literal] + [c for c in floating if literal not in c.hosts and meets(c, concrete)]
        yield collect(concrete, relevant)
    hostless = [c for c in every if not c.hosts]
    yield collect([UNKNOWN_HOST], hostless or [Criteria()])


def concrete_hosts(literal: str) -> list[str]:
    """Host headers around a host literal: hits first, then a near miss."""
    if literal.startswith("*"):
        suffix = literal.lstrip("*")
        return [f"any{suffix}", f"deep.any{suffix}", suffix.lstrip(".")]
    if literal.endswith(".*"):
        stem = literal[:-1]
        return [f"{stem}example", f"{stem}example.org"]
    return [literal, f"sub.{literal}"]


def meets(criteria: Criteria, hosts: Sequence[str]) -> bool:
    """Whether a route without plain hosts can answer one of these hosts."""
    if not criteria.hosts:
        return True
    return any(
        (pattern.startswith("*") and host.endswith(pattern[1:]))
        or (pattern.endswith("*") and host.startswith(pattern[:-1]))
        for pattern in criteria.hosts
        for host in hosts
    )


def collect(hosts: list[str], relevant: Sequence[Criteria]) -> Group:
    """The literals of several routes with their near misses."""
    group = Group(hosts)
    group.headers[()] = None
    group.snis[None] = None
    for one in relevant:
        for kind, text in one.paths or (("prefix", "/"),):
            group.paths.update(dict.fromkeys(path_variants(kind, text)))
        group.methods.update(dict.fromkeys(one.methods))
        group.headers.update(dict.fromkeys(header_variants(one.headers)))
        for name, values in one.query:
            group.queries.update(dict.fromkeys(f"{name}={value.removeprefix('~*')}" for value in values))
            group.queries[f"{name}=other"] = None
        group.snis.update(dict.fromkeys(one.snis))
    group.paths.setdefault("/")
    for method in UNUSED_METHODS:
        if method not in group.methods:
            group.methods[method] = None
            break
    return group


def path_variants(kind: str, text: str) -> Iterator[str]:
    """A path literal as requests, and requests that nearly match it."""
    if kind == "regex":
        for sample in strings_matching(text):
            path = sample if sample.startswith("/") else f"/{sample}"
            yield from (wire(path), wire(path + "/tail"), wire(path + "x"))
        return
    path = text if text.startswith("/") else f"/{text}"
    stem = path.rstrip("/")
    yield wire(path)
    yield wire(stem) or "/"
    yield wire(stem + "/")
    yield wire(stem + "/y")
    yield wire(stem + "/y/z?q=1")
    if stem:
        yield wire(stem + "y")
        yield wire(stem.swapcase())
        yield wire(stem) + "%2Fy"
        yield wire(stem) + "/./y"
        yield wire(stem) + "/../y"
        yield "/" + wire(stem) + "//y"
        yield wire(stem) + "%0A"
        if "." in stem:
            yield wire(stem.replace(".", "x"))


def wire(path: str) -> str:
    """A path as a client sends it: what has no place in a request line is percent-encoded."""
    out = []
    for byte in path.encode("utf-8", "surrogatepass"):
        char = chr(byte)
        out.append(char if 33 <= byte <= 126 and char not in '"<>\\^`{|}' else f"%{byte:02X}")
    return "".join(out)


def header_variants(
    headers: Sequence[tuple[str, tuple[str, ...]]],
) -> Iterator[tuple[tuple[str, str], ...]]:
    """All headers satisfied by each value, one of them wrong, one of them missing."""
    if not headers:
        return
    choices = [[(name, value) for value in concrete_values(values)] for name, values in headers]
    first = tuple(options[0] for options in choices)
    yield first
    for position, options in enumerate(choices):
        for other in options[1:]:
            yield (*first[:position], other, *first[position + 1 :])
        name = headers[position][0]
        yield (*first[:position], (name, "kong2x-other"), *first[position + 1 :])
        yield (*first[:position], *first[position + 1 :])


def concrete_values(values: Sequence[str]) -> list[str]:
    """Header values that satisfy a criterion; for literals also in another case."""
    out: dict[str, None] = {}
    for value in values:
        if value.startswith("~*"):
            out.update(dict.fromkeys(strings_matching(value[2:])))
        else:
            out[value] = None
            out[value.swapcase()] = None
    return list(out) or ["kong2x"]


def requests_of(group: Group) -> Iterator[Request]:
    """The requests of one group: all combinations where they are few, else one thing at a time."""
    paths, methods, headers = list(group.paths), list(group.methods), list(group.headers)
    snis = list(group.snis)
    schemes = ("http", "https")
    size = len(group.hosts) * len(paths) * len(methods) * len(headers) * 2 * len(snis)
    if size <= FULL_PRODUCT:
        combos: Iterable[tuple[str, str, str, tuple[tuple[str, str], ...], str, str | None]] = product(
            group.hosts, paths, methods, headers, schemes, snis
        )
    else:
        combos = sparse(group, paths, methods, headers, snis)
    for host, path, method, header, scheme, sni in combos:
        if sni is not None and scheme == "http":
            continue
        yield Request(method, host, path, header, scheme, sni)
    for query in group.queries:
        for host, path in product(group.hosts[:1], paths):
            yield Request(methods[0], host, f"{path.partition('?')[0]}?{query}")


def sparse(
    group: Group,
    paths: list[str],
    methods: list[str],
    headers: list[tuple[tuple[str, str], ...]],
    snis: list[str | None],
) -> Iterator[tuple[str, str, str, tuple[tuple[str, str], ...], str, str | None]]:
    """Every path with every header set once, and every other choice on every path once."""
    host, method = group.hosts[0], methods[0]
    for path in paths:
        for header in headers:
            yield host, path, method, header, "http", None
        for other_method in methods[1:]:
            yield host, path, other_method, (), "http", None
        for other_host in group.hosts[1:]:
            yield other_host, path, method, (), "http", None
        for sni in snis:
            yield host, path, method, (), "https", sni
