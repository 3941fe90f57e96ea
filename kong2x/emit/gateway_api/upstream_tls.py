"""Whether the Gateway can call a backend over TLS as Kong does, and the BackendTLSPolicy for it (4.15)."""

from __future__ import annotations

from collections.abc import Iterable
from typing import Any

from kong2x.emit.gateway_api import codes_edge
from kong2x.emit.gateway_api.desk import Desk
from kong2x.emit.gateway_api.hosts import is_precise
from kong2x.emit.gateway_api.versions import available
from kong2x.model.finding import Level
from kong2x.model.route import Backend, Feature, Route, Service
from kong2x.model.source import ObjectRef, items, mapping, text
from kong2x.model.target import Manifest

TLS = ("https", "grpcs", "tls", "wss")


def refused_tls(desk: Desk, route: Route) -> str:
    """Why the route must refuse its requests because of upstream TLS, empty when it may serve.

    Without a policy a Gateway would speak plain HTTP to a TLS port; with one it checks the certificate.
    """
    service = route.service
    if service.protocol not in TLS or desk.profile.carries_upstream_tls:
        return ""
    if service.client_certificate is not None:
        desk.say(
            codes_edge.CLIENT_CERTIFICATE,
            f"The Gateway shows the backend no client certificate ({service.client_certificate.name}).",
            route=route,
            feature=Feature.CLIENT_CERTIFICATE,
        )
    if not service.tls_verify and desk.profile.unverified_tls(desk, route):
        return ""
    if not service.tls_verify and desk.choices.text("upstream-tls") == "refuse":
        desk.say(
            codes_edge.TLS_UNVERIFIED,
            "The route refuses its requests: Kong calls the backend over TLS without checking its "
            "certificate, and the Gateway API cannot say that.",
            route=route,
            feature=Feature.SERVICE_PROTOCOL,
        )
        return "its backend is called over unverified TLS"
    if desk.schema.api_version("BackendTLSPolicy") is None:
        desk.say(
            codes_edge.TLS_VERSION,
            f"The route refuses its requests: {desk.schema.label} cannot call a backend over TLS; "
            f"{available('BackendTLSPolicy')} can.",
            route=route,
            feature=Feature.SERVICE_PROTOCOL,
        )
        return "its backend is called over TLS"
    if len(server_names(desk, service)) != 1:
        desk.say(
            codes_edge.TLS_NAME,
            "The route refuses its requests: Kong checks the backend's certificate against the Host of "
            "each request, and a BackendTLSPolicy has one fixed name.",
            route=route,
            feature=Feature.TLS_VERIFY,
        )
        return "the name in its backend's certificate is not known"
    return ""


def server_names(desk: Desk, service: Service) -> tuple[str, ...]:
    """The names that Kong uses towards the backend over TLS: the upstream Host of every route (4.15)."""
    names: dict[str, None] = {}
    for route in desk.routes_of(service):
        if not route.preserve_host and service.upstream.host_header:
            names[service.upstream.host_header.partition(":")[0].lower()] = None
        elif route.preserve_host:
            names.update(dict.fromkeys(route.hosts or ("",)))
        else:
            names[""] = None
    return tuple(name if is_precise(name) else "" for name in names)


def tls_policies(desk: Desk, services: Iterable[Service]) -> list[Manifest]:
    """One BackendTLSPolicy for each Service port that is called over TLS by a served route."""
    version = desk.schema.api_version("BackendTLSPolicy")
    if version is None or desk.profile.carries_upstream_tls:
        return []
    found: dict[tuple[str, str, str], Manifest] = {}
    for service in services:
        wanted = service.protocol in TLS and (
            service.tls_verify or desk.choices.text("upstream-tls") == "verify"
        )
        names = server_names(desk, service) if wanted else ()
        if len(names) != 1 or not names[0]:
            continue
        for backend in service.backends:
            section = port_name(desk, backend)
            key = (backend.namespace, backend.name, section)
            if key not in found:
                found[key] = _policy(desk, service, backend, section, names[0], version)
    return [found[key] for key in sorted(found)]


def port_name(desk: Desk, backend: Backend) -> str:
    """The name of the Service port, empty when the Service has one port or is not in the input."""
    obj = desk.model.objects.get(ObjectRef("", "Service", backend.namespace, backend.name))
    ports = [mapping(p) for p in items(mapping(obj.value.get("spec")).get("ports"))] if obj else []
    if len(ports) < 2:
        return ""
    return next((text(p.get("name")) for p in ports if p.get("port") == backend.number), "")


def _policy(
    desk: Desk, service: Service, backend: Backend, section: str, name: str, version: str
) -> Manifest:
    target: dict[str, Any] = {"group": "", "kind": "Service", "name": backend.name}
    if section:
        target["sectionName"] = section
    validation: dict[str, Any] = {}
    references = [{"group": "", "kind": ref.kind, "name": ref.name} for ref in service.ca_certificates][
        : desk.schema.limit("ca-references")
    ]
    if references:
        validation["caCertificateRefs"] = references
        _tell_authorities(desk, service)
    else:
        validation["wellKnownCACertificates"] = "System"
        desk.say(
            codes_edge.TLS_SYSTEM_CA,
            f"The certificate of {backend.address} is checked against the authorities that the Gateway trusts.",
            service=service,
            feature=Feature.TLS_VERIFY,
        )
    validation["hostname"] = name
    title = "-".join(part for part in (backend.name, section, "tls") if part)
    meta = {"name": title, "namespace": backend.namespace or "default"}
    return Manifest(
        {
            "apiVersion": version,
            "kind": "BackendTLSPolicy",
            "metadata": meta,
            "spec": {"targetRefs": [target], "validation": validation},
        },
        (ObjectRef("", "Service", backend.namespace, backend.name),),
    )


def _tell_authorities(desk: Desk, service: Service) -> None:
    """Kong reads the key `cert` as well; the standard reads `ca.crt` of a ConfigMap."""
    for ref in service.ca_certificates:
        if ref.kind == "Secret":
            desk.say(
                codes_edge.TLS_CA_SECRET,
                f"The authority {ref.namespace}/{ref.name} is a Secret, which not every Gateway reads.",
                service=service,
                feature=Feature.TLS_VERIFY,
            )
            continue
        obj = desk.model.objects.get(ref)
        if obj is not None and "ca.crt" not in mapping(obj.value.get("data")):
            desk.say(
                codes_edge.TLS_CA_KEY,
                f"The ConfigMap {ref.namespace}/{ref.name} has no key ca.crt, which a BackendTLSPolicy reads.",
                service=service,
                feature=Feature.TLS_VERIFY,
                level=Level.APPROXIMATE,
            )
