"""Whether consumers, TLS objects, policies and gateway connections of the controller work as written."""

from __future__ import annotations

import re
from collections.abc import Iterator, Mapping
from typing import Any

from kong2x.model.source import Path, items, mapping
from kong2x.validate.apisix import codes, plugin_trap_codes, trap_codes
from kong2x.validate.apisix.routes import AUTH_TYPES
from kong2x.validate.explain import Problem
from kong2x.validate.gateway.edition import each

_LABELLED = ("ApisixRoute", "ApisixConsumer", "Consumer", "ApisixUpstream")
_ROUTES = ("TCPRoute", "UDPRoute", "TLSRoute")


def labels(obj: Mapping[str, Any], kind: str) -> Iterator[Problem]:
    """Labels that are copied into APISIX, which takes no empty one."""
    if kind in _LABELLED:
        for key, value in mapping(mapping(obj.get("metadata")).get("labels")).items():
            if value == "":
                where: Path = ("metadata", "labels", key)
                yield Problem(codes.LABEL_EMPTY, where, f"The label {key} is empty and is copied to APISIX.")


def consumer(obj: Mapping[str, Any], kind: str, release: tuple[int, ...]) -> Iterator[Problem]:
    """The problems of one ApisixConsumer or Consumer."""
    name = str(mapping(obj.get("metadata")).get("name", ""))
    if not re.fullmatch(r"[a-zA-Z0-9_-]*", name):
        message = f"The consumer name {name} holds a dot; APISIX takes letters, digits, - and _."
        yield Problem(codes.CONSUMER_NAME, ("metadata", "name"), message)
    auth = mapping(mapping(obj.get("spec")).get("authParameter"))
    used = [block for block in AUTH_TYPES if block in auth]
    if len(used) > 1:
        for block in used[1:]:
            message = f"The consumer has {used[0]} too, so {block} is not used."
            yield Problem(plugin_trap_codes.AUTH_IGNORED, ("spec", "authParameter", block), message)
    value = mapping(mapping(auth.get("jwtAuth")).get("value"))
    algorithm = value.get("algorithm")
    keys = [value.get(key) for key in ("public_key", "private_key")]
    symmetric = not algorithm or algorithm in ("HS256", "HS384", "HS512")
    has_key = any(isinstance(key, str) and key.strip() for key in keys)
    if not symmetric and not has_key and release >= (2, 1):
        message = f"The algorithm {algorithm} needs public_key."
        yield Problem(codes.JWT_KEY, ("spec", "authParameter", "jwtAuth", "value"), message)


def tls(obj: Mapping[str, Any]) -> Iterator[Problem]:
    """The problems of one ApisixTls."""
    client = mapping(obj.get("spec")).get("client")
    if isinstance(client, Mapping) and "depth" not in client:
        message = "Client certificates are asked for and no depth is given, which means 0."
        yield Problem(plugin_trap_codes.TLS_DEPTH, ("spec", "client"), message)


def gateway_proxy(obj: Mapping[str, Any]) -> Iterator[Problem]:
    """The problems of one GatewayProxy, the rules of its CRD first."""
    spec = mapping(obj.get("spec"))
    here: Path = ("spec", "provider")
    provider = mapping(spec.get("provider"))
    if provider.get("type") == "ControlPlane" and "controlPlane" not in provider:
        yield Problem(codes.PROXY_PROVIDER, here, "The provider has type ControlPlane and no controlPlane.")
    plane = provider.get("controlPlane")
    if isinstance(plane, Mapping):
        if ("endpoints" in plane) == ("service" in plane):
            words = "both endpoints and service" if "service" in plane else "neither endpoints nor service"
            yield Problem(codes.PROXY_ENDPOINT, (*here, "controlPlane"), f"The control plane has {words}.")
        yield from _admin_key(mapping(plane.get("auth")), (*here, "controlPlane", "auth"))
    for path, plugin in each(spec.get("plugins"), ("spec", "plugins")):
        if plugin.get("enabled", False) is not True:
            message = (
                f"Plugin {plugin.get('name')} is not enabled; the key is enabled here, its default false."
            )
            yield Problem(plugin_trap_codes.PROXY_PLUGIN_OFF, path, message)


def _admin_key(auth: Mapping[str, Any], path: Path) -> Iterator[Problem]:
    if auth.get("type") == "AdminKey" and "adminKey" not in auth:
        yield Problem(codes.PROXY_AUTH, path, "The type is AdminKey and there is no adminKey.")
    key = auth.get("adminKey")
    if isinstance(key, Mapping) and ("value" in key) == ("valueFrom" in key):
        words = "both value and valueFrom" if "value" in key else "neither value nor valueFrom"
        yield Problem(codes.PROXY_AUTH, (*path, "adminKey"), f"The admin key has {words}.")


def route_policy(obj: Mapping[str, Any]) -> Iterator[Problem]:
    """The problems of one HTTPRoutePolicy."""
    spec = mapping(obj.get("spec"))
    if "priority" not in spec:
        message = "The policy has no priority, so that of its routes becomes 0."
        yield Problem(plugin_trap_codes.POLICY_PRIORITY, ("spec",), message)
    for position, condition in enumerate(items(spec.get("vars"))):
        if not _texts(condition):
            message = (
                "The condition holds a value that is no text, and the controller drops the whole condition."
            )
            yield Problem(trap_codes.VARS_DROPPED, ("spec", "vars", position), message)


def _texts(value: Any) -> bool:
    return isinstance(value, str) or (isinstance(value, list) and all(_texts(part) for part in value))


def stream_policy(obj: Mapping[str, Any]) -> Iterator[Problem]:
    """The problems of one L4RoutePolicy, by the rules of its CRD."""
    for path, ref in each(mapping(obj.get("spec")).get("targetRefs"), ("spec", "targetRefs")):
        if ref.get("kind") not in _ROUTES or ref.get("group") != "gateway.networking.k8s.io":
            message = (
                f"The policy targets {ref.get('kind')} {ref.get('name')}; it is for {', '.join(_ROUTES)}."
            )
            yield Problem(codes.POLICY_TARGET, path, message)
