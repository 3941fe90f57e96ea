"""A file of requests, one JSON object a line, as `routes --requests` and `probe --requests` read it."""

from __future__ import annotations

import json
import sys
from collections.abc import Iterator
from pathlib import Path
from typing import Any

from kong2x.model.errors import ReadError, UsageError
from kong2x.model.traffic import Request

WORDS = ("id", "method", "host", "path", "headers", "scheme", "sni")


def read_requests(file: str) -> Iterator[tuple[Any, Request]]:
    """Every request with its id as written (the line number where there is none); `-` is standard input.

    Raises ReadError for a file that cannot be read, UsageError with the line for a wrong request.
    """
    try:
        text = sys.stdin.read() if file == "-" else Path(file).read_text(encoding="utf-8")
    except OSError as error:
        raise ReadError(f"--requests {file}: cannot be read: {error.strerror}.") from None
    except UnicodeDecodeError:
        raise ReadError(f"--requests {file}: expected UTF-8 text, one JSON object a line.") from None
    for number, line in enumerate(text.split("\n"), 1):
        if line.strip():
            yield parse_request(line, f"{'<stdin>' if file == '-' else file}:{number}", number)


def parse_request(line: str, where: str, number: int) -> tuple[Any, Request]:
    """One line: {id, method, host, path, headers, scheme, sni}; a header's list repeats the header."""
    try:
        data = json.loads(line)
    except ValueError:
        raise UsageError(f"{where}: expected one JSON object a line.") from None
    if not isinstance(data, dict):
        raise UsageError(f"{where}: expected a JSON object with host and path.")
    for word in ("method", "host", "path", "scheme", "sni"):
        if not isinstance(data.get(word), str | None):
            raise UsageError(f"{where}: {word}: expected text.")
    if data.get("scheme") not in (None, "http", "https"):
        raise UsageError(f"{where}: scheme: expected http or https.")
    identity = data.get("id", str(number))
    return identity, Request(
        data.get("method") or "GET",
        data.get("host") or "",
        data.get("path") or "/",
        tuple(headers(data.get("headers") or {}, where)),
        data.get("scheme") or "http",
        data.get("sni"),
        str(identity),
    )


def headers(given: Any, where: str) -> Iterator[tuple[str, str]]:
    """Pairs of name and value from a mapping, or from a list of such pairs."""
    rows = list(given.items()) if isinstance(given, dict) else given
    for row in rows if isinstance(rows, list) else [None]:
        if not isinstance(row, list | tuple) or len(row) != 2:
            raise UsageError(f'{where}: headers: expected a mapping, for example {{"x-version": "2"}}.')
        name, value = row
        for one in value if isinstance(value, list) else [value]:
            yield str(name), str(one)
