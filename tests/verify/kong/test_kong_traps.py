"""The routing traps of kong-source.md section 8, one test a trap, by its number."""

from __future__ import annotations

import pytest
from kong_build import EXACT, FLAVOURS, IMPL, PREFIX, C, E, T, ask, ingress

HOST = "x.a.com"
OTHER_KINDS = ingress("elsewhere", "other.com", [(IMPL, "/elsewhere")])
"""A route with host and path only, as a real configuration always has one."""


def one(flavour, kind, path, request, **settings):
    return ask(flavour, [ingress("r", HOST, [(kind, path)], **settings)], request).route == "r"


@pytest.mark.parametrize("flavour", FLAVOURS)
def test_trap_01_implementation_specific_is_a_raw_prefix(flavour) -> None:
    assert one(flavour, IMPL, "/foo", "/foobar")
    assert not one(flavour, PREFIX, "/foo", "/foobar")
    assert one(flavour, PREFIX, "/foo", "/foo") and one(flavour, PREFIX, "/foo", "/foo/bar")


@pytest.mark.parametrize("flavour", FLAVOURS)
def test_trap_03_trailing_slashes(flavour) -> None:
    assert one(flavour, PREFIX, "/a/", "/a")
    assert not one(flavour, EXACT, "/a/", "/a")
    assert one(flavour, EXACT, "/a/", "/a/")


def test_trap_04_literals_are_patterns_in_the_classic_routers() -> None:
    assert [one(f, EXACT, "/v1.0/x", "/v1a0/x") for f in FLAVOURS] == [True, True, False]
    assert [one(f, EXACT, "/v1.0/x", "/v1.0/x") for f in FLAVOURS] == [True, True, True]
    assert [one(f, EXACT, "/c++", "/c++") for f in FLAVOURS] == [False, False, True]


def test_trap_04_an_unbalanced_literal_is_undecidable_not_guessed() -> None:
    for flavour in (T, C):
        answer = ask(flavour, [ingress("bad", HOST, [(EXACT, "/f(x")])], "/f(x")
        assert set(answer.tie) == {"bad", ""}
    assert ask(E, [ingress("bad", HOST, [(EXACT, "/f(x")])], "/f(x").route == "bad"


@pytest.mark.parametrize("flavour", FLAVOURS)
def test_trap_05_a_regex_is_open_at_its_end(flavour) -> None:
    assert one(flavour, IMPL, r"/~/v\d+", "/v12anything/else")
    assert not one(flavour, IMPL, r"/~/v\d+", "/x/v12")
    assert not one(flavour, IMPL, r"/~/v\d+$", "/v12anything/else")


def test_trap_06_the_marker_under_prefix() -> None:
    paths = ["~/v\\d+/", "~/~/v\\d+$"]
    for flavour in (T, C):
        route = {**ingress("r", HOST), "paths": paths}
        assert ask(flavour, [route], "/v1").route is None
        assert ask(flavour, [route], "/v1/x").route == "r"
    literal = ingress("r", HOST, [(PREFIX, "/~/v\\d+")])
    assert ask(E, [literal], "/v1/x").route is None
    assert ask(E, [literal], "/~/v%5Cd+/x").route == "r"


@pytest.mark.parametrize("flavour", FLAVOURS)
def test_trap_08_requests_are_normalised(flavour) -> None:
    answer = ask(flavour, [ingress("r", HOST, [(PREFIX, "/api/v1")])], "/api/./v1//x%7e")
    assert (answer.route, answer.path) == ("r", "/api/v1/x~")


@pytest.mark.parametrize("flavour", FLAVOURS)
def test_trap_09_percent_encoding(flavour) -> None:
    assert one(flavour, IMPL, "/a b", "/a%20b")
    assert one(flavour, IMPL, "/a%2Fb", "/a%2fb")
    assert not one(flavour, IMPL, "/a/b", "/a%2Fb")


def test_trap_09_an_encoded_path_never_matches_in_expressions() -> None:
    assert not one(E, IMPL, "/a%20b", "/a%20b")


@pytest.mark.parametrize("flavour", FLAVOURS)
def test_trap_10_hosts_compare_with_case(flavour) -> None:
    assert ask(flavour, [ingress("r", "shop.example.com")], "/", "Shop.Example.com").status == 404
    assert ask(flavour, [ingress("r", "shop.example.com")], "/", "shop.example.com:8443").route == "r"


@pytest.mark.parametrize("flavour", FLAVOURS)
def test_trap_11_a_wildcard_spans_labels(flavour) -> None:
    route = ingress("r", "*.example.com")
    assert ask(flavour, [route], "/", "a.b.example.com").route == "r"
    assert ask(flavour, [route], "/", "a.example.com:81").route == "r"
    assert ask(flavour, [route], "/", "example.com").route is None


def test_trap_12_a_regex_beats_a_longer_prefix() -> None:
    routes = [ingress("A", HOST, [(IMPL, "/~/foo/.*")]), ingress("B", HOST, [(PREFIX, "/foo/bar/baz")])]
    assert [ask(f, routes, "/foo/bar/baz/1").route for f in FLAVOURS] == ["A", "A", "B"]


def test_trap_13_more_criteria_beat_a_longer_path() -> None:
    routes = [ingress("A", HOST, methods=["GET"]), ingress("B", HOST, [(IMPL, "/api")])]
    assert {ask(f, routes, "/api").route for f in FLAVOURS} == {"A"}
    assert {ask(f, routes, "/api", method="POST").route for f in FLAVOURS} == {"B"}


def test_trap_14_but_not_an_exact_path_in_compatible() -> None:
    routes = [ingress("A", HOST, methods=["GET"]), ingress("B", HOST, [(EXACT, "/api")])]
    assert [ask(f, routes, "/api").route for f in FLAVOURS] == ["A", "B", "A"]


def test_trap_15_a_hostless_exact_path_steals_from_wildcards_in_compatible() -> None:
    routes = [ingress("A", "*.x.com"), ingress("B", "", [(EXACT, "/health")])]
    assert [ask(f, routes, "/health", "a.x.com").route for f in FLAVOURS] == ["A", "B", "A"]


def test_trap_16_regex_priority_acts_on_regexes_only() -> None:
    routes = [
        ingress("A", HOST, [(PREFIX, "/foo")], regex_priority=100),
        ingress("B", HOST, [(PREFIX, "/foo/x")]),
    ]
    for flavour in FLAVOURS:
        assert ask(flavour, routes, "/foo/x/y").route == "B"
        assert ask(flavour, routes, "/foo/y").route == "A"
    regexes = [
        ingress("A", HOST, [(IMPL, "/~/fo+")], regex_priority=1),
        ingress("B", HOST, [(IMPL, "/~/fo+.*")], regex_priority=100),
    ]
    for flavour in (T, C):
        assert ask(flavour, regexes, "/foo").route == "B"
        assert ask(flavour, regexes[::-1], "/foo").route == "B"


def test_trap_17_equal_routes() -> None:
    routes = [ingress("A", HOST, [(IMPL, "/a")]), ingress("B", HOST, [(IMPL, "/a")])]
    larger = max(routes, key=lambda route: route["id"])["name"]
    assert set(ask(T, routes, "/a").tie) == {"A", "B"}
    assert ask(C, routes, "/a").route == ask(E, routes, "/a").route == larger
    older = [{**routes[0], "created_at": 2}, {**routes[1], "created_at": 1}]
    assert (ask(T, older, "/a").route, ask(T, older, "/a").tie) == ("B", ())


def test_trap_18_a_route_ranks_with_its_longest_path_in_expressions() -> None:
    routes = [
        ingress("A", HOST, [(PREFIX, "/"), (PREFIX, "/a/long/one")]),
        ingress("B", HOST, [(PREFIX, "/api")]),
    ]
    assert [ask(f, routes, "/api/x").route for f in FLAVOURS] == ["B", "B", "A"]


def test_trap_20_the_default_backend_answers_whatever_nothing_else_does() -> None:
    default = ingress("default", "", priority=0)
    routes = [default, ingress("r", HOST, [(PREFIX, "/a")])]
    for flavour in FLAVOURS:
        assert ask(flavour, routes, "/b").route == "default"
        assert ask(flavour, routes, "/", "unknown").route == "default"
        assert ask(flavour, routes, "/a").route == "r"


def test_trap_20_it_ties_with_a_hostless_root_in_traditional_only() -> None:
    routes = [ingress("default", "", priority=0), ingress("rule", "")]
    assert set(ask(T, routes, "/").tie) == {"default", "rule"}
    assert ask(E, routes, "/").route == "rule"


@pytest.mark.parametrize("flavour", (T, C))
def test_trap_21_host_aliases_restrict(flavour) -> None:
    route = {**ingress("r"), "hosts": ["a.com", "b.com", "c.*"]}
    assert ask(flavour, [route], "/", "b.com").route == "r"
    assert ask(flavour, [route], "/", "c.org").route == "r"
    assert ask(flavour, [route], "/", "d.com").status == 404


@pytest.mark.parametrize("flavour", FLAVOURS)
def test_trap_22_no_methods_means_all(flavour) -> None:
    assert ask(flavour, [ingress("r", HOST)], method="M-SEARCH").route == "r"
    assert ask(flavour, [ingress("r", HOST, methods=["GET"])], method="POST").status == 404


def test_trap_23_header_values_compare_without_case_in_the_classic_routers() -> None:
    route = ingress("r", HOST, headers={"x-env": ["Blue", "green"]})
    assert [ask(f, [route], headers=(("X-Env", "BLUE"),)).route for f in FLAVOURS] == ["r", "r", None]
    for flavour in FLAVOURS:
        assert ask(flavour, [route], headers=(("X-ENV", "green"),)).route == "r"
        assert ask(flavour, [route], headers=(("x-env", "red"),)).status == 404
        assert ask(flavour, [route]).status == 404


def test_trap_23_a_repeated_header_needs_all_values_in_expressions() -> None:
    route = ingress("r", HOST, headers={"x-env": ["blue", "green"]})
    mixed = (("x-env", "red"), ("x-env", "blue"))
    assert [ask(f, [route], headers=mixed).route for f in FLAVOURS] == ["r", "r", None]
    both = (("x-env", "blue"), ("x-env", "blue"))
    assert ask(E, [route], headers=both).route == "r"


def test_trap_24_a_header_regex_is_lower_cased_in_compatible() -> None:
    route = ingress("r", HOST, headers={"x-id": [r"~*^\D+$"]})
    assert [ask(f, [route], headers=(("x-id", "123"),)).route for f in FLAVOURS] == [None, "r", None]
    assert [ask(f, [route], headers=(("x-id", "abc"),)).route for f in FLAVOURS] == ["r", None, "r"]


def test_trap_24_in_traditional_it_must_be_the_only_value_and_lower_case() -> None:
    pair = ingress("r", HOST, headers={"x-id": ["~*^a", "b"]})
    assert [ask(f, [pair], headers=(("x-id", "abc"),)).route for f in FLAVOURS] == [None, "r", "r"]
    assert ask(T, [pair], headers=(("x-id", "~*^A"),)).route == "r"
    upper = ingress("r", HOST, headers={"x-id": ["~*^A"]})
    assert [ask(f, [upper], headers=(("x-id", "Abc"),)).route for f in FLAVOURS] == [None, "r", "r"]


def test_trap_25_an_sni_does_not_exclude_plain_http() -> None:
    route = ingress("r", HOST, snis=["s.com"])
    assert [ask(f, [route]).route for f in FLAVOURS] == ["r", "r", None]
    assert [ask(f, [route], scheme="https", sni="s.com").route for f in FLAVOURS] == ["r"] * 3
    assert [ask(f, [route], scheme="https", sni="t.com").route for f in FLAVOURS] == [None] * 3


def test_trap_25_tls_without_a_server_name_does_not_match() -> None:
    """A running Kong may still serve it from its match cache, after plain HTTP to the same host and path."""
    route = ingress("r", HOST, snis=["s.com"])
    assert [ask(f, [route], scheme="https", sni="").route for f in FLAVOURS] == [None] * 3


def test_trap_25_unless_the_kinds_without_sni_exist_elsewhere_in_traditional() -> None:
    routes = [ingress("r", HOST, snis=["s.com"]), OTHER_KINDS]
    assert [ask(f, routes).route for f in FLAVOURS] == [None, "r", None]
    assert [ask(f, routes, scheme="https", sni="s.com").route for f in FLAVOURS] == ["r"] * 3


def test_trap_25_a_route_of_other_kinds_changes_nothing() -> None:
    routes = [ingress("r", HOST, snis=["s.com"]), ingress("q", "other.com", methods=["GET"])]
    assert ask(T, routes).route == "r"


def test_trap_25_a_final_dot_of_an_sni_is_dropped_in_the_classic_routers() -> None:
    route = ingress("r", HOST, snis=["s.com."])
    assert [ask(f, [route], scheme="https", sni="s.com").route for f in (T, C)] == ["r", "r"]


@pytest.mark.parametrize("flavour", (T, C))
def test_trap_26_a_path_prefix_of_an_httproute_keeps_its_final_slash(flavour) -> None:
    route = {**ingress("r", HOST), "paths": ["~/foo/$", "/foo/"]}
    assert ask(flavour, [route], "/foo").status == 404
    assert ask(flavour, [route], "/foo/").route == "r"


@pytest.mark.parametrize("flavour", FLAVOURS)
def test_trap_27_nothing_is_stripped_by_default(flavour) -> None:
    assert ask(flavour, [ingress("r", HOST, [(PREFIX, "/svc")])], "/svc/x").path == "/svc/x"


@pytest.mark.parametrize("flavour", FLAVOURS)
def test_trap_28_a_raw_prefix_strips_inside_of_a_segment(flavour) -> None:
    assert ask(flavour, [ingress("r", HOST, [(IMPL, "/foo")], strip_path=True)], "/foobar").path == "/bar"


@pytest.mark.parametrize("flavour", FLAVOURS)
def test_trap_29_a_regex_strips_the_matched_text(flavour) -> None:
    route = ingress("r", HOST, [(IMPL, r"/~/v\d+/api")], strip_path=True)
    assert ask(flavour, [route], "/v3/api/users").path == "/users"


@pytest.mark.parametrize("flavour", FLAVOURS)
def test_trap_30_the_service_path_joins_with_one_slash(flavour) -> None:
    services = [{"name": "s", "path": "/base"}]
    route = ingress("r", HOST, [(PREFIX, "/foo")], strip_path=True)
    assert ask(flavour, [route], "/foo/", services=services).path == "/base/"
    assert ask(flavour, [route], "/foo", services=services).path == "/base"
    assert ask(flavour, [ingress("r", HOST)], "/", services=services).path == "/base"


@pytest.mark.parametrize("flavour", FLAVOURS)
def test_trap_32_without_preserve_host_the_target_is_named(flavour) -> None:
    assert ask(flavour, [ingress("r", HOST, preserve_host=False)]).host is None
    assert ask(flavour, [ingress("r", HOST)]).host == HOST


@pytest.mark.parametrize("flavour", FLAVOURS)
def test_trap_33_https_only_is_426_not_a_redirect(flavour) -> None:
    assert ask(flavour, [ingress("r", HOST, protocols=["https"])]).status == 426


@pytest.mark.parametrize("flavour", FLAVOURS)
def test_trap_34_a_redirect_code_alone_does_nothing(flavour) -> None:
    assert ask(flavour, [ingress("r", HOST, https_redirect_status_code=301)]).status is None


def test_trap_36_http_alone_does_not_refuse_https() -> None:
    route = ingress("r", HOST, protocols=["http"])
    assert [ask(f, [route], scheme="https").route for f in FLAVOURS] == ["r", "r", None]


def test_trap_65_a_grpc_path_is_open_ended_in_the_classic_routers() -> None:
    route = {**ingress("r", HOST, protocols=["grpc", "grpcs"]), "paths": ["~/a.B/Get"], "strip_path": False}
    for flavour in (T, C):
        for path in ("/a.B/GetAll", "/aXB/Get"):
            answer = ask(
                flavour, [route], path, headers=(("content-type", "application/grpc"),), http_version="2"
            )
            assert (answer.route, answer.status) == ("r", None)


def test_underscores_and_dashes_of_header_names() -> None:
    """A header on the wire with an underscore meets a route header with a dash in the newer routers only."""
    route = ingress("r", HOST, headers={"x-env": ["a"]})
    assert [ask(f, [route], headers=(("x_env", "a"),)).route for f in FLAVOURS] == [None, "r", "r"]
    route = ingress("r", HOST, headers={"x_env": ["a"]})
    assert [ask(f, [route], headers=(("x-env", "a"),)).route for f in FLAVOURS] == ["r"] * 3


@pytest.mark.parametrize("flavour", FLAVOURS)
def test_a_path_that_is_not_utf8_is_an_error_in_the_newer_routers(flavour) -> None:
    answer = ask(flavour, [ingress("r", HOST)], "/%ff")
    assert (answer.route == "r") == (flavour == T)


def test_top_level_alternation_is_anchored_as_a_whole_in_traditional_only() -> None:
    route = ingress("r", HOST, [(IMPL, "/~/foo|/bar")])
    assert [ask(f, [route], "/q/bar").route for f in FLAVOURS] == [None, "r", "r"]
    assert [ask(f, [route], "/bar").route for f in FLAVOURS] == ["r"] * 3


def test_hosts_with_ports() -> None:
    """Not reachable through KIC, but Kong routes may have them."""
    route = {**ingress("r"), "hosts": ["a.com:8080"]}
    assert ask(T, [route], "/", "a.com:8080").route == ask(C, [route], "/", "a.com:8080").route == "r"
    assert ask(T, [route], "/", "a.com").route == ask(C, [route], "/", "a.com").route is None
    default = {**ingress("r"), "hosts": ["a.com:80"]}
    assert ask(C, [default], "/", "a.com").route == "r"
    assert ask(C, [default], "/", "a.com", scheme="https").route is None
