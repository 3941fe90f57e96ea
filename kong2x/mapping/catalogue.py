"""What Kong has: the fields of each plugin, their defaults in a release, and what losing them loses."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, field
from functools import lru_cache
from pathlib import Path
from typing import Any

from kong2x.mapping.reading import line_of, read_file
from kong2x.mapping.targets import minor
from kong2x.model.errors import MappingError
from kong2x.model.finding import Protects
from kong2x.model.settings import did_you_mean

PROTECTS = {"A": Protects.ACCESS, "B": Protects.PROTECTION, "C": Protects.NOTHING, "D": Protects.NOTHING}
TYPES = ("string", "number", "integer", "boolean", "list", "map", "record", "any")
_FIELD_WORDS = (
    *("type", "of", "default", "defaults", "values", "range", "above"),
    *("required", "secret", "references", "since", "until", "class"),
)
_WORDS = (
    *("plugin", "edition", "class", "protects", "priority", "priorities"),
    *("phases", "not_on", "fields", "aliases"),
)


@dataclass(frozen=True, slots=True)
class KongField:
    """One setting of a Kong plugin.

    `path` is dotted; `[]` stands for the elements of a list, `*` for any key of a map. `default` is
    Kong's value where nothing is configured, `defaults` what later releases changed it to. `range` is
    inclusive, `above` is not. `references` says that Kong resolves `{vault://…}` here. `protects` is set
    where losing this setting loses more, or less, than losing the plugin would suggest.
    """

    path: str
    type: str
    of: str = "any"
    default: Any = None
    defaults: Mapping[str, Any] = field(default_factory=dict)
    values: tuple[Any, ...] = ()
    range: tuple[float, float] | None = None
    above: float | None = None
    required: bool = False
    secret: bool = False
    references: bool = False
    since: str = ""
    until: str = ""
    protects: Protects | None = None

    def default_in(self, version: str) -> Any:
        """Kong's default in that release; None when there is none, or the field is newer."""
        if self.since and minor(self.since) > minor(version):
            return None
        value = self.default
        for release, later in self.defaults.items():
            if minor(release) <= minor(version):
                value = later
        return value

    @property
    def nested(self) -> bool:
        """Whether it stands inside the elements of a list or map."""
        return "[]" in self.path or ".*" in self.path


@dataclass(frozen=True, slots=True, eq=False)
class KongPlugin:
    """The facts about one Kong plugin; `priority` orders execution, highest first."""

    name: str
    protects: Protects
    klass: str
    edition: str = "oss"
    priority: int = 0
    priorities: Mapping[str, int] = field(default_factory=dict)
    phases: tuple[str, ...] = ()
    not_on: tuple[str, ...] = ()
    fields: Mapping[str, KongField] = field(default_factory=dict)
    aliases: Mapping[str, str] = field(default_factory=dict)
    containers: frozenset[str] = frozenset()
    """Paths of records, whose fields have entries of their own."""
    _below: dict[str, tuple[KongField, ...]] = field(default_factory=dict, init=False, repr=False)

    def priority_in(self, version: str) -> int:
        """The execution priority in that release."""
        value = self.priority
        for release, later in self.priorities.items():
            if minor(release) <= minor(version):
                value = later
        return value

    def below(self, path: str) -> tuple[KongField, ...]:
        """The fields at `path` and below it."""
        found = self._below.get(path)
        if found is None:
            found = self._below[path] = tuple(f for name, f in self.fields.items() if covers(path, name))
        return found

    @property
    def top(self) -> tuple[KongField, ...]:
        """The fields that do not stand inside a list or map."""
        return tuple(f for f in self.fields.values() if not f.nested)


@lru_cache(maxsize=65_536)
def covers(path: str, other: str) -> bool:
    """Whether `other` is the field `path` or stands below it."""
    return other == path or other.startswith((f"{path}.", f"{path}[]"))


def parse_plugin(raw: Mapping[str, Any], path: Path) -> KongPlugin:
    """The facts in a catalogue file; MappingError names the file, line and the word that is wrong."""
    name = raw.get("plugin")
    if not isinstance(name, str):
        raise MappingError(f"{path}:1: expected `plugin: NAME` first.")
    _known_words(raw, _WORDS, path, ())
    klass = str(raw.get("class", "A"))
    if klass not in PROTECTS:
        raise MappingError(f"{_at(path, ('class',))}: class {klass}: expected A, B, C or D.")
    fields = {key: _field(key, row, path) for key, row in (raw.get("fields") or {}).items()}
    containers = set()
    for key in fields:
        while "." in key:
            key = key.rpartition(".")[0]
            if key.removesuffix("[]").removesuffix(".*") not in fields:
                containers.add(key)
    protects = raw.get("protects")
    return KongPlugin(
        name,
        Protects(protects) if protects else PROTECTS[klass],
        klass,
        str(raw.get("edition", "oss")),
        int(raw.get("priority", 0)),
        raw.get("priorities") or {},
        tuple(raw.get("phases") or ()),
        tuple(raw.get("not_on") or ()),
        fields,
        raw.get("aliases") or {},
        frozenset(containers),
    )


def _field(key: str, row: Any, path: Path) -> KongField:
    where = ("fields", key)
    if not isinstance(row, dict) or row.get("type") not in TYPES:
        known = ", ".join(TYPES)
        raise MappingError(f"{_at(path, where)}: {key}: expected {{type: …}} with one of {known}.")
    _known_words(row, _FIELD_WORDS, path, where)
    klass = row.get("class")
    if klass is not None and klass not in PROTECTS:
        raise MappingError(f"{_at(path, (*where, 'class'))}: class {klass}: expected A, B, C or D.")
    between = row.get("range")
    return KongField(
        key,
        row["type"],
        row.get("of", "any"),
        row.get("default"),
        row.get("defaults") or {},
        tuple(row.get("values") or ()),
        (between[0], between[1]) if between else None,
        row.get("above"),
        bool(row.get("required")),
        bool(row.get("secret")),
        bool(row.get("references")),
        str(row.get("since", "")),
        str(row.get("until", "")),
        PROTECTS[klass] if klass else None,
    )


def _known_words(raw: Mapping[str, Any], known: tuple[str, ...], path: Path, where: tuple[str, ...]) -> None:
    for word in raw:
        if word not in known:
            raise MappingError(
                f"{_at(path, (*where, word))}: no such word: {word}{did_you_mean(word, known)}"
            )


def _at(path: Path, keys: tuple[str, ...]) -> str:
    return f"{path}:{line_of(path.read_text('utf-8'), keys)}"


def read_plugin(path: Path) -> KongPlugin:
    """The catalogue file at `path`."""
    return parse_plugin(read_file(path), path)
