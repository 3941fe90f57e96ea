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
    "closes": "gain a plugin",
    "adjusts": "meet a plugin with another configuration",
    "changes": "are answered differently",
}
MARKS = {"added": "+", "removed": "-", "changed": "~", "renamed": ">"}


def headline(change: Change) -> str:
    """The whole comparison in one line."""
    if change.empty:
        return "Nothing changes: the same requests, findings and objects."
    counts: dict[str, int] = {}
    for group in change.requests:
        counts[group.kind] = counts.get(group.kind, 0) + len(group.requests)
    said = [f"{count} {TITLES[kind]}" for kind, count in counts.items()]
    parts = [
        "of the tried requests " + ", ".join(said) if said else "no tried request is answered differently"
    ]
    found = change.findings
    news = [f"{len(some)} {word}" for word, some in (("new", found.new), ("fixed", found.fixed)) if some]
    kept = f" ({found.unchanged} unchanged)" if found.unchanged else ""
    if news or kept:
        parts.append(f"findings: {', '.join(news) or 'none new, none fixed'}{kept}")
    counted = {kind: sum(1 for one in change.objects if one.kind == kind) for kind in MARKS}
    said = [f"{count} {kind}" for kind, count in counted.items() if count]
    parts.append("objects: " + (", ".join(said) if said else "unchanged"))
    line = "; ".join(parts) + "."
    return line[0].upper() + line[1:]


def places(requests: Sequence[Request], most: int = 3) -> list[str]:
    """Where the requests of a group go: hosts and paths, the shortest first, and how many more were tried.

    The methods, the scheme and the headers are told where all requests of the group have them in common.
    """
    methods = sorted({request.method for request in requests})
    schemes = {request.scheme for request in requests}
    where = dict.fromkeys(f"{request.host}{request.path}" for request in requests)
    names = sorted(where, key=lambda name: (len(name), name))
    head = f"{' '.join(methods)} " if len(methods) < 3 else ""
    scheme = f"{schemes.pop()}://" if len(schemes) == 1 else ""
    common = set(requests[0].headers).intersection(*(request.headers for request in requests))
    tail = "".join(f" with {name}: {value}" for name, value in sorted(common))
    out = [f"{head}{scheme}{name}{tail}" for name in names[:most]]
    return [*out, f"{len(names) - most} more like these"] if len(names) > most else out


def outcome(change: RequestChange) -> str:
    """What happens to a group of requests, everything that differs."""
    old, new = change.old, change.new
    parts = []
    if said(old) != said(new):
        parts.append(f"{said(old)} → {said(new)}")
    if old.route is not None and new.route is not None:
        if change.lost:
            parts.append(f"without {', '.join(change.lost)}")
        if change.gained:
            parts.append(f"now with {', '.join(change.gained)}")
        if change.adjusted:
            parts.append(
                f"{', '.join(change.adjusted)} {plural(len(change.adjusted))} configured differently"
            )
    if change.example is not None:
        parts += details(*change.example)
    return "; ".join(parts)


def plural(count: int) -> str:
    """`is` or `are`."""
    return "is" if count == 1 else "are"


def details(request: Request, old: Answer, new: Answer) -> list[str]:
    """What differs in the answer to one request of a group besides backend, status and plugins."""
    parts = []
    if old.location != new.location and (old.location or new.location):
        parts.append(f"redirected to {new.location or 'nowhere'}, before to {old.location or 'nowhere'}")
    if old.status is None and new.status is None and old.route is not None and new.route is not None:
        if old.path != new.path:
            parts.append(f"for {request.path} the backend receives {new.path}, before {old.path}")
        if old.host != new.host:
            own = "its own address"
            parts.append(f"the backend sees Host {new.host or own}, before {old.host or own}")
    return parts


def said(answer: Answer) -> str:
    """An answer in a few words."""
    if answer.route is None:
        return str(answer.status or 404)
    if answer.status is not None:
        return f"{answer.status} by the gateway"
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
