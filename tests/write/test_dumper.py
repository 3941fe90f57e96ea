"""Whatever is written, every reader must get the same values back."""

from __future__ import annotations

import io
import json
from enum import StrEnum

import pytest
import yaml
from hypothesis import given, settings
from hypothesis import strategies as st
from ruamel.yaml import YAML

from kong2x.model.errors import OutputError
from kong2x.read.loader import load_document
from kong2x.write import dump, dump_all

WORDS = ["y", "n", "yes", "no", "on", "off", "true", "false", "null", "none", "nan", "inf"]
AWKWARD = [
    *(form(word) for word in WORDS for form in (str.lower, str.upper, str.capitalize)),
    *(
        "tRue",
        "yEs",
        "~",
        "",
        " ",
        "  ",
        "\t",
        "=",
        "<<",
        "-",
        "--",
        "---",
        "...",
        "...a",
        "--- a",
        "- a",
        "-a",
        "?",
        "? a",
    ),
    *(
        ":",
        ": a",
        "a:",
        "a: b",
        "a :b",
        "a:b",
        "::",
        "a#b",
        "a #b",
        "#a",
        "# a",
        " a",
        "a ",
        "a\t",
        "\ta",
        "a\tb",
    ),
    *(
        "0",
        "00",
        "07",
        "08",
        "0777",
        "-0",
        "-07",
        "+1",
        "1_000",
        "_1",
        "1_",
        "0x1F",
        "0X1f",
        "-0x1",
        "0b1",
        "0o7",
    ),
    *("0o8", "0O17", "0b2", "0x", "0xG", "+0b11", "1:30", "190:20:30", "1:30.5", "-1:30", "12:61", "1:2:3"),
    *(
        "1.5",
        "1.",
        ".5",
        "+.5",
        "-.5",
        "._5",
        "1e3",
        "1E3",
        "1e+3",
        "1e400",
        "-1e400",
        "1.e3",
        "6.8523015e+5",
    ),
    *(
        ".inf",
        ".Inf",
        "-.INF",
        "+.inf",
        ".nan",
        ".NaN",
        "NaN",
        "Infinity",
        "1,000",
        "1 000",
        "0.1e",
        "1e",
        "e3",
    ),
    *("2024-01-01", "2024-1-1", "2024-01-01T00:00:00Z", "2024-01-01 10:11:12", "2024-13-45", "2024-"),
    *(
        "9223372036854775807",
        "18446744073709551616",
        "123456789012345678901234567890",
        "1" * 5000,
        "+-1",
        "--1",
    ),
    *(
        "@at",
        "`tick",
        "%pct",
        "&a",
        "*a",
        "!t",
        "!!str x",
        "|",
        ">",
        "|+",
        ">-",
        "[a]",
        "{a}",
        "]",
        "}",
        ",",
        "a, b",
    ),
    *(
        "'",
        '"',
        "''",
        "'a'",
        '"a"',
        "it's",
        'say "x"',
        "\\",
        "\\d",
        "a\\",
        "\\n",
        "a\\/b",
        "$(uri_captures[1])",
    ),
    *(
        "/~/users/(?<id>\\d+)$",
        "{{ .Values.x }}",
        "{vault://env/x}",
        "100%",
        "64Mi",
        "250m",
        "5s",
        "10.0.0.1",
    ),
    *(
        "\x00",
        "a\x01b",
        "\x07",
        "\x1b",
        "\x7f",
        "\x85",
        "a\x85b",
        "\xa0",
        "a\xa0b",
        "\xad",
        "\u200b",
        "\u2028",
    ),
    *(
        "\u2029",
        "\ufeff",
        "a\ufeffb",
        "\ufffe",
        "\uffff",
        "\ufffd",
        "é",
        "日本",
        "😀",
        "\U0001f468\u200d\U0001f469",
    ),
    *("\U0010ffff", "e\u0301", "\u202eabc", "\ue000"),
    *(
        "\n",
        "\n\n",
        "a\n",
        "a\nb",
        "a\nb\n",
        "a\n\n",
        "a\n\n\n",
        "a\n\nb",
        "\na",
        " a\nb",
        "\ta\nb",
        "a\n b\n",
    ),
    *(
        "a \nb",
        "a\nb ",
        "a\t\nb",
        "a\n\t\nb",
        "a\n  \nb\n",
        "a\r\nb",
        "a\rb",
        "\r",
        "a\n---\nb",
        "---\na",
        "...\na",
    ),
    *(
        "# a\nb",
        "a\n# b",
        "- a\n- b",
        "a: b\nc: d\n",
        "a\n\tb\n",
        "a\x85\nb",
        "a\u2028\nb",
        "key: |\n  x\n",
        "%a\nb",
    ),
    "x" * 999,
    "x " * 400 + "x",
    "long " * 200 + "\n" + "lines " * 200,
]


def ruamel(text: str, version: tuple[int, int]) -> object:
    reader = YAML(typ="safe", pure=True)
    reader.version = version
    return reader.load(io.StringIO(text))


READERS = {
    "kong2x": lambda text: load_document(text.encode()).value,
    "kong2x, pure parser": lambda text: load_document(text.encode(), pure=True).value,
    "PyYAML": lambda text: yaml.load(text, Loader=yaml.CSafeLoader),
    "PyYAML, pure": yaml.safe_load,
    "ruamel 1.2": lambda text: ruamel(text, (1, 2)),
    "ruamel 1.1": lambda text: ruamel(text, (1, 1)),
}


@pytest.fixture(params=READERS)
def reader(request):
    return READERS[request.param]


def test_awkward_strings_as_values_items_and_keys(reader):
    value = {
        "values": {f"k{i}": text for i, text in enumerate(AWKWARD)},
        "items": [*AWKWARD, [AWKWARD, {"deep": AWKWARD}]],
        "keys": {text: i for i, text in enumerate(AWKWARD) if len(text) < 900},
        "last": "a\n\n",
    }
    assert reader(dump(value)) == value


@pytest.mark.parametrize("text", AWKWARD, ids=ascii)
def test_awkward_strings_alone(text):
    for read in (READERS["kong2x"], READERS["PyYAML"]):
        assert read(dump(text)) == text
        assert read(dump({"a": text})) == {"a": text}


NUMBERS = [
    0,
    -1,
    2**63 - 1,
    2**64 - 1,
    -(2**63),
    1.5,
    -0.5,
    1e-7,
    1e22,
    1.7976931348623157e308,
    5e-324,
    1e16,
    123456.789,
]


def test_numbers_and_other_scalars(reader):
    value = {"n": NUMBERS, "b": [True, False], "null": None, "e": [{}, [], {"a": {}}, [[]]]}
    got = reader(dump(value))
    assert got == value
    assert [type(n) for n in got["n"][:5]] == [int] * 5 and type(got["b"][0]) is bool


ANY_TEXT = st.text(st.characters(exclude_categories=["Cs"]))
TRICKY = st.text(
    st.sampled_from(list("yYnNoOfFtTrRuUeEsS~=<>-+._:#'\"\\ \t\n\r01289xob,[]{}&*!|%@`?é\x85\u2028\ufeff")),
    max_size=12,
)
JSON = st.recursive(
    st.one_of(
        st.none(),
        st.booleans(),
        st.integers(-(2**63), 2**64 - 1),
        st.floats(allow_nan=False, allow_infinity=False),
        ANY_TEXT,
        TRICKY,
    ),
    lambda inner: st.lists(inner, max_size=4) | st.dictionaries(TRICKY | ANY_TEXT, inner, max_size=4),
    max_leaves=12,
)


@settings(max_examples=400, deadline=None)
@given(JSON)
def test_any_json_comes_back_through_kubernetes_reader_and_pyyaml(value):
    text = dump(value)
    assert json.loads(json.dumps(value)) == value
    for name in ("kong2x", "PyYAML"):
        assert same(READERS[name](text), value), name


@settings(max_examples=40, deadline=None)
@given(st.lists(TRICKY | ANY_TEXT, min_size=1, max_size=8))
def test_any_text_comes_back_through_every_reader(texts):
    value = {"list": texts, "map": {text: text for text in texts}}
    text = dump(value)
    for name, read in READERS.items():
        assert read(text) == value, name


def same(left: object, right: object) -> bool:
    """Equal, and booleans are not numbers; 1.0 may come back as 1 and -0.0 as 0, as in Kubernetes' JSON."""
    if isinstance(left, dict) and isinstance(right, dict):
        return list(left) == list(right) and all(same(left[k], right[k]) for k in left)
    if isinstance(left, list) and isinstance(right, list):
        return len(left) == len(right) and all(map(same, left, right))
    if isinstance(left, bool) or isinstance(right, bool):
        return left is right
    if isinstance(left, int) and isinstance(right, float):
        return float(left) == right
    return left == right and type(left) is type(right)


def test_style():
    value = {
        "apiVersion": "v1",
        "metadata": {"name": "web", "annotations": {}},
        "spec": {"rules": [{"host": "*.example.com", "paths": ["/a", "/~/b$"]}, ["x", ["z"]], []]},
        "code": "if x then\n  y()\n\nend\n",
        "on": "off",
        "quoted": ["a: b", "it's: x", "tab\there"],
    }
    assert dump(value, header=["kong2x: from Ingress a/b (a.yaml:1)", "two\nlines"]) == (
        "# kong2x: from Ingress a/b (a.yaml:1)\n"
        "# two\ufffdlines\n"
        "apiVersion: v1\n"
        "metadata:\n"
        "  name: web\n"
        "  annotations: {}\n"
        "spec:\n"
        "  rules:\n"
        "  - host: '*.example.com'\n"
        "    paths:\n"
        "    - /a\n"
        "    - /~/b$\n"
        "  - - x\n"
        "    - - z\n"
        "  - []\n"
        "code: |\n"
        "  if x then\n"
        "    y()\n"
        "\n"
        "  end\n"
        '"on": "off"\n'
        "quoted:\n"
        "- 'a: b'\n"
        "- 'it''s: x'\n"
        '- "tab\\there"\n'
    )


def test_key_order_is_kept_and_equal_data_gives_equal_bytes():
    first = {"b": 1, "a": [1, {"z": 0, "y": 0}]}
    assert list(load_document(dump(first).encode()).value) == ["b", "a"]
    assert dump(first) == dump(json.loads(json.dumps(first)))


def test_shared_objects_are_written_out():
    shared = {"a": 1}
    assert dump({"x": shared, "y": shared}) == "x:\n  a: 1\n'y'".replace("'y'", '"y"') + ":\n  a: 1\n"


def test_dump_all():
    text = dump_all([{"a": "x\n\n"}, {"b": 1}, []], headers=[["one"], []])
    assert text == "---\n# one\na: |+\n  x\n\n---\nb: 1\n---\n[]\n"
    assert list(yaml.safe_load_all(text)) == [{"a": "x\n\n"}, {"b": 1}, []]


class Mode(StrEnum):
    ON = "on"


def test_string_enums_are_their_value():
    assert dump({"mode": Mode.ON, "level": [Mode.ON]}) == 'mode: "on"\nlevel:\n- "on"\n'


def cyclic() -> dict[str, object]:
    value: dict[str, object] = {}
    value["a"] = [value]
    return value


@pytest.mark.parametrize(
    "value",
    [
        {1: "a"},
        {None: 1},
        {"a": {1}},
        {"a": object()},
        [b"x"],
        float("nan"),
        [float("inf")],
        "\ud800",
        {"k" * 1001: 1},
        {"\x01" * 300: 1},
        cyclic(),
    ],
    ids=[
        "int key",
        "null key",
        "set",
        "object",
        "bytes",
        "nan",
        "inf",
        "surrogate",
        "long key",
        "long escaped key",
        "cycle",
    ],
)
def test_what_yaml_cannot_hold_is_refused(value):
    with pytest.raises(OutputError) as error:
        dump(value)
    assert str(error.value).endswith(".")


def test_the_memo_does_not_change_answers():
    before = dump(AWKWARD)
    for number in range(1000):
        dump([f"filler-{number}"])
    assert dump(AWKWARD) == before


@pytest.mark.parametrize(
    "text",
    [
        "web",
        "a-b_c.d",
        "/a/b",
        "/~/users/(?<id>\\d+)$",
        "10.0.0.1",
        "1.2.3",
        "64Mi",
        "5s",
        "v1",
        "a,b",
        "GET",
        "$(x)",
        "^/a",
        "networking.k8s.io/v1",
        "http://a:80/b",
        "it's",
        "nothing",
        "yesterday",
        "1e",
        "10.0.0.0/16",
        "inf",
        "nan",
        "x=y",
        "~a",
    ],
)
def test_what_nobody_misreads_stays_without_quotes(text):
    assert dump({"a": text, text: 1}) == f"a: {text}\n{text}: 1\n"


@pytest.mark.parametrize(
    "text",
    [
        "yes",
        "N",
        "0777",
        "1_000",
        "1:30",
        "2024-01-01",
        "0o8",
        "tRue",
        "=",
        "<<",
        "~",
        "",
        ".5",
        "0x1F",
        "1e3",
        "-1",
    ],
)
def test_what_somebody_misreads_has_double_quotes(text):
    assert dump([text]) == f'- "{text}"\n'
