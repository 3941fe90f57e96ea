"""The GatewayProxy of a written Gateway: the way to the data plane, and what exists once a gateway."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

from kong2x.emit.gateway_api.desk import Desk
from kong2x.emit.gateway_api.draft import Draft
from kong2x.emit.gateway_api.profiles.apisix import codes
from kong2x.model.target import Manifest

NAME = "apisix"
"""The name where none is chosen."""


def writes_proxy(desk: Desk) -> bool:
    """Whether the GatewayProxy is wanted; it belongs to a Gateway that is written."""
    return desk.choices.create_gateway and desk.choices.get("create-gateway-proxy") is True


def proxy_name(desk: Desk) -> str:
    """The GatewayProxy that a written Gateway names, empty where nobody named one."""
    return desk.choices.text("gateway-proxy") or (NAME if writes_proxy(desk) else "")


def gateway_proxy(desk: Desk, namespace: str, metadata: Mapping[str, Any]) -> list[Manifest]:
    """The object, with the names that the charts give the admin Service; those are told."""
    if not writes_proxy(desk):
        return []
    name = proxy_name(desk)
    desk.say_once(
        f"{namespace}/{name}",
        codes.PROXY_WRITTEN,
        f"The GatewayProxy {namespace}/{name} names the Service apisix-admin and the Secret apisix-admin-key: "
        "compare both with the installation.",
    )
    key = {"name": "apisix-admin-key", "key": "admin-key"}
    auth = {"type": "AdminKey", "adminKey": {"valueFrom": {"secretKeyRef": key}}}
    plane = {"service": {"name": "apisix-admin", "port": 9180}, "auth": auth}
    spec: dict[str, Any] = {"provider": {"type": "ControlPlane", "controlPlane": plane}}
    if metadata:
        spec["pluginMetadata"] = dict(metadata)
    value = {
        "apiVersion": "apisix.apache.org/v1alpha1",
        "kind": "GatewayProxy",
        "metadata": {"name": name, "namespace": namespace},
        "spec": spec,
    }
    return [Manifest(value)]


def plugin_metadata(desk: Desk, drafts: list[Draft]) -> dict[str, Any]:
    """The gateway-wide settings of all plugins; each is told where no GatewayProxy is written for it."""
    found: dict[str, Any] = {}
    for draft in drafts:
        for mapped in draft.own:
            for plugin, body in mapped.gateway_wide.items():
                name = plugin.removeprefix("gateway/")
                if writes_proxy(desk) and found.setdefault(name, body) == body:
                    continue
                desk.say_once(
                    f"{plugin} {mapped.use.key}",
                    codes.METADATA,
                    f"The setting of {mapped.use.plugin} for the whole gateway is not written: it belongs to "
                    f"pluginMetadata.{name} of the GatewayProxy.",
                    route=draft.route,
                )
    return dict(sorted(found.items()))
