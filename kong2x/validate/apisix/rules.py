"""Which rules of the APISIX controller look at which kind."""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from typing import Any

from kong2x.validate.apisix import bodies, platform, routes, upstreams
from kong2x.validate.apisix.across import across
from kong2x.validate.apisix.plugins import PluginSchemas
from kong2x.validate.explain import Problem
from kong2x.validate.kinds import KindSchema

__all__ = ["across", "check_object"]


def check_object(
    obj: Mapping[str, Any], schema: KindSchema, plugins: PluginSchemas, *, broken: bool = False
) -> Iterator[Problem]:
    """Every rule about one object of group apisix.apache.org.

    A `broken` object does not fit its CRD: only its plugin bodies are looked at then.
    """
    kind = schema.file.kind
    release = schema.release_key
    if not broken:
        yield from platform.labels(obj, kind)
        yield from _rules(obj, kind, release)
    yield from bodies.check(obj, kind, plugins)


def _rules(obj: Mapping[str, Any], kind: str, release: tuple[int, ...]) -> Iterator[Problem]:
    if kind == "ApisixRoute":
        yield from routes.check(obj, release)
    elif kind == "ApisixUpstream":
        yield from upstreams.check_upstream(obj)
    elif kind == "BackendTrafficPolicy":
        yield from upstreams.check_policy(obj)
    elif kind in ("ApisixConsumer", "Consumer"):
        yield from platform.consumer(obj, kind, release)
    elif kind == "ApisixTls":
        yield from platform.tls(obj)
    elif kind == "GatewayProxy":
        yield from platform.gateway_proxy(obj)
    elif kind == "HTTPRoutePolicy":
        yield from platform.route_policy(obj)
    elif kind == "L4RoutePolicy":
        yield from platform.stream_policy(obj)
