"""The ApisixConsumer objects with their credentials and plugins."""

from __future__ import annotations

import re
from collections import Counter
from collections.abc import Sequence
from dataclasses import replace
from typing import Any

from kong2x.emit.apisix import codes, security
from kong2x.emit.apisix.compose import settle_lost, with_fragment
from kong2x.emit.apisix.credentials import AUTH_BLOCKS, Written, written
from kong2x.emit.apisix.desk import Desk
from kong2x.emit.apisix.identity import PLUGINS_OF_CONSUMERS
from kong2x.emit.apisix.merging import Config, merged
from kong2x.emit.apisix.metadata import carried
from kong2x.emit.apisix.naming import on_controller
from kong2x.emit.apisix.overlaps import closes, tell_identity
from kong2x.emit.apisix.plugin_configs import entry
from kong2x.model.consumer_names import consumer_name, consumer_object, further_objects
from kong2x.model.finding import Level, Protects
from kong2x.model.labels import ACL_MEMBER, acl_label, sets_identity
from kong2x.model.plugin import Consumer, MappedPlugin
from kong2x.model.route import Feature

FIRST_LOGIN = 1600
"""Kong's priority of mtls-auth, which runs before every other login (kong-source.md 7)."""
_LABEL_VALUE = re.compile(r"[A-Za-z0-9](?:[-A-Za-z0-9_.]{0,61}[A-Za-z0-9])?")


def emit_consumers(desk: Desk) -> None:
    """One ApisixConsumer for each KongConsumer; a further one for each further credential of a type."""
    tell_identity(desk)
    for consumer in desk.model.consumers:
        _emit(consumer, desk)
        desk.settle_rest(consumer.provenance)


def _emit(consumer: Consumer, desk: Desk) -> None:
    everybody = desk.model.consumers
    name = consumer_object(consumer, everybody)
    called = on_controller(consumer_name(consumer, everybody), desk.choices.controller)
    if consumer.username and consumer.username != called:
        desk.say(
            codes.CONSUMER_NAME,
            f"The consumer {consumer.username} is called {called} on APISIX, in X-Consumer-Username too.",
            about=consumer,
        )
    credentials = [found for found in (written(c, consumer, desk) for c in consumer.credentials) if found]
    rounds = _rounds(credentials)
    plugins, closed = _plugins(consumer, desk)
    if closed:
        _leave_out(consumer, closed, desk)
        return
    if not credentials and desk.choices.controller < (2, 1):
        desk.say(
            codes.CONSUMER_PLUGINS,
            f"The consumer {called} is left out, and guests who come in under its name are refused: a consumer without "
            "credentials needs the APISIX ingress controller 2.1.",
            about=consumer,
            feature=Feature.CONSUMER,
        )
        return
    extra_names = []
    for own, chosen in zip([name, *further_objects(consumer, everybody)], rounds, strict=False):
        if own != name:
            extra_names.append(own)
        desk.add(_object(consumer, own, chosen, plugins, desk), consumer.origin)
        for found in chosen if desk.choices.controller >= (2, 1) else chosen[:1]:
            if found.secret is not None and found.secret_value is not None:
                desk.add(found.secret_value, found.secret, consumer.origin)
    if extra_names:
        counts = Counter(found.block for found in credentials)
        several = sorted(block for block, count in counts.items() if count > 1)
        desk.say(
            codes.SECOND_CREDENTIAL,
            f"The consumer has several credentials of one type ({', '.join(several)}); further ones are written as the "
            f"consumers {', '.join(extra_names)}, which have limits and names of their own.",
            about=consumer,
            feature=Feature.CREDENTIALS,
        )


def _rounds(credentials: Sequence[Written]) -> list[list[Written]]:
    """The credentials in groups with each type once; one empty group for a consumer without any."""
    rounds: list[list[Written]] = [[]]
    for found in sorted(credentials, key=lambda one: AUTH_BLOCKS.index(one.block)):
        for group in rounds:
            if all(other.block != found.block for other in group):
                group.append(found)
                break
        else:
            rounds.append([found])
    return rounds


def _object(
    consumer: Consumer, name: str, chosen: Sequence[Written], plugins: Sequence[dict[str, Any]], desk: Desk
) -> dict[str, Any]:
    metadata = {"name": name, **carried(consumer.origin, desk)}
    source = {key: value for key, value in metadata.pop("labels", {}).items() if not sets_identity(key)}
    labels = {**source, **_labels(consumer, desk)}
    if labels:
        metadata["labels"] = labels
    spec: dict[str, Any] = {"ingressClassName": desk.choices.ingress_class}
    alone = [found for found in chosen if not found.config]
    chosen = [*alone, *(found for found in chosen if found.config)]
    if alone:
        spec["authParameter"] = {chosen[0].block: chosen[0].parameter()}
    further = [found.plugin() for found in chosen[1 if alone else 0 :]]
    if further and desk.choices.controller < (2, 1):
        desk.say(
            codes.SECOND_TYPE,
            "The consumer has credentials of several types; the APISIX ingress controller takes one of them before "
            f"release 2.1, so only {chosen[0].block} is written.",
            about=consumer,
            feature=Feature.CREDENTIALS,
        )
        further = []
    if further or plugins:
        spec["plugins"] = [*further, *plugins]
    return {
        "apiVersion": "apisix.apache.org/v2",
        "kind": "ApisixConsumer",
        "metadata": metadata,
        "spec": spec,
    }


def _labels(consumer: Consumer, desk: Desk) -> dict[str, str]:
    """Groups of the acl plugin and the custom id: labels are what APISIX knows of a consumer."""
    out = {acl_label(group): ACL_MEMBER for group in consumer.acl_groups}
    if consumer.custom_id:
        if _LABEL_VALUE.fullmatch(consumer.custom_id) and desk.choices.controller >= (2, 1):
            out["custom_id"] = consumer.custom_id
        else:
            desk.say(
                codes.CUSTOM_ID,
                "The custom id of the consumer cannot be a label, so X-Consumer-Custom-ID is not sent.",
                about=consumer,
                feature=Feature.CONSUMER,
            )
    return out


def _leave_out(consumer: Consumer, plugins: Sequence[str], desk: Desk) -> None:
    """A consumer whose own access check is lost must not be able to log in."""
    desk.say(
        codes.DENIED,
        f"The consumer is left out because {', '.join(plugins)} cannot be carried over; its credentials are refused.",
        about=consumer,
    )
    for feature in (Feature.CONSUMER, Feature.CREDENTIALS, Feature.CONSUMER_GROUPS, Feature.PLUGINS):
        desk.emission.settle_feature(consumer.provenance, feature, Level.UNSUPPORTED, codes.DENIED.id)


def _plugins(consumer: Consumer, desk: Desk) -> tuple[list[dict[str, Any]], list[str]]:
    """The plugins of the consumer itself, and those whose loss must close it.

    What the route also has is told (plugin-mapping.md 2.5).
    """
    found: dict[str, Config] = {}
    closing: list[str] = []
    for use in consumer.plugins:
        mapped = desk.map(use)
        if desk.choices.controller < (2, 1):
            if mapped.protects is Protects.ACCESS:
                closing.append(use.plugin)
            desk.say(
                codes.CONSUMER_PLUGINS,
                f"{use.label} stands on the routes, where that can be said there, and counts for each of them: "
                "plugins of consumers need the APISIX ingress controller 2.1.",
                about=consumer,
                feature=Feature.PLUGINS,
            )
            continue
        if mapped.priority > FIRST_LOGIN and mapped.lost is not Protects.ACCESS:
            _ignore(mapped, desk)
            continue
        strict = desk.choices.on_loss == "deny-all"
        lost = mapped.lost is Protects.ACCESS or (mapped.lost is Protects.PROTECTION and strict)
        if closes(consumer, mapped, desk) or lost:
            closing.append(use.plugin)
        for name, body in mapped.fragments.items():
            joined = merged(name, found[name], body) if name in found else dict(body)
            if joined is not None:
                found[name] = joined
                continue
            desk.say(
                replace(codes.PLUGIN_CLASH, protects=mapped.protects),
                f"{use.label} is left out where another plugin of the consumer already uses APISIX's {name}.",
                about=consumer,
                feature=Feature.PLUGINS,
            )
            settle_lost(mapped, codes.PLUGIN_CLASH.id, desk)
            if mapped.protects is Protects.ACCESS:
                closing.append(use.plugin)
    if desk.consumers_remove and desk.choices.controller >= PLUGINS_OF_CONSUMERS:
        found = with_fragment(found, "proxy-rewrite", {"headers": {"remove": list(desk.consumers_remove)}})
    desk.emission.settle_feature(consumer.provenance, Feature.PLUGINS, Level.EXACT)
    if desk.choices.on_loss == "open":
        closing = [name for name in closing if not _accepted(consumer, name, desk)]
    return [entry(name, found[name]) for name in sorted(found)], closing


def _ignore(mapped: MappedPlugin, desk: Desk) -> None:
    """Books a plugin that Kong runs before any login, so that it never acts for a consumer."""
    use = mapped.use
    places = [leaf for path in mapped.levels for leaf in use.fed_by(path)]
    desk.emission.settle(places, Level.IGNORED, "plugins/before-authentication")


def _accepted(consumer: Consumer, plugin: str, desk: Desk) -> bool:
    """Whether the loss of a plugin of the consumer was accepted by name."""
    uses = [use for use in consumer.plugins if use.plugin == plugin]
    return all(security.accepted(desk.map(use).findings, desk) for use in uses)
