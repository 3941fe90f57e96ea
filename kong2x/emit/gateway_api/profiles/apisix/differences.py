"""What the controller ignores or does differently for every route (apisix-target.md section 7), each told once."""

from __future__ import annotations

from kong2x.emit.gateway_api.desk import Desk
from kong2x.emit.gateway_api.draft import Draft
from kong2x.emit.gateway_api.profiles.apisix import codes


def tell_general(desk: Desk, drafts: list[Draft]) -> None:
    """The differences that no object can take away."""
    served = [draft for draft in drafts if draft.backends]
    if served:
        desk.say_once("ws", codes.WEBSOCKET, "Upgrades to WebSocket need an appProtocol on the Service.")
        desk.say_once(
            "raw",
            codes.RAW_PATH,
            "Without a rewrite APISIX forwards the path as it was sent (double slashes, dot segments, needless "
            "escapes), and with one %2F becomes a slash; Kong forwards the normalised path and keeps %2F.",
        )
    if any(match.path.value != "/" for draft in drafts for match in draft.matches):
        desk.say_once(
            "decoded",
            codes.DECODED_PATH,
            "APISIX decodes every percent-encoded character before it compares paths, %2F included; Kong leaves "
            "reserved characters encoded, so such requests match paths here that they did not match in Kong.",
        )
