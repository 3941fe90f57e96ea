"""Every code that the Gateway API emitter reports, of all its files and profiles."""

from __future__ import annotations

from kong2x.emit.gateway_api.codes_edge import EDGE_CODES
from kong2x.emit.gateway_api.codes_listeners import LISTENER_CODES
from kong2x.emit.gateway_api.codes_routes import ROUTE_CODES
from kong2x.emit.gateway_api.profiles.apisix.codes import CODES as APISIX_CODES
from kong2x.emit.gateway_api.profiles.envoy_gateway.codes import CODES as ENVOY_CODES
from kong2x.emit.gateway_api.profiles.kong.codes import CODES as KONG_CODES
from kong2x.model.finding import Code

CODES: tuple[Code, ...] = tuple(
    sorted(
        [*ROUTE_CODES, *EDGE_CODES, *LISTENER_CODES, *APISIX_CODES, *KONG_CODES, *ENVOY_CODES],
        key=lambda code: code.id,
    )
)
