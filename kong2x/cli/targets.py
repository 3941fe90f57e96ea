"""`kong2x targets`: targets, versions, and every --set key."""

from __future__ import annotations

import click


@click.command(name="targets")
def command() -> int:
    """List the targets with their versions, and all keys of --set with defaults."""
    from kong2x.model.settings import SourceFacts, setting_text
    from kong2x.pipeline import emitters

    for emitter in emitters().values():
        click.echo(f"{emitter.name}: {emitter.title}")
        if emitter.versions:
            click.echo(f"  versions: {', '.join(emitter.versions)} (the first is the default)")
        if emitter.channels:
            click.echo(f"  channels: {', '.join(emitter.channels)}")
        for setting in emitter.settings:
            choice = f" [{'|'.join(setting.choices)}]" if setting.choices else ""
            default = setting_text(setting.default) if setting.default not in (None, "", ()) else "-"
            click.echo(f"  --set {emitter.name}.{setting.key}={default}{choice}  {setting.doc}")
        click.echo()
    click.echo("kong: facts about the source that manifests cannot say")
    for key, (_, doc, choices, default) in SourceFacts.keys().items():
        choice = f" [{'|'.join(choices)}]" if choices else ""
        click.echo(f"  --set {key}={setting_text(default) or '-'}{choice}  {doc}")
    return 0
