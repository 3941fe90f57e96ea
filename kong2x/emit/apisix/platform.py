"""What a cluster needs besides the converted objects, and the differences that hold for every route."""

from __future__ import annotations

import json
from collections.abc import Mapping
from typing import Any

from kong2x.emit.apisix import codes
from kong2x.emit.apisix.desk import Desk


def emit_platform(desk: Desk) -> None:
    """IngressClass and GatewayProxy where they were asked for, otherwise what is missing."""
    choices = desk.choices
    metadata = _plugin_metadata(desk)
    if choices.create_ingress_class and choices.controller >= (2, 0):
        desk.add(_ingress_class(desk))
    if choices.create_gateway_proxy and choices.controller >= (2, 0):
        desk.add(_gateway_proxy(desk, metadata))
        desk.say(
            codes.GATEWAY_PROXY,
            f"The GatewayProxy {choices.gateway_proxy_namespace}/{choices.gateway_proxy} is written "
            "with assumed names: "
            "compare the admin Service and the Secret of the admin key with the installation.",
        )
    elif choices.controller >= (2, 0):
        desk.say(
            codes.GATEWAY_PROXY,
            f"Nothing is programmed unless the IngressClass {choices.ingress_class} refers to a GatewayProxy, and the "
            "controller reports no error without one; neither is written.",
        )
    if metadata and not choices.create_gateway_proxy:
        text = json.dumps(metadata, sort_keys=True)
        desk.say(
            codes.PLUGIN_METADATA,
            "Settings that APISIX keeps once for the whole gateway have to go into "
            f"spec.pluginMetadata of the GatewayProxy: {text}",
        )


def tell_general(desk: Desk) -> None:
    """The differences of APISIX that no manifest can take away, each told once."""
    model = desk.model
    if not model.routes:
        return
    desk.say(
        codes.RAW_PATH,
        "Without a rewrite APISIX forwards the path as it was sent (double slashes, dot segments, "
        "needless escapes), and "
        "with one %2F becomes a slash; Kong forwards the normalised path and keeps %2F.",
    )
    if any(path.value != "/" for route in model.routes for path in route.paths):
        desk.say(
            codes.DECODED_PATH,
            "APISIX decodes every percent-encoded character before it compares paths, %2F included; "
            "Kong leaves reserved "
            "characters encoded, so such requests match paths here that they did not match in Kong.",
        )
    if any(route.hosts for route in model.routes):
        desk.say(
            codes.HOST_CASE,
            "APISIX compares the Host header without case; Kong answers 404 to upper case letters.",
        )
    if not desk.choices.default_retries:
        desk.say(
            codes.DEFAULT_RETRIES,
            "Kong tries a failed connection five more times; APISIX tries each other endpoint once, "
            "where no ApisixUpstream "
            "says otherwise.",
        )


def _plugin_metadata(desk: Desk) -> dict[str, Any]:
    """The gateway-wide settings of all plugins; two that differ are told."""
    out: dict[str, Any] = {}
    for mapped in desk.mapped():
        for plugin, body in mapped.gateway_wide.items():
            name = plugin.removeprefix("gateway/")
            old = out.get(name)
            if old is not None and _disagree(old, body):
                desk.say(
                    codes.METADATA_CONFLICT,
                    f"Two plugins want different settings of {name} for the whole gateway; the first is taken.",
                )
                continue
            out[name] = {**body, **(old or {})} if isinstance(body, Mapping) else body
    return dict(sorted(out.items()))


def _disagree(one: Any, other: Any) -> bool:
    if isinstance(one, Mapping) and isinstance(other, Mapping):
        return any(one[key] != other[key] for key in one.keys() & other.keys())
    return bool(one != other)


def _ingress_class(desk: Desk) -> dict[str, Any]:
    choices = desk.choices
    return {
        "apiVersion": "networking.k8s.io/v1",
        "kind": "IngressClass",
        "metadata": {"name": choices.ingress_class},
        "spec": {
            "controller": "apisix.apache.org/apisix-ingress-controller",
            "parameters": {
                "apiGroup": "apisix.apache.org",
                "kind": "GatewayProxy",
                "name": choices.gateway_proxy,
                "namespace": choices.gateway_proxy_namespace,
                "scope": "Namespace",
            },
        },
    }


def _gateway_proxy(desk: Desk, metadata: Mapping[str, Any]) -> dict[str, Any]:
    choices = desk.choices
    key = {"name": "apisix-admin-key", "key": "admin-key"}
    control = {
        "service": {"name": "apisix-admin", "port": 9180},
        "auth": {"type": "AdminKey", "adminKey": {"valueFrom": {"secretKeyRef": key}}},
    }
    spec: dict[str, Any] = {"provider": {"type": "ControlPlane", "controlPlane": control}}
    if metadata:
        spec["pluginMetadata"] = dict(metadata)
    return {
        "apiVersion": "apisix.apache.org/v1alpha1",
        "kind": "GatewayProxy",
        "metadata": {"name": choices.gateway_proxy, "namespace": choices.gateway_proxy_namespace},
        "spec": spec,
    }
