"""`kong2x support`: which Kong plugins arrive on a target, and how well."""

from __future__ import annotations

import json

import click


@click.command(name="support")
@click.option("--to", required=True, help="apisix or gateway-api.")
@click.option("--mappings", multiple=True, metavar="DIR", help="A folder with mapping files of your own.")
@click.option("-o", "--output", type=click.Choice(["text", "json"]), default="text", show_default=True)
def command(to: str, mappings: tuple[str, ...], output: str) -> int:
    """Print the matrix of Kong plugins on TARGET: what each becomes, its level, and what it protects."""
    from kong2x.mapping import support_matrix
    from kong2x.pipeline import emitter_named

    emitter_named(to)
    rows = support_matrix(to, mappings)
    if output == "json":
        data = [
            {
                "plugin": row.plugin,
                "edition": row.edition,
                "protects": str(row.protects),
                "targets": list(row.targets),
                "level": str(row.level),
                "settingsLost": row.not_carried,
                "summary": row.summary,
            }
            for row in rows
        ]
        click.echo(json.dumps(data, indent=2, ensure_ascii=False))
        return 0
    head = ("PLUGIN", "EDITION", "LEVEL", "PROTECTS", "BECOMES")
    lines = [
        head,
        *((r.plugin, r.edition, str(r.level), str(r.protects), ", ".join(r.targets) or "-") for r in rows),
    ]
    widths = [max(len(line[column]) for line in lines) for column in range(len(head))]
    for line in lines:
        click.echo("  ".join(cell.ljust(width) for cell, width in zip(line, widths, strict=True)).rstrip())
    return 0
