"""HTTPRoutePolicies: the priority and the conditions that an HTTPRoute has no field for."""

from __future__ import annotations

from collections.abc import Sequence
from typing import Any

from kong2x.emit.gateway_api.desk import Desk
from kong2x.emit.gateway_api.pack import Packed
from kong2x.emit.gateway_api.profiles.apisix import codes
from kong2x.emit.gateway_api.profiles.apisix.priorities import Rule, order_rules
from kong2x.emit.gateway_api.rule_names import rule_name
from kong2x.emit.gateway_api.versions import GROUP, available
from kong2x.model.target import Manifest

API_VERSION = "apisix.apache.org/v1alpha1"


def route_policies(desk: Desk, packed: Sequence[Packed]) -> list[Manifest]:
    """One policy for each rule that needs a priority or conditions, always with a priority.

    A policy without one takes the controller's own away, and two policies with different priorities on
    one rule take each other away, so each rule has one policy only (apisix-target.md 7.7).
    """
    rules = [
        Rule(one, index, draft, one.manifest.value["spec"].get("hostnames", ()), conditions(draft))
        for one in packed
        if one.manifest.value["kind"] == "HTTPRoute"
        for index, draft in enumerate(one.drafts)
    ]
    order = order_rules(desk.model.facts.router, rules)
    for winner, loser in order.unordered:
        desk.say(
            codes.ORDER,
            f"Some requests that fit {winner.draft.route.name} and {loser.draft.route.name} go to another of the two "
            "than in Kong: their rules would have to come before each other.",
            route=winner.draft.route,
            also=(loser.draft.route.name,),
        )
    return [
        _policy(desk, rule, order.priorities[id(rule)])
        for rule in rules
        if id(rule) in order.priorities and _can_name(desk, rule)
    ]


def conditions(draft: Any) -> list[list[Any]]:
    """What the request must fulfil besides its match; the listeners do not tell http from https."""
    scheme = [["scheme", "==", draft.scheme]] if draft.scheme != "any" else []
    return [*scheme, *(list(one) for one in draft.conditions)]


def _can_name(desk: Desk, rule: Rule) -> bool:
    """Whether a policy can act on the rule alone: it is the only one, or rules have names."""
    if len(rule.packed.drafts) == 1 or desk.schema.supports("rule-name"):
        return True
    desk.say(
        codes.RULE_NAME,
        f"The rule of {rule.draft.route.name} has no name, so no HTTPRoutePolicy gives it its place: "
        f"{available('rule-name')} has rule names.",
        route=rule.draft.route,
    )
    return False


def _policy(desk: Desk, rule: Rule, priority: int) -> Manifest:
    route = rule.packed.manifest.value
    metadata = route["metadata"]
    target = {"group": GROUP, "kind": "HTTPRoute", "name": metadata["name"]}
    name = metadata["name"]
    if len(rule.packed.drafts) > 1:
        target["sectionName"] = rule_name(rule.packed, rule.index)
        name = f"{name}-{target['sectionName']}"
    spec: dict[str, Any] = {"targetRefs": [target], "priority": priority}
    if rule.conditions:
        spec["vars"] = rule.conditions
    value = {
        "apiVersion": API_VERSION,
        "kind": "HTTPRoutePolicy",
        "metadata": {"name": name, "namespace": metadata["namespace"]},
        "spec": spec,
    }
    return Manifest(value, rule.packed.manifest.sources)
