"""A request, the answer to it, and the protocol of a router model."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from typing import Protocol


@dataclass(frozen=True, slots=True)
class Request:
    """One HTTP request as it is on the wire.

    `path` is the raw request target with its query; `headers` keeps order and repetition; `sni` is
    the TLS server name: None means the host name on https and none on http, `""` means TLS without one.
    `http_version` is `2` for a real gRPC call.

    >>> Request("GET", "shop.example.com", "/cart?x=1").server_name
    """

    method: str = "GET"
    host: str = ""
    path: str = "/"
    headers: tuple[tuple[str, str], ...] = ()
    scheme: str = "http"
    sni: str | None = None
    id: str = ""
    remote_address: str = "127.0.0.1"
    http_version: str = "1.1"

    @property
    def server_name(self) -> str | None:
        """The TLS server name that the gateway sees, None when there is none."""
        if self.scheme != "https":
            return None
        if self.sni is not None:
            return self.sni or None
        name = self.host.rpartition(":")[0] if self.host.rpartition(":")[2].isdigit() else self.host
        return name or None

    def header(self, name: str) -> tuple[str, ...]:
        """All values of a header, in order; names compare without case."""
        wanted = name.lower()
        return tuple(value for key, value in self.headers if key.lower() == wanted)


@dataclass(frozen=True, slots=True)
class Answer:
    """What a gateway does with a request before any plugin refuses it.

    `route` names the winning route (source: KIC's name; target: object and rule), None for 404.
    `tie` lists the candidates where the configuration does not decide (`""` stands for none).
    `status` is the gateway's own answer, None when proxied. `service` is `namespace/name:port`;
    `path` and `host` are what the backend receives; `plugins` names the checks in effect.
    `host` None means the target's own address.
    """

    route: str | None = None
    why: str = ""
    tie: tuple[str, ...] = ()
    status: int | None = None
    location: str | None = None
    service: str | None = None
    path: str | None = None
    host: str | None = None
    plugins: tuple[str, ...] = ()
    weights: tuple[tuple[str, int], ...] = ()
    """All backends with their shares where there are several."""


@dataclass(frozen=True, slots=True)
class Criteria:
    """The literals of one route, from which requests are generated.

    `paths` are pairs of kind and text; kinds are `exact`, `prefix` (raw or by segment) and `regex`.
    `headers` and `query` are pairs of name and values; a value starting with `~*` is a regex.
    """

    hosts: tuple[str, ...] = ()
    paths: tuple[tuple[str, str], ...] = ()
    methods: tuple[str, ...] = ()
    headers: tuple[tuple[str, tuple[str, ...]], ...] = ()
    query: tuple[tuple[str, tuple[str, ...]], ...] = ()
    snis: tuple[str, ...] = ()


class Answerer(Protocol):
    """A model of a gateway's router: who answers a request."""

    def answer(self, request: Request) -> Answer:
        """The answer to one request; the same request always gets the same answer."""


class Router(Answerer, Protocol):
    """A router model of a target, which also tells what its routes look at."""

    def criteria(self) -> Sequence[Criteria]:
        """The literals of every route, in a stable order."""
