"""Gateway API objects as the Kong Ingress Controller reads them (kong-source.md section 7).

* `listeners` — which listeners accept a route, with which hosts, protocols and ports
* `http`, `grpc`, `layer4` — the routes of each kind
* `matches`, `filters`, `backends` — the parts of a rule
* `certificates`, `tls_policy` — listener certificates, and TLS towards backends
* `booking` — the leaves that Kong does not read
"""

from __future__ import annotations

from kong2x.model.route import RouteModel
from kong2x.resolve.class_parameters import class_parameters
from kong2x.resolve.gateway.booking import book_gateway_objects
from kong2x.resolve.gateway.certificates import listener_certificates
from kong2x.resolve.gateway.context import Translation
from kong2x.resolve.gateway.grpc import grpc_routes
from kong2x.resolve.gateway.http import http_routes
from kong2x.resolve.gateway.layer4 import stream_routes
from kong2x.resolve.gateway.listeners import Gateways, foreign_findings
from kong2x.resolve.world import World


def resolve_gateway_routes(world: World, model: RouteModel) -> None:
    """Adds the routes, services and certificates of all Gateway API objects to the model."""
    on = Translation(world, model, Gateways(world), class_parameters(world))
    model.findings.extend(foreign_findings(on.gateways))
    http_routes(on)
    grpc_routes(on)
    stream_routes(on)
    listener_certificates(on)
    book_gateway_objects(on)
