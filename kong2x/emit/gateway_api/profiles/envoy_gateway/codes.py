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
    "Envoy Gateway refuses with 403 and a text of its own.",
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

CODES: tuple[Code, ...] = tuple(value for value in list(globals().values()) if isinstance(value, Code))
