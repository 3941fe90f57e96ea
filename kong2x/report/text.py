"""The text report: what an operator reads on a terminal."""

from __future__ import annotations

from collections import Counter
from collections.abc import Iterator

from kong2x.model.finding import Finding, Level, Severity
from kong2x.model.result import Result
from kong2x.model.source import dotted

COLORS = {Severity.ERROR: "31;1", Severity.WARNING: "33;1", Severity.INFO: "36"}
SHOWN_ROUTES = 3
ALIKE = 6
"""From this many findings of one code on, only the first ones are printed and the others counted."""
SHOWN_ALIKE = 3


def render(result: Result, *, verbose: bool = False, quiet: bool = False, color: bool = False) -> str:
    """Assumptions, then findings in the order of the files, then the counts.

    `quiet` keeps errors only; `verbose` adds findings that lose nothing and the accepted ones.
    """
    lines: list[str] = []
    if not quiet:
        lines += heading(result)
    shown = [f for f in result.findings if visible(f, verbose=verbose, quiet=quiet)]
    lines += grouped_lines(shown, color=color, everything=verbose)
    if not quiet:
        if shown:
            lines.append("")
        lines += closing(result, len(result.findings) - len(shown))
    return "".join(line + "\n" for line in lines)


def visible(finding: Finding, *, verbose: bool, quiet: bool) -> bool:
    """Whether a finding is shown at this verbosity."""
    if finding.accepted is not None:
        return verbose
    if quiet:
        return finding.severity is Severity.ERROR
    return verbose or finding.severity is not Severity.INFO


def heading(result: Result) -> list[str]:
    """The target and every assumption that the user did not confirm."""
    channel = f", {result.channel} channel" if result.to == "gateway-api" else ""
    lines = [f"To {result.title or result.to} {result.target_version}{channel}."]
    assumed = [
        f"{key}={value or '-'}" for key, value in result.assumptions.items() if key not in result.stated
    ]
    stated = [f"{key}={value or '-'}" for key, value in result.assumptions.items() if key in result.stated]
    if assumed:
        lines += ["Assumed of the source (change with --set KEY=VALUE):", *wrap(assumed)]
    if stated:
        lines += ["Stated:", *wrap(stated)]
    return [*lines, ""]


def grouped_lines(findings: list[Finding], *, color: bool, everything: bool) -> Iterator[str]:
    """All findings; where many share a code, the first ones and a count after the last of these."""
    totals = Counter(finding.code for finding in findings)
    seen: Counter[str] = Counter()
    for finding in findings:
        seen[finding.code] += 1
        if everything or totals[finding.code] < ALIKE or seen[finding.code] <= SHOWN_ALIKE:
            yield from finding_lines(finding, color=color)
        if not everything and totals[finding.code] >= ALIKE and seen[finding.code] == SHOWN_ALIKE:
            more = totals[finding.code] - SHOWN_ALIKE
            yield f"    … and {more} more {finding.code} (-v shows all)"


def wrap(words: list[str], width: int = 100) -> list[str]:
    """Words in indented lines."""
    lines, line = [], ""
    for word in words:
        if line and len(line) + len(word) + 2 > width:
            lines.append(f"  {line}")
            line = ""
        line += f"  {word}" if line else word
    return [*lines, f"  {line}"] if line else lines


def finding_lines(finding: Finding, *, color: bool = False) -> Iterator[str]:
    """One finding: place, severity, code; then the sentence, the routes and the remedy."""
    where = f"{finding.source}: " if finding.source else ""
    word = str(finding.severity)
    if color:
        word = f"\x1b[{COLORS[finding.severity]}m{word}\x1b[0m"
    level = "" if finding.level in (Level.EXACT, Level.IGNORED) else f" ({finding.level})"
    yield f"{where}{word} {finding.code}{level}"
    subject = ""
    if finding.object:
        field = f" {dotted(finding.path)}" if finding.path else ""
        subject = f"{finding.object}{field}: "
    yield f"    {subject}{finding.message}"
    if finding.routes:
        more = len(finding.routes) - SHOWN_ROUTES
        names = ", ".join(finding.routes[:SHOWN_ROUTES]) + (f" and {more} more" if more > 0 else "")
        yield f"    routes: {names}"
    if finding.remedy:
        yield f"    fix: {finding.remedy}"
    if finding.accepted is not None:
        yield f"    accepted: {finding.accepted}"


def closing(result: Result, hidden: int) -> list[str]:
    """The counts at the end."""
    summary = result.summary
    if result.errors and not result.manifests:
        return [f"{plural(len(result.errors), 'error')}; nothing was converted."]
    made = ", ".join(f"{count} {kind}" for kind, count in summary.emitted.items()) or "nothing"
    lines = [
        f"{plural(summary.routes, 'Kong route')} from {plural(summary.objects_converted, 'object')}: {made}."
    ]
    if summary.routes_denied:
        lines.append(
            f"{plural(summary.routes_denied, 'route')} denied: "
            "a check that decides who may call did not arrive."
        )
    if summary.settings:
        counts = ", ".join(
            f"{summary.settings.get(level, 0)} {level}" for level in Level if summary.settings.get(level)
        )
        lines.append(f"Settings: {counts}.")
    if summary.passed_through:
        kinds = ", ".join(f"{count} {kind}" for kind, count in summary.passed_through.items())
        lines.append(f"Not Kong's, left as they are: {kinds}.")
    errors = sum(1 for f in result.open_findings if f.severity is Severity.ERROR)
    warnings = sum(1 for f in result.open_findings if f.severity is Severity.WARNING)
    tail = f", {hidden} more with -v" if hidden else ""
    lines.append(f"{plural(errors, 'error')}, {plural(warnings, 'warning')}{tail}.")
    return lines


def plural(count: int, word: str) -> str:
    """`1 route`, `2 routes`."""
    return f"{count} {word}" if count == 1 else f"{count} {word}s"
