"""The SARIF 2.1.0 report: findings for code scanning, with stable fingerprints and suppressions."""

from __future__ import annotations

import json
import posixpath
from typing import Any
from urllib.parse import quote

from kong2x.model.finding import Finding, Severity
from kong2x.model.result import Result
from kong2x.model.source import dotted

SCHEMA = "https://json.schemastore.org/sarif-2.1.0.json"
LEVELS = {Severity.ERROR: "error", Severity.WARNING: "warning", Severity.INFO: "note"}


def render(result: Result, *, verbose: bool = False, quiet: bool = False, color: bool = False) -> str:
    """The report as SARIF text; accepted findings are results with a suppression."""
    return json.dumps(log(result, verbose=verbose), indent=2, ensure_ascii=False) + "\n"


def log(result: Result, *, verbose: bool = False) -> dict[str, Any]:
    """The SARIF log as plain data; informational findings only with `verbose`."""
    findings = [f for f in result.findings if verbose or f.severity is not Severity.INFO]
    codes = sorted({finding.code for finding in findings})
    index = {code: position for position, code in enumerate(codes)}
    return {
        "$schema": SCHEMA,
        "version": "2.1.0",
        "runs": [
            {
                "tool": {
                    "driver": {
                        "name": "kong2x",
                        "rules": [rule(code, findings) for code in codes],
                    }
                },
                "columnKind": "unicodeCodePoints",
                "results": [entry(finding, index[finding.code]) for finding in findings],
                "properties": {"target": result.to, "targetVersion": result.target_version},
            }
        ],
    }


def rule(code: str, findings: list[Finding]) -> dict[str, Any]:
    """One rule; its text is that of the first finding, `kong2x explain CODE` has the page."""
    first = next(finding for finding in findings if finding.code == code)
    return {
        "id": code,
        "name": "".join(part.title() for part in code.replace("/", "-").split("-")),
        "shortDescription": {"text": code.replace("/", ": ").replace("-", " ")},
        "help": {"text": f"{first.remedy} `kong2x explain {code}` has the whole page.".strip()},
        "defaultConfiguration": {"level": LEVELS[first.severity]},
    }


def entry(finding: Finding, position: int) -> dict[str, Any]:
    """One result."""
    out: dict[str, Any] = {
        "ruleId": finding.code,
        "ruleIndex": position,
        "level": LEVELS[finding.severity],
        "message": {"text": message(finding)},
        "partialFingerprints": {"kong2x/v1": finding.fingerprint},
        "properties": {"level": str(finding.level), "routes": list(finding.routes)},
    }
    if finding.source is not None and not finding.source.file.startswith("<"):
        out["locations"] = [location(finding)]
    if finding.accepted is not None:
        out["suppressions"] = [{"kind": "inSource", "status": "accepted", "justification": finding.accepted}]
    return out


def message(finding: Finding) -> str:
    """The sentence with its subject and remedy."""
    subject = f"{finding.object}: " if finding.object else ""
    return f"{subject}{finding.message} {finding.remedy}".strip()


def location(finding: Finding) -> dict[str, Any]:
    """Where the finding points; files are relative to the checkout as the user named them."""
    assert finding.source is not None
    physical: dict[str, Any] = {"artifactLocation": {"uri": uri(finding.source.file)}}
    if finding.source.line:
        region = {"startLine": finding.source.line}
        if finding.source.column:
            region["startColumn"] = finding.source.column
        physical["region"] = region
    out: dict[str, Any] = {"physicalLocation": physical}
    if finding.object:
        name = f"{finding.object} {dotted(finding.path)}".strip()
        out["logicalLocations"] = [{"fullyQualifiedName": name, "kind": "object"}]
    return out


def uri(file: str) -> str:
    """A file name as a URI: relative names stay relative, blanks and such are encoded.

    >>> uri("./a b/web.yaml"), uri("/srv/web.yaml")
    ('a%20b/web.yaml', 'file:///srv/web.yaml')
    """
    path = posixpath.normpath(file.replace("\\", "/"))
    return f"file://{quote(path)}" if path.startswith("/") else quote(path)
