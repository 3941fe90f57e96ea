"""How Kong paths become path matches: recipes 3.4 to 3.6 and traps 1 to 7."""

from __future__ import annotations

import re

import pytest

from kong2x.emit.gateway_api.overlap import may_meet
from kong2x.emit.gateway_api.paths import alternatives, anchored, encoded, needs_pcre, simple_shape, translate
from kong2x.model.route import PathKind, PathMatch

from .build import codes, emit, path, paths, route, rules


def one(text: str, **settings: str) -> list[str]:
    return paths(rules(emit(route(text), **settings))[0])


@pytest.mark.parametrize(
    ("source", "wanted"),
    [
        ("prefix:/foo", "PathPrefix /foo"),
        ("prefix:/", "PathPrefix /"),
        ("exact:/foo", "Exact /foo"),
        ("exact:/foo/", "Exact /foo/"),
        ("exact:/", "Exact /"),
        ("raw:/", "PathPrefix /"),
        ("raw:/foo", "PathPrefix /foo"),
    ],
)
def test_each_path_kind_has_its_match_3_4(source: str, wanted: str) -> None:
    assert one(source) == [wanted]


def test_trap_01_a_raw_prefix_is_told_to_be_narrower() -> None:
    assert "raw-prefix" in codes(emit(route("raw:/foo")))
    assert codes(emit(route("raw:/"))) == []
    assert codes(emit(route("prefix:/foo"))) == []


def test_raw_prefix_to_the_letter_adds_a_pattern_for_the_glued_form_only() -> None:
    assert one("raw:/foo", raw_prefix="regex") == ["PathPrefix /foo", "RegularExpression ^/foo[^/].*$"]
    glued = re.compile("^/foo[^/].*$")
    assert glued.fullmatch("/foobar") and not glued.fullmatch("/foo") and not glued.fullmatch("/foo/x")


def test_trap_02_no_match_keeps_a_trailing_slash_of_a_prefix() -> None:
    assert one("raw:/foo/") == ["PathPrefix /foo"]
    assert "raw-prefix-slash" in codes(emit(route("raw:/foo/")))
    assert one("raw:/foo/", raw_prefix="regex") == ["RegularExpression ^/foo/.*$"]


@pytest.mark.parametrize("flavour", ["traditional", "expressions"])
@pytest.mark.parametrize(
    ("pattern", "yes", "no"),
    [
        (r"/v[0-9]+", ["/v1", "/v1/users", "/v12x"], ["/v", "/x/v1"]),
        (r"/v[0-9]+/cart$", ["/v1/cart"], ["/v1/cart/2", "/a/v1/cart"]),
        (r"/(a|b)/c.*", ["/a/c", "/b/cx"], ["/c", "/ab/c"]),
        (r"(?i)/Foo\d", ["/foo1", "/FOO2/x"], ["/fo1"]),
    ],
)
def test_traps_03_04_patterns_mean_the_same_searched_or_matched_in_full(
    flavour: str, pattern: str, yes: list[str], no: list[str]
) -> None:
    """Envoy matches in full, APISIX and Traefik search, NGINX anchors at the start: facts 3.6."""
    found = translate(PathMatch(PathKind.REGEX, pattern), flavour=flavour, glue=False).paths[0]
    for use in (re.search, re.match, re.fullmatch):
        assert all(use(found.value, text) for text in yes)
        assert not any(use(found.value, text) for text in no)


def test_top_level_alternation_is_anchored_as_the_flavour_does() -> None:
    """T anchors every branch; the newer routers anchor the first one only (kong-source 4.3)."""
    assert not re.fullmatch(anchored("/foo|/bar", all_anchored=True), "/q/bar")
    assert re.fullmatch(anchored("/foo|/bar", all_anchored=True), "/bar/x")
    assert re.fullmatch(anchored("/foo|/bar", all_anchored=False), "/q/bar")
    assert not re.fullmatch(anchored("/foo|/bar", all_anchored=False), "/q/foo")


def test_named_groups_are_written_for_older_engines() -> None:
    assert anchored(r"/(?<n>\d+)", all_anchored=True) == r"^/(?P<n>\d+).*$"
    assert anchored(r"/a(?<=x)", all_anchored=True) == r"^/a(?<=x).*$"


@pytest.mark.parametrize(
    ("pattern", "kind", "text"),
    [
        ("/foo$", PathKind.EXACT, "/foo"),
        (r"/v1\.0$", PathKind.EXACT, "/v1.0"),
        ("/foo(/.*)?$", PathKind.SEGMENT_PREFIX, "/foo"),
        ("/foo(/|$)(.*)", PathKind.SEGMENT_PREFIX, "/foo"),
        ("/.*", PathKind.RAW_PREFIX, "/"),
        ("/foo/.*", PathKind.RAW_PREFIX, "/foo/"),
        ("/foo", PathKind.RAW_PREFIX, "/foo"),
    ],
)
def test_patterns_that_are_plain_paths_in_disguise(pattern: str, kind: PathKind, text: str) -> None:
    shape = simple_shape(pattern)
    assert shape is not None and (shape.kind, shape.text) == (kind, text)


@pytest.mark.parametrize(
    "pattern", ["/v1.0$", "/a|/b", "/foo+", "/fo{2}", "/(a)", "/[ab]$", "/foo(/.*)$", "(?i)/foo$"]
)
def test_patterns_that_say_more_stay_patterns(pattern: str) -> None:
    assert simple_shape(pattern) is None


def test_an_optional_final_slash_is_two_exact_paths() -> None:
    assert one("regex:/foo/?$") == ["Exact /foo", "Exact /foo/"]


def test_trap_05_a_pattern_never_stands_in_a_literal_match() -> None:
    for text in ("/a[0-9]", "/(x|y)", "/a^b", "/a{2}"):
        assert one(f"regex:{text}")[0].startswith("RegularExpression ")


def test_trap_06_paths_that_kong_normalises_away_are_not_written() -> None:
    emission = emit(route("prefix:/a/../b", "prefix:/ok"))
    assert paths(rules(emission)[0]) == ["PathPrefix /ok"]
    assert "dead-path" in codes(emission)


def test_trap_06_characters_outside_the_crd_are_encoded() -> None:
    assert encoded("/a b/ü") == "/a%20b/%C3%BC"
    assert encoded("/{x}|y") == "/%7Bx%7D%7Cy"
    assert encoded("/a%2fb") is None
    assert one("exact:/a%2Fb") == ["RegularExpression ^/a%2Fb$"]


def test_trap_07_an_empty_path_is_the_root() -> None:
    assert (
        translate(PathMatch(PathKind.RAW_PREFIX, ""), flavour="traditional", glue=False).paths[0].value == "/"
    )


def test_a_route_without_paths_matches_every_path() -> None:
    assert paths(rules(emit(route(methods=("GET",))))[0]) == ["PathPrefix /"]


def test_unescaped_literals_are_told_and_stay_literal() -> None:
    given = route("exact:/x")
    given.paths = (path("exact:/v1.0", unescaped=True),)
    emission = emit(given)
    assert paths(rules(emission)[0]) == ["Exact /v1.0"]
    assert "unescaped-path" in codes(emission)


def test_look_around_is_told() -> None:
    assert needs_pcre("/a(?!b)") and needs_pcre(r"/(a)\1") and needs_pcre("/a++")
    assert not needs_pcre(r"/(?:a)\d+\.b") and not needs_pcre("/a+b*")
    assert "regex-dialect" in codes(emit(route("regex:/a(?!b)")))


def test_a_path_too_long_is_refused_not_cut() -> None:
    emission = emit(route("exact:/" + "a" * 1100, "exact:/ok"))
    assert paths(rules(emission)[0]) == ["Exact /ok"]
    assert "path" in codes(emission)


def test_alternatives_split_outside_of_groups_and_classes() -> None:
    assert alternatives(r"/a|/(b|c)|/[|]|/\|") == ["/a", "/(b|c)", "/[|]", r"/\|"]


@pytest.mark.parametrize(
    ("pattern", "other", "meets"),
    [
        ("regex:/foo/\\d+", "prefix:/foo", True),
        ("regex:/foo/\\d+", "prefix:/foobar", False),
        ("regex:/foo/\\d+", "exact:/foo/7", True),
        ("regex:/foo/\\d+", "exact:/foo/x", False),
        ("regex:/foo/\\d+", "prefix:/", True),
        ("regex:/foo/\\d+", "regex:/foo/[a-z]+", True),
        ("regex:/foo/\\d+", "regex:/bar/\\d+", False),
        ("regex:/a|/bar/\\d", "prefix:/bar", True),
    ],
)
def test_overlap_with_patterns_is_assumed_unless_disproved(pattern: str, other: str, meets: bool) -> None:
    def gateway(text: str) -> object:
        return translate(path(text), flavour="traditional", glue=False).paths[0]

    assert may_meet(gateway(pattern), gateway(other)) is meets  # type: ignore[arg-type]


def test_an_unescaped_exact_path_that_never_matches_itself_stays_the_pattern_it_is() -> None:
    given = route("exact:/x")
    given.paths = (path("exact:/(png|jpg)", unescaped=True),)
    emission = emit(given)
    assert paths(rules(emission)[0]) == ["RegularExpression ^/(png|jpg)$"]
    assert "unescaped-path" in codes(emission)
