"""All finding codes of this target; those about plugins, consumers and the platform stand here."""

from __future__ import annotations

from kong2x.emit.apisix import codes_routes, codes_upstreams
from kong2x.emit.apisix.codes_routes import (
    BUFFERING,
    DEAD_HOST,
    DECODED_PATH,
    ENCODED,
    GRPC_STATUS,
    HOST_CASE,
    JOINED_HEADERS,
    NO_RULE,
    ORDER_LOST,
    PROXY_TRUST,
    RAW_PATH,
    REGEX_DIALECT,
    REGEX_REFUSED,
    RENAMED,
    SNI_PLAIN_HTTP,
    TIE,
    UNESCAPED,
    WEBSOCKET,
)
from kong2x.emit.apisix.codes_upstreams import (
    BALANCING,
    CERTIFICATE_DECLARED,
    DEFAULT_RETRIES,
    HASH_COOKIE,
    HASH_FALLBACK,
    HEALTH_HEADERS,
    HEALTH_THRESHOLD,
    HEALTH_TLS,
    HEALTH_TYPE,
    HEALTH_ZERO,
    HOST_CONFLICT,
    HOST_PORT,
    HTTP01,
    NO_DEFAULT_CERTIFICATE,
    NO_ISSUER,
    OTHER_NAMESPACE,
    PASSIVE_ONLY,
    SERVICE_PROTOCOL,
    SERVICE_UPSTREAM,
    SHARES,
    STICKY,
    STREAM_LISTEN,
    STREAM_LOST,
    STREAM_PLUGIN,
    STREAM_PORT,
    TIMEOUT_ROUNDED,
    TLS_HOST,
    TLS_VERIFY,
    UPSTREAM_CONFLICT,
)
from kong2x.model.finding import Code, Level, Protects, Severity

DENIED = Code(
    "apisix/denied",
    Level.UNSUPPORTED,
    "A route refuses every request.",
    "A check that decides who may call cannot be carried over. The rule matches as before and "
    "answers with a fixed error, "
    "because leaving it out would let a broader route answer.",
    "Replace the plugin, or choose with --on-security-loss what happens to such routes.",
    protects=Protects.ACCESS,
)
OPEN = Code(
    "apisix/opened",
    Level.UNSUPPORTED,
    "A route is served without its check.",
    "Somebody accepted the finding about the lost check and asked for open routes.",
    protects=Protects.ACCESS,
    severity=Severity.WARNING,
)
OMITTED = Code(
    "apisix/omitted",
    Level.UNSUPPORTED,
    "A route is left out.",
    "A check cannot be carried over, and such routes were asked to be left out.",
    "See that no broader route answers its requests.",
    protects=Protects.ACCESS,
)
PLUGIN_CLASH = Code(
    "apisix/plugin-clash",
    Level.UNSUPPORTED,
    "Two plugins want the same place.",
    "Both become one APISIX plugin, which a route has once, and their settings cannot be joined.",
    "Join the two in the source, or move one to another route.",
)
CONSUMER_PAIR = Code(
    "apisix/consumer-pair",
    Level.UNSUPPORTED,
    "A plugin for one consumer on one route is lost.",
    "APISIX has plugins for routes and for consumers, and a filter on the consumer's name where the "
    "name is known already.",
    "Give the plugin to the consumer or to the route.",
)
PLUGIN_SECRET = Code(
    "apisix/plugin-secret",
    Level.APPROXIMATE,
    "A Secret for a plugin has to be made.",
    "The controller copies the keys of a Secret into the plugin under their names, so the keys must "
    "be named like APISIX's settings.",
    "Make the Secret that the finding names.",
)
PLUGIN_METADATA = Code(
    "apisix/plugin-metadata",
    Level.APPROXIMATE,
    "Settings exist once for the whole gateway.",
    "APISIX keeps them in the metadata of a plugin, which the GatewayProxy holds.",
    "Copy them into the GatewayProxy, or let it be written with --set apisix.create-gateway-proxy=true.",
)
METADATA_CONFLICT = Code(
    "apisix/plugin-metadata-conflict",
    Level.UNSUPPORTED,
    "Two plugins want different settings for the whole gateway.",
    "APISIX keeps them once a gateway.",
    "Make the two plugins agree.",
)
CONSUMER_NAME = Code(
    "apisix/consumer-name",
    Level.APPROXIMATE,
    "A consumer has another name.",
    "APISIX calls a consumer by the namespace and name of its object, towards services too.",
    "Map the names in services that read X-Consumer-Username.",
)
SECOND_CREDENTIAL = Code(
    "apisix/second-credential",
    Level.APPROXIMATE,
    "A consumer is written several times.",
    "An ApisixConsumer holds one credential of each type.",
    "Remove credentials that are not in use.",
)
SECOND_TYPE = Code(
    "apisix/second-credential-type",
    Level.UNSUPPORTED,
    "Credentials of a second type are lost.",
    "Before release 2.1 of the controller a consumer has one way to log in.",
    "Use a newer controller.",
)
CREDENTIAL = Code(
    "apisix/credential",
    Level.UNSUPPORTED,
    "A credential has no counterpart.",
    "APISIX knows keys, basic authentication, JWT, HMAC signatures and LDAP. The owner is refused.",
    "Give the consumer a credential of another type.",
)
SECRET_KEYS = Code(
    "apisix/credential-secret",
    Level.APPROXIMATE,
    "The Secret of a credential has to be made.",
    "APISIX reads other key names than Kong, and the Secret is not among the input.",
    "Make the Secret that the finding names.",
)
JWT_SECRET = Code(
    "apisix/jwt-secret",
    Level.UNSUPPORTED,
    "Routes disagree on whether jwt secrets are base64.",
    "Kong's jwt plugin decides it for each route, APISIX has it with the credential. They stay text, so tokens signed "
    "with the decoded secret are refused.",
    "Give all jwt plugins the same secret_is_base64, or give the consumers of these routes consumers of their own.",
)
ACL_LABELS = Code(
    "apisix/acl-labels",
    Level.UNSUPPORTED,
    "Group lists do not work with this controller.",
    "APISIX's acl looks at labels of consumers, and the ingress controller copies them since release 2.1. Before, "
    "nobody is in any group, so a list that denies a group would let everybody in.",
    "Use the APISIX ingress controller 2.1, or set apisix.version to a release before 3.17, for which the consumers "
    "are listed by name.",
    protects=Protects.ACCESS,
)
KEY_TTL = Code(
    "apisix/key-ttl",
    Level.UNSUPPORTED,
    "A key does not expire.",
    "APISIX has no lifetime for keys.",
    "Remove the key when it has to end.",
    protects=Protects.ACCESS,
)
HMAC = Code(
    "apisix/hmac-clients",
    Level.APPROXIMATE,
    "Clients have to sign otherwise.",
    "The text that is signed differs between the gateways.",
    "Change the clients before the move.",
    severity=Severity.WARNING,
)
CUSTOM_ID = Code(
    "apisix/custom-id",
    Level.UNSUPPORTED,
    "X-Consumer-Custom-ID is not sent.",
    "The custom id becomes a label, which takes few characters, and needs release 2.1 of the controller.",
)
CONSUMER_PLUGINS = Code(
    "apisix/consumer-plugins",
    Level.UNSUPPORTED,
    "A consumer cannot be written completely.",
    "Plugins of consumers, and consumers without credentials, came with release 2.1 of the controller.",
    "Use a newer controller.",
    protects=Protects.PROTECTION,
)
CONSUMER_OVER_ROUTE = Code(
    "apisix/consumer-over-route",
    Level.APPROXIMATE,
    "A consumer's plugin does not replace the route's.",
    "APISIX has already run the early part of the route's plugins when it knows the consumer.",
    "Keep the plugin in one of the two places.",
)
GATEWAY_PROXY = Code(
    "platform/gateway-proxy",
    Level.APPROXIMATE,
    "The connection between controller and gateway must exist.",
    "The controller programs nothing unless the IngressClass refers to a GatewayProxy, and reports no error.",
    "See that both exist, or let them be written with --set apisix.create-gateway-proxy=true and "
    "--set apisix.create-ingress-class=true.",
    severity=Severity.INFO,
)

CODES: tuple[Code, ...] = (
    *codes_routes.CODES,
    *codes_upstreams.CODES,
    DENIED,
    OPEN,
    OMITTED,
    PLUGIN_CLASH,
    CONSUMER_PAIR,
    PLUGIN_SECRET,
    PLUGIN_METADATA,
    METADATA_CONFLICT,
    CONSUMER_NAME,
    SECOND_CREDENTIAL,
    SECOND_TYPE,
    CREDENTIAL,
    SECRET_KEYS,
    JWT_SECRET,
    ACL_LABELS,
    KEY_TTL,
    HMAC,
    CUSTOM_ID,
    CONSUMER_PLUGINS,
    CONSUMER_OVER_ROUTE,
    GATEWAY_PROXY,
)
BY_ID = {code.id: code for code in CODES}

__all__ = [
    "ACL_LABELS",
    "BALANCING",
    "BUFFERING",
    "BY_ID",
    "CERTIFICATE_DECLARED",
    "CODES",
    "CONSUMER_NAME",
    "CONSUMER_OVER_ROUTE",
    "CONSUMER_PAIR",
    "CONSUMER_PLUGINS",
    "CREDENTIAL",
    "CUSTOM_ID",
    "DEAD_HOST",
    "DECODED_PATH",
    "DEFAULT_RETRIES",
    "DENIED",
    "ENCODED",
    "GATEWAY_PROXY",
    "GRPC_STATUS",
    "HASH_COOKIE",
    "HASH_FALLBACK",
    "HEALTH_HEADERS",
    "HEALTH_THRESHOLD",
    "HEALTH_TLS",
    "HEALTH_TYPE",
    "HEALTH_ZERO",
    "HMAC",
    "HOST_CASE",
    "HOST_CONFLICT",
    "HOST_PORT",
    "HTTP01",
    "JOINED_HEADERS",
    "JWT_SECRET",
    "KEY_TTL",
    "METADATA_CONFLICT",
    "NO_DEFAULT_CERTIFICATE",
    "NO_ISSUER",
    "NO_RULE",
    "OMITTED",
    "OPEN",
    "ORDER_LOST",
    "OTHER_NAMESPACE",
    "PASSIVE_ONLY",
    "PLUGIN_CLASH",
    "PLUGIN_METADATA",
    "PLUGIN_SECRET",
    "PROXY_TRUST",
    "RAW_PATH",
    "REGEX_DIALECT",
    "REGEX_REFUSED",
    "RENAMED",
    "SECOND_CREDENTIAL",
    "SECOND_TYPE",
    "SECRET_KEYS",
    "SERVICE_PROTOCOL",
    "SERVICE_UPSTREAM",
    "SHARES",
    "SNI_PLAIN_HTTP",
    "STICKY",
    "STREAM_LISTEN",
    "STREAM_LOST",
    "STREAM_PLUGIN",
    "STREAM_PORT",
    "TIE",
    "TIMEOUT_ROUNDED",
    "TLS_HOST",
    "TLS_VERIFY",
    "UNESCAPED",
    "UPSTREAM_CONFLICT",
    "WEBSOCKET",
]
