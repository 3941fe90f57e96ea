"""The catalogue of what no schema of Gateway API catches: accepted, and then not what was meant."""

from __future__ import annotations

from collections.abc import Mapping

from kong2x.model.finding import Code, Level, Severity

_ERROR = Severity.ERROR
_WARNING = Severity.WARNING
_LOST = Level.UNSUPPORTED

IP_HOST = Code(
    "gateway/ip-hostname",
    Level.APPROXIMATE,
    "A host name is an IP address.",
    "The specification forbids it and no listener or route is ever chosen by it.",
    "Remove it; requests by address reach a listener without hostname.",
    severity=_WARNING,
)
NO_TLS = Code(
    "gateway/https-without-tls",
    _LOST,
    "An HTTPS listener has no tls block.",
    "The object is accepted, the listener never becomes ready, and no request on it is answered.",
    "Add tls with certificateRefs.",
    severity=_ERROR,
)
HEADER_TWICE = Code(
    "gateway/header-twice",
    Level.APPROXIMATE,
    "A header stands twice in a list, or in two of set, add and remove.",
    "Header names ignore case; what happens is not defined and differs between implementations.",
    "Keep one entry.",
    severity=_WARNING,
)
REPLACEMENT = Code(
    "gateway/replacement-path",
    Level.APPROXIMATE,
    "The replacement of a path is no plain absolute path.",
    "Nobody checks it; data planes send it on, cut it or answer an error.",
    "Write an absolute path without query, fragment and spaces.",
    severity=_WARNING,
)
REGEX = Code(
    "gateway/regex",
    _LOST,
    "A regular expression is empty or no engine takes it.",
    "The object is accepted; the data plane refuses the rule or never matches it.",
    "Correct the expression.",
    severity=_ERROR,
)
REGEX_DIALECT = Code(
    "gateway/regex-dialect",
    Level.APPROXIMATE,
    "A regular expression uses what RE2 does not have.",
    "Implementations on RE2 (Envoy, Istio, Go) refuse it; those on PCRE (nginx, APISIX) take it.",
    "Rewrite it without, unless the implementation is known to take it.",
    severity=_WARNING,
)
NO_RULES = Code(
    "gateway/route-without-rules",
    Level.APPROXIMATE,
    "A route has no rules.",
    "It then matches every path of its hosts, has no backend, answers 500, and hides broader routes.",
    "Write the rules, or remove the route.",
    severity=_WARNING,
)
NO_SERVICE = Code(
    "gateway/service-missing",
    Level.APPROXIMATE,
    "A route names a Service, or a port of one, that is not among the objects.",
    "Its requests are answered with 500.",
    "Correct name and port, or apply the Service too.",
    severity=_WARNING,
)
EXTERNAL_NAME = Code(
    "gateway/external-name",
    Level.APPROXIMATE,
    "A route names a Service of type ExternalName.",
    "Several implementations refuse it, and the specification advises against it.",
    "Use an object of the implementation for hosts outside of the cluster.",
    severity=_WARNING,
)
NO_GRANT = Code(
    "gateway/grant-missing",
    _LOST,
    "A reference crosses namespaces and no ReferenceGrant among the objects allows it.",
    "A backend behind it answers 500, a listener with such a certificate is not programmed.",
    "Add a ReferenceGrant in the namespace of the target.",
    severity=_ERROR,
)
NOT_ALLOWED = Code(
    "gateway/parent-closed",
    _LOST,
    "A route names a Gateway of another namespace whose listeners take routes of their own namespace only.",
    "The route is not accepted and gets no traffic.",
    "Open allowedRoutes.namespaces of the listener.",
    severity=_ERROR,
)
TCP_PORT = Code(
    "gateway/tcp-port-shared",
    _LOST,
    "A TCP listener shares its port with listeners of another kind.",
    "All of these listeners are conflicted and none is served.",
    "Give TCP a port of its own.",
    severity=_ERROR,
)
HTTP_AND_GRPC = Code(
    "gateway/http-and-grpc",
    Level.APPROXIMATE,
    "An HTTPRoute and a GRPCRoute claim the same host on one listener.",
    "Only the older one is accepted; the other gets no traffic.",
    "Give them different hosts, or say both in one HTTPRoute.",
    severity=_WARNING,
)
NO_LISTENER = Code(
    "gateway/no-listener",
    _LOST,
    "A route has no host in common with the listeners it is attached to.",
    "It is not accepted and gets no traffic.",
    "Add a listener for the host, or correct the host.",
    severity=_ERROR,
)
SHARED_ADDRESS = Code(
    "gateway/address-shared",
    Level.APPROXIMATE,
    "Two Gateways ask for the same address and the same port.",
    "What happens depends on the controller; one of them usually gets no traffic.",
    "Merge them, or give each an address.",
    severity=_WARNING,
)
UNCHECKED: Mapping[int, tuple[Code, ...]] = {
    1: (IP_HOST,),
    2: (NO_TLS,),
    3: (HEADER_TWICE,),
    4: (REPLACEMENT,),
    5: (
        REGEX,
        REGEX_DIALECT,
    ),
    6: (NO_RULES,),
    7: (
        NO_SERVICE,
        EXTERNAL_NAME,
    ),
    8: (NO_GRANT,),
    9: (NOT_ALLOWED,),
    10: (TCP_PORT,),
    11: (HTTP_AND_GRPC,),
    12: (NO_LISTENER,),
    13: (SHARED_ADDRESS,),
}
"""The thirteen gaps by number."""

CODES: tuple[Code, ...] = tuple(code for group in UNCHECKED.values() for code in group)
