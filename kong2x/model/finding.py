"""What kong2x tells the operator: a finding, and the catalogue entry behind its code."""

from __future__ import annotations

import hashlib
from dataclasses import dataclass
from enum import StrEnum

from kong2x.model.source import Location, ObjectRef, Path, dotted


class Level(StrEnum):
    """How much of a source setting arrives in the target, best first.

    `exact`: the same. `approximate`: the same but for a named, bounded difference. `ignored`: Kong
    ignored it too, so nothing is lost. `unsupported`: the target cannot say it. `unmapped`: no
    mapping exists yet. `unknown`: kong2x does not know what Kong does with it.
    """

    EXACT = "exact"
    IGNORED = "ignored"
    APPROXIMATE = "approximate"
    UNSUPPORTED = "unsupported"
    UNMAPPED = "unmapped"
    UNKNOWN = "unknown"

    @property
    def rank(self) -> int:
        """Position from best (0) to worst; a leaf with several outcomes keeps the worst."""
        return _RANK[self]

    @property
    def lost(self) -> bool:
        """Whether the setting does not act on the target although it acted on Kong."""
        return self in (Level.UNSUPPORTED, Level.UNMAPPED, Level.UNKNOWN)


_RANK = {level: rank for rank, level in enumerate(Level)}


class Severity(StrEnum):
    """How loud a finding is."""

    ERROR = "error"
    WARNING = "warning"
    INFO = "info"


class Protects(StrEnum):
    """What a setting protects; any loss of one of these is an error finding.

    `access` decides who may call (class A: authentication, authorisation, address filtering);
    `protection` limits what comes in (class B: rate limits, sizes, CORS, TLS).
    """

    ACCESS = "access"
    PROTECTION = "protection"
    NOTHING = "nothing"


@dataclass(frozen=True, slots=True)
class Finding:
    """One thing the operator has to know: about requests or objects, one sentence, then the remedy.

    `path` is the field inside `object`; `source` is filled in at the end of a run; `routes` are the
    names of the affected Kong routes; `result` is the target object concerned and the field in it.
    `accepted` is the reason the user gave for living with it.
    """

    code: str
    level: Level
    severity: Severity
    message: str
    object: ObjectRef | None = None
    path: Path = ()
    source: Location | None = None
    routes: tuple[str, ...] = ()
    result: ObjectRef | None = None
    result_path: Path = ()
    remedy: str = ""
    accepted: str | None = None

    @property
    def fingerprint(self) -> str:
        """A short stable identity without line numbers: code, object, field, result."""
        key = "\0".join(
            (self.code, str(self.object or ""), dotted(self.path), str(self.result or ""), self.message)
        )
        return hashlib.sha256(key.encode()).hexdigest()[:16]

    def located(self, source: Location) -> Finding:
        """The same finding with its place in the input."""
        return self._with(source, self.routes)

    def about(self, routes: tuple[str, ...]) -> Finding:
        """The same finding with the names of the routes that it affects."""
        return self if routes == self.routes else self._with(self.source, routes)

    def _with(self, source: Location | None, routes: tuple[str, ...]) -> Finding:
        """A copy, written out because `dataclasses.replace` takes several times as long."""
        return Finding(
            self.code,
            self.level,
            self.severity,
            self.message,
            self.object,
            self.path,
            source,
            routes,
            self.result,
            self.result_path,
            self.remedy,
            self.accepted,
        )


@dataclass(frozen=True, slots=True)
class Code:
    """A catalogue entry: what findings of one code mean. `kong2x explain CODE` prints it.

    `id` is `area/slug` and is never renamed. `summary` is one sentence; `meaning` says what happens
    to requests and why; `remedy` says what to do. `level` is the usual level; `severity` is derived
    unless given.

    >>> raw = Code("paths/raw-prefix", Level.APPROXIMATE, "A path matches in the middle of a segment.",
    ...            "Kong matches /foobar as well.", "Use pathType Prefix.")
    >>> raw.finding("The path /foo also answers /foobar.").severity
    <Severity.WARNING: 'warning'>
    """

    id: str
    level: Level
    summary: str
    meaning: str
    remedy: str = ""
    protects: Protects = Protects.NOTHING
    severity: Severity | None = None

    def finding(
        self,
        message: str,
        *,
        object: ObjectRef | None = None,
        path: Path = (),
        routes: tuple[str, ...] = (),
        result: ObjectRef | None = None,
        result_path: Path = (),
        remedy: str | None = None,
        level: Level | None = None,
    ) -> Finding:
        """A finding of this code; `level` and `remedy` override the catalogue's."""
        actual = level or self.level
        return Finding(
            self.id,
            actual,
            self.severity or derived_severity(actual, self.protects),
            message,
            object,
            path,
            None,
            routes,
            result,
            result_path,
            self.remedy if remedy is None else remedy,
        )


def derived_severity(level: Level, protects: Protects = Protects.NOTHING) -> Severity:
    """How loud a level is; a loss of access control or protection is always an error."""
    if level in (Level.EXACT, Level.IGNORED):
        return Severity.INFO
    if level.lost and protects is not Protects.NOTHING:
        return Severity.ERROR
    if level in (Level.UNKNOWN, Level.UNMAPPED):
        return Severity.ERROR
    return Severity.WARNING
