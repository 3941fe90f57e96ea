"""What the annotations of a route's source object ask for, and which of them Kong does not take."""

from __future__ import annotations

import re
from collections.abc import Callable
from dataclasses import dataclass, field

from kong2x.model.finding import Code, Level
from kong2x.model.route import Feature, HeaderMatch, Provenance, RouteModel
from kong2x.model.source import Leaf, SourceObject
from kong2x.resolve import annotation_codes as codes
from kong2x.resolve.annotations import (
    FORCE_SSL,
    HEADERS,
    PREFIX,
    comma_list,
    go_boolean,
    integer,
    is_host,
    is_method,
    is_sni,
    texts,
)
from kong2x.resolve.world import World

PROTOCOLS = frozenset(("http", "https", "grpc", "grpcs", "ws", "wss", "tcp", "tls", "tls_passthrough"))
REDIRECT_CODES = frozenset((301, 302, 307, 308, 426))
_PATH_HANDLING = re.compile(r"v[0-9]")
_NOT_IN_EXPRESSIONS = frozenset(("regex-priority", "path-handling"))
_INGRESS_ONLY_IN_EXPRESSIONS = frozenset(("methods", "host-aliases", "headers"))


@dataclass(slots=True)
class RouteOptions:
    """The annotations of one route source, read once for all its routes; None means not set.

    `hosts_counted`, `headers_counted`, `methods_counted` and `snis_counted` say what the
    expressions priority counts, which includes entries that the expression then leaves out.
    """

    strip_path: bool | None = None
    preserve_host: bool | None = None
    force_ssl: bool = False
    redirect_code: int | None = None
    protocols: tuple[str, ...] = ()
    request_buffering: bool | None = None
    response_buffering: bool | None = None
    regex_priority: int | None = None
    path_handling: str | None = None
    methods: tuple[str, ...] = ()
    snis: tuple[str, ...] | None = None
    aliases: tuple[str, ...] = ()
    headers: tuple[HeaderMatch, ...] = ()
    regex_prefix: str | None = None
    rewrite: str | None = None
    hosts_counted: tuple[str, ...] = ()
    headers_counted: int = 0
    methods_counted: bool = False
    snis_counted: bool = False
    leaves: Provenance = field(default_factory=dict)

    def fed_by(self, feature: Feature, leaf: Leaf) -> None:
        """Notes that an annotation feeds a feature."""
        self.leaves[feature] = (*self.leaves.get(feature, ()), leaf)


@dataclass(slots=True)
class _Reading:
    """One object whose annotations are being read."""

    world: World
    model: RouteModel
    obj: SourceObject
    out: RouteOptions

    @property
    def classic(self) -> bool:
        return self.world.facts.router != "expressions"

    def used(self, key: str, feature: Feature) -> None:
        self.out.fed_by(feature, self.obj.annotation_leaf(key))

    def ignored(self, key: str, code: Code, message: str, routes: tuple[str, ...] = ()) -> None:
        """Reports an annotation that does nothing, and closes its leaf."""
        path = ("metadata", "annotations", key)
        self.world.ledger.book(self.obj.ref, path, Level.IGNORED, code.id)
        self.model.findings.append(code.finding(message, object=self.obj.ref, path=path, routes=routes))

    def invalid(self, key: str, value: str, wanted: str) -> None:
        self.ignored(
            key,
            codes.INVALID_VALUE,
            f'Kong ignores {key} "{value}": it takes {wanted}; the default stays.',
        )


def read_route_options(world: World, model: RouteModel, obj: SourceObject) -> RouteOptions:
    """The route annotations of an object; what has no effect is reported and booked here."""
    reading = _Reading(world, model, obj, RouteOptions())
    found = dict(sorted(texts(obj)))
    for key, value in found.items():
        reader = _READERS.get(key)
        if reader is not None:
            if _acts(reading, key):
                reader(reading, key, value)
        elif key.startswith(HEADERS) and _acts(reading, key):
            _header(reading, key, value, found.get(PREFIX + "headers-separator", ","))
    _separator(reading, found)
    return reading.out


def _acts(reading: _Reading, key: str) -> bool:
    """Whether the router flavour and the kind let this annotation act at all (kong-source.md 2.2)."""
    name = key.removeprefix(PREFIX)
    if name in ("regex-prefix", "rewrite") and reading.obj.kind != "Ingress":
        return False
    if reading.classic:
        return True
    base = "headers" if key.startswith(HEADERS) else name
    if base in _NOT_IN_EXPRESSIONS:
        text = f"{key} does nothing with the expressions router."
    elif base in _INGRESS_ONLY_IN_EXPRESSIONS and reading.obj.kind != "Ingress":
        text = f"{key} does nothing on {reading.obj.kind} objects with the expressions router."
    else:
        return True
    reading.ignored(key, codes.FLAVOUR, text)
    return False


def _flag(name: str, feature: Feature) -> Callable[[_Reading, str, str], None]:
    def read(reading: _Reading, key: str, value: str) -> None:
        if value.lower() in ("true", "false"):
            setattr(reading.out, name, value.lower() == "true")
            reading.used(key, feature)
        else:
            reading.invalid(key, value, "true or false")

    return read


def _go_flag(name: str, feature: Feature) -> Callable[[_Reading, str, str], None]:
    def read(reading: _Reading, key: str, value: str) -> None:
        chosen = go_boolean(value.lower())
        if chosen is None:
            reading.invalid(key, value, "a truth value")
        else:
            setattr(reading.out, name, chosen)
            reading.used(key, feature)

    return read


def _force_ssl(reading: _Reading, key: str, value: str) -> None:
    if value == "true":
        reading.out.force_ssl = True
        reading.used(key, Feature.HTTPS_REDIRECT)
    elif value not in ("false", ""):
        reading.invalid(key, value, "true in lower case")
    else:
        reading.world.ledger.book(reading.obj.ref, ("metadata", "annotations", key), Level.IGNORED, "off")


def _redirect_code(reading: _Reading, key: str, value: str) -> None:
    code = integer(value)
    if code not in REDIRECT_CODES:
        reading.invalid(key, value, "301, 302, 307, 308 or 426")
        return
    reading.out.redirect_code = code
    reading.used(key, Feature.HTTPS_REDIRECT)


def _protocols(reading: _Reading, key: str, value: str) -> None:
    """An Ingress sends whatever is written, and Kong then refuses everything; other kinds are checked."""
    wanted = comma_list(value)
    unknown = [name for name in wanted if name not in PROTOCOLS]
    if not wanted or (unknown and reading.obj.kind != "Ingress"):
        reading.invalid(key, value, "a list of http, https, grpc, grpcs, tcp and tls")
        return
    reading.out.protocols = wanted
    reading.used(key, Feature.PROTOCOLS)


def _regex_priority(reading: _Reading, key: str, value: str) -> None:
    number = integer(value)
    if number is None:
        reading.invalid(key, value, "a whole number")
        return
    reading.out.regex_priority = number
    reading.used(key, Feature.REGEX_PRIORITY)


def _path_handling(reading: _Reading, key: str, value: str) -> None:
    """KIC only looks for `v` and a digit somewhere; Kong refuses what is not v0 or v1."""
    if not _PATH_HANDLING.search(value):
        reading.invalid(key, value, "v0 or v1")
        return
    reading.out.path_handling = value
    reading.used(key, Feature.PATH_HANDLING)


def _methods(reading: _Reading, key: str, value: str) -> None:
    wanted = tuple(name.upper() for name in comma_list(value))
    bad = [name for name in wanted if not is_method(name)]
    if not wanted:
        reading.invalid(key, value, "a list of methods")
        return
    reading.out.methods_counted = True
    if bad and reading.classic:
        reading.ignored(
            key,
            codes.METHODS_VOID,
            f'Kong serves every method: one entry of {key}, "{bad[0]}", is not made of letters, '
            "which voids the whole list.",
        )
        return
    if bad:
        reading.model.findings.append(
            codes.ENTRY_DROPPED.finding(
                f'Kong leaves "{bad[0]}" out of {key}: it is not made of letters.',
                object=reading.obj.ref,
                path=("metadata", "annotations", key),
            )
        )
    reading.out.methods = tuple(dict.fromkeys(name for name in wanted if is_method(name)))
    reading.used(key, Feature.METHODS)


def _snis(reading: _Reading, key: str, value: str) -> None:
    wanted = comma_list(value)
    bad = [name for name in wanted if not is_sni(name)]
    reading.out.snis_counted = bool(wanted)
    if bad and reading.classic:
        reading.ignored(
            key,
            codes.SNIS_VOID,
            f'Kong does not look at the TLS server name: "{bad[0]}" in {key} is no plain host name, '
            "which voids the whole list.",
        )
        return
    if bad:
        _dropped(reading, key, bad[0])
    reading.out.snis = tuple(name for name in wanted if is_sni(name))
    reading.used(key, Feature.SNIS)


def _dropped(reading: _Reading, key: str, entry: str) -> None:
    reading.model.findings.append(
        codes.ENTRY_DROPPED.finding(
            f'Kong leaves "{entry}" out of {key}: it is no host name.',
            object=reading.obj.ref,
            path=("metadata", "annotations", key),
        )
    )


def _aliases(reading: _Reading, key: str, value: str) -> None:
    wanted = comma_list(value)
    bad = [name for name in wanted if not is_host(name)]
    reading.out.hosts_counted = wanted
    if not wanted:
        reading.invalid(key, value, "a list of host names")
        return
    if bad and reading.classic:
        reading.ignored(
            key,
            codes.ALIASES_VOID,
            f'Kong serves none of the aliases in {key}: "{bad[0]}" is no host name, which voids the list.',
        )
        return
    if bad:
        _dropped(reading, key, bad[0])
    reading.out.aliases = tuple(name for name in wanted if is_host(name))
    reading.used(key, Feature.HOSTS)


def _header(reading: _Reading, key: str, value: str, separator: str) -> None:
    """Empty pieces are kept here, other than in all other lists (kong-source.md 2.4)."""
    name = key.removeprefix(HEADERS)
    if not name or not value:
        reading.invalid(key, value, "a header name and at least one value")
        return
    pieces = tuple(piece.strip() for piece in (value.split(separator) if separator else tuple(value)))
    reading.out.headers = (
        *reading.out.headers,
        HeaderMatch(name, pieces, exact_case=not reading.classic),
    )
    reading.out.headers_counted += 1
    reading.used(key, Feature.HEADERS)


def _separator(reading: _Reading, found: dict[str, str]) -> None:
    key = PREFIX + "headers-separator"
    if key in found:
        if reading.out.headers:
            reading.used(key, Feature.HEADERS)
        elif _acts(reading, key):
            reading.ignored(
                key, codes.NO_EFFECT, f"{key} does nothing: the object states no header criterion."
            )


def _regex_prefix(reading: _Reading, key: str, value: str) -> None:
    reading.out.regex_prefix = value
    reading.used(key, Feature.PATHS)


def _rewrite(reading: _Reading, key: str, value: str) -> None:
    reading.out.rewrite = value
    reading.used(key, Feature.REWRITE)


def _tags(reading: _Reading, key: str, value: str) -> None:
    reading.world.ledger.book(reading.obj.ref, ("metadata", "annotations", key), Level.IGNORED, "tags")


_READERS: dict[str, Callable[[_Reading, str, str], None]] = {
    PREFIX + "strip-path": _flag("strip_path", Feature.STRIP_PATH),
    PREFIX + "preserve-host": _flag("preserve_host", Feature.PRESERVE_HOST),
    PREFIX + "request-buffering": _go_flag("request_buffering", Feature.REQUEST_BUFFERING),
    PREFIX + "response-buffering": _go_flag("response_buffering", Feature.RESPONSE_BUFFERING),
    FORCE_SSL: _force_ssl,
    PREFIX + "https-redirect-status-code": _redirect_code,
    PREFIX + "protocols": _protocols,
    PREFIX + "regex-priority": _regex_priority,
    PREFIX + "path-handling": _path_handling,
    PREFIX + "methods": _methods,
    PREFIX + "snis": _snis,
    PREFIX + "host-aliases": _aliases,
    PREFIX + "regex-prefix": _regex_prefix,
    PREFIX + "rewrite": _rewrite,
    PREFIX + "tags": _tags,
}
