"""Whether a plugin body fits the plugin's closed schema in one release of APISIX."""

from __future__ import annotations

import copy
import json
from collections.abc import Iterator, Mapping, Sequence
from functools import cache
from pathlib import Path as FilePath
from typing import Any

from kong2x.model.datafiles import data_folder
from kong2x.model.errors import UsageError
from kong2x.model.settings import did_you_mean, version_key
from kong2x.model.source import Path, dotted
from kong2x.validate.apisix.closing import Schema
from kong2x.validate.apisix.plugin_code import code_problems
from kong2x.validate.apisix.plugin_codes import (
    PLUGIN_CONFIG,
    PLUGIN_KEY,
    PLUGIN_SINCE,
    PLUGIN_UNKNOWN,
)
from kong2x.validate.codes import UNKNOWN_FIELD
from kong2x.validate.engine import Check, compile_schema, compile_slow, faults
from kong2x.validate.explain import Problem, explain
from kong2x.validate.structural import steps

_REFERENCE = ("$secret://", "$env://")
_FROM_SECRET = ("required", "anyOf", "oneOf", "minProperties", "dependencies", "if")
_REMEDIES: Mapping[tuple[str, Path], str] = {
    (
        "response-rewrite",
        ("headers", "add"),
    ): "Write the header under headers.set, where a value may hold colons.",
    ("cors", ()): "Write texts, with commas between the entries; the fields that end in by_regex take lists.",
    (
        "ip-restriction",
        (),
    ): "Keep one of the lists, with an address or range an entry; a second one needs a place of "
    "its own, such as match.remoteAddrs of the rule.",
}
"""What to type where the schema alone does not say it: by plugin and the beginning of the path."""
_BRANCHES = ("allOf", "anyOf", "oneOf")


@cache
def _index() -> Mapping[str, Any]:
    path = data_folder("schemas") / "apisix-plugins" / "index.json"
    found: Mapping[str, Any] = json.loads(path.read_text(encoding="utf-8"))
    return found


def releases() -> Sequence[str]:
    """The releases of APISIX that the plugin schemas tell apart, oldest first."""
    found: Sequence[str] = _index()["releases"]
    return found


def resolve_release(wanted: str | None) -> str:
    """The release meant by `wanted` (`3.18` is 3.18.0); None is the newest; UsageError lists the known ones.

    >>> resolve_release("3.9")
    '3.9.1'
    """
    if wanted is None:
        return releases()[-1]
    for release in releases():
        if version_key(release)[:2] == version_key(wanted)[:2]:
            return release
    raise UsageError(
        f"APISIX {wanted}: there are no plugin schemas for this release; "
        f"those for {releases()[0]} to {releases()[-1]} are there."
    )


@cache
def _plugin_names() -> frozenset[str]:
    folder = data_folder("schemas") / "apisix-plugins"
    return frozenset(path.stem for path in folder.glob("*.json")) - {"index"}


@cache
def _file(name: str) -> Mapping[str, Any]:
    path: FilePath = data_folder("schemas") / "apisix-plugins" / f"{name}.json"
    found: Mapping[str, Any] = json.loads(path.read_text(encoding="utf-8"))
    return found


def plugin_facts(name: str) -> Mapping[str, Any] | None:
    """Priority, phases, type and schemas of a plugin in the newest release that has it; None for no plugin."""
    return _file(name) if name in _plugin_names() else None


class PluginSchemas:
    """The plugin schemas of one release of APISIX.

    >>> [problem.message for problem in PluginSchemas("3.18").check("key-auth", {"headr": "x"})]
    ['headr is no setting of plugin key-auth in APISIX 3.18.0. Did you mean header?']
    """

    def __init__(self, release: str | None = None) -> None:
        self.release = resolve_release(release)
        self._exists: dict[str, bool] = {}
        self._compiled: dict[tuple[str, str], tuple[Schema, Check]] = {}

    def exists(self, name: str) -> bool:
        """Whether this release has a plugin of that name."""
        if name not in self._exists:
            known = name in _plugin_names()
            self._exists[name] = known and version_key(_file(name)["since"]) <= version_key(self.release)
        return self._exists[name]

    def facts(self, name: str) -> Mapping[str, Any]:
        """Priority, phases, type and the rest of a plugin that exists in some release."""
        return _file(name)

    def enabled(self, name: str) -> bool:
        """Whether the plugin is in the list that APISIX loads without being asked."""
        return bool(_file(name)["enabled"])

    def check(
        self, name: str, config: Any, *, place: str = "route", from_secret: bool = False
    ) -> list[Problem]:
        """What is wrong with a plugin body; paths are relative to the body.

        `place` is `route`, `consumer`, `metadata` or `stream`. With `from_secret`, AIC merges keys of a
        Secret over the body, so that missing keys are nothing to say.
        """
        if not self.exists(name):
            return [self._absent(name)]
        if place not in _file(name)["schemas"]:
            return [Problem(PLUGIN_UNKNOWN, (), f"Plugin {name} cannot stand here: {_WHERE[place]}.")]
        if config is None:
            config = {}
        schema, fast = self._schema(name, place)
        found: list[Problem] = []
        if not fast.is_valid(config):
            skip = _references(config)
            for error in faults(compile_slow(schema, draft="7"), config):
                if not _excused(error, skip, from_secret):
                    found.extend(self._worded(problem, name, place) for problem in explain(error))
        if isinstance(config, Mapping) and not any(problem.code is PLUGIN_CONFIG for problem in found):
            for problem in code_problems(name, config, place, self):
                if not (from_secret and problem.path and problem.path[0] not in config):
                    found.append(problem)
        return found

    def _absent(self, name: str) -> Problem:
        if name in _plugin_names():
            since = _file(name)["since"]
            return Problem(
                PLUGIN_SINCE,
                (),
                f"Plugin {name} is there from APISIX {since} on; the target is {self.release}.",
            )
        known = [other for other in sorted(_plugin_names()) if self.exists(other)]
        return Problem(
            PLUGIN_UNKNOWN, (), f"APISIX {self.release} has no plugin {name}{did_you_mean(name, known)}"
        )

    def _worded(self, problem: Problem, name: str, place: str) -> Problem:
        if problem.code is not UNKNOWN_FIELD:
            said = problem.message.removeprefix("The object ")
            words = said if said == problem.message else f"its configuration {said}"
            special = next(
                (
                    text
                    for (n, head), text in _REMEDIES.items()
                    if n == name and problem.path[: len(head)] == head
                ),
                None,
            )
            remedy = special or problem.remedy or problem.code.remedy
            return Problem(PLUGIN_CONFIG, problem.path, f"Plugin {name}: {words}", remedy)
        added = _file(name)["history"].get(place, {}).get("fields_added", {})
        since = added.get(_pattern_of(problem.path))
        if since and version_key(since) > version_key(self.release):
            return Problem(
                PLUGIN_SINCE,
                problem.path,
                f"{dotted(problem.path)} of plugin {name} is there from APISIX {since} on; "
                f"the target is {self.release}.",
            )
        guess = problem.message.partition(" Did you mean ")[2]
        return Problem(
            PLUGIN_KEY,
            problem.path,
            f"{dotted(problem.path)} is no setting of plugin {name} in APISIX {self.release}."
            + (f" Did you mean {guess}" if guess else ""),
        )

    def schema(self, name: str, place: str = "route") -> Schema:
        """The closed schema of a plugin in this release, `_meta` included where it belongs."""
        return self._schema(name, place)[0]

    def _schema(self, name: str, place: str) -> tuple[Schema, Check]:
        key = (name, place)
        if key not in self._compiled:
            schema = at_release(_file(name), place, self.release)
            if place in ("route", "stream"):
                schema = {**schema, "properties": {**schema.get("properties", {}), "_meta": _index()["meta"]}}
            self._compiled[key] = schema, compile_schema(schema, draft="7", linear=False)
        return self._compiled[key]


_WHERE = {
    "route": "it has no settings on a route",
    "consumer": "it is no authentication plugin with credentials",
    "metadata": "it has no settings that exist once a gateway",
    "stream": "it does not run on TCP or UDP routes",
}


def at_release(file: Mapping[str, Any], place: str, release: str) -> Schema:
    """The schema of a plugin as it was in `release`: later fields out, gone ones in, enums as they were."""
    schema: Schema = copy.deepcopy(file["schemas"][place])
    history = file["history"].get(place, {})
    now = version_key(release)
    gone = history.get("fields_gone", {})
    for path, last in gone.items():
        if version_key(last) >= now:
            _add(schema, list(steps(path)))
    for path, since in history.get("fields_added", {}).items():
        if version_key(since) > now:
            _remove(schema, list(steps(path)))
    for path, changes in history.get("enums_changed", {}).items():
        known = [change for change in changes if version_key(change["from"]) <= now]
        for node in _nodes_at(schema, list(steps(path))) if known else ():
            # A node with another enum is the test of an `if`, which never changed.
            if node.get("enum") == changes[-1]["enum"]:
                node.pop("enum", None)
                if known[-1]["enum"] is not None:
                    node["enum"] = known[-1]["enum"]
    return schema


def _same_value(node: Any) -> Iterator[Schema]:
    """`node` and all its branches."""
    if not isinstance(node, dict):
        return
    yield node
    for key in _BRANCHES:
        for part in node.get(key) or ():
            yield from _same_value(part)
    for key in ("if", "then", "else", "not"):
        yield from _same_value(node.get(key))
    for part in (node.get("dependencies") or {}).values():
        yield from _same_value(part)


def _nodes_at(schema: Schema, path: list[str]) -> list[Schema]:
    nodes = list(_same_value(schema))
    for step in path:
        below: list[Any] = []
        for node in nodes:
            if step == "[]":
                below.append(node.get("items"))
            elif step == "{}":
                below.append(node.get("additionalProperties"))
            else:
                below.append((node.get("properties") or {}).get(step))
        nodes = [part for node in below for part in _same_value(node)]
    return nodes


def _remove(schema: Schema, path: list[str]) -> None:
    """Takes a field out. A form that is nothing but `required` stays, and cannot be met any more."""
    for node in _nodes_at(schema, path[:-1]):
        node.get("properties", {}).pop(path[-1], None)
        if "properties" in node and path[-1] in node.get("required", ()):
            node["required"] = [name for name in node["required"] if name != path[-1]]


def _add(schema: Schema, path: list[str]) -> None:
    for node in _nodes_at(schema, path[:-1]):
        if "properties" in node and node.get("additionalProperties") is False:
            node["properties"].setdefault(path[-1], {})


def _pattern_of(path: Path) -> str:
    """The path with `[]` for every index, as the history writes it."""
    out = ""
    for step in path:
        out += "[]" if isinstance(step, int) else f".{step}" if out else step
    return out


def _references(value: Any, path: Path = ()) -> list[Path]:
    """Where a body refers to a secret store or the environment; APISIX checks no schema there."""
    if isinstance(value, str):
        return [path] if value.lower().startswith(_REFERENCE) else []
    parts: Any = (
        value.items() if isinstance(value, Mapping) else enumerate(value) if isinstance(value, list) else ()
    )
    return [found for key, part in parts for found in _references(part, (*path, key))]


def _excused(error: Any, references: list[Path], from_secret: bool) -> bool:
    """Whether an error is about a value that only the running gateway knows."""
    if from_secret and error.validator in _FROM_SECRET:
        return True
    here = tuple(error.absolute_path)
    if here in references:
        return True
    return bool(error.context) and any(tuple(sub.absolute_path) in references for sub in error.context)
