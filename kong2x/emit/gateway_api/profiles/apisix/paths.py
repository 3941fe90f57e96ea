"""Paths that APISIX compares in another way than the Gateway API, written as expressions instead.

APISIX decodes the request path first, so an encoded character in a path never matches; in a prefix it
reads characters such as + and ( as parts of an expression, and a star matches anything (traps T1, T2, T8).
"""

from __future__ import annotations

import re
from urllib.parse import unquote

from kong2x.emit.gateway_api.draft import EXACT, REGEX, Draft, GatewayPath, Match

_ENCODED = re.compile(r"%[0-9A-Fa-f]{2}")
_META = re.compile(r"[+?()\[\]{}|^$\\*]")


def plain_text(value: str) -> str:
    """A path as APISIX compares it.

    >>> plain_text("/a%20b")
    '/a b'
    """
    return unquote(value, errors="surrogateescape")


def comparable(path: GatewayPath) -> bool:
    """Whether APISIX finds the path as it stands."""
    if path.type == REGEX:
        return True
    special = "*" in path.value if path.type == EXACT else _META.search(path.value)
    return not special and not _ENCODED.search(path.value)


def fitted(draft: Draft) -> tuple[Match, ...]:
    """The matches of a rule, those that would not be found as expressions.

    >>> from kong2x.emit.gateway_api.draft import PREFIX
    >>> _expression(GatewayPath(PREFIX, "/c++")).value
    '^/c\\\\+\\\\+(?:/|\\\\z)'
    """
    return tuple(
        match if comparable(match.path) else match._replace(path=_expression(match.path))
        for match in draft.matches
    )


def _expression(path: GatewayPath) -> GatewayPath:
    exact = path.type == EXACT
    text = re.escape(plain_text(path.value if exact else path.value.rstrip("/")))
    tail = r"\z" if exact else r"(?:/|\z)"
    return GatewayPath(REGEX, f"^{text}{tail}", path.source, path.consumed)
