"""How rules become objects: names, limits, order, releases, grants, and the objects' validity."""

from __future__ import annotations

import json
import random
from typing import Any

import pytest

from kong2x.emit.gateway_api import EMITTER
from kong2x.emit.gateway_api.codes import CODES
from kong2x.emit.gateway_api.hosts import covers, host_name, is_hostname
from kong2x.emit.gateway_api.versions import CHANNELS, VERSIONS, Schema, available
from kong2x.model.errors import UsageError
from kong2x.model.route import Feature, HeaderMatch, Parent
from kong2x.model.source import Leaf, ObjectRef

from .build import (
    FakeMapper,
    backend,
    codes,
    emit,
    finding,
    ingress,
    model,
    objects,
    only,
    options,
    paths,
    route,
    rules,
    service,
    use,
)


def valid(emission: Any, version: str = "1.4", channel: str = "standard") -> None:
    """Holds the objects against the CRDs of a release, where the validator is at hand."""
    from kong2x.validate import validate_objects

    problems = validate_objects(
        [m.value for m in emission.manifests], target="gateway-api", version=version, channel=channel
    )
    assert [str(p) for p in problems if p.code.startswith("schema/")] == []


def test_one_object_a_source_object_with_its_name() -> None:
    emission = emit(route("prefix:/a", to="a"), route("prefix:/b", to="b"))
    value = only(emission)
    assert value["metadata"] == {"name": "web", "namespace": "shop"}
    assert [paths(rule) for rule in value["spec"]["rules"]] == [["PathPrefix /a"], ["PathPrefix /b"]]
    assert emission.manifests[0].sources == (ingress(),)


def test_the_servers_defaults_are_written_out() -> None:
    assert only(emit(route("prefix:/a")))["spec"] == {
        "parentRefs": [
            {"group": "gateway.networking.k8s.io", "kind": "Gateway", "name": "edge", "namespace": "infra"}
        ],
        "hostnames": ["shop.example.com"],
        "rules": [
            {
                "matches": [{"path": {"type": "PathPrefix", "value": "/a"}}],
                "backendRefs": [{"group": "", "kind": "Service", "name": "web", "port": 80, "weight": 1}],
            }
        ],
    }


def test_key_order_is_that_of_kubernetes() -> None:
    assert list(only(emit(route("prefix:/a")))) == ["apiVersion", "kind", "metadata", "spec"]


def test_hosts_with_different_rules_stand_in_objects_of_their_own() -> None:
    emission = emit(route("prefix:/", hosts=("a.io",), to="a"), route("prefix:/", hosts=("b.io",), to="b"))
    found = {name: value["spec"]["hostnames"] for name, value in objects(emission).items()}
    assert sorted(found.values()) == [["a.io"], ["b.io"]]
    assert all(name.startswith("web-") for name in found)


def test_hosts_with_the_same_rules_share_an_object() -> None:
    assert only(emit(route("prefix:/", hosts=("a.io", "b.io"))))["spec"]["hostnames"] == ["a.io", "b.io"]


def test_trap_16_wildcard_and_plain_host_never_share_a_name() -> None:
    """The nearest peer gives *.a.com and a.com, a-b.com and a.b.com one listener."""
    names = [host_name(h) for h in ("*.a.com", "a.com", "a-b.com", "a.b.com", "any.a.com", "")]
    assert len(set(names)) == len(names)
    emission = emit(
        *(
            route("prefix:/", hosts=(h,), to=f"s{n}")
            for n, h in enumerate(("*.a.com", "a.com", "a-b.com", "a.b.com"))
        )
    )
    assert len(objects(emission)) == 4


def test_a_split_never_takes_the_name_of_another_object() -> None:
    emission = emit(
        *(route(f"exact:/{n}", to=f"s{n}", methods=("GET",)) for n in range(20)),
        route("prefix:/", hosts=("o.io",), origin=ingress("web-00"), to="o"),
    )
    assert objects(emission)["web-00"]["spec"]["hostnames"] == ["o.io"]
    assert len(objects(emission)) == 3


def test_an_ingress_and_an_httproute_of_one_name_stay_apart() -> None:
    httproute = ObjectRef("gateway.networking.k8s.io", "HTTPRoute", "shop", "web")
    emission = emit(
        route("prefix:/", hosts=("a.io",), to="a"),
        route("prefix:/", hosts=("b.io",), origin=httproute, to="b", parents=(Parent("infra", "edge"),)),
    )
    assert objects(emission)["web"]["spec"]["hostnames"] == ["b.io"]
    assert len(objects(emission)) == 2


def test_sixteen_rules_then_a_new_object_in_order() -> None:
    emission = emit(*(route(f"exact:/p{n:02d}", to=f"s{n}") for n in range(40)))
    parts = objects(emission)
    assert list(parts) == ["web-00", "web-01", "web-02"]
    assert [len(v["spec"]["rules"]) for v in parts.values()] == [16, 16, 8]
    assert [paths(r)[0] for v in parts.values() for r in v["spec"]["rules"]] == [
        f"Exact /p{n:02d}" for n in range(40)
    ]


def test_forty_paths_on_thirty_hosts() -> None:
    hosts = tuple(f"h{n:02d}.example.com" for n in range(30))
    emission = emit(*(route(f"prefix:/p{n:02d}", hosts=hosts, to=f"s{n}") for n in range(40)))
    found = {}
    for value in objects(emission).values():
        assert len(value["spec"]["hostnames"]) <= 16 and len(value["spec"]["rules"]) <= 16
        for host in value["spec"]["hostnames"]:
            for rule in value["spec"]["rules"]:
                key = (host, paths(rule)[0])
                assert key not in found
                found[key] = rule["backendRefs"][0]["name"]
    assert len(found) == 30 * 40
    assert found["h29.example.com", "PathPrefix /p39"] == "s39"
    valid(emission)


@pytest.mark.parametrize(("version", "most"), [("1.1", 8), ("1.4", 64)])
def test_trap_41_matches_a_rule_and_a_route_are_limited_by_release(version: str, most: int) -> None:
    header = HeaderMatch("x", tuple(str(n) for n in range(100)))
    emission = emit(route("prefix:/", headers=(header,), methods=("GET", "POST")), version=version)
    for value in objects(emission).values():
        sizes = [len(rule["matches"]) for rule in value["spec"]["rules"]]
        assert max(sizes) <= most and sum(sizes) <= 128
    assert sum(len(rule["matches"]) for rule in rules(emission)) == 200
    valid(emission, version)


def test_trap_41_more_than_sixteen_headers_are_refused() -> None:
    many = tuple(HeaderMatch(f"x-{n}", ("1",)) for n in range(17))
    emission = emit(route("prefix:/", headers=many))
    assert rules(emission) == [] and "header" in codes(emission)


def test_more_than_sixteen_backends_deny() -> None:
    many = service(backends=tuple(backend(f"b{n}") for n in range(17)))
    emission = emit(route("prefix:/", to=many))
    assert set(rules(emission)[0]) == {"matches"} and "backends-limit" in codes(emission)


def test_trap_50_no_object_without_rules() -> None:
    assert emit(route("prefix:/", methods=("PURGE",))).manifests == []


def test_trap_52_the_order_of_the_input_does_not_matter() -> None:
    def build() -> list[Any]:
        out = []
        for n in range(12):
            origin = ingress(f"i{n}")
            out.append(route("prefix:/", hosts=(f"h{n}.io", f"g{n}.io"), origin=origin, to=f"s{n}"))
            out.append(route("prefix:/x", hosts=(f"h{n}.io",), origin=origin, to=f"t{n}", methods=("GET",)))
        return [*out, route("prefix:/f", hosts=(), origin=ingress("z"), to="f")]

    first = {m.ref: m.value for m in emit(*build()).manifests}
    again = build()
    random.Random(7).shuffle(again)
    second = {m.ref: m.value for m in emit(*again).manifests}
    assert set(first) == set(second)
    for ref, value in first.items():
        assert value["spec"].get("hostnames") == second[ref]["spec"].get("hostnames")
        assert sorted(map(json.dumps, value["spec"]["rules"])) == sorted(
            map(json.dumps, second[ref]["spec"]["rules"])
        )


def test_twice_the_same_bytes() -> None:
    given = [route(f"prefix:/p{n}", hosts=(f"h{n % 3}.io",), to=f"s{n}") for n in range(9)]
    assert [m.value for m in emit(*given).manifests] == [m.value for m in emit(*given).manifests]


def test_no_two_rules_share_a_container() -> None:
    """A change to one rule of the result must not change another."""
    emission = emit(route("prefix:/a", "exact:/b", strip_path=True))
    first, second = rules(emission)
    assert first["backendRefs"][0] is not second["backendRefs"][0]


# --- parents ------------------------------------------------------------------------------------


def test_parents_by_ingress_class() -> None:
    obj = {
        "apiVersion": "networking.k8s.io/v1",
        "kind": "Ingress",
        "metadata": {
            "name": "web",
            "namespace": "shop",
            "annotations": {"kubernetes.io/ingress.class": "inner"},
        },
    }
    given = model(route("prefix:/"), objects=[obj])
    value = only(emit(given, opts=options(parent="infra/edge,inner=infra/private:web")))
    assert value["spec"]["parentRefs"] == [
        {
            "group": "gateway.networking.k8s.io",
            "kind": "Gateway",
            "name": "private",
            "namespace": "infra",
            "sectionName": "web",
        }
    ]


def test_a_source_httproute_keeps_its_parents() -> None:
    origin = ObjectRef("gateway.networking.k8s.io", "HTTPRoute", "shop", "api")
    given = route("prefix:/", origin=origin, parents=(Parent("shop", "own", "web"),))
    opts = options()
    object.__setattr__(opts, "settings", {})
    ref = only(emit(given, opts=opts))["spec"]["parentRefs"][0]
    assert (ref["name"], ref["sectionName"], "namespace" in ref) == ("own", "web", False)
    moved = only(emit(given))["spec"]["parentRefs"][0]
    assert moved["name"] == "edge"


def test_an_unnamed_parent_is_told() -> None:
    opts = options()
    object.__setattr__(opts, "settings", {})
    assert "parent-assumed" in codes(emit(route("prefix:/"), opts=opts))


@pytest.mark.parametrize("text", ["/edge", "infra/", "=infra/edge", ""])
def test_a_parent_that_is_none_is_refused(text: str) -> None:
    if text:
        with pytest.raises(UsageError, match="expected namespace/name"):
            emit(route("prefix:/"), parent=text)


GATEWAY = {
    "apiVersion": "gateway.networking.k8s.io/v1",
    "kind": "Gateway",
    "metadata": {"name": "edge", "namespace": "infra"},
    "spec": {
        "listeners": [
            {"name": "plain", "port": 80, "protocol": "HTTP"},
            {"name": "a", "port": 443, "protocol": "HTTPS", "hostname": "a.io"},
            {"name": "wild", "port": 443, "protocol": "HTTPS", "hostname": "*.b.io"},
        ]
    },
}


def test_the_listeners_of_a_gateway_in_the_input_are_used() -> None:
    given = model(route("prefix:/", hosts=("x.b.io",), protocols=("https",)), objects=[GATEWAY])
    emission = emit(given)
    found = {n: v["spec"]["parentRefs"][0]["sectionName"] for n, v in objects(emission).items()}
    assert found == {"web": "wild", "web-http": "plain"}
    assert "listener-assumed" not in codes(emission)


def test_a_gateway_without_a_fitting_listener_is_told() -> None:
    given = model(route("prefix:/", hosts=("c.io",), protocols=("https",)), objects=[GATEWAY])
    assert "no-listener" in codes(emit(given))


def test_trap_26_two_references_to_one_gateway_name_different_sections() -> None:
    given = model(route("prefix:/", hosts=("a.io", "x.b.io"), protocols=("https",)), objects=[GATEWAY])
    emission = emit(given)
    refs = objects(emission)["web"]["spec"]["parentRefs"]
    assert [ref["sectionName"] for ref in refs] == ["a", "wild"]
    valid(emission)


# --- releases -----------------------------------------------------------------------------------


def every_feature() -> list[Any]:
    table = FakeMapper()
    del table
    return [
        route("prefix:/a", strip_path=True, methods=("GET",), hosts=("a.io",)),
        route(
            "exact:/b",
            hosts=("a.io",),
            headers=(HeaderMatch("x", ("1", "~*y")),),
            origin=ingress("b"),
            to="b",
        ),
        route("regex:/v\\d+", hosts=("*.a.io",), origin=ingress("c"), to="c"),
        route("raw:/", hosts=(), origin=ingress("d"), to="d", default_backend=True),
        route("prefix:/s", protocols=("https",), https_redirect_status_code=308, origin=ingress("e"), to="e"),
        route(
            "prefix:/t",
            origin=ingress("f"),
            to=service("f", protocol="https", tls_verify=True),
            hosts=("t.io",),
        ),
        route("prefix:/d", origin=ingress("g"), plugins=(use("key-auth"),), to="g"),
    ]


@pytest.mark.parametrize("version", VERSIONS)
@pytest.mark.parametrize("channel", CHANNELS)
def test_everything_is_valid_for_each_release_and_channel(version: str, channel: str) -> None:
    emission = emit(
        *every_feature(), version=version, channel=channel, create_gateway="true", gateway_class="x"
    )
    valid(emission, version, channel)


@pytest.mark.parametrize(
    ("kind", "version", "channel", "wanted"),
    [
        ("ReferenceGrant", "1.6", "standard", "v1beta1"),
        ("ReferenceGrant", "1.0", "standard", "v1beta1"),
        ("GRPCRoute", "1.0", "standard", None),
        ("GRPCRoute", "1.0", "experimental", "v1alpha2"),
        ("GRPCRoute", "1.1", "standard", "v1"),
        ("BackendTLSPolicy", "1.0", "experimental", None),
        ("BackendTLSPolicy", "1.3", "standard", None),
        ("BackendTLSPolicy", "1.3", "experimental", "v1alpha3"),
        ("BackendTLSPolicy", "1.4", "standard", "v1"),
        ("TLSRoute", "1.4", "standard", None),
        ("TLSRoute", "1.4", "experimental", "v1alpha2"),
        ("TLSRoute", "1.5", "standard", "v1"),
        ("TCPRoute", "1.5", "standard", None),
        ("TCPRoute", "1.5", "experimental", "v1alpha2"),
        ("UDPRoute", "1.6", "standard", "v1"),
        ("ListenerSet", "1.4", "experimental", None),
        ("ListenerSet", "1.5", "standard", "v1"),
    ],
)
def test_trap_55_api_versions_by_release_1_1(
    kind: str, version: str, channel: str, wanted: str | None
) -> None:
    found = Schema(version, channel).api_version(kind)
    assert (found.rpartition("/")[2] if found else None) == wanted


@pytest.mark.parametrize(
    ("feature", "version", "channel", "has"),
    [
        ("CORS", "1.4", "standard", False),
        ("CORS", "1.3", "experimental", True),
        ("CORS", "1.5", "standard", True),
        ("redirect-308", "1.4", "experimental", False),
        ("redirect-308", "1.5", "standard", True),
        ("timeouts", "1.1", "standard", False),
        ("timeouts", "1.0", "experimental", True),
        ("retry", "1.6", "standard", False),
        ("retry", "1.2", "experimental", True),
    ],
)
def test_features_by_release_1_2(feature: str, version: str, channel: str, has: bool) -> None:
    assert Schema(version, channel).supports(feature) is has


def test_what_a_newer_release_would_allow_is_said() -> None:
    assert available("TCPRoute") == "the experimental channel, or 1.6 and later"
    assert available("CORS") == "the experimental channel from 1.3 on, or 1.5 and later"


# --- grants -------------------------------------------------------------------------------------


def across() -> Any:
    origin = ObjectRef("gateway.networking.k8s.io", "HTTPRoute", "shop", "api")
    target = service(backends=(backend("db", namespace="data"),))
    return route("prefix:/", origin=origin, to=target, parents=(Parent("infra", "edge"),))


def test_a_backend_elsewhere_has_a_grant_there() -> None:
    emission = emit(across())
    grant = only(emission, "ReferenceGrant")
    assert grant["metadata"]["namespace"] == "data"
    assert grant["spec"] == {
        "from": [{"group": "gateway.networking.k8s.io", "kind": "HTTPRoute", "namespace": "shop"}],
        "to": [{"group": "", "kind": "Service", "name": "db"}],
    }
    valid(emission)


def test_no_grant_where_none_is_needed_or_one_exists() -> None:
    assert objects(emit(route("prefix:/")), "ReferenceGrant") == {}
    existing = {
        "apiVersion": "gateway.networking.k8s.io/v1beta1",
        "kind": "ReferenceGrant",
        "metadata": {"name": "g", "namespace": "data"},
        "spec": {
            "from": [{"group": "gateway.networking.k8s.io", "kind": "HTTPRoute", "namespace": "shop"}],
            "to": [{"group": "", "kind": "Service"}],
        },
    }
    assert objects(emit(model(across(), objects=[existing])), "ReferenceGrant") == {}


def test_a_grant_for_another_namespace_does_not_help() -> None:
    other = {
        "apiVersion": "gateway.networking.k8s.io/v1beta1",
        "kind": "ReferenceGrant",
        "metadata": {"name": "g", "namespace": "data"},
        "spec": {
            "from": [{"group": "gateway.networking.k8s.io", "kind": "HTTPRoute", "namespace": "else"}],
            "to": [{"group": "", "kind": "Service"}],
        },
    }
    assert len(objects(emit(model(across(), objects=[other])), "ReferenceGrant")) == 1


# --- books --------------------------------------------------------------------------------------


def test_every_feature_of_routes_and_services_is_settled() -> None:
    where = {feature: (Leaf(ingress(), ("x", str(feature))),) for feature in Feature}
    inner = {
        feature: (Leaf(ObjectRef("", "Service", "shop", "web"), ("x", str(feature))),) for feature in Feature
    }
    emission = emit(route("prefix:/", provenance=where, to=service(provenance=inner)))
    wanted = {leaf for leaves in (*where.values(), *inner.values()) for leaf in leaves}
    assert wanted <= set(emission.settled)


@pytest.mark.parametrize("how", ["denied", "empty", "unmatched"])
def test_features_are_settled_for_routes_that_serve_nothing(how: str) -> None:
    leaf = Leaf(ingress(), ("metadata", "annotations", "konghq.com/strip-path"))
    more: dict[str, Any] = {
        "denied": {"plugins": (use("key-auth"),)},
        "empty": {"methods": ("PURGE",)},
        "unmatched": {"hosts": ("a.*",)},
    }[how]
    emission = emit(route("prefix:/", provenance={Feature.STRIP_PATH: (leaf,)}, **more))
    assert emission.settled[leaf][0] == "unsupported"


def test_codes_are_unique_and_say_something() -> None:
    assert len({code.id for code in CODES}) == len(CODES) > 60
    for code in CODES:
        assert code.id.startswith("gateway-api/") and code.summary.endswith(".") and code.meaning


def test_each_finding_has_a_code_of_the_catalogue() -> None:
    known = {code.id for code in CODES}
    emission = emit(*every_feature(), create_gateway="true")
    assert {f.code for f in emission.findings if f.code.startswith("gateway-api/")} <= known


def test_host_rules() -> None:
    assert is_hostname("*.a.io") and is_hostname("a-b.io")
    for bad in ("A.io", "a_b.io", "*", "a.*", "10.0.0.1", "a.io.", "x.*.io", "a.io:80", ""):
        assert not is_hostname(bad)
    assert covers("", "a.io") and covers("*.io", "*.a.io") and not covers("*.a.io", "a.io")


def test_the_emitter_states_what_it_is() -> None:
    assert (EMITTER.name, EMITTER.title, EMITTER.versions[0]) == ("gateway-api", "Gateway API", "1.4")
    assert EMITTER.vocabularies(options()) == ("gateway-api",)
    assert finding(emit(route("raw:/foo")), "raw-prefix").object == ingress()


def test_the_feature_table_names_every_feature_and_known_codes(root: Any) -> None:
    import yaml

    table = yaml.safe_load((root / "mappings" / "gateway-api" / "features.yaml").read_text())
    assert set(table["features"]) == {str(feature) for feature in Feature}
    known = {code.id for code in CODES}
    levels = {"exact", "approximate", "unsupported"}
    for row in table["features"].values():
        assert row["level"] in levels and row.get("code", "gateway-api/denied") in known
        assert bool(row["to"]) or row["level"] != "exact"


def test_a_feature_that_the_implementation_does_not_claim_is_told() -> None:
    read = {
        Feature.READ_TIMEOUT: (
            Leaf(ObjectRef("gateway.networking.k8s.io", "HTTPRoute", "shop", "x"), ("y",)),
        )
    }
    given = route("prefix:/", provenance=read)
    assert "unclaimed" not in codes(emit(given))
    rule_names = [
        route(
            "prefix:/", methods=("GET",), to=service("f", protocol="https", tls_verify=True), hosts=("t.io",)
        )
    ]
    assert "unclaimed" not in codes(emit(*rule_names, implementation="envoy-gateway"))
    wanted = emit(
        route("prefix:/", plugins=(use("redirect"),)), mapper=_path_redirect(), implementation="apisix"
    )
    assert {"apisix-filter", "denied"} <= set(codes(wanted)), "what is known to go wrong is not written"


def _path_redirect() -> FakeMapper:
    body = {"path": {"type": "ReplaceFullPath", "replaceFullPath": "/x"}, "statusCode": 301}
    return FakeMapper({("redirect", "gateway-api"): {"fragments": {"RequestRedirect": body}}})
