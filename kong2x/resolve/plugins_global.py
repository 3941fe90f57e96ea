"""Which KongClusterPlugins act everywhere, and which cancel each other out."""

from __future__ import annotations

from kong2x.model.finding import Finding
from kong2x.model.source import SourceObject, text
from kong2x.resolve import plugin_codes as codes
from kong2x.resolve.plugins_combine import Instance, use_of
from kong2x.resolve.plugins_references import Shelf

LABEL = "global"


def global_instances(shelf: Shelf) -> list[Instance]:
    """The global instances, in order of name; several of one plugin are all dropped (kong-source.md 5.4).

    The label has to be exactly `true`, on a KongClusterPlugin of the controller's class.
    """
    by_type: dict[str, list[SourceObject]] = {}
    for obj in shelf.world.all("KongClusterPlugin"):
        if LABEL in obj.labels and _is_global(shelf, obj):
            by_type.setdefault(text(obj.value.get("plugin")), []).append(obj)
    for obj in shelf.world.all("KongPlugin"):
        if LABEL in obj.labels:
            _no_effect(shelf, obj, f"{obj.ref} acts only where it is listed: its kind is never global.")
    out = []
    for plugin, found in by_type.items():
        bodies = []
        for obj in found:
            body = shelf.body(obj)
            if isinstance(body, Finding):
                shelf.broken.setdefault(obj.ref, {})
            else:
                bodies.append(body)
        if len(bodies) > 1:
            names = " and ".join(str(obj.ref) for obj in found)
            message = f"{names} are all global and of the kind {plugin}, so none of them acts everywhere."
            for obj in found:
                shelf.findings.append(codes.GLOBAL_TWICE.finding(message, object=obj.ref, path=_label(obj)))
            continue
        for body in bodies:
            out.append(Instance(use_of(body, "global", body.obj.leaf(*_label(body.obj))), body))
    return out


def _is_global(shelf: Shelf, obj: SourceObject) -> bool:
    value = obj.labels.get(LABEL)
    if value != "true":
        _no_effect(shelf, obj, f'{obj.ref} is not global: the label is not the text "true".')
        return False
    return shelf.world.is_ours(obj)


def _no_effect(shelf: Shelf, obj: SourceObject, message: str) -> None:
    shelf.findings.append(codes.GLOBAL_LABEL.finding(message, object=obj.ref, path=_label(obj)))


def _label(obj: SourceObject) -> tuple[str, str, str]:
    return ("metadata", "labels", LABEL)
