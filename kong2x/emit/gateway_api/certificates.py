"""The cert-manager Certificates that must exist once the annotated Ingress is gone."""

from __future__ import annotations

from typing import Any

from kong2x.emit.gateway_api import codes_listeners
from kong2x.emit.gateway_api.desk import Desk
from kong2x.model.finding import Code
from kong2x.model.route import Certificate, Feature
from kong2x.model.source import ObjectRef
from kong2x.model.target import Manifest

_PREFIX = "cert-manager.io/"
_KEY = {
    "private-key-algorithm": "algorithm",
    "private-key-encoding": "encoding",
    "private-key-size": "size",
    "private-key-rotation-policy": "rotationPolicy",
}
_PLAIN = {
    "common-name": "commonName",
    "duration": "duration",
    "renew-before": "renewBefore",
    "revision-history-limit": "revisionHistoryLimit",
}
_LISTS = {"usages": "usages", "email-sans": "emailAddresses", "ip-sans": "ipAddresses", "uri-sans": "uris"}
_ISSUER = ("issuer", "cluster-issuer", "issuer-kind", "issuer-group")
_NUMBERS = ("private-key-size", "revision-history-limit")


def certificate_objects(desk: Desk) -> list[Manifest]:
    """One Certificate for each Secret that cert-manager makes because of an Ingress's annotations."""
    found: dict[tuple[str, str], tuple[Certificate, list[str]]] = {}
    for certificate in desk.model.certificates:
        if certificate.issuer and certificate.origin.kind == "Ingress":
            key = (certificate.secret.namespace or "default", certificate.secret.name)
            entry = found.setdefault(key, (certificate, []))
            entry[1].extend(host for host in certificate.hosts if host not in entry[1])
    out = []
    for certificate, hosts in found.values():
        manifest = _certificate(desk, certificate, hosts)
        if manifest is not None:
            out.append(manifest)
    return out


def _certificate(desk: Desk, certificate: Certificate, hosts: list[str]) -> Manifest | None:
    given = {k.removeprefix(_PREFIX): v for k, v in certificate.issuer.items() if k.startswith(_PREFIX)}
    name = given.get("cluster-issuer") or given.get("issuer")
    secret = certificate.secret
    if not name:
        _say(
            desk,
            certificate,
            codes_listeners.ISSUER_UNKNOWN,
            f"Nothing says who issues the certificate in the Secret {secret.namespace}/{secret.name}.",
        )
        return None
    kind = given.get("issuer-kind") or ("ClusterIssuer" if given.get("cluster-issuer") else "Issuer")
    issuer = {"name": name, "kind": kind, "group": given.get("issuer-group") or "cert-manager.io"}
    spec: dict[str, Any] = {"secretName": secret.name, "dnsNames": sorted(hosts), "issuerRef": issuer}
    for key, value in sorted(given.items()):
        number = key in _NUMBERS and value.isdigit()
        if key in _PLAIN:
            spec[_PLAIN[key]] = int(value) if number else value
        elif key in _LISTS:
            spec[_LISTS[key]] = [part.strip() for part in value.split(",") if part.strip()]
        elif key in _KEY:
            spec.setdefault("privateKey", {})[_KEY[key]] = int(value) if number else value
        elif key not in _ISSUER:
            _say(
                desk,
                certificate,
                codes_listeners.ISSUER_SETTING,
                f"The annotation {_PREFIX}{key} is not carried over to the Certificate {secret.name}.",
            )
    _say(
        desk,
        certificate,
        codes_listeners.ISSUER_MOVED,
        f"The Certificate {secret.namespace}/{secret.name} is declared by an object of its own.",
    )
    body: dict[str, Any] = {
        "apiVersion": "cert-manager.io/v1",
        "kind": "Certificate",
        "metadata": {"name": secret.name, "namespace": secret.namespace or "default"},
        "spec": spec,
    }
    return Manifest(body, (certificate.origin,))


def _say(desk: Desk, certificate: Certificate, code: Code, message: str) -> None:
    leaves = certificate.provenance.get(Feature.CERTIFICATE_ISSUER, ())
    where: ObjectRef = leaves[0].object if leaves else certificate.origin
    finding = code.finding(message, object=where, path=leaves[0].path if leaves else ())
    desk.emission.findings.append(finding)
    desk.emission.settle_feature(
        certificate.provenance, Feature.CERTIFICATE_ISSUER, finding.level, finding.code
    )
