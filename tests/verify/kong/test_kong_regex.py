"""Patterns as the gateways' engines read them, where Python's own reading would differ."""

from __future__ import annotations

import re

import pytest
from hypothesis import given
from hypothesis import strategies as st

from kong2x.verify.regex import Untranslatable, literal_end, literal_prefix, pcre, rust


def pcre_starts(pattern: str, text: str) -> bool:
    return pcre(pattern).match(text.encode()) is not None


def rust_finds(pattern: str, text: str) -> bool:
    return rust(pattern).search(text) is not None


@pytest.mark.parametrize(
    ("pattern", "yes", "no"),
    [
        (r"/foo$", ["/foo", "/foo\n"], ["/foo\n\n", "/foox"]),
        (r"/foo\z", ["/foo"], ["/foo\n"]),
        (r"/foo\Z", ["/foo", "/foo\n"], ["/foox"]),
        (r"/(?<year>\d{4})/(?P<m>\d\d)", ["/2026/11"], ["/26/11"]),
        (r"/(?'y'\d)\k<y>\k{y}\k'y'", ["/1111"], ["/1112"]),
        (r"/(\d)\1\g1\g{-1}", ["/1111"], ["/1121"]),
        (r"/a++a", [], ["/aaa"]),
        (r"/(?>a+)b", ["/aab"], ["/aa"]),
        (r"/\Qa.b+\E+", ["/a.b+", "/a.b++"], ["/axb+"]),
        (r"/[[:digit:][:upper:]]+$", ["/1A"], ["/a"]),
        (r"/[[:^digit:]]$", ["/a"], ["/1"]),
        (r"/\h\H", ["/ x"], ["/xx", "/  "]),
        (r"/a(?i)b|/c", ["/aB", "/C"], ["/Ab"]),
        (r"/(a(?i)b|c)d", ["/aBd", "/Cd"], ["/aBD"]),
        (r"(?i)/foo", ["/FOO"], []),
        (r"(?x) / f o o # comment", ["/foo"], ["/ foo"]),
        (r"(?s)/.", ["/\n"], []),
        (r"/.", ["/x"], ["/\n"]),
        (r"/a{,2}$", ["/", "/aa"], ["/aaa"]),
        (r"/a{x}", ["/a{x}"], ["/aa"]),
        (r"/[]a]", ["/]", "/a"], ["/b"]),
        (r"/[^]a]", ["/b"], ["/]"]),
        (r"/[a\-z]", ["/-"], ["/b"]),
        (r"/[a-\d]", ["/-", "/5"], ["/b"]),
        (r"/\x41\x{42}\o{103}\104", ["/ABCD"], []),
        (r"/(?=ab)a", ["/ab"], ["/ac"]),
        (r"/(?!ab)a", ["/ac"], ["/ab"]),
        (r"/x(?<=x)y(?<!q)", ["/xy"], []),
        (r"/(?#comment)a", ["/a"], []),
        (r"/(?-i:a)", ["/a"], ["/A"]),
        (r"/v\d+", ["/v1"], ["/v١"]),
        (r"/\w+$", ["/abc_1"], ["/é"]),
        (r"/..$", ["/é"], ["/a"]),
        (r"/\R", ["/\r\n", "/\n"], ["/x"]),
        (r"/\N", ["/x"], ["/\n"]),
        (r"/\/\.\-", ["//.-"], []),
    ],
)
def test_pcre_on_bytes(pattern, yes, no) -> None:
    for text in yes:
        assert pcre_starts(pattern, text), text
    for text in no:
        assert not pcre_starts(pattern, text), text


@pytest.mark.parametrize(
    ("pattern", "yes", "no"),
    [
        (r"^/foo$", ["/foo"], ["/foo\n"]),
        (r"^/(?P<n>\d)(?<m>\d)$", ["/12"], ["/1"]),
        (r"^/\d$", ["/1", "/١"], ["/a"]),
        (r"^/\w$", ["/é"], ["/-"]),
        (r"^/.$", ["/é", "/日"], ["/\n"]),
        (r"^/\s$", ["/\u2003"], ["/\x1c"]),
        (r"^/a++$", ["/aaa"], ["/b"]),
        (r"^/a**$", ["/", "/aaa"], ["/b"]),
        (r"^/a{2}{2}$", ["/aaaa"], ["/aa"]),
        (r"(?i)^/ÉCLAIR$", ["/éclair"], []),
        (r"^/a|/b", ["/x/b", "/a"], ["/x/a"]),
        (r"^/[[:alpha:]]+$", ["/ab"], ["/é"]),
        (r"^/\p{Lu}\pL$", ["/Éa"], ["/éa"]),
        (r"^/\u{e9}\x{e9}$", ["/éé"], []),
        (r"(?m)^b$", ["a\nb\nc"], ["ab"]),
    ],
)
def test_rust_on_text(pattern, yes, no) -> None:
    for text in yes:
        assert rust_finds(pattern, text), text
    for text in no:
        assert not rust_finds(pattern, text), text


@pytest.mark.parametrize(
    "pattern",
    [
        r"(?=a)",
        r"(?<=a)b",
        r"(a)\1",
        r"(?>a)",
        r"a{x}",
        r"\Qa\E",
        r"\h",
        r"\Z",
        r"(a",
        r"[a",
        r"*a",
        r"a)",
        r"\8",
    ],
)
def test_rust_refuses(pattern) -> None:
    with pytest.raises(Untranslatable):
        rust(pattern)


@pytest.mark.parametrize(
    "pattern",
    [r"(a", r"a)", r"[a", r"*a", r"(?R)", r"(?1)", r"a\K", r"\X", r"(*COMMIT)a", r"[z-a]", r"(?|a)"],
)
def test_pcre_refuses_or_cannot_be_said(pattern) -> None:
    with pytest.raises(Untranslatable):
        pcre(pattern)


def test_flags_do_not_leak_out_of_their_group() -> None:
    assert pcre_starts(r"/(a(?i)b)c", "/aBc")
    assert not pcre_starts(r"/(a(?i)b)c", "/aBC")
    assert pcre_starts(r"/(?i:a(?-i)b)c", "/Abc")
    assert not pcre_starts(r"/(?i:a(?-i)b)c", "/ABc")


@given(st.text(alphabet="/abc.-_~ 1é", min_size=0, max_size=8))
def test_escaped_text_matches_itself_in_both_dialects(text) -> None:
    escaped = "".join(char if char.isalnum() or char in "/_~ é" else "\\" + char for char in text)
    assert pcre(escaped).fullmatch(text.encode())
    assert rust(escaped).fullmatch(text)


ATOMS = st.sampled_from(["a", "b", "[ab]", "(a|b)", "(?:ab)", ".", r"\d", r"\w", "[^a]", "(?i:a)"])
QUANTIFIERS = st.sampled_from(["", "*", "+", "?", "{2}", "{1,2}", "*?", "+?"])


@given(
    st.lists(st.tuples(ATOMS, QUANTIFIERS), min_size=1, max_size=4),
    st.text(alphabet="abAB1", max_size=6),
)
def test_the_common_subset_reads_as_in_python(parts, text) -> None:
    """Where PCRE, Rust and Python agree, so must the translations."""
    pattern = "".join(atom + quantifier for atom, quantifier in parts)
    expected = re.compile(pattern, re.ASCII).match(text)
    in_pcre, in_rust = pcre(pattern).match(text.encode()), rust("^(?:" + pattern + ")").search(text)
    assert (expected is None) == (in_pcre is None) == (in_rust is None)
    if expected and in_pcre and in_rust:
        assert expected[0] == in_pcre[0].decode() == in_rust[0]


@given(st.text(alphabet="/ab.+$-1", max_size=6))
def test_a_literal_end_is_what_the_pattern_matches(text) -> None:
    literal = literal_end(text)
    if literal is not None:
        assert pcre(text).fullmatch(literal.encode())
        assert not pcre(text).match(literal.encode() + b"x")


@given(
    st.lists(st.tuples(ATOMS, QUANTIFIERS), max_size=3),
    st.text(alphabet="/ab|", max_size=4),
    st.text("/ab1", max_size=6),
)
def test_every_match_begins_with_the_literal_prefix(parts, head, text) -> None:
    pattern = head + "".join(atom + quantifier for atom, quantifier in parts)
    found = pcre(pattern).match(text.encode())
    assert not found or text.startswith(literal_prefix(pattern))


def test_the_literal_prefix_is_found_where_it_matters() -> None:
    assert literal_prefix(r"/v1.0$") == "/v1"
    assert literal_prefix(r"/shop/(?<id>\d+)") == "/shop/"
    assert literal_prefix("(?i)/shop") == ""
