"""The finding codes about upstreams, streams and TLS."""

from __future__ import annotations

from kong2x.model.finding import Code, Level, Protects, Severity

STICKY = Code(
    "apisix/sticky",
    Level.UNSUPPORTED,
    "Sticky sessions do not exist.",
    "Kong sets a cookie that binds a client to an endpoint. APISIX only hashes on cookies that clients already have.",
    "Let the application set a cookie and hash on it.",
)
BALANCING = Code(
    "apisix/balancing",
    Level.UNSUPPORTED,
    "A way of spreading requests does not exist.",
    "APISIX has round robin, least connections, ewma and hashing on address, header, cookie, "
    "argument, path and consumer.",
)
HASH_COOKIE = Code(
    "apisix/hash-cookie",
    Level.APPROXIMATE,
    "The cookie to hash on is not set.",
    "Kong gives a client without the cookie one. On APISIX such clients are spread by address.",
    "Let the application set the cookie.",
)
HASH_FALLBACK = Code(
    "apisix/hash-fallback",
    Level.APPROXIMATE,
    "Requests without the value to hash on are spread otherwise.",
    "APISIX always falls back to the client's address.",
)
HEALTH_THRESHOLD = Code(
    "apisix/health-threshold",
    Level.UNSUPPORTED,
    "There is no threshold for a whole upstream.",
    "Kong answers 503 when too few targets are healthy; APISIX goes on with those that are left.",
)
PASSIVE_ONLY = Code(
    "apisix/health-passive-only",
    Level.UNSUPPORTED,
    "Endpoints are not taken out by their answers alone.",
    "The controller accepts passive health checks only together with active ones.",
    "Add active probes, or use the plugin api-breaker, which acts for a whole route.",
)
HEALTH_TYPE = Code(
    "apisix/health-type",
    Level.APPROXIMATE,
    "A kind of probe does not exist.",
    "APISIX probes with http, https and tcp.",
)
HEALTH_HEADERS = Code(
    "apisix/health-headers",
    Level.UNSUPPORTED,
    "Probes are sent without headers.",
    "The controller writes them in a form that blocks the whole gateway, so they are left out.",
)
HEALTH_TLS = Code(
    "apisix/health-tls",
    Level.APPROXIMATE,
    "Probes over https verify certificates.",
    "The controller cannot switch that off.",
)
HEALTH_ZERO = Code(
    "apisix/health-counter",
    Level.APPROXIMATE,
    "A counter that is off in Kong has a value.",
    "The controller drops zeros and APISIX then takes its own thresholds.",
    "Set thresholds on purpose.",
)
UPSTREAM_CONFLICT = Code(
    "apisix/upstream-conflict",
    Level.UNSUPPORTED,
    "Two routes want different settings of one Service.",
    "An ApisixUpstream acts on every route that uses the Service of its name.",
    "Use a second Service with the same selector for one of the routes.",
)
HOST_CONFLICT = Code(
    "apisix/host-conflict",
    Level.UNSUPPORTED,
    "Two routes want different Host headers at one Service.",
    "Whether the endpoint's own address is sent is decided for a whole Service.",
    "Use a second Service with the same selector for one of the routes.",
)
HOST_PORT = Code(
    "apisix/host-port",
    Level.APPROXIMATE,
    "The port in the Host header is not known.",
    "Kong appends the endpoint's port; the container port is named, or its Service is not among the input.",
    "Give the Service a numeric targetPort, or read it too (--also-read).",
)
TLS_VERIFY = Code(
    "apisix/tls-verify",
    Level.UNSUPPORTED,
    "The upstream's certificate is not verified.",
    "APISIX encrypts the connection and accepts every certificate.",
    "Use a service mesh or a network policy where the network between gateway and service is not trusted.",
    protects=Protects.PROTECTION,
)
SERVICE_PROTOCOL = Code(
    "apisix/service-protocol",
    Level.UNSUPPORTED,
    "The protocol towards the upstream does not fit an HTTP route.",
    "APISIX knows http, https, grpc and grpcs there.",
)
SERVICE_UPSTREAM = Code(
    "apisix/service-upstream",
    Level.APPROXIMATE,
    "A Service without address cannot be used by address.",
    "Headless and ExternalName Services have no address in the cluster.",
)
OTHER_NAMESPACE = Code(
    "apisix/external-node",
    Level.APPROXIMATE,
    "A Service is reached by its name in the cluster.",
    "An ApisixRoute names Services of its own namespace only, each once a rule. The others become external nodes.",
    "Nothing has to be done unless balancing over the endpoints matters.",
)
SHARES = Code(
    "apisix/shares",
    Level.APPROXIMATE,
    "Requests are spread otherwise over several backends.",
    "Both gateways keep shares over time; single requests go elsewhere.",
    severity=Severity.INFO,
)
TIMEOUT_ROUNDED = Code(
    "apisix/timeout-rounded",
    Level.APPROXIMATE,
    "A timeout is rounded up to whole seconds.",
    "The controller drops fractions of a second, and takes 60 s for what is shorter than one.",
    severity=Severity.INFO,
)
DEFAULT_RETRIES = Code(
    "apisix/default-retries",
    Level.APPROXIMATE,
    "Failed connections are tried again less often.",
    "Kong's default is five retries. It is written where a Service needs an ApisixUpstream anyway, or with "
    "--set apisix.default-retries=true for every Service.",
    severity=Severity.INFO,
)
STREAM_LISTEN = Code(
    "apisix/stream-port",
    Level.APPROXIMATE,
    "APISIX must listen on a port.",
    "Stream ports are part of APISIX's own configuration, and rules name the port of the container.",
    "Add the port to stream_proxy, and map Kong's ports with --set apisix.stream-ports.",
    severity=Severity.WARNING,
)
STREAM_PORT = Code(
    "apisix/stream-port-shared",
    Level.UNSUPPORTED,
    "TCP and UDP share a port.",
    "Rules for streams do not tell the two apart.",
    "Give one of them another port.",
)
STREAM_LOST = Code(
    "apisix/stream",
    Level.UNSUPPORTED,
    "A part of a stream route cannot be said.",
    "Stream rules know a port, a server name where APISIX itself ends TLS, and one Service of their namespace.",
)
STREAM_PLUGIN = Code(
    "apisix/stream-plugin",
    Level.UNSUPPORTED,
    "A plugin of a stream route is lost.",
    "APISIX has few plugins for streams.",
)
NO_DEFAULT_CERTIFICATE = Code(
    "apisix/no-default-certificate",
    Level.APPROXIMATE,
    "There is no default certificate.",
    "A handshake with an unknown server name ends in a TLS alert.",
    "Set apisix.ssl.fallback_sni, and have a certificate for every host.",
    severity=Severity.INFO,
)
TLS_HOST = Code(
    "apisix/tls-host",
    Level.UNSUPPORTED,
    "A certificate is not served for a name.",
    "An ApisixTls takes host names and one leading wildcard, which covers one label.",
)
NO_ISSUER = Code(
    "apisix/issuer-unknown",
    Level.UNSUPPORTED,
    "The issuer of a certificate is not known.",
    "cert-manager's default issuer is part of its installation, so no Certificate can be written.",
    "Declare a Certificate for the Secret.",
    protects=Protects.PROTECTION,
)
CERTIFICATE_DECLARED = Code(
    "apisix/certificate-declared",
    Level.EXACT,
    "A Certificate for cert-manager is written.",
    "cert-manager makes certificates for annotated Ingresses and not for an ApisixRoute.",
    "Apply it before the Ingress is removed.",
)
HTTP01 = Code(
    "apisix/acme-solver",
    Level.APPROXIMATE,
    "ACME challenges have to pass APISIX.",
    "Solvers over HTTP name an ingress class.",
    "Let the solver use a class that APISIX serves.",
)

CODES = (
    STICKY,
    BALANCING,
    HASH_COOKIE,
    HASH_FALLBACK,
    HEALTH_THRESHOLD,
    PASSIVE_ONLY,
    HEALTH_TYPE,
    HEALTH_HEADERS,
    HEALTH_TLS,
    HEALTH_ZERO,
    UPSTREAM_CONFLICT,
    HOST_CONFLICT,
    HOST_PORT,
    TLS_VERIFY,
    SERVICE_PROTOCOL,
    SERVICE_UPSTREAM,
    OTHER_NAMESPACE,
    SHARES,
    TIMEOUT_ROUNDED,
    DEFAULT_RETRIES,
    STREAM_LISTEN,
    STREAM_PORT,
    STREAM_LOST,
    STREAM_PLUGIN,
    NO_DEFAULT_CERTIFICATE,
    TLS_HOST,
    NO_ISSUER,
    CERTIFICATE_DECLARED,
    HTTP01,
)
