"""The Gateway, its ListenerSets and certificates, or what somebody has to add to an existing Gateway."""

from __future__ import annotations

from collections.abc import Iterable
from typing import Any

from kong2x.emit.gateway_api import codes_listeners
from kong2x.emit.gateway_api.desk import Desk
from kong2x.emit.gateway_api.hosts import covering, covers, is_hostname
from kong2x.emit.gateway_api.listeners import HTTP_SECTION, GatewayKey, GatewayPlan
from kong2x.emit.gateway_api.parents import Attachment
from kong2x.emit.gateway_api.streams import StreamListener
from kong2x.emit.gateway_api.versions import GROUP
from kong2x.model.finding import Level
from kong2x.model.route import Certificate, Feature
from kong2x.model.source import ObjectRef
from kong2x.model.target import Manifest


def gateway_objects(desk: Desk, attachment: Attachment, streams: list[StreamListener]) -> list[Manifest]:
    """The Gateways that routes attach to, when they are to be written."""
    if not desk.choices.create_gateway:
        return []
    used: dict[GatewayKey, set[str]] = {}
    for ref, namespaces in attachment.used.items():
        if ref.kind == "Gateway" and (ref.namespace, ref.name) not in attachment.gateways:
            used.setdefault((ref.namespace, ref.name), set()).update(namespaces)
    for stream in streams:
        used.setdefault(stream.gateway, set()).update(stream.namespaces)
    for key, plan in attachment.plans.items():
        for ref, namespaces in attachment.used.items():
            if ref.kind == "ListenerSet" and any(p.name == ref.name for p in plan.places.values()):
                used.setdefault(key, set()).update(namespaces)
    out: list[Manifest] = []
    for key in sorted(used):
        plan = attachment.plans.get(key) or GatewayPlan()
        own = [stream for stream in streams if stream.gateway == key]
        out += _objects(desk, key, plan, own, sorted(used[key]))
    if out:
        _tell_new(desk)
    return out


def _objects(
    desk: Desk, key: GatewayKey, plan: GatewayPlan, streams: list[StreamListener], namespaces: list[str]
) -> list[Manifest]:
    namespace, name = key
    allowed = _allowed(desk, namespace, namespaces)
    http = {
        "name": HTTP_SECTION,
        "port": desk.choices.http_port,
        "protocol": "HTTP",
        "allowedRoutes": allowed,
    }
    here = [http, *_tls_listeners(desk, plan, key, "Gateway", namespace, allowed)]
    here += [stream.body(namespace, allowed) for stream in sorted(streams)]
    spec: dict[str, Any] = {"gatewayClassName": _class_name(desk), "listeners": here}
    spec.update(desk.profile.gateway_spec(desk))
    sets = sorted({(p.namespace, p.name) for p in plan.places.values() if p.kind == "ListenerSet"})
    if sets:
        spec["allowedListeners"] = {"namespaces": {"from": "All"}}
    sources = tuple(dict.fromkeys(plan.secrets.values()))[:1]
    metadata = {"name": name, "namespace": namespace}
    gateway = {
        "apiVersion": desk.schema.api_version("Gateway"),
        "kind": "Gateway",
        "metadata": metadata,
        "spec": spec,
    }
    return [
        Manifest(gateway, sources),
        *(_listener_set(desk, plan, key, where, title, allowed) for where, title in sets),
        *desk.profile.beside_gateway(desk, namespace),
    ]


def _listener_set(
    desk: Desk, plan: GatewayPlan, key: GatewayKey, namespace: str, name: str, allowed: dict[str, Any]
) -> Manifest:
    parent = {"group": GROUP, "kind": "Gateway", "name": key[1], "namespace": key[0]}
    spec = {
        "parentRef": parent,
        "listeners": _tls_listeners(desk, plan, (namespace, name), "ListenerSet", namespace, allowed),
    }
    return Manifest(
        {
            "apiVersion": desk.schema.api_version("ListenerSet"),
            "kind": "ListenerSet",
            "metadata": {"name": name, "namespace": namespace},
            "spec": spec,
        },
        tuple(dict.fromkeys(s for s in plan.secrets.values() if s.namespace == namespace))[:1],
    )


def _tls_listeners(
    desk: Desk, plan: GatewayPlan, where: GatewayKey, kind: str, namespace: str, allowed: dict[str, Any]
) -> list[dict[str, Any]]:
    """One HTTPS listener a host, each with the one Secret of that host."""
    out = []
    for host, place in sorted(plan.places.items()):
        if (place.kind, place.namespace, place.name) != (kind, *where):
            continue
        listener: dict[str, Any] = {"name": place.section}
        if host:
            listener["hostname"] = host
        listener["port"] = desk.choices.https_port
        listener["protocol"] = "HTTPS"
        listener["tls"] = {
            "mode": "Terminate",
            "certificateRefs": [certificate_ref(plan.secrets[host], namespace)],
        }
        listener["allowedRoutes"] = allowed
        out.append(listener)
    return out


def certificate_ref(secret: ObjectRef, namespace: str) -> dict[str, str]:
    """A reference to a TLS Secret, with the API server's defaults written out."""
    ref = {"group": "", "kind": "Secret", "name": secret.name}
    if (secret.namespace or "default") != namespace:
        ref["namespace"] = secret.namespace or "default"
    return ref


def _allowed(desk: Desk, namespace: str, namespaces: list[str]) -> dict[str, Any]:
    """Whose routes may attach: with the default (Same) a shared Gateway would serve nobody (trap 20)."""
    choice = desk.choices.text("allowed-routes")
    if choice == "all":
        return {"namespaces": {"from": "All"}}
    if choice == "same" or namespaces == [namespace]:
        return {"namespaces": {"from": "Same"}}
    values = sorted({namespace, *namespaces})
    expression = {"key": "kubernetes.io/metadata.name", "operator": "In", "values": values}
    return {"namespaces": {"from": "Selector", "selector": {"matchExpressions": [expression]}}}


def _class_name(desk: Desk) -> str:
    named = desk.choices.text("gateway-class") or desk.profile.facts.gateway_class
    if named:
        return named
    desk.say_once(
        "class",
        codes_listeners.GATEWAY_CLASS,
        "The written Gateway has the class gateway, which nobody named.",
    )
    return "gateway"


def _tell_new(desk: Desk) -> None:
    desk.say_once(
        "address",
        codes_listeners.NEW_ADDRESS,
        "The written Gateway gets an address of its own: DNS, allow-lists and load balancers must be switched.",
    )


def settle_certificates(desk: Desk, attachment: Attachment) -> None:
    """Settles each certificate and says which listeners an existing Gateway needs."""
    for certificate in desk.model.certificates:
        needed = [] if certificate.origin.kind == "Gateway" else _needed(desk, attachment, certificate)
        for gateway in needed:
            hosts = ", ".join(certificate.hosts)
            finding = codes_listeners.LISTENER_NEEDED.finding(
                f"The Gateway {gateway[0]}/{gateway[1]} needs an HTTPS listener for {hosts} with the Secret "
                f"{certificate.secret.namespace}/{certificate.secret.name}.",
                object=certificate.origin,
                path=_certificate_path(certificate),
                remedy="Add a listener with protocol HTTPS, tls.mode Terminate and this certificateRef "
                "(and a ReferenceGrant for it where the namespaces differ), or use "
                "--set gateway-api.create-gateway=true.",
            )
            desk.emission.findings.append(finding)
            desk.emission.settle_feature(
                certificate.provenance, Feature.CERTIFICATE, finding.level, finding.code
            )
        for host in certificate.hosts:
            if not is_hostname(host) and host != "*":
                desk.emission.settle_feature(
                    certificate.provenance, Feature.CERTIFICATE, Level.UNSUPPORTED, "gateway-api/host"
                )
        for feature in certificate.provenance:
            desk.emission.settle_feature(certificate.provenance, feature, Level.EXACT)


def _certificate_path(certificate: Certificate) -> tuple[str | int, ...]:
    leaves = certificate.provenance.get(Feature.CERTIFICATE, ())
    return leaves[0].path if leaves and leaves[0].object == certificate.origin else ()


def _needed(desk: Desk, attachment: Attachment, certificate: Certificate) -> list[GatewayKey]:
    """The Gateways without an HTTPS listener for some host of the certificate."""
    out = []
    for base in attachment.bases_of(certificate.origin):
        key = (base.namespace, base.name)
        known = attachment.gateways.get(key)
        if known is None and desk.choices.create_gateway:
            continue
        names = [listener.hostname for listener in known or () if listener.protocol == "HTTPS"]
        if not all(any(covers(name, host) for name in names) for host in certificate.hosts):
            out.append(key)
    return list(dict.fromkeys(out))


def tell_uncertified(desk: Desk, hosts: Iterable[str]) -> None:
    """Says which hosts Kong serves over HTTPS with its self-made certificate (trap 23)."""
    if desk.choices.default_certificate is not None or not desk.model.certificates:
        return
    names = {name for certificate in desk.model.certificates for name in certificate.hosts}
    bare = sorted(host for host in set(hosts) if host and names.isdisjoint(covering(host)))
    if bare:
        shown = ", ".join(bare[:5]) + (f" and {len(bare) - 5} more" if len(bare) > 5 else "")
        desk.say_once(
            "bare",
            codes_listeners.NO_CERTIFICATE,
            f"{shown} {'have' if len(bare) > 1 else 'has'} routes and no certificate: Kong answers HTTPS there "
            "with a certificate of its own making, the Gateway does not.",
        )
