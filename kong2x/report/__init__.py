"""Reports: one file a format; each turns a `Result` into one text and knows `model` only."""

from __future__ import annotations

import importlib

from kong2x.model.errors import UsageError
from kong2x.model.result import Result
from kong2x.model.settings import did_you_mean

FORMATS = {
    "text": "kong2x.report.text",
    "json": "kong2x.report.json_report",
    "sarif": "kong2x.report.sarif",
    "github": "kong2x.report.github",
    "junit": "kong2x.report.junit",
    "markdown": "kong2x.report.markdown",
    "html": "kong2x.report.html",
}


def render(
    result: Result, name: str, *, verbose: bool = False, quiet: bool = False, color: bool = False
) -> str:
    """The report of that format; UsageError names the known formats."""
    if name not in FORMATS:
        raise UsageError(
            f"{name}: no such report format{did_you_mean(name, FORMATS)} Known formats: {', '.join(FORMATS)}."
        )
    module = importlib.import_module(FORMATS[name])
    text: str = module.render(result, verbose=verbose, quiet=quiet, color=color)
    return text
