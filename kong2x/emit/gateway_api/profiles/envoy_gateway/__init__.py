"""Envoy Gateway."""

from kong2x.emit.gateway_api.profiles import Profile


class EnvoyGatewayProfile(Profile):
    pass
