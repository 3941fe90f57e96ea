"""Every recorded translation of KIC against the route model, in both forms that KIC writes.

Areas of plugins, consumers and the Gateway API are compared by the tests of those parts.
"""

from __future__ import annotations

import json
from collections import Counter
from functools import cache
from pathlib import Path
from typing import Any

import pytest

from kong2x.model.route import Route, Service, StreamRoute
from tests.conftest import shared_folder
from tests.resolve.worlds import Resolved, recorded

CASES = shared_folder() / "facts" / "recorded" / "kic-cases"
AREAS = (
    "backends",
    "class",
    "default-backend",
    "hosts",
    "l4",
    "legacy",
    "paths",
    "rewrite",
    "route-annotations",
    "routing",
    "service-annotations",
    "tls",
    "upstreams",
)
FLAVOURS = ("traditional", "traditional_compatible", "expressions")

EXCEPTIONS: dict[tuple[str, str], str] = {
    ("tls-mismatched", "certificates"): "a key pair is not verified: the recorded key is a placeholder",
    ("tls-mismatched", "failures"): "a key pair is not verified: the recorded key is a placeholder",
    (
        "rewrite-shared-service-off",
        "failures",
    ): "KIC blames one of the Ingresses, which one is not determined",
    (
        "udp-and-tcp",
        "services",
    ): "two services share an upstream; which of them gets its port is not determined",
}
"""(case, part) -> why the model says something else on purpose."""


@cache
def cases() -> dict[str, dict[str, Any]]:
    found = {}
    for file in sorted(CASES.glob("*.json")):
        case = json.loads(file.read_text())
        if case["area"] in AREAS:
            found[case["id"]] = case
    return found


def world(case: dict[str, Any], flavour: str) -> Resolved:
    return recorded(CASES, case["id"], router=flavour, gates=tuple(case["gates"]))


def kic_routes(config: dict[str, Any]) -> dict[str, tuple[dict[str, Any], str]]:
    return {r["name"]: (r, s["name"]) for s in config.get("services", []) for r in s.get("routes", [])}


def of_route(route: Route, service: str, expressions: bool) -> dict[str, Any]:
    """A route of the model in the words of Kong's declarative configuration."""
    out: dict[str, Any] = {
        "service": service,
        "id": route.id,
        "https_redirect_status_code": route.https_redirect_status_code,
        "strip_path": route.strip_path,
        "preserve_host": route.preserve_host,
        "request_buffering": route.request_buffering,
        "response_buffering": route.response_buffering,
        "protocols": list(route.protocols),
    }
    if expressions:
        out |= {"expression": route.expression, "priority": route.priority}
    else:
        out |= {
            "hosts": list(route.hosts),
            "paths": list(route.kong_paths),
            "methods": list(route.methods),
            "headers": {h.name: list(h.values) for h in route.headers},
            "snis": list(route.snis),
            "regex_priority": route.regex_priority,
            "path_handling": route.path_handling,
        }
    return out


def of_kic_route(route: dict[str, Any], service: str, expressions: bool) -> dict[str, Any]:
    grpc = bool(route.get("protocols")) and all("grpc" in p for p in route["protocols"])
    out = {
        "service": service,
        "id": route["id"],
        "https_redirect_status_code": route["https_redirect_status_code"],
        "strip_path": route.get("strip_path", not grpc),
        "preserve_host": route["preserve_host"],
        "request_buffering": route["request_buffering"],
        "response_buffering": route["response_buffering"],
        "protocols": route.get("protocols", []),
    }
    if expressions:
        out |= {"expression": route["expression"], "priority": route["priority"]}
    else:
        out |= {
            "hosts": route.get("hosts", []),
            "paths": route.get("paths", []),
            "methods": route.get("methods", []),
            "headers": route.get("headers", {}),
            "snis": route.get("snis", []),
            "regex_priority": route["regex_priority"],
            "path_handling": route["path_handling"],
        }
    return out


def of_service(service: Service) -> dict[str, Any]:
    stream = service.protocol == "udp"
    timeouts = {
        "connect_timeout": service.connect_timeout,
        "read_timeout": service.read_timeout,
        "write_timeout": service.write_timeout,
        "retries": service.retries,
    }
    return {
        "id": service.id,
        "host": service.host,
        "port": service.port,
        "protocol": service.protocol,
        "path": service.path,
        "tls_verify": service.tls_verify,
        "tls_verify_depth": service.tls_verify_depth,
        **({} if stream else timeouts),
    }


def of_kic_service(service: dict[str, Any]) -> dict[str, Any]:
    kept = ("id", "host", "port", "protocol")
    optional = ("path", "tls_verify", "tls_verify_depth")
    timeouts = ("connect_timeout", "read_timeout", "write_timeout", "retries")
    out = {name: service[name] for name in kept} | {name: service.get(name) for name in optional}
    return out | {name: service[name] for name in timeouts if service["protocol"] != "udp"}


def of_upstream(service: Service) -> dict[str, Any]:
    up = service.upstream
    return {
        "algorithm": up.algorithm,
        "slots": up.slots,
        "host_header": up.host_header,
        "hash_on": up.hash_on,
        "hash_fallback": up.hash_fallback,
        "healthchecks": up.healthchecks,
        **up.hash_args,
    }


def of_kic_upstream(upstream: dict[str, Any]) -> dict[str, Any]:
    out = {k: v for k, v in upstream.items() if k not in ("name", "tags", "targets")}
    for name, default in (("slots", None), ("host_header", None), ("healthchecks", {})):
        out.setdefault(name, default)
    for name in ("hash_on", "hash_fallback"):
        out.setdefault(name, "none")
    return out


def of_stream(stream: StreamRoute, service: str) -> dict[str, Any]:
    return {
        "service": service,
        "id": stream.id,
        "ports": list(stream.ports),
        "snis": list(stream.snis),
        "protocols": list(stream.protocols),
    }


def of_kic_stream(route: dict[str, Any], service: str) -> dict[str, Any]:
    ports = [d["port"] for d in route.get("destinations", [])]
    return {
        "service": service,
        "id": route["id"],
        "ports": ports,
        "snis": route.get("snis", []),
        "protocols": route["protocols"],
    }


def difference(case: dict[str, Any], flavour: str) -> dict[str, Any]:
    """The parts in which the model is not what KIC wrote: part -> (ours, KIC's)."""
    found = world(case, flavour)
    model = found.model
    config = case["kic"][flavour].get("config") or {}
    expressions = flavour == "expressions"
    theirs = kic_routes(config)
    l4 = {n for n, (r, _) in theirs.items() if {"tcp", "udp", "tls"} & set(r.get("protocols", ())) - {"http"}}
    l4 = {n for n in l4 if "http" not in theirs[n][0]["protocols"]}
    parts: dict[str, tuple[Any, Any]] = {
        "routes": (
            {r.name: of_route(r, r.service.name, expressions) for r in model.routes},
            {n: of_kic_route(r, s, expressions) for n, (r, s) in theirs.items() if n not in l4},
        ),
        "services": (
            {s.name: of_service(s) for s in model.services},
            {s["name"]: of_kic_service(s) for s in config.get("services", [])},
        ),
        "upstreams": (
            {s.host: of_upstream(s) for s in model.services},
            {u["name"]: of_kic_upstream(u) for u in config.get("upstreams", [])},
        ),
        "certificates": (
            {host: c.secret.name for c in model.certificates if c.known for host in c.hosts},
            {
                sni["name"]: tag_value(c, "k8s-name")
                for c in config.get("certificates", [])
                for sni in c.get("snis", [])
            },
        ),
    }
    if not expressions:
        parts["streams"] = (
            {s.name: of_stream(s, s.service.name) for s in model.streams},
            {n: of_kic_stream(r, s) for n, (r, s) in theirs.items() if n in l4},
        )
    rewrites = {
        n: [p["config"]["replace"]["uri"] for p in r["plugins"]]
        for n, (r, _) in theirs.items()
        if any(p["name"] == "request-transformer" and "replace" in p["config"] for p in r.get("plugins", ()))
    }
    if case["area"] == "rewrite":
        ours = {
            r.name: [p.config["replace"]["uri"] for p in r.plugins if p.origin is None] for r in model.routes
        }
        parts["rewrites"] = ({n: u for n, u in ours.items() if u}, rewrites)
    told = {str(f.object) for f in (*model.findings, *model.refusals) if f.object}
    told |= {t.replace(" ", " default/", 1) for t in told if "/" not in t}
    events = [f["objects"] for f in case["kic"][flavour].get("failures", [])]
    parts["failures"] = ([o for o in events if not told & set(o)], [])
    return {k: v for k, v in parts.items() if v[0] != v[1] and (case["id"], k) not in EXCEPTIONS}


def tag_value(entity: dict[str, Any], name: str) -> str:
    return next(t.split(":", 1)[1] for t in entity["tags"] if t.startswith(f"{name}:"))


@pytest.mark.parametrize("area", AREAS)
@pytest.mark.parametrize("flavour", ["traditional", "expressions"])
def test_translation_is_kics(area: str, flavour: str, capsys: pytest.CaptureFixture[str]) -> None:
    chosen = [case for case in cases().values() if case["area"] == area]
    wrong = {case["id"]: diff for case in chosen if (diff := difference(case, flavour))}
    with capsys.disabled():
        print(f"\n  {area}, {flavour}: {len(chosen) - len(wrong)} of {len(chosen)}", end="")
    assert chosen
    assert not wrong


@pytest.mark.parametrize("flavour", FLAVOURS)
def test_refusals_are_kongs(flavour: str, capsys: pytest.CaptureFixture[str]) -> None:
    right: Counter[str] = Counter()
    wrong = {}
    for name, case in cases().items():
        refused = bool(world(case, flavour).model.refusals)
        if refused == (flavour in case["kong_refused"]):
            right[case["area"]] += 1
        else:
            wrong[name] = case["kong_refused"].get(flavour, "Kong takes it")
    with capsys.disabled():
        print(f"\n  refusals, {flavour}: {right.total()} of {len(cases())}", end="")
    assert not wrong


def test_exceptions_are_needed(monkeypatch: pytest.MonkeyPatch) -> None:
    """An exception that is no longer needed must go."""
    named = dict(EXCEPTIONS)
    monkeypatch.setattr(f"{__name__}.EXCEPTIONS", {})
    for case, part in named:
        assert any(part in difference(cases()[case], flavour) for flavour in ("traditional", "expressions"))


def test_cases_are_there() -> None:
    assert len(cases()) >= 190
    assert isinstance(CASES, Path)
