"""The rig of the recordings around the model: its records, its refusals, its echoing backend."""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import yaml

from kong2x.model.source import mapping
from kong2x.model.traffic import Answer, Request
from kong2x.validate.apisix.plugin_codes import PLUGIN_CODE, PLUGIN_CONFIG, PLUGIN_SINCE, PLUGIN_UNKNOWN
from kong2x.validate.apisix.plugins import PluginSchemas
from kong2x.verify.apisix.entries import Entry
from kong2x.verify.apisix.exchange import exchange
from kong2x.verify.apisix.outcome import outcome
from kong2x.verify.apisix.variables import Variables
from kong2x.verify.gateway_on_apisix import GatewayOnApisix, World
from kong2x.verify.gateway_on_apisix.backends import traffic_policy
from kong2x.verify.gateway_on_apisix.platform import callers, global_plugins, server_names
from kong2x.verify.gateway_on_apisix.streams import covers, stream_entries, stream_winner

CERTIFICATE = ("shop.example", "*.shop.example")
"""What the certificate of all recordings is for."""
STREAM_PORT = 9101
REFUSED = (PLUGIN_CODE, PLUGIN_CONFIG, PLUGIN_SINCE, PLUGIN_UNKNOWN)
"""What APISIX itself refuses; keys that it does not know it ignores."""


@dataclass
class Record:
    """One recording with the model of its world."""

    data: dict[str, Any]
    router: GatewayOnApisix
    refused: bool

    @classmethod
    def load(cls, path: Path) -> Record:
        data = yaml.load(path.read_text(encoding="utf-8"), yaml.CSafeLoader)
        objects = [obj for obj in yaml.safe_load_all(data["manifests"]) if obj]
        mode = data["controller"]["listener_port_match_mode"]
        world = World.of(objects, complete=True, port_match=mode, certificate_names=CERTIFICATE)
        router = GatewayOnApisix(world)
        return cls(data, router, refused(router))

    @property
    def world(self) -> World:
        return self.router.world


def refused(router: GatewayOnApisix) -> bool:
    """Whether APISIX takes nothing of the configuration: a plugin body, or one id twice."""
    schemas = PluginSchemas("3.18")
    streams = [entry.id for entry in stream_entries(router.world)]
    if len(set(streams)) < len(streams):
        return True
    bodies = [(name, body) for entry in router.entries for name, body in entry.plugins.items()]
    bodies += global_plugins(router.world).items()
    bodies += [item for caller in callers(router.world) for item in caller.plugins.items()]
    problems = [problem for name, body in bodies for problem in schemas.check(name, body)]
    return any(problem.code in REFUSED for problem in problems)


def request_of(sent: Mapping[str, Any]) -> Request:
    """A probe's request."""
    given = sent.get("headers") or {}
    rows = given.items() if isinstance(given, dict) else [tuple(row) for row in given]
    headers = tuple((str(name), str(value)) for name, value in rows)
    scheme = "https" if sent.get("https") else "http"
    return Request(sent["method"], sent["host"], sent["path"], headers, scheme, sent.get("sni"))


def predictions(record: Record, sent: Mapping[str, Any]) -> Iterator[dict[str, Any]]:
    """The answers that may be recorded for a probe; several where the configuration does not decide."""
    request = request_of(sent)
    if sent.get("https") and not any(
        covers(name, request.server_name or "")
        for names in ([] if record.refused else server_names(record.world))
        for name in names
    ):
        yield {"tls": "handshake failed"}
        return
    if sent.get("stream"):
        yield stream(record, request)
        return
    variables = Variables(request)
    entry, answer = (None, Answer(None, status=404)) if record.refused else record.router.decide(variables)
    candidates = [(entry, answer)]
    if answer.tie:
        rivals = [one for one in record.router.entries if one.id in answer.tie and one is not entry]
        candidates += [(one, outcome(one, variables, answer.tie, "")) for one in rivals]
    for one, found in candidates:
        yield answered(record, one, found, variables)


def stream(record: Record, request: Request) -> dict[str, Any]:
    """What comes back on the stream port, where the probe speaks HTTP to the backend."""
    found = stream_winner(stream_entries(record.world), request.server_name, STREAM_PORT)
    if record.refused or found is None or not found.targets:
        return {"connection": "closed without an answer"}
    upstream = {"service": short(found.targets[0].address), "method": request.method}
    return {"status": 200, "upstream": {**upstream, "path": request.path, "host": request.host}}


def answered(record: Record, entry: Entry | None, answer: Answer, variables: Variables) -> dict[str, Any]:
    """A predicted answer in the form of the recordings."""
    everywhere = {} if record.refused else global_plugins(record.world)
    made = exchange(entry, answer, variables, callers(record.world), everywhere)
    if made.status is not None or entry is None:
        return {"status": made.status, "headers": grouped(made.received([]))}
    return backend(record, entry, answer, variables, made)


def backend(record: Record, entry: Entry, answer: Answer, variables: Variables, made: Any) -> dict[str, Any]:
    """What the rig's backend makes of a request: it speaks plain HTTP, echoes, and obeys X-Echo-*."""
    target, request = entry.targets[0], variables.request
    if target.scheme != "http":
        return {"status": 502, "headers": grouped(made.received([]))}
    sent = dict(made.sent)
    namespace, _, rest = target.address.partition("/")
    policy = traffic_policy(record.world, (namespace, rest.rpartition(":")[0]), int(rest.rpartition(":")[2]))
    limit = mapping(mapping(mapping(policy).get("spec")).get("timeout")).get("read", "60s")
    if float(sent.get("x-echo-delay", 0)) > float(limit.rstrip("s")):
        return {"status": 504, "headers": grouped(made.received([]))}
    echoed = sent.get("x-echo-header")
    own = [tuple(echoed.split("=", 1))] if echoed else []
    out: dict[str, Any] = {
        "status": int(sent.get("x-echo-status", 200)),
        "headers": grouped(made.received(own)),
    }
    if request.method != "HEAD":
        path = answer.path + ("?" + request.path.partition("?")[2] if "?" in request.path else "")
        out["upstream"] = {
            "service": short(target.address),
            "method": request.method,
            "path": path,
            "host": answer.host,
            "headers": grouped(made.sent),
        }
    return out


def grouped(headers: list[tuple[str, str]]) -> dict[str, Any]:
    """Headers as the recordings write them: a list where one is there several times."""
    found: dict[str, list[str]] = {}
    for name, value in headers:
        found.setdefault(name.lower(), []).append(value)
    return {name: values[0] if len(values) == 1 else values for name, values in found.items()}


def short(address: str) -> str:
    """A backend as the recordings name it: without the namespace `shop`."""
    return address.removeprefix("shop/")


def same(predicted: Mapping[str, Any], recorded: Mapping[str, Any]) -> bool:
    """Whether an answer is the recorded one; error pages, times and the node's own address are not told."""
    for key in ("status", "tls", "connection"):
        if predicted.get(key) != recorded.get(key):
            return False
    if (predicted.get("headers") or {}) != (recorded.get("headers") or {}):
        return False
    mine, theirs = predicted.get("upstream"), recorded.get("upstream")
    if (mine is None) != (theirs is None):
        return False
    if mine is None or theirs is None:
        return True
    own_address = mine["host"] is None and str(theirs["host"]).startswith("127.0.0.1:")
    return (
        all(mine[key] == theirs[key] for key in ("service", "method", "path"))
        and (own_address or mine["host"] == theirs["host"])
        and (mine.get("headers") or {}) == (theirs.get("headers") or {})
    )
