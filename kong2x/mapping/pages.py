"""What people read about mappings: the page of one plugin, the overview, and the catalogue of codes."""

from __future__ import annotations

from collections.abc import Iterable
from dataclasses import dataclass, field
from functools import cache
from pathlib import Path
from typing import Any

from kong2x.mapping.catalogue import KongPlugin, covers
from kong2x.mapping.claim import sentences
from kong2x.mapping.codes import CODES
from kong2x.mapping.grammar import MappingFile, Rule
from kong2x.mapping.linting import notes_in
from kong2x.mapping.tables import CATALOGUE, Tables
from kong2x.mapping.targets import RULE
from kong2x.model.datafiles import data_folder
from kong2x.model.finding import Code, Level, Protects


@dataclass(frozen=True, slots=True)
class FieldRow:
    """One source field: Kong's facts, where it goes, how well, and what has to be said."""

    field: str
    type: str
    default: Any
    target: str
    level: Level
    codes: tuple[str, ...] = ()
    note: str = ""


@dataclass(frozen=True, slots=True)
class Sample:
    """A configuration before and after."""

    title: str
    kong: dict[str, Any]
    emit: dict[str, Any]
    codes: tuple[str, ...] = ()


@dataclass(frozen=True, slots=True)
class PluginPage:
    """Everything about one plugin on one target, for `kong2x explain PLUGIN`."""

    plugin: str
    vocabulary: str
    summary: str
    protects: Protects
    priority: int
    level: Level
    fields: tuple[FieldRow, ...] = ()
    notes: tuple[tuple[str, Level, str], ...] = ()
    samples: tuple[Sample, ...] = ()
    checked: dict[str, str] = field(default_factory=dict)


@dataclass(frozen=True, slots=True)
class SupportRow:
    """One line of the overview: a Kong plugin, where it lands and how well at best."""

    plugin: str
    edition: str
    protects: Protects
    targets: tuple[str, ...]
    level: Level
    summary: str
    not_carried: int = 0
    """How many settings are lost whatever their value."""


def explain_plugin(name: str, vocabulary: str, folders: Iterable[str | Path] = ()) -> PluginPage | None:
    """The page of a plugin; None when no catalogue knows it. Without a mapping its level is `unmapped`."""
    tables = Tables(folders)
    kong, file = tables.kong(name), tables.mapping(vocabulary, name)
    if kong is None:
        return None
    if file is None:
        text = f"There is no mapping of {name} to {vocabulary}."
        return PluginPage(name, vocabulary, text, kong.protects, kong.priority, Level.UNMAPPED)
    notes = {note.code: (f"{name}/{note.code}", note.level, note.text) for _, note in notes_in(file)}
    samples = tuple(
        Sample(e.title, dict(e.kong), {**e.emit, **({RULE: e.rule} if e.rule else {})}, e.codes)
        for e in file.examples
    )
    return PluginPage(
        name,
        vocabulary,
        file.summary,
        kong.protects,
        kong.priority,
        level_of(file),
        tuple(_row(path, kong, file) for path in (f.path for f in kong.top if not f.until)),
        tuple(notes.values()),
        samples,
        dict(file.checked),
    )


def _row(path: str, kong: KongPlugin, file: MappingFile) -> FieldRow:
    part = kong.fields[path]
    owner = next((k for k, r in file.fields.items() if any(covers(p, path) for p in (k, *r.with_))), None)
    if owner is None:
        level = level_of(file)
        return FieldRow(path, part.type, part.default, file.mapper and "by a transform", level)
    rule = file.fields[owner]
    notes = [note for keys, note in notes_in(file) if keys[:2] == ("fields", owner)]
    return FieldRow(
        path,
        part.type,
        part.default,
        ", ".join(rule.to),
        _rule_level(rule, [note.level for note in notes]),
        tuple(dict.fromkeys(f"{file.plugin}/{note.code}" for note in notes)),
        sentences(rule.note)[0] if rule.note else "",
    )


def _rule_level(rule: Rule, said: list[Level]) -> Level:
    """The usual level of a field: exact when notes are about some values only."""
    if rule.level is not Level.EXACT or not said:
        return rule.level
    return Level.EXACT if rule.to else max(said, key=lambda level: level.rank)


def level_of(file: MappingFile) -> Level:
    """The best that a plugin gets: its `always` entries speak about every use."""
    always = [entry.level for entry in file.always if not entry.when and not entry.since]
    return max(always, key=lambda level: level.rank, default=Level.EXACT)


def support_matrix(vocabulary: str, folders: Iterable[str | Path] = ()) -> list[SupportRow]:
    """Every Kong plugin of the catalogue with what becomes of it, by name."""
    tables = Tables(folders)
    out = []
    for name in tables.plugins(CATALOGUE):
        kong, file = tables.kong(name), tables.mapping(vocabulary, name)
        assert kong is not None
        if file is None:
            out.append(SupportRow(name, kong.edition, kong.protects, (), Level.UNMAPPED, ""))
        else:
            lost = sum(1 for part in kong.top if not part.until and _row(part.path, kong, file).level.lost)
            level, becomes = level_of(file), (*file.emit, *_of_the_route(file))
            out.append(SupportRow(name, kong.edition, kong.protects, becomes, level, file.summary, lost))
    return out


def _of_the_route(file: MappingFile) -> list[str]:
    """The settings of the route itself that a file writes, in words."""
    written = {target for rule in file.fields.values() for target in rule.to}
    names = {
        target.removeprefix(f"{RULE}/").split(".")[0] for target in written if target.startswith(f"{RULE}/")
    }
    return [f"{name} of the route" for name in sorted(names)]


def mapping_codes(vocabulary: str, folders: Iterable[str | Path] = ()) -> list[Code]:
    """Every finding code that a mapping to `vocabulary` can make, the engine's own first, then by plugin."""
    return list(_codes(vocabulary, tuple(str(folder) for folder in folders)))


@cache
def _codes(vocabulary: str, folders: tuple[str, ...]) -> tuple[Code, ...]:
    tables = Tables(folders)
    out: dict[str, Code] = {code.id: code for code in CODES}
    for name in tables.plugins(vocabulary):
        kong, file = tables.kong(name), tables.mapping(vocabulary, name)
        for _, note in notes_in(file) if file else ():
            message, remedy = sentences(note.text)
            protects = kong.protects if kong else Protects.ACCESS
            meaning = f"{message} It is about the plugin {name} on {vocabulary}."
            identity = f"{name}/{note.code}"
            out.setdefault(identity, _entry(identity, note.level, message, meaning, remedy, protects))
    return tuple(out.values())


def _entry(identity: str, level: Level, summary: str, meaning: str, remedy: str, protects: Protects) -> Code:
    return Code(identity, level, summary, meaning, remedy, protects)


def docs(folders: Iterable[str | Path] = ()) -> str:
    """The text of `mappings/README.md`: what becomes of each plugin on each target."""
    tables = Tables(folders)
    lines = [
        "# What becomes of each Kong plugin",
        "",
        "This page is made from the mapping files (`kong2x mapping docs`); do not edit it. How to write such a",
        "file: [WRITING.md](WRITING.md). One plugin in full, field by field: `kong2x explain PLUGIN`.",
        "",
        "The level is that of the plain case; single settings may do worse, and then make a finding.",
    ]
    for vocabulary in tables.vocabularies():
        rows = [row for row in support_matrix(vocabulary, folders) if row.level is not Level.UNMAPPED]
        lines += [
            "",
            f"## {vocabulary}",
            "",
            "| Kong plugin | becomes | level | settings lost | protects | |",
            "|---|---|---|---|---|---|",
        ]
        for row in rows:
            becomes = ", ".join(row.targets) or "-"
            lost = str(row.not_carried or "-") if not row.level.lost else "all"
            lines.append(
                f"| {row.plugin} | {becomes} | {row.level} | {lost} | {row.protects} | {row.summary} |"
            )
        missing = [row.plugin for row in support_matrix(vocabulary, folders) if row.level is Level.UNMAPPED]
        if missing:
            lines += ["", f"No mapping yet: {', '.join(missing)}."]
    return "\n".join(lines) + "\n"


def is_fresh() -> bool:
    """Whether `mappings/README.md` says what the mapping files say."""
    path = data_folder("mappings") / "README.md"
    return path.is_file() and path.read_text(encoding="utf-8") == docs()
