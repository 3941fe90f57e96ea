"""The leaves of Gateway API objects that no route carries: what Kong ignores, and what stays in the cluster."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

from kong2x.model.finding import Level
from kong2x.model.source import Path, SourceObject, items, leaves, mapping
from kong2x.resolve.gateway import codes
from kong2x.resolve.gateway.context import Translation
from kong2x.resolve.world import GATEWAY_GROUP

STAYS = ("GatewayClass", "Gateway", "ReferenceGrant")
ROUTES = ("HTTPRoute", "GRPCRoute", "TCPRoute", "UDPRoute", "TLSRoute")
UNREAD = {
    "retry": "it repeats requests by the Service's konghq.com/retries only",
    "sessionPersistence": "it has no such feature",
}


def book_gateway_objects(on: Translation) -> None:
    """Books everything that is left of the Gateway API objects, and carried leaves as carried."""
    ledger = on.world.ledger
    elements: list[Any] = [*on.model.routes, *on.model.streams, *on.model.services, *on.model.certificates]
    for element in elements:
        for feature, where in element.provenance.items():
            ledger.book_leaves(where, None, str(feature))
    for kind in STAYS:
        for obj in on.world.all(kind):
            if obj.group == GATEWAY_GROUP:
                book_rest(on, obj, Level.EXACT, "cluster-object")
    for kind in ROUTES:
        for obj in on.routes(kind):
            ignored_fields(on, obj)
            book_rest(on, obj, Level.IGNORED, codes.IGNORED_FIELD.id)
    gate = on.world.facts.gate("GatewayAlpha")
    for obj in on.world.all("BackendTLSPolicy"):
        if not gate:
            message = "Kong does not read this BackendTLSPolicy: the feature gate GatewayAlpha is off."
            on.drop(obj, codes.GATE_OFF, message)
        book_rest(on, obj, Level.IGNORED, codes.IGNORED_FIELD.id)


def ignored_fields(on: Translation, obj: SourceObject) -> None:
    """Tells of the fields that would change requests if Kong read them."""
    for index, rule in enumerate(map(mapping, items(mapping(obj.value.get("spec")).get("rules")))):
        where: Path = ("spec", "rules", index)
        for word, why in UNREAD.items():
            if word in rule and untold(on, obj, (*where, word)):
                on.ignore(obj, (*where, word), why)
        if "request" in mapping(rule.get("timeouts")) and untold(on, obj, (*where, "timeouts", "request")):
            on.ignore(obj, (*where, "timeouts", "request"), "it limits the request to the backend only")
        if obj.kind == "GRPCRoute" and items(rule.get("filters")) and untold(on, obj, (*where, "filters")):
            on.ignore(obj, (*where, "filters"), "it reads no filter of a GRPCRoute")
        backend_filters(on, obj, rule, where)


def backend_filters(on: Translation, obj: SourceObject, rule: Mapping[str, Any], where: Path) -> None:
    """Filters of a single backend do nothing."""
    for place, ref in enumerate(map(mapping, items(rule.get("backendRefs")))):
        path = (*where, "backendRefs", place, "filters")
        if ref.get("filters"):
            on.ignore(obj, path, "it reads no filter of a single backend")


def untold(on: Translation, obj: SourceObject, path: Path) -> bool:
    """Whether nothing was said about a field yet."""
    entry = on.world.ledger.entry(obj.ref, path)
    return entry is None or entry.level is None


def book_rest(on: Translation, obj: SourceObject, level: Level, why: str) -> None:
    """Books every unbooked leaf below `spec`."""
    ledger = on.world.ledger
    for path in leaves(obj.value.get("spec"), ("spec",)):
        if ledger.entry(obj.ref, path) is None:
            ledger.book(obj.ref, path, level, why)
