"""Which annotations Kong knows, on which objects each may stand, and how their values are read.

The same facts stand in `mappings/kong/annotations.yaml` with grammar, default and effect; a test
keeps the two alike. Source: kong-source.md section 2.
"""

from __future__ import annotations

import re
from collections.abc import Iterator
from difflib import get_close_matches

from kong2x.model.source import SourceObject

PREFIX = "konghq.com/"
HEADERS = "konghq.com/headers."
CLASS = "kubernetes.io/ingress.class"
FORCE_SSL = "ingress.kubernetes.io/force-ssl-redirect"
SERVICE_UPSTREAM = "ingress.kubernetes.io/service-upstream"
DEFAULT_CLASS = "ingressclass.kubernetes.io/is-default-class"

ROUTE_KINDS = frozenset(
    ("Ingress", "TCPIngress", "UDPIngress", "HTTPRoute", "GRPCRoute", "TCPRoute", "UDPRoute", "TLSRoute")
)
SERVICE_KINDS = frozenset(("Service", "KongServiceFacade"))
_INGRESS = frozenset(("Ingress",))
_CLASSED = frozenset(
    (
        "Ingress",
        "TCPIngress",
        "UDPIngress",
        "KongConsumer",
        "KongConsumerGroup",
        "KongClusterPlugin",
        "KongVault",
        "KongServiceFacade",
    )
)
_PLUGIN_HOLDERS = ROUTE_KINDS | SERVICE_KINDS | {"KongConsumer", "KongConsumerGroup"}
_TAGGED = _PLUGIN_HOLDERS | {"KongPlugin", "KongClusterPlugin"}

STANDS_ON: dict[str, frozenset[str]] = {
    **{
        PREFIX + name: ROUTE_KINDS
        for name in (
            "protocols",
            "strip-path",
            "preserve-host",
            "https-redirect-status-code",
            "regex-priority",
            "methods",
            "snis",
            "host-aliases",
            "headers-separator",
            "headers.*",
            "path-handling",
            "request-buffering",
            "response-buffering",
        )
    },
    FORCE_SSL: ROUTE_KINDS,
    PREFIX + "regex-prefix": _INGRESS,
    PREFIX + "rewrite": _INGRESS,
    **{
        PREFIX + name: SERVICE_KINDS
        for name in (
            "protocol",
            "path",
            "connect-timeout",
            "read-timeout",
            "write-timeout",
            "retries",
            "host-header",
            "upstream-policy",
            "override",
            "client-cert",
            "tls-verify",
            "tls-verify-depth",
            "ca-certificates-secrets",
            "ca-certificates-configmaps",
        )
    },
    SERVICE_UPSTREAM: SERVICE_KINDS,
    PREFIX + "plugins": _PLUGIN_HOLDERS,
    PREFIX + "tags": _TAGGED,
    CLASS: _CLASSED,
    DEFAULT_CLASS: frozenset(("IngressClass",)),
    PREFIX + "gatewayclass-unmanaged": frozenset(("GatewayClass",)),
    PREFIX + "gateway-unmanaged": frozenset(("Gateway",)),
    PREFIX + "publish-service": frozenset(("Gateway",)),
}
"""Every annotation that KIC reads, and the kinds it is read from."""

DEAD = {
    "configuration.konghq.com": PREFIX + "override",
    "configuration.konghq.com/protocol": PREFIX + "protocol",
    "configuration.konghq.com/protocols": PREFIX + "protocols",
    "configuration.konghq.com/client-cert": PREFIX + "client-cert",
    "plugins.konghq.com": PREFIX + "plugins",
}
"""Spellings of before KIC 1.0 that nothing reads any more, and what replaced them."""

DEAD_PLUGIN = ".plugin.konghq.com"
"""The end of `<plugin>.plugin.konghq.com`, dead since KIC 1.0."""

_TRUE = frozenset(("1", "t", "T", "TRUE", "true", "True"))
_FALSE = frozenset(("0", "f", "F", "FALSE", "false", "False"))
_INTEGER = re.compile(r"[+-]?[0-9]+")
_LABEL = r"[a-zA-Z0-9]+(?:-[a-zA-Z0-9]+)*"
_NAME = re.compile(rf"{_LABEL}(?:\.{_LABEL})*")
_HOST = re.compile(rf"(?:\*\.)?{_LABEL}(?:\.{_LABEL})*(?:\.\*)?")
_METHOD = re.compile(r"[A-Z]+")
_MOST = 1 << 63


def table_key(key: str) -> str:
    """The key under which an annotation stands in the table: all header criteria share one."""
    return PREFIX + "headers.*" if key.startswith(HEADERS) else key


def is_kongs(key: str) -> bool:
    """Whether an annotation is, or looks like, one of Kong's."""
    return (
        key.startswith((PREFIX, "konghq.com")) or key in STANDS_ON or key in DEAD or key.endswith(DEAD_PLUGIN)
    )


def nearest(key: str) -> str | None:
    """The known annotation that a misspelt one probably means."""
    close = get_close_matches(key, [known for known in STANDS_ON if known != PREFIX + "headers.*"], 1, 0.8)
    return close[0] if close else None


def value_text(raw: object) -> str:
    """The text of an annotation; manifests may hold what the API server would refuse as such.

    >>> value_text(True), value_text(30), value_text(None), value_text([1])
    ('true', '30', '', '')
    """
    if isinstance(raw, str):
        return raw
    if isinstance(raw, bool):
        return "true" if raw else "false"
    return str(raw) if isinstance(raw, int | float) else ""


def texts(obj: SourceObject) -> Iterator[tuple[str, str]]:
    """Every annotation of an object with its text."""
    for key, raw in obj.annotations.items():
        if isinstance(key, str):
            yield key, value_text(raw)


def comma_list(value: str) -> tuple[str, ...]:
    """A comma list as KIC reads it: trimmed, empty entries dropped.

    >>> comma_list("a, b,,")
    ('a', 'b')
    """
    return tuple(part for part in (piece.strip() for piece in value.split(",")) if part)


def integer(value: str) -> int | None:
    """A number as Go's Atoi reads it: no spaces, no unit, no fraction; None otherwise.

    >>> integer("30"), integer("30s"), integer(" 30"), integer("-5")
    (30, None, None, -5)
    """
    if not _INTEGER.fullmatch(value) or len(value) > 20:
        return None
    number = int(value)
    return number if -_MOST <= number < _MOST else None


def go_boolean(value: str) -> bool | None:
    """A truth value as Go's ParseBool reads it; None otherwise."""
    if value in _TRUE:
        return True
    return False if value in _FALSE else None


def is_sni(text: str) -> bool:
    """Whether KIC takes a text as a TLS server name: labels without wildcard or underscore."""
    return _NAME.fullmatch(text) is not None


def is_host(text: str) -> bool:
    """Whether KIC takes a text as a host name, with an optional wildcard at one end.

    >>> is_host("*.a.com"), is_host("a.*"), is_host("bad_host"), is_host("xn--bcher-kva.example")
    (True, True, False, False)
    """
    return _HOST.fullmatch(text) is not None


def is_method(text: str) -> bool:
    """Whether KIC takes a text, already in upper case, as an HTTP method."""
    return _METHOD.fullmatch(text) is not None
