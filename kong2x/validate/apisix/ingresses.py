"""What the APISIX ingress controller makes of Ingresses of its class (apisix-target.md 3)."""

from __future__ import annotations

from collections.abc import Iterator

from kong2x.model.finding import Finding
from kong2x.model.source import SourceObject, mapping
from kong2x.validate.apisix import hint_codes as codes
from kong2x.validate.apisix.conditions import anchored
from kong2x.validate.apisix.trap_codes import UNANCHORED
from kong2x.validate.apisix.world import World
from kong2x.validate.gateway.edition import each

_OWN = "k8s.apisix.apache.org/"


def ingress_traps(world: World) -> Iterator[Finding]:
    """The traps in the Ingresses that this controller serves."""
    for obj in world.kind("Ingress"):
        spec = mapping(obj.value.get("spec"))
        if "defaultBackend" in spec:
            message = "The default backend is not read, so requests that no path takes get 404."
            yield codes.DEFAULT_BACKEND.finding(message, object=obj.ref, path=("spec", "defaultBackend"))
        lists = [f"{_OWN}{name}-source-range" for name in ("allowlist", "blocklist")]
        if all(obj.annotations.get(name) for name in lists):
            message = "The Ingress has a list of allowed and a list of blocked addresses."
            yield codes.INGRESS_LISTS.finding(
                message, object=obj.ref, path=("metadata", "annotations", lists[1])
            )
        yield from _paths(obj)


def _paths(obj: SourceObject) -> Iterator[Finding]:
    regex = obj.annotations.get(f"{_OWN}use-regex") == "true"
    for path, rule in each(mapping(obj.value.get("spec")).get("rules"), ("spec", "rules")):
        for here, entry in each(mapping(rule.get("http")).get("paths"), (*path, "http", "paths")):
            text = str(entry.get("path") or "/")
            if entry.get("pathType") != "ImplementationSpecific":
                continue
            if regex and not anchored(text):
                message = f'The expression "{text}" is not anchored, so it matches anywhere in the path.'
                yield UNANCHORED.finding(message, object=obj.ref, path=(*here, "path"))
            elif not regex and not text.endswith("*"):
                message = f"The path {text} is compared exactly, so {text.rstrip('/')}/x gets 404."
                yield codes.INGRESS_EXACT.finding(message, object=obj.ref, path=(*here, "path"))
