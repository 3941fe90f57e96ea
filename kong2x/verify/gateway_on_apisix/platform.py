"""What belongs to the whole gateway: certificates, consumers and global plugins (apisix-target.md 1.8, 7.2)."""

from __future__ import annotations

import base64
import binascii
from collections.abc import Mapping
from typing import Any

from kong2x.model.source import items, mapping, text
from kong2x.verify.apisix.exchange import Caller
from kong2x.verify.gateway_on_apisix.attachment import listeners_of
from kong2x.verify.gateway_on_apisix.conditions import certificate_problem
from kong2x.verify.gateway_on_apisix.world import Object, World


def server_names(world: World) -> list[list[str]]:
    """For each certificate of a listener the server names that it is shown for."""
    found = []
    for _, gateway in world.every("Gateway"):
        if not world.serves(gateway) or not world.connected(gateway):
            continue
        for listener in listeners_of(gateway):
            tls = mapping(listener.get("tls"))
            if not items(tls.get("certificateRefs")) or tls.get("mode") == "Passthrough":
                continue
            if not certificate_problem(world, gateway, listener):
                host = text(listener.get("hostname")).lower()
                found.append([host] if host else list(world.certificate_names))
    return found


def callers(world: World) -> list[Caller]:
    """The consumers of APISIX; a credential whose Secret is missing is left out."""
    found = []
    for (namespace, name), consumer in world.every("Consumer"):
        spec = mapping(consumer.get("spec"))
        credentials = []
        for one in map(mapping, items(spec.get("credentials"))):
            settings = credential_settings(world, namespace, one)
            if settings is not None:
                credentials.append((text(one.get("name")), text(one.get("type")), settings))
        plugins = {
            text(one.get("name")): mapping(one.get("config"))
            for one in map(mapping, items(spec.get("plugins")))
        }
        found.append(Caller(f"{namespace}_{name}", credentials, plugins))
    return found


def credential_settings(world: World, namespace: str, one: Object) -> Mapping[str, Any] | None:
    """The settings of a credential, from its Secret where it names one."""
    if "secretRef" not in one:
        return mapping(one.get("config"))
    reference = mapping(one.get("secretRef"))
    key = text(reference.get("namespace")) or namespace, text(reference.get("name"))
    secret = world.get("Secret", key)
    if secret is None or not world.permits("Consumer", namespace, "Secret", key):
        return None
    plain = {name: decoded(str(value)) for name, value in mapping(secret.get("data")).items()}
    return {**plain, **mapping(secret.get("stringData"))}


def decoded(value: str) -> str:
    """A value of a Secret's `data`; what is no base64 stays as it is."""
    try:
        return base64.b64decode(value, validate=True).decode("utf-8", "replace")
    except (binascii.Error, ValueError):
        return value


def global_plugins(world: World) -> dict[str, Mapping[str, Any]]:
    """The plugins of GatewayProxies that are switched on; left out means off."""
    found = {}
    for _, proxy in world.every("GatewayProxy"):
        for one in map(mapping, items(mapping(proxy.get("spec")).get("plugins"))):
            if one.get("enabled") is True:
                found[text(one.get("name"))] = mapping(one.get("config"))
    return found
