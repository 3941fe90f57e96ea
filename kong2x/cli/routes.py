"""`kong2x routes`: the route table, or who answers one request or many."""

from __future__ import annotations

import json
from collections.abc import Iterable, Mapping
from dataclasses import replace
from typing import Any

import click

from kong2x.cli.inputs import Inputs, read, tell_errors
from kong2x.cli.options import input_options, pairs, target_options
from kong2x.model.errors import UsageError
from kong2x.model.settings import Options
from kong2x.model.traffic import Answerer, Request


@click.command(name="routes")
@input_options
@target_options
@click.option("--host", default=None, help="Ask who answers a request for this host.")
@click.option("--path", default=None, help="The request target as sent, with its query (/).")
@click.option("--method", default="GET", show_default=True)
@click.option("--header", "headers", multiple=True, metavar="NAME=VALUE")
@click.option("--scheme", type=click.Choice(["http", "https"]), default="http", show_default=True)
@click.option("--sni", default=None, help="TLS server name when it is not the host.")
@click.option(
    "--requests",
    "requests_file",
    default=None,
    metavar="FILE",
    help="Requests, one JSON object a line; - is stdin.",
)
@click.option("-o", "--output", type=click.Choice(["text", "json"]), default="text", show_default=True)
def command(**values: Any) -> int:
    """Print the route table of Kong and, with --to, of the target; or explain one request."""
    from kong2x.cli.routes_text import explained, table
    from kong2x.worlds import route_worlds

    inputs = Inputs.take(values)
    options = route_options(values, inputs)
    worlds = route_worlds(read(inputs), options, convert=bool(values.pop("with_target")))
    if worlds.errors:
        tell_errors(worlds.errors)
        return 2
    for finding in worlds.tell:
        click.echo(
            f"{finding.source or finding.object or 'input'}: {finding.message} {finding.remedy}", err=True
        )
    asked = list(requests_from(values))
    if asked and (values["output"] == "json" or values["requests_file"]):
        for identity, request in asked:
            line = answer_line(identity, request, worlds.source, worlds.target)
            click.echo(json.dumps(line, ensure_ascii=False))
    elif asked:
        click.echo(explained(asked[0][1], worlds), nl=False)
    elif values["output"] == "json":
        click.echo(json.dumps(table_data(worlds.rows), indent=2, ensure_ascii=False))
    elif not values["requests_file"]:
        click.echo(table(worlds.rows, target=worlds.target is not None), nl=False)
    return 0


def route_options(values: dict[str, Any], inputs: Inputs) -> Options:
    """The options; without --to the neutral route model is shown, whatever the configuration's target is."""
    from kong2x.cli.options import take_options

    values["with_target"] = bool(values.get("to"))
    values["to"] = values.get("to") or "routes"
    options = take_options(values, inputs)
    return options if values["with_target"] else replace(options, target_version=None, channel="standard")


def requests_from(values: Mapping[str, Any]) -> Iterable[tuple[Any, Request]]:
    """The requests that were asked about, with their ids."""
    if values["requests_file"]:
        from kong2x.cli.requests_file import read_requests

        yield from read_requests(values["requests_file"])
    elif values["host"] is not None or values["path"] is not None:
        path = values["path"] or "/"
        if not path.startswith("/"):
            raise UsageError(f"--path {path}: expected a path that starts with /.")
        yield (
            "1",
            Request(
                values["method"].upper(),
                values["host"] or "",
                path,
                tuple((name.strip(), value) for name, value in header_pairs(values["headers"])),
                values["scheme"],
                values["sni"],
                "1",
            ),
        )


def header_pairs(written: Iterable[str]) -> Iterable[tuple[str, str]]:
    """`NAME=VALUE` arguments as pairs; a repeated name is a repeated header."""
    for one in written:
        yield from pairs([one], "--header", "NAME=VALUE").items()


def answer_line(identity: Any, request: Request, source: Answerer, target: Answerer | None) -> dict[str, Any]:
    """One answer a request, in the promised shape."""
    from kong2x.verify.rendering import answer_data

    out: dict[str, Any] = {"id": identity, "source": answer_data(source.answer(request))}
    if target is not None:
        out["target"] = answer_data(target.answer(request))
    return out


def table_data(rows: Iterable[Any]) -> list[dict[str, Any]]:
    """The route table as plain data."""
    return [
        {
            "route": row.name,
            "object": str(row.origin),
            "hosts": list(row.hosts),
            "paths": list(row.paths),
            "methods": list(row.methods),
            "conditions": list(row.conditions),
            "service": row.backend,
            "plugins": list(row.plugins),
            "target": None
            if not row.after and not row.after_backend
            else {"route": row.after, "service": row.after_backend, "plugins": list(row.after_plugins)},
            "state": row.state,
        }
        for row in rows
    ]
