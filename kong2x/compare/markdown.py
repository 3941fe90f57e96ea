"""The comparison as one pull request comment, edited in place and kept within a size."""

from __future__ import annotations

from kong2x.compare import words
from kong2x.compare.change import Change

MARKER = "<!-- kong2x diff -->"
LIMIT = 65_536
"""GitHub's limit for a comment, in characters."""
SHARES = (("requests", 0.45), ("findings", 0.3), ("objects", 0.25))


def as_markdown(change: Change, *, max_chars: int = LIMIT) -> str:
    """The comment; each section has its part of the budget, and what does not fit is counted."""
    head = f"{MARKER}\n**kong2x:** {text(words.headline(change))}\n"
    if change.empty:
        return head
    sections = {
        "requests": request_rows(change),
        "findings": finding_rows(change),
        "objects": object_rows(change),
    }
    titles = {"requests": "Requests", "findings": "Findings", "objects": "Objects"}
    room = max_chars - len(head) - 400
    out = [head]
    spare = 0
    for name, share in SHARES:
        rows = sections[name]
        if not rows:
            spare += int(room * share)
            continue
        budget = int(room * share) + spare
        kept, used = [], 0
        for row in rows:
            if used + len(row) + 1 > budget:
                break
            kept.append(row)
            used += len(row) + 1
        spare = budget - used
        left = len(rows) - len(kept)
        body = "\n".join(kept) + (f"\n- … and {left} more" if left else "")
        if name == "objects":
            out.append(
                f"\n<details><summary>{titles[name]} ({len(rows)})</summary>\n\n{body}\n\n</details>\n"
            )
        else:
            out.append(f"\n### {titles[name]}\n\n{body}\n")
    return "".join(out)


def request_rows(change: Change) -> list[str]:
    """One item a group of requests."""
    rows = []
    for group in change.requests:
        where = ", ".join(
            place if place.endswith("more like these") else code(place)
            for place in words.places(group.requests)
        )
        rows.append(f"- {where} **{words.TITLES[group.kind]}**: {text(words.outcome(group))}")
    return rows


def finding_rows(change: Change) -> list[str]:
    """New findings first, then the fixed ones."""
    rows = []
    for word, findings in (("new", change.findings.new), ("fixed", change.findings.fixed)):
        for finding in findings:
            where = f" {code(str(finding.source))}" if finding.source else ""
            subject = f"{text(str(finding.object))}: " if finding.object else ""
            remedy = f" {text(finding.remedy)}" if word == "new" and finding.remedy else ""
            rows.append(
                f"- **{word}** {finding.severity} `{finding.code}`{where} {subject}{text(finding.message)}{remedy}"
            )
    return rows


def object_rows(change: Change) -> list[str]:
    """One item an object, its fields below it."""
    rows = []
    for one in change.objects:
        fields = "".join(f"\n  - {code(words.field_line(field))}" for field in one.fields)
        rows.append(f"- {code(words.object_line(one))}{fields}")
    return rows


def code(written: str) -> str:
    """A code span, in which nothing acts as markup or mentions anybody."""
    return "`" + written.replace("`", "'").replace("\n", " ") + "`"


def text(written: str) -> str:
    """Plain text in which nothing acts as markup or mentions anybody."""
    out = written.replace("&", "&amp;").replace("<", "&lt;").replace(">", "&gt;")
    for mark in "\\|`*_[]#":
        out = out.replace(mark, "\\" + mark)
    return out.replace("@", "@\u200b").replace("\n", " ")
