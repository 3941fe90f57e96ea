"""Which fields every Kubernetes object has and no conversion carries: identity and server bookkeeping."""

from __future__ import annotations

from kong2x.model.finding import Level
from kong2x.model.ledger import Ledger
from kong2x.model.source import SourceObject

LAST_APPLIED = "kubectl.kubernetes.io/last-applied-configuration"
_SERVER_SIDE = (
    "managedFields",
    "uid",
    "resourceVersion",
    "creationTimestamp",
    "deletionTimestamp",
    "deletionGracePeriodSeconds",
    "generation",
    "generateName",
    "selfLink",
    "ownerReferences",
    "finalizers",
)


def book_envelope(obj: SourceObject, ledger: Ledger) -> None:
    """Books identity as exact and what the API server keeps for itself as ignored.

    Labels and other annotations stay for `resolve`: some of them mean something to Kong.
    """
    ref = obj.ref
    ledger.book(ref, ("apiVersion",), Level.EXACT, "identity")
    ledger.book(ref, ("kind",), Level.EXACT, "identity")
    if "status" in obj.value:
        ledger.book(ref, ("status",), Level.IGNORED, "server-side")
    metadata = obj.metadata
    for name in ("name", "namespace"):
        if name in metadata:
            ledger.book(ref, ("metadata", name), Level.EXACT, "identity")
    for name in _SERVER_SIDE:
        if name in metadata:
            ledger.book(ref, ("metadata", name), Level.IGNORED, "server-side")
    if LAST_APPLIED in obj.annotations:
        ledger.book(ref, ("metadata", "annotations", LAST_APPLIED), Level.IGNORED, "server-side")
