"""How a fixed answer is given: early by fault-injection, or in the access pass by workflow."""

from __future__ import annotations

import json
from typing import Any

from kong2x.mapping.claim import Claim, Note, transform
from kong2x.mapping.transforms.dollars import literal
from kong2x.mapping.transforms.ip_restriction import needs_workflow
from kong2x.mapping.transforms.order import LIMITS, address_filter, later_checks, route_wins
from kong2x.model.finding import Level

PRIORITY = 2
JSON_TYPE = "application/json; charset=utf-8"
DEFAULT_TEXTS = {
    401: "Unauthorized",
    404: "Not found",
    405: "Method not allowed",
    500: "An unexpected error occurred",
    502: "Bad gateway",
    503: "Service unavailable",
}

INFORMATIONAL = Note(
    "informational-status",
    Level.UNSUPPORTED,
    "A fixed answer with a status below 200 cannot be written. Choose a final status.",
)
ECHO = Note(
    "no-echo",
    Level.UNSUPPORTED,
    "The answer does not repeat the request, because the target has nothing like echo. "
    "The route stays closed; nothing has to be done unless somebody reads the repeated request.",
    stricter=True,
)
DOLLAR = Note(
    "dollar",
    Level.APPROXIMATE,
    "A dollar sign in the answer's text is eaten, because the target takes it for the name of a variable. "
    "Reword the text.",
)
EARLY = Note(
    "before-checks",
    Level.APPROXIMATE,
    "The fixed answer is given before access lists and limits are looked at. Nothing is opened: refused "
    "callers get this answer in place of the refusal.",
)
ROUTE_WINS = Note(
    "route-wins",
    Level.UNSUPPORTED,
    "The consumer is not refused on routes that have a fixed answer of their own, where Kong applies the "
    "consumer's. Attach the plugin in one of both places.",
)


@transform(INFORMATIONAL, ECHO, DOLLAR, EARLY, ROUTE_WINS)
def answer(claim: Claim) -> dict[str, Any] | None:
    """The whole answer. Kong runs the plugin last, so it must not overtake authentication: priority 2."""
    status, trigger = int(claim["status_code"]), claim["trigger"]
    if status < 200:
        claim.abandon(INFORMATIONAL, "status_code")
        return None
    if claim["echo"]:
        claim.note(ECHO, "echo")
    if route_wins(claim):
        claim.note(ROUTE_WINS, "status_code")
    checks = later_checks(claim, PRIORITY)
    message, body = claim["message"], claim["body"]
    claim["content_type"]  # without a body it has no effect, in Kong either
    passing = address_filter(claim)
    if checks and not trigger and body is None and status >= 400 and not _workflow_is_taken(claim, passing):
        return _in_the_access_pass(status, message, counted=bool(LIMITS.intersection(checks)))
    checks = [name for name in checks if name != "ip-restriction" or not passing]
    if checks:
        names = ", ".join(checks)
        claim.note(
            EARLY,
            "status_code",
            message=f"The fixed answer is given before {names} can refuse; Kong asks first.",
        )
    out: dict[str, Any] = {"abort.http_status": status, "_meta.priority": PRIORITY}
    if passing:
        out["_meta.filter"] = passing
    out |= _body(claim, status)
    if trigger:
        header = trigger.lower().replace("-", "_")
        out["abort.vars"] = [[[f"http_{header}", "~~", ".*"]], [[f"arg_{trigger}", "~~", ".*"]]]
    return out


def _workflow_is_taken(claim: Claim, passing: list[Any]) -> bool:
    """Whether the route's address lists need workflow themselves; a filter then does what is needed."""
    route = claim.context.route
    lists = [use.config for use in (route.plugins if route else ()) if use.plugin == "ip-restriction"]
    return bool(passing) and any(needs_workflow(config) for config in lists)


def _in_the_access_pass(status: int, message: str | None, *, counted: bool) -> dict[str, Any]:
    """workflow answers after address lists, as Kong does, and later than limits; it knows JSON messages only."""
    text = message if message is not None else DEFAULT_TEXTS.get(status)
    out: dict[str, Any] = {"workflow/rules": [{"actions": [["return", {"code": status}]]}]}
    if text is not None:
        out["workflow/_meta.error_response"] = {"message": text}
    if counted:
        out["workflow/_meta.priority"] = PRIORITY
    return out


def _body(claim: Claim, status: int) -> dict[str, Any]:
    body, kind = claim["body"], claim["content_type"]
    message = claim["message"]
    if body is None:
        kind = JSON_TYPE
        text = message if message is not None else DEFAULT_TEXTS.get(status)
        body = (
            None if text is None else json.dumps({"message": text}, ensure_ascii=False, separators=(",", ":"))
        )
    if body is None:
        return {}
    written, lost = literal(body, claim, digits_safe=True)
    if lost:
        claim.note(DOLLAR, "body" if claim["body"] is not None else "message")
    return {"abort.body": written, "abort.headers": {"Content-Type": kind or JSON_TYPE}}
