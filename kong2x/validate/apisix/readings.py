"""What the text of an ApisixRoute rule does although it is easily read as something else."""

from __future__ import annotations

import re
from collections.abc import Iterator, Mapping
from typing import Any

from kong2x.model.finding import Code, Finding
from kong2x.model.source import Path, SourceObject, items, mapping
from kong2x.validate.apisix import hint_codes as codes
from kong2x.validate.apisix.bodies import Body
from kong2x.validate.apisix.conditions import NEGATED
from kong2x.validate.apisix.routes import AUTH_PLUGINS
from kong2x.validate.apisix.world import World
from kong2x.validate.gateway.edition import each

_ABSENT = ("Header", "Query", "Cookie", "Body")
_RAW = ("request_uri", "real_request_uri")
_FORWARDED = re.compile(r"(http_)?x[-_]forwarded[-_](proto|host|port)", re.IGNORECASE)
_AFTER_LOGIN = 22000


def readings(world: World) -> Iterator[Finding]:
    """The findings about the rules of all ApisixRoutes."""
    exact = {
        (str(host).lower(), str(text))
        for _, _, rule in world.rules("http")
        for host in items(mapping(rule.get("match")).get("hosts")) or [""]
        for text in items(mapping(rule.get("match")).get("paths"))
    }
    for route, path, rule in world.rules("http"):
        match, here = mapping(rule.get("match")), (*path, "match")
        yield from _edges(route, match, here, exact)
        for position, expr in each(match.get("exprs"), (*here, "exprs")):
            yield from _condition(route, expr, position, match)
        yield from _websocket(route, rule, path)
    for kind in ("ApisixRoute", "ApisixPluginConfig"):
        for obj in world.kind(kind):
            yield from _plugins(obj, world.bodies(obj))


def _told(code: Code, obj: SourceObject, path: Path, message: str) -> Finding:
    return code.finding(message, object=obj.ref, path=path)


def _edges(
    route: SourceObject, match: Mapping[str, Any], path: Path, exact: set[tuple[str, Any]]
) -> Iterator[Finding]:
    """Prefixes that take less or more than a Kubernetes prefix (trap T10)."""
    narrowed = any(mapping(e.get("subject")).get("scope") == "Path" for _, e in each(match.get("exprs")))
    hosts = [str(host).lower() for host in items(match.get("hosts"))] or [""]
    for position, text in enumerate(items(match.get("paths"))):
        if not isinstance(text, str) or not text.endswith("*") or text.count("*") > 1 or narrowed:
            continue
        here, stem = (*path, "paths", position), text[:-1]
        if stem.endswith("/"):
            bare = stem[:-1]
            if bare and any((host, bare) not in exact for host in hosts):
                yield _told(codes.PREFIX_EDGE, route, here, f"The path {text} does not take {bare}.")
        elif stem:
            yield _told(codes.PREFIX_EDGE, route, here, f"The path {text} also takes {stem}x.")


def _condition(
    route: SourceObject, expr: Mapping[str, Any], path: Path, match: Mapping[str, Any]
) -> Iterator[Finding]:
    subject, operator = mapping(expr.get("subject")), expr.get("op")
    scope, name = subject.get("scope"), str(subject.get("name") or "")
    if operator in NEGATED and scope in _ABSENT and not _asked_for(scope, name, match):
        message = f"The condition {operator} on {scope} {name} also holds for requests without it."
        yield _told(codes.ABSENT_FITS, route, path, message)
    if scope == "Query" and operator == "Equal" and expr.get("value") == "":
        message = f'The parameter {name} is compared with "", which ?{name} does not equal and ?{name}= does.'
        yield _told(codes.FLAG, route, (*path, "value"), message)
    if scope in ("Header", "Variable") and _FORWARDED.fullmatch(name):
        message = f"The condition looks at {name}, which APISIX overwrites for peers that it does not trust."
        yield _told(codes.FORWARDED, route, (*path, "subject"), message)


def _asked_for(scope: Any, name: str, match: Mapping[str, Any]) -> bool:
    """Whether another condition is false where the subject is absent."""
    for _, expr in each(match.get("exprs")):
        subject = mapping(expr.get("subject"))
        same = subject.get("scope") == scope and str(subject.get("name")).lower() == name.lower()
        if same and expr.get("op") not in NEGATED:
            return True
    return False


def _websocket(route: SourceObject, rule: Mapping[str, Any], path: Path) -> Iterator[Finding]:
    if rule.get("websocket") is True:
        return
    for here, expr in each(mapping(rule.get("match")).get("exprs"), (*path, "match", "exprs")):
        subject = mapping(expr.get("subject"))
        name = str(subject.get("name")).lower()
        if (subject.get("scope"), name) in (("Header", "upgrade"), ("Variable", "http_upgrade")):
            message = f"Rule {rule.get('name')} asks for the header Upgrade and has no websocket: true."
            yield _told(codes.WEBSOCKET_OFF, route, here, message)


def _plugins(obj: SourceObject, bodies: list[Body]) -> Iterator[Finding]:
    for body in bodies:
        config = mapping(body.config)
        here = (*body.path, "config")
        if not body.on or body.place != "route":
            continue
        rule = _rule_of(obj, body)
        if body.name == "proxy-rewrite":
            yield from _rewrite(obj, config, here, rule)
        elif body.name == "redirect":
            yield from _redirect(obj, body, bodies, rule)


def _rule_of(obj: SourceObject, body: Body) -> Mapping[str, Any]:
    """The rule that an inline entry stands in."""
    if obj.kind != "ApisixRoute":
        return {}
    position = body.path[2]
    rules = items(mapping(obj.value.get("spec")).get("http"))
    return mapping(rules[position]) if isinstance(position, int) else {}


def _rewrite(
    obj: SourceObject, config: Mapping[str, Any], path: Path, rule: Mapping[str, Any]
) -> Iterator[Finding]:
    for position, text in enumerate(items(config.get("regex_uri"))):
        if position % 2 == 0 and isinstance(text, str) and not _ends(text):
            message = f'What follows the part that "{text}" matches stays at the end of the path.'
            yield _told(codes.REWRITE_REST, obj, (*path, "regex_uri", position), message)
    raw = [
        expr
        for _, expr in each(mapping(rule.get("match")).get("exprs"))
        if mapping(expr.get("subject")).get("name") in _RAW and "%" in str(expr.get("value"))
    ]
    if raw and config.get("use_real_request_uri_unsafe") is not True:
        message = (
            f"The rule asks for {raw[0].get('value')} in the request line and rewrites the decoded path."
        )
        yield _told(codes.REWRITE_DECODES, obj, path, message)


def _ends(pattern: str) -> bool:
    """Whether nothing can follow what the pattern matches."""
    return pattern.rstrip(")").endswith(("$", r"\z", ".*", ".+"))


def _redirect(
    obj: SourceObject, body: Body, bodies: list[Body], rule: Mapping[str, Any]
) -> Iterator[Finding]:
    config, here = mapping(body.config), (*body.path, "config")
    if config.get("http_to_https") is True:
        message = "The redirect to https names the port on which APISIX itself listens unless it is 443."
        yield _told(codes.REDIRECT_PORT, obj, (*here, "http_to_https"), message)
    priority = mapping(config.get("_meta")).get("priority")
    auth = mapping(rule.get("authentication")).get("enable") is True
    siblings = [b for b in bodies if b.on and b.path[:-1] == body.path[:-1] and b.name in AUTH_PLUGINS]
    if (siblings or auth) and not (isinstance(priority, int) and priority > _AFTER_LOGIN):
        what = siblings[0].name if siblings else "authentication"
        message = f"The redirect runs after {what}, so requests without credentials get 401 instead."
        yield _told(codes.REDIRECT_LATE, obj, here, message)
