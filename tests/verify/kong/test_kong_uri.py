"""How request targets are read, and how paths are written again."""

from __future__ import annotations

import pytest
from hypothesis import given
from hypothesis import strategies as st

from kong2x.verify import uri

PATHS = st.lists(
    st.sampled_from(
        ["a", "b", ".", "..", "", "%2e", "%2F", "%2f", "%7e", "%20", "%C3%A9", "a.b", "...", "%25", "é"]
    ),
    max_size=7,
).map(lambda parts: "/" + "/".join(parts))


@pytest.mark.parametrize(
    ("raw", "normal"),
    [
        (b"/a//b/../c%2fd%7ee%20f", b"/a/c%2Fd~e f"),
        (b"/", b"/"),
        (b"//", b"/"),
        (b"/a/.", b"/a/"),
        (b"/a/..", b"/"),
        (b"/a/../../b", b"/b"),
        (b"/%2e%2e/a", b"/a"),
        (b"/a%2", b"/a%2"),
        (b"/%zz", b"/%zz"),
        (b"/%25%32%46", b"/%252F"),
        (b"/a/b/..//c/", b"/a/c/"),
        (b"/...", b"/..."),
        (b"/a%3fb%3B", b"/a%3Fb%3B"),
        (b"*", b"*"),
    ],
)
def test_kong_path(raw, normal) -> None:
    assert uri.kong_path(raw) == normal


@given(PATHS)
def test_normalising_removes_dots_and_doubled_slashes(path) -> None:
    normal = uri.kong_path(path.encode())
    segments = normal.split(b"/")
    assert normal.startswith(b"/")
    assert not {b".", b".."} & set(segments)
    assert b"" not in segments[1:-1]


@given(PATHS)
def test_normalising_an_escaped_path_again_changes_nothing(path) -> None:
    """What Kong sends upstream is read by a second Kong as the same path."""
    normal = uri.kong_path(path.encode())
    assert uri.kong_path(uri.escape(normal).encode()) == normal


@given(st.binary(max_size=20))
def test_escaping_keeps_every_byte(raw) -> None:
    escaped = uri.escape(raw)
    assert escaped.isascii() and not any(char <= " " for char in escaped)
    decoded = uri._TRIPLET.sub(lambda m: bytes((int(m[1], 16),)), escaped.encode())
    if b"%" not in raw:
        assert decoded == raw


@pytest.mark.parametrize(
    ("target", "seen"),
    [
        ("/a?b#c", b"/a"),
        ("/a#b?c", b"/a"),
        ("/a%2Fb", b"/a/b"),
        ("/a%2f..%2fb", b"/b"),
        ("/a/%2e%2e/b", b"/b"),
        ("/a%3Fb", b"/a?b"),
        ("/a%23b", b"/a#b"),
        ("/é", "/é".encode()),
        ("/a/..", b"/"),
        ("/..", None),
        ("/a/../..", None),
        ("/a%00b", None),
        ("/a%g1", None),
        ("/a%", None),
        ("/a b", None),
        ("/a\tb", None),
        ("a", None),
        ("", None),
    ],
)
def test_nginx_uri(target, seen) -> None:
    assert uri.nginx_uri(target) == seen


@given(PATHS)
def test_nginx_and_kong_agree_on_paths_without_encoding(path) -> None:
    if "%" not in path:
        seen = uri.nginx_uri(path)
        assert seen is None or seen == uri.kong_path(path.encode())


def test_query_arguments() -> None:
    assert uri.query_arguments("a=1&a=2&b&=x&&c=%41+%42") == {"a": ["1", "2"], "b": [""], "c": ["A B"]}
    assert uri.query_arguments("") == {}
