"""Which measurements are exported, and under which tags."""

from __future__ import annotations

import re
from typing import Any

from kong2x.mapping.claim import Claim, Note, same, transform
from kong2x.model.finding import Level

_TAG = re.compile(r"^[A-Za-z][\w.:/-]{0,199}(?<!:)$", re.ASCII)
SIX = ("kong_latency", "latency", "request_count", "request_size", "response_size", "upstream_latency")

METRIC_SET = Note(
    "metric-set",
    Level.UNSUPPORTED,
    "The target always sends its own six metrics, so a choice of metrics, their types and their sample rates have no "
    "effect. Filter them at the receiver.",
)
TAGS = Note(
    "metric-tags",
    Level.UNSUPPORTED,
    "Tags that belong to some metrics only, or that the target refuses, are left out. "
    "Give every metric the same tags, which begin with a letter and do not end with a colon.",
)
GATEWAY_TAGS = Note(
    "gateway-wide-tags",
    Level.APPROXIMATE,
    "The tags are set once for the whole gateway, because the chosen release has none for each use. "
    "Give all uses the same tags, or choose release 3.14.",
)
ALWAYS = Note(
    "always-exported",
    Level.APPROXIMATE,
    "Statuses, latencies and bandwidth are exported with a label for the consumer whether they are switched on or not. "
    "Nothing has to be done unless the number of time series matters; release 3.18 can switch labels off.",
)


@transform(METRIC_SET, TAGS, GATEWAY_TAGS)
def datadog(claim: Claim) -> dict[str, Any] | None:
    """The tags that all metrics share; everything else about metrics is fixed in the target."""
    metrics = claim.value or []
    names = sorted(metric.get("name") or "" for metric in metrics)
    plain = all(
        same(metric.get("stat_type"), "counter" if metric.get("name") == "request_count" else "timer")
        and metric.get("sample_rate") in (1, None)
        and metric.get("consumer_identifier") in ("custom_id", None)
        for metric in metrics
    )
    if names != sorted(SIX) or not plain:
        claim.note(METRIC_SET)
    lists = [metric.get("tags") or [] for metric in metrics]
    shared = (
        [tag for tag in lists[0] if all(tag in tags for tags in lists) and _TAG.match(tag)] if lists else []
    )
    if any(tag not in shared for tags in lists for tag in tags):
        claim.note(TAGS)
    if not shared:
        return None
    if claim.target_has("datadog/constant_tags"):
        return {"constant_tags": shared}
    claim.note(GATEWAY_TAGS)
    return {"gateway/datadog/constant_tags": shared}


@transform(ALWAYS)
def exported(claim: Claim) -> None:
    """The target exports these for every route; there is nothing to switch."""
    extra = [path for path in claim.fields if not claim[path]]
    if extra:
        names = ", ".join(name.replace("_", " ") for name in extra)
        claim.note(ALWAYS, *extra, message=f"Series for {names} are exported although they are switched off.")
