"""How the route table and the explanation of one request read on a terminal."""

from __future__ import annotations

from collections.abc import Sequence
from typing import TYPE_CHECKING, Any

from kong2x.model.result import RouteRow
from kong2x.model.traffic import Answer, Request

if TYPE_CHECKING:
    from kong2x.worlds import Worlds


def table(rows: Sequence[RouteRow], *, target: bool) -> str:
    """The routes in aligned columns, grouped by host."""
    head = ["HOST", "PATH", "WHEN", "BACKEND", "PLUGINS", *(["ON THE TARGET"] if target else [])]
    lines = [head]
    for row in sorted(rows, key=lambda r: (r.hosts, r.paths, r.name)):
        line = [
            ",".join(row.hosts) or "*",
            " ".join(row.paths) or "*",
            " ".join([*row.methods, *row.conditions]) or "-",
            row.backend,
            ",".join(row.plugins) or "-",
        ]
        if target:
            line.append(f"{row.after_backend or '-'} ({row.state})")
        lines.append(line)
    if len(lines) == 1:
        return "No route.\n"
    widths = [min(48, max(len(line[column]) for line in lines)) for column in range(len(head))]
    return "".join(
        "  ".join(cell.ljust(width) for cell, width in zip(line, widths, strict=True)).rstrip() + "\n"
        for line in lines
    )


def explained(request: Request, worlds: Worlds) -> str:
    """Which route wins and why, and which others would have."""
    lines = [f"{request.method} {request.scheme}://{request.host}{request.path}", "", "Kong:"]
    lines += answer_lines(worlds.source.answer(request))
    explain: Any = getattr(worlds.source, "explain", None)
    if explain is not None:
        lines += candidate_lines(explain(request))
    if worlds.target is not None:
        lines += ["", f"{worlds.title}:", *answer_lines(worlds.target.answer(request))]
    return "".join(line + "\n" for line in lines)


def answer_lines(answer: Answer) -> list[str]:
    """One answer."""
    if answer.route is None:
        return [f"  no route: {answer.status or 404}"]
    lines = [f"  route    {answer.route}"]
    if answer.why:
        lines.append(f"  why      {answer.why}")
    if answer.tie:
        names = ", ".join(name or "no route" for name in answer.tie)
        lines.append(f"  tie      the configuration does not decide between {names}")
    if answer.status is not None:
        where = f" to {answer.location}" if answer.location else ""
        lines.append(f"  answer   {answer.status}{where}, by the gateway itself")
    else:
        shares = ", ".join(f"{name} ({weight})" for name, weight in answer.weights)
        lines.append(f"  backend  {shares or answer.service}")
        lines.append(f"  receives {answer.path} with Host {answer.host or 'of the backend itself'}")
    if answer.plugins:
        lines.append(f"  plugins  {', '.join(answer.plugins)}")
    return lines


def candidate_lines(explanation: Any) -> list[str]:
    """The other candidates in the order tried, with the reason why each lost."""
    lines = []
    for candidate in explanation.candidates:
        lines.append(f"    {candidate.route}: {candidate.reason}")
    return ["  candidates in the order tried:", *lines] if lines else []
