"""Where every leaf of the plugin objects ends: carried to the target, without effect, or not read."""

from __future__ import annotations

from collections.abc import Sequence

from kong2x.model.finding import Finding, Level
from kong2x.model.plugin import PluginUse
from kong2x.model.source import Leaf, ObjectRef, SourceObject, leaves
from kong2x.resolve import plugin_codes as codes
from kong2x.resolve.annotations import CLASS
from kong2x.resolve.credentials import book_metadata
from kong2x.resolve.plugins_combine import Combined, Instance
from kong2x.resolve.plugins_config import Body
from kong2x.resolve.plugins_global import LABEL
from kong2x.resolve.plugins_references import ANNOTATION, Shelf
from kong2x.resolve.precedence import Seen
from kong2x.resolve.world import World

_FIELDS = frozenset(
    (
        "apiVersion",
        "kind",
        "metadata",
        "status",
        "plugin",
        "config",
        "configFrom",
        "configPatches",
        "disabled",
        "protocols",
        "ordering",
        "instance_name",
        "run_on",
        "consumerRef",
    )
)
_DEAD = ("consumerRef", "run_on")
_QUIET = ("instance_name",)


def book_plugins(
    world: World, shelf: Shelf, combined: Combined, everywhere: Sequence[Instance], seen: Seen
) -> list[Finding]:
    """Books KongPlugins, KongClusterPlugins, the Secrets behind them, and plugin lists that lead nowhere."""
    findings: list[Finding] = []
    ran = {use.origin for use in seen.ran.values()}
    instances: dict[ObjectRef, list[PluginUse]] = {}
    for _, instance in combined.instances():
        instances.setdefault(instance.body.obj.ref, []).append(instance.use)
    for instance in everywhere:
        instances.setdefault(instance.body.obj.ref, []).append(instance.use)
    objects = [*world.all("KongPlugin"), *world.all("KongClusterPlugin")]
    # Those that run come first: a Secret key that they read is carried, whoever else names it.
    for obj in sorted(objects, key=lambda obj: obj.ref not in ran):
        _book_fields(world, obj, findings)
        body = shelf.bodies.get(obj.ref)
        if obj.ref in ran and isinstance(body, Body):
            _book_running(world, body, everywhere)
        else:
            code = _why_not(world, shelf, obj, body, bool(instances.get(obj.ref)), findings)
            _close(world, obj, body, code)
        book_metadata(world, obj)
    for obj in world.objects:
        path = ("metadata", "annotations", ANNOTATION)
        if ANNOTATION in obj.annotations and world.ledger.entry(obj.ref, path) is None:
            world.ledger.book(obj.ref, path, Level.IGNORED, "plugins/nothing-attached")
    return findings


def _book_fields(world: World, obj: SourceObject, findings: list[Finding]) -> None:
    """Fields that mean the same, or nothing, whether or not the plugin runs."""
    for key, value in obj.value.items():
        if key in _DEAD and value is not None:
            world.ledger.book(obj.ref, (key,), Level.IGNORED, codes.DEAD_FIELD.id)
            message = f"The field {key} of {obj.ref} has no effect."
            findings.append(codes.DEAD_FIELD.finding(message, object=obj.ref, path=(key,)))
        elif key in _DEAD or key in _QUIET:
            world.ledger.book(obj.ref, (key,), Level.IGNORED, "no-effect")
        elif key not in _FIELDS:
            world.ledger.book(obj.ref, (key,), Level.IGNORED, codes.UNKNOWN_FIELD.id)
            message = f"The controller does not read the field {key} of {obj.ref}."
            findings.append(codes.UNKNOWN_FIELD.finding(message, object=obj.ref, path=(key,)))


def _book_running(world: World, body: Body, everywhere: Sequence[Instance]) -> None:
    """A plugin that runs somewhere: its configuration is carried, the emitter settles it."""
    obj, ledger = body.obj, world.ledger
    for key in ("plugin", "disabled", "protocols"):
        if key in obj.value:
            ledger.book(obj.ref, (key,), Level.EXACT, "plugin")
    for leaf in body.overwritten:
        ledger.book(leaf.object, leaf.path, Level.IGNORED, "overwritten")
    # An empty `config` beside configFrom or configPatches says nothing that an emitter could settle.
    empty = not body.config or not obj.value.get("config")
    for path in leaves(obj.value["config"]) if "config" in obj.value else ():
        if ledger.entry(obj.ref, ("config", *path)) is None:
            ledger.book(obj.ref, ("config", *path), Level.EXACT if empty else None, "plugin")
    # Read once more by the emitter, which reports worse where a value from a Secret does not arrive.
    ledger.book_leaves(body.feeding, Level.EXACT, "plugin")
    for key in ("configFrom", "configPatches", "config"):
        if key in obj.value:
            _rest(world, obj, key, "not-read")
    if "ordering" in obj.value:
        ledger.book(obj.ref, ("ordering",), Level.UNSUPPORTED, "plugins/ordering")
    if any(instance.body is body for instance in everywhere):
        ledger.book(obj.ref, ("metadata", "labels", LABEL), Level.EXACT, "global")
    if obj.kind == "KongClusterPlugin" and CLASS in obj.annotations:
        ledger.book(obj.ref, ("metadata", "annotations", CLASS), Level.EXACT, "class")


def _why_not(
    world: World,
    shelf: Shelf,
    obj: SourceObject,
    body: Body | Finding | None,
    made: bool,
    findings: list[Finding],
) -> str:
    """The code for a plugin that runs nowhere; adds the finding unless one has been given."""
    if isinstance(body, Finding):
        return body.code
    if body is not None and body.disabled:
        return codes.DISABLED.id
    if body is not None and made:
        message = (
            f"{obj.ref} runs nowhere: on each of its routes a more specific {body.plugin} does, or none can."
        )
        findings.append(codes.SHADOWED.finding(message, object=obj.ref))
        return codes.SHADOWED.id
    if obj.kind == "KongClusterPlugin" and not world.is_ours(obj):
        return codes.INVISIBLE.id
    if obj.ref not in shelf.referenced and LABEL not in obj.labels:
        findings.append(codes.NOT_REFERENCED.finding(f"Nothing lists {obj.ref}.", object=obj.ref))
    return codes.NOT_REFERENCED.id


def _close(world: World, obj: SourceObject, body: Body | Finding | None, why: str) -> None:
    """Closes a plugin object that runs nowhere, and the Secret keys that only it reads."""
    for key in obj.value:
        if key in _FIELDS and key not in ("apiVersion", "kind", "metadata", "status"):
            _rest(world, obj, key, why)
    if isinstance(body, Body):
        for leaf in body.feeding:
            if world.ledger.entry(leaf.object, leaf.path) is None:
                world.ledger.book(leaf.object, leaf.path, Level.IGNORED, why)


def _rest(world: World, obj: SourceObject, key: str, why: str) -> None:
    for below in leaves(obj.value[key]):
        leaf = Leaf(obj.ref, (key, *below))
        if world.ledger.entry(leaf.object, leaf.path) is None:
            world.ledger.book(leaf.object, leaf.path, Level.IGNORED, why)
