"""Where log entries are sent, how many at a time, and what happens when that fails."""

from __future__ import annotations

from base64 import b64encode
from math import ceil
from typing import Any
from urllib.parse import SplitResult, unquote, urlsplit

from kong2x.mapping.claim import Claim, Note, transform
from kong2x.model.finding import Level

VAULT = "{vault://"

VAULT_NOTE = Note(
    "vault",
    Level.UNSUPPORTED,
    "No entries are logged, because the address is in a vault that the target cannot read there. "
    "Write the address into the configuration.",
)
VAULT_HEADER = Note(
    "vault-header",
    Level.UNSUPPORTED,
    "The receiver gets no Authorization header, because its value is in a vault that the target cannot read there. "
    "Write the value into the configuration, or let the receiver know the gateway otherwise.",
)
NO_URL = Note(
    "no-url",
    Level.UNKNOWN,
    "The address is no URL with a host, and Kong refuses that. Write scheme, host and path.",
)
QUERY = Note(
    "query-dropped",
    Level.IGNORED,
    "The query of the address is left out, because Kong does not send it either. Nothing has to be done.",
)
HEADERS = Note(
    "headers",
    Level.UNSUPPORTED,
    "The receiver gets no headers but Authorization, because the target can send no others. "
    "Let the receiver do without them.",
)
QUEUE = Note(
    "queue-limits",
    Level.APPROXIMATE,
    "The number and size of entries that wait for delivery follow the target's own limits. "
    "Set max_pending_entries in the plugin metadata if memory is scarce.",
)
RETRIES = Note(
    "retries",
    Level.APPROXIMATE,
    "A failed delivery is repeated a fixed number of times at whole seconds, where Kong waits longer each time until "
    "max_retry_time. Check that the receiver is not down for longer.",
)
RELATIVE = Note(
    "relative-path",
    Level.APPROXIMATE,
    "The file is written relative to the target's own folder. Give an absolute path that its workers may write to.",
)
SEVERITY_MAP = Note(
    "severity-by-status",
    Level.APPROXIMATE,
    "Only the registered error statuses get the severity of errors, because the target wants each status by itself. "
    "Nothing has to be done unless the service uses statuses of its own.",
)
THRESHOLD = Note(
    "log-level",
    Level.UNSUPPORTED,
    "Entries below log_level are sent too, because the target has no such threshold. "
    "Drop them at the receiver.",
)

LEVELS = ("debug", "info", "notice", "warning", "err", "crit", "alert", "emerg")
SEVERITIES = {name: name.upper() for name in LEVELS} | {"emerg": "EMEGR"}
"""APISIX spells the last one so."""
CLIENT_ERRORS = (*range(400, 419), *range(421, 427), 428, 429, 431, 451, 499)
SERVER_ERRORS = (*range(500, 509), 510, 511)


def address(text: str) -> SplitResult | None:
    """The parts of a URL; None for what has no host or no valid port."""
    try:
        parts = urlsplit(text)
        return parts if parts.hostname and (parts.port is None or parts.port) else None
    except ValueError:
        return None


@transform(VAULT_NOTE, VAULT_HEADER, NO_URL, QUERY, HEADERS)
def endpoint(claim: Claim) -> dict[str, Any] | None:
    """Address and Authorization; credentials in the address win over the header, as in Kong."""
    text, headers = str(claim["http_endpoint"]), claim["headers"] or {}
    if VAULT in text:
        claim.abandon(VAULT_NOTE, "http_endpoint")
        return None
    parts = address(text)
    if parts is None:
        claim.abandon(NO_URL, "http_endpoint")
        return None
    place = parts.netloc.rpartition("@")[2]
    if parts.query:
        claim.note(QUERY, "http_endpoint")
    out: dict[str, Any] = {"uri": f"{parts.scheme}://{place}{parts.path or '/'}"}
    authorization = next((v for k, v in headers.items() if k.lower() == "authorization"), None)
    if parts.username is not None:
        login = f"{unquote(parts.username)}:{unquote(parts.password or '')}"
        authorization = f"Basic {b64encode(login.encode()).decode()}"
    if authorization is not None and VAULT in authorization:
        claim.note(VAULT_HEADER, "headers")
    elif authorization is not None:
        out["auth_header"] = authorization
    if any(name.lower() != "authorization" for name in headers):
        claim.note(HEADERS, "headers")
    return out


OLD_NAMES = {
    "queue_size": ("queue.max_batch_size",),
    "flush_timeout": ("queue.max_coalescing_delay",),
    "retry_count": ("queue.max_retry_time", "queue.max_retry_delay"),
}
"""What Kong before 3.3 called these settings; one that is given wins."""


@transform(QUEUE, RETRIES)
def queue(claim: Claim) -> dict[str, Any]:
    """Batches and retries; Kong before 3.3 knew them by other names, which later releases still accept."""
    size, wait, old = (_given(claim, path) for path in OLD_NAMES)
    for path, value in zip(OLD_NAMES.values(), (size, wait, old), strict=True):
        if value is not None:
            claim.ignore(*path)
    size = size if size is not None else claim["queue.max_batch_size"] or 1
    wait = wait if wait is not None else claim["queue.max_coalescing_delay"] or 0
    out: dict[str, Any] = {"batch_max_size": max(1, int(size))}
    if size > 1:
        seconds = max(1, ceil(wait))
        out |= {"inactive_timeout": seconds, "buffer_duration": seconds}
    out["max_retry_count"] = max(0, int(old)) if old is not None else _retries(claim)
    out["retry_delay"] = max(1, ceil(claim["queue.initial_retry_delay"] or 0))
    claim.note(RETRIES, "queue.max_retry_time" if old is None else "retry_count")
    usual = {"queue.max_entries": 10000, "queue.max_bytes": None, "queue.concurrency_limit": 1}
    changed = [path for path, default in usual.items() if claim[path] not in (default, None)]
    if changed:
        claim.note(QUEUE, *changed)
    return out


def _given(claim: Claim, path: str) -> Any:
    return claim[path] if path in claim.fields else None


def _retries(claim: Claim) -> int:
    """How many of Kong's doubling waits last a second or more, within the time that Kong goes on trying."""
    wait = float(claim["queue.initial_retry_delay"] or 0.01)
    longest = float(claim["queue.max_retry_delay"] or 60)
    left = float(claim["queue.max_retry_time"] or 0)
    count = 0
    while wait <= left and count < 100:
        left -= wait
        count += wait >= 1
        wait = min(wait * 2, longest)
    return count


@transform(RELATIVE)
def path(claim: Claim) -> str:
    """The file; APISIX reads a relative path from its own folder."""
    if not str(claim.value).startswith("/"):
        claim.note(RELATIVE)
    return str(claim.value)


@transform(SEVERITY_MAP, THRESHOLD)
def severities(claim: Claim) -> dict[str, Any]:
    """The severity of entries by status, and what log_level would have held back."""
    usual = claim["successful_severity"]
    kinds = {"client_errors_severity": CLIENT_ERRORS, "server_errors_severity": SERVER_ERRORS}
    chosen: dict[str, str] = {}
    for name, statuses in kinds.items():
        if claim[name] != usual:
            chosen |= {str(status): SEVERITIES[claim[name]] for status in statuses}
            claim.note(SEVERITY_MAP, name)
    threshold = LEVELS.index(claim["log_level"])
    if any(LEVELS.index(claim[name]) < threshold for name in ("successful_severity", *kinds)):
        claim.note(THRESHOLD, "log_level")
    return {"severity": SEVERITIES[usual], "severity_map": chosen or None}
