"""Which default backend answers everything that no rule takes: one for the whole proxy (kong-source.md 3.6)."""

from __future__ import annotations

from dataclasses import replace

from kong2x.model.finding import Level
from kong2x.model.route import Feature, PathKind, PathMatch, Route
from kong2x.model.source import Leaf, SourceObject, leaves, mapping
from kong2x.resolve import ingress_codes as codes
from kong2x.resolve.ingress import IngressTranslation
from kong2x.resolve.ingress_rules import BackendRef, default_backend_ref, is_legacy
from kong2x.resolve.names import route_id
from kong2x.resolve.route_effects import apply_route_options
from kong2x.resolve.world import namespace_of

_CRITERIA = frozenset((Feature.HOSTS, Feature.METHODS, Feature.HEADERS, Feature.SNIS))


def translate_default_backend(work: IngressTranslation, ingresses: list[SourceObject]) -> None:
    """Adds the catch-all route of the oldest Ingress that states a default backend.

    `ingresses` are in KIC's order: by creation time, then namespace and name.
    """
    found = [(obj, ref) for obj in ingresses if (ref := default_backend_ref(obj)) is not None]
    if not found:
        return
    chosen, ref = found[0]
    _others(work, chosen, [other for other, _ in found[1:] if other.convert])
    if not chosen.convert:
        return
    service = work.book.of(namespace_of(chosen), ref, chosen, None)
    if isinstance(service, str):
        at = _at(chosen)
        work.world.ledger.book(chosen.ref, at, Level.IGNORED, codes.DEFAULT_DROPPED.id)
        work.model.findings.append(
            codes.DEFAULT_DROPPED.finding(
                f"Kong has no default backend at all: {service}.", object=chosen.ref, path=at
            )
        )
        return
    options = work.options_of(chosen)
    classic = work.world.facts.router != "expressions"
    namespace = namespace_of(chosen)
    route = Route(
        f"{namespace}.{chosen.name}",
        chosen.ref,
        service,
        route_id(f"{namespace}.{chosen.name}"),
        Leaf(chosen.ref, _at(chosen)),
        paths=(PathMatch(PathKind.SEGMENT_PREFIX, "/", ("/",), 'http.path ^= "/"'),),
        default_backend=True,
        created_at=str(chosen.metadata.get("creationTimestamp") or ""),
    )
    route.provenance[Feature.BACKEND] = _leaves(chosen, ref)
    if not classic:
        route.expression = 'http.path ^= "/"'
        kept = {name: own for name, own in options.leaves.items() if name not in _CRITERIA}
        options = replace(options, methods=(), snis=None, aliases=(), headers=(), leaves=kept)
    apply_route_options(route, options, classic=classic)
    work.model.routes.append(route)


def _at(ingress: SourceObject) -> tuple[str, str]:
    return "spec", "backend" if is_legacy(ingress) else "defaultBackend"


def _leaves(ingress: SourceObject, ref: BackendRef) -> tuple[Leaf, ...]:
    if ref.leaves:
        return ref.leaves
    at = _at(ingress)
    spec = mapping(ingress.value.get("spec")).get(at[-1])
    return tuple(Leaf(ingress.ref, (*at, *path)) for path in leaves(spec))


def _others(work: IngressTranslation, chosen: SourceObject, others: list[SourceObject]) -> None:
    """Tells of default backends that are never used; without creation times nobody can know which."""
    guessed = 0
    for other in others:
        dated = bool(other.metadata.get("creationTimestamp")) and bool(
            chosen.metadata.get("creationTimestamp")
        )
        code = codes.DEFAULT_UNUSED if dated else codes.DEFAULT_GUESSED
        work.world.ledger.book(other.ref, _at(other), Level.IGNORED, code.id)
        guessed += not dated
        if dated:
            work.model.findings.append(
                code.finding(
                    f"Kong never uses this default backend: that of {chosen.ref} is older, and there is one for "
                    "the whole proxy.",
                    object=other.ref,
                    path=_at(other),
                )
            )
    if guessed:
        work.model.findings.append(
            codes.DEFAULT_GUESSED.finding(
                f"Kong uses one default backend for the whole proxy, that of the oldest Ingress: kong2x takes this "
                f"one, because the manifests do not hold all creation times; {guessed} more state one.",
                object=chosen.ref,
                path=_at(chosen),
            )
        )
