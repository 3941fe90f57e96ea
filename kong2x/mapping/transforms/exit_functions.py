"""Which functions of Kong that change the gateway's own answers say so little that they can be said anew."""

from __future__ import annotations

import re

from kong2x.mapping.claim import Claim, Note, transform
from kong2x.model.finding import Level

_NAME = r"[A-Za-z_][A-Za-z0-9_]*"
_TEXT = r"""(?:"[^"\\\n]*"|'[^'\\\n]*')"""
_VALUE = rf"(?:{_TEXT}|true|false|[0-9]+(?:\.[0-9]+)?)"
_PAIR = rf"(?:{_NAME}|\[\s*{_TEXT}\s*\])\s*=\s*{_VALUE}"
_TABLE = rf"\{{\s*{_PAIR}(?:\s*,\s*{_PAIR})*\s*,?\s*\}}"
_FUNCTION = re.compile(
    rf"\s*return\s+function\s*\(\s*({_NAME})\s*,\s*({_NAME})\s*,\s*({_NAME})\s*\)"
    rf"\s*return\s+({_NAME}|[1-5][0-9][0-9])\s*,\s*({_NAME}|{_TEXT}|{_TABLE})\s*,\s*({_NAME})\s*;?\s*end\s*;?\s*"
)
_WORDS = frozenset(
    [
        "and",
        "break",
        "do",
        "else",
        "elseif",
        "end",
        "false",
        "for",
        "function",
        "goto",
        "if",
        "in",
        "local",
        "nil",
        "not",
        "or",
        "repeat",
        "return",
    ]
)
_WORDS |= frozenset(["then", "true", "until", "while"])

LUA = Note(
    "lua-code",
    Level.UNSUPPORTED,
    "Answers that the gateway makes reach the caller unchanged, because a function does more than to name a status "
    "and a body, and code for Kong does not run on the target. Write it anew for exit-transformer of the target "
    "(release 3.17): its text is run with status, body and headers, and returns them.",
)
ENABLED = Note(
    "plugin-off",
    Level.APPROXIMATE,
    "The target refuses the route unless exit-transformer is among the plugins of its own configuration, where it is "
    "switched off. Add it to plugins in config.yaml.",
)


@transform(LUA, ENABLED)
def functions(claim: Claim) -> list[str] | None:
    """Kong's text returns a function; the target's text is its body, called with the same three values."""
    out = []
    for text in claim.value or []:
        said = _anew(text)
        if said is None:
            claim.abandon(LUA)
            return None
        if said:
            out.append(said)
    if out and claim.target_has("functions"):
        claim.note(ENABLED)
    return out or None


def _anew(text: str) -> str | None:
    """The function in the target's form, empty when it changes nothing, None when it is no plain one."""
    found = _FUNCTION.fullmatch(text)
    if found is None:
        return None
    names, (status, body, headers) = found.groups()[:3], found.groups()[3:]
    if len(set(names)) < 3 or _WORDS & set(names) or headers != names[2]:
        return None
    if (not status.isdecimal() and status != names[0]) or (re.fullmatch(_NAME, body) and body != names[1]):
        return None
    if (status, body) == names[:2]:
        return ""
    return f"local {', '.join(names)} = ...\nreturn {status}, {body}, {headers}"
