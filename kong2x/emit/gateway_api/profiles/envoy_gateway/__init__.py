"""Envoy Gateway 1.5 to 1.9: SecurityPolicy, BackendTrafficPolicy, HTTPRouteFilter and Backend."""

from __future__ import annotations

import re
from collections.abc import Sequence
from dataclasses import replace
from typing import TYPE_CHECKING, Any

from kong2x.emit.gateway_api.filters import FilterSet
from kong2x.emit.gateway_api.paths import needs_pcre
from kong2x.emit.gateway_api.profiles import Facts, Profile
from kong2x.emit.gateway_api.profiles.envoy_gateway import codes
from kong2x.emit.gateway_api.profiles.envoy_gateway.callers import SECRETS, CallerBook, settle_caller
from kong2x.emit.gateway_api.profiles.envoy_gateway.carried import VOCABULARY, fragments_of
from kong2x.emit.gateway_api.profiles.envoy_gateway.logins import all_of
from kong2x.emit.gateway_api.profiles.envoy_gateway.plugins import carry
from kong2x.emit.gateway_api.profiles.envoy_gateway.policies import API_VERSION, policies
from kong2x.emit.gateway_api.profiles.envoy_gateway.traffic import traffic
from kong2x.model.route import Backend, Feature, Route
from kong2x.model.source import ObjectRef
from kong2x.model.target import Manifest

if TYPE_CHECKING:
    from kong2x.emit.gateway_api.desk import Desk
    from kong2x.emit.gateway_api.draft import Draft, GatewayPath
    from kong2x.emit.gateway_api.pack import Packed
    from kong2x.emit.gateway_api.upstream_path import PathChange
    from kong2x.model.plugin import Consumer, MappedPlugin, PluginUse

GROUP = "gateway.envoyproxy.io"
FACTS = Facts(
    "envoy-gateway",
    "Envoy Gateway",
    missing=frozenset({"GatewayHTTPSListenerDetectMisdirectedRequests", "GatewayInfrastructurePropagation"}),
    regex_dialect="re2",
    regex_rank="above",
    gateway_class="eg",
    claims_retry_connection=True,
)
_STATED = (Feature.CONNECT_TIMEOUT, Feature.RETRIES, Feature.BALANCING, Feature.HEALTH_CHECKS)


class EnvoyGatewayProfile(Profile):
    """What Envoy Gateway carries beyond the standard."""

    sets_retries = True
    carried_timeouts = frozenset({Feature.CONNECT_TIMEOUT})

    def __init__(self) -> None:
        super().__init__(FACTS)
        self.asked: dict[str, dict[str, None]] = {kind: {} for kind in SECRETS}
        """The namespaces whose routes ask for each kind of login."""
        self._book: CallerBook | None = None
        self._carried: dict[tuple[object, ...], MappedPlugin] = {}

    def carry(
        self, desk: Desk, use: PluginUse, mapped: MappedPlugin, route: Route | None
    ) -> MappedPlugin | None:
        """Logins, groups and address lists become a SecurityPolicy, limits a BackendTrafficPolicy."""
        found = carry(desk, self.book(desk), use, mapped, route)
        if found is None:
            return None
        told = tuple(finding.message for finding in found.findings)
        first = self._carried.setdefault((use.key, repr(found.fragments), told), found)
        return replace(found, levels=first.levels)  # one KongPlugin is told of once, with all its routes

    def settle_consumer(self, desk: Desk, consumer: Consumer) -> bool:
        """A consumer lives on in the Secrets of the logins that routes ask for."""
        places = {kind: sorted(found) for kind, found in self.asked.items() if found}
        return settle_caller(desk, self.book(desk), consumer, places)

    def book(self, desk: Desk) -> CallerBook:
        """Who may log in, by the consumers of this emission."""
        if self._book is None:
            self._book = CallerBook(desk.model)
        return self._book

    def unverified_tls(self, desk: Desk, route: Route) -> bool:
        """A Backend can leave the check out; one Service port is one Backend."""
        if route.service.client_certificate is not None:
            return False
        desk.say(
            codes.BACKEND,
            "The backend is called over TLS through a Backend object, by the address of its Service.",
            route=route,
            feature=Feature.SERVICE_PROTOCOL,
        )
        return True

    def rewrite(
        self, desk: Desk, route: Route, path: GatewayPath, change: PathChange
    ) -> dict[str, Any] | None:
        """An HTTPRouteFilter exchanges paths by regular expression (RE2)."""
        if not change.pattern or needs_pcre(change.pattern):
            return None
        exchange = {"pattern": re2(change.pattern), "substitution": re2_template(change.template)}
        return {"urlRewrite": {"path": {"type": "ReplaceRegexMatch", "replaceRegexMatch": exchange}}}

    def finish(self, desk: Desk, drafts: list[Draft]) -> list[Manifest]:
        """HTTPRouteFilters and Backends, which rules refer to; headers that must not pass are removed."""
        out: dict[tuple[str, str, str], Manifest] = {}
        for draft in drafts:
            if draft.denied or draft.role == "to-https":
                continue
            _change_headers(desk, draft)
            body = dict(draft.extras)
            for mapped in draft.own:
                if "directResponse" in mapped.fragments:
                    body["directResponse"] = mapped.fragments["directResponse"]
            if body:
                _refer(draft, body, out)
            if (
                draft.route.service.protocol in ("https", "grpcs", "wss")
                and not draft.route.service.tls_verify
            ):
                draft.backends = tuple(_backend(draft, ref, out) for ref in draft.backends)
        return [out[key] for key in sorted(out)]

    def policies(self, desk: Desk, packed: Sequence[Packed]) -> list[Manifest]:
        """Security first, then traffic, each for the rules that want it."""
        security: dict[int, dict[str, Any]] = {}
        flow: dict[int, dict[str, Any]] = {}
        known: dict[int, dict[str, Any]] = {}
        for one in packed:
            for draft in one.drafts:
                if draft.denied or draft.role == "to-https":
                    continue
                security[id(draft)] = self._security(draft)
                service = draft.route.service
                if any(feature in service.provenance for feature in _STATED) or service.upstream.healthchecks:
                    if id(service) not in known:
                        known[id(service)] = traffic(desk, service)
                    flow[id(draft)] = dict(known[id(service)])
                for part in fragments_of(draft.own, "BackendTrafficPolicy"):
                    flow.setdefault(id(draft), {}).update(part)
        return [
            *policies(desk, packed, "SecurityPolicy", security),
            *policies(desk, packed, "BackendTrafficPolicy", flow),
        ]

    def _security(self, draft: Draft) -> dict[str, Any]:
        """The parts of all plugins as one policy; notes whose Secrets it needs."""
        out: dict[str, Any] = {}
        checks = []
        for part in fragments_of(draft.own, "SecurityPolicy"):
            checks += [part["authorization"]] if "authorization" in part else []
            out.update({key: value for key, value in part.items() if key != "authorization"})
        for kind, field in (("key-auth", "apiKeyAuth"), ("basic-auth", "basicAuth")):
            if field in out:
                self.asked[kind][draft.route.origin.namespace or "default"] = None
        return {**out, "authorization": all_of(checks)} if checks else out


def _change_headers(desk: Desk, draft: Draft) -> None:
    """Logins come before other header changes of the rule, as in Kong."""
    changes = fragments_of(draft.own, "RequestHeaderModifier")
    if not changes:
        return
    filters = FilterSet(desk, draft.route)
    for change in changes:
        filters.add("RequestHeaderModifier", change, "the login")
    for part in draft.filters:
        filters.add(part["type"], next(body for key, body in part.items() if key != "type"), "the plugins")
    draft.filters = filters.result()


def _refer(draft: Draft, body: dict[str, Any], out: dict[tuple[str, str, str], Manifest]) -> None:
    """Writes the filter of a rule and refers to it; a fixed answer needs no backend."""
    namespace = draft.route.origin.namespace or "default"
    at = 0
    while True:
        name = f"{draft.route.origin.name}-filter" + (f"-{at}" if at else "")
        key = ("HTTPRouteFilter", namespace, name)
        if key not in out or out[key].value["spec"] == body:
            break
        at += 1
    out[key] = Manifest(_object("HTTPRouteFilter", namespace, name, body), (draft.route.origin,))
    reference = {"group": GROUP, "kind": "HTTPRouteFilter", "name": name}
    draft.filters = (*draft.filters, {"type": "ExtensionRef", "extensionRef": reference})
    if "directResponse" in body:
        draft.backends = ()


def _backend(draft: Draft, ref: dict[str, Any], out: dict[tuple[str, str, str], Manifest]) -> dict[str, Any]:
    """A Backend for a Service port, in the namespace of the route."""
    if ref.get("kind") != "Service":
        return ref
    namespace = draft.route.origin.namespace or "default"
    where = ref.get("namespace") or namespace
    name = (
        f"{ref['name']}-{ref['port']}-tls"
        if where == namespace
        else f"{where}-{ref['name']}-{ref['port']}-tls"
    )
    host = next(
        (b.external_name for b in draft.route.service.backends if _is(b, where, ref) and b.external_name),
        f"{ref['name']}.{where}.svc.cluster.local",
    )
    spec = {
        "endpoints": [{"fqdn": {"hostname": host, "port": ref["port"]}}],
        "tls": {"insecureSkipVerify": True},
    }
    value = _object("Backend", namespace, name, spec)
    source = ObjectRef("", "Service", where, ref["name"])
    out[("Backend", namespace, name)] = Manifest(value, (source,))
    return {"group": GROUP, "kind": "Backend", "name": name, "weight": ref["weight"]}


def _is(backend: Backend, namespace: str, ref: dict[str, Any]) -> bool:
    return (backend.namespace or "default", backend.name) == (namespace, ref["name"])


def _object(kind: str, namespace: str, name: str, spec: dict[str, Any]) -> dict[str, Any]:
    metadata = {"name": name, "namespace": namespace}
    return {"apiVersion": API_VERSION, "kind": kind, "metadata": metadata, "spec": spec}


def re2(pattern: str) -> str:
    """Named groups in the spelling that every RE2 knows."""
    return re.sub(r"\(\?<(?![=!])", "(?P<", pattern)


def re2_template(template: str) -> str:
    """`$1`, `${1}` and `$$` as RE2 writes them.

    >>> re2_template("/x/$1/${2}/$$")
    '/x/\\\\1/\\\\2/$'
    """
    text = template.replace("\\", "\\\\")
    return re.sub(
        r"\$\$|\$\{(\d+)\}|\$(\d)",
        lambda found: "$" if found.group() == "$$" else f"\\{found.group(1) or found.group(2)}",
        text,
    )


__all__ = ["VOCABULARY", "EnvoyGatewayProfile"]
