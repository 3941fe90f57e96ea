"""Which settings of a service are never seen by anybody."""

from __future__ import annotations

from kong2x.model.route import Feature, RouteModel, Service
from kong2x.model.source import mapping
from kong2x.resolve import service_codes as codes

_COUNTERS = ("http_failures", "tcp_failures", "timeouts")


def check_services(model: RouteModel) -> None:
    """Reports host headers that no route shows, and health checks whose counters are all off."""
    shown = {id(route.service) for route in model.routes if not route.preserve_host}
    reported = set()
    for service in model.services:
        where = service.provenance.get(Feature.HOST_HEADER, ())
        if where and id(service) not in shown and where[0] not in reported:
            reported.add(where[0])
            model.findings.append(
                codes.HOST_HEADER_HIDDEN.finding(
                    f"The backends never see the host header {service.upstream.host_header}: the routes to "
                    f"{service.name} pass the client's Host on.",
                    object=where[0].object,
                    path=where[0].path,
                )
            )
        where = service.provenance.get(Feature.HEALTH_CHECKS, ())
        if where and where[0] not in reported and counters_off(service):
            reported.add(where[0])
            model.findings.append(
                codes.HEALTH_COUNTERS.finding(
                    f"Kong probes the backends of {service.name} and never marks one: a counter of successes or "
                    "failures that is not written is off.",
                    object=where[0].object,
                    path=where[0].path[:2],
                )
            )


def counters_off(service: Service) -> bool:
    """Whether active probes are on without any counter that would change a target's state (trap 64)."""
    active = mapping(service.upstream.healthchecks.get("active"))
    healthy, unhealthy = mapping(active.get("healthy")), mapping(active.get("unhealthy"))
    probing = bool(healthy.get("interval")) or bool(unhealthy.get("interval"))
    counting = bool(healthy.get("successes")) or any(unhealthy.get(name) for name in _COUNTERS)
    return probing and not counting
