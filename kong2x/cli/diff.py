"""`kong2x diff`: what a change does to requests, findings and objects."""

from __future__ import annotations

import json
import os
import sys
from dataclasses import replace
from typing import Any

import click

from kong2x.cli.inputs import Inputs, progress, read, tell_errors
from kong2x.cli.options import input_options, report_options, take_options, target_options
from kong2x.cli.reports import parse_reports, use_color, write_texts
from kong2x.model.errors import UsageError

FORMATS = ("text", "markdown", "json", "unified")


@click.command(name="diff")
@input_options
@target_options
@click.option("--base", metavar="REV", help="Compare with this revision; REV... is the merge base with HEAD.")
@click.option(
    "--against", metavar="DIR", help="Compare what would be written with the objects in this folder."
)
@click.option(
    "-o",
    "--output",
    type=click.Choice(FORMATS),
    default="text",
    show_default=True,
)
@click.option(
    "--max-chars", type=click.IntRange(min=1000), default=65_536, show_default=True, help="For markdown."
)
@report_options
def command(**values: Any) -> int:
    """Compare PATHs with another revision (--base), with written objects (--against), or OLD with NEW.

    Exit 1 when the change brings findings at or above --fail-on; ordinary changes are 0.
    """
    base, against = values.pop("base"), values.pop("against")
    paths = (*values["paths"], *values["more_paths"])
    values["reports"] = parse_reports(values["reports"], FORMATS)
    if base and against:
        raise UsageError("--base and --against exclude each other: name one of them.")
    if (base or not against) and (values["cluster"] or "-" in paths):
        raise UsageError(
            "A cluster and standard input have no earlier state: compare them with --against DIR."
        )
    if not base and not against and len(paths) != 2:
        raise UsageError(
            "Name two paths, old and new, or say what to compare with: --base REV or --against DIR."
        )
    wanted = values.pop("reports")
    values["reports"] = ()
    outcome = against_folder(values, against) if against else between_states(values, base)
    if outcome is None:
        return 2
    change, objects = outcome
    write_texts([(file, rendered(change, objects, name, values)) for name, file in wanted])
    color = use_color(values["color"], sys.stdout)
    click.echo(rendered(change, objects, values["output"], values, color=color), nl=False, color=color)
    return int(change.exit_code(values["fail_on"]))


def between_states(values: dict[str, Any], base: str | None) -> tuple[Any, Any] | None:
    """Two states of the source manifests; None, with a message, when one cannot be read."""
    from kong2x.worlds import compared

    inputs = Inputs.take(values)
    options = take_options(values, inputs)
    with progress("Comparing"):
        old, new = read_states(inputs, base)
        change, errors, objects = compared(old, new, options)
    if errors:
        tell_errors(errors)
        return None
    return change, objects


def read_states(inputs: Inputs, base: str | None) -> tuple[Any, Any]:
    """The old and the new manifests; a path that one side has not is empty there."""
    if base is None:
        old_path, new_path = inputs.paths
        return read(replace(inputs, paths=(old_path,))), read(replace(inputs, paths=(new_path,)))
    from kong2x.cli.earlier import read_earlier
    from kong2x.read import ReadResult

    old, missing = read_earlier(inputs, base)
    gone = [path for path in missing if not os.path.exists(path)]
    if gone:
        raise UsageError(f"{', '.join(gone)}: neither here nor at {base}.")
    present = tuple(path for path in inputs.paths if os.path.exists(path))
    also = tuple(path for path in inputs.also_read if os.path.exists(path))
    return old, read(replace(inputs, paths=present, also_read=also)) if present else ReadResult()


def against_folder(values: dict[str, Any], folder: str) -> tuple[Any, Any] | None:
    """A fresh conversion against objects that were written before; None when one cannot be read."""
    from kong2x.worlds import compared_with_written

    inputs = Inputs.take(values)
    options = take_options(values, inputs)
    written = read(Inputs((folder,)), generated=True)
    if written.errors:
        tell_errors(written.errors)
        return None
    with progress("Comparing"):
        change, errors, objects = compared_with_written(read(inputs), options, written.objects)
    if errors:
        tell_errors(errors)
        return None
    return change, objects


def rendered(
    change: Any, objects: tuple[Any, Any], name: str, values: dict[str, Any], *, color: bool = False
) -> str:
    """The comparison in one form."""
    if name == "json":
        from kong2x.compare.data import as_data

        return json.dumps(as_data(change), indent=2, ensure_ascii=False) + "\n"
    if name == "markdown":
        from kong2x.compare.markdown import as_markdown

        return as_markdown(change, max_chars=values["max_chars"])
    if name == "unified":
        from kong2x.compare.unified import as_unified
        from kong2x.write import dump

        return as_unified(*objects, dump)
    from kong2x.compare.text import as_text

    return as_text(change, color=color)
