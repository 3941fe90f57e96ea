"""What is said about the certificates that Kong serves."""

from __future__ import annotations

from kong2x.model.finding import Code, Level, Severity

BLOCK_IGNORED = Code(
    "tls/block-ignored",
    Level.IGNORED,
    "Kong ignores a TLS block.",
    "A block needs both hosts and a secretName; without one of them Kong serves its default certificate.",
    "State the hosts and the Secret.",
    severity=Severity.WARNING,
)
HOST_CLAIMED = Code(
    "tls/host-claimed",
    Level.IGNORED,
    "Another object owns the certificate of a host.",
    "A host belongs to one certificate; the oldest Ingress that names it wins.",
    "Name the host in one TLS block only.",
    severity=Severity.WARNING,
)
SECRET_UNUSABLE = Code(
    "tls/secret-unusable",
    Level.IGNORED,
    "A TLS Secret holds no key pair.",
    "KIC raises an event, and Kong serves its default certificate for the hosts.",
    "Fill tls.crt and tls.key.",
    severity=Severity.WARNING,
)
SECRET_NOT_GIVEN = Code(
    "tls/secret-not-given",
    Level.APPROXIMATE,
    "A TLS Secret is not in the input.",
    "kong2x assumes that the cluster has it. Where it does not, Kong serves its default certificate.",
    "Check that the Secret exists in the namespace.",
    severity=Severity.INFO,
)
CODES = (BLOCK_IGNORED, HOST_CLAIMED, SECRET_UNUSABLE, SECRET_NOT_GIVEN)
