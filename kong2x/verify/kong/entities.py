"""What Kong's routers know of a route and of its service."""

from __future__ import annotations

from collections.abc import Iterable
from dataclasses import dataclass, field

from kong2x.model.route import Rewrite
from kong2x.verify.kong.plugins import OwnAnswer

HTTP = ("http", "https")


@dataclass(slots=True)
class KongService:
    """The outcome side of a route: where requests go.

    `address` is `namespace/name:port` of the (first) backend. `host_header` is what the upstream gets
    where the route does not preserve the client's Host, None for the target's own address.
    `available` False means that no target can be found, which Kong answers with 503.
    """

    name: str
    protocol: str = "http"
    path: str = "/"
    address: str | None = None
    weights: tuple[tuple[str, int], ...] = ()
    available: bool = True
    host_header: str | None = None
    fixed_status: int | None = None


@dataclass(slots=True)
class KongRoute:
    """One route as Kong stores it; `order` is its place in the configuration."""

    name: str
    service: KongService
    id: str = ""
    hosts: tuple[str, ...] = ()
    paths: tuple[str, ...] = ()
    methods: tuple[str, ...] = ()
    headers: tuple[tuple[str, tuple[str, ...]], ...] = ()
    snis: tuple[str, ...] = ()
    protocols: tuple[str, ...] = HTTP
    strip_path: bool = False
    preserve_host: bool = True
    regex_priority: int = 0
    path_handling: str = "v0"
    https_redirect_status_code: int = 426
    created_at: float = 0.0
    expression: str = ""
    priority: int = 0
    rewrite: Rewrite | None = None
    plugins: tuple[str, ...] = ()
    own_answer: OwnAnswer | None = None
    order: int = 0
    kinds: tuple[str, ...] = field(init=False)
    """The kinds of criteria that the route uses, in the order in which Kong's routers rank them."""

    def __post_init__(self) -> None:
        present = {
            "host": self.hosts,
            "header": self.headers,
            "path": self.paths,
            "method": self.methods,
            "sni": self.snis,
        }
        self.kinds = tuple(kind for kind, values in present.items() if values)


def in_storage_order(routes: Iterable[KongRoute]) -> list[KongRoute]:
    """The routes in the order in which Kong without a database reads them: by id.

    It decides between equal routes in the classic router, together with the order of Lua's sort.
    """
    return sorted(routes, key=lambda route: route.id)


def with_port(host: str, port: int, protocol: str) -> str:
    """`host:port`, without the port that the protocol implies."""
    default = {"http": 80, "grpc": 80, "https": 443, "grpcs": 443}.get(protocol)
    return host if port == default else f"{host}:{port}"
