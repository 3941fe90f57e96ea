"""What `metadata` of an object may hold: names, labels and annotations as the API server checks them."""

from __future__ import annotations

from functools import cache
from typing import Any

_LABEL = "[A-Za-z0-9]([-A-Za-z0-9_.]{0,61}[A-Za-z0-9])?"
_SUBDOMAIN = "[a-z0-9]([-a-z0-9]*[a-z0-9])?(\\.[a-z0-9]([-a-z0-9]*[a-z0-9])?)*"
_PREFIX = "[A-Za-z0-9]([-A-Za-z0-9]*[A-Za-z0-9])?(\\.[A-Za-z0-9]([-A-Za-z0-9]*[A-Za-z0-9])?)*"


@cache
def object_meta(namespaced: bool) -> dict[str, Any]:
    """The closed schema of ObjectMeta; a cluster-wide object has no namespace.

    What a live cluster adds (`uid`, `managedFields`, …) is allowed and not looked into.
    """
    server: dict[str, Any] = {
        name: {}
        for name in (
            "creationTimestamp",
            "deletionGracePeriodSeconds",
            "deletionTimestamp",
            "generation",
            "managedFields",
            "ownerReferences",
            "resourceVersion",
            "selfLink",
            "uid",
        )
    }
    properties: dict[str, Any] = {
        **server,
        "name": {"type": "string", "minLength": 1, "maxLength": 253, "pattern": f"^{_SUBDOMAIN}$"},
        "generateName": {"type": "string", "maxLength": 253},
        "labels": {
            "type": "object",
            "propertyNames": {"maxLength": 317, "pattern": f"^({_SUBDOMAIN}/)?{_LABEL}$"},
            "additionalProperties": {"type": "string", "pattern": f"^({_LABEL})?$"},
        },
        "annotations": {
            "type": "object",
            "propertyNames": {"maxLength": 317, "pattern": f"^({_PREFIX}/)?{_LABEL}$"},
            "additionalProperties": {"type": "string"},
        },
        "finalizers": {"type": "array", "items": {"type": "string"}},
    }
    if namespaced:
        pattern = "^[a-z0-9]([-a-z0-9]*[a-z0-9])?$"
        properties["namespace"] = {"type": "string", "minLength": 1, "maxLength": 63, "pattern": pattern}
    return {
        "type": "object",
        "properties": properties,
        "additionalProperties": False,
        "anyOf": [{"required": ["name"]}, {"required": ["generateName"]}],
    }
