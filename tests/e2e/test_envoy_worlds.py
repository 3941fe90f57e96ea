"""Random worlds on Envoy Gateway: everything is booked and valid, and no closed rule opens without a policy."""

from __future__ import annotations

from typing import Any

import pytest

from kong2x import Options, Source, convert
from kong2x.emit.gateway_api.pack import DENIED
from tests.conftest import shared_folder

from .fuzz_worlds import world

CARRIED = ("key-auth", "basic-auth", "ip-restriction")
CASES = sorted((shared_folder() / "facts" / "recorded" / "kic-cases").glob("*.yaml"))
GIVEN = [*(world(seed) for seed in range(40)), *(path.read_text(encoding="utf-8") for path in CASES)]
WORLDS = [text for text in GIVEN if any(plugin in text for plugin in CARRIED)]
Rule = tuple[str, str, str]


def converted(text: str, implementation: str, version: str) -> list[dict[str, Any]]:
    """The objects; the conversion itself stops on a setting that is not booked and on an invalid object."""
    settings = {"gateway-api.implementation": implementation, "gateway-api.parent": "infra/edge"}
    chosen = Options(settings=settings, target_version=version, keep_going=True)
    return list(convert(Source(text), to="gateway-api", options=chosen).objects)


def rules(objects: list[dict[str, Any]]) -> dict[Rule, tuple[dict[str, Any], dict[str, Any]]]:
    """Object and rule by namespace, host and matches."""
    return {
        (obj["metadata"]["namespace"], host, str(rule["matches"])): (obj, rule)
        for obj in objects
        if obj["kind"] in ("HTTPRoute", "GRPCRoute")
        for host in obj["spec"].get("hostnames", [""])
        for rule in obj["spec"]["rules"]
    }


def guarded(objects: list[dict[str, Any]], route: dict[str, Any], rule: dict[str, Any]) -> bool:
    """Whether a SecurityPolicy acts on the rule."""
    targets = [
        (policy["metadata"]["namespace"], ref["kind"], ref["name"], ref.get("sectionName"))
        for policy in objects
        if policy["kind"] == "SecurityPolicy"
        and {"apiKeyAuth", "basicAuth", "authorization"} & set(policy["spec"])
        for ref in policy["spec"]["targetRefs"]
    ]
    here = (route["metadata"]["namespace"], route["kind"], route["metadata"]["name"])
    return any(target[:3] == here and target[3] in (None, rule.get("name")) for target in targets)


@pytest.mark.parametrize("version", ["1.1", "1.6"])
def test_what_the_standard_must_refuse_is_refused_or_guarded(version: str) -> None:
    opened = 0
    for text in WORLDS:
        portable, envoy = converted(text, "portable", version), converted(text, "envoy-gateway", version)
        there = rules(envoy)
        for key, (route, rule) in rules(portable).items():
            reason = route["metadata"].get("annotations", {}).get(DENIED, "")
            other = there.get(key)
            if not reason.endswith("cannot be carried over") or set(rule) != {"matches"} or other is None:
                continue
            if other[1].get("backendRefs"):
                opened += 1
                assert guarded(envoy, *other), (text, key, reason)
    assert opened > 10
