"""Mistakes in mapping files: each names file, line and rule, and the right word where one is near."""

from __future__ import annotations

import pytest

from kong2x.mapping.grammar import parse_mapping
from kong2x.mapping.linting import lint
from kong2x.mapping.reading import read_yaml
from kong2x.model.errors import MappingError

HEAD = "plugin: house\ntarget: apisix\nsummary: S.\n"


def problem(text: str) -> str:
    with pytest.raises(MappingError) as error:
        parse_mapping(HEAD + text, "house.yaml")
    return str(error.value)


@pytest.mark.parametrize(
    ("text", "said"),
    [
        ("felds: {a: b}\n", "house.yaml:4: felds: no such word: felds. Did you mean fields?"),
        ("fields:\n  a: {tto: b}\n", "house.yaml:5: fields a: no such word: tto. Did you mean to?"),
        (
            "fields:\n  a:\n    to: b\n    enums: {x: y}\n",
            "house.yaml:7: fields a: no such word: enums. Did you mean enum?",
        ),
        (
            "fields:\n  a: {to: b, via: x, scale: 2}\n",
            "house.yaml:5: fields a: at most one of via, enum and scale",
        ),
        ("fields:\n  a: {}\n", "house.yaml:5: fields a: expected `to`"),
        (
            "fields:\n  a: {level: unsupported}\n",
            "house.yaml:5: fields a: level unsupported needs a code and a note",
        ),
        (
            "fields:\n  a: {to: b, level: worse}\n",
            "house.yaml:5: fields a level: expected one of exact, ignored",
        ),
        ("fields:\n  a: {to: b, level: unsupported, code: c, note: n}\n", "remove to, via, enum and scale"),
        ("fields:\n  a: {to: b, level: approximate, code: Not_A_Slug, note: n}\n", "lower-case words"),
        ("fields:\n  a: {to: [b, c]}\n", "several target paths need a transform"),
        ("fields:\n  a: {to: b, otherwise: ignored}\n", "otherwise needs `when` or `since`"),
        ("fields:\n  a: {to: b, via: x, harmless: [1]}\n", "a transform decides about absent and harmless"),
        (
            "fields:\n  a: {to: b, enum: {x: {to: y, levle: exact}}}\n",
            "no such word: levle. Did you mean level?",
        ),
        ("fields: {a: b}\nmapper: x.y\n", "not both"),
        ("emit: {x: {}}\n", "expected `fields`, a `mapper`, or an `always` entry"),
        ("fields: {a: b}\nemit: {x: sometimes}\n", "if-written"),
        (
            "fields: {a: b}\nattach: {rout: {code: c, level: ignored, note: n}}\n",
            "rout: no such scope. Did you mean route?",
        ),
        (
            "fields: {a: b}\nexamples:\n  - {title: t, kung: {}}\n",
            "house.yaml:6: examples 0: no such word: kung. Did you mean kong?",
        ),
        ("always: [{code: c, level: ignored}]\nfields: {a: b}\n", "this word is required"),
        ("fields: [\n", "not readable as YAML"),
    ],
)
def test_mistakes_are_named(text, said):
    assert said in problem(text)


def test_a_missing_word_is_named():
    with pytest.raises(MappingError, match=r"house.yaml:1: summary: this word is required"):
        parse_mapping("plugin: house\ntarget: apisix\nfields: {a: b}\n", "house.yaml")


def test_every_mistake_of_a_file_is_told_at_once():
    said = problem("felds: {}\nfields:\n  a: {tu: b}\n  c: {}\n").splitlines()
    assert len(said) == 3


def test_short_forms():
    file = parse_mapping(
        HEAD + "fields: {a: b, c: {to: d, when: {a: 1}, otherwise: ignored, enum: {x: y, true: 0}}}", "f"
    )
    assert file.fields["a"].to == ("b",) and not file.fields["a"].several
    assert file.fields["c"].otherwise.level == "ignored"
    assert file.fields["c"].enum["x"].to == "y" and file.fields["c"].enum[True].to == 0


def test_words_are_yaml_1_2():
    assert read_yaml("{a: on, b: no, c: 1:30, d: 2020-01-01, e: 0o7, f: 010, g: ~, h: 1.5}", "f") == {
        "a": "on", "b": "no", "c": "1:30", "d": "2020-01-01", "e": "0o7", "f": 10, "g": None, "h": 1.5,
    }  # fmt: skip


def linted(house, rules, head=None) -> list[str]:
    path = house.write(rules, head) if head else house.write(rules)
    return [
        str(p).removeprefix(f"{path.parent}/")
        for p in lint([house.folder], plugin="house", vocabulary="apisix")
    ]


COMPLETE = """\
fields:
  limit: count
  mode: {to: policy, enum: {near: local, far: redis, both: local}}
  strict: allow_degradation
  wait: {level: ignored}
  text: {with: [secret, list], level: ignored}
  store: {level: ignored}
  parts: {level: ignored}
examples: [{title: t}]
"""


def test_a_complete_file_has_no_problem(house):
    assert linted(house, COMPLETE) == []


@pytest.mark.parametrize(
    ("old", "new", "said"),
    [
        ("  wait: {level: ignored}\n", "", "house.yaml:6: no rule for wait."),
        ("with: [secret, list]", "with: [secret, list, wait]", "wait has 2 rules: wait, text."),
        ("  parts:", "  store.host: redis_host\n  parts:", "store.host has 2 rules"),
        (
            "limit: count",
            "limit: cuont",
            "house.yaml:7: limit: to: limit-count has no setting cuont. Did you mean count?",
        ),
        ("limit: count", "limit: worklfow/rules", "worklfow is not in emit. Did you mean workflow?"),
        ("  parts:", "  prats:", "house has no field prats. Did you mean parts?"),
        ("both: local", "bath: local", "enum: nothing is said about both."),
        ("both: local", "both: local, x: local", "enum: Kong has no value x."),
        (
            "{level: ignored}\n  text",
            "{level: ignored, when: {mode: afar}}\n  text",
            "when: mode is never afar.",
        ),
        ("limit: count", "limit: {to: count, via: no.such}", "no such transform: no.such"),
        (
            "limit: count",
            "limit: {to: count, level: approximate, code: c, note: No remedy here.}",
            "must say what to do",
        ),
        ("limit: count", "limit: &a count", "no anchors and aliases"),
        ("limit: count", "limit: !!str count", "no tags"),
        ("limit: count", "limit: count\n  limit: count", "limit stands here twice"),
        ("title: t", "title: 't {{ x }}'", "no templates"),
        ("examples: [{title: t}]\n", "", "expected at least one example."),
    ],
)
def test_lint_finds(house, old, new, said):
    assert old in COMPLETE
    assert any(said in line for line in linted(house, COMPLETE.replace(old, new))), linted(
        house, COMPLETE.replace(old, new)
    )


def test_lint_finds_plugins_that_the_target_lacks(house):
    head = "plugin: house\ntarget: apisix\nchecked: {kong: '3.9'}\nsummary: S.\nemit: {limit-cuont: {}}\n"
    assert any(
        "apisix has no limit-cuont. Did you mean limit-count?" in p for p in linted(house, COMPLETE, head)
    )


def test_lint_reports_a_file_that_cannot_be_read(house):
    assert any(":6: fields limit: no such word: tu" in p for p in linted(house, "fields: {limit: {tu: x}}\n"))


def test_one_code_has_one_meaning(house):
    two = COMPLETE.replace("wait: {level: ignored}", "wait: {level: approximate, code: c, note: A. B.}")
    two = two.replace("limit: count", "limit: {to: count, level: approximate, code: c, note: C. D.}")
    assert any("the code c is used with two different notes" in p for p in linted(house, two))
