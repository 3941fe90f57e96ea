r"""Regular expressions: what each engine refuses, and what it reads otherwise."""

from __future__ import annotations

import doctest
import importlib
import re

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from kong2x.model.regex import regex_differences, regex_problem, scan
from kong2x.validate.regex import accepted_by_rust, confirmed_problem

# pattern, taken by PCRE, by Rust, by RE2
TABLE = [
    ("/a", True, True, True),
    ("^/users/\\d+/[a-z_-]*$", True, True, True),
    ("/a(?=b)", True, False, False),
    ("(?!a)b", True, False, False),
    ("(?<=a)b", True, False, False),
    ("(?<!a)b", True, False, False),
    (r"(a)\1", True, False, False),
    (r"(?P<n>a)(?P=n)", True, False, False),
    (r"(?<n>a)\k<n>", True, False, False),
    ("(?>a)", True, False, False),
    ("(a)?(?(1)b|c)", True, False, False),
    ("(?|a|b)", True, False, False),
    ("(a)(?1)", True, False, False),
    ("(?R)", True, True, False),
    ("(*UTF8)a", True, False, False),
    ("(?#note)a", True, False, False),
    ("(?'n'a)", True, False, False),
    (r"a\Kb", True, False, False),
    (r"\Ga", True, False, False),
    (r"a\R", True, False, False),
    (r"\h", True, False, False),
    (r"\X", True, False, False),
    (r"a\Z", True, False, False),
    (r"a\z", True, True, True),
    (r"\C", True, False, True),
    (r"\Qa.b\E", True, False, True),
    (r"\012", True, False, True),
    (r"\0", True, False, True),
    (r"\u0041", False, True, False),
    (r"\x{41}\x41", True, True, True),
    ("a++", True, True, False),
    ("a*+", True, True, False),
    ("a{2}+", True, True, False),
    ("a*?b+?c??", True, True, True),
    ("a**", False, True, False),
    ("a{,3}", True, False, True),
    ("a{", True, False, True),
    ("{a}", True, False, True),
    ("a{1,1000}", True, True, True),
    ("a{1001}", True, True, False),
    ("(?x)a", True, True, False),
    ("(?i)a(?s:b)(?-m)c", True, True, True),
    ("(?u)a", False, True, False),
    ("[a&&b]", True, True, True),
    ("[[:alpha:]]", True, True, True),
    ("[]a]", True, True, True),
    ("[^]a]", True, True, True),
    ("(?P<n>a)(?<m>b)", True, True, True),
    (r"\p{Greek}\pL", True, True, True),
    ("(a", False, False, False),
    ("a)", False, False, False),
    ("[a", False, False, False),
    ("*a", False, False, False),
    ("a|*b", False, False, False),
    ("a{3,2}", False, False, False),
    ("[z-a]", False, False, False),
    ("a\\", False, False, False),
    ("(?<", False, False, False),
    (r"\j", False, False, False),
]


@pytest.mark.parametrize(("pattern", "pcre", "rust", "re2"), TABLE)
def test_acceptance(pattern, pcre, rust, re2):
    for dialect, taken in (("pcre", pcre), ("rust", rust), ("re2", re2)):
        assert (regex_problem(pattern, dialect) is None) == taken, dialect
    assert accepted_by_rust(pattern) == rust, "the table says what the engine says"


# read otherwise: from, to, pattern, the column that the message names (0: the same meaning)
MEANING = [
    ("pcre", "rust", "xa++", 3),
    ("pcre", "rust", "(?R)", 1),
    ("pcre", "rust", "[a-z&&[^b]]", 5),
    ("pcre", "rust", "[a[b]]", 3),
    ("pcre", "rust", r"\<a\>", 1),
    ("pcre", "re2", r"\<a\>", 0),
    ("pcre", "re2", "[a&&b]", 0),
    ("pcre", "rust", "[a-z]+$", 0),
    ("rust", "re2", "[a&&b]", 3),
]


@pytest.mark.parametrize(("source", "target", "pattern", "column"), MEANING)
def test_meaning(source, target, pattern, column):
    found = regex_differences(pattern, source, target)
    assert bool(found) == bool(column)
    assert not column or f"column {column}" in found[0]


def test_mild_differences_only_on_demand():
    assert regex_differences(r"\d$", "pcre", "rust") == []
    assert len(regex_differences(r"\d$", "pcre", "rust", mild=True)) == 2


def test_columns_point_into_the_pattern():
    for pattern, *_ in TABLE:
        for found in scan(pattern):
            assert pattern[found.column - 1 :].startswith(found.text)


def test_only_the_engine_knows_everything():
    assert regex_problem(r"[\w-a]", "rust") is None
    assert confirmed_problem(r"[\w-a]", "rust") == "something that Rust's regex library does not compile"
    assert confirmed_problem(r"[\w-a]", "pcre") is None


PIECES = st.sampled_from(
    [
        "a",
        "/",
        ".",
        "\\d",
        "\\.",
        "[a-z]",
        "[^/]",
        "(a)",
        "(?:a|b)",
        "a+",
        "a*?",
        "a{2}",
        "^",
        "$",
        "\\w+",
        "(?i)",
        "-",
        "_",
        "~",
        "%20",
    ]
)
ODD = st.sampled_from(
    [
        "(?=a)",
        "\\1",
        "a++",
        "(?>a)",
        "\\K",
        "{",
        "[a&&b]",
        "\\Q.\\E",
        "(?x)",
        "a{1001}",
        "(",
        ")",
        "[",
        "*",
        "\\",
        "\\u0041",
        "(?#a)",
        "**",
    ]
)


@settings(max_examples=150, deadline=None)
@given(st.lists(st.one_of(PIECES, ODD), max_size=6).map("".join))
def test_what_the_scanner_refuses_the_engine_refuses(pattern):
    if regex_problem(pattern, "rust") is not None:
        assert not accepted_by_rust(pattern)


@settings(max_examples=150, deadline=None)
@given(st.lists(PIECES, max_size=6).map("".join))
def test_ordinary_patterns_are_taken_everywhere(pattern):
    broken = re.search(r"[\^$+*?}][+*?{]|\(\?i\)[+*?{]", pattern)
    if not broken and accepted_by_rust(pattern):
        assert all(regex_problem(pattern, dialect) is None for dialect in ("pcre", "rust", "re2"))


@settings(max_examples=200, deadline=None)
@given(st.text(alphabet="ab()[]{}*+?|^$\\.,-123<>=!:'#PRKQEx&~ ", max_size=12))
def test_any_text_gets_an_answer(pattern):
    for dialect in ("pcre", "rust", "re2"):
        assert regex_problem(pattern, dialect) is None or regex_problem(pattern, dialect)


@pytest.mark.parametrize(
    "module",
    [
        "model.regex",
        "validate.regex",
        "validate.structural",
        "validate.importer",
        "validate.catalogue",
        "validate.validator",
        "validate.apisix.closing",
        "validate.apisix.durations",
        "validate.apisix.expressions",
        "validate.apisix.plugins",
        "validate.gateway.attach",
        "validate.gateway.edition",
    ],
)
def test_examples_in_docstrings(module):
    outcome = doctest.testmod(importlib.import_module(f"kong2x.{module}"))
    assert outcome.failed == 0 and outcome.attempted
