"""Header values that Kong compares without case, as expressions, which APISIX reads with PCRE's flags.

They become expressions only when the rules are finished: until then two different values tell rules apart.
"""

from __future__ import annotations

import re

from kong2x.emit.gateway_api.draft import EXACT, REGEX, Criterion, Draft, Match
from kong2x.model.route import RouteModel


def exact_headers(model: RouteModel) -> frozenset[str]:
    """The headers, in lower case, that some route compares with case."""
    every = (header for route in model.routes for header in route.headers)
    return frozenset(header.name.lower() for header in every if header.exact_case)


def folded(draft: Draft, exact: frozenset[str]) -> tuple[Match, ...]:
    """The matches of a rule with header values that fit in any case."""
    return tuple(
        match._replace(headers=tuple(_folded(one, exact) for one in match.headers)) for match in draft.matches
    )


def _folded(criterion: Criterion, exact: frozenset[str]) -> Criterion:
    value = criterion.value
    plain = criterion.type != EXACT or value.lower() == value.upper() or criterion.name.lower() in exact
    return criterion if plain else Criterion(criterion.name, REGEX, rf"(?i)^{re.escape(value)}\z")
