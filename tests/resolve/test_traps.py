"""The traps of the facts that are decided while resolving, by number: manifests in, Kong's answers out."""

from __future__ import annotations

from typing import Any

import pytest

from kong2x.model.finding import Level, Severity
from kong2x.model.route import PathKind
from kong2x.model.traffic import Answer, Request
from kong2x.verify.kong import kong_router
from tests.resolve.worlds import Resolved, ingress, resolved, service

FLAVOURS = ("traditional", "traditional_compatible", "expressions")
CLASSIC = FLAVOURS[:2]
ALL = pytest.mark.parametrize("router", FLAVOURS)
OLD = pytest.mark.parametrize("router", CLASSIC)


def ask(found: Resolved, path: str = "/", host: str = "a.example", **request: Any) -> Answer:
    """What Kong answers to one request."""
    return kong_router(found.model).answer(Request(path=path, host=host, **request))


def hit(found: Resolved, path: str = "/", host: str = "a.example", **request: Any) -> str | None:
    return ask(found, path, host, **request).service


def world(*objects: dict[str, Any], router: str = "traditional", **facts: Any) -> Resolved:
    """Objects with a Service for each backend that they name."""
    names = {
        path["backend"]["service"]["name"]
        for obj in objects
        if obj["kind"] == "Ingress"
        for rule in obj["spec"].get("rules", ())
        for path in rule.get("http", {}).get("paths", ())
    }
    given = {obj["metadata"]["name"] for obj in objects if obj["kind"] == "Service"}
    return resolved([*objects, *(service(name) for name in sorted(names - given))], router=router, **facts)


# --- paths ----------------------------------------------------------------------------------------


@ALL
def test_trap_01_implementation_specific_is_a_raw_prefix(router):
    raw = world(ingress("/foo", "ImplementationSpecific"), router=router)
    assert hit(raw, "/foobar") == "default/app:80"
    assert raw.only_route().paths[0].kind is PathKind.RAW_PREFIX
    whole = world(ingress("/foo", "Prefix"), router=router)
    assert hit(whole, "/foobar") is None
    assert hit(whole, "/foo") == hit(whole, "/foo/x") == "default/app:80"


@ALL
def test_trap_02_a_missing_path_type_is_implementation_specific(router):
    found = world(ingress("/foo", None), router=router)
    assert hit(found, "/foobar") == "default/app:80"
    assert found.codes == []


@ALL
def test_trap_03_trailing_slashes(router):
    assert hit(world(ingress("/a/", "Prefix"), router=router), "/a") == "default/app:80"
    exact = world(ingress("/a/", "Exact"), router=router)
    assert hit(exact, "/a") is None
    assert hit(exact, "/a/") == "default/app:80"


def test_trap_04_literals_are_patterns_in_the_classic_routers():
    dotted = {router: world(ingress("/v1.0/x", "Exact"), router=router) for router in FLAVOURS}
    assert [hit(found, "/v1a0/x") for found in dotted.values()] == ["default/app:80"] * 2 + [None]
    assert [found.only_route().paths[0].unescaped for found in dotted.values()] == [True, True, False]
    plus = {router: world(ingress("/a+b", "Exact"), router=router) for router in FLAVOURS}
    assert [hit(found, "/a+b") for found in plus.values()] == [None, None, "default/app:80"]


def test_trap_04_an_open_group_refuses_the_push():
    found = [world(ingress("/f(x", "Exact"), router=router) for router in FLAVOURS]
    assert [[f.code for f in one.model.refusals] for one in found] == [["refused/regex"]] * 2 + [[]]


@ALL
def test_trap_05_a_regex_is_anchored_at_its_start_only(router):
    found = world(ingress(r"/~/v\d+", "ImplementationSpecific"), router=router)
    assert hit(found, "/v12anything/else") == "default/app:80"
    assert hit(found, "/x/v12") is None


def test_trap_06_the_marker_under_prefix():
    found = {router: world(ingress(r"/~/v\d+", "Prefix"), router=router) for router in FLAVOURS}
    assert [hit(one, "/v1") for one in found.values()] == [None, None, None]
    assert [hit(one, "/v1/x") for one in found.values()] == ["default/app:80"] * 2 + [None]
    kinds = [path.kind for path in found["traditional"].only_route().paths]
    assert kinds == [PathKind.REGEX, PathKind.REGEX]
    assert found["expressions"].only_route().paths[0].kind is PathKind.SEGMENT_PREFIX


def test_trap_07_after_the_marker_a_slash_must_follow():
    path = "/~^/api/(v1|v2)"
    found = [world(ingress(path, "ImplementationSpecific"), router=router) for router in FLAVOURS]
    assert [one.codes for one in found] == [["refused/path-start"]] * 2 + [[]]
    assert hit(found[2], "/api/v2/x") == "default/app:80"


@OLD
def test_trap_07_an_empty_marker(router):
    empty = {"konghq.com/regex-prefix": ""}
    exact = world(ingress("/foo", "Exact", annotations=empty), router=router)
    assert exact.codes == ["refused/path-start"]
    silent = world(ingress("/f.o", "ImplementationSpecific", annotations=empty), router=router)
    assert silent.codes == []
    assert silent.only_route().paths[0].kind is PathKind.REGEX


@ALL
def test_trap_08_double_slashes(router):
    found = world(ingress("//api//v1", "Prefix"), router=router)
    assert found.only_route().paths[0].value == "/api/v1"
    assert ask(found, "/api/./v1//x%7e").path == "/api/v1/x~"


def test_trap_09_percent_encoding():
    found = [world(ingress("/a%20b", "ImplementationSpecific"), router=router) for router in FLAVOURS]
    assert [one.codes for one in found] == [["refused/path-not-normalised"]] * 2 + [[]]
    assert hit(found[2], "/a%20b") is None
    reserved = world(ingress("/a%2Fb", "ImplementationSpecific"))
    assert reserved.codes == []
    assert world(ingress("/a%2fb", "ImplementationSpecific")).codes == ["refused/path-not-normalised"]
    assert world(ingress("/a%zz", "ImplementationSpecific")).codes == ["refused/path-not-normalised"]


# --- hosts and criteria ---------------------------------------------------------------------------


@ALL
def test_trap_10_hosts_compare_with_case(router):
    assert hit(world(ingress("/"), router=router), "/", "A.example") is None


@ALL
def test_trap_11_a_wildcard_spans_labels(router):
    found = world(ingress("/", host="*.example.com"), router=router)
    assert hit(found, "/", "a.b.example.com") == "default/app:80"
    assert hit(found, "/", "example.com") is None


def test_trap_12_a_regex_beats_a_longer_prefix():
    objects = (
        ingress("/~/foo/.*", "ImplementationSpecific", name="one", service="one"),
        ingress("/foo/bar/baz", name="two", service="two"),
    )
    answers = [hit(world(*objects, router=router), "/foo/bar/baz/1") for router in FLAVOURS]
    assert answers == ["default/one:80", "default/one:80", "default/two:80"]


@ALL
def test_trap_13_more_criteria_beat_a_longer_path(router):
    get = {"konghq.com/methods": "GET"}
    found = world(
        ingress("/", name="one", service="one", annotations=get),
        ingress("/api", name="two", service="two"),
        router=router,
    )
    assert hit(found, "/api/x") == "default/one:80"
    assert hit(found, "/api/x", method="POST") == "default/two:80"


def test_trap_14_except_that_an_exact_path_wins_in_compatible():
    get = {"konghq.com/methods": "GET"}
    objects = (
        ingress("/", name="one", service="one", annotations=get),
        ingress("/api", "Exact", name="two", service="two"),
    )
    answers = [hit(world(*objects, router=router), "/api") for router in FLAVOURS]
    assert answers == ["default/one:80", "default/two:80", "default/one:80"]


def test_trap_15_a_hostless_exact_path_steals_in_compatible():
    objects = (
        ingress("/", host="*.x.com", name="one", service="one"),
        ingress("/health", "Exact", host=None, name="two", service="two"),
    )
    answers = [hit(world(*objects, router=router), "/health", "a.x.com") for router in FLAVOURS]
    assert answers == ["default/one:80", "default/two:80", "default/one:80"]


def test_trap_16_regex_priority_is_the_routes_and_for_regexes():
    found = [
        world(ingress("/foo", annotations={"konghq.com/regex-priority": "100"}), router=router)
        for router in FLAVOURS
    ]
    assert [one.only_route().regex_priority for one in found] == [100, 100, 0]
    assert [one.codes for one in found] == [[], [], ["annotations/router-flavour"]]


def test_trap_17_equal_routes_are_ordered_by_ids_that_names_give():
    objects = (ingress("/a", name="one", service="one"), ingress("/a", name="two", service="two"))
    found = world(*objects, router="expressions")
    winner = max(found.model.routes, key=lambda route: route.id)
    assert hit(found, "/a") == winner.service.backends[0].address


def test_trap_18_expressions_rank_a_route_by_its_longest_path():
    wide = ingress("/", name="one", service="one")
    more = {
        "path": "/a/long/one",
        "pathType": "Prefix",
        "backend": {"service": {"name": "one", "port": {"number": 80}}},
    }
    wide["spec"]["rules"][0]["http"]["paths"].append(more)
    objects = (wide, ingress("/api", name="two", service="two"))
    answers = [hit(world(*objects, router=router), "/api/x") for router in FLAVOURS]
    assert answers == ["default/two:80", "default/two:80", "default/one:80"]


@ALL
def test_trap_19_a_rule_with_a_host_only_is_nothing(router):
    obj = ingress()
    obj["spec"]["rules"] = [{"host": "x.com"}]
    found = world(obj, router=router)
    assert found.model.routes == []
    assert found.codes == ["ingress/rule-without-paths"]


@ALL
def test_trap_20_there_is_one_default_backend(router):
    def fallback(name: str, born: str | None) -> dict[str, Any]:
        obj = ingress(name=name, defaultBackend={"service": {"name": name, "port": {"number": 80}}})
        del obj["spec"]["rules"]
        if born:
            obj["metadata"]["creationTimestamp"] = born
        return obj

    young, old = fallback("young", "2025-01-01T00:00:00Z"), fallback("old", "2024-01-01T00:00:00Z")
    found = resolved([young, old, service("young"), service("old")], router=router)
    assert [route.name for route in found.model.routes] == ["default.old"]
    assert hit(found, "/anything", "unknown.example") == "default/old:80"
    assert found.codes == ["ingress/default-backend-unused"]
    blind = resolved([fallback("b", None), fallback("a", None), service("a"), service("b")], router=router)
    assert [route.name for route in blind.model.routes] == ["default.a"]
    assert blind.codes == ["ingress/default-backend-guessed"]


@ALL
def test_trap_21_aliases_turn_a_hostless_rule_into_a_host_rule(router):
    notes = {"konghq.com/host-aliases": "b.example, *.c.example"}
    found = world(ingress("/", host=None, annotations=notes), router=router)
    assert hit(found, "/", "b.example") == hit(found, "/", "x.c.example") == "default/app:80"
    assert hit(found, "/", "d.example") is None


def test_trap_22_one_bad_method_voids_the_list():
    notes = {"konghq.com/methods": "get,M-SEARCH"}
    found = [world(ingress("/", annotations=notes), router=router) for router in FLAVOURS]
    assert [one.only_route().methods for one in found] == [(), (), ("GET",)]
    assert [hit(one, method="POST") for one in found] == ["default/app:80"] * 2 + [None]
    assert [one.codes for one in found] == [["annotations/methods-void"]] * 2 + [
        ["annotations/entry-dropped"]
    ]


def test_trap_23_header_values_and_case():
    notes = {"konghq.com/headers.x-env": "Blue, green"}
    found = [world(ingress("/", annotations=notes), router=router) for router in FLAVOURS]
    answers = [hit(one, headers=(("X-Env", "BLUE"),)) for one in found]
    assert answers == ["default/app:80"] * 2 + [None]
    assert [hit(one, headers=(("X-Env", "green"),)) for one in found] == ["default/app:80"] * 3
    assert found[2].only_route().headers[0].exact_case is True


def test_trap_24_header_patterns_are_lower_cased_in_compatible():
    notes = {"konghq.com/headers.x-id": r"~*^\D+$"}
    found = [world(ingress("/", annotations=notes), router=router) for router in FLAVOURS]
    assert [hit(one, headers=(("X-Id", "123"),)) for one in found] == [None, "default/app:80", None]


def test_trap_25_a_server_name_does_not_exclude_http():
    notes = {"konghq.com/snis": "a.example"}
    found = [world(ingress("/", annotations=notes), router=router) for router in FLAVOURS]
    assert [hit(one) for one in found] == ["default/app:80", "default/app:80", None]
    assert [hit(one, scheme="https", sni="b.example") for one in found] == [None] * 3


# --- what the backend receives --------------------------------------------------------------------


@ALL
def test_trap_27_the_path_is_not_stripped_by_default(router):
    assert ask(world(ingress("/svc"), router=router), "/svc/x").path == "/svc/x"


@ALL
def test_trap_28_stripping_cuts_inside_of_a_segment(router):
    found = world(
        ingress("/foo", "ImplementationSpecific", annotations={"konghq.com/strip-path": "TRUE"}),
        router=router,
    )
    assert ask(found, "/foobar").path == "/bar"


@ALL
def test_trap_29_stripping_a_regex(router):
    notes = {"konghq.com/strip-path": "true"}
    found = world(ingress(r"/~/v\d+/api", "ImplementationSpecific", annotations=notes), router=router)
    assert ask(found, "/v3/api/users").path == "/users"


@ALL
def test_trap_30_the_service_path_joins_by_slash_rules(router):
    base = service(annotations={"konghq.com/path": "/base"})
    strip = world(ingress(annotations={"konghq.com/strip-path": "true"}), base, router=router)
    assert [ask(strip, path).path for path in ("/foo/", "/foo")] == ["/base/", "/base"]
    assert ask(world(ingress("/"), base, router=router), "/").path == "/base"


@ALL
def test_trap_31_preserve_host_hides_the_host_header(router):
    named = service(annotations={"konghq.com/host-header": "internal.example"})
    hidden = world(ingress("/"), named, router=router)
    assert ask(hidden).host == "a.example"
    assert hidden.codes == ["services/host-header-hidden"]
    shown = world(ingress("/", annotations={"konghq.com/preserve-host": "false"}), named, router=router)
    assert ask(shown).host == "internal.example"
    assert shown.codes == []


@ALL
def test_trap_32_without_host_header_the_target_is_named(router):
    found = world(ingress("/", annotations={"konghq.com/preserve-host": "false"}), router=router)
    assert found.only_route().preserve_host is False
    assert ask(found).host is None


@ALL
def test_trap_33_https_only_answers_426(router):
    found = world(ingress("/", annotations={"konghq.com/protocols": "https"}), router=router)
    assert ask(found).status == 426
    assert hit(found, scheme="https") == "default/app:80"


@ALL
def test_trap_34_a_redirect_code_alone_does_nothing(router):
    found = world(ingress("/", annotations={"konghq.com/https-redirect-status-code": "301"}), router=router)
    assert hit(found) == "default/app:80"
    assert found.codes == ["annotations/redirect-without-https"]
    key = "konghq.com/https-redirect-status-code"
    assert found.entry("Ingress", "metadata", "annotations", key).level is Level.IGNORED


@ALL
def test_trap_35_force_ssl_redirect_can_be_undone(router):
    force = "ingress.kubernetes.io/force-ssl-redirect"
    assert ask(world(ingress("/", annotations={force: "true"}), router=router)).status == 302
    undone = world(
        ingress("/", annotations={force: "true", "konghq.com/protocols": "http,https"}), router=router
    )
    assert ask(undone).status is None
    assert undone.codes == ["annotations/force-ssl-undone"]
    assert world(ingress("/", annotations={force: "True"}), router=router).codes == [
        "annotations/invalid-value"
    ]


def test_trap_36_http_does_not_refuse_https():
    found = [
        world(ingress("/", annotations={"konghq.com/protocols": "http"}), router=router)
        for router in FLAVOURS
    ]
    assert [hit(one, scheme="https") for one in found] == ["default/app:80", "default/app:80", None]


@ALL
def test_trap_37_a_tls_block_neither_redirects_nor_restricts(router):
    tls = [{"hosts": ["a.example"], "secretName": "c"}]
    found = world(ingress("/", tls=tls), router=router)
    assert hit(found) == hit(found, scheme="https") == "default/app:80"
    assert [(c.secret.name, c.hosts) for c in found.model.certificates] == [("c", ("a.example",))]
    for block in ({"hosts": ["a.example"]}, {"secretName": "c"}, {"hosts": [], "secretName": "c"}):
        ignored = world(ingress("/", tls=[block]), router=router)
        assert ignored.model.certificates == []
        assert ignored.codes == ["tls/block-ignored"]


def test_trap_38_mixed_grpc_and_http_flip_strip_path():
    notes = {"konghq.com/protocols": "grpc,http"}
    found = [world(ingress(annotations=notes), router=router) for router in FLAVOURS]
    assert [ask(one, "/foo/x").path for one in found[:2]] == ["/x", "/x"]
    assert [one.codes for one in found] == [["annotations/grpc-and-http"]] * 2 + [["refused/protocols-mixed"]]


# --- what destroys routes -------------------------------------------------------------------------


@ALL
def test_trap_47_rewrite_without_its_gate_kills_every_route_of_the_service(router):
    objects = (
        ingress("/one", name="one", annotations={"konghq.com/rewrite": "/x"}),
        ingress("/two", name="two"),
        ingress("/three", name="three", service="other"),
    )
    found = world(*objects, router=router)
    assert [route.name for route in found.model.routes] == ["default.three.other.a.example.80"]
    abandoned = [f for f in found.model.findings if f.code == "ingress/service-abandoned"]
    assert len(abandoned) == 1
    assert abandoned[0].severity is Severity.ERROR
    assert len(abandoned[0].routes) == 2
    gate = world(*objects, router=router, gates=("RewriteURIs",))
    assert len(gate.model.routes) == 3
    assert ask(gate, "/one/a").path == "/x"
    assert ask(gate, "/two/a").path == "/two/a"


@ALL
def test_trap_47_so_does_bad_grammar_with_the_gate(router):
    for value in ("/a$", "/a$x", r"/a\b", "/a\\"):
        found = world(
            ingress("/one", annotations={"konghq.com/rewrite": value}), router=router, gates=("RewriteURIs",)
        )
        assert found.model.routes == []
        assert found.codes == ["ingress/service-abandoned"]


@ALL
def test_trap_48_rewrite_hides_another_request_transformer(router):
    plugin = {
        "apiVersion": "configuration.konghq.com/v1",
        "kind": "KongPlugin",
        "metadata": {"name": "rt", "namespace": "default"},
        "plugin": "request-transformer",
        "config": {"add": {"headers": ["x-a:1"]}},
    }
    found = world(
        ingress("/one", annotations={"konghq.com/rewrite": "/x"}),
        service(annotations={"konghq.com/plugins": "rt"}),
        plugin,
        router=router,
        gates=("RewriteURIs",),
    )
    uses = found.only_route().plugins
    assert [(use.plugin, use.scope, use.origin) for use in uses] == [("request-transformer", "route", None)]
    assert uses[0].config == {"replace": {"uri": "/x"}}


@ALL
def test_trap_50_a_tcp_ingress_overwrites_the_http_service(router):
    tcp = {
        "apiVersion": "configuration.konghq.com/v1beta1",
        "kind": "TCPIngress",
        "metadata": {
            "name": "raw",
            "namespace": "default",
            "annotations": {"kubernetes.io/ingress.class": "kong"},
        },
        "spec": {"rules": [{"port": 9000, "backend": {"serviceName": "app", "servicePort": 80}}]},
    }
    found = world(ingress("/"), tcp, router=router)
    assert found.model.routes == []
    assert [(one.name, one.ports) for one in found.model.streams] == [("default.raw.0", (9000,))]
    assert found.codes == ["streams/http-routes-overwritten"]
    tcp["spec"]["rules"][0]["backend"]["servicePort"] = 81
    apart = resolved([ingress("/"), tcp, service("app", 80, 81)], router=router)
    assert len(apart.model.routes) == len(apart.model.streams) == 1
    assert apart.codes == []


# --- services -------------------------------------------------------------------------------------


def test_trap_53_timeouts_are_milliseconds_without_unit():
    found = resolved([ingress(), service(annotations={"konghq.com/read-timeout": "30s"})])
    assert found.only_service().read_timeout == 60000
    assert found.codes == ["annotations/invalid-value"]
    found = resolved([ingress(), service(annotations={"konghq.com/read-timeout": "30"})])
    assert found.only_service().read_timeout == 30
    assert found.codes == []


def test_trap_54_retries_are_extra_tries():
    assert resolved([ingress(), service()]).only_service().retries == 5
    assert resolved([ingress(), service(annotations={"konghq.com/retries": "0"})]).only_service().retries == 0


KONG_INGRESS = {
    "apiVersion": "configuration.konghq.com/v1",
    "kind": "KongIngress",
    "metadata": {"name": "k", "namespace": "default"},
    "route": {"strip_path": True, "methods": ["GET"]},
    "proxy": {"read_timeout": 5},
}


@OLD
def test_trap_60_route_and_proxy_sections_are_inert_since_3(router):
    notes = {"konghq.com/override": "k"}
    found = world(ingress(annotations=notes), service(annotations=notes), KONG_INGRESS, router=router)
    assert found.only_route().strip_path is False
    assert found.only_service().read_timeout == 60000
    assert found.codes == ["annotations/misplaced", "services/kong-ingress-inert"]


@OLD
def test_trap_60_and_acted_before_even_by_name_alone(router):
    notes = {"konghq.com/override": "k"}
    named = world(
        ingress(annotations=notes),
        service(annotations=notes),
        KONG_INGRESS,
        router=router,
        kic_version="2.12",
    )
    assert (named.only_route().strip_path, named.only_route().methods) == (True, ("GET",))
    assert named.only_service().read_timeout == 5
    assert named.codes == []
    by_name = world(ingress(name="k"), KONG_INGRESS, router=router, kic_version="2.12")
    assert by_name.only_route().strip_path is True
    annotated = world(
        ingress(name="k", annotations={"konghq.com/strip-path": "false"}),
        KONG_INGRESS,
        router=router,
        kic_version="2.12",
    )
    assert annotated.only_route().strip_path is False


def test_trap_61_the_class_annotation_outranks_the_field():
    found = resolved([ingress(annotations={"kubernetes.io/ingress.class": "nginx"}), service()])
    assert found.model.routes == []
    assert found.model.classes_seen == {"nginx": 1}
    ours = ingress(annotations={"kubernetes.io/ingress.class": "kong"}, ingressClassName="nginx")
    assert len(resolved([ours, service()]).model.routes) == 1


@ALL
def test_trap_62_a_missing_service_keeps_its_route(router):
    objects = [ingress("/"), ingress("/api", name="api", service="ghost"), service()]
    found = resolved(objects, router=router)
    strict = kong_router(found.model, assume_present=False)
    assert strict.answer(Request(host="a.example", path="/api/x")).status == 503
    assert strict.answer(Request(host="a.example", path="/x")).service == "default/app:80"
    assert found.codes == ["services/not-given"]


def test_trap_63_a_name_may_be_that_of_the_target_port_a_number_never():
    port = {"name": "web", "port": 80, "targetPort": "http"}
    by_target = resolved([ingress(port="http"), service("app", port)])
    assert by_target.only_service().backends[0].number == 80
    assert by_target.codes == []
    number = resolved([ingress(port=8080), service("app", {"port": 80, "targetPort": 8080})])
    assert number.only_service().backends[0].number is None
    assert number.codes == ["services/port-not-found"]


def test_trap_64_counters_that_are_not_written_are_off():
    policy = {
        "apiVersion": "configuration.konghq.com/v1beta1",
        "kind": "KongUpstreamPolicy",
        "metadata": {"name": "p", "namespace": "default"},
        "spec": {"healthchecks": {"active": {"healthy": {"interval": 5}, "unhealthy": {"interval": 5}}}},
    }
    notes = {"konghq.com/upstream-policy": "p"}
    found = resolved([ingress(), service(annotations=notes), policy])
    assert found.codes == ["services/health-counters-off"]
    policy["spec"]["healthchecks"]["active"]["unhealthy"]["timeouts"] = 3
    assert resolved([ingress(), service(annotations=notes), policy]).codes == []


def test_trap_66_one_bad_pattern_freezes_everything():
    bad = ingress("/~/(?<=x)y", "ImplementationSpecific", name="bad", service="bad")
    found = [world(ingress("/"), bad, router=router) for router in FLAVOURS]
    assert [[f.code for f in one.model.refusals] for one in found] == [
        [],
        ["refused/regex"],
        ["refused/regex"],
    ]
    refusal = found[1].model.refusals[0]
    assert refusal.object is not None
    assert refusal.object.name == "bad"
    assert refusal.path == ("spec", "rules", 0, "http", "paths", 0, "path")
    assert refusal.severity is Severity.ERROR
