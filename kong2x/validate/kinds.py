"""One kind in one API version: its compiled schema, defaults, list keys, limits and fields."""

from __future__ import annotations

import copy
from collections.abc import Iterator, Mapping
from functools import cached_property
from typing import Any

from kong2x.model.settings import version_key
from kong2x.model.source import Path
from kong2x.validate.engine import Check, Schema, compile_schema, compile_slow
from kong2x.validate.importer import SchemaFile
from kong2x.validate.metadata import object_meta
from kong2x.validate.structural import LIST_MAP, steps


class KindSchema:
    """What one release says about one kind in one API version. Compiled on first use."""

    def __init__(
        self, file: SchemaFile, version: str, *, family: str = "", release: str = "", channel: str = ""
    ):
        self.file = file
        self.version = version
        self.family = family
        self.release = release
        self.channel = channel

    @property
    def api_version(self) -> str:
        """As manifests write it: `v1`, `apisix.apache.org/v2`."""
        return f"{self.file.group}/{self.version}" if self.file.group else self.version

    @property
    def served(self) -> bool:
        """Whether the API server answers for this version."""
        return self.file.versions[self.version]

    @cached_property
    def root(self) -> Schema:
        """The whole schema, with apiVersion, kind and metadata."""
        schema = dict(self.file.schema)
        properties = {
            "apiVersion": {"const": self.api_version},
            "kind": {"const": self.file.kind},
            **schema.get("properties", {}),
        }
        required = ["apiVersion", "kind", *schema.get("required", ())]
        if self.file.scope != "None":
            properties["metadata"] = object_meta(self.file.scope == "Namespaced")
            required.insert(2, "metadata")
        return {**schema, "type": "object", "properties": properties, "required": required}

    @cached_property
    def fast(self) -> Check:
        """Says yes or no."""
        return compile_schema(self.root)

    @cached_property
    def slow(self) -> Any:
        """Says where and why (jsonschema)."""
        return compile_slow(self.root)

    def node(self, path: str) -> Schema | None:
        """The schema at a dotted path (`spec.rules[].matches`), None when there is no such field.

        Below an open field (`config` of a plugin) every path exists and has an empty schema.
        """
        node: Any = self.root
        for step in steps(path):
            node = self._below(node, step)
            if node is None:
                return None
        return self._resolved(node)

    def _below(self, node: Any, step: str) -> Any:
        node = self._resolved(node)
        if step == "[]":
            return node.get("items")
        if step in node.get("properties", {}):
            return node["properties"][step]
        extra = node.get("additionalProperties", True)
        if isinstance(extra, dict):
            return extra
        return {} if extra and "items" not in node else None

    def _resolved(self, node: Any) -> Schema:
        while "$ref" in node:
            node = self.file.schema["$defs"][node["$ref"].rpartition("/")[2]]
        resolved: Schema = node
        return resolved

    @cached_property
    def release_key(self) -> tuple[int, ...]:
        """The release as numbers that compare; the user's own schemas count as newest."""
        return version_key(self.release) if self.release[:1].isdigit() else (99,)

    @cached_property
    def list_keys(self) -> Mapping[str, Any]:
        """Where lists with keys are: a tree of steps; the entry `""` holds the list's keys and their defaults."""
        return self._key_tree(self.file.schema, "")

    def _key_tree(self, node: Any, where: str) -> dict[str, Any]:
        node = self._resolved(node)
        tree: dict[str, Any] = {}
        if LIST_MAP in node:
            tree[""] = [(key, self.file.defaults.get(f"{where}[].{key}")) for key in node[LIST_MAP]]
        for name, part in (node.get("properties") or {}).items():
            if below := self._key_tree(part, f"{where}.{name}" if where else name):
                tree[name] = below
        for key, step in (("items", "[]"), ("additionalProperties", "{}")):
            if isinstance(node.get(key), dict) and (below := self._key_tree(node[key], where + step)):
                tree[step] = below
        return tree

    def duplicates(self, value: Any) -> list[tuple[Path, tuple[str, ...], tuple[Any, ...]]]:
        """Items of keyed lists whose keys repeat an earlier item: path, key names, key values."""
        return list(_repeated(value, self.list_keys, ())) if _repeats(value, self.list_keys) else []

    @cached_property
    def default_tree(self) -> Mapping[str, Any]:
        """The defaults as a tree of steps; the entry `""` of a step holds its default."""
        tree: dict[str, Any] = {}
        for path, value in self.file.defaults.items():
            node = tree
            for step in steps(path):
                node = node.setdefault(step, {})
            node[""] = value
        return tree

    def with_defaults(self, value: Mapping[str, Any]) -> dict[str, Any]:
        """A copy with what the API server would fill in; null counts as absent where it is not allowed."""
        out: dict[str, Any] = _fill(copy.deepcopy(dict(value)), self.default_tree)
        return out


def _repeats(value: Any, tree: Mapping[str, Any]) -> bool:
    """Whether any keyed list repeats a key; most objects end here, so no paths are kept."""
    if isinstance(value, list):
        if len(value) > 1 and "" in tree:
            keys = [_keys_of(item, tree[""]) for item in value if isinstance(item, dict)]
            if len(set(keys)) < len(keys):
                return True
        below = tree.get("[]")
        return below is not None and any(_repeats(item, below) for item in value)
    if isinstance(value, dict):
        for name, below in tree.items():
            if name == "{}":
                if any(_repeats(item, below) for item in value.values()):
                    return True
            elif name in value and _repeats(value[name], below):
                return True
    return False


def _keys_of(item: Mapping[str, Any], keys: list[tuple[str, Any]]) -> Any:
    if len(keys) == 1:
        return repr(item.get(*keys[0]))
    return tuple(repr(item.get(key, default)) for key, default in keys)


def _repeated(
    value: Any, tree: Mapping[str, Any], path: Path
) -> Iterator[tuple[Path, tuple[str, ...], tuple[Any, ...]]]:
    if isinstance(value, list):
        seen = set()
        for position, item in enumerate(value):
            if "" in tree and isinstance(item, dict):
                found = _keys_of(item, tree[""])
                if found in seen:
                    names = tuple(key for key, _ in tree[""])
                    yield (*path, position), names, tuple(item.get(name) for name in names)
                seen.add(found)
            if "[]" in tree:
                yield from _repeated(item, tree["[]"], (*path, position))
    elif isinstance(value, dict):
        for name, below in tree.items():
            for key in value if name == "{}" else (name,):
                if key in value:
                    yield from _repeated(value[key], below, (*path, key))


def _fill(value: Any, tree: Mapping[str, Any]) -> Any:
    if isinstance(value, dict):
        for step, below in tree.items():
            if step == "{}":
                for key in value:
                    value[key] = _fill(value[key], below)
            elif step not in ("", "[]"):
                if value.get(step) is None and "" in below:
                    value[step] = copy.deepcopy(below[""])
                if step in value:
                    value[step] = _fill(value[step], below)
    elif isinstance(value, list) and "[]" in tree:
        return [_fill(item, tree["[]"]) for item in value]
    return value


def without_nulls(value: Any, path: Path = ()) -> tuple[Any, list[Path]]:
    """`value` without its nulls below mappings, and where they were; the API server drops them too."""
    dropped: list[Path] = []

    def walk(node: Any, here: Path) -> Any:
        if isinstance(node, Mapping):
            kept = {}
            for key, item in node.items():
                if item is None:
                    dropped.append((*here, key))
                else:
                    kept[key] = walk(item, (*here, key))
            return kept
        if isinstance(node, list):
            return [walk(item, (*here, position)) for position, item in enumerate(node)]
        return node

    return walk(value, path), dropped
