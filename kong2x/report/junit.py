"""The JUnit report: one test case a finding, so that any CI shows them."""

from __future__ import annotations

from xml.etree import ElementTree

from kong2x.model.finding import Finding, Severity
from kong2x.model.result import Result, fails


def render(result: Result, *, verbose: bool = False, quiet: bool = False, color: bool = False) -> str:
    """A test suite; findings at or above `unsupported` are failures, accepted ones are skipped."""
    cases = [finding for finding in result.findings if verbose or finding.severity is not Severity.INFO]
    failures = sum(1 for finding in cases if finding.accepted is None and fails(finding, "unsupported"))
    suite = ElementTree.Element(
        "testsuite",
        name=f"kong2x to {result.to}",
        tests=str(max(1, len(cases))),
        failures=str(failures),
        errors=str(len(result.errors)),
        skipped=str(sum(1 for finding in cases if finding.accepted is not None)),
    )
    if not cases:
        ElementTree.SubElement(suite, "testcase", classname="kong2x", name="everything arrives")
    for finding in cases:
        add_case(suite, finding)
    root = ElementTree.Element("testsuites")
    root.append(suite)
    ElementTree.indent(root)
    return '<?xml version="1.0" encoding="UTF-8"?>\n' + ElementTree.tostring(root, encoding="unicode") + "\n"


def add_case(suite: ElementTree.Element, finding: Finding) -> None:
    """One finding as a test case."""
    case = ElementTree.SubElement(
        suite,
        "testcase",
        classname=clean(finding.code),
        name=clean(f"{finding.object or ''} {finding.message}".strip()),
    )
    if finding.source is not None:
        case.set("file", clean(finding.source.file))
        case.set("line", str(finding.source.line))
    if finding.accepted is not None:
        ElementTree.SubElement(case, "skipped", message=clean(finding.accepted))
    elif fails(finding, "unsupported"):
        failure = ElementTree.SubElement(
            case, "failure", type=str(finding.level), message=clean(finding.message)
        )
        failure.text = clean(f"{finding.source or ''}\n{finding.remedy}".strip())
    else:
        out = ElementTree.SubElement(case, "system-out")
        out.text = clean(f"{finding.source or ''}\n{finding.remedy}".strip())


def clean(text: str) -> str:
    """`text` without the control characters that XML cannot hold."""
    return "".join(ch for ch in text if ch in "\t\n\r" or ch >= " ")
