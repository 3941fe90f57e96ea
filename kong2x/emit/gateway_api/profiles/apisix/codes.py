"""What the APISIX profile reports."""

from __future__ import annotations

from kong2x.emit.gateway_api.profiles.apisix import codes_differences
from kong2x.model.finding import Code, Level, Protects, Severity

CONFLICT = Code(
    "gateway-api/apisix-conflict",
    Level.UNSUPPORTED,
    "Two settings need one APISIX plugin.",
    "A rule has each plugin once, and this plugin cannot hold both settings. The rule refuses its requests.",
    "Remove one of the settings.",
    Protects.ACCESS,
)
SECRET = Code(
    "gateway-api/apisix-secret",
    Level.UNSUPPORTED,
    "A plugin takes a value from a Secret.",
    "A PluginConfig cannot refer to Secrets, and kong2x never writes secret values into other objects.",
    "Use an ApisixPluginConfig, or a secret reference of APISIX 3.17 and later.",
    Protects.PROTECTION,
)
SECRET_ACCESS = Code(
    "gateway-api/apisix-secret-access",
    Level.UNSUPPORTED,
    "An access check takes a value from a Secret.",
    "A PluginConfig cannot refer to Secrets, and kong2x never writes secret values into other objects.",
    "Use an ApisixPluginConfig, or a secret reference of APISIX 3.17 and later.",
    Protects.ACCESS,
)
METADATA = Code(
    "gateway-api/apisix-metadata",
    Level.UNSUPPORTED,
    "A plugin setting exists once a gateway.",
    "APISIX keeps it in plugin metadata, which belongs to the GatewayProxy.",
    "Add it to spec.pluginMetadata of the GatewayProxy.",
)
PROXY = Code(
    "gateway-api/apisix-proxy",
    Level.APPROXIMATE,
    "A Gateway for APISIX needs a GatewayProxy.",
    "Without infrastructure.parametersRef the controller sends nothing to the data plane.",
    "Name it with --set gateway-api.gateway-proxy=NAME.",
)
PROXY_WRITTEN = Code(
    "gateway-api/apisix-proxy-written",
    Level.APPROXIMATE,
    "A GatewayProxy is written with assumed names.",
    "The controller reaches APISIX through the admin Service and the key that it names.",
    "Correct the names where the installation has others.",
)
HTTPS_ONLY = Code(
    "gateway-api/apisix-https-only",
    Level.APPROXIMATE,
    "A plugin answers plain HTTP by the scheme that APISIX sees.",
    "The controller does not tell listeners apart. Behind a load balancer that ends TLS the scheme is always http.",
    "Use --set gateway-api.offloading=true there and list the balancer in apisix.trusted_addresses.",
    severity=Severity.INFO,
)
ORDER = Code(
    "gateway-api/apisix-order",
    Level.APPROXIMATE,
    "Two rules cannot be put in Kong's order.",
    "An HTTPRoutePolicy gives a whole rule its priority, and the two rules would have to come before each other on "
    "different paths.",
    "Split one of the routes, so that each path has a route of its own.",
)
RULE_NAME = Code(
    "gateway-api/apisix-rule-name",
    Level.UNSUPPORTED,
    "An HTTPRoutePolicy cannot be attached to one rule.",
    "The release of the Gateway API has no names for rules, so the rule keeps the controller's own priority and has no "
    "further conditions: another rule may answer its requests.",
    "Choose a release with rule names (--target-version), or give the route an object of its own.",
)
RAW_PATH = Code(
    "gateway-api/apisix-raw-path",
    Level.APPROXIMATE,
    "Unusual request paths reach the backend in another form.",
    "Kong sends the normalised path. APISIX sends the path as it came, or rebuilds it from its decoded form where any "
    "setting of the rule rewrites.",
    "Nothing has to be done unless the service sees such paths.",
    severity=Severity.INFO,
)
DECODED_PATH = Code(
    "gateway-api/apisix-decoded-path",
    Level.APPROXIMATE,
    "APISIX decodes paths before it compares them.",
    "Kong keeps reserved characters encoded for matching. On APISIX %2F is a slash, so an encoded path can match.",
    "Set apisix.match_uri_encoded_slash (release 3.18) to keep %2F apart.",
    severity=Severity.INFO,
)
WEBSOCKET = Code(
    "gateway-api/apisix-websocket",
    Level.APPROXIMATE,
    "WebSockets need an appProtocol.",
    "Kong passes upgrades on every route; with Gateway API the APISIX controller does so only where the "
    "Service port has appProtocol kubernetes.io/ws or kubernetes.io/wss.",
    "Set it on Services that serve WebSockets.",
    severity=Severity.INFO,
)
TLS_UNVERIFIED = Code(
    "gateway-api/apisix-upstream-tls",
    Level.UNSUPPORTED,
    "A backend's certificate is not checked.",
    "APISIX calls the backend over TLS and does not verify its certificate; Kong was told to.",
    "Check the backend by other means, such as a mesh.",
    Protects.PROTECTION,
)
CLIENT_CERTIFICATE = Code(
    "gateway-api/apisix-client-certificate",
    Level.UNSUPPORTED,
    "A backend is shown no client certificate.",
    "A BackendTrafficPolicy has no field for it; an ApisixUpstream has one, which HTTPRoutes do not use.",
    "Use the target apisix for this route.",
    Protects.PROTECTION,
)
BALANCING = Code(
    "gateway-api/apisix-balancing",
    Level.APPROXIMATE,
    "Requests are spread in another way.",
    "The difference is named in the message.",
)
HEALTH = Code(
    "gateway-api/apisix-health",
    Level.APPROXIMATE,
    "Health checks differ.",
    "The difference is named in the message.",
)
POLICY_SHARED = Code(
    "gateway-api/apisix-policy",
    Level.UNSUPPORTED,
    "Two settings of one Service port differ.",
    "A BackendTrafficPolicy acts on every route to the Service port.",
    "Use one Service for each setting.",
)
TIMEOUT_ROUNDED = Code(
    "gateway-api/apisix-timeout",
    Level.APPROXIMATE,
    "A timeout is rounded up to whole seconds.",
    "A BackendTrafficPolicy knows seconds.",
    severity=Severity.INFO,
)
CREDENTIAL = Code(
    "gateway-api/apisix-credential",
    Level.APPROXIMATE,
    "A credential needs a Secret with other keys.",
    "The controller reads fixed keys, and kong2x never copies secret values. Until the Secret exists the "
    "consumer cannot log in this way.",
    "Make the Secret that the message names.",
)
JWT_SECRET = Code(
    "gateway-api/apisix-jwt-secret",
    Level.UNSUPPORTED,
    "Routes disagree on whether jwt secrets are base64.",
    "Kong's jwt plugin decides it for each route, APISIX has it with the credential. They stay text, so tokens signed "
    "with the decoded secret are refused.",
    "Give all jwt plugins the same secret_is_base64, or give the consumers of these routes consumers of their own.",
)
JWT_BASE64 = Code(
    "gateway-api/apisix-jwt-base64",
    Level.UNSUPPORTED,
    "A base64 secret cannot be told by a reference to a Secret.",
    "Each value of a Secret arrives as text, and base64_secret is none. Read as text the secret does not verify the "
    "consumer's tokens.",
    "Write the credential as the message says, or read the Secret too (--also-read).",
)
JWT_INLINE = Code(
    "gateway-api/apisix-jwt-inline",
    Level.APPROXIMATE,
    "A credential stands in the Consumer itself.",
    "Each value of a Secret arrives as text, and base64_secret is none. Who may read Consumers can read the secret.",
    "Restrict who may read Consumers, or decode the secret and use a Secret.",
)
CONSUMER_CLOSED = Code(
    "gateway-api/apisix-consumer-closed",
    Level.UNSUPPORTED,
    "A consumer is left out.",
    "A plugin that decides what the consumer may do has no counterpart, so its logins would open more than in Kong.",
    "Set the check on the routes, or give the consumer its Consumer by hand.",
    Protects.ACCESS,
)
CREDENTIAL_LOST = Code(
    "gateway-api/apisix-credential-type",
    Level.UNSUPPORTED,
    "A kind of credential does not exist.",
    "Consumers of APISIX have key-auth, basic-auth, jwt-auth and hmac-auth credentials.",
    "Give the consumer another credential.",
)
CONSUMER_NAME = Code(
    "gateway-api/apisix-consumer",
    Level.APPROXIMATE,
    "A consumer has another name.",
    "APISIX names a consumer after the namespace and name of its object and sends that to the backend.",
    "Let the backend accept the new name.",
)
CONSUMER_GROUPS = Code(
    "gateway-api/apisix-groups",
    Level.UNSUPPORTED,
    "Consumer groups do not exist.",
    "The controller has no consumer groups.",
    "Set the plugins of the group on each consumer.",
)
CONSUMER_PLUGIN = Code(
    "gateway-api/apisix-consumer-plugin",
    Level.UNSUPPORTED,
    "A plugin of a consumer does not act.",
    "It has no counterpart, or takes values from a Secret.",
    "Set it on the routes.",
    Protects.PROTECTION,
)
CONSUMER_REWRITES = Code(
    "gateway-api/apisix-consumer-rewrites",
    Level.APPROXIMATE,
    "A consumer's own header rewriting acts only on routes that rewrite nothing.",
    "APISIX leaves a consumer's proxy-rewrite out where the route has one. Routes that would only take a caller's own "
    "X-Consumer-ID and X-Anonymous-Consumer away leave that to each consumer.",
    "Set the rewriting on the routes, and give consumers outside of the input the same proxy-rewrite.",
    severity=Severity.WARNING,
)
STREAM_PORTS = Code(
    "gateway-api/apisix-stream-ports",
    Level.APPROXIMATE,
    "Stream routes are not told apart by port.",
    "With the controller's default each TCPRoute and UDPRoute takes every connection of every stream port.",
    "Set listener_port_match_mode: explicit in the controller's configuration.",
)

CODES: tuple[Code, ...] = (
    *(value for value in list(globals().values()) if isinstance(value, Code)),
    *codes_differences.CODES,
)
