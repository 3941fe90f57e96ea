"""Kong itself, fed with Gateway API: KongPlugins stay and are referred to, settings stay annotations."""

from __future__ import annotations

import re
from dataclasses import replace
from typing import TYPE_CHECKING

from kong2x.emit.gateway_api.draft import EXACT, PREFIX, REGEX, GatewayPath
from kong2x.emit.gateway_api.hosts import is_hostname
from kong2x.emit.gateway_api.paths import encoded
from kong2x.emit.gateway_api.profiles import Facts, Profile
from kong2x.emit.gateway_api.profiles.kong import codes
from kong2x.model.finding import Level
from kong2x.model.plugin import PluginUse
from kong2x.model.route import Feature, PathKind, PathMatch, Route

if TYPE_CHECKING:
    from kong2x.emit.gateway_api.desk import Desk
    from kong2x.emit.gateway_api.draft import Draft
    from kong2x.model.target import Manifest

GROUP = "configuration.konghq.com"
PREFIX_KEY = "konghq.com/"
FACTS = Facts(
    "kong",
    "Kong with Gateway API",
    missing=frozenset(
        {
            "BackendTLSPolicy",
            "HTTPRouteCORS",
            "HTTPRouteRequestMirror",
            "HTTPRouteRequestPercentageMirror",
            "HTTPRouteRequestTimeout",
            "HTTPRouteRetry",
            "HTTPRoutePathRedirect",
            "HTTPRoutePortRedirect",
            "ListenerSet",
        }
    ),
    regex_dialect="pcre",
    falls_through=True,
    external_name=True,
    gateway_class="kong",
)


class KongProfile(Profile):
    """What the Kong Ingress Controller carries beyond the standard: nearly all that it carried before."""

    keeps_kong = True
    own_https_only = True
    carries_consumer_plugins = True
    carries_upstream_tls = True
    carries_consumers = True
    sets_scheme = True
    sets_timeouts = True
    sets_retries = True

    def __init__(self) -> None:
        super().__init__(FACTS)

    def https_only(self, desk: Desk, route: Route, drafts: list[Draft]) -> list[Draft]:
        """The same rules: the annotations for protocols and redirect status stay."""
        return drafts

    def paths(self, desk: Desk, route: Route) -> tuple[GatewayPath, ...]:
        """Path matches as the controller reads them: patterns are anchored at the start only."""
        raw = desk.choices.text("raw-prefix") == "regex"
        out: dict[tuple[str, str], GatewayPath] = {}
        for path in route.paths:
            found = _path(path, raw)
            out.setdefault(found[:2], found)
            if path.kind is PathKind.RAW_PREFIX and path.value != "/":
                code = codes.RAW_AS_PATTERN if raw else codes.RAW_PREFIX
                desk.say(
                    code,
                    f"The path {path.value} is written as "
                    + ("a pattern, which outranks prefixes." if raw else "a prefix of whole segments."),
                    route=route,
                    feature=Feature.PATHS,
                    leaf=path.source,
                )
        return tuple(out.values()) or (GatewayPath(PREFIX, "/"),)

    def finish(self, desk: Desk, drafts: list[Draft]) -> list[Manifest]:
        """Annotations and references to the KongPlugins of the route's own object."""
        for index, draft in enumerate(drafts):
            route = draft.route
            annotations = annotations_of(desk, route)
            named, listed = _references(desk, route)
            if listed:
                annotations[PREFIX_KEY + "plugins"] = ",".join(listed)
            filters = [*draft.filters, *({"type": "ExtensionRef", "extensionRef": r} for r in named)]
            drafts[index] = replace(draft, filters=tuple(filters), annotations=annotations)
        if drafts:
            desk.say_once(
                "stay",
                codes.OBJECTS_STAY,
                "KongPlugins, KongConsumers, their Secrets and the annotations of Services go on acting.",
            )
        return []


def _path(path: PathMatch, raw: bool) -> GatewayPath:
    text = path.value.rstrip("/") or "/"
    plain = encoded(path.value) == path.value
    if path.kind is PathKind.REGEX:
        return GatewayPath(REGEX, path.value, path)
    if path.kind is PathKind.EXACT:
        return GatewayPath(EXACT, path.value, path) if plain else _pattern(path, path.value, "$")
    if path.kind is PathKind.RAW_PREFIX and path.value != "/" and raw:
        return _pattern(path, path.value, "")
    return GatewayPath(PREFIX, text, path) if plain else _pattern(path, text, "(/|$)")


def _pattern(path: PathMatch, text: str, tail: str) -> GatewayPath:
    """A literal that HTTPRoutes refuse, or a string prefix, as a pattern; Kong compares decoded paths."""
    return GatewayPath(REGEX, re.escape(text) + tail, path)


def annotations_of(desk: Desk, route: Route) -> dict[str, str]:
    """The annotations that give the route's settings on an HTTPRoute (kong-source 2.2 and 7.3)."""
    out: dict[str, str] = {}
    if route.strip_path and (route.rewrite is None or route.rewrite.template is None):
        out["strip-path"] = "true"
    if not route.preserve_host:
        out["preserve-host"] = "false"
    if route.https_only or set(route.protocols) == {"http"}:
        out["protocols"] = ",".join(route.protocols)
    if route.https_only and route.https_redirect_status_code != 426:
        out["https-redirect-status-code"] = str(route.https_redirect_status_code)
    if route.snis:
        out["snis"] = ",".join(route.snis)
    aliases = [host for host in route.hosts if not is_hostname(host)]
    if aliases:
        out["host-aliases"] = ",".join(aliases)
    if route.regex_priority:
        out["regex-priority"] = str(route.regex_priority)
    if route.path_handling != "v0":
        out["path-handling"] = route.path_handling
    if not route.request_buffering:
        out["request-buffering"] = "false"
    if not route.response_buffering:
        out["response-buffering"] = "false"
    return {PREFIX_KEY + key: value for key, value in out.items()}


def _references(desk: Desk, route: Route) -> tuple[list[dict[str, str]], list[str]]:
    """The plugins attached to the route's own object: by ExtensionRef, else by annotation.

    Plugins of Services, consumers and the whole gateway act as before and need no reference.
    """
    named: list[dict[str, str]] = []
    listed: list[str] = []
    for use in route.plugins:
        if use.origin is None or not attached_here(use, route):
            continue
        if use.origin.kind == "KongPlugin" and use.origin.namespace == route.origin.namespace:
            named.append({"group": GROUP, "kind": "KongPlugin", "name": use.origin.name})
        elif use.origin.namespace and use.origin.namespace != route.origin.namespace:
            listed.append(f"{use.origin.namespace}:{use.origin.name}")
            _tell_grant(desk, route, use)
        else:
            listed.append(use.origin.name)
    return named, listed


def attached_here(use: PluginUse, route: Route) -> bool:
    """Whether the plugin hangs on the object that becomes an HTTPRoute."""
    where = use.attached_to or (use.attached.object if use.attached else None)
    return where == route.origin


def _tell_grant(desk: Desk, route: Route, use: PluginUse) -> None:
    """A plugin of another namespace needs a grant for HTTPRoutes; that for Ingresses does not count."""
    if route.origin.kind != "HTTPRoute":
        desk.say(
            codes.PLUGIN_GRANT,
            f"{use.label} needs a ReferenceGrant for HTTPRoutes of {route.origin.namespace}.",
            route=route,
            feature=Feature.PLUGINS,
            level=Level.APPROXIMATE,
        )
