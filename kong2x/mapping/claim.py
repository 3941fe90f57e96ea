"""What a transform may see and say: a view of its own fields that records what was read."""

from __future__ import annotations

from collections.abc import Callable, Iterable, Mapping
from dataclasses import dataclass, field
from functools import lru_cache
from typing import TYPE_CHECKING, Any, TypeVar

from kong2x.mapping.catalogue import covers
from kong2x.mapping.effective import Effective
from kong2x.mapping.targets import TargetField, minor
from kong2x.model.errors import MappingError
from kong2x.model.finding import Level

if TYPE_CHECKING:
    from kong2x.model.route import Route, RouteModel


@dataclass(frozen=True, slots=True)
class Note:
    """Something a transform may say: `code` without the plugin's name, and one sentence, then the remedy.

    `text` follows the rules of mapping files: the first sentence is the message, the rest the remedy.
    A note of a lost level counts as a loss of the plugin's protection, unless `stricter` says that the
    target refuses more than Kong did, so that nothing is opened.
    """

    code: str
    level: Level
    text: str
    stricter: bool = False


@dataclass(slots=True)
class Said:
    """One note that was used: about which fields, and with which words."""

    note: Note
    fields: tuple[str, ...]
    message: str


@dataclass(slots=True)
class Context:
    """The surroundings of a plugin use. Looking at them ties the answer to one route or model."""

    _model: RouteModel | None
    _route: Route | None
    used_model: bool = False
    used_route: bool = False

    @property
    def model(self) -> RouteModel | None:
        """The whole route model."""
        self.used_model = True
        return self._model

    @property
    def route(self) -> Route | None:
        """The route, None for a consumer's or global use."""
        self.used_route = True
        return self._route


@dataclass(slots=True)
class Environment:
    """What every rule of one run shares: the releases, the scope of the use, the target's settings.

    `setting(path)` gives the facts about a target path, None when no release has it. `chosen` holds the
    settings of the target that the user chose (`apisix.syslog-server`).
    """

    kong_version: str
    target_version: str
    scope: str
    context: Context
    setting: Callable[[str], TargetField | None]
    chosen: Mapping[str, str] = field(default_factory=dict)


@dataclass(slots=True)
class Claim:
    """A transform's view of the fields that its rule names.

    >>> # claim["minute"] is the effective value, claim.given("minute") whether the user wrote it
    """

    plugin: str
    fields: tuple[str, ...]
    allowed: Mapping[str, Note]
    env: Environment
    _config: Effective
    seen: set[str] = field(default_factory=set)
    ignored: set[str] = field(default_factory=set)
    said: list[Said] = field(default_factory=list)
    abandoned_by: Note | None = None
    kept: frozenset[str] | None = None

    def __getitem__(self, path: str) -> Any:
        """The value that Kong runs with, None when there is none; a record gives a mapping."""
        self._mine(path)
        self.seen.add(path)
        return self._config.value(path)

    @property
    def value(self) -> Any:
        """The value of the rule's first field."""
        return self[self.fields[0]]

    def peek(self, path: str) -> Any:
        """The value of a field that belongs to another rule, which still has to settle it."""
        return self._config.value(path)

    def given(self, path: str) -> bool:
        """Whether the user wrote the field."""
        self._mine(path)
        return self._config.given(path)

    def ignore(self, *paths: str) -> None:
        """Says that Kong makes no use of these fields in this configuration."""
        for path in paths:
            self._mine(path)
            self.ignored.add(path)

    def note(self, note: Note, *paths: str, message: str = "") -> None:
        """Makes a finding about `paths` (default: the rule's first field).

        `message` replaces the note's first sentence; it must not repeat secret values.
        """
        if self.allowed.get(note.code) is not note:
            raise MappingError(f"{self.plugin}: the transform did not declare its note {note.code}.")
        paths = paths or self.fields[:1]
        for path in paths:
            self._mine(path)
            self.seen.add(path)
        self.said.append(Said(note, paths, message))

    def abandon(self, note: Note, *paths: str, message: str = "") -> None:
        """Like `note`, and nothing at all of the plugin is written."""
        self.note(note, *paths, message=message)
        self.abandoned_by = note

    def keep_only(self, *plugins: str) -> None:
        """Writes only these target plugins, whatever other rules give to the rest."""
        self.kept = frozenset(plugins)

    def chosen(self, key: str) -> str:
        """What the user chose for the target (`apisix.syslog-server`), empty when nothing."""
        return self.env.chosen.get(key, "")

    def target_has(self, path: str) -> bool:
        """Whether the chosen release of the target has the setting (`plugin/path`, or `path` alone)."""
        known = self.env.setting(path)
        return known is not None and known.exists_in(self.env.target_version)

    def target_at_least(self, version: str) -> bool:
        """Whether the chosen target is at least this release."""
        chosen = self.env.target_version
        return not chosen or minor(chosen) >= minor(version)

    def kong_at_least(self, version: str) -> bool:
        """Whether the source is at least this release."""
        return minor(self.env.kong_version) >= minor(version)

    @property
    def scope(self) -> str:
        """Where the use is attached: `route`, `service`, `consumer`, `group`, `global` or a pair."""
        return self.env.scope

    @property
    def context(self) -> Context:
        """Route and model; only where the answer really depends on them."""
        return self.env.context

    def unread(self) -> list[str]:
        """The fields that the user wrote and nobody looked at."""
        known = self.seen | self.ignored
        return [
            path
            for path in self._config.written
            if any(covers(own, path) for own in self.fields) and not any(covers(read, path) for read in known)
        ]

    def _mine(self, path: str) -> None:
        if not any(covers(own, path) or covers(path, own) for own in self.fields):
            known = ", ".join(self.fields)
            raise MappingError(
                f"{self.plugin}: a transform looks at {path}, but its rule names {known} only."
            )


Transform = Callable[[Claim], Any]
_F = TypeVar("_F", bound=Transform)


def transform(*notes: Note) -> Callable[[_F], _F]:
    """Marks a function as a transform and declares the notes that it may use.

    >>> @transform(Note("example", Level.APPROXIMATE, "An example is only an example."))
    ... def example(claim):
    ...     return claim.value
    """

    def mark(function: _F) -> _F:
        function.notes = tuple(notes)  # type: ignore[attr-defined]
        return function

    return mark


def notes_of(function: Transform) -> tuple[Note, ...]:
    """The notes that a transform declared."""
    return getattr(function, "notes", ())


def find_transform(name: str) -> Transform:
    """The transform `module.function` of `kong2x.mapping.transforms`, or `package.module:function` elsewhere.

    A name without a dot stands in `values`. MappingError when there is none, with the nearest name.
    """
    from importlib import import_module

    from kong2x.model.settings import did_you_mean

    if ":" in name:
        where, _, function = name.partition(":")
    else:
        area, _, function = name.rpartition(".")
        where = f"kong2x.mapping.transforms.{area or 'values'}"
    try:
        module = import_module(where)
    except ImportError:
        raise MappingError(f"no such transform: {name} (there is no module {where}).") from None
    found = getattr(module, function, None)
    if not callable(found) or not hasattr(found, "notes"):
        known = sorted(key for key, value in vars(module).items() if hasattr(value, "notes"))
        raise MappingError(f"no such transform: {name}{did_you_mean(function, known)}")
    return found  # type: ignore[no-any-return]


@lru_cache(maxsize=4096)
def sentences(note: str) -> tuple[str, str]:
    """A note as message and remedy: the first sentence, and what follows it.

    >>> sentences("Each pod counts alone. Use Redis.")
    ('Each pod counts alone.', 'Use Redis.')
    """
    import re

    found = re.search(r"(?<=[.])\s+(?=[A-Z])", note)
    text = " ".join(note.split())
    if not found:
        return text, ""
    return " ".join(note[: found.start()].split()), " ".join(note[found.end() :].split())


def same(left: Any, right: Any) -> bool:
    """Whether two configuration values are equal; `true` is not 1."""
    if isinstance(left, bool) != isinstance(right, bool):
        return False
    if isinstance(left, list) and isinstance(right, list):
        return len(left) == len(right) and all(map(same, left, right))
    if isinstance(left, dict) and isinstance(right, dict):
        return left.keys() == right.keys() and all(same(left[k], right[k]) for k in left)
    return bool(left == right)


def among(value: Any, values: Iterable[Any]) -> bool:
    """Whether `value` equals one of `values`; `true` is not 1."""
    return any(same(value, other) for other in values)
