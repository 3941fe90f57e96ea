"""Which listeners a Gateway that is written gets, and in which object each of them stands."""

from __future__ import annotations

from collections.abc import Callable, Iterable
from dataclasses import dataclass, field
from typing import NamedTuple

from kong2x.emit.gateway_api import codes_listeners
from kong2x.emit.gateway_api.desk import Desk
from kong2x.emit.gateway_api.hosts import covering, covers, host_name, is_hostname
from kong2x.model.route import Certificate, Parent
from kong2x.model.source import ObjectRef

HTTP_SECTION = "http"
GatewayKey = tuple[str, str]


class Place(NamedTuple):
    """Where a listener stands: the Gateway itself or a ListenerSet."""

    kind: str
    namespace: str
    name: str
    section: str


@dataclass(slots=True)
class GatewayPlan:
    """The listeners of one written Gateway: Secrets by TLS host, and where each listener stands."""

    secrets: dict[str, ObjectRef] = field(default_factory=dict)
    places: dict[str, Place] = field(default_factory=dict)
    refused: list[str] = field(default_factory=list)

    def serving(self, host: str) -> list[Place]:
        """The HTTPS listeners that take requests for a host pattern; empty stands for any host."""
        if host and not host.startswith("*."):
            names = [name for name in covering(host) if name in self.places]
            if len(names) < 2:
                return [self.places[name] for name in names]
        return [
            place
            for name, place in self.places.items()
            if covers(name, host) or not host or covers(host, name)
        ]


def section_name(host: str) -> str:
    """The listener name for a TLS host; different hosts never share one (trap 16).

    >>> section_name("*.a.com") != section_name("a.com")
    True
    """
    return f"https-{host_name(host)}" if host else "https"


def plan_gateways(
    desk: Desk, bases: Callable[[ObjectRef], Iterable[Parent]], streams: dict[GatewayKey, int]
) -> dict[GatewayKey, GatewayPlan]:
    """The HTTPS listeners of each Gateway that is written: one a TLS host, with that host's Secret.

    `bases` tells the Gateways of a source object, `streams` how many TCP, UDP and TLS listeners a
    Gateway has besides.
    """
    plans: dict[GatewayKey, GatewayPlan] = {}
    for certificate in desk.model.certificates:
        if certificate.origin.kind == "Gateway":
            continue
        for base in bases(certificate.origin):
            plan = plans.setdefault((base.namespace, base.name), GatewayPlan())
            for host in _tls_hosts(certificate):
                plan.secrets.setdefault(host, certificate.secret)
    if desk.choices.default_certificate is not None:
        for plan in plans.values():
            plan.secrets.setdefault("", desk.choices.default_certificate)
    for (namespace, name), plan in plans.items():
        _place(desk, plan, namespace, name, streams.get((namespace, name), 0))
    return plans


def _tls_hosts(certificate: Certificate) -> list[str]:
    return [host for host in certificate.hosts if is_hostname(host)]


def _place(desk: Desk, plan: GatewayPlan, namespace: str, name: str, streams: int) -> None:
    """On the Gateway while there is room, else in ListenerSets beside the Secrets (4.19)."""
    limit = desk.schema.limit("listeners")
    room = limit - 1 - streams
    hosts = sorted(plan.secrets)
    if len(hosts) <= room:
        plan.places = {host: Place("Gateway", namespace, name, section_name(host)) for host in hosts}
        return
    if desk.schema.api_version("ListenerSet") is None:
        kept, plan.refused = hosts[:room], hosts[room:]
        plan.places = {host: Place("Gateway", namespace, name, section_name(host)) for host in kept}
        desk.say_once(
            f"{namespace}/{name}",
            codes_listeners.LISTENERS_LIMIT,
            f"{len(plan.refused)} hosts, from {plan.refused[0]} on, get no HTTPS listener: the Gateway "
            f"{namespace}/{name} has room for {limit}.",
        )
        return
    by_namespace: dict[str, list[str]] = {}
    for host in hosts:
        by_namespace.setdefault(plan.secrets[host].namespace or "default", []).append(host)
    for where, own in sorted(by_namespace.items()):
        for index in range(0, len(own), limit):
            title = f"{name}-tls-{index // limit:02d}"
            for host in own[index : index + limit]:
                plan.places[host] = Place("ListenerSet", where, title, section_name(host))
