"""One request sent to a live gateway exactly as it is written, and what a comparison looks at in the answer."""

from __future__ import annotations

import hashlib
import http.client
import socket
import ssl
from collections.abc import Sequence
from dataclasses import dataclass
from urllib.parse import urlsplit

from kong2x.model.errors import UsageError
from kong2x.model.traffic import Request

LARGEST = 1 << 20
"""So many bytes of a body are read; what comes after them is not compared."""


@dataclass(frozen=True, slots=True)
class Gateway:
    """The one address that requests are sent to, whatever their host is."""

    url: str
    scheme: str
    host: str
    port: int

    @classmethod
    def parse(cls, url: str, option: str) -> Gateway:
        """From `http://ADDRESS[:PORT]` or https; UsageError for anything else, a path included."""
        try:
            parts = urlsplit(url)
            port = parts.port
        except ValueError:
            raise UsageError(f"{option} {url}: expected http://ADDRESS:PORT.") from None
        if parts.scheme not in ("http", "https") or not parts.hostname:
            raise UsageError(f"{option} {url}: expected http://ADDRESS:PORT or https://ADDRESS:PORT.")
        if parts.path.strip("/") or parts.query or parts.username:
            raise UsageError(f"{option} {url}: expected an address only, without path, query or login.")
        return cls(url, parts.scheme, parts.hostname, port or (443 if parts.scheme == "https" else 80))


@dataclass(frozen=True, slots=True)
class Reply:
    """What a gateway answered; `error` says why there is no answer."""

    status: int | None = None
    location: str | None = None
    headers: tuple[tuple[str, str | None], ...] = ()
    body: str | None = None
    error: str = ""


def send(gateway: Gateway, request: Request, headers: Sequence[str], *, body: bool, timeout: float) -> Reply:
    """Sends one request over a connection of its own; redirects are not followed.

    The path goes out raw, the Host header carries the request's host, and TLS its server name; certificates
    are not checked, because a rehearsal address rarely has the right one. `body` adds a hash of the body.
    """
    connection = connection_to(gateway, request, timeout)
    try:
        connection.putrequest(request.method, raw(request.path), skip_host=True, skip_accept_encoding=True)
        connection.putheader("Host", request.host or gateway.host)
        for name, value in request.headers:
            if name.lower() != "host":
                connection.putheader(name, value)
        connection.putheader("Connection", "close")
        connection.endheaders()
        answer = connection.getresponse()
        content = answer.read(LARGEST) if body else b""
        return Reply(
            answer.status,
            answer.getheader("Location"),
            tuple((name, answer.getheader(name)) for name in headers),
            hashlib.sha256(content).hexdigest()[:16] if body else None,
        )
    except (OSError, http.client.HTTPException, ValueError) as error:
        return Reply(error=f"{type(error).__name__}: {error}" if str(error) else type(error).__name__)
    finally:
        connection.close()


def raw(path: str) -> str:
    """A request target that http.client takes: bytes that may not stand in one are percent-encoded."""
    return "".join(ch if "!" <= ch <= "~" else "".join(f"%{b:02X}" for b in ch.encode()) for ch in path)


class TlsConnection(http.client.HTTPConnection):
    """HTTP over TLS to one address, with a server name that need not be that address."""

    def __init__(self, gateway: Gateway, name: str, timeout: float) -> None:
        super().__init__(gateway.host, gateway.port, timeout=timeout)
        self.server_name = name

    def connect(self) -> None:
        """Opens the connection; certificates are not checked."""
        context = ssl.create_default_context()
        context.check_hostname = False
        context.verify_mode = ssl.CERT_NONE
        plain = socket.create_connection((self.host, self.port), self.timeout)
        self.sock = context.wrap_socket(plain, server_hostname=self.server_name or None)


def connection_to(gateway: Gateway, request: Request, timeout: float) -> http.client.HTTPConnection:
    """A connection to the gateway's address, with the request's server name on TLS."""
    if gateway.scheme == "http":
        return http.client.HTTPConnection(gateway.host, gateway.port, timeout=timeout)
    name = request.sni if request.sni is not None else request.host.partition(":")[0]
    return TlsConnection(gateway, name, timeout)
