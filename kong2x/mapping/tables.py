"""Which mapping and catalogue files there are, and which folder wins for a plugin."""

from __future__ import annotations

from collections.abc import Iterable
from functools import cache
from pathlib import Path
from typing import TYPE_CHECKING

from kong2x.mapping.catalogue import KongPlugin, read_plugin
from kong2x.model.datafiles import data_folder
from kong2x.model.errors import MappingError

if TYPE_CHECKING:
    from kong2x.mapping.grammar import MappingFile

CATALOGUE = "kong"


class Tables:
    """The built-in folder and the user's; the first folder that has a file for a plugin wins.

    A folder looks like the project's own `mappings`: `<vocabulary>/plugins/<plugin>.yaml`, and facts of
    in-house plugins under `kong/plugins`. Files are read when a plugin is first asked for.
    """

    def __init__(self, folders: Iterable[str | Path] = ()) -> None:
        own = [Path(folder) for folder in folders]
        for folder in own:
            if not folder.is_dir():
                raise MappingError(f"--mappings {folder}: there is no such folder.")
        self.folders = (*own, data_folder("mappings"))
        self._kong: dict[str, KongPlugin | None] = {}
        self._files: dict[tuple[str, str], MappingFile | None] = {}

    def path(self, vocabulary: str, plugin: str) -> Path | None:
        """The file of a plugin in a vocabulary (`kong` for the catalogue), None when there is none."""
        if not plugin or "/" in plugin or plugin.startswith("."):
            return None
        for folder in self.folders:
            path = folder / vocabulary / "plugins" / f"{plugin}.yaml"
            if path.is_file():
                return path
        return None

    def kong(self, plugin: str) -> KongPlugin | None:
        """The facts about a Kong plugin, None for one that is in no catalogue."""
        if plugin not in self._kong:
            path = self.path(CATALOGUE, plugin)
            found = _builtin_plugin(path) if path else None
            if found is not None and found.name != plugin:
                raise MappingError(f"{path}:1: plugin: {found.name}: the file is called {plugin}.yaml.")
            self._kong[plugin] = found
        return self._kong[plugin]

    def mapping(self, vocabulary: str, plugin: str) -> MappingFile | None:
        """How a plugin lands in a vocabulary, None when no file says it."""
        key = (vocabulary, plugin)
        if key not in self._files:
            path = self.path(vocabulary, plugin)
            found = _builtin_mapping(path) if path else None
            if found is not None and (found.plugin, found.target) != (plugin, vocabulary):
                raise MappingError(
                    f"{path}:1: it is about {found.plugin} on {found.target}, but its place is for "
                    f"{plugin} on {vocabulary}."
                )
            self._files[key] = found
        return self._files[key]

    def plugins(self, vocabulary: str) -> list[str]:
        """Every plugin with a file in the vocabulary, sorted."""
        found = {
            path.stem for folder in self.folders for path in (folder / vocabulary / "plugins").glob("*.yaml")
        }
        return sorted(found)

    def vocabularies(self) -> list[str]:
        """Every vocabulary with a plugins folder, sorted; the catalogue is none."""
        found = {path.parent.name for folder in self.folders for path in folder.glob("*/plugins")}
        return sorted(found - {CATALOGUE})


@cache
def _read_plugin(path: Path, changed: int) -> KongPlugin:
    return read_plugin(path)


@cache
def _read_mapping(path: Path, changed: int) -> MappingFile:
    from kong2x.mapping.grammar import read_mapping

    return read_mapping(path)


def _builtin_plugin(path: Path) -> KongPlugin:
    return _read_plugin(path, path.stat().st_mtime_ns)


def _builtin_mapping(path: Path) -> MappingFile:
    return _read_mapping(path, path.stat().st_mtime_ns)
