"""Which written features the chosen implementation does not claim to serve (facts 6.2)."""

from __future__ import annotations

from collections.abc import Iterator, Mapping, Sequence
from typing import Any

from kong2x.emit.gateway_api import codes_listeners
from kong2x.emit.gateway_api.desk import Desk
from kong2x.emit.gateway_api.pack import Packed
from kong2x.model.source import items, mapping
from kong2x.model.target import Manifest

_FILTERS = {
    "ResponseHeaderModifier": "HTTPRouteResponseHeaderModification",
    "RequestMirror": "HTTPRouteRequestMirror",
    "CORS": "HTTPRouteCORS",
}
_KINDS = ("BackendTLSPolicy", "ListenerSet", "TCPRoute", "UDPRoute", "TLSRoute")


def tell_unclaimed(desk: Desk, packed: Sequence[Packed], others: Sequence[Manifest]) -> None:
    """One finding a feature that is written and not claimed; nothing is claimed by nobody in particular."""
    missing = desk.profile.facts.missing
    if not missing:
        return
    used: dict[str, list[str]] = {}
    for one in packed:
        for index, rule in enumerate(items(one.manifest.value["spec"].get("rules"))):
            for feature in features(mapping(rule)):
                if feature in missing and index < len(one.drafts):
                    used.setdefault(feature, []).append(one.drafts[index].route.name)
    for manifest in others:
        kind = str(manifest.value.get("kind"))
        if kind in _KINDS and kind in missing:
            used.setdefault(kind, [])
    for feature in sorted(used):
        names = tuple(dict.fromkeys(used[feature]))
        desk.say_once(
            feature,
            codes_listeners.UNCLAIMED,
            f"{desk.profile.title} does not claim {feature}, which the written routes use.",
            also=names,
        )


def features(rule: Mapping[str, Any]) -> Iterator[str]:
    """The Extended features of one rule, by the names that conformance reports use."""
    for match in map(mapping, items(rule.get("matches"))):
        if isinstance(match.get("method"), str):
            yield "HTTPRouteMethodMatching"
        if match.get("queryParams"):
            yield "HTTPRouteQueryParamMatching"
    for part in map(mapping, items(rule.get("filters"))):
        kind = str(part.get("type"))
        if kind in _FILTERS:
            yield _FILTERS[kind]
        rewrite = mapping(part.get("urlRewrite"))
        yield from ("HTTPRouteHostRewrite",) if rewrite.get("hostname") else ()
        yield from ("HTTPRoutePathRewrite",) if rewrite.get("path") else ()
        yield from _redirect(mapping(part.get("requestRedirect")))
        mirror = mapping(part.get("requestMirror"))
        if "percent" in mirror or "fraction" in mirror:
            yield "HTTPRouteRequestPercentageMirror"
    timeouts = mapping(rule.get("timeouts"))
    yield from ("HTTPRouteBackendTimeout",) if "backendRequest" in timeouts else ()
    yield from ("HTTPRouteRequestTimeout",) if timeouts.get("request", "0s") != "0s" else ()
    yield from ("HTTPRouteRetry",) if rule.get("retry") else ()
    yield from ("HTTPRouteNamedRouteRule",) if rule.get("name") else ()


def _redirect(body: Mapping[str, Any]) -> Iterator[str]:
    if body.get("scheme"):
        yield "HTTPRouteSchemeRedirect"
    if body.get("port"):
        yield "HTTPRoutePortRedirect"
    if body.get("path"):
        yield "HTTPRoutePathRedirect"
    if body.get("statusCode") in (303, 307, 308):
        yield f"HTTPRoute{body['statusCode']}RedirectStatusCode"
