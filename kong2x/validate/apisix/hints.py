"""Which checks tell what manifests alone cannot decide: for anybody's objects, not for a conversion's own."""

from __future__ import annotations

from collections.abc import Iterator, Sequence

from kong2x.model.finding import Finding
from kong2x.model.source import SourceObject
from kong2x.validate.apisix.backends import backend_hints
from kong2x.validate.apisix.competition import outranked
from kong2x.validate.apisix.gateways import gateway_traps
from kong2x.validate.apisix.ingresses import ingress_traps
from kong2x.validate.apisix.plugin_pairs import consumer_over_route
from kong2x.validate.apisix.reach import certificates
from kong2x.validate.apisix.readings import readings
from kong2x.validate.apisix.world import World


def hints(sources: Sequence[SourceObject]) -> Iterator[Finding]:
    """Every finding whose code is in `hint_codes`, about all objects together."""
    world = World.of(sources)
    if not world.any:
        return
    yield from outranked(world)
    yield from readings(world)
    yield from certificates(world)
    yield from backend_hints(world)
    yield from consumer_over_route(world)
    yield from ingress_traps(world)
    yield from gateway_traps(world)
