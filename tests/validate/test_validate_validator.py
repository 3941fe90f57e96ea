"""What the validator says about objects and releases, and how it says it."""

from __future__ import annotations

import json
import random
import subprocess
import sys

import pytest
from gateway_objects import cors, http_route, plain_route, tls_route

from kong2x.model.errors import UsageError
from kong2x.model.finding import Severity
from kong2x.model.source import ObjectRef
from kong2x.model.target import TargetSchema
from kong2x.validate import Validator, limit, resolve_version, validate_objects, versions
from kong2x.validate.codes import CODES

NEWEST = {"gateway-api": "1.6.1", "apisix": "2.2.0", "kong": "head"}


def finding(obj, target="gateway-api", **options):
    [found] = validate_objects([obj], target=target, **options)
    return found


def ingress(**spec):
    return {
        "apiVersion": "networking.k8s.io/v1",
        "kind": "Ingress",
        "metadata": {"name": "web", "namespace": "shop"},
        "spec": spec,
    }


def test_releases_and_their_short_names():
    for target, newest in NEWEST.items():
        assert versions(target)[0] == resolve_version(target, None) == newest
    assert resolve_version("gateway-api", "1.4") == "1.4.1"
    assert resolve_version("gateway-api", "v1.5.1") == "1.5.1"
    assert resolve_version("gateway-api", "1.5.0") == "1.5.1", "patches do not move fields"
    assert resolve_version("apisix", "2.0") == "2.0.1"
    with pytest.raises(UsageError, match=r"those for 1\.6\.1, .* are there"):
        resolve_version("gateway-api", "0.8")
    with pytest.raises(UsageError, match="Did you mean gateway-api"):
        versions("gateway_api")
    with pytest.raises(UsageError, match="standard and experimental"):
        Validator("gateway-api", "1.6", "beta")


# kind, and per release of 1.0 … 1.6 the version to emit in standard, then in experimental
EMIT = {
    "HTTPRoute": (["v1"] * 7, ["v1"] * 7),
    "Gateway": (["v1"] * 7, ["v1"] * 7),
    "ReferenceGrant": (["v1beta1"] * 7, ["v1beta1"] * 7),
    "GRPCRoute": ([None] + ["v1"] * 6, ["v1alpha2"] + ["v1"] * 6),
    "BackendTLSPolicy": ([None] * 4 + ["v1"] * 3, [None] + ["v1alpha3"] * 3 + ["v1"] * 3),
    "TLSRoute": ([None] * 5 + ["v1"] * 2, ["v1alpha2"] * 5 + ["v1"] * 2),
    "TCPRoute": ([None] * 6 + ["v1"], ["v1alpha2"] * 6 + ["v1"]),
    "UDPRoute": ([None] * 6 + ["v1"], ["v1alpha2"] * 6 + ["v1"]),
    "ListenerSet": ([None] * 5 + ["v1"] * 2, [None] * 5 + ["v1"] * 2),
}


@pytest.mark.parametrize("kind", EMIT)
def test_version_to_emit(kind):
    for channel, wanted in zip(("standard", "experimental"), EMIT[kind], strict=True):
        for release, version in zip(("1.0", "1.1", "1.2", "1.3", "1.4", "1.5", "1.6"), wanted, strict=True):
            found = Validator("gateway-api", release, channel).api_version(kind)
            assert found == (version and f"gateway.networking.k8s.io/{version}"), (release, channel)


# field or value, first release in experimental, first in standard (None: not yet)
FIELDS = [
    ("spec.rules[].timeouts.request", "1.0", "1.2"),
    ("spec.rules[].name", "1.2", "1.4"),
    ("spec.parentRefs[].port", "1.0", "1.1"),
    ("spec.rules[].filters[].requestMirror.percent", "1.2", "1.3"),
    ("spec.rules[].filters[].type=CORS", "1.3", "1.5"),
    ("spec.rules[].filters[].type=ExternalAuth", "1.4", None),
    ("spec.rules[].retry", "1.2", None),
    ("spec.rules[].sessionPersistence", "1.1", None),
    ("spec.rules[].filters[].requestRedirect.statusCode=308", "1.5", "1.5"),
    ("spec.rules[].filters[].requestRedirect.statusCode=301", "1.0", "1.0"),
    ("spec.rules[].matches[].method=GET", "1.0", "1.0"),
]


@pytest.mark.parametrize(("path", "experimental", "standard"), FIELDS)
def test_fields_by_release(path, experimental, standard):
    for channel, first in (("experimental", experimental), ("standard", standard)):
        for release in ("1.0", "1.1", "1.2", "1.3", "1.4", "1.5", "1.6"):
            wanted = first is not None and release >= first
            assert Validator("gateway-api", release, channel).supports("HTTPRoute", "", path) is wanted


def test_limits_by_release():
    assert limit("1.1", "standard", "HTTPRoute", "spec.rules[].matches", "maxItems") == 8
    assert limit("1.2", "standard", "HTTPRoute", "spec.rules[].matches", "maxItems") == 64
    assert limit("1.6", "standard", "HTTPRoute", "spec.rules", "maxItems") == 16
    assert limit("1.6", "standard", "TLSRoute", "spec.hostnames", "maxItems") == 1024
    assert limit("1.5", "standard", "TLSRoute", "spec.hostnames", "maxItems") == 16
    assert limit("1.5", "standard", "Gateway", "spec.listeners", "maxItems") == 64
    assert limit("1.6", "standard", "HTTPRoute", "spec.nothing", "maxItems") is None
    assert limit("1.6", "standard", "Nothing", "spec", "maxItems") is None


def test_it_is_what_emitters_may_ask():
    schema: TargetSchema = Validator("gateway-api", "1.6")
    assert schema.api_version("HTTPRoute") == "gateway.networking.k8s.io/v1"
    assert Validator("apisix", "2.0").supports("ApisixConsumer", "", "spec.plugins") is False
    assert Validator("apisix", "2.1").supports("ApisixConsumer", "", "spec.plugins") is True
    assert Validator("apisix", "2.2").supports("ApisixUpstream", "", "spec.scheme=tcp") is True
    assert Validator("apisix", "2.1").supports("ApisixUpstream", "", "spec.scheme=tcp") is False
    assert Validator("apisix").api_version("L4RoutePolicy") == "apisix.apache.org/v1alpha1"
    assert Validator("apisix", "2.1").api_version("L4RoutePolicy") is None
    assert Validator("apisix").supports("ApisixRoute", "", "spec.http[].plugins[].config.anything")


def test_a_newer_field_is_dated():
    texts = [
        f.message
        for f in validate_objects([http_route(filters=[cors()])], target="gateway-api", version="1.2")
    ]
    assert any(
        "has no field spec.rules[0].filters[0].cors; it is there from 1.3.0 on (experimental channel)." in t
        for t in texts
    )


def test_names_and_places():
    found = finding({**http_route(), "spec": {"hostname": ["a.example"], "rules": [{}]}})
    assert found.object == ObjectRef("gateway.networking.k8s.io", "HTTPRoute", "shop", "web")
    assert (found.code, found.path) == ("schema/unknown-field", ("spec", "hostname"))
    assert found.message == "spec has no field hostname. Did you mean hostnames?"
    assert found.severity is Severity.ERROR


# object, code, words of the message
WORDS = [
    (http_route(matches=[{"method": "get"}]), "schema/value", "Did you mean"),
    (http_route(matches=[{"method": "get"}]), "schema/value", '"get"; expected one of GET, HEAD'),
    (http_route(timeouts={"request": "1.5s"}), "schema/pattern", 'is "1.5s"; expected the form'),
    (
        http_route(backendRefs=[{"name": "web", "port": "80"}]),
        "schema/type",
        'is "80"; expected a whole number',
    ),
    (http_route(backendRefs=[{"port": 80}]), "schema/missing-field", "has no name"),
    (http_route(backendRefs=[{"name": "web", "port": 0}]), "schema/range", "expected at least 1"),
    (
        http_route(matches=[{"headers": [{"name": "a", "value": "1"}, {"name": "a", "value": "2"}]}]),
        "schema/duplicate",
        "repeats the name a",
    ),
    (
        ingress(
            rules=[
                {
                    "http": {
                        "paths": [{"path": "/", "backend": {"service": {"name": "a", "port": {"number": 1}}}}]
                    }
                }
            ]
        ),
        "schema/missing-field",
        "has no pathType",
    ),
    (ingress(defaultBackend={}), "schema/choice", "takes exactly one of resource or service; it has neither"),
    (
        {
            "apiVersion": "v1",
            "kind": "Service",
            "metadata": {"name": "a"},
            "spec": {"ports": [{"port": 1}, {"port": 1}]},
        },
        "schema/duplicate",
        "repeats the port 1",
    ),
    (
        {
            "apiVersion": "networking.k8s.io/v1",
            "kind": "IngressClass",
            "metadata": {"name": "a", "namespace": "b"},
            "spec": {"controller": "a.example/b"},
        },
        "schema/scope",
        "cluster-wide",
    ),
    ({"kind": "Service"}, "schema/no-object", "no apiVersion"),
    (plain_route("TCPRoute", "v1"), "schema/unknown-kind", "has no kind TCPRoute"),
    ({**http_route(), "kind": "HTTPRoutes"}, "schema/unknown-kind", "Did you mean HTTPRoute"),
    (
        {**http_route(), "apiVersion": "gateway.networking.k8s.io/v1alpha2"},
        "schema/unknown-version",
        "does not exist in gateway-api 1.4.1 (standard)",
    ),
]


@pytest.mark.parametrize(("obj", "code", "words"), WORDS)
def test_messages(obj, code, words):
    said = [f"{f.code}|{f.message}" for f in validate_objects([obj], target="gateway-api", version="1.4")]
    assert any(text.startswith(code + "|") and words in text for text in said), said


def test_unserved_versions_name_the_one_to_write():
    [found] = validate_objects([plain_route("TCPRoute", "v1alpha2")], target="gateway-api", version="1.6")
    assert found.code == "schema/unknown-version" and "not served" in found.message
    assert found.remedy == "Write apiVersion: gateway.networking.k8s.io/v1."
    assert not validate_objects(
        [plain_route("TCPRoute", "v1alpha2")], target="gateway-api", version="1.6", channel="experimental"
    )


def test_nulls_are_told_and_do_no_harm():
    [found] = validate_objects([http_route(name=None)], target="gateway-api", version="1.4")
    assert (found.code, found.severity, found.path) == (
        "manifest/null-dropped",
        Severity.WARNING,
        ("spec", "rules", 0, "name"),
    )


def test_kinds_nobody_knows_are_left_alone():
    deployment = {
        "apiVersion": "apps/v1",
        "kind": "Deployment",
        "metadata": {"name": "a"},
        "spec": {"anything": 1},
    }
    found = finding(deployment)
    assert (found.code, found.severity) == ("manifest/not-checked", Severity.INFO)


def test_the_same_object_twice():
    found = [f.code for f in validate_objects([tls_route(), tls_route()], target="gateway-api")]
    assert found == ["schema/object-twice"]


def test_live_objects_pass():
    live = {**http_route(), "status": {"parents": [{"anything": True}]}}
    live["metadata"] |= {
        "uid": "1",
        "resourceVersion": "2",
        "managedFields": [{}],
        "creationTimestamp": "2026-01-01T00:00:00Z",
    }
    assert validate_objects([live], target="gateway-api", version="1.6") == []


def test_secrets_stay_hidden():
    secret = {
        "apiVersion": "v1",
        "kind": "Secret",
        "metadata": {"name": "a"},
        "data": {"tls.key": "-----s3cr3t"},
    }
    consumer = {
        "apiVersion": "apisix.apache.org/v2",
        "kind": "ApisixConsumer",
        "metadata": {"name": "a"},
        "spec": {
            "authParameter": {
                "basicAuth": {"value": {"username": "u", "password": ["s3cr3t"]}},
                "jwtAuth": {"value": {"key": 5, "secret": {"s3cr3t": 1}}},
            }
        },
    }
    for obj in (secret, consumer):
        found = validate_objects([obj], target="apisix")
        assert found
        for entry in found:
            assert "s3cr3t" not in entry.message + entry.remedy + repr(entry)


def test_other_targets_check_what_is_known():
    assert validate_objects([http_route()], target="somebody-else") == []
    assert [f.code for f in validate_objects([http_route(nmae="x")], target="somebody-else")] == [
        "schema/unknown-field"
    ]


def test_codes_are_catalogued():
    assert len({code.id for code in CODES}) == len(CODES)
    for code in CODES:
        assert code.summary.endswith(".") and code.meaning.endswith(".")
        assert code.remedy.endswith(".") or code.id in ("schema/plugin-config", "schema/plugin-refused")


def test_order_does_not_depend_on_the_hash_seed():
    script = (
        "import sys; sys.path.insert(0, sys.argv[1])\n"
        "from gateway_objects import bases, variants\n"
        "from kong2x.validate import validate_objects\n"
        "for n, (base, edits) in enumerate(bases()):\n"
        "    print([f.fingerprint for f in validate_objects(variants(base, edits, 8, n), target='gateway-api')])\n"
    )
    folder = __file__.rpartition("/")[0]
    runs = {
        subprocess.run(
            [sys.executable, "-c", script, folder],
            capture_output=True,
            text=True,
            check=True,
            env={"PYTHONHASHSEED": seed},
        ).stdout
        for seed in ("1", "2")
    }
    assert len(runs) == 1 and len(next(iter(runs))) > 100


@pytest.mark.parametrize("junk", [None, 5, "x", [], {"spec": 5}, {"apiVersion": 5, "kind": []}])
def test_any_value_gets_an_answer(junk):
    for field in ("metadata", "spec"):
        for target in ("apisix", "gateway-api", "kong"):
            assert validate_objects([{**http_route(), field: junk}], target=target)
    if isinstance(junk, dict):
        assert validate_objects([junk], target="apisix")


def test_damaged_objects_never_raise(shared):
    import yaml

    rng = random.Random(5)
    loader = getattr(yaml, "CSafeLoader", yaml.SafeLoader)
    validator = Validator("apisix")
    for path in sorted((shared / "facts/recorded/conversion-pairs").glob("*.yaml"))[::3]:
        objects = list(yaml.load_all(yaml.load(path.read_text(), loader)["apisix"], loader))
        for _ in range(4):
            text = json.dumps(objects)
            spots = [n for n, char in enumerate(text) if char in '"0123456789']
            spot = rng.choice(spots)
            broken = text[:spot] + rng.choice(["1", '"', "[", "null"]) + text[spot + 1 :]
            try:
                validator.check_all(json.loads(broken))
            except json.JSONDecodeError:
                continue
