"""What the annotations of a Kubernetes Service make of each Kong service built from it."""

from __future__ import annotations

from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass, field
from typing import NamedTuple

from kong2x.model.finding import Code, Level
from kong2x.model.route import Feature, RouteModel, Service
from kong2x.model.source import Leaf, SourceObject
from kong2x.resolve import service_codes as codes
from kong2x.resolve.annotations import (
    PREFIX,
    SERVICE_UPSTREAM,
    go_boolean,
    integer,
    texts,
)
from kong2x.resolve.route_options import PROTOCOLS
from kong2x.resolve.world import World

TLS = frozenset(("https", "tls"))
"""The service protocols that open TLS in KIC's eyes; grpcs passes KIC's check and Kong refuses it."""


class Note(NamedTuple):
    """The text of an annotation and the leaves that hold it: one a Service, or a facade's own."""

    value: str
    leaves: tuple[Leaf, ...]


def notes_of(layers: Sequence[SourceObject]) -> dict[str, Note]:
    """The annotations of Services that share one Kong service; a later layer wins over an earlier one."""
    out: dict[str, Note] = {}
    for obj in layers:
        for key, value in texts(obj):
            leaf = obj.annotation_leaf(key)
            old = out.get(key)
            leaves = (*old.leaves, leaf) if old is not None and old.value == value else (leaf,)
            out[key] = Note(value, leaves)
    return out


@dataclass(slots=True)
class ServiceNotes:
    """One Kong service while the annotations of its Services are applied to it."""

    world: World
    model: RouteModel
    service: Service
    notes: Mapping[str, Note]
    gateway: bool = False
    reported: set[tuple[str, Leaf]] = field(default_factory=set)

    def value(self, name: str) -> str | None:
        """The text of `konghq.com/<name>`, None when it is absent."""
        note = self.notes.get(PREFIX + name)
        return None if note is None else note.value

    def used(self, name: str, feature: Feature) -> None:
        """Notes that `konghq.com/<name>` feeds a feature of the service."""
        self.fed_by(feature, self.notes[PREFIX + name].leaves)

    def fed_by(self, feature: Feature, leaves: tuple[Leaf, ...]) -> None:
        """Notes that some leaves feed a feature of the service."""
        old = self.service.provenance.get(feature, ())
        self.service.provenance[feature] = tuple(dict.fromkeys((*old, *leaves)))

    def ignored(self, key: str, code: Code, message: str) -> None:
        """Reports an annotation that does nothing, and closes its leaves."""
        for leaf in self.notes[key].leaves:
            self.world.ledger.book(leaf.object, leaf.path, Level.IGNORED, code.id)
            if (code.id, leaf) not in self.reported:
                self.reported.add((code.id, leaf))
                self.model.findings.append(code.finding(message, object=leaf.object, path=leaf.path))

    def invalid(self, name: str, wanted: str) -> None:
        """Reports a value that KIC does not take; the default stays."""
        key = PREFIX + name
        self.ignored(
            key,
            codes.INVALID_VALUE,
            f'Kong ignores {key} "{self.notes[key].value}": it takes {wanted}; the default stays.',
        )


def apply_annotations(on: ServiceNotes) -> None:
    """Protocol, path, timeouts, retries and tags, each where it is valid (kong-source.md 2.3)."""
    service = on.service
    protocol = on.value("protocol")
    if protocol is not None:
        if protocol in PROTOCOLS:
            service.protocol = protocol
            on.used("protocol", Feature.SERVICE_PROTOCOL)
        else:
            on.invalid("protocol", "http, https, grpc, grpcs, tcp or tls in lower case")
    path = on.value("path")
    if path is not None:
        if path.startswith("/"):
            service.path = path
            on.used("path", Feature.SERVICE_PATH)
        else:
            on.invalid("path", "a path that begins with a slash")
    for name, feature, store in _NUMBERS:
        _number(on, name, feature, store)
    if service.protocol in ("grpc", "grpcs"):
        if path is not None and path.startswith("/"):
            on.ignored(
                PREFIX + "path", codes.PATH_ON_GRPC, f"{PREFIX}path does nothing: the service speaks gRPC."
            )
            service.provenance.pop(Feature.SERVICE_PATH, None)
        service.path = None
    for leaf in on.notes.get(PREFIX + "tags", Note("", ())).leaves:
        on.world.ledger.book(leaf.object, leaf.path, Level.IGNORED, "tags")


def _number(on: ServiceNotes, name: str, feature: Feature, store: Callable[[Service, int], None]) -> None:
    value = on.value(name)
    if value is None:
        return
    number = integer(value)
    if number is None:
        unit = "" if name == "retries" else " of milliseconds without unit"
        on.invalid(name, f"a whole number{unit}")
        return
    store(on.service, number)
    on.used(name, feature)


def _set(name: str) -> Callable[[Service, int], None]:
    def store(service: Service, number: int) -> None:
        setattr(service, name, number)

    return store


_NUMBERS = (
    ("connect-timeout", Feature.CONNECT_TIMEOUT, _set("connect_timeout")),
    ("read-timeout", Feature.READ_TIMEOUT, _set("read_timeout")),
    ("write-timeout", Feature.WRITE_TIMEOUT, _set("write_timeout")),
    ("retries", Feature.RETRIES, _set("retries")),
)


def apply_service_upstream(on: ServiceNotes, by_class: Leaf | None) -> None:
    """One target, the Service's own address, where the Service or the class parameters ask for it."""
    note = on.notes.get(SERVICE_UPSTREAM)
    if note is not None:
        if note.value == "true":
            on.service.service_upstream = True
            on.fed_by(Feature.SERVICE_UPSTREAM, note.leaves)
        elif note.value in ("false", ""):
            for leaf in note.leaves:
                on.world.ledger.book(leaf.object, leaf.path, Level.IGNORED, "off")
        else:
            on.ignored(
                SERVICE_UPSTREAM,
                codes.INVALID_VALUE,
                f'Kong ignores {SERVICE_UPSTREAM} "{note.value}": it takes true in lower case.',
            )
    if by_class is not None:
        on.service.service_upstream = True
        on.fed_by(Feature.SERVICE_UPSTREAM, (by_class,))


def wanted_boolean(on: ServiceNotes, name: str) -> bool | None:
    """A truth value as Go reads it; an invalid one is reported and read as absent."""
    value = on.value(name)
    if value is None:
        return None
    chosen = go_boolean(value)
    if chosen is None:
        on.invalid(name, "a truth value")
    return chosen
