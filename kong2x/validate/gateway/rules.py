"""Which rules of Gateway API look at which kind."""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from typing import Any

from kong2x.model.source import mapping
from kong2x.validate.explain import Problem
from kong2x.validate.gateway import grpc, http, listeners, policies, unchecked
from kong2x.validate.gateway.across import across
from kong2x.validate.gateway.edition import Edition, each
from kong2x.validate.gateway.references import backends, parents
from kong2x.validate.kinds import KindSchema

__all__ = ["across", "check_object", "invariants"]


def check_object(obj: Mapping[str, Any], schema: KindSchema) -> Iterator[Problem]:
    """Every rule about one object of the Gateway API groups; its schema holds already."""
    yield from invariants(obj, schema)
    yield from unchecked.check(obj, schema.file.kind)


def invariants(obj: Mapping[str, Any], schema: KindSchema) -> Iterator[Problem]:
    """What the API server of this release and channel refuses beyond the schema, and nothing else."""
    kind, edition = schema.file.kind, Edition.of(schema)
    spec = mapping(obj.get("spec"))
    if "parentRefs" in spec:
        yield from parents(spec, edition)
    if kind in ("Gateway", "ListenerSet", "XListenerSet"):
        yield from listeners.check(obj, edition, kind)
    elif kind == "HTTPRoute":
        yield from http.check(spec, edition)
    elif kind == "GRPCRoute":
        yield from grpc.check(spec, edition)
    elif kind in ("TCPRoute", "UDPRoute", "TLSRoute"):
        rules = list(each(spec.get("rules"), ("spec", "rules")))
        for path, rule in rules:
            yield from backends(rule, path)
        if edition.experimental and edition.since(1, 2):
            yield from http.rule_names(rules)
        if kind == "TLSRoute":
            yield from policies.tls_route(spec, edition)
    elif kind == "BackendTLSPolicy":
        yield from policies.backend_tls(spec, edition)
    elif kind in ("XBackendTrafficPolicy", "BackendLBPolicy"):
        yield from policies.session(spec.get("sessionPersistence"), ("spec", "sessionPersistence"), edition)
        yield from policies.retry_budget(spec)
    elif kind == "XBackend":
        yield from policies.x_backend(spec)
