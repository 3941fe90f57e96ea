"""Which rules of broader hosts must be written for a narrower host as well (D6, D7, D8).

Kong tries wildcard and host-less routes when no route of the host itself matches; many data planes
look at the rules of the best host only.
"""

from __future__ import annotations

from collections.abc import Iterable

from kong2x.emit.gateway_api.claim import Claim
from kong2x.emit.gateway_api.draft import EXACT, PREFIX, REGEX, GatewayPath
from kong2x.emit.gateway_api.kong_order import by_table, undetermined
from kong2x.emit.gateway_api.overlap import contains, may_meet


def copies_for(
    flavour: str, own: list[Claim], broader: Iterable[Claim], *, falls_through: bool
) -> list[Claim]:
    """The broader rules to copy; `falls_through` keeps those that may beat a rule of the host or a copy.

    A rule that a rule of the host covers and beats is never reached in Kong, and not copied.
    """
    out: list[Claim] = []
    roots = [claim for claim in own if claim.match.path.value == "/"]
    for copy in broader:
        if any(_covered(flavour, claim, copy) for claim in (roots or own)):
            continue
        if roots and any(_covered(flavour, claim, copy) for claim in own):
            continue
        out.append(copy)
    return _needed(flavour, out, own) if falls_through else out


def _needed(flavour: str, copies: list[Claim], own: list[Claim]) -> list[Claim]:
    """The copies without which a rule of the host, or another copy, would take their requests."""
    kept: set[int] = set()
    rivals = own
    while rivals:
        fresh = [
            copy
            for copy in copies
            if id(copy) not in kept and any(_beats(flavour, copy, claim) for claim in rivals)
        ]
        kept.update(map(id, fresh))
        rivals = fresh
    return [copy for copy in copies if id(copy) in kept]


def _covered(flavour: str, claim: Claim, copy: Claim) -> bool:
    return (
        contains(claim.match.path, copy.match.path)
        and not claim.lacks(copy.text)
        and not by_table(flavour, claim.standing, copy.standing)
        and claim.terms.cover(copy.terms)
        and all(_rank(flavour, claim, below) > _rank(flavour, copy, below) for below in (True, False))
    )


def _beats(flavour: str, copy: Claim, claim: Claim) -> bool:
    """Whether Kong may prefer the broader rule for a request that both take.

    That is so at the bare text of a path with a final slash, which Kong's own path does not take.
    """
    if copy.outcome.same(claim.outcome) or not copy.terms.compatible(claim.terms):
        return False
    one, other = copy.match.path, claim.match.path
    if other.type == PREFIX and claim.lacks(claim.text) and _meets(one, other._replace(type=EXACT)):
        return True
    meets = _meets(one, other)
    standings = copy.standing, claim.standing
    if by_table(flavour, *standings) or undetermined(flavour, *standings):
        return meets
    return meets and any(
        _rank(flavour, copy, below) >= _rank(flavour, claim, below) for below in (True, False)
    )


def _meets(one: GatewayPath, other: GatewayPath) -> bool:
    if REGEX in (one.type, other.type):
        pattern, plain = (one, other) if one.type == REGEX else (other, one)
        return may_meet(pattern, plain)
    return contains(one, other) or contains(other, one)


def _rank(flavour: str, claim: Claim, below: bool) -> tuple[int, ...]:
    return claim.half_rank(flavour, below=below)
