"""Whether parentRefs and backend references can be told apart and are complete (P1, P2, B1)."""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from typing import Any

from kong2x.model.source import Path, mapping
from kong2x.validate.explain import Problem
from kong2x.validate.gateway import codes
from kong2x.validate.gateway.edition import Edition, each

_GROUP = "gateway.networking.k8s.io"


def parents(spec: Mapping[str, Any], edition: Edition) -> Iterator[Problem]:
    """P1 and P2. In the experimental channel a port tells two references apart as a section does."""
    known: dict[Any, tuple[bool, bool]] = {}
    sections: set[Any] = set()
    for path, ref in each(spec.get("parentRefs"), ("spec", "parentRefs")):
        parent = (
            ref.get("group", _GROUP),
            ref.get("kind", "Gateway"),
            ref.get("name"),
            ref.get("namespace") or None,
        )
        section = ref.get("sectionName") or None
        port = (ref.get("port") or None) if edition.experimental else None
        named = (section is not None, port is not None)
        if parent in known and known[parent] != named:
            what = "sectionName or port" if edition.experimental else "sectionName"
            yield Problem(
                codes.PARENT_SECTION,
                path,
                f"Two references mean {parent[1]} {parent[2]}, and only one of them has a {what}.",
            )
        elif (parent, section, port) in sections:
            hint = "" if edition.experimental or "port" not in ref else " (a port does not tell them apart)"
            where = f", section {section}" if section else ""
            yield Problem(
                codes.PARENT_TWICE, path, f"Two references mean {parent[1]} {parent[2]}{where}{hint}."
            )
        known.setdefault(parent, named)
        sections.add((parent, section, port))


def backend(ref: Mapping[str, Any], path: Path) -> Iterator[Problem]:
    """B1: a reference to a core Service says its port."""
    if not ref.get("group", "") and ref.get("kind", "Service") == "Service" and "port" not in ref:
        yield Problem(codes.BACKEND_PORT, path, f"The reference to Service {ref.get('name')} has no port.")


def backends(rule: Mapping[str, Any], path: Path) -> Iterator[Problem]:
    """B1 for the backendRefs of a rule."""
    for here, ref in each(rule.get("backendRefs"), (*path, "backendRefs")):
        yield from backend(mapping(ref), here)
