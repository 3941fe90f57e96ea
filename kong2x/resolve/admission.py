"""Which objects KIC takes in: its kinds, its class, and what is said when nothing is left."""

from __future__ import annotations

from typing import NamedTuple

from kong2x.model.finding import Level
from kong2x.model.route import RouteModel
from kong2x.model.source import SourceObject, mapping, text
from kong2x.resolve import source_codes as codes
from kong2x.resolve.annotations import CLASS
from kong2x.resolve.kinds import CLASS_FILTERED, is_kongs_own, is_read
from kong2x.resolve.world import World, namespace_of

NO_CLASS = "(none)"


class Admitted(NamedTuple):
    """The Ingresses of the controller's class, oldest first, and its TCPIngresses and UDPIngresses."""

    ingresses: list[SourceObject]
    tcp: list[SourceObject]
    udp: list[SourceObject]


def admit(world: World, model: RouteModel) -> Admitted:
    """Sorts the objects; what KIC never sees is passed through and closed in the books."""
    unseen: dict[str, int] = {}
    for obj in world.objects:
        if not is_read(obj.kind, obj.group):
            _pass(world, model, obj)
        elif not world.watched(obj):
            model.passed_through.append(obj)
            world.ledger.book(obj.ref, (), Level.IGNORED, codes.NOT_WATCHED.id)
            unseen[namespace_of(obj)] = unseen.get(namespace_of(obj), 0) + 1
        elif obj.kind in CLASS_FILTERED:
            if obj.kind == "Ingress":
                name = ingress_class(obj)
                model.classes_seen[name] = model.classes_seen.get(name, 0) + 1
            if not world.is_ours(obj):
                _foreign(world, model, obj)
    for namespace, count in sorted(unseen.items()):
        model.findings.append(
            codes.NOT_WATCHED.finding(
                f"Kong does not see the namespace {namespace} with {count} object{'s' if count > 1 else ''}: "
                "it is not among those that the controller watches."
            )
        )
    return Admitted(
        _oldest_first([obj for obj in world.all("Ingress") if world.is_ours(obj)]),
        [obj for obj in world.all("TCPIngress") if world.is_ours(obj)],
        [obj for obj in world.all("UDPIngress") if world.is_ours(obj)],
    )


def ingress_class(obj: SourceObject) -> str:
    """The class that an Ingress asks for, by annotation before field (trap 61)."""
    annotation = obj.annotations.get(CLASS)
    if isinstance(annotation, str) and annotation:
        return annotation
    return text(mapping(obj.value.get("spec")).get("ingressClassName")) or NO_CLASS


def _oldest_first(objects: list[SourceObject]) -> list[SourceObject]:
    """By creation time; an absent one is the zero time in Go and comes first."""
    return sorted(objects, key=lambda obj: str(obj.metadata.get("creationTimestamp") or ""))


def _pass(world: World, model: RouteModel, obj: SourceObject) -> None:
    model.passed_through.append(obj)
    why = "other-kind"
    if is_kongs_own(obj.group):
        why = codes.KIND_NEVER_READ.id
        model.findings.append(
            codes.KIND_NEVER_READ.finding(
                f"The Kong Ingress Controller does not read {obj.kind}; it belongs to Kong's operator or Konnect.",
                object=obj.ref,
            )
        )
    world.ledger.book(obj.ref, (), Level.IGNORED, why)


def _foreign(world: World, model: RouteModel, obj: SourceObject) -> None:
    """An object of another class; those that Kong's kinds make deserve a word, a foreign Ingress does not."""
    model.passed_through.append(obj)
    world.ledger.book(obj.ref, (), Level.IGNORED, codes.OTHER_CLASS.id)
    if obj.kind == "Ingress":
        return
    written = obj.annotations.get(CLASS)
    state = f"has the class {written}" if written else "names no class"
    model.findings.append(
        codes.OTHER_CLASS.finding(
            f"Kong does not see this {obj.kind}: it {state}, and the controller's is {world.facts.ingress_class}.",
            object=obj.ref,
        )
    )


def report_nothing_converted(world: World, model: RouteModel) -> None:
    """Says which classes there are when none of the Ingresses is of the controller's class."""
    if model.routes or model.streams or not model.classes_seen:
        return
    if any(world.is_ours(obj) for obj in world.all("Ingress")):
        return
    seen = ", ".join(f"{name} ({count})" for name, count in sorted(model.classes_seen.items()))
    named = [name for name in model.classes_seen if name != NO_CLASS]
    if named:
        best = max(sorted(named), key=lambda name: model.classes_seen[name])
        remedy = f"Run again with --set kong.class={best} if Kong serves that class."
    else:
        remedy = "Run again with --set kong.default-class=true if Kong serves Ingresses without a class."
    model.findings.append(
        codes.NOTHING_CONVERTED.finding(
            f"Nothing is converted: no Ingress has the class {world.facts.ingress_class}; classes seen: {seen}.",
            remedy=remedy,
        )
    )
