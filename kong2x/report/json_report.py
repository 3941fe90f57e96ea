"""The JSON report: a versioned shape for programs; `kong2x/report/schema.json` describes it."""

from __future__ import annotations

import json
from typing import Any

from kong2x.model.finding import Finding
from kong2x.model.result import Result, Summary
from kong2x.model.source import ObjectRef, dotted

VERSION = "1"


def render(result: Result, *, verbose: bool = False, quiet: bool = False, color: bool = False) -> str:
    """The report as JSON text; `verbose` adds the ledger, every source setting with its outcome."""
    return json.dumps(report(result, ledger=verbose), indent=2, ensure_ascii=False) + "\n"


def report(result: Result, *, ledger: bool = False) -> dict[str, Any]:
    """The report as plain data."""
    out: dict[str, Any] = {
        "version": VERSION,
        "target": {"name": result.to, "version": result.target_version, "channel": result.channel},
        "assumptions": [
            {"key": key, "value": value, "stated": key in result.stated}
            for key, value in result.assumptions.items()
        ],
        "summary": summary_data(result.summary),
        "findings": [finding_data(finding) for finding in result.findings],
    }
    if ledger:
        out["ledger"] = [
            {"object": object_data(row.object), "path": dotted(row.path), "level": row.level, "why": row.why}
            for row in result.ledger
        ]
    return out


def summary_data(summary: Summary) -> dict[str, Any]:
    """The counts as plain data."""
    return {
        "objectsRead": summary.objects_read,
        "objectsConverted": summary.objects_converted,
        "routes": summary.routes,
        "routesDenied": summary.routes_denied,
        "emitted": summary.emitted,
        "settings": {str(level): count for level, count in summary.settings.items()},
        "passedThrough": summary.passed_through,
    }


def finding_data(finding: Finding) -> dict[str, Any]:
    """One finding as plain data; absent parts are null."""
    source = finding.source
    return {
        "code": finding.code,
        "level": finding.level,
        "severity": finding.severity,
        "message": finding.message,
        "remedy": finding.remedy,
        "object": object_data(finding.object),
        "path": dotted(finding.path),
        "source": None
        if source is None
        else {
            "file": source.file,
            "line": source.line,
            "column": source.column,
            "document": source.document,
        },
        "routes": list(finding.routes),
        "result": object_data(finding.result),
        "resultPath": dotted(finding.result_path),
        "fingerprint": finding.fingerprint,
        "accepted": finding.accepted,
    }


def object_data(ref: ObjectRef | None) -> dict[str, str] | None:
    """An object's identity as plain data."""
    if ref is None:
        return None
    return {"group": ref.group, "kind": ref.kind, "namespace": ref.namespace, "name": ref.name}
