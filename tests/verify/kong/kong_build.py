"""Builds the Kong routes that KIC makes of Ingress rules, by the tables of kong-source.md 3.3 and 4.5."""

from __future__ import annotations

import uuid
from collections.abc import Mapping, Sequence
from typing import Any

from kong2x.model.settings import RouterFlavour
from kong2x.model.traffic import Answer, Request
from kong2x.verify.kong import KongRouter, from_entities

T: RouterFlavour = "traditional"
C: RouterFlavour = "traditional_compatible"
E: RouterFlavour = "expressions"
FLAVOURS = (T, C, E)

PREFIX, EXACT, IMPL = "Prefix", "Exact", "ImplementationSpecific"


def classic_paths(kind: str, path: str) -> list[str]:
    """The path strings for the classic routers."""
    stem = path.rstrip("/")
    if kind == EXACT:
        return [f"~{path}$"]
    if kind == PREFIX:
        return [f"{stem}/", f"~{stem}$"] if stem else ["/"]
    return ["~" + path[2:]] if path.startswith("/~") else [path]


def condition(kind: str, path: str) -> str:
    """The path condition for the expressions router."""
    stem = path.rstrip("/")
    if kind == EXACT:
        return f"(http.path == {quoted(path)})"
    if kind == PREFIX:
        both = f"((http.path == {quoted(stem)}) || (http.path ^= {quoted(stem + '/')}))"
        return both if stem else '(http.path ^= "/")'
    if path.startswith("/~"):
        return f"(http.path ~ {quoted('^' + path[2:])})"
    return f"(http.path ^= {quoted(path)})"


def quoted(text: str) -> str:
    """A string constant of an expression, as KIC writes it."""
    return '"' + text.replace("\\", "\\\\").replace('"', '\\"') + '"'


def rank(kind: str, path: str) -> tuple[int, int]:
    """Whether a path sets the regex bit of KIC's priority, and the length that it counts with."""
    stem = path.rstrip("/")
    if kind == EXACT:
        return 1, len(path)
    if kind == PREFIX:
        return 1, len(stem) + 1
    return (1, len(path) - 2) if path.startswith("/~") else (0, len(path))


def ingress(
    name: str,
    host: str = "",
    paths: Sequence[tuple[str, str]] = ((PREFIX, "/"),),
    *,
    methods: Sequence[str] = (),
    headers: Mapping[str, Sequence[str]] | None = None,
    snis: Sequence[str] = (),
    **settings: Any,
) -> dict[str, Any]:
    """One route of an Ingress rule, with what the classic and what the expressions router get."""
    parts = []
    if host:
        test = f'=^ "{host[1:]}"' if host.startswith("*") else f'== "{host}"'
        parts.append(f"(http.host {test})")
    parts.append("(" + " || ".join(condition(*path) for path in paths) + ")")
    for header, values in (headers or {}).items():
        field = "http.headers." + header.lower().replace("-", "_")
        tests = (
            f"({field} ~ {quoted(value[2:])})" if value.startswith("~*") else f"({field} == {quoted(value)})"
            for value in values
        )
        parts.append("(" + " || ".join(tests) + ")")
    if methods:
        parts.append("(" + " || ".join(f'(http.method == "{method}")' for method in methods) + ")")
    if snis:
        parts.append("(" + " || ".join(f'(tls.sni == "{sni}")' for sni in snis) + ")")
    kinds = sum(map(bool, (host, paths, methods, headers, snis)))
    regex = max(rank(*path)[0] for path in paths)
    longest = max(rank(*path)[1] for path in paths)
    plain = bool(host) and not host.startswith("*")
    return {
        "name": name,
        "id": str(uuid.uuid5(uuid.NAMESPACE_DNS, name)),
        "hosts": [host] if host else [],
        "paths": list(dict.fromkeys(text for path in paths for text in classic_paths(*path))),
        "methods": list(methods),
        "headers": {key: list(values) for key, values in (headers or {}).items()},
        "snis": list(snis),
        "strip_path": False,
        "preserve_host": True,
        "service": "s",
        "expression": " && ".join(parts),
        "priority": 3 << 44 | kinds << 41 | len(headers or {}) << 33 | plain << 32 | regex << 16 | longest,
        **settings,
    }


def router(
    flavour: RouterFlavour, *routes: Mapping[str, Any], services: Sequence[Mapping[str, Any]] = ()
) -> KongRouter:
    """A router of these routes; a service of the name `s` with path `/` unless others are given."""
    given = list(routes)
    if flavour != E:
        given = [{k: v for k, v in route.items() if k not in ("expression", "priority")} for route in given]
    return from_entities(given, services or [{"name": "s", "path": "/"}], flavour)


def ask(
    flavour: RouterFlavour,
    routes: Sequence[Mapping[str, Any]],
    path: str = "/",
    host: str = "x.a.com",
    method: str = "GET",
    *,
    services: Sequence[Mapping[str, Any]] = (),
    **rest: Any,
) -> Answer:
    """The answer of a router of these routes to one request."""
    return router(flavour, *routes, services=services).answer(Request(method, host, path, **rest))
