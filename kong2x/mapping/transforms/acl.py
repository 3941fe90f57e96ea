"""How group lists are told to APISIX: by consumer labels, or as a fixed list of consumer names."""

from __future__ import annotations

from typing import Any

from kong2x.mapping.claim import Claim, Note, transform
from kong2x.model.consumer_names import consumer_name, further_names
from kong2x.model.finding import Level
from kong2x.model.labels import ACL_MEMBER, acl_label
from kong2x.model.plugin import Consumer

REFUSAL = {"rejected_code": 403, "rejected_msg": "You cannot consume this service"}
"""Kong's answer; consumers are unknown and get 401 in both systems."""
NOBODY = "kong2x-nobody"
"""A consumer that does not exist: AIC composes names as `<namespace>_<name>`, so none is called like this."""

NO_LIST = Note(
    "no-list",
    Level.UNKNOWN,
    "Neither allow nor deny names a group, and Kong refuses that. Name the groups.",
)
BOTH_LISTS = Note(
    "both-lists",
    Level.UNKNOWN,
    "Both allow and deny name groups, and Kong refuses that. Keep one of the lists.",
)
STATIC_ALLOW = Note(
    "static-allow",
    Level.APPROXIMATE,
    "The consumers of the allowed groups are listed by name, so one that joins a group later is refused. "
    "Convert again when groups change, or choose a release of the target with acl (3.17).",
)
STATIC_DENY = Note(
    "static-deny",
    Level.APPROXIMATE,
    "The consumers of the denied groups are listed by name, so one that joins a group later is let in. "
    "Convert again when groups change, or choose a release of the target with acl (3.17).",
)
UNKNOWN_MEMBERS = Note(
    "unknown-members",
    Level.UNSUPPORTED,
    "Nobody in the input is known to be in a denied group, so everybody would be let in. "
    "Read the KongConsumers and the Secrets of their groups too (--also-read), or choose a release of the target "
    "with acl (3.17).",
)
GUEST_STATUS = Note(
    "guest-status",
    Level.APPROXIMATE,
    "A guest whom the list refuses gets 403, where Kong answers 401. Nothing has to be done unless clients tell "
    "the two apart.",
)


@transform(NO_LIST, BOTH_LISTS, STATIC_ALLOW, STATIC_DENY, UNKNOWN_MEMBERS, GUEST_STATUS)
def groups(claim: Claim) -> dict[str, Any] | None:
    """The list that is not empty. `include_consumer_groups` needs names, as labels stand for acl groups only."""
    allow, deny = claim["allow"] or [], claim["deny"] or []
    by_consumer_group = bool(claim["include_consumer_groups"])
    if bool(allow) == bool(deny):
        claim.abandon(BOTH_LISTS if allow else NO_LIST, *(n for n in ("allow", "deny") if claim.given(n)))
        return None
    if allow and _guests(claim):
        claim.note(GUEST_STATUS, "allow")
    if claim.target_at_least("3.17") and not by_consumer_group:
        labels = {acl_label(group): [ACL_MEMBER] for group in allow or deny}
        return _named("acl", {"allow_labels" if allow else "deny_labels": labels} | REFUSAL)
    return _static(claim, allow, deny, by_consumer_group)


def _static(
    claim: Claim, allow: list[str], deny: list[str], by_consumer_group: bool
) -> dict[str, Any] | None:
    model = claim.context.model
    consumers = list(model.consumers) if model else []
    members = [c for c in consumers if _in(c, allow or deny, by_consumer_group)]
    names = sorted(
        {name for c in members for name in (consumer_name(c, consumers), *further_names(c, consumers))}
    )
    if deny:
        if not names or any(_hidden_groups(consumer) for consumer in consumers):
            claim.abandon(UNKNOWN_MEMBERS, "deny")
            return None
        claim.note(STATIC_DENY, "deny")
        return _named("consumer-restriction", {"type": "consumer_name", "blacklist": names} | REFUSAL)
    claim.note(STATIC_ALLOW, "allow")
    # An empty list is refused by the schema, and without the plugin the route would be open.
    return _named("consumer-restriction", {"type": "consumer_name", "whitelist": names or [NOBODY]} | REFUSAL)


def _named(plugin: str, body: dict[str, Any]) -> dict[str, Any]:
    return {f"{plugin}/{key}": value for key, value in body.items()}


def _in(consumer: Consumer, wanted: list[str], by_consumer_group: bool) -> bool:
    own = {*consumer.acl_groups, *(consumer.groups if by_consumer_group else ())}
    return not own.isdisjoint(wanted)


def _hidden_groups(consumer: Consumer) -> bool:
    """Whether a group of the consumer stands in a Secret that is not in the input."""
    return any(credential.type == "acl" and not credential.inline for credential in consumer.credentials)


def _guests(claim: Claim) -> bool:
    """Whether callers without credentials pass the authentication of the route."""
    route = claim.context.route
    return route is not None and any(use.config.get("anonymous") for use in route.plugins if use.config)
