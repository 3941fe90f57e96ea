"""That what is written fits the CRDs of the chosen controller release, plugins and consumers included."""

from __future__ import annotations

from dataclasses import replace

import pytest

from kong2x.model.errors import UsageError
from kong2x.model.finding import Protects
from kong2x.model.plugin import Consumer, Credential, Hidden
from kong2x.model.route import Backend, Certificate, HeaderMatch, QueryMatch, StreamRoute, Upstream
from kong2x.model.settings import Options
from kong2x.model.source import ObjectRef
from tests.emit.apisix.build import (
    Table,
    backend,
    emit,
    exact,
    origin,
    prefix,
    raw,
    regex,
    route,
    service,
    use,
    valid,
)

CHECKS = {
    "active": {"type": "https", "healthy": {"interval": 5, "successes": 2}, "unhealthy": {"timeouts": 2}},
    "passive": {"unhealthy": {"http_failures": 3}},
}


def everything(options):
    hashed = Upstream(
        "consistent-hashing", hash_on="header", hash_args={"hash_on_header": "X"}, healthchecks=CHECKS
    )
    served = service(
        protocol="https",
        upstream=hashed,
        retries=2,
        read_timeout=1500,
        client_certificate=ObjectRef("", "Secret", "shop", "mtls"),
        backends=(backend("a", weight=1), backend("b", weight=2), Backend("other", "c", 80, 80, known=True)),
    )
    routes = [
        route(prefix("/a"), exact("/b"), raw("/c"), service=served, name="shop.web.a", strip_path=True),
        route(
            regex(r"/v\d+"), name="shop.web.b", headers=(HeaderMatch("X", ("1",)),), methods=("GET", "LOCK")
        ),
        route(prefix("/q"), name="shop.web.q", query=(QueryMatch("a", "1"),), snis=("x.example.com",)),
        route(prefix("/s"), name="shop.web.s", protocols=("https",), https_redirect_status_code=301),
        route(prefix("/d"), name="shop.web.d", plugins=(use("opa"),)),
        route(
            prefix("/k"),
            name="shop.web.k",
            plugins=(use("key-auth", name="keys"),),
            preserve_host=False,
            to="k",
        ),
        route(prefix("/"), name="shop.web", host="", default_backend=True),
    ]
    secret = ObjectRef("", "Secret", "shop", "tls")
    one, two = (
        Credential(kind, ObjectRef("", "Secret", "shop", kind), {"key": Hidden("x"), "username": Hidden("u")})
        for kind in ("key-auth", "basic-auth")
    )
    alice = Consumer(
        ObjectRef("configuration.konghq.com", "KongConsumer", "shop", "alice"),
        "alice",
        credentials=(one, two),
    )
    stream = StreamRoute("s", origin("tcp"), replace(service("pg"), protocol="tcp"), ports=(9000,))
    return emit(
        *routes,
        mapper=Table({"key-auth": {"key-auth": {"header": "k"}}}, lost={"opa": Protects.ACCESS}),
        options=options,
        consumers=[alice],
        certificates=[Certificate(secret, ("a.example.com",), origin(), client_ca=secret)],
        streams=[stream],
    )


@pytest.mark.parametrize("version", ["2.2", "2.1", "2.0", "1.8"])
def test_everything_fits_each_release(version):
    emitted = everything(Options(target_version=version))
    assert valid(emitted, version) == []


def test_the_setting_and_the_target_version_say_the_same():
    by_setting = everything(Options(settings={"apisix.controller": "2.0"}))
    by_version = everything(Options(target_version="2.0"))
    assert by_setting.objects == by_version.objects
    assert by_setting.objects != everything(Options()).objects


def test_stream_ports_must_be_numbers():
    with pytest.raises(UsageError, match="9000=9100"):
        everything(Options(settings={"apisix.stream-ports": "9000:9100"}))
