"""Where log entries for a syslog daemon go: Kong hands them to that of its own machine."""

from __future__ import annotations

from typing import Any

from kong2x.mapping.claim import Claim, Note, transform
from kong2x.model.finding import Level
from kong2x.model.settings import syslog_address

SETTING = "apisix.syslog-server"

NO_SERVER = Note(
    "local-daemon",
    Level.UNSUPPORTED,
    "No entries are logged, because Kong writes to the syslog daemon of its own machine, and the target needs an "
    "address that no manifest names. Name it with --set apisix.syslog-server=udp://HOST:PORT.",
)
FACILITY = Note(
    "facility",
    Level.APPROXIMATE,
    "Entries carry the facility syslog, whatever was chosen. Let the receiver sort them by the name apisix.",
)
SEVERITIES = Note(
    "severities",
    Level.APPROXIMATE,
    "Every request is logged with the severity info, whatever its status and whatever threshold was chosen. "
    "Let the receiver sort them by the status in the entry.",
)


@transform(NO_SERVER, FACILITY)
def server(claim: Claim) -> dict[str, Any] | None:
    """The server that the user named; there is none in the configuration."""
    found = syslog_address(claim.chosen(SETTING))
    if found is None:
        claim.abandon(NO_SERVER)
        return None
    claim.note(FACILITY)
    kind, host, port = found
    return {"host": host, "port": port, "sock_type": kind}


@transform(SEVERITIES)
def severities(claim: Claim) -> None:
    """Kong leaves out requests below the threshold and marks the others by their status."""
    if {claim[path] for path in claim.fields} != {"info"}:
        claim.note(SEVERITIES, *claim.fields)
