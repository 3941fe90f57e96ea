"""The expression language: reading, operators, and the rules for fields with several values."""

from __future__ import annotations

import pytest

from kong2x.model.traffic import Request
from kong2x.verify.kong import from_entities
from kong2x.verify.kong.arrival import Arrival
from kong2x.verify.kong.atc import Found, ReadError, compiled
from kong2x.verify.kong.atc_reader import read


def holds(expression: str, path: str = "/a/b", host: str = "a.com", headers=(), **rest) -> bool:
    arrival = Arrival(Request(rest.pop("method", "GET"), host, path, tuple(headers), **rest))
    return compiled(read(expression))(arrival, Found())


@pytest.mark.parametrize(
    ("expression", "expected"),
    [
        ('http.path == "/a/b"', True),
        ('http.path == "/a"', False),
        ('http.path != "/a"', True),
        ('http.path ^= "/a"', True),
        ('http.path =^ "/b"', True),
        ('http.path =^ "/a"', False),
        ('http.path ~ "^/a"', True),
        ('http.path ~ "b$"', True),
        ('http.path ~ "^b"', False),
        ('http.path contains "/b"', True),
        (r'http.path ~ "^/\\w/b"', True),
        (r'http.path ~ r#"^/\w/b"#', True),
        ('http.host == "a.com"', True),
        ('lower(http.method) == "get"', True),
        ("net.dst.port == 80", True),
        ("net.dst.port >= 81", False),
        ("net.dst.port == 0x50", True),
        ("net.src.ip in 127.0.0.0/8", True),
        ("net.src.ip not in 127.0.0.0/8", False),
        ("net.src.ip in 10.0.0.0/8", False),
        ('net.protocol == "http"', True),
        ('tls.sni == "a.com"', False),
        ('!(http.path == "/a")', True),
        ('!(tls.sni == "a.com")', True),
    ],
)
def test_single_predicates(expression, expected) -> None:
    assert holds(expression) is expected


def test_or_binds_tighter_than_and() -> None:
    """Kong appends `&& (net.protocol …)` to an expression without parentheses, which relies on it."""
    assert not holds('http.path == "/a/b" || http.path == "/x" && http.host == "other"')
    assert holds('http.host == "a.com" && http.path == "/x" || http.path == "/a/b"')


def test_all_values_must_match_unless_any() -> None:
    two = [("x", "a"), ("x", "b")]
    assert not holds('http.headers.x == "a"', headers=two)
    assert holds('any(http.headers.x) == "a"', headers=two)
    assert holds('any(lower(http.headers.x)) == "a"', headers=[("X", "A"), ("x", "b")])
    assert holds('http.headers.x ~ "^[ab]$"', headers=two)
    assert not holds('http.headers.x != "a"', headers=two)


def test_a_field_without_value_fulfils_nothing() -> None:
    for operator in ('== ""', '!= "a"', '~ ".*"', '^= ""'):
        assert not holds(f"http.headers.x {operator}")
        assert not holds(f"http.queries.x {operator}")
    assert holds('http.headers.x == ""', headers=[("x", "")])


def test_queries() -> None:
    assert holds('http.queries.a == "1 2"', "/a?a=1+2")
    assert holds('http.queries.a == ""', "/a?a")
    assert not holds('http.queries.a == "1"', "/a?a=1&a=2")
    assert holds('http.queries.a == "1"', "/a?a=1&b=2#c")


def test_headers_with_dashes_are_named_with_underscores() -> None:
    assert holds('http.headers.x_long_name == "1"', headers=[("X-Long-Name", "1")])


def test_the_host_is_compared_without_port() -> None:
    assert holds('http.host == "a.com"', host="a.com:8443")
    assert holds("net.dst.port == 8443", host="a.com:8443")
    assert holds("net.dst.port == 443", scheme="https")


def test_the_server_name() -> None:
    assert holds('tls.sni == "a.com"', scheme="https")
    assert holds('tls.sni == "b.com"', scheme="https", sni="b.com")
    assert not holds('tls.sni == "a.com"', scheme="https", sni="")


@pytest.mark.parametrize(
    "text",
    [
        "",
        "http.path",
        'http.path == "a',
        'http.path = "a"',
        '(http.path == "a"',
        'http.path == "a" &&',
        "a b c",
    ],
)
def test_what_is_not_an_expression(text) -> None:
    with pytest.raises(ReadError):
        read(text)


def test_an_unknown_field_makes_the_route_undecidable() -> None:
    routes = [{"name": "r", "id": "1", "service": "s", "expression": 'http.body == "x"', "priority": 1}]
    built = from_entities(routes, [{"name": "s"}], "expressions")
    assert "http.body" in built.undecidable["r"]
    assert set(built.answer(Request("GET", "a.com", "/")).tie) == {"r", ""}


def test_routes_without_expression_rank_below_those_with_one() -> None:
    routes = [
        {"name": "classic", "id": "2", "service": "s", "paths": ["/a/b"], "hosts": ["a.com"]},
        {"name": "expression", "id": "1", "service": "s", "expression": 'http.path ^= "/"', "priority": 0},
    ]
    built = from_entities(routes, [{"name": "s"}], "expressions")
    assert built.answer(Request("GET", "a.com", "/a/b")).route == "expression"


def test_printing_and_reading_again_gives_the_same_expression() -> None:
    text = '(http.host == "a" || http.host =^ ".b") && (any(lower(http.headers.x)) ~ "y" || !(net.dst.port == 80))'
    assert str(read(str(read(text)))) == str(read(text))
