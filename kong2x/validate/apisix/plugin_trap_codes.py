"""The catalogue of plugins, consumers, TLS and platform objects that APISIX takes and that do something else."""

from __future__ import annotations

from collections.abc import Mapping

from kong2x.model.finding import Code, Level, Severity

_ERROR = Severity.ERROR
_WARNING = Severity.WARNING
_LOST = Level.UNSUPPORTED

PLUGIN_TWICE = Code(
    "apisix/plugin-twice",
    _LOST,
    "A plugin stands twice in one list.",
    "The last one wins as a whole; nothing is merged.",
    "Merge them into one.",
    severity=_ERROR,
)
STILL_ON = Code(
    "apisix/plugin-still-on",
    _LOST,
    "A rule switches a plugin off that its plugin configuration switches on.",
    "The entry is skipped and the plugin stays active.",
    "Write an enabled entry with _meta.disable: true, or use another ApisixPluginConfig.",
    severity=_ERROR,
)
SECRET_NOT_MERGED = Code(
    "apisix/secret-not-merged",
    _LOST,
    "A plugin configuration of another namespace takes values from a Secret.",
    "The values are not merged although the route is accepted.",
    "Copy the plugin configuration into the namespace of the route.",
    severity=_ERROR,
)
AUTH_TYPE = Code(
    "apisix/auth-type",
    _LOST,
    "A rule has an authentication type that the controller does not know.",
    "It silently becomes basic authentication.",
    "Write keyAuth, basicAuth, jwtAuth, wolfRBAC, hmacAuth or ldapAuth.",
    severity=_ERROR,
)
TEMPLATE = Code(
    "apisix/rewrite-template",
    _LOST,
    "A target path refers to a captured group that is not there.",
    "proxy-rewrite.uri knows no groups, and regex_uri those of its own expression only; the reference is empty.",
    "Use regex_uri, with the group in its expression.",
    severity=_ERROR,
)
REWRITE_ANCHOR = Code(
    "apisix/rewrite-unanchored",
    Level.APPROXIMATE,
    "The expression of a rewrite is not anchored at the start.",
    "Only the part that matches is replaced, wherever it stands.",
    "Begin the expression with ^.",
    severity=_WARNING,
)
GLOBAL_AND_ROUTE = Code(
    "apisix/plugin-global-and-route",
    Level.APPROXIMATE,
    "A plugin runs globally and on a route.",
    "APISIX runs both; a route does not replace a global rule.",
    "Keep one of them, or filter the global one.",
    severity=_WARNING,
)
GLOBAL_TWICE = Code(
    "apisix/plugin-global-twice",
    _LOST,
    "A plugin is configured globally in two places.",
    "Only one of them acts, and which one is random.",
    "Merge them into one ApisixGlobalRule.",
    severity=_ERROR,
)
IDENTITY = Code(
    "apisix/consumer-identity",
    _LOST,
    "A plugin names a consumer without its namespace.",
    "APISIX knows consumers as namespace_name, so nobody has that name.",
    "Write namespace_name.",
    severity=_ERROR,
)
AUTH_BOTH = Code(
    "apisix/authentication-and",
    Level.APPROXIMATE,
    "A rule has two authentication plugins.",
    "Both must succeed; Kong's alternative logins become a conjunction.",
    "Use multi-auth for alternatives.",
    severity=_WARNING,
)
AUTH_IGNORED = Code(
    "apisix/auth-block-ignored",
    _LOST,
    "A consumer has several authentication blocks.",
    "Only the first is used: keyAuth, basicAuth, jwtAuth, wolfRBAC, hmacAuth, ldapAuth.",
    "Put the others under plugins, or make more consumers.",
    severity=_ERROR,
)
PROXY_PLUGIN_OFF = Code(
    "apisix/proxy-plugin-off",
    Level.APPROXIMATE,
    "A plugin of a GatewayProxy is not enabled.",
    "The key is enabled there and its default is false.",
    "Write enabled: true, or remove the entry.",
    severity=_WARNING,
)
LIMIT_PER_ROUTE = Code(
    "apisix/limit-per-route",
    Level.EXACT,
    "A limit without group is shared by several rules.",
    "Each rule counts on its own, so a client may send more than the limit in total.",
    "Write the same group in the shared configuration if one limit for all of them is meant.",
    severity=Severity.INFO,
)
LIMIT_GROUP = Code(
    "schema/apisix/limit-group",
    _LOST,
    "Two limits of one group have different settings.",
    "APISIX refuses the second one (group conf mismatched), in standalone mode all other objects too.",
    "Write the same configuration wherever the group is named, or another group.",
    severity=_ERROR,
)
CONSUMER_GROUP = Code(
    "apisix/consumer-group",
    _LOST,
    "A list of consumer groups decides who may call.",
    "The APISIX ingress controller makes no consumer groups: an allow list refuses everybody, a deny list nobody.",
    "Give consumers labels and use acl, or list consumers by name.",
    severity=_ERROR,
)
REDIRECT_LOOP = Code(
    "apisix/redirect-loop",
    _LOST,
    "A redirect to https has no condition.",
    "Requests that come over https are redirected to themselves again and again.",
    'Write _meta.filter: [["scheme", "==", "http"]], or http_to_https.',
    severity=_ERROR,
)
HEADER_WORD = Code(
    "apisix/header-form",
    _LOST,
    "A list of header changes is written as a text.",
    "Without a list or mapping below it, add, set or remove counts as the name of a header.",
    "Write set as a mapping and remove as a list; add is a mapping in proxy-rewrite and a list of `Name: value` in "
    "response-rewrite.",
    severity=_ERROR,
)
TLS_DEPTH = Code(
    "apisix/tls-depth",
    Level.APPROXIMATE,
    "A TLS host asks for client certificates and gives no depth.",
    "Absent means 0 here: only certificates directly below the authority are taken.",
    "Write depth: 1 or more.",
    severity=_WARNING,
)
CA_SECRET = Code(
    "apisix/ca-secret",
    _LOST,
    "The Secret for client authorities holds a server certificate too.",
    "The controller takes tls.crt before ca.crt, so the server's certificate becomes the authority.",
    "Use a Secret that holds the authority alone.",
    severity=_ERROR,
)
PORT_CLASH = Code(
    "apisix/port-clash",
    _LOST,
    "Two stream rules have the same port.",
    "The protocol is not compared, so one of them gets all connections.",
    "Give each rule a port of its own.",
    severity=_ERROR,
)
PORT_ANY = Code(
    "apisix/port-any",
    _LOST,
    "A stream rule has port 0.",
    "0 is dropped, and the rule takes connections of every port.",
    "Write the port on which APISIX listens.",
    severity=_ERROR,
)
NO_PROXY = Code(
    "apisix/class-without-gateway",
    _LOST,
    "An IngressClass of the APISIX controller has no parameters.",
    "Without a GatewayProxy nothing is programmed, and nothing reports an error.",
    "Write parameters that name a GatewayProxy.",
    severity=_ERROR,
)
NAME_CLASH = Code(
    "apisix/name-clash",
    _LOST,
    "Two objects of different kinds share namespace and name.",
    "Their objects in APISIX get the same id, and one replaces the other.",
    "Rename one of them.",
    severity=_ERROR,
)
POLICY_PRIORITY = Code(
    "apisix/policy-priority",
    Level.APPROXIMATE,
    "An HTTPRoutePolicy has no priority.",
    "The priority of its routes becomes 0, and the computed one is lost.",
    "Write a priority.",
    severity=_WARNING,
)
EXTENSION_ORDER = Code(
    "apisix/extension-order",
    Level.APPROXIMATE,
    "A plugin configuration stands before a filter of the standard.",
    "When both use one plugin the controller fails and the route is never programmed.",
    "Put the ExtensionRef last.",
    severity=_WARNING,
)
NO_PLUGIN_CONFIG = Code(
    "apisix/plugin-config-missing",
    _LOST,
    "A route names a plugin configuration that is not among the objects.",
    "An ApisixRoute is then not programmed at all; an HTTPRoute is served without the plugins, open.",
    "Add it, or correct the name.",
    severity=_ERROR,
)

TRAPS: Mapping[str, tuple[Code, ...]] = {
    "T36": (HEADER_WORD,),
    "T53": (PLUGIN_TWICE,),
    "T54": (STILL_ON,),
    "T55": (SECRET_NOT_MERGED,),
    "T56": (AUTH_TYPE,),
    "T57": (TEMPLATE,),
    "T60": (REDIRECT_LOOP,),
    "T58": (REWRITE_ANCHOR,),
    "T61": (GLOBAL_AND_ROUTE,),
    "T62": (GLOBAL_TWICE,),
    "T63": (IDENTITY,),
    "T64": (AUTH_BOTH,),
    "T65": (AUTH_IGNORED,),
    "T66": (CONSUMER_GROUP,),
    "T69": (PROXY_PLUGIN_OFF,),
    "T70": (LIMIT_PER_ROUTE, LIMIT_GROUP),
    "T73": (TLS_DEPTH,),
    "T74": (CA_SECRET,),
    "T76": (
        PORT_CLASH,
        PORT_ANY,
    ),
    "T78": (NO_PROXY,),
    "T80": (NAME_CLASH,),
    "T84": (
        POLICY_PRIORITY,
        EXTENSION_ORDER,
        NO_PLUGIN_CONFIG,
    ),
}
"""The traps by the short names under which tests list them."""

CODES: tuple[Code, ...] = tuple({code.id: code for group in TRAPS.values() for code in group}.values())
