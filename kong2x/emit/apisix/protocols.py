"""What plain HTTP gets on a route that Kong serves over TLS only: 426 or a redirect (recipe R10)."""

from __future__ import annotations

from typing import Any

from kong2x.emit.apisix import codes
from kong2x.emit.apisix.conditions import Expression, expression
from kong2x.emit.apisix.desk import Desk
from kong2x.emit.apisix.merging import Config
from kong2x.model.finding import Level
from kong2x.model.route import Feature, Route

UPGRADE_TEXT = '{"message":"Please use HTTPS protocol"}'
UPGRADE_HEADERS = {"Upgrade": "TLS/1.2, HTTP/1.1", "Content-Type": "application/json; charset=utf-8"}
BEFORE_EVERYTHING = 30000
REDIRECTS = (301, 302, 307, 308)


def plain_condition(desk: Desk) -> list[Any]:
    """The expression that holds for plain HTTP, as the client used it."""
    if desk.choices.offloading:
        return ["http_x_forwarded_proto", "~=", "https"]
    return ["scheme", "==", "http"]


def scheme_expression(desk: Desk, *, plain: bool) -> Expression:
    """The same as a condition of a rule."""
    if desk.choices.offloading:
        return expression("Header", "X-Forwarded-Proto", "NotEqual" if plain else "Equal", "https")
    return expression("Variable", "scheme", "Equal", "http" if plain else "https")


def https_only(route: Route, desk: Desk) -> tuple[str, Config] | None:
    """The plugin and its configuration that answer plain HTTP; None where it is served."""
    if not route.https_only:
        return None
    if desk.choices.offloading:
        desk.say(
            codes.PROXY_TRUST,
            "Plain HTTP is told by X-Forwarded-Proto, which APISIX believes from the addresses in its setting "
            "apisix.trusted_addresses only.",
            about=route,
        )
    code = route.https_redirect_status_code
    if set(route.protocols) <= {"grpcs"}:
        desk.say(
            codes.GRPC_STATUS,
            "A gRPC call without TLS gets the status 426; Kong answers it with a gRPC error.",
            about=route,
            feature=Feature.PROTOCOLS,
        )
    condition = plain_condition(desk)
    if code in REDIRECTS:
        config: Config = {
            "uri": "https://$host$real_request_uri",
            "ret_code": code,
            "_meta": {"priority": BEFORE_EVERYTHING, "filter": [condition]},
        }
        return "redirect", config
    abort = {
        "http_status": 426,
        "body": UPGRADE_TEXT,
        "headers": dict(UPGRADE_HEADERS),
        "vars": [[condition]],
    }
    return "fault-injection", {"abort": abort}


def without_condition(name: str, config: Config) -> Config:
    """The same answer for every request, for a rule that plain HTTP alone reaches."""
    if name == "redirect":
        return {**config, "_meta": {"priority": BEFORE_EVERYTHING}}
    return {"abort": {key: value for key, value in config["abort"].items() if key != "vars"}}


def tell_protocols(route: Route, desk: Desk) -> None:
    """What the protocols of a route mean besides TLS."""
    if route.grpc:
        desk.say(
            codes.GRPC_STATUS,
            "A request that is no gRPC call reaches the upstream; Kong answers it with 415 or 426.",
            about=route,
            feature=Feature.PROTOCOLS,
        )
    odd = sorted(set(route.protocols) & {"ws", "wss"})
    if odd:
        desk.say(
            codes.WEBSOCKET,
            f"The protocol {' and '.join(odd)} lets in WebSocket handshakes only; APISIX lets in every request.",
            about=route,
            feature=Feature.PROTOCOLS,
        )
    for feature in (Feature.PROTOCOLS, Feature.HTTPS_REDIRECT):
        desk.emission.settle_feature(route.provenance, feature, Level.EXACT)
