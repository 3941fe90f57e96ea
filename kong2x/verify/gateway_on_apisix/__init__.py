"""The router of Gateway API objects on APISIX: AIC's translation in front of APISIX's own router."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from typing import Any

from kong2x.model.settings import Options
from kong2x.verify.apisix import ApisixRouter
from kong2x.verify.gateway_on_apisix.rules import read_world
from kong2x.verify.gateway_on_apisix.world import World

__all__ = ["GatewayOnApisix", "World", "gateway_on_apisix"]


class GatewayOnApisix(ApisixRouter):
    """A `Router` that answers as APISIX does with what AIC makes of Gateway API objects.

    `failures` name the routes that stop the controller's translation, with the reason.

    >>> rule = {"matches": [{"path": {"type": "PathPrefix", "value": "/a"}}],
    ...         "backendRefs": [{"name": "web", "port": 80}]}
    >>> route = {"kind": "HTTPRoute", "metadata": {"name": "r", "namespace": "shop"},
    ...          "spec": {"parentRefs": [{"name": "gw"}], "rules": [rule]}}
    >>> from kong2x.model.traffic import Request
    >>> gateway_on_apisix([route]).answer(Request("GET", "shop.example", "/a/b")).service
    'shop/web:80'
    """

    def __init__(self, world: World) -> None:
        self.world = world
        entries, self.failures = read_world(world)
        super().__init__(entries)


def gateway_on_apisix(
    objects: Sequence[Mapping[str, Any]], options: Options | None = None
) -> GatewayOnApisix:
    """The router of HTTPRoutes and GRPCRoutes with the policies of AIC that are among the objects."""
    return GatewayOnApisix(World.of(objects))
