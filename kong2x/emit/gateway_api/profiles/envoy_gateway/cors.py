"""CORS in a SecurityPolicy, for releases of the Gateway API without a CORS filter."""

from __future__ import annotations

import re
from typing import Any

from kong2x.emit.gateway_api.backends import duration
from kong2x.emit.gateway_api.desk import Desk
from kong2x.emit.gateway_api.profiles.envoy_gateway import codes
from kong2x.emit.gateway_api.profiles.envoy_gateway.carried import Carried
from kong2x.model.plugin import MappedPlugin, PluginUse

_ORIGIN = re.compile(r"https?://[a-z0-9]([a-z0-9.-]*[a-z0-9])?(:[0-9]{1,5})?")
_METHODS = ["GET", "HEAD", "PUT", "PATCH", "POST", "DELETE", "OPTIONS", "TRACE", "CONNECT"]


def cors(desk: Desk, use: PluginUse, before: MappedPlugin) -> MappedPlugin | str:
    """cors with full origins; no reason is given where the standard filter is at hand and has told its own."""
    config = use.config
    origins = [str(item) for item in config.get("origins") or ["*"]]
    credentials, headers = bool(config.get("credentials")), config.get("headers")
    if desk.schema.supports("CORS"):
        return ""
    if config.get("preflight_continue") or config.get("private_network"):
        return "preflight requests are always answered there, and not for private networks"
    if origins != ["*"] and not all(_ORIGIN.fullmatch(origin) for origin in origins):
        return "an origin is a scheme and a host there, and no expression"
    if credentials and (origins == ["*"] or not headers):
        return "with credentials a star in the answer counts for nothing, where Kong names what the request asks for"
    age = config.get("max_age")
    if age is not None and (not isinstance(age, int) or age < 0):
        return "max_age is no number of seconds"
    body: dict[str, Any] = {
        "allowOrigins": origins,
        "allowMethods": [str(item) for item in config.get("methods") or _METHODS],
        "allowHeaders": [str(item) for item in headers or ["*"]],
    }
    if config.get("exposed_headers"):
        body["exposeHeaders"] = [str(item) for item in config["exposed_headers"]]
    if credentials:
        body["allowCredentials"] = True
    if age is not None:
        body["maxAge"] = duration(age * 1000)
    plugin = Carried(use, before)
    plugin.tell(codes.CORS, "CORS answers come from a SecurityPolicy.", "allow_origin_absent")
    return plugin.done({"SecurityPolicy": {"cors": body}})
