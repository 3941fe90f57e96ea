"""Which labels and annotations of a source object its written object keeps."""

from __future__ import annotations

from typing import Any

from kong2x.emit.apisix.desk import Desk
from kong2x.model.source import ObjectRef

KEPT_ANNOTATIONS = (
    "argocd.argoproj.io/",
    "kustomize.toolkit.fluxcd.io/",
    "helm.sh/resource-policy",
    "kapp.k14s.io/",
)
"""Annotations that steer the tool which applies the manifests; they mean the same on any kind."""
_OWN = ("konghq.com/", "kubernetes.io/ingress.class")


def named(name: str, namespace: str) -> dict[str, str]:
    """The metadata of an object; a namespace that the source leaves to `kubectl -n` stays open."""
    return {"name": name, "namespace": namespace} if namespace else {"name": name}


def carried(origin: ObjectRef, desk: Desk) -> dict[str, Any]:
    """Namespace, labels and annotations for the object written for `origin`.

    The controller copies labels into APISIX, which refuses empty values (trap T32).
    """
    out: dict[str, Any] = {"namespace": origin.namespace} if origin.namespace else {}
    obj = desk.model.objects.get(origin)
    if obj is None:
        return out
    labels = {
        str(key): str(value)
        for key, value in obj.labels.items()
        if value and isinstance(value, str) and not str(key).startswith(_OWN)
    }
    annotations = {
        str(key): str(value)
        for key, value in obj.annotations.items()
        if str(key).startswith(KEPT_ANNOTATIONS)
    }
    if labels:
        out["labels"] = labels
    if annotations:
        out["annotations"] = annotations
    return out
