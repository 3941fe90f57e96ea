"""Mistakes that make Kong refuse its whole configuration, each with its own page (kong-source.md 9.1)."""

from __future__ import annotations

from kong2x.model.finding import Code, Level

_FROZEN = (
    "Kong takes a configuration as a whole or not at all: with this mistake in it a running Kong keeps the "
    "last configuration that it took, and a new one gets none. What the manifests say may differ from what is served."
)


def _code(slug: str, summary: str, remedy: str) -> Code:
    return Code(f"refused/{slug}", Level.UNKNOWN, summary, _FROZEN, remedy)


PATH_START = _code(
    "path-start",
    "A path does not begin with a slash.",
    "Begin the path with a slash; after a regex marker the pattern must begin with one too.",
)
PATH_FORM = _code(
    "path-not-normalised",
    "A plain path is not in the form in which Kong compares paths.",
    "Write the path decoded and without dot segments, with upper-case hex where a triplet must stay.",
)
REGEX = _code(
    "regex",
    "A path does not compile as a regular expression.",
    "Correct the pattern; characters of an Exact or Prefix path act as a pattern in the classic routers.",
)
HEADER_REGEX = _code(
    "header-regex",
    "A header criterion does not compile as a regular expression.",
    "Correct the pattern after ~*.",
)
HEADER_EMPTY = _code(
    "header-empty-value",
    "A header criterion holds an empty value.",
    "Remove the separator at the end, or the doubled one.",
)
HEADER_HOST = _code(
    "header-host",
    "The Host header stands among the header criteria.",
    "Use a host of the rule or konghq.com/host-aliases.",
)
PATH_HANDLING = _code(
    "path-handling",
    "konghq.com/path-handling is neither v0 nor v1.",
    "Write v0 or v1.",
)
PROTOCOL_UNKNOWN = _code(
    "protocol-unknown",
    "A route names a protocol that Kong does not know.",
    "Use http, https, grpc, grpcs, tcp, tls, tls_passthrough or udp; ws and wss need Kong Enterprise.",
)
PROTOCOLS_MIXED = _code(
    "protocols-mixed",
    "A route mixes protocols that exclude each other.",
    "Keep HTTP, gRPC and stream protocols on objects of their own.",
)
SNIS_WITHOUT_TLS = _code(
    "snis-without-tls",
    "A route looks at the TLS server name and serves no TLS protocol.",
    "Add https, grpcs, tls or tls_passthrough to its protocols.",
)
SERVICE_PATH = _code(
    "service-path",
    "A service with a path has a stream protocol.",
    "Services behind an Ingress need an HTTP or gRPC protocol.",
)
SERVICE_PROTOCOL = _code(
    "service-protocol",
    "A service names a protocol that Kong does not know.",
    "Use http, https, grpc, grpcs, tcp, tls or udp.",
)
SERVICE_TLS = _code(
    "service-tls",
    "TLS settings stand on a service whose protocol is not https or tls.",
    "Set konghq.com/protocol: https, or remove the TLS annotations of the Service.",
)
TIMEOUT_RANGE = _code(
    "timeout-range",
    "A timeout is not between 1 and 2147483646 milliseconds.",
    "State the timeout in milliseconds, at least 1.",
)
RETRIES_RANGE = _code(
    "retries-range",
    "The retries are not between 0 and 32767.",
    "State a number from 0 to 32767.",
)
DEPTH_RANGE = _code(
    "tls-verify-depth-range",
    "The depth of TLS verification is not between 0 and 64.",
    "State a number from 0 to 64.",
)
CODES = (
    PATH_START,
    PATH_FORM,
    REGEX,
    HEADER_REGEX,
    HEADER_EMPTY,
    HEADER_HOST,
    PATH_HANDLING,
    PROTOCOL_UNKNOWN,
    PROTOCOLS_MIXED,
    SNIS_WITHOUT_TLS,
    SERVICE_PATH,
    SERVICE_PROTOCOL,
    SERVICE_TLS,
    TIMEOUT_RANGE,
    RETRIES_RANGE,
    DEPTH_RANGE,
)
