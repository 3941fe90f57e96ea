"""Gateway API objects against what the real Kong Ingress Controller made of them."""

from __future__ import annotations

import json
from pathlib import Path

import pytest

from kong2x.model.ledger import Ledger
from kong2x.model.settings import SourceFacts
from kong2x.read import book_envelope, parse_yaml, read_inputs
from kong2x.resolve import resolve

AREAS = ("gateway", "grpc")
EXPLAINED: dict[str, str] = {
    "gw-redirect-scheme-only/traditional": "Kong refuses the configuration; the location is told as a refusal",
}


def cases(shared):
    folder = Path(shared) / "facts/recorded/kic-cases"
    for file in sorted(folder.glob("*.json")):
        data = json.loads(file.read_text())
        if data["area"] in AREAS:
            yield data, file.with_suffix(".yaml")


def resolved(yaml, router, gates=()):
    objects = read_inputs([str(yaml)]).objects
    ledger = Ledger()
    for obj in objects:
        book_envelope(obj, ledger)
    facts = SourceFacts(router=router, gates=tuple(gates))
    return resolve(objects, facts, ledger, parse_yaml=parse_yaml), ledger


def recorded_routes(config):
    out = {}
    for service in config.get("services", []):
        for route in service.get("routes", []):
            out[route["name"]] = {
                "service": service["name"],
                "protocol": service["protocol"],
                "path": service.get("path"),
                "timeouts": (service["connect_timeout"], service["read_timeout"], service["write_timeout"]),
                "id": route["id"],
                "hosts": sorted(route.get("hosts", [])),
                "paths": sorted(set(route.get("paths", []))),
                "methods": route.get("methods", []),
                "headers": {k.lower(): v for k, v in route.get("headers", {}).items()},
                "protocols": sorted(route.get("protocols", [])),
                "strip_path": route.get("strip_path", False),
                "preserve_host": route.get("preserve_host", False),
                "expression": route.get("expression", ""),
                "priority": route.get("priority", 0),
                "plugins": sorted(plugin["name"] for plugin in route.get("plugins", [])),
            }
    return out


def our_routes(model, router):
    classic = router != "expressions"
    out = {}
    for route in model.routes:
        service = route.service
        out[route.name] = {
            "service": service.name,
            "protocol": service.protocol,
            "path": service.path,
            "timeouts": (service.connect_timeout, service.read_timeout, service.write_timeout),
            "id": route.id,
            "hosts": sorted(route.hosts) if classic else [],
            "paths": sorted(route.kong_paths) if classic else [],
            "methods": list(route.methods) if classic else [],
            "headers": {h.name.lower(): list(h.values) for h in route.headers} if classic else {},
            "protocols": sorted(route.protocols),
            "strip_path": route.strip_path,
            "preserve_host": route.preserve_host,
            "expression": "" if classic else route.expression,
            "priority": 0 if classic else route.priority,
            "plugins": sorted(use.plugin for use in route.plugins if use.origin is None),
        }
    return out


@pytest.mark.parametrize("router", ["traditional", "expressions"])
def test_recorded_translations(shared, router, capsys):
    hits, misses = 0, {}
    for data, yaml in cases(shared):
        recorded = data["kic"][router]
        if "config" not in recorded:
            continue
        model, _ = resolved(yaml, router, data["gates"])
        expected, got = recorded_routes(recorded["config"]), our_routes(model, router)
        if expected == got:
            hits += 1
        else:
            misses[data["id"]] = {
                name: {
                    key: (expected.get(name, {}).get(key), got.get(name, {}).get(key))
                    for key in (expected.get(name) or got.get(name) or {})
                    if expected.get(name, {}).get(key) != got.get(name, {}).get(key)
                }
                for name in {*expected, *got}
            }
    unexplained = {case: diff for case, diff in misses.items() if f"{case}/{router}" not in EXPLAINED}
    with capsys.disabled():
        print(f"\nGateway API, {router}: {hits} of {hits + len(misses)}", end="")
    assert not unexplained, json.dumps(unexplained, indent=1)


def test_every_leaf_is_booked(shared):
    for data, yaml in cases(shared):
        model, ledger = resolved(yaml, "traditional", data["gates"])
        for obj in model.objects.values():
            assert not ledger.missing(obj), (data["id"], obj.ref, ledger.missing(obj))
