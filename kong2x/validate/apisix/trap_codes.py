"""The catalogue of routes and upstreams that APISIX takes and that do something else than they say."""

from __future__ import annotations

from collections.abc import Mapping

from kong2x.model.finding import Code, Level, Severity

_ERROR = Severity.ERROR
_WARNING = Severity.WARNING
_LOST = Level.UNSUPPORTED

PATH_STAR = Code(
    "apisix/path-star",
    Level.APPROXIMATE,
    "A path goes on after a star.",
    "Everything after the star is ignored, or the star spans segments: more requests match than the text says.",
    "Put a star last only, the rest into a condition on Path.",
    severity=_WARNING,
)
PATH_META = Code(
    "apisix/path-metacharacters",
    _LOST,
    "A path that ends in /* holds characters with a meaning in regular expressions.",
    "APISIX builds an expression from it without escaping: the path never matches and requests get 404.",
    "Use the glued star (/c++*) with a condition, or an exact path.",
    severity=_ERROR,
)
PATH_ENCODED = Code(
    "apisix/path-encoded",
    _LOST,
    "A path holds an encoded character, // or dots.",
    "APISIX compares with the decoded, normalised path, so it never matches.",
    "Write the decoded path.",
    severity=_ERROR,
)
PATH_PARAMETER = Code(
    "apisix/path-parameter",
    Level.APPROXIMATE,
    "A path holds a segment such as :id.",
    "The default router takes it as plain text.",
    "Use /users/* with a condition on Path.",
    severity=_WARNING,
)
UNANCHORED = Code(
    "apisix/regex-unanchored",
    Level.APPROXIMATE,
    "A condition on the path has an expression that is not anchored at the start.",
    "APISIX searches anywhere in the path, so more requests match than one may expect.",
    "Begin the expression with ^.",
    severity=_WARNING,
)
HOST_NEVER = Code(
    "apisix/host-never-matches",
    _LOST,
    "A host pattern cannot match any request.",
    "APISIX compares with the host without port, and the controller before 2.2 keeps capitals.",
    "Write the host in lower case, without port.",
    severity=_ERROR,
)
VARS_DROPPED = Code(
    "apisix/policy-vars",
    _LOST,
    "A condition of an HTTPRoutePolicy holds a value that is no text.",
    "The controller drops the whole condition with a log line: the route is wider than it says.",
    "Put the value in quotes.",
    severity=_ERROR,
)
EXPR_NEVER = Code(
    "apisix/expressions-contradict",
    _LOST,
    "Two conditions ask one header or parameter for different values.",
    "All conditions must hold, so the rule never matches.",
    "Use one condition with operator In.",
    severity=_ERROR,
)
ROUTE_CLASH = Code(
    "apisix/route-clash",
    Level.APPROXIMATE,
    "Two rules have the same host, path and priority, and one request can fit both.",
    "Which of them answers is not defined.",
    "Give them different priorities.",
    severity=_WARNING,
)
ROUTE_TIMEOUT = Code(
    "apisix/route-timeout",
    Level.APPROXIMATE,
    "A timeout of a rule is below one second.",
    "The controller counts whole seconds and turns 0 into 60.",
    "Write 1s or more.",
    severity=_WARNING,
)
HEALTH_INTERVAL = Code(
    "apisix/health-interval",
    _LOST,
    "A health check has no interval of a second or more.",
    "The backend is left out of the rule; with no other one, requests get 503.",
    "Write interval: 1s or more under healthy and unhealthy.",
    severity=_ERROR,
)
HEALTH_TIMEOUT = Code(
    "apisix/health-timeout",
    Level.APPROXIMATE,
    "The timeout of a health check is below one second.",
    "The number counts nanoseconds here; a smaller value is dropped.",
    "Write 1000000000 for a second.",
    severity=_WARNING,
)
ZERO_LOST = Code(
    "apisix/zero-lost",
    Level.APPROXIMATE,
    "A zero or false is not sent on.",
    "The controller drops it and APISIX uses its own default.",
    "It cannot be expressed; plan with the default.",
    severity=_WARNING,
)
UPSTREAM_SHARED = Code(
    "apisix/upstream-shared",
    _LOST,
    "One ApisixUpstream is a second entry of several rules.",
    "All of them share one object in APISIX; the last writer wins, or the whole configuration is refused.",
    "Make one ApisixUpstream a rule, or name it first.",
    severity=_ERROR,
)
UPSTREAM_SCHEME = Code(
    "apisix/upstream-scheme",
    _LOST,
    "An ApisixUpstream without scheme belongs to a Service that speaks TLS.",
    "Its mere existence makes the scheme http, whatever appProtocol says.",
    "Write scheme: https.",
    severity=_ERROR,
)
PORT_SETTINGS = Code(
    "apisix/port-settings",
    Level.APPROXIMATE,
    "Settings for a port leave out what the upstream sets for all ports.",
    "They do not inherit: what is left out goes back to APISIX's default.",
    "Repeat every field in portLevelSettings.",
    severity=_WARNING,
)
HOST_OVERWRITTEN = Code(
    "apisix/host-overwritten",
    Level.APPROXIMATE,
    "A rule sets the host although its upstream decides it.",
    "passHost node and rewrite come later and win.",
    "Keep one of the two.",
    severity=_WARNING,
)
SUBSET_CLASH = Code(
    "apisix/subset-clash",
    _LOST,
    "One route uses two subsets of one Service.",
    "Both rules get the subset that is named last.",
    "Move one rule to another ApisixRoute.",
    severity=_ERROR,
)
GRANULARITY = Code(
    "apisix/granularity",
    _LOST,
    "A rule wants the cluster address of a Service that has none.",
    "The backend is dropped or resolves to nothing.",
    "Leave resolveGranularity out.",
    severity=_ERROR,
)
NO_SERVICE = Code(
    "apisix/service-missing",
    Level.APPROXIMATE,
    "A rule names a Service or port that is not among the objects.",
    "The route is accepted and answers 503.",
    "Correct name and port, or apply the Service too.",
    severity=_WARNING,
)
SPLIT_WEIGHTS = Code(
    "apisix/weights-overridden",
    _LOST,
    "A rule has weights and a traffic-split plugin of its own.",
    "The plugin replaces the split that the controller makes from the weights.",
    "Keep one of the two.",
    severity=_ERROR,
)

TRAPS: Mapping[str, tuple[Code, ...]] = {
    "T1": (PATH_STAR,),
    "T2": (PATH_META,),
    "T8": (PATH_ENCODED,),
    "T9": (PATH_PARAMETER,),
    "T12": (UNANCHORED,),
    "T14": (HOST_NEVER,),
    "T17": (VARS_DROPPED,),
    "T19": (EXPR_NEVER,),
    "T6": (ROUTE_CLASH,),
    "T7": (ROUTE_CLASH,),
    "T25": (ROUTE_TIMEOUT,),
    "T26": (
        HEALTH_INTERVAL,
        HEALTH_TIMEOUT,
    ),
    "T27": (ZERO_LOST,),
    "T41": (UPSTREAM_SHARED,),
    "T42": (UPSTREAM_SCHEME,),
    "T43": (PORT_SETTINGS,),
    "T45": (HOST_OVERWRITTEN,),
    "T46": (SUBSET_CLASH,),
    "T47": (GRANULARITY,),
    "T48": (NO_SERVICE,),
    "T52": (SPLIT_WEIGHTS,),
}
"""The traps by the short names under which tests list them."""

CODES: tuple[Code, ...] = tuple({code.id: code for group in TRAPS.values() for code in group}.values())
