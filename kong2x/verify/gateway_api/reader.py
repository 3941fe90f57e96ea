"""HTTPRoutes and GRPCRoutes read back, with the listeners that their parents mean."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from typing import Any

from kong2x.model.settings import Options
from kong2x.model.source import items, mapping, text
from kong2x.verify.gateway_api.entries import Match

BOTH = frozenset({"http", "https"})
PROTOCOLS = {"HTTP": frozenset({"http"}), "HTTPS": frozenset({"https"})}
Objects = Sequence[Mapping[str, Any]]


def read_matches(objects: Objects, options: Options | None = None) -> list[Match]:
    """Every match of every route object, in input order."""
    listeners = gateway_listeners(objects)
    sections = section_schemes(options)
    found: list[Match] = []
    for obj in objects:
        if obj.get("kind") in ("HTTPRoute", "GRPCRoute"):
            found += route_matches(obj, listeners, sections)
    return found


def gateway_listeners(objects: Objects) -> dict[tuple[str, str], dict[str, frozenset[str]]]:
    """For each Gateway among the objects, the schemes of its listeners by name."""
    found: dict[tuple[str, str], dict[str, frozenset[str]]] = {}
    for obj in objects:
        if obj.get("kind") == "Gateway":
            metadata = mapping(obj.get("metadata"))
            key = text(metadata.get("namespace")) or "default", text(metadata.get("name"))
            found[key] = {
                text(one.get("name")): PROTOCOLS.get(text(one.get("protocol")), frozenset())
                for one in map(mapping, items(mapping(obj.get("spec")).get("listeners")))
            }
    return found


def section_schemes(options: Options | None) -> dict[str, frozenset[str]]:
    """What a listener's name means where its Gateway is not at hand: the names stated by options."""
    settings = options.target_settings("gateway-api") if options else {}
    return {
        settings.get("http-section", "http"): PROTOCOLS["HTTP"],
        settings.get("https-section", "https"): PROTOCOLS["HTTPS"],
    }


def schemes_of(
    spec: Mapping[str, Any],
    namespace: str,
    listeners: Mapping[tuple[str, str], Mapping[str, frozenset[str]]],
    sections: Mapping[str, frozenset[str]],
) -> frozenset[str]:
    """The schemes of all listeners that the parents mean; an unknown listener may be either."""
    schemes: set[str] = set()
    for parent in map(mapping, items(spec.get("parentRefs"))):
        key = text(parent.get("namespace")) or namespace, text(parent.get("name"))
        section = text(parent.get("sectionName"))
        known = listeners.get(key)
        if known is None:
            schemes |= sections.get(section, BOTH) if section else BOTH
        elif section:
            schemes |= known.get(section, frozenset())
        else:
            schemes |= {scheme for one in known.values() for scheme in one}
    return frozenset(schemes) if spec.get("parentRefs") else BOTH


def route_matches(
    obj: Mapping[str, Any],
    listeners: Mapping[tuple[str, str], Mapping[str, frozenset[str]]],
    sections: Mapping[str, frozenset[str]],
) -> list[Match]:
    """The matches of one route object."""
    metadata, spec, kind = mapping(obj.get("metadata")), mapping(obj.get("spec")), text(obj.get("kind"))
    namespace, name = text(metadata.get("namespace")) or "default", text(metadata.get("name"))
    schemes = schemes_of(spec, namespace, listeners, sections)
    hostnames = [str(host).lower() for host in items(spec.get("hostnames"))]
    created = text(metadata.get("creationTimestamp"))
    found = []
    for position, rule in enumerate(map(mapping, items(spec.get("rules")) or [{}])):
        label = text(rule.get("name")) or str(position)
        for place, match in enumerate(map(mapping, items(rule.get("matches")) or [{}])):
            path_type, path, method = path_of(match, kind)
            found.append(
                Match(
                    f"{kind} {namespace}/{name} {label}",
                    hostnames,
                    schemes,
                    path_type,
                    path,
                    method,
                    conditions(match.get("headers"), caseless=True),
                    conditions(match.get("queryParams")),
                    rule,
                    namespace,
                    (created or "9999", f"{namespace}/{name}", position, place),
                )
            )
    return found


def path_of(match: Mapping[str, Any], kind: str) -> tuple[str, str, str]:
    """Path type, path and method of a match; a gRPC method is a path of POST requests."""
    if kind == "HTTPRoute":
        path = mapping(match.get("path"))
        return (
            text(path.get("type")) or "PathPrefix",
            text(path.get("value")) or "/",
            text(match.get("method")),
        )
    method = mapping(match.get("method"))
    service, name = text(method.get("service")), text(method.get("method"))
    if text(method.get("type")) == "RegularExpression":
        return "RegularExpression", f"/{service or '[^/]+'}/{name or '[^/]+'}", "POST"
    if service and name:
        return "Exact", f"/{service}/{name}", "POST"
    if name:
        return "RegularExpression", f"/[^/]+/{name}", "POST"
    return "PathPrefix", f"/{service}", "POST"


def conditions(written: object, *, caseless: bool = False) -> list[tuple[str, str, bool]]:
    """Header or query conditions; of several with one name the first counts."""
    found: dict[str, tuple[str, str, bool]] = {}
    for one in map(mapping, items(written)):
        name = text(one.get("name"))
        key = name.lower() if caseless else name
        found.setdefault(key, (name, str(one.get("value")), one.get("type") == "RegularExpression"))
    return list(found.values())
