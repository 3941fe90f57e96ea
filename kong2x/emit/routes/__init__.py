"""The route model itself as a target: what Kong serves, in Kong's own terms.

It maps nothing and so loses nothing; as the third emitter it keeps the seam between the route model
and the targets honest, and `kong2x routes` reads its answers from the same model.
"""

from __future__ import annotations

from collections.abc import Iterable, Mapping, Sequence
from dataclasses import asdict
from typing import Any

from kong2x.model.finding import Level
from kong2x.model.plugin import Consumer, PluginMapper, PluginUse
from kong2x.model.route import Certificate, Provenance, Route, RouteModel, Service, StreamRoute
from kong2x.model.settings import Options
from kong2x.model.source import Leaf, ObjectRef, leaves
from kong2x.model.target import Emission, Manifest, Setting
from kong2x.model.traffic import Router

API_VERSION = "kong2x.io/v1alpha1"


class RoutesEmitter:
    """Writes one `KongRoutes` object a source object, and one `KongConsumer` view a consumer."""

    name = "routes"
    title = "the route model"
    versions: Sequence[str] = ("1",)
    channels: Sequence[str] = ()
    settings: Sequence[Setting] = ()
    mapping_folder = ""
    schema_folder = ""

    def vocabularies(self, options: Options) -> Sequence[str]:
        """None: plugins are shown as they are."""
        return ()

    def emit(self, model: RouteModel, mapper: PluginMapper, options: Options) -> Emission:
        """Every element of the model, and every traced feature settled as exact."""
        emission = Emission()
        by_origin: dict[ObjectRef, list[dict[str, Any]]] = {}
        for route in model.routes:
            by_origin.setdefault(route.origin, []).append(route_data(route))
        for stream in model.streams:
            by_origin.setdefault(stream.origin, []).append(stream_data(stream))
        for origin, rows in by_origin.items():
            emission.manifests.append(manifest("KongRoutes", origin, {"routes": rows}))
        for consumer in model.consumers:
            emission.manifests.append(manifest("KongConsumerView", consumer.origin, consumer_data(consumer)))
        settle_all(emission, model)
        return emission

    def router(self, objects: Sequence[Mapping[str, Any]], options: Options) -> Router | None:
        """None: the source's own router answers for the route model."""
        return None


def manifest(kind: str, origin: ObjectRef, spec: dict[str, Any]) -> Manifest:
    """One object of the neutral form, named after its source; the kind is part of the name."""
    metadata = {"name": f"{origin.name}.{origin.kind.lower()}", "namespace": origin.namespace or "default"}
    return Manifest({"apiVersion": API_VERSION, "kind": kind, "metadata": metadata, "spec": spec}, (origin,))


def route_data(route: Route) -> dict[str, Any]:
    """A route in Kong's words; what has Kong's default is left out."""
    return compact(
        {
            "name": route.name,
            "hosts": list(route.hosts),
            "paths": [
                compact({"kind": str(p.kind), "value": p.value, "kong": list(p.kong)}) for p in route.paths
            ],
            "methods": list(route.methods),
            "headers": {header.name: list(header.values) for header in route.headers},
            "query": [asdict(query) for query in route.query],
            "snis": list(route.snis),
            "protocols": list(route.protocols),
            "httpsRedirectStatusCode": route.https_redirect_status_code if route.https_only else None,
            "stripPath": route.strip_path or None,
            "preserveHost": None if route.preserve_host else False,
            "regexPriority": route.regex_priority or None,
            "pathHandling": route.path_handling if route.path_handling != "v0" else None,
            "requestBuffering": None if route.request_buffering else False,
            "responseBuffering": None if route.response_buffering else False,
            "rewrite": asdict(route.rewrite) if route.rewrite else None,
            "service": service_data(route.service),
            "plugins": [plugin_data(use) for use in (*route.plugins, *route.consumer_plugins)],
        }
    )


def stream_data(stream: StreamRoute) -> dict[str, Any]:
    """An L4 route in Kong's words."""
    return compact(
        {
            "name": stream.name,
            "protocols": list(stream.protocols),
            "ports": list(stream.ports),
            "snis": list(stream.snis),
            "service": service_data(stream.service),
            "plugins": [plugin_data(use) for use in stream.plugins],
        }
    )


def service_data(service: Service) -> dict[str, Any]:
    """A Kong service; timeouts in ms."""
    upstream = service.upstream
    return compact(
        {
            "name": service.name,
            "protocol": service.protocol if service.protocol != "http" else None,
            "path": service.path if service.path not in (None, "/") else None,
            "connectTimeout": service.connect_timeout if service.connect_timeout != 60000 else None,
            "readTimeout": service.read_timeout if service.read_timeout != 60000 else None,
            "writeTimeout": service.write_timeout if service.write_timeout != 60000 else None,
            "retries": service.retries if service.retries != 5 else None,
            "backends": [compact({"address": b.address, "weight": b.weight}) for b in service.backends],
            "hostHeader": upstream.host_header,
            "algorithm": upstream.algorithm if upstream.algorithm != "round-robin" else None,
            "hashOn": upstream.hash_on if upstream.hash_on != "none" else None,
            "healthchecks": dict(upstream.healthchecks),
            "tlsVerify": service.tls_verify,
        }
    )


def plugin_data(use: PluginUse) -> dict[str, Any]:
    """A plugin use without its configuration, which may hold secrets."""
    return compact({"plugin": use.plugin, "scope": use.scope, "from": use.label, "consumer": use.consumer})


def consumer_data(consumer: Consumer) -> dict[str, Any]:
    """A consumer with the types of its credentials, never their values."""
    return compact(
        {
            "username": consumer.username,
            "customId": consumer.custom_id,
            "credentials": [credential.type for credential in consumer.credentials],
            "aclGroups": list(consumer.acl_groups),
            "groups": list(consumer.groups),
            "plugins": [plugin_data(use) for use in consumer.plugins],
        }
    )


def compact(values: dict[str, Any]) -> dict[str, Any]:
    """The mapping without what is empty or absent."""
    return {key: value for key, value in values.items() if value not in (None, "", [], {}, ())}


def settle_all(emission: Emission, model: RouteModel) -> None:
    """Settles every feature of every element, and every plugin setting."""
    elements: list[Route | StreamRoute | Service | Consumer | Certificate] = [
        *model.routes,
        *model.streams,
        *model.services,
        *model.consumers,
        *model.certificates,
    ]
    for element in elements:
        settle_provenance(emission, element.provenance)
    uses: list[PluginUse] = list(model.global_plugins)
    for element in elements:
        uses += getattr(element, "plugins", ())
        uses += getattr(element, "consumer_plugins", ())
    for use in uniquely(uses):
        if use.origin is not None:
            for path in leaves(dict(use.config)):
                emission.settle((Leaf(use.origin, (*use.config_path, *path)),), Level.EXACT, "plugin")


def settle_provenance(emission: Emission, provenance: Provenance) -> None:
    """Settles every feature of one element."""
    for feature, where in provenance.items():
        emission.settle(where, Level.EXACT, str(feature))


def uniquely(uses: Iterable[PluginUse]) -> list[PluginUse]:
    """Each use once, in order."""
    return list({id(use): use for use in uses}.values())


EMITTER = RoutesEmitter()
