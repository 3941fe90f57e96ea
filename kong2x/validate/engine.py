"""Who answers whether a value fits a JSON Schema: jsonschema-rs for speed, jsonschema for words."""

from __future__ import annotations

import re
from collections.abc import Iterator
from functools import cache
from typing import Any, Protocol

Schema = dict[str, Any]


class Check(Protocol):
    """A compiled schema that only says yes or no."""

    def is_valid(self, value: Any) -> bool:
        """Whether the value fits."""


def compile_schema(schema: Schema, *, draft: str = "2020-12", linear: bool = True) -> Check:
    """The fastest check there is for `schema`: jsonschema-rs, else jsonschema.

    `linear` uses a regex engine without backtracking, which takes every pattern of a CRD; plugin
    schemas hold PCRE patterns and need the other one.
    """
    try:
        import jsonschema_rs
    except ImportError:
        slow: Check = compile_slow(schema, draft=draft)
        return slow
    options = jsonschema_rs.RegexOptions() if linear else jsonschema_rs.FancyRegexOptions()
    kind = jsonschema_rs.Draft202012Validator if draft == "2020-12" else jsonschema_rs.Draft7Validator
    return kind(schema, validate_formats=True, pattern_options=options)


def compile_slow(schema: Schema, *, draft: str = "2020-12") -> Any:
    """The same check by jsonschema, whose errors say where and why (`faults`)."""
    import jsonschema

    return _slow_class(draft)(schema, format_checker=jsonschema.FormatChecker(["ipv4", "ipv6"]))


@cache
def _slow_class(draft: str) -> Any:
    import jsonschema
    from jsonschema.validators import extend

    base = jsonschema.Draft202012Validator if draft == "2020-12" else jsonschema.Draft7Validator
    return extend(base, {"pattern": _pattern})  # type: ignore[no-untyped-call]


def _pattern(validator: Any, pattern: str, instance: Any, schema: Any) -> Iterator[Any]:
    """Python's `$` also fits before a final newline; everybody else's does not."""
    import jsonschema

    if isinstance(instance, str) and not compiled_pattern(pattern).search(instance):
        yield jsonschema.ValidationError(f"{instance!r} does not match {pattern!r}")


@cache
def compiled_pattern(pattern: str) -> re.Pattern[str]:
    """A schema's pattern for Python, with `$` meaning the very end and ASCII classes."""
    return re.compile(_strict_end(pattern), re.ASCII)


def _strict_end(pattern: str) -> str:
    r"""`pattern` with each bare `$` outside of a class written as `\Z`."""
    out, in_class, escaped = "", False, False
    for char in pattern:
        if escaped:
            escaped = False
        elif char == "\\":
            escaped = True
        elif in_class:
            in_class = char != "]"
        elif char == "[":
            in_class = True
        elif char == "$":
            out += r"\Z"
            continue
        out += char
    return out


def faults(check: Any, value: Any) -> list[Any]:
    """Every error of a `compile_slow` check, in document order (jsonschema.ValidationError)."""

    def order(error: Any) -> tuple[list[tuple[bool, Any]], str]:
        return [(isinstance(step, str), step) for step in error.absolute_path], str(error.validator)

    return sorted(check.iter_errors(value), key=order)
