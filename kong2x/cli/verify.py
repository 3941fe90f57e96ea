"""`kong2x verify`: source and target compared on generated requests."""

from __future__ import annotations

import json
from typing import Any

import click

from kong2x.cli.inputs import Inputs, progress, read, tell_errors
from kong2x.cli.options import input_options, take_options, target_options


@click.command(name="verify")
@input_options
@target_options
@click.option(
    "--against", metavar="DIR", help="Target manifests to compare with, instead of a fresh conversion."
)
@click.option(
    "--probes",
    type=click.Choice(["curl", "hurl", "k6", "json"]),
    default=None,
    help="Print the requests instead.",
)
@click.option("-o", "--output", type=click.Choice(["text", "json"]), default="text", show_default=True)
@click.option(
    "--most",
    type=click.IntRange(min=0),
    default=20,
    show_default=True,
    help="Differences to print; -o json has all.",
)
def command(**values: Any) -> int:
    """Send generated requests through a model of both routers; exit 1 when one is a surprise."""
    from kong2x.verify.probes import as_probes
    from kong2x.verify.rendering import as_data, as_text
    from kong2x.worlds import verified

    inputs = Inputs.take(values)
    options = take_options(values, inputs)
    against = None
    if values["against"]:
        written = read(Inputs((values["against"],)), generated=True)
        if written.errors:
            tell_errors(written.errors)
            return 2
        against = written.objects
    with progress("Comparing"):
        outcome = verified(read(inputs), options, against=against)
    if outcome.errors:
        tell_errors(outcome.errors)
        return 2
    if values["probes"]:
        click.echo(as_probes(outcome.requests, values["probes"]), nl=False)
        return 0
    if values["output"] == "json":
        click.echo(json.dumps(as_data(outcome.verification), indent=2, ensure_ascii=False))
    else:
        click.echo(as_text(outcome.verification, most=values["most"]), nl=False)
    return 1 if outcome.verification.surprises else 0
