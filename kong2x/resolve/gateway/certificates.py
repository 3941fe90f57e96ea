"""The certificates of Gateway listeners (kong-source.md 7.1): exactly one a listener, granted."""

from __future__ import annotations

from kong2x.model.route import Certificate, Feature
from kong2x.model.source import Leaf, ObjectRef, items, leaves, mapping, text
from kong2x.resolve.gateway.context import Translation
from kong2x.resolve.gateway.listeners import Listener
from kong2x.resolve.world import namespace_of


def listener_certificates(on: Translation) -> None:
    """One certificate a listener with a usable reference; hosts of an Ingress' certificate are taken."""
    taken = {host for certificate in on.model.certificates for host in certificate.hosts}
    for listeners in on.gateways.listeners.values():
        for position, listener in enumerate(listeners):
            add_certificate(on, listener, position, taken)


def add_certificate(on: Translation, listener: Listener, position: int, taken: set[str]) -> None:
    """The certificate of one listener, unless Kong skips it."""
    gateway = listener.gateway
    refs = items(mapping(listener.body.get("tls")).get("certificateRefs"))
    where = ("spec", "listeners", position, "tls", "certificateRefs")
    if not refs:
        return
    ref = mapping(refs[0])
    namespace = text(ref.get("namespace")) or namespace_of(gateway)
    name = text(ref.get("name"))
    if len(refs) > 1:
        on.ignore(gateway, where, "a listener with several certificates gets none")
        return
    foreign = namespace != namespace_of(gateway)
    if foreign and not on.world.granted(gateway.ref, "Secret", "", namespace, name):
        on.ignore(gateway, where, f"no ReferenceGrant in {namespace} lets the Gateway use the Secret {name}")
        return
    host = listener.hostname or "*"
    if host in taken:
        on.ignore(gateway, where, f"another certificate already serves {host}")
        return
    taken.add(host)
    secret = ObjectRef("", "Secret", namespace, name)
    known = on.world.get("Secret", namespace, name) is not None
    provenance = {Feature.CERTIFICATE: tuple(Leaf(gateway.ref, (*where, *path)) for path in leaves(refs))}
    issuer = {
        key: str(value) for key, value in gateway.annotations.items() if key.startswith("cert-manager.io/")
    }
    if issuer:
        places = tuple(gateway.annotation_leaf(key) for key in issuer)
        provenance[Feature.CERTIFICATE_ISSUER] = places
    on.model.certificates.append(
        Certificate(secret, (host,), gateway.ref, issuer, known, provenance=provenance)
    )
