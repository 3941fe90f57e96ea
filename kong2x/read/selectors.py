"""Which objects `-l` chooses: the label selectors of Kubernetes."""

from __future__ import annotations

import re
from collections.abc import Mapping
from dataclasses import dataclass
from typing import Any

from kong2x.model.errors import UsageError

_KEY = r"(?P<key>(?:[A-Za-z0-9.-]+/)?[A-Za-z0-9](?:[A-Za-z0-9._-]*[A-Za-z0-9])?)"
_SET = re.compile(rf"{_KEY}\s+(?P<op>in|notin)\s*\((?P<values>[^()]*)\)")
_COMPARE = re.compile(rf"{_KEY}\s*(?P<op>==|=|!=|>|<)\s*(?P<value>[A-Za-z0-9._-]*)")
_EXISTS = re.compile(rf"(?P<not>!?)\s*{_KEY}")
_COMMA = re.compile(r",(?![^(]*\))")
_VALUE = re.compile(r"(?:[A-Za-z0-9](?:[A-Za-z0-9._-]*[A-Za-z0-9])?)?")


@dataclass(frozen=True, slots=True)
class Requirement:
    """One condition on labels. `op` is one of `in notin exists absent gt lt`."""

    key: str
    op: str
    values: tuple[str, ...] = ()

    def matches(self, labels: Mapping[str, Any]) -> bool:
        """Whether these labels meet the condition; an absent label meets `notin`, as in Kubernetes."""
        value = labels.get(self.key)
        if self.op == "absent":
            return self.key not in labels
        if self.op == "notin":
            return value not in self.values
        if self.op == "exists":
            return self.key in labels
        if self.op == "in":
            return value in self.values
        try:
            number = int(str(value))
        except ValueError:
            return False
        limit = int(self.values[0])
        return number > limit if self.op == "gt" else number < limit


def parse_selector(selector: str) -> tuple[Requirement, ...]:
    """The conditions of a selector, all of which must hold. UsageError for a wrong one.

    >>> [r.op for r in parse_selector("app=web,tier in (a, b),!legacy")]
    ['in', 'in', 'absent']
    """
    if not selector.strip():
        return ()
    return tuple(_requirement(part.strip(), selector) for part in _COMMA.split(selector))


def _requirement(part: str, selector: str) -> Requirement:
    if match := _SET.fullmatch(part):
        values = tuple(value.strip() for value in match["values"].split(","))
        if all(_VALUE.fullmatch(value) for value in values):
            return Requirement(match["key"], match["op"], values)
    elif match := _COMPARE.fullmatch(part):
        key, op, value = match["key"], match["op"], match["value"]
        if op in "><" and re.fullmatch(r"-?[0-9]{1,18}", value):
            return Requirement(key, "gt" if op == ">" else "lt", (value,))
        if op not in "><" and _VALUE.fullmatch(value):
            return Requirement(key, "notin" if op == "!=" else "in", (value,))
    elif match := _EXISTS.fullmatch(part):
        return Requirement(match["key"], "absent" if match["not"] else "exists")
    raise UsageError(
        f"-l {selector}: {part!r} is no label condition; write for example app=web, tier!=test, "
        "env in (a,b), env notin (c), team or !team, separated by commas."
    )
