"""`kong2x check`: only the findings, the readiness report."""

from __future__ import annotations

import sys
from typing import Any

import click

from kong2x.cli.inputs import Inputs, convert_inputs
from kong2x.cli.options import input_options, report_options, take_options, target_options
from kong2x.cli.reports import check_format, hidden_failures, parse_reports, use_color, write_reports


@click.command(name="check")
@input_options
@target_options
@click.option(
    "-o",
    "--output",
    default="text",
    metavar="FORMAT",
    help="text, json, sarif, github, junit, markdown, html.",
)
@report_options
def command(output: str, **values: Any) -> int:
    """Print what would arrive on TARGET and what would not, without writing any object."""
    from kong2x.report import FORMATS, render

    check_format(output, FORMATS, "-o")
    inputs = Inputs.take(values)
    options = take_options(values, inputs)
    reports = parse_reports(values["reports"], FORMATS)
    conversion = convert_inputs(inputs, options)
    result = conversion.result
    if output == "html":
        from kong2x.worlds import add_route_map

        add_route_map(conversion)
    color = output == "text" and use_color(values["color"], sys.stdout)
    text = render(result, output, verbose=values["verbose"], quiet=values["quiet"], color=color)
    write_reports(result, reports, conversion)
    click.echo(text, nl=False, color=color)
    if output == "text":
        unseen = hidden_failures(result, values["fail_on"], verbose=values["verbose"], quiet=values["quiet"])
        click.echo(unseen, err=True, nl=False)
    return result.exit_code(values["fail_on"], keep_going=inputs.keep_going)
