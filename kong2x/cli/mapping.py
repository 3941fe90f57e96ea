"""`kong2x mapping`: check, try, start and document mapping files."""

from __future__ import annotations

from pathlib import Path

import click

from kong2x.model.errors import UsageError

folders_option = click.option(
    "--mappings", multiple=True, metavar="DIR", help="A folder with files of your own."
)


def check_words(to: str, plugin: str) -> None:
    """UsageError for a target without mapping files, or a plugin that nothing is known about."""
    from kong2x.catalogue import VOCABULARIES, plugin_names
    from kong2x.model.settings import did_you_mean

    if to and to not in VOCABULARIES:
        raise UsageError(
            f"--to {to}: no mapping files are for it{did_you_mean(to, VOCABULARIES)} "
            f"Known targets: {', '.join(VOCABULARIES)}."
        )
    if plugin:
        names = plugin_names()
        if plugin not in names:
            raise UsageError(f"{plugin}: no facts about this Kong plugin{did_you_mean(plugin, names)}")


@click.group(name="mapping")
def command() -> None:
    """Check, try, start and document mapping files; mappings/WRITING.md says how to write one."""


@command.command(name="lint")
@folders_option
@click.option("--to", default="", help="Only files of this target.")
@click.option("--plugin", default="", help="Only this plugin.")
def lint_command(mappings: tuple[str, ...], to: str, plugin: str) -> int:
    """Every source field once, every target path real, every note a sentence; exit 1 on a problem."""
    from kong2x.mapping import lint

    check_words(to, "" if mappings else plugin)
    problems = lint(mappings, vocabulary=to, plugin=plugin)
    for problem in problems:
        click.echo(str(problem))
    click.echo(f"{len(problems)} problem{'' if len(problems) == 1 else 's'}.", err=True)
    return 1 if problems else 0


@command.command(name="test")
@folders_option
@click.option("--to", default="", help="Only files of this target.")
@click.option("--plugin", default="", help="Only this plugin.")
@click.option("--target-version", default="", help="The sweep's target version.")
def test_command(mappings: tuple[str, ...], to: str, plugin: str, target_version: str) -> int:
    """Run every example, then the sweep: each allowed value must change the output or make a finding."""
    from kong2x.catalogue import VOCABULARIES
    from kong2x.mapping import run_examples, sweep, sweep_all

    check_words(to, "" if mappings else plugin)
    failed = 0
    results = run_examples(mappings, vocabulary=to, plugin=plugin)
    for result in results:
        for problem in result.problems:
            failed += 1
            click.echo(f"{result.plugin} to {result.vocabulary}, example {result.title!r}: {problem}")
    swept = 0
    for vocabulary in [to] if to else VOCABULARIES:
        lines = (
            sweep(plugin, vocabulary, target_version, folders=mappings)
            if plugin
            else sweep_all(vocabulary, target_version, mappings)
        )
        for line in lines:
            swept += 1
            click.echo(line)
    click.echo(
        f"{len(results)} examples, {failed} wrong; {swept} settings without effect or finding.", err=True
    )
    return 1 if failed or swept else 0


@command.command(name="new")
@click.argument("plugin")
@click.option("--to", required=True, help="The target.")
@click.option("--target-plugin", default="", help="The plugin or filter of the target.")
@folders_option
def new_command(plugin: str, to: str, target_plugin: str, mappings: tuple[str, ...]) -> int:
    """Print a mapping file for PLUGIN to fill in: every field once."""
    from kong2x.mapping import new_mapping

    check_words(to, "" if mappings else plugin)
    click.echo(new_mapping(plugin, to, target_plugin, mappings), nl=False)
    return 0


@command.command(name="docs")
@click.option("--check", is_flag=True, help="Write nothing; exit 1 when the page is stale.")
def docs_command(check: bool) -> int:
    """Write mappings/README.md from the mapping files."""
    from kong2x.mapping import docs, is_fresh
    from kong2x.model.datafiles import data_folder

    if check:
        if is_fresh():
            return 0
        click.echo("mappings/README.md is stale: run `kong2x mapping docs`.", err=True)
        return 1
    file = Path(data_folder("mappings")) / "README.md"
    if not file.parent.is_dir():
        raise UsageError(f"{file.parent}: no such folder.")
    file.write_text(docs(), encoding="utf-8", newline="\n")
    click.echo(file)
    return 0
