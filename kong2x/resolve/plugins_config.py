"""What one KongPlugin or KongClusterPlugin configures, or why the controller cannot attach it."""

from __future__ import annotations

import json
from collections.abc import Mapping
from copy import deepcopy
from dataclasses import dataclass, field
from typing import Any

from kong2x.model.errors import ReadError
from kong2x.model.finding import Code, Finding
from kong2x.model.plugin import SecretKey
from kong2x.model.source import Leaf, Path, SourceObject, items, leaves, mapping, text
from kong2x.resolve import plugin_codes as codes
from kong2x.resolve.credentials_data import SecretData, secret_data
from kong2x.resolve.plugins_patch import PatchError, add_at, pointer
from kong2x.resolve.world import World, namespace_of


@dataclass(slots=True, eq=False)
class Body:
    """One plugin object as the controller hands it to Kong, before Kong fills its defaults.

    `feeding` are the leaves outside of `config` that make up the configuration: the reference to a
    Secret, and the value in it. `overwritten` are leaves of `config` that a patch replaces.
    """

    obj: SourceObject
    plugin: str
    config: dict[str, Any] = field(default_factory=dict)
    disabled: bool = False
    protocols: tuple[str, ...] = ()
    ordering: Mapping[str, Any] = field(default_factory=dict)
    instance_name: str | None = None
    secret_values: dict[Path, SecretKey] = field(default_factory=dict)
    sources: dict[Path, tuple[Leaf, ...]] = field(default_factory=dict)
    feeding: list[Leaf] = field(default_factory=list)
    overwritten: list[Leaf] = field(default_factory=list)


class _Unattached(Exception):
    """Carries the finding that says why a plugin is not attached."""

    def __init__(self, finding: Finding) -> None:
        super().__init__(finding.code)
        self.finding = finding


def read_plugin(world: World, obj: SourceObject) -> Body | Finding:
    """The plugin that `obj` describes; a finding when the controller attaches nothing.

    The order of the checks is that of the controller: patches, then both kinds of configuration,
    then the Secret.
    """
    try:
        return _read(world, obj)
    except _Unattached as stop:
        return stop.finding


def _read(world: World, obj: SourceObject) -> Body:
    value = obj.value
    plugin = text(value.get("plugin"))
    if not plugin:
        raise _stop(obj, codes.NO_TYPE, "does not say which plugin it is", ("plugin",))
    written = value.get("config")
    if written is not None and not isinstance(written, dict):
        raise _stop(obj, codes.NOT_A_MAPPING, "has a config that is not a mapping of settings", ("config",))
    body = Body(
        obj,
        plugin,
        written or {},
        value.get("disabled") is True,
        tuple(p for p in items(value.get("protocols")) if isinstance(p, str)),
        mapping(value.get("ordering")),
        text(value.get("instance_name")) or None,
    )
    patches = items(value.get("configPatches"))
    if patches:
        body.config = deepcopy(body.config)
        for index, patch in enumerate(patches):
            _patch(world, body, index, mapping(patch))
        _close_overwritten(body, written or {})
    if value.get("configFrom") is not None:
        if body.config:
            raise _stop(obj, codes.TWO_CONFIGS, "has both config and configFrom", ("configFrom",))
        _from_secret(world, body)
    return body


def _stop(obj: SourceObject, code: Code, what: str, path: Path = ()) -> _Unattached:
    return _Unattached(
        code.finding(
            f"{obj.ref} {what}, so requests are served without the plugin.", object=obj.ref, path=path
        )
    )


def _secret(
    world: World, obj: SourceObject, reference: Mapping[str, Any], where: Path
) -> tuple[SecretData, str, list[Leaf]]:
    """The Secret and key that a reference names, with the leaves of the reference and of the value."""
    own = obj.kind == "KongPlugin"
    namespace = namespace_of(obj) if own else text(reference.get("namespace"))
    name, key = text(reference.get("name")), text(reference.get("key"))
    data = secret_data(world, namespace, name) if namespace else None
    if data is None or key not in data.values:
        what = f"the Secret {namespace}/{name}" if data is None else f"the key {key} of {data.obj.ref}"
        raise _stop(obj, codes.NO_SECRET, f"takes its configuration from {what}, which is not there", where)
    fed = [Leaf(obj.ref, (*where, *path)) for path in leaves(dict(reference))]
    return data, key, [*fed, data.leaves[key]]


def _from_secret(world: World, body: Body) -> None:
    """The whole configuration comes from a Secret: JSON, else YAML as Kubernetes reads it."""
    where: Path = ("configFrom", "secretKeyRef")
    reference = mapping(mapping(body.obj.value.get("configFrom")).get("secretKeyRef"))
    data, key, fed = _secret(world, body.obj, reference, where)
    value = _parsed(world, data.values[key].reveal())
    if value is not None and not isinstance(value, dict):
        what = f"takes its configuration from the key {key} of {data.obj.ref}, which is neither JSON nor YAML"
        raise _stop(body.obj, codes.UNREADABLE, f"{what} with a mapping", where)
    body.config = value or {}
    body.secret_values[()] = data.key(key)
    body.sources[()] = tuple(fed)
    body.feeding += fed


def _parsed(world: World, raw: str) -> object:
    try:
        return _json(raw)
    except ValueError:
        if world.parse_yaml is None:
            return ""
    try:
        return world.parse_yaml(raw)
    except ReadError:
        return ""


def _json(raw: str) -> object:
    def refuse(word: str) -> object:
        raise ValueError(word)

    try:
        return json.loads(raw, parse_constant=refuse)
    except RecursionError:
        raise ValueError("nested too deeply") from None


def _patch(world: World, body: Body, index: int, patch: Mapping[str, Any]) -> None:
    """Adds the JSON value of a Secret key at a JSON pointer, making missing parents."""
    where: Path = ("configPatches", index)
    reference = mapping(mapping(patch.get("valueFrom")).get("secretKeyRef"))
    data, key, fed = _secret(world, body.obj, reference, (*where, "valueFrom", "secretKeyRef"))
    if "path" in patch:
        fed.insert(0, Leaf(body.obj.ref, (*where, "path")))
    try:
        value = _json(data.values[key].reveal())
    except ValueError:
        what = f"takes a setting from the key {key} of {data.obj.ref}, which is not JSON"
        raise _stop(body.obj, codes.UNREADABLE, what, where) from None
    try:
        steps = pointer(text(patch.get("path")))
        changed, place, shifted = add_at(body.config, steps, value)
    except PatchError as error:
        raise _stop(body.obj, codes.BAD_PATCH, f"has a patch that {error}", (*where, "path")) from None
    if not isinstance(changed, dict):
        raise _stop(body.obj, codes.NOT_A_MAPPING, "is patched into something that is not a mapping", where)
    body.config = changed
    body.feeding += fed
    for known in [path for path in body.sources if path[: len(place)] == place]:
        del body.sources[known]
        body.secret_values.pop(known, None)
    if shifted is None:
        body.secret_values[place] = data.key(key)
        body.sources[place] = tuple(fed)
    else:
        for path in [path for path in body.secret_values if path[: len(shifted)] == shifted]:
            del body.secret_values[path]
        body.secret_values[shifted] = data.key(key)
        # The list has moved: all of it now answers for all that it was made of.
        old = body.sources.get(shifted, ())
        below = [path for path in body.sources if path[: len(shifted)] == shifted]
        moved = [leaf for path in below for leaf in body.sources.pop(path)]
        body.sources[shifted] = tuple(dict.fromkeys((*old, *moved, *fed, *_config_leaves(body.obj, shifted))))


def _config_leaves(obj: SourceObject, at: Path) -> list[Leaf]:
    """The leaves of the written `config` below a place."""
    return [
        Leaf(obj.ref, ("config", *path))
        for path in leaves(obj.value.get("config") or {})
        if path[: len(at)] == at
    ]


def _close_overwritten(body: Body, written: dict[str, Any]) -> None:
    """Notes the written leaves that no longer stand in the configuration, or stand there by a patch."""
    final = set(leaves(body.config))
    answering = {leaf for fed in body.sources.values() for leaf in fed}
    for path in leaves(written):
        leaf = Leaf(body.obj.ref, ("config", *path))
        if leaf in answering:
            continue
        patched = any(path[:end] in body.sources for end in range(len(path) + 1))
        if path not in final or patched:
            body.overwritten.append(leaf)
