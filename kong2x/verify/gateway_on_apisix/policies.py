"""HTTPRoutePolicies: the priority and the further conditions of a route's rules (apisix-target.md 7.7)."""

from __future__ import annotations

from collections.abc import Sequence
from typing import Any

from kong2x.model.source import items, mapping, text
from kong2x.verify.apisix.entries import Entry
from kong2x.verify.gateway_on_apisix.world import Object, World, key_of


def policies_for(world: World, route: Object) -> list[Object]:
    """The policies of one HTTPRoute that act, in input order.

    As soon as two policies of one rule differ in priority, neither acts on any rule of the route.
    """
    namespace, name = key_of(route)
    found = [
        policy
        for (where, _), policy in world.every("HTTPRoutePolicy")
        if where == namespace and any(ref.get("name") == name for ref in route_refs(policy))
    ]
    conflicting: set[int] = set()
    for rule in map(mapping, items(mapping(route.get("spec")).get("rules")) or [{}]):
        own = [policy for policy in found if meant(policy, text(rule.get("name")))]
        if len({mapping(policy.get("spec")).get("priority") for policy in own}) > 1:
            conflicting.update(map(id, own))
    return [policy for policy in found if id(policy) not in conflicting]


def route_refs(policy: Object) -> list[Object]:
    """The targetRefs that name HTTPRoutes."""
    refs = map(mapping, items(mapping(policy.get("spec")).get("targetRefs")))
    return [ref for ref in refs if ref.get("kind") == "HTTPRoute"]


def meant(policy: Object, rule: str) -> bool:
    """Whether a policy of the route acts on a rule; the name of the route is not compared again."""
    return any(not ref.get("sectionName") or ref.get("sectionName") == rule for ref in route_refs(policy))


def apply_policies(policies: Sequence[Object], rule: str, entries: Sequence[Entry]) -> None:
    """Gives the routes of one rule the priority and the conditions of its policies.

    A policy without priority takes the computed one away. A condition that is no list of texts is left out.
    """
    for policy in (one for one in policies if meant(one, rule)):
        spec = mapping(policy.get("spec"))
        conditions = [one for one in items(spec.get("vars")) if isinstance(one, list) and texts(one)]
        for entry in entries:
            entry.priority = int(spec.get("priority") or 0)
            entry.vars = [*entry.vars, *conditions]


def texts(value: Any) -> bool:
    """Whether a condition is made of texts and lists of texts only."""
    return isinstance(value, str) or (isinstance(value, list) and all(map(texts, value)))
