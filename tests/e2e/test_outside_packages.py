"""Another package adds a target, or a profile of the Gateway API, without touching this one."""

from __future__ import annotations

import json
import os
import subprocess
import sys
from pathlib import Path

import pytest

INGRESS = """
apiVersion: networking.k8s.io/v1
kind: Ingress
metadata: {name: web, annotations: {konghq.com/methods: GET}}
spec:
  ingressClassName: kong
  rules:
  - host: a.example
    http: {paths: [{path: /, pathType: Prefix, backend: {service: {name: web, port: {number: 80}}}}]}
"""
ENTRY_POINTS = """
[kong2x.emitters]
acme = acme_target:EMITTER

[kong2x.gateway_profiles]
acme = acme_target:AcmeProfile
"""
MODULE = """
from pathlib import Path

from kong2x.emit.gateway_api.profiles import Facts, Profile
from kong2x.emit.routes import manifest, settle_all
from kong2x.model.target import Emission


class AcmeEmitter:
    name, title, versions, channels, settings = "acme", "Acme", ("7",), (), ()
    mapping_folder, schema_folder = "", str(Path(__file__).parent / "schemas")

    def vocabularies(self, options):
        return ()

    def emit(self, model, mapper, options):
        emission = Emission()
        for number, route in enumerate(model.routes):
            made = manifest("AcmeRoute", route.origin, {"hosts": list(route.hosts)})
            made.value["apiVersion"] = "acme.example/v1"
            made.value["metadata"]["name"] += f"-{number}"
            emission.manifests.append(made)
        settle_all(emission, model)
        return emission

    def router(self, objects, options):
        return None


EMITTER = AcmeEmitter()


class AcmeProfile(Profile):
    def __init__(self):
        missing = frozenset({"HTTPRouteMethodMatching"})
        super().__init__(Facts("acme", "Acme Gateway", gateway_class="acme", missing=missing))
"""
CRD = """
apiVersion: apiextensions.k8s.io/v1
kind: CustomResourceDefinition
metadata: {name: acmeroutes.acme.example}
spec:
  group: acme.example
  names: {kind: AcmeRoute, plural: acmeroutes}
  scope: Namespaced
  versions:
  - name: v1
    served: true
    storage: true
    schema:
      openAPIV3Schema:
        type: object
        properties:
          spec: {type: object, properties: {%s: {type: array, items: {type: string}}}}
"""


@pytest.fixture
def site(tmp_path: Path) -> Path:
    """A folder of installed packages with one that extends kong2x."""
    described = tmp_path / "site" / "acme_target-1.dist-info"
    described.mkdir(parents=True)
    (described / "METADATA").write_text("Metadata-Version: 2.1\nName: acme-target\nVersion: 1\n", "utf-8")
    (described / "entry_points.txt").write_text(ENTRY_POINTS, "utf-8")
    (tmp_path / "site" / "acme_target.py").write_text(MODULE, "utf-8")
    (tmp_path / "site" / "schemas").mkdir()
    (tmp_path / "site" / "schemas" / "acme.yaml").write_text(CRD % "hosts", "utf-8")
    (tmp_path / "in.yaml").write_text(INGRESS, "utf-8")
    return tmp_path / "site"


def ran(site: Path, *arguments: str) -> subprocess.CompletedProcess[str]:
    return subprocess.run(
        [sys.executable, "-m", "kong2x", *arguments],
        cwd=site.parent,
        env={**os.environ, "PYTHONPATH": str(site)},
        capture_output=True,
        text=True,
        check=False,
    )


def test_a_target_of_another_package_converts(site: Path) -> None:
    made = ran(site, "convert", "in.yaml", "--to", "acme", "-o", "json", "--fail-on", "never")
    assert made.returncode == 0, made.stderr
    assert {item["kind"] for item in json.loads(made.stdout)["items"]} == {"AcmeRoute"}
    assert "acme: Acme" in ran(site, "targets").stdout


def test_what_it_writes_is_checked_against_its_own_schemas(site: Path) -> None:
    (site / "schemas" / "acme.yaml").write_text(CRD % "names", "utf-8")
    made = ran(site, "convert", "in.yaml", "--to", "acme", "-o", "json", "--fail-on", "never")
    assert made.returncode == 2 and made.stdout == ""
    assert "spec has no field hosts" in made.stderr


def test_a_profile_of_another_package_can_be_chosen(site: Path) -> None:
    chosen = ("--set", "gateway-api.implementation=acme", "--set", "gateway-api.parent=infra/edge")
    made = ran(site, "convert", "in.yaml", "--to", "gateway-api", *chosen, "--fail-on", "never")
    assert made.returncode == 0, made.stderr
    assert "Acme Gateway does not claim HTTPRouteMethodMatching" in made.stderr


def test_without_the_package_neither_is_known(site: Path) -> None:
    (site / "acme_target-1.dist-info" / "entry_points.txt").unlink()
    unknown = ran(site, "convert", "in.yaml", "--to", "acme")
    assert unknown.returncode == 2 and "no such target" in unknown.stderr
    profile = ran(
        site, "convert", "in.yaml", "--to", "gateway-api", "--set", "gateway-api.implementation=acme"
    )
    assert (
        profile.returncode == 2 and "expected one of portable, apisix, envoy-gateway, kong" in profile.stderr
    )
