"""What one HTTPRoute rule will say, before rules are ordered and packed into objects."""

from __future__ import annotations

from dataclasses import dataclass, field
from typing import Any, Literal, NamedTuple

from kong2x.model.plugin import MappedPlugin
from kong2x.model.route import PathMatch, Route
from kong2x.model.source import copied

Scheme = Literal["any", "http", "https"]
RouteKind = Literal["HTTPRoute", "GRPCRoute"]
Filter = dict[str, Any]

EXACT = "Exact"
PREFIX = "PathPrefix"
REGEX = "RegularExpression"


class GatewayPath(NamedTuple):
    """A path match of the target, and the source path that it stands for.

    `consumed` says that the source path's pattern takes in the whole request path, which decides what
    strip-path leaves over.
    """

    type: str
    value: str
    source: PathMatch | None = None
    consumed: bool = False


class Criterion(NamedTuple):
    """A header or query criterion: name, `Exact` or `RegularExpression`, value."""

    name: str
    type: str
    value: str


class Match(NamedTuple):
    """One entry of `matches`: all its parts must hold."""

    path: GatewayPath
    method: str | None = None
    headers: tuple[Criterion, ...] = ()
    query: tuple[Criterion, ...] = ()

    @property
    def key(self) -> tuple[object, ...]:
        """What tells matches apart on the target."""
        return (self.path.type, self.path.value, self.method, self.headers, self.query)

    def body(self, kind: str = "HTTPRoute") -> dict[str, Any]:
        """The entry with the API server's defaults written out."""
        if kind == "GRPCRoute":
            return self._call()
        out: dict[str, Any] = {"path": {"type": self.path.type, "value": self.path.value}}
        if self.headers:
            out["headers"] = [{"type": c.type, "name": c.name, "value": c.value} for c in self.headers]
        if self.query:
            out["queryParams"] = [{"type": c.type, "name": c.name, "value": c.value} for c in self.query]
        if self.method:
            out["method"] = self.method
        return out

    def _call(self) -> dict[str, Any]:
        """The entry for a gRPC call, whose path is `/service/method`."""
        out: dict[str, Any] = {}
        plain = self.path.value.removeprefix("^").removesuffix("$").removeprefix("/")
        service, _, method = plain.partition("/")
        kind = "RegularExpression" if self.path.type == REGEX else "Exact"
        named = {"service": service, "method": method}
        if service:
            out["method"] = {"type": kind, **{key: value for key, value in named.items() if value}}
        if self.headers:
            out["headers"] = [{"type": c.type, "name": c.name, "value": c.value} for c in self.headers]
        return out


@dataclass(slots=True)
class Draft:
    """One rule. `hosts` empty means any host; `scheme` says on which listeners it is served.

    `denied` is the reason why the rule refuses its requests; then it has no filters and no backends.
    `role` is empty for a rule of the source itself, else why kong2x added it.
    """

    route: Route
    matches: tuple[Match, ...]
    hosts: tuple[str, ...] = ()
    scheme: Scheme = "any"
    filters: tuple[Filter, ...] = ()
    backends: tuple[dict[str, Any], ...] = ()
    timeouts: dict[str, str] = field(default_factory=dict)
    retry: dict[str, Any] = field(default_factory=dict)
    denied: str = ""
    role: Literal["", "to-https", "shadow", "fall-through"] = ""
    annotations: dict[str, str] = field(default_factory=dict)
    own: tuple[MappedPlugin, ...] = ()
    """Plugins in the vocabulary of the implementation, for its profile to attach."""
    extras: dict[str, Any] = field(default_factory=dict)
    """Further settings in the vocabulary of the implementation, by plugin or filter name."""
    kind: RouteKind = "HTTPRoute"
    copied: bool = False
    """Whether the rule stands here for a narrower host than its route has."""
    conditions: tuple[list[Any], ...] = ()
    """Further conditions in the vocabulary of the implementation; all of them must hold."""
    ranked_as: dict[tuple[object, ...], GatewayPath] = field(default_factory=dict)
    """For matches that kong2x added, by their `key`: the path that Kong ranks them by."""
    plain: dict[tuple[object, ...], GatewayPath] = field(default_factory=dict)
    """For matches that an implementation gets as expressions, by their `key`: the plain path they stand for."""
    position: tuple[int, ...] = ()
    """Place among the rules of its source object; copies of a rule carry the place of the original."""

    @property
    def one_match(self) -> bool:
        """Whether the rule must have exactly one match (a prefix is exchanged in the path)."""
        return any(_replaces_prefix(part) for part in self.filters)

    def body(self) -> dict[str, Any]:
        """The rule as it is written."""
        out: dict[str, Any] = {"matches": [match.body(self.kind) for match in self.matches]}
        if self.filters:
            out["filters"] = copied(list(self.filters))
        if self.backends:
            out["backendRefs"] = [dict(ref) for ref in self.backends]
        if self.timeouts:
            out["timeouts"] = dict(self.timeouts)
        if self.retry:
            out["retry"] = dict(self.retry)
        return out


def _replaces_prefix(part: Filter) -> bool:
    body = part.get("urlRewrite") or part.get("requestRedirect") or {}
    return isinstance(body, dict) and (body.get("path") or {}).get("type") == "ReplacePrefixMatch"
