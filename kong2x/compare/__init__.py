"""Diff mode: what a change does to requests, to findings and to objects; knows `model` only."""

from __future__ import annotations

from kong2x.compare.change import Change, FindingChanges, RequestChange
from kong2x.compare.findings import compare_findings
from kong2x.compare.objects import FieldChange, ObjectChange, compare_objects
from kong2x.compare.requests import compare_requests

__all__ = [
    "Change",
    "FieldChange",
    "FindingChanges",
    "ObjectChange",
    "RequestChange",
    "compare_findings",
    "compare_objects",
    "compare_requests",
]
