"""Which routes Kong's `expressions` router evaluates: KIC's expression strings with their priorities."""

from __future__ import annotations

from collections.abc import Sequence

from kong2x.verify.kong import compatible
from kong2x.verify.kong.atc import Either, Every, Node, Predicate, ReadError
from kong2x.verify.kong.atc_reader import read
from kong2x.verify.kong.entities import KongRoute
from kong2x.verify.kong.ranked import Matcher

_EXPRESSION_ROUTE = 0xFF << 56
"""Routes with an expression of their own rank above those that only have classic criteria."""

_WITHOUT_PROTOCOL = (("https",), ("tls",), ("tls_passthrough",))
_WIRE_PROTOCOL = {"grpc": "http", "grpcs": "https", "tls_passthrough": "tcp"}


def matchers(routes: Sequence[KongRoute]) -> list[Matcher]:
    """What the router evaluates for these routes."""
    found = []
    for route in routes:
        if route.expression:
            rank = _EXPRESSION_ROUTE | route.priority
            found.append(_matcher(route, route.expression, rank, route.id))
        elif route.kinds:
            for piece in compatible.pieces_of(route):
                node = with_protocol(compatible.expression(route, piece.paths), route)
                found.append(
                    Matcher(route, node, compatible.priority(piece), piece.id, " or ".join(piece.paths))
                )
    return found


def _matcher(route: KongRoute, expression: str, rank: int, identity: str) -> Matcher:
    try:
        node = with_protocol(read(expression), route)
    except ReadError as problem:
        return Matcher(route, Every(()), rank, identity, expression, undecidable=str(problem))
    return Matcher(route, node, rank, identity, expression)


def with_protocol(node: Node, route: KongRoute) -> Node:
    """The condition with the protocols as Kong appends them.

    A route for https alone gets no such condition, so that plain HTTP can be answered with a redirect.
    """
    if tuple(route.protocols) in _WITHOUT_PROTOCOL:
        return node
    wire = dict.fromkeys(_WIRE_PROTOCOL.get(protocol, protocol) for protocol in route.protocols)
    return Every((node, Either(tuple(Predicate("net.protocol", "==", protocol) for protocol in wire))))
