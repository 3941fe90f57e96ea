"""What an explicit tag makes of a scalar, and which escapes Kubernetes refuses."""

from __future__ import annotations

import re
from base64 import b64decode
from binascii import Error as Base64Error
from datetime import date
from typing import Any

from yaml import ScalarEvent

from kong2x.model.scalars import Scalar, resolve_plain
from kong2x.read.events import DocumentError, event_source

CORE = "tag:yaml.org,2002:"
_KINDS = {"int": int, "float": float, "bool": bool, "null": type(None)}
_TIMESTAMP = re.compile(
    r"([0-9]{4}-[0-9]{1,2}-[0-9]{1,2})(?:(?:[Tt][0-9]{1,2}:[0-9]{1,2}:[0-9]{1,2}(?:\.[0-9]+)?(?:Z|[-+][0-9]{2}:[0-9]{2}))"
    r"|(?: [0-9]{1,2}:[0-9]{1,2}:[0-9]{1,2}(?:\.[0-9]+)?))?"
)
_SLASH_ESCAPE = re.compile(r"(?:[^\\]|\\[^/])*\\/", re.DOTALL)
_RAW_BYTE = re.compile("[\udc80-\udcff]")


def tagged_scalar(event: ScalarEvent) -> Scalar:
    """The value of a scalar with a tag; a core tag must fit, any other tag leaves the text alone."""
    text = str(event.value)
    name = str(event.tag).removeprefix(CORE) if str(event.tag).startswith(CORE) else ""
    if name == "binary":
        return _binary(text, event)
    if name == "timestamp":
        if _is_timestamp(text):
            return text
        raise _misfit(event, name)
    if name not in _KINDS:
        return text
    value = resolve_plain(text)
    if name == "float" and type(value) is int:
        return float(value)
    if type(value) is not _KINDS[name]:
        raise _misfit(event, name)
    return value


def _misfit(event: ScalarEvent, name: str) -> DocumentError:
    return DocumentError.at(event, f"the tag !!{name} does not fit its value")


def _binary(text: str, event: ScalarEvent) -> str:
    """The decoded text; bytes that are not UTF-8 become the replacement character, one each."""
    try:
        data = b64decode(text.replace("\n", "").replace("\r", ""), validate=True)
    except (Base64Error, ValueError):
        raise _misfit(event, "binary") from None
    return _RAW_BYTE.sub("\ufffd", data.decode("utf-8", "surrogateescape"))


def _is_timestamp(text: str) -> bool:
    match = _TIMESTAMP.fullmatch(text)
    if match is None:
        return False
    try:
        date(*map(int, match[1].split("-")))
    except ValueError:
        return False
    return True


def check_escapes(data: bytes, *, pure: bool = False) -> None:
    """Refuses `\\/` inside double quotes: libyaml takes it for a slash, Kubernetes' reader does not."""
    if b"\\/" not in data:
        return
    text = data.decode("utf-8").removeprefix("\ufeff")
    get = event_source(text.encode(), pure=pure)
    for event in iter(get, None):
        if isinstance(event, ScalarEvent) and event.style == '"':
            first: Any = event.start_mark
            last: Any = event.end_mark
            start, end = first.index, last.index
            match = _SLASH_ESCAPE.match(text, start, end)
            if match:
                line = text.count("\n", start, match.end()) + first.line
                column = match.end() - 2 - (text.rfind("\n", 0, match.end()) + 1)
                raise DocumentError("found the escape \\/ inside double quotes", line, column)
