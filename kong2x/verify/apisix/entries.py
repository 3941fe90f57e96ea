"""APISIX's own routes, as its controller hands them on: conditions, upstream and plugins."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field
from typing import Any


@dataclass(frozen=True, slots=True)
class Target:
    """One weighted upstream. `host` is pass, node or rewrite with the name in `host_value`."""

    address: str
    weight: int = 100
    host: str = "pass"
    host_value: str | None = None
    scheme: str = "http"


@dataclass(slots=True)
class Entry:
    """One APISIX route with what its service adds; empty conditions mean any.

    `vars` are expressions as APISIX takes them; `order` is the place in the synced list.
    """

    id: str
    uris: Sequence[str]
    hosts: Sequence[str] = ()
    methods: Sequence[str] = ()
    vars: Sequence[Any] = ()
    priority: int = 0
    remote_addrs: Sequence[str] = ()
    filter_func: str = ""
    targets: Sequence[Target] = ()
    plugins: Mapping[str, Mapping[str, Any]] = field(default_factory=dict)
    websocket: bool = False
    order: int = 0
