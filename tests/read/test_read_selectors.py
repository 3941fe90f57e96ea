"""Label selectors mean what they mean to kubectl."""

from __future__ import annotations

import pytest

from kong2x.model.errors import UsageError
from kong2x.read.selectors import parse_selector

LABELS = {"app": "web", "env": "prod", "n": "5", "example.com/x": "", "empty": ""}


@pytest.mark.parametrize(
    ("selector", "expected"),
    [
        ("", True),
        ("app=web", True),
        ("app==web", True),
        ("app = web , env=prod", True),
        ("app=web,env=test", False),
        ("app!=api", True),
        ("nope!=x", True),
        ("app!=web", False),
        ("app in (api, web)", True),
        ("app in (api),env=prod", False),
        ("env notin (test,prod)", False),
        ("env notin (test)", True),
        ("nope notin (a)", True),
        ("nope in (a)", False),
        ("app", True),
        ("nope", False),
        ("!nope", True),
        ("! nope", True),
        ("!app", False),
        ("example.com/x", True),
        ("example.com/x=", True),
        ("empty in (,a)", True),
        ("n>4", True),
        ("n>5", False),
        ("n<6", True),
        ("app>1", False),
    ],
)
def test_selectors(selector, expected):
    assert all(requirement.matches(LABELS) for requirement in parse_selector(selector)) is expected


@pytest.mark.parametrize("selector", ["app=", "app = "])
def test_an_empty_value_asks_for_an_empty_label(selector):
    (requirement,) = parse_selector(selector)
    assert requirement.matches({"app": ""}) and not requirement.matches(LABELS)


@pytest.mark.parametrize(
    "selector", ["a~b", "=x", "a in b", "a in (b", "a,,b", "a>x", "a==b=c", "-a", "a in (b c)", "a=b c"]
)
def test_wrong_selectors(selector):
    with pytest.raises(UsageError) as error:
        parse_selector(selector)
    assert selector in str(error.value)
