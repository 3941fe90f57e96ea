"""That every traced feature of every element is settled, and with a level that is true."""

from __future__ import annotations

import pytest
import yaml

from kong2x.emit.apisix.codes import BY_ID, CODES
from kong2x.model.finding import Level, Protects
from kong2x.model.plugin import Consumer
from kong2x.model.route import Certificate, Feature, HeaderMatch, Rewrite, StreamRoute, Upstream
from kong2x.model.settings import Options
from kong2x.model.source import Leaf, ObjectRef
from tests.emit.apisix.build import (
    ALL_ROUTE,
    ALL_SERVICE,
    Table,
    backend,
    emit,
    origin,
    prefix,
    regex,
    route,
    service,
    traced,
    use,
)


def settled(emitted, feature, ref=None):
    return emitted.emission.settled[Leaf(ref or origin(), ("spec", str(feature)))]


def full_route(*paths, **more):
    served = traced(more.pop("service", None) or service(), *ALL_SERVICE)
    return traced(route(*(paths or (prefix("/a"),)), service=served, **more), *ALL_ROUTE)


@pytest.mark.parametrize("flavour", ["traditional", "traditional_compatible", "expressions"])
def test_every_feature_is_settled(flavour):
    emitted = emit(full_route(), flavour=flavour)
    for feature in (*ALL_ROUTE, *ALL_SERVICE):
        assert settled(emitted, feature)[0] is Level.EXACT, feature


def test_every_feature_is_settled_when_nothing_is_written():
    mapper = Table(lost={"opa": Protects.ACCESS})
    for policy, level in (("omit", Level.UNSUPPORTED), ("deny", Level.EXACT)):
        emitted = emit(
            full_route(plugins=(use("opa"),)), mapper=mapper, options=Options(on_security_loss=policy)
        )
        assert settled(emitted, Feature.HOSTS)[0] is level
        assert settled(emitted, Feature.BACKEND)[0] is Level.UNSUPPORTED
        for feature in (*ALL_ROUTE, *ALL_SERVICE):
            settled(emitted, feature)
    refused = emit(full_route(regex(r"/\u{1F600}")), flavour="expressions")
    assert settled(refused, Feature.HOSTS)[0] is Level.UNSUPPORTED


TOLD = [
    (Feature.READ_TIMEOUT, "apisix/timeout-rounded", {"service": {"read_timeout": 1500}}),
    (Feature.TLS_VERIFY, "apisix/tls-verify", {"service": {"protocol": "https", "tls_verify": True}}),
    (Feature.SERVICE_PROTOCOL, "apisix/service-protocol", {"service": {"protocol": "tcp"}}),
    (Feature.BALANCING, "apisix/sticky", {"service": {"upstream": Upstream("sticky-sessions")}}),
    (
        Feature.HEALTH_CHECKS,
        "apisix/health-threshold",
        {"service": {"upstream": Upstream(healthchecks={"threshold": 50})}},
    ),
    (Feature.BACKEND, "apisix/shares", {"service": {"backends": (backend("a"), backend("b"))}}),
    (Feature.PROTOCOLS, "apisix/grpc-status", {"protocols": ("grpc", "grpcs")}),
]


@pytest.mark.parametrize(("feature", "code", "change"), TOLD, ids=lambda v: str(v))
def test_a_difference_is_settled_with_its_code(feature, code, change):
    fields = dict(change)
    served = service(**fields.pop("service", {}))
    emitted = emit(full_route(service=served, **fields))
    level, why = settled(emitted, feature)
    assert (why, level) == (code, BY_ID[code].level)
    assert emitted.finding(code).path == ("spec", str(feature))


def test_response_buffering_needs_a_newer_gateway():
    old = emit(full_route(response_buffering=False), settings={"apisix.version": "3.16"})
    assert settled(old, Feature.RESPONSE_BUFFERING) == (Level.UNSUPPORTED, "apisix/buffering")
    new = emit(full_route(response_buffering=False, request_buffering=False))
    assert new.plugins()["proxy-buffering"] == {"disable_proxy_buffering": True}
    assert new.plugins()["proxy-control"] == {"request_buffering": False}


def test_other_elements_are_settled():
    ref = ObjectRef("configuration.konghq.com", "KongConsumer", "shop", "alice")
    alice = Consumer(ref, "alice")
    alice.provenance = {
        f: (Leaf(ref, (str(f),)),) for f in (Feature.CONSUMER, Feature.CREDENTIALS, Feature.PLUGINS)
    }
    certificate = traced(
        Certificate(ObjectRef("", "Secret", "shop", "tls"), ("*",), origin()), Feature.CERTIFICATE
    )
    stream = traced(
        StreamRoute("s", origin("tcp"), service(), ports=(9000,)),
        Feature.PORTS,
        Feature.SNIS,
        Feature.BACKEND,
        name="tcp",
    )
    emitted = emit(consumers=[alice], certificates=[certificate], streams=[stream])
    for leaves in alice.provenance.values():
        assert all(leaf in emitted.emission.settled for leaf in leaves)
    assert settled(emitted, Feature.CERTIFICATE) == (Level.UNSUPPORTED, "apisix/tls-host")
    assert settled(emitted, Feature.PORTS, origin("tcp"))[0] is Level.EXACT


def test_findings_that_hold_for_a_source_object_are_told_once():
    routes = [
        route(prefix(f"/{n}"), name=f"shop.web.r{n}", headers=(HeaderMatch("x", ("1",)),)) for n in range(50)
    ]
    emitted = emit(*routes)
    joined = [f for f in emitted.emission.findings if f.code == "apisix/joined-headers"]
    assert len(joined) == 1 and len(joined[0].routes) == 50


def test_two_runs_give_the_same():
    def once():
        return emit(
            full_route(rewrite=Rewrite(("/x",)), plugins=(use("a"), use("b"))),
            mapper=Table({"a": {"limit-count": {"count": 1}}, "b": {"cors": {}}}),
        )

    one, two = once(), once()
    assert one.objects == two.objects
    assert one.emission.findings == two.emission.findings


def test_codes_are_complete():
    ids = [code.id for code in CODES]
    assert len(ids) == len(set(ids))
    for code in CODES:
        assert code.id.startswith(("apisix/", "platform/"))
        assert code.summary.endswith(".") and code.meaning.endswith(".")


def test_the_feature_table_covers_all_features_and_names_real_codes(root):
    table = yaml.safe_load((root / "mappings/apisix/features.yaml").read_text())
    assert set(table["features"]) == {str(feature) for feature in Feature}
    for row in table["features"].values():
        assert row["level"] in [str(level) for level in Level]
        assert row.get("code") is None or row["code"] in BY_ID
