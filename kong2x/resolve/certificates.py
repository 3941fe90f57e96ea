"""Which certificate Kong serves for which host, from the TLS blocks of Ingresses (kong-source.md 3.7)."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, field

from kong2x.model.finding import Code, Level
from kong2x.model.route import Certificate, Feature, RouteModel
from kong2x.model.source import Leaf, ObjectRef, SourceObject, items, mapping
from kong2x.resolve import tls_codes as codes
from kong2x.resolve.annotations import texts
from kong2x.resolve.route_effects import merge
from kong2x.resolve.world import World, namespace_of

ISSUER_PREFIX = "cert-manager.io/"
ACME = "kubernetes.io/tls-acme"
_ISSUERS = ("cert-manager.io/issuer", "cert-manager.io/cluster-issuer", ACME)


@dataclass(slots=True)
class CertificateBook:
    """The certificates so far, by Secret, and the owner of each host."""

    world: World
    model: RouteModel
    by_secret: dict[tuple[str, str], Certificate] = field(default_factory=dict)
    owner: dict[str, Certificate] = field(default_factory=dict)
    wanted: set[ObjectRef] = field(default_factory=set)
    """The Secrets that an object to be converted names."""

    def add(self, obj: SourceObject) -> None:
        """Registers the TLS blocks of an Ingress or TCPIngress, older objects first."""
        blocks = items(mapping(obj.value.get("spec")).get("tls"))
        if not blocks:
            return
        issuer = issuer_annotations(obj) if obj.kind == "Ingress" else {}
        for index, raw in enumerate(blocks):
            self._block(obj, mapping(raw), ("spec", "tls", index), issuer)

    def _block(
        self,
        obj: SourceObject,
        block: Mapping[str, object],
        at: tuple[str | int, ...],
        issuer: Mapping[str, str],
    ) -> None:
        name = block.get("secretName")
        hosts = [host for host in items(block.get("hosts")) if isinstance(host, str)]
        if not isinstance(name, str) or not name or not hosts:
            missing = "hosts" if name else "secretName"
            self._closed(obj, at, codes.BLOCK_IGNORED, f"Kong ignores a TLS block without {missing}.")
            return
        key = (namespace_of(obj), name)
        certificate = self.by_secret.get(key)
        if certificate is None:
            certificate = self._new(obj, key)
            if certificate is None:
                self.world.ledger.book(obj.ref, at, Level.IGNORED, codes.SECRET_UNUSABLE.id)
                return
            self.by_secret[key] = certificate
        if obj.convert:
            self.wanted.add(certificate.secret)
        leaves = [Leaf(obj.ref, (*at, "secretName"))]
        for position, host in enumerate(items(block.get("hosts"))):
            leaf = Leaf(obj.ref, (*at, "hosts", position))
            if not isinstance(host, str):
                self.world.ledger.book(obj.ref, leaf.path, Level.IGNORED, codes.BLOCK_IGNORED.id)
            elif self.owner.setdefault(host, certificate) is certificate:
                leaves.append(leaf)
                if host not in certificate.hosts:
                    certificate.hosts = (*certificate.hosts, host)
            else:
                self._closed(
                    obj,
                    leaf.path,
                    codes.HOST_CLAIMED,
                    f"Kong serves {host} with the certificate of {self.owner[host].secret}, which an older "
                    f"object claims, not with that of {certificate.secret}.",
                )
        merge(certificate.provenance, {Feature.CERTIFICATE: tuple(leaves)})
        if issuer:
            self._issued(obj, certificate, issuer)

    def _issued(self, obj: SourceObject, certificate: Certificate, issuer: Mapping[str, str]) -> None:
        if not certificate.issuer:
            certificate.issuer = dict(issuer)
        leaves = tuple(obj.annotation_leaf(key) for key in issuer)
        merge(certificate.provenance, {Feature.CERTIFICATE_ISSUER: leaves})

    def _new(self, obj: SourceObject, key: tuple[str, str]) -> Certificate | None:
        namespace, name = key
        secret = self.world.get("Secret", namespace, name)
        if secret is not None and not _usable(secret):
            self.model.findings.append(
                codes.SECRET_UNUSABLE.finding(
                    f"Kong serves its own default certificate: the Secret {namespace}/{name} holds no "
                    "certificate with its key.",
                    object=secret.ref,
                )
            )
            return None
        ref = secret.ref if secret is not None else ObjectRef("", "Secret", namespace, name)
        return Certificate(ref, (), obj.ref, known=secret is not None)

    def _closed(self, obj: SourceObject, at: tuple[str | int, ...], code: Code, message: str) -> None:
        self.world.ledger.book(obj.ref, at, Level.IGNORED, code.id)
        self.model.findings.append(code.finding(message, object=obj.ref, path=at))

    def finish(self) -> None:
        """Puts the certificates that own a host into the model."""
        for certificate in self.by_secret.values():
            if certificate.secret not in self.wanted:
                continue
            if certificate.hosts:
                self.model.certificates.append(certificate)
                self._not_given(certificate)
            else:
                for leaves in certificate.provenance.values():
                    self.world.ledger.book_leaves(leaves, Level.IGNORED, codes.HOST_CLAIMED.id)

    def _not_given(self, certificate: Certificate) -> None:
        """A Secret outside of the input that no issuer makes has to be in the cluster already."""
        if not certificate.known and not certificate.issuer:
            self.model.findings.append(
                codes.SECRET_NOT_GIVEN.finding(
                    f"The TLS {certificate.secret} is not in the input: kong2x assumes that the cluster has it.",
                    object=certificate.origin,
                    path=certificate.provenance[Feature.CERTIFICATE][0].path,
                )
            )


def issuer_annotations(obj: SourceObject) -> dict[str, str]:
    """The annotations by which cert-manager makes the Secrets of an Ingress; empty when it does not.

    They count only where one of them names an issuer.
    """
    found = {key: value for key, value in texts(obj) if key.startswith(ISSUER_PREFIX) or key == ACME}
    return found if any(found.get(key) for key in _ISSUERS) else {}


def _usable(secret: SourceObject) -> bool:
    """Whether a Secret holds something for both halves of a key pair."""
    held = {**mapping(secret.value.get("data")), **mapping(secret.value.get("stringData"))}
    return bool(held.get("tls.crt")) and bool(held.get("tls.key"))
