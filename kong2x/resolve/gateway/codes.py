"""What can be said about Gateway API objects as the Kong Ingress Controller reads them."""

from __future__ import annotations

from kong2x.model.finding import Code, Level, Protects, Severity

FOREIGN_CLASS = Code(
    "gateway/foreign-class",
    Level.IGNORED,
    "A Gateway belongs to another controller.",
    "Its GatewayClass names a controller that is not Kong's, so Kong serves none of its listeners.",
    "Name the controller with --set kong.gateway-controller=NAME if it is Kong's after all.",
)
NO_GATEWAY = Code(
    "gateway/not-in-input",
    Level.IGNORED,
    "The Gateway of a route is not in the input.",
    "Which hosts and protocols the listeners allow cannot be known, so the route is read as served for all of "
    "its hosts over http and https.",
    "Add the Gateway to the input, for example with --also-read.",
    severity=Severity.WARNING,
)
NOT_ACCEPTED = Code(
    "gateway/route-not-accepted",
    Level.IGNORED,
    "No listener accepts a route.",
    "Kong serves a route only where a listener allows its namespace, kind, protocol, port and hostnames; this route "
    "is not served at all.",
    "Correct parentRefs, hostnames or the listener's allowedRoutes if the route should be served.",
    severity=Severity.WARNING,
)
GATE_OFF = Code(
    "gateway/gate-off",
    Level.IGNORED,
    "A route kind is only read behind a feature gate.",
    "The controller reads TCPRoute, UDPRoute, TLSRoute and BackendTLSPolicy only with the gate GatewayAlpha.",
    "State the gate with --set kong.gates=GatewayAlpha if the running controller has it.",
    severity=Severity.WARNING,
)
QUERY = Code(
    "gateway/query-refused",
    Level.IGNORED,
    "Query parameter matches make the controller drop a whole HTTPRoute.",
    "Only the expressions router can compare query parameters; with the other two Kong serves no rule of the route.",
    "State --set kong.router=expressions if that is what runs, or remove the matches.",
    severity=Severity.WARNING,
)
RULE_FAILED = Code(
    "gateway/rules-dropped",
    Level.IGNORED,
    "A filter or match makes the controller drop the rules that share its backends.",
    "Kong serves none of the rules with the same backendRefs: their requests get another route's answer or 404.",
    "Replace the filter, or split the rule off with backends of its own.",
    severity=Severity.WARNING,
)
BACKEND_KIND = Code(
    "gateway/backend-kind",
    Level.IGNORED,
    "A backend is not a core Service.",
    "The controller skips it and sends all requests to the other backends.",
    "Point the rule at a Service.",
    severity=Severity.WARNING,
)
BACKEND_GRANT = Code(
    "gateway/backend-not-granted",
    Level.IGNORED,
    "No ReferenceGrant permits a backend in another namespace.",
    "The controller skips the backend: its share of the requests goes to the other backends, or is answered with 500.",
    "Add a ReferenceGrant in the backend's namespace, or remove the backend.",
    severity=Severity.WARNING,
)
INCONSISTENT = Code(
    "gateway/inconsistent-services",
    Level.IGNORED,
    "The Services of one rule carry different konghq.com annotations.",
    "The controller then drops the Kong service with all its routes: their requests get 404 or another route's answer.",
    "Give all Services of the rule the same konghq.com annotations.",
    severity=Severity.WARNING,
)
IGNORED_FIELD = Code(
    "gateway/ignored-field",
    Level.IGNORED,
    "Kong ignores a field of a Gateway API object.",
    "The controller does not read the field, so it does nothing today.",
    "",
)
REDIRECT_HOST = Code(
    "gateway/redirect-without-host",
    Level.UNKNOWN,
    "A RequestRedirect without hostname makes Kong refuse its whole configuration.",
    "From Kong 3.9 on the controller writes a redirect plugin whose location has no host, which Kong refuses together "
    "with every other change: what runs is the last configuration that was accepted.",
    "Give the filter a hostname.",
    severity=Severity.ERROR,
)
REGEX_PATH = Code(
    "gateway/regex-without-slash",
    Level.UNKNOWN,
    "A regular expression path does not begin with a slash.",
    "Kong refuses such a path and with it the whole configuration.",
    "Begin the expression with /.",
    severity=Severity.ERROR,
)
TRAILING_SLASH = Code(
    "gateway/prefix-trailing-slash",
    Level.APPROXIMATE,
    "A PathPrefix with a final slash does not match the path without it on Kong.",
    "Kong's classic routers answer /foo/ and below; the Gateway API also answers /foo.",
    "Remove the final slash to have on both sides what the standard says.",
)
PER_POD = Code(
    "gateway/weights-per-pod",
    Level.APPROXIMATE,
    "Small weights are shares of pods, not of Services, on Kong.",
    "Each pod of a backend gets the weight divided by the number of its pods, at least 1: with the default weight 1, "
    "nine pods against one pod get nine tenths of the requests.",
    "Write weights that are large against the number of pods.",
)
NO_PORTS = Code(
    "gateway/no-listener-port",
    Level.UNKNOWN,
    "A TCPRoute or UDPRoute has no listener whose port it could use.",
    "Kong refuses a stream route without any criterion, and with it the whole configuration.",
    "Add the Gateway with a TCP or UDP listener to the input.",
    severity=Severity.ERROR,
)
TLS_POLICY = Code(
    "gateway/backend-tls-policy",
    Level.UNSUPPORTED,
    "A BackendTLSPolicy asks for something that Kong does not do.",
    "subjectAltNames, wellKnownCACertificates and a second policy for one Service make the controller apply none.",
    "Name CA certificates by reference, in one policy a Service.",
    Protects.PROTECTION,
)
CODES = (
    FOREIGN_CLASS,
    NO_GATEWAY,
    NOT_ACCEPTED,
    GATE_OFF,
    QUERY,
    RULE_FAILED,
    BACKEND_KIND,
    BACKEND_GRANT,
    INCONSISTENT,
    IGNORED_FIELD,
    REDIRECT_HOST,
    REGEX_PATH,
    TRAILING_SLASH,
    PER_POD,
    NO_PORTS,
    TLS_POLICY,
)
