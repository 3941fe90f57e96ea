"""That APISIX picks Kong's winner: worked examples, stability, and the recorded decisions of real Kong."""

from __future__ import annotations

import json
from collections import Counter

import pytest

from kong2x.api import convert
from kong2x.emit.apisix import EMITTER
from kong2x.model.route import HeaderMatch, PathKind, PathMatch, Route, RouteModel, Service
from kong2x.model.settings import Options, SourceFacts
from kong2x.model.source import ObjectRef
from kong2x.model.traffic import Request
from tests.conftest import shared_folder
from tests.emit.apisix.build import Table, backend, emit, exact, prefix, raw, regex, route

FLAVOURS = {"T": "traditional", "C": "traditional_compatible"}


def winner(emitted, host, path, method="GET", **headers):
    given = tuple((name.replace("_", "-"), value) for name, value in headers.items())
    answer = emitted.router.answer(Request(method, host, path, given))
    return answer.service.partition("/")[2].partition(":")[0] if answer.service else answer.status


ROWS = [
    # kong-source.md 4.6: route A, route B, request, winner in T and C
    (1, {"p": prefix("/"), "methods": ("GET",)}, {"p": prefix("/api")}, "/api/v1", "A", "A"),
    (2, {"p": prefix("/"), "methods": ("GET",)}, {"p": exact("/api/v1")}, "/api/v1", "A", "B"),
    (3, {"p": prefix("/"), "hosts": ("*.a.com",)}, {"p": exact("/x"), "hosts": ()}, "/x", "A", "B"),
    (4, {"p": regex("/foo/.*")}, {"p": prefix("/foo/bar")}, "/foo/bar/baz", "A", "A"),
    (5, {"p": raw("/api/v1"), "hosts": ("*.a.com",)}, {"p": raw("/api")}, "/api/v1/z", "B", "B"),
    (
        7,
        {"p": prefix("/"), "hosts": (), "headers": (HeaderMatch("x-h", ("1",)),)},
        {"p": prefix("/"), "hosts": ("*.a.com",)},
        "/",
        "B",
        "A",
    ),
    (11, {"p": prefix("/")}, {"p": raw("/api/v1/very/long"), "hosts": ()}, "/api/v1/very/long", "A", "A"),
]


@pytest.mark.parametrize(("row", "a", "b", "path", "classic", "compatible"), ROWS, ids=lambda v: str(v)[:12])
def test_worked_winners(row, a, b, path, classic, compatible):
    def made(fields, to):
        more = {key: value for key, value in fields.items() if key != "p"}
        return route(fields["p"], to=to, ingress=to, hosts=more.pop("hosts", ("x.a.com",)), **more)

    for flavour, expected in (("traditional", classic), ("traditional_compatible", compatible)):
        emitted = emit(made(a, "A"), made(b, "B"), flavour=flavour)
        assert winner(emitted, "x.a.com", path, x_h="1") == expected, flavour


def test_row_6_a_third_route_changes_the_short_list_of_the_classic_router():
    wild = route(raw("/api/v1"), to="wild", ingress="w", hosts=("*.a.com",))
    plain = route(raw("/api"), to="plain", ingress="p", host="x.a.com")
    other = route(raw("/other"), to="other", ingress="o", host="x.a.com")
    assert winner(emit(wild, plain), "x.a.com", "/api/v1/z") == "plain"
    assert winner(emit(wild, plain, other), "x.a.com", "/api/v1/z") == "wild"
    assert (
        winner(emit(wild, plain, other, flavour="traditional_compatible"), "x.a.com", "/api/v1/z") == "plain"
    )


def test_row_10_segments_and_raw_prefixes_share_a_host():
    emitted = emit(route(prefix("/foo"), to="A", ingress="a"), route(raw("/foo"), to="B", ingress="b"))
    found = [winner(emitted, "shop.example.com", path) for path in ("/foo", "/foo/x", "/foobar")]
    assert found == ["A", "A", "B"]


def test_expressions_rank_a_route_by_its_longest_path():
    emitted = emit(
        route(prefix("/"), prefix("/a/long/one"), to="first", priority=20),
        route(prefix("/api"), to="second", ingress="second", priority=10),
        flavour="expressions",
    )
    assert winner(emitted, "shop.example.com", "/api/x") == "first"


def test_priorities_are_few_and_only_where_routes_meet():
    emitted = emit(
        route(prefix("/a"), to="a", ingress="a"),
        route(prefix("/b"), to="b", ingress="b"),
        route(prefix("/a"), to="c", ingress="c", host="other.example.com"),
    )
    assert all("priority" not in rule for name in "abc" for rule in emitted.rules(name))


def test_a_new_route_elsewhere_changes_nothing_here():
    here = [
        route(prefix("/"), to="plain"),
        route(prefix("/"), to="posts", methods=("POST",), ingress="posts"),
    ]
    elsewhere = route(prefix("/"), to="z", ingress="z", host="z.example.com", methods=("GET",))
    before, after = emit(*here), emit(elsewhere, *here)
    assert before.named("ApisixRoute", "web") == after.named("ApisixRoute", "web")
    assert before.named("ApisixRoute", "posts") == after.named("ApisixRoute", "posts")


def test_the_order_of_routes_does_not_matter():
    routes = [
        route(prefix("/"), to="a", ingress="a"),
        route(regex(r"/v\d+"), to="b", ingress="b"),
        route(exact("/v1"), to="c", ingress="c", methods=("GET",)),
        route(prefix("/v1"), to="d", ingress="d", hosts=("*.example.com",)),
    ]
    forward, backward = emit(*routes), emit(*routes[::-1])
    assert [forward.named("ApisixRoute", n) for n in "abcd"] == [
        backward.named("ApisixRoute", n) for n in "abcd"
    ]


def test_one_rule_for_all_paths_and_hosts_of_a_plain_route():
    emitted = emit(route(prefix("/a"), exact("/b"), raw("/c"), hosts=("one.example.com", "*.example.org")))
    rule = emitted.rule()
    assert rule["match"]["hosts"] == ["one.example.com", "*.example.org"]
    assert sorted(rule["match"]["paths"]) == ["/a", "/a/*", "/b", "/c*"]


def kong_path(text):
    if text.startswith("~"):
        return PathMatch(PathKind.REGEX, text[1:], (text,))
    return PathMatch(PathKind.RAW_PREFIX, text, (text,))


def recorded_model(row, flavour):
    """The recorded Kong routes as a route model; each becomes an object of its own, named by its position."""
    routes = []
    for number, entity in enumerate(row["routes"]):
        name = f"r{number}"
        served = Service(name, "ns", backends=(backend(name),))
        routes.append(
            Route(
                entity["name"],
                ObjectRef("networking.k8s.io", "Ingress", "ns", name),
                served,
                id=entity.get("id", ""),
                hosts=tuple(entity.get("hosts") or ()),
                paths=tuple(map(kong_path, entity.get("paths") or ())),
                methods=tuple(entity.get("methods") or ()),
                headers=tuple(HeaderMatch(k, tuple(v)) for k, v in (entity.get("headers") or {}).items()),
                snis=tuple(entity.get("snis") or ()),
                regex_priority=entity.get("regex_priority", 0),
            )
        )
    return RouteModel(SourceFacts(router=flavour), routes=routes)


def beyond(request):
    """Requests whose difference is announced for every route: encoded or unclean paths, repeated headers,
    hosts in upper case or with a final dot, TLS without a server name."""
    path, host = request["path"], request["host"].partition(":")[0]
    return (
        "%" in path
        or "//" in path
        or "/." in path
        or host != host.lower()
        or host.endswith(".")
        or any(isinstance(value, list) for value in (request.get("headers") or {}).values())
        or (request.get("scheme") == "https" and not request.get("sni"))
    )


@pytest.mark.parametrize("letter", ["T", "C"])
def test_recorded_winners(letter):
    """Sets that came from manifests; other sets hold routes that KIC never writes.

    The compatible router must agree in full. The classic one knows lists by raw Host header and by the
    first of several header names, which no fixed order can follow; it must agree but for these.
    """
    counts: Counter[bool] = Counter()
    wrong = []
    lines = (shared_folder() / "facts" / "recorded" / "kong-router.jsonl").read_text().splitlines()
    for line in lines:
        row = json.loads(line)
        if "manifests" not in row or letter not in row["flavours"] or letter in (row.get("refused") or {}):
            continue
        if letter == "T" and any(route.get("snis") for route in row["routes"]):
            continue
        names = [entity["name"] for entity in row["routes"]]
        model = recorded_model(row, FLAVOURS[letter])
        objects = [manifest.value for manifest in EMITTER.emit(model, Table(), Options()).manifests]
        router = EMITTER.router(objects, Options())
        for request in row["requests"]:
            expected = next((v for k, v in request["expect"].items() if letter in k), None)
            if expected is None or beyond(request):
                continue
            headers = tuple((request.get("headers") or {}).items())
            asked = Request(
                request["method"],
                request["host"],
                request["path"],
                headers,
                request.get("scheme", "http"),
                request.get("sni"),
            )
            answer = router.answer(asked)
            got = names[int(answer.route.split()[1].partition("/r")[2])] if answer.route else None
            right = got == expected["route"] or (got or "") in expected.get("tie", ())
            counts[right] += 1
            if not right:
                wrong.append((row["id"], request["host"], request["path"], got, expected["route"]))
    assert counts[True] > 5000
    assert len(wrong) <= (0 if letter == "C" else counts[True] // 200), wrong


def test_an_exact_path_that_kong_reads_as_a_pattern_has_its_place():
    """KIC leaves its special characters as they are; the pattern stands where the path was written."""
    backend_ref = {"service": {"name": "files", "port": {"number": 80}}}
    paths = [
        {"path": path, "pathType": "Exact", "backend": backend_ref} for path in ("/plain", "/a.*\\.(png|jpg)")
    ]
    ingress = {
        "apiVersion": "networking.k8s.io/v1",
        "kind": "Ingress",
        "metadata": {"name": "files", "annotations": {"konghq.com/strip-path": "true"}},
        "spec": {"ingressClassName": "kong", "rules": [{"host": "a.example", "http": {"paths": paths}}]},
    }
    assert any(manifest.ref.kind == "ApisixRoute" for manifest in convert(ingress, to="apisix").manifests)
