"""Every sample for every supported pair of controller and APISIX, against the upstream CRDs themselves."""

from __future__ import annotations

from dataclasses import replace
from functools import cache

import jsonschema
import pytest
import yaml

from kong2x.emit.apisix.choices import VERSIONS
from kong2x.pipeline import run
from kong2x.read import read_inputs
from kong2x.validate import validate_objects
from tests.samples.test_samples import SAMPLES, STORIES, options

APISIX = tuple(f"3.{minor}" for minor in range(9, 19))
CRDS = {"1.8": "1.8.0", "2.0": "2.0.1", "2.1": "2.1.0", "2.2": "2.2.0"}


@pytest.fixture(autouse=True)
def in_the_repository(monkeypatch):
    monkeypatch.chdir(SAMPLES.parent)


def converted(story, controller, apisix):
    chosen = options(story, "apisix")
    settings = {**chosen.settings, "apisix.version": apisix}
    read = read_inputs([f"samples/{story}"], skip_generated=True)
    result = run(read, replace(chosen, target_version=controller, settings=settings)).result
    return [manifest.value for manifest in result.manifests]


def test_every_supported_controller_has_crds_to_check_against():
    assert tuple(sorted(CRDS, reverse=True)) == VERSIONS


@pytest.mark.parametrize("controller", VERSIONS)
@pytest.mark.parametrize("story", STORIES)
def test_valid_for_every_release_of_apisix(story, controller):
    for apisix in APISIX:
        objects = converted(story, controller, apisix)
        found = validate_objects(objects, target="apisix", version=controller, apisix_version=apisix)
        refused = [f"{apisix}: {f.object} {f.message}" for f in found if f.code.startswith("schema/")]
        assert objects and not refused


@cache
def upstream(folder):
    """Kind and version -> the upstream's own schema, unknown fields of objects refused as kubectl does."""
    found = {}
    for path in sorted(folder.rglob("*.yaml")):
        for crd in yaml.safe_load_all(path.read_text()):
            for version in (crd or {}).get("spec", {}).get("versions", ()):
                schema = closed(version["schema"]["openAPIV3Schema"])
                schema["properties"] |= {"apiVersion": {}, "kind": {}, "metadata": {"type": "object"}}
                found[crd["spec"]["names"]["kind"], version["name"]] = schema
    return found


def closed(node):
    """The schema with `additionalProperties: false` where the API server prunes."""
    if isinstance(node, list):
        return [closed(part) for part in node]
    if not isinstance(node, dict):
        return node
    out = {key: closed(part) for key, part in node.items()}
    keeps = node.get("x-kubernetes-preserve-unknown-fields") or "additionalProperties" in node
    if isinstance(node.get("properties"), dict) and node.get("type") == "object" and not keeps:
        out["additionalProperties"] = False
    return out


@pytest.mark.parametrize("controller", VERSIONS)
@pytest.mark.parametrize("story", STORIES)
def test_the_upstream_crds_take_every_object(shared, story, controller):
    crds = upstream(shared / "crds" / "apisix-ingress-controller" / CRDS[controller])
    checked = 0
    for apisix in (APISIX[0], APISIX[-1]):
        for obj in converted(story, controller, apisix):
            group, _, version = obj["apiVersion"].rpartition("/")
            if group != "apisix.apache.org":
                continue
            faults = list(jsonschema.Draft202012Validator(crds[obj["kind"], version]).iter_errors(obj))
            assert not faults, (obj["kind"], obj["metadata"]["name"], faults[0].message)
            checked += 1
    assert checked


@pytest.mark.parametrize("controller", VERSIONS)
def test_the_upstream_crds_refuse_what_they_should(shared, controller):
    """The check above can fail: a misspelt field and a wrong type are both refused."""
    crds = upstream(shared / "crds" / "apisix-ingress-controller" / CRDS[controller])
    route = next(obj for obj in converted(STORIES[0], controller, "3.18") if obj["kind"] == "ApisixRoute")
    rule = route["spec"]["http"][0]
    assert jsonschema.Draft202012Validator(crds["ApisixRoute", "v2"]).is_valid(route)
    for change in ({"backend": []}, {"websocket": "yes"}):
        wrong = {**route, "spec": {**route["spec"], "http": [{**rule, **change}]}}
        assert not jsonschema.Draft202012Validator(crds["ApisixRoute", "v2"]).is_valid(wrong)
