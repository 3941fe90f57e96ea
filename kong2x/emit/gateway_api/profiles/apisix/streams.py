"""L4RoutePolicies: the plugins of stream routes."""

from __future__ import annotations

from typing import Any

from kong2x.emit.gateway_api.desk import Desk
from kong2x.emit.gateway_api.plugins import best_mapping
from kong2x.emit.gateway_api.profiles.apisix import codes_differences
from kong2x.emit.gateway_api.profiles.apisix.release import STREAM_POLICIES, release
from kong2x.model.finding import Protects
from kong2x.model.route import Feature, StreamRoute

STREAM_PLUGINS = ("ip-restriction", "limit-conn", "prometheus", "syslog")
"""Plugins of the vocabulary that also run on streams."""


def stream_plugins(desk: Desk, route: StreamRoute) -> dict[str, Any] | None:
    """The plugins of a stream route by name, None where one of them cannot be carried."""
    if release(desk.options) < STREAM_POLICIES:
        desk.say(
            codes_differences.RELEASE,
            "The plugins of the stream route do not act: the controller has L4RoutePolicy from 2.2 on.",
            route=route,
            feature=Feature.PLUGINS,
        )
        return None
    found: dict[str, Any] = {}
    carried = []
    for use in route.plugins:
        mapped = best_mapping(desk, use, None)
        names = set(mapped.fragments)
        fits = mapped.vocabulary == "apisix" and names and names <= set(STREAM_PLUGINS)
        if not fits or mapped.lost is not Protects.NOTHING or mapped.secrets or names & set(found):
            return None
        found.update(mapped.fragments)
        carried.append(mapped)
    for mapped in carried:
        desk.take_plugin(mapped, route.name)
    return found


def stream_policy(kind: str, namespace: str, name: str, plugins: dict[str, Any]) -> dict[str, Any]:
    """The policy for one TCPRoute, UDPRoute or TLSRoute."""
    target = {"group": "gateway.networking.k8s.io", "kind": kind, "name": name}
    return {
        "apiVersion": "apisix.apache.org/v1alpha1",
        "kind": "L4RoutePolicy",
        "metadata": {"name": name, "namespace": namespace},
        "spec": {
            "targetRefs": [target],
            "plugins": [{"name": plugin, "config": dict(plugins[plugin])} for plugin in sorted(plugins)],
        },
    }
