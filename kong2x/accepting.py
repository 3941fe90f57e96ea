"""Which findings somebody decided to live with, and which decisions match nothing any more."""

from __future__ import annotations

import re
from collections.abc import Iterator, Sequence
from dataclasses import replace

from kong2x.model.finding import Code, Finding, Level, Severity
from kong2x.model.settings import Accept, Options, did_you_mean
from kong2x.model.source import ObjectRef, SourceObject

ANNOTATION = "kong2x.io/accept"
IN_ANNOTATION = "annotation"
COMMENT = re.compile(rb"#\s*kong2x:\s*accept\s+(\S+?):\s+(.+?)\s*$", re.MULTILINE)

UNMATCHED = Code(
    "accept/unmatched",
    Level.IGNORED,
    "An accepted finding does not occur any more.",
    "The decision to live with a finding is written down, and no finding of this run matches it: either the "
    "cause is gone, or the code or the object is misspelt.",
    "Delete the entry, or correct its code or object.",
    severity=Severity.WARNING,
)
EXPIRED = Code(
    "accept/expired",
    Level.IGNORED,
    "An accepted finding's end date has passed.",
    "The decision to live with a finding had an end date; after it the finding counts again.",
    "Solve the finding, or set a new date with a reason.",
    severity=Severity.WARNING,
)
CODES = (UNMATCHED, EXPIRED)


def apply_accepts(
    findings: Sequence[Finding], objects: Sequence[SourceObject], options: Options
) -> list[Finding]:
    """The findings with the reasons of those that are accepted, and one more for each idle decision.

    Accepting silences; it never changes what is written.
    """
    rules = list(every_rule(objects, options))
    live = [row for row in rules if not expired(row[0], options)]
    by_code: dict[str, list[Accept]] = {}
    for rule, _ in live:
        by_code.setdefault(rule.code, []).append(rule)
    used: set[Accept] = set()
    out = []
    for finding in findings:
        for rule in (*by_code.get(finding.code, ()), *by_code.get(finding.fingerprint, ())):
            if not rule.object or rule.object == str(finding.object):
                finding = replace(finding, accepted=rule.reason)
                used.add(rule)
                break
        out.append(finding)
    for rule, at in rules:
        path = ("metadata", "annotations", ANNOTATION) if rule.where == IN_ANNOTATION else ()
        if expired(rule, options):
            message = f"Accepting {rule.code}{described(rule)} ended on {rule.until}."
            out.append(EXPIRED.finding(message, object=at, path=path))
        elif rule not in used:
            message = f"No finding matches the accepted {rule.code}{described(rule)}."
            remedy = None if known(rule.code) else f"No code is named so{suggestion(rule.code)}"
            out.append(UNMATCHED.finding(message, object=at, path=path, remedy=remedy))
    return out


def expired(rule: Accept, options: Options) -> bool:
    """Whether the end date of a decision is over; on the day itself it still counts."""
    return bool(rule.until and options.today and rule.until < options.today)


def known(word: str) -> bool:
    """Whether a decision names a code that exists, or a fingerprint."""
    from kong2x.catalogue import all_codes

    return word in all_codes() or re.fullmatch("[0-9a-f]{16}", word) is not None


def suggestion(word: str) -> str:
    """The code that was meant."""
    from kong2x.catalogue import all_codes

    return did_you_mean(word, all_codes())


def every_rule(
    objects: Sequence[SourceObject], options: Options
) -> Iterator[tuple[Accept, ObjectRef | None]]:
    """All decisions: of the options, in annotations, and in comments; the latter with their object."""
    for code, reason in options.accept.items():
        yield Accept(code, reason, where="on the command line"), None
    for rule in options.accept_rules:
        yield rule, None
    for obj in objects:
        written = obj.annotations.get(ANNOTATION)
        if isinstance(written, str):
            for code, reason in parse_accept(written):
                yield Accept(code, reason, str(obj.ref), where=IN_ANNOTATION), obj.ref
        if obj.text is not None and b"kong2x:" in obj.text:
            for match in COMMENT.finditer(obj.text):
                code, reason = (part.decode("utf-8", "replace") for part in match.groups())
                yield Accept(code, reason, str(obj.ref), where=f"comment in {obj.file}"), obj.ref


def described(rule: Accept) -> str:
    """Where a decision stands, in parentheses; an annotation's own object is told with the finding."""
    if rule.where == IN_ANNOTATION:
        return ""
    parts = [part for part in (rule.object, rule.where) if part]
    return f" ({', '.join(parts)})" if parts else ""


def parse_accept(written: str) -> Iterator[tuple[str, str]]:
    """Pairs of code and reason from an annotation: `CODE: reason`, one a line or separated by `;`.

    >>> list(parse_accept("paths/raw-prefix: the app has no such paths"))
    [('paths/raw-prefix', 'the app has no such paths')]
    """
    for part in written.replace(";", "\n").splitlines():
        code, colon, reason = part.partition(":")
        if colon and reason.strip():
            yield code.strip(), reason.strip()
