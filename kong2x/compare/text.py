"""The comparison on a terminal: requests, then findings, then objects."""

from __future__ import annotations

from kong2x.compare import words
from kong2x.compare.change import Change
from kong2x.model.finding import Severity

COLORS = {Severity.ERROR: "31;1", Severity.WARNING: "33;1", Severity.INFO: "36"}


def as_text(change: Change, *, color: bool = False) -> str:
    """Plain text; nothing changed is one line. `color` marks what a reviewer has to see."""
    lines = [words.headline(change)]
    if change.requests:
        lines += ["", "Requests"]
        for group in change.requests:
            title = words.TITLES[group.kind]
            bad = group.kind in ("opens", "disappears")
            lines += [f"  {place}" for place in words.places(group.requests)]
            lines.append(f"    {painted(title, '31;1' if bad else '1', color)}: {words.outcome(group)}")
    for title, findings in (("New findings", change.findings.new), ("Fixed findings", change.findings.fixed)):
        if findings:
            lines += ["", title]
            for finding in findings:
                where = f"{finding.source}: " if finding.source else ""
                severity = painted(str(finding.severity), COLORS[finding.severity], color)
                subject = f"{finding.object}: " if finding.object else ""
                lines += [f"  {where}{severity} {finding.code}", f"    {subject}{finding.message}"]
                if finding.remedy and findings is change.findings.new:
                    lines.append(f"    fix: {finding.remedy}")
    if change.objects:
        lines += ["", "Objects"]
        for one in change.objects:
            lines.append(f"  {words.object_line(one)}")
            lines += [f"      {words.field_line(field)}" for field in one.fields]
    return "".join(line.rstrip() + "\n" for line in lines)


def painted(text: str, code: str, color: bool) -> str:
    """The text in a colour of the terminal, where colours are wanted."""
    return f"\x1b[{code}m{text}\x1b[0m" if color else text
