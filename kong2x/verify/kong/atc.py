"""Whether a request fulfils an expression of Kong's newer routers (the ATC language)."""

from __future__ import annotations

from collections.abc import Callable, Sequence
from dataclasses import dataclass, field
from ipaddress import ip_address, ip_network

from kong2x.verify.kong.arrival import Arrival
from kong2x.verify.regex import rust

Value = str | int


@dataclass(slots=True)
class Found:
    """What the evaluation of one expression matched: the part of the path, and captures by name."""

    path: str = ""
    captures: dict[str, bytes] = field(default_factory=dict)


Test = Callable[[Arrival, Found], bool]


class ReadError(ValueError):
    """The expression is not one that Kong accepts, or uses a field that this evaluator does not know."""


@dataclass(frozen=True, slots=True)
class Predicate:
    """One comparison of a field with a constant; `lower` and `any` are the functions around the field.

    Without `any()` every value of the field must fulfil it; a field without value never does.
    """

    field: str
    operator: str
    value: Value
    lower: bool = False
    any: bool = False

    def __str__(self) -> str:
        name = f"lower({self.field})" if self.lower else self.field
        name = f"any({name})" if self.any else name
        value = f'"{self.value}"' if isinstance(self.value, str) else self.value
        return f"{name} {self.operator} {value}"


@dataclass(frozen=True, slots=True)
class Every:
    """All parts hold."""

    parts: tuple[Node, ...]

    def __str__(self) -> str:
        return " && ".join(f"({part})" if isinstance(part, Every) else str(part) for part in self.parts)


@dataclass(frozen=True, slots=True)
class Either:
    """Some part holds; the first that does decides what was matched."""

    parts: tuple[Node, ...]

    def __str__(self) -> str:
        return f"({' || '.join(str(part) for part in self.parts)})"


@dataclass(frozen=True, slots=True)
class Negation:
    """The part does not hold."""

    part: Node

    def __str__(self) -> str:
        return f"!({self.part})"


Node = Predicate | Every | Either | Negation

_FIELDS: dict[str, Callable[[Arrival], Sequence[Value]]] = {
    "http.method": lambda arrival: (arrival.method,),
    "http.path": lambda arrival: () if arrival.path_text is None else (arrival.path_text,),
    "http.host": lambda arrival: (arrival.host_and_port[0],) if arrival.host else (),
    "net.protocol": lambda arrival: (arrival.scheme,),
    "net.dst.port": lambda arrival: (arrival.host_and_port[1],),
    "net.port": lambda arrival: (arrival.host_and_port[1],),
    "net.src.ip": lambda arrival: (arrival.request.remote_address,),
    "tls.sni": lambda arrival: (arrival.sni,) if arrival.sni else (),
}
_COMPARE: dict[str, Callable[[Value, Value], bool]] = {
    "==": lambda given, wanted: given == wanted,
    "!=": lambda given, wanted: given != wanted,
    "^=": lambda given, wanted: str(given).startswith(str(wanted)),
    "=^": lambda given, wanted: str(given).endswith(str(wanted)),
    "contains": lambda given, wanted: str(wanted) in str(given),
    ">=": lambda given, wanted: int(given) >= int(wanted),
    ">": lambda given, wanted: int(given) > int(wanted),
    "<=": lambda given, wanted: int(given) <= int(wanted),
    "<": lambda given, wanted: int(given) < int(wanted),
}
_CAPTURING = ("==", "^=", "=^")


def values_of(name: str) -> Callable[[Arrival], Sequence[Value]]:
    """The function that reads a field of a request; ReadError for an unknown field."""
    known = _FIELDS.get(name)
    if known:
        return known
    if name.startswith("http.headers."):
        header = name.removeprefix("http.headers.").lower()
        return lambda arrival: arrival.header(header) or ()
    if name.startswith("http.queries."):
        argument = name.removeprefix("http.queries.")
        return lambda arrival: arrival.arguments.get(argument, ())
    raise ReadError(f"the field {name} is not known here")


def compiled(node: Node) -> Test:
    """The expression as a function; Untranslatable when a regex in it cannot be evaluated."""
    if isinstance(node, Predicate):
        return _predicate(node)
    if isinstance(node, Negation):
        inner = compiled(node.part)
        return lambda arrival, found: not inner(arrival, found)
    tests = tuple(compiled(part) for part in node.parts)
    if len(tests) == 1:
        return tests[0]
    if isinstance(node, Every):
        return lambda arrival, found: all(test(arrival, found) for test in tests)
    return lambda arrival, found: any(test(arrival, found) for test in tests)


def _predicate(predicate: Predicate) -> Test:
    read = values_of(predicate.field)
    holds = _comparison(predicate)
    lower, enough = predicate.lower, any if predicate.any else all

    def test(arrival: Arrival, found: Found) -> bool:
        values = read(arrival)
        if not values:
            return False
        return enough(holds(str(value).lower() if lower else value, found) for value in values)

    return test


def _comparison(predicate: Predicate) -> Callable[[Value, Found], bool]:
    """The test of a single value, which notes what it matched of the path."""
    wanted, operator, on_path = predicate.value, predicate.operator, predicate.field == "http.path"
    if operator == "~":
        return _regex(str(wanted), on_path)
    if operator in ("in", "not in"):
        network = ip_network(str(wanted), strict=False)
        return lambda given, found: (ip_address(str(given)) in network) == (operator == "in")
    compare = _COMPARE[operator]
    if not on_path or operator not in _CAPTURING:
        return lambda given, found: compare(given, wanted)

    def on_literal(given: Value, found: Found) -> bool:
        if compare(given, wanted):
            found.path = str(wanted)
            return True
        return False

    return on_literal


def _regex(pattern: str, on_path: bool) -> Callable[[Value, Found], bool]:
    regex = rust(pattern)

    def holds(given: Value, found: Found) -> bool:
        match = regex.search(str(given))
        if not match:
            return False
        if on_path:
            found.path = match[0]
        # Captures of every regex of an expression share one table: a later one overwrites.
        numbered = {str(at): value for at, value in enumerate(match.groups(), 1)}
        for name, value in (numbered | match.groupdict()).items():
            if value is not None:
                found.captures[name] = value.encode("utf-8", "surrogateescape")
        return True

    return holds


def conjuncts(node: Node) -> tuple[Node, ...]:
    """The parts that must all hold."""
    if isinstance(node, Every):
        return tuple(inner for part in node.parts for inner in conjuncts(part))
    return (node,)
