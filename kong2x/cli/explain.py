"""`kong2x explain`: the page of a finding code, a plugin or an annotation."""

from __future__ import annotations

import click


@click.command(name="explain")
@click.argument("word")
@click.option("--to", default="apisix", show_default=True, help="The target of a plugin's page.")
def command(word: str, to: str) -> int:
    """Print what WORD means: a finding code, a Kong plugin, or an annotation."""
    from kong2x.catalogue import page
    from kong2x.pipeline import emitter_named

    emitter_named(to)
    click.echo(page(word, to), nl=False)
    return 0
