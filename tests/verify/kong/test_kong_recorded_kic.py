"""What Kong answered to the probes of the recorded KIC cases, predicted from KIC's entities."""

from __future__ import annotations

import json
import re
from collections import Counter
from collections.abc import Iterator
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any

import pytest

from kong2x.model.traffic import Answer, Request
from kong2x.verify.kong import KongRouter, from_config
from kong2x.verify.kong.arrival import Arrival
from kong2x.verify.kong.selection import Selection

FLAVOURS = ("traditional", "traditional_compatible", "expressions")
UPSTREAM_FAILURES = (502, 504)
"""The target failed or was too slow: after routing, so not a matter of the router."""

EXCEPTIONS = {
    ("path-unicode", "/café"): "the probe went out in Latin-1, which the case file cannot show",
}
"""Probes that the model answers otherwise on purpose, each with its reason."""


@dataclass
class Tally:
    right: Counter[str] = field(default_factory=Counter)
    total: Counter[str] = field(default_factory=Counter)
    reasons: Counter[str] = field(default_factory=Counter)
    wrong: list[Any] = field(default_factory=list)


class Remembering:
    """A router with Kong's match cache: the choice for a request is kept without regard to its scheme.

    An absent and an empty header share a key in the newer routers. The recording sent the probes of a
    case one after the other, so a later probe can meet the choice made for an earlier one.
    """

    def __init__(self, router: KongRouter) -> None:
        self.router = router
        self.choices: dict[tuple[Any, ...], Selection] = {}

    def answer(self, request: Request) -> tuple[Answer, bool]:
        """The answer, and whether a remembered choice made it."""
        plain = self.router.answer(request)
        arrival = Arrival(request)
        headers = tuple(sorted((k.lower(), v) for k, v in request.headers if v))
        if plain.status == 400:
            return plain, False
        method = request.method if self._uses("http.method", "methods") else ""
        sni = arrival.sni or "" if self._uses("tls.sni", "snis") else ""
        key = (method, request.host, arrival.path, headers, sni)
        if key not in self.choices:
            self.choices[key] = self.router._selector.select(arrival)
            return plain, False
        remembered = self.router._outcome.answer(self.choices[key], arrival)
        return (remembered, True) if remembered != plain else (plain, False)

    def _uses(self, field: str, criterion: str) -> bool:
        """Whether the cache key holds a field; the classic router always takes method and SNI."""
        if self.router.flavour == "traditional":
            return True
        return any(field in route.expression or getattr(route, criterion) for route in self.router.routes)


@pytest.fixture(scope="module")
def cases(shared: Path) -> list[dict[str, Any]]:
    folder = shared / "facts/recorded/kic-cases"
    return [json.loads(file.read_text("utf-8")) for file in sorted(folder.glob("*.json"))]


def request_of(probe: dict[str, Any]) -> Request:
    return Request(
        probe["method"],
        probe["host"],
        probe["path"],
        tuple((name, value) for name, value in probe.get("headers", ())),
        probe["scheme"],
        probe.get("sni"),
    )


def probes(cases: list[dict[str, Any]]) -> Iterator[tuple[dict[str, Any], str, Remembering, Any, Any]]:
    for case in cases:
        for flavour in FLAVOURS:
            kind = "expressions" if flavour == "expressions" else "traditional"
            config = case["kic"].get(kind, {}).get("config")
            if not config or flavour in case["kong_refused"]:
                continue
            router = Remembering(from_config(config, flavour))
            for probe in case["probes"]:
                answers = probe["answers"]
                recorded = answers.get("all") or answers.get(flavour)
                if recorded is not None and probe["request"]["scheme"] in ("http", "https"):
                    first = recorded[0] if isinstance(recorded, list) else recorded
                    yield case, flavour, router, probe["request"], first


def backends_of(config: dict[str, Any], route: str | None) -> tuple[set[str], set[str]]:
    """The Kubernetes Services behind a route as `namespace/name`, and the addresses of its targets."""
    for service in config["services"]:
        if any(entry["name"] == route for entry in service.get("routes", ())):
            tags = [tag.partition(":") for tag in service["tags"]]
            spaces = [value for key, _, value in tags if key == "k8s-namespace"]
            names = [value for key, _, value in tags if key == "k8s-name"]
            addresses = {
                target["target"]
                for upstream in config.get("upstreams") or ()
                if upstream["name"] == service["host"]
                for target in upstream["targets"]
            }
            return {f"{space}/{name}" for space in spaces for name in names}, addresses
    return set(), set()


def header(recorded: dict[str, Any], name: str) -> str | None:
    return next((value for key, value in recorded.get("headers", ()) if key.lower() == name), None)


def judge(case: dict[str, Any], flavour: str, answer: Answer, recorded: dict[str, Any]) -> tuple[bool, str]:
    """Whether the prediction holds, and what it was about."""
    kind = "expressions" if flavour == "expressions" else "traditional"
    config = case["kic"][kind]["config"]
    if "backend" not in recorded:
        status = recorded.get("status")
        if answer.status is None and answer.plugins and status not in (404, 426, 503):
            return True, "a plugin answers"
        if answer.status is None and (status in UPSTREAM_FAILURES or "error" in recorded):
            return answer.service is not None, "the upstream fails"
        if "tally" in recorded:
            return answer.status is None and answer.service is not None, "proxied to several"
        if answer.status != status:
            return False, "status"
        wanted = header(recorded, "location") if status and 300 <= status < 400 else None
        return answer.location == wanted, f"status {status}"
    names = {answer.route, *answer.tie} if answer.tie else {answer.route}
    known = [backends_of(config, name) for name in names]
    backend = recorded["backend"].partition("#")[0].partition(":")[0]
    served = backend == "external" or any(backend in services for services, _ in known)
    host = re.sub(r"(?<=:)\d+$", "<pod port>", answer.host or "") if answer.host is not None else None
    addresses = {address for _, targets in known for address in targets} | {"<pod address>", "<pod port>"}
    host_right = recorded["host"] in (addresses if host is None else (answer.host, host))
    if recorded.get("method") == "HEAD":
        return served, "proxied"
    path = recorded["path"].partition("?")[0]
    return answer.status is None and served and host_right and answer.path == path, "proxied"


def test_every_recorded_probe_is_predicted(cases: list[dict[str, Any]]) -> None:
    tally = Tally()
    for case, flavour, router, probe, recorded in probes(cases):
        answer, remembered = router.answer(request_of(probe))
        good, about = judge(case, flavour, answer, recorded)
        exception = EXCEPTIONS.get((case["id"], probe["path"]))
        tally.total[flavour] += 1
        if exception and not good:
            about = f"exception: {exception}"
            good = True
        elif remembered:
            about = "the match cache answers as it did for the other scheme"
        tally.right[flavour] += good
        tally.reasons[about] += 1
        if not good:
            tally.wrong.append((case["id"], flavour, probe, recorded, answer))
    for flavour in FLAVOURS:
        print(f"{flavour}: {tally.right[flavour]} of {tally.total[flavour]}")
    for about, count in tally.reasons.most_common():
        print(f"  {count} {about}")
    assert not tally.wrong, tally.wrong[:3]
    assert tally.reasons["proxied"] > 2000
    assert sum(count for about, count in tally.reasons.items() if about.startswith("exception")) <= 3


def test_recorded_rewrites_give_the_recorded_paths(cases: list[dict[str, Any]]) -> None:
    seen = 0
    for case, flavour, router, probe, recorded in probes(cases):
        if "rewrite" in case["id"] and "backend" in recorded:
            answer, _ = router.answer(request_of(probe))
            assert answer.path == recorded["path"].partition("?")[0], (case["id"], flavour, probe)
            seen += 1
    assert seen > 50


def test_protocol_answers_are_among_the_cases(cases: list[dict[str, Any]]) -> None:
    """The statuses that Kong gives by itself are all met, so that the comparison above means something."""
    met = Counter(
        recorded.get("status") for _, _, _, _, recorded in probes(cases) if "backend" not in recorded
    )
    assert {301, 302, 307, 308, 404, 415, 426, 503} <= set(met)
