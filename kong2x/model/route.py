"""The route model: what Kong does with a request, in Kong's own terms and units.

One `Route` is one Kong route as the Kong Ingress Controller (KIC) names it. It keeps each path with
its source rule, so that what is written on one rule never leaks to another. Kong's names, defaults
and units are kept throughout: milliseconds, seconds, PCRE. Emitters translate; they never guess.

Everything here is *traced*: `provenance` names, for each feature that the source set, the leaves
that feed it. An emitter must settle each of these features (`target.Emission.settle`); the pipeline
refuses to write anything while one is open.
"""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, field
from enum import StrEnum
from typing import Any

from kong2x.model.finding import Finding
from kong2x.model.plugin import Consumer, PluginUse
from kong2x.model.settings import SourceFacts
from kong2x.model.source import Leaf, ObjectRef, SourceObject


class Feature(StrEnum):
    """What a source leaf can set on a route, service, certificate or consumer."""

    HOSTS = "hosts"
    PATHS = "paths"
    METHODS = "methods"
    HEADERS = "headers"
    QUERY = "query"
    SNIS = "snis"
    PROTOCOLS = "protocols"
    HTTPS_REDIRECT = "https-redirect"
    STRIP_PATH = "strip-path"
    PRESERVE_HOST = "preserve-host"
    REGEX_PRIORITY = "regex-priority"
    PATH_HANDLING = "path-handling"
    REQUEST_BUFFERING = "request-buffering"
    RESPONSE_BUFFERING = "response-buffering"
    REWRITE = "rewrite"
    FILTERS = "filters"
    PARENTS = "parents"
    BACKEND = "backend"
    PORTS = "ports"
    PLUGINS = "plugins"
    SERVICE_PROTOCOL = "service-protocol"
    SERVICE_PATH = "service-path"
    CONNECT_TIMEOUT = "connect-timeout"
    READ_TIMEOUT = "read-timeout"
    WRITE_TIMEOUT = "write-timeout"
    RETRIES = "retries"
    HOST_HEADER = "host-header"
    SERVICE_UPSTREAM = "service-upstream"
    BALANCING = "balancing"
    HEALTH_CHECKS = "health-checks"
    CLIENT_CERTIFICATE = "client-certificate"
    TLS_VERIFY = "tls-verify"
    CERTIFICATE = "certificate"
    CERTIFICATE_ISSUER = "certificate-issuer"
    CONSUMER = "consumer"
    CREDENTIALS = "credentials"
    CONSUMER_GROUPS = "consumer-groups"


Provenance = dict[Feature, tuple[Leaf, ...]]


class PathKind(StrEnum):
    """The four ways in which Kong, fed by KIC, compares a path."""

    EXACT = "exact"
    SEGMENT_PREFIX = "segment-prefix"
    RAW_PREFIX = "raw-prefix"
    REGEX = "regex"


@dataclass(frozen=True, slots=True)
class PathMatch:
    """One path of one source rule.

    `value` is the literal (slashes collapsed; a segment prefix without its final slash, `/` for the
    root), or the pattern of a regex without marker: anchored at the start only, PCRE for
    `traditional`, Rust for the newer routers. `kong` holds the path strings that KIC writes for the
    classic routers (`/foo/`, `~/foo$`), in KIC's order; `expression` is the predicate for the
    expressions router. `unescaped` says that the classic routers read the literal as a pattern and
    so answer other paths than the literal says (trap 4).
    """

    kind: PathKind
    value: str
    kong: tuple[str, ...] = ()
    expression: str = ""
    unescaped: bool = False
    source: Leaf | None = None


@dataclass(frozen=True, slots=True)
class HeaderMatch:
    """A header criterion: any of `values`; a value starting with `~*` is a regex (kong-source.md 2.4)."""

    name: str
    values: tuple[str, ...]
    exact_case: bool = False
    """True where the running router compares values with case (expressions router)."""

    @property
    def patterns(self) -> tuple[str, ...]:
        """The regexes among the values, without their marker."""
        return tuple(v[2:] for v in self.values if v.startswith("~*"))


@dataclass(frozen=True, slots=True)
class QueryMatch:
    """A query parameter criterion (HTTPRoute on the expressions router only)."""

    name: str
    value: str
    regex: bool = False


@dataclass(frozen=True, slots=True)
class Rewrite:
    """The whole upstream path is replaced (`konghq.com/rewrite`, URLRewrite).

    `template` is the new path in KIC's grammar reduced to parts: literal text and capture numbers.
    `prefix` is set for ReplacePrefixMatch: that prefix is exchanged for the literal template.
    `host` is a replaced Host header (URLRewrite hostname).
    """

    template: tuple[str | int, ...] | None = None
    prefix: str | None = None
    host: str | None = None


@dataclass(frozen=True, slots=True)
class Backend:
    """One Kubernetes Service (or facade) behind a Kong service.

    `port` is as written (number, name, or None for the implicit port); `number` is the Service port
    it means, None when the Service or the port is not known. `target_port` is the pod port where it
    is a number. `weight` is as written, None when absent.
    """

    namespace: str
    name: str
    port: int | str | None
    number: int | None = None
    weight: int | None = None
    known: bool = False
    external_name: str | None = None
    headless: bool = False
    target_port: int | str | None = None
    app_protocol: str | None = None
    facade: str | None = None
    source: Leaf | None = None

    @property
    def address(self) -> str:
        """`namespace/name:port`, the form of reports and recorded answers."""
        port = self.number if self.number is not None else self.port
        return f"{self.namespace}/{self.name}:{port}" if port is not None else f"{self.namespace}/{self.name}"


@dataclass(slots=True)
class Upstream:
    """How Kong spreads requests over the targets; field names and defaults are Kong's.

    `hash_on` and `hash_fallback` are none, ip, consumer, header, cookie, path, query_arg or
    uri_capture; `hash_args` holds the companion fields (`hash_on_header`, `hash_on_cookie_path`, …).
    `healthchecks` is Kong's structure, only what was set.
    """

    algorithm: str = "round-robin"
    slots: int | None = None
    hash_on: str = "none"
    hash_fallback: str = "none"
    hash_args: dict[str, str] = field(default_factory=dict)
    healthchecks: dict[str, Any] = field(default_factory=dict)
    host_header: str | None = None
    sticky_cookie: str | None = None
    sticky_cookie_path: str | None = None


@dataclass(slots=True)
class Service:
    """One Kong service with its upstream. Timeouts in ms; `path` None means none, Kong reads `/`."""

    name: str
    namespace: str
    id: str = ""
    protocol: str = "http"
    host: str = ""
    port: int = 80
    path: str | None = "/"
    connect_timeout: int = 60000
    read_timeout: int = 60000
    write_timeout: int = 60000
    retries: int = 5
    backends: tuple[Backend, ...] = ()
    upstream: Upstream = field(default_factory=Upstream)
    service_upstream: bool = False
    client_certificate: ObjectRef | None = None
    tls_verify: bool | None = None
    tls_verify_depth: int | None = None
    ca_certificates: tuple[ObjectRef, ...] = ()
    fixed_status: int | None = None
    """Set when KIC answers for this service by itself (HTTPRoute with no valid backend: 500)."""
    plugins: tuple[PluginUse, ...] = ()
    tags: tuple[str, ...] = ()
    provenance: Provenance = field(default_factory=dict)


@dataclass(frozen=True, slots=True)
class Parent:
    """A Gateway listener that a source route attaches to."""

    namespace: str
    name: str
    section: str | None = None
    port: int | None = None
    kind: str = "Gateway"


@dataclass(slots=True)
class Route:
    """One Kong route and its outcome.

    `hosts` are exact names, `*.suffix` or `prefix.*`; empty means any host. `paths`, `methods`,
    `headers`, `query` and `snis` empty mean no criterion; several paths or values are alternatives,
    different criteria must all hold. `protocols` empty is Kong's default http and https.
    `plugins` are the effective uses without a known consumer, one a plugin name, after Kong's
    precedence; `consumer_plugins` are those that act only for a named consumer on this route.
    """

    name: str
    origin: ObjectRef
    service: Service
    id: str = ""
    source: Leaf | None = None
    """The source rule, for messages; its path is that of the rule inside `origin`."""
    hosts: tuple[str, ...] = ()
    paths: tuple[PathMatch, ...] = ()
    methods: tuple[str, ...] = ()
    headers: tuple[HeaderMatch, ...] = ()
    query: tuple[QueryMatch, ...] = ()
    snis: tuple[str, ...] = ()
    protocols: tuple[str, ...] = ()
    https_redirect_status_code: int = 426
    strip_path: bool = False
    preserve_host: bool = True
    regex_priority: int = 0
    path_handling: str = "v0"
    request_buffering: bool = True
    response_buffering: bool = True
    rewrite: Rewrite | None = None
    default_backend: bool = False
    parents: tuple[Parent, ...] = ()
    created_at: str = ""
    expression: str = ""
    priority: int = 0
    plugins: tuple[PluginUse, ...] = ()
    consumer_plugins: tuple[PluginUse, ...] = ()
    extension_plugins: tuple[tuple[str, Leaf], ...] = ()
    """KongPlugins named by ExtensionRef filters of the source rule, with the leaf of each name."""
    tags: tuple[str, ...] = ()
    provenance: Provenance = field(default_factory=dict)

    @property
    def kong_paths(self) -> tuple[str, ...]:
        """All path strings of the classic routers, in KIC's order, each once."""
        return tuple(dict.fromkeys(path for match in self.paths for path in match.kong))

    @property
    def https_only(self) -> bool:
        """Whether plain HTTP is answered by Kong itself (426 or a redirect)."""
        return bool(self.protocols) and set(self.protocols) <= {"https", "grpcs", "wss"}

    @property
    def grpc(self) -> bool:
        """Whether only gRPC calls are served."""
        return bool(self.protocols) and set(self.protocols) <= {"grpc", "grpcs"}


@dataclass(slots=True)
class StreamRoute:
    """One Kong L4 route: `ports` are those Kong listens on; `snis` need TLS."""

    name: str
    origin: ObjectRef
    service: Service
    id: str = ""
    source: Leaf | None = None
    protocols: tuple[str, ...] = ("tcp",)
    ports: tuple[int, ...] = ()
    snis: tuple[str, ...] = ()
    parents: tuple[Parent, ...] = ()
    plugins: tuple[PluginUse, ...] = ()
    provenance: Provenance = field(default_factory=dict)


@dataclass(slots=True)
class Certificate:
    """A certificate that Kong serves for `hosts`, from a TLS Secret.

    `issuer` holds cert-manager's ingress-shim annotations of the source where the Secret is made by
    cert-manager because of them: after the move somebody must declare the Certificate.
    """

    secret: ObjectRef
    hosts: tuple[str, ...]
    origin: ObjectRef
    issuer: Mapping[str, str] = field(default_factory=dict)
    known: bool = False
    client_ca: ObjectRef | None = None
    provenance: Provenance = field(default_factory=dict)


@dataclass(slots=True)
class RouteModel:
    """All that Kong serves from one set of manifests, and all that has to be said about it.

    `refusals` are findings for mistakes that make Kong refuse the whole configuration
    (kong-source.md 9.1). `passed_through` are objects that KIC never reads. `classes_seen` counts
    ingress classes in the input, for the message when nothing was converted.
    """

    facts: SourceFacts
    routes: list[Route] = field(default_factory=list)
    streams: list[StreamRoute] = field(default_factory=list)
    services: list[Service] = field(default_factory=list)
    consumers: list[Consumer] = field(default_factory=list)
    certificates: list[Certificate] = field(default_factory=list)
    global_plugins: tuple[PluginUse, ...] = ()
    findings: list[Finding] = field(default_factory=list)
    refusals: list[Finding] = field(default_factory=list)
    passed_through: list[SourceObject] = field(default_factory=list)
    classes_seen: dict[str, int] = field(default_factory=dict)
    objects: dict[ObjectRef, SourceObject] = field(default_factory=dict)

    def object(self, kind: str, namespace: str, name: str, group: str | None = None) -> SourceObject | None:
        """The source object of that kind and name, when the input holds it; group None means any."""
        for ref, obj in self.objects.items():
            if (
                ref.kind == kind
                and ref.name == name
                and (ref.namespace or "default") == (namespace or "default")
                and (group is None or ref.group == group)
            ):
                return obj
        return None
