"""Whether the server names of rules have certificates (traps T15, T71, T75)."""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from typing import Any

from kong2x.model.finding import Finding
from kong2x.model.source import items, mapping
from kong2x.validate.apisix import hint_codes as codes
from kong2x.validate.apisix.world import World
from kong2x.validate.gateway.edition import each


def certificates(world: World) -> Iterator[Finding]:
    """Hosts of rules that no ApisixTls, or only a wildcard of one label, covers."""
    names = {
        str(host).lower()
        for obj in world.kind("ApisixTls")
        for host in items(mapping(obj.value.get("spec")).get("hosts"))
    }
    names |= {
        str(host).lower()
        for obj in world.kind("Ingress")
        for _, entry in each(mapping(obj.value.get("spec")).get("tls"))
        for host in items(entry.get("hosts"))
    }
    wildcards = sorted(name for name in names if name.startswith("*."))
    for route, path, rule in world.rules("http"):
        match = mapping(rule.get("match"))
        for position, host in enumerate(items(match.get("hosts"))):
            name, here = str(host).lower(), (*path, "match", "hosts", position)
            if _covered(name, names):
                continue
            wide = next((found for found in wildcards if name.endswith(found[1:])), None)
            if wide:
                message = f"The host {name} is below {wide}, whose certificate covers one label only."
                yield codes.WILDCARD_DEPTH.finding(message, object=route.ref, path=here)
            elif _tls_only(rule):
                message = f"The rule serves {name} over TLS, and no ApisixTls here covers it."
                yield codes.NO_CERTIFICATE.finding(message, object=route.ref, path=here)
    for route, path, rule in world.rules("stream"):
        name = str(mapping(rule.get("match")).get("host") or "").lower()
        if name and not _covered(name, names):
            message = f"The rule asks for the server name {name}, and no ApisixTls here covers it."
            yield codes.STREAM_HOST.finding(message, object=route.ref, path=(*path, "match", "host"))


def _covered(name: str, names: set[str]) -> bool:
    """Whether a certificate's names cover all that `name` means as the host of a rule."""
    if name.startswith("*"):
        return "*" in names
    return name in names or "*" in names or f"*.{name.partition('.')[2]}" in names


def _tls_only(rule: Mapping[str, Any]) -> bool:
    """Whether a rule answers, or sends callers to, https."""
    for _, expr in each(mapping(rule.get("match")).get("exprs")):
        name = mapping(expr.get("subject")).get("name")
        if name == "scheme" and expr.get("op") == "Equal" and expr.get("value") == "https":
            return True
        if name == "ssl_server_name":
            return True
    for _, plugin in each(rule.get("plugins")):
        config = mapping(plugin.get("config"))
        if plugin.get("name") == "redirect" and plugin.get("enable", True):
            return config.get("http_to_https") is True or str(config.get("uri")).startswith("https://$host")
    return False
