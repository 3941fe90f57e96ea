"""Which answers are kept, and which requests share one."""

from __future__ import annotations

import re
from typing import Any

from kong2x.mapping.claim import Claim, Note, transform
from kong2x.model.finding import Level

_VARIABLE = re.compile(r"^[0-9A-Za-z_]+$")

REDIS = Note(
    "redis",
    Level.UNSUPPORTED,
    "Answers are not cached, because the target cannot keep them in Redis. "
    "Use strategy memory, knowing that each gateway instance then has a cache of its own.",
)
STATUS = Note(
    "status",
    Level.UNSUPPORTED,
    "Answers with a status below 200 or above 599 are not cached. Nothing has to be done unless such answers matter.",
)
NO_STATUS = Note(
    "no-status",
    Level.UNSUPPORTED,
    "Nothing is cached, because the target caches no answer of the configured statuses. "
    "List statuses between 200 and 599.",
)
METHOD = Note(
    "method",
    Level.UNSUPPORTED,
    "Answers to some methods are not cached, because the target caches GET, HEAD and POST only, and cannot keep "
    "answers to several methods apart. Cache one method on this route, or accept that the service answers the others.",
)
HEAD = Note(
    "head-not-cached",
    Level.APPROXIMATE,
    "HEAD requests always reach the service, because the target's cache would mix their empty answers with those to "
    "GET. Nothing has to be done unless there are many of them.",
)
NO_METHOD = Note(
    "no-method",
    Level.UNSUPPORTED,
    "Nothing is cached, because the target caches none of the configured methods. Cache GET requests.",
)
ARGUMENTS = Note(
    "arguments",
    Level.APPROXIMATE,
    "Query arguments in another order make another cache entry, where Kong sorts them. "
    "Nothing has to be done: each answer stays right, some are fetched more often.",
)
ARGUMENT_NAME = Note(
    "argument-name",
    Level.APPROXIMATE,
    "The whole query tells cache entries apart, because the target cannot take the listed arguments out of it. "
    "Nothing has to be done: each answer stays right, some are fetched more often.",
)
HEADER_NAME = Note(
    "header-name",
    Level.UNSUPPORTED,
    "Nothing is cached, because the target cannot tell cache entries apart by a header of this name. "
    "Vary by headers of letters, digits and hyphens.",
)

VARIED = Note(
    "vary-headers",
    Level.UNSUPPORTED,
    "Answers to queries are not cached, because the target cannot tell entries apart by headers and would give one "
    "caller what another one's header asked for. Give each value of the header a route of its own.",
)


@transform(REDIS)
def strategy(claim: Claim) -> str | None:
    """Where answers are kept; Redis has no counterpart."""
    if claim.value != "memory":
        claim.abandon(REDIS)
        return None
    return "memory"


@transform(STATUS, NO_STATUS)
def statuses(claim: Claim) -> list[int] | None:
    """The statuses that the target can cache, each once."""
    wanted = list(dict.fromkeys(int(status) for status in claim.value or []))
    kept = [status for status in wanted if 200 <= status <= 599]
    if not kept:
        claim.abandon(NO_STATUS)
        return None
    if kept != wanted:
        claim.note(STATUS)
    return kept


@transform(METHOD, HEAD, NO_METHOD)
def methods(claim: Claim) -> list[str] | None:
    """One method: the target's key does not hold the method, so two would share their answers."""
    wanted = list(dict.fromkeys(claim.value or []))
    kept = [method for method in ("GET", "POST", "HEAD") if method in wanted][:1]
    if not kept:
        claim.abandon(NO_METHOD)
        return None
    left = set(wanted) - set(kept)
    if "HEAD" in left:
        claim.note(HEAD)
    if left - {"HEAD"}:
        names = ", ".join(sorted(left - {"HEAD"}))
        claim.note(METHOD, message=f"Answers to {names} are not cached beside those to {kept[0]}.")
    return kept


@transform(ARGUMENTS, ARGUMENT_NAME, HEADER_NAME)
def key(claim: Claim) -> dict[str, Any] | None:
    """What tells entries apart: route, host, path, arguments, headers and consumer, as in Kong.

    The target joins the parts without a mark between them, so a constant stands between parts of free length.
    """
    parts = ["$route_id", "$host"]
    arguments = claim["vary_query_params"] or []
    if not arguments:
        claim.note(ARGUMENTS, "vary_query_params")
        parts.append("$request_uri")
    elif all(_VARIABLE.match(name) for name in arguments):
        parts += ["$uri", *(part for name in sorted(arguments) for part in ("::", f"$arg_{name}"))]
    else:
        claim.note(ARGUMENT_NAME, "vary_query_params")
        parts.append("$request_uri")
    for name in sorted({name.lower().replace("-", "_") for name in claim["vary_headers"] or []}):
        if not _VARIABLE.match(name):
            claim.abandon(HEADER_NAME, "vary_headers")
            return None
        parts += ["::", f"$http_{name}"]
    if claim.target_has("consumer_isolation"):
        return {"cache_key": parts, "consumer_isolation": True}
    return {"cache_key": [*parts, "::", "$consumer_name"]}


@transform(VARIED)
def varied_queries(claim: Claim) -> None:
    """The cache of queries has a fixed key, so an answer that a header decides would reach others."""
    if claim.value:
        claim.abandon(VARIED)
