"""Which release of the APISIX ingress controller the objects are for (`--set apisix.controller=RELEASE`)."""

from __future__ import annotations

from kong2x.model.errors import UsageError
from kong2x.model.settings import Options, version_key

NEWEST = "2.2"
OLDEST = (2, 0)
"""The first release with PluginConfig, HTTPRoutePolicy, BackendTrafficPolicy, Consumer and GatewayProxy."""
HEALTH_CHECKS = (2, 1)
"""The first release whose BackendTrafficPolicy has health checks."""
STREAM_POLICIES = (2, 2)
"""The first release with L4RoutePolicy."""


def release(options: Options) -> tuple[int, ...]:
    """The chosen release; UsageError for one that has none of the profile's kinds."""
    stated = options.settings.get("apisix.controller") or NEWEST
    found = version_key(stated)
    if found < OLDEST:
        raise UsageError(
            f"--set apisix.controller={stated}: the implementation apisix needs PluginConfig and HTTPRoutePolicy, "
            "which the controller has from 2.0 on."
        )
    return found
