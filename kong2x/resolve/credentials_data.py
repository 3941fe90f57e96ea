"""What a Secret holds, key by key, and which leaf of the manifest each value comes from."""

from __future__ import annotations

import base64
import binascii
from collections.abc import Iterator
from dataclasses import dataclass, field

from kong2x.model.plugin import Hidden, SecretKey
from kong2x.model.source import Leaf, SourceObject, mapping
from kong2x.resolve.world import World, namespace_of


@dataclass(slots=True)
class SecretData:
    """The values of one Secret as the cluster keeps them: `stringData` wins over `data`.

    `broken` names the leaves that the cluster would refuse, `overwritten` those that another leaf
    replaces.
    """

    obj: SourceObject
    values: dict[str, Hidden] = field(default_factory=dict)
    leaves: dict[str, Leaf] = field(default_factory=dict)
    broken: list[Leaf] = field(default_factory=list)
    overwritten: list[Leaf] = field(default_factory=list)

    def key(self, name: str) -> SecretKey:
        """The address of one key."""
        return SecretKey(namespace_of(self.obj), self.obj.name, name)

    def all_leaves(self) -> Iterator[Leaf]:
        """Every leaf that holds a value or should."""
        yield from self.leaves.values()
        yield from self.broken
        yield from self.overwritten


def secret_data(world: World, namespace: str, name: str) -> SecretData | None:
    """The Secret of that name with its values, None when it is not in the input."""
    obj = world.get("Secret", namespace, name)
    return read_secret(obj) if obj is not None else None


def read_secret(obj: SourceObject) -> SecretData:
    """The values of a Secret. Bytes that are no text become replacement characters, as in Kong.

    >>> secret = SourceObject({"kind": "Secret", "data": {"key": "YWJj"}, "stringData": {"ttl": "5"}})
    >>> found = read_secret(secret)
    >>> found.values["key"].reveal(), found.values["ttl"].reveal()
    ('abc', '5')
    """
    found = SecretData(obj)
    for name, value in mapping(obj.value.get("data")).items():
        leaf = obj.leaf("data", name)
        text = _decoded(value)
        if text is None:
            found.broken.append(leaf)
        else:
            found.values[name] = Hidden(text)
            found.leaves[name] = leaf
    for name, value in mapping(obj.value.get("stringData")).items():
        leaf = obj.leaf("stringData", name)
        if value is not None and not isinstance(value, str):
            found.broken.append(leaf)
            continue
        if name in found.leaves:
            found.overwritten.append(found.leaves[name])
        found.values[name] = Hidden(value or "")
        found.leaves[name] = leaf
    return found


def _decoded(value: object) -> str | None:
    if value is None:
        return ""
    if not isinstance(value, str):
        return None
    try:
        # The API server takes line breaks inside base64, and nothing else that is foreign to it.
        raw = base64.b64decode(value.replace("\n", "").replace("\r", ""), validate=True)
    except (binascii.Error, ValueError):
        return None
    return raw.decode("utf-8", "replace")
