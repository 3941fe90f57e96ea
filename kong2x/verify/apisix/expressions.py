"""Whether an APISIX expression holds for a request (lua-resty-expr; apisix-target.md 4.5)."""

from __future__ import annotations

import ipaddress
import re
from collections.abc import Sequence
from functools import lru_cache
from typing import Any

from kong2x.verify.apisix.variables import Value, Variables
from kong2x.verify.regex import pcre
from kong2x.verify.regex_source import Untranslatable

LOGICAL = {"AND", "OR", "!AND", "!OR"}


def holds(expression: Sequence[Any], variables: Variables) -> bool:
    """A list of conditions, all of which must hold, or one logical combination."""
    if not expression:
        return True
    if isinstance(expression[0], str) and expression[0] in LOGICAL:
        return combined(expression, variables)
    if isinstance(expression[0], str):
        return condition(expression, variables)
    return all(holds(part, variables) for part in expression)


def combined(expression: Sequence[Any], variables: Variables) -> bool:
    """`["OR", a, b]` and its relatives."""
    word, parts = expression[0], expression[1:]
    results = (holds(part, variables) for part in parts)
    answer = any(results) if word.endswith("OR") else all(results)
    return not answer if word.startswith("!") else answer


def condition(expression: Sequence[Any], variables: Variables) -> bool:
    """`[variable, operator, value]`, or with `!` before the operator."""
    value = variables.get(expression[0])
    if len(expression) > 1 and expression[1] == "!":
        return not compare(value, expression[2], expression[3])
    return compare(value, expression[1], expression[2])


def compare(value: Value, operator: str, wanted: Any) -> bool:
    """One comparison; an unknown operator never holds (APISIX refuses it when it is synced)."""
    if operator in ("==", "~="):
        return equal(value, wanted) == (operator == "==")
    if operator in (">", ">=", "<", "<="):
        return ordered(value, operator, wanted)
    if operator in ("~~", "~*"):
        return isinstance(value, str) and matches(value, str(wanted), operator == "~*")
    if operator == "in":
        return any(isinstance(value, type(one)) and value == one for one in wanted)
    if operator == "has":
        return isinstance(value, list) and wanted in value
    if operator == "ipmatch":
        return isinstance(value, str) and address_in(value, wanted)
    return False


def equal(value: Value, wanted: Any) -> bool:
    """Equality; a configured number makes the request's value a number first."""
    if isinstance(wanted, bool):
        return value is wanted
    if isinstance(wanted, int | float):
        number = as_number(value)
        return number is not None and number == wanted
    return type(value) is type(wanted) and value == wanted


def ordered(value: Value, operator: str, wanted: Any) -> bool:
    """Order of numbers; what is no number never holds."""
    left, right = as_number(value), as_number(wanted)
    if left is None or right is None:
        return False
    return {
        ">": left > right,
        ">=": left >= right,
        "<": left < right,
        "<=": left <= right,
    }[operator]


NUMBER = re.compile(r"\s*[-+]?(?:0[xX][0-9a-fA-F]+|(?:\d+\.?\d*|\.\d+)(?:[eE][-+]?\d+)?)\s*\Z")


def as_number(value: Any) -> float | None:
    """A number as Lua's tonumber reads text."""
    if isinstance(value, bool) or value is None or isinstance(value, list):
        return None
    if isinstance(value, int | float):
        return float(value)
    if not NUMBER.match(value):
        return None
    text = value.strip()
    return float(int(text, 16)) if "x" in text.lower() else float(text)


def matches(value: str, pattern: str, caseless: bool) -> bool:
    """An unanchored PCRE search; a pattern that does not compile never matches."""
    compiled = compiled_pattern(f"(?i){pattern}" if caseless else pattern)
    return compiled is not None and compiled.search(value.encode("utf-8", "surrogateescape")) is not None


@lru_cache(maxsize=4096)
def compiled_pattern(pattern: str) -> re.Pattern[bytes] | None:
    """The pattern for Python's engine, None where it cannot be said there."""
    try:
        return pcre(pattern)
    except (Untranslatable, re.error):
        return None


def address_in(value: str, ranges: Any) -> bool:
    """Whether an address is one of some addresses and networks."""
    try:
        address = ipaddress.ip_address(value)
    except ValueError:
        return False
    return any(
        address in network
        for network in networks((ranges,) if isinstance(ranges, str) else tuple(ranges))
        if network.version == address.version
    )


@lru_cache(maxsize=1024)
def networks(ranges: tuple[str, ...]) -> tuple[ipaddress.IPv4Network | ipaddress.IPv6Network, ...]:
    """The ranges that are ranges."""
    found = []
    for one in ranges:
        try:
            found.append(ipaddress.ip_network(one, strict=False))
        except ValueError:
            continue
    return tuple(found)
