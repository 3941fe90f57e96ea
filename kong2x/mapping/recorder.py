"""What a mapping run has gathered: findings, outcomes of fields, fragments, and what was lost."""

from __future__ import annotations

from collections.abc import Iterable
from dataclasses import dataclass, field
from typing import Any

from kong2x.mapping.catalogue import PROTECTS, KongPlugin, covers
from kong2x.mapping.claim import Environment, sentences
from kong2x.mapping.effective import Effective
from kong2x.mapping.grammar import MappingFile
from kong2x.mapping.secrets import SecretView
from kong2x.model.finding import Code, Finding, Level, Protects, derived_severity
from kong2x.model.plugin import PluginUse, SecretKey
from kong2x.model.source import ObjectRef, Path

_WEIGHT = {Protects.NOTHING: 0, Protects.PROTECTION: 1, Protects.ACCESS: 2}


def worst(*protects: Protects) -> Protects:
    """The greatest of several protections."""
    return max(protects, key=_WEIGHT.__getitem__, default=Protects.NOTHING)


def written_at(use: PluginUse, place: Path) -> tuple[ObjectRef | None, Path]:
    """The source object and path behind a place in a plugin's configuration."""
    leaf = next(iter(use.fed_by(place)), None)
    return (leaf.object, leaf.path) if leaf else (use.origin, (*use.config_path, *place))


@dataclass(slots=True)
class Outcomes:
    """What a run has gathered so far."""

    fragments: dict[str, Any] = field(default_factory=dict)
    gateway_wide: dict[str, Any] = field(default_factory=dict)
    rule: dict[str, Any] = field(default_factory=dict)
    findings: list[Finding] = field(default_factory=list)
    levels: dict[str, tuple[Level, str]] = field(default_factory=dict)
    """Outcome of each source field that the user wrote."""
    lost: Protects = Protects.NOTHING
    secrets: dict[tuple[str, Path], SecretKey] = field(default_factory=dict)
    whole: tuple[Level, str] | None = None
    """Set when nothing of the plugin arrives."""
    kept: frozenset[str] | None = None
    """The only target plugins that may be written, where a transform said so."""


@dataclass(slots=True)
class Recorder:
    """One mapping file and one use of a plugin, with everything that is found out about them."""

    file: MappingFile
    plugin: KongPlugin
    use: PluginUse
    config: Effective
    env: Environment
    secret: SecretView
    strict: bool = False
    out: Outcomes = field(default_factory=Outcomes)

    @property
    def protects(self) -> Protects:
        """The protection of the plugin as a whole."""
        return PROTECTS[self.file.class_] if self.file.class_ else self.plugin.protects

    def say(
        self,
        code: str,
        level: Level,
        note: str,
        fields: Iterable[str] = (),
        *,
        message: str = "",
        stricter: bool = False,
    ) -> None:
        """A finding of the mapping file about some fields of the plugin; sets their levels."""
        fields = tuple(fields)
        first, remedy = sentences(note)
        self._add(f"{self.plugin.name}/{code}", level, message or first, remedy, fields, stricter=stricter)

    def say_code(
        self, code: Code, message: str, fields: Iterable[str] = (), level: Level | None = None
    ) -> None:
        """A finding of the engine itself about some fields."""
        self._add(code.id, level or code.level, message, code.remedy, tuple(fields))

    def _add(
        self,
        code: str,
        level: Level,
        message: str,
        remedy: str,
        fields: tuple[str, ...],
        *,
        stricter: bool = False,
    ) -> None:
        protects = worst(self.protects, *(p for p in map(self._field_protects, fields) if p))
        where, path = written_at(self.use, self._place(fields))
        severity, text = derived_severity(level, protects), self.secret.masked(message)
        finding = Finding(code, level, severity, text, where, path, remedy=remedy)
        if finding not in self.out.findings:
            self.out.findings.append(finding)
        for name in fields:
            self.settle(name, level, code)
        if level.lost and not stricter:
            own = [self._field_protects(path) or self.protects for path in fields] or [self.protects]
            self.out.lost = worst(self.out.lost, *own)

    def settle(self, path: str, level: Level, code: str) -> None:
        """Sets the level of a field; the worst stays."""
        old = self.out.levels.get(path)
        if old is None or level.rank > old[0].rank:
            self.out.levels[path] = (level, code)

    def _field_protects(self, path: str) -> Protects | None:
        own = [
            f.protects for f in self.plugin.fields.values() if covers(path, f.path) or covers(f.path, path)
        ]
        return worst(*(p for p in own if p)) if any(own) else None

    def _place(self, fields: tuple[str, ...]) -> Path:
        for path in fields:
            for name, place in self.config.written.items():
                if covers(path, name) or covers(name, path):
                    return place
        return ()
