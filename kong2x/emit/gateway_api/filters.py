"""How the filters of one rule come together: one of each type, in a fixed order, within the limits."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from typing import Any

from kong2x.emit.gateway_api import codes_routes
from kong2x.emit.gateway_api.desk import Desk
from kong2x.emit.gateway_api.draft import Filter
from kong2x.emit.gateway_api.plugins import PluginPlan, fragments
from kong2x.emit.gateway_api.versions import available
from kong2x.model.finding import Protects
from kong2x.model.route import Feature, Route

FIELD = {
    "RequestHeaderModifier": "requestHeaderModifier",
    "ResponseHeaderModifier": "responseHeaderModifier",
    "RequestRedirect": "requestRedirect",
    "URLRewrite": "urlRewrite",
    "RequestMirror": "requestMirror",
    "CORS": "cors",
    "ExtensionRef": "extensionRef",
}
_REPEATABLE = ("RequestMirror", "ExtensionRef")
_MODIFIERS = ("RequestHeaderModifier", "ResponseHeaderModifier")
_DOWNGRADED = {303: 302, 307: 302, 308: 301}
_SAFE_METHODS = {"GET", "HEAD"}


class FilterSet:
    """The filters of one rule under construction; a second filter of a type is merged or reported."""

    def __init__(self, desk: Desk, route: Route) -> None:
        self.desk, self.route = desk, route
        self.bodies: dict[str, list[dict[str, Any]]] = {}
        self.denied = ""

    def add(self, kind: str, body: Mapping[str, Any], whose: str) -> None:
        """Adds one filter; `whose` names the plugin or setting for messages."""
        fresh = _plain(body)
        known = self.bodies.setdefault(kind, [])
        if not known or kind in _REPEATABLE:
            known.append(fresh)
        elif kind in _MODIFIERS:
            known[0] = self._compose(known[0], fresh, whose)
        elif kind == "URLRewrite":
            known[0] = {**known[0], **fresh}
        elif known[0] != fresh:
            self.desk.say(
                codes_routes.FILTER_TWICE,
                f"Two settings ask for a {kind} filter and a rule has room for one: that of {whose} is lost.",
                route=self.route,
            )

    def _compose(self, first: dict[str, Any], then: dict[str, Any], whose: str) -> dict[str, Any]:
        """Both header changes as one, in order; a header stands in one list only."""
        effects = _effects(first)
        for name, (how, value, spelled) in _effects(then).items():
            old = effects.get(name)
            if old is None or how in ("set", "remove"):
                effects[name] = (how, value, spelled)
            elif old[0] == "remove":
                effects[name] = ("set", value, spelled)
            else:
                effects[name] = (old[0], f"{old[1]}, {value}", old[2])
                self.desk.say(
                    codes_routes.HEADER_JOINED,
                    f"Two values of the header {spelled} are sent as one, joined by a comma ({whose}).",
                    route=self.route,
                )
        return _modifier(effects)

    def result(self) -> tuple[Filter, ...]:
        """The filters in the order of the CRD's list of types, each within the limits."""
        out: list[Filter] = []
        if "RequestRedirect" in self.bodies and "URLRewrite" in self.bodies:
            del self.bodies["URLRewrite"]
        for kind, field in FIELD.items():
            for body in self.bodies.get(kind, []):
                if kind in _MODIFIERS:
                    body = self._limited(body, kind)
                if kind == "CORS":
                    body.setdefault("maxAge", 5)
                if body:
                    out.append({"type": kind, field: body})
        return tuple(out[: self.desk.schema.limit("filters")])

    def _limited(self, body: dict[str, Any], kind: str) -> dict[str, Any]:
        room = self.desk.schema.limit("modifiers")
        body = _modifier(_effects(body))
        for part, entries in body.items():
            if len(entries) > room:
                self.desk.say(
                    codes_routes.HEADERS_TOO_MANY,
                    f"A {kind} filter has room for {room} headers to {part}; {len(entries) - room} are lost.",
                    route=self.route,
                )
                body[part] = entries[:room]
        return body


def plugin_filters(
    desk: Desk, route: Route, plan: PluginPlan, methods: Sequence[str | None], into: FilterSet
) -> None:
    """Adds the standard filters of the route's plugins, as far as the release and channel have them."""
    for kind, body, mapped in fragments(plan.standard):
        if kind not in FIELD:
            desk.say(
                codes_routes.FILTER_UNKNOWN,
                f"The mapping of {mapped.use.plugin} makes {kind}, which is no filter of the Gateway API.",
                route=route,
            )
            continue
        if kind == "CORS" and not _cors_fits(desk, route, body, mapped.protects):
            continue
        if kind == "RequestRedirect":
            status = redirect_status(desk, int(body.get("statusCode", 302)), methods)
            if status is None:
                into.denied = "its redirect status cannot be written"
                desk.say(
                    codes_routes.REDIRECT_STATUS,
                    f"The route refuses its requests instead of redirecting them with {body['statusCode']}, "
                    f"which needs {available('redirect-308')}.",
                    route=route,
                )
                continue
            if status != body.get("statusCode"):
                desk.say(
                    codes_routes.REDIRECT_STATUS_NEAR,
                    f"Redirects are answered with {status} instead of {body.get('statusCode')}.",
                    route=route,
                )
            body = {**body, "statusCode": status}
        into.add(kind, body, mapped.use.plugin)


def _cors_fits(desk: Desk, route: Route, body: Mapping[str, Any], protects: Protects) -> bool:
    if not desk.schema.supports("CORS"):
        code = (
            codes_routes.CORS_VERSION if protects is Protects.NOTHING else codes_routes.CORS_VERSION_PROTECTS
        )
        desk.say(
            code,
            f"The cors plugin does not act: {desk.schema.label} has no CORS filter; "
            f"{available('CORS')} has one.",
            route=route,
            feature=Feature.PLUGINS,
        )
        return False
    room = desk.schema.limit("cors-entries")
    if any(isinstance(v, list) and len(v) > room for v in body.values()):
        desk.say(
            codes_routes.CORS_LIMIT,
            f"The cors plugin does not act: a list of the CORS filter has room for {room} entries.",
            route=route,
            feature=Feature.PLUGINS,
        )
        return False
    return True


def redirect_status(desk: Desk, status: int, methods: Sequence[str | None]) -> int | None:
    """The status that the release can say; an older status only where no request has a body.

    301 and 302 let clients turn POST into GET, 307 and 308 forbid it (facts 1.4).
    """
    if status in (301, 302) or (
        status in _DOWNGRADED
        and desk.schema.supports(f"redirect-{status}")
        and desk.profile.redirects(status)
    ):
        return status
    if status == 303 or (status in _DOWNGRADED and set(methods) <= _SAFE_METHODS):
        return _DOWNGRADED[status]
    return None


Effects = dict[str, tuple[str, str, str]]


def _effects(body: Mapping[str, Any]) -> Effects:
    """Header (lower case) -> what happens to it, the value, the spelling; the later entry counts."""
    out: Effects = {}
    for name in body.get("remove", ()):
        out[str(name).lower()] = ("remove", "", str(name))
    for how in ("set", "add"):
        for entry in body.get(how, ()):
            name, value = str(entry["name"]), str(entry["value"])
            old = out.get(name.lower())
            if old and old[0] == "remove" and how == "add":
                out[name.lower()] = ("set", value, name)
            elif old and old[0] == how == "add":
                out[name.lower()] = ("add", f"{old[1]}, {value}", old[2])
            else:
                out[name.lower()] = (how, value, name)
    return out


def _modifier(effects: Effects) -> dict[str, Any]:
    out: dict[str, Any] = {}
    for part in ("set", "add"):
        entries = [{"name": n, "value": v} for how, v, n in effects.values() if how == part]
        if entries:
            out[part] = entries
    removed = [name for how, _, name in effects.values() if how == "remove"]
    return {**out, "remove": removed} if removed else out


def _plain(value: Any) -> Any:
    """A copy of a fragment in plain containers, so that no rule shares one with another."""
    if isinstance(value, Mapping):
        return {key: _plain(item) for key, item in value.items()}
    if isinstance(value, list | tuple):
        return [_plain(item) for item in value]
    return value
