"""Whether every value that a plugin allows makes a difference: in the output, or by a finding."""

from __future__ import annotations

from collections.abc import Iterable, Iterator
from copy import deepcopy
from pathlib import Path
from typing import Any

from kong2x.mapping.catalogue import KongField, KongPlugin, covers
from kong2x.mapping.claim import among, same
from kong2x.mapping.examples import map_config
from kong2x.mapping.grammar import MappingFile
from kong2x.mapping.mapper import Mapper
from kong2x.mapping.tables import Tables
from kong2x.model.errors import MappingError
from kong2x.model.finding import Level
from kong2x.model.plugin import MappedPlugin
from kong2x.model.settings import SourceFacts

_WORDS = ("alpha:one", "beta:two", "/gamma", "https://delta.example/x")


def sweep(
    plugin: str,
    vocabulary: str,
    version: str = "",
    *,
    folders: Iterable[str | Path] = (),
    every_field: bool = False,
) -> list[str]:
    """The allowed values and booleans of `plugin` that change neither output nor findings.

    Each value is put into each example of the mapping file; one in which it makes a difference is
    enough. `every_field` also changes numbers, texts and lists. An empty list means that all is well.
    """
    tables = Tables(folders)
    kong, file = tables.kong(plugin), tables.mapping(vocabulary, plugin)
    if kong is None or file is None:
        raise MappingError(f"there is no mapping of {plugin} to {vocabulary}.")
    mapper = Mapper({vocabulary: version} if version else {}, SourceFacts(), folders, strict=True)
    bases = [dict(example.kong) for example in file.examples] or [{}]
    out = []
    for part in kong.top:
        if part.until or _whole_plugin_lost(file):
            continue
        values = _values(part, every_field)
        for value in values:
            if not _makes_a_difference(mapper, kong, file, part, value, bases, vocabulary):
                out.append(
                    f"{plugin} on {vocabulary}: {part.path}: {value!r} changes nothing and is not reported."
                )
    return out


def _values(part: KongField, every_field: bool) -> list[Any]:
    if part.type == "boolean":
        return [True, False]
    if part.values and part.type in ("string", "integer", "number"):
        return list(part.values)
    if not every_field:
        return []
    if part.type == "list" and part.of == "string":
        return [list(part.values[:1])] if part.values else [[word] for word in _WORDS]
    if part.type in ("number", "integer"):
        low = part.range[0] if part.range else (part.above or 0) + 1
        return [int(low) + 7, int(low) + 13]
    return list(_WORDS) if part.type == "string" else []


def _makes_a_difference(
    mapper: Mapper,
    kong: KongPlugin,
    file: MappingFile,
    part: KongField,
    value: Any,
    bases: list[dict[str, Any]],
    vocabulary: str,
) -> bool:
    """Whether `value` is told from every other value somewhere, or is harmless, or Kong's own default."""
    rule = next((r for p, r in file.fields.items() if any(covers(x, part.path) for x in (p, *r.with_))), None)
    if rule is not None and among(value, rule.harmless):
        return True
    default = part.default_in(mapper.facts.version)
    if part.type not in ("boolean",) and not part.values:
        others = [None]
    else:
        others = [other for other in _values(part, False) if not same(other, value)]
    apart: set[int] = set()
    for base in bases:
        mine = map_config(kong.name, vocabulary, changed(base, part.path, value), mapper=mapper)
        if _told(mine, part):
            return True
        for index, other in enumerate(others):
            config = changed(base, part.path, other)
            theirs = map_config(kong.name, vocabulary, config, mapper=mapper)
            if _signature(mine) != _signature(theirs) or _told(theirs, part):
                apart.add(index)
        if len(apart) == len(others):
            return True
    return same(value, default) and not others


def _told(mapped: MappedPlugin, part: KongField) -> bool:
    """Whether the setting has another outcome than exact, or than being out of use."""
    steps = tuple(part.path.split("."))
    return any(
        level not in (Level.EXACT, Level.IGNORED)
        for path, (level, _) in mapped.levels.items()
        if path[: len(steps)] == steps
    )


def _signature(mapped: MappedPlugin) -> str:
    findings = sorted((finding.code, finding.message) for finding in mapped.findings)
    levels = sorted({level for level, code in mapped.levels.values() if level.lost})
    return repr((*map(_sorted, (mapped.fragments, mapped.gateway_wide, mapped.rule)), findings, levels))


def _sorted(value: Any) -> Any:
    if isinstance(value, dict):
        return [(key, _sorted(value[key])) for key in sorted(value)]
    return [_sorted(item) for item in value] if isinstance(value, list) else value


def changed(base: dict[str, Any], path: str, value: Any) -> dict[str, Any]:
    """A copy of a configuration with one field set, or taken away where `value` is None."""
    out = deepcopy(base)
    node = out
    *above, last = path.split(".")
    for step in above:
        node = node.setdefault(step, {})
        if not isinstance(node, dict):
            return out
    if value is None:
        node.pop(last, None)
    else:
        node[last] = value
    return out


def _whole_plugin_lost(file: MappingFile) -> bool:
    return any(entry.level.lost and not entry.when and not entry.since for entry in file.always)


def sweep_all(vocabulary: str, version: str = "", folders: Iterable[str | Path] = ()) -> Iterator[str]:
    """`sweep` over every plugin of a vocabulary."""
    folders = tuple(folders)
    for plugin in Tables(folders).plugins(vocabulary):
        yield from sweep(plugin, vocabulary, version, folders=folders)
