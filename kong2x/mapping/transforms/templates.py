"""Kong's `$(…)` templates in the variables of APISIX (plugin-mapping.md 2.7)."""

from __future__ import annotations

import re
from collections.abc import Mapping

from kong2x.mapping.claim import Claim
from kong2x.mapping.transforms.dollars import literal
from kong2x.mapping.transforms.order import written_by_kong

_TEMPLATE = re.compile(r"\$\(([^()]*)\)")
_PLACE = re.compile(
    r"""^\s*(?P<bag>headers|query_params|uri_captures)
    (?:\.(?P<name>[A-Za-z_][A-Za-z0-9_]*)|\[\s*(?:"(?P<text>[^"$}]+)"|'(?P<other>[^'$}]+)'|(?P<number>[0-9]+))\s*\])
    (?:\s+or\s+(?:"(?P<default>[^"{}$]*)"|'(?P<fallback>[^'{}$]*)'))?\s*$""",
    re.X,
)
_NAME_GOES_ON = re.compile(r"[0-9A-Za-z_]")


def has_template(text: str) -> bool:
    """Whether Kong would compute a part of the text."""
    return bool(_TEMPLATE.search(text)) or "$(" in text


def translated(
    text: str, claim: Claim, *, captures: Mapping[str, int] | None = None
) -> tuple[str, bool] | None:
    """`text` with APISIX variables, and whether a literal dollar is lost; None for what has no variable.

    `captures` are the groups of the route's expression by name and number, which `regex_uri` knows.
    """
    out, lost, position = "", False, 0
    for found in _TEMPLATE.finditer(text):
        plain, eaten = literal(text[position : found.start()], claim, digits_safe=False)
        variable = _variable(found.group(1), claim, captures or {})
        if variable is None:
            return None
        if _NAME_GOES_ON.match(text, found.end()) and not variable.endswith("}"):
            variable = f"${{{variable[1:]}}}"
        out, lost, position = out + plain + variable, lost or eaten, found.end()
    rest = text[position:]
    if "$(" in rest:
        return None
    plain, eaten = literal(rest, claim, digits_safe=False)
    return out + plain, lost or eaten


def _variable(inside: str, claim: Claim, captures: Mapping[str, int]) -> str | None:
    found = _PLACE.match(inside)
    if found is None:
        return None
    name = found["name"] or found["text"] or found["other"] or found["number"]
    default = found["default"] if found["default"] is not None else found["fallback"]
    if found["bag"] == "uri_captures":
        return f"${captures[name]}" if name in captures and default is None else None
    if found["bag"] == "headers" and written_by_kong(claim, name):
        return None
    known = f"http_{name.lower().replace('-', '_')}"
    variable = known if found["bag"] == "headers" else f"arg_{name}"
    if default is not None:
        return f"${{{variable} ?? {default}}}" if claim.target_at_least("3.16") else None
    return f"${variable}" if re.fullmatch(r"[A-Za-z0-9_]+", variable) else f"${{{variable}}}"
