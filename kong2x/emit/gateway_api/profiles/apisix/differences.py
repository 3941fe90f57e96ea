"""What the controller ignores or does differently (apisix-target.md section 7), each told once."""

from __future__ import annotations

from collections.abc import Sequence
from typing import Any

from kong2x.emit.gateway_api.desk import Desk
from kong2x.emit.gateway_api.draft import REGEX, Draft
from kong2x.emit.gateway_api.grants import references
from kong2x.emit.gateway_api.pack import Packed
from kong2x.emit.gateway_api.profiles.apisix import codes
from kong2x.emit.gateway_api.profiles.apisix import codes_differences as own
from kong2x.emit.gateway_api.profiles.apisix.release import release
from kong2x.model.route import Feature, StreamRoute
from kong2x.model.settings import version_key


def tell_general(desk: Desk, drafts: list[Draft]) -> None:
    """The differences that no object can take away."""
    if any(draft.backends for draft in drafts):
        desk.say_once("ws", codes.WEBSOCKET, "Upgrades to WebSocket need an appProtocol on the Service.")
        desk.say_once(
            "raw",
            codes.RAW_PATH,
            "Without a rewrite APISIX forwards the path as it was sent (double slashes, dot segments, needless "
            "escapes), and with one %2F becomes a slash; Kong forwards the normalised path and keeps %2F.",
        )
    if any(draft.backends and Feature.RETRIES not in draft.route.service.provenance for draft in drafts):
        desk.say_once(
            "retries",
            own.DEFAULT_RETRIES,
            "Kong tries a failed connection five more times; APISIX tries each other endpoint once.",
        )
    if any(match.path.value != "/" for draft in drafts for match in draft.matches):
        desk.say_once(
            "decoded",
            codes.DECODED_PATH,
            "APISIX decodes every percent-encoded character before it compares paths, %2F included; Kong leaves "
            "reserved characters encoded, so such requests match paths here that they did not match in Kong.",
        )
    if any(match.headers for draft in drafts for match in draft.matches):
        desk.say_once(
            "headers",
            own.JOINED_HEADERS,
            "Requests that send a compared header twice match here only where all values together fit.",
        )
    for stream in desk.model.streams:
        _tell_stream(desk, stream)


def _tell_stream(desk: Desk, stream: StreamRoute) -> None:
    kind = "UDPRoute" if "udp" in stream.protocols else "TLSRoute" if stream.snis else "TCPRoute"
    version = desk.schema.api_version(kind)
    if version is not None and not version.endswith("/v1"):
        desk.say_once(
            kind,
            own.STREAM_VERSION,
            f"{kind} objects are written as {version}, and the controller reads v1: choose Gateway API 1.6.",
            route=stream,
        )
    if "tls_passthrough" in stream.protocols:
        desk.say(own.PASSTHROUGH, "The connections of the stream route find no route.", route=stream)
    elif kind != "TLSRoute":
        desk.say_once(
            "stream-ports",
            codes.STREAM_PORTS,
            "Stream routes are told apart by port only with listener_port_match_mode explicit or auto.",
            route=stream,
        )


def tell_gateway(desk: Desk) -> None:
    """What a written Gateway does not do."""
    choices = desk.choices
    desk.say_once(
        "port",
        own.LISTENER_PORT,
        f"The written listeners on {choices.http_port} and {choices.https_port} open no port: APISIX listens where "
        "its own configuration says.",
    )
    deep = sorted({host for one in desk.model.certificates for host in one.hosts if host.startswith("*.")})
    if deep:
        desk.say_once(
            "sni",
            own.WILDCARD_SNI,
            f"HTTPS for {', '.join(deep)} works for names of one more label only.",
        )


def tell_written(desk: Desk, packed: Sequence[Packed]) -> None:
    """What finished routes do on APISIX that they do not say."""
    further: dict[tuple[Any, ...], list[str]] = {}
    for one in packed:
        _tell_parents(desk, one)
        for index, rule in enumerate(one.manifest.value["spec"].get("rules", ())):
            draft = one.drafts[index]
            refs = rule.get("backendRefs", ())
            for ref in refs[1:]:
                key = (ref.get("namespace", one.manifest.value["metadata"]["namespace"]), ref["name"])
                further.setdefault((*key, ref["port"]), []).append(draft.route.name)
            if len(refs) > 1:
                desk.say_once(
                    draft.route.name,
                    own.SHARES,
                    f"If one of the {len(refs)} backends of {draft.route.name} cannot be used, the shares of the "
                    "others move.",
                    route=draft.route,
                )
        if one.manifest.value["kind"] == "GRPCRoute":
            _tell_calls(desk, one)
    for (namespace, name, port), names in sorted(further.items()):
        if len(set(names)) > 1:
            desk.say_once(
                f"{namespace}/{name}:{port}",
                own.SHARED_BACKEND,
                f"{namespace}/{name}:{port} is a further backend of several rules, which share its upstream.",
                also=tuple(dict.fromkeys(names)),
            )
    _tell_grants(desk, packed)


def _tell_parents(desk: Desk, one: Packed) -> None:
    spec, route = one.manifest.value["spec"], one.drafts[0].route
    gateways = {(ref.get("namespace"), ref["name"]) for ref in spec["parentRefs"]}
    if len(gateways) > 1:
        names = ", ".join(sorted(name for _, name in gateways))
        desk.say(own.SEVERAL_GATEWAYS, f"The route attaches to {names} at once.", route=route)
    pinned = [ref for ref in spec["parentRefs"] if ref.get("sectionName") or ref.get("port")]
    if pinned and any(draft.scheme == "any" for draft in one.drafts):
        desk.say(
            own.ISOLATION,
            f"The route names a listener of {pinned[0]['name']} and is served on the others too.",
            route=route,
            feature=Feature.PARENTS if Feature.PARENTS in route.provenance else None,
        )


def _tell_calls(desk: Desk, one: Packed) -> None:
    route = one.drafts[0].route
    if any(match.path.type == REGEX for draft in one.drafts for match in draft.matches):
        desk.say(
            own.GRPC_PATTERN,
            "Calls that the route matches by an expression are not served: the controller reads it as plain text.",
            route=route,
            feature=Feature.PATHS,
        )
    desk.say(own.GRPC_HOSTS, "The route answers every host of its listeners.", route=route)


def _tell_grants(desk: Desk, packed: Sequence[Packed]) -> None:
    old = version_key(desk.schema.version) < (1, 5)
    if not old or release(desk.options) < (2, 2):
        return
    if any(next(references(one.manifest.value), None) for one in packed):
        desk.say_once(
            "grants",
            own.GRANT_VERSION,
            f"References into other namespaces work only where the cluster has the CRDs of Gateway API 1.5 or later; "
            f"the chosen release is {desk.schema.version}.",
        )
