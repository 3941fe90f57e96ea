"""Whether the conditions of an ApisixRoute rule (`match.exprs`) can be evaluated and can ever hold."""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from typing import Any

from kong2x.model.regex import regex_problem
from kong2x.model.settings import did_you_mean
from kong2x.model.source import Path, items, mapping
from kong2x.validate.apisix import codes, trap_codes
from kong2x.validate.explain import Problem
from kong2x.validate.gateway.edition import each

_REGEX = ("RegexMatch", "RegexNotMatch", "RegexMatchCaseInsensitive", "RegexNotMatchCaseInsensitive")
_SETS = ("In", "NotIn")
NEGATED = ("NotEqual", "NotIn", "RegexNotMatch", "RegexNotMatchCaseInsensitive")
"""The operators that also hold where their subject is absent."""
OPERATORS = (
    "Equal",
    "NotEqual",
    "GreaterThan",
    "GreaterThanEqual",
    "LessThan",
    "LessThanEqual",
    *_SETS,
    *_REGEX,
)


def check(exprs: Any, path: Path, *, subject_rule: bool) -> Iterator[Problem]:
    """The problems of one list of conditions; `subject_rule`: the CRD asks for a name itself (2.1 on)."""
    wanted: dict[tuple[Any, Any], tuple[frozenset[str], Path]] = {}
    for here, expr in each(exprs, path):
        yield from _expr(expr, here, subject_rule)
        values = _allowed(expr)
        if values is None:
            continue
        subject = mapping(expr.get("subject"))
        key = (subject.get("scope"), _name(subject))
        if key in wanted and not wanted[key][0] & values:
            yield Problem(
                trap_codes.EXPR_NEVER,
                here,
                f"{key[0]} {key[1] or ''} must be {_words(wanted[key][0])} and {_words(values)} at once.",
            )
        wanted[key] = (wanted[key][0] & values if key in wanted else values, here)


def _name(subject: Mapping[str, Any]) -> str:
    name = str(subject.get("name") or "")
    return name.lower() if subject.get("scope") == "Header" else name


def _words(values: frozenset[str]) -> str:
    return " or ".join(f'"{value}"' for value in sorted(values)) or "nothing"


def _allowed(expr: Mapping[str, Any]) -> frozenset[str] | None:
    if expr.get("op") == "Equal":
        return frozenset([str(expr.get("value"))])
    if expr.get("op") == "In":
        return frozenset(str(value) for value in items(expr.get("set")))
    return None


def _expr(expr: Mapping[str, Any], path: Path, subject_rule: bool) -> Iterator[Problem]:
    operator, subject = expr.get("op"), mapping(expr.get("subject"))
    if subject_rule and subject.get("scope") != "Path" and not subject.get("name"):
        message = f"The condition on a {subject.get('scope')} does not say which."
        yield Problem(codes.EXPR_SUBJECT, (*path, "subject"), message)
    if operator not in OPERATORS:
        guess = did_you_mean(str(operator), OPERATORS)
        yield Problem(codes.EXPR_OPERATOR, (*path, "op"), f"The operator {operator} is unknown{guess}")
        return
    needed = "set" if operator in _SETS else "value"
    if expr.get(needed) is None:
        yield Problem(codes.EXPR_VALUE, path, f"The operator {operator} needs a {needed}.")
    value = expr.get("value")
    if operator in _REGEX and isinstance(value, str):
        if problem := regex_problem(value, "pcre"):
            message = f'The expression "{value}" has {problem}.'
            yield Problem(codes.EXPR_REGEX, (*path, "value"), message)
        elif subject.get("scope") == "Path" and operator.startswith("RegexMatch") and not anchored(value):
            message = f'The expression "{value}" is not anchored, so it matches anywhere in the path.'
            yield Problem(trap_codes.UNANCHORED, (*path, "value"), message)


def anchored(pattern: str) -> bool:
    """Whether a pattern begins with an anchor, after flags and groups."""
    rest = pattern
    while rest.startswith(("(?i)", "(?s)", "(?:", "(")) and not rest.startswith(("(?=", "(?!", "(?<")):
        rest = (
            rest[4:]
            if rest.startswith(("(?i)", "(?s)"))
            else rest[3:]
            if rest.startswith("(?:")
            else rest[1:]
        )
    return rest.startswith(("^", r"\A"))


_QUANTIFIERS = "*?{"
_SPECIAL = frozenset("^$.|()[]{}*+?")


def literal_prefix(pattern: str) -> str:
    r"""A text with which every path begins that an anchored pattern matches; empty where that is not plain.

    >>> literal_prefix(r"^/v1\.0/users/(\d+)"), literal_prefix("^/a|/b"), literal_prefix("/a")
    ('/v1.0/users/', '', '')
    """
    if "|" in pattern or not pattern.startswith("^"):
        return ""
    out, at = "", 1
    while at < len(pattern):
        char, width = pattern[at], 1
        if char == "\\" and at + 1 < len(pattern) and not pattern[at + 1].isalnum():
            char, width = pattern[at + 1], 2
        elif char == "\\" or char in _SPECIAL:
            break
        if pattern[at + width : at + width + 1] in tuple(_QUANTIFIERS):
            break
        out, at = out + char, at + width
    return out
