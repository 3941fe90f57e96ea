"""What the Envoy Gateway profile reports."""

from __future__ import annotations

from kong2x.model.finding import Code, Level, Protects, Severity

CLIENT_ADDRESS = Code(
    "gateway-api/envoy-client-address",
    Level.APPROXIMATE,
    "Who the caller is hangs on the gateway's settings.",
    "A list of addresses is compared with the address that Envoy takes for the client's. Behind a balancer a "
    "ClientTrafficPolicy must say which header or how many hops to believe, as trusted_ips does for Kong.",
    "Set clientIPDetection in a ClientTrafficPolicy.",
)
REFUSAL = Code(
    "gateway-api/envoy-refusal",
    Level.APPROXIMATE,
    "A refusal has another status or text.",
    "Envoy Gateway refuses addresses with 403 and too many requests with 429, each with a text of its own; it sends "
    "X-RateLimit headers of its own kind, which a ClientTrafficPolicy can switch off.",
)
BACKEND = Code(
    "gateway-api/envoy-backend",
    Level.APPROXIMATE,
    "A backend is called by the address of its Service.",
    "TLS without a check of the certificate needs a Backend, which Envoy Gateway 1.5 has once extensionApis."
    "enableBackend is on. Requests then go to the Service's address, not to pods.",
    "Switch the Backend API on, or give the backend a certificate that can be checked.",
)
RULE_NAME = Code(
    "gateway-api/envoy-rule-name",
    Level.UNSUPPORTED,
    "A policy cannot be attached to one rule.",
    "Rules have names from 1.4 on (experimental: 1.2). A policy for the whole route would act on other rules.",
    "Use Gateway API 1.4 or later.",
    Protects.ACCESS,
)
RETRIES = Code(
    "gateway-api/envoy-retries",
    Level.APPROXIMATE,
    "Further tries are made when a connection fails.",
    "Kong also tries again after a timeout while connecting, on another target.",
    severity=Severity.INFO,
)
BALANCING = Code(
    "gateway-api/envoy-balancing",
    Level.UNSUPPORTED,
    "The way requests are spread does not exist.",
    "Envoy Gateway spreads by turns, by least requests, at random or by a hash of address, header or cookie.",
)
HEALTH = Code(
    "gateway-api/envoy-health",
    Level.APPROXIMATE,
    "Health checks differ.",
    "The difference is named in the message.",
)
NOT_CARRIED = Code(
    "gateway-api/envoy-not-carried",
    Level.UNSUPPORTED,
    "Envoy Gateway does not do what a plugin does.",
    "The message says why. A route whose access check is lost refuses its requests; a lost limit is an error.",
    "Change the plugin so that it can be carried over, or let a service behind an extAuth policy decide.",
)
LOGIN = Code(
    "gateway-api/envoy-login",
    Level.APPROXIMATE,
    "Envoy Gateway asks callers for their key or password.",
    "A SecurityPolicy refers to the Secret kong-api-keys or kong-basic-auth in the namespace of the route. A client is "
    "one entry there, so Envoy can say one name of it; Kong's other identity headers, and those that a caller sends "
    "itself, are taken out of the request. A key in a header may follow the word Bearer, of a header that is there "
    "twice the first one counts, and Proxy-Authorization is not looked at. Until the Secret exists, Envoy Gateway "
    "answers 500.",
    "Let backends read X-Consumer-Username only, and make the Secret that the findings about consumers describe.",
)
CREDENTIAL = Code(
    "gateway-api/envoy-credential",
    Level.APPROXIMATE,
    "A credential must be written into a Secret for Envoy Gateway.",
    "Envoy Gateway reads every key of a Secret for API keys as one client, so Kong's own Secrets cannot serve: all of "
    "them name their key alike, and other entries of theirs would be keys that let anybody in. Passwords stand in "
    "the format of htpasswd with SHA-1 and no salt, which Kong's stored hashes cannot be turned into. kong2x writes "
    "no secret values.",
    "Make the Secret from the ones that the message names, before routes are switched.",
)
KEY_IN_BODY = Code(
    "gateway-api/envoy-key-in-body",
    Level.UNSUPPORTED,
    "Keys in request bodies are not read.",
    "Envoy looks for a key in headers, query arguments and cookies.",
    "Let these callers send the key in the header.",
)
PREFLIGHT = Code(
    "gateway-api/envoy-preflight",
    Level.APPROXIMATE,
    "OPTIONS requests need a login too.",
    "With run_on_preflight false Kong lets them pass; Envoy Gateway has no such switch. A CORS policy of the same "
    "route answers preflight requests before the login.",
    "Attach the cors plugin to the route.",
)
GROUPS = Code(
    "gateway-api/envoy-groups",
    Level.APPROXIMATE,
    "Groups of an acl become lists of names.",
    "Envoy Gateway knows no groups. The names are those of the consumers in the input, so a consumer that joins a "
    "group later must be added to the list: an allow list refuses it until then, a deny list lets it in.",
    "Convert again when members change.",
)
CONSUMER_GROUPS = Code(
    "gateway-api/envoy-consumer-groups",
    Level.UNSUPPORTED,
    "Consumer groups do not exist.",
    "Plugins of a KongConsumerGroup act nowhere.",
    protects=Protects.PROTECTION,
)
RATE_LIMIT = Code(
    "gateway-api/envoy-rate-limit",
    Level.APPROXIMATE,
    "Requests are counted in other windows and places.",
    "A local rate limit is a bucket that is filled again after each window. Each Envoy has its own, and so has each "
    "match of a route: a caller that uses several paths of one route may send that many times more. Of more than "
    "10000 callers the oldest counters are dropped. A global limit would need Envoy Gateway's rate limit service.",
    "Lower the limit by the number of Envoys, or set up the service and write type: Global.",
)
RATE_LIMIT_SHARED = Code(
    "gateway-api/envoy-rate-limit-shared",
    Level.APPROXIMATE,
    "Counters are not shared.",
    "Kong's nodes counted together; each Envoy counts for itself.",
    "Set up Envoy Gateway's rate limit service with Redis and write type: Global.",
)
BUFFER = Code(
    "gateway-api/envoy-buffer",
    Level.APPROXIMATE,
    "Requests are held back until their body is whole.",
    "The limit is that of a request buffer, which turns upgrades off and makes streams wait.",
    "Leave the plugin off routes that serve WebSockets or streams.",
)
BUFFER_LENGTH = Code(
    "gateway-api/envoy-length",
    Level.APPROXIMATE,
    "Requests without a length are not refused.",
    "Kong answers 411; Envoy counts the bytes of the body as they come.",
    severity=Severity.INFO,
)
CORS = Code(
    "gateway-api/envoy-cors",
    Level.APPROXIMATE,
    "CORS answers come from Envoy Gateway's own policy.",
    "The release of the Gateway API has no CORS filter. Preflight requests are answered with 200 as in Kong; answers "
    "to origins that are not listed have no CORS headers.",
    severity=Severity.INFO,
)

CODES: tuple[Code, ...] = tuple(value for value in list(globals().values()) if isinstance(value, Code))
