"""`kong2x diff`: what a change does to requests, findings and objects."""

from __future__ import annotations

import json
import os
from collections.abc import Sequence
from typing import Any

import click

from kong2x.cli.options import (
    Inputs,
    input_options,
    read,
    report_options,
    take_options,
    target_options,
)
from kong2x.model.errors import UsageError


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
    type=click.Choice(["text", "markdown", "json", "unified"]),
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
    if base and against:
        raise UsageError("--base and --against exclude each other: name one of them.")
    if not base and not against and len(paths) != 2:
        raise UsageError(
            "Name two paths, old and new, or say what to compare with: --base REV or --against DIR."
        )
    if against:
        return against_folder(values, against)
    return between_states(values, base, paths)


def between_states(values: dict[str, Any], base: str | None, paths: Sequence[str]) -> int:
    """Two states of the source manifests."""
    from kong2x.worlds import compared

    values["paths"], values["more_paths"] = tuple(paths), ()
    inputs = Inputs.take(values)
    options = take_options(values, inputs)
    old, new = read_states(inputs, base)
    change, errors, objects = compared(old, new, options)
    if errors:
        for error in errors:
            click.echo(f"{error.source}: {error.message} {error.remedy}", err=True)
        return 2
    click.echo(rendered(change, objects, values), nl=False)
    return change.exit_code(values["fail_on"])


def read_states(inputs: Inputs, base: str | None) -> tuple[Any, Any]:
    """The old and the new manifests; a path that one side has not is empty there."""
    from dataclasses import replace

    from kong2x.read import ReadResult, read_inputs
    from kong2x.read.git import sources_at

    if base is None:
        old_path, new_path = inputs.paths
        return read(replace(inputs, paths=(old_path,))), read(replace(inputs, paths=(new_path,)))
    sources = sources_at(base, inputs.paths)
    present = tuple(path for path in inputs.paths if os.path.exists(path))
    if not sources and not present:
        raise UsageError(f"{', '.join(inputs.paths)}: neither here nor at {base}.")
    old = (
        read_inputs(sources, namespaces=inputs.namespaces, selector=inputs.selector)
        if sources
        else ReadResult()
    )
    new = read(replace(inputs, paths=present)) if present else ReadResult()
    return old, new


def against_folder(values: dict[str, Any], folder: str) -> int:
    """A fresh conversion against objects that were written before."""
    from kong2x.cli.options import convert_inputs
    from kong2x.compare import Change, compare_objects

    inputs = Inputs.take(values)
    options = take_options(values, inputs)
    result = convert_inputs(inputs, options).result
    if result.exit_code(keep_going=inputs.keep_going) == 2:
        for error in result.errors:
            click.echo(f"{error.source}: {error.message} {error.remedy}", err=True)
        return 2
    written = [obj.value for obj in read(Inputs((folder,)), generated=True).objects]
    change = Change(objects=compare_objects(written, result.objects))
    click.echo(rendered(change, (written, result.objects), values), nl=False)
    return change.exit_code(values["fail_on"])


def rendered(change: Any, objects: tuple[Any, Any], values: dict[str, Any]) -> str:
    """The comparison in the form that was asked for."""
    if values["output"] == "json":
        from kong2x.compare.data import as_data

        return json.dumps(as_data(change), indent=2, ensure_ascii=False) + "\n"
    if values["output"] == "markdown":
        from kong2x.compare.markdown import as_markdown

        return as_markdown(change, max_chars=values["max_chars"])
    if values["output"] == "unified":
        from kong2x.compare.unified import as_unified
        from kong2x.write import dump

        return as_unified(*objects, dump)
    from kong2x.compare.text import as_text

    return as_text(change)
