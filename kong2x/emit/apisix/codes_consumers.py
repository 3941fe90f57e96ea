"""The finding codes about consumers: their names, credentials and plugins."""

from __future__ import annotations

from kong2x.model.finding import Code, Level, Protects, Severity

CONSUMER_PAIR = Code(
    "apisix/consumer-pair",
    Level.UNSUPPORTED,
    "A plugin for one consumer on one route is lost.",
    "APISIX has plugins for routes and for consumers, and a filter on the consumer's name where the "
    "name is known already.",
    "Give the plugin to the consumer or to the route.",
)
LIMIT_ALONE = Code(
    "apisix/limit-alone",
    Level.APPROXIMATE,
    "A limit that several routes share counts on its own on a route.",
    "Where a consumer has a limit of its own on a route, both limits stand in one workflow, and APISIX takes no common "
    "counter there: in total a client may send more.",
    "Give the consumer its limit on all routes alike, or lower the limits.",
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
CONSUMER_LOST = Code(
    "apisix/consumer-plugin-lost",
    Level.UNSUPPORTED,
    "A consumer's plugin is not applied on some routes.",
    "APISIX runs the early part of its plugins before it knows the consumer, and leaves out a consumer's plugin of "
    "that part where the route has an entry of the same name.",
    "Move what the route does to another route, or the consumer's plugin to the service.",
)
CONSUMER_REPLACES = Code(
    "apisix/consumer-replaces",
    Level.UNSUPPORTED,
    "A consumer's plugin replaces another plugin of the route.",
    "Both become one APISIX plugin, and the consumer's entry replaces the route's as a whole, where Kong runs both.",
    "Give the consumer what the route has too, or use one and the same plugin in both places.",
    protects=Protects.PROTECTION,
)
CONSUMER_IDENTITY = Code(
    "apisix/identity-on-consumers",
    Level.APPROXIMATE,
    "Consumers take a caller's own identity headers away.",
    "On a route with authentication Kong overwrites these headers. A route that removed them by itself would switch "
    "off the header rewriting of its consumers, so each consumer removes them instead.",
    "Give consumers of this gateway that are not among the input the same proxy-rewrite.",
    severity=Severity.WARNING,
)
GUEST_STATUS = Code(
    "apisix/guest-status",
    Level.APPROXIMATE,
    "Refused guests get another status.",
    "Where each of several logins has an anonymous consumer that is closed, the logins refuse by themselves, with 401.",
    "Nothing has to be done unless clients look for the other status.",
)

CODES: tuple[Code, ...] = (
    CONSUMER_PAIR,
    LIMIT_ALONE,
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
    CONSUMER_LOST,
    CONSUMER_REPLACES,
    CONSUMER_IDENTITY,
    GUEST_STATUS,
)
