"""Names of rules, for policies that act on one rule of a route."""

from __future__ import annotations

from kong2x.emit.gateway_api.pack import Packed


def rule_name(one: Packed, index: int) -> str:
    """The name of a rule, given when it is first asked for; names are distinct within a route (H15)."""
    rule = one.manifest.value["spec"]["rules"][index]
    if "name" not in rule:
        named = {"name": f"rule-{index}", **rule}
        rule.clear()
        rule.update(named)
    return str(rule["name"])
