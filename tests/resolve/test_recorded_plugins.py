"""Recorded plugins, consumers, events and refusals of KIC and Kong against the route model."""

from __future__ import annotations

import json
from collections import Counter
from functools import cache
from typing import Any

import pytest

from kong2x.model.finding import Severity
from kong2x.model.plugin import PluginUse
from kong2x.read import parse_yaml
from kong2x.resolve.plugins import Plan, plan_plugins
from kong2x.resolve.world import World
from tests.conftest import shared_folder
from tests.resolve.worlds import Resolved, recorded

CASES = shared_folder() / "facts" / "recorded" / "kic-cases"
FLAVOURS = ("traditional", "traditional_compatible", "expressions")
FIELDS = {
    "keyauth_credentials": "key-auth",
    "basicauth_credentials": "basic-auth",
    "hmacauth_credentials": "hmac-auth",
    "jwt_secrets": "jwt",
    "oauth2_credentials": "oauth2",
    "acls": "acl",
    "mtls_auth_credentials": "mtls-auth",
}
PLUGIN_KINDS = frozenset(("KongPlugin", "KongClusterPlugin", "KongConsumer", "KongConsumerGroup"))

EVENTS = {
    "referenced KongPlugin or KongClusterPlugin": {"plugins/missing", "plugins/cluster-plugin-class"},
    "no grant found to referenced": {"plugins/not-granted"},
    "has both Config and ConfigFrom set": {"plugins/config-and-config-from"},
    "error fetching plugin configuration secret": {"plugins/config-secret-missing"},
    "could not parse KongPlugin": {"plugins/config-secret-unreadable", "plugins/config-patch"},
    "nonexistent consumer group": {"consumers/missing-group"},
    "no username or custom_id": {"consumers/no-name"},
    "unsupported credential type": {"credentials/type", "credentials/no-label"},
    "could not load credential from Secret": {"credentials/no-label"},
    "Failed to fetch secret": {"credentials/missing"},
    "conflicting credential": {"consumers/conflict"},
}
"""What KIC's event says -> the findings that may stand for it."""

REFUSED = {
    "uniqueness violation: 'plugins'": {"plugins/two-of-one-type", "plugins/listed-twice"},
    "uniqueness violation: 'consumers'": {"consumers/duplicate"},
    "required field missing": {"credentials/refused"},
    "value must be null": {"plugins/scope"},
    "not enabled": {"plugins/unknown-type"},
}
"""What Kong's refusal says -> the refusals that may stand for it."""

EXCEPTIONS: dict[tuple[str, str], str] = {
    ("plugin-bad-config", "refused"): "settings are checked by the mapping tables, not here",
    ("plugin-unknown-field", "refused"): "settings are checked by the mapping tables, not here",
    ("plugin-list-spaces", "plugins"): "KIC sends the repeated instance twice, the model holds it once",
    ("plugin-two-same-type-one-object", "plugins"): "the model holds the first of two of one kind",
    ("plugin-route-scope-consumer-plugin", "plugins"): "the model leaves out what Kong refuses",
}
"""(case, part) -> why the model says something else on purpose."""


@cache
def cases() -> dict[str, dict[str, Any]]:
    """The recorded cases that have plugins, consumers or the events that belong to them."""
    found = {}
    for file in sorted(CASES.glob("*.json")):
        case = json.loads(file.read_text())
        text = (CASES / f"{case['id']}.yaml").read_text()
        if any(f"kind: {kind}\n" in text for kind in PLUGIN_KINDS) or "konghq.com/plugins" in text:
            found[case["id"]] = case
    return found


@cache
def world(case: str, flavour: str) -> Resolved:
    return recorded(CASES, case, router=flavour, gates=tuple(cases()[case]["gates"]))


def plan_of(found: Resolved) -> Plan:
    return plan_plugins(World(found.objects, found.model.facts, found.ledger, parse_yaml), found.model)


def of_kic(plugin: dict[str, Any]) -> tuple[Any, ...]:
    """One recorded instance in comparable form."""
    return (
        plugin["name"],
        json.dumps(plugin.get("config", {}), sort_keys=True),
        plugin.get("route"),
        plugin.get("service"),
        plugin.get("consumer"),
        plugin.get("consumer_group"),
        plugin.get("enabled", True),
        tuple(plugin.get("protocols", ())),
        json.dumps(plugin.get("ordering", {})),
        (plugin.get("instance_name") or "").rpartition("-")[0],
        next((t.partition(":")[2] for t in plugin["tags"] if t.startswith("k8s-name:")), ""),
    )


def of_use(use: PluginUse, enabled: bool, side: str, target: str | None) -> tuple[Any, ...]:
    return (
        use.plugin,
        json.dumps(dict(use.config), sort_keys=True),
        target if side == "route" else None,
        target if side == "service" else None,
        use.consumer,
        use.group,
        enabled,
        use.protocols,
        json.dumps(dict(use.ordering)),
        use.instance_name or "",
        use.origin.name if use.origin else "",
    )


def instances(plan: Plan) -> Counter[tuple[Any, ...]]:
    """Every instance once for each Kong entity it is attached to."""
    out: Counter[tuple[Any, ...]] = Counter()
    for referrer, instance in plan.combined.instances():
        personal = referrer.side in ("consumer", "group")
        for target in [None] if personal else referrer.targets:
            out[of_use(instance.use, instance.enabled, referrer.side, target)] += 1
    for instance in plan.everywhere:
        out[of_use(instance.use, instance.enabled, "global", None)] += 1
    return out


def kic_consumers(config: dict[str, Any]) -> list[Any]:
    out = []
    for consumer in config.get("consumers", []):
        credentials = Counter()
        for field, kind in FIELDS.items():
            for credential in consumer.get(field, []):
                values = {k: v for k, v in credential.items() if k not in ("tags", "id")}
                if "redirect_uris" in values:
                    values["redirect_uris"] = ",".join(values["redirect_uris"])
                credentials[kind, tuple(sorted(values.items()))] += 1
        names = (consumer.get("username", ""), consumer.get("custom_id", ""), consumer.get("id", ""))
        groups = tuple(sorted(g["name"] for g in consumer.get("groups", [])))
        out.append((*names, groups, sorted(credentials.items())))
    return sorted(out)


def model_consumers(found: Resolved) -> list[Any]:
    out = []
    for consumer in found.model.consumers:
        credentials = Counter(
            (c.type, tuple(sorted((name, value.reveal()) for name, value in c.fields.items())))
            for c in consumer.credentials
            if c.inline
        )
        names = (consumer.username, consumer.custom_id, consumer.id)
        out.append((*names, tuple(sorted(consumer.groups)), sorted(credentials.items())))
    return sorted(out)


def blame(found: Resolved) -> set[tuple[str, str]]:
    """Code and object of every finding about plugins and consumers."""
    return {(f.code, f.object.name if f.object else "") for f in found.model.findings}


def differences(case: dict[str, Any], flavour: str) -> dict[str, Any]:
    """What the model says otherwise than the record, by part."""
    kic = case["kic"]["expressions" if flavour == "expressions" else "traditional"]
    found = world(case["id"], flavour)
    out: dict[str, Any] = {}
    want = Counter(of_kic(plugin) for plugin in kic["config"].get("plugins", []))
    have = instances(plan_of(found))
    if want != have:
        out["plugins"] = (want - have, have - want)
    if kic_consumers(kic["config"]) != model_consumers(found):
        out["consumers"] = (kic_consumers(kic["config"]), model_consumers(found))
    told = blame(found)
    untold = []
    for failure in kic["failures"]:
        codes = [codes for start, codes in EVENTS.items() if start in failure["message"]]
        names = {text.rpartition("/")[2] for text in failure["objects"]}
        if codes and not any(
            code in codes[0]
            and (name in names or "Secret" in failure["objects"][0] or code.startswith("credentials/"))
            for code, name in told
        ):
            untold.append(failure)
    if untold:
        out["failures"] = untold
    known = {code for codes in EVENTS.values() for code in codes}
    expected = {
        code
        for f in kic["failures"]
        for start, codes in EVENTS.items()
        if start in f["message"]
        for code in codes
    }
    extra = {code for code, _ in told} & known - expected
    if extra:
        out["failures"] = (out.get("failures"), extra)
    refused = case["kong_refused"].get(flavour, [])
    mine = {
        f.code for f in found.model.refusals if f.code.startswith(("plugins/", "consumers/", "credentials/"))
    }
    wanted = [codes for r in refused for start, codes in REFUSED.items() if start in r["message"]]
    unknown = [
        r
        for r in refused
        if r["entity"].startswith(("plugin", "consumer", "basicauth"))
        and not any(start in r["message"] for start in REFUSED)
    ]
    if unknown or any(not codes & mine for codes in wanted) or (mine and not refused):
        out["refused"] = (refused, mine)
    return out


PAIRS = [(case, flavour) for case in cases() for flavour in FLAVOURS]


@pytest.mark.parametrize(("case", "flavour"), PAIRS, ids=[f"{c}-{f}" for c, f in PAIRS])
def test_as_recorded(case, flavour):
    found = differences(cases()[case], flavour)
    excused = {part for name, part in EXCEPTIONS if name == case}
    assert set(found) == excused, {
        part: found[part] for part in set(found) - excused
    } or "an exception that is none"


def test_count(capsys):
    good = sum(1 for case, flavour in PAIRS if not differences(cases()[case], flavour))
    with capsys.disabled():
        print(f"\nplugins and consumers as recorded: {good} of {len(PAIRS)} cases and flavours")
    assert good >= len(PAIRS) - len(EXCEPTIONS) * len(FLAVOURS)


@pytest.mark.parametrize("case", cases())
def test_every_finding_of_mine_is_loud_or_about_nothing_lost(case):
    """What Kong drops without a word is told at least as a warning where it decides who may call."""
    for finding in world(case, "traditional").model.findings:
        if finding.code in ("plugins/missing", "plugins/not-granted", "plugins/cluster-plugin-class"):
            assert finding.severity is Severity.ERROR
            assert finding.routes


def marked(found: Resolved, request: dict[str, Any]) -> dict[str, str] | None:
    """The headers that response-transformer adds to the answer, by the chosen route and the caller's key."""
    from kong2x.model.traffic import Request
    from kong2x.verify.kong import kong_router

    headers = tuple((name, value) for name, value in request.get("headers", []))
    asked = Request(
        request["method"], request["host"], request["path"], headers, request["scheme"], request.get("sni")
    )
    answer = kong_router(found.model).answer(asked)
    if answer.route is None or answer.status is not None:
        return None
    route = next(route for route in found.model.routes if route.name == answer.route)
    key = next((value for name, value in headers if name.lower() == "apikey"), None)
    caller = next(
        (
            c.username
            for c in found.model.consumers
            if any(
                x.type == "key-auth" and key == x.fields["key"].reveal() for x in c.credentials if x.fields
            )
        ),
        None,
    )
    checked = any(use.plugin == "key-auth" for use in route.plugins)
    if checked and caller is None:
        return {}
    mine = [use for use in route.consumer_plugins if checked and use.consumer == caller]
    uses = {use.plugin: use for use in (*route.plugins, *mine)}
    runs = uses.get("response-transformer")
    added = runs.config.get("add", {}).get("headers", []) if runs else []
    return dict(text.split(":", 1) for text in added)


MARKS = ("x-mark", "x-global", "x-g3")
MARKED = [
    i
    for i, case in cases().items()
    if "response-transformer" in str(case["kic"]["traditional"].get("config"))
]


def test_the_instance_that_runs_is_the_one_that_marked_the_answer():
    """Precedence end to end: real Kong added the header of exactly the instance that the model says runs."""
    compared = 0
    for name in MARKED:
        case = cases()[name]
        for flavour in FLAVOURS:
            if flavour in case["kong_refused"]:
                continue
            for probe in case["probes"]:
                answer = probe["answers"].get(flavour, probe["answers"].get("all"))
                if probe["request"]["scheme"] not in ("http", "https") or not isinstance(answer, dict):
                    continue
                want = {k: v for k, v in answer.get("headers", []) if k in MARKS}
                have = marked(world(name, flavour), probe["request"])
                if have is None or "backend" not in answer:
                    continue
                have = {k: v for k, v in have.items() if k in MARKS}
                assert have == want, (name, flavour, probe["request"])
                compared += 1
    assert compared > 150
