"""Which values of the input no API server takes in, so that no cluster serves what stands there."""

from __future__ import annotations

from collections.abc import Iterable, Iterator

from kong2x.model.finding import Code, Finding, Level, Severity
from kong2x.model.source import SourceObject
from kong2x.resolve.kinds import is_read

REFUSED = Code(
    "source/refused",
    Level.IGNORED,
    "The API server refuses an object because of a value of the wrong form.",
    "No cluster holds such an object; kong2x reads as much of it as has a meaning.",
    "Correct the value.",
    severity=Severity.WARNING,
)
CODES = (REFUSED,)

_WHOLE = frozenset(("Ingress", "Service"))
"""Kinds of Kubernetes itself, whose schema is the same in every cluster of today."""
_FREE_FORM = frozenset(
    ("Secret", "ConfigMap", "KongPlugin", "KongClusterPlugin", "KongVault", "KongCustomEntity")
)
"""Kinds whose values are secrets or plugin settings, which have findings of their own."""
_TYPE = "schema/type"
_FORMS = frozenset((_TYPE, "schema/missing-field", "schema/pattern", "schema/value", "schema/range"))
_ANNOTATIONS = ("metadata", "annotations")


def refused_values(objects: Iterable[SourceObject]) -> Iterator[Finding]:
    """One finding a value: what was read and what was expected.

    Of Kong's and the Gateway API's kinds only wrong types are told, since what else their schemas ask for
    depends on the release. Annotations have a finding of their own (`annotations/not-text`).

    >>> ingress = {"apiVersion": "networking.k8s.io/v1", "kind": "Ingress", "metadata": {"name": "a"},
    ...            "spec": {"rules": [{"host": 80}]}}
    >>> [finding.message for finding in refused_values([SourceObject(ingress)])]
    ['The API server refuses the object: spec.rules[0].host is the number 80; expected a text.']
    """
    from kong2x.validate.validator import Validator

    validator = Validator("kong")
    for obj in objects:
        if obj.kind in _FREE_FORM or not is_read(obj.kind, obj.group):
            continue
        told = _FORMS if obj.kind in _WHOLE else {_TYPE}
        for fault in validator.check(obj.value):
            if fault.code in told and fault.path[:2] != _ANNOTATIONS:
                message = f"The API server refuses the object: {fault.message}"
                yield REFUSED.finding(message, object=obj.ref, path=fault.path)
