"""What the backend receives: the tables of kong-source.md 4.7 and 4.8, and what Kong refuses (4.4)."""

from __future__ import annotations

import pytest
from kong_build import EXACT, FLAVOURS, IMPL, PREFIX, C, E, T, ask, ingress

from kong2x.model.traffic import Request
from kong2x.verify.kong import KongRouter, from_entities
from kong2x.verify.kong.from_entities import routes_of_entities

HOST = "x.a.com"
REQUESTS = ("/foo", "/foo/", "/foo/bar", "/foobar")


def sent(flavour, path_type, path, base, strip, request, **settings):
    route = ingress("r", HOST, [(path_type, path)], strip_path=strip, **settings)
    answer = ask(flavour, [route], request, services=[{"name": "s", "path": base}])
    return answer.path if answer.status is None else None


@pytest.mark.parametrize("flavour", FLAVOURS)
@pytest.mark.parametrize(
    ("kind", "path", "base", "strip", "expected"),
    [
        (PREFIX, "/foo", "/", False, ("/foo", "/foo/", "/foo/bar", None)),
        (PREFIX, "/foo", "/", True, ("/", "/", "/bar", None)),
        (PREFIX, "/foo", "/api", False, ("/api/foo", "/api/foo/", "/api/foo/bar", None)),
        (PREFIX, "/foo", "/api", True, ("/api", "/api/", "/api/bar", None)),
        (PREFIX, "/foo", "/api/", True, ("/api", "/api/", "/api/bar", None)),
        (IMPL, "/foo", "/", True, ("/", "/", "/bar", "/bar")),
        (IMPL, "/foo", "/api", True, ("/api", "/api/", "/api/bar", "/api/bar")),
        (EXACT, "/foo", "/api", True, ("/api", None, None, None)),
        (PREFIX, "/", "/api", True, ("/api/foo", "/api/foo/", "/api/foo/bar", "/api/foobar")),
        (PREFIX, "/", "/api", False, ("/api/foo", "/api/foo/", "/api/foo/bar", "/api/foobar")),
    ],
)
def test_strip_path_and_service_path(flavour, kind, path, base, strip, expected) -> None:
    assert tuple(sent(flavour, kind, path, base, strip, request) for request in REQUESTS) == expected


@pytest.mark.parametrize("flavour", FLAVOURS)
def test_the_root_request(flavour) -> None:
    assert sent(flavour, PREFIX, "/", "/api", False, "/") == "/api"
    assert sent(flavour, PREFIX, "/", "/api/", False, "/") == "/api/"
    assert sent(flavour, PREFIX, "/", "/api", True, "/") == "/api"
    assert sent(flavour, PREFIX, "/", "/api/", True, "/") == "/api/"


@pytest.mark.parametrize("flavour", FLAVOURS)
def test_a_regex_strips_what_it_matched(flavour) -> None:
    assert sent(flavour, IMPL, r"/~/v\d+", "/api", True, "/v12/users") == "/api/users"
    assert sent(flavour, IMPL, r"/~/v\d+", "/api", True, "/v12") == "/api"
    assert sent(flavour, IMPL, r"/~/v\d+", "/", False, "/v12/users") == "/v12/users"


@pytest.mark.parametrize("flavour", (C, E))
def test_only_the_length_of_an_unanchored_match_counts(flavour) -> None:
    route = ingress("r", HOST, [(IMPL, "/~/foo|/bar")], strip_path=True)
    assert ask(flavour, [route], "/q/bar").path == "/ar"


def test_a_top_level_alternation_strips_in_its_last_branch_only_in_traditional() -> None:
    route = ingress("r", HOST, [(IMPL, "/~/foo|/bar")], strip_path=True)
    assert ask(T, [route], "/bar/x").path == "/x"
    assert ask(T, [route], "/foo/x").path == "/foo/x"
    assert ask(T, [route], "/q/bar").status == 404


def test_path_handling_v1_acts_in_traditional_only() -> None:
    settings = {"path_handling": "v1"}
    assert sent(T, IMPL, "/fv", "/s", False, "/fv1", **settings) == "/sfv1"
    assert sent(T, IMPL, "/fv", "/s", True, "/fv1", **settings) == "/s1"
    assert sent(T, IMPL, "/fv", "/s/", True, "/fv/1", **settings) == "/s/1"
    for flavour in (C, E):
        assert sent(flavour, IMPL, "/fv", "/s", False, "/fv1", **settings) == "/s/fv1"
        assert sent(flavour, IMPL, "/fv", "/s", True, "/fv1", **settings) == "/s/1"


@pytest.mark.parametrize("flavour", FLAVOURS)
@pytest.mark.parametrize(
    ("request_path", "expected"),
    [
        ("//a/./b", "/a/b"),
        ("/a%7Eb", "/a~b"),
        ("/a%2fb", "/a%2Fb"),
        ("/a%20b", "/a%20b"),
        ("/caf%c3%a9", "/caf%C3%A9"),
        ("/a/?", "/a/"),
        ("/a?x=%2F//..", "/a"),
    ],
)
def test_the_path_is_normalised_and_escaped_again(flavour, request_path, expected) -> None:
    assert ask(flavour, [ingress("r", HOST)], request_path).path == expected


@pytest.mark.parametrize("flavour", FLAVOURS)
def test_a_remainder_of_dots_is_lost(flavour) -> None:
    route = ingress("r", HOST, [(IMPL, "/foo")], strip_path=True)
    assert ask(flavour, [route], "/foo..").path == "/"
    assert ask(flavour, [route], "/foo../x").path == "/x"
    assert ask(flavour, [route], "/foo.x").path == "/.x"


@pytest.mark.parametrize("flavour", FLAVOURS)
def test_nginx_refuses_before_any_route(flavour) -> None:
    for path in ("/../a", "/a%00", "/a%zz", "/a b"):
        assert ask(flavour, [ingress("r")], path).status == 400
    assert ask(flavour, [ingress("r")], "/", "").status == 400
    assert ask(flavour, [ingress("r")], "/", "", http_version="1.0").route == "r"


@pytest.mark.parametrize("flavour", FLAVOURS)
@pytest.mark.parametrize(
    ("preserve", "header", "port", "protocol", "expected"),
    [
        (True, None, 8080, "http", "x.a.com:8000"),
        (True, "h", 8080, "http", "x.a.com:8000"),
        (False, None, 8080, "http", None),
        (False, "h", 8080, "http", "h:8080"),
        (False, "h", 80, "http", "h"),
        (False, "h", 443, "https", "h"),
        (False, "h", 443, "http", "h:443"),
        (False, "h", 80, "https", "h:80"),
        (False, "h", 80, "grpc", "h"),
        (False, "h", 443, "grpcs", "h"),
    ],
)
def test_the_upstream_host(flavour, preserve, header, port, protocol, expected) -> None:
    route = ingress("r", HOST, preserve_host=preserve)
    service = {"name": "s", "host": "u", "protocol": protocol}
    upstream = {"name": "u", "host_header": header, "targets": [{"target": f"10.0.0.1:{port}"}]}
    built = from_entities([route], [service], flavour, [upstream])
    answer = built.answer(Request("GET", "x.a.com:8000", "/"))
    assert (answer.status, answer.host) == (None, expected)


GRPC = (("content-type", "application/grpc"),)


@pytest.mark.parametrize("flavour", FLAVOURS)
def test_a_route_for_both_protocols_serves_both(flavour) -> None:
    route = ingress("r", HOST)
    assert ask(flavour, [route]).status is None
    assert ask(flavour, [route], scheme="https").status is None


@pytest.mark.parametrize("flavour", FLAVOURS)
@pytest.mark.parametrize("code", [301, 302, 307, 308])
def test_https_only_redirects_plain_http(flavour, code) -> None:
    route = ingress("r", "x.a.com", protocols=["https"], https_redirect_status_code=code)
    answer = ask(flavour, [route], "/a//b?x=1&y", "x.a.com:8000", headers=(("a", "b"),))
    assert (answer.status, answer.location) == (code, "https://x.a.com/a//b?x=1&y")
    assert (answer.service, answer.path, answer.plugins) == (None, None, ())
    assert ask(flavour, [route], "/a", scheme="https").status is None


def test_the_location_is_lower_case_without_port_and_final_dot() -> None:
    route = ingress("r", protocols=["https"], https_redirect_status_code=308)
    assert ask(T, [route], "/", "Shop.EXAMPLE.com.:80").location == "https://shop.example.com/"
    assert ask(T, [route], "/", "[::1]:80").location == "https://[::1]/"


@pytest.mark.parametrize("flavour", FLAVOURS)
def test_https_only_answers_426_by_default(flavour) -> None:
    answer = ask(flavour, [ingress("r", HOST, protocols=["https"])])
    assert (answer.route, answer.status, answer.location) == ("r", 426, None)


@pytest.mark.parametrize(("flavour", "route"), [(T, "r"), (C, "r"), (E, None)])
def test_http_only_refuses_https_in_expressions_alone(flavour, route) -> None:
    assert ask(flavour, [ingress("r", HOST, protocols=["http"])], scheme="https").route == route
    assert ask(flavour, [ingress("r", HOST, protocols=["http"])]).route == "r"


@pytest.mark.parametrize("flavour", FLAVOURS)
def test_grpc_routes_answer_only_grpc(flavour) -> None:
    route = ingress("r", HOST, protocols=["grpc", "grpcs"])
    assert ask(flavour, [route]).status == 415
    assert ask(flavour, [route], headers=GRPC).status == 426
    assert ask(flavour, [route], headers=GRPC, http_version="2").status is None
    assert ask(flavour, [route], headers=GRPC, http_version="2", scheme="https").status is None


def test_grpcs_alone_over_plain_http() -> None:
    """The classic routers answer with a gRPC status in a 200; the expressions router does not match."""
    route = ingress("r", HOST, protocols=["grpcs"])
    for flavour in (T, C):
        assert ask(flavour, [route], headers=GRPC, http_version="2").status == 200
    assert ask(E, [route], headers=GRPC, http_version="2").status == 404
    for flavour in FLAVOURS:
        assert ask(flavour, [route], headers=GRPC, http_version="2", scheme="https").status is None


def test_forwarded_headers_count_from_trusted_peers_only() -> None:
    routes = routes_of_entities([ingress("r", HOST, protocols=["https"], https_redirect_status_code=301)])
    over_tls = Request("GET", HOST, "/", (("x-forwarded-proto", "https"),), remote_address="10.1.2.3")
    assert KongRouter(routes, T).answer(over_tls).status == 301
    assert KongRouter(routes, T, ["10.0.0.0/8"]).answer(over_tls).status is None
    assert KongRouter(routes, T, ["192.168.0.0/16"]).answer(over_tls).status == 301
    other = Request("GET", HOST, "/", (("x-forwarded-host", "o.com"),), remote_address="10.1.2.3")
    assert KongRouter(routes, T, ["10.0.0.0/8"]).answer(other).location == "https://o.com/"
