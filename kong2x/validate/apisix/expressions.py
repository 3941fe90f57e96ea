"""Whether a list of conditions (`_meta.filter`, `vars`, `case`) is one that APISIX can evaluate."""

from __future__ import annotations

from collections.abc import Iterator
from typing import Any, NamedTuple

from kong2x.model.regex import regex_problem
from kong2x.model.settings import did_you_mean
from kong2x.model.source import Path

OPERATORS = ("==", "~=", ">", ">=", "<", "<=", "~~", "~*", "in", "has", "ipmatch")
LOGIC = ("AND", "OR", "!AND", "!OR")


class Fault(NamedTuple):
    """What is wrong, and where; the path is relative to the checked value."""

    path: Path
    message: str


def expression_faults(conditions: Any, path: Path = ()) -> Iterator[Fault]:
    """The faults of a list of conditions, all of which must hold, or of one `["OR", …]` combination.

    >>> [fault.message for fault in expression_faults([["host", "!=", "a"]])]
    ['the operator != is unknown; not equal is written ~=']
    >>> [fault.message for fault in expression_faults(["host", "==", "a"])]
    ['a single condition needs a list around it']
    """
    if not isinstance(conditions, list):
        yield Fault(path, "a list of conditions is expected")
    elif conditions and isinstance(conditions[0], str):
        if conditions[0] in LOGIC:
            yield from _combination(conditions, path)
        else:
            yield Fault(path, "a single condition needs a list around it")
    else:
        for position, condition in enumerate(conditions):
            yield from _condition(condition, (*path, position))


def _combination(expression: list[Any], path: Path) -> Iterator[Fault]:
    if len(expression) < 3:
        yield Fault(path, f"{expression[0]} combines at least two conditions")
    for position, operand in enumerate(expression[1:], 1):
        yield from _condition(operand, (*path, position))


def _condition(condition: Any, path: Path) -> Iterator[Fault]:
    if not isinstance(condition, list) or not condition:
        yield Fault(path, "a condition is a list of variable, operator and value")
    elif isinstance(condition[0], list) or condition[0] in LOGIC:
        yield from expression_faults(condition, path)
    else:
        negated = len(condition) > 1 and condition[1] == "!"
        wanted = 4 if negated else 3
        if len(condition) != wanted:
            yield Fault(path, "a condition is a list of variable, operator and value")
            return
        yield from _operator(condition[wanted - 2], condition[-1], path, wanted - 2)


def _operator(operator: Any, value: Any, path: Path, position: int) -> Iterator[Fault]:
    here = (*path, position)
    if operator not in OPERATORS:
        if operator == "!=":
            yield Fault(here, "the operator != is unknown; not equal is written ~=")
        else:
            yield Fault(
                here, f"the operator {operator} is unknown{did_you_mean(str(operator), OPERATORS)[:-1]}"
            )
    elif operator in ("~~", "~*") and isinstance(value, str):
        if problem := regex_problem(value, "pcre"):
            yield Fault((*path, position + 1), f"the expression has {problem}")
    elif operator == "in" and not isinstance(value, list):
        yield Fault((*path, position + 1), "the operator in takes a list")
