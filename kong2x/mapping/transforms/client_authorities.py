"""Where the check of client certificates can move to the host's TLS listener without letting anybody else in or out."""

from __future__ import annotations

import base64
import binascii
from collections.abc import Iterable, Mapping
from typing import Any

from kong2x.mapping.claim import Claim, Note, transform
from kong2x.mapping.transforms.openid_upstream import made_up
from kong2x.model.finding import Level
from kong2x.model.plugin import PluginUse
from kong2x.model.route import Certificate, Route, RouteModel
from kong2x.model.source import SourceObject, mapping

CA_LABEL = "konghq.com/ca-cert"
CERTIFICATE_HEADERS = ["X-Client-Cert-Dn", "X-Client-Cert-San"]
"""Kong sets them from the certificate when it looks for no consumer."""

LOOKUP = Note(
    "consumers",
    Level.UNSUPPORTED,
    "Everybody with a certificate of the authority could call, because the target finds no consumer by a certificate, "
    "and Kong lets in those only who have one. Set skip_consumer_lookup where every certificate of the authority may "
    "call, and leave anonymous and default_consumer out.",
)
REVOCATION = Note(
    "revocation",
    Level.UNSUPPORTED,
    "Callers with a revoked certificate could call, because the target asks nobody whether a certificate was revoked. "
    "Set revocation_check_mode to SKIP where short-lived certificates make that good.",
)
CHAIN = Note(
    "certificate-rules",
    Level.UNSUPPORTED,
    "Other certificates could call, because the target checks them against one authority and looks neither at names "
    "inside of them nor at part of a chain. Name one authority, and do without these settings.",
)
AUTHORITY = Note(
    "authority",
    Level.UNSUPPORTED,
    "Callers could not be checked, because no Secret of the input is the authority that ca_certificates names. Read "
    "the Secret with the label konghq.com/ca-cert too (--also-read).",
)
LISTENER = Note(
    "listener",
    Level.UNSUPPORTED,
    "Callers could not be checked on this route alone, because APISIX checks certificates for all routes of a host "
    "name (ApisixTls): all of them must demand the same authority's certificates, over HTTPS only, and the host must "
    "have a certificate of its own. Give the protected routes a host of their own, and konghq.com/protocols https.",
)


@transform(LOOKUP, REVOCATION, CHAIN, AUTHORITY, LISTENER)
def listener(claim: Claim) -> dict[str, Any] | None:
    """The authority for the ApisixTls of the route's hosts, and headers that callers must not make up."""
    for path in claim.fields:
        claim[path]
    model, route = claim.context.model, claim.context.route
    if not claim["skip_consumer_lookup"] or claim["anonymous"] or claim["default_consumer"]:
        claim.abandon(LOOKUP, "skip_consumer_lookup")
    elif claim["revocation_check_mode"] != "SKIP":
        claim.abandon(REVOCATION, "revocation_check_mode")
    elif len(claim["ca_certificates"]) != 1 or claim["allow_partial_chain"] or claim["san_dirname_matcher"]:
        claim.abandon(CHAIN, "ca_certificates")
    elif model is None or route is None or not _alone(route, model, _use(route, claim)):
        claim.abandon(LISTENER)
    else:
        secret = authority(model.objects.values(), claim["ca_certificates"][0])
        if secret is None:
            claim.abandon(AUTHORITY)
            return None
        place = {"name": secret.ref.name, "namespace": secret.ref.namespace or "default"}
        removed = [*made_up(claim), *CERTIFICATE_HEADERS]
        return {"rule/client_ca": place, "proxy-rewrite/headers.remove": removed}
    return None


def authority(objects: Iterable[SourceObject], wanted: str) -> SourceObject | None:
    """The Secret of the input that holds the authority with that id; None when there is none, or more than one."""
    found = [obj for obj in objects if obj.kind == "Secret" and _id(obj) == wanted]
    return found[0] if len(found) == 1 else None


def _id(secret: SourceObject) -> str:
    labels = mapping(mapping(secret.value.get("metadata")).get("labels"))
    text, data = mapping(secret.value.get("stringData")), mapping(secret.value.get("data"))
    if labels.get(CA_LABEL) != "true" or not (text.get("cert") or data.get("cert")):
        return ""
    if "id" in text:
        return str(text["id"])
    try:
        return base64.b64decode(str(data.get("id", "")), validate=True).decode().strip()
    except (binascii.Error, UnicodeDecodeError):
        return ""


def _use(route: Route, claim: Claim) -> PluginUse | None:
    return next((use for use in route.plugins if use.plugin == claim.plugin), None)


def _alone(route: Route, model: RouteModel, use: PluginUse | None) -> bool:
    """Whether every request that may meet the hosts' certificates is checked in the same way in Kong."""
    certificates = [_certificate(host, model) for host in route.hosts]
    if use is None or not certificates or None in certificates:
        return False
    hosts = {host.lower() for found in certificates if found is not None for host in found.hosts}
    if any("*" in host for host in hosts):
        return False
    return all(_checked(other, use.config) for other in model.routes if _meets(other, hosts))


def _certificate(host: str, model: RouteModel) -> Certificate | None:
    return next((one for one in model.certificates if host in one.hosts), None)


def _meets(route: Route, hosts: set[str]) -> bool:
    """Whether a route may answer one of the hosts; wildcards are taken to meet them all."""
    return not route.hosts or any("*" in host or host.lower() in hosts for host in route.hosts)


def _checked(route: Route, config: Mapping[str, Any]) -> bool:
    return route.https_only and any(u.plugin == "mtls-auth" and u.config == config for u in route.plugins)
