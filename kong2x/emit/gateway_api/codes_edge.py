"""What the Gateway API emitter reports about backends and the order of rules."""

from __future__ import annotations

from kong2x.model.finding import Code, Level, Protects, Severity

# --- backends -----------------------------------------------------------------------------------

BACKEND_PORT = Code(
    "gateway-api/backend-port",
    Level.UNSUPPORTED,
    "The number of a backend's port is not known.",
    "A backendRef names the port by number. Kong answers 503 where the Service lacks the port.",
    "Add the Service to the input (--also-read), or write the port number.",
)
NO_BACKEND = Code(
    "gateway-api/no-backend",
    Level.APPROXIMATE,
    "A route has no backend.",
    "Kong answers 503 (or 500); a Gateway answers 500. The rule is written so that no broader rule serves "
    "its requests.",
    severity=Severity.INFO,
)
BACKENDS_TOO_MANY = Code(
    "gateway-api/backends-limit",
    Level.UNSUPPORTED,
    "A rule has too many backends.",
    "Shares are counted within one rule, so the backends cannot be spread over several.",
    "Use at most 16 backends.",
)
EXTERNAL_NAME = Code(
    "gateway-api/external-name",
    Level.APPROXIMATE,
    "A backend is an ExternalName Service.",
    "The specification advises against them and several implementations refuse them.",
    "Check that the target serves them.",
)
APP_PROTOCOL = Code(
    "gateway-api/app-protocol",
    Level.APPROXIMATE,
    "A Service must say which protocol its port speaks.",
    "The Gateway API reads it from appProtocol of the Service, which kong2x does not own.",
)
TIMEOUT = Code(
    "gateway-api/timeout",
    Level.UNSUPPORTED,
    "A timeout does not act.",
    "Kong's timeouts limit the silence between two reads or writes and the connecting; the Gateway API "
    "limits the whole answer.",
    "Use --set gateway-api.timeouts=approximate for the read timeout, or a policy of the implementation.",
)
TIMEOUT_TOTAL = Code(
    "gateway-api/timeout-total",
    Level.APPROXIMATE,
    "A read timeout limits the whole answer.",
    "A long download that keeps flowing passes Kong's limit and fails this one.",
)
HOST_CASE = Code(
    "gateway-api/host-case",
    Level.APPROXIMATE,
    "Host headers are compared without case.",
    "Kong finds the route of shop.example.com for a Host header in small letters only and answers 404 otherwise; "
    "Gateways answer both alike. Browsers send small letters.",
    "Nothing has to be done.",
    severity=Severity.INFO,
)
TIMEOUT_DEFAULT = Code(
    "gateway-api/timeout-default",
    Level.APPROXIMATE,
    "Without a timeout setting the Gateway's own default acts.",
    "Kong ends a request after 60 s of silence; each implementation has its own default.",
    "Check the target's default where requests take long.",
    severity=Severity.INFO,
)
RETRIES = Code(
    "gateway-api/retries",
    Level.UNSUPPORTED,
    "The number of further tries does not act.",
    "Kong tries again after failed connections only; the field of the Gateway API is for failed answers "
    "and would repeat requests that Kong does not repeat.",
    "Use a policy of the implementation.",
)
BALANCING = Code(
    "gateway-api/balancing",
    Level.UNSUPPORTED,
    "The way requests are spread does not act.",
    "The Gateway API leaves balancing inside a Service to the implementation.",
    "Use a policy of the implementation.",
)
HEALTH_CHECKS = Code(
    "gateway-api/health-checks",
    Level.UNSUPPORTED,
    "Health checks do not act.",
    "The Gateway API has none; pods leave by their readiness probes.",
    "Use readiness probes or a policy of the implementation.",
)
SERVICE_UPSTREAM = Code(
    "gateway-api/service-upstream",
    Level.APPROXIMATE,
    "Whether pods or the cluster address are called is the Gateway's choice.",
    "Most implementations call the pods.",
    severity=Severity.INFO,
)
BUFFERING = Code(
    "gateway-api/buffering",
    Level.APPROXIMATE,
    "Whether bodies are buffered is the Gateway's choice.",
    "The Gateway API has no field for it.",
    severity=Severity.INFO,
)
CLIENT_CERTIFICATE = Code(
    "gateway-api/client-certificate",
    Level.UNSUPPORTED,
    "The Gateway shows a backend no client certificate.",
    "The Gateway API has one client certificate for a whole Gateway (1.5 and later), none for a Service.",
    "Set spec.tls.backend.clientCertificateRef of the Gateway if one serves all backends.",
    Protects.PROTECTION,
)
TLS_UNVERIFIED = Code(
    "gateway-api/upstream-tls",
    Level.UNSUPPORTED,
    "A backend is called over TLS without checking its certificate.",
    "The Gateway API encrypts and checks, or does neither. Plain HTTP would be sent to a TLS port.",
    "Give the backend a certificate that can be checked and use --set gateway-api.upstream-tls=verify, or "
    "choose an implementation that can leave the check out.",
)
TLS_VERSION = Code(
    "gateway-api/upstream-tls-version",
    Level.UNSUPPORTED,
    "The release cannot call a backend over TLS.",
    "BackendTLSPolicy is in the standard channel from 1.4 on.",
    "Use a later release or the experimental channel.",
)
TLS_NAME = Code(
    "gateway-api/upstream-tls-name",
    Level.UNSUPPORTED,
    "The name in a backend's certificate is not known.",
    "Kong asks for the Host of each request; a BackendTLSPolicy has one fixed name for a Service.",
    'Set konghq.com/host-header on the Service and konghq.com/preserve-host: "false" on its routes.',
)
TLS_SYSTEM_CA = Code(
    "gateway-api/upstream-tls-authorities",
    Level.APPROXIMATE,
    "A backend's certificate is checked against the authorities that the Gateway trusts.",
    "Kong checks against those in its own configuration, or not at all.",
    "Name the authority in a ConfigMap with the key ca.crt.",
)
TLS_CA_SECRET = Code(
    "gateway-api/upstream-tls-secret",
    Level.APPROXIMATE,
    "An authority for a backend is a Secret.",
    "Every implementation reads a ConfigMap with the key ca.crt; Secrets are each implementation's own.",
    "Put the authority into a ConfigMap.",
)
TLS_CA_KEY = Code(
    "gateway-api/upstream-tls-key",
    Level.APPROXIMATE,
    "A ConfigMap lacks the key that is read.",
    "Kong also reads the authority under the key cert.",
    "Add the same text under ca.crt.",
)
TLS_DEPTH = Code(
    "gateway-api/upstream-tls-depth",
    Level.UNSUPPORTED,
    "The depth of a certificate chain is not limited.",
    "The Gateway API has no field for it.",
)

# --- order of rules -----------------------------------------------------------------------------

OTHER_WINNER = Code(
    "gateway-api/other-winner",
    Level.APPROXIMATE,
    "Another rule answers some requests.",
    "Kong and the Gateway API rank overlapping rules differently, and no additional rule repairs it here.",
    "Make the rules disjoint.",
)
SHADOWED = Code(
    "gateway-api/rule-added",
    Level.EXACT,
    "A rule is written again for a narrower match.",
    "Kong prefers a route with more criteria, the Gateway API the longer path. The added rule keeps Kong's "
    "winner.",
)
UNREACHABLE = Code(
    "gateway-api/unreachable",
    Level.IGNORED,
    "A match is not written because Kong never reaches it.",
    "Another route takes all its requests in Kong; the Gateway API would prefer the narrower match.",
    "Remove the path, or make it win in Kong first.",
)
TIE = Code(
    "gateway-api/same-match",
    Level.APPROXIMATE,
    "Two routes match the same requests.",
    "Which of them Kong uses is arbitrary; the Gateway uses the older object, then the first by name.",
    "Remove one of them.",
)
REGEX_ORDER = Code(
    "gateway-api/regex-order",
    Level.APPROXIMATE,
    "A regular expression overlaps with other paths.",
    "Each implementation ranks regular expressions in its own way.",
    "Make the paths disjoint.",
)
REGEX_PRIORITY = Code(
    "gateway-api/regex-priority",
    Level.UNSUPPORTED,
    "The priority of a regular expression does not act.",
    "The Gateway API has no order among regular expressions.",
    "Make the patterns disjoint.",
)
FALL_THROUGH = Code(
    "gateway-api/fall-through",
    Level.APPROXIMATE,
    "Requests do not fall through to a broader host.",
    "A Gateway that found a host does not try wildcard and host-less rules any more; Kong does.",
    "Leave --set gateway-api.fall-through=copy as it is.",
)
"""Said where the copies were switched off or would not fit."""

EDGE_CODES: tuple[Code, ...] = tuple(value for value in list(globals().values()) if isinstance(value, Code))
