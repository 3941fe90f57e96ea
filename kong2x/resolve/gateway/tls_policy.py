"""BackendTLSPolicy as the Kong Ingress Controller reads it: annotations by another name (7.4)."""

from __future__ import annotations

from collections.abc import Sequence

from kong2x.model.finding import Finding, Level
from kong2x.model.route import Backend, Feature, Service
from kong2x.model.source import Leaf, ObjectRef, SourceObject, items, leaves, mapping, text
from kong2x.resolve.gateway import codes
from kong2x.resolve.world import World, namespace_of


def policies_of(world: World, backend: Backend) -> list[SourceObject]:
    """The policies that target the Service of a backend."""
    found = []
    for policy in world.all("BackendTLSPolicy"):
        if namespace_of(policy) != backend.namespace:
            continue
        for target in map(mapping, items(mapping(policy.value.get("spec")).get("targetRefs"))):
            if target.get("kind") == "Service" and target.get("name") == backend.name:
                found.append(policy)
                break
    return found


def apply_tls_policy(
    world: World, findings: list[Finding], service: Service, backends: Sequence[Backend]
) -> None:
    """Lets the one policy of the Services act on the Kong service; several policies cancel out."""
    if not world.facts.gate("GatewayAlpha"):
        return
    policies = list(
        {policy.ref: policy for backend in backends for policy in policies_of(world, backend)}.values()
    )
    if not policies:
        return
    policy = policies[0]
    validation = mapping(mapping(policy.value.get("spec")).get("validation"))
    refused = (
        len(policies) > 1 or validation.get("subjectAltNames") or validation.get("wellKnownCACertificates")
    )
    if refused:
        message = (
            "Kong applies no policy to this Service: it asks for more than one CA list and host name can say."
        )
        for one in policies:
            world.ledger.book(one.ref, ("spec",), Level.IGNORED, codes.TLS_POLICY.id)
            findings.append(codes.TLS_POLICY.finding(message, object=one.ref, path=("spec", "validation")))
        return
    service.protocol, service.tls_verify = "https", True
    service.upstream.host_header = text(validation.get("hostname")) or service.upstream.host_header
    refs = [mapping(ref) for ref in items(validation.get("caCertificateRefs"))]
    service.ca_certificates = tuple(
        ObjectRef("", text(ref.get("kind")) or "ConfigMap", namespace_of(policy), text(ref.get("name")))
        for ref in refs
    )
    where = tuple(Leaf(policy.ref, ("spec", *path)) for path in leaves(policy.value.get("spec")))
    service.provenance[Feature.TLS_VERIFY] = (*service.provenance.get(Feature.TLS_VERIFY, ()), *where)
