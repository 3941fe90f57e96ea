"""What Kong's routers see of a request: each field prepared as Kong prepares it."""

from __future__ import annotations

import re
from functools import cached_property

from kong2x.model.traffic import Request
from kong2x.verify.uri import kong_path, query_arguments, split_target

_DIGITS = re.compile(r"\d+")


class Arrival:
    """One request on its way through a router.

    `path` is normalised (bytes); `host` is the Host header as received, None without one; `sni` is
    the TLS server name, None without TLS or without one.
    """

    def __init__(self, request: Request) -> None:
        self.request = request
        self.method = request.method
        self.scheme = request.scheme
        self.host = request.host or None
        self.sni = request.server_name
        raw, self.query = split_target(request.path)
        self.path = kong_path(raw)

    @cached_property
    def path_text(self) -> str | None:
        """The path as text; None when it is not UTF-8, which the newer routers answer with an error."""
        try:
            return self.path.decode("utf-8")
        except UnicodeDecodeError:
            return None

    @cached_property
    def headers(self) -> dict[str, list[str]]:
        """The request's headers by lower-case name, in order of their values."""
        found: dict[str, list[str]] = {}
        for name, value in self.request.headers:
            found.setdefault(name.lower(), []).append(value.strip(" \t"))
        return found

    def header(self, name: str) -> list[str] | None:
        """The values of a header as OpenResty looks them up: as named, then with dashes for underscores."""
        found = self.headers.get(name)
        return found if found is not None or "_" not in name else self.headers.get(name.replace("_", "-"))

    @cached_property
    def arguments(self) -> dict[str, list[str]]:
        """The query arguments."""
        return query_arguments(self.query)

    @property
    def default_port(self) -> int:
        """The port that the client called, as far as the scheme tells."""
        return 443 if self.scheme == "https" else 80

    @cached_property
    def host_and_port(self) -> tuple[str, int]:
        """The host as the newer routers split it, and the destination port."""
        host = self.host or ""
        name, colon, port = host.partition(":")
        if colon and _DIGITS.fullmatch(port):
            return name, int(port)
        return host, self.default_port

    @cached_property
    def classic_hosts(self) -> tuple[str, str]:
        """The host without and with port as the classic router splits it."""
        return split_port(self.host or "", self.default_port)


def split_port(host: str, default: int) -> tuple[str, str]:
    """The host without its port and with one, brackets of an IPv6 address peeled off.

    >>> split_port("a.com", 80), split_port("a.com:81", 80), split_port("[::1]:81", 80)
    (('a.com', 'a.com:80'), ('a.com', 'a.com:81'), ('::1', '[::1]:81'))
    """
    if host.startswith("["):
        if host.endswith("]"):
            return host[1:-1], f"{host}:{default}"
        inside, mark, port = host.partition("]:")
        if mark and not port:
            return inside[1:], f"{host}{default}"
        if mark and _DIGITS.fullmatch(port):
            return inside[1:], host
        return host, f"{host}:{default}"
    name, colon, port = host.partition(":")
    if not colon or not port:
        return name, f"{name}:{default}"
    return (name, host) if _DIGITS.fullmatch(port) else (host, f"[{host}]:{default}")


def has_port(host: str) -> bool:
    """Whether a route's host names a port."""
    if host.startswith("["):
        return bool(_DIGITS.fullmatch(host.partition("]:")[2]))
    return bool(_DIGITS.fullmatch(host.partition(":")[2]))


def ascii_lower(text: str) -> str:
    """Lower case for ASCII letters only, which is what Lua does."""
    return text.lower() if text.isascii() else text.translate(_LOWER)


_LOWER = {code: code + 32 for code in range(ord("A"), ord("Z") + 1)}
