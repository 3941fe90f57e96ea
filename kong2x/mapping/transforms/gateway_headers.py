"""Which header operations of the transformers the standard filters can say, and which they cannot."""

from __future__ import annotations

import re
from typing import Any

from kong2x.mapping.claim import Claim, Note, transform
from kong2x.mapping.transforms.headers import ENTRY_NOTES, HeaderOps, header_ops
from kong2x.mapping.transforms.templates import has_template
from kong2x.model.finding import Level

LIMIT = 16
_NAME = re.compile(r"^[A-Za-z0-9!#$%&'*+\-.^_`|~]{1,256}$")
_VALUE = re.compile(r"^[!-~]+( [!-~]+)*$")
_HOST = re.compile(r"^(?=.{1,253}$)[a-z0-9]([-a-z0-9]*[a-z0-9])?(\.[a-z0-9]([-a-z0-9]*[a-z0-9])?)*$")

CONDITIONAL = Note(
    "conditional-header",
    Level.UNSUPPORTED,
    "A header that is set only when it is absent, or only when it is present, is left out, because the filter "
    "sets always or appends always. Use an implementation with conditions, or set it in the service.",
)
RENAME = Note(
    "rename-header",
    Level.UNSUPPORTED,
    "A header keeps its old name, because the filters cannot rename. Read the old name in the service.",
)
TEMPLATE = Note(
    "template",
    Level.UNSUPPORTED,
    "A header value that Kong computes is left out, because the filters know fixed values only. "
    "Send the value from the service.",
)
VALUE = Note(
    "header-value",
    Level.UNSUPPORTED,
    "A header is left out, because the filter refuses its name or value: only printable ASCII without leading, "
    "trailing or double blanks fits. Choose another value.",
)
COMBINED = Note(
    "combined-operations",
    Level.UNSUPPORTED,
    "Several operations on one header are left out, because a header may stand in one list of the filter only. "
    "Reduce them to one operation for each header.",
)
TOO_MANY = Note(
    "too-many-headers",
    Level.UNSUPPORTED,
    "The header operations are left out, because a list of the filter holds 16 entries. Shorten the list.",
)
HOST_FORM = Note(
    "host-form",
    Level.UNSUPPORTED,
    "The Host header is not replaced, because the filter takes a plain host name in lower case only. "
    "Give such a name.",
)
ADDED_AFTER_REMOVAL = Note(
    "remove-and-add",
    Level.APPROXIMATE,
    "A response header that is removed and added is always set; Kong sends none when the service had sent one. "
    "Nothing has to be done if the new value was wanted.",
)
OWN_ANSWERS = Note(
    "own-answers",
    Level.APPROXIMATE,
    "Answers that the gateway makes itself may lack the header operations, which Kong applies to them too. "
    "Check headers that matter for security on error answers.",
)
NOTES = (*ENTRY_NOTES, CONDITIONAL, RENAME, TEMPLATE, VALUE, COMBINED, TOO_MANY)


@transform(*NOTES, HOST_FORM)
def request(claim: Claim) -> dict[str, Any] | None:
    """RequestHeaderModifier, and the host name of URLRewrite for a replaced Host."""
    ops = header_ops(claim)
    hosts = [one.replaced for one in ops if one.name.lower() == "host" and one.replaced]
    out = _modifier(claim, [one for one in ops if one.name.lower() != "host"], computed=True)
    result: dict[str, Any] = {f"RequestHeaderModifier/{key}": value for key, value in out.items()}
    if hosts and _HOST.match(hosts[0]):
        result["URLRewrite/hostname"] = hosts[0]
    elif hosts:
        claim.note(HOST_FORM, "replace.headers")
    return result


@transform(*NOTES, ADDED_AFTER_REMOVAL, OWN_ANSWERS)
def response(claim: Claim) -> dict[str, Any] | None:
    """ResponseHeaderModifier."""
    ops = header_ops(claim)
    out = _modifier(claim, ops, computed=False)
    for one in ops:
        if one.kinds == ("remove", "add"):
            claim.note(ADDED_AFTER_REMOVAL, "add.headers")
    if out:
        written = [path for path in ("remove.headers", "add.headers", "append.headers") if claim[path]]
        claim.note(OWN_ANSWERS, *written)
    return {f"ResponseHeaderModifier/{key}": value for key, value in out.items()}


def _modifier(claim: Claim, every: list[HeaderOps], *, computed: bool) -> dict[str, Any]:
    lists: dict[str, list[Any]] = {"set": [], "add": [], "remove": []}
    for ops in every:
        kinds = ops.kinds
        paths = [f"{kind}.headers" for kind in kinds]
        values = [v for v in (ops.replaced, ops.added, *ops.appended) if v is not None]
        if computed and any(map(has_template, values)):
            claim.note(TEMPLATE, *paths)
        elif not _NAME.match(ops.name) or not all(_VALUE.match(v) and len(v) <= 4096 for v in values):
            claim.note(VALUE, *paths)
        elif kinds == ("remove",):
            lists["remove"].append(ops.name)
        elif kinds == ("remove", "add") or (kinds == ("replace", "add") and ops.replaced == ops.added):
            lists["set"].append({"name": ops.name, "value": ops.added})
        elif kinds == ("remove", "append") and len(ops.appended) == 1:
            lists["set"].append({"name": ops.name, "value": ops.appended[0]})
        elif kinds == ("append",) and len(ops.appended) == 1:
            lists["add"].append({"name": ops.name, "value": ops.appended[0]})
        elif kinds in (("add",), ("replace",)):
            claim.note(CONDITIONAL, *paths)
        elif kinds == ("rename",):
            claim.note(RENAME, *paths)
        else:
            claim.note(COMBINED, *paths)
    if any(len(entries) > LIMIT for entries in lists.values()):
        claim.note(
            TOO_MANY, *(f"{kind}.headers" for kind in ("remove", "add", "append") if claim[f"{kind}.headers"])
        )
        return {}
    return {key: entries for key, entries in lists.items() if entries}
