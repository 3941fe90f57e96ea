"""Which services make Kong refuse the whole configuration (kong-source.md 9.1)."""

from __future__ import annotations

from collections.abc import Iterator

from kong2x.model.finding import Code
from kong2x.model.route import Feature, RouteModel, Service
from kong2x.resolve import refusal_codes as codes

_PROTOCOLS = frozenset(("http", "https", "grpc", "grpcs", "tcp", "tls", "udp", "tls_passthrough"))
_STREAMS = frozenset(("tcp", "tls", "udp", "tls_passthrough"))
_TLS = frozenset(("https", "tls"))
_LONGEST = 2_147_483_646

Mistake = tuple[Code, str, Feature]


def refuse_services(model: RouteModel) -> None:
    """Adds a refusal for each mistake in the services."""
    for service in model.services:
        for code, text, feature in _mistakes(service, model.facts.edition == "enterprise"):
            fed = service.provenance.get(feature, ())
            model.refusals.append(
                code.finding(
                    f"Kong refuses the whole configuration: {text}.",
                    object=fed[-1].object if fed else None,
                    path=fed[-1].path if fed else (),
                    routes=tuple(route.name for route in model.routes if route.service is service),
                )
            )


def _mistakes(service: Service, enterprise: bool) -> Iterator[Mistake]:
    name, protocol = service.name, service.protocol
    if protocol not in _PROTOCOLS and not (enterprise and protocol in ("ws", "wss")):
        yield (
            codes.SERVICE_PROTOCOL,
            f"the service {name} has the protocol {protocol}, which this Kong does not know",
            Feature.SERVICE_PROTOCOL,
        )
    if protocol in _STREAMS and service.path is not None:
        yield (
            codes.SERVICE_PATH,
            f"the service {name} has the stream protocol {protocol} and the path {service.path}",
            Feature.SERVICE_PROTOCOL,
        )
    if protocol not in _TLS:
        yield from _tls_without_protocol(service)
    for what, value, feature in (
        ("connect", service.connect_timeout, Feature.CONNECT_TIMEOUT),
        ("read", service.read_timeout, Feature.READ_TIMEOUT),
        ("write", service.write_timeout, Feature.WRITE_TIMEOUT),
    ):
        if not 1 <= value <= _LONGEST:
            yield (
                codes.TIMEOUT_RANGE,
                f"the {what} timeout of the service {name} is {value} ms",
                feature,
            )
    if not 0 <= service.retries <= 32767:
        yield codes.RETRIES_RANGE, f"the service {name} has {service.retries} retries", Feature.RETRIES
    depth = service.tls_verify_depth
    if depth is not None and depth > 64:
        yield codes.DEPTH_RANGE, f"the service {name} verifies {depth} levels deep", Feature.TLS_VERIFY


def _tls_without_protocol(service: Service) -> Iterator[Mistake]:
    settings = (
        (service.tls_verify is not None or service.tls_verify_depth is not None, Feature.TLS_VERIFY),
        (bool(service.ca_certificates), Feature.TLS_VERIFY),
        (service.client_certificate is not None, Feature.CLIENT_CERTIFICATE),
    )
    for present, feature in settings:
        if present:
            yield (
                codes.SERVICE_TLS,
                f"the service {service.name} has TLS settings and the protocol {service.protocol}",
                feature,
            )
            return
