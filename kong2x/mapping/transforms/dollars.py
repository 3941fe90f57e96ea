"""How text that Kong takes literally is written where APISIX would replace `$name` (plugin-mapping.md 2.7)."""

from __future__ import annotations

import re

from kong2x.mapping.claim import Claim

_NAME = re.compile(r"\$(?:\{[0-9A-Za-z_]+\}|[0-9A-Za-z_]+)")
_WORD = re.compile(r"\$([A-Za-z_][0-9A-Za-z_]*)")
_BRACED = re.compile(r"\$\{")
_DIGIT = re.compile(r"\$[0-9]")


def literal(text: str, claim: Claim, *, digits_safe: bool) -> tuple[str, bool]:
    """`text` so that APISIX shows it unchanged, and whether a dollar sign is nevertheless lost.

    A variable that never exists with the wanted text as its default yields that text, since 3.16.
    Nothing helps `${` anywhere, nor a dollar before a digit in proxy-rewrite (`digits_safe` false).
    """
    lost = bool(_BRACED.search(text)) or (not digits_safe and bool(_DIGIT.search(text)))
    if not _WORD.search(text):
        return text, lost
    if not claim.target_at_least("3.16"):
        return text, True
    return _WORD.sub(lambda found: f"${{kong2x_none ?? {found.group()}}}", text), lost


def encoded(text: str) -> tuple[str, bool]:
    """`text` of a location with each dollar that APISIX would replace as `%24`, and whether there was one."""
    out = _NAME.sub(lambda found: "%24" + found.group()[1:], text)
    return out, out != text
