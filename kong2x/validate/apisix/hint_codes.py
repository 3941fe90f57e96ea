"""The catalogue of what manifests alone cannot decide: values that work, and often not as their author meant.

`kong2x validate` tells them about anybody's objects. A conversion does not, because it knows what was meant.
"""

from __future__ import annotations

from collections.abc import Mapping

from kong2x.model.finding import Code, Level

_MAYBE = Level.APPROXIMATE
_NOTE = Level.EXACT

PRIORITY_IDLE = Code(
    "apisix/priority-without-effect",
    _MAYBE,
    "A rule has a priority, and a rule with a lower one gets its requests first.",
    "APISIX takes the most specific host, then the longest path, and compares priorities only between rules of "
    "one and the same path text under one host.",
    "Name the other rule's path in this rule too, under the same host; then its priority decides.",
)
NEVER_ANSWERS = Code(
    "apisix/rule-never-answers",
    _MAYBE,
    "Other rules take every request that a rule asks for.",
    "Either they stand on the same path with a higher priority and no further conditions, or on a longer path "
    "that every fitting request begins with. The number of conditions of a rule does not count.",
    "Give the rule a higher priority; where the other path is longer, name that path in this rule too.",
)
PREFIX_EDGE = Code(
    "apisix/prefix-edge",
    _NOTE,
    "A path ends at another place than a Kubernetes prefix does.",
    "/foo/* does not take /foo, and /foo* takes /foobar as well.",
    "Write both /foo and /foo/* for the path and everything below it.",
)
INGRESS_EXACT = Code(
    "apisix/ingress-exact",
    _MAYBE,
    "An Ingress path of type ImplementationSpecific is compared exactly.",
    "The APISIX ingress controller takes the text as it is, where others (Kong too) take a prefix: paths below it get "
    "404.",
    "Write pathType: Prefix, or a star at the end of the path.",
)
DEFAULT_BACKEND = Code(
    "apisix/default-backend",
    Level.UNSUPPORTED,
    "An Ingress has a default backend.",
    "The APISIX ingress controller never reads it, so requests that no path takes get 404.",
    "Write an ApisixRoute without hosts, with paths: [/*] and a negative priority.",
)
INGRESS_LISTS = Code(
    "apisix/ingress-address-lists",
    Level.UNSUPPORTED,
    "An Ingress has a list of allowed and a list of blocked addresses.",
    "Both become one ip-restriction, which takes one of the two only: APISIX refuses it at the next sync, in "
    "standalone mode all other objects too.",
    "Keep one of the two annotations.",
)
WILDCARD_DEPTH = Code(
    "apisix/wildcard-certificate",
    _MAYBE,
    "A certificate with a wildcard covers less than the hosts of a rule.",
    "*.example.com covers one label as a server name and any number as a host of a rule: over TLS, names with more "
    "labels fail in the handshake.",
    "Name the deeper hosts in an ApisixTls too.",
)
NO_CERTIFICATE = Code(
    "apisix/host-without-certificate",
    _MAYBE,
    "A rule serves a host over TLS that no ApisixTls among the objects covers.",
    "APISIX has no default certificate, so the handshake fails.",
    "Add an ApisixTls for the host, or set apisix.ssl.fallback_sni.",
)
STREAM_HOST = Code(
    "apisix/stream-host",
    _MAYBE,
    "A stream rule asks for a server name that no ApisixTls among the objects covers.",
    "APISIX sees the name only where it ends TLS itself with a certificate for it; passed through TLS never matches.",
    "Add an ApisixTls and a TLS port in stream_proxy, or give the rule a port of its own and leave host out.",
)
ABSENT_FITS = Code(
    "apisix/absent-fits",
    _NOTE,
    "A negated condition also holds where its subject is absent.",
    "NotEqual, NotIn and the negated expressions are true for a request that lacks the header, parameter or cookie.",
    'Add the condition RegexMatch "^" on the same subject if it must be there.',
)
FLAG = Code(
    "apisix/query-flag",
    _MAYBE,
    "A condition compares a query parameter with an empty text.",
    "?x= is empty; ?x without the sign is true to APISIX and equals no text.",
    'Use RegexMatch "^" if the parameter only has to be there.',
)
REWRITE_REST = Code(
    "apisix/rewrite-rest-stays",
    _NOTE,
    "The expression of a rewrite ends before the path does.",
    "Only the part that matches is replaced; what follows it stays behind the new text.",
    "End the expression with (.*)$ or $.",
)
REWRITE_DECODES = Code(
    "apisix/rewrite-decodes",
    _MAYBE,
    "A rule asks for an encoded path and rewrites it.",
    "proxy-rewrite builds the path from its decoded form: %2F arrives as a slash and // as one.",
    "Leave proxy-rewrite out of the rule, or see that the upstream takes the decoded path.",
)
REDIRECT_PORT = Code(
    "apisix/redirect-port",
    _NOTE,
    "http_to_https chooses port and status itself.",
    "Location names the port of plugin_attr.redirect.https_port, else that on which APISIX listens for TLS (9443 in "
    "the container), with 301 for GET and HEAD and 308 otherwise; behind a load balancer that ends TLS it may loop.",
    "Set plugin_attr.redirect.https_port: 443, or write uri with ret_code and a filter on scheme.",
)
REDIRECT_LATE = Code(
    "apisix/redirect-after-login",
    _MAYBE,
    "A redirect stands on a rule with authentication.",
    "Authentication comes first: a request without credentials gets 401 and is never redirected.",
    "Raise the redirect with _meta.priority above 22000.",
)
FORWARDED = Code(
    "apisix/forwarded-header",
    _NOTE,
    "A rule looks at an X-Forwarded header.",
    "APISIX overwrites X-Forwarded-Proto, -Host and -Port with what it sees itself, unless the peer is in "
    "apisix.trusted_addresses.",
    "List the load balancer's addresses in apisix.trusted_addresses.",
)
WEBSOCKET_OFF = Code(
    "apisix/websocket-off",
    _MAYBE,
    "A rule is about WebSocket and does not switch it on.",
    "APISIX drops the Upgrade header unless the rule says websocket: true, so handshakes fail.",
    "Write websocket: true.",
)
FOR_ALL_ROUTES = Code(
    "apisix/upstream-for-all",
    _NOTE,
    "The settings of an ApisixUpstream act on several routes.",
    "It binds to the Service by its name, so every rule to that Service gets its host, retries and timeouts.",
    "Write timeout and proxy-rewrite on the rule where only one route is meant.",
)
RETRIES_IDLE = Code(
    "apisix/retries-without-effect",
    _MAYBE,
    "An upstream has more retries than further nodes.",
    "APISIX tries every node once; only connection errors and timeouts count, and POST is not sent again.",
    "Write as many retries as there are further nodes, or add nodes.",
)
NOT_VERIFIED = Code(
    "apisix/upstream-not-verified",
    _NOTE,
    "TLS is spoken to an upstream whose certificate nobody verifies.",
    "APISIX never verifies the certificate of an upstream, and the controller has no field for it.",
    "Protect the way to the upstream otherwise (a mesh, a NetworkPolicy).",
)
CONSUMER_AND_ROUTE = Code(
    "apisix/plugin-consumer-and-route",
    _MAYBE,
    "A plugin that acts on the request early stands on a consumer and on a route, with other settings.",
    "In its rewrite phase the route's settings act for that consumer too, and only later the consumer's.",
    "Keep one of them, or use a plugin that acts in the access phase.",
)
LISTENER = Code(
    "apisix/listener-isolation",
    _MAYBE,
    "A redirecting and a serving route of one host and path stand on different listeners.",
    "The APISIX controller does not keep listeners apart: both become one place in its path tree, so requests "
    "are redirected in a loop, or are served in clear text.",
    "Target the redirecting HTTPRoute with an HTTPRoutePolicy whose vars ask for scheme == http, with a priority.",
)
REDIRECT_PATH = Code(
    "apisix/redirect-path",
    Level.UNSUPPORTED,
    "A redirect of an HTTPRoute names a path.",
    "The APISIX controller never reads RequestRedirect.path: Location keeps the path of the request.",
    "Put the redirect into a PluginConfig and name it by ExtensionRef.",
)
TLS_NAMES = Code(
    "apisix/tlsroute-hostnames",
    Level.UNSUPPORTED,
    "A TLSRoute has several host names.",
    "The controller gives all of them one id; APISIX in standalone mode refuses the whole configuration.",
    "Write one TLSRoute a host name.",
)
GRPC_NAMES = Code(
    "apisix/grpcroute-hostnames",
    _MAYBE,
    "A GRPCRoute names a host below the wildcard of its listener.",
    "The controller adds the listener's host name instead of narrowing it, so all hosts of the listener are answered.",
    "Name the host on a listener of its own and attach the GRPCRoute to that.",
)
HTTPROUTE_FIRST = Code(
    "apisix/httproute-first",
    _MAYBE,
    "An HTTPRoute and an ApisixRoute stand on the same host and path.",
    "The priorities that the controller computes for HTTPRoutes are above those of ApisixRoutes, so the HTTPRoute "
    "answers.",
    "Keep one of them, or give the HTTPRoute an HTTPRoutePolicy with a priority.",
)

TRAPS: Mapping[str, tuple[Code, ...]] = {
    "T3": (PRIORITY_IDLE,),
    "T4": (NEVER_ANSWERS,),
    "T5": (PRIORITY_IDLE,),
    "T7": (HTTPROUTE_FIRST,),
    "T10": (PREFIX_EDGE,),
    "T11": (INGRESS_EXACT,),
    "T15": (WILDCARD_DEPTH,),
    "T16": (ABSENT_FITS,),
    "T18": (FLAG,),
    "T21": (NEVER_ANSWERS,),
    "T38": (INGRESS_LISTS,),
    "T44": (FOR_ALL_ROUTES,),
    "T49": (RETRIES_IDLE,),
    "T50": (NOT_VERIFIED,),
    "T51": (WEBSOCKET_OFF,),
    "T58": (REWRITE_REST,),
    "T59": (REWRITE_DECODES,),
    "T60": (REDIRECT_PORT, REDIRECT_LATE),
    "T68": (CONSUMER_AND_ROUTE,),
    "T71": (NO_CERTIFICATE,),
    "T75": (STREAM_HOST,),
    "T77": (FORWARDED,),
    "T82": (DEFAULT_BACKEND,),
    "T83": (LISTENER,),
    "T84": (REDIRECT_PATH, TLS_NAMES, GRPC_NAMES),
}
"""The traps by the short names under which tests list them."""

CODES: tuple[Code, ...] = tuple({code.id: code for group in TRAPS.values() for code in group}.values())
