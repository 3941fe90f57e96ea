"""How plain data becomes YAML: block style, lists not indented under their key, keys in the given order."""

from __future__ import annotations

from collections.abc import Iterable, Sequence
from math import isfinite
from typing import Any

from kong2x.model.errors import OutputError
from kong2x.write.strings import block_lines, flow_text

MAX_DEPTH = 256
LONGEST_KEY = 1000
"""YAML readers give up on keys beyond 1,024 characters."""


def dump(value: Any, *, header: Sequence[str] = ()) -> str:
    """One document as YAML, with each line of `header` as a comment in front of it.

    `value` is what JSON can hold: dict with string keys, list or tuple, str, int, float, bool, None.
    Nothing is folded, sorted or anchored. OutputError for anything else, and for keys that readers refuse.

    >>> print(dump({"on": "yes", "ports": [{"port": 80}]}), end="")
    "on": "yes"
    ports:
    - port: 80
    """
    out = [f"# {comment(line)}".rstrip() for line in header]
    if isinstance(value, dict) and value:
        _mapping(value, "", "", out, 0)
    elif isinstance(value, list | tuple) and value:
        _sequence(value, "", "", out, 0)
    else:
        out.append(_scalar(value))
    out.append("")
    return "\n".join(out)


def dump_all(values: Iterable[Any], *, headers: Iterable[Sequence[str]] = ()) -> str:
    """Several documents as one stream, each behind a `---` line; `headers` go with the values in order."""
    comments = iter(headers)
    return "".join("---\n" + dump(value, header=next(comments, ())) for value in values)


def comment(line: str) -> str:
    """Text that is safe in a comment: one line, printable."""
    return "".join(character if character.isprintable() else "\ufffd" for character in line)


def _mapping(value: dict[Any, Any], lead: str, pad: str, out: list[str], depth: int) -> None:
    """The entries of a mapping; the first line begins with `lead`, all others with `pad`."""
    if depth > MAX_DEPTH:
        raise OutputError(f"An object is nested more than {MAX_DEPTH} levels deep, or contains itself.")
    for key, child in value.items():
        kind = type(child)
        name = _key(key)
        if kind is str:
            if "\n" in child:
                _text(child, f"{lead}{name}: ", pad + "  ", out)
            else:
                out.append(f"{lead}{name}: {flow_text(child)}")
        elif kind is dict and child:
            out.append(f"{lead}{name}:")
            _mapping(child, pad + "  ", pad + "  ", out, depth + 1)
        elif (kind is list or kind is tuple) and child:
            out.append(f"{lead}{name}:")
            _sequence(child, pad, pad, out, depth + 1)
        else:
            out.append(f"{lead}{name}: {_scalar(child)}")
        lead = pad


def _sequence(value: Sequence[Any], lead: str, pad: str, out: list[str], depth: int) -> None:
    """The items of a list, with their dashes at the indentation of `pad`."""
    if depth > MAX_DEPTH:
        raise OutputError(f"An object is nested more than {MAX_DEPTH} levels deep, or contains itself.")
    inner = pad + "  "
    for child in value:
        kind = type(child)
        if kind is str:
            if "\n" in child:
                _text(child, f"{lead}- ", inner, out)
            else:
                out.append(f"{lead}- {flow_text(child)}")
        elif kind is dict and child:
            _mapping(child, f"{lead}- ", inner, out, depth + 1)
        elif (kind is list or kind is tuple) and child:
            _sequence(child, f"{lead}- ", inner, out, depth + 1)
        else:
            out.append(f"{lead}- {_scalar(child)}")
        lead = pad


def _text(text: str, lead: str, pad: str, out: list[str]) -> None:
    """A string of several lines, as a literal block where that is safe."""
    block = block_lines(text)
    if block is None:
        out.append(lead + flow_text(text))
        return
    mark, lines = block
    out.append(lead + mark)
    out += [pad + line if line else "" for line in lines]


def _key(key: object) -> str:
    if not isinstance(key, str):
        raise OutputError(
            f"A key is {type(key).__name__} and not text: Kubernetes objects have text keys only."
        )
    name = flow_text(key)
    if len(name) > LONGEST_KEY:
        raise OutputError(f"A key has {len(key)} characters; YAML readers take {LONGEST_KEY} at most.")
    return name


def _scalar(value: object) -> str:
    """Everything but non-empty containers and exact strings."""
    if value is None:
        return "null"
    if isinstance(value, bool):
        return "true" if value else "false"
    if isinstance(value, int):
        return int.__repr__(value)
    if isinstance(value, float):
        return _float(value)
    if isinstance(value, str):
        return flow_text(str(value))
    if isinstance(value, dict | list | tuple) and not value:
        return "{}" if isinstance(value, dict) else "[]"
    raise OutputError(
        f"{type(value).__name__} cannot be written as YAML: only plain data that JSON can hold."
    )


def _float(value: float) -> str:
    """A number that YAML 1.1 readers take for one too: they want a point, and a sign in the exponent."""
    if not isfinite(value):
        raise OutputError("A number is infinite or not a number: JSON and Kubernetes have neither.")
    text = repr(value)
    mantissa, e, exponent = text.partition("e")
    if not e:
        return text
    if "." not in mantissa:
        mantissa += ".0"
    return f"{mantissa}e{exponent if exponent[0] in '+-' else '+' + exponent}"
