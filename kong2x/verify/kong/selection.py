"""What a router flavour hands over: the route it chose, what its path criterion matched, and why."""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from dataclasses import dataclass, field
from typing import Protocol

from kong2x.model.traffic import Answer, Request
from kong2x.verify.kong.arrival import Arrival
from kong2x.verify.kong.entities import KongRoute


@dataclass(frozen=True, slots=True)
class Hit:
    """A route that matches a request.

    `criterion` is the path criterion as Kong has it, empty when the route has none; `postfix` is what
    remains of the path behind the match; `captures` are those of the regex by number or name.
    """

    route: KongRoute
    criterion: str
    postfix: bytes
    captures: Mapping[str, bytes] = field(default_factory=dict)


@dataclass(frozen=True, slots=True)
class Selection:
    """The choice of a router; `tie` names every route that the configuration allows, `""` for none."""

    hit: Hit | None
    why: str
    tie: tuple[str, ...] = ()


@dataclass(frozen=True, slots=True)
class Candidate:
    """One criterion set in the order in which the router tries it.

    `matched` says whether the request fulfils it; `reason` why it won or lost.
    """

    route: str
    criterion: str
    rank: str
    matched: bool
    reason: str


@dataclass(frozen=True, slots=True)
class Explanation:
    """The answer to a request and every candidate with the reason why it lost."""

    request: Request
    answer: Answer
    candidates: tuple[Candidate, ...]


class Selector(Protocol):
    """One flavour of Kong's router."""

    def select(self, arrival: Arrival) -> Selection:
        """The route for a request."""

    def candidates(self, arrival: Arrival) -> Iterator[Candidate]:
        """Every candidate in the order tried."""

    def undecidable(self) -> dict[str, str]:
        """The reason by route where a pattern cannot be evaluated."""


def without_leading_dots(postfix: bytes) -> bytes:
    """What is left behind a stripped prefix, without one leading dot segment (kong/router/utils.lua).

    >>> without_leading_dots(b"../x"), without_leading_dots(b"."), without_leading_dots(b".x")
    (b'x', b'', b'.x')
    """
    if postfix in (b".", b".."):
        return b""
    for dots in (b"./", b"../"):
        if postfix.startswith(dots):
            return postfix[len(dots) :]
    return postfix
