"""Header operations of the transformers as APISIX does them: add, then set, then remove."""

from __future__ import annotations

import re
from collections.abc import Collection, Iterable
from dataclasses import dataclass, field
from typing import Any

from kong2x.mapping.claim import Claim, Note, transform
from kong2x.mapping.transforms.dollars import literal
from kong2x.mapping.transforms.headers import ENTRY_NOTES, HeaderOps, header_ops
from kong2x.mapping.transforms.order import ROUTE_WINS, route_wins, written_by_kong
from kong2x.mapping.transforms.templates import has_template, translated
from kong2x.model.finding import Level

ADD_EDGE = Note(
    "add-empty-or-repeated",
    Level.APPROXIMATE,
    "A header that is added only when absent is dropped when the caller sends it empty, and joined into one "
    "when the caller sends it twice. Nothing has to be done unless callers do that.",
)
ADD_ALWAYS = Note(
    "add-overwrites",
    Level.APPROXIMATE,
    "A header that Kong adds only when absent is always set, so a value of the other side is overwritten. "
    "Check that nobody relies on sending it.",
)
REPLACE = Note(
    "replace-creates",
    Level.APPROXIMATE,
    "A header that Kong replaces only when present is also set when it is absent, so it seems as if it had been "
    "sent. Check that nobody concludes identity or trust from its presence.",
)
RENAME = Note(
    "rename-removes",
    Level.APPROXIMATE,
    "When the old name is absent, a header that already has the new name is removed; Kong leaves it alone. "
    "Nothing has to be done unless both names are in use.",
)
COMBINED = Note(
    "combined-operations",
    Level.UNSUPPORTED,
    "Several operations on one header cannot be said together, and are left out for that header; one that Kong "
    "removes stays removed. Reduce them to one operation for each header.",
)
TEMPLATE = Note(
    "template",
    Level.UNSUPPORTED,
    "A header value that Kong computes by an expression is left out, because the target has no such variable; a "
    "caller's own is removed where Kong replaces it. Send the value from the service, or write a plugin.",
)
IDENTITY = Note(
    "identity",
    Level.UNSUPPORTED,
    "A header in which Kong says who the caller is is neither completed nor passed on under another name, because the "
    "target does not know its value; a caller's own is removed. Let the service look at X-Consumer-Username.",
)
DOLLAR = Note(
    "dollar",
    Level.APPROXIMATE,
    "A dollar sign in a header value is eaten, because the target takes it for the name of a variable. "
    "Choose another value.",
)
JOINED = Note(
    "joined",
    Level.APPROXIMATE,
    "Several appended values of one header are sent as one header with commas. "
    "Choose release 3.18 of the target if they must stay apart.",
)
ADDED_AFTER_REMOVAL = Note(
    "remove-and-add",
    Level.APPROXIMATE,
    "A response header that is removed and added is always set; Kong sends none when the service had sent one. "
    "Nothing has to be done if the new value was wanted.",
)
APPEND_REPLACES = Note(
    "append-replaces",
    Level.APPROXIMATE,
    "A value with a colon or a final slash cannot be appended, so the header is set, and the service's own value "
    "is replaced. Let the service send it.",
)
HOST_FORM = Note(
    "host-form",
    Level.UNSUPPORTED,
    "The Host header is not replaced, because the target takes a plain host name there only. Give a literal name.",
)
NOTES = (*ENTRY_NOTES, ADD_EDGE, ADD_ALWAYS, REPLACE, RENAME, COMBINED, TEMPLATE, DOLLAR, JOINED)
_MIXES = (("add",), ("append",), ("rename",))
"""Operations in which the value that is already there takes part."""
_HOST = re.compile(r"^[0-9a-zA-Z.-]+(:\d{1,5})?$")
_ADD_ENTRY = re.compile(r"^[^:]*[^/:]$")


@dataclass(slots=True)
class Written:
    """The three lists of one plugin. `variable` is the prefix of the variables that hold old values."""

    claim: Claim
    variable: str
    templates: bool
    several_values: bool
    added: dict[str, list[str]] = field(default_factory=dict)
    replaced: dict[str, Any] = field(default_factory=dict)
    removed: list[str] = field(default_factory=list)

    def take(self, ops: HeaderOps, left_out: Collection[str] = ()) -> None:
        """Writes what the operations on one header come to, with a note for each difference.

        A header is not renamed to one of `left_out`, which nothing may be written to.
        """
        kinds = ops.kinds
        if (ops.renamed_to or "").lower() in left_out:
            self.claim.note(COMBINED, "rename.headers", message=_together(ops))
        elif self.templates and kinds in _MIXES and written_by_kong(self.claim, ops.name):
            self._identity(ops)
        elif kinds == ("remove",):
            self.removed.append(ops.name)
        elif kinds == ("remove", "add"):
            self._set(ops.name, ops.added, "add.headers", instead=True)
        elif kinds == ("remove", "append") and len(ops.appended) == 1:
            self._set(ops.name, ops.appended[0], "append.headers", instead=True)
        elif kinds == ("append",):
            self._append(ops)
        elif kinds == ("add",):
            self._add(ops.name, ops.added or "")
        elif kinds == ("replace",):
            self._set(ops.name, ops.replaced, "replace.headers", REPLACE, instead=True)
        elif kinds == ("replace", "add") and ops.replaced == ops.added:
            self._set(ops.name, ops.added, "add.headers")
        elif kinds == ("rename",) and not (ops.renamed_from and ops.renamed_to):
            self._rename(ops)
        else:
            self.claim.note(COMBINED, *(f"{kind}.headers" for kind in kinds), message=_together(ops))
            if ops.removed:
                self.removed.append(ops.name)

    def _value(self, text: str | None, path: str) -> str | None:
        """A value with APISIX variables; None (with a note) for what cannot be computed there."""
        if self.templates and has_template(text or ""):
            answer = translated(text or "", self.claim)
            if answer is None:
                self.claim.note(TEMPLATE, path)
                return None
        else:
            answer = literal(text or "", self.claim, digits_safe=not self.templates)
        if answer[1]:
            self.claim.note(DOLLAR, path)
        return answer[0]

    def _set(
        self, name: str, text: str | None, path: str, note: Note | None = None, *, instead: bool = False
    ) -> None:
        """Sets a header; with `instead`, what was sent must not stay even where the value has no variable."""
        value = self._value(text, path)
        if value is not None:
            self.replaced[name] = value
            if note:
                self.claim.note(note, path)
        elif instead:
            self.removed.append(name)

    def _add(self, name: str, text: str) -> None:
        """Only where absent: a variable with a default, since 3.16, whose default is never computed."""
        plain = not (self.templates and has_template(text))
        fits = plain and "}" not in text and not (self.templates and re.search(r"\$[0-9]", text))
        if fits and self.claim.target_at_least("3.16"):
            self.replaced[name] = f"${{{self.variable}{_variable(name)} ?? {text}}}"
            if self.templates:
                self.claim.note(ADD_EDGE, "add.headers")
        else:
            self._set(name, text, "add.headers", ADD_ALWAYS)

    def _append(self, ops: HeaderOps) -> None:
        values = [
            value for value in (self._value(v, "append.headers") for v in ops.appended) if value is not None
        ]
        if len(values) > 1 and not self.several_values:
            self.claim.note(JOINED, "append.headers")
            values = [", ".join(values)]
        if values:
            self.added[ops.name] = values

    def _identity(self, ops: HeaderOps) -> None:
        """What Kong would do with its own value must not be done with a caller's."""
        gone = (ops.name, ops.renamed_to) if ops.renamed_to else (ops.name,)
        self.removed.extend(name for name in gone if name not in self.removed)
        self.claim.note(IDENTITY, f"{ops.kinds[0]}.headers")

    def _rename(self, ops: HeaderOps) -> None:
        if ops.renamed_to is not None:
            self.removed.append(ops.name)
            self.replaced[ops.renamed_to] = f"${self.variable}{_variable(ops.name)}"
            self.claim.note(RENAME, "rename.headers")


def _together(ops: HeaderOps) -> str:
    if ops.renamed_to is not None and ops.kinds == ("rename",):
        return (
            f"{ops.name} is not renamed to {ops.renamed_to}, because other operations on that cannot be said."
        )
    return f"{' and '.join(ops.kinds)} of the header {ops.name} cannot be said together, and are left out."


def clashing(every: Iterable[HeaderOps]) -> frozenset[str]:
    """The headers, in lower case, whose operations cannot be said together."""
    sayable = {("remove",), ("remove", "add"), ("append",), ("add",), ("replace",), ("rename",)}
    return frozenset(
        ops.name.lower()
        for ops in every
        if not (
            (ops.kinds in sayable and not (ops.renamed_from and ops.renamed_to))
            or (ops.kinds == ("remove", "append") and len(ops.appended) == 1)
            or (ops.kinds == ("replace", "add") and ops.replaced == ops.added)
        )
    )


def _variable(name: str) -> str:
    return name.lower().replace("-", "_")


@transform(*NOTES, IDENTITY, HOST_FORM, ROUTE_WINS)
def request(claim: Claim) -> dict[str, Any]:
    """Request headers for proxy-rewrite; replacing Host is the upstream host, all else about Host is void."""
    several = claim.target_at_least("3.18")
    out = Written(claim, "http_", templates=True, several_values=several)
    host = None
    if route_wins(claim):
        claim.note(ROUTE_WINS)
    every = header_ops(claim)
    left_out = clashing(every)
    for ops in every:
        if ops.name.lower() == "host":
            host = ops.replaced
            if host is not None and not _HOST.match(host):
                claim.note(HOST_FORM, "replace.headers")
                host = None
        else:
            out.take(ops, left_out)
    added = {name: values if len(values) > 1 else values[0] for name, values in out.added.items()}
    return {
        "headers.set": out.replaced or None,
        "headers.add": added or None,
        "headers.remove": out.removed or None,
        "host": host,
    }


@transform(*NOTES, ADDED_AFTER_REMOVAL, APPEND_REPLACES)
def response(claim: Claim) -> dict[str, Any]:
    """Response headers for response-rewrite; Kong computes nothing here, so `$(` is text."""
    out = Written(claim, "upstream_http_", templates=False, several_values=True)
    every = header_ops(claim)
    left_out = clashing(every)
    for ops in every:
        out.take(ops, left_out)
        if ops.kinds == ("remove", "add"):
            claim.note(ADDED_AFTER_REMOVAL, "add.headers")
    added: list[str] = []
    for name, values in out.added.items():
        if all(_ADD_ENTRY.match(value) for value in values):
            added.extend(f"{name}: {value}" for value in values)
        else:
            claim.note(APPEND_REPLACES, "append.headers")
            out.replaced[name] = ", ".join(values)
    return {
        "headers.set": out.replaced or None,
        "headers.add": added or None,
        "headers.remove": out.removed or None,
    }
