"""What the Gateway API emitter reports about routes and what happens to requests."""

from __future__ import annotations

from kong2x.model.finding import Code, Level, Protects, Severity

# --- matching -----------------------------------------------------------------------------------

HOST_INEXPRESSIBLE = Code(
    "gateway-api/host",
    Level.UNSUPPORTED,
    "A host name cannot be written.",
    "The Gateway API takes lower-case names with at most one leading wildcard label. The route is served "
    "for its other hosts only; it is never written without hosts, because it would then take more.",
    "Use full host names, or a wildcard at the front.",
)
SNI = Code(
    "gateway-api/sni",
    Level.APPROXIMATE,
    "The TLS server name is compared through the host name.",
    "A Gateway chooses the listener by the TLS server name and the rule by the Host header. Clients send "
    "the same name in both, so nothing changes for them.",
    severity=Severity.INFO,
)
SNI_OTHER = Code(
    "gateway-api/sni-differs-from-host",
    Level.UNSUPPORTED,
    "A route asks for a host and another TLS server name.",
    "No rule of the Gateway API holds both apart, so these requests are not served by the route.",
    "List the hosts of the route in konghq.com/snis as well.",
)
DEAD_PATH = Code(
    "gateway-api/dead-path",
    Level.IGNORED,
    "A path never matches in Kong.",
    "Kong compares normalised paths, so a path with dot segments or double slashes is never met.",
)
PATH_INEXPRESSIBLE = Code(
    "gateway-api/path",
    Level.UNSUPPORTED,
    "A path cannot be written.",
    "The Gateway API takes paths and patterns of up to 1024 characters. Requests for this path are not "
    "served by the route.",
    "Shorten the path or split the route.",
)
RAW_PREFIX = Code(
    "gateway-api/raw-prefix",
    Level.APPROXIMATE,
    "A path without pathType matches in the middle of a segment in Kong.",
    "The Gateway API compares whole path segments: /foo answers /foo and /foo/x, not /foobar. Requests of "
    "that form go to a broader rule or get 404.",
    "State pathType: Prefix, or use --set gateway-api.raw-prefix=regex.",
)
RAW_PREFIX_SLASH = Code(
    "gateway-api/raw-prefix-slash",
    Level.APPROXIMATE,
    "A path that ends in a slash also matches without it.",
    "The Gateway API ignores the final slash of a prefix, Kong does not.",
    severity=Severity.INFO,
)
RAW_PREFIX_REGEX = Code(
    "gateway-api/raw-prefix-regex",
    Level.APPROXIMATE,
    "A path is written as a prefix and as a regular expression.",
    "Together they match what Kong matches. Where a regular expression ranks against longer prefixes is "
    "the implementation's choice.",
    "Check the longer paths of the same host.",
)
ENCODED = Code(
    "gateway-api/encoded-path",
    Level.APPROXIMATE,
    "A path is written percent-encoded.",
    "The Gateway API takes no other characters. Most data planes compare the path as it is sent, some "
    "(APISIX) the decoded one.",
    "Test the path on the target.",
)
UNESCAPED = Code(
    "gateway-api/unescaped-path",
    Level.APPROXIMATE,
    "Kong reads a literal path as a pattern.",
    "The classic routers do not escape dots and other signs of Exact and Prefix paths, so Kong also "
    "answers paths that only resemble them. The Gateway answers the literal path.",
    severity=Severity.INFO,
)
REGEX = Code(
    "gateway-api/regular-expression",
    Level.APPROXIMATE,
    "A path is written as a regular expression.",
    "Support, dialect and rank of regular expressions are each implementation's own. The pattern is "
    "anchored at both ends so that all of them read it alike.",
    "Test the route on the target, or use Prefix and Exact paths.",
)
REGEX_DIALECT = Code(
    "gateway-api/regex-dialect",
    Level.UNSUPPORTED,
    "A pattern uses what many Gateways lack.",
    "RE2 has no look-around, back-references or atomic groups; a Gateway that uses it refuses the route.",
    "Rewrite the pattern.",
)
METHOD = Code(
    "gateway-api/method",
    Level.UNSUPPORTED,
    "A method cannot be written.",
    "The Gateway API knows GET, HEAD, POST, PUT, DELETE, CONNECT, OPTIONS, TRACE and PATCH. The route is "
    "not opened for all methods instead.",
    "Serve the method by a route without a method criterion if that is safe.",
)
HEADER_INEXPRESSIBLE = Code(
    "gateway-api/header",
    Level.UNSUPPORTED,
    "A header criterion cannot be written.",
    "Requests that need it are not served by the route; the criterion is never left out.",
    "Use another header or value.",
)
HEADER_CASE = Code(
    "gateway-api/header-case",
    Level.APPROXIMATE,
    "A header value is compared with case.",
    "Kong's classic routers ignore the case of header values, the Gateway API does not: fewer requests match.",
    "Use --set gateway-api.header-case=regex where the implementation knows (?i).",
)
HEADER_PATTERN = Code(
    "gateway-api/header-pattern",
    Level.APPROXIMATE,
    "A header is compared with a regular expression.",
    "Support and dialect are each implementation's own.",
)
HEADER_PATTERN_CASE = Code(
    "gateway-api/header-pattern-case",
    Level.APPROXIMATE,
    "A header pattern has capitals.",
    "Kong's traditional router compares the lower-cased value with the pattern as it is, so capitals "
    "never match; on the Gateway they do.",
    "Write the pattern in lower case.",
)
ROUTE_EMPTY = Code(
    "gateway-api/route-empty",
    Level.UNSUPPORTED,
    "Nothing of a route can be matched.",
    "No rule is written for it, so its requests go to broader rules or get 404.",
    "See the other findings about this route.",
)

# --- security -----------------------------------------------------------------------------------

DENIED = Code(
    "gateway-api/denied",
    Level.UNSUPPORTED,
    "A route refuses all requests.",
    "A check that decides who may call cannot be carried over. The rule keeps its match and has no "
    "backend, so the Gateway answers 500; leaving it out could let a broader rule serve the requests.",
    "Choose an implementation that has the check (--set gateway-api.implementation=...), put the check "
    "elsewhere, or accept the loss by name with --on-security-loss open.",
    Protects.ACCESS,
)
OMITTED = Code(
    "gateway-api/omitted",
    Level.UNSUPPORTED,
    "A route is left out because its protection is lost.",
    "This was asked for with --on-security-loss omit. A broader route may answer its requests.",
    "Use --on-security-loss deny.",
    Protects.ACCESS,
)
OPENED = Code(
    "gateway-api/opened",
    Level.UNSUPPORTED,
    "A route is served without a check that it had.",
    "This was asked for with --on-security-loss open and accepted by name.",
    "Put the check elsewhere before traffic moves.",
    Protects.ACCESS,
)
ANSWER_LOST = Code(
    "gateway-api/answer-lost",
    Level.UNSUPPORTED,
    "A plugin that answers in the backend's place is lost.",
    "Without it the backend would receive requests that Kong keeps from it. The rule keeps its match and "
    "has no backend, so the Gateway answers 500.",
    "Choose an implementation that can answer by itself, or let the backend do so.",
)
CONSUMER_PLUGIN = Code(
    "gateway-api/consumer-plugin",
    Level.UNSUPPORTED,
    "A plugin for one consumer does not act.",
    "The Gateway API has no consumers.",
    "Choose an implementation that has consumers.",
    Protects.PROTECTION,
)
CONSUMER_PLUGIN_ACCESS = Code(
    "gateway-api/consumer-access",
    Level.UNSUPPORTED,
    "An access check for one consumer does not act.",
    "The Gateway API has no consumers, so the routes refuse all requests.",
    "Choose an implementation that has consumers.",
    Protects.ACCESS,
)
CONSUMER_LOST = Code(
    "gateway-api/consumer",
    Level.UNSUPPORTED,
    "A consumer is not carried over.",
    "The Gateway API has no consumers and no credentials; routes that ask for them refuse their requests.",
    "Choose an implementation that has consumers, such as apisix.",
    Protects.ACCESS,
)

# --- what happens to a request ------------------------------------------------------------------

REWRITE = Code(
    "gateway-api/rewrite-refused",
    Level.UNSUPPORTED,
    "The path that the backend receives cannot be made.",
    "The rule keeps its match and has no backend, because the backend would get a wrong path.",
    "Let the backend take the path as it is, or choose an implementation with such a filter.",
)
REWRITE_NEAR = Code(
    "gateway-api/rewrite",
    Level.APPROXIMATE,
    "The path that the backend receives is close to Kong's.",
    "The difference is named in the message.",
)
HOST_OF_POD = Code(
    "gateway-api/host-of-pod",
    Level.APPROXIMATE,
    "The backend receives the client's Host.",
    "With preserve-host false Kong sends the address of the pod that it chose; no filter does that.",
    "Set konghq.com/host-header on the Service.",
)
HOST_PORT = Code(
    "gateway-api/host-port",
    Level.APPROXIMATE,
    "The Host for the backend has no port.",
    "Kong adds the port of the target to the Host that it writes; a URLRewrite cannot.",
    severity=Severity.INFO,
)
HOST_REWRITE = Code(
    "gateway-api/host-rewrite",
    Level.UNSUPPORTED,
    "The Host for the backend cannot be written.",
    "A URLRewrite takes a lower-case host name without a port; addresses are none.",
)
REDIRECT_STATUS = Code(
    "gateway-api/redirect-status",
    Level.UNSUPPORTED,
    "A redirect status cannot be written.",
    "Releases before 1.5 know 301 and 302, which let clients turn a POST into a GET.",
    "Use Gateway API 1.5 or later, or limit the route to GET and HEAD.",
)
REDIRECT_STATUS_NEAR = Code(
    "gateway-api/redirect-status-older",
    Level.APPROXIMATE,
    "A redirect has an older status.",
    "The request has no body, so clients do the same with both.",
    severity=Severity.INFO,
)
FILTER_TWICE = Code(
    "gateway-api/filter-twice",
    Level.UNSUPPORTED,
    "Two settings need the same filter.",
    "A rule has room for one filter of a type.",
    "Remove one of the settings.",
)
FILTER_UNKNOWN = Code(
    "gateway-api/filter-unknown",
    Level.UNKNOWN,
    "A mapping makes something that is no filter.",
    "The mapping file is at fault.",
    "Correct the mapping file.",
)
HEADER_JOINED = Code(
    "gateway-api/header-joined",
    Level.APPROXIMATE,
    "Two values of a header are sent as one.",
    "A header filter has one entry a header; a list of values is the same as several headers, except for "
    "Set-Cookie.",
)
HEADERS_TOO_MANY = Code(
    "gateway-api/headers-limit",
    Level.UNSUPPORTED,
    "A filter changes too many headers.",
    "Each list of a header filter has room for 16.",
    "Change fewer headers, or do it in the backend.",
)
CORS_VERSION = Code(
    "gateway-api/cors-version",
    Level.UNSUPPORTED,
    "The release has no CORS filter.",
    "Browsers are refused by their own rules where the backend does not answer CORS itself.",
    "Use Gateway API 1.5 or later, or the experimental channel from 1.3 on.",
)
CORS_VERSION_PROTECTS = Code(
    "gateway-api/cors-lost",
    Level.UNSUPPORTED,
    "The release has no CORS filter.",
    "Browsers are refused by their own rules where the backend does not answer CORS itself.",
    "Use Gateway API 1.5 or later, or the experimental channel from 1.3 on.",
    Protects.PROTECTION,
)
CORS_LIMIT = Code(
    "gateway-api/cors-limit",
    Level.UNSUPPORTED,
    "A CORS list is too long.",
    "The filter has room for 64 origins and headers.",
    "Use wildcard origins.",
    Protects.PROTECTION,
)
HTTP_ONLY = Code(
    "gateway-api/http-only",
    Level.EXACT,
    "An http-only route is served over HTTPS.",
    "Kong's classic routers do not tell the two apart when a route lists http alone.",
)
HTTPS_ONLY_426 = Code(
    "gateway-api/https-only",
    Level.APPROXIMATE,
    "Plain HTTP does not get 426.",
    "No filter answers with a status of its own. The http listener carries a rule for the same requests, "
    "so that no broader rule serves them in clear text.",
    "Choose with --set gateway-api.https-only=block|redirect.",
)
HTTPS_REDIRECT_BLOCKED = Code(
    "gateway-api/https-redirect",
    Level.UNSUPPORTED,
    "Plain HTTP is blocked instead of redirected.",
    "Releases before 1.5 know 301 and 302 only, which let clients turn a POST into a GET.",
    "Use Gateway API 1.5 or later.",
)
REDIRECT_LOOP = Code(
    "gateway-api/redirect-loop",
    Level.APPROXIMATE,
    "A redirect to https may loop.",
    "Where TLS ends at a load balancer, the Gateway sees plain HTTP only and redirects for ever; Kong "
    "believes X-Forwarded-Proto from trusted addresses.",
    "State --set gateway-api.offloading=true or false.",
)
FORWARDED_PROTO = Code(
    "gateway-api/forwarded-proto",
    Level.APPROXIMATE,
    "X-Forwarded-Proto tells HTTPS apart.",
    "Kong believes the header from trusted addresses only; a rule of the Gateway API cannot see who sent it.",
    "Make sure that the Gateway is reached through the balancer alone.",
    Protects.PROTECTION,
)

ROUTE_CODES: tuple[Code, ...] = tuple(value for value in list(globals().values()) if isinstance(value, Code))
