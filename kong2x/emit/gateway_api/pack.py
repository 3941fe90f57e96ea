"""How rules become objects: one HTTPRoute a source object, split by host, listener and limit."""

from __future__ import annotations

from collections.abc import Iterable, Iterator
from dataclasses import dataclass, field, replace
from typing import Any

from kong2x.emit.gateway_api import codes_listeners
from kong2x.emit.gateway_api.desk import Desk
from kong2x.emit.gateway_api.draft import Draft
from kong2x.emit.gateway_api.hosts import digest, host_name
from kong2x.emit.gateway_api.parents import Attachment, ParentRef
from kong2x.model.source import ObjectRef
from kong2x.model.target import Manifest

DENIED = "kong2x.io/denied"


@dataclass(slots=True)
class Part:
    """The rules that one object will hold, as far as host and listener go."""

    origin: ObjectRef
    kind: str
    parents: tuple[ParentRef, ...]
    suffix: str
    hosts: tuple[str, ...]
    drafts: list[Draft]


@dataclass(slots=True)
class Packed:
    """One route object and the rules in it, in order."""

    manifest: Manifest
    drafts: list[Draft]


@dataclass(slots=True)
class Names:
    """Names of emitted objects: stable, and never the same for two objects."""

    taken: dict[tuple[str, str, str], ObjectRef] = field(default_factory=dict)

    def reserve(self, kind: str, origin: ObjectRef) -> None:
        """Keeps the plain name of a source object for it; an object of the same kind goes first."""
        key = (kind, origin.namespace or "default", origin.name)
        old = self.taken.get(key)
        if old is None or (origin.kind == kind and old.kind != kind):
            self.taken[key] = origin

    def name(self, kind: str, origin: ObjectRef, suffix: str) -> str:
        """The name for a part of `origin`; one that another source object owns gets a hash."""
        base = f"{origin.name}-{suffix}" if suffix else origin.name
        for attempt in range(100):
            name = base if not attempt else f"{base}-{digest(f'{origin}{suffix}{attempt}')}"
            if len(name) > 253:
                name = f"{name[:240]}-{digest(name)}"
            key = (kind, origin.namespace or "default", name)
            owner = self.taken.setdefault(key, origin)
            if owner == origin:
                return name
        raise AssertionError(base)  # pragma: no cover - 100 equal hashes


def pack(desk: Desk, attachment: Attachment, drafts: Iterable[Draft]) -> list[Packed]:
    """The route objects for all rules, in order of kind, namespace and name."""
    by_origin: dict[ObjectRef, list[Draft]] = {}
    names = Names()
    for draft in drafts:
        by_origin.setdefault(draft.route.origin, []).append(draft)
    for origin, own in by_origin.items():
        for kind in dict.fromkeys(draft.kind for draft in own):
            names.reserve(kind, origin)
    out: list[Packed] = []
    for origin in sorted(by_origin, key=lambda ref: (ref.namespace, ref.name, ref.kind)):
        for part in _parts(desk, attachment, origin, by_origin[origin]):
            out += _objects(desk, names, part)
    return sorted(out, key=_order)


def _order(packed: Packed) -> tuple[str, str, str]:
    value = packed.manifest.value
    return (value["kind"], value["metadata"]["namespace"], value["metadata"]["name"])


def _parts(desk: Desk, attachment: Attachment, origin: ObjectRef, drafts: list[Draft]) -> list[Part]:
    """Rules by kind, listeners and role; within these, hosts with the same rules stand together."""
    groups: dict[tuple[str, tuple[ParentRef, ...], str], dict[str, list[Draft]]] = {}
    for draft in drafts:
        for host in draft.hosts or ("",):
            parents = attachment.refs(draft.route, draft.scheme, (host,) if host else ())
            if not parents:
                _unattached(desk, draft, host)
                continue
            key = (draft.kind, parents, _suffix(draft))
            groups.setdefault(key, {}).setdefault(host, []).append(draft)
    parts: list[Part] = []
    for (kind, parents, role), by_host in groups.items():
        merged: dict[tuple[tuple[int, ...], ...], Part] = {}
        for host, own in by_host.items():
            same = tuple(sorted((id(draft),) for draft in own))
            part = merged.get(same)
            if part is None:
                merged[same] = Part(origin, kind, parents, role, (host,), own)
            else:
                part.hosts = (*part.hosts, host)
        parts += merged.values()
    return _joined_listeners(parts)


def _suffix(draft: Draft) -> str:
    """What the name of the object tells about its rules; a copy for other hosts has an object of its own."""
    parts = ("http" if draft.role == "to-https" else "", "fallback" if draft.copied else "")
    return "-".join(part for part in parts if part)


def _unattached(desk: Desk, draft: Draft, host: str) -> None:
    if draft.role == "to-https":
        return
    desk.say_once(
        f"{draft.route.name} {host} {draft.scheme}",
        codes_listeners.NO_LISTENER,
        f"Requests for {host or 'any host'} are not served over {draft.scheme.upper()}: "
        "the Gateway has no listener for it.",
        route=draft.route,
    )


def _joined_listeners(parts: list[Part]) -> list[Part]:
    """Parts that differ in hosts and listeners only: listeners select by host, so one object holds both."""
    out: dict[tuple[object, ...], Part] = {}
    for part in parts:
        key = (part.kind, part.suffix, tuple(id(d) for d in part.drafts))
        old = out.get(key)
        if old is None:
            out[key] = part
        else:
            old.parents = tuple(dict.fromkeys((*old.parents, *part.parents)))
            old.hosts = tuple(dict.fromkeys((*old.hosts, *part.hosts)))
    suffixes: dict[tuple[str, str], list[Part]] = {}
    for part in out.values():
        suffixes.setdefault((part.kind, part.suffix), []).append(part)
    for group in suffixes.values():
        if len(group) > 1:
            for part in group:
                part.suffix = "-".join(p for p in (_part_name(part), part.suffix) if p)
    return list(out.values())


def _part_name(part: Part) -> str:
    """Named after its hosts, so that it keeps its name whatever becomes of the other hosts."""
    first = min(part.hosts)
    name = (
        host_name(first)
        if len(part.hosts) == 1
        else f"{host_name(first)[:-7]}-{digest(' '.join(sorted(part.hosts)))}"
    )
    sections = sorted({ref.section for ref in part.parents})
    return name if sections == [""] else f"{name}-{digest(' '.join(sections))}"


def _objects(desk: Desk, names: Names, part: Part) -> Iterator[Packed]:
    """The objects for one part: at most 16 hosts and as many rules and matches as the release takes."""
    limit = desk.schema.limit
    hosts = tuple(sorted(host for host in part.hosts if host))
    chunks = [hosts[at : at + limit("hostnames")] for at in range(0, len(hosts), limit("hostnames"))] or [()]
    rule_chunks = list(_rule_chunks(desk, part))
    many = len(chunks) * len(rule_chunks) > 1
    number = 0
    for chunk in chunks:
        for rules in rule_chunks:
            suffix = "-".join(p for p in (part.suffix, f"{number:02d}" if many else "") if p)
            number += 1
            name = names.name(part.kind, part.origin, suffix)
            yield Packed(_object(desk, name, part, chunk, rules), rules)


def _rule_chunks(desk: Desk, part: Part) -> Iterator[list[Draft]]:
    per_rule = desk.schema.limit("grpc-matches" if part.kind == "GRPCRoute" else "matches")
    current: list[Draft] = []
    matches = 0
    for draft in part.drafts:
        for at in range(0, len(draft.matches), per_rule):
            piece = replace(draft, matches=draft.matches[at : at + per_rule])
            size = len(piece.matches)
            if current and (
                len(current) == desk.schema.limit("rules")
                or matches + size > desk.schema.limit("matches-total")
            ):
                yield current
                current, matches = [], 0
            current.append(piece)
            matches += size
    if current:
        yield current


def _object(desk: Desk, name: str, part: Part, hosts: tuple[str, ...], drafts: list[Draft]) -> Manifest:
    namespace = part.origin.namespace or "default"
    metadata: dict[str, Any] = {"name": name, "namespace": namespace}
    annotations: dict[str, str] = {}
    for draft in drafts:
        annotations.update(draft.annotations)
    reasons = dict.fromkeys(d.denied for d in drafts if d.denied and d.role != "to-https")
    if reasons:
        annotations[DENIED] = "; ".join(reasons)
    if annotations:
        metadata["annotations"] = dict(sorted(annotations.items()))
    spec: dict[str, Any] = {"parentRefs": [ref.body(namespace) for ref in part.parents]}
    if hosts:
        spec["hostnames"] = list(hosts)
    spec["rules"] = [draft.body() for draft in drafts]
    value = {
        "apiVersion": desk.schema.api_version(part.kind),
        "kind": part.kind,
        "metadata": metadata,
        "spec": spec,
    }
    return Manifest(value, (part.origin,))
