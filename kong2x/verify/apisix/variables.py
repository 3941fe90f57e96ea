"""What APISIX's expressions see of a request: nginx variables and OpenResty's arguments."""

from __future__ import annotations

from collections.abc import Callable, Mapping
from dataclasses import dataclass, field
from typing import Any

from kong2x.model.traffic import Request
from kong2x.verify.uri import nginx_uri, query_arguments, split_target

Value = str | bool | list[str] | None


@dataclass(slots=True)
class Variables:
    """The variables of one request. `extra` are given directly (GraphQL fields, test inputs)."""

    request: Request
    extra: Mapping[str, Any] = field(default_factory=dict)
    _uri: str | None = None
    _arguments: dict[str, list[str]] | None = None

    @property
    def uri(self) -> str | None:
        """nginx's `$uri`: decoded and normalised; None where nginx answers 400 before routing."""
        if self._uri is None:
            raw = nginx_uri(self.request.path)
            if raw is None:
                return None
            self._uri = raw.decode("utf-8", "surrogateescape")
        return self._uri

    @property
    def host(self) -> str:
        """nginx's `$host`: lower case, without port, without one final dot."""
        host = self.request.host.lower()
        if host.startswith("["):
            return host.partition("]")[0] + "]"
        return host.partition(":")[0].removesuffix(".")

    def get(self, name: str) -> Value:
        """One variable; None when the request does not have it."""
        if name in self.extra:
            value: Value = self.extra[name]
            return value
        if name.startswith("http_"):
            return self._header(name[5:])
        if name.startswith("arg_"):
            return self._argument(name[4:])
        if name.startswith("cookie_"):
            return self._cookie(name[7:])
        simple: dict[str, Callable[[], Value]] = {
            "uri": lambda: self.uri,
            "host": lambda: self.host,
            "request_method": lambda: self.request.method,
            "scheme": lambda: self.request.scheme,
            "remote_addr": lambda: self.request.remote_address,
            "ssl_server_name": lambda: self.request.server_name,
            "real_request_uri": lambda: self.request.path,
            "request_uri": lambda: self._request_uri(),
            "args": lambda: split_target(self.request.path)[1] or None,
            "query_string": lambda: split_target(self.request.path)[1] or None,
            "server_port": lambda: "9443" if self.request.scheme == "https" else "9080",
        }
        getter = simple.get(name)
        return getter() if getter else None

    def _request_uri(self) -> str | None:
        query = split_target(self.request.path)[1]
        return self.uri if not query or self.uri is None else f"{self.uri}?{query}"

    def _header(self, name: str) -> str | None:
        wanted = name.lower().replace("_", "-")
        if wanted == "host":
            return self.request.host or None
        values = [value for key, value in self.request.headers if key.lower().replace("_", "-") == wanted]
        return ", ".join(values) if values else None

    def _argument(self, name: str) -> str | bool | None:
        query = split_target(self.request.path)[1]
        for part in query.split("&"):
            key, equals, _ = part.partition("=")
            if key and not equals and next(iter(query_arguments(key)), None) == name:
                return True
            if equals and next(iter(query_arguments(part)), None) == name:
                return query_arguments(part)[name][0]
        return None

    def _cookie(self, name: str) -> str | None:
        for key, value in self.request.headers:
            if key.lower() == "cookie":
                for pair in value.split(";"):
                    cookie, equals, content = pair.strip().partition("=")
                    if equals and cookie == name:
                        return content
        return None
