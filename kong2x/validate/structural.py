"""How the structural schema of a CRD becomes a closed JSON Schema, with its defaults kept apart."""

from __future__ import annotations

import itertools
import json
from collections.abc import Callable, Iterator, Mapping
from typing import Any

Schema = dict[str, Any]

_RANGES = {"int32": (-(2**31), 2**31 - 1), "int64": (-(2**63), 2**63 - 1)}
_COPIED = (
    "type",
    "enum",
    "pattern",
    "minLength",
    "maxLength",
    "minItems",
    "maxItems",
    "minProperties",
    "maxProperties",
    "minimum",
    "maximum",
    "multipleOf",
    "uniqueItems",
    "required",
)
LIST_MAP = "x-k-listmap"
"""Our keyword for a list whose items may not repeat these keys; checked by `listmaps`, not by a validator."""


def convert(node: Mapping[str, Any], *, value_only: bool = False) -> Schema:
    """One node of a structural schema as JSON Schema 2020-12.

    Unknown fields become errors, as with `kubectl apply`'s strict field validation (the API server
    itself drops them). `value_only` is for what stands inside `allOf`, `anyOf`, `oneOf` and `not`:
    there Kubernetes checks values and never declares fields, so nothing is closed.

    >>> convert({"type": "object", "properties": {"host": {"type": "string"}}})
    {'type': 'object', 'properties': {'host': {'type': 'string'}}, 'additionalProperties': False}
    """
    out: Schema = {key: node[key] for key in _COPIED if key in node}
    _bounds(node, out)
    if node.get("x-kubernetes-int-or-string"):
        out["type"] = ["integer", "string"]
    for key in ("allOf", "anyOf", "oneOf"):
        if key in node and not (key == "anyOf" and node.get("x-kubernetes-int-or-string")):
            out[key] = [convert(part, value_only=True) for part in node[key]]
    if "not" in node:
        out["not"] = convert(node["not"], value_only=True)
    _members(node, out, value_only)
    if node.get("format") and node["format"] not in _RANGES:
        out["format"] = node["format"]
    if node.get("x-kubernetes-list-type") == "set":
        out["uniqueItems"] = True
    if node.get("x-kubernetes-list-type") == "map":
        out[LIST_MAP] = list(node["x-kubernetes-list-map-keys"])
    if node.get("x-kubernetes-embedded-resource"):
        out["required"] = sorted({*out.get("required", ()), "apiVersion", "kind"})
    if node.get("nullable"):
        _allow_null(out)
    return out


def _members(node: Mapping[str, Any], out: Schema, value_only: bool) -> None:
    if "properties" in node:
        out["properties"] = {
            name: convert(child, value_only=value_only) for name, child in sorted(node["properties"].items())
        }
    if isinstance(node.get("items"), Mapping):
        out["items"] = convert(node["items"], value_only=value_only)
    extra = node.get("additionalProperties")
    open_node = bool(node.get("x-kubernetes-preserve-unknown-fields"))
    if isinstance(extra, Mapping):
        out["additionalProperties"] = convert(extra, value_only=value_only)
    elif extra is None and node.get("type") == "object" and not open_node and not value_only:
        out["additionalProperties"] = False


def _bounds(node: Mapping[str, Any], out: Schema) -> None:
    """Integer formats as ranges, and OpenAPI's boolean `exclusiveMinimum` as a number."""
    low, high = _RANGES.get(node.get("format", ""), (None, None))
    if low is not None and node.get("type") == "integer":
        out["minimum"] = max(low, node.get("minimum", low))
        out["maximum"] = min(high or 0, node.get("maximum", high))
    for plain, exclusive in (("minimum", "exclusiveMinimum"), ("maximum", "exclusiveMaximum")):
        if node.get(exclusive) is True and plain in out:
            out[exclusive] = out.pop(plain)


def _allow_null(out: Schema) -> None:
    if isinstance(out.get("type"), str):
        out["type"] = [out["type"], "null"]
    elif isinstance(out.get("type"), list):
        out["type"] = [*out["type"], "null"]
    if "enum" in out:
        out["enum"] = [*out["enum"], None]


def collect_defaults(node: Mapping[str, Any], path: str = "") -> dict[str, Any]:
    """Every default below `node` by dotted path; `[]` stands for each item, `{}` for each value of a map.

    >>> collect_defaults({"properties": {"refs": {"items": {"properties": {"kind": {"default": "Service"}}}}}})
    {'refs[].kind': 'Service'}
    """
    out: dict[str, Any] = {}
    if "default" in node and path:
        out[path] = node["default"]
    for name, child in sorted((node.get("properties") or {}).items()):
        out.update(collect_defaults(child, f"{path}.{name}" if path else name))
    if isinstance(node.get("items"), Mapping):
        out.update(collect_defaults(node["items"], path + "[]"))
    if isinstance(node.get("additionalProperties"), Mapping):
        out.update(collect_defaults(node["additionalProperties"], path + "{}"))
    return out


def steps(path: str) -> Iterator[str]:
    """The steps of a dotted path: names, `[]` and `{}`. Indexes such as `[0]` count as `[]`.

    >>> list(steps("spec.rules[].matches[0].path{}"))
    ['spec', 'rules', '[]', 'matches', '[]', 'path', '{}']
    """
    for part in path.split("."):
        name, *marks = part.replace("{", "\0{").replace("[", "\0[").split("\0")
        if name:
            yield name
        for mark in marks:
            yield "[]" if mark.startswith("[") else "{}"


_WORTH_SHARING = 160


def hoist(schema: Schema) -> Schema:
    """The same schema with repeated parts written once, under `$defs`.

    HTTPRoute holds its filters twice (for a rule and for each backend); sharing halves the file. A part
    that only repeats because its surroundings do stays where it is.
    """
    counts: dict[str, int] = {}
    for node in _nodes(schema):
        key = json.dumps(node, sort_keys=True)
        if len(key) >= _WORTH_SHARING:
            counts[key] = counts.get(key, 0) + 1
    defs: dict[str, Schema] = {}
    names: dict[str, str] = {}

    def replace(node: Any, name: str, above: int) -> Any:
        if isinstance(node, list):
            return [replace(part, name, above) for part in node]
        if not isinstance(node, dict):
            return node
        key = json.dumps(node, sort_keys=True)
        count = counts.get(key, 1)
        if count <= above:
            return _map_parts(node, lambda part, step: replace(part, step or name, above))
        if key not in names:
            free = (f"{name}{number}" for number in itertools.chain([""], itertools.count(2)))
            names[key] = next(candidate for candidate in free if candidate not in defs)
            defs[names[key]] = {}
            body = _map_parts(node, lambda part, step: replace(part, step or name, count))
            defs[names[key]] = body
        return {"$ref": f"#/$defs/{names[key]}"}

    out = _map_parts(schema, lambda part, step: replace(part, step or "part", 1))
    return {"$defs": dict(sorted(defs.items())), **out} if defs else out


def _map_parts(node: Schema, change: Callable[[Any, str], Any]) -> Schema:
    """`node` with `change(subschema, property name)` applied to each direct subschema."""
    out = dict(node)
    if "properties" in node:
        out["properties"] = {name: change(part, name) for name, part in node["properties"].items()}
    for key in ("items", "additionalProperties", "not", "allOf", "anyOf", "oneOf"):
        if isinstance(node.get(key), dict | list):
            out[key] = change(node[key], "")
    return out


def _nodes(node: Any) -> Iterator[Schema]:
    """Every subschema of `node`, the outermost first."""
    if isinstance(node, list):
        for part in node:
            yield from _nodes(part)
    elif isinstance(node, dict):
        yield node
        for part in (node.get("properties") or {}).values():
            yield from _nodes(part)
        for key in ("items", "additionalProperties", "not", "allOf", "anyOf", "oneOf"):
            if isinstance(node.get(key), dict | list):
                yield from _nodes(node[key])
