"""The ApisixTls objects, and the cert-manager Certificates that nobody makes once the Ingress is gone."""

from __future__ import annotations

import re
from collections.abc import Mapping
from typing import Any

from kong2x.emit.apisix import codes
from kong2x.emit.apisix.desk import Desk
from kong2x.emit.apisix.names import LONGEST_OBJECT, digest
from kong2x.model.finding import Level
from kong2x.model.route import Certificate, Feature
from kong2x.model.source import ObjectRef

_HOST = re.compile(r"\*?[0-9a-zA-Z-.]+")
_CM = "cert-manager.io/"


def emit_certificates(desk: Desk) -> None:
    """One ApisixTls for each Secret, with all its hosts, and the Certificates for cert-manager."""
    groups: dict[tuple[ObjectRef, ObjectRef | None], list[Certificate]] = {}
    demanded = _demanded(desk)
    for certificate in desk.model.certificates:
        client_ca = next(
            (demanded[host] for host in certificate.hosts if host in demanded), certificate.client_ca
        )
        groups.setdefault((certificate.secret, client_ca), []).append(certificate)
    made: set[tuple[str, str]] = set()
    names: dict[tuple[str, str], int] = {}
    for (secret, client_ca), members in groups.items():
        hosts = list(dict.fromkeys(h.lower() for c in members for h in _hosts(c, desk)))
        namespace = members[0].origin.namespace or secret.namespace
        if hosts:
            key = (namespace, secret.name)
            names[key] = names.get(key, 0) + 1
            name = (
                secret.name
                if names[key] == 1
                else f"{secret.name}-{digest(str(client_ca), secret.namespace)}"
            )
            desk.add(_tls(name, namespace, secret, hosts, client_ca, desk), *(c.origin for c in members))
        for certificate in members:
            _issue(certificate, hosts, made, desk)
            desk.settle_rest(certificate.provenance)
    if groups:
        desk.say(
            codes.NO_DEFAULT_CERTIFICATE,
            "A TLS handshake with a server name that no certificate covers, or without one, fails; "
            "Kong shows its default "
            "certificate and still serves the host.",
        )


def _demanded(desk: Desk) -> dict[str, ObjectRef]:
    """The authorities that plugins of routes demand client certificates of, by host."""
    found: dict[str, ObjectRef] = {}
    for route in desk.model.routes:
        for use in route.plugins:
            place = desk.map(use, route).rule.get("client_ca") if use.plugin == "mtls-auth" else None
            if place:
                secret = ObjectRef("", "Secret", place["namespace"], place["name"])
                found.update(dict.fromkeys(route.hosts, secret))
    return found


def _hosts(certificate: Certificate, desk: Desk) -> list[str]:
    fitting = [host for host in certificate.hosts if _HOST.fullmatch(host)]
    for host in certificate.hosts:
        if host not in fitting:
            desk.say(
                codes.TLS_HOST,
                f"The certificate is not served for {host}: an ApisixTls takes names and one leading wildcard only.",
                about=certificate,
                feature=Feature.CERTIFICATE,
            )
    return fitting


def _tls(
    name: str, namespace: str, secret: ObjectRef, hosts: list[str], client_ca: ObjectRef | None, desk: Desk
) -> dict[str, Any]:
    spec: dict[str, Any] = {
        "ingressClassName": desk.choices.ingress_class,
        "hosts": hosts,
        "secret": {"name": secret.name, "namespace": secret.namespace or namespace or "default"},
    }
    if client_ca is not None:
        # An absent depth means 0: no certificate between the CA and the client's (trap T73).
        ca = {"name": client_ca.name, "namespace": client_ca.namespace or namespace or "default"}
        spec["client"] = {"caSecret": ca, "depth": 1}
    metadata = {"name": name[:LONGEST_OBJECT] if len(name) > 253 else name}
    if namespace:
        metadata["namespace"] = namespace
    return {"apiVersion": "apisix.apache.org/v2", "kind": "ApisixTls", "metadata": metadata, "spec": spec}


def _issue(certificate: Certificate, hosts: list[str], made: set[tuple[str, str]], desk: Desk) -> None:
    """The Certificate that cert-manager's ingress shim made from annotations of the Ingress."""
    notes = certificate.issuer
    if not notes:
        return
    secret = certificate.secret
    key = (secret.namespace, secret.name)
    issuer = _issuer(notes)
    if issuer is None:
        desk.say(
            codes.NO_ISSUER,
            f"cert-manager makes the Secret {secret.name} with its default issuer, which the manifests do not name; "
            "a Certificate has to be declared for it.",
            about=certificate,
            feature=Feature.CERTIFICATE_ISSUER,
        )
        return
    if key not in made:
        made.add(key)
        names = list(certificate.hosts) or hosts
        desk.add(_certificate(secret, names, issuer, notes), certificate.origin)
    desk.say(
        codes.CERTIFICATE_DECLARED,
        f"A Certificate for the Secret {secret.name} is written, as cert-manager makes none for an "
        "ApisixRoute; remove the "
        "Ingress only after it has taken the Secret over.",
        about=certificate,
    )
    desk.emission.settle_feature(certificate.provenance, Feature.CERTIFICATE_ISSUER, Level.EXACT)
    if any("http01" in name or name == "kubernetes.io/tls-acme" for name in notes):
        desk.say(
            codes.HTTP01,
            "The challenge of an ACME issuer has to be solved through a class that APISIX serves; "
            "look at the solvers of "
            f"the issuer {issuer['name']}.",
            about=certificate,
        )


def _issuer(notes: Mapping[str, str]) -> dict[str, str] | None:
    cluster, local = notes.get(f"{_CM}cluster-issuer"), notes.get(f"{_CM}issuer")
    if not cluster and not local:
        return None
    kind = notes.get(f"{_CM}issuer-kind") or ("ClusterIssuer" if cluster else "Issuer")
    return {
        "name": cluster or local or "",
        "kind": kind,
        "group": notes.get(f"{_CM}issuer-group") or "cert-manager.io",
    }


_TEXTS = {"duration": "duration", "renew-before": "renewBefore", "common-name": "commonName"}
_LISTS = {"usages": "usages", "email-sans": "emailAddresses", "ip-sans": "ipAddresses", "uri-sans": "uris"}
_KEY = {
    "private-key-algorithm": "algorithm",
    "private-key-encoding": "encoding",
    "private-key-rotation-policy": "rotationPolicy",
    "private-key-size": "size",
}


def _certificate(
    secret: ObjectRef, hosts: list[str], issuer: dict[str, str], notes: Mapping[str, str]
) -> dict[str, Any]:
    spec: dict[str, Any] = {"secretName": secret.name, "dnsNames": hosts, "issuerRef": issuer}
    for note, field in _TEXTS.items():
        if notes.get(_CM + note):
            spec[field] = notes[_CM + note]
    for note, field in _LISTS.items():
        values = [part.strip() for part in notes.get(_CM + note, "").split(",") if part.strip()]
        if values:
            spec[field] = values
    key: dict[str, Any] = {field: notes[_CM + note] for note, field in _KEY.items() if notes.get(_CM + note)}
    if str(key.get("size", "")).isdigit():
        key["size"] = int(key["size"])
    if key:
        spec["privateKey"] = key
    limit = notes.get(f"{_CM}revision-history-limit", "")
    if limit.isdigit():
        spec["revisionHistoryLimit"] = int(limit)
    spec.setdefault("usages", ["digital signature", "key encipherment"])
    metadata = {"name": secret.name, **({"namespace": secret.namespace} if secret.namespace else {})}
    return {"apiVersion": "cert-manager.io/v1", "kind": "Certificate", "metadata": metadata, "spec": spec}
