"""Whether TLS policies, TLS and gRPC routes and experimental settings are consistent (G, T, X, E)."""

from __future__ import annotations

import ipaddress
import re
from collections.abc import Iterator, Mapping
from typing import Any

from kong2x.model.source import Path, items, mapping
from kong2x.validate.explain import Problem
from kong2x.validate.gateway import codes
from kong2x.validate.gateway.edition import Edition, each, milliseconds

_DNS = re.compile(r"[a-z0-9]([-a-z0-9]*[a-z0-9])?(\.[a-z0-9]([-a-z0-9]*[a-z0-9])?)*")
_LABEL = re.compile(r"[a-z0-9]([-a-z0-9]{0,61}[a-z0-9])?")


def is_address(text: Any) -> bool:
    """Whether a text is an IPv4 or IPv6 address."""
    try:
        ipaddress.ip_address(str(text))
    except ValueError:
        return False
    return True


def tls_route(spec: Mapping[str, Any], edition: Edition) -> Iterator[Problem]:
    """T1, for TLSRoute v1 and v1alpha3 from 1.5 on."""
    if edition.version == "v1alpha2" or not edition.since(1, 5):
        return
    for position, host in enumerate(items(spec.get("hostnames"))):
        here: Path = ("spec", "hostnames", position)
        if is_address(host):
            yield Problem(codes.TLS_HOST, here, f"The host {host} is an IP address.")
        elif not _DNS.fullmatch(str(host).removeprefix("*.")):
            yield Problem(codes.TLS_HOST, here, f"The host {host} is no DNS name.")


def backend_tls(spec: Mapping[str, Any], edition: Edition) -> Iterator[Problem]:
    """X1 and X2 for BackendTLSPolicy."""
    if edition.version == "v1alpha2":
        tls = mapping(spec.get("tls"))
        yield from _authorities(tls, ("spec", "tls"), "caCertRefs", "wellKnownCACerts")
        return
    yield from validation(mapping(spec.get("validation")), ("spec", "validation"))
    if not edition.since(1, 3):
        return
    named: dict[Any, bool] = {}
    seen: set[Any] = set()
    for path, ref in each(spec.get("targetRefs"), ("spec", "targetRefs")):
        target = (ref.get("group"), ref.get("kind"), ref.get("name"))
        section = ref.get("sectionName") or None
        if (
            named.setdefault(target, section is not None) != (section is not None)
            or (target, section) in seen
        ):
            yield Problem(codes.TARGET_SECTION, path, f"Two targets are {target[1]} {target[2]}.")
        seen.add((target, section))


def _authorities(block: Mapping[str, Any], path: Path, refs: str, known: str) -> Iterator[Problem]:
    own, system = bool(items(block.get(refs))), bool(block.get(known))
    if own == system:
        words = f"both {refs} and {known}" if own else f"neither {refs} nor {known}"
        yield Problem(codes.CA_CHOICE, path, f"There is {words}.")


def validation(block: Mapping[str, Any], path: Path) -> Iterator[Problem]:
    """X1 and X2 for one `validation` block."""
    yield from _authorities(block, path, "caCertificateRefs", "wellKnownCACertificates")
    for here, name in each(block.get("subjectAltNames"), (*path, "subjectAltNames")):
        for kind, field in (("Hostname", "hostname"), ("URI", "uri")):
            if (name.get("type") == kind) != bool(name.get(field)):
                words = f"no {field}" if name.get("type") == kind else f"a {field}"
                yield Problem(codes.SAN_FIELD, here, f"The name has type {name.get('type')} and {words}.")


def session(block: Any, path: Path, edition: Edition) -> Iterator[Problem]:
    """E1 for session persistence; None where there is none."""
    if not isinstance(block, Mapping):
        return
    cookie = block.get("cookieConfig")
    if cookie is None and not edition.since(1, 2):
        # The rule of 1.1 reads into the missing block, which the API server counts as a refusal.
        yield Problem(codes.SESSION, path, "Session persistence has no cookieConfig, which 1.1 needs.")
    if mapping(cookie).get("lifetimeType") == "Permanent" and "absoluteTimeout" not in block:
        yield Problem(codes.SESSION, path, "The cookie is permanent and there is no absoluteTimeout.")
    if cookie is not None and block.get("type", "Cookie") != "Cookie" and edition.since(1, 5):
        yield Problem(codes.SESSION, path, f"The type is {block['type']} and there is a cookieConfig.")


def retry_budget(spec: Mapping[str, Any]) -> Iterator[Problem]:
    """E1 for the retry constraint of an XBackendTrafficPolicy."""
    constraint = mapping(spec.get("retryConstraint"))
    for block, least in (("budget", 1000), ("minRetryRate", 1)):
        interval = mapping(constraint.get(block)).get("interval")
        if isinstance(interval, str) and not least <= milliseconds(interval) <= 3_600_000:
            where = ("spec", "retryConstraint", block, "interval")
            yield Problem(codes.RETRY_INTERVAL, where, f"The interval {interval} is out of range.")


def x_backend(spec: Mapping[str, Any]) -> Iterator[Problem]:
    """E1 for an XBackend."""
    outside = mapping(spec.get("externalHostname"))
    if (spec.get("type") == "ExternalHostname") != ("externalHostname" in spec):
        yield Problem(codes.X_BACKEND, ("spec",), "type and externalHostname do not agree.")
    if str(outside.get("hostname", "")).endswith(".cluster.local"):
        where: Path = ("spec", "externalHostname", "hostname")
        yield Problem(codes.X_BACKEND, where, f"{outside['hostname']} is a name of the cluster itself.")
    name = mapping(spec.get("port")).get("name")
    if name and not _LABEL.fullmatch(str(name)):
        yield Problem(codes.X_BACKEND, ("spec", "port", "name"), f"{name} is no DNS label.")
    tls = spec.get("tls")
    if isinstance(tls, Mapping):
        if (tls.get("mode") == "ClientAndServer") != ("clientCertificateRef" in tls):
            yield Problem(codes.X_BACKEND, ("spec", "tls"), "mode and clientCertificateRef do not agree.")
        if "validation" in tls:
            yield from validation(mapping(tls["validation"]), ("spec", "tls", "validation"))
