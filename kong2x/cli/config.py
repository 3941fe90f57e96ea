"""The project's configuration: `.kong2x.yaml`, or `[tool.kong2x]` in pyproject.toml."""

from __future__ import annotations

import os
from collections.abc import Sequence
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any, get_args

from kong2x.model.errors import UsageError
from kong2x.model.result import FailOn
from kong2x.model.settings import Accept, Channel, SecurityLoss, did_you_mean

NAME = ".kong2x.yaml"
WORDS = {
    "to": str,
    "target-version": str,
    "channel": str,
    "on-security-loss": str,
    "fail-on": str,
    "layout": str,
    "settings": dict,
    "accept": list,
    "mappings": list,
    "schemas": list,
    "reports": list,
}
CHOICES = {
    "channel": get_args(Channel),
    "on-security-loss": get_args(SecurityLoss),
    "fail-on": get_args(FailOn),
    "layout": ("stream", "per-source", "per-namespace", "per-kind"),
}
ACCEPT_WORDS = ("code", "reason", "object", "until")


@dataclass(frozen=True, slots=True)
class Config:
    """What the configuration file says; empty when there is none. `file` is for messages."""

    file: str = ""
    values: dict[str, str] = field(default_factory=dict)
    settings: dict[str, str] = field(default_factory=dict)
    accept: tuple[Accept, ...] = ()
    mappings: tuple[str, ...] = ()
    schemas: tuple[str, ...] = ()
    reports: tuple[str, ...] = ()


def find_config(paths: Sequence[str]) -> Config:
    """The configuration nearest to the first path: its folder or the closest one above it.

    Folders named inside the file are relative to it.
    """
    start = Path(paths[0]) if paths and paths[0] != "-" else Path()
    folder = start if start.is_dir() else start.parent
    for place in (folder.absolute(), *folder.absolute().parents):
        file = place / NAME
        if file.is_file():
            return read_config(file)
        pyproject = place / "pyproject.toml"
        if pyproject.is_file():
            found = from_pyproject(pyproject)
            if found is not None:
                return found
    return Config()


def read_config(file: Path) -> Config:
    """One `.kong2x.yaml`; UsageError names file, line and the word that was meant."""
    from ruamel.yaml import YAML
    from ruamel.yaml.error import MarkedYAMLError

    shown = os.path.relpath(file)
    try:
        data = YAML(typ="rt").load(file.read_text(encoding="utf-8"))
    except MarkedYAMLError as error:
        line = error.problem_mark.line + 1 if error.problem_mark else 1
        raise UsageError(f"{shown}:{line}: this is not valid YAML: {error.problem}.") from None
    return checked(data or {}, shown, file.parent)


def from_pyproject(file: Path) -> Config | None:
    """`[tool.kong2x]` of a pyproject.toml, None when it has no such table."""
    import tomllib

    try:
        data = tomllib.loads(file.read_text(encoding="utf-8"))
    except (tomllib.TOMLDecodeError, UnicodeDecodeError):
        return None
    table = data.get("tool", {}).get("kong2x")
    return None if table is None else checked(table, os.path.relpath(file), file.parent)


def checked(data: Any, shown: str, folder: Path) -> Config:
    """The configuration with every word and type checked."""
    if not isinstance(data, dict):
        raise UsageError(f"{shown}: expected a mapping with words such as to, settings and accept.")
    for word, value in data.items():
        where = f"{shown}:{line_of(data, word)}"
        if word not in WORDS:
            raise UsageError(f"{where}: {word}: no such word{did_you_mean(str(word), WORDS)}")
        if not isinstance(value, WORDS[word] if WORDS[word] is not str else str | int | float):
            kind = {dict: "a mapping", list: "a list", str: "text"}[WORDS[word]]
            raise UsageError(f"{where}: {word}: expected {kind}.")
        if str(value) not in CHOICES.get(word, (str(value),)):
            known = CHOICES[word]
            raise UsageError(
                f"{where}: {word}: {value}: expected one of {', '.join(known)}{did_you_mean(str(value), known)}"
            )
    settings = data.get("settings", {})
    for key, value in settings.items():
        if not isinstance(value, str | int | float | list):
            raise UsageError(f"{shown}:{line_of(settings, key)}: settings: {key}: expected a value.")
    return Config(
        shown,
        {word: str(data[word]) for word, kind in WORDS.items() if kind is str and word in data},
        {str(key): as_text(value) for key, value in settings.items()},
        tuple(
            accept_rule(entry, f"{shown}:{line_of_item(data, 'accept', position)}")
            for position, entry in enumerate(data.get("accept", []))
        ),
        tuple(str(folder / str(entry)) for entry in data.get("mappings", [])),
        tuple(str(folder / str(entry)) for entry in data.get("schemas", [])),
        tuple(placed(str(entry), folder) for entry in data.get("reports", [])),
    )


def placed(report: str, folder: Path) -> str:
    """A `FORMAT=FILE` whose file is relative to the configuration's folder."""
    name, equals, file = report.partition("=")
    return f"{name}={os.path.relpath(folder / file)}" if equals and file else report


def accept_rule(entry: Any, where: str) -> Accept:
    """One entry of `accept`; code and reason are required, `until` is a date."""
    import datetime

    if not isinstance(entry, dict) or not entry.get("code") or not entry.get("reason"):
        raise UsageError(f"{where}: accept: each entry needs a code and a reason.")
    for word in entry:
        if word not in ACCEPT_WORDS:
            raise UsageError(f"{where}: accept: {word}: no such word{did_you_mean(str(word), ACCEPT_WORDS)}")
    until = str(entry.get("until") or "")
    if until:
        try:
            until = datetime.date.fromisoformat(until).isoformat()
        except ValueError:
            raise UsageError(
                f"{where}: accept: until: {until}: expected a date such as 2027-03-31."
            ) from None
    return Accept(str(entry["code"]), str(entry["reason"]), str(entry.get("object", "")), until, where)


def line_of_item(data: Any, word: str, position: int) -> int:
    """The line of an entry of a list in a file read with positions."""
    marks = getattr(data[word], "lc", None)
    if marks is None or position not in (getattr(marks, "data", None) or {}):
        return line_of(data, word)
    return int(marks.item(position)[0]) + 1


def line_of(data: Any, word: object) -> int:
    """The line of a word in a file read with positions; 1 where there are none."""
    marks = getattr(data, "lc", None)
    if marks is None or word not in (getattr(marks, "data", None) or {}):
        return 1
    return int(marks.key(word)[0]) + 1


def as_text(value: object) -> str:
    """A setting's value as it would be typed after --set KEY=."""
    if isinstance(value, bool):
        return "true" if value else "false"
    if isinstance(value, list):
        return ",".join(as_text(part) for part in value)
    return str(value)
