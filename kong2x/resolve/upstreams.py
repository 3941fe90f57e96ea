"""How Kong balances a service: KongUpstreamPolicy, and what of KongIngress still acts."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

from kong2x.model.route import Feature, Upstream
from kong2x.model.source import Leaf, SourceObject, leaves, mapping, text
from kong2x.resolve import service_codes as codes
from kong2x.resolve.annotations import PREFIX
from kong2x.resolve.service_options import ServiceNotes
from kong2x.resolve.upstream_checks import policy_problem, snake

_HASH_FIELDS = (
    "hash_on_header",
    "hash_fallback_header",
    "hash_on_cookie",
    "hash_on_cookie_path",
    "hash_on_query_arg",
    "hash_fallback_query_arg",
    "hash_on_uri_capture",
    "hash_fallback_uri_capture",
)
_TEXT_FIELDS = ("algorithm", "hash_on", "hash_fallback", "host_header")
_PROXY = {
    "protocol": (Feature.SERVICE_PROTOCOL, "protocol", str),
    "path": (Feature.SERVICE_PATH, "path", str),
    "retries": (Feature.RETRIES, "retries", int),
    "connect_timeout": (Feature.CONNECT_TIMEOUT, "connect_timeout", int),
    "read_timeout": (Feature.READ_TIMEOUT, "read_timeout", int),
    "write_timeout": (Feature.WRITE_TIMEOUT, "write_timeout", int),
}


def apply_kong_ingress(on: ServiceNotes) -> bool:
    """Applies the KongIngress that `konghq.com/override` names; False when host-header is then skipped."""
    name = on.value("override")
    if not name:
        return True
    key = PREFIX + "override"
    if on.gateway:
        on.ignored(key, codes.OVERRIDE_GATEWAY, f"{key} does nothing for a route of the Gateway API.")
        return on.world.get("KongIngress", on.service.namespace, name) is None
    found = on.world.get("KongIngress", on.service.namespace, name)
    if found is None:
        on.ignored(
            key,
            codes.OVERRIDE_MISSING,
            f"The KongIngress {on.service.namespace}/{name} is not in the input: the service keeps Kong's "
            "defaults, and its host-header annotation is skipped.",
        )
        return False
    _upstream_section(on, found)
    if not on.world.facts.kic_at_least("3.0"):
        _proxy_section(on, found)
    on.fed_by(Feature.BALANCING, on.notes[key].leaves)
    return True


def _upstream_section(on: ServiceNotes, found: SourceObject) -> None:
    section = mapping(found.value.get("upstream"))
    upstream = on.service.upstream
    for name, value in section.items():
        feature = Feature.HOST_HEADER if name == "host_header" else Feature.BALANCING
        if name == "healthchecks" and isinstance(value, dict):
            upstream.healthchecks = value
            feature = Feature.HEALTH_CHECKS
        elif name == "slots" and isinstance(value, int) and not isinstance(value, bool):
            upstream.slots = value
        elif name in _TEXT_FIELDS and isinstance(value, str):
            setattr(upstream, name, value)
        elif name in _HASH_FIELDS and isinstance(value, str):
            upstream.hash_args[name] = value
        else:
            continue
        on.fed_by(feature, _leaves(found, ("upstream", name), value))


def _proxy_section(on: ServiceNotes, found: SourceObject) -> None:
    for name, (feature, attribute, kind) in _PROXY.items():
        value = mapping(found.value.get("proxy")).get(name)
        if isinstance(value, kind) and not isinstance(value, bool):
            setattr(on.service, attribute, value)
            on.fed_by(feature, (found.leaf("proxy", name),))


def _leaves(obj: SourceObject, at: tuple[str, ...], value: object) -> tuple[Leaf, ...]:
    return tuple(Leaf(obj.ref, (*at, *path)) for path in leaves(value))


def apply_host_header(on: ServiceNotes) -> None:
    """The Host header towards the backends; it shows only on routes that do not preserve the client's."""
    value = on.value("host-header")
    if value:
        on.service.upstream.host_header = value
        on.service.provenance.pop(Feature.HOST_HEADER, None)
        on.used("host-header", Feature.HOST_HEADER)


def apply_policy(on: ServiceNotes) -> None:
    """Applies the KongUpstreamPolicy field by field over what is there (kong-source.md 1.7)."""
    name = on.value("upstream-policy")
    if name is None:
        return
    key = PREFIX + "upstream-policy"
    found = on.world.get("KongUpstreamPolicy", on.service.namespace, name)
    if found is None:
        on.ignored(
            key,
            codes.POLICY_MISSING,
            f"The KongUpstreamPolicy {on.service.namespace}/{name} is not in the input: the service keeps "
            "Kong's defaults.",
        )
        return
    spec = mapping(found.value.get("spec"))
    problem = policy_problem(spec, on.world.facts)
    if problem:
        on.ignored(
            key,
            codes.POLICY_SKIPPED,
            f"Kong does not use the KongUpstreamPolicy {on.service.namespace}/{name}: {problem}.",
        )
        return
    policy_upstream(spec, on.service.upstream)
    for part in spec:
        feature = Feature.HEALTH_CHECKS if part == "healthchecks" else Feature.BALANCING
        on.fed_by(feature, _leaves(found, ("spec", part), spec[part]))
    on.fed_by(Feature.BALANCING, on.notes[key].leaves)


def policy_upstream(spec: Mapping[str, Any], upstream: Upstream) -> None:
    """Writes each field of a policy that is set over an upstream."""
    if isinstance(spec.get("algorithm"), str):
        upstream.algorithm = spec["algorithm"]
    if isinstance(spec.get("slots"), int):
        upstream.slots = spec["slots"]
    _hash(mapping(spec.get("hashOn")), "hash_on", upstream)
    _hash(mapping(spec.get("hashOnFallback")), "hash_fallback", upstream)
    if isinstance(spec.get("healthchecks"), dict):
        upstream.healthchecks = snaked(spec["healthchecks"])
    sticky = mapping(spec.get("stickySessions"))
    if sticky:
        upstream.sticky_cookie = text(sticky.get("cookie")) or None
        upstream.sticky_cookie_path = text(sticky.get("cookiePath")) or None


def _hash(spec: Mapping[str, Any], field: str, upstream: Upstream) -> None:
    """One of input, header, cookie, queryArg and uriCapture; a fallback's cookie fills the shared fields."""
    for key, word in (
        ("header", "header"),
        ("cookie", "cookie"),
        ("queryArg", "query_arg"),
        ("uriCapture", "uri_capture"),
    ):
        value = spec.get(key)
        if isinstance(value, str):
            setattr(upstream, field, word)
            owner = "hash_on" if word == "cookie" else field
            upstream.hash_args[f"{owner}_{word}"] = value
    if isinstance(spec.get("input"), str):
        setattr(upstream, field, spec["input"])
    if isinstance(spec.get("cookiePath"), str):
        upstream.hash_args["hash_on_cookie_path"] = spec["cookiePath"]


def snaked(value: Any, inside: str = "") -> Any:
    """Health checks with Kong's field names; the names under `headers` are the user's own."""
    if not isinstance(value, dict) or inside == "headers":
        return value
    return {snake(key): snaked(child, key) for key, child in value.items()}
