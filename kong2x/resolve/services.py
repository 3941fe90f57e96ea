"""Which Kong services there are, one a Service port as it is written, and what each of them is like."""

from __future__ import annotations

from dataclasses import dataclass, field

from kong2x.model.route import Feature, RouteModel, Service
from kong2x.model.source import Leaf, ObjectRef, SourceObject, mapping, text
from kong2x.resolve import service_codes as codes
from kong2x.resolve.backends import service_backend
from kong2x.resolve.class_parameters import ClassParameters
from kong2x.resolve.ingress_rules import BackendRef
from kong2x.resolve.names import facade_name, service_id, service_name, upstream_name
from kong2x.resolve.service_options import (
    ServiceNotes,
    apply_annotations,
    apply_service_upstream,
    notes_of,
)
from kong2x.resolve.upstream_tls import apply_upstream_tls
from kong2x.resolve.upstreams import apply_host_header, apply_kong_ingress, apply_policy
from kong2x.resolve.world import World


@dataclass(slots=True)
class ServiceBook:
    """The Kong services of one translation, by name."""

    world: World
    model: RouteModel
    parameters: ClassParameters
    by_name: dict[str, Service] = field(default_factory=dict)
    missing: dict[ObjectRef, list[str]] = field(default_factory=dict)

    def of(self, namespace: str, ref: BackendRef, blamed: SourceObject, path: str | None) -> Service | str:
        """The Kong service for a backend; a text says why KIC drops the path instead.

        `path` is the service path that a new service starts with; one that exists keeps its own.
        """
        if ref.problem:
            return ref.problem
        if ref.resource is not None:
            return self._facade(namespace, ref, blamed, path)
        name = service_name(namespace, ref.name, ref.port)
        service = self.by_name.get(name)
        if service is None:
            host = upstream_name(namespace, ref.name, ref.port)
            service = self._new(name, namespace, host, path)
            self._complete(service, ref.name, ref.port, blamed, ref.leaves, None)
        return service

    def _facade(
        self, namespace: str, ref: BackendRef, blamed: SourceObject, path: str | None
    ) -> Service | str:
        if not ref.facade:
            group, kind = ref.resource or ("", "")
            return f"KIC knows no backend of kind {group + '/' if group else ''}{kind}"
        if not self.world.facts.gate("KongServiceFacade"):
            return "the feature gate KongServiceFacade is off"
        facade = self.world.get("KongServiceFacade", namespace, ref.name)
        if facade is None or not self.world.is_ours(facade):
            return f"the KongServiceFacade {namespace}/{ref.name} is not among the objects of this class"
        target = mapping(mapping(facade.value.get("spec")).get("backendRef"))
        port = target.get("port")
        name = facade_name(namespace, ref.name)
        service = self.by_name.get(name)
        if service is None:
            service = self._new(name, namespace, name, path)
            number = port if isinstance(port, int) and not isinstance(port, bool) else None
            leaves = (facade.leaf("spec", "backendRef", "name"), facade.leaf("spec", "backendRef", "port"))
            self._complete(service, text(target.get("name")), number, blamed, (*ref.leaves, *leaves), facade)
        return service

    def _new(self, name: str, namespace: str, host: str, path: str | None) -> Service:
        service = Service(name, namespace, service_id(name), host=host, path=path)
        self.by_name[name] = service
        return service

    def _complete(
        self,
        service: Service,
        name: str,
        port: int | str | None,
        blamed: SourceObject,
        leaves: tuple[Leaf, ...],
        facade: SourceObject | None,
    ) -> None:
        world = self.world
        backend, why = service_backend(
            world,
            service.namespace,
            name,
            port,
            facade=facade.name if facade is not None else None,
            source=leaves[0] if leaves else None,
        )
        service.backends = (backend,)
        if backend.number is not None:
            service.port = backend.number
        if facade is not None:
            service.provenance[Feature.BACKEND] = leaves[-2:]
        report_backend(self, service, blamed, leaves, why)
        kubernetes = world.get("Service", service.namespace, name)
        layers = [obj for obj in (kubernetes, facade) if obj is not None]
        if layers or self.parameters.service_upstream is not None:
            complete_service(world, self.model, service, layers, self.parameters)


def complete_service(
    world: World,
    model: RouteModel,
    service: Service,
    layers: list[SourceObject],
    parameters: ClassParameters,
    *,
    gateway: bool = False,
) -> None:
    """Applies everything that the Services behind a Kong service say about it.

    `layers` are the Kubernetes Services (all with the same Kong annotations where there are several)
    and a facade last. `gateway` is True for routes of the Gateway API, where a KongIngress does nothing
    but hide the host header (kong-source.md 1.8).
    """
    on = ServiceNotes(world, model, service, notes_of(layers), gateway)
    if on.notes:
        kong_ingress = apply_kong_ingress(on)
        apply_annotations(on)
        if kong_ingress:
            apply_host_header(on)
        apply_policy(on)
        apply_upstream_tls(on)
    apply_service_upstream(on, parameters.service_upstream)


def report_backend(
    book: ServiceBook, service: Service, blamed: SourceObject, leaves: tuple[Leaf, ...], why: str
) -> None:
    """Notes that the Service of a Kong service is not in the input; says why (`why`) it lacks the port."""
    backend = service.backends[0]
    if not backend.known and not why:
        book.missing.setdefault(blamed.ref, []).append(backend.name)
    elif why:
        own = [leaf.path for leaf in leaves if leaf.object == blamed.ref]
        book.model.findings.append(
            codes.PORT_NOT_FOUND.finding(
                f"Kong answers 503 for the routes to {backend.address}: {why}.",
                object=blamed.ref,
                path=own[-1] if own else (),
            )
        )


def report_missing(book: ServiceBook) -> None:
    """One finding for each object whose Services are not in the input."""
    for ref, names in book.missing.items():
        listed = ", ".join(dict.fromkeys(names))
        one = len(set(names)) == 1
        what, assumed = ("Service", "it exists") if one else ("Services", "they exist")
        book.model.findings.append(
            codes.SERVICE_NOT_GIVEN.finding(
                f"Not in the input: {what} {listed} of namespace {ref.namespace or 'default'}; kong2x assumes that "
                f"{assumed} without Kong annotations, and Kong answers 503 otherwise.",
                object=ref,
            )
        )
