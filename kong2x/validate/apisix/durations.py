"""How long a duration of the controller's kinds is."""

from __future__ import annotations

import re

from kong2x.model.source import Path
from kong2x.validate.apisix.codes import DURATION
from kong2x.validate.explain import Problem

_PART = re.compile(r"(\d+(?:\.\d*)?|\.\d+)(ns|us|µs|μs|ms|s|m|h)")
_UNITS = {"ns": 1e-6, "us": 1e-3, "µs": 1e-3, "μs": 1e-3, "ms": 1, "s": 1000, "m": 60_000, "h": 3_600_000}


def milliseconds(text: object) -> float | None:
    """A duration as Go reads it (`1.5s`, `1m30s`) in milliseconds; None for anything else.

    >>> milliseconds("1m0.5s"), milliseconds("-1s"), milliseconds("5")
    (60500.0, -1000.0, None)
    """
    if text == "0":
        return 0.0
    if not isinstance(text, str) or not re.fullmatch(f"[-+]?(?:{_PART.pattern})+", text):
        return None
    return (-1 if text[0] == "-" else 1) * float(
        sum(float(number) * _UNITS[unit] for number, unit in _PART.findall(text))
    )


def no_duration(value: object, path: Path) -> Problem:
    """The problem of a text that Go does not read as a duration."""
    return Problem(DURATION, path, f'"{value}" is no duration; expected a number with a unit, such as 5s.')
