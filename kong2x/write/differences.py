"""How a folder would change, as a unified diff in which no secret value shows."""

from __future__ import annotations

import difflib
import re
from collections.abc import Iterator, Mapping

from kong2x.write.folder import check_folder, content

_SECRET_KEY = re.compile(
    r"password|passwd|secret|token|private|credential|api[-_]?key|key_data|^key$|^keys$|^cert$|authorization",
    re.IGNORECASE,
)
_NOT_SECRET = re.compile(r"(?:name|namespace|ref|in|names|enabled|hidden?|claim|claims)$", re.IGNORECASE)
_VARIABLE = re.compile(r"(?:remote_addr|server_addr|consumer_name|uri|http_[a-z0-9_]+|\$[\w${} ]+)$")
"""What APISIX counts requests by stands under `key` too, and is no secret."""

_HEADER_ITEM = re.compile(
    r"(?P<lead>\s*(?:- )+)['\"]?[\w-]*(?:token|secret|key|authorization)[\w-]*\s*:", re.I
)
_URL_LOGIN = re.compile(r"://[^/@\s]*:[^/@\s]+@")
_ENTRY = re.compile(
    r"(?P<indent> *)(?P<dashes>(?:- )*)(?P<key>[^\s:#'\"-][^:]*|\"[^\"]*\"|'[^']*'):(?: (?P<value>.*))?"
)


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
        old, new = hidden(before, ""), hidden(after, before)
        a, b = f"a/{name}", f"b/{name}"
        if name in drift.missing:
            a = "/dev/null"
        if name in drift.stale:
            b = "/dev/null"
        out += (line if line.endswith("\n") else line + "\n" for line in difflib.unified_diff(old, new, a, b))
    return "".join(out)


def hidden(text: str, before: str) -> list[str]:
    """The lines of some YAML with its secrets hidden; what `before` does not hold is marked as changed."""
    known = {line.strip() for line in before.splitlines()} | set(_URL_LOGIN.findall(before))
    return list(_lines(text, known, bool(before)))


def _lines(text: str, known: set[str], compare: bool) -> Iterator[str]:
    """Walks the lines; `inside` is the indentation of a key whose whole value is secret, `block` that of a
    literal block in it, whose lines have no keys of their own."""
    kinds = iter(_kinds(text))
    kind, inside, block = next(kinds, ""), -1, -1
    for line in text.splitlines(keepends=True):
        bare = line.strip()
        if bare == "---" or line.startswith("--- "):
            kind, inside, block = next(kinds, ""), -1, -1
            yield line
            continue
        match = _ENTRY.fullmatch(line.rstrip("\r\n"))
        indent = len(line) - len(line.lstrip(" "))
        if inside >= 0 and not bare:
            yield line
            continue
        if inside >= 0 and (indent > inside or (indent == inside and bare.startswith("- "))):
            in_block = 0 <= block < indent
            block = block if in_block else indent if match and (match["value"] or "").startswith("|") else -1
            yield _mask(line, None if in_block else match, known, compare)
            continue
        inside = block = -1
        if match and _is_secret(match, kind):
            inside = indent + len(match["dashes"])
            block = inside if (match["value"] or "").startswith("|") else -1
            line = _mask(line, match, known, compare) if match["value"] else line
        elif match is None and _HEADER_ITEM.match(line):
            line = _mask(line, None, known, compare)
        for login in _URL_LOGIN.findall(line):
            line = line.replace(login, f"://{_mark(login, known, compare)}@")
        yield line


def _kinds(text: str) -> list[str]:
    """The kind of each document, the text before the first `---` counting as one."""
    parts = re.split(r"^---[^\n]*$", text, flags=re.MULTILINE)
    kinds = [re.search(r"^kind: *(\S+)", part, re.MULTILINE) for part in parts]
    return [match[1] if match else "" for match in kinds]


def _is_secret(match: re.Match[str], kind: str) -> bool:
    key = match["key"].strip("\"'")
    if kind == "Secret" and not match["indent"]:
        return key in ("data", "stringData")
    value = match["value"] or ""
    if value in ("true", "false", "null", "{}", "[]") or (key == "key" and _VARIABLE.match(value)):
        return False
    return _SECRET_KEY.search(key) is not None and _NOT_SECRET.search(key) is None


def _mask(line: str, match: re.Match[str] | None, known: set[str], compare: bool) -> str:
    """The line without its value."""
    mark = _mark(line.strip(), known, compare)
    if match is None:
        return line[: len(line) - len(line.lstrip())] + mark + "\n"
    return f"{match['indent']}{match['dashes']}{match['key']}:{f' {mark}' if match['value'] else ''}\n"


def _mark(secret: str, known: set[str], compare: bool) -> str:
    """What stands in the place of a secret."""
    return "<hidden, changed>" if compare and secret not in known else "<hidden>"
