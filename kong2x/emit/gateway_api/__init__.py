"""The Gateway API as a target: HTTPRoutes that any implementation serves, or one that is named.

* `choices`, `versions`, `profiles` — what was asked for, what the release has, what the implementation has
* `rules` — one Kong route as rules; with `matches`, `paths`, `hosts`, `upstream_path`, `filters`, `plugins`,
  `backends`, `upstream_tls`, `protocols` for its parts
* `precedence` — additional rules, so that Kong's winner wins here too
* `parents`, `pack` — which listeners a rule attaches to, which object holds it
* `grants`, `settle` — what the objects need besides, and how each source setting ended
"""

from kong2x.emit.gateway_api.emitter import EMITTER, GatewayApiEmitter

__all__ = ["EMITTER", "GatewayApiEmitter"]
