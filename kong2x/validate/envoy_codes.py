"""The catalogue of what Envoy Gateway refuses, and of what it takes and does not do."""

from __future__ import annotations

from kong2x.model.finding import Code, Level, Severity

_REFUSED = "The API server refuses the whole object."

NO_TARGET = Code(
    "schema/envoy/no-target",
    Level.UNSUPPORTED,
    "A policy names no target, or names it in two ways.",
    _REFUSED,
    "Write targetRefs, or targetSelectors.",
    severity=Severity.ERROR,
)
KEY_PLACE = Code(
    "schema/envoy/key-place",
    Level.UNSUPPORTED,
    "A place of API keys is not exactly one of headers, params and cookies.",
    _REFUSED,
    "Write one entry of extractFrom for each.",
    severity=Severity.ERROR,
)
NOBODY = Code(
    "schema/envoy/no-principal",
    Level.UNSUPPORTED,
    "An authorization rule does not say whom it means.",
    _REFUSED,
    "Write clientCIDRs, headers or jwt below principal.",
    severity=Severity.ERROR,
)
BLOCK = Code(
    "schema/envoy/type-block",
    Level.UNSUPPORTED,
    "A type and the block that belongs to it do not agree.",
    _REFUSED,
    "Write the block of the type, and no other.",
    severity=Severity.ERROR,
)
ADDRESS = Code(
    "schema/envoy/endpoint-address",
    Level.UNSUPPORTED,
    "An endpoint has not exactly one address.",
    _REFUSED,
    "Write one of fqdn, ip and unix.",
    severity=Severity.ERROR,
)
LONG_ANSWER = Code(
    "schema/envoy/answer-too-long",
    Level.UNSUPPORTED,
    "A fixed answer is longer than 4096 bytes.",
    "Envoy Gateway does not accept the route that refers to it.",
    "Shorten the text, or let a backend answer.",
    severity=Severity.ERROR,
)
ONE_COUNTER = Code(
    "schema/envoy/one-counter",
    Level.UNSUPPORTED,
    "Several local limits have no client selector.",
    "Envoy Gateway refuses the policy and answers 500 on its routes.",
    "Keep one limit for all callers together.",
    severity=Severity.ERROR,
)
NO_RULE = Code(
    "envoy/no-such-rule",
    Level.UNSUPPORTED,
    "A policy names a rule that its route does not have.",
    "The policy acts on nothing: what it should protect is open.",
    "Write a name of the route's rules as sectionName.",
    severity=Severity.ERROR,
)
SAME_TARGET = Code(
    "envoy/same-target",
    Level.UNSUPPORTED,
    "Two policies of one kind have the same target.",
    "Envoy Gateway uses the older one and leaves the other out.",
    "Write one policy with both parts.",
    severity=Severity.ERROR,
)
CODES = (NO_TARGET, KEY_PLACE, NOBODY, BLOCK, ADDRESS, LONG_ANSWER, ONE_COUNTER, NO_RULE, SAME_TARGET)
