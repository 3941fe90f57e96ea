"""Which kinds, fields and limits a release and channel of the Gateway API has."""

from __future__ import annotations

from dataclasses import dataclass
from functools import cache

GROUP = "gateway.networking.k8s.io"
VERSIONS = ("1.4", "1.6", "1.5", "1.3", "1.2", "1.1", "1.0")
"""The first is the default: the newest release whose standard channel is common on clusters."""
CHANNELS = ("standard", "experimental")

_STANDARD, _EXPERIMENTAL = CHANNELS

# Kind -> (since, channel, version); the last row that fits counts. A row names the lowest version
# that carries the kind, so that output works on most clusters.
_KINDS: dict[str, tuple[tuple[str, str, str], ...]] = {
    "Gateway": (("1.0", _STANDARD, "v1"),),
    "HTTPRoute": (("1.0", _STANDARD, "v1"),),
    "GRPCRoute": (("1.0", _EXPERIMENTAL, "v1alpha2"), ("1.1", _STANDARD, "v1")),
    "ReferenceGrant": (("1.0", _STANDARD, "v1beta1"),),
    "BackendTLSPolicy": (("1.1", _EXPERIMENTAL, "v1alpha3"), ("1.4", _STANDARD, "v1")),
    "TLSRoute": (("1.0", _EXPERIMENTAL, "v1alpha2"), ("1.5", _STANDARD, "v1")),
    "TCPRoute": (("1.0", _EXPERIMENTAL, "v1alpha2"), ("1.6", _STANDARD, "v1")),
    "UDPRoute": (("1.0", _EXPERIMENTAL, "v1alpha2"), ("1.6", _STANDARD, "v1")),
    "ListenerSet": (("1.5", _STANDARD, "v1"),),
}

# Feature -> (first release in the experimental channel, first release in the standard one or None).
_FEATURES: dict[str, tuple[str, str | None]] = {
    "redirect-303": ("1.5", "1.5"),
    "redirect-307": ("1.5", "1.5"),
    "redirect-308": ("1.5", "1.5"),
    "timeouts": ("1.0", "1.2"),
    "rule-name": ("1.2", "1.4"),
    "parent-port": ("1.0", "1.1"),
    "mirror-share": ("1.2", "1.3"),
    "CORS": ("1.3", "1.5"),
    "cors-credentials-false": ("1.4", "1.5"),
    "retry": ("1.2", None),
    "session-persistence": ("1.1", None),
    "ExternalAuth": ("1.4", None),
    "infrastructure-parameters": ("1.1", "1.2"),
    "frontend-validation": ("1.4", "1.5"),
    "backend-client-certificate": ("1.4", "1.5"),
    "allowed-listeners": ("1.5", "1.5"),
}

# Limit -> rows (since, number); the last row that fits counts.
_LIMITS: dict[str, tuple[tuple[str, int], ...]] = {
    "hostnames": (("1.0", 16),),
    "rules": (("1.0", 16),),
    "matches": (("1.0", 8), ("1.2", 64)),
    "matches-total": (("1.0", 128),),
    "grpc-matches": (("1.0", 8), ("1.3", 64)),
    "filters": (("1.0", 16),),
    "backends": (("1.0", 16),),
    "headers": (("1.0", 16),),
    "query": (("1.0", 16),),
    "modifiers": (("1.0", 16),),
    "parents": (("1.0", 32),),
    "listeners": (("1.0", 64),),
    "grant-entries": (("1.0", 16),),
    "tls-hostnames": (("1.0", 16), ("1.6", 1024)),
    "cors-entries": (("1.0", 64),),
    "ca-references": (("1.0", 8),),
}


@dataclass(frozen=True, slots=True)
class Schema:
    """One release and channel.

    >>> Schema("1.4", "standard").api_version("TCPRoute") is None
    True
    >>> Schema("1.6", "standard").api_version("TCPRoute")
    'gateway.networking.k8s.io/v1'
    >>> Schema("1.1", "standard").limit("matches")
    8
    """

    version: str
    channel: str = _STANDARD

    def api_version(self, kind: str) -> str | None:
        """The apiVersion to write for `kind`, None when this release and channel lack the kind."""
        found = None
        for since, channel, version in _KINDS[kind]:
            if _at_least(self.version, since) and (channel == _STANDARD or self.experimental):
                found = version
        return f"{GROUP}/{found}" if found else None

    def supports(self, feature: str) -> bool:
        """Whether a field, filter or value exists here."""
        experimental, standard = _FEATURES[feature]
        since = experimental if self.experimental else standard
        return since is not None and _at_least(self.version, since)

    def limit(self, name: str) -> int:
        """How many entries a list may have here."""
        number = 0
        for since, value in _LIMITS[name]:
            if _at_least(self.version, since):
                number = value
        return number

    @property
    def experimental(self) -> bool:
        """Whether the experimental channel was chosen."""
        return self.channel == _EXPERIMENTAL

    @property
    def label(self) -> str:
        """How messages name this choice."""
        return f"Gateway API {self.version} ({self.channel} channel)"


def available(name: str) -> str:
    """Where a kind or feature is to be had, as the end of a sentence.

    >>> available("TCPRoute")
    'the experimental channel, or 1.6 and later'
    >>> available("retry")
    'the experimental channel of 1.2 and later'
    """
    if name in _KINDS:
        rows = _KINDS[name]
        standard = next((since for since, channel, _ in rows if channel == _STANDARD), None)
        experimental = next((since for since, channel, _ in rows if channel == _EXPERIMENTAL), standard)
    else:
        experimental, standard = _FEATURES[name]
    if standard is None:
        return f"the experimental channel of {experimental} and later"
    if experimental is None or experimental == standard:
        return f"{standard} and later"
    where = (
        "the experimental channel"
        if experimental == "1.0"
        else f"the experimental channel from {experimental} on"
    )
    return f"{where}, or {standard} and later"


@cache
def schema_for(version: str | None, channel: str) -> Schema:
    """The table for a chosen release; None is the default, a patch release counts as its minor."""
    wanted = ".".join((version or VERSIONS[0]).lstrip("v").split(".")[:2])
    return Schema(wanted if wanted in VERSIONS else VERSIONS[0], channel)


@cache
def _at_least(version: str, since: str) -> bool:
    return tuple(map(int, version.split("."))) >= tuple(map(int, since.split(".")))
