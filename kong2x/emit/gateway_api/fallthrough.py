"""Which rules of broader hosts must be written for a narrower host as well (D6, D7, D8).

Kong tries wildcard and host-less routes when no route of the host itself matches; many data planes
look at the rules of the best host only.
"""

from __future__ import annotations

from kong2x.emit.gateway_api.contest import Claim, same_outcome
from kong2x.emit.gateway_api.draft import REGEX, Draft, Match
from kong2x.emit.gateway_api.kong_order import by_table, rank, undetermined
from kong2x.emit.gateway_api.overlap import compatible, contains, covers_criteria, may_meet


def copies_for(
    flavour: str, own: list[Claim], broader: list[tuple[Draft, Match]], *, falls_through: bool
) -> list[Claim]:
    """The broader rules to copy; `falls_through` keeps those that may beat a rule of the host or a copy.

    A rule that a rule of the host covers and beats is never reached in Kong, and not copied.
    """
    out: list[Claim] = []
    roots = [claim for claim in own if claim.match.path.value == "/"]
    for draft, match in broader:
        copy = Claim(draft, match, match.path, own=False)
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
        and not claim.lacks(copy.match.path)
        and not by_table(flavour, claim.draft.route, copy.draft.route)
        and covers_criteria(claim.match, copy.match)
        and all(_rank(flavour, claim, below) > _rank(flavour, copy, below) for below in (True, False))
    )


def _beats(flavour: str, copy: Claim, claim: Claim) -> bool:
    """Whether Kong may prefer the broader rule for a request that both take."""
    if same_outcome(copy.draft, claim.draft) or not compatible(copy.match, claim.match):
        return False
    one, other = copy.match.path, claim.match.path
    if REGEX in (one.type, other.type):
        pattern, plain = (one, other) if one.type == REGEX else (other, one)
        meets = may_meet(pattern, plain)
    else:
        meets = contains(one, other) or contains(other, one)
    open_ended = by_table(flavour, copy.draft.route, claim.draft.route)
    if open_ended or undetermined(flavour, copy.draft.route, claim.draft.route):
        return meets
    return meets and any(
        _rank(flavour, copy, below) >= _rank(flavour, claim, below) for below in (True, False)
    )


def _rank(flavour: str, claim: Claim, below: bool) -> tuple[int, ...]:
    found = claim.ranks.get(below)
    if found is None:
        found = rank(flavour, claim.draft.route, claim.kong_path.source, below=below)
        claim.ranks[below] = found
    return found
