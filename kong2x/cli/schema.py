"""`kong2x schema`: CRDs distilled into the schema files that validation uses."""

from __future__ import annotations

from pathlib import Path

import click


@click.group(name="schema")
def command() -> None:
    """Distil CRDs into schema files, and list those that are built in."""


@command.command(name="import")
@click.argument("crds", nargs=-1, required=True, type=click.Path(exists=True))
@click.option("-d", "--directory", required=True, help="The folder for the schema files.")
def import_command(crds: tuple[str, ...], directory: str) -> int:
    """Read CRD files or folders and write one schema file a kind: structure, types, limits, defaults.

    Give the folder to --schemas. Descriptions are not kept.
    """
    from kong2x.validate import import_folder

    for path in crds:
        for file in import_folder(Path(path), Path(directory)):
            click.echo(file)
    return 0


@command.command(name="list")
def list_command() -> int:
    """The releases that schema files are built in for."""
    from kong2x.validate import versions

    for target in ("apisix", "gateway-api", "kong"):
        click.echo(f"{target}: {', '.join(versions(target))}")
    return 0
