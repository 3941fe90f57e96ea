"""Where reports go: `--report FORMAT=FILE`, formats on stdout, and colours."""

from __future__ import annotations

import os
from collections.abc import Collection, Sequence
from typing import IO, TYPE_CHECKING

from kong2x.model.errors import OutputError, UsageError
from kong2x.model.settings import did_you_mean

if TYPE_CHECKING:
    from kong2x.model.result import FailOn, Result
    from kong2x.pipeline import Conversion


def parse_reports(written: Sequence[str], formats: Collection[str]) -> list[tuple[str, str]]:
    """`FORMAT=FILE` arguments as pairs; UsageError for an unknown format or a missing file name.

    Commands call this before they read anything, so that a misspelt format costs no time and no file.
    """
    out = []
    for report in written:
        name, equals, file = report.partition("=")
        if not equals or not file:
            raise UsageError(f"--report {report}: expected FORMAT=FILE, for example json=report.json.")
        check_format(name, formats, "--report")
        out.append((name, file))
    return out


def check_format(name: str, formats: Collection[str], option: str) -> None:
    """UsageError for a format that is not known, with the one that was meant."""
    if name not in formats:
        raise UsageError(
            f"{option} {name}: no such format{did_you_mean(name, formats)} "
            f"Known formats: {', '.join(formats)}."
        )


def write_reports(
    result: Result, reports: Sequence[tuple[str, str]], conversion: Conversion | None = None
) -> None:
    """Writes each report of a conversion; OutputError when a file cannot be written."""
    from kong2x.report import render

    if conversion is not None and any(name == "html" for name, _ in reports):
        from kong2x.worlds import add_route_map

        add_route_map(conversion)
    write_texts([(file, render(result, name)) for name, file in reports])


def hidden_failures(result: Result, fail_on: FailOn, *, verbose: bool, quiet: bool) -> str:
    """What to say when findings decide the exit code that the text does not show; empty otherwise."""
    from kong2x.report.text import plural, visible

    count = sum(1 for f in result.failing(fail_on) if not visible(f, verbose=verbose, quiet=quiet))
    if not count:
        return ""
    verb = "is" if count == 1 else "are"
    return (
        f"{plural(count, 'finding')} at or above --fail-on {fail_on} {verb} not shown: "
        f"see {'it' if count == 1 else 'them'} with -v.\n"
    )


def write_texts(texts: Sequence[tuple[str, str]]) -> None:
    """Writes finished texts, with Unix line ends; folders on the way are made."""
    for file, text in texts:
        try:
            folder = os.path.dirname(file)
            if folder:
                os.makedirs(folder, exist_ok=True)
            with open(file, "w", encoding="utf-8", newline="\n") as out:
                out.write(text)
        except OSError as error:
            raise OutputError(
                f"--report {file}: {error.filename or file} cannot be written: {error.strerror}."
            ) from None


def use_color(choice: str, stream: IO[str]) -> bool:
    """Whether a stream gets colours: as asked, else on a terminal without NO_COLOR (no-color.org)."""
    if choice != "auto":
        return choice == "always"
    return stream.isatty() and not os.environ.get("NO_COLOR") and os.environ.get("TERM") != "dumb"
