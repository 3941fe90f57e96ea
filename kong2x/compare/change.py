"""The types of a comparison: what happened to requests, findings and objects."""

from __future__ import annotations

from dataclasses import dataclass, field
from typing import Literal

from kong2x.compare.objects import ObjectChange
from kong2x.model.finding import Finding
from kong2x.model.result import FailOn, fails
from kong2x.model.traffic import Answer, Request

RequestKind = Literal["appears", "disappears", "moves", "opens", "closes", "adjusts", "changes"]


@dataclass(frozen=True, slots=True)
class RequestChange:
    """Requests that are answered in another way; `requests` share one old and one new answer.

    `old` and `new` are what they have in common; `example` is one of them with both full answers.

    `appears`: answered now, not before. `disappears`: the opposite. `moves`: another backend.
    `opens`: a check is gone. `closes`: a check is new. `adjusts`: a plugin is configured otherwise.
    `changes`: path, host, redirect or status.
    """

    kind: RequestKind
    old: Answer
    new: Answer
    requests: tuple[Request, ...]
    lost: tuple[str, ...] = ()
    gained: tuple[str, ...] = ()
    adjusted: tuple[str, ...] = ()
    example: tuple[Request, Answer, Answer] | None = None


@dataclass(slots=True)
class FindingChanges:
    """Findings that are new, gone, and how many stayed."""

    new: list[Finding] = field(default_factory=list)
    fixed: list[Finding] = field(default_factory=list)
    unchanged: int = 0


@dataclass(slots=True)
class Change:
    """The whole comparison, in the order in which people read it."""

    requests: list[RequestChange] = field(default_factory=list)
    findings: FindingChanges = field(default_factory=FindingChanges)
    objects: list[ObjectChange] = field(default_factory=list)
    old_title: str = "old"
    new_title: str = "new"

    @property
    def empty(self) -> bool:
        """Whether nothing changed at all."""
        return not (self.requests or self.findings.new or self.findings.fixed or self.objects)

    def exit_code(self, fail_on: FailOn = "unsupported") -> int:
        """1 for new findings at or above `fail_on`, or for any change with `changes`; else 0."""
        if fail_on == "never":
            return 0
        if fail_on == "changes" and not self.empty:
            return 1
        level: FailOn = "unsupported" if fail_on == "changes" else fail_on
        return 1 if any(f.accepted is None and fails(f, level) for f in self.findings.new) else 0
