"""Our rules and the CEL rules of the upstream CRDs agree on the same objects, in every release and channel."""

from __future__ import annotations

import json
from collections import Counter

import pytest
import yaml
from gateway_objects import bases, variants

from kong2x.validate import Validator
from kong2x.validate.gateway.rules import invariants

cel_oracle = pytest.importorskip("cel_oracle", reason="common-expression-language is not installed")
EDITIONS = [
    (release, channel)
    for release in ("1.0.0", "1.1.0", "1.2.1", "1.3.0", "1.4.1", "1.5.1", "1.6.1")
    for channel in ("standard", "experimental")
]


def upstream(shared, release: str, channel: str) -> dict[tuple[str, str], dict]:
    folder = shared / "crds" / "gateway-api" / f"v{release}" / channel
    found = {}
    for path in sorted(folder.glob("*.yaml")):
        crd = yaml.load(path.read_text(), yaml.CSafeLoader)
        for version in crd["spec"]["versions"]:
            found[crd["spec"]["names"]["kind"], version["name"]] = version["schema"]["openAPIV3Schema"]
    return found


@pytest.mark.parametrize(("release", "channel"), EDITIONS)
def test_the_same_objects_pass_and_fail(shared, release, channel):
    validator = Validator("gateway-api", release, channel)
    crds = upstream(shared, release, channel)
    seen: Counter[bool] = Counter()
    for number, (base, edits) in enumerate(bases()):
        group, version = base["apiVersion"].split("/")
        schema = validator.kind(f"{base['kind']}.{group}", f"{group}/{version}")
        if (base["kind"], version) not in crds or schema is None:
            continue
        for obj in variants(base, edits, 80 if base["kind"] == "HTTPRoute" else 30, number):
            whole = schema.with_defaults(obj)
            if not schema.fast.is_valid(whole):
                assert not schema.fast.is_valid(obj), "only the defaults make it invalid"
                continue
            if list(schema.duplicates(obj)):
                continue
            theirs = cel_oracle.failures(crds[base["kind"], version], whole)
            ours = list(invariants(obj, schema))
            assert bool(ours) == bool(theirs), (json.dumps(obj), theirs, [p.message for p in ours])
            seen[bool(ours)] += 1
    assert seen[True] > 10 and seen[False] > 10, "the objects must exercise both answers"
