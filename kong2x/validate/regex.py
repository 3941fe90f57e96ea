"""Whether an engine that is at hand takes a regular expression: the scanner's answer, confirmed for Rust."""

from __future__ import annotations

from functools import cache

from kong2x.model.regex import Dialect, regex_differences, regex_problem, scan

__all__ = ["accepted_by_rust", "confirmed_problem", "regex_differences", "regex_problem", "scan"]


@cache
def accepted_by_rust(pattern: str) -> bool | None:
    """Whether Rust's regex library compiles `pattern`; None where jsonschema-rs is not installed.

    jsonschema-rs reads a few escapes as ECMAScript does, so that this is about acceptance, not meaning.
    """
    try:
        import jsonschema_rs
    except ImportError:
        return None
    try:
        jsonschema_rs.Draft202012Validator(
            {"pattern": pattern}, pattern_options=jsonschema_rs.RegexOptions(), validate_formats=False
        )
    except ValueError:
        return False
    return True


def confirmed_problem(pattern: str, dialect: Dialect) -> str | None:
    """As `regex_problem`, and for Rust also what only the engine itself refuses.

    >>> confirmed_problem("(?P<1>a)", "rust")
    "something that Rust's regex library does not compile"
    """
    problem = regex_problem(pattern, dialect)
    if problem is None and dialect == "rust" and accepted_by_rust(pattern) is False:
        return "something that Rust's regex library does not compile"
    return problem
