"""What ran on real software passes, and what real software refused is refused."""

from __future__ import annotations

from pathlib import Path

import yaml

from kong2x.validate import Validator


def recorded(folder: Path) -> list[dict]:
    loader = getattr(yaml, "CSafeLoader", yaml.SafeLoader)
    files = sorted(folder.glob("*.yaml"))
    assert files
    return [yaml.load(path.read_text(), loader) for path in files]


def objects(text: str) -> list[dict]:
    """The objects of a record; Secrets hold placeholders instead of certificates."""
    loader = getattr(yaml, "CSafeLoader", yaml.SafeLoader)
    return [obj for obj in yaml.load_all(text, loader) if obj and obj["kind"] != "Secret"]


def test_every_recorded_conversion_is_valid(shared):
    validator = Validator("apisix", "2.2", apisix_version="3.18")
    for pair in recorded(shared / "facts/recorded/conversion-pairs"):
        found = [f for f in validator.check_all(objects(pair["apisix"])) if f.code.startswith("schema/")]
        assert not found, (pair["id"], [(str(f.object), f.path, f.message) for f in found])


def test_every_recorded_source_is_valid(shared):
    validator = Validator("kong", "head")
    for pair in recorded(shared / "facts/recorded/conversion-pairs"):
        found = [f for f in validator.check_all(objects(pair["kong"])) if f.code.startswith("schema/")]
        assert not found, (pair["id"], [(str(f.object), f.path, f.message) for f in found])


def test_gateway_api_objects_pass_unless_somebody_refused_them(shared):
    """`schema_problems` is what the schema said; the rules of the API server were not applied there."""
    validator = Validator("gateway-api", "1.6", "experimental", apisix_version="3.18")
    by_rule = {
        "path-encoded": "schema/gateway/path-characters",
        "redirect-with-backend": "schema/gateway/redirect-with-backends",
    }
    refused = 0
    for case in recorded(shared / "facts/recorded/gateway-api-on-apisix"):
        found = {
            f.code for f in validator.check_all(objects(case["manifests"])) if f.code.startswith("schema/")
        }
        if case["id"] in by_rule:
            assert found == {by_rule[case["id"]]}
        elif case.get("schema_problems") or case.get("strict_decode"):
            assert found, case["id"]
        elif case["sync"] == "ok":
            assert not found, (case["id"], found)
        else:
            refused += bool(found)
    assert refused >= 2, "plugin bodies that APISIX refused are refused here too"


def test_plugins_that_apisix_refused(shared):
    validator = Validator("gateway-api", "1.6", "experimental", apisix_version="3.18")
    cases = {case["id"]: case for case in recorded(shared / "facts/recorded/gateway-api-on-apisix")}
    for name, code in (
        ("ext-bad-config", "schema/plugin-config"),
        ("ext-unknown-plugin", "schema/plugin-unknown"),
    ):
        assert cases[name]["sync"] != "ok"
        assert code in {f.code for f in validator.check_all(objects(cases[name]["manifests"]))}
