"""Where counters are kept: in the gateway, in one Redis, in a cluster of them, or behind Sentinel."""

from __future__ import annotations

from typing import Any

from kong2x.mapping.claim import Claim, Note, transform
from kong2x.mapping.transforms.logs import VAULT
from kong2x.mapping.transforms.rate_limiting import NO_SHARED, PER_INSTANCE
from kong2x.model.finding import Level

NO_HOST = Note(
    "no-redis-host",
    Level.UNKNOWN,
    "Counters are to be kept in Redis but no host is given, and Kong refuses that. Name the host.",
)
NO_SENTINEL = Note(
    "no-sentinel",
    Level.UNSUPPORTED,
    "Each gateway instance counts alone, because releases before 3.18 cannot reach Redis through Sentinel. "
    "Choose a newer release, or name one Redis.",
)
ADDRESS_VAULT = Note(
    "redis-vault",
    Level.UNSUPPORTED,
    "Each gateway instance counts alone, because the address of Redis is in a vault that the target cannot read there. "
    "Write the address into the configuration.",
)
ROLE = Note(
    "sentinel-role",
    Level.APPROXIMATE,
    "Counters are kept in the master, where Kong takes any member. Nothing has to be done.",
)
SENTINEL_TLS = Note(
    "sentinel-tls",
    Level.UNSUPPORTED,
    "Redis behind Sentinel is reached without TLS, because the target has none there. "
    "Keep the connection inside a network that nobody else can read.",
)
CLUSTER_LOGIN = Note(
    "cluster-login",
    Level.UNSUPPORTED,
    "The target logs in to the cluster with the password alone, so counting fails when a user name is needed. "
    "Let the default user have the password.",
)
NODES, SENTINELS = "redis.cluster_nodes", "redis.sentinel_nodes"
OLD_NAMES = {NODES: "redis.cluster_addresses", SENTINELS: "redis.sentinel_addresses"}
"""Texts `host:port`, up to Kong 3.7."""


@transform(NO_SHARED, PER_INSTANCE, NO_HOST, NO_SENTINEL, ADDRESS_VAULT, ROLE, SENTINEL_TLS)
def store(claim: Claim) -> dict[str, Any] | None:
    """The policy with the addresses that belong to it."""
    kind = claim["strategy"]
    if kind != "redis":
        claim.ignore(*(path for path in claim.fields if path.startswith("redis.")))
        claim.note(NO_SHARED if kind == "cluster" else PER_INSTANCE, "strategy")
        return {"policy": "local"}
    if _members(claim, SENTINELS):
        _unused(claim, "redis.host", "redis.port", NODES)
        return _sentinel(claim)
    _unused(claim, SENTINELS, "redis.sentinel_master", "redis.sentinel_role")
    if _members(claim, NODES):
        _unused(claim, "redis.host", "redis.port", "redis.database")
        return _cluster(claim)
    _unused(claim, NODES)
    host, port = claim["redis.host"], claim["redis.port"]
    if not host:
        claim.abandon(NO_HOST, "strategy")
        return None
    if VAULT in f"{host}{port}":
        claim.note(ADDRESS_VAULT, "redis.host")
        return {"policy": "local"}
    out = {"policy": "redis", "redis_host": host, "redis_port": port, "redis_timeout": _timeout(claim)}
    out |= {"redis_ssl": claim["redis.ssl"], "redis_ssl_verify": claim["redis.ssl_verify"]}
    return out | {"redis_database": claim["redis.database"]}


def _cluster(claim: Claim) -> dict[str, Any]:
    nodes = [f"{host}:{port}" for host, port in _members(claim, NODES)]
    return {
        "policy": "redis-cluster",
        "redis_cluster_nodes": nodes,
        "redis_cluster_name": "kong",
        "redis_timeout": _timeout(claim),
        "redis_cluster_ssl": claim["redis.ssl"],
        "redis_cluster_ssl_verify": claim["redis.ssl_verify"],
    }


def _sentinel(claim: Claim) -> dict[str, Any]:
    role, master = claim["redis.sentinel_role"], claim["redis.sentinel_master"]
    claim["redis.ssl_verify"]
    if not claim.target_has("redis_sentinels"):
        claim.note(NO_SENTINEL, SENTINELS)
        for path in claim.fields:
            claim[path]
        return {"policy": "local"}
    if role == "any":
        claim.note(ROLE, "redis.sentinel_role")
    if claim["redis.ssl"]:
        claim.note(SENTINEL_TLS, "redis.ssl")
    waits = [claim["redis.read_timeout"] or 0, claim["redis.send_timeout"] or 0]
    return {
        "policy": "redis-sentinel",
        "redis_sentinels": [{"host": host, "port": port} for host, port in _members(claim, SENTINELS)],
        "redis_master_name": master,
        "redis_role": role if role in ("master", "slave") else "master",
        "redis_connect_timeout": claim["redis.connect_timeout"] or None,
        "redis_read_timeout": max(waits) or None,
        "redis_database": claim["redis.database"],
    }


def _members(claim: Claim, path: str) -> list[tuple[str, int]]:
    """Host and port of each member, by the newer or the older name of the list."""
    found = []
    for node in claim[path] or []:
        found.append((node.get("ip") or node.get("host") or "127.0.0.1", node.get("port") or 6379))
    old = claim[OLD_NAMES[path]] if OLD_NAMES[path] in claim.fields else None
    for text in old if isinstance(old, list) and not found else ():
        host, _, port = str(text).rpartition(":")
        if host and port.isdecimal():
            found.append((host, int(port)))
    return found


def _unused(claim: Claim, *paths: str) -> None:
    """These fields belong to another way of reaching Redis."""
    claim.ignore(*(path for path in paths if not claim[path] or path in claim.fields))


def _timeout(claim: Claim) -> int | None:
    """The longest of Kong's three, in milliseconds: the target has one for all."""
    names = ("redis.connect_timeout", "redis.read_timeout", "redis.send_timeout", "redis.timeout")
    given = [claim[name] for name in names if name in claim.fields]
    return max((int(value) for value in given if isinstance(value, int | float)), default=0) or None


@transform(CLUSTER_LOGIN)
def username(claim: Claim) -> str | None:
    """The user name, which a cluster cannot be told."""
    if claim.value and claim.peek(NODES):
        claim.note(CLUSTER_LOGIN)
        return None
    return claim.value or None
