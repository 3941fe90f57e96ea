"""Whether the rules of a GRPCRoute are ones that the API server takes (G1 to G3)."""

from __future__ import annotations

import re
from collections.abc import Iterator, Mapping
from typing import Any

from kong2x.model.source import Path, items
from kong2x.validate.explain import Problem
from kong2x.validate.gateway import codes, filters
from kong2x.validate.gateway.edition import Edition, each
from kong2x.validate.gateway.http import MOST_MATCHES, rule_names
from kong2x.validate.gateway.policies import session
from kong2x.validate.gateway.references import backends

_SERVICE = re.compile(r"\.?[a-z_][a-z_0-9]*(\.[a-z_][a-z_0-9]*)*", re.IGNORECASE | re.ASCII)
_METHOD = re.compile(r"[A-Za-z_][A-Za-z_0-9]*")


def check(spec: Mapping[str, Any], edition: Edition) -> Iterator[Problem]:
    """The problems of one GRPCRoute's spec."""
    rules = list(each(spec.get("rules"), ("spec", "rules")))
    for path, rule in rules:
        for here, match in each(rule.get("matches"), (*path, "matches")):
            if isinstance(match.get("method"), Mapping):
                yield from _method(match["method"], (*here, "method"), edition)
        yield from backends(rule, path)
        yield from filters.check(rule.get("filters"), (*path, "filters"), edition, "GRPCRoute")
        for here, ref in each(rule.get("backendRefs"), (*path, "backendRefs")):
            yield from filters.check(ref.get("filters"), (*here, "filters"), edition, "GRPCRoute")
        yield from session(rule.get("sessionPersistence"), (*path, "sessionPersistence"), edition)
    total = sum(len(items(rule.get("matches"))) for _, rule in rules)
    if total > MOST_MATCHES and edition.since(1, 2):
        yield Problem(
            codes.MATCHES_TOTAL,
            ("spec", "rules"),
            f"The route has {total} matches; expected at most {MOST_MATCHES}.",
        )
    if edition.experimental and edition.since(1, 2):
        yield from rule_names(rules)


def _method(method: Mapping[str, Any], path: Path, edition: Edition) -> Iterator[Problem]:
    kind = method.get("type", edition.defaults.get("spec.rules[].matches[].method.type"))
    service, name = method.get("service"), method.get("method")
    if kind and service is None and name is None:
        yield Problem(codes.GRPC_EMPTY, path, "The method match names neither service nor method.")
    if kind not in (None, "Exact"):
        return
    if service is not None and not _SERVICE.fullmatch(str(service)):
        message = f'The service "{service}" is no identifier.'
        yield Problem(codes.GRPC_NAME, (*path, "service"), message)
    if name is not None and not _METHOD.fullmatch(str(name)):
        yield Problem(codes.GRPC_NAME, (*path, "method"), f'The method "{name}" is no identifier.')
