"""Apache APISIX with its ingress controller 2.2: PluginConfig, BackendTrafficPolicy and Consumer carry the rest."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import replace
from typing import TYPE_CHECKING, Any

from kong2x.emit.gateway_api.profiles import Facts, Profile
from kong2x.emit.gateway_api.profiles.apisix import codes
from kong2x.emit.gateway_api.profiles.apisix.consumers import consumer_objects
from kong2x.emit.gateway_api.profiles.apisix.differences import tell_gateway, tell_general, tell_written
from kong2x.emit.gateway_api.profiles.apisix.gateway_proxy import (
    gateway_proxy,
    plugin_metadata,
    proxy_name,
)
from kong2x.emit.gateway_api.profiles.apisix.header_case import exact_headers, folded
from kong2x.emit.gateway_api.profiles.apisix.paths import fitted
from kong2x.emit.gateway_api.profiles.apisix.plugin_config import attach_plugins
from kong2x.emit.gateway_api.profiles.apisix.route_policies import route_policies
from kong2x.emit.gateway_api.profiles.apisix.standard_filters import drop_misread
from kong2x.emit.gateway_api.profiles.apisix.streams import stream_plugins, stream_policy
from kong2x.emit.gateway_api.profiles.apisix.traffic import (
    drop_weightless,
    sends_pod_address,
    traffic_policies,
)
from kong2x.emit.gateway_api.upstream_path import REST, UNDER_ROOT
from kong2x.model.route import Feature, Route, Service, StreamRoute

if TYPE_CHECKING:
    from kong2x.emit.gateway_api.desk import Desk
    from kong2x.emit.gateway_api.draft import Draft, GatewayPath
    from kong2x.emit.gateway_api.pack import Packed
    from kong2x.emit.gateway_api.upstream_path import PathChange
    from kong2x.model.target import Manifest

# Extended features that the controller does not claim (facts 6.2). It does not claim names of rules either,
# but its HTTPRoutePolicy finds rules by them (recorded).
MISSING = frozenset(
    {
        "BackendTLSPolicy",
        "GatewayHTTPListenerIsolation",
        "HTTPRouteBackendTimeout",
        "HTTPRouteBackendProtocolH2C",
        "HTTPRouteParentRefPort",
        "HTTPRoutePathRedirect",
        "HTTPRouteRequestMultipleMirrors",
        "HTTPRouteRequestPercentageMirror",
        "HTTPRouteRequestTimeout",
        "HTTPRouteRetry",
        "ListenerSet",
    }
)
FACTS = Facts(
    "apisix",
    "Apache APISIX",
    ("apisix", "gateway-api"),
    MISSING,
    regex_dialect="pcre",
    regex_rank="below",
    falls_through=True,
    external_name=True,
    gateway_class="apisix",
    router="apisix",
)


class ApisixProfile(Profile):
    """What the APISIX ingress controller carries beyond the standard."""

    own_https_only = True
    carries_upstream_tls = True
    carries_consumers = True
    sets_scheme = True
    sets_timeouts = True
    sets_retries = True
    lifts_patterns = True
    decodes_paths = True
    folds_header_case = True

    def __init__(self) -> None:
        super().__init__(FACTS)
        self.metadata: dict[str, Any] = {}

    def https_only(self, desk: Desk, route: Route, drafts: list[Draft]) -> list[Draft]:
        """One rule on all listeners, whose plugin answers plain HTTP before any other plugin.

        The controller does not tell listeners apart, so the standard's two routes would be one match
        and could redirect HTTPS to itself (trap 59).
        """
        behind = desk.choices.text("offloading") == "true"
        condition = ["http_x_forwarded_proto", "~=", "https"] if behind else ["scheme", "==", "http"]
        status = route.https_redirect_status_code
        if status == 426 and desk.choices.text("https-only") == "redirect":
            status = 301
        desk.say(
            codes.HTTPS_ONLY,
            f"Plain HTTP requests are answered {status} by a plugin that looks at the scheme.",
            route=route,
            feature=Feature.PROTOCOLS,
        )
        port = "" if desk.choices.https_port == 443 else f":{desk.choices.https_port}"
        extras = upgrade_required(condition) if status == 426 else to_https(condition, status, port)
        return [
            draft if draft.denied else replace(draft, extras={**draft.extras, **extras}) for draft in drafts
        ]

    def rewrite(
        self, desk: Desk, route: Route, path: GatewayPath, change: PathChange
    ) -> dict[str, Any] | None:
        """`proxy-rewrite` exchanges paths by regular expression.

        Where nothing is left of the request path Kong sends the service's path as it stands.
        """
        if not change.pattern:
            return None
        pairs = [change.pattern, change.template]
        nothing = r"^/\z" if change.pattern == UNDER_ROOT else ""
        if change.pattern.endswith(REST) and not change.template.startswith("/$"):
            nothing = change.pattern.removesuffix(REST) + r"\z"
        if nothing:
            pairs = [nothing, (route.service.path or "/").replace("$", "$$"), *pairs]
        return {"proxy-rewrite": {"regex_uri": pairs}}

    def gateway_spec(self, desk: Desk) -> dict[str, Any]:
        """The GatewayProxy, without which nothing is programmed."""
        tell_gateway(desk)
        name = proxy_name(desk)
        if not name:
            desk.say_once("proxy", codes.PROXY, "The written Gateway names no GatewayProxy.")
            return {}
        reference = {"group": "apisix.apache.org", "kind": "GatewayProxy", "name": name}
        return {"infrastructure": {"parametersRef": reference}}

    def beside_gateway(self, desk: Desk, namespace: str) -> list[Manifest]:
        """The GatewayProxy, where it is wanted."""
        return gateway_proxy(desk, namespace, self.metadata)

    def stream_plugins(self, desk: Desk, route: StreamRoute) -> dict[str, Any] | None:
        """The plugins of a stream route, None where one of them does not run on streams."""
        return stream_plugins(desk, route)

    def stream_object(self, kind: str, namespace: str, name: str, plugins: dict[str, Any]) -> dict[str, Any]:
        """The L4RoutePolicy for one route object."""
        return stream_policy(kind, namespace, name, plugins)

    def sends_pod_address(self, desk: Desk, service: Service) -> bool:
        """Whether a BackendTrafficPolicy says passHost: node."""
        return sends_pod_address(desk, service)

    def lifted(self, patterns: Sequence[str]) -> list[Any]:
        """The controller searches expressions on the path anywhere in it; those of rules are anchored."""
        whole = patterns[0] if len(patterns) == 1 else "|".join(f"(?:{one})" for one in patterns)
        return ["uri", "~~", whole]

    def policies(self, desk: Desk, packed: Sequence[Packed]) -> list[Manifest]:
        """The HTTPRoutePolicies of rules that the controller would put in another order than Kong."""
        tell_written(desk, packed)
        return route_policies(desk, packed)

    def finish(self, desk: Desk, drafts: list[Draft]) -> list[Manifest]:
        """PluginConfigs, policies and consumers; rules get their ExtensionRef, exact paths come first."""
        tell_general(desk, drafts)
        for draft in drafts:
            drop_weightless(desk, draft)
        out = attach_plugins(desk, drafts)
        self.metadata = plugin_metadata(desk, drafts)
        exact = exact_headers(desk.model)
        for draft in drafts:
            drop_misread(desk, draft)
            reshape(draft, exact)
        drafts.sort(key=_exact_first)
        return [*out, *traffic_policies(desk, drafts), *consumer_objects(desk)]


def reshape(draft: Draft, exact: frozenset[str]) -> None:
    """Writes the matches of a rule so that APISIX finds them; what Kong ranks them by stays known."""
    old = draft.matches
    if draft.kind == "HTTPRoute":
        draft.matches = fitted(draft)
    draft.matches = folded(draft, exact)
    pairs = list(zip(old, draft.matches, strict=True))
    draft.ranked_as = {new.key: draft.ranked_as.get(was.key, was.path) for was, new in pairs}
    draft.plain = {new.key: was.path for was, new in pairs}


def _exact_first(draft: Draft) -> bool:
    """Among rules of one object an earlier prefix would take over an exact path of the same text."""
    return not any(match.path.type == "Exact" for match in draft.matches)


def upgrade_required(condition: list[str]) -> dict[str, Any]:
    """Kong's 426 for plain HTTP, before every other plugin (apisix-target R10)."""
    return {
        "fault-injection": {
            "abort": {
                "http_status": 426,
                "body": '{"message":"Please use HTTPS protocol"}',
                "headers": {"Upgrade": "TLS/1.2, HTTP/1.1", "Content-Type": "application/json"},
                "vars": [[condition]],
            }
        }
    }


def to_https(condition: list[str], status: int, port: str = "") -> dict[str, Any]:
    """A redirect to https with the same target, before authentication as in Kong."""
    return {
        "redirect": {
            "uri": f"https://$host{port}$real_request_uri",
            "ret_code": status,
            "_meta": {"priority": 30000, "filter": [condition]},
        }
    }
