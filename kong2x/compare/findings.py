"""Which findings a change brings and which it solves; lines may move without being a change."""

from __future__ import annotations

from collections import Counter
from collections.abc import Sequence

from kong2x.compare.change import FindingChanges
from kong2x.model.finding import Finding


def compare_findings(old: Sequence[Finding], new: Sequence[Finding]) -> FindingChanges:
    """Findings by fingerprint; accepted ones count as solved, and as new when they come back open."""
    before = Counter(finding.fingerprint for finding in old if finding.accepted is None)
    after = Counter(finding.fingerprint for finding in new if finding.accepted is None)
    changes = FindingChanges(unchanged=sum((before & after).values()))
    changes.new = _surplus(new, after - before)
    changes.fixed = _surplus(old, before - after)
    return changes


def _surplus(findings: Sequence[Finding], wanted: Counter[str]) -> list[Finding]:
    left = Counter(wanted)
    out = []
    for finding in findings:
        if finding.accepted is None and left[finding.fingerprint] > 0:
            left[finding.fingerprint] -= 1
            out.append(finding)
    return out
