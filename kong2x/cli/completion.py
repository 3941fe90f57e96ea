"""`kong2x completion`: the shell's completion script."""

from __future__ import annotations

import click


@click.command(name="completion")
@click.argument("shell", type=click.Choice(["bash", "zsh", "fish"]))
@click.pass_context
def command(ctx: click.Context, shell: str) -> int:
    """Print the completion script for SHELL; source it, or save it where your shell looks."""
    from click.shell_completion import get_completion_class

    root = ctx.find_root()
    kind = get_completion_class(shell)
    if kind is None:
        raise click.UsageError(f"{shell}: this shell has no completion here.")
    click.echo(kind(root.command, {}, "kong2x", "_KONG2X_COMPLETE").source())
    return 0
