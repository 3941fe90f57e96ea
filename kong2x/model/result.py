"""What a conversion gives back: objects, findings and the books, as plain data."""

from __future__ import annotations

from collections import Counter
from collections.abc import Sequence
from dataclasses import dataclass, field
from typing import Any, Literal, NamedTuple

from kong2x.model.finding import Finding, Level, Severity
from kong2x.model.source import ObjectRef, Path
from kong2x.model.target import Manifest

FailOn = Literal["never", "unsupported", "approximate", "changes"]


class LedgerRow(NamedTuple):
    """Where one source leaf ended: object, field, level, and the feature or finding code behind it."""

    object: ObjectRef
    path: Path
    level: Level
    why: str


@dataclass(frozen=True, slots=True)
class RouteRow:
    """One line of the route map: a Kong route, and what answers its requests on the target.

    `paths` are written as people read them (`/a/…`, `= /a`, `~ /a.*`). `after` names the target object
    and rule, empty where the target has no router model; `state` is served, denied, own-answer or lost.
    """

    name: str
    namespace: str
    origin: ObjectRef
    hosts: tuple[str, ...]
    paths: tuple[str, ...]
    methods: tuple[str, ...]
    conditions: tuple[str, ...]
    backend: str
    plugins: tuple[str, ...]
    after: str = ""
    after_backend: str = ""
    after_plugins: tuple[str, ...] = ()
    state: str = "served"


@dataclass(slots=True)
class Summary:
    """The counts that every report starts with. `settings` counts source leaves by level."""

    objects_read: int = 0
    objects_converted: int = 0
    routes: int = 0
    routes_denied: int = 0
    emitted: dict[str, int] = field(default_factory=dict)
    settings: dict[Level, int] = field(default_factory=dict)
    passed_through: dict[str, int] = field(default_factory=dict)


@dataclass(slots=True)
class Result:
    """The outcome of one conversion; plain data that pickles and compares.

    `findings` are sorted by place in the input; `errors` are findings that kept the job from being
    done (exit code 2): with any of them nothing should be written unless `keep_going` was asked for.

    >>> Result(to="apisix").exit_code("unsupported")
    0
    """

    to: str
    title: str = ""
    target_version: str = ""
    channel: str = "standard"
    manifests: list[Manifest] = field(default_factory=list)
    findings: list[Finding] = field(default_factory=list)
    errors: list[Finding] = field(default_factory=list)
    assumptions: dict[str, str] = field(default_factory=dict)
    stated: tuple[str, ...] = ()
    summary: Summary = field(default_factory=Summary)
    ledger: list[LedgerRow] = field(default_factory=list)
    routes: list[RouteRow] = field(default_factory=list)
    excerpts: dict[str, str] = field(default_factory=dict)
    """The source line of each finding, by fingerprint, with anything secret masked."""
    files: tuple[str, ...] = ()

    @property
    def objects(self) -> list[dict[str, Any]]:
        """The emitted objects as plain mappings."""
        return [manifest.value for manifest in self.manifests]

    @property
    def open_findings(self) -> list[Finding]:
        """The findings that nobody accepted."""
        return [finding for finding in self.findings if finding.accepted is None]

    def failing(self, fail_on: FailOn = "unsupported") -> list[Finding]:
        """The findings at or above `fail_on`; accepted ones never count."""
        return [finding for finding in self.open_findings if fails(finding, fail_on)]

    def exit_code(self, fail_on: FailOn = "unsupported", *, keep_going: bool = False) -> int:
        """0 fine, 1 a finding at or above `fail_on`, 2 the job could not be done."""
        if self.errors and not keep_going:
            return 2
        return 1 if self.errors or self.failing(fail_on) else 0


def fails(finding: Finding, fail_on: FailOn) -> bool:
    """Whether one finding is at or above a threshold.

    `unsupported`: something acts no longer, or an error. `approximate`: also named differences, but not
    the informational ones that every conversion to a target has.
    """
    if fail_on == "never":
        return False
    if finding.severity is Severity.ERROR or finding.level.lost:
        return True
    notable = finding.severity is not Severity.INFO
    return fail_on == "approximate" and finding.level is Level.APPROXIMATE and notable


def emitted_kinds(manifests: Sequence[Manifest]) -> dict[str, int]:
    """How many objects of each kind, in order of kind."""
    return dict(sorted(Counter(str(m.value.get("kind")) for m in manifests).items()))
