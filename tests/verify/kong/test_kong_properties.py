"""Rules that hold for any routes: against plain restatements of the documented order, and under changes."""

from __future__ import annotations

import uuid

import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st
from kong_build import FLAVOURS, C, E, T, router

from kong2x.model.traffic import Request
from kong2x.verify.kong.compatible import pieces_of, priority
from kong2x.verify.kong.from_entities import routes_of_entities
from kong2x.verify.kong.lua_sort import lua_sort

HOSTS = ["a.com", "b.com", "x.a.com", "*.a.com", "*.com", "a.*"]
PATHS = ["/", "/a", "/a/", "/ab", "/a/b", "~/a$", "~/a/.*", r"~/[ab]+", "~/a/b$", "~/(?i)A"]
KINDS = {
    "hosts": st.lists(st.sampled_from(HOSTS), min_size=1, max_size=2, unique=True),
    "paths": st.lists(st.sampled_from(PATHS), min_size=1, max_size=3, unique=True),
    "methods": st.lists(st.sampled_from(["GET", "POST"]), min_size=1, max_size=1),
    "headers": st.dictionaries(
        st.sampled_from(["x-a", "x-b"]), st.lists(st.sampled_from(["1", "2", "~*^[12]$"]), min_size=1, max_size=2),
        min_size=1, max_size=1,
    ),
    "snis": st.lists(st.sampled_from(["a.com", "b.com"]), min_size=1, max_size=1),
}  # fmt: skip
ORDER = ("hosts", "headers", "paths", "methods", "snis")
BITS = {"hosts": 64, "headers": 32, "paths": 16, "methods": 8, "snis": 4}


@st.composite
def route(draw, number: int, kinds=None):
    chosen = kinds or draw(st.sets(st.sampled_from(ORDER[:4]), min_size=1, max_size=3))
    made = {kind: draw(KINDS[kind]) for kind in ORDER if kind in chosen}
    return {
        "name": f"r{number}",
        "id": str(uuid.uuid5(uuid.NAMESPACE_URL, f"r{number}")),
        "service": "s",
        "created_at": number,
        "regex_priority": draw(st.sampled_from([0, 0, 1, 5])),
        "strip_path": draw(st.booleans()),
        **made,
    }


def routes(least=1, most=6):
    return st.integers(least, most).flatmap(
        lambda size: st.tuples(*(route(n) for n in range(size))).map(list)
    )


REQUESTS = st.builds(
    Request,
    st.sampled_from(["GET", "POST", "PUT"]),
    st.sampled_from(["a.com", "b.com", "x.a.com", "y.x.a.com", "a.org", "A.com", "a.com:8000", "x.a.com:80"]),
    st.sampled_from(["/", "/a", "/a/", "/ab", "/a/b", "/a/b/c", "/b", "/A", "/a//b", "/a%2fb?x=1"]),
    st.sampled_from([(), (("x-a", "1"),), (("x-a", "3"), ("X-A", "2")), (("x-b", "1"), ("x-a", "1"))]),
    st.sampled_from(["http", "https"]),
)
FEW = settings(max_examples=60, deadline=None, suppress_health_check=[HealthCheck.too_slow])


def naive_traditional_order(made):
    """Pieces by number of kinds, the sum of their bits, then the documented rank inside of a group."""
    pieces = []
    for one in made:
        for path in one.get("paths") or [None]:
            kinds = [kind for kind in ORDER if one.get(kind)]
            hosts = one.get("hosts") or []
            plain = bool(hosts) and not any("*" in host for host in hosts)
            regex = path is not None and path.startswith("~")
            rank = (
                len(kinds),
                sum(BITS[kind] for kind in kinds),
                2 * plain + regex,
                len(one.get("headers") or {}),
                one["regex_priority"] if regex else 0,
                0 if path is None or regex else len(path),
                -one["created_at"],
            )
            pieces.append((rank, {**one, "paths": [path] if path else []}))
    return [piece for _, piece in sorted(pieces, key=lambda pair: pair[0], reverse=True)]


@FEW
@given(
    st.sets(st.frozensets(st.sampled_from(ORDER[:4]), min_size=1), min_size=1, max_size=6).flatmap(
        lambda sets: st.tuples(
            *(route(n, frozenset(kinds)) for n, kinds in enumerate(sorted(sets, key=sorted)))
        )
    ),
    REQUESTS,
)
def test_traditional_with_one_piece_a_group_is_the_naive_order(made, request) -> None:
    """Without competitors of the same kinds no short list can change the winner."""
    made = [{**one, "paths": one["paths"][:1]} if one.get("paths") else one for one in made]
    answer = router(T, *made).answer(request)
    alone = [
        piece["name"] for piece in naive_traditional_order(made) if router(T, piece).answer(request).route
    ]
    assert answer.route == (alone[0] if alone else None)


@FEW
@given(routes(), REQUESTS)
def test_the_winner_matches_alone_and_some_match_wins(made, request) -> None:
    for flavour in (T, C):
        answer = router(flavour, *made).answer(request)
        alone = {one["name"] for one in made if router(flavour, one).answer(request).route}
        assert (answer.route in alone) if alone else answer.route is None
        assert set(answer.tie) <= alone | {""}


@FEW
@given(routes(), REQUESTS)
def test_compatible_is_the_highest_priority_among_the_pieces_that_match(made, request) -> None:
    answer = router(C, *made).answer(request)
    best = None
    for entity in made:
        for piece in pieces_of(routes_of_entities([entity])[0]):
            single = {**entity, "paths": list(piece.paths), "id": piece.id}
            if router(C, single).answer(request).route:
                key = (priority(piece), piece.id)
                best = max(best or (key, entity["name"]), (key, entity["name"]))
    assert answer.route == (best[1] if best else None) or answer.tie


@FEW
@given(routes(), REQUESTS, st.permutations(range(6)))
def test_the_order_of_routes_is_of_no_consequence_with_distinct_ages(made, request, order) -> None:
    shuffled = [made[at] for at in order if at < len(made)]
    for flavour in (T, C):
        first, second = router(flavour, *made).answer(request), router(flavour, *shuffled).answer(request)
        assert (first.route == second.route) or (first.tie and second.tie)


@FEW
@given(routes(), REQUESTS)
def test_a_route_that_no_request_meets_changes_nothing_in_compatible(made, request) -> None:
    stranger = {
        "name": "stranger", "id": str(uuid.uuid5(uuid.NAMESPACE_URL, "z")), "service": "s", "created_at": 99,
        "hosts": ["nowhere.test"], "paths": ["/nowhere"], "headers": {"x-nowhere": ["1"]},
    }  # fmt: skip
    before, after = router(C, *made).answer(request), router(C, *made, stranger).answer(request)
    assert before == after


@FEW
@given(routes(), REQUESTS)
def test_answers_do_not_depend_on_earlier_requests(made, request) -> None:
    """Indexes and per-host lists are caches; they must not leak from one request to another."""
    for flavour in (T, C):
        fresh = router(flavour, *made).answer(request)
        used = router(flavour, *made)
        for host in ("a.com", "x.a.com:443", "b.com"):
            for path in ("/", "/a", "/a/b"):
                used.answer(Request("POST", host, path, (("x-a", "1"),), "https"))
        assert used.answer(request) == fresh


@FEW
@given(routes(), REQUESTS)
def test_explanations_name_the_winner_once_and_losers_with_reasons(made, request) -> None:
    for flavour in (T, C):
        explained = router(flavour, *made).explain(request)
        winners = [candidate.route for candidate in explained.candidates if candidate.reason == "wins"]
        assert winners == ([explained.answer.route] if explained.answer.route else [])
        assert all(candidate.reason for candidate in explained.candidates)
        if explained.answer.route is None:
            assert not any(c.matched and c.reason.startswith("holds") for c in explained.candidates)


@given(st.lists(st.integers(0, 6), max_size=40))
def test_lua_sort_sorts(numbers) -> None:
    assert lua_sort(numbers, key=lambda number: number) == sorted(numbers)


@given(st.lists(st.integers(0, 3), max_size=30))
def test_lua_sort_loses_nothing(numbers) -> None:
    entries = list(enumerate(numbers))
    ordered = lua_sort(entries, key=lambda entry: entry[1])
    assert sorted(ordered) == entries
    assert [value for _, value in ordered] == sorted(numbers)


@pytest.mark.parametrize("flavour", FLAVOURS)
def test_no_routes_at_all(flavour) -> None:
    assert router(flavour).answer(Request("GET", "a.com", "/")).status == 404
    assert router(flavour).explain(Request("GET", "a.com", "/")).candidates == ()


def test_an_e_router_without_expressions_falls_back_to_classic_criteria() -> None:
    assert (
        router(E, {"name": "r", "id": "1", "paths": ["/a"], "service": "s"})
        .answer(Request("GET", "h", "/a"))
        .route
    )
