"""What a route tells the generator of requests."""

from __future__ import annotations

from kong2x.model.route import PathKind, PathMatch
from kong2x.routemap import criteria_of
from tests.emit.gateway_api.build import route


def test_a_literal_that_kong_takes_for_a_pattern_is_asked_as_both() -> None:
    given = route("exact:/x")
    given.paths = (PathMatch(PathKind.EXACT, "/v1.0", ("~/v1.0$",), unescaped=True),)
    assert criteria_of(given).paths == (("exact", "/v1.0"), ("regex", "/v1.0$"))


def test_other_literals_are_asked_as_they_are() -> None:
    given = route("exact:/x")
    given.paths = (PathMatch(PathKind.SEGMENT_PREFIX, "/v1", ("/v1/", "~/v1$")),)
    assert criteria_of(given).paths == (("prefix", "/v1"),)
