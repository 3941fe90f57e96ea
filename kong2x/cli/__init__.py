"""Floor 5: the command line; the only part that prints or exits.

Commands are loaded when they are called, so that `kong2x --help` and one-file conversions start fast.
"""

from __future__ import annotations

import gc
import importlib
import os
import sys
from collections.abc import Iterator, Sequence
from contextlib import contextmanager
from difflib import get_close_matches
from typing import Any

import click

from kong2x import __version__

COMMANDS = {
    "convert": "Convert Kong manifests to another gateway's objects.",
    "check": "Print only the findings: the readiness report.",
    "diff": "What a change does to requests, findings and objects.",
    "routes": "The route table, or who answers one request.",
    "verify": "Compare source and target on generated requests.",
    "probe": "Send the same requests to two live gateways and compare.",
    "validate": "Check existing target manifests, plugin bodies too.",
    "explain": "What a finding code, plugin or annotation means.",
    "support": "Which plugins and settings arrive on a target.",
    "targets": "Targets, versions and all --set keys.",
    "init": "Write a commented .kong2x.yaml for this folder.",
    "krm": "Convert a ResourceList on standard input (kustomize, kpt).",
    "mapping": "Check, try and start mapping files.",
    "schema": "Distil CRDs into schema files.",
    "completion": "Shell completion script.",
}


class LazyGroup(click.Group):
    """A command group that imports a command's module only when that command is called."""

    def invoke(self, ctx: click.Context) -> Any:
        """Runs the command; a reader that went away is no finding, although click would exit with 1."""
        try:
            return super().invoke(ctx)
        except BrokenPipeError:
            os.dup2(os.open(os.devnull, os.O_WRONLY), sys.stdout.fileno())
            raise SystemExit(2) from None

    def list_commands(self, ctx: click.Context) -> list[str]:
        """The commands in the order of the migration's steps."""
        return [name for name in COMMANDS if _exists(name)]

    def get_command(self, ctx: click.Context, cmd_name: str) -> click.Command | None:
        """The command, imported now; None when there is no such command."""
        if cmd_name not in COMMANDS or not _exists(cmd_name):
            return None
        command = importlib.import_module(f"kong2x.cli.{cmd_name}").command
        assert isinstance(command, click.Command)
        return command

    def resolve_command(
        self, ctx: click.Context, args: list[str]
    ) -> tuple[str | None, click.Command | None, list[str]]:
        """Finds the command; a misspelt one gets a suggestion."""
        try:
            return super().resolve_command(ctx, args)
        except click.UsageError as error:
            close = get_close_matches(args[0], self.list_commands(ctx), 1) if args else []
            if close:
                raise click.UsageError(f"{error.message} Did you mean {close[0]}?", ctx) from None
            raise

    def format_commands(self, ctx: click.Context, formatter: click.HelpFormatter) -> None:
        """The command list, from the table above: no module is imported for --help."""
        with formatter.section("Commands"):
            formatter.write_dl([(name, COMMANDS[name]) for name in self.list_commands(ctx)])


def _exists(name: str) -> bool:
    return os.path.exists(os.path.join(os.path.dirname(__file__), f"{name}.py"))


@click.group(
    cls=LazyGroup, context_settings={"help_option_names": ["-h", "--help"], "max_content_width": 100}
)
@click.version_option(__version__, message="kong2x %(version)s")
def group() -> None:
    """Convert Kong manifests to APISIX CRDs or Gateway API, setting by setting.

    Exit codes: 0 fine, 1 findings at or above --fail-on, 2 the job could not be done.
    """


@contextmanager
def seldom_collected() -> Iterator[None]:
    """Lets the garbage collector look less often: what a run makes lives to its end, and each look costs."""
    before = gc.get_threshold()
    gc.set_threshold(100_000, 50, 100)
    try:
        yield
    finally:
        gc.set_threshold(*before)


def main(args: Sequence[str] | None = None) -> Any:
    """The `kong2x` and `kubectl-kong2x` programs; turns every outcome into one of the three exit codes."""
    from kong2x.model.errors import Kong2xError

    program = "kubectl kong2x" if os.path.basename(sys.argv[0]).startswith("kubectl") else "kong2x"
    try:
        with seldom_collected():
            code = group.main(
                args=list(args) if args is not None else None, prog_name=program, standalone_mode=False
            )
        sys.exit(code if isinstance(code, int) else 0)
    except click.exceptions.Abort:
        click.echo("Interrupted.", err=True)
        sys.exit(2)
    except click.ClickException as error:
        error.show()
        sys.exit(2)
    except Kong2xError as error:
        click.echo(f"Error: {error}", err=True)
        sys.exit(2)
    except OSError as error:
        where = f"{error.filename}: " if error.filename else ""
        click.echo(f"Error: {where}{error.strerror or error}.", err=True)
        sys.exit(2)
    except Exception:
        import traceback

        click.echo(traceback.format_exc(), err=True, nl=False)
        click.echo("Error: this is a defect of kong2x: please report it with the lines above.", err=True)
        sys.exit(2)


def krm() -> Any:
    """The `kong2x-krm` program: a KRM function for kustomize and kpt."""
    return main(["krm", *sys.argv[1:]])
