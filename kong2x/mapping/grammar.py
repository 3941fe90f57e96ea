"""The words of a mapping file and nothing else: rules, outcomes, examples, and the errors about them."""

from __future__ import annotations

import re
from collections.abc import Mapping
from pathlib import Path
from typing import Any, Literal

from pydantic import BaseModel, ConfigDict, Field, ValidationError, field_validator, model_validator

from kong2x.mapping.reading import line_of, read_yaml
from kong2x.model.errors import MappingError
from kong2x.model.finding import Level
from kong2x.model.settings import did_you_mean

UNSET: Any = type("Unset", (), {"__repr__": lambda self: "<unset>", "__bool__": lambda self: False})()
"""A word that the file does not use; null is a value."""
_SLUG = re.compile(r"^[a-z0-9]+(-[a-z0-9]+)*$")
SCOPES = ("route", "service", "consumer", "group", "global")


class _Words(BaseModel):
    model_config = ConfigDict(
        extra="forbid", frozen=True, arbitrary_types_allowed=True, populate_by_name=True
    )

    @field_validator("code", check_fields=False)
    @classmethod
    def _code_is_a_slug(cls, value: str) -> str:
        if value and not _SLUG.match(value):
            raise ValueError("expected lower-case words joined by hyphens, without the plugin's name")
        return value


class Outcome(_Words):
    """What becomes of one value: `to` is the target's value, the rest is what has to be said about it."""

    to: Any = UNSET
    level: Level = Level.EXACT
    code: str = ""
    note: str = ""
    since: str = ""

    @model_validator(mode="after")
    def _a_difference_is_named(self) -> Outcome:
        _named(self.level, self.code, self.note)
        if self.level.lost and self.to is not UNSET:
            raise ValueError(f"level {self.level} means that nothing is written: remove `to`")
        return self


class Rule(_Words):
    """Where one source field goes. At most one of `via`, `enum`, `scale`."""

    to: tuple[str, ...] = ()
    with_: tuple[str, ...] = Field((), alias="with")
    via: str = ""
    enum: Mapping[Any, Outcome] | None = None
    scale: float | None = None
    absent: Any = UNSET
    when: Mapping[str, Any] = Field(default_factory=dict)
    otherwise: Outcome | None = None
    level: Level = Level.EXACT
    harmless: tuple[Any, ...] = ()
    code: str = ""
    note: str = ""
    since: str = ""
    several: bool = False
    """Not a word: whether `to` is a list, so that a transform gives a mapping of paths."""

    @model_validator(mode="before")
    @classmethod
    def _short_forms(cls, raw: Any) -> Any:
        if isinstance(raw, str):
            raw = {"to": raw}
        if not isinstance(raw, dict):
            raise ValueError("expected a target path or rule words")
        out = dict(raw)
        to = out.get("to")
        if "several" in out:
            raise ValueError("no such word: several")
        out["several"] = isinstance(to, list)
        if isinstance(to, str):
            out["to"] = (to,)
        if isinstance(out.get("enum"), dict):
            out["enum"] = {key: _outcome(value) for key, value in out["enum"].items()}
        if isinstance(out.get("otherwise"), str):
            out["otherwise"] = {"level": out["otherwise"]}
        return out

    @model_validator(mode="after")
    def _makes_sense(self) -> Rule:
        means = [word for word in ("via", "enum", "scale") if getattr(self, word) not in ("", None)]
        if len(means) > 1:
            raise ValueError(f"at most one of via, enum and scale; found {' and '.join(means)}")
        if self.level.lost and (self.to or means):
            raise ValueError(
                f"level {self.level} means that nothing is written: remove to, via, enum and scale"
            )
        if not self.to and not self.via and self.level is Level.EXACT:
            raise ValueError("expected `to`, or a `level` other than exact")
        if not self.to and (self.enum is not None or self.scale is not None or self.absent is not UNSET):
            raise ValueError("enum, scale and absent need `to`")
        if len(self.to) > 1 and not self.via:
            raise ValueError("several target paths need a transform (`via`)")
        if self.via and (self.absent is not UNSET or self.harmless):
            raise ValueError("a transform decides about absent and harmless values itself")
        if self.otherwise and not (self.when or self.since):
            raise ValueError("otherwise needs `when` or `since`")
        _named(self.level, self.code, self.note)
        return self


class Always(_Words):
    """Something to say about every use of the plugin.

    A lost level loses the whole plugin. With `since` it speaks to targets older than that release only.
    """

    code: str
    level: Level
    note: str
    when: Mapping[str, Any] = Field(default_factory=dict)
    since: str = ""


class Example(_Words):
    """A Kong configuration, what it becomes, and the codes of the findings (without the plugin's name)."""

    title: str
    kong: Mapping[str, Any] = Field(default_factory=dict)
    emit: Mapping[str, Any] = Field(default_factory=dict)
    codes: tuple[str, ...] = ()
    lost: Literal["access", "protection", "nothing"] = "nothing"
    version: str = ""
    kong_version: str = "3.9"
    scope: str = "route"
    gateway: Mapping[str, Any] = Field(default_factory=dict)
    rule: Mapping[str, Any] = Field(default_factory=dict)


class MappingFile(_Words):
    """One plugin on one target."""

    plugin: str
    target: str
    checked: Mapping[str, str] = Field(default_factory=dict)
    summary: str
    class_: Literal["A", "B", "C", "D", ""] = Field("", alias="class")
    emit: Mapping[str, Any] = Field(default_factory=dict)
    attach: Mapping[str, Outcome] = Field(default_factory=dict)
    always: tuple[Always, ...] = ()
    fields: Mapping[str, Rule] = Field(default_factory=dict)
    mapper: str = ""
    examples: tuple[Example, ...] = ()
    refs: tuple[str, ...] = ()

    @field_validator("emit")
    @classmethod
    def _emit_holds_bodies(cls, value: Mapping[str, Any]) -> Mapping[str, Any]:
        for name, body in value.items():
            if not isinstance(body, dict) and body != "if-written":
                raise ValueError(f"{name}: expected a mapping with fixed settings, or if-written")
        return value

    @field_validator("attach")
    @classmethod
    def _scopes(cls, value: Mapping[str, Outcome]) -> Mapping[str, Outcome]:
        for scope in value:
            for part in scope.split("+"):
                if part not in SCOPES:
                    raise ValueError(f"{scope}: no such scope{did_you_mean(part, SCOPES)}")
        return value

    @model_validator(mode="after")
    def _one_way(self) -> MappingFile:
        if self.mapper and self.fields:
            raise ValueError("a file has `fields` or a `mapper` for the whole plugin, not both")
        if not (self.mapper or self.fields or any(a.level.lost and not a.when for a in self.always)):
            raise ValueError(
                "expected `fields`, a `mapper`, or an `always` entry that loses the whole plugin"
            )
        return self


def _outcome(value: Any) -> Any:
    return value if isinstance(value, dict) else {"to": value}


def _named(level: Level, code: str, note: str) -> None:
    if level in (Level.EXACT, Level.IGNORED):
        if bool(code) != bool(note):
            raise ValueError("code and note belong together")
    elif not (code and note):
        raise ValueError(f"level {level} needs a code and a note: the difference must be named")


def parse_mapping(text: str, where: str) -> MappingFile:
    """The rules in `text`; MappingError names file, line, rule and, for a wrong word, the right one."""
    raw = read_yaml(text, where)
    try:
        return MappingFile.model_validate(raw)
    except ValidationError as error:
        raise MappingError("\n".join(_problems(error, raw, text, where))) from None


def _problems(error: ValidationError, raw: dict[str, Any], text: str, where: str) -> list[str]:
    out = []
    for problem in error.errors(include_url=False, include_input=False):
        keys = _real_keys(raw, problem["loc"])
        line = line_of(text, keys)
        place = " ".join(str(key) for key in keys[:-1]) if problem["type"] == "extra_forbidden" else ""
        place = place or " ".join(str(key) for key in keys)
        out.append(f"{where}:{line}: {place + ': ' if place else ''}{_sentence(problem, keys)}")
    return out


def _sentence(problem: Any, keys: tuple[str | int, ...]) -> str:
    kind, words = problem["type"], _words_at(keys)
    if kind == "extra_forbidden":
        return f"no such word: {keys[-1]}{did_you_mean(str(keys[-1]), words)} Known: {', '.join(words)}."
    if kind == "missing":
        return "this word is required."
    if kind == "enum":
        return f"expected one of {', '.join(Level)}."
    return str(problem["msg"]).removeprefix("Value error, ").rstrip(".") + "."


def _words_at(keys: tuple[str | int, ...]) -> list[str]:
    models: dict[str, type[BaseModel]] = {
        "fields": Rule,
        "always": Always,
        "examples": Example,
        "attach": Outcome,
    }
    model: type[BaseModel] = models.get(str(keys[0]), MappingFile) if len(keys) > 1 else MappingFile
    if "enum" in keys[2:-1] or "otherwise" in keys[2:-1]:
        model = Outcome
    names = [field.alias or name for name, field in model.model_fields.items()]
    return [name for name in names if name != "several"]


def _real_keys(raw: Any, loc: tuple[str | int, ...]) -> tuple[str | int, ...]:
    """The part of pydantic's location that exists in the file, with the word that is missing or wrong."""
    keys: list[str | int] = []
    node = raw
    for step in loc:
        if isinstance(node, dict) and step not in node:
            step = next((key for key in node if str(key) == str(step)), step)
        try:
            node = node[step]
        except (KeyError, IndexError, TypeError):
            if isinstance(step, str) and step == loc[-1]:
                keys.append(step)
            break
        keys.append(step)
    return tuple(keys)


def read_mapping(path: Path) -> MappingFile:
    """The mapping file at `path`."""
    try:
        text = path.read_text(encoding="utf-8")
    except (OSError, UnicodeDecodeError) as error:
        raise MappingError(f"{path}: cannot be read ({error}).") from None
    return parse_mapping(text, str(path))
