"""What the CEL rules of an upstream CRD say about an object; for tests only."""

from __future__ import annotations

import functools
import ipaddress
import re
from typing import Any

import cel
from cel import stdlib

RAW = re.compile(r'r"""(.*?)"""', re.DOTALL)


def is_ip(text: str) -> bool:
    try:
        ipaddress.ip_address(text)
    except ValueError:
        return False
    return True


@functools.cache
def program(rule: str) -> Any:
    """The compiled rule; triple-quoted raw texts become ordinary ones."""
    plain = RAW.sub(lambda found: '"' + found[1].replace("\\", "\\\\").replace('"', '\\"') + '"', rule)
    return cel.compile(plain)


def escaped(value: Any) -> Any:
    """`namespace` is a reserved word; rules see the field under another name."""
    if isinstance(value, dict):
        return {
            ("__namespace__" if key == "namespace" else key): escaped(item) for key, item in value.items()
        }
    if isinstance(value, list):
        return [escaped(item) for item in value]
    return value


def failures(schema: dict[str, Any], value: Any) -> list[str]:
    """The rules below `schema` that `value` (defaults filled in) breaks; an error counts as broken."""
    return list(_failures(schema, escaped(value)))


def _failures(schema: dict[str, Any], value: Any):
    for rule in schema.get("x-kubernetes-validations", ()):
        text = rule["rule"]
        if "oldSelf" in text or "format." in text:
            continue
        context = cel.Context(variables={"self": value}, functions={"isIP": is_ip})
        stdlib.add_stdlib_to_context(context)
        try:
            holds = program(text).execute(context)
        except (KeyError, RuntimeError, TypeError, ValueError):
            holds = False
        if holds is not True:
            yield text
    if isinstance(value, dict):
        for name, part in (schema.get("properties") or {}).items():
            name = "__namespace__" if name == "namespace" else name
            if name in value:
                yield from _failures(part, value[name])
        extra = schema.get("additionalProperties")
        if isinstance(extra, dict):
            for item in value.values():
                yield from _failures(extra, item)
    elif isinstance(value, list) and isinstance(schema.get("items"), dict):
        for item in value:
            yield from _failures(schema["items"], item)
