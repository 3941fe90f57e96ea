"""The JSON shape of a comparison, versioned; `kong2x/compare/schema.json` describes it."""

from __future__ import annotations

from typing import Any

from kong2x.compare.change import Change, RequestChange
from kong2x.compare.objects import FieldChange, ObjectChange
from kong2x.model.finding import Finding
from kong2x.model.source import ObjectRef, dotted
from kong2x.model.traffic import Answer, Request

VERSION = "1"


def as_data(change: Change) -> dict[str, Any]:
    """The comparison as plain data."""
    return {
        "version": VERSION,
        "requests": [request_change(one) for one in change.requests],
        "findings": {
            "new": [finding_data(finding) for finding in change.findings.new],
            "fixed": [finding_data(finding) for finding in change.findings.fixed],
            "unchanged": change.findings.unchanged,
        },
        "objects": [object_change(one) for one in change.objects],
    }


def request_change(change: RequestChange) -> dict[str, Any]:
    """One group of requests."""
    return {
        "kind": change.kind,
        "requests": [request_data(request) for request in change.requests],
        "old": answer_data(change.old),
        "new": answer_data(change.new),
        "lost": list(change.lost),
        "gained": list(change.gained),
        "adjusted": list(change.adjusted),
    }


def request_data(request: Request) -> dict[str, Any]:
    """A request."""
    return {
        "method": request.method,
        "scheme": request.scheme,
        "host": request.host,
        "path": request.path,
        "headers": [list(pair) for pair in request.headers],
        "sni": request.sni,
    }


def answer_data(answer: Answer) -> dict[str, Any]:
    """What the requests of a group have in common."""
    return {
        "route": answer.route,
        "status": answer.status,
        "service": answer.service,
        "plugins": list(answer.plugins),
        "weights": dict(answer.weights),
    }


def finding_data(finding: Finding) -> dict[str, Any]:
    """A finding, short."""
    return {
        "code": finding.code,
        "level": finding.level,
        "severity": finding.severity,
        "message": finding.message,
        "remedy": finding.remedy,
        "object": ref_data(finding.object),
        "path": dotted(finding.path),
        "source": str(finding.source) if finding.source else None,
        "fingerprint": finding.fingerprint,
    }


def object_change(change: ObjectChange) -> dict[str, Any]:
    """One object."""
    return {
        "kind": change.kind,
        "object": ref_data(change.object),
        "oldObject": ref_data(change.old_object),
        "detailed": change.detailed,
        "fields": [field_data(field) for field in change.fields],
    }


def field_data(field: FieldChange) -> dict[str, Any]:
    """One field."""
    return {"path": dotted(field.path), "kind": field.kind, "old": field.old, "new": field.new}


def ref_data(ref: ObjectRef | None) -> dict[str, str] | None:
    """An object's identity."""
    if ref is None:
        return None
    return {"group": ref.group, "kind": ref.kind, "namespace": ref.namespace, "name": ref.name}
