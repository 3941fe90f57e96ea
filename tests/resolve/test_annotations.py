"""The table of annotations against the code, and what each value grammar takes and refuses."""

from __future__ import annotations

from pathlib import Path
from typing import Any

import pytest
import yaml

from kong2x.model.finding import Level
from kong2x.model.route import Feature
from kong2x.resolve import annotations as known
from kong2x.resolve.route_options import _READERS
from tests.resolve.worlds import ingress, resolved, service

BY_OTHERS = {"konghq.com/plugins"}
"""Read where plugins are attached."""


@pytest.fixture(scope="module")
def table(root: Path) -> dict[str, Any]:
    loaded = yaml.safe_load((root / "mappings" / "kong" / "annotations.yaml").read_text())
    assert isinstance(loaded, dict)
    return loaded


def test_every_annotation_has_a_row_and_every_row_has_code(table):
    assert set(table["annotations"]) == set(known.STANDS_ON)
    for key, row in table["annotations"].items():
        assert set(row["kinds"]) == known.STANDS_ON[key], key
        assert set(row) - {"expressions_kinds"} == {
            "kinds",
            "grammar",
            "default",
            "effect",
            "invalid",
            "flavours",
        }
        assert row["flavours"] in ("TCE", "TC")


def test_dead_spellings_are_those_of_the_table(table):
    assert table["dead"] == known.DEAD


def test_every_route_annotation_is_read():
    on_routes = {key for key, kinds in known.STANDS_ON.items() if "Ingress" in kinds}
    elsewhere = {known.CLASS, "konghq.com/headers.*", "konghq.com/headers-separator", *BY_OTHERS}
    assert on_routes == set(_READERS) | elsewhere


VALUES_ON_SERVICES = {
    "protocol": ("https", Feature.SERVICE_PROTOCOL),
    "path": ("/api", Feature.SERVICE_PATH),
    "connect-timeout": ("5", Feature.CONNECT_TIMEOUT),
    "read-timeout": ("5", Feature.READ_TIMEOUT),
    "write-timeout": ("5", Feature.WRITE_TIMEOUT),
    "retries": ("1", Feature.RETRIES),
    "host-header": ("b.example", Feature.HOST_HEADER),
    "upstream-policy": ("p", Feature.BALANCING),
    "override": ("k", Feature.BALANCING),
    "client-cert": ("c", Feature.CLIENT_CERTIFICATE),
    "tls-verify": ("true", Feature.TLS_VERIFY),
    "tls-verify-depth": ("2", Feature.TLS_VERIFY),
    "ca-certificates-secrets": ("ca", Feature.TLS_VERIFY),
    "ca-certificates-configmaps": ("ca", Feature.TLS_VERIFY),
}


def test_every_service_annotation_is_tried_here():
    keys = {key.removeprefix(known.PREFIX) for key, kinds in known.STANDS_ON.items() if "Service" in kinds}
    assert keys - {"plugins", "tags", known.SERVICE_UPSTREAM} == set(VALUES_ON_SERVICES)


@pytest.mark.parametrize("name", VALUES_ON_SERVICES)
def test_a_service_annotation_feeds_its_feature(name):
    value, feature = VALUES_ON_SERVICES[name]
    extra = {"konghq.com/protocol": "https", "konghq.com/tls-verify": "true"}
    found = resolved(
        [
            ingress(),
            service(annotations={**extra, f"konghq.com/{name}": value}),
            {
                "apiVersion": "configuration.konghq.com/v1beta1",
                "kind": "KongUpstreamPolicy",
                "metadata": {"name": "p"},
                "spec": {"algorithm": "latency"},
            },
            {
                "apiVersion": "configuration.konghq.com/v1",
                "kind": "KongIngress",
                "metadata": {"name": "k"},
                "upstream": {"slots": 50},
            },
        ]
    )
    fed = {leaf.path[-1] for leaf in found.only_service().provenance[feature]}
    assert f"konghq.com/{name}" in fed
    assert found.entry("Service", "metadata", "annotations", f"konghq.com/{name}").level is None


@pytest.mark.parametrize(
    ("key", "value"),
    [
        ("konghq.com/strip-path", "1"),
        ("konghq.com/preserve-host", "no"),
        ("konghq.com/https-redirect-status-code", "303"),
        ("konghq.com/https-redirect-status-code", "301 "),
        ("ingress.kubernetes.io/force-ssl-redirect", "True"),
        ("konghq.com/regex-priority", "ten"),
        ("konghq.com/path-handling", "one"),
        ("konghq.com/request-buffering", "off"),
        ("konghq.com/response-buffering", "yes"),
        ("konghq.com/host-aliases", ""),
        ("konghq.com/methods", ","),
        ("konghq.com/headers.x-a", ""),
    ],
)
@pytest.mark.parametrize("router", ["traditional", "traditional_compatible"])
def test_an_invalid_value_changes_nothing_and_is_told(key, value, router):
    plain = resolved([ingress(), service()], router=router).only_route()
    found = resolved([ingress(annotations={key: value}), service()], router=router)
    assert found.only_route() == plain
    assert found.codes == ["annotations/invalid-value"]
    entry = found.entry("Ingress", "metadata", "annotations", key)
    assert (entry.level, entry.why) == (Level.IGNORED, "annotations/invalid-value")


@pytest.mark.parametrize(
    ("name", "value"),
    [
        ("protocol", "HTTPS"),
        ("path", "api"),
        ("connect-timeout", "30s"),
        ("read-timeout", "1.5"),
        ("write-timeout", " 5"),
        ("retries", "none"),
        ("tls-verify", "yes"),
        ("tls-verify-depth", "-1"),
    ],
)
def test_an_invalid_value_on_a_service_changes_nothing_and_is_told(name, value):
    plain = resolved([ingress(), service()]).only_service()
    found = resolved([ingress(), service(annotations={f"konghq.com/{name}": value})])
    assert found.only_service() == plain
    assert found.codes == ["annotations/invalid-value"]


def test_values_that_yaml_makes_something_else_are_read_as_if_quoted():
    found = resolved(
        [ingress(annotations={"konghq.com/strip-path": True, "konghq.com/regex-priority": 7}), service()]
    )
    assert found.only_route().strip_path is True
    assert found.only_route().regex_priority == 7
    assert found.codes == ["annotations/not-text", "annotations/not-text"]


@pytest.mark.parametrize(
    ("kind", "key"),
    [
        ("Service", "konghq.com/strip-path"),
        ("Service", "konghq.com/methods"),
        ("Service", "konghq.com/headers.x-a"),
        ("Ingress", "konghq.com/read-timeout"),
        ("Ingress", "konghq.com/protocol"),
        ("Ingress", "konghq.com/upstream-policy"),
        ("Ingress", "ingress.kubernetes.io/service-upstream"),
    ],
)
def test_trap_59_annotations_on_the_wrong_object(kind, key):
    notes = {key: "true"}
    on_ingress = ingress(annotations=notes if kind == "Ingress" else None)
    found = resolved([on_ingress, service(annotations=notes if kind == "Service" else None)])
    plain = resolved([ingress(), service()])
    assert found.only_route() == plain.only_route()
    assert found.codes == ["annotations/misplaced"]
    assert found.entry(kind, "metadata", "annotations", key).level is Level.IGNORED


def test_a_misspelt_key_is_told_with_the_nearest():
    found = resolved([ingress(annotations={"konghq.com/strip-paths": "true"}), service()])
    assert found.messages("annotations/unknown") == [
        "Kong knows no annotation konghq.com/strip-paths; konghq.com/strip-path is near."
    ]


@pytest.mark.parametrize(
    "key",
    [
        "configuration.konghq.com",
        "configuration.konghq.com/protocols",
        "plugins.konghq.com",
        "key-auth.plugin.konghq.com",
    ],
)
def test_dead_spellings_are_told(key):
    found = resolved([ingress(annotations={key: "x"}), service()])
    assert found.codes == ["annotations/dead-spelling"]


@pytest.mark.parametrize(
    "key",
    [
        "nginx.ingress.kubernetes.io/rewrite-target",
        "external-dns.alpha.kubernetes.io/hostname",
        "argocd.argoproj.io/sync-wave",
        "meta.helm.sh/release-name",
        "cert-manager.io/cluster-issuer",
    ],
)
def test_foreign_annotations_are_booked_and_not_told(key):
    found = resolved([ingress(annotations={key: "x"}), service()])
    assert found.codes == []
    entry = found.entry("Ingress", "metadata", "annotations", key)
    assert (entry.level, entry.why) == (Level.IGNORED, "foreign")


def test_order_of_application_protocols_after_force_ssl():
    notes = {"ingress.kubernetes.io/force-ssl-redirect": "true", "konghq.com/protocols": "https"}
    route = resolved([ingress(annotations=notes), service()]).only_route()
    assert (route.https_redirect_status_code, route.protocols) == (302, ("https",))
    notes["konghq.com/https-redirect-status-code"] = "308"
    assert resolved([ingress(annotations=notes), service()]).only_route().https_redirect_status_code == 308


@pytest.mark.parametrize("key", ["konghq.com/regex-priority", "konghq.com/path-handling"])
def test_what_the_expressions_router_never_gets(key):
    value = "9" if "priority" in key else "v1"
    found = resolved([ingress(annotations={key: value}), service()], router="expressions")
    plain = resolved([ingress(), service()], router="expressions")
    assert found.only_route() == plain.only_route()
    assert found.codes == ["annotations/router-flavour"]
