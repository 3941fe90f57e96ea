"""What the APISIX profile reports of the controller's own ways (apisix-target.md section 7)."""

from __future__ import annotations

from kong2x.model.finding import Code, Level, Protects, Severity

FILTER = Code(
    "gateway-api/apisix-filter",
    Level.UNSUPPORTED,
    "The controller reads a standard filter otherwise.",
    "It leaves a part out, or makes a plugin of it that APISIX refuses together with the whole configuration.",
    "Set the plugin in a PluginConfig by hand.",
)
FILTER_PROTECTS = Code(
    "gateway-api/apisix-filter-protects",
    Level.UNSUPPORTED,
    "The controller reads a filter that protects otherwise.",
    "It leaves a part out, or makes a plugin of it that APISIX refuses together with the whole configuration.",
    "Set the plugin in a PluginConfig by hand.",
    Protects.PROTECTION,
)
LISTENER_PORT = Code(
    "gateway-api/apisix-listener-port",
    Level.APPROXIMATE,
    "The controller opens no ports.",
    "The port of a listener is only a name: APISIX accepts connections where its own configuration says, 9080 and "
    "9443 in its container. Addresses of a Gateway are not read.",
    "Let a Service lead the ports of the listeners to those of APISIX.",
    severity=Severity.INFO,
)
WILDCARD_SNI = Code(
    "gateway-api/apisix-wildcard-sni",
    Level.APPROXIMATE,
    "A certificate for a wildcard host covers one label.",
    "Routes of *.a.example take x.y.a.example too, but APISIX shows its certificate to x.a.example only, and the "
    "handshake of the deeper name fails.",
    "Add listeners for the deeper names.",
)
SEVERAL_GATEWAYS = Code(
    "gateway-api/apisix-several-gateways",
    Level.APPROXIMATE,
    "One route attaches to several Gateways.",
    "The controller programs it for each GatewayProxy, but with the hosts and ports of all the Gateways together.",
    "Write one route for each Gateway.",
)
ISOLATION = Code(
    "gateway-api/apisix-isolation",
    Level.APPROXIMATE,
    "The controller does not keep listeners apart.",
    "A route that names one listener of a Gateway is served on all of them, unless listener_port_match_mode is on and "
    "the ports are those of APISIX. The listener's host alone counts.",
    "Give the listeners hosts of their own, or set listener_port_match_mode: explicit with APISIX's own ports.",
)
STREAM_VERSION = Code(
    "gateway-api/apisix-stream-version",
    Level.UNSUPPORTED,
    "The controller does not read this version of a stream route.",
    "It reads TCPRoute, UDPRoute and TLSRoute as v1 alone; older ones work only where the installed CRDs convert them.",
    "Choose Gateway API 1.6 (--target-version), or install its CRDs.",
)
PASSTHROUGH = Code(
    "gateway-api/apisix-passthrough",
    Level.UNSUPPORTED,
    "TLS is not passed through.",
    "APISIX sees no server name of a connection that it does not decrypt, so no TLSRoute takes it.",
    "Give the backend a port of its own and forward it as TCP.",
)
GRANT_VERSION = Code(
    "gateway-api/apisix-grant-version",
    Level.APPROXIMATE,
    "The controller may not see the ReferenceGrants.",
    "From release 2.2 on it reads them as v1, which the CRDs have since Gateway API 1.5. Without them references into "
    "other namespaces are refused, and their routes answer 500.",
    "Install the CRDs of Gateway API 1.5 or later.",
)
SHARES = Code(
    "gateway-api/apisix-shares",
    Level.APPROXIMATE,
    "Shares move when a backend cannot be used.",
    "A backend without endpoints drops out instead of answering its share with an error, and the controller then "
    "reads the weights of the others by position.",
    "Remove backends that have no endpoints.",
    severity=Severity.INFO,
)
SHARED_BACKEND = Code(
    "gateway-api/apisix-shared-backend",
    Level.APPROXIMATE,
    "Several rules have one Service port as a further backend.",
    "All of them share one upstream in APISIX: the last writer decides its weights, or APISIX refuses the double.",
    "Name the Service first in all rules but one, or make a Service for each rule.",
)
JOINED_HEADERS = Code(
    "gateway-api/apisix-joined-headers",
    Level.APPROXIMATE,
    "A repeated header is compared as one value.",
    "APISIX joins the values of a repeated header with commas before it compares them; Kong compares each.",
    "Send such headers once.",
    severity=Severity.INFO,
)
DEFAULT_RETRIES = Code(
    "gateway-api/apisix-default-retries",
    Level.APPROXIMATE,
    "Failed connections are tried again another number of times.",
    "Kong tries five more times; APISIX tries each other endpoint once, where no BackendTrafficPolicy says otherwise.",
    "Set konghq.com/retries on the Service before converting.",
    severity=Severity.INFO,
)
GRPC_HOSTS = Code(
    "gateway-api/apisix-grpc-hosts",
    Level.APPROXIMATE,
    "A GRPCRoute also answers the hosts of its listeners.",
    "The controller joins the hosts of a GRPCRoute with those of its listeners instead of cutting them.",
    "Attach it to listeners without a host, or to listeners with its own hosts.",
)
GRPC_PATTERN = Code(
    "gateway-api/apisix-grpc-pattern",
    Level.UNSUPPORTED,
    "A GRPCRoute cannot match by an expression.",
    "The controller reads the expression as plain text, so no call fits it.",
    "Write the calls one by one.",
)
APP_PROTOCOL = Code(
    "gateway-api/apisix-app-protocol",
    Level.APPROXIMATE,
    "The controller reads the appProtocol of a Service port.",
    "Kong goes by its own annotations. A BackendTrafficPolicy says the scheme that Kong uses.",
    "Nothing has to be done.",
    severity=Severity.INFO,
)
ZERO = Code(
    "gateway-api/apisix-weight-zero",
    Level.APPROXIMATE,
    "A single backend of weight 0 is served.",
    "The controller writes it as an ordinary backend. The rule is written without it and answers 500.",
    severity=Severity.INFO,
)
RELEASE = Code(
    "gateway-api/apisix-release",
    Level.UNSUPPORTED,
    "The controller's release lacks a kind or a field.",
    "What it does not know cannot be written for it.",
    "Take the release that the message names, and say so with --set apisix.controller=RELEASE.",
    Protects.PROTECTION,
)
CODES: tuple[Code, ...] = tuple(value for value in list(globals().values()) if isinstance(value, Code))
