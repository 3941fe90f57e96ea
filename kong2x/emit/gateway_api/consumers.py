"""What becomes of consumers and of plugins that act nowhere on a route."""

from __future__ import annotations

from kong2x.emit.gateway_api import codes_edge, codes_routes
from kong2x.emit.gateway_api.desk import Desk
from kong2x.emit.gateway_api.plugins import settle_lost
from kong2x.model.finding import Level
from kong2x.model.plugin import Consumer, PluginUse


def settle_consumers(desk: Desk) -> None:
    """The standard has no consumers: each is reported, with its plugins, as far as the profile does not carry it."""
    if desk.profile.keeps_kong:
        _settle_kept(desk)
    if desk.profile.carries_consumers:
        return
    for consumer in desk.model.consumers:
        if not desk.profile.settle_consumer(desk, consumer):
            _settle_lost_consumer(desk, consumer)
        for use in consumer.plugins:
            _lost_plugin(desk, use)


def _settle_lost_consumer(desk: Desk, consumer: Consumer) -> None:
    leaves = [leaf for found in consumer.provenance.values() for leaf in found]
    finding = codes_routes.CONSUMER_LOST.finding(
        f"{consumer.origin} and its credentials are not carried over to {desk.profile.title}.",
        object=consumer.origin,
        path=leaves[0].path if leaves else (),
    )
    desk.emission.findings.append(finding)
    for feature in consumer.provenance:
        desk.emission.settle_feature(consumer.provenance, feature, Level.UNSUPPORTED, finding.code)


def _settle_kept(desk: Desk) -> None:
    """Kong goes on serving its consumers."""
    for consumer in desk.model.consumers:
        for feature in consumer.provenance:
            desk.emission.settle_feature(consumer.provenance, feature, Level.EXACT)
        for use in consumer.plugins:
            settle_lost(desk, use, "", Level.EXACT)


def _lost_plugin(desk: Desk, use: PluginUse) -> None:
    settle_lost(desk, use, codes_routes.CONSUMER_PLUGIN.id)
    desk.say(
        codes_routes.CONSUMER_PLUGIN,
        f"The plugin {use.plugin} for the consumer {use.consumer or use.group} acts nowhere.",
        leaf=use.attached,
    )


def settle_idle_plugins(desk: Desk) -> None:
    """Settles global and service plugins that no route runs: another instance hides them everywhere."""
    used = {id(use) for route in desk.model.routes for use in route.plugins}
    keys = {use.key for route in desk.model.routes for use in route.plugins}
    services = [use for service in desk.model.services for use in service.plugins]
    for use in (*desk.model.global_plugins, *services):
        if id(use) not in used and use.key not in keys:
            kept = desk.profile.keeps_kong
            settle_lost(desk, use, codes_edge.UNREACHABLE.id, Level.EXACT if kept else Level.IGNORED)
