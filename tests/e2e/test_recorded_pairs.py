"""The recorded conversion pairs, whole: plugin configurations, what was announced, and the probes' answers."""

from __future__ import annotations

from collections import Counter
from fnmatch import fnmatch
from functools import cache
from pathlib import Path
from typing import Any

import pytest
import yaml

from kong2x.model.result import Result
from kong2x.model.traffic import Answer, Request
from kong2x.verify.apisix import apisix_router
from kong2x.verify.kong import kong_router
from tests.conftest import shared_folder

from .worlds import converted, options

PAIRS = sorted((shared_folder() / "facts" / "recorded" / "conversion-pairs").glob("*.yaml"))

TOLD: dict[str, tuple[str, ...]] = {
    "The upstream sees X-Consumer-Username": ("apisix/consumer-name",),
    "The WWW-Authenticate text": ("*/challenge",),
    "X-Consumer-Groups is not sent": ("acl/groups-header",),
    "Passwords with a colon": ("basic-auth/passwords",),
    "Proxy-Authorization is not read": ("basic-auth/one-header",),
    "Two blanks after the scheme": ("basic-auth/one-header",),
    "Kong's built-in crawler list": ("bot-detection/built-in-list",),
    "Two User-Agent headers": ("bot-detection/two-user-agents",),
    "Cache headers have other names": ("proxy-cache/cache-headers",),
    "An upstream Cache-Control private": ("proxy-cache/private-obeyed",),
    "An answer with Set-Cookie": ("proxy-cache/set-cookie",),
    "Arguments in another order": ("proxy-cache/arguments",),
    "Any client can delete a cache entry": (),
    "Answers of every content type": ("proxy-cache/content-type",),
    "Which request goes where differs": ("apisix/shares",),
    "Identifiers are plain UUIDs": ("correlation-id/plain-uuid",),
    "The upstream's own header is kept": ("correlation-id/upstream-header",),
    "An OPTIONS request that is no preflight": ("cors/plain-options",),
    "Ordinary answers carry extra CORS": ("cors/extra-headers",),
    "Kong names the single origin": ("cors/extra-headers",),
    "A repeated or listed header value": ("apisix/joined-headers",),
    "Without a rewrite the raw path": ("apisix/raw-path",),
    "Every client has to be changed": ("hmac-auth/other-signature",),
    "APISIX takes the client address from": ("ip-restriction/client-address",),
    "A token without the word Bearer": ("jwt/bare-token",),
    "The issuer is looked for": ("jwt/token-header",),
    "Two tokens in one request": ("jwt/bare-token",),
    "A request with the key header twice": ("key-auth/repeated-key",),
    "Only the place where the key was found": ("key-auth/hides-one-place",),
    "Kong leaves a bare question mark": ("key-auth/hides-one-place",),
    "KIC writes the path unescaped": ("apisix/unescaped-path",),
    "A percent encoded character": ("apisix/decoded-path",),
    "The dollar sign is sent": ("redirect/dollar-encoded",),
    "Double slashes, dot segments": ("redirect/raw-path",),
    "Rate limit headers have other names": ("rate-limiting/headers",),
    "The upstream's own Link header": ("response-transformer/append-replaces",),
    "Kong removes the header and adds none": ("response-transformer/remove-and-add",),
    "The header also appears": ("*-transformer/replace-creates",),
    "A header that is present but empty": ("request-transformer/add-empty-or-repeated",),
    "Repeated headers are joined": ("request-transformer/add-empty-or-repeated",),
    "A dollar sign followed by a digit": ("request-transformer/dollar",),
    "Kong moves a form body": ("request-transformer/form-body",),
    "The appended argument comes first": ("request-transformer/query-first",),
    "A caller that sends only the new name": ("request-transformer/rename-removes",),
    "Kong answers 417": ("request-size-limiting/before-authentication",),
    "An unknown server name ends": ("apisix/no-default-certificate",),
}
"""The beginning of a recorded difference, and the codes of which one must have been reported."""

UNTOLD: dict[tuple[str, str], str] = {
    ("corr-echo", "Identifiers are plain UUIDs"): "the source asks for plain UUIDs, so both sides make them",
    ("cache-basic", "Any client can delete a cache entry"): "requests with PURGE skip the cache, as in Kong",
}
"""Pair and beginning of a difference that need not be told, with the reason."""


@cache
def load(path: Path) -> dict[str, Any]:
    loaded: dict[str, Any] = yaml.safe_load(path.read_text(encoding="utf-8"))
    return loaded


@cache
def outcome(path: Path) -> Any:
    pair = load(path)
    settings = {
        "kong.router": "traditional_compatible",
        "kong.version": "3.9",
        "apisix.version": "3.18",
    }
    if "rewrite-uris" in str(pair.get("kic_flags")):
        settings["kong.gates"] = "RewriteURIs"
    return converted(pair["kong"], options("apisix", settings, target_version="2.2"))


def result(path: Path) -> Result:
    found: Result = outcome(path).result
    return found


def named(paths: list[Path]) -> list[Any]:
    return [pytest.param(path, id=path.stem) for path in paths]


@pytest.mark.parametrize("path", named([path for path in PAIRS if load(path).get("differences")]))
def test_every_recorded_difference_is_told(path: Path) -> None:
    codes = {finding.code for finding in result(path).findings}
    for difference in load(path)["differences"]:
        sentence = difference["finding"]
        start = next((start for start in TOLD if sentence.startswith(start)), None)
        assert start, f"no codes are known for: {sentence}"
        if (path.stem, start) in UNTOLD:
            continue
        wanted = TOLD[start]
        told = [code for code in codes if any(fnmatch(code, pattern) for pattern in wanted)]
        assert told, (sentence, sorted(codes))


def test_the_tables_hold_nothing_stale() -> None:
    sentences = [d["finding"] for path in PAIRS for d in load(path).get("differences") or ()]
    for start in TOLD:
        assert any(sentence.startswith(start) for sentence in sentences), start
    assert {name for name, _ in UNTOLD} <= {path.stem for path in PAIRS}
    assert set(OTHER_PLUGINS) <= {path.stem for path in PAIRS}


def guards_identity(plugin: dict[str, Any]) -> bool:
    """Whether it only takes a caller's own X-Consumer-* headers away, which the recording shows once."""
    config = plugin.get("config") or {}
    headers = config.get("headers") or {}
    removed = [str(name).lower() for name in headers.get("remove") or ()]
    identity = ("x-consumer-", "x-anonymous-consumer", "x-credential-identifier")
    return (
        plugin["name"] == "proxy-rewrite"
        and set(config) == {"headers"}
        and set(headers) == {"remove"}
        and all(name.startswith(identity) for name in removed)
    )


def plugin_bodies(objects: list[dict[str, Any]]) -> Counter[str]:
    """Names of the plugins that rules, consumers and global rules have in effect, shared or inline."""
    shared = {
        obj["metadata"]["name"]: [
            p["name"] for p in obj["spec"]["plugins"] if p.get("enable", True) and not guards_identity(p)
        ]
        for obj in objects
        if obj["kind"] == "ApisixPluginConfig"
    }
    found: Counter[str] = Counter()
    for obj in objects:
        if obj["kind"] == "ApisixRoute":
            for rule in obj["spec"].get("http", ()):
                names = set(shared.get(rule.get("plugin_config_name"), ()))
                own = [p for p in rule.get("plugins", ()) if p.get("enable", True)]
                names |= {p["name"] for p in own if not guards_identity(p)}
                found.update(names)
        elif obj["kind"] == "ApisixGlobalRule":
            found.update(p["name"] for p in obj["spec"]["plugins"])
    return found


OTHER_PLUGINS: dict[str, str] = {
    "acl-allow-static": "groups are labels that the acl plugin reads; the recording shows the list of names instead",
    "acl-deny-static": "as for acl-allow-static",
    "log-syslog": "Kong logs to its own machine; the recording names a test server that no manifest can name",
}
"""Pairs for which other plugins are in effect than were recorded, with the reason."""


@pytest.mark.parametrize("path", named(PAIRS))
def test_the_same_plugins_are_in_effect(path: Path) -> None:
    recorded = [obj for obj in yaml.safe_load_all(load(path)["apisix"]) if obj]
    ours, theirs = set(plugin_bodies(result(path).objects)), set(plugin_bodies(recorded))
    if path.stem in OTHER_PLUGINS:
        assert ours != theirs, f"remove the reason: {OTHER_PLUGINS[path.stem]}"
        return
    assert ours == theirs


def requests(pair: dict[str, Any]) -> list[tuple[Request, dict[str, Any]]]:
    found = []
    for probe in pair["probes"]:
        sent = probe["request"]
        given = sent.get("headers") or {}
        rows = given.items() if isinstance(given, dict) else [tuple(row) for row in given]
        headers = tuple((str(k), str(v)) for k, vs in rows for v in (vs if isinstance(vs, list) else [vs]))
        scheme = "https" if sent.get("https") else "http"
        host, path = sent.get("host", "shop.example"), sent.get("path", "/")
        answers = probe.get("answers") or ()
        if answers:
            request = Request(sent.get("method", "GET"), host, path, headers, scheme, sent.get("sni"))
            found.append((request, answers[0]))
    return found


def agrees(answer: Answer, recorded: dict[str, Any]) -> bool:
    """Whether a model's answer is a recorded one, as far as the models go: who answers, and the path."""
    upstream = recorded.get("upstream")
    if upstream is None:
        return answer.status is not None and answer.status == recorded.get("status")
    if answer.status is not None:
        return False
    return str(answer.path).partition("?")[0] == str(upstream.get("path")).partition("?")[0]


PLAYED = ("routing", "scope", "redirect", "request-termination")
NOT_PLAYED: dict[str, str] = {
    "header-or-ci": "one probe sends blanks around a header value, which nginx takes away before routing",
    "methods": "one probe sends a lower case method, which nginx itself refuses with 400",
    "root-catch-all": "one probe sends OPTIONS *, which nginx itself answers",
    "term-trigger-empty": "the models do not evaluate a condition inside a plugin",
    "term-workflow": "the models do not play the plugin workflow, which refuses by address",
    "timeout-read": "the backend is slow; the models know no time",
    "timeout-read-retries": "as for timeout-read",
}
"""Pairs whose probes meet what the router models do not play, with the reason."""


@pytest.mark.parametrize("path", named([path for path in PAIRS if load(path)["plugin"] in PLAYED]))
def test_probes_get_a_recorded_answer(path: Path) -> None:
    target = apisix_router(result(path).objects)
    source = kong_router(outcome(path).model)
    wrong = []
    for request, recorded in requests(load(path)):
        answer = target.answer(request)
        either = [recorded.get("apisix") or {}, recorded.get("kong") or {}]
        if not any(agrees(answer, one) for one in either):
            wrong.append((request, answer, either, source.answer(request)))
    if path.stem in NOT_PLAYED:
        assert wrong, f"remove the reason: {NOT_PLAYED[path.stem]}"
        return
    total = len(requests(load(path)))
    print(f"{path.stem}: {total - len(wrong)} of {total}")
    assert not wrong, wrong[0]
