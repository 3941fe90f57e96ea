"""What a command reads: files, folders, standard input or the cluster, as one world."""

from __future__ import annotations

import sys
import threading
import time
from collections.abc import Iterator, Sequence
from contextlib import contextmanager
from dataclasses import dataclass
from typing import TYPE_CHECKING, Any

import click

from kong2x.model.errors import UsageError

if TYPE_CHECKING:
    from kong2x.model.finding import Finding
    from kong2x.model.settings import Options
    from kong2x.pipeline import Conversion

PATIENCE = 2.0
"""Seconds after which a person at a terminal is told that work goes on."""


@dataclass(frozen=True, slots=True)
class Inputs:
    """What to read, as the user typed it."""

    paths: tuple[str, ...]
    also_read: tuple[str, ...] = ()
    namespaces: tuple[str, ...] = ()
    selector: str = ""
    cluster: bool = False
    context: str | None = None
    keep_going: bool = False

    @classmethod
    def take(cls, values: dict[str, Any]) -> Inputs:
        """The input options out of a command's keyword arguments."""
        return cls(
            (*values.pop("paths"), *values.pop("more_paths")),
            tuple(values.pop("also_read")),
            tuple(values.pop("namespaces")),
            values.pop("selector"),
            values.pop("cluster"),
            values.pop("context"),
            values.pop("keep_going"),
        )

    def __post_init__(self) -> None:
        if not self.paths and not self.cluster:
            raise UsageError("Name a file or folder with Kong manifests, - for standard input, or --cluster.")
        if self.context and not self.cluster:
            raise UsageError("--context chooses the cluster of --cluster: add --cluster, or leave it out.")


def convert_inputs(inputs: Inputs, options: Options) -> Conversion:
    """Reads and converts what the user named."""
    from kong2x.pipeline import run

    with progress("Converting"):
        return run(read(inputs), options)


def read(inputs: Inputs, *, generated: bool = False) -> Any:
    """All inputs as one world; files that kong2x wrote are passed over in folders unless `generated`."""
    from kong2x.read import read_cluster, read_inputs

    sources: list[Any] = list(inputs.paths)
    if inputs.cluster:
        sources += read_cluster(context=inputs.context, namespaces=inputs.namespaces)
    return read_inputs(
        sources,
        also_read=inputs.also_read,
        namespaces=inputs.namespaces,
        selector=inputs.selector,
        keep_going=inputs.keep_going,
        stdin=sys.stdin.buffer,
        skip_generated=not generated,
    )


def tell_errors(errors: Sequence[Finding]) -> None:
    """What kept the job from being done, on stderr."""
    for error in errors:
        click.echo(f"{error.source or 'input'}: {error.message} {error.remedy}".rstrip(), err=True)


@contextmanager
def progress(what: str) -> Iterator[None]:
    """Tells a person at a terminal after two seconds that work goes on, and wipes the line at the end."""
    if not sys.stderr.isatty():
        yield
        return
    done = threading.Event()
    begun = time.monotonic()

    def tick() -> None:
        shown = False
        pause = PATIENCE
        while not done.wait(pause):
            seconds = time.monotonic() - begun
            click.echo(f"\r{what} … {seconds:.0f} s", err=True, nl=False)
            shown, pause = True, 1.0
        if shown:
            click.echo("\r\x1b[K", err=True, nl=False)

    teller = threading.Thread(target=tick, daemon=True)
    teller.start()
    try:
        yield
    finally:
        done.set()
        teller.join()
