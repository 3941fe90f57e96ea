"""How Kong's windows become counters of limit-count: one window, several, or one path's own."""

from __future__ import annotations

from math import ceil
from typing import Any

from kong2x.mapping.claim import Claim, Note, transform
from kong2x.mapping.transforms.order import anonymous_login, authenticated, counts_consumers, logins
from kong2x.model.finding import Level

SECONDS = {"second": 1, "minute": 60, "hour": 3600, "day": 86400, "month": 2592000, "year": 31536000}

NO_WINDOW = Note(
    "no-window",
    Level.UNKNOWN,
    "No window is configured, and Kong refuses that. Give at least one of second, minute, hour, day, month and year.",
)
SEVERAL = Note(
    "several-windows",
    Level.UNSUPPORTED,
    "Several windows need release 3.16 of the target, so requests are not limited at all. "
    "Choose a newer release, or one window.",
)
CREDENTIAL = Note(
    "by-credential",
    Level.APPROXIMATE,
    "All credentials of a consumer share one counter, where Kong counts each credential. "
    "Give each credential a consumer of its own if that matters.",
)
GROUP = Note(
    "by-group",
    Level.UNSUPPORTED,
    "Requests cannot be counted by consumer group, so they are not limited. Count by consumer.",
)
MISSING_HEADER = Note(
    "missing-header",
    Level.APPROXIMATE,
    "All requests without the header share one counter, where Kong counts them by address. "
    "Use one window if that matters.",
)
PREFLIGHT = Note(
    "preflight-counter",
    Level.APPROXIMATE,
    "OPTIONS requests that nobody has to log in for share one counter, where Kong counts them by address. "
    "Use one window if that matters.",
)
BY_ADDRESS = Note(
    "by-address",
    Level.APPROXIMATE,
    "Requests are counted by address, because no consumer is known for certain where the plugin acts. "
    "Attach the plugin to the routes with authentication if consumers are to be counted.",
)
ALL_SERVICES = Note(
    "all-services",
    Level.APPROXIMATE,
    "All services that the consumer calls share one counter, where Kong has one for each service. "
    "Attach the plugin to the services.",
)
PER_ROUTE = Note(
    "per-route-counter",
    Level.APPROXIMATE,
    "Each route counts alone, where Kong has one counter for all of them. "
    "Use one window, or attach the plugin to one route.",
)
PATH = Note(
    "by-path",
    Level.APPROXIMATE,
    "Requests on the path share one counter and all others are counted by address, in each route alone. "
    "Nothing has to be done unless several routes share the path.",
)
REWRITTEN = Note(
    "counts-rewritten",
    Level.APPROXIMATE,
    "The limit counts the header as request-transformer leaves it, where Kong counts what the caller sent. "
    "Count by a header that is not changed.",
)
NO_PATH = Note(
    "no-path", Level.UNKNOWN, "limit_by is path but no path is given, and Kong refuses that. Name the path."
)
NO_HEADER = Note(
    "no-header",
    Level.UNKNOWN,
    "limit_by is header but no header_name is given, and Kong refuses that. Name it.",
)
NO_HOST = Note(
    "no-redis-host", Level.UNKNOWN, "policy is redis but no host is given, and Kong refuses that. Name it."
)
NO_SHARED = Note(
    "no-shared-counter",
    Level.UNSUPPORTED,
    "The counters that Kong shares through its database have no counterpart; each gateway instance counts "
    "alone, so the sum of what passes grows with their number. Use policy redis.",
)
PER_INSTANCE = Note(
    "per-instance",
    Level.APPROXIMATE,
    "Each gateway instance counts alone, in Kong too, so the sum of what passes changes with the number of "
    "instances. Run as many APISIX instances as Kong had, or use policy redis.",
)
STATUS = Note(
    "status-range",
    Level.APPROXIMATE,
    "Refused requests get status 429, because the target takes 200 to 599 only. Choose such a status.",
)
SYNC = Note(
    "sync-rate",
    Level.APPROXIMATE,
    "Every request asks Redis, because the interval is not one that the target takes. "
    "Counting is stricter than in Kong, and slower.",
)


@transform(
    NO_WINDOW,
    SEVERAL,
    CREDENTIAL,
    GROUP,
    MISSING_HEADER,
    PREFLIGHT,
    BY_ADDRESS,
    ALL_SERVICES,
    PER_ROUTE,
    PATH,
    NO_PATH,
    NO_HEADER,
    REWRITTEN,
)
def windows(claim: Claim) -> dict[str, Any] | None:
    """Counts, windows and the key; Kong counts a fractional limit like the next whole one."""
    limits = [
        (name, seconds, ceil(claim[name])) for name, seconds in SECONDS.items() if claim[name] is not None
    ]
    by = claim["limit_by"]
    for field, owner in (("header_name", "header"), ("path", "path")):
        if by == owner:
            claim[field]
        else:
            claim.ignore(field)
    if not limits:
        claim.abandon(NO_WINDOW, "second")
        return None
    if by == "consumer-group":
        claim.abandon(GROUP, "limit_by")
        return None
    if len(limits) > 1 and not claim.target_has("limit-count/rules"):
        claim.abandon(SEVERAL, *(name for name, _, _ in limits))
        return None
    if (by == "path" and not claim["path"]) or (by == "header" and not claim["header_name"]):
        claim.abandon(NO_PATH if by == "path" else NO_HEADER, "limit_by")
        return None
    if by == "credential":
        claim.note(CREDENTIAL, "limit_by")
    if by == "header" and _rewritten(claim, claim["header_name"]):
        claim.note(REWRITTEN, "header_name")
    if by == "path":
        return _by_path(claim, limits)
    return _one(claim, limits[0]) if len(limits) == 1 else _several(claim, limits)


def _one(claim: Claim, limit: tuple[str, int, int]) -> dict[str, Any]:
    _, seconds, count = limit
    by = claim["limit_by"]
    out: dict[str, Any] = {"count": count, "time_window": seconds, "key_type": "var"}
    if by == "service":
        out["key_type"], out["key"] = "constant", _service(claim)
        if claim.scope == "consumer":
            claim.note(ALL_SERVICES, "limit_by")
    elif by == "ip":
        out["key"] = "remote_addr"
    elif by == "header" and not counts_consumers(claim, claim["header_name"]):
        out["key"] = f"http_{_variable(claim['header_name'])}"
    else:
        out["key"] = "consumer_name"  # without a consumer limit-count takes the address, like Kong
        if anonymous_login(claim):
            claim.note(BY_ADDRESS, "limit_by")
    if "service" in claim.scope:  # one instance in Kong, so one counter for all routes of the service
        out["group"] = group(f"{_service(claim)}-{by}", claim, out)
    elif claim.scope == "global":
        out["group"] = f"global-{by}"
    return out


def _several(claim: Claim, limits: list[tuple[str, int, int]]) -> dict[str, Any]:
    """One rule a window; keys must differ, and must hold a variable that always has a value."""
    by = claim["limit_by"]
    if by == "header" and not counts_consumers(claim, claim["header_name"]):
        key = f"${{http_{_variable(claim['header_name'])} ?? none}}"
        claim.note(MISSING_HEADER, "limit_by")
    elif by == "ip":
        key = "$remote_addr"
    elif by == "service":
        key = "$route_id"
    elif authenticated(claim):
        key = always_named(claim, "limit_by")
    else:
        key = "$remote_addr"
        if claim.scope == "global" or anonymous_login(claim):
            claim.note(BY_ADDRESS, "limit_by")
    if "service" in claim.scope or claim.scope == "global":
        claim.note(PER_ROUTE, "limit_by")
    rules = [
        {"count": count, "time_window": seconds, "key": f"{key} {name}", "header_prefix": name.capitalize()}
        for name, seconds, count in limits
    ]
    return {"rules": rules}


def group(name: str, claim: Claim, limit: dict[str, Any]) -> str:
    """The group of a counter; a pair of consumer and service has one of its own, as a group has one limit."""
    return f"{name}-{limit['count']}-{limit['time_window']}" if "consumer" in claim.scope else name


def always_named(claim: Claim, field: str) -> str:
    """The consumer as part of a key that must never be empty: preflight requests may come without one."""
    route = claim.context.route
    uses = route.plugins if route is not None else ()
    if not any(use.config.get("run_on_preflight") is False for use in uses if use.plugin in logins(claim)):
        return "$consumer_name"
    claim.note(PREFLIGHT, field)
    return "${consumer_name ?? none}"


def _by_path(claim: Claim, limits: list[tuple[str, int, int]]) -> dict[str, Any] | None:
    """workflow chooses between the path's own counter and one by address."""
    if len(limits) > 1:
        claim.note(PER_ROUTE, "limit_by")
    claim.note(PATH, "limit_by")
    claim.keep_only("workflow")
    shared = _shared(claim)
    path = claim["path"]
    own = [_limit(limit, "constant", path.strip("/").replace("/", "-") or "root", shared) for limit in limits]
    rest = [_limit(limit, "var", "remote_addr", shared) for limit in limits]
    if len(limits) > 1:
        own = [{"rules": _path_rules(limits, "$route_id")} | shared]
        rest = [{"rules": _path_rules(limits, "$remote_addr")} | shared]
    rules: list[dict[str, Any]] = [
        {"case": [["uri", "==", path]], "actions": [["limit-count", body] for body in own]}
    ]
    rules.append({"actions": [["limit-count", body] for body in rest]})
    out: dict[str, Any] = {"workflow/rules": rules}
    if claim.peek("error_message"):
        out["workflow/_meta.error_response"] = {"message": claim.peek("error_message")}
    return out


def _path_rules(limits: list[tuple[str, int, int]], key: str) -> list[dict[str, Any]]:
    return [
        {"count": count, "time_window": seconds, "key": f"{key} {name}"} for name, seconds, count in limits
    ]


def _limit(limit: tuple[str, int, int], kind: str, key: str, shared: dict[str, Any]) -> dict[str, Any]:
    return {"count": limit[2], "time_window": limit[1], "key_type": kind, "key": key} | shared


def _shared(claim: Claim) -> dict[str, Any]:
    """The settings of limit-count that other rules write, for use inside workflow."""
    status = claim.peek("error_code")
    out: dict[str, Any] = {
        "rejected_code": int(status) if status and 200 <= status <= 599 else 429,
        "allow_degradation": bool(claim.peek("fault_tolerant")),
    }
    if claim.peek("hide_client_headers"):
        out["show_limit_quota_header"] = False
    if claim.peek("policy") == "redis":
        out["policy"] = "redis"
        for source, target in REDIS.items():
            value = claim.peek(source)
            if value is not None:
                out[target] = value
    return out


REDIS = {
    "redis.host": "redis_host",
    "redis.port": "redis_port",
    "redis.timeout": "redis_timeout",
    "redis.username": "redis_username",
    "redis.password": "redis_password",
    "redis.database": "redis_database",
    "redis.ssl": "redis_ssl",
    "redis.ssl_verify": "redis_ssl_verify",
}


def _service(claim: Claim) -> str:
    """The name of the Kong service, which the routes that share a counter have in common."""
    route = claim.context.route
    return route.service.name if route is not None and route.service.name else "service"


def _rewritten(claim: Claim, header: str) -> bool:
    """Whether a request-transformer of the route changes the header, which APISIX does first."""
    route = claim.context.route
    for use in route.plugins if route is not None else ():
        if (
            use.plugin.startswith("request-transformer")
            and f"{header.lower()}" in repr(dict(use.config)).lower()
        ):
            return True
    return False


def _variable(header: str) -> str:
    return header.lower().replace("-", "_")


@transform(NO_SHARED, PER_INSTANCE, NO_HOST)
def store(claim: Claim) -> dict[str, Any] | None:
    """Where counters are kept."""
    policy, host = claim["policy"], claim["redis.host"]
    if policy != "redis":
        if claim.given("redis.host"):
            claim.ignore("redis.host")
        claim.note(NO_SHARED if policy == "cluster" else PER_INSTANCE, "policy")
        return {"policy": "local"} if policy == "local" else None
    if not host:
        claim.abandon(NO_HOST, "policy")
        return None
    return {"policy": "redis", "redis_host": host}


@transform(STATUS)
def status(claim: Claim) -> int:
    """The status of a refusal, which APISIX wants between 200 and 599."""
    value = claim.value
    if value is None or not 200 <= value <= 599:
        claim.note(STATUS)
        return 429
    return int(value)


@transform(SYNC)
def sync(claim: Claim) -> float | None:
    """The interval between exchanges with Redis: at least 0.1 and below every window."""
    value = claim.value
    if value is None or value < 0:
        return None
    shortest = min((s for name, s in SECONDS.items() if claim.peek(name) is not None), default=1)
    if not 0.1 <= value < shortest or not claim.target_has("sync_interval"):
        claim.note(SYNC)
        return None
    return float(value)
