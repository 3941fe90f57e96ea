"""What is known of Kong's plugins apart from their settings: order, scopes, and who learns the consumer."""

from __future__ import annotations

from collections.abc import Iterable
from functools import cache

from kong2x.model.plugin import PluginUse
from kong2x.model.settings import version_key

# Execution priority, and the scopes where Kong refuses the plugin: R route, S service, C consumer,
# G consumer group (kong-source.md 5.7). The numbers are those of Kong 3.9.
_OPEN_SOURCE: dict[str, tuple[int, str]] = {
    "pre-function": (1000000, "CG"),
    "zipkin": (100000, "G"),
    "bot-detection": (2500, "CG"),
    "cors": (2000, "CG"),
    "session": (1900, "CG"),
    "acme": (1705, "RSCG"),
    "jwt": (1450, "CG"),
    "oauth2": (1400, "CG"),
    "key-auth": (1250, "CG"),
    "ldap-auth": (1200, "CG"),
    "basic-auth": (1100, "CG"),
    "hmac-auth": (1030, "CG"),
    "grpc-gateway": (998, "G"),
    "ip-restriction": (990, ""),
    "request-size-limiting": (951, "G"),
    "acl": (950, "CG"),
    "rate-limiting": (910, ""),
    "response-ratelimiting": (900, "G"),
    "request-transformer": (801, ""),
    "response-transformer": (800, ""),
    "redirect": (779, ""),
    "ai-request-transformer": (777, "C"),
    "ai-prompt-template": (773, ""),
    "ai-prompt-decorator": (772, ""),
    "ai-prompt-guard": (771, ""),
    "ai-proxy": (770, ""),
    "ai-response-transformer": (768, ""),
    "standard-webhooks": (760, "C"),
    "aws-lambda": (750, "G"),
    "azure-functions": (749, "G"),
    "proxy-cache": (100, ""),
    "opentelemetry": (14, "G"),
    "prometheus": (13, "G"),
    "http-log": (12, "G"),
    "statsd": (11, "G"),
    "datadog": (10, "G"),
    "file-log": (9, "G"),
    "udp-log": (8, "G"),
    "tcp-log": (7, "G"),
    "loggly": (6, "G"),
    "syslog": (4, "G"),
    "grpc-web": (3, "G"),
    "request-termination": (2, ""),
    "correlation-id": (100001, "G"),
    "post-function": (-1000, "CG"),
}

_ENTERPRISE: dict[str, tuple[int, str]] = {
    "app-dynamics": (999999, "G"),
    "exit-transformer": (9999, "G"),
    "jwe-decrypt": (1999, "CG"),
    "oauth2-introspection": (1700, "CG"),
    "mtls-auth": (1600, "CG"),
    "degraphql": (1500, "CG"),
    "vault-auth": (1350, "CG"),
    "key-auth-enc": (1250, "CG"),
    "ldap-auth-advanced": (1200, "CG"),
    "openid-connect": (1050, "CG"),
    "jwt-signer": (1020, "CG"),
    "ai-mcp-oauth2": (1015, "CG"),
    "saml": (1010, "CG"),
    "header-cert-auth": (1009, "CG"),
    "json-threat-protection": (1009, "CG"),
    "xml-threat-protection": (1008, "G"),
    "injection-protection": (1007, "CG"),
    "websocket-validator": (1006, "G"),
    "websocket-size-limit": (1003, "G"),
    "request-validator": (999, "G"),
    "tls-handshake-modifier": (997, "CG"),
    "tls-metadata-headers": (996, "CG"),
    "konnect-application-auth": (960, "CG"),
    "ace": (955, "CG"),
    "opa": (920, "CG"),
    "service-protection": (915, "RCG"),
    "rate-limiting-advanced": (910, ""),
    "ai-rate-limiting-advanced": (905, ""),
    "graphql-rate-limiting-advanced": (902, "G"),
    "route-by-header": (850, "G"),
    "oas-validation": (840, "G"),
    "ai-mcp-proxy": (820, "CG"),
    "ai-a2a-proxy": (819, "CG"),
    "request-callout": (812, ""),
    "jq": (811, "G"),
    "datakit": (810, ""),
    "request-transformer-advanced": (802, ""),
    "response-transformer-advanced": (800, ""),
    "ai-custom-guardrail": (785, ""),
    "ai-lakera-guard": (784, ""),
    "ai-gcp-model-armor": (783, ""),
    "ai-semantic-response-guard": (782, ""),
    "ai-aws-guardrails": (781, ""),
    "route-transformer-advanced": (780, "G"),
    "ai-rag-injector": (778, ""),
    "ai-sanitizer": (776, ""),
    "ai-semantic-prompt-guard": (775, ""),
    "ai-azure-content-safety": (774, "CG"),
    "ai-proxy-advanced": (770, ""),
    "ai-prompt-compressor": (769, ""),
    "ai-llm-as-judge": (767, ""),
    "ai-semantic-cache": (765, ""),
    "upstream-oauth": (760, ""),
    "solace-consume": (756, "CG"),
    "solace-upstream": (755, "CG"),
    "confluent-consume": (754, "G"),
    "kafka-consume": (753, "SG"),
    "confluent": (752, "G"),
    "kafka-upstream": (751, "G"),
    "upstream-timeout": (400, "G"),
    "proxy-cache-advanced": (100, ""),
    "graphql-proxy-cache-advanced": (99, "G"),
    "forward-proxy": (50, "G"),
    "canary": (20, "CG"),
    "metering-and-billing": (16, "G"),
    "solace-log": (15, "CG"),
    "statsd-advanced": (11, "G"),
    "kafka-log": (5, "G"),
    "application-registration": (0, "RSCG"),
    "datadog-tracing": (0, "C"),
    "mocking": (-1, "G"),
}

_CHANGED: dict[str, tuple[str, int, int]] = {
    "correlation-id": ("3.9", 1, 100001),
    "service-protection": ("3.10", 915, 901),
}
"""Plugins whose priority changed: the release, the number before it, the number from it on."""

PRIORITIES: dict[str, int] = {name: row[0] for name, row in (_OPEN_SOURCE | _ENTERPRISE).items()}
"""The execution priority in Kong 3.9; within a phase the highest number runs first."""

_SCOPES = {"R": "route", "S": "service", "C": "consumer", "G": "group"}

IDENTIFIES: dict[str, str] = {
    "key-auth": "key-auth",
    "basic-auth": "basic-auth",
    "hmac-auth": "hmac-auth",
    "jwt": "jwt",
    "oauth2": "oauth2",
    **dict.fromkeys(
        (
            "header-cert-auth",
            "jwt-signer",
            "key-auth-enc",
            "ldap-auth-advanced",
            "mtls-auth",
            "oauth2-introspection",
            "openid-connect",
            "saml",
            "session",
            "vault-auth",
        ),
        "",
    ),
}
"""Plugins after which Kong may know the consumer, with the credential type they look up; empty: any consumer."""

HTTP_PROTOCOLS = frozenset({"http", "https", "grpc", "grpcs", "ws", "wss"})
STREAM_PROTOCOLS = frozenset({"tcp", "tls", "tls_passthrough", "udp"})


def is_known(plugin: str) -> bool:
    """Whether Kong ships a plugin of that name."""
    return plugin in PRIORITIES


def is_enterprise(plugin: str) -> bool:
    """Whether only Kong Gateway Enterprise has the plugin."""
    return plugin in _ENTERPRISE


def priority(plugin: str, version: str = "3.9") -> int:
    """The execution priority in that release of Kong; 0 for a plugin that Kong does not ship.

    >>> priority("correlation-id", "3.8"), priority("correlation-id", "3.9")
    (1, 100001)
    """
    changed = _CHANGED.get(plugin)
    if changed is not None:
        since, before, after = changed
        return after if version_key(version) >= version_key(since) else before
    return PRIORITIES.get(plugin, 0)


@cache
def forbidden_scopes(plugin: str) -> frozenset[str]:
    """The scopes where Kong refuses the plugin: any of route, service, consumer and group.

    >>> sorted(forbidden_scopes("key-auth"))
    ['consumer', 'group']
    """
    _, letters = _OPEN_SOURCE.get(plugin) or _ENTERPRISE.get(plugin) or (0, "")
    return frozenset(_SCOPES[letter] for letter in letters)


def runs_on(protocols: Iterable[str], *, stream: bool = False) -> bool:
    """Whether Kong runs a plugin with these `protocols` on HTTP routes, or on stream routes.

    The list only tells the two subsystems apart; KIC sends http and https when it is empty.
    """
    served = STREAM_PROTOCOLS if stream else HTTP_PROTOCOLS
    return not served.isdisjoint(tuple(protocols) or ("http", "https"))


def execution_order(uses: Iterable[PluginUse], version: str = "3.9") -> list[PluginUse]:
    """Plugin uses in the order in which Kong runs them: by priority, not by scope or place in a list.

    Equal priorities run in descending order of the plugin name (kong-source.md 5.7). Enterprise
    `ordering` is not looked at. Uses of one plugin keep the order in which they are given.
    """
    byname = sorted(uses, key=lambda use: use.plugin, reverse=True)
    return sorted(byname, key=lambda use: -priority(use.plugin, version))
