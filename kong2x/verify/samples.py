"""A few strings that a regular expression matches, for generated requests; no randomness."""

from __future__ import annotations

import re
from typing import Any

MOST = 6
"""At most this many strings for one pattern."""


def strings_matching(pattern: str) -> list[str]:
    """Strings that match `pattern` from its start, shortest choices first; empty when it is not understood.

    Only answers that Python's own engine confirms are given, so that a look-around cannot lead astray.

    >>> strings_matching(r"/v\\d+/(users|orders)$")
    ['/v0/users', '/v1/users', '/v0/orders']
    """
    readable = re.sub(r"\(\?<([A-Za-z_])", r"(?P<\1", pattern).replace(r"\z", r"\Z")
    try:
        tree = re._parser.parse(readable)  # type: ignore[attr-defined]
        check = re.compile(readable)
    except (re.error, RecursionError, OverflowError):
        return []
    found: dict[str, None] = {}
    for text in _sequence(tree, 0):
        if check.match(text):
            found[text] = None
        if len(found) >= MOST:
            break
    return list(found)


def _sequence(tree: Any, depth: int) -> list[str]:
    """Strings for a sequence of nodes: every choice of one node with the first choice of the others."""
    parts = [_node(kind, value, depth) for kind, value in tree]
    first = "".join(part[0] if part else "" for part in parts)
    out = {first: None}
    for position, part in enumerate(parts):
        for other in part[1:]:
            out["".join((other if at == position else (p[0] if p else "")) for at, p in enumerate(parts))] = (
                None
            )
            if len(out) > 4 * MOST:
                return list(out)
    return list(out)


def _node(kind: Any, value: Any, depth: int) -> list[str]:
    """Strings for one node of the parsed pattern."""
    name = str(kind)
    if depth > 20:
        return [""]
    if name == "LITERAL":
        return [chr(value)]
    if name == "NOT_LITERAL":
        return ["x" if value != ord("x") else "y"]
    if name == "ANY":
        return ["x"]
    if name == "IN":
        return _class(value)
    if name == "BRANCH":
        return [text for branch in value[1] for text in _sequence(branch, depth + 1)]
    if name == "SUBPATTERN":
        return _sequence(value[3], depth + 1)
    if name == "ATOMIC_GROUP":
        return _sequence(value, depth + 1)
    if name in ("MAX_REPEAT", "MIN_REPEAT", "POSSESSIVE_REPEAT"):
        low, high, inner = value
        texts = _sequence(inner, depth + 1)
        counts = [low] if low else [0, 1] if high else [0]
        ordered = [text * count for count in reversed(counts) for text in texts]
        return list(dict.fromkeys(ordered)) or [""]
    return [""]


def _class(members: Any) -> list[str]:
    """One or two characters of a character class."""
    negated = bool(members) and str(members[0][0]) == "NEGATE"
    accepted = []
    for code in [*range(48, 58), *range(97, 123), *range(65, 91), 45, 95, 46, 126, 32, 33, 64, 35]:
        if _in_class(chr(code), members) != negated:
            accepted.append(chr(code))
            if len(accepted) == 2:
                break
    return accepted or [""]


def _in_class(char: str, members: Any) -> bool:
    for kind, value in members:
        name = str(kind)
        if name == "LITERAL" and ord(char) == value:
            return True
        if name == "RANGE" and value[0] <= ord(char) <= value[1]:
            return True
        if name == "CATEGORY" and _in_category(char, str(value)):
            return True
    return False


def _in_category(char: str, name: str) -> bool:
    tests = {
        "DIGIT": char.isdigit(),
        "SPACE": char.isspace(),
        "WORD": char.isalnum() or char == "_",
    }
    for word, answer in tests.items():
        if name.endswith(word):
            return not answer if "NOT" in name else answer
    return False
