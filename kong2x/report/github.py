"""GitHub workflow annotations: worst first, within the caps of one step."""

from __future__ import annotations

import posixpath

from kong2x.model.finding import Finding, Severity
from kong2x.model.result import Result

WORDS = {Severity.ERROR: "error", Severity.WARNING: "warning", Severity.INFO: "notice"}
CAP = 10
"""GitHub shows at most ten annotations of each kind for one step."""


def render(result: Result, *, verbose: bool = False, quiet: bool = False, color: bool = False) -> str:
    """One workflow command a line; what is over the cap is counted in a last notice."""
    lines = []
    left_out = 0
    for severity in (Severity.ERROR, Severity.WARNING, Severity.INFO):
        if (quiet and severity is not Severity.ERROR) or (severity is Severity.INFO and not verbose):
            continue
        found = [f for f in result.open_findings if f.severity is severity]
        lines += [command(finding) for finding in found[:CAP]]
        left_out += max(0, len(found) - CAP)
    if left_out:
        lines.append(f"::notice title=kong2x::{left_out} more findings are in the report of this run")
    return "".join(line + "\n" for line in lines)


def command(finding: Finding) -> str:
    """One annotation with the characters escaped that workflow commands give a meaning."""
    properties = []
    if finding.source is not None and not finding.source.file.startswith("<"):
        file = posixpath.normpath(finding.source.file)
        properties.append(f"file={escape(file, properties=True)}")
        if finding.source.line:
            properties.append(f"line={finding.source.line}")
        if finding.source.column:
            properties.append(f"col={finding.source.column}")
    properties.append(f"title={escape(finding.code, properties=True)}")
    subject = f"{finding.object}: " if finding.object else ""
    text = escape(f"{subject}{finding.message} {finding.remedy}".strip())
    return f"::{WORDS[finding.severity]} {','.join(properties)}::{text}"


def escape(text: str, *, properties: bool = False) -> str:
    """Percent-encodes what would end a command or a property.

    >>> escape("50%, a:b", properties=True)
    '50%25%2C a%3Ab'
    """
    out = text.replace("%", "%25").replace("\r", "%0D").replace("\n", "%0A")
    return out.replace(":", "%3A").replace(",", "%2C") if properties else out
