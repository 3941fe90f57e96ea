"""The matches of HTTPRoutes and GRPCRoutes as the Gateway API specification pools them."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from typing import Any


@dataclass(slots=True)
class Match:
    """One match of one rule. `schemes` are those of the listeners it is attached to.

    `path_type` is Exact, PathPrefix or RegularExpression; `headers` and `query` are (name, value, regex).
    `rule` is the rule it belongs to, for filters and backends.
    """

    id: str
    hostnames: Sequence[str]
    schemes: frozenset[str]
    path_type: str
    path: str
    method: str
    headers: Sequence[tuple[str, str, bool]]
    query: Sequence[tuple[str, str, bool]]
    rule: Mapping[str, Any]
    namespace: str
    age: tuple[str, str, int, int]
    """Creation time, namespace/name, rule and match position: what decides ties."""
