"""`kong2x probe`: the same requests to two live gateways, and where their answers differ."""

from __future__ import annotations

import json
from collections.abc import Sequence
from typing import Any

import click

from kong2x.cli.inputs import Inputs, progress, read, tell_errors
from kong2x.cli.options import input_options, target_options
from kong2x.cli.sending import Gateway, Reply, send
from kong2x.model.errors import UsageError
from kong2x.model.traffic import Criteria, Request

READ_ONLY = frozenset({"GET", "HEAD", "OPTIONS"})


@click.command(name="probe")
@input_options
@target_options
@click.option("--left", required=True, metavar="URL", help="The first gateway, for example Kong's address.")
@click.option("--right", required=True, metavar="URL", help="The second gateway.")
@click.option(
    "--requests", "requests_file", metavar="FILE", help="Send these, one JSON object a line; - is stdin."
)
@click.option("--header", "headers", multiple=True, metavar="NAME", help="Compare this response header too.")
@click.option("--body", is_flag=True, help="Compare the bodies too, by their hash.")
@click.option(
    "--all-methods", is_flag=True, help="Also send methods that may change something (POST, DELETE, …)."
)
@click.option("--most", type=click.IntRange(min=1), default=500, show_default=True, help="Requests to send.")
@click.option("--timeout", type=click.FloatRange(min=0.1), default=5.0, show_default=True, help="Seconds.")
@click.option("-o", "--output", type=click.Choice(["text", "json"]), default="text", show_default=True)
def command(**values: Any) -> int:
    """Send the same requests to two gateways, compare status, Location and chosen headers; exit 1 on a difference.

    The requests are those of `kong2x verify`, made from the manifests in PATH (and from the target's routes
    with --to), or those of --requests. Nothing but the two addresses is contacted; only GET, HEAD and OPTIONS
    are sent unless --all-methods is given.
    """
    left, right = Gateway.parse(values["left"], "--left"), Gateway.parse(values["right"], "--right")
    if left.scheme != right.scheme:
        raise UsageError("--left and --right: name two http addresses or two https addresses.")
    wanted = wanted_requests(values, left.scheme)
    if wanted is None:
        return 2
    sent = [request for request in wanted if values["all_methods"] or request.method in READ_ONLY]
    chosen = spread(sent, values["most"])
    differences: list[tuple[Request, Reply, Reply]] = []
    answered = 0
    with progress("Probing"):
        for request in chosen:
            one, other = (
                send(gateway, request, values["headers"], body=values["body"], timeout=values["timeout"])
                for gateway in (left, right)
            )
            answered += not (one.error or other.error)
            if one.error or one != other:
                differences.append((request, one, other))
    counts = {"sent": len(chosen), "left_out": len(wanted) - len(chosen), "differences": len(differences)}
    if values["output"] == "json":
        click.echo(json.dumps(as_data(counts, differences), indent=2, ensure_ascii=False))
    else:
        click.echo(as_text(counts, differences), nl=False)
    if not answered:
        click.echo(f"Error: no request was answered by both {left.url} and {right.url}.", err=True)
        return 2
    return 1 if differences else 0


def wanted_requests(values: dict[str, Any], scheme: str) -> list[Request] | None:
    """The requests of --requests, or those of one scheme that the manifests give; None when these cannot be read."""
    if values["requests_file"]:
        from kong2x.cli.requests_file import read_requests

        return [request for _, request in read_requests(values["requests_file"])]
    if not (values["paths"] or values["more_paths"] or values["cluster"]):
        raise UsageError("Name the manifests to make requests from, or a file of requests with --requests.")
    from kong2x.cli.routes import route_options
    from kong2x.routemap import criteria_of
    from kong2x.verify import generate
    from kong2x.worlds import route_worlds

    inputs = Inputs.take(values)
    options = route_options(values, inputs)
    worlds = route_worlds(read(inputs), options, convert=bool(values["with_target"]))
    if worlds.errors:
        tell_errors(worlds.errors)
        return None
    criteria: list[Criteria] = [criteria_of(route) for route in worlds.conversion.model.routes]
    criteria += worlds.target.criteria() if worlds.target is not None else ()
    return [request for request in generate(criteria) if request.scheme == scheme]


def spread(requests: Sequence[Request], most: int) -> list[Request]:
    """At most so many requests, taken evenly over all of them, so that no host is left out by its place."""
    if len(requests) <= most:
        return list(requests)
    return [requests[number * len(requests) // most] for number in range(most)]


def as_data(counts: dict[str, int], differences: Sequence[tuple[Request, Reply, Reply]]) -> dict[str, Any]:
    """The outcome as data: {sent, leftOut, differences[{request, left, right}]}."""
    from kong2x.verify.rendering import request_data

    return {
        "sent": counts["sent"],
        "leftOut": counts["left_out"],
        "differences": [
            {"request": request_data(request), "left": reply_data(left), "right": reply_data(right)}
            for request, left, right in differences
        ],
    }


def reply_data(reply: Reply) -> dict[str, Any]:
    """One answer as data; absent parts are left out."""
    out: dict[str, Any] = {"status": reply.status, "location": reply.location}
    if reply.headers:
        out["headers"] = dict(reply.headers)
    if reply.body is not None:
        out["body"] = reply.body
    return {**out, "error": reply.error} if reply.error else out


def as_text(counts: dict[str, int], differences: Sequence[tuple[Request, Reply, Reply]]) -> str:
    """Every difference with both answers, then the counts."""
    from kong2x.verify.rendering import written

    lines = []
    for request, left, right in differences:
        lines += [written(request), f"  left   {said(left)}", f"  right  {said(right)}"]
    rest = f", {counts['left_out']} not sent" if counts["left_out"] else ""
    sent = f"{counts['sent']} request{'' if counts['sent'] == 1 else 's'} sent to both{rest}"
    lines.append(f"{sent}: {counts['differences']} answered differently.")
    return "".join(line + "\n" for line in lines)


def said(reply: Reply) -> str:
    """One answer on one line."""
    if reply.error:
        return f"no answer ({reply.error})"
    parts = [str(reply.status)]
    if reply.location:
        parts.append(f"to {reply.location}")
    parts += [f"{name}: {value if value is not None else '-'}" for name, value in reply.headers]
    if reply.body is not None:
        parts.append(f"body {reply.body}")
    return "  ".join(parts)
