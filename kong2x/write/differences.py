"""How a folder would change, as a unified diff in which no secret value shows."""

from __future__ import annotations

import difflib
from collections.abc import Mapping

from kong2x.model.masking import hidden_lines
from kong2x.write.folder import check_folder, content


def unified_diff(files: Mapping[str, str], folder: str) -> str:
    """The difference between a folder and the files that would be written, as `diff -u` shows it.

    Files of an earlier run that no longer belong are shown as deleted. Values of Secrets, and of keys that sound
    secret, are hidden on both sides; where only they differ the new line says so.
    """
    drift = check_folder(files, folder)
    out: list[str] = []
    for name in sorted({*drift.missing, *drift.changed, *drift.stale}):
        before = (content(folder, name) or b"").decode("utf-8", "replace")
        after = files.get(name, "")
        old, new = hidden_lines(before), hidden_lines(after, before)
        a, b = f"a/{name}", f"b/{name}"
        if name in drift.missing:
            a = "/dev/null"
        if name in drift.stale:
            b = "/dev/null"
        out += (line if line.endswith("\n") else line + "\n" for line in difflib.unified_diff(old, new, a, b))
    return "".join(out)
