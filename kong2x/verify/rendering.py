"""How the outcome of a verification reads, as text and as data."""

from __future__ import annotations

from collections.abc import Sequence
from typing import Any

from kong2x.model.traffic import Answer, Request
from kong2x.verify.comparison import Difference, Verification


def as_text(outcome: Verification, *, most: int = 20) -> str:
    """Surprises first, each with its request and both answers; then what was announced."""
    lines = [
        f"{outcome.requests} requests: {outcome.equal} answered alike, "
        f"{len(outcome.announced)} differ as announced, {len(outcome.surprises)} surprises."
    ]
    if outcome.surprises:
        lines += ["", "Surprises:"]
        for difference in outcome.surprises[:most]:
            lines += difference_lines(difference)
        if len(outcome.surprises) > most:
            lines.append(f"  and {len(outcome.surprises) - most} more (-o json has all)")
    if outcome.announced:
        lines += ["", "Announced:"]
        for codes, count, example in by_code(outcome.announced):
            lines.append(f"  {count} by {codes}, for example {written(example.request)}")
    if outcome.uncovered:
        lines += ["", "No request reached:", *(f"  {name}" for name in outcome.uncovered[:most])]
        if len(outcome.uncovered) > most:
            lines.append(f"  and {len(outcome.uncovered) - most} more (-o json has all)")
    return "".join(line + "\n" for line in lines)


def difference_lines(difference: Difference) -> list[str]:
    """One difference."""
    return [
        f"  {written(difference.request)}: {', '.join(difference.aspects)}",
        f"    Kong    {answered(difference.source)}",
        f"    target  {answered(difference.target)}",
    ]


def written(request: Request) -> str:
    """A request on one line."""
    headers = "".join(f" -H '{name}: {value}'" for name, value in request.headers)
    sni = f" (SNI {request.sni or 'none'})" if request.sni is not None else ""
    return f"{request.method} {request.scheme}://{request.host}{request.path}{headers}{sni}"


def answered(answer: Answer) -> str:
    """An answer on one line."""
    if answer.status is not None:
        where = f" to {answer.location}" if answer.location else ""
        return f"{answer.status}{where} ({answer.route or 'no route'})"
    shares = ", ".join(f"{name} ({weight})" for name, weight in answer.weights)
    return f"{shares or answer.service} gets {answer.path}, Host {answer.host or 'its own'} ({answer.route})"


def by_code(differences: Sequence[Difference]) -> list[tuple[str, int, Difference]]:
    """Announced differences counted by the codes that announced them."""
    groups: dict[str, list[Difference]] = {}
    for difference in differences:
        groups.setdefault(", ".join(difference.announced), []).append(difference)
    return [(codes, len(found), found[0]) for codes, found in sorted(groups.items())]


def as_data(outcome: Verification) -> dict[str, Any]:
    """The promised JSON shape: {requests, equal, announced[], surprises[], uncovered[]}."""
    return {
        "requests": outcome.requests,
        "equal": outcome.equal,
        "announced": [difference_data(difference) for difference in outcome.announced],
        "surprises": [difference_data(difference) for difference in outcome.surprises],
        "uncovered": list(outcome.uncovered),
    }


def difference_data(difference: Difference) -> dict[str, Any]:
    """One difference as plain data."""
    return {
        "request": request_data(difference.request),
        "aspects": list(difference.aspects),
        "source": answer_data(difference.source),
        "target": answer_data(difference.target),
        "codes": list(difference.announced),
    }


def request_data(request: Request) -> dict[str, Any]:
    """A request in the form that `kong2x routes --requests` reads."""
    headers: dict[str, list[str]] = {}
    for name, value in request.headers:
        headers.setdefault(name, []).append(value)
    out: dict[str, Any] = {
        "method": request.method,
        "host": request.host,
        "path": request.path,
        "headers": headers,
        "scheme": request.scheme,
    }
    if request.sni is not None:
        out["sni"] = request.sni
    return out


def answer_data(answer: Answer) -> dict[str, Any]:
    """An answer in the promised shape."""
    out: dict[str, Any] = {
        "route": answer.route,
        "why": answer.why,
        "tie": list(answer.tie),
        "status": answer.status,
        "location": answer.location,
        "service": answer.service,
        "path": answer.path,
        "host": answer.host,
        "plugins": list(answer.plugins),
    }
    if answer.weights:
        out["weights"] = dict(answer.weights)
    return out
