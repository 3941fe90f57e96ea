"""Which route Kong's `traditional_compatible` router chooses: pieces, their expressions and priorities."""

from __future__ import annotations

import uuid
from collections.abc import Iterable, Sequence
from dataclasses import dataclass

from kong2x.verify.kong.arrival import ascii_lower
from kong2x.verify.kong.atc import Either, Every, Node, Predicate
from kong2x.verify.kong.entities import KongRoute
from kong2x.verify.kong.ranked import Matcher
from kong2x.verify.uri import wire_bytes

PIECES = uuid.UUID("7f145bf9-0dce-4f91-98eb-debbce4b9f6b")
"""The namespace of the ids that Kong gives to the pieces of a split route (kong-source.md 4.5)."""

_PLAIN_HOSTS = 1 << 60
_REGEX_PATH = 1 << 51
_UNDEFINED_KINDS = 4
"""From so many kinds on the order depends on whether Kong's code has been compiled by its JIT."""


@dataclass(frozen=True, slots=True)
class Piece:
    """A route with paths of one length, or with its regexes."""

    route: KongRoute
    paths: tuple[str, ...]
    id: str


def pieces_of(route: KongRoute) -> list[Piece]:
    """The route split by path length, all regexes together, in order of first appearance."""
    groups: dict[int, list[str]] = {}
    for path in route.paths:
        groups.setdefault(0 if path.startswith("~") else len(wire_bytes(path)), []).append(path)
    if len(groups) < 2:
        return [Piece(route, route.paths, route.id)]
    return [
        Piece(route, tuple(paths), str(uuid.uuid5(PIECES, f"{route.id}#{number}")) if route.id else "")
        for number, paths in enumerate(groups.values(), 1)
    ]


def priority(piece: Piece) -> int:
    """The priority of a piece, compared as an unsigned number; the higher wins.

    Each field is shifted as a signed 32-bit number and only then widened, which puts kinds and header
    count into the low half and lets four kinds outrank everything (observed; kong-source.md 4.5).

    >>> from kong2x.verify.kong.entities import KongRoute, KongService
    >>> route = KongRoute("r", KongService("s"), hosts=("a.com",), paths=("/api",))
    >>> priority(pieces_of(route)[0]) == 2**60 | 2 << 29 | 4
    True
    """
    route = piece.route
    regex = bool(piece.paths) and piece.paths[0].startswith("~")
    value = _widened(len(route.kinds) << 29) | _widened(min(len(route.headers), 255) << 20)
    if regex:
        value |= _REGEX_PATH | _widened(route.regex_priority << 19)
    elif piece.paths:
        value |= len(wire_bytes(piece.paths[0])) & 0x7FFFF
    if route.hosts and not any("*" in host for host in route.hosts):
        value |= _PLAIN_HOSTS
    return value


def _widened(number: int) -> int:
    """The low 32 bits as a signed number, widened to unsigned 64 bits."""
    low = number & 0xFFFFFFFF
    return low | 0xFFFFFFFF00000000 if low & 0x80000000 else low


def expression(route: KongRoute, paths: Iterable[str]) -> Node:
    """The condition that Kong makes of classic criteria."""
    parts: list[Node] = []
    if route.snis:
        snis = [_sni(sni) for sni in route.snis]
        parts.append(Either((Predicate("net.protocol", "!=", "https"), *snis)))
    if route.methods:
        parts.append(Either(tuple(Predicate("http.method", "==", method) for method in route.methods)))
    if route.hosts:
        parts.append(Either(tuple(_host(host) for host in route.hosts)))
    chosen = tuple(_path(path) for path in paths)
    if chosen:
        parts.append(Either(chosen))
    for name, values in route.headers:
        field = f"http.headers.{name.replace('-', '_').lower()}"
        parts.append(Either(tuple(_header(field, value) for value in values)))
    return Every(tuple(parts))


def _sni(sni: str) -> Predicate:
    if sni.endswith("*") and not sni.startswith("*"):
        return Predicate("tls.sni", "^=", sni[:-1])
    name = sni[:-1] if len(sni) > 1 and sni.endswith(".") else sni
    return Predicate("tls.sni", "=^", name[1:]) if sni.startswith("*") else Predicate("tls.sni", "==", name)


def _host(host: str) -> Node:
    name, colon, port = host.partition(":")
    if not colon or not port.isdigit():
        name, port = host, ""
    if name.startswith("*"):
        test = Predicate("http.host", "=^", name[1:])
    elif name.endswith("*"):
        test = Predicate("http.host", "^=", name[:-1])
    else:
        test = Predicate("http.host", "==", name)
    return Every((test, Predicate("net.dst.port", "==", int(port)))) if port else test


def _path(path: str) -> Predicate:
    if not path.startswith("~"):
        return Predicate("http.path", "^=", path)
    # Kong replaces the text wherever it stands, look-behinds included.
    return Predicate("http.path", "~", "^" + path[1:].replace("?<", "?P<"))


def _header(field: str, value: str) -> Predicate:
    if value.startswith("~*"):
        return Predicate(field, "~", ascii_lower(value[2:]), lower=True, any=True)
    return Predicate(field, "==", ascii_lower(value), lower=True, any=True)


def matchers(routes: Sequence[KongRoute]) -> list[Matcher]:
    """What the router evaluates for these routes."""
    found = []
    for route in routes:
        if not route.kinds:
            continue
        for piece in pieces_of(route):
            found.append(
                Matcher(
                    route,
                    expression(route, piece.paths),
                    priority(piece),
                    piece.id,
                    criterion=" or ".join(piece.paths),
                    kinds=len(route.kinds),
                    unordered=len(route.kinds) >= _UNDEFINED_KINDS,
                )
            )
    return found
