"""The Markdown report: a step summary or a wiki page."""

from __future__ import annotations

from kong2x.model.finding import Finding, Level, Severity
from kong2x.model.result import Result
from kong2x.model.source import dotted

MARK = {Severity.ERROR: "🔴", Severity.WARNING: "🟡", Severity.INFO: "⚪"}


def render(result: Result, *, verbose: bool = False, quiet: bool = False, color: bool = False) -> str:
    """Counts, assumptions, then the findings by severity, worst first."""
    summary = result.summary
    lines = [f"## kong2x: Kong to {result.title or result.to} {result.target_version}", ""]
    if result.errors and not result.manifests:
        lines += ["**Nothing was converted.**", ""]
    else:
        made = ", ".join(f"{count} {kind}" for kind, count in summary.emitted.items()) or "nothing"
        lines += [f"{summary.routes} Kong routes from {summary.objects_converted} objects: {made}.", ""]
    if summary.settings:
        lines += ["| level | settings |", "|---|---:|"]
        lines += [
            f"| {level} | {summary.settings[level]} |" for level in Level if summary.settings.get(level)
        ]
        lines.append("")
    assumed = [
        f"`{key}={value or '-'}`" for key, value in result.assumptions.items() if key not in result.stated
    ]
    if assumed and not quiet:
        lines += [
            "<details><summary>Assumed of the source</summary>",
            "",
            ", ".join(assumed),
            "",
            "</details>",
            "",
        ]
    for severity in (Severity.ERROR, Severity.WARNING, Severity.INFO):
        if (severity is Severity.INFO and not verbose) or (quiet and severity is not Severity.ERROR):
            continue
        found = [finding for finding in result.open_findings if finding.severity is severity]
        if found:
            lines += [f"### {severity.title()}s ({len(found)})", ""]
            lines += [bullet(finding) for finding in found]
            lines.append("")
    accepted = [finding for finding in result.findings if finding.accepted is not None]
    if accepted:
        lines += [f"### Accepted ({len(accepted)})", ""]
        lines += [f"{bullet(finding)}<br>accepted: {text(finding.accepted or '')}" for finding in accepted]
        lines.append("")
    return "\n".join(lines).rstrip() + "\n"


def bullet(finding: Finding) -> str:
    """One finding as a list item."""
    where = f" `{finding.source}`" if finding.source else ""
    field = f" `{dotted(finding.path)}`" if finding.path else ""
    subject = f"{text(str(finding.object))}{field}: " if finding.object else ""
    remedy = f"<br>fix: {text(finding.remedy)}" if finding.remedy else ""
    return f"- {MARK[finding.severity]} **{finding.code}**{where}<br>{subject}{text(finding.message)}{remedy}"


def text(written: str) -> str:
    """Plain text inside Markdown: nothing of it acts as markup, a mention or a link.

    >>> text("a|b <c> @team")
    'a\\\\|b &lt;c&gt; @\\u200bteam'
    """
    out = written.replace("&", "&amp;").replace("<", "&lt;").replace(">", "&gt;")
    for mark in "\\|`*_[]#":
        out = out.replace(mark, "\\" + mark)
    return out.replace("@", "@\u200b").replace("\n", " ")
