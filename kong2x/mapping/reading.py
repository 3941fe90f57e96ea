"""What a mapping or catalogue file says as plain values, and on which line a rule stands."""

from __future__ import annotations

import re
from functools import cache
from pathlib import Path
from typing import Any

from kong2x.model.errors import MappingError

_CORE = (
    ("tag:yaml.org,2002:bool", r"^(?:true|false)$", "tf"),
    ("tag:yaml.org,2002:null", r"^(?:null|~|)$", ["n", "~", ""]),
    ("tag:yaml.org,2002:int", r"^[-+]?[0-9]+$", "-+0123456789"),
    ("tag:yaml.org,2002:float", r"^[-+]?[0-9]*\.[0-9]+(?:[eE][-+]?[0-9]+)?$", "-+.0123456789"),
)


@cache
def _loader() -> Any:
    """A fast YAML 1.2 reader: `on` and `no` are words here, and there are no dates or base-60 numbers."""
    import yaml

    base = getattr(yaml, "CSafeLoader", yaml.SafeLoader)
    loader: Any = type("MappingLoader", (base,), {"yaml_implicit_resolvers": {}})
    for tag, pattern, first in _CORE:
        loader.add_implicit_resolver(tag, re.compile(pattern), list(first))
    loader.add_constructor(_CORE[2][0], lambda reader, node: int(node.value))  # 010 is ten, not octal
    return loader


def read_yaml(text: str, where: str) -> dict[str, Any]:
    """The one mapping that a file holds; MappingError names the file and line of what is no YAML."""
    import yaml

    try:
        value = yaml.load(text, Loader=_loader())
    except yaml.YAMLError as error:
        mark = getattr(error, "problem_mark", None)
        line = f":{mark.line + 1}" if mark else ""
        raise MappingError(
            f"{where}{line}: not readable as YAML: {getattr(error, 'problem', error)}."
        ) from None
    if not isinstance(value, dict):
        raise MappingError(f"{where}:1: expected a mapping with words such as plugin, target and fields.")
    return value


def read_file(path: Path) -> dict[str, Any]:
    """The mapping in the file at `path`; MappingError where there is none."""
    try:
        text = path.read_text(encoding="utf-8")
    except (OSError, UnicodeDecodeError) as error:
        raise MappingError(f"{path}: cannot be read ({error}).") from None
    return read_yaml(text, str(path))


def line_of(text: str, keys: tuple[str | int, ...]) -> int:
    """The line, from 1, on which the value at `keys` begins; the nearest one above it when it is gone."""
    from io import StringIO

    from ruamel.yaml import YAML
    from ruamel.yaml.error import YAMLError

    try:
        node: Any = YAML().load(StringIO(text))
    except YAMLError:
        return 1
    line = 1
    for key in keys:
        position = getattr(node, "lc", None)
        if position is None:
            break
        try:
            place = position.key(key) if isinstance(node, dict) else position.item(key)
            line = place[0] + 1
            node = node[key]
        except (KeyError, IndexError, TypeError):
            break
    return line
