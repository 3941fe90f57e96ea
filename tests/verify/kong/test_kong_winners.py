"""The worked winners of kong-source.md 4.6, row by row and flavour by flavour."""

from __future__ import annotations

import pytest
from kong_build import EXACT, FLAVOURS, IMPL, PREFIX, C, E, T, ask, ingress, router

from kong2x.model.traffic import Request

HOST = "x.a.com"


def winners(routes, path, host=HOST, method="GET", headers=()):
    return tuple(ask(f, routes, path, host, method, headers=headers).route for f in FLAVOURS)


def test_row_1_a_method_beats_a_longer_path() -> None:
    routes = [ingress("A", HOST, methods=["GET"]), ingress("B", HOST, [(PREFIX, "/api")])]
    assert winners(routes, "/api/v1") == ("A", "A", "A")
    assert winners(routes, "/api/v1", method="POST") == ("B", "B", "B")


def test_row_2_an_exact_path_beats_a_method_in_compatible_only() -> None:
    routes = [ingress("A", HOST, methods=["GET"]), ingress("B", HOST, [(EXACT, "/api/v1")])]
    assert winners(routes, "/api/v1") == ("A", "B", "A")


def test_row_3_a_hostless_exact_path_beats_a_wildcard_host_in_compatible_only() -> None:
    routes = [ingress("A", "*.a.com"), ingress("B", "", [(EXACT, "/x")])]
    assert winners(routes, "/x", "foo.a.com") == ("A", "B", "A")


def test_row_4_a_regex_beats_a_longer_prefix_except_in_expressions() -> None:
    routes = [ingress("A", HOST, [(IMPL, "/~/foo/.*")]), ingress("B", HOST, [(PREFIX, "/foo/bar")])]
    assert winners(routes, "/foo/bar/baz") == ("A", "A", "B")


def test_row_5_a_plain_host_beats_a_wildcard_with_a_longer_path() -> None:
    routes = [ingress("A", "*.a.com", [(IMPL, "/api/v1")]), ingress("B", HOST, [(IMPL, "/api")])]
    assert winners(routes, "/api/v1/z") == ("B", "B", "B")


def test_row_5_with_prefix_paths_the_short_list_decides_in_traditional() -> None:
    routes = [ingress("A", "*.a.com", [(PREFIX, "/api/v1")]), ingress("B", HOST, [(PREFIX, "/api")])]
    assert winners(routes, "/api/v1/z") == ("A", "B", "B")


def test_row_6_a_third_route_on_the_host_turns_the_winner_in_traditional() -> None:
    routes = [
        ingress("A", "*.a.com", [(IMPL, "/api/v1")]),
        ingress("B", HOST, [(IMPL, "/api")]),
        ingress("other", HOST, [(IMPL, "/other")]),
    ]
    assert winners(routes, "/api/v1/z") == ("A", "B", "B")


def test_row_6_the_reason_names_the_short_list() -> None:
    routes = [
        ingress("A", "*.a.com", [(IMPL, "/api/v1")]),
        ingress("B", HOST, [(IMPL, "/api")]),
        ingress("other", HOST, [(IMPL, "/other")]),
    ]
    assert "short list" in ask(T, routes, "/api/v1/z").why
    assert "short list" not in ask(T, routes[:2], "/api/v1/z").why


def test_row_7_a_header_beats_a_wildcard_host_except_in_traditional() -> None:
    routes = [ingress("A", headers={"x-h": ["1"]}), ingress("B", "*.a.com")]
    assert winners(routes, "/", "b.a.com", headers=(("x-h", "1"),)) == ("B", "A", "A")
    assert winners(routes, "/", "b.a.com") == ("B", "B", "B")


def test_row_8_of_two_identical_routes_the_older_or_the_larger_id_wins() -> None:
    old = ingress("old", HOST, [(IMPL, "/a")], id="11111111-0000-0000-0000-000000000000", created_at=1)
    new = ingress("new", HOST, [(IMPL, "/a")], id="22222222-0000-0000-0000-000000000000", created_at=2)
    for routes in ([old, new], [new, old]):
        assert winners(routes, "/a") == ("old", "new", "new")
        assert not ask(T, routes, "/a").tie


def test_row_8_without_creation_times_the_classic_router_has_a_tie() -> None:
    routes = [ingress("one", HOST, [(IMPL, "/a")]), ingress("two", HOST, [(IMPL, "/a")])]
    assert set(ask(T, routes, "/a").tie) == {"one", "two"}
    assert not ask(C, routes, "/a").tie
    assert not ask(E, routes, "/a").tie


def test_row_9_expressions_ranks_a_route_by_its_longest_path() -> None:
    routes = [
        ingress("A", HOST, [(PREFIX, "/"), (PREFIX, "/a/long/one")]),
        ingress("B", HOST, [(PREFIX, "/api")]),
    ]
    assert winners(routes, "/api/x") == ("B", "B", "A")


@pytest.mark.parametrize(("path", "route"), [("/foo", "A"), ("/foo/x", "A"), ("/foobar", "B")])
def test_row_10_a_segment_prefix_beats_a_raw_one_where_it_matches(path: str, route: str) -> None:
    routes = [ingress("A", HOST, [(PREFIX, "/foo")]), ingress("B", HOST, [(IMPL, "/foo")])]
    assert winners(routes, path) == (route, route, route)


def test_row_11_a_host_beats_a_long_path_without_one() -> None:
    long = "/api/v1/very/long"
    routes = [ingress("A", HOST), ingress("B", "", [(PREFIX, long)])]
    assert winners(routes, long + "/x") == ("A", "A", "A")


def test_row_11_the_exact_half_of_a_hostless_prefix_stays_behind_a_plain_host() -> None:
    long = "/api/v1/very/long"
    routes = [ingress("A", HOST), ingress("B", "", [(PREFIX, long)])]
    assert winners(routes, long) == ("A", "A", "A")


def test_exact_does_not_beat_prefix_of_the_same_text() -> None:
    routes = [ingress("A", HOST, [(PREFIX, "/foo")]), ingress("B", HOST, [(EXACT, "/foo")])]
    assert set(ask(T, routes, "/foo").tie) == {"A", "B"}
    assert ask(E, routes, "/foo").route == "A"


def test_a_canary_on_the_root_loses_the_exact_half_of_a_prefix_in_compatible_only() -> None:
    """A Prefix is half a regex, and that outranks more criteria there (kong-source.md 4.5)."""
    routes = [
        ingress("stable", HOST, [(PREFIX, "/checkout")]),
        ingress("canary", HOST, headers={"x-c": ["1"]}),
    ]
    given = (("x-c", "1"),)
    assert winners(routes, "/checkout", headers=given) == ("canary", "stable", "canary")
    assert winners(routes, "/checkout/x", headers=given) == ("canary", "canary", "canary")


def test_compatible_header_count_and_regex_priority_share_bits() -> None:
    """With one header regex_priority 1 beats 2; without headers the larger wins; a negative one beats all."""

    def pair(first: int, second: int, headers):
        return [
            ingress("a", HOST, [(IMPL, "/~/x")], headers=headers, regex_priority=first),
            ingress("b", HOST, [(IMPL, "/~/x.*")], headers=headers, regex_priority=second),
        ]

    given = (("x-h", "1"),)
    assert ask(C, pair(1, 2, {"x-h": ["1"]}), "/xy", headers=given).route == "a"
    assert ask(C, pair(1, 2, {}), "/xy").route == "b"
    assert ask(C, pair(-1, 1000, {}), "/xy").route == "a"
    assert ask(T, pair(1, 2, {"x-h": ["1"]}), "/xy", headers=given).route == "b"
    assert ask(T, pair(-1, 1000, {}), "/xy").route == "b"


def test_compatible_with_four_kinds_outranks_everything_and_is_open_among_itself() -> None:
    four = {"methods": ["GET"], "headers": {"x-h": ["1"]}}
    routes = [ingress("four", "*.a.com", **four), ingress("exact", HOST, [(EXACT, "/x")])]
    given = (("x-h", "1"),)
    assert ask(C, routes, "/x", headers=given).route == "four"
    assert not ask(C, routes, "/x", headers=given).tie
    routes.append(ingress("four2", HOST, **four))
    assert set(ask(C, routes, "/x", headers=given).tie) == {"four", "four2"}


def test_compatible_pieces_of_equal_prefixes_may_go_to_different_routes() -> None:
    """The id of a piece decides, and each piece of a split route has another one (trap 17)."""
    seen = set()
    for number in range(12):
        routes = [
            ingress(f"p{number}", HOST, [(PREFIX, "/a")]),
            ingress(f"q{number}", HOST, [(PREFIX, "/a")]),
        ]
        built = router(C, *routes)
        first = built.answer(Request("GET", HOST, "/a")).route
        second = built.answer(Request("GET", HOST, "/a/x")).route
        assert first and second
        seen.add(first == second)
    assert seen == {True, False}


def test_the_order_of_the_configuration_is_of_no_consequence_without_ties() -> None:
    routes = [
        ingress("A", HOST, [(PREFIX, "/")]),
        ingress("B", HOST, [(PREFIX, "/api")]),
        ingress("C", "*.a.com", [(IMPL, "/~/api/v\\d+")]),
        ingress("D", "", [(EXACT, "/api/v1")], methods=["GET"]),
    ]
    for flavour in FLAVOURS:
        for path in ("/", "/api", "/api/v1", "/api/v1/x"):
            for host in (HOST, "y.a.com", "b.com"):
                forward = ask(flavour, routes, path, host).route
                assert forward == ask(flavour, routes[::-1], path, host).route
