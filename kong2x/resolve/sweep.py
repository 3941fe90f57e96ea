"""What becomes of every source leaf that no route, service, certificate or consumer carries."""

from __future__ import annotations

from collections.abc import Iterable, Iterator, Mapping

from kong2x.model.finding import Level
from kong2x.model.ledger import Entry, Ledger
from kong2x.model.route import Feature, Provenance, RouteModel
from kong2x.model.source import ObjectRef, Path, SourceObject, dotted
from kong2x.resolve import annotation_codes, source_codes
from kong2x.resolve.annotations import (
    CLASS,
    DEAD,
    DEAD_PLUGIN,
    DEFAULT_CLASS,
    STANDS_ON,
    is_kongs,
    nearest,
    table_key,
)
from kong2x.resolve.ingress_rules import usual_rules
from kong2x.resolve.kinds import CLUSTER_OBJECTS, GATEWAY, READ, is_read
from kong2x.resolve.world import World

_LABEL = Entry(Level.IGNORED, "label")
_FOREIGN = Entry(Level.IGNORED, "foreign")
_NO_EFFECT = Entry(Level.IGNORED, "no-effect")
_CLASS = Entry(Level.EXACT, "class")
_CLUSTER_OBJECT = Entry(Level.EXACT, "cluster-object")
_RULES: Path = ("spec", "rules")


def book_carried(model: RouteModel, ledger: Ledger) -> None:
    """Books every leaf that the model carries; the emitter decides how well it arrives."""
    entries = {feature: Entry(None, str(feature)) for feature in Feature}
    books = ledger.entries
    here: ObjectRef | None = None
    book: dict[Path, Entry] = {}
    for provenance in _provenances(model):
        for feature, leaves in provenance.items():
            entry = entries[feature]
            for ref, path in leaves:
                if ref is not here:
                    here, book = ref, books.setdefault(ref, {})
                if path not in book:
                    book[path] = entry


def _provenances(model: RouteModel) -> Iterator[Provenance]:
    for route in model.routes:
        yield route.provenance
    for stream in model.streams:
        yield stream.provenance
    for service in model.services:
        yield service.provenance
    for certificate in model.certificates:
        yield certificate.provenance
    for consumer in model.consumers:
        yield consumer.provenance


def sweep(world: World, model: RouteModel, passed: Iterable[SourceObject]) -> None:
    """Closes all leaves that are still open, and reports annotations that Kong does not read there."""
    skipped = {id(obj) for obj in passed}
    for obj in world.objects:
        outside = id(obj) in skipped
        if obj.convert and not (outside and is_read(obj.kind, obj.group)):
            report_annotations(world, model, obj)
        if not outside:
            _close(world, model, obj)


def unbooked(obj: SourceObject, book: Mapping[Path, Entry], closed: tuple[Path, ...] = ()) -> list[Path]:
    """The leaves without an entry of their own or of a parent; one walk, parents first.

    `closed` are parts whose leaves are known to be accounted for.
    """
    if () in book:
        return []
    out: list[Path] = []
    stack: list[tuple[Path, object]] = [((), obj.value)]
    while stack:
        path, value = stack.pop()
        if path in book or path in closed:
            continue
        if isinstance(value, dict) and value:
            stack += [((*path, key), child) for key, child in value.items()]
        elif isinstance(value, list) and value:
            stack += [((*path, index), child) for index, child in enumerate(value)]
        else:
            out.append(path)
    return out


def _close(world: World, model: RouteModel, obj: SourceObject) -> None:
    """Whole parts get one entry, which an entry of a leaf of its own outweighs; the rest leaf by leaf."""
    book = world.ledger.entries.setdefault(obj.ref, {})
    metadata = obj.metadata
    if metadata.get("labels"):
        book.setdefault(("metadata", "labels"), _LABEL)
    for key in obj.annotations:
        book.setdefault(("metadata", "annotations", key), _annotation_entry(obj, str(key)))
    if obj.kind in CLUSTER_OBJECTS:
        for key in obj.value:
            if key != "metadata":
                book.setdefault((key,), _CLUSTER_OBJECT)
    unknown: list[Path] = []
    for path in unbooked(obj, book, _accounted(world, obj)):
        level, why = _outcome(world, obj, path)
        if level is None:
            unknown.append(path)
            level = Level.IGNORED
        world.ledger.book(obj.ref, path, level, why)
    for path in sorted(unknown, key=dotted):
        model.findings.append(
            source_codes.FIELD_NOT_READ.finding(
                f"Kong does not read {dotted(path)} of this {obj.kind}.", object=obj.ref, path=path
            )
        )


def _annotation_entry(obj: SourceObject, key: str) -> Entry:
    if not is_kongs(key):
        return _FOREIGN
    return _CLASS if key in (CLASS, DEFAULT_CLASS) and obj.kind in STANDS_ON[key] else _NO_EFFECT


def _accounted(world: World, obj: SourceObject) -> tuple[Path, ...]:
    """The rules of an Ingress of the usual form: all their leaves feed routes, or fell with those."""
    if obj.kind != "Ingress" or obj.ref in world.with_dropped_paths:
        return ()
    return (_RULES,) if world.current(obj) is obj and usual_rules(obj) else ()


def _outcome(world: World, obj: SourceObject, path: Path) -> tuple[Level | None, str]:
    """The level of an open leaf; None asks for a finding about a field that nothing reads."""
    if path[:1] == ("metadata",):
        return Level.IGNORED, "metadata"
    if world.current(obj) is not obj:
        return Level.IGNORED, "replaced-by-a-later-object"
    if obj.kind == "Ingress":
        return _ingress_outcome(path)
    if obj.kind in ("IngressClass", "IngressClassParameters"):
        return Level.EXACT, "class"
    if obj.kind in ("KongUpstreamPolicy", "KongIngress", "KongServiceFacade", "ReferenceGrant"):
        return Level.IGNORED, "not-used"
    if obj.kind in ("KongPlugin", "KongClusterPlugin"):
        return Level.IGNORED, "not-attached"
    return None, source_codes.FIELD_NOT_READ.id


def _ingress_outcome(path: Path) -> tuple[Level | None, str]:
    if path[:2] == ("spec", "ingressClassName"):
        return Level.EXACT, "class"
    if path == ("spec",) or (path[:2] in (("spec", "rules"), ("spec", "tls")) and "http" not in path[4:]):
        known = path[-1] in ("host", "rules", "tls", "http", "paths", "pathType", "spec") or isinstance(
            path[-1], int
        )
        return (Level.IGNORED if known else None), "ingress/nothing-served"
    return None, source_codes.FIELD_NOT_READ.id


def _not_text(model: RouteModel, obj: SourceObject, key: str) -> None:
    model.findings.append(
        annotation_codes.NOT_TEXT.finding(
            f"The value of {key} is not a text, which the API server refuses; kong2x reads it as if quoted.",
            object=obj.ref,
            path=("metadata", "annotations", key),
        )
    )


def report_annotations(world: World, model: RouteModel, obj: SourceObject) -> None:
    """Kong's annotations that are unknown, dead, or stand where nothing reads them (trap 59).

    The class annotation is seen on plugins and Services all the time, where it does nothing and harms
    nothing, so it is left alone.
    """
    for key in obj.annotations:
        if not isinstance(key, str) or key == CLASS or not is_kongs(key):
            continue
        allowed = STANDS_ON.get(table_key(key))
        raw = obj.annotations[key]
        if not isinstance(raw, str) and raw is not None:
            _not_text(model, obj, key)
        path: Path = ("metadata", "annotations", key)
        entry = world.ledger.entries.get(obj.ref, {}).get(path)
        if entry is not None and entry.level is None:
            continue
        if allowed is not None and obj.kind in allowed and (obj.kind in READ or obj.group == GATEWAY):
            continue
        if allowed is not None:
            places = ", ".join(sorted(allowed))
            code = annotation_codes.MISPLACED
            text = f"{key} does nothing on {obj.kind} objects; Kong reads it on: {places}."
        elif key in DEAD or key.endswith(DEAD_PLUGIN):
            code = annotation_codes.DEAD
            text = f"Kong has not read {key} since KIC 1.0; it is now {DEAD.get(key, 'konghq.com/plugins')}."
        else:
            close = nearest(key)
            code = annotation_codes.UNKNOWN
            text = f"Kong knows no annotation {key}" + (f"; {close} is near." if close else ".")
        world.ledger.book(obj.ref, path, Level.IGNORED, code.id)
        model.findings.append(code.finding(text, object=obj.ref, path=path))
