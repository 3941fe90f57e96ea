"""Whether the examples of mapping files come out as they say."""

from __future__ import annotations

from collections.abc import Iterable, Iterator
from dataclasses import dataclass
from pathlib import Path
from typing import Any

from kong2x.mapping.claim import same
from kong2x.mapping.grammar import Example, MappingFile
from kong2x.mapping.mapper import Mapper
from kong2x.mapping.tables import Tables
from kong2x.model.plugin import MappedPlugin, PluginUse
from kong2x.model.settings import SourceFacts


@dataclass(frozen=True, slots=True)
class ExampleResult:
    """One example and what is wrong with it; no problems means that it holds."""

    plugin: str
    vocabulary: str
    title: str
    problems: tuple[str, ...] = ()


def run_examples(
    folders: Iterable[str | Path] = (), *, vocabulary: str = "", plugin: str = ""
) -> list[ExampleResult]:
    """Runs every example of every mapping file (or of one vocabulary, one plugin)."""
    tables = Tables(folders)
    out = []
    for words in [vocabulary] if vocabulary else tables.vocabularies():
        for name in [plugin] if plugin else tables.plugins(words):
            file = tables.mapping(words, name)
            for example in file.examples if file else ():
                out.append(ExampleResult(name, words, example.title, tuple(_check(file, example, folders))))
    return out


def map_config(
    plugin: str,
    vocabulary: str,
    config: Any,
    *,
    version: str = "",
    kong_version: str = "3.9",
    scope: str = "route",
    folders: Iterable[str | Path] = (),
    mapper: Mapper | None = None,
) -> MappedPlugin:
    """What one configuration becomes on its own, without routes and consumers; strict about transforms."""
    from kong2x.model.route import RouteModel

    facts = SourceFacts(version=kong_version)
    versions = {vocabulary: version} if version else {}
    mapper = mapper or Mapper(versions, facts, folders, strict=True)
    use = PluginUse(plugin, config, scope, ("example", plugin, plugin))
    return mapper.map(use, vocabulary, model=RouteModel(facts))


def short_codes(mapped: MappedPlugin) -> list[str]:
    """The codes of the findings without the plugin's own name, sorted."""
    prefix = f"{mapped.use.plugin}/"
    return sorted({finding.code.removeprefix(prefix) for finding in mapped.findings})


def _check(file: MappingFile | None, example: Example, folders: Iterable[str | Path]) -> Iterator[str]:
    assert file is not None
    mapped = map_config(
        file.plugin,
        file.target,
        example.kong,
        version=example.version,
        kong_version=example.kong_version,
        scope=example.scope,
        folders=folders,
    )
    if not same(_plain(mapped.fragments), _plain(example.emit)):
        yield f"emits {_plain(mapped.fragments)}, expected {_plain(example.emit)}"
    if not same(_plain(mapped.gateway_wide), _plain(example.gateway)):
        yield f"gateway-wide settings {_plain(mapped.gateway_wide)}, expected {_plain(example.gateway)}"
    if not same(_plain(mapped.rule), _plain(example.rule)):
        yield f"settings of the route {_plain(mapped.rule)}, expected {_plain(example.rule)}"
    if short_codes(mapped) != sorted(set(example.codes)):
        yield f"codes {', '.join(short_codes(mapped)) or 'none'}, expected {', '.join(sorted(example.codes)) or 'none'}"
    if mapped.lost != example.lost:
        yield f"loses {mapped.lost}, expected {example.lost}"


def _plain(value: Any) -> Any:
    return dict(value) if value else {}
