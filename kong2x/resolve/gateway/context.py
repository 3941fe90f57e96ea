"""What the translation of all Gateway API routes shares: the world, the listeners, and how leaves are booked."""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from dataclasses import dataclass

from kong2x.model.finding import Code, Level
from kong2x.model.route import Backend, RouteModel, Service
from kong2x.model.source import Path, SourceObject, dotted
from kong2x.resolve.class_parameters import ClassParameters
from kong2x.resolve.gateway import codes
from kong2x.resolve.gateway.listeners import Acceptance, Gateways
from kong2x.resolve.gateway.tls_policy import apply_tls_policy
from kong2x.resolve.names import service_id
from kong2x.resolve.services import complete_service
from kong2x.resolve.world import GATEWAY_GROUP, World


@dataclass(slots=True)
class Translation:
    """One run over all Gateway API routes."""

    world: World
    model: RouteModel
    gateways: Gateways
    parameters: ClassParameters

    @property
    def expressions(self) -> bool:
        """Whether the expressions router runs."""
        return self.world.facts.router == "expressions"

    def routes(self, kind: str) -> Iterator[SourceObject]:
        """The route objects of a kind, in KIC's order."""
        for obj in self.world.all(kind):
            if obj.group == GATEWAY_GROUP:
                yield obj

    def accepted(self, obj: SourceObject) -> Acceptance:
        """What the route's parents grant it; a route that nobody accepts is told and booked here."""
        acceptance = self.gateways.accept(obj)
        if acceptance.hosts is None:
            message = (
                f"No listener of {self._parents(acceptance)} accepts this route, so Kong does not serve it."
            )
            self.drop(obj, codes.NOT_ACCEPTED, message, ("spec", "parentRefs"))
        elif acceptance.unknown:
            message = (
                f"{self._parents(acceptance)} is not in the input; the route is read as served for all of its hosts "
                "over http and https."
            )
            self.model.findings.append(
                codes.NO_GATEWAY.finding(message, object=obj.ref, path=("spec", "parentRefs"))
            )
        return acceptance

    @staticmethod
    def _parents(acceptance: Acceptance) -> str:
        names = [f"{p.kind} {p.namespace}/{p.name}" for p in acceptance.parents]
        return ", ".join(dict.fromkeys(names)) or "any Gateway"

    def drop(self, obj: SourceObject, code: Code, message: str, path: Path = ()) -> None:
        """Tells that a whole object is not served, and books what it says."""
        self.model.findings.append(code.finding(message, object=obj.ref, path=path))
        self.world.ledger.book(obj.ref, ("spec",), Level.IGNORED, code.id)

    def drop_rules(
        self, obj: SourceObject, code: Code, message: str, rules: Sequence[Path], blamed: Path
    ) -> None:
        """Tells that some rules are not served, and books what they say."""
        self.model.findings.append(code.finding(message, object=obj.ref, path=blamed))
        for path in rules:
            self.world.ledger.book(obj.ref, path, Level.IGNORED, code.id)

    def ignore(self, obj: SourceObject, path: Path, why: str) -> None:
        """Books a field that Kong does not read, and says so."""
        self.world.ledger.book(obj.ref, path, Level.IGNORED, codes.IGNORED_FIELD.id)
        message = f"Kong ignores {dotted(path)}: {why}."
        self.model.findings.append(codes.IGNORED_FIELD.finding(message, object=obj.ref, path=path))

    def finish(self, service: Service, backends: Sequence[Backend]) -> None:
        """Applies what the Services behind a Kong service say, and adds it to the model."""
        found = (self.world.get("Service", backend.namespace, backend.name) for backend in backends)
        layers = [obj for obj in found if obj is not None]
        complete_service(self.world, self.model, service, layers, self.parameters, gateway=True)
        apply_tls_policy(self.world, self.model.findings, service, backends)
        self.model.services.append(service)


def kong_service(on: Translation, name: str, obj: SourceObject, backends: Sequence[Backend]) -> Service:
    """A Kong service as KIC makes it for the Gateway API: http, without path, with its own upstream."""
    service = Service(name, obj.namespace or "default", service_id(name), host=name, path=None)
    service.backends = tuple(backends)
    if backends and backends[0].number is not None:
        service.port = backends[0].number
    return service
