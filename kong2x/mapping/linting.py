"""Whether mapping files are complete and true: every source field once, every target path real."""

from __future__ import annotations

from collections.abc import Iterable, Iterator
from dataclasses import dataclass
from pathlib import Path
from typing import Any

from kong2x.mapping.catalogue import KongPlugin, covers
from kong2x.mapping.claim import Note, among, find_transform, notes_of, sentences
from kong2x.mapping.engine import split_target
from kong2x.mapping.grammar import UNSET, MappingFile, Outcome, Rule
from kong2x.mapping.reading import line_of
from kong2x.mapping.tables import CATALOGUE, Tables
from kong2x.mapping.targets import RULE, Targets, targets_of
from kong2x.model.errors import MappingError
from kong2x.model.finding import Level
from kong2x.model.settings import did_you_mean

_Keys = tuple[str | int, ...]


@dataclass(frozen=True, slots=True)
class Problem:
    """Something wrong with one mapping file; `str()` gives `file:line: text`."""

    file: str
    line: int
    text: str

    def __str__(self) -> str:
        return f"{self.file}:{self.line}: {self.text}"


def lint(folders: Iterable[str | Path] = (), *, vocabulary: str = "", plugin: str = "") -> list[Problem]:
    """Every problem of every mapping and catalogue file, the user's folders included.

    `vocabulary` and `plugin` limit it to some files. An empty list means that all is well.
    """
    tables = Tables(folders)
    out: list[Problem] = []
    for words in [vocabulary] if vocabulary else [CATALOGUE, *tables.vocabularies()]:
        for name in [plugin] if plugin else tables.plugins(words):
            path = tables.path(words, name)
            if path is not None:
                out.extend(_file(tables, words, name, path))
    return sorted(out, key=lambda problem: (problem.file, problem.line, problem.text))


def _file(tables: Tables, vocabulary: str, name: str, path: Path) -> Iterator[Problem]:
    text = path.read_text(encoding="utf-8")
    try:
        yield from (Problem(str(path), line, said) for line, said in _plain_yaml(text, vocabulary))
        found: Any
        if vocabulary == CATALOGUE:
            found = tables.kong(name)
            problems = _catalogue(found)
        else:
            found = tables.mapping(vocabulary, name)
            problems = _mapping(tables, found)
        for keys, said in problems:
            yield Problem(str(path), line_of(text, keys), said)
    except MappingError as error:
        for said in str(error).splitlines():
            line = said.removeprefix(f"{path}:").partition(":")
            known = said.startswith(f"{path}:") and line[0].isdigit()
            yield Problem(str(path), int(line[0]) if known else 1, line[2].strip() if known else said)


def _plain_yaml(text: str, vocabulary: str) -> Iterator[tuple[int, str]]:
    """Anchors, aliases, tags, templates and repeated keys are not allowed in mapping files."""
    import yaml

    for event in yaml.parse(text, Loader=yaml.SafeLoader):
        line = event.start_mark.line + 1 if event.start_mark else 1
        if isinstance(event, yaml.AliasEvent) or getattr(event, "anchor", None):
            yield line, "no anchors and aliases: write the value again."
        if getattr(event, "tag", None):
            yield line, "no tags."
    for number, row in enumerate(text.splitlines(), 1):
        if vocabulary != CATALOGUE and ("{{" in row or "{%" in row):
            yield number, "no templates."
    yield from _repeated(yaml.compose(text, Loader=yaml.SafeLoader))


def _repeated(node: Any) -> Iterator[tuple[int, str]]:
    import yaml

    if isinstance(node, yaml.MappingNode):
        seen = set()
        for key, value in node.value:
            if key.value in seen:
                yield key.start_mark.line + 1, f"{key.value} stands here twice."
            seen.add(key.value)
            yield from _repeated(value)
    elif isinstance(node, yaml.SequenceNode):
        for item in node.value:
            yield from _repeated(item)


def _catalogue(plugin: KongPlugin) -> Iterator[tuple[_Keys, str]]:
    for old, new in plugin.aliases.items():
        if new not in plugin.fields:
            yield ("aliases", old), f"{old}: there is no field {new}{did_you_mean(new, plugin.fields)}"
    for path, part in plugin.fields.items():
        for default in (part.default, *part.defaults.values()):
            values = default if isinstance(default, list) else [default]
            if default is not None and part.values and not all(among(v, part.values) for v in values):
                yield ("fields", path), f"{path}: its default is none of its values."


def _mapping(tables: Tables, file: MappingFile) -> Iterator[tuple[_Keys, str]]:
    plugin = tables.kong(file.plugin)
    if plugin is None:
        near = did_you_mean(file.plugin, tables.plugins(CATALOGUE))
        yield ("plugin",), f"no facts about the Kong plugin {file.plugin}{near}"
        return
    targets = targets_of(file.target)
    yield from _emit(file, targets)
    yield from _coverage(file, plugin)
    for path, rule in file.fields.items():
        for keys, said in _rule(rule, plugin, file, targets):
            yield ("fields", path, *keys), f"{path}: {said}"
    if file.mapper:
        yield from ((("mapper",), said) for said in _transform(file.mapper))
    yield from _codes(file)
    if not file.examples:
        yield ("examples",), "expected at least one example."
    if "kong" not in file.checked:
        yield ("checked",), "expected checked: {kong: VERSION, TARGET: VERSION}."


def _emit(file: MappingFile, targets: Targets | None) -> Iterator[tuple[_Keys, str]]:
    for name, body in file.emit.items():
        known = targets.plugin(name, "") if targets else None
        if targets is not None and known is None:
            yield ("emit", name), f"{file.target} has no {name}{did_you_mean(name, targets.names(''))}"
        elif known is not None and isinstance(body, dict):
            for key in body:
                if known.find(key) is None:
                    yield ("emit", name, key), f"{name} has no setting {key}{did_you_mean(key, known.fields)}"


def _coverage(file: MappingFile, plugin: KongPlugin) -> Iterator[tuple[_Keys, str]]:
    """Every field has exactly one rule, and every rule has a field."""
    claims = [(path, owner) for owner, rule in file.fields.items() for path in (owner, *rule.with_)]
    for path, owner in claims:
        if path not in plugin.fields and path not in plugin.containers:
            yield ("fields", owner), f"{plugin.name} has no field {path}{did_you_mean(path, plugin.fields)}"
    if not file.fields:
        return
    for part in plugin.top:
        owners = [owner for path, owner in claims if covers(path, part.path)]
        if not owners and not part.until:
            yield ("fields",), f"no rule for {part.path}."
        if len(owners) > 1:
            yield ("fields", owners[-1]), f"{part.path} has {len(owners)} rules: {', '.join(owners)}."


def _rule(
    rule: Rule, plugin: KongPlugin, file: MappingFile, targets: Targets | None
) -> Iterator[tuple[_Keys, str]]:
    for path, value in rule.when.items():
        part = plugin.fields.get(path)
        if part is None:
            yield (
                ("when", path),
                f"when: {plugin.name} has no field {path}{did_you_mean(path, plugin.fields)}",
            )
        elif part.values and not among(value, part.values):
            yield ("when", path), f"when: {path} is never {value}."
    for target in rule.to:
        yield from ((("to",), said) for said in _target(target, file, targets))
    if rule.via:
        yield from ((("via",), said) for said in _transform(rule.via))
    if rule.enum is not None:
        head = next((f for p, f in plugin.fields.items() if file.fields.get(p) is rule), None)
        allowed = (head.values or ((True, False) if head.type == "boolean" else ())) if head else ()
        missing = [value for value in allowed if not among(value, rule.enum)]
        if missing:
            yield ("enum",), f"enum: nothing is said about {', '.join(map(str, missing))}."
        extra = [value for value in rule.enum if allowed and not among(value, allowed)]
        if extra:
            yield ("enum",), f"enum: Kong has no value {', '.join(map(str, extra))}."


def _target(target: str, file: MappingFile, targets: Targets | None) -> Iterator[str]:
    name, path = split_target(target, file)
    if name.startswith("gateway/"):
        metadata = getattr(targets, "metadata", None)
        known = metadata(name.removeprefix("gateway/")) if metadata else None
    elif name == RULE:
        known = targets.plugin(name, "") if targets else None
    elif name not in file.emit:
        yield f"to: {target}: {name or 'no plugin'} is not in emit{did_you_mean(name, file.emit)}"
        return
    else:
        known = targets.plugin(name, "") if targets else None
    if targets is not None and known is not None and known.find(path) is None:
        yield f"to: {name} has no setting {path}{did_you_mean(path, known.fields)}"


def _transform(name: str) -> Iterator[str]:
    try:
        find_transform(name)
    except MappingError as error:
        yield str(error)


def _codes(file: MappingFile) -> Iterator[tuple[_Keys, str]]:
    """One code has one meaning in a file, and every note is a sentence with a remedy."""
    seen: dict[str, str] = {}
    for keys, note in notes_in(file):
        if note.code in seen and seen[note.code] != note.text:
            yield keys, f"the code {note.code} is used with two different notes."
        seen[note.code] = note.text
        message, remedy = sentences(note.text)
        if not message.endswith(".") or not note.text.strip().endswith("."):
            yield keys, f"{note.code}: the note is no sentence with a full stop."
        if not remedy and note.level not in (Level.EXACT, Level.IGNORED):
            yield keys, f"{note.code}: after the first sentence the note must say what to do."


def notes_in(file: MappingFile) -> Iterator[tuple[_Keys, Note]]:
    """Every note that the file or its transforms can make, with its place."""
    for index, entry in enumerate(file.always):
        yield ("always", index), Note(entry.code, entry.level, entry.note)
    for scope, outcome in file.attach.items():
        if outcome.code:
            yield ("attach", scope), Note(outcome.code, outcome.level, outcome.note)
    for path, rule in file.fields.items():
        if rule.code:
            yield ("fields", path), Note(rule.code, rule.level, rule.note)
        for outcome in _outcomes(rule):
            if outcome.code:
                yield ("fields", path), Note(outcome.code, outcome.level, outcome.note)
        if rule.via:
            yield from ((("fields", path), note) for note in _notes(rule.via))
    if file.mapper:
        yield from ((("mapper",), note) for note in _notes(file.mapper))


def _outcomes(rule: Rule) -> Iterator[Outcome]:
    if rule.enum is not None:
        yield from rule.enum.values()
    if rule.otherwise is not None and rule.otherwise is not UNSET:
        yield rule.otherwise


def _notes(name: str) -> tuple[Note, ...]:
    try:
        return notes_of(find_transform(name))
    except MappingError:
        return ()
