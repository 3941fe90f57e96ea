"""The finding codes about which requests a rule answers, and what of them reaches the upstream."""

from __future__ import annotations

from kong2x.model.finding import Code, Level, Severity

ENCODED = Code(
    "apisix/encoded-path",
    Level.APPROXIMATE,
    "A path is written percent-encoded.",
    "APISIX compares decoded paths. The rule names the decoded path and looks for the encoded text "
    "in the request line besides.",
    "Use a path without encoded reserved characters.",
)
UNESCAPED = Code(
    "apisix/unescaped-path",
    Level.APPROXIMATE,
    "Kong reads a literal path as a pattern.",
    "The classic routers get the exact half of a path without escapes, so a dot stands for any "
    "character and a path with "
    "other special characters may never match itself. The rule answers the literal path where Kong does.",
    "Nothing has to be done unless clients rely on the other paths.",
)
REGEX_REFUSED = Code(
    "apisix/regex-refused",
    Level.UNSUPPORTED,
    "A pattern for a path, a header or a parameter cannot be read by APISIX.",
    "APISIX uses PCRE. A pattern for Rust's library that PCRE refuses would make the rule invalid, "
    "so its path is left out, or the route where it asks for a header or a parameter.",
    "Rewrite the pattern without the construct.",
)
REGEX_DIALECT = Code(
    "apisix/regex-dialect",
    Level.APPROXIMATE,
    "A path pattern means something else to PCRE.",
    "The pattern is valid for both libraries, but a construct in it matches other texts.",
    "Rewrite the construct so that both read it alike.",
)
JOINED_HEADERS = Code(
    "apisix/joined-headers",
    Level.APPROXIMATE,
    "A repeated header is compared as one text.",
    "nginx joins the values of a repeated header with a comma before APISIX compares; Kong compares each value.",
    "Nothing has to be done unless clients repeat the header.",
    severity=Severity.INFO,
)
DEAD_HOST = Code(
    "apisix/dead-host",
    Level.IGNORED,
    "A host never matches in Kong's expressions router.",
    "A wildcard at the end of a host is literal text there, so nothing is written for it.",
)
TIE = Code(
    "apisix/tie",
    Level.APPROXIMATE,
    "Two routes are equal to Kong's router.",
    "Kong decides by ids or by the order of its list. On APISIX the order is fixed by priorities.",
    "Make one of the two routes more specific.",
)
ORDER_LOST = Code(
    "apisix/order-lost",
    Level.UNSUPPORTED,
    "Kong's order of routes is circular.",
    "Kong's router looks at short lists first, so that no fixed order gives the same winner for every request.",
    "Make the routes differ in host or path.",
)
NO_RULE = Code(
    "apisix/no-rule",
    Level.UNSUPPORTED,
    "Nothing is written for a route.",
    "None of its hosts or paths can be said on APISIX; its requests go to other routes or get 404.",
    "See the other findings about the route.",
)
RAW_PATH = Code(
    "apisix/raw-path",
    Level.APPROXIMATE,
    "Unusual request paths reach the upstream in another form.",
    "Kong sends the normalised path. APISIX sends the path as it came, or rebuilds it from its "
    "decoded form where it rewrites.",
    "Nothing has to be done unless the service sees such paths.",
    severity=Severity.INFO,
)
DECODED_PATH = Code(
    "apisix/decoded-path",
    Level.APPROXIMATE,
    "APISIX decodes paths before it compares them.",
    "Kong keeps reserved characters encoded for matching. On APISIX %2F is a slash, so an encoded path can match.",
    "Set apisix.match_uri_encoded_slash (release 3.18) to keep %2F apart.",
    severity=Severity.INFO,
)
HOST_CASE = Code(
    "apisix/host-case",
    Level.APPROXIMATE,
    "Hosts are compared without case.",
    "Kong compares the Host header as it came. APISIX lowers it first.",
    severity=Severity.INFO,
)
SNI_PLAIN_HTTP = Code(
    "apisix/sni-plain-http",
    Level.APPROXIMATE,
    "Some requests without a TLS server name no longer reach a route that asks for one.",
    "Kong's classic router tries such a route for plain HTTP when the methods, headers or hosts of a request are "
    "named by other routes, in a combination that no route has as its own. The rule asks for the server name always.",
    "Make the route serve https alone, or take the SNI criterion away.",
)
PROXY_TRUST = Code(
    "apisix/proxy-trust",
    Level.APPROXIMATE,
    "The scheme of a request is taken from X-Forwarded-Proto.",
    "Behind a balancer that ends TLS every request comes as plain HTTP. APISIX believes the header "
    "only from addresses in its "
    "configuration file.",
    "List the balancers in apisix.trusted_addresses.",
    severity=Severity.WARNING,
)
GRPC_STATUS = Code(
    "apisix/grpc-status",
    Level.APPROXIMATE,
    "Calls that do not fit a gRPC route get other answers.",
    "Kong refuses requests that are no gRPC calls with statuses of its own; APISIX has no such check.",
)
WEBSOCKET = Code(
    "apisix/websocket-only",
    Level.APPROXIMATE,
    "A route for WebSocket alone answers other requests too.",
    "APISIX cannot limit a route to handshakes.",
)
RENAMED = Code(
    "apisix/renamed",
    Level.APPROXIMATE,
    "An object has another name than its source.",
    "Two source objects of different kinds share a name, and both become an ApisixRoute.",
    severity=Severity.INFO,
)
BUFFERING = Code(
    "apisix/buffering",
    Level.UNSUPPORTED,
    "Buffering cannot be switched off.",
    "The plugin for it came with APISIX 3.17.",
    "Choose a newer release with --set apisix.version.",
)

CODES = (
    ENCODED,
    UNESCAPED,
    REGEX_REFUSED,
    REGEX_DIALECT,
    JOINED_HEADERS,
    DEAD_HOST,
    TIE,
    ORDER_LOST,
    NO_RULE,
    RAW_PATH,
    DECODED_PATH,
    HOST_CASE,
    SNI_PLAIN_HTTP,
    PROXY_TRUST,
    GRPC_STATUS,
    WEBSOCKET,
    RENAMED,
    BUFFERING,
)
