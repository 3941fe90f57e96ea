"""What the objects of a cluster mean to Kong: the route model, its findings, and the books.

* `resolve` — objects and facts about the running Kong in, `RouteModel` out
"""

from __future__ import annotations

from collections.abc import Callable, Sequence

from kong2x.model.ledger import Ledger
from kong2x.model.route import RouteModel
from kong2x.model.settings import SourceFacts
from kong2x.model.source import SourceObject
from kong2x.resolve.admission import admit, report_nothing_converted
from kong2x.resolve.certificates import CertificateBook
from kong2x.resolve.class_parameters import class_parameters
from kong2x.resolve.consumers import resolve_consumers
from kong2x.resolve.default_backend import translate_default_backend
from kong2x.resolve.gateway import resolve_gateway_routes
from kong2x.resolve.ingress import translate_ingresses
from kong2x.resolve.kinds import GATEWAY, READ
from kong2x.resolve.kong_ingress_routes import report_inert_sections
from kong2x.resolve.plugins import attach_plugins
from kong2x.resolve.refusals import refuse
from kong2x.resolve.service_checks import check_services
from kong2x.resolve.services import ServiceBook, report_missing
from kong2x.resolve.streams import translate_streams
from kong2x.resolve.sweep import book_carried, sweep
from kong2x.resolve.world import World

__all__ = ["resolve"]


def resolve(
    objects: Sequence[SourceObject],
    facts: SourceFacts,
    ledger: Ledger,
    *,
    parse_yaml: Callable[[str], object] | None = None,
) -> RouteModel:
    """What Kong serves from `objects`; every leaf of theirs is booked in `ledger`.

    Nothing that the objects say raises: mistakes become `findings`, and those that make Kong refuse
    its whole configuration `refusals`. `parse_yaml` reads the YAML text that a plugin's configuration
    may be taken from; without it such a configuration counts as unreadable.
    """
    world = World(objects, facts, ledger, parse_yaml=parse_yaml)
    model = RouteModel(facts, objects={obj.ref: obj for obj in objects})
    admitted = admit(world, model)
    book = ServiceBook(world, model, class_parameters(world))
    certificates = CertificateBook(world, model)
    for ingress in admitted.ingresses:
        certificates.add(ingress)
    work = translate_ingresses(world, model, book, admitted.ingresses)
    translate_default_backend(work, admitted.ingresses)
    for ingress in admitted.tcp:
        certificates.add(ingress)
    translate_streams(world, model, book, admitted.tcp, admitted.udp)
    report_missing(book)
    certificates.finish()
    used = {id(route.service) for route in model.routes} | {id(route.service) for route in model.streams}
    model.services.extend(service for service in book.by_name.values() if id(service) in used)
    if any(world.has(kind) for kind, groups in READ.items() if GATEWAY in groups):
        resolve_gateway_routes(world, model)
    resolve_consumers(world, model)
    attach_plugins(world, model)
    check_services(model)
    report_inert_sections(world, model)
    refuse(model)
    book_carried(model, ledger)
    report_nothing_converted(world, model)
    sweep(world, model, model.passed_through)
    return model
