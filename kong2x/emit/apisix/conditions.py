"""Which methods and expressions a Kong route's criteria become, besides its hosts and paths."""

from __future__ import annotations

from collections.abc import Iterable
from dataclasses import dataclass
from typing import Any, NamedTuple

from kong2x.emit.apisix import codes, patterns
from kong2x.emit.apisix.desk import Desk
from kong2x.model.route import Feature, HeaderMatch, Route, RouteModel
from kong2x.model.settings import RouterFlavour

Expression = dict[str, Any]

METHODS = ("GET", "POST", "PUT", "DELETE", "PATCH", "HEAD", "OPTIONS", "CONNECT", "TRACE", "PURGE")
"""The methods that an APISIX route can name; others are compared as a variable."""


@dataclass(frozen=True, slots=True)
class Conditions:
    """What a request must fulfil besides host and path; `methods` empty means any."""

    methods: tuple[str, ...] = ()
    expressions: tuple[Expression, ...] = ()


class KindsInUse(NamedTuple):
    """The kinds of criteria of every route without an SNI criterion, and every kind of any route but the SNI."""

    without_sni: frozenset[tuple[str, ...]]
    but_sni: frozenset[str]


def expression(scope: str, name: str, op: str, value: str | Iterable[str]) -> Expression:
    """One `exprs` entry; a list of values goes into `set`."""
    subject = {"scope": scope, "name": name}
    if isinstance(value, str):
        return {"subject": subject, "op": op, "value": value}
    return {"subject": subject, "op": op, "set": list(value)}


def path_condition(pattern: str, controller: tuple[int, ...]) -> Expression:
    """A condition on the path, whose subject has a name (an empty one) in AIC 2.0 only."""
    found = expression("Path", "", "RegexMatch", pattern)
    if controller[:2] != (2, 0):
        del found["subject"]["name"]
    return found


def conditions(route: Route, desk: Desk, in_use: KindsInUse) -> Conditions:
    """The criteria of `route`, which depend on the kinds of criteria that all routes use."""
    methods, found = _methods(route)
    for header in route.headers:
        found.append(_header(header, desk.model.facts.router))
    if route.headers:
        desk.say(
            codes.JOINED_HEADERS,
            "A header that comes several times, or as a list, is compared as one text; Kong compares each value.",
            about=route,
        )
    for query in route.query:
        op = "RegexMatch" if query.regex else "Equal"
        value = patterns.anchored(query.value, "expressions") if query.regex else query.value
        found.append(expression("Query", query.name, op, value))
    if route.snis:
        found.append(_snis(route, desk.model, in_use))
        _tell_plain_http(route, desk, in_use)
    if desk.model.facts.router == "expressions" and set(route.protocols) == {"http"}:
        found.append(expression("Variable", "scheme", "Equal", "http"))
    return Conditions(methods, tuple(found))


def _methods(route: Route) -> tuple[tuple[str, ...], list[Expression]]:
    methods = tuple(dict.fromkeys(route.methods))
    if all(method in METHODS for method in methods):
        return methods, []
    return (), [expression("Variable", "request_method", "In", methods)]


def _header(header: HeaderMatch, router: RouterFlavour) -> Expression:
    """Any of the values; the classic routers compare without case, the expressions router with it.

    The classic router knows a pattern only as the single value, the compatible one lowers its text.
    """
    marked = [value for value in header.values if value.startswith("~*")]
    if router == "traditional" and len(header.values) > 1:
        marked = []
    texts = [value for value in header.values if value not in marked]
    regexes = [value[2:].lower() if router == "traditional_compatible" else value[2:] for value in marked]
    if header.exact_case and not regexes:
        if len(texts) == 1:
            return expression("Header", header.name, "Equal", texts[0])
        return expression("Header", header.name, "In", texts)
    op = "RegexMatch" if header.exact_case else "RegexMatchCaseInsensitive"
    parts = list(regexes)
    if texts:
        parts.append(f"^(?:{'|'.join(patterns.literal(text) for text in texts)})$")
    if len(parts) == 1:
        return expression("Header", header.name, op, parts[0])
    return expression("Header", header.name, op, "|".join(f"(?:{part})" for part in parts))


def _snis(route: Route, model: RouteModel, in_use: KindsInUse) -> Expression:
    """The TLS server name; outside of the expressions router plain HTTP fulfils the criterion too.

    The classic router does not try it for plain HTTP once another route uses exactly the other kinds of
    criteria (kong-source.md 4.1). A negated search is also true where the variable is absent.
    """
    names = [_sni(name, model.facts.router) for name in route.snis]
    strict = model.facts.router == "expressions" or (
        model.facts.router == "traditional" and kinds(route, with_sni=False) in in_use.without_sni
    )
    if strict and all("*" not in name for name in route.snis):
        return expression(
            "Variable", "ssl_server_name", "In", [name.removesuffix(".") for name in route.snis]
        )
    if strict:
        return expression("Variable", "ssl_server_name", "RegexMatch", rf"^(?:{'|'.join(names)})\z")
    return expression("Variable", "ssl_server_name", "RegexNotMatch", rf"^(?!(?:{'|'.join(names)})\z)")


def _tell_plain_http(route: Route, desk: Desk, in_use: KindsInUse) -> None:
    """Tells of requests that Kong's classic router gives to the route without a server name after all.

    It leaves the route out only where some route has exactly the kinds of criteria that a request hits in
    the indexes over all routes (kong-source.md 4.1), and a request may hit more kinds than the route has.
    """
    own = kinds(route, with_sni=False)
    if desk.model.facts.router != "traditional" or own not in in_use.without_sni:
        return
    others = in_use.but_sni - set(own)
    if others:
        desk.say(
            codes.SNI_PLAIN_HTTP,
            f"Plain HTTP requests that also fit the {' or '.join(sorted(others))} of other routes may reach "
            f"{route.name} in Kong, although they name no TLS server; here they do not.",
            about=route,
            feature=Feature.SNIS,
        )


def _sni(name: str, router: str) -> str:
    name = name.removesuffix(".") if len(name) > 1 else name
    if name.startswith("*") and router != "traditional":
        return ".*" + patterns.literal(name[1:])
    if name.endswith("*") and router != "traditional":
        return patterns.literal(name[:-1]) + ".*"
    return patterns.literal(name)


def kinds(route: Route, *, with_sni: bool = True) -> tuple[str, ...]:
    """The kinds of criteria that a route uses."""
    present = {
        "host": route.hosts,
        "header": route.headers,
        "path": route.paths,
        "method": route.methods,
        "sni": route.snis if with_sni else (),
    }
    return tuple(kind for kind, values in present.items() if values)


def kinds_in_use(model: RouteModel) -> KindsInUse:
    """The kinds of criteria that the routes of the model use."""
    return KindsInUse(
        frozenset(kinds(route) for route in model.routes if not route.snis),
        frozenset(kind for route in model.routes for kind in kinds(route, with_sni=False)),
    )
