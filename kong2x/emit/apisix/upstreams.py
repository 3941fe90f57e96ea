"""Which ApisixUpstream objects are needed, and where two routes want different things of one Service.

An ApisixUpstream binds by its name to a Service and so acts on every route that uses it (trap T44);
timeouts and fixed Host headers can also be said on the rule, so only the rest may conflict.
"""

from __future__ import annotations

from collections import Counter
from collections.abc import Iterable
from dataclasses import dataclass, field, replace
from typing import Any

from kong2x.emit.apisix import codes
from kong2x.emit.apisix.desk import Desk
from kong2x.emit.apisix.metadata import named
from kong2x.emit.apisix.wants import Want, common_want, needed, retries_of, want_of
from kong2x.model.route import Backend, Feature, Route, StreamRoute
from kong2x.model.source import ObjectRef

Port = int | str | None
_HOSTS = ("pass", "rewrite")


@dataclass(slots=True)
class _Claim:
    """What one route wants of one Service port."""

    route: Route | StreamRoute
    backend: Backend
    want: Want


@dataclass(slots=True)
class Upstreams:
    """The decisions for all Services; `host_of` says which Host header a rule must set itself."""

    desk: Desk
    claims: dict[tuple[str, str], list[_Claim]] = field(default_factory=dict)
    chosen: dict[tuple[str, str, Port], Want] = field(default_factory=dict)
    specs: dict[tuple[str, str], dict[str, Any]] = field(default_factory=dict)

    def claim(self, route: Route | StreamRoute, backend: Backend) -> None:
        """Notes that a rule in the Service's own namespace uses it."""
        want = (
            want_of(route, backend, self.desk) if isinstance(route, Route) else common_want(route, self.desk)
        )
        key = (backend.namespace or "default", backend.name)
        self.claims.setdefault(key, []).append(_Claim(route, backend, want))

    def decide(self) -> None:
        """Chooses the settings of every Service, and tells who does not get what it wants."""
        for key, claims in self.claims.items():
            by_port: dict[Port, list[_Claim]] = {}
            for claim in claims:
                by_port.setdefault(claim.backend.number or claim.backend.port, []).append(claim)
            wants = {port: self._common(found) for port, found in by_port.items()}
            for port, want in wants.items():
                self.chosen[(*key, port)] = want
            spec = self._spec(wants, claims)
            if spec:
                self.specs[key] = spec

    def host_of(self, route: Route, backend: Backend) -> str:
        """The Host header that the rule itself has to set; empty when the upstream does it."""
        if route.preserve_host:
            return ""
        want = want_of(route, backend, self.desk)
        key = (backend.namespace or "default", backend.name, backend.number or backend.port)
        chosen = self.chosen.get(key, Want())
        return want.host if chosen.pass_host == "pass" and want.pass_host == "rewrite" else ""

    def emit(self) -> None:
        """Writes the objects."""
        for (namespace, name), spec in sorted(self.specs.items()):
            origins = dict.fromkeys(claim.route.origin for claim in self.claims[namespace, name])
            own = self.desk.model.object("Service", namespace, name, "")
            sources: Iterable[ObjectRef] = [own.ref, *origins] if own else origins
            written = next((ref.namespace for ref in origins if ref.namespace), "")
            self.desk.add(upstream_object(written, name, spec, self.desk.choices.ingress_class), *sources)

    def _common(self, claims: list[_Claim]) -> Want:
        """What most routes want of one port; the others are told. Host headers may move to the rule."""
        wants = [claim.want for claim in claims]
        hosts = {(want.pass_host, want.host) for want in wants}
        if len(hosts) > 1:
            wants = [replace(want, pass_host="pass", host="") for want in wants]
            for claim in claims:
                if claim.want.pass_host == "node":
                    self._tell_host(claim)
        counts = Counter(repr(want) for want in wants)
        best = min(wants, key=lambda want: (-counts[repr(want)], repr(want)))
        for claim, want in zip(claims, wants, strict=True):
            if want != best:
                self._tell(claim, want, best)
        return best

    def _tell_host(self, claim: _Claim) -> None:
        self.desk.say(
            codes.HOST_CONFLICT,
            f"The Service {claim.backend.address} gets the client's Host header here: other routes to it need that, "
            "and APISIX decides it for a whole Service.",
            about=claim.route,
            feature=Feature.PRESERVE_HOST,
        )

    def _tell(self, claim: _Claim, want: Want, best: Want) -> None:
        mine, theirs = want.spec(), best.spec()
        differ = sorted(name for name in {*mine, *theirs} if mine.get(name) != theirs.get(name))
        for name in differ:
            self.desk.say(
                codes.UPSTREAM_CONFLICT,
                f"Other routes to the Service {claim.backend.address} want another {name}; APISIX keeps one for the "
                "whole Service, and theirs is written.",
                about=claim.route,
                feature=_FEATURE_OF.get(name, Feature.BALANCING),
            )

    def _spec(self, wants: dict[Port, Want], claims: list[_Claim]) -> dict[str, Any]:
        """The fields of the object, empty when none is needed; ports that differ get their own block (T43)."""
        stream = all(isinstance(claim.route, StreamRoute) for claim in claims)
        assumed = "tcp" if stream else "http"
        if not any(
            needed(
                wants[c.backend.number or c.backend.port], c.route.service, c.backend, _assumed(c, assumed)
            )
            for c in claims
        ):
            return {}
        complete = {port: self._complete(want, claims) for port, want in wants.items()}
        distinct = {repr(want) for want in complete.values()}
        first = complete[min(complete, key=str)]
        if len(distinct) == 1:
            return first.spec()
        levels = [
            {"port": port, **want.spec()}
            for port, want in sorted(complete.items(), key=lambda row: str(row[0]))
            if isinstance(port, int)
        ]
        return {**first.spec(), "portLevelSettings": levels}

    def _complete(self, want: Want, claims: list[_Claim]) -> Want:
        """Kong's number of retries is written wherever an object is written anyway."""
        services = [claim.route.service for claim in claims if isinstance(claim.route, Route)]
        if want.retries is None and services:
            return replace(want, retries=retries_of(services[0]))
        return want


_FEATURE_OF = {
    "scheme": Feature.SERVICE_PROTOCOL,
    "retries": Feature.RETRIES,
    "healthCheck": Feature.HEALTH_CHECKS,
    "tlsSecret": Feature.CLIENT_CERTIFICATE,
}


def _assumed(claim: _Claim, default: str) -> str:
    if isinstance(claim.route, StreamRoute):
        return claim.want.scheme if claim.want.scheme in ("tcp", "udp") else default
    return "http"


def upstream_object(namespace: str, name: str, spec: dict[str, Any], ingress_class: str) -> dict[str, Any]:
    """An ApisixUpstream."""
    return {
        "apiVersion": "apisix.apache.org/v2",
        "kind": "ApisixUpstream",
        "metadata": named(name, namespace),
        "spec": {"ingressClassName": ingress_class, **spec},
    }
