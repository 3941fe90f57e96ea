"""`kong2x convert`: manifests in, the target's objects out."""

from __future__ import annotations

import json
import sys
from collections.abc import Mapping
from typing import Any

import click

from kong2x.cli.inputs import Inputs, convert_inputs
from kong2x.cli.options import input_options, report_options, take_options, target_options
from kong2x.cli.reports import hidden_failures, parse_reports, use_color, write_reports
from kong2x.model.errors import UsageError
from kong2x.model.result import Result
from kong2x.model.source import ObjectRef, SourceObject

FOLDER_FLAGS = ("check", "diff", "force", "prune", "kustomization")


@click.command(name="convert")
@input_options
@target_options
@click.option("-d", "--directory", metavar="DIR", help="Write files into this folder.")
@click.option(
    "-o", "--output", type=click.Choice(["yaml", "json", "name"]), default=None, help="Format on stdout."
)
@click.option(
    "--layout",
    envvar="KONG2X_LAYOUT",
    type=click.Choice(["stream", "per-source", "per-namespace", "per-kind"]),
    default=None,
    help="How -d splits the objects into files (per-kind).",
)
@click.option("--kustomization", is_flag=True, help="Also write a kustomization.yaml.")
@click.option("--check", "check_only", is_flag=True, help="Write nothing; exit 1 when the folder is stale.")
@click.option(
    "--diff", "show_diff", is_flag=True, help="Write nothing; print what would change in the folder."
)
@click.option("--dry-run", is_flag=True, help="Write nothing; name what would be written.")
@click.option("--force", is_flag=True, help="Overwrite files that kong2x did not write.")
@click.option("--prune", is_flag=True, help="Delete files that kong2x wrote and would not write now.")
@report_options
def command(**values: Any) -> int:
    """Convert Kong manifests to TARGET; objects go to stdout or a folder, findings to stderr."""
    from kong2x.report import FORMATS

    inputs = Inputs.take(values)
    options = take_options(values, inputs)
    folder = values["directory"]
    check_folder_options(values)
    reports = parse_reports(values["reports"], FORMATS)
    conversion = convert_inputs(inputs, options)
    result = conversion.result
    tell(result, values)
    write_reports(result, reports, conversion)
    code = result.exit_code(values["fail_on"], keep_going=inputs.keep_going)
    if code == 2:
        return code
    objects = {obj.ref: obj for obj in conversion.objects}
    if folder:
        return max(code, into_folder(result, objects, folder, inputs, values))
    click.echo(on_stdout(result, objects, values["output"] or "yaml"), nl=False)
    return code


def check_folder_options(values: Mapping[str, Any]) -> None:
    """UsageError for options that mean something only with a folder, or only without one."""
    if values["directory"]:
        if values["output"]:
            raise UsageError("-o is a format on standard output and -d a folder: leave one of them out.")
        return
    for word in FOLDER_FLAGS:
        if values["check_only" if word == "check" else "show_diff" if word == "diff" else word]:
            raise UsageError(f"--{word} works on a folder: name it with -d.")


def tell(result: Result, values: Mapping[str, Any]) -> None:
    """The findings, on stderr."""
    from kong2x.report import render

    text = render(
        result,
        "text",
        verbose=values["verbose"],
        quiet=values["quiet"],
        color=use_color(values["color"], sys.stderr),
    )
    text += hidden_failures(result, values["fail_on"], verbose=values["verbose"], quiet=values["quiet"])
    click.echo(text, err=True, nl=False, color=use_color(values["color"], sys.stderr))


def on_stdout(result: Result, objects: Mapping[ObjectRef, SourceObject], output: str) -> str:
    """The emitted objects as one text."""
    if output == "json":
        value = {"apiVersion": "v1", "kind": "List", "items": result.objects}
        return json.dumps(value, indent=2, ensure_ascii=False) + "\n"
    if output == "name":
        return "".join(
            f"{m.ref.kind.lower()}{'.' + m.ref.group if m.ref.group else ''}/{m.ref.name}\n"
            for m in result.manifests
        )
    from kong2x.write import arrange

    return "".join(arrange(result.manifests, "stream", objects=objects).values())


def into_folder(
    result: Result,
    objects: Mapping[ObjectRef, SourceObject],
    folder: str,
    inputs: Inputs,
    values: Mapping[str, Any],
) -> int:
    """Writes the folder, or compares with it; 1 when --check or --diff finds it stale."""
    from kong2x.write import arrange, check_folder, kustomization, unified_diff, write_folder

    files = arrange(result.manifests, values["layout"] or "per-kind", objects=objects)
    if values["kustomization"]:
        files["kustomization.yaml"] = kustomization(files)
    if values["show_diff"]:
        text = unified_diff(files, folder)
        click.echo(text, nl=False)
        return 1 if text and values["check_only"] else 0
    if values["check_only"]:
        drift = check_folder(files, folder)
        for word, names in (("missing", drift.missing), ("changed", drift.changed), ("stale", drift.stale)):
            for name in names:
                click.echo(f"{word}: {name}")
        return 1 if drift.missing or drift.changed or drift.stale else 0
    if values["dry_run"]:
        drift = check_folder(files, folder)
        for name in sorted((*drift.missing, *drift.changed)):
            click.echo(f"would write {name}")
        for name in drift.stale if values["prune"] else ():
            click.echo(f"would delete {name}")
        return 0
    written = write_folder(files, folder, force=values["force"], prune=values["prune"], inputs=inputs.paths)
    if not values["quiet"]:
        click.echo(str(written), err=True)
    return 0
