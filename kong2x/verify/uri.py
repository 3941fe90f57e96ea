"""How nginx and Kong read a request target, and how Kong writes the path that it sends upstream.

Paths are bytes here: both programs compare bytes, and a decoded path need not be UTF-8.
"""

from __future__ import annotations

import re

RESERVED = frozenset(b"!*'();:@&=+$,/?%#[]")
"""Bytes whose percent-encoding Kong keeps (kong/tools/uri.lua): decoding them would change the meaning."""

_TRIPLET = re.compile(rb"%([0-9A-Fa-f]{2})")
_UNSAFE = re.compile(rb"[^!#$&'()*+,/:;=?@\[\]A-Za-z0-9\-_.~%]")


def wire_bytes(text: str) -> bytes:
    """Text of a request as bytes on the wire; lone surrogates stand for bytes that are not UTF-8."""
    return text.encode("utf-8", "surrogateescape")


def split_target(target: str) -> tuple[bytes, str]:
    """The path (as bytes) and the query without its `?` of a raw request target.

    >>> split_target("/a?b=1")
    (b'/a', 'b=1')
    """
    path, _, query = target.partition("?")
    return wire_bytes(path), query


def kong_path(path: bytes) -> bytes:
    """The path that Kong's routers compare: normalised, runs of slashes merged (kong-source.md 4.1).

    Percent triplets are decoded unless they stand for a reserved byte; those get upper-case hex.

    >>> kong_path(b"/a//b/../c%2fd%7ee%20f")
    b'/a/c%2Fd~e f'
    """
    if b"%" in path:
        path = _TRIPLET.sub(_decode, path)
    if b"." not in path and b"//" not in path:
        return path
    return without_dots(path)


def _decode(triplet: re.Match[bytes]) -> bytes:
    code = int(triplet[1], 16)
    return triplet[0].upper() if code in RESERVED else bytes((code,))


def without_dots(path: bytes) -> bytes:
    """The path without dot segments and empty segments; `..` at the root is dropped.

    >>> without_dots(b"/a/./b//../c/.")
    b'/a/c/'
    """
    head, *segments = path.split(b"/")
    kept: list[bytes] = []
    last = len(segments) - 1
    for position, segment in enumerate(segments):
        if segment in (b"", b".", b".."):
            if segment == b".." and kept:
                kept.pop()
            if position == last:
                kept.append(b"")
        else:
            kept.append(segment)
    if head in (b".", b".."):
        head = b""
    return b"/".join((head, *kept)) if segments else head


def escape(path: bytes) -> str:
    """The path as Kong sends it upstream: every byte that is not safe in a request line as `%XX`.

    >>> escape("/a b/é~%2F".encode())
    '/a%20b/%C3%A9~%2F'
    """
    return _UNSAFE.sub(lambda match: b"%%%02X" % match[0][0], path).decode("ascii")


def nginx_uri(target: str) -> bytes | None:
    """nginx's `$uri` for a raw request target; None where nginx answers 400 before any router runs.

    Every triplet is decoded (an encoded slash becomes a separator), dot segments and repeated slashes
    are removed (`merge_slashes on`); what follows `?` or `#` is cut. Refused: a path that climbs above
    the root, a broken triplet, a zero byte, and bytes that end a request line.

    >>> nginx_uri("/a%2Fb/../c//d?x"), nginx_uri("/../a"), nginx_uri("/%zz")
    (b'/a/c/d', None, None)
    """
    raw = wire_bytes(target)
    if any(byte <= 0x20 or byte == 0x7F for byte in raw):
        return None
    path = re.split(rb"[?#]", raw, maxsplit=1)[0]
    if not path.startswith(b"/"):
        return path if path == b"*" else None
    if b"%" in path:
        if re.search(rb"%(?![0-9A-Fa-f]{2})", path):
            return None
        path = _TRIPLET.sub(lambda match: bytes((int(match[1], 16),)), path)
        if b"\0" in path:
            return None
    depth = 0
    for segment in path.split(b"/"):
        if segment == b"..":
            depth -= 1
            if depth < 0:
                return None
        elif segment not in (b"", b"."):
            depth += 1
    return without_dots(path)


def query_arguments(query: str) -> dict[str, list[str]]:
    """The arguments of a query as OpenResty reads them: `+` is a space, a lone name has the value ``.

    >>> query_arguments("a=1&b&a=x+y%21")
    {'a': ['1', 'x y!'], 'b': ['']}
    """
    found: dict[str, list[str]] = {}
    for piece in query.partition("#")[0].split("&"):
        name, _, value = piece.partition("=")
        if name:
            found.setdefault(_argument(name), []).append(_argument(value))
    return found


def _argument(text: str) -> str:
    raw = _TRIPLET.sub(lambda match: bytes((int(match[1], 16),)), wire_bytes(text.replace("+", " ")))
    return raw.decode("utf-8", "surrogateescape")
