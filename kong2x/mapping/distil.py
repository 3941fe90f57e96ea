"""Which facts about a Kong plugin go into its catalogue file: fields, defaults by release, scopes, class."""

from __future__ import annotations

import json
import re
from collections.abc import Iterator, Mapping
from typing import Any

from kong2x.model.settings import version_key

Row = dict[str, Any]
_PLAIN = re.compile(r"^[A-Za-z/_][A-Za-z0-9_./\[\]*-]*$")
_YAML_WORDS = {"true", "false", "null", "yes", "no", "on", "off", "y", "n"}
_SCOPES = ("route", "service", "consumer", "consumer_group")
_RANDOM = "<random at start>"
_SHORTHANDS = {
    "opentelemetry": {"endpoint": "traces_endpoint"},
    "session": {
        "cookie_lifetime": "rolling_timeout",
        "cookie_idletime": "idling_timeout",
        "cookie_discard": "stale_ttl",
        "cookie_samesite": "cookie_same_site",
        "cookie_httponly": "cookie_http_only",
        "cookie_persistent": "remember",
    },
}
"""Older spellings whose new name the facts do not name."""


def distil(
    name: str,
    exact: Mapping[str, Any] | None,
    documented: Mapping[str, Any] | None,
    verdict: Mapping[str, Any] | None,
) -> str:
    """The catalogue file of plugin `name` as YAML text.

    `exact` are the facts from running Kong's own schema (open-source plugins), `documented` those from
    the documentation of all releases; the first wins where both speak, the second adds later releases.
    `verdict` gives the class; a plugin without one decides about access until somebody says otherwise.
    """
    source = exact or documented
    assert source is not None, name
    aliases: dict[str, str] = dict(_SHORTHANDS.get(name, {}))
    rows = dict(_exact_rows(exact["config"], "", aliases)) if exact is not None else {}
    if documented is not None:
        for path, row in _documented_rows(documented).items():
            rows[path] = _merged(rows.get(path), row)
    if exact is not None:
        _exact_history(rows, exact["history"], aliases)
    for path in [p for p in rows if any(p == alias or p.startswith(f"{alias}.") for alias in aliases)]:
        del rows[path]
    _containers_are_implied(rows)
    head: dict[str, Any] = {"plugin": name, "edition": source.get("edition", "enterprise")}
    head["class"] = (verdict or {}).get("class", "A")
    if verdict and verdict["class"] in "CD" and verdict["fail"] == "closed":
        head["protects"] = "protection"
    head["priority"] = source["priority"] or 0
    if exact and "phases" in exact:
        head["phases"] = exact["phases"]
    refused = [scope for scope in _SCOPES if not source["scopes"].get(scope)]
    if refused:
        head["not_on"] = refused
    return _text(head, rows, aliases)


def _exact_rows(record: Mapping[str, Any], prefix: str, aliases: dict[str, str]) -> Iterator[tuple[str, Row]]:
    for short in record.get("shorthand_fields", ()):
        for target in short.get("replaced_with", ())[:1]:
            aliases[prefix + short["name"]] = prefix + ".".join(target)
    for field in record.get("fields", ()):
        path = prefix + field["name"]
        yield path, _exact_row(field)
        yield from _exact_below(field, path, aliases)


def _exact_below(field: Mapping[str, Any], path: str, aliases: dict[str, str]) -> Iterator[tuple[str, Row]]:
    if field["type"] == "record":
        yield from _exact_rows(field, f"{path}.", aliases)
    for key, mark in (("elements", "[]"), ("values", ".*")):
        inner = field.get(key)
        if isinstance(inner, dict) and inner.get("type") == "record":
            yield from _exact_rows(inner, f"{path}{mark}.", aliases)


def _exact_row(field: Mapping[str, Any]) -> Row:
    kind = {"array": "list", "set": "list", "foreign": "record"}.get(field["type"], field["type"])
    row: Row = {"type": kind}
    inner = field.get("elements") if kind == "list" else field.get("values") if kind == "map" else None
    if inner:
        row["of"] = {"array": "list", "set": "list"}.get(inner["type"], inner["type"])
    if field.get("default") is not None and field["default"] != _RANDOM:
        row["default"] = _plain(field["default"])
    values = field.get("one_of") or (inner or {}).get("one_of")
    if values:
        row["values"] = values
    if "between" in field:
        row["range"] = field["between"]
    if "gt" in field:
        row["above"] = field["gt"]
    if field.get("required") and field.get("default") is None and kind != "record":
        row["required"] = True
    if field.get("encrypted") or (inner or {}).get("encrypted"):
        row["secret"] = True
    if field.get("referenceable") or (inner or {}).get("referenceable"):
        row["references"] = True
    return row


def _exact_history(rows: dict[str, Row], history: Mapping[str, Any], aliases: Mapping[str, str]) -> None:
    renamed = set(aliases.values())
    for path, release in history["fields_added"].items():
        if path in rows and path not in renamed:
            rows[path]["since"] = _minor(release)
    for path, steps in history["defaults_changed"].items():
        if path in rows:
            later = rows[path].pop("defaults", {})
            _with_history(rows[path], {step["from"]: step["default"] for step in steps} | later)


def _documented_rows(plugin: Mapping[str, Any]) -> dict[str, Row]:
    rows: dict[str, Row] = dict(_schema_rows(plugin["config"], ""))
    for path, release in plugin["fields_added"].items():
        if path in rows:
            rows[path]["since"] = release
    for path, release in plugin["fields_gone"].items():
        rows.setdefault(path, {"type": "any", "until": release})
    for path, steps in plugin["defaults_changed"].items():
        if path in rows:
            _with_history(rows[path], {step["from"]: step["default"] for step in steps})
    for path, steps in plugin["enums_changed"].items():
        if path in rows and rows[path].get("values"):
            every = [value for step in steps for value in step["enum"] or ()]
            rows[path]["values"] = list(dict.fromkeys([*rows[path]["values"], *every]))
    return rows


def _schema_rows(schema: Mapping[str, Any], prefix: str) -> Iterator[tuple[str, Row]]:
    for name, field in schema.get("properties", {}).items():
        path = prefix + name
        more = field.get("additionalProperties")
        kind = {"array": "list", "object": "record"}.get(field["type"], field["type"])
        if kind == "record" and more and not field.get("properties"):
            kind = "map"
        row: Row = {"type": kind}
        inner = field.get("items") if kind == "list" else more if isinstance(more, dict) else None
        if kind in ("list", "map"):
            row["of"] = _element_kind(inner or {})
        if field.get("default") is not None and field["default"] != _RANDOM:
            row["default"] = _plain(field["default"])
        values = field.get("enum") or (inner or {}).get("enum")
        if values:
            row["values"] = values
        if "minimum" in field and "maximum" in field:
            row["range"] = [field["minimum"], field["maximum"]]
        if field.get("x-encrypted") or (inner or {}).get("x-encrypted"):
            row["secret"] = True
        if field.get("x-referenceable") or (inner or {}).get("x-referenceable"):
            row["references"] = True
        if name in schema.get("required", ()) and "default" not in row and kind != "record":
            row["required"] = True
        yield path, row
        yield from _schema_rows(field, f"{path}.")
        if isinstance(inner, dict):
            yield from _schema_rows(inner, f"{path}[]." if kind == "list" else f"{path}.*.")


def _element_kind(schema: Mapping[str, Any]) -> str:
    kind = str(schema.get("type", "any"))
    if kind == "object":
        return "record" if schema.get("properties") else "any"
    return {"array": "list"}.get(kind, kind)


def _merged(exact: Row | None, documented: Row) -> Row:
    """One field as both sources know it; the documentation adds what came after the exact release."""
    if exact is None:
        return documented
    row = dict(exact)
    steps = {k: v for k, v in documented.get("defaults", {}).items() if version_key(k) > (3, 10)}
    if steps:
        row["defaults"] = steps
    if "values" in row and "values" in documented:
        row["values"] = list(dict.fromkeys([*row["values"], *documented["values"]]))
    for mark in ("secret", "references"):
        if documented.get(mark):
            row[mark] = True
    return row


def _containers_are_implied(rows: dict[str, Row]) -> None:
    """Drops records whose fields have rows of their own; an empty record may hold anything."""
    for path, row in list(rows.items()):
        if row["type"] == "record":
            if any(other.startswith(f"{path}.") for other in rows):
                del rows[path]
            else:
                row["type"] = "any"


def _with_history(row: Row, steps: Mapping[str, Any]) -> None:
    """`default` is that of the oldest release; `defaults` holds only the later changes."""
    ordered = sorted(steps.items(), key=lambda step: version_key(step[0]))
    first = last = _plain(ordered[0][1])
    row.pop("default", None)
    if first is not None:
        row["default"] = first
    changes = {}
    for release, value in ordered[1:]:
        if value != last:
            last = changes[_minor(release)] = _plain(value)
    if changes:
        row["defaults"] = changes


def _plain(value: Any) -> Any:
    """Lua's empty table has no kind of its own; numbers without fraction are whole."""
    if isinstance(value, float) and value.is_integer():
        return int(value)
    if isinstance(value, dict):
        return {key: _plain(inner) for key, inner in value.items()}
    return [_plain(inner) for inner in value] if isinstance(value, list) else value


def _minor(release: str) -> str:
    return ".".join(str(number) for number in version_key(release)[:2])


def _text(head: Mapping[str, Any], rows: Mapping[str, Row], aliases: Mapping[str, str]) -> str:
    lines = [f"{key}: {flow(value)}" for key, value in head.items()]
    lines.append("fields:" if rows else "fields: {}")
    lines.extend(f"  {flow(path)}: {flow(row)}" for path, row in rows.items())
    if aliases:
        lines.append("aliases:")
        lines.extend(f"  {flow(old)}: {flow(new)}" for old, new in sorted(aliases.items()))
    return "\n".join(lines) + "\n"


def flow(value: Any) -> str:
    """`value` in YAML's one-line form, quoted only where a reader could take it for something else.

    >>> flow({"type": "list", "values": ["on", "a b", 3]})
    '{type: list, values: ["on", "a b", 3]}'
    """
    if isinstance(value, dict):
        return "{" + ", ".join(f"{flow(key)}: {flow(inner)}" for key, inner in value.items()) + "}"
    if isinstance(value, list | tuple):
        return "[" + ", ".join(flow(inner) for inner in value) + "]"
    if isinstance(value, str) and _PLAIN.match(value) and value.lower() not in _YAML_WORDS:
        return value if "[" not in value and "*" not in value else json.dumps(value)
    return json.dumps(value, ensure_ascii=False)
