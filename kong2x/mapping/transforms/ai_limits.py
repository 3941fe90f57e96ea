"""How many tokens of a language model may be used: by one counter a caller, or by one an instance."""

from __future__ import annotations

from typing import Any

from kong2x.mapping.claim import Claim, Note, notes_of, transform
from kong2x.mapping.transforms import redis_store
from kong2x.mapping.transforms.limits_advanced import (
    FRACTION,
    MISSING_PART,
    NO_HEADER,
    NO_WINDOW,
    PATH,
    counted_by,
    impossible,
    key_field,
    pairs_of,
    rules_of,
)
from kong2x.mapping.transforms.rate_limiting import (
    BY_ADDRESS,
    CREDENTIAL,
    GROUP,
    MISSING_HEADER,
    PER_INSTANCE,
    PER_ROUTE,
    PREFLIGHT,
)
from kong2x.model.finding import Level

POLICIES = Note(
    "policies",
    Level.UNSUPPORTED,
    "The use of language models is not limited, because lists of policies with conditions have no counterpart. "
    "Give the callers of each policy a route of their own with limits by llm_providers.",
)
NO_PROVIDER = Note(
    "no-provider",
    Level.UNKNOWN,
    "The use of language models is not limited, because no provider is named, and Kong refuses that. "
    "Name the providers.",
)
OWN_COUNT = Note(
    "own-count",
    Level.UNSUPPORTED,
    "The use of language models is not limited, because it would be counted by a Lua function. Count tokens.",
)
COST = Note(
    "by-cost",
    Level.UNSUPPORTED,
    "The use of language models is not limited, because the target counts tokens and not what they cost. "
    "Count tokens.",
)
TOO_OLD = Note(
    "one-counter",
    Level.UNSUPPORTED,
    "The use of language models is not limited, because releases before 3.16 count all callers together and in one "
    "window only. Choose a newer release.",
)
OWN_COUNTERS = Note(
    "own-counters",
    Level.UNSUPPORTED,
    "Each gateway instance counts alone, because releases before 3.18 share no counters of tokens. "
    "Choose a newer release.",
)
PROVIDERS = Note(
    "several-providers",
    Level.UNSUPPORTED,
    "The use of language models is not limited, because the target counts each caller over all models, or each model "
    "over all callers, in one window, and never both. Give each provider a route of its own, or count by service.",
)


@transform(POLICIES, NO_PROVIDER, OWN_COUNT, COST, TOO_OLD, PROVIDERS, NO_WINDOW, FRACTION, PATH, NO_HEADER,
           MISSING_PART, CREDENTIAL, GROUP, MISSING_HEADER, BY_ADDRESS, PREFLIGHT, PER_ROUTE)  # fmt: skip
def limits(claim: Claim) -> dict[str, Any] | None:
    """Rules for the callers of one provider, or a limit for each instance that all callers share."""
    entries, names = claim["llm_providers"] or [], counted_by(claim)
    pairs = [
        pairs_of(claim, entry.get("limit") or [], entry.get("window_size") or [], "llm_providers")
        for entry in entries
    ]
    note = _trouble(claim, entries, pairs) or impossible(claim, names)
    if note is not None:
        claim.abandon(note, _blamed(note, claim))
        return None
    if "credential" in names:
        claim.note(CREDENTIAL, key_field(claim))
    used = _instances(claim)
    if len(entries) == 1 and set(used) <= {entries[0]["name"]}:
        found = _one_provider(claim, names, pairs[0])
    else:
        found = _each_instance(claim, names, entries, pairs, used)
    return found | {"limit_strategy": claim["tokens_count_strategy"]} if found else None


def _trouble(claim: Claim, entries: list[dict[str, Any]], pairs: list[Any]) -> Note | None:
    if claim["policies"]:
        return POLICIES
    if not entries:
        return NO_PROVIDER
    if {"requestPrompt", "customCost"} & {entry.get("name") for entry in entries}:
        return OWN_COUNT
    if claim["tokens_count_strategy"] == "cost":
        return COST
    return None if all(pairs) else NO_WINDOW


def _blamed(note: Note, claim: Claim) -> str:
    fields = {POLICIES.code: "policies", COST.code: "tokens_count_strategy"}
    plain = {NO_PROVIDER.code, OWN_COUNT.code, NO_WINDOW.code}
    return fields.get(note.code) or ("llm_providers" if note.code in plain else key_field(claim))


def _instances(claim: Claim) -> dict[str, list[str]]:
    """The target's names of the models that the route uses, by Kong's provider; empty where that is unknown."""
    route, found = claim.context.route, dict[str, list[str]]()
    for use in route.plugins if route is not None else ():
        if use.plugin == "ai-proxy-advanced":
            targets = use.config.get("targets")
            for number, target in enumerate(targets if isinstance(targets, list) else (), 1):
                provider = str(((target or {}).get("model") or {}).get("provider"))
                found.setdefault(provider, []).append(f"{provider}-{number}")
        elif use.plugin == "ai-proxy":
            found.setdefault(str((use.config.get("model") or {}).get("provider")), [])
    return found


def _one_provider(claim: Claim, names: list[str], pairs: list[tuple[int, int]]) -> dict[str, Any] | None:
    if claim.target_has("rules"):
        return rules_of(claim, names, pairs)
    if names == ["service"] and len(pairs) == 1 and claim.scope == "route":
        return {"limit": pairs[0][0], "time_window": pairs[0][1]}
    claim.abandon(TOO_OLD, "llm_providers")
    return None


def _each_instance(
    claim: Claim,
    names: list[str],
    entries: list[dict[str, Any]],
    pairs: list[list[tuple[int, int]]],
    used: dict[str, list[str]],
) -> dict[str, Any] | None:
    """One counter an instance: only for one window, for all callers together, and one instance a provider."""
    out = []
    for entry, windows in zip(entries, pairs, strict=True):
        instances = used.get(entry["name"])
        if instances is None and used:
            continue  # the route never asks this provider
        if names != ["service"] or len(windows) > 1 or not instances or len(instances) > 1:
            claim.abandon(PROVIDERS, "llm_providers")
            return None
        out.append({"name": instances[0], "limit": windows[0][0], "time_window": windows[0][1]})
    if not out:
        return None
    if claim.scope != "route":
        claim.note(PER_ROUTE, key_field(claim))
    return {"instances": out}


@transform(OWN_COUNTERS, *notes_of(redis_store.store))
def store(claim: Claim) -> dict[str, Any] | None:
    """Where counters are kept; without Redis requests pass, as in Kong."""
    if not claim.target_has("policy"):
        claim.ignore(*claim.fields[1:])
        claim.note(PER_INSTANCE if claim["strategy"] == "local" else OWN_COUNTERS, "strategy")
        return None
    found = redis_store.store(claim)
    return found | {"allow_degradation": True} if found and found["policy"] != "local" else found


@transform()
def message(claim: Claim) -> dict[str, str] | None:
    """Kong's text for refusals, followed by the providers unless they are to be hidden."""
    text = claim["error_message"]
    names = [] if claim["error_hide_providers"] else claim.peek("llm_providers") or []
    told = ", ".join(str(entry.get("name")) for entry in names)
    return {"message": f"{text}{told}"} if text else None
