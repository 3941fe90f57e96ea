"""Which path and Host the backend receives, as a URLRewrite filter or a refusal."""

from __future__ import annotations

import re
from dataclasses import dataclass
from typing import Any

from kong2x.emit.gateway_api import codes_routes
from kong2x.emit.gateway_api.desk import Desk
from kong2x.emit.gateway_api.draft import EXACT, PREFIX, REGEX, Filter, GatewayPath
from kong2x.emit.gateway_api.hosts import is_precise
from kong2x.emit.gateway_api.paths import encoded, literal_head
from kong2x.model.route import Backend, Feature, PathKind, Rewrite, Route

_FULL = "ReplaceFullPath"
_PREFIX = "ReplacePrefixMatch"
_GRPC = ("grpc", "grpcs")
DEFAULT_PORTS = {"http": 80, "grpc": 80, "https": 443, "grpcs": 443}


@dataclass(frozen=True, slots=True)
class PathChange:
    """What becomes of the path of requests that one path match takes.

    `kind` and `value` are those of a URLRewrite path; kind empty keeps the path. `refused` says why no
    standard filter does what Kong does; `pattern` and `template` then say it as a regular expression
    over the whole path and its replacement (`$1`, `${1}`, `$$`), for implementations with such a filter.
    `match` replaces the path match where the rewrite needs another form of it.
    """

    kind: str = ""
    value: str = ""
    refused: str = ""
    pattern: str = ""
    template: str = ""
    match: GatewayPath | None = None
    note: str = ""

    def body(self) -> dict[str, Any]:
        """The `path` of a URLRewrite or RequestRedirect filter."""
        field = "replaceFullPath" if self.kind == _FULL else "replacePrefixMatch"
        return {"type": self.kind, field: self.value}


KEEP = PathChange()
REST = "/?(.*)$"
"""The end of a pattern of which the part before it is taken off."""
UNDER_ROOT = "^/(.*)$"
"""The pattern of a change that puts a path in front of every path."""


def path_change(desk: Desk, route: Route, path: GatewayPath) -> PathChange:
    """What the backend sees instead of the request path (recipes 4.2 and 4.3 of the target's facts)."""
    rewrite = route.rewrite
    if rewrite is not None and rewrite.template is not None:
        return _templated(rewrite, path)
    if desk.profile.keeps_kong:
        return KEEP
    service = route.service
    base = "/" if service.protocol in _GRPC else service.path or "/"
    strip = route.strip_path and not route.grpc and bool(route.paths)
    if route.path_handling == "v1" and base != "/" and desk.model.facts.router == "traditional":
        return PathChange(refused="path-handling v1 joins the paths without a slash between them")
    if not strip and base == "/":
        return KEEP
    return _stripped(path, base) if strip else _prefixed(path, base)


def _stripped(path: GatewayPath, base: str) -> PathChange:
    bare = base.rstrip("/")
    if path.type == EXACT:
        return _full(_nothing_left(path.value, base), path)
    if path.consumed:
        note = "" if not bare else "a request path that ends in a slash keeps that slash in Kong"
        return PathChange(_FULL, bare or "/", note=note)
    if path.type == REGEX:
        pattern = path.source.value if path.source and path.source.kind is PathKind.REGEX else ""
        groups = _groups(pattern)
        return PathChange(
            refused="strip-path takes off what a regular expression matched",
            pattern=f"^(?:{pattern}){REST}" if groups is not None else "",
            template=f"{_literal(bare)}/${(groups or 0) + 1}",
        )
    if path.value == "/":
        return KEEP if not bare else _under_root(bare)
    return PathChange(_PREFIX, bare or "/")


def _prefixed(path: GatewayPath, base: str) -> PathChange:
    bare = base.rstrip("/")
    if path.type == EXACT:
        return _full(base if path.value == "/" else bare + path.value, path)
    if path.value == "/" or path.type == REGEX:
        return _under_root(bare)
    return PathChange(_PREFIX, bare + path.value)


def _under_root(bare: str) -> PathChange:
    """Gateways disagree on exchanging the prefix `/` (some make /footest of /foo and /test)."""
    return PathChange(
        refused=f"the backend's path {bare} is put in front of every path, which Gateways do differently",
        pattern=UNDER_ROOT,
        template=f"{_literal(bare)}/$1",
    )


def _nothing_left(path: str, base: str) -> str:
    """Kong's result where strip-path leaves nothing: the final slash is that of the request."""
    if path == "/":
        return base
    return (base.rstrip("/") + "/") if path.endswith("/") else base.rstrip("/") or "/"


def _full(value: str, path: GatewayPath) -> PathChange:
    return KEEP if value == path.value else PathChange(_FULL, value)


def _templated(rewrite: Rewrite, path: GatewayPath) -> PathChange:
    template = rewrite.template or ()
    if rewrite.prefix is not None:
        text = "".join(str(part) for part in template) or "/"
        note = "Gateways do not agree on exchanging the prefix /" if path.value == "/" else ""
        return PathChange(_PREFIX, text, note=note)
    captures = [part for part in template if isinstance(part, int)]
    pattern = path.source.value if path.source and path.source.kind is PathKind.REGEX else ""
    if not captures or not pattern:
        return PathChange(_FULL, "".join(p for p in template if isinstance(p, str)) or "/")
    return _tail_exchange(template, pattern) or PathChange(
        refused="the rewrite puts captures of a regular expression into the path",
        pattern=f"^(?:{pattern.removeprefix('^')})" + ("" if pattern.endswith("$") else ".*$"),
        template="".join(f"${{{part}}}" if isinstance(part, int) else _literal(part) for part in template),
    )


def _groups(pattern: str) -> int | None:
    """How many capture groups a pattern has, None where it cannot be told."""
    try:
        return re.compile(re.sub(r"\(\?<(?![=!])", "(?P<", pattern)).groups if pattern else None
    except re.error:
        return None


def _literal(text: str) -> str:
    """Text for a template, in which a dollar begins a capture."""
    return text.replace("$", "$$")


def _tail_exchange(template: tuple[str | int, ...], pattern: str) -> PathChange | None:
    """`/foo/(.*)` with `/x/$1` exchanges a prefix; None when the shape is another one."""
    if len(template) > 2 or not isinstance(template[-1], int):
        return None
    target = template[0] if len(template) == 2 else ""
    head, rest = literal_head(pattern)
    if not isinstance(target, str) or (target and not target.startswith("/")) or head in ("", "/"):
        return None
    capture = template[-1]
    split_first = rest.removesuffix("$") in ("(/|$)(.*)", "(?:/|$)(.*)")
    if split_first:
        wanted = 2 if rest.startswith("(/") else 1
        fits = capture == wanted and target.endswith("/") and not head.endswith("/")
    else:
        fits = (
            rest.removesuffix("$") == "(.*)" and capture == 1 and head.endswith("/") == target.endswith("/")
        )
        fits = fits and head.endswith("/")
    prefix = encoded(head.rstrip("/"))
    if not fits or not prefix:
        return None
    note = "" if split_first else f"{prefix} itself is served as well, which Kong does not"
    return PathChange(_PREFIX, target.rstrip("/") or "/", match=GatewayPath(PREFIX, prefix), note=note)


def host_change(desk: Desk, route: Route) -> str:
    """The Host that the backend receives instead of the client's, empty to keep it (recipe 4.6)."""
    if route.rewrite is not None and route.rewrite.host:
        return _precise(desk, route, route.rewrite.host, Feature.FILTERS)
    if route.preserve_host or desk.profile.keeps_kong:
        return ""
    service = route.service
    name = service.upstream.host_header or _own_name(desk, route)
    if not name and desk.profile.sends_pod_address(desk, service):
        return ""
    if not name:
        desk.say(
            codes_routes.HOST_OF_POD,
            "The backend receives the client's Host; Kong sends the address of the pod.",
            route=route,
            feature=Feature.PRESERVE_HOST,
        )
        return ""
    bare, colon, port = name.rpartition(":")
    name = bare if colon and port.isdigit() else name
    if any(_shows_port(backend, service.protocol) for backend in service.backends):
        desk.say(
            codes_routes.HOST_PORT,
            f"The backend receives the Host {name} without the port that Kong adds.",
            route=route,
            feature=Feature.PRESERVE_HOST,
        )
    return _precise(desk, route, name, Feature.HOST_HEADER)


def _own_name(desk: Desk, route: Route) -> str:
    service = route.service
    if len(service.backends) != 1:
        return ""
    backend = service.backends[0]
    if backend.external_name:
        return backend.external_name.lower()
    if not service.service_upstream:
        return ""
    domain = desk.model.facts.cluster_domain
    return f"{backend.name}.{backend.namespace}.svc" + (f".{domain}" if domain else "")


def _shows_port(backend: Backend, protocol: str) -> bool:
    port = backend.target_port if isinstance(backend.target_port, int) else backend.number
    return port is not None and port != DEFAULT_PORTS.get(protocol)


def _precise(desk: Desk, route: Route, name: str, feature: Feature) -> str:
    name = name.lower().rstrip(".")
    if is_precise(name):
        return name
    desk.say(
        codes_routes.HOST_REWRITE,
        f"The backend receives the client's Host: {name} cannot be written as a host name.",
        route=route,
        feature=feature,
    )
    return ""


def url_rewrite(change: PathChange, host: str) -> Filter | None:
    """Both rewrites in the one URLRewrite filter that a rule may have."""
    body: dict[str, Any] = {}
    if host:
        body["hostname"] = host
    if change.kind:
        body["path"] = change.body()
    return {"type": "URLRewrite", "urlRewrite": body} if body else None
