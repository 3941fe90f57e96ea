"""The recorded conversion pairs: what this target writes for their sources, beside what was recorded.

The recorded conversion is one correct answer. Objects are compared after the shared plugins are put into
the rules and what is the same in other words is made alike; each pair that still differs is argued below.
"""

from __future__ import annotations

import pytest
import yaml

from kong2x import Options, Source, convert
from kong2x.model.traffic import Request
from kong2x.verify.apisix import apisix_router
from tests.conftest import shared_folder

PAIRS = sorted((shared_folder() / "facts" / "recorded" / "conversion-pairs").glob("*.yaml"))

ARGUED = {
    "host-header-port": "the recorded port stands for the container port, which the manifest leaves at 80",
    "preserve-host-false-node": "an ApisixUpstream that is written anyway also says scheme and Kong's retries",
    "timeout-read": "timeouts stand on the rule, so that two routes of one Service may differ",
    "timeout-read-retries": "the same",
}
SAME_ANSWERS_BUT = {
    "host-header-port": "as above",
    "headers-only-rewrite-raw": "the recording shows both ways to forward a path; headers-only-rewrite-paths is ours",
}
ROUTING = ("routing", "scope")


def load(path):
    return yaml.safe_load(path.read_text())


def converted(pair):
    settings = {"kong.router": "traditional_compatible"}
    if "rewrite-uris" in str(pair.get("kic_flags")):
        settings["kong.gates"] = "RewriteURIs"
    return convert(Source(pair["kong"]), to="apisix", options=Options(to="apisix", settings=settings))


def shape(objects):
    """Rules with their effective plugins, and the other objects; names of rules and plugin sets left out."""
    shared, out = {}, {}
    for obj in objects:
        if obj["kind"] == "ApisixPluginConfig":
            shared[obj["metadata"]["name"]] = {p["name"]: p["config"] for p in obj["spec"]["plugins"]}
    rules = []
    for obj in objects:
        if obj["kind"] == "ApisixRoute":
            for rule in obj["spec"].get("http", ()):
                plugins = dict(shared.get(rule.get("plugin_config_name"), {}))
                plugins |= {p["name"]: p["config"] for p in rule.get("plugins", ())}
                match = {**rule["match"], "paths": sorted(rule["match"]["paths"])}
                for expr in match.get("exprs", ()):
                    if not expr["subject"].get("name"):
                        expr["subject"].pop("name", None)
                rules.append((repr(match), rule.get("backends"), rule.get("timeout"), plugins))
        elif obj["kind"] not in ("ApisixPluginConfig", "Service", "Secret", "ApisixConsumer"):
            out[obj["kind"], obj["metadata"]["name"]] = obj["spec"]
    order = sorted(rules, key=lambda rule: rule[0])
    return order, out


def pairs(keep):
    return [pytest.param(path, id=path.stem) for path in PAIRS if keep(path)]


@pytest.mark.parametrize(
    "path", pairs(lambda path: load(path)["plugin"] in ROUTING and path.stem not in ARGUED)
)
def test_routing_pairs_are_equal(path):
    pair = load(path)
    ours = shape([manifest.value for manifest in converted(pair).manifests])
    theirs = shape([obj for obj in yaml.safe_load_all(pair["apisix"]) if obj])
    assert ours == theirs


@pytest.mark.parametrize("path", pairs(lambda path: path.stem in ARGUED))
def test_argued_pairs_do_differ(path):
    pair = load(path)
    ours = shape([manifest.value for manifest in converted(pair).manifests])
    assert ours != shape([obj for obj in yaml.safe_load_all(pair["apisix"]) if obj]), "remove the argument"


def requests(pair):
    for probe in pair["probes"]:
        sent = probe["request"]
        given = sent.get("headers") or {}
        rows = given.items() if isinstance(given, dict) else [tuple(row) for row in given]
        headers = tuple(
            (name, str(one))
            for name, *rest in rows
            for value in rest
            for one in (value if isinstance(value, list) else [value])
        )
        scheme = "https" if sent.get("https") else "http"
        host, path = sent.get("host", "shop.example"), sent.get("path", "/")
        yield Request(sent.get("method", "GET"), host, path, headers, scheme, sent.get("sni"))


@pytest.mark.parametrize("path", pairs(lambda path: load(path)["plugin"] in ROUTING))
def test_probes_get_the_recorded_conversions_answers(path):
    if path.stem in SAME_ANSWERS_BUT:
        pytest.skip(SAME_ANSWERS_BUT[path.stem])
    pair = load(path)
    ours = apisix_router([manifest.value for manifest in converted(pair).manifests])
    theirs = apisix_router([obj for obj in yaml.safe_load_all(pair["apisix"]) if obj])
    for request in requests(pair):
        mine, recorded = ours.answer(request), theirs.answer(request)
        for field in ("status", "service", "path", "host", "location"):
            assert getattr(mine, field) == getattr(recorded, field), (request, field)


@pytest.mark.parametrize("path", pairs(lambda path: load(path)["plugin"] not in ROUTING))
def test_plugin_pairs_convert_and_validate(path):
    pair = load(path)
    result = converted(pair)
    assert result.manifests
    assert not [finding for finding in result.findings if finding.code.startswith("schema/")]
