"""The configuration that Kong really runs: what is written, older spellings folded, defaults filled in."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, field
from typing import Any

from kong2x.mapping.catalogue import KongField, KongPlugin
from kong2x.model.settings import did_you_mean
from kong2x.model.source import Path, copied, dotted, leaves

_REFUSED = object()
_KINDS = {
    "string": (str, "text"),
    "boolean": (bool, "true or false"),
    "list": (list, "a list"),
    "map": (dict, "a mapping"),
    "record": (dict, "a mapping"),
}


@dataclass(frozen=True, slots=True)
class Fault:
    """A part of a configuration that Kong would refuse, or that nobody knows."""

    path: Path
    message: str
    unknown: bool = False


@dataclass(slots=True)
class Effective:
    """A plugin configuration as Kong runs it.

    `values` maps each top-level field (dotted) to its value, None where there is none. `written` maps
    each field that the user wrote to where it stands in the configuration (an older spelling stands
    elsewhere). `leaves` gives each written leaf the field it belongs to, None for faults.
    """

    plugin: KongPlugin
    version: str
    values: dict[str, Any] = field(default_factory=dict)
    written: dict[str, Path] = field(default_factory=dict)
    leaves: dict[Path, str | None] = field(default_factory=dict)
    faults: list[Fault] = field(default_factory=list)

    def given(self, path: str) -> bool:
        """Whether the user wrote the field, or something inside it."""
        return path in self.written or any(
            name.startswith((f"{path}.", f"{path}[]")) for name in self.written
        )

    def value(self, path: str) -> Any:
        """The value of a field, or of a record as a mapping of what it holds."""
        if path in self.values:
            return self.values[path]
        out: dict[str, Any] = {}
        for name, value in self.values.items():
            if name.startswith(f"{path}.") and value is not None:
                node = out
                *above, last = name[len(path) + 1 :].split(".")
                for step in above:
                    node = node.setdefault(step, {})
                node[last] = value
        return out or None


def effective(plugin: KongPlugin, config: Any, version: str) -> Effective:
    """What Kong of that release makes of `config`; faults are collected, never raised."""
    result = Effective(plugin, version)
    if config is None:
        config = {}
    if isinstance(config, Mapping):
        _record(result, config, "", ())
    else:
        result.faults.append(Fault((), "the configuration is not a mapping"))
        for path in leaves(config):
            result.leaves[path] = None
    for part in plugin.top:
        if part.path not in result.values:
            result.values[part.path] = copied(part.default_in(version))
            inside = part.path.rpartition(".")[0]
            refused = any(fault.path[-1:] == (part.path.rpartition(".")[2],) for fault in result.faults)
            missing = part.required and result.values[part.path] is None and not refused
            if missing and (not inside or result.given(inside)):
                result.faults.append(Fault((), f"{part.path} is missing, and {plugin.name} requires it"))
    return result


def _record(result: Effective, config: Mapping[str, Any], prefix: str, where: Path) -> None:
    """Takes the keys of one record; newer spellings win over older ones."""
    plugin = result.plugin
    old = [key for key in config if prefix + str(key) in plugin.aliases]
    for key in [*(key for key in config if key not in old), *old]:
        value = config[key]
        path = prefix + str(key)
        path = plugin.aliases.get(path, path)
        place = (*where, key)
        if path in plugin.fields:
            _take(result, plugin.fields[path], value, place, older=key in old)
        elif path in plugin.containers:
            if isinstance(value, Mapping) and value:
                _record(result, value, f"{path}.", place)
            elif value is None or value == {}:
                result.leaves[place] = path
            else:
                _refuse(result, place, value, f"expected a mapping, found {_kind(value)}")
        else:
            siblings = {
                name[len(prefix) :].split(".")[0] for name in plugin.fields if name.startswith(prefix)
            }
            hint = did_you_mean(str(key), sorted(siblings))
            _refuse(result, place, value, f"{plugin.name} has no such setting{hint}", unknown=True)


def _take(result: Effective, part: KongField, value: Any, place: Path, *, older: bool) -> None:
    if older and part.path in result.written:
        if result.values.get(part.path) != value:
            _refuse(result, place, value, f"it contradicts {part.path}, its newer spelling")
        else:
            result.leaves.update(dict.fromkeys(leaves(value, place), part.path))
        return
    if value is None:
        if part.default_in(result.version) is None and not part.required:
            result.values[part.path] = None
            result.leaves[place] = part.path
            result.written[part.path] = place
        else:
            _refuse(result, place, value, "null takes away a value that Kong needs")
        return
    before = len(result.faults)
    filled = _checked(result, part, value, place)
    if len(result.faults) > before and all(fault.path == place for fault in result.faults[before:]):
        return
    result.values[part.path] = filled
    result.written[part.path] = place
    bad = {fault.path for fault in result.faults[before:]}
    for path in leaves(value, place):
        faulty = any(path[: len(b)] == b for b in bad)
        result.leaves[path] = None if faulty else part.path


def _checked(result: Effective, part: KongField, value: Any, place: Path) -> Any:
    """`value` with defaults inside its records; what does not fit becomes a fault."""
    problem = _problem(part, part.type, value)
    if problem:
        _refuse(result, place, value, problem)
        return None
    if part.type == "list":
        found = [_element(result, part, item, (*place, i), "[]") for i, item in enumerate(value)]
        return [item for item in found if item is not _REFUSED]
    if part.type == "map":
        items = {key: _element(result, part, item, (*place, key), ".*") for key, item in value.items()}
        return {key: item for key, item in items.items() if item is not _REFUSED}
    return value


def _element(result: Effective, part: KongField, value: Any, place: Path, mark: str) -> Any:
    if part.of == "record":
        if not isinstance(value, Mapping):
            _refuse(result, place, value, f"expected a mapping, found {_kind(value)}")
            return _REFUSED
        return _inner_record(result, value, f"{part.path}{mark}.", place)
    problem = _problem(part, part.of, value)
    if problem:
        _refuse(result, place, value, problem)
        return _REFUSED
    return value


def _inner_record(result: Effective, value: Mapping[str, Any], prefix: str, place: Path) -> dict[str, Any]:
    plugin = result.plugin
    inner = {name[len(prefix) :]: f for name, f in plugin.fields.items() if name.startswith(prefix)}
    direct = {name: f for name, f in inner.items() if "." not in name and "[]" not in name}
    records = {name.split(".")[0].removesuffix("[]") for name in inner} - set(direct)
    out: dict[str, Any] = {}
    for key, item in value.items():
        if key in direct:
            if item is not None:
                out[key] = _checked(result, direct[key], item, (*place, key))
        elif key in records:
            if isinstance(item, Mapping):
                out[key] = _inner_record(result, item, f"{prefix}{key}.", (*place, key))
            elif item is not None:
                _refuse(result, (*place, key), item, f"expected a mapping, found {_kind(item)}")
        else:
            hint = did_you_mean(str(key), sorted({*direct, *records}))
            _refuse(
                result, (*place, key), item, f"{plugin.name} has no such setting here{hint}", unknown=True
            )
    for name, part in direct.items():
        default = part.default_in(result.version)
        if name not in out and default is not None:
            out[name] = copied(default)
    return out


def _problem(part: KongField, kind: str, value: Any) -> str:
    """Why Kong refuses `value`, empty when it takes it. The value itself is never repeated."""
    if kind in _KINDS and not isinstance(value, _KINDS[kind][0]):
        return f"expected {_KINDS[kind][1]}, found {_kind(value)}"
    if kind in ("number", "integer"):
        if isinstance(value, bool) or not isinstance(value, int | float):
            return f"expected {'a whole number' if kind == 'integer' else 'a number'}, found {_kind(value)}"
        if kind == "integer" and isinstance(value, float) and not value.is_integer():
            return "expected a whole number, found a fraction"
        if part.range and not part.range[0] <= value <= part.range[1]:
            return f"expected {part.range[0]} to {part.range[1]}"
        if part.above is not None and value <= part.above:
            return f"expected more than {part.above}"
    limited = part.values and kind == (part.of if part.type in ("list", "map") else part.type)
    if limited and value not in part.values:
        hint = did_you_mean(str(value), [str(v) for v in part.values]) if isinstance(value, str) else "."
        allowed = ", ".join(str(v) for v in part.values)
        return f"expected {'one of ' if len(part.values) > 1 else ''}{allowed}{hint}"
    return ""


def _kind(value: Any) -> str:
    if value is None:
        return "null"
    if isinstance(value, bool):
        return "true or false"
    if isinstance(value, int | float):
        return "a number"
    if isinstance(value, str):
        return "text"
    return "a list" if isinstance(value, list) else "a mapping"


def _refuse(result: Effective, place: Path, value: Any, problem: str, *, unknown: bool = False) -> None:
    problem = problem.removesuffix(".")
    result.faults.append(Fault(place, f"{dotted(place)}: {problem}", unknown))
    for path in leaves(value, place):
        result.leaves[path] = None
