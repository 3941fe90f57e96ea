"""What is said about Services, their annotations and the policies that they name."""

from __future__ import annotations

from kong2x.model.finding import Code, Level, Severity
from kong2x.resolve.annotation_codes import INVALID_VALUE as INVALID_VALUE
from kong2x.resolve.annotation_codes import NO_EFFECT as NO_EFFECT

SERVICE_NOT_GIVEN = Code(
    "services/not-given",
    Level.APPROXIMATE,
    "A Service is not in the input.",
    "kong2x cannot read its annotations and ports; it converts the route as if the Service existed without "
    "Kong annotations. Where it does not exist Kong answers 503, and the route still hides broader ones.",
    "Add the Service to the input, or name its folder with --also-read.",
)
PORT_NOT_FOUND = Code(
    "services/port-not-found",
    Level.IGNORED,
    "The Service has no such port.",
    "Kong keeps the route and answers 503, because it finds no endpoints.",
    "Name a port of the Service, by its number (not its targetPort) or by name.",
    severity=Severity.WARNING,
)
PATH_ON_GRPC = Code(
    "services/path-on-grpc",
    Level.IGNORED,
    "A gRPC service has no path.",
    "Kong clears the path of services that speak gRPC.",
)
OVERRIDE_MISSING = Code(
    "services/override-missing",
    Level.IGNORED,
    "A Service names a KongIngress that does not exist.",
    "KIC then applies neither the KongIngress nor konghq.com/host-header.",
    "Remove konghq.com/override, or add the KongIngress to the input.",
    severity=Severity.WARNING,
)
OVERRIDE_GATEWAY = Code(
    "services/override-on-gateway-route",
    Level.IGNORED,
    "A KongIngress does nothing behind a route of the Gateway API.",
    "KIC skips it, and where it exists it skips the Service's konghq.com/host-header as well.",
    "Use a KongUpstreamPolicy.",
    severity=Severity.WARNING,
)
POLICY_MISSING = Code(
    "services/policy-missing",
    Level.IGNORED,
    "A Service names a KongUpstreamPolicy that does not exist.",
    "KIC reports it and balances with Kong's defaults.",
    "Add the policy to the input, or correct its name.",
    severity=Severity.WARNING,
)
POLICY_SKIPPED = Code(
    "services/policy-skipped",
    Level.IGNORED,
    "A KongUpstreamPolicy is not used.",
    "The API server or the controller does not take it as it is written, so Kong balances with its defaults.",
    "Correct the policy.",
    severity=Severity.WARNING,
)
CLIENT_CERT_DROPPED = Code(
    "services/client-certificate-dropped",
    Level.IGNORED,
    "A client certificate is not shown to the backends.",
    "KIC uses it only for services whose konghq.com/protocol is https or tls.",
    "Set konghq.com/protocol: https on the Service.",
    severity=Severity.WARNING,
)
CA_DROPPED = Code(
    "services/ca-certificates-dropped",
    Level.IGNORED,
    "CA certificates of a service are not used.",
    "KIC needs konghq.com/tls-verify to be true, a TLS protocol, and a key id in each object.",
    "Complete the annotations of the Service.",
    severity=Severity.WARNING,
)
SECRET_NOT_GIVEN = Code(
    "services/secret-not-given",
    Level.APPROXIMATE,
    "A Secret or ConfigMap is not in the input.",
    "kong2x assumes that it exists in the cluster. Where it does not, Kong works without it and the target "
    "may not.",
    "Add it to the input, or check that the cluster has it.",
    severity=Severity.INFO,
)
HOST_HEADER_HIDDEN = Code(
    "services/host-header-hidden",
    Level.IGNORED,
    "A host header never reaches the backends.",
    "Kong passes the client's Host on while konghq.com/preserve-host is not false on the route.",
    "Set konghq.com/preserve-host to false on the routes where it is meant to act.",
    severity=Severity.WARNING,
)
KONG_INGRESS_INERT = Code(
    "services/kong-ingress-inert",
    Level.IGNORED,
    "Sections of a KongIngress do nothing.",
    "Since KIC 3.0 only its upstream section acts, and only through a Service.",
    "Use annotations; state --set kong.kic-version when the controller is older.",
    severity=Severity.WARNING,
)
HEALTH_COUNTERS = Code(
    "services/health-counters-off",
    Level.IGNORED,
    "Health checks never mark anything.",
    "The counters of successes and failures that are not written are 0, which is off in Kong.",
    "State the counters where the checks are meant to act.",
    severity=Severity.INFO,
)
CODES = (
    SERVICE_NOT_GIVEN,
    PORT_NOT_FOUND,
    PATH_ON_GRPC,
    OVERRIDE_MISSING,
    OVERRIDE_GATEWAY,
    POLICY_MISSING,
    POLICY_SKIPPED,
    CLIENT_CERT_DROPPED,
    CA_DROPPED,
    SECRET_NOT_GIVEN,
    HOST_HEADER_HIDDEN,
    KONG_INGRESS_INERT,
    HEALTH_COUNTERS,
)
