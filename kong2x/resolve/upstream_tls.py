"""How Kong opens TLS towards a service: client certificate, verification and trust (kong-source.md 2.3)."""

from __future__ import annotations

from kong2x.model.route import Feature
from kong2x.model.source import ObjectRef, mapping
from kong2x.resolve import service_codes as codes
from kong2x.resolve.annotations import PREFIX, comma_list, integer
from kong2x.resolve.service_options import TLS, ServiceNotes, wanted_boolean

_CA_KEYS = (("ca-certificates-secrets", "Secret"), ("ca-certificates-configmaps", "ConfigMap"))


def apply_upstream_tls(on: ServiceNotes) -> None:
    """Applies the annotations; what KIC does not apply is reported."""
    verify = wanted_boolean(on, "tls-verify")
    if verify is not None:
        on.service.tls_verify = verify
        on.used("tls-verify", Feature.TLS_VERIFY)
    depth = on.value("tls-verify-depth")
    if depth is not None:
        number = integer(depth)
        if number is None or number < 0:
            on.invalid("tls-verify-depth", "a whole number of at least 0")
        else:
            on.service.tls_verify_depth = number
            on.used("tls-verify-depth", Feature.TLS_VERIFY)
    _client_certificate(on)
    for name, kind in _CA_KEYS:
        _authorities(on, name, kind, verify)


def _requested_protocol(on: ServiceNotes) -> str:
    """KIC looks at the annotation here, not at the protocol in effect."""
    return on.value("protocol") or "http"


def _client_certificate(on: ServiceNotes) -> None:
    name = on.value("client-cert")
    if not name:
        if name == "":
            on.ignored(PREFIX + "client-cert", codes.NO_EFFECT, f"{PREFIX}client-cert names no Secret.")
        return
    protocol = _requested_protocol(on)
    if protocol not in TLS and protocol != "grpcs":
        on.ignored(
            PREFIX + "client-cert",
            codes.CLIENT_CERT_DROPPED,
            f"Kong shows no client certificate to {on.service.name}: its protocol is {protocol}, not https or tls.",
        )
        return
    namespace = on.service.namespace
    if on.world.get("Secret", namespace, name) is None:
        _not_given(on, "client-cert", "Secret", name)
    on.service.client_certificate = ObjectRef("", "Secret", namespace, name)
    on.used("client-cert", Feature.CLIENT_CERTIFICATE)


def _authorities(on: ServiceNotes, annotation: str, kind: str, verify: bool | None) -> None:
    value = on.value(annotation)
    if value is None:
        return
    key = PREFIX + annotation
    protocol = _requested_protocol(on)
    if not verify:
        why = f"{PREFIX}tls-verify is not on"
    elif protocol not in TLS and protocol != "grpcs":
        why = f"its protocol is {protocol}, not https or tls"
    else:
        why = ""
    if why:
        on.ignored(key, codes.CA_DROPPED, f"Kong uses no CA certificate for {on.service.name}: {why}.")
        return
    for name in comma_list(value):
        found = on.world.get(kind, on.service.namespace, name)
        if found is None:
            _not_given(on, annotation, kind, name)
        elif "id" not in {**mapping(found.value.get("data")), **mapping(found.value.get("stringData"))}:
            on.model.findings.append(
                codes.CA_DROPPED.finding(
                    f"Kong does not use the CA certificate of the {kind} {name}: it has no key id.",
                    object=found.ref,
                )
            )
            continue
        ref = ObjectRef("", kind, on.service.namespace, name)
        on.service.ca_certificates = (*on.service.ca_certificates, ref)
    on.used(annotation, Feature.TLS_VERIFY)


def _not_given(on: ServiceNotes, annotation: str, kind: str, name: str) -> None:
    leaf = on.notes[PREFIX + annotation].leaves[0]
    on.model.findings.append(
        codes.SECRET_NOT_GIVEN.finding(
            f"The {kind} {on.service.namespace}/{name} is not in the input: kong2x assumes that it exists; "
            f"where it does not, Kong goes on without it.",
            object=leaf.object,
            path=leaf.path,
        )
    )
