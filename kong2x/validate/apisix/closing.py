"""How a plugin's schema is read closed: a key that the plugin never looks at becomes an error."""

from __future__ import annotations

from collections.abc import Iterator
from typing import Any

Schema = dict[str, Any]

_DROPPED = ("$schema", "encrypt_fields", "x-required-added", "x-pcre")
_SAME_VALUE_LISTS = ("allOf", "anyOf", "oneOf")
_SAME_VALUE = ("if", "then", "else", "not")


def close(schema: Schema) -> Schema:
    """`schema` with every object that lists its keys closed.

    APISIX accepts keys it does not know, so a misspelt one silently does nothing. Keys that only a
    branch (`then`, `oneOf`, …) mentions count as known: whether such a key has an effect there is not a
    matter of spelling. Objects without listed keys are maps and stay open.

    >>> close({"type": "object", "properties": {"count": {"type": "integer"}}})["additionalProperties"]
    False
    """
    closed: Schema = _closed(schema, frozenset(), shut=True)
    return closed


def _closed(schema: Any, declared: frozenset[str], *, shut: bool) -> Any:
    """`schema` with what it describes closed, and itself too when `shut`.

    A branch is not shut: it is about a value whose keys the schema around it lists. `declared` are the
    keys that the schema around a branch describes in full, so that the branch must not close them again.
    """
    if not isinstance(schema, dict):
        return schema
    out = {key: value for key, value in schema.items() if key not in _DROPPED}
    own = out.get("properties") or {}
    if own:
        out["properties"] = {
            name: _closed(_with_branches(part, schema, name), frozenset(), shut=name not in declared)
            for name, part in sorted(own.items())
        }
    inside = declared | frozenset(own)
    for key in _SAME_VALUE_LISTS:
        if isinstance(out.get(key), list):
            out[key] = [
                _closed(part, inside, shut=key != "allOf" and _is_form(part, schema)) for part in out[key]
            ]
    for key in _SAME_VALUE:
        if key in out:
            out[key] = _closed(out[key], inside, shut=False)
    if isinstance(out.get("dependencies"), dict):
        branches = sorted(out["dependencies"].items())
        out["dependencies"] = {name: _closed(part, inside, shut=False) for name, part in branches}
    _close_members(out)
    if shut and not _is_map(schema):
        _add_keys(out, known_keys(schema))
    return out


def _close_members(out: Schema) -> None:
    for key in ("items", "additionalProperties"):
        if isinstance(out.get(key), list):
            out[key] = [_closed(part, frozenset(), shut=True) for part in out[key]]
        elif isinstance(out.get(key), dict):
            out[key] = _closed(out[key], frozenset(), shut=True)
    if isinstance(out.get("patternProperties"), dict):
        every = out["patternProperties"]
        out["patternProperties"] = {key: _closed(part, frozenset(), shut=True) for key, part in every.items()}


def _is_form(part: Any, schema: Schema) -> bool:
    """Whether `part` is one form of a value whose other form is a map: then it lists all its own keys."""
    return isinstance(part, dict) and "properties" in part and not _is_map(part) and _is_map(schema)


def _is_map(schema: Schema) -> bool:
    """Whether the value may have keys of any name, by itself or in one of its forms."""
    for part in (schema, *_branches(schema)):
        if "patternProperties" in part or part.get("additionalProperties", False) is not False:
            return True
    return False


def _with_branches(part: Any, schema: Schema, name: str) -> Any:
    """`part` knowing also the keys that branches of `schema` give to the same property."""
    if not isinstance(part, dict) or not part.get("properties"):
        return part
    extra = {
        key
        for branch in _branches(schema)
        for key in known_keys((branch.get("properties") or {}).get(name) or {})
    }
    missing = extra - set(known_keys(part))
    return {**part, "properties": {**part["properties"], **{key: {} for key in missing}}} if missing else part


def _add_keys(out: Schema, names: list[str]) -> None:
    """Closes `out`; keys of branches are listed with an empty schema, which accepts any value."""
    own = out.get("properties") or {}
    if names and "additionalProperties" not in out:
        out["properties"] = {name: own.get(name, {}) for name in names}
        out["additionalProperties"] = False


def _branches(schema: Schema) -> Iterator[Schema]:
    """Every schema about the same value, `schema` left out."""
    for key in _SAME_VALUE_LISTS:
        for part in schema.get(key) or ():
            if isinstance(part, dict):
                yield part
                yield from _branches(part)
    for key in _SAME_VALUE:
        if isinstance(schema.get(key), dict):
            yield schema[key]
            yield from _branches(schema[key])
    for part in (schema.get("dependencies") or {}).values():
        if isinstance(part, dict):
            yield part
            yield from _branches(part)


def known_keys(schema: Schema) -> list[str]:
    """Every key that `schema` or one of its branches describes."""
    names = set(schema.get("properties") or ())
    for branch in _branches(schema):
        names.update(branch.get("properties") or ())
    return sorted(names)
