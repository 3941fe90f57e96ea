"""The recipes R1 to R25 of the APISIX facts, one test each; the number stands in the name."""

from __future__ import annotations

from dataclasses import replace

from kong2x.model.finding import Level, Protects
from kong2x.model.plugin import Consumer, Credential, Hidden
from kong2x.model.route import (
    Backend,
    Certificate,
    HeaderMatch,
    PathKind,
    PathMatch,
    QueryMatch,
    Rewrite,
    StreamRoute,
    Upstream,
)
from kong2x.model.settings import SourceFacts
from kong2x.model.source import ObjectRef
from kong2x.model.traffic import Request
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


def rewrite(emitted, rule=None):
    return emitted.plugins(rule).get("proxy-rewrite")


def test_r1_a_prefix_is_two_paths():
    emitted = emit(route(prefix("/cart")))
    assert sorted(emitted.rule()["match"]["paths"]) == ["/cart", "/cart/*"]
    assert "exprs" not in emitted.rule()["match"]
    assert emit(route(prefix("/"))).rule()["match"]["paths"] == ["/*"]


def test_r2_a_prefix_with_metacharacters_gets_a_condition():
    match = emit(route(prefix("/c++")), flavour="expressions").rule()["match"]
    assert match["paths"] == ["/c++*"]
    (condition,) = match["exprs"]
    assert condition == {
        "subject": {"scope": "Path"},
        "op": "RegexMatch",
        "value": r"^/c\+\+(?:/|\z)",
    }


def test_r2_unescaped_bare_path_that_kong_never_matches_is_not_answered():
    path = PathMatch(PathKind.SEGMENT_PREFIX, "/c++", ("/c++/", "~/c++$"), unescaped=True)
    emitted = emit(route(path))
    assert emitted.rule()["match"]["exprs"][0]["value"] == r"^/c\+\+/"
    assert "never matches" in emitted.finding("apisix/unescaped-path").message


def test_r2_an_unescaped_exact_path_that_never_matches_itself_stays_the_pattern_it_is():
    path = PathMatch(PathKind.EXACT, "/(png|jpg)", ("~/(png|jpg)$",), unescaped=True)
    emitted = emit(route(path))
    match = emitted.rule()["match"]
    assert match["paths"] == ["/*"]
    assert match["exprs"][0]["value"] == r"^/(png|jpg)\z"
    assert "answers what the pattern matches" in emitted.finding("apisix/unescaped-path").message


def test_r2_unescaped_dot_keeps_the_literal_path():
    path = PathMatch(PathKind.SEGMENT_PREFIX, "/a.b", ("/a.b/", "~/a.b$"), unescaped=True)
    emitted = emit(route(path))
    assert sorted(emitted.rule()["match"]["paths"]) == ["/a.b", "/a.b/*"]
    assert emitted.finding("apisix/unescaped-path").level is Level.APPROXIMATE


def test_r3_raw_prefix_exact_and_literal_star():
    assert emit(route(raw("/img"))).rule()["match"]["paths"] == ["/img*"]
    assert emit(route(exact("/login"))).rule()["match"]["paths"] == ["/login"]
    match = emit(route(exact("/a*b"))).rule()["match"]
    assert match["paths"] == ["/a*"]
    assert match["exprs"][0]["value"] == r"^/a\*b\z"


def test_r4_a_pattern_is_anchored_and_lifted_onto_longer_paths():
    emitted = emit(
        route(regex(r"/v\d+/users/(\d+)"), to="byid"),
        route(prefix("/v1"), to="plain"),
    )
    rules = {rule["backends"][0]["serviceName"]: rule for rule in emitted.rules()}
    by_id = rules["byid"]
    assert by_id["match"]["paths"][0] == "/v*"
    assert "/v1/*" in by_id["match"]["paths"]
    assert by_id["match"]["exprs"][0]["value"] == r"^/v\d+/users/(\d+)"
    assert by_id["priority"] > rules["plain"].get("priority", 0)
    router = emitted.router
    assert router.answer(Request("GET", "shop.example.com", "/v1/users/7")).service == "shop/byid:80"
    assert router.answer(Request("GET", "shop.example.com", "/v1/other")).service == "shop/plain:80"


def test_r4_a_final_dollar_refuses_a_line_feed():
    guard = emit(route(regex("/user/[a-z]+$"))).rule()["match"]["exprs"][0]["value"]
    assert guard == r"^/user/[a-z]+\z"


def test_r5_strip_path_takes_all_prefixes_in_one_pattern():
    emitted = emit(route(prefix("/cart"), prefix("/cart/eu"), strip_path=True))
    assert rewrite(emitted) == {"regex_uri": [r"^(?:/cart/eu|/cart)(?:/|\z)(.*)$", "/$1"]}
    assert rewrite(emit(route(exact("/login"), strip_path=True))) == {"uri": "/"}
    assert rewrite(emit(route(prefix("/"), strip_path=True))) is None


def test_r6_strip_path_with_a_base_path():
    emitted = emit(route(prefix("/cart"), strip_path=True, service=service(path="/base")))
    assert rewrite(emitted) == {"regex_uri": ["^/cart$", "/base", "^/cart/(.*)$", "/base/$1"]}
    kept = emit(route(prefix("/cart"), service=service(path="/base/")))
    assert rewrite(kept) == {"regex_uri": ["^/(.*)$", "/base/$1"]}


def test_r7_rewrites():
    constant = emit(route(prefix("/old"), rewrite=Rewrite(("/new",))))
    assert rewrite(constant) == {"uri": "/new"}
    captured = emit(route(regex(r"/users/(\d+)"), rewrite=Rewrite(("/u/", 1, "/profile"))))
    assert rewrite(captured) == {"regex_uri": [r"^/users/(\d+).*$", "/u/$1/profile"]}
    dollar = emit(route(prefix("/old"), rewrite=Rewrite(("/a$b",))))
    assert rewrite(dollar) == {"regex_uri": ["^/.*$", "/a$$b"]}
    missing = emit(route(prefix("/a"), rewrite=Rewrite(("/p/", 1))))
    assert rewrite(missing) == {"regex_uri": ["^/.*$", "/p/"]}


def test_r7_a_prefix_is_exchanged():
    emitted = emit(route(prefix("/foo"), rewrite=Rewrite(("/bar",), prefix="/foo")))
    assert rewrite(emitted) == {"regex_uri": ["^/foo$", "/bar", "^/foo/(.*)$", "/bar/$1"]}
    root = emit(route(prefix("/foo"), rewrite=Rewrite(("/",), prefix="/foo")))
    assert rewrite(root) == {"regex_uri": ["^/foo$", "/", "^/foo/(.*)$", "/$1"]}


def test_r8_headers_compare_without_case_and_together():
    headers = (HeaderMatch("X-Env", ("blue", "green")), HeaderMatch("X-Ver", ("~*^v[0-9]+",)))
    exprs = emit(route(prefix("/"), headers=headers)).rule()["match"]["exprs"]
    assert [(e["subject"]["name"], e["op"], e["value"]) for e in exprs] == [
        ("X-Env", "RegexMatchCaseInsensitive", "^(?:blue|green)$"),
        ("X-Ver", "RegexMatchCaseInsensitive", "^v[0-9]+"),
    ]
    strict = (HeaderMatch("X-Env", ("blue", "green"), exact_case=True),)
    (one,) = emit(route(prefix("/"), headers=strict), flavour="expressions").rule()["match"]["exprs"]
    assert one == {"subject": {"scope": "Header", "name": "X-Env"}, "op": "In", "set": ["blue", "green"]}


def test_r9_method_query_and_server_name():
    emitted = emit(
        route(
            prefix("/"), methods=("GET", "POST"), query=(QueryMatch("beta", "1"),), snis=("a.example.com",)
        ),
        flavour="expressions",
    )
    match = emitted.rule()["match"]
    assert match["methods"] == ["GET", "POST"]
    query, name = match["exprs"]
    assert query == {"subject": {"scope": "Query", "name": "beta"}, "op": "Equal", "value": "1"}
    assert name["subject"] == {"scope": "Variable", "name": "ssl_server_name"}
    assert name["set"] == ["a.example.com"]


def test_r9_a_conditional_rule_stands_above_the_plain_one():
    emitted = emit(route(prefix("/"), to="plain"), route(prefix("/"), to="posts", methods=("POST",)))
    plain, posts = emitted.rules()
    assert posts["priority"] > plain.get("priority", 0)


def test_r9_plain_http_fulfils_a_server_name_in_the_older_routers():
    emitted = emit(route(prefix("/"), snis=("a.example.com",)), flavour="traditional_compatible")
    router = emitted.router
    assert router.answer(Request("GET", "shop.example.com", "/")).service == "shop/cart:80"
    assert router.answer(Request("GET", "shop.example.com", "/", scheme="https", sni="a.example.com")).route
    assert (
        router.answer(Request("GET", "shop.example.com", "/", scheme="https", sni="b.example.com")).status
        == 404
    )


def test_r10_https_only_answers_426():
    emitted = emit(route(prefix("/"), protocols=("https",)))
    abort = emitted.plugins()["fault-injection"]["abort"]
    assert abort["http_status"] == 426
    assert abort["headers"]["Upgrade"] == "TLS/1.2, HTTP/1.1"
    assert abort["vars"] == [[["scheme", "==", "http"]]]
    assert emitted.router.answer(Request("GET", "shop.example.com", "/", scheme="https")).status is None


def test_r10_https_only_redirects_with_the_raw_path_and_no_port():
    emitted = emit(route(prefix("/"), protocols=("https",), https_redirect_status_code=308))
    config = emitted.plugins()["redirect"]
    assert config == {
        "uri": "https://$host$real_request_uri",
        "ret_code": 308,
        "_meta": {"priority": 30000, "filter": [["scheme", "==", "http"]]},
    }
    answer = emitted.router.answer(Request("GET", "shop.example.com:9080", "/a%20b?x=1"))
    assert (answer.status, answer.location) == (308, "https://shop.example.com/a%20b?x=1")


def test_r10_behind_a_balancer_the_forwarded_scheme_counts():
    emitted = emit(
        route(prefix("/"), protocols=("https",), https_redirect_status_code=301),
        settings={"apisix.offloading-proxies": "10.0.0.0/8"},
    )
    assert emitted.plugins()["redirect"]["_meta"]["filter"] == [["http_x_forwarded_proto", "~=", "https"]]
    assert "apisix/proxy-trust" in emitted.codes
    trusting = emit(
        route(prefix("/"), protocols=("https",)), facts=SourceFacts(trusted_ips=("10.0.0.1",))
    ).plugins()
    assert trusting["fault-injection"]["abort"]["vars"] == [[["http_x_forwarded_proto", "~=", "https"]]]


def test_r10_a_fixed_answer_and_426_stand_in_two_rules():
    mapper = Table({"request-termination": {"fault-injection": {"abort": {"http_status": 503}}}})
    emitted = emit(
        route(prefix("/"), protocols=("https",), plugins=(use("request-termination"),)), mapper=mapper
    )
    router = emitted.router
    assert router.answer(Request("GET", "shop.example.com", "/")).status == 426
    assert router.answer(Request("GET", "shop.example.com", "/", scheme="https")).status == 503
    assert len(emitted.rules()) == 2


def test_r11_host_policies():
    assert emit(route(prefix("/"))).kinds("ApisixUpstream") == []
    node = emit(route(prefix("/"), preserve_host=False)).named("ApisixUpstream", "cart")["spec"]
    assert node["passHost"] == "node"
    header = service(upstream=Upstream(host_header="legacy.internal"))
    fixed = emit(route(prefix("/"), preserve_host=False, service=header)).named("ApisixUpstream")["spec"]
    assert (fixed["passHost"], fixed["upstreamHost"]) == ("rewrite", "legacy.internal:8080")
    ignored = emit(route(prefix("/"), service=header))
    assert ignored.kinds("ApisixUpstream") == []


def test_r11_the_schemes_own_port_is_not_appended():
    header = service(upstream=Upstream(host_header="legacy.internal"), backends=(backend(target_port=80),))
    fixed = emit(route(prefix("/"), preserve_host=False, service=header)).named("ApisixUpstream")["spec"]
    assert fixed["upstreamHost"] == "legacy.internal"


def test_r11_a_named_target_port_is_told():
    header = service(upstream=Upstream(host_header="h"), backends=(backend(target_port="http"),))
    assert "apisix/host-port" in emit(route(prefix("/"), preserve_host=False, service=header)).codes


def test_r11_routes_that_disagree_set_the_host_themselves():
    header = service(upstream=Upstream(host_header="legacy.internal"))
    emitted = emit(
        route(prefix("/a"), name="shop.web.a", preserve_host=False, service=header),
        route(prefix("/b"), name="shop.web.b", service=header),
    )
    first, second = emitted.rules()
    assert emitted.plugins(first)["proxy-rewrite"] == {"host": "legacy.internal:8080"}
    assert emitted.plugins(second) == {}
    assert emitted.kinds("ApisixUpstream") == []


def test_r12_timeouts_round_up_and_retries_stand_on_the_upstream():
    slow = service(read_timeout=60500, connect_timeout=200, retries=2)
    emitted = emit(route(prefix("/"), service=slow))
    assert emitted.rule()["timeout"] == {"connect": "1s", "read": "61s", "send": "60s"}
    assert emitted.named("ApisixUpstream", "cart")["spec"]["retries"] == 2
    assert "timeout" not in emit(route(prefix("/"))).rule()


def test_r13_every_rule_lets_websockets_through():
    assert emit(route(prefix("/"))).rule()["websocket"] is True


def test_r14_protocols_repeat_in_every_port_block():
    emitted = emit(
        route(prefix("/a"), name="shop.web.a", service=service(backends=(backend("multi", 80),))),
        route(
            prefix("/b"),
            name="shop.web.b",
            service=service(protocol="grpc", backends=(backend("multi", 90),)),
        ),
    )
    spec = emitted.named("ApisixUpstream", "multi")["spec"]
    assert [(level["port"], level["scheme"]) for level in spec["portLevelSettings"]] == [
        (80, "http"),
        (90, "grpc"),
    ]
    assert all("retries" in level for level in spec["portLevelSettings"])


def test_r15_service_upstream_uses_the_address_of_the_service():
    emitted = emit(route(prefix("/"), service=service(service_upstream=True)))
    assert emitted.rule()["backends"][0]["resolveGranularity"] == "service"
    headless = service(service_upstream=True, backends=(backend(headless=True),))
    told = emit(route(prefix("/"), service=headless))
    assert "resolveGranularity" not in told.rule()["backends"][0]
    assert "apisix/service-upstream" in told.codes


def stream(name, kind="TCPIngress", **more):
    served = replace(service(name), backends=(Backend("shop", name, 5432, 5432, known=True),))
    return StreamRoute(f"shop.{name}", origin(name, kind), served, **more)


def test_r16_streams():
    emitted = emit(
        streams=[
            stream("pg", ports=(9000,)),
            stream("dns", kind="UDPIngress", protocols=("udp",), ports=(9200,)),
            stream("mq", protocols=("tls",), ports=(9110,), snis=("mq.example.com",)),
        ],
        settings={"apisix.stream-ports": "9000=9100"},
    )
    (pg,) = emitted.named("ApisixRoute", "pg")["spec"]["stream"]
    assert (pg["protocol"], pg["match"]) == ("TCP", {"ingressPort": 9100})
    assert pg["backend"] == {"serviceName": "pg", "servicePort": 5432}
    (dns,) = emitted.named("ApisixRoute", "dns")["spec"]["stream"]
    assert (dns["protocol"], dns["match"]) == ("UDP", {"ingressPort": 9200})
    (mq,) = emitted.named("ApisixRoute", "mq")["spec"]["stream"]
    assert mq["match"] == {"ingressPort": 9110, "host": "mq.example.com"}
    assert valid(emitted) == []


def test_r17_weights_and_a_header_canary():
    both = service(backends=(backend("v1", weight=90), backend("v2", weight=10)))
    emitted = emit(route(prefix("/"), service=both))
    assert [(b["serviceName"], b["weight"]) for b in emitted.rule()["backends"]] == [("v1", 90), ("v2", 10)]
    assert "apisix/shares" in emitted.codes


def test_r18_health_checks():
    checks = {
        "active": {
            "type": "http",
            "http_path": "/healthz",
            "timeout": 1,
            "healthy": {"interval": 5, "successes": 1},
            "unhealthy": {"interval": 5, "http_failures": 3, "tcp_failures": 2, "timeouts": 3},
        },
    }
    emitted = emit(route(prefix("/"), service=service(upstream=Upstream(healthchecks=checks))))
    active = emitted.named("ApisixUpstream")["spec"]["healthCheck"]["active"]
    assert active["timeout"] == 1_000_000_000
    assert active["healthy"] == {"interval": "5s", "httpCodes": [200, 302], "successes": 1}
    assert active["unhealthy"]["interval"] == "5s"
    assert (active["unhealthy"]["httpFailures"], active["unhealthy"]["timeout"]) == (3, 3)
    assert valid(emitted) == []


def test_r18_passive_checks_alone_are_told():
    checks = {"passive": {"unhealthy": {"http_failures": 3}}}
    emitted = emit(route(prefix("/"), service=service(upstream=Upstream(healthchecks=checks))))
    assert emitted.kinds("ApisixUpstream") == []
    assert emitted.finding("apisix/health-passive-only").level is Level.UNSUPPORTED


def balanced(**fields):
    return emit(route(prefix("/"), service=service(upstream=Upstream(**fields))))


def test_r19_load_balancing():
    block = {"least-connections": {"type": "least_conn"}, "latency": {"type": "ewma"}}
    for algorithm, expected in block.items():
        assert balanced(algorithm=algorithm).named("ApisixUpstream")["spec"]["loadbalancer"] == expected
    assert balanced().kinds("ApisixUpstream") == []
    for on, args, expected in (
        ("ip", {}, {"type": "chash", "hashOn": "vars", "key": "remote_addr"}),
        ("consumer", {}, {"type": "chash", "hashOn": "consumer"}),
        ("header", {"hash_on_header": "X-A"}, {"type": "chash", "hashOn": "header", "key": "X-A"}),
        ("cookie", {"hash_on_cookie": "s"}, {"type": "chash", "hashOn": "cookie", "key": "s"}),
        ("path", {}, {"type": "chash", "hashOn": "vars", "key": "uri"}),
        ("query_arg", {"hash_on_query_arg": "q"}, {"type": "chash", "hashOn": "vars", "key": "arg_q"}),
    ):
        emitted = balanced(algorithm="consistent-hashing", hash_on=on, hash_args=args)
        assert emitted.named("ApisixUpstream")["spec"]["loadbalancer"] == expected
        assert valid(emitted) == []
    assert "apisix/balancing" in balanced(algorithm="consistent-hashing", hash_on="uri_capture").codes


def test_r20_client_certificates_are_checked_one_level_deep():
    secret, ca = ObjectRef("", "Secret", "shop", "shop-cert"), ObjectRef("", "Secret", "shop", "clients-ca")
    emitted = emit(certificates=[Certificate(secret, ("shop.example.com",), origin(), client_ca=ca)])
    assert emitted.named("ApisixTls", "shop-cert")["spec"] == {
        "ingressClassName": "apisix",
        "hosts": ["shop.example.com"],
        "secret": {"name": "shop-cert", "namespace": "shop"},
        "client": {"caSecret": {"name": "clients-ca", "namespace": "shop"}, "depth": 1},
    }


def test_r21_upstream_certificates():
    mutual = service(
        protocol="https", client_certificate=ObjectRef("", "Secret", "shop", "mtls"), tls_verify=True
    )
    emitted = emit(route(prefix("/"), service=mutual))
    spec = emitted.named("ApisixUpstream")["spec"]
    assert (spec["scheme"], spec["tlsSecret"]) == ("https", {"name": "mtls", "namespace": "shop"})
    assert emitted.finding("apisix/tls-verify").severity == "error"


def test_r22_the_default_backend_is_last():
    emitted = emit(route(prefix("/"), host="", default_backend=True, name="shop.web"))
    rule = emitted.rule()
    assert rule["match"] == {"paths": ["/*"]}
    assert rule["priority"] < 0


def test_r23_services_of_other_namespaces_are_external_nodes():
    far = service(protocol="https", backends=(Backend("other", "api", 443, 443, known=True),))
    emitted = emit(route(prefix("/"), service=far))
    rule = emitted.rule()
    assert "backends" not in rule
    (reference,) = rule["upstreams"]
    spec = emitted.named("ApisixUpstream", reference["name"])["spec"]
    assert spec["externalNodes"] == [
        {"type": "Domain", "name": "api.other.svc.cluster.local", "weight": 100, "port": 443}
    ]
    assert spec["scheme"] == "https"
    assert valid(emitted) == []


def test_r23_external_names_work_directly():
    named = service(backends=(backend(external_name="httpbin.example.org"),))
    emitted = emit(route(prefix("/"), service=named))
    assert emitted.rule()["backends"] == [{"serviceName": "cart", "servicePort": 80}]


def test_r24_fixed_answers_need_no_backend():
    emitted = emit(route(prefix("/"), service=service(fixed_status=500, backends=())))
    assert "backends" not in emitted.rule()
    assert emitted.router.answer(Request("GET", "shop.example.com", "/")).status == 500


def test_r25_global_plugins_are_expanded_unless_they_only_watch():
    limit = use("rate-limiting", name="calm", scope="global", kind="KongClusterPlugin", namespace="")
    ship = use("http-log", name="ship", scope="global", kind="KongClusterPlugin", namespace="")
    mapper = Table(
        {"rate-limiting": {"limit-count": {"count": 5}}, "http-log": {"http-logger": {"uri": "http://l"}}}
    )
    emitted = emit(route(prefix("/"), plugins=(limit, ship)), mapper=mapper, global_plugins=(limit, ship))
    (rule,) = emitted.kinds("ApisixGlobalRule")
    assert [p["name"] for p in rule["spec"]["plugins"]] == ["http-logger"]
    (config,) = emitted.kinds("ApisixPluginConfig")
    assert [p["name"] for p in config["spec"]["plugins"]] == ["limit-count"]


def test_r25_a_watcher_that_a_route_overrides_is_expanded():
    everywhere = use("http-log", name="ship", scope="global", kind="KongClusterPlugin", namespace="")
    here = use("http-log", name="mine")
    emitted = emit(
        route(prefix("/a"), name="shop.web.a", plugins=(everywhere,)),
        route(prefix("/b"), name="shop.web.b", plugins=(here,)),
        mapper=Table({"http-log": {"http-logger": {"uri": "http://l"}}}),
        global_plugins=(everywhere,),
    )
    assert emitted.kinds("ApisixGlobalRule") == []
    assert all("plugin_config_name" in rule for rule in emitted.rules())


def test_consumers_read_their_secrets():
    key = Credential("key-auth", ObjectRef("", "Secret", "shop", "alice-key"), {"key": Hidden("s3cr3t")})
    alice = Consumer(
        ObjectRef("configuration.konghq.com", "KongConsumer", "shop", "alice"), "alice", credentials=(key,)
    )
    emitted = emit(consumers=[alice])
    spec = emitted.named("ApisixConsumer", "alice")["spec"]
    assert spec["authParameter"] == {"keyAuth": {"secretRef": {"name": "alice-key"}}}
    assert "s3cr3t" not in repr(emitted.objects) + repr(emitted.emission.findings)
    assert valid(emitted) == []


def test_protects_is_what_a_denied_route_is_about():
    emitted = emit(route(prefix("/"), plugins=(use("opa"),)), mapper=Table(lost={"opa": Protects.ACCESS}))
    assert emitted.router.answer(Request("GET", "shop.example.com", "/")).status == 403
