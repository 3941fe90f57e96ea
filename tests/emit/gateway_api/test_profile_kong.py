"""The Kong profile: leaving Ingress before leaving Kong."""

from __future__ import annotations

from typing import Any

import pytest

from kong2x.model.plugin import Consumer
from kong2x.model.route import Feature, HeaderMatch, Rewrite, StreamRoute
from kong2x.model.source import Leaf, ObjectRef

from .build import codes, emit, filters, ingress, model, objects, only, paths, route, rules, service, use

PLUGIN = "konghq.com/plugins"


def kong(*given: Any, **settings: str) -> Any:
    return emit(*given, implementation="kong", **settings)


def here(plugin: str, name: str, **more: Any) -> Any:
    return use(plugin, {"a": 1}, name, attached_to=ingress(), **more)


def test_a_kongplugin_is_referred_to_and_nothing_is_denied() -> None:
    keys = here("key-auth", "keys")
    emission = kong(route("prefix:/", plugins=(keys,)))
    assert rules(emission)[0]["filters"] == [
        {
            "type": "ExtensionRef",
            "extensionRef": {"group": "configuration.konghq.com", "kind": "KongPlugin", "name": "keys"},
        }
    ]
    assert "backendRefs" in rules(emission)[0]
    assert emission.settled[Leaf(keys.origin, ("config", "a"))][0] == "exact"


def test_a_clusterplugin_cannot_be_an_extensionref() -> None:
    cluster = here("cors", "c")
    object.__setattr__(cluster, "origin", ObjectRef("configuration.konghq.com", "KongClusterPlugin", "", "c"))
    emission = kong(route("prefix:/", plugins=(cluster,)))
    assert "filters" not in rules(emission)[0]
    assert only(emission)["metadata"]["annotations"][PLUGIN] == "c"


def test_plugins_of_services_and_the_gateway_need_no_reference() -> None:
    other = use("cors", {}, "c", attached_to=ObjectRef("", "Service", "shop", "web"))
    assert "filters" not in rules(kong(route("prefix:/", plugins=(other,))))[0]


@pytest.mark.parametrize(
    ("more", "wanted"),
    [
        ({"strip_path": True}, {"strip-path": "true"}),
        ({"preserve_host": False}, {"preserve-host": "false"}),
        ({"protocols": ("https",)}, {"protocols": "https"}),
        (
            {"protocols": ("https",), "https_redirect_status_code": 308},
            {"protocols": "https", "https-redirect-status-code": "308"},
        ),
        ({"snis": ("a.io",)}, {"snis": "a.io"}),
        ({"regex_priority": 7}, {"regex-priority": "7"}),
        ({"request_buffering": False}, {"request-buffering": "false"}),
        ({"hosts": ("ok.io", "a.*")}, {"host-aliases": "a.*"}),
        ({}, None),
    ],
)
def test_settings_stay_annotations(more: dict[str, Any], wanted: dict[str, str] | None) -> None:
    emission = kong(route("prefix:/", **more))
    found = only(emission)["metadata"].get("annotations")
    assert found == ({f"konghq.com/{k}": v for k, v in wanted.items()} if wanted else None)
    assert [f for f in emission.findings if f.level.lost] == []


def test_paths_as_the_controller_reads_them() -> None:
    emission = kong(route("prefix:/a", "exact:/b", "regex:/v\\d+", "raw:/c"))
    assert paths(rules(emission)[0]) == [
        "PathPrefix /a",
        "Exact /b",
        "RegularExpression /v\\d+",
        "PathPrefix /c",
    ]
    assert "kong-raw-prefix" in codes(emission)
    assert paths(rules(kong(route("raw:/c"), raw_prefix="regex"))[0]) == ["RegularExpression /c"]


def test_no_rules_are_added_for_the_classic_routers() -> None:
    emission = kong(
        route("prefix:/", methods=("GET",), headers=(HeaderMatch("x", ("beta",)),)),
        route("prefix:/api", origin=ingress("b"), to="b"),
        route("prefix:/c", hosts=(), origin=ingress("c"), to="c"),
    )
    assert sum(len(rule["matches"]) for rule in rules(emission)) == 3
    assert "header-case" not in codes(emission)


def test_the_path_and_tls_of_services_act_on() -> None:
    target = service(
        path="/api", protocol="https", provenance={Feature.SERVICE_PATH: (Leaf(ingress(), ("x",)),)}
    )
    emission = kong(route("prefix:/", to=target))
    assert "filters" not in rules(emission)[0] and "backendRefs" in rules(emission)[0]
    assert emission.settled[Leaf(ingress(), ("x",))][0] == "exact"


def test_a_fixed_rewrite_is_a_filter() -> None:
    given = route("prefix:/a", rewrite=Rewrite(("/new",)))
    assert filters(rules(kong(given))[0])["URLRewrite"]["path"]["replaceFullPath"] == "/new"


def test_consumers_and_streams_stay() -> None:
    origin = ObjectRef("configuration.konghq.com", "KongConsumer", "shop", "bob")
    tcp = ObjectRef("configuration.konghq.com", "TCPIngress", "shop", "pg")
    leaf, port = Leaf(origin, ("username",)), Leaf(tcp, ("spec", "rules", 0, "port"))
    given = model(route("prefix:/"))
    given.consumers = [Consumer(origin, "bob", provenance={Feature.CONSUMER: (leaf,)})]
    given.streams = [StreamRoute("s", tcp, service(), ports=(1,), provenance={Feature.PORTS: (port,)})]
    emission = kong(given)
    assert emission.settled[leaf][0] == emission.settled[port][0] == "exact"
    assert list(objects(emission)) == ["web"] and "kong-stream" in codes(emission)
