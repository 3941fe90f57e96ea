"""What the Gateway API emitter reports about Gateways, listeners, certificates, streams and gRPC."""

from __future__ import annotations

from kong2x.model.finding import Code, Level, Protects, Severity

# --- listeners ----------------------------------------------------------------------------------

PARENT_ASSUMED = Code(
    "gateway-api/parent-assumed",
    Level.APPROXIMATE,
    "Nobody named the Gateway that the routes attach to.",
    "Routes without an existing Gateway are not served.",
    "Name it with --set gateway-api.parent=namespace/name.",
)
PARENT_OF_KONG = Code(
    "gateway-api/parent-of-kong",
    Level.APPROXIMATE,
    "Routes keep a Gateway that Kong serves.",
    "The written routes take the place of those of the same name, and Kong goes on serving them until the class "
    "of the Gateway changes.",
    "Name the new Gateway with --set gateway-api.parent=namespace/name, or change gatewayClassName together "
    "with the routes.",
)
SECTION_ASSUMED = Code(
    "gateway-api/listener-assumed",
    Level.APPROXIMATE,
    "The name of a listener is assumed.",
    "A route for one scheme names its listener; the Gateway is not in the input.",
    "Add the Gateway to the input, or set gateway-api.http-section and gateway-api.https-section.",
)
NO_LISTENER = Code(
    "gateway-api/no-listener",
    Level.UNSUPPORTED,
    "A Gateway has no listener for a route.",
    "The rule is not written, so its requests get 404 or a failed TLS handshake.",
    "Add a listener for the host, with a certificate for HTTPS.",
)

LISTENERS_LIMIT = Code(
    "gateway-api/listeners-limit",
    Level.UNSUPPORTED,
    "A Gateway has too many listeners.",
    "A Gateway has room for 64; from 1.5 on the rest goes into ListenerSets. A second Gateway would be a "
    "second address.",
    "Use Gateway API 1.5 or later, or a wildcard certificate.",
    Protects.PROTECTION,
)
LISTENER_NEEDED = Code(
    "gateway-api/listener-needed",
    Level.APPROXIMATE,
    "A Gateway needs an HTTPS listener with a certificate.",
    "kong2x writes no Gateway unless asked; without the listener TLS for the host fails.",
    "Add the listener, or use --set gateway-api.create-gateway=true.",
)
GATEWAY_CLASS = Code(
    "gateway-api/gateway-class-assumed",
    Level.APPROXIMATE,
    "Nobody named the class of the Gateway.",
    "A Gateway of an unknown class is not served.",
    "Name it with --set gateway-api.gateway-class=NAME.",
)
NEW_ADDRESS = Code(
    "gateway-api/new-address",
    Level.APPROXIMATE,
    "A new Gateway has a new address.",
    "DNS, allow-lists and load balancers in front must be switched to it.",
    "Plan the switch before traffic moves.",
    severity=Severity.INFO,
)
NO_CERTIFICATE = Code(
    "gateway-api/no-certificate",
    Level.APPROXIMATE,
    "Hosts have routes and no certificate.",
    "Kong serves each host over HTTPS with a certificate of its own making; a Gateway without a listener "
    "for the host refuses the handshake.",
    "Name a Secret with --set gateway-api.default-certificate=namespace/name if clients use HTTPS there.",
    severity=Severity.INFO,
)
ISSUER_UNKNOWN = Code(
    "gateway-api/issuer-unknown",
    Level.UNSUPPORTED,
    "Who issues a certificate is not known.",
    "cert-manager makes the Secret from annotations of the Ingress and its own default issuer.",
    "Write a Certificate for the Secret.",
)
ISSUER_MOVED = Code(
    "gateway-api/certificate-declared",
    Level.EXACT,
    "A certificate is declared by an object of its own.",
    "cert-manager made the Secret because of annotations on the Ingress and deletes its Certificate with the Ingress.",
    "Delete the Ingress without its dependants (--cascade=orphan), or expect a new certificate.",
)
ISSUER_SETTING = Code(
    "gateway-api/issuer-setting",
    Level.UNSUPPORTED,
    "A cert-manager annotation is not carried over.",
    "kong2x does not know the field of a Certificate that it sets.",
    "Add it to the Certificate.",
)
STREAM_STAYS = Code(
    "gateway-api/kong-stream",
    Level.EXACT,
    "A stream route stays as it is.",
    "The controller goes on serving TCPIngress and UDPIngress.",
)
STREAM_VERSION = Code(
    "gateway-api/stream-version",
    Level.UNSUPPORTED,
    "The release has no routes for TCP, UDP or TLS.",
    "TCPRoute and UDPRoute are in the standard channel from 1.6 on, TLSRoute from 1.5 on.",
    "Use a later release or the experimental channel.",
)
STREAM_LISTENER = Code(
    "gateway-api/stream-listener",
    Level.APPROXIMATE,
    "A Gateway needs a listener for a port.",
    "kong2x writes no Gateway unless asked; without the listener nobody answers on the port.",
    "Add the listener, or use --set gateway-api.create-gateway=true.",
)
STREAM_PORT_SHARED = Code(
    "gateway-api/stream-port",
    Level.UNSUPPORTED,
    "Two routes share a stream port.",
    "A listener gives all traffic of a TCP or UDP port to one route.",
    "Use one port a route.",
)
STREAM_PORT_MISSING = Code(
    "gateway-api/stream-no-port",
    Level.UNSUPPORTED,
    "A stream route has no port.",
    "Without a port there is no listener to attach to.",
)
STREAM_PLUGIN = Code(
    "gateway-api/stream-plugin",
    Level.UNSUPPORTED,
    "A plugin on a stream route does not act.",
    "TCPRoute, UDPRoute and TLSRoute have no filters.",
    "Choose an implementation with policies for streams.",
    Protects.PROTECTION,
)
STREAM_TLS = Code(
    "gateway-api/stream-tls",
    Level.APPROXIMATE,
    "A TLS stream needs a listener that ends TLS.",
    "Kong ends TLS and forwards plain TCP; the listener must do so too, which not every implementation does.",
    "Check TLSRouteModeTerminate of the implementation.",
)
STREAM_TLS_HALF = Code(
    "gateway-api/stream-tls-half",
    Level.APPROXIMATE,
    "A TCP listener does not end TLS.",
    "Kong serves plain TCP and TLS on the port of a TCPIngress rule without a host.",
    "Add a TLS listener on another port if clients use TLS.",
    severity=Severity.INFO,
)
STREAM_SNI = Code(
    "gateway-api/stream-host",
    Level.UNSUPPORTED,
    "A TLS server name cannot be written.",
    "TLSRoutes take host names, not addresses.",
)
GRPC_ONLY = Code(
    "gateway-api/grpc-only",
    Level.APPROXIMATE,
    "Requests that are no gRPC calls are not turned away.",
    "Kong looks at the content type of requests for gRPC routes; the Gateway API does not.",
    severity=Severity.INFO,
)
GRPC_METHOD = Code(
    "gateway-api/grpc-method",
    Level.APPROXIMATE,
    "A gRPC method matches whole names.",
    "Kong's classic routers compare the beginning, so /pkg.Svc/Get also answers /pkg.Svc/GetAll.",
    severity=Severity.INFO,
)
GRPC_AS_HTTP = Code(
    "gateway-api/grpc-as-http",
    Level.EXACT,
    "A gRPC route is written as an HTTPRoute.",
    "A GRPCRoute and an HTTPRoute with overlapping hosts exclude each other on one listener, and some "
    "filters exist for HTTPRoutes only.",
)
GRPC_FILTER = Code(
    "gateway-api/grpc-filter",
    Level.UNSUPPORTED,
    "A filter does not exist for gRPC routes.",
    "A GRPCRoute has header and mirror filters only.",
    "Write the route as an HTTPRoute.",
)


UNCLAIMED = Code(
    "gateway-api/unclaimed",
    Level.APPROXIMATE,
    "The implementation does not claim a feature.",
    "Its conformance report leaves the feature out; it may be ignored or refused.",
    "Test the routes on the target.",
)

LISTENER_CODES: tuple[Code, ...] = tuple(
    value for value in list(globals().values()) if isinstance(value, Code)
)
