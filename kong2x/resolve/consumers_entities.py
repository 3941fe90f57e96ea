"""What KongVault, KongLicense and KongCustomEntity mean, none of which serves a request by itself."""

from __future__ import annotations

from collections.abc import Iterator
from typing import Any

from kong2x.model.finding import Finding, Level
from kong2x.model.route import RouteModel
from kong2x.model.source import SourceObject, leaves, mapping, text
from kong2x.resolve import consumer_codes as codes
from kong2x.resolve.annotations import CLASS
from kong2x.resolve.credentials_data import read_secret
from kong2x.resolve.world import World

_MADE_ELSEWHERE = frozenset(
    ("services", "routes", "upstreams", "targets", "consumers", "consumer_groups", "plugins")
)
"""Entity types that the controller makes from other objects, and so takes from no custom entity."""


def resolve_entities(world: World, model: RouteModel) -> None:
    """Books these objects whole, each with a finding."""
    _vaults(world, model)
    for obj in world.all("KongLicense"):
        _close(world, model, obj, codes.LICENSE.finding(f"{obj.ref} serves no request.", object=obj.ref))
    for obj in world.all("KongCustomEntity"):
        _close(world, model, obj, _custom(world, obj))


def _close(world: World, model: RouteModel, obj: SourceObject, finding: Finding) -> None:
    """Reports on an object and books every leaf that is still open at the finding's level."""
    model.findings.append(finding)
    if CLASS in obj.annotations:
        world.ledger.book(obj.ref, ("metadata", "annotations", CLASS), Level.EXACT, "class")
    for path in leaves(obj.value):
        if world.ledger.entry(obj.ref, path) is None:
            level = Level.IGNORED if path[0] == "metadata" else finding.level
            world.ledger.book(obj.ref, path, level, finding.code)


def _custom(world: World, obj: SourceObject) -> Finding:
    spec = mapping(obj.value.get("spec"))
    kind, controller = text(spec.get("type")), text(spec.get("controllerName"))
    if controller and controller != world.facts.ingress_class:
        message = f"{obj.ref} names the controller {controller}, so it does not reach this Kong."
        return codes.CUSTOM_IGNORED.finding(message, object=obj.ref, path=("spec", "controllerName"))
    if kind in _MADE_ELSEWHERE or not world.facts.gate("KongCustomEntity"):
        message = f"{obj.ref} is an entity of the type {kind}, which the controller does not take from here."
        return codes.CUSTOM_IGNORED.finding(message, object=obj.ref, path=("spec", "type"))
    message = f"The entity of the type {kind} in {obj.ref} is not converted."
    return codes.CUSTOM.finding(message, object=obj.ref)


def _vaults(world: World, model: RouteModel) -> None:
    ours = [obj for obj in world.all("KongVault") if world.is_ours(obj)]
    by_prefix: dict[str, SourceObject] = {}
    for obj in sorted(ours, key=lambda o: (text(o.metadata.get("creationTimestamp")), o.name)):
        prefix = text(mapping(obj.value.get("spec")).get("prefix"))
        first = by_prefix.setdefault(prefix, obj)
        if first is not obj:
            message = f"{obj.ref} is left out, because {first.ref} has the same prefix."
            found = codes.VAULT_PREFIX.finding(message, object=obj.ref, path=("spec", "prefix"))
            _close(world, model, obj, found)
    for prefix, obj in sorted(by_prefix.items()):
        users = sorted(_users(world, f"{{vault://{prefix}/"))
        if users:
            message = f"{', '.join(users)} read settings from the vault {prefix}, which is not converted."
            _close(world, model, obj, codes.VAULT.finding(message, object=obj.ref))
        else:
            message = f"Nothing in the input refers to the vault {prefix}."
            _close(world, model, obj, codes.VAULT_IDLE.finding(message, object=obj.ref))


def _users(world: World, reference: str) -> Iterator[str]:
    """The objects that hold a reference to one vault."""
    for kind in ("KongPlugin", "KongClusterPlugin"):
        for obj in world.all(kind):
            if any(reference in value for value in _texts(obj.value.get("config"))):
                yield str(obj.ref)
    for obj in world.all("Secret"):
        if any(reference in value.reveal() for value in read_secret(obj).values.values()):
            yield str(obj.ref)


def _texts(value: Any) -> Iterator[str]:
    if isinstance(value, str):
        yield value
    elif isinstance(value, dict):
        for child in value.values():
            yield from _texts(child)
    elif isinstance(value, list):
        for child in value:
            yield from _texts(child)
