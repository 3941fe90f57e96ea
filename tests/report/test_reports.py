"""Every report format: its shape, what it shows, and what it must not show."""

from __future__ import annotations

import json
import re
from dataclasses import replace
from pathlib import Path
from xml.etree import ElementTree

import jsonschema
import pytest

import kong2x.report
from kong2x.model.errors import UsageError
from kong2x.model.finding import Code, Level, Protects
from kong2x.model.result import LedgerRow, Result, RouteRow, Summary
from kong2x.model.source import Location, ObjectRef
from kong2x.report import FORMATS, render

INGRESS = ObjectRef("networking.k8s.io", "Ingress", "shop", "web")
PLUGIN = ObjectRef("configuration.konghq.com", "KongPlugin", "shop", "auth")
LOSS = Code("key-auth/no-body", Level.UNSUPPORTED, "s", "m", "Send it in a header.", Protects.ACCESS)
SOME = Code("paths/raw-prefix", Level.APPROXIMATE, "s", "m", "Use Prefix.")
NOTE = Code("platform/note", Level.IGNORED, "s", "m")


@pytest.fixture
def result():
    findings = [
        LOSS.finding(
            'Keys in a <body> | are "refused", 100%.',
            object=PLUGIN,
            path=("config", "key_in_body"),
            routes=("shop.web.web..80", "b", "c", "d"),
        ).located(Location("a/b.yaml", 7, 3, 1)),
        SOME.finding("The path /foo also answers /foobar.", object=INGRESS, path=("spec", "rules", 0)),
        NOTE.finding("Nothing is lost."),
    ]
    findings.append(replace(SOME.finding("Known.", object=INGRESS), accepted="the app has no such path"))
    return Result(
        "apisix",
        "APISIX CRDs",
        "2.2",
        findings=findings,
        assumptions={"kong.router": "traditional", "kong.class": "kong"},
        stated=("kong.class",),
        summary=Summary(
            3, 2, 4, 1, {"ApisixRoute": 2}, {Level.EXACT: 9, Level.UNSUPPORTED: 1}, {"Deployment": 1}
        ),
        ledger=[LedgerRow(INGRESS, ("spec",), Level.EXACT, "hosts")],
        routes=[
            RouteRow(
                "shop.web.web..80",
                "shop",
                INGRESS,
                ("a.example",),
                ("/…",),
                ("GET",),
                (),
                "shop/web:80",
                ("cors",),
            )
        ],
        excerpts={findings[0].fingerprint: "key_in_body: true"},
    )


def test_every_format_is_rendered_and_stable(result):
    for name in FORMATS:
        assert render(result, name) == render(result, name)
        assert render(result, name).endswith("\n")


def test_an_unknown_format_is_refused_with_the_right_one():
    with pytest.raises(UsageError, match="Did you mean sarif"):
        render(Result("apisix"), "sarf")


def test_text_shows_assumptions_findings_and_counts(result):
    text = render(result, "text")
    assert "kong.router=traditional" in text and text.index("kong.router") < text.index("key-auth/no-body")
    assert "a/b.yaml:7:3: error key-auth/no-body (unsupported)" in text
    assert "routes: shop.web.web..80, b, c and 1 more" in text
    assert "Nothing is lost" not in text and "Known." not in text
    assert "1 route denied" in text and "9 exact, 1 unsupported" in text
    assert "Known." in render(result, "text", verbose=True)


def test_quiet_text_has_errors_only(result):
    text = render(result, "text", quiet=True)
    assert "key-auth/no-body" in text and "paths/raw-prefix" not in text and "kong.router" not in text


def test_json_is_valid_against_its_schema(result):
    schema = json.loads((Path(kong2x.report.__file__).parent / "schema.json").read_text())
    for verbose in (False, True):
        data = json.loads(render(result, "json", verbose=verbose))
        jsonschema.validate(data, schema, cls=jsonschema.Draft202012Validator)
        assert ("ledger" in data) is verbose
    broken = json.loads(render(result, "json"))
    broken["findings"][0]["level"] = "fine"
    with pytest.raises(jsonschema.ValidationError):
        jsonschema.validate(broken, schema)


def test_sarif_has_what_code_scanning_needs(result):
    log = json.loads(render(result, "sarif"))
    run = log["runs"][0]
    rules = [rule["id"] for rule in run["tool"]["driver"]["rules"]]
    assert log["version"] == "2.1.0" and len(rules) == len(set(rules))
    assert len(run["results"]) == 3, "informational findings only with -v"
    for entry in run["results"]:
        assert rules[entry["ruleIndex"]] == entry["ruleId"]
        assert entry["level"] in ("error", "warning", "note")
        assert entry["partialFingerprints"]["kong2x/v1"]
    first = run["results"][0]
    assert first["locations"][0]["physicalLocation"]["region"] == {"startLine": 7, "startColumn": 3}
    suppressed = [entry for entry in run["results"] if "suppressions" in entry]
    assert [entry["suppressions"][0]["justification"] for entry in suppressed] == ["the app has no such path"]


def test_fingerprints_do_not_move_with_lines(result):
    moved = replace(result.findings[0], source=Location("a/b.yaml", 99, 1, 1))
    assert moved.fingerprint == result.findings[0].fingerprint
    other = replace(result.findings[0], path=("config", "key_names"))
    assert other.fingerprint != result.findings[0].fingerprint


def test_github_annotations_are_escaped_and_capped(result):
    line = render(result, "github").splitlines()[0]
    many = replace_findings(result, [replace(result.findings[1], message=f"n {i}") for i in range(15)])
    lines = render(many, "github").splitlines()
    assert sum(line.startswith("::warning") for line in lines) == 10
    assert "5 more findings" in lines[-1]
    assert line.startswith("::error file=a/b.yaml,line=7,col=3,title=key-auth/no-body::")
    assert "100%25." in line and "\n" not in line


def test_junit_counts_match_its_cases(result):
    suite = ElementTree.fromstring(render(result, "junit")).find("testsuite")
    assert suite is not None
    cases = suite.findall("testcase")
    assert int(suite.get("tests", "0")) == len(cases) == 3
    assert int(suite.get("failures", "0")) == len(suite.findall(".//failure")) == 1
    assert len(suite.findall(".//skipped")) == 1


def test_markdown_neutralises_markup_and_mentions(result):
    loud = replace_findings(result, [replace(result.findings[0], message="@team <b>x</b> | `y`")])
    text = render(loud, "markdown")
    assert "@team" not in text and "<b>" not in text and "\\|" in text


def test_html_is_self_contained_and_escaped(result):
    page = render(result, "html")
    assert "<body> |" not in page and "&lt;body&gt;" in page
    assert not re.search(r"(?:src|href)=[\"']?(?:https?:)?//", page)
    assert "default-src 'none'" in page and "key_in_body: true" in page
    for label in ("Assumptions", "Readiness", "Findings"):
        assert label in page


def replace_findings(result, findings):
    result.findings = findings
    return result
