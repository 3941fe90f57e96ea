"""Which difference each finding code announces: in which respects, and for which requests.

A finding that is not listed here announces no difference in routing, however near it is to the route.
"""

from __future__ import annotations

import re
from collections.abc import Callable, Iterator, Mapping, Sequence
from dataclasses import dataclass, field

from kong2x.model.finding import Finding
from kong2x.model.source import ObjectRef
from kong2x.model.traffic import Answer, Criteria, Request
from kong2x.verify.regex import Untranslatable, pcre
from kong2x.verify.uri import kong_path, split_target, wire_bytes

ASPECTS = ("status", "service", "path", "host", "location", "plugins")


@dataclass(frozen=True, slots=True)
class Case:
    """One request with both answers; `aspects` are the respects in which they differ.

    `named` are the routes of the finding in question, `criteria` the literals of source routes by name,
    `target` the source objects of the target's winner and `origins` the object of each source route.
    """

    request: Request
    before: Answer
    after: Answer
    aspects: tuple[str, ...]
    criteria: Mapping[str, Criteria] = field(default_factory=dict)
    origins: Mapping[str, ObjectRef] = field(default_factory=dict)
    target: Sequence[ObjectRef] = ()
    named: tuple[str, ...] = ()
    result: ObjectRef | None = None
    """The target object that the finding names."""

    @property
    def path(self) -> bytes:
        """The path as Kong's routers compare it."""
        return kong_path(split_target(self.request.path)[0])

    def wanted(self) -> list[Criteria]:
        """What the named routes look at."""
        return [self.criteria[name] for name in self.named if name in self.criteria]


When = Callable[[Case], bool]


@dataclass(frozen=True, slots=True)
class Tells:
    """The respects in which answers may differ, and a condition on the request and both answers."""

    aspects: frozenset[str]
    when: When = lambda case: True


def explained(finding: Finding, case: Case) -> frozenset[str]:
    """The respects of a difference that a finding announces.

    >>> from kong2x.model.finding import Level, Severity
    >>> told = Finding("apisix/host-conflict", Level.UNSUPPORTED, Severity.WARNING, "…", routes=("r",))
    >>> case = Case(Request(), Answer("r"), Answer("s"), ("service", "host"))
    >>> sorted(explained(told, case))
    ['host']
    """
    tells = TELLS.get(finding.code) or AREAS.get(finding.code.partition("/")[0])
    if tells is None or not tells.when(case):
        return frozenset()
    return tells.aspects.intersection(case.aspects)


def rival(case: Case) -> bool:
    """The target's winner is one of several routes that the finding names, and so is Kong's."""
    known = {case.origins.get(name) for name in case.named}
    ours = case.before.route in case.named or not set(case.named).isdisjoint(case.before.tie)
    return ours and len(case.named) > 1 and any(origin in known for origin in case.target)


def told_winner(case: Case) -> bool:
    """Kong's winner is the route of the finding, and the target's answer comes from the object that it names."""
    kind, _, rest = (case.after.route or "").partition(" ")
    place = f"{case.result.namespace or 'default'}/{case.result.name}" if case.result else ""
    same = (kind, rest.partition(" ")[0]) == (case.result.kind if case.result else "", place)
    return case.before.route in case.named and same


def tied(case: Case) -> bool:
    """As `rival`, or several paths of one route are open and it answers on both sides."""
    if len(case.named) > 1:
        return rival(case)
    same = case.origins.get(case.before.route or "") in case.target
    return same and case.before.route in case.named and set(case.aspects) == {"path"}


def encoded(case: Case) -> bool:
    """The path has a percent-encoded character that Kong keeps encoded."""
    path = case.request.path.partition("?")[0].upper()
    return any(triplet in path for triplet in RESERVED)


def any_encoded(case: Case) -> bool:
    """The path has a percent-encoded character."""
    return "%" in case.request.path.partition("?")[0]


def line_feed(case: Case) -> bool:
    """In Kong's classic router the `$` of a pattern also matches before a final line feed (kong-source.md 4.9);
    targets compare the path exactly, and refuse it or let a wider route answer."""
    return case.request.path.partition("?")[0].endswith("%0A") and bool(case.before.route)


def respelled(case: Case) -> bool:
    """The same backend gets the same path in another spelling."""
    before, after = case.before, case.after
    if before.path is None or after.path is None:
        return False
    if before.service != after.service and not cluster_name(case):
        return False
    return kong_path(wire_bytes(before.path)) == kong_path(wire_bytes(after.path))


def other_case(case: Case) -> bool:
    """The Host header has upper case letters, or a route has the host in another case."""
    host = case.request.host
    if host != host.lower():
        return True
    return any(
        literal != host and literal.lower() == host
        for criteria in case.criteria.values()
        for literal in criteria.hosts
    )


def joined_header(case: Case) -> bool:
    """A header of the named routes comes several times or as a list."""
    names = [name.lower() for name, _ in case.request.headers]
    found = {n.lower() for criteria in case.wanted() for n, _ in criteria.headers}
    return any(
        name.lower() in found and (names.count(name.lower()) > 1 or "," in value)
        for name, value in case.request.headers
    )


def repeated_header(case: Case) -> bool:
    """A header comes several times; APISIX joins its values before it compares (apisix-target.md 2.1.1)."""
    names = [name.lower() for name, _ in case.request.headers]
    return len(set(names)) < len(names)


def cased_header(case: Case) -> bool:
    """A header of the named routes has a wanted value in another case."""
    for criteria in case.wanted():
        for name, values in criteria.headers:
            for given in case.request.header(name):
                if given not in values and given.lower() in {value.lower() for value in values}:
                    return True
    return False


def patterned_header(case: Case) -> bool:
    """The request has a header that one of the named routes compares with a pattern."""
    return any(
        case.request.header(name) and any(value.startswith("~*") for value in values)
        for criteria in case.wanted()
        for name, values in criteria.headers
    )


def fulfils_pattern(case: Case) -> bool:
    """The path fulfils a pattern of the named routes, or begins with an encoded path, which is written as one.

    A pattern that cannot be evaluated counts.
    """
    for criteria in case.wanted():
        for kind, text in criteria.paths:
            if "%" in text and case.path.startswith(wire_bytes(text)):
                return True
            if kind != "regex":
                continue
            try:
                if pcre(text).match(case.path):
                    return True
            except (Untranslatable, re.error):
                return True
    return False


def resembles(case: Case) -> bool:
    """The path fulfils a literal path of the named routes read as a pattern and not the text, or the other way."""
    for criteria in case.wanted():
        for kind, text in criteria.paths:
            if kind == "regex" or not SPECIAL.search(text):
                continue
            try:
                read = pcre(f"{text}(?:/|$)" if kind == "prefix" else f"{text}$").match(case.path) is not None
            except (Untranslatable, re.error):
                read = False
            literal = wire_bytes(text)
            if read != (case.path == literal or (kind == "prefix" and case.path.startswith(literal + b"/"))):
                return True
    return False


def mid_segment(case: Case) -> bool:
    """The path goes on inside a segment behind a prefix of the named routes."""
    return any(
        case.path.startswith(text) and case.path[len(text) : len(text) + 1] not in (b"", b"/")
        for text in _prefixes(case)
    )


def bare_prefix(case: Case) -> bool:
    """The path is a prefix of the named routes without its final slash."""
    return any(text.endswith(b"/") and case.path == text[:-1] for text in _prefixes(case))


def _prefixes(case: Case) -> Iterator[bytes]:
    """The prefixes of the named routes, patterns of nothing but text among them."""
    for criteria in case.wanted():
        for kind, text in criteria.paths:
            if kind == "regex":
                text = OPEN_END.sub("", text)
            if kind == "prefix" or (kind == "regex" and not SPECIAL.search(text)):
                yield wire_bytes(text)


def plain_http(case: Case) -> bool:
    """The request comes without TLS."""
    return case.request.scheme == "http"


def other_server_name(case: Case) -> bool:
    """The TLS server name is not that of the Host header, or there is none."""
    host = case.request.host.rpartition(":")[0] or case.request.host
    return case.request.server_name != host


def refused(case: Case) -> bool:
    """The target answers by itself with an error."""
    return case.after.status is not None and case.after.status >= 400


def no_grpc(case: Case) -> bool:
    """Kong answers by itself because the request is no gRPC call, or one without TLS."""
    return case.before.status in (200, 404, 415, 426)


def cluster_name(case: Case) -> bool:
    """The target reaches the same Service through its name in the cluster."""
    place, _, port = (case.before.service or "").partition(":")
    namespace, _, name = place.partition("/")
    return case.after.service == f"{name}.{namespace}.svc.cluster.local:{port}"


def elsewhere(case: Case) -> bool:
    """The target's winner does not come from the object of Kong's route."""
    return case.origins.get(case.before.route or "") not in case.target


RESERVED = tuple(f"%{ord(char):02X}" for char in "!*'();:@&=+$,/?%#[]")
OPEN_END = re.compile(r"(?:\.\*|\(\.\*\)|\(\?<\w+>\.\*\))\$?$")
SPECIAL = re.compile(r"[\\.+*?()\[\]{}|^$]")
ANY = frozenset(ASPECTS)
STATUS, PATH, HOST = frozenset({"status"}), frozenset({"path"}), frozenset({"host"})
LOCATION = frozenset({"location", "status"})
BACKEND = frozenset({"path", "host", "status", "location"})
"""What a plugin that answers or rewrites can change; which route wins is no plugin's doing."""

TELLS: Mapping[str, Tells] = {
    "paths/line-feed": Tells(ANY, line_feed),
    "routes/other-winner": Tells(ANY, told_winner),
    "security/denied": Tells(STATUS, refused),
    "apisix/decoded-path": Tells(ANY, encoded),
    "apisix/raw-path": Tells(PATH, respelled),
    "apisix/host-case": Tells(ANY, other_case),
    "apisix/tie": Tells(ANY, tied),
    "apisix/order-lost": Tells(ANY, rival),
    "apisix/joined-headers": Tells(ANY, joined_header),
    "apisix/encoded-path": Tells(ANY, any_encoded),
    "apisix/unescaped-path": Tells(ANY, resembles),
    "apisix/regex-refused": Tells(ANY, fulfils_pattern),
    "apisix/regex-dialect": Tells(ANY, fulfils_pattern),
    "apisix/sni-plain-http": Tells(ANY, plain_http),
    "apisix/host-conflict": Tells(HOST),
    "apisix/denied": Tells(STATUS, refused),
    "apisix/no-rule": Tells(ANY, elsewhere),
    "apisix/grpc-status": Tells(STATUS, no_grpc),
    "apisix/websocket-only": Tells(STATUS),
    "apisix/external-node": Tells(frozenset({"service"}), cluster_name),
    "gateway-api/host-case": Tells(ANY, other_case),
    "gateway-api/apisix-decoded-path": Tells(ANY, encoded),
    "gateway-api/apisix-raw-path": Tells(PATH, respelled),
    "gateway-api/apisix-joined-headers": Tells(ANY, repeated_header),
    "gateway-api/apisix-order": Tells(ANY, rival),
    "gateway-api/apisix-https-only": Tells(STATUS, plain_http),
    "gateway-api/grpc-only": Tells(STATUS, no_grpc),
    "gateway-api/header": Tells(ANY, elsewhere),
    "gateway-api/host": Tells(ANY, elsewhere),
    "gateway-api/same-match": Tells(ANY, rival),
    "gateway-api/regex-order": Tells(ANY, fulfils_pattern),
    "gateway-api/regex-priority": Tells(ANY, fulfils_pattern),
    "gateway-api/regular-expression": Tells(ANY, fulfils_pattern),
    "gateway-api/encoded-path": Tells(ANY, any_encoded),
    "gateway-api/header-case": Tells(ANY, cased_header),
    "gateway-api/header-joined": Tells(ANY, joined_header),
    "gateway-api/header-pattern": Tells(ANY, patterned_header),
    "gateway-api/raw-prefix": Tells(ANY, mid_segment),
    "gateway-api/raw-prefix-slash": Tells(ANY, bare_prefix),
    "gateway-api/unescaped-path": Tells(ANY, resembles),
    "gateway-api/sni": Tells(ANY, other_server_name),
    "gateway-api/sni-differs-from-host": Tells(ANY, elsewhere),
    "gateway-api/route-empty": Tells(ANY, elsewhere),
    "gateway-api/denied": Tells(STATUS, refused),
    "gateway-api/answer-lost": Tells(STATUS, refused),
    "gateway-api/no-backend": Tells(STATUS, refused),
    "gateway-api/rewrite-refused": Tells(STATUS, refused),
    "gateway-api/upstream-tls": Tells(STATUS, refused),
    "gateway-api/https-only": Tells(STATUS, plain_http),
    "gateway-api/https-redirect": Tells(LOCATION, plain_http),
    "gateway-api/rewrite": Tells(PATH),
    "gateway-api/host-of-pod": Tells(HOST),
    "gateway-api/host-port": Tells(HOST),
    "gateway/redirect-without-host": Tells(LOCATION, refused),
}

AREAS: Mapping[str, Tells] = {
    **dict.fromkeys(
        (
            "redirect",
            "request-termination",
            "request-transformer",
            "request-transformer-advanced",
            "route-by-header",
            "canary",
            "mocking",
            "aws-lambda",
            "azure-functions",
            "exit-transformer",
            "pre-function",
            "post-function",
            "plugins",
        ),
        Tells(BACKEND),
    ),
    "refused": Tells(ANY),
}
"""The areas of plugins that answer in the backend's place or change what it gets; and of mistakes for which Kong
refuses the whole configuration, so that what it does with the named routes is not known."""

EVERYWHERE = frozenset(
    {
        "paths/line-feed",
        "apisix/decoded-path",
        "apisix/raw-path",
        "apisix/host-case",
        "gateway-api/host-case",
        "gateway-api/apisix-decoded-path",
        "gateway-api/apisix-raw-path",
        "gateway-api/apisix-joined-headers",
    }
)
"""Codes that speak of all routes together, and so name none."""
