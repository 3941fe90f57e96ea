"""One Kubernetes object as it was read, and the place it came from."""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from copy import deepcopy
from dataclasses import dataclass, field
from typing import Any, NamedTuple, TypeVar

_Plain = TypeVar("_Plain")

Path = tuple[str | int, ...]
"""Where a value stands inside an object: `("spec", "rules", 0, "host")`."""


class Location(NamedTuple):
    """A place in an input. Lines, columns and documents count from 1; 0 means not known."""

    file: str
    line: int = 0
    column: int = 0
    document: int = 0

    def __str__(self) -> str:
        if not self.line:
            return self.file
        return f"{self.file}:{self.line}:{self.column}" if self.column else f"{self.file}:{self.line}"


class ObjectRef(NamedTuple):
    """The identity of a Kubernetes object; `group` is the API group without version."""

    group: str
    kind: str
    namespace: str
    name: str

    def __str__(self) -> str:
        where = f"{self.namespace}/{self.name}" if self.namespace else self.name
        return f"{self.kind} {where}"


class Leaf(NamedTuple):
    """One scalar (or empty container) of one source object."""

    object: ObjectRef
    path: Path


@dataclass(slots=True, eq=False)
class SourceObject:
    """One object of the input, as Kubernetes would read it.

    `value` is the plain parsed mapping and must not be changed. `file` is the path as the user
    named it (`<stdin>` for standard input, `<memory>` for parsed mappings). `text` holds the
    bytes of the YAML or JSON document, for positions recovered later; `item` is the path of this
    object inside that document when it came out of a `kind: List`.
    `convert` is False for objects given by `--also-read`, or outside `-n` and `-l`: they resolve
    references and are not converted. `line` is the line of the file on which `text` begins, `begins`
    the line of the object's own first key (0 when nobody knows). The repr names the object and its place,
    never its content, which may be secret.
    """

    value: dict[str, Any] = field(repr=False)
    file: str = "<memory>"
    document: int = 1
    line: int = 1
    text: bytes | None = field(default=None, repr=False)
    item: Path = ()
    convert: bool = True
    begins: int = 0
    ref: ObjectRef = field(init=False)

    def __post_init__(self) -> None:
        metadata = self.metadata
        self.ref = ObjectRef(
            self.group, self.kind, text(metadata.get("namespace")), text(metadata.get("name"))
        )

    @property
    def api_version(self) -> str:
        return text(self.value.get("apiVersion"))

    @property
    def group(self) -> str:
        """The API group; the core group is the empty string."""
        head, slash, _ = self.api_version.rpartition("/")
        return head if slash else ""

    @property
    def kind(self) -> str:
        return text(self.value.get("kind"))

    @property
    def namespace(self) -> str:
        """The namespace; an absent one is left empty here and read as `default` by `resolve`."""
        return self.ref.namespace

    @property
    def name(self) -> str:
        return self.ref.name

    @property
    def metadata(self) -> Mapping[str, Any]:
        return mapping(self.value.get("metadata"))

    @property
    def annotations(self) -> Mapping[str, Any]:
        return mapping(self.metadata.get("annotations"))

    @property
    def labels(self) -> Mapping[str, Any]:
        return mapping(self.metadata.get("labels"))

    def leaf(self, *path: str | int) -> Leaf:
        """The leaf of this object at `path`."""
        return Leaf(self.ref, path)

    def annotation_leaf(self, key: str) -> Leaf:
        """The leaf of the annotation `key`."""
        return Leaf(self.ref, ("metadata", "annotations", key))


def text(value: object) -> str:
    """`value` when it is a string, else the empty string; for fields of unchecked objects."""
    return value if isinstance(value, str) else ""


def mapping(value: object) -> Mapping[str, Any]:
    """`value` when it is a mapping, else an empty one; for fields of unchecked objects."""
    return value if isinstance(value, dict) else {}


def items(value: object) -> list[Any]:
    """`value` when it is a list, else an empty one; for fields of unchecked objects."""
    return value if isinstance(value, list) else []


def leaves(value: object, path: Path = ()) -> Iterator[Path]:
    """The path of every leaf below `value`; an empty mapping or list is a leaf itself.

    >>> list(leaves({"a": [1, {"b": 2}], "c": {}}))
    [('a', 0), ('a', 1, 'b'), ('c',)]
    """
    found: list[Path] = []
    _gather(value, path, found)
    return iter(found)


def _gather(value: object, path: Path, found: list[Path]) -> None:
    """Adds the paths of the leaves; a generator inside a generator would cost several times as much."""
    if isinstance(value, dict) and value:
        for key, child in value.items():
            _gather(child, (*path, key), found)
    elif isinstance(value, list) and value:
        for index, child in enumerate(value):
            _gather(child, (*path, index), found)
    else:
        found.append(path)


def copied(value: _Plain) -> _Plain:
    """A copy of plain data that shares no container with it.

    >>> before = {"a": [1]}
    >>> after = copied(before)
    >>> after["a"].append(2); before
    {'a': [1]}
    """
    kind = type(value)
    if kind is dict:
        return {key: copied(child) for key, child in value.items()}  # type: ignore[attr-defined, return-value]
    if kind is list:
        return [copied(child) for child in value]  # type: ignore[attr-defined, return-value]
    return deepcopy(value) if isinstance(value, Mapping | list | tuple | set) else value


def dotted(path: Path) -> str:
    """The path as people write it: `spec.rules[0].host`, `metadata.annotations["konghq.com/plugins"]`.

    >>> dotted(("spec", "rules", 0, "host"))
    'spec.rules[0].host'
    >>> dotted(("metadata", "annotations", "konghq.com/plugins"))
    'metadata.annotations["konghq.com/plugins"]'
    """
    out = ""
    for step in path:
        if isinstance(step, int):
            out += f"[{step}]"
        elif step.replace("_", "").replace("-", "").isalnum():
            out += f".{step}" if out else step
        else:
            out += f'["{step}"]'
    return out
