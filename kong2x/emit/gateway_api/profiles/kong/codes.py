"""What the Kong profile reports."""

from __future__ import annotations

from kong2x.model.finding import Code, Level, Protects

RAW_PREFIX = Code(
    "gateway-api/kong-raw-prefix",
    Level.APPROXIMATE,
    "A path without pathType becomes a prefix of whole segments.",
    "An HTTPRoute has no string prefix: /foo no longer answers /foobar.",
    "Use --set gateway-api.raw-prefix=regex.",
)
RAW_AS_PATTERN = Code(
    "gateway-api/kong-raw-pattern",
    Level.APPROXIMATE,
    "A path without pathType becomes a pattern.",
    "It answers the same paths, and Kong ranks patterns above prefixes.",
    "Check the longer prefixes of the same host.",
)
OBJECTS_STAY = Code(
    "gateway-api/kong-objects",
    Level.EXACT,
    "The Kong objects must stay.",
    "The routes refer to KongPlugins; KongConsumers, Secrets, policies and annotations of Services act on.",
    "Delete the Ingresses only.",
)
PLUGIN_GRANT = Code(
    "gateway-api/kong-plugin-grant",
    Level.APPROXIMATE,
    "A plugin of another namespace needs a grant.",
    "The ReferenceGrant must name HTTPRoute; without it the route is served without the plugin.",
    "Add the kind HTTPRoute to the ReferenceGrant.",
    Protects.ACCESS,
)
CODES: tuple[Code, ...] = tuple(value for value in list(globals().values()) if isinstance(value, Code))
