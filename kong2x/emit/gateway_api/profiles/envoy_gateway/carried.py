"""What every plugin that Envoy Gateway's own objects carry has in common."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from typing import Any

from kong2x.model.finding import Code, Finding, Level, Protects
from kong2x.model.plugin import MappedPlugin, PluginUse
from kong2x.model.source import Path, leaves

VOCABULARY = "envoy-gateway"
Levels = dict[Path, tuple[Level, str]]


class Carried:
    """One plugin use on its way into Envoy Gateway's words: every setting is exact unless something is told."""

    def __init__(self, use: PluginUse, before: MappedPlugin) -> None:
        self.use, self.before = use, before
        self.findings: list[Finding] = []
        self.levels: Levels = dict.fromkeys(leaves(dict(use.config)), (Level.EXACT, ""))

    def tell(self, code: Code, message: str, *keys: str, level: Level | None = None) -> None:
        """Reports a difference; `keys` are the top-level settings that it is about."""
        known = tuple(key for key in keys if key in self.use.config)
        where = self.use.fed_by(known[:1])
        self.findings.append(
            code.finding(
                message,
                object=where[0].object if where else self.use.attached_to,
                path=where[0].path if where else (),
                level=level,
            )
        )
        self.mark(level or code.level, code.id, *keys)

    def mark(self, level: Level, why: str, *keys: str) -> None:
        """Gives all settings below these keys a level."""
        for path in self.levels:
            if path and path[0] in keys:
                self.levels[path] = (level, why)

    def done(self, fragments: Mapping[str, Any]) -> MappedPlugin:
        """The mapped plugin, which has lost nothing of what it protects."""
        return MappedPlugin(
            self.use,
            VOCABULARY,
            fragments,
            tuple(self.findings),
            self.levels,
            Protects.NOTHING,
            self.before.protects,
            priority=self.before.priority,
        )


def fragments_of(own: Sequence[MappedPlugin], name: str) -> list[Mapping[str, Any]]:
    """The fragments of one name, Kong's first plugin first."""
    ordered = sorted(own, key=lambda mapped: -mapped.priority)
    return [mapped.fragments[name] for mapped in ordered if name in mapped.fragments]
