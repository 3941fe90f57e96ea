"""The comparison on a terminal: requests, then findings, then objects."""

from __future__ import annotations

from kong2x.compare import words
from kong2x.compare.change import Change


def as_text(change: Change) -> str:
    """Plain text; nothing changed is one line."""
    lines = [words.headline(change)]
    if change.requests:
        lines += ["", "Requests"]
        for group in change.requests:
            lines.append(f"  {words.places(group.requests)}")
            lines.append(f"    {words.TITLES[group.kind]}: {words.outcome(group)}")
    for title, findings in (("New findings", change.findings.new), ("Fixed findings", change.findings.fixed)):
        if findings:
            lines += ["", title]
            for finding in findings:
                where = f"{finding.source}: " if finding.source else ""
                lines.append(
                    f"  {where}{finding.severity} {finding.code}: {finding.object or ''} {finding.message}"
                )
    if change.objects:
        lines += ["", "Objects"]
        for one in change.objects:
            lines.append(f"  {words.object_line(one)}")
            lines += [f"      {words.field_line(field)}" for field in one.fields]
    return "".join(line.rstrip() + "\n" for line in lines)
