"""Which requests go to another service: by a share, by a header, or by a list of conditions."""

from __future__ import annotations

import re
from math import gcd
from typing import Any

from kong2x.mapping.claim import Claim, Note, transform
from kong2x.model.finding import Level

_KIC_UPSTREAM = re.compile(r"^(?P<service>[a-z0-9-]+)\.(?P<namespace>[a-z0-9-]+)\.(?P<port>[0-9]+)\.svc$")
_HEADER = re.compile(r"^[A-Za-z0-9_-]+$")

NO_HOST = Note(
    "no-host",
    Level.UNSUPPORTED,
    "All requests stay with the service of the route, because no other host is named for the canary. "
    "Give the new release a host of its own, or a route of its own.",
)
GROUPS = Note(
    "groups",
    Level.UNSUPPORTED,
    "All requests stay with the service of the route, because the target cannot choose by consumer group. "
    "Choose by a header that the consumers send.",
)
RAMP = Note(
    "ramp",
    Level.UNSUPPORTED,
    "All requests stay with the service of the route unless a header says otherwise, because a share that grows with "
    "time has no counterpart. Write today's share as percentage.",
)
STICKY = Note(
    "not-sticky",
    Level.APPROXIMATE,
    "A caller may meet either release from one request to the next, where Kong keeps it with one. "
    "Use the header if callers must stay with one release.",
)
PATH = Note(
    "canary-path",
    Level.UNSUPPORTED,
    "The new release gets the path of the old one, because the target cannot give it another. "
    "Let it serve the same paths.",
)
HEADER_NAME = Note(
    "header-name",
    Level.UNSUPPORTED,
    "The header does not choose the release, because the target cannot read a header of this name. "
    "Use letters, digits and hyphens.",
)
UPSTREAM = Note(
    "upstream-name",
    Level.UNSUPPORTED,
    "Requests stay with the service of the route, because an upstream is not named like those that the ingress "
    "controller makes (service.namespace.port.svc). Name a Service in that form.",
)
CLUSTER_NAME = Note(
    "service-address",
    Level.APPROXIMATE,
    "Chosen requests go to the cluster address of the service, so the gateway neither balances nor checks its pods "
    "itself. Nothing has to be done unless the service is headless.",
)


@transform(NO_HOST, GROUPS, RAMP, STICKY, PATH, HEADER_NAME)
def canary(claim: Claim) -> list[dict[str, Any]] | None:
    """Rules of traffic-split: the header first, then the share."""
    host, share, kind = claim["upstream_host"], claim["percentage"], claim["hash"]
    if kind in ("allow", "deny"):
        claim.abandon(GROUPS, "hash")
        return None
    if not host:
        claim.abandon(NO_HOST, "upstream_host")
        return None
    _unused(claim, kind, share)
    if claim["upstream_uri"]:
        claim.note(PATH, "upstream_uri")
    scheme = _scheme(claim)
    port = int(claim["upstream_port"] or (443 if scheme in ("https", "grpcs") else 80))
    other = {"upstream": _upstream(f"{host}:{port}", scheme)}
    rules: list[dict[str, Any]] = []
    header = claim["canary_by_header_name"]
    if header and _HEADER.match(header):
        variable = f"http_{header.lower().replace('-', '_')}"
        rules.append(_rule([[variable, "==", "always"]], [{**other, "weight": 1}]))
        rules.append(_rule([[variable, "==", "never"]], [{"weight": 1}]))
    elif header:
        claim.note(HEADER_NAME, "canary_by_header_name")
    if share is None and claim["start"] is not None:
        claim.note(RAMP, "start")
    if share:
        if kind != "none":
            claim.note(STICKY, "hash")
        part = round(share * 1000)
        common = gcd(gcd(part, 100000 - part), 1000)  # whole per cents stay as they are
        weights = [{**other, "weight": part // common}]
        rest = (100000 - part) // common
        rules.append(_rule(None, [*weights, {"weight": rest}] if rest else weights))
    return rules or None


def _unused(claim: Claim, kind: str, share: float | None) -> None:
    claim.ignore("groups")
    if kind == "header":
        claim["hash_header"]
    else:
        claim.ignore("hash_header")
    if share is None:
        for name in ("start", "duration", "steps"):
            claim[name]
    else:
        claim.ignore("start", "duration", "steps")


def _scheme(claim: Claim) -> str:
    """The protocol of the route's service, which Kong keeps when it changes the host."""
    route = claim.context.route
    protocol = route.service.protocol if route is not None else "http"
    return protocol if protocol in ("https", "grpc", "grpcs") else "http"


def _upstream(node: str, scheme: str) -> dict[str, Any]:
    out: dict[str, Any] = {"type": "roundrobin", "pass_host": "pass", "nodes": {node: 1}}
    return out if scheme == "http" else out | {"scheme": scheme}


def _rule(conditions: list[list[Any]] | None, upstreams: list[dict[str, Any]]) -> dict[str, Any]:
    match = {"match": [{"vars": conditions}]} if conditions else {}
    return {**match, "weighted_upstreams": upstreams}


@transform(UPSTREAM, CLUSTER_NAME, HEADER_NAME)
def by_header(claim: Claim) -> list[dict[str, Any]] | None:
    """The first rule wins in both; one that cannot be said would let a later one win, so none is written then."""
    rules, scheme = [], _scheme(claim)
    for entry in claim.value or []:
        found = _KIC_UPSTREAM.match(entry.get("upstream_name") or "")
        if found is None:
            claim.abandon(UPSTREAM)
            return None
        conditions = []
        for name, value in sorted((entry.get("condition") or {}).items()):
            if not _HEADER.match(name):
                claim.abandon(HEADER_NAME)
                return None
            conditions.append([f"http_{name.lower().replace('-', '_')}", "==", value])
        node = f"{found['service']}.{found['namespace']}.svc:{found['port']}"
        rules.append(_rule(conditions or None, [{"upstream": _upstream(node, scheme), "weight": 1}]))
    if rules:
        claim.note(CLUSTER_NAME)
    return rules or None
