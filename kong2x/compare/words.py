"""The sentences of a comparison, shared by its text and Markdown forms."""

from __future__ import annotations

import json
from collections.abc import Sequence
from typing import Any

from kong2x.compare.change import Change, RequestChange
from kong2x.compare.objects import FieldChange, ObjectChange
from kong2x.model.source import dotted
from kong2x.model.traffic import Answer, Request

TITLES = {
    "opens": "lose a check",
    "disappears": "are no longer answered",
    "moves": "reach another backend",
    "appears": "are answered now",
    "closes": "gain a check",
    "changes": "are answered differently",
}
MARKS = {"added": "+", "removed": "-", "changed": "~", "renamed": ">"}


def headline(change: Change) -> str:
    """The whole comparison in one line."""
    if change.empty:
        return "Nothing changes: the same requests, findings and objects."
    requests = sum(len(group.requests) for group in change.requests)
    parts = [
        f"{requests} tried request{'' if requests == 1 else 's'} differ" if requests else "no request differs"
    ]
    findings = change.findings
    parts.append(
        f"{len(findings.new)} new and {len(findings.fixed)} fixed findings ({findings.unchanged} unchanged)"
    )
    counts = {kind: sum(1 for one in change.objects if one.kind == kind) for kind in MARKS}
    said = [f"{count} {kind}" for kind, count in counts.items() if count]
    parts.append("objects: " + (", ".join(said) if said else "unchanged"))
    return "; ".join(parts) + "."


def places(requests: Sequence[Request], most: int = 4) -> str:
    """Where the requests of a group go: hosts with paths and methods, a few of them."""
    seen = dict.fromkeys(
        f"{request.method} {request.host}{request.path.partition('?')[0]}" for request in requests
    )
    names = list(seen)
    tail = f" and {len(names) - most} more" if len(names) > most else ""
    return ", ".join(names[:most]) + tail


def outcome(change: RequestChange) -> str:
    """What happens to a group of requests."""
    if change.kind == "opens":
        return f"without {', '.join(change.lost)}"
    if change.kind == "closes":
        return f"now with {', '.join(change.gained)}"
    return f"{said(change.old)} -> {said(change.new)}"


def said(answer: Answer) -> str:
    """An answer in a few words."""
    if answer.route is None:
        return str(answer.status or 404)
    if answer.status is not None:
        return f"{answer.status} ({answer.route})"
    shares = ", ".join(f"{name} ({weight})" for name, weight in answer.weights)
    return shares or answer.service or "-"


def object_line(change: ObjectChange) -> str:
    """One object."""
    name = f"{change.old_object} -> {change.object}" if change.old_object else str(change.object)
    tail = "" if change.detailed else " (fields not listed)"
    return f"{MARKS[change.kind]} {name}{tail}"


def field_line(field: FieldChange) -> str:
    """One field."""
    path = dotted(field.path) or "."
    if field.kind == "added":
        return f"+ {path}: {value(field.new)}"
    if field.kind == "removed":
        return f"- {path}: {value(field.old)}"
    return f"~ {path}: {value(field.old)} -> {value(field.new)}"


def value(written: Any, most: int = 80) -> str:
    """A value on one line, cut where it is long."""
    text = json.dumps(written, ensure_ascii=False) if not isinstance(written, str) else written
    text = text.replace("\n", "\\n")
    return text if len(text) <= most else text[: most - 1] + "…"
