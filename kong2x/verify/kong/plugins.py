"""In which order Kong runs plugins, and which plugins answer every request by themselves."""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from dataclasses import dataclass
from typing import Any
from urllib.parse import urlsplit

PRIORITIES = {
    "pre-function": 1000000, "app-dynamics": 999999, "correlation-id": 100001, "zipkin": 100000,
    "exit-transformer": 9999, "bot-detection": 2500, "cors": 2000, "jwe-decrypt": 1999, "session": 1900,
    "acme": 1705, "oauth2-introspection": 1700, "mtls-auth": 1600, "degraphql": 1500, "jwt": 1450,
    "oauth2": 1400, "vault-auth": 1350, "key-auth": 1250, "key-auth-enc": 1250, "ldap-auth": 1200,
    "ldap-auth-advanced": 1200, "basic-auth": 1100, "openid-connect": 1050, "hmac-auth": 1030,
    "jwt-signer": 1020, "saml": 1010, "header-cert-auth": 1009, "json-threat-protection": 1009,
    "xml-threat-protection": 1008, "injection-protection": 1007, "websocket-validator": 1006,
    "websocket-size-limit": 1003, "request-validator": 999, "grpc-gateway": 998,
    "tls-handshake-modifier": 997, "tls-metadata-headers": 996, "ip-restriction": 990,
    "request-size-limiting": 951, "acl": 950, "opa": 920, "service-protection": 915, "rate-limiting": 910,
    "rate-limiting-advanced": 910, "ai-rate-limiting-advanced": 905, "graphql-rate-limiting-advanced": 902,
    "response-ratelimiting": 900, "route-by-header": 850, "oas-validation": 840, "jq": 811,
    "request-transformer-advanced": 802, "request-transformer": 801, "response-transformer": 800,
    "response-transformer-advanced": 800, "route-transformer-advanced": 780, "redirect": 779,
    "ai-request-transformer": 777, "ai-semantic-prompt-guard": 775, "ai-azure-content-safety": 774,
    "ai-prompt-template": 773, "ai-prompt-decorator": 772, "ai-prompt-guard": 771, "ai-proxy": 770,
    "ai-proxy-advanced": 770, "ai-response-transformer": 768, "ai-semantic-cache": 765,
    "standard-webhooks": 760, "upstream-oauth": 760, "confluent": 752, "kafka-upstream": 751,
    "aws-lambda": 750, "azure-functions": 749, "upstream-timeout": 400, "proxy-cache": 100,
    "proxy-cache-advanced": 100, "graphql-proxy-cache-advanced": 99, "forward-proxy": 50, "canary": 20,
    "opentelemetry": 14, "prometheus": 13, "http-log": 12, "statsd": 11, "datadog": 10, "file-log": 9,
    "udp-log": 8, "tcp-log": 7, "loggly": 6, "kafka-log": 5, "syslog": 4, "grpc-web": 3,
    "request-termination": 2, "mocking": -1, "post-function": -1000,
}  # fmt: skip
"""Execution priority by plugin in Kong 3.9 (kong-source.md 5.7)."""


def execution_order(names: Iterable[str]) -> tuple[str, ...]:
    """Plugin names in the order in which their access phases run; unknown plugins last.

    The higher priority first, and of equal ones the later name.

    >>> execution_order(["acl", "key-auth", "rate-limiting", "rate-limiting-advanced"])
    ('key-auth', 'acl', 'rate-limiting-advanced', 'rate-limiting')
    """
    by_name = sorted(set(names), reverse=True)
    return tuple(sorted(by_name, key=lambda name: -PRIORITIES.get(name, min(PRIORITIES.values()) - 1)))


@dataclass(frozen=True, slots=True)
class OwnAnswer:
    """A plugin answers every request of the route; `location` keeps the request's path where asked."""

    status: int
    location: str | None = None
    keep_path: bool = False

    def location_for(self, target: str) -> str | None:
        """The Location header for a request target."""
        if self.location is None or not self.keep_path:
            return self.location
        base = urlsplit(self.location)
        return f"{base.scheme}://{base.netloc}{target}"


def own_answer(uses: Iterable[tuple[str, Mapping[str, Any]]]) -> OwnAnswer | None:
    """The answer of a `redirect` or an unconditional `request-termination`; the former runs first."""
    configs = dict(uses)
    redirect = configs.get("redirect")
    if redirect is not None and isinstance(redirect.get("location"), str):
        return OwnAnswer(
            int(redirect.get("status_code") or 301),
            redirect["location"],
            bool(redirect.get("keep_incoming_path")),
        )
    termination = configs.get("request-termination")
    if termination is not None and not termination.get("trigger"):
        return OwnAnswer(int(termination.get("status_code") or 503))
    return None
