"""What becomes of a route whose access check did not arrive: it denies, unless the user decided otherwise."""

from __future__ import annotations

from typing import Literal

from kong2x.emit.apisix import codes
from kong2x.emit.apisix.compose import Composed
from kong2x.emit.apisix.desk import Desk
from kong2x.emit.apisix.merging import Config
from kong2x.model.finding import Finding, Protects, Severity
from kong2x.model.route import Route

Verdict = Literal["serve", "deny", "omit"]

DENIAL: Config = {
    "abort": {
        "http_status": 403,
        "body": '{"message":"Access to this route is closed"}',
        "headers": {"Content-Type": "application/json; charset=utf-8"},
    }
}
"""The fixed answer of a route that refuses everything."""


def verdict(route: Route, composed: Composed, desk: Desk) -> Verdict:
    """Whether the rule is written as it is, as one that refuses, or not at all; tells the operator."""
    if composed.lost is Protects.NOTHING:
        return "serve"
    policy = desk.choices.on_loss
    if composed.lost is Protects.PROTECTION and policy != "deny-all":
        return "serve"
    names = ", ".join(sorted({item.use.plugin for item in composed.losers}))
    if policy == "open" and all(accepted(item.findings, desk) for item in composed.losers):
        desk.say(
            codes.OPEN,
            f"The route is served without what {names} checks in Kong, as its finding was accepted.",
            about=route,
        )
        return "serve"
    if policy == "omit":
        desk.say(
            codes.OMITTED,
            f"The route is left out because {names} cannot be carried over; its requests go to whatever else matches.",
            about=route,
        )
        return "omit"
    desk.say(
        codes.DENIED,
        f"The route answers 403 to every request because {names} cannot be carried over.",
        about=route,
    )
    return "deny"


def accepted(findings: tuple[Finding, ...], desk: Desk) -> bool:
    """Whether every error of a plugin was accepted, and there is one to accept."""
    errors = [found for found in findings if found.severity is Severity.ERROR]
    return bool(errors) and all(_by_name(found, desk) for found in errors)


def _by_name(found: Finding, desk: Desk) -> bool:
    options = desk.options
    names = (found.code, found.fingerprint)
    if any(options.accept.get(name) for name in names):
        return True
    return any(
        rule.code in names
        and rule.reason
        and rule.object in ("", str(found.object))
        and (not rule.until or not options.today or options.today <= rule.until)
        for rule in options.accept_rules
    )
