"""Turns the route model into Gateway API objects: rules, their order, objects, and what belongs to them."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from typing import Any

from kong2x.emit.gateway_api.certificates import certificate_objects
from kong2x.emit.gateway_api.choices import NAME, SETTINGS, Choices
from kong2x.emit.gateway_api.claims import tell_unclaimed
from kong2x.emit.gateway_api.consumers import settle_consumers, settle_idle_plugins
from kong2x.emit.gateway_api.desk import Desk
from kong2x.emit.gateway_api.draft import Draft
from kong2x.emit.gateway_api.gateway import gateway_objects, settle_certificates, tell_uncertified
from kong2x.emit.gateway_api.grants import grants
from kong2x.emit.gateway_api.grpc import grpc_origins
from kong2x.emit.gateway_api.pack import pack
from kong2x.emit.gateway_api.parents import Attachment
from kong2x.emit.gateway_api.precedence import Precedence
from kong2x.emit.gateway_api.profiles import profile_named
from kong2x.emit.gateway_api.rules import route_drafts
from kong2x.emit.gateway_api.settle import (
    settle_route,
    settle_service,
    settle_stream,
    tell_default_timeout,
    tell_host_case,
)
from kong2x.emit.gateway_api.streams import stream_objects
from kong2x.emit.gateway_api.upstream_tls import tls_policies
from kong2x.emit.gateway_api.versions import CHANNELS, VERSIONS, schema_for
from kong2x.model.plugin import PluginMapper
from kong2x.model.route import RouteModel, Service
from kong2x.model.settings import Options
from kong2x.model.target import Emission, Setting
from kong2x.model.traffic import Router


class GatewayApiEmitter:
    """The target `gateway-api`."""

    name = NAME
    title = "Gateway API"
    versions: Sequence[str] = VERSIONS
    channels: Sequence[str] = CHANNELS
    settings: Sequence[Setting] = SETTINGS
    mapping_folder = ""
    schema_folder = ""

    def vocabularies(self, options: Options) -> Sequence[str]:
        """The mapping vocabularies of the chosen implementation, most wanted first."""
        return profile_named(Choices.of(options).text("implementation")).vocabularies

    def emit(self, model: RouteModel, mapper: PluginMapper, options: Options) -> Emission:
        """All objects for the model, with findings and the outcome of each traced feature."""
        choices = Choices.of(options)
        desk = Desk(
            model,
            mapper,
            options,
            choices,
            schema_for(options.target_version, options.channel),
            profile_named(choices.text("implementation")),
        )
        attachment = Attachment(desk)
        desk.grpc = grpc_origins(desk)
        precedence = Precedence(desk, attachment)
        drafts = precedence.order(_drafts(desk))
        own = desk.profile.finish(desk, drafts)
        packed = pack(desk, attachment, drafts)
        streams, listeners = stream_objects(desk, attachment)
        out = [
            *gateway_objects(desk, attachment, listeners),
            *certificate_objects(desk),
            *(one.manifest for one in packed),
            *streams,
            *tls_policies(desk, _served(drafts)),
            *own,
            *desk.profile.policies(desk, packed),
        ]
        tell_unclaimed(desk, packed, out)
        desk.emission.manifests = [*out, *grants(desk, out)]
        settle_certificates(desk, attachment)
        tell_default_timeout(desk, _served(drafts))
        tell_host_case(desk)
        tell_uncertified(desk, (host for draft in drafts for host in draft.hosts))
        _settle(desk, drafts, precedence.unreached)
        desk.close_plugins()
        return desk.emission

    def router(self, objects: Sequence[Mapping[str, Any]], options: Options) -> Router | None:
        """A model of who answers, read back from emitted objects: that of the chosen implementation."""
        profile = profile_named(Choices.of(options).text("implementation"))
        if profile.facts.router == "apisix":
            from kong2x.verify.gateway_on_apisix import gateway_on_apisix

            return gateway_on_apisix(objects, options)
        from kong2x.verify.gateway_api import gateway_router

        return gateway_router(objects, options)


def _drafts(desk: Desk) -> list[Draft]:
    out: list[Draft] = []
    for position, route in enumerate(desk.model.routes):
        out += route_drafts(desk, route, position)
    return out


def _served(drafts: Sequence[Draft]) -> list[Service]:
    """The services of rules that reach their backend, each once."""
    return list({id(d.route.service): d.route.service for d in drafts if d.backends}.values())


def _settle(desk: Desk, drafts: Sequence[Draft], unreached: set[int]) -> None:
    by_route: dict[int, list[Draft]] = {}
    for draft in drafts:
        if draft.role in ("", "shadow"):
            by_route.setdefault(id(draft.route), []).append(draft)
    services: dict[int, tuple[Service, bool]] = {}
    for route in desk.model.routes:
        own = by_route.get(id(route), [])
        state = "served" if own else "unreached" if id(route) in unreached else "empty"
        if own and all(draft.denied for draft in own):
            state = "denied"
        settle_route(desk, route, state)
        kept = services.get(id(route.service), (route.service, True))[1] and route.preserve_host
        services[id(route.service)] = (route.service, kept)
    for stream in desk.model.streams:
        settle_stream(desk, stream)
        services.setdefault(id(stream.service), (stream.service, True))
    for service in desk.model.services:
        services.setdefault(id(service), (service, True))
    for service, kept in services.values():
        settle_service(desk, service, hosts_kept=kept)
    settle_consumers(desk)
    settle_idle_plugins(desk)


EMITTER = GatewayApiEmitter()
