"""What the IngressClassParameters of the controller's class switch on (kong-source.md 1.4)."""

from __future__ import annotations

from typing import NamedTuple

from kong2x.model.source import Leaf, mapping, text
from kong2x.resolve.world import KONG_GROUP, World


class ClassParameters(NamedTuple):
    """The leaves that switch something on; None where nothing does."""

    service_upstream: Leaf | None = None
    guess_regexes: Leaf | None = None


def class_parameters(world: World) -> ClassParameters:
    """The parameters of the IngressClass named like the controller's class.

    They count only where the reference names group, kind, scope and namespace.
    """
    chosen = world.get("IngressClass", "", world.facts.ingress_class)
    if chosen is None:
        return ClassParameters()
    ref = mapping(mapping(chosen.value.get("spec")).get("parameters"))
    if ref.get("apiGroup") != KONG_GROUP or ref.get("kind") != "IngressClassParameters":
        return ClassParameters()
    if not ref.get("scope") or not ref.get("namespace"):
        return ClassParameters()
    found = world.get("IngressClassParameters", text(ref.get("namespace")), text(ref.get("name")))
    if found is None:
        return ClassParameters()
    spec = mapping(found.value.get("spec"))

    def leaf(name: str) -> Leaf | None:
        return found.leaf("spec", name) if spec.get(name) is True else None

    return ClassParameters(leaf("serviceUpstream"), leaf("enableLegacyRegexDetection"))
