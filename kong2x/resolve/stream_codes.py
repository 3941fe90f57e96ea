"""What is said about TCPIngresses and UDPIngresses."""

from __future__ import annotations

from kong2x.model.finding import Code, Level, Severity

RULE_DROPPED = Code(
    "streams/rule-dropped",
    Level.IGNORED,
    "A rule of a TCPIngress or UDPIngress is not served.",
    "It needs a port and a backend with a Service name and a port by number.",
    "Complete the rule.",
    severity=Severity.WARNING,
)
OVERWRITTEN = Code(
    "streams/http-routes-overwritten",
    Level.IGNORED,
    "HTTP routes vanish because a TCPIngress names the same Service and port.",
    "Both make a Kong service of the same name; the later one replaces the earlier one with its routes, "
    "and HTTP requests get 404.",
    "Use another port of the Service for one of them.",
    severity=Severity.ERROR,
)
CODES = (RULE_DROPPED, OVERWRITTEN)
