"""Which findings somebody decided to live with, and which decisions match nothing any more."""

from __future__ import annotations

import re
from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass, replace
from difflib import get_close_matches

from kong2x.model.finding import Code, Finding, Level, Severity
from kong2x.model.settings import Accept, Options
from kong2x.model.source import Location, ObjectRef, SourceObject

ANNOTATION = "kong2x.io/accept"
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


@dataclass(frozen=True, slots=True)
class Decision:
    """One written decision; `object` bears it as an annotation, `place` is where else it stands."""

    rule: Accept
    object: ObjectRef | None = None
    place: Location | None = None

    @property
    def key(self) -> tuple[str, str, str]:
        """What is the same for one decision that counts for several objects."""
        return (self.rule.code, self.rule.where, "" if self.place else self.rule.object)


def apply_accepts(
    findings: Sequence[Finding], objects: Sequence[SourceObject], options: Options
) -> list[Finding]:
    """The findings with the reasons of those that are accepted, and one more for each idle decision.

    Accepting silences; it never changes what is written.
    """
    decisions = list(every_decision(objects, options))
    by_code: dict[str, list[Decision]] = {}
    for decision in decisions:
        if not expired(decision.rule, options):
            by_code.setdefault(decision.rule.code, []).append(decision)
    used: set[tuple[str, str, str]] = set()
    out = [accepted(finding, by_code, used) for finding in findings] if by_code else list(findings)
    for decision in decisions:
        if decision.key not in used:
            used.add(decision.key)
            out.append(idle(decision, options, findings))
    return out


def accepted(
    finding: Finding, by_code: Mapping[str, Sequence[Decision]], used: set[tuple[str, str, str]]
) -> Finding:
    """The finding, with the reason of the first decision that is about it; that one is noted as used."""
    for decision in (*by_code.get(finding.code, ()), *by_code.get(finding.fingerprint, ())):
        if not decision.rule.object or decision.rule.object == str(finding.object):
            used.add(decision.key)
            return replace(finding, accepted=decision.rule.reason)
    return finding


def expired(rule: Accept, options: Options) -> bool:
    """Whether the end date of a decision is over; on the day itself it still counts."""
    return bool(rule.until and options.today and rule.until < options.today)


def idle(decision: Decision, options: Options, findings: Sequence[Finding]) -> Finding:
    """What is told about a decision that silences nothing."""
    rule = decision.rule
    path = ("metadata", "annotations", ANNOTATION) if decision.object is not None else ()
    stands = () if decision.object else (rule.object, "" if decision.place else rule.where)
    parts = ", ".join(filter(None, stands))
    place = f" ({parts})" if parts else ""
    if expired(rule, options):
        message = f"Accepting {rule.code}{place} ended on {rule.until}."
        found = EXPIRED.finding(message, object=decision.object, path=path)
    else:
        remedy = suggestion(rule.code, findings)
        message = f"No finding matches the accepted {rule.code}{place}."
        found = UNMATCHED.finding(message, object=decision.object, path=path, remedy=remedy)
    return found if decision.place is None else found.located(decision.place)


def suggestion(word: str, findings: Sequence[Finding]) -> str:
    """The remedy of a decision that matches nothing, with the code of this run that was nearly written."""
    close = get_close_matches(word, sorted({finding.code for finding in findings}), 1, 0.9)
    return f"{UNMATCHED.remedy} Did you mean {close[0]}?" if close and close[0] != word else UNMATCHED.remedy


def every_decision(objects: Sequence[SourceObject], options: Options) -> Iterator[Decision]:
    """All decisions: of the options, in annotations, and in comments.

    The items of a List share their text: a comment in it is for each of them.
    """
    for code, reason in options.accept.items():
        yield Decision(Accept(code, reason, where="on the command line"))
    for rule in options.accept_rules:
        file, _, line = rule.where.rpartition(":")
        yield Decision(rule, place=Location(file, int(line)) if file and line.isdigit() else None)
    for obj in objects:
        written = obj.annotations.get(ANNOTATION)
        if isinstance(written, str):
            for code, reason in parse_accept(written):
                yield Decision(Accept(code, reason, str(obj.ref), where=str(obj.ref)), obj.ref)
        if obj.text is not None and b"kong2x:" in obj.text:
            for match in COMMENT.finditer(obj.text):
                code, reason = (part.decode("utf-8", "replace") for part in match.groups())
                place = Location(obj.file, obj.line + obj.text.count(b"\n", 0, match.start()))
                yield Decision(Accept(code, reason, str(obj.ref), where=str(place)), place=place)


def parse_accept(written: str) -> Iterator[tuple[str, str]]:
    """Pairs of code and reason from an annotation: `CODE: reason`, one a line or separated by `;`.

    >>> list(parse_accept("paths/raw-prefix: the app has no such paths"))
    [('paths/raw-prefix', 'the app has no such paths')]
    """
    for part in written.replace(";", "\n").splitlines():
        code, colon, reason = part.partition(":")
        if colon and reason.strip():
            yield code.strip(), reason.strip()
