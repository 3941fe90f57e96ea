"""The recorded pairs as wholes: what acts on each rule and for each consumer, beside what was run.

Shared and inline plugins are taken together, defaults of APISIX are filled in, and credentials are read from
their Secrets, so that only what changes an answer remains. Each pair that still differs has its reason.
"""

from __future__ import annotations

import base64
import json
from functools import cache
from pathlib import Path
from typing import Any

import pytest
import yaml

from tests.conftest import shared_folder
from tests.mapping.test_recorded import full

from .test_recorded_pairs import PAIRS, load, result

Objects = list[dict[str, Any]]

GROUPS = (
    "behind acl a caller's own X-Consumer-Groups is removed, which the records show in acl-spoofed-groups"
)
CACHE = (
    "PURGE reaches the service as in Kong, each route has entries of its own, and HEAD is not mixed with GET"
)
UPSTREAM = "an ApisixUpstream that is written anyway also says the scheme and Kong's retries"
TIMEOUT = "timeouts stand on the rule, so that two routes of one Service may differ"
OTHERWISE: dict[str, str] = {
    "acl-allow": GROUPS,
    "acl-deny": GROUPS,
    "acl-allow-static": "groups are labels that acl reads; the record lists names, for releases before 3.17",
    "acl-deny-static": "as for acl-allow-static",
    "cache-basic": CACHE,
    "cache-type": CACHE,
    "host-header-port": "the recorded port stands for the container port, which the manifest leaves at 80",
    "jwt-defaults-grace": "a grace period would loosen every route of the consumer: told by jwt/checks-lifetime",
    "log-file": "the record writes to another file so that both gateways may run on one machine",
    "log-global": "Kong's time limit is written, the record leaves APISIX's own",
    "log-syslog": "Kong logs to its own machine; the record names a test server that no manifest can name",
    "preserve-host-false-node": UPSTREAM,
    "rl-path": "the text of Kong's refusal is written",
    "rt-consumer-only": "the consumer also removes a caller's own identity headers, as the route must not",
    "rt-empty-set": "a removal is written as such; the record shows that an empty variable does the same",
    "timeout-read": TIMEOUT,
    "timeout-read-retries": TIMEOUT,
}
BLOCKS = {"keyAuth": "key-auth", "basicAuth": "basic-auth", "jwtAuth": "jwt-auth", "hmacAuth": "hmac-auth"}
EARLY = {"proxy-rewrite", "fault-injection", "redirect", "cors", "client-control", "request-id"}
"""Plugins that a consumer has in vain where a rule with a login has them too (plugin-mapping.md 2.5)."""
LOGINS = {"key-auth", "basic-auth", "jwt-auth", "hmac-auth", "multi-auth"}


def secrets(objects: Objects) -> dict[str, dict[str, str]]:
    """The values of the Secrets by name."""
    found: dict[str, dict[str, str]] = {}
    for obj in objects:
        if obj["kind"] == "Secret":
            data = {k: base64.b64decode(v).decode() for k, v in (obj.get("data") or {}).items()}
            found[obj["metadata"]["name"]] = {**data, **(obj.get("stringData") or {})}
    return found


def acting(rule: dict[str, Any], shared: dict[str, Any]) -> dict[str, Any]:
    """The plugins of a rule, with defaults; an entry that does nothing is left out."""
    plugins = dict(shared.get(rule.get("plugin_config_name", ""), {}))
    plugins |= {p["name"]: p.get("config") or {} for p in rule.get("plugins", ()) if p.get("enable", True)}
    whole = {name: full(name, config) for name, config in plugins.items()}
    return {name: config for name, config in whole.items() if name != "proxy-rewrite" or config}


def shared_plugins(objects: Objects) -> dict[str, Any]:
    configs = [obj for obj in objects if obj["kind"] == "ApisixPluginConfig"]
    return {
        obj["metadata"]["name"]: {
            p["name"]: p.get("config") or {} for p in obj["spec"]["plugins"] if p.get("enable", True)
        }
        for obj in configs
    }


def of_consumer(obj: dict[str, Any], values: dict[str, dict[str, str]]) -> dict[str, Any]:
    """A consumer with its credentials read and HS256, the default, left out."""
    plugins: dict[str, Any] = {}
    for block, content in (obj["spec"].get("authParameter") or {}).items():
        plugins[BLOCKS[block]] = dict(content.get("value") or values[content["secretRef"]["name"]])
    for entry in obj["spec"].get("plugins", ()):
        plugins[entry["name"]] = {**(entry.get("config") or {}), **values.get(entry.get("secretRef", ""), {})}
    for config in plugins.values():
        config.pop("kongCredType", None)
        if config.get("algorithm") == "HS256":
            del config["algorithm"]
    metadata = obj["metadata"]
    return {"consumer": metadata["name"], "labels": metadata.get("labels") or {}, "plugins": plugins}


def effects(objects: Objects, source: Objects) -> list[str]:
    """What acts, in a form that can be compared; names of rules, routes and plugin sets play no part."""
    shared, values = shared_plugins(objects), secrets([*source, *objects])
    out: list[Any] = []
    for obj in objects:
        if obj["kind"] == "ApisixRoute":
            for rule in obj["spec"].get("http", ()):
                match = {**rule["match"], "paths": sorted(rule["match"]["paths"])}
                kept = {k: rule[k] for k in ("backends", "upstreams", "timeout", "priority") if k in rule}
                for expr in match.get("exprs", ()):
                    if not expr["subject"].get("name"):
                        expr["subject"].pop("name", None)
                out.append({"match": match, "plugins": acting(rule, shared), **kept})
        elif obj["kind"] == "ApisixConsumer":
            out.append(of_consumer(obj, values))
        elif obj["kind"] not in ("ApisixPluginConfig", "Service", "Secret", "Namespace"):
            out.append({"kind": obj["kind"], "name": obj["metadata"]["name"], "spec": obj["spec"]})
    return sorted(json.dumps(one, sort_keys=True) for one in out)


@cache
def documents(path: Path, side: str) -> Objects:
    return [doc for doc in yaml.safe_load_all(load(path)[side]) if doc]


@pytest.mark.parametrize("path", [pytest.param(path, id=path.stem) for path in PAIRS])
def test_what_acts_is_what_was_run(path: Path) -> None:
    source = documents(path, "kong")
    ours, theirs = effects(result(path).objects, source), effects(documents(path, "apisix"), source)
    if path.stem in OTHERWISE:
        assert ours != theirs, f"remove the reason: {OTHERWISE[path.stem]}"
    else:
        assert ours == theirs


def test_reasons_are_of_recorded_pairs() -> None:
    assert set(OTHERWISE) <= {path.stem for path in PAIRS}
    assert (shared_folder() / "facts" / "recorded" / "CONVERSION-PAIRS.md").exists()


@pytest.mark.parametrize("path", [pytest.param(path, id=path.stem) for path in PAIRS])
def test_no_consumer_has_an_early_plugin_in_vain(path: Path) -> None:
    """Where a rule with a login has the plugin too, APISIX leaves the consumer's out: that has to be told."""
    objects = result(path).objects
    shared = shared_plugins(objects)
    own = {
        entry["name"]
        for obj in objects
        if obj["kind"] == "ApisixConsumer"
        for entry in obj["spec"].get("plugins", ())
    }
    rules = [rule for obj in objects if obj["kind"] == "ApisixRoute" for rule in obj["spec"].get("http", ())]
    for rule in rules:
        named = set(shared.get(rule.get("plugin_config_name", ""), {}))
        named |= {entry["name"] for entry in rule.get("plugins", ())}
        if named & LOGINS and own & named & EARLY:
            told = {finding.code for finding in result(path).findings}
            assert told & {"apisix/consumer-over-route", "apisix/consumer-plugin-lost"}
