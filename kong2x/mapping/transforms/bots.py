"""How Kong's two lists of user agents become one list of what is refused."""

from __future__ import annotations

import re
from typing import Any

from kong2x.mapping.claim import Claim, Note, transform
from kong2x.model.finding import Level

_REFERENCE = re.compile(r"\\[1-9]|\\g|\\k|\(\?P[=>]|\(\?[R0-9&]|\(\*")
"""What means something else behind other groups: back references, recursion, verbs."""

BUILT_IN = Note(
    "built-in-list",
    Level.UNSUPPORTED,
    "Crawlers of Kong's built-in list pass, because the target has no such list. "
    "Add patterns for those that matter to the denylist of ua-restriction.",
)
EXEMPT = Note(
    "exempt",
    Level.APPROXIMATE,
    "The allowed user agents are exempted inside the deny patterns, as an allowlist of the target would refuse "
    "everybody else. Nothing has to be done; keep this in mind when editing them.",
)
PATTERN = Note(
    "pattern",
    Level.UNSUPPORTED,
    "A pattern with back references or verbs cannot be combined with the exemptions, so the deny list is left out. "
    "Rewrite the pattern.",
)


@transform(BUILT_IN, EXEMPT, PATTERN)
def refused(claim: Claim) -> dict[str, Any] | None:
    """The denied patterns. Kong looks at `allow` first and lets those pass; callers without a name pass too."""
    allow, deny = claim["allow"] or [], claim["deny"] or []
    claim.note(BUILT_IN, "deny")
    if not deny:
        # Without a list the plugin would be refused by APISIX, and `allow` exempts from nothing.
        return None
    if not allow:
        return {"denylist": [pattern or "^" for pattern in deny], "bypass_missing": True}
    if any(_REFERENCE.search(pattern) for pattern in (*allow, *deny)):
        claim.note(PATTERN, "deny", "allow")
        return None
    claim.note(EXEMPT, "allow")
    # A lookahead each, so that an inline option of one pattern does not reach the next.
    exempt = "".join(f"(?!.*(?:{pattern}))" for pattern in allow)
    return {"denylist": [f"^{exempt}.*(?:{pattern})" for pattern in deny], "bypass_missing": True}
