"""How lists of limits and windows become counters of limit-count: the key, the windows and who shares them."""

from __future__ import annotations

from collections.abc import Sequence
from math import ceil, floor
from typing import Any

from kong2x.mapping.claim import Claim, Note, transform
from kong2x.mapping.transforms.order import anonymous_login, authenticated, counts_consumers
from kong2x.mapping.transforms.rate_limiting import (
    BY_ADDRESS,
    CREDENTIAL,
    GROUP,
    MISSING_HEADER,
    PER_ROUTE,
    PREFLIGHT,
    always_named,
    group,
)
from kong2x.model.finding import Level

NO_WINDOW = Note(
    "no-window",
    Level.UNKNOWN,
    "limit and window_size do not have the same number of entries, and Kong refuses that. Give each limit its window.",
)
SEVERAL = Note(
    "several-windows",
    Level.UNSUPPORTED,
    "Several windows need release 3.16 of the target, so requests are not limited at all. "
    "Choose a newer release, or one window.",
)
FRACTION = Note(
    "fraction",
    Level.APPROXIMATE,
    "A limit with a fraction is rounded down and a window with one is rounded up, so that no more requests pass than "
    "in Kong. Write whole numbers.",
)
PATH = Note(
    "by-path",
    Level.UNSUPPORTED,
    "Requests cannot be counted by path here, so they are not limited. "
    "Attach the plugin to a route for that path, counting by address.",
)
NO_HEADER = Note(
    "no-header",
    Level.UNKNOWN,
    "Requests are to be counted by a header but no header_name is given, and Kong refuses that. Name the header.",
)
MISSING_PART = Note(
    "missing-part",
    Level.APPROXIMATE,
    "Requests without a consumer or without the header share one counter for that part of the key, where Kong counts "
    "them by address. Count by one thing if that matters.",
)
NAMESPACE = Note(
    "namespace",
    Level.APPROXIMATE,
    "Uses of the plugin with this namespace share their counters, and the target refuses a second one with other "
    "limits. Give all uses of a namespace the same settings.",
)
SYNC = Note(
    "sync-rate",
    Level.APPROXIMATE,
    "Every request asks Redis, because the interval is not one that the target takes. "
    "Counting is stricter than in Kong, and slower.",
)
THROTTLED = Note(
    "throttling",
    Level.UNSUPPORTED,
    "Requests beyond the limit are refused at once, where Kong lets some of them wait. "
    "Let callers try again after a while.",
    stricter=True,
)


@transform(
    *(NO_WINDOW, SEVERAL, FRACTION, PATH, NO_HEADER, MISSING_PART, NAMESPACE),
    *(CREDENTIAL, GROUP, MISSING_HEADER, PREFLIGHT, BY_ADDRESS, PER_ROUTE),
)
def windows(claim: Claim) -> dict[str, Any] | None:
    """One counter, or a list of rules where there are several windows (since 3.16)."""
    pairs = pairs_of(claim, claim["limit"] or [], claim["window_size"] or [], "limit")
    if not pairs:
        claim.abandon(NO_WINDOW, "limit")
        return None
    if len(pairs) > 1 and not claim.target_has("rules"):
        claim.abandon(SEVERAL, "limit", "window_size")
        return None
    names = counted_by(claim)
    note = impossible(claim, names)
    if note is not None:
        claim.abandon(note, key_field(claim))
        return None
    if "credential" in names:
        claim.note(CREDENTIAL, key_field(claim))
    return _one(claim, names, pairs[0]) if len(pairs) == 1 else rules_of(claim, names, pairs)


def pairs_of(
    claim: Claim, limits: Sequence[float], sizes: Sequence[float], field: str
) -> list[tuple[int, int]]:
    """Limits with their windows in seconds; of two limits on one window the smaller counts, as in Kong.

    Empty where the two lists do not fit together. A fraction is noted at `field`.
    """
    if len(limits) != len(sizes):
        return []
    if any(not float(number).is_integer() for number in (*limits, *sizes)):
        claim.note(FRACTION, field)
    found: dict[int, int] = {}
    for limit, size in zip(limits, sizes, strict=True):
        count, seconds = max(1, floor(limit)), max(1, ceil(size))
        found[seconds] = min(count, found.get(seconds, count))
    return [(count, seconds) for seconds, count in found.items()]


def counted_by(claim: Claim) -> list[str]:
    """What tells counters apart; a list of things wins over one. A plugin without the choice counts the service."""
    if "identifier" not in claim.fields:
        return ["service"]
    one, several = claim["identifier"], _compound(claim)
    names = list(several) if several else [one]
    for field, owner in (("header_name", "header"), ("path", "path")):
        if owner in names:
            claim[field]
        elif field in claim.fields:
            claim.ignore(field)
    return names


def _compound(claim: Claim) -> list[str]:
    return (claim["compound_identifier"] or []) if "compound_identifier" in claim.fields else []


def key_field(claim: Claim) -> str:
    """The field that says what tells counters apart."""
    if "identifier" not in claim.fields:
        return "limit"
    return "compound_identifier" if _compound(claim) else "identifier"


def impossible(claim: Claim, names: list[str]) -> Note | None:
    """Why requests cannot be counted by these things, None when they can."""
    if "consumer-group" in names:
        return GROUP
    if "path" in names:
        return PATH
    return NO_HEADER if "header" in names and not claim["header_name"] else None


def _one(claim: Claim, names: list[str], pair: tuple[int, int]) -> dict[str, Any]:
    count, seconds = pair
    out: dict[str, Any] = {"count": count, "time_window": seconds, "key_type": "var"}
    if len(names) > 1:
        out |= {"key_type": "var_combination", "key": _combined(claim, names)}
    elif names[0] in ("service", "route"):
        out |= {"key_type": "constant", "key": _service(claim) if names[0] == "service" else "route"}
    elif names[0] == "header" and not counts_consumers(claim, claim["header_name"]):
        out["key"] = f"http_{_variable(claim)}"
    else:  # without a consumer limit-count takes the address, like Kong
        out["key"] = "remote_addr" if names[0] == "ip" else "consumer_name"
        if names[0] != "ip" and anonymous_login(claim):
            claim.note(BY_ADDRESS, key_field(claim))
    if claim["namespace"]:
        claim.note(NAMESPACE, "namespace")
        out["group"] = claim["namespace"]
    elif "route" in names:
        pass
    elif "service" in claim.scope:  # one instance in Kong, so one counter for all routes of the service
        out["group"] = group(f"{_service(claim)}-{'-'.join(names)}", claim, out)
    elif claim.scope == "global":
        out["group"] = f"global-{'-'.join(names)}"
    return out


def rules_of(claim: Claim, names: list[str], pairs: list[tuple[int, int]]) -> dict[str, Any]:
    """One rule a window; a rule whose variables are all empty would not count, so one always has a value."""
    if len(names) > 1:
        key = _combined(claim, names)
        key = key if "ip" in names else f"$route_id {key}"
    elif names[0] == "header" and not counts_consumers(claim, claim["header_name"]):
        key = f"${{http_{_variable(claim)} ?? none}}"
        claim.note(MISSING_HEADER, "identifier")
    elif names[0] in ("service", "route"):
        key = "$route_id"
    elif names[0] == "ip" or not authenticated(claim):
        key = "$remote_addr"
        if names[0] != "ip" and (claim.scope == "global" or anonymous_login(claim)):
            claim.note(BY_ADDRESS, key_field(claim))
    else:
        key = always_named(claim, "identifier")
    shared = "service" in claim.scope or claim.scope == "global"
    if claim["namespace"] or (shared and names != ["route"]):
        claim.note(PER_ROUTE, "namespace" if claim["namespace"] else key_field(claim))
    return {
        "rules": [
            {
                "count": count,
                "time_window": seconds,
                "key": f"{key} {seconds}",
                "header_prefix": f"{seconds}s",
            }
            for count, seconds in pairs
        ]
    }


def _combined(claim: Claim, names: list[str]) -> str:
    known = {"ip": "$remote_addr", "consumer": "$consumer_name", "credential": "$consumer_name"}
    parts = []
    for name in sorted(set(names)):
        if name == "header":
            parts.append(f"$http_{_variable(claim)}")
        else:
            parts.append(known.get(name, "$route_id"))
    if {"header", "consumer", "credential"} & set(names):
        claim.note(MISSING_PART, "compound_identifier")
    return " ".join(dict.fromkeys(parts))


def _service(claim: Claim) -> str:
    route = claim.context.route
    return route.service.name if route is not None and route.service.name else "service"


def _variable(claim: Claim) -> str:
    return str(claim["header_name"]).lower().replace("-", "_")


@transform(SYNC)
def sync(claim: Claim) -> float | None:
    """The interval between exchanges with Redis: at least 0.1 and below every window."""
    value = claim.value
    if value is None or value <= 0:
        return None
    shortest = min(claim.peek("window_size") or [1])
    if not 0.1 <= value < shortest or not claim.target_has("sync_interval"):
        claim.note(SYNC)
        return None
    return float(value)


@transform(THROTTLED)
def throttling(claim: Claim) -> None:
    """Waiting has no counterpart; refusing at once lets no more through."""
    if claim["throttling.enabled"]:
        claim.note(THROTTLED, *claim.fields)
    else:
        claim.ignore(*claim.fields[1:])
