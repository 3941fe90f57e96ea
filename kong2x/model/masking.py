"""Which values may be secret, and what stands in their place wherever something is shown to a person.

Reports, diffs and excerpts show objects and lines of YAML whose plugin is not always known, so a value is
judged by the keys above it. `tests/e2e/test_every_secret.py` holds the words against every secret setting of
the catalogues.
"""

from __future__ import annotations

import re
from collections.abc import Iterator, Mapping, Sequence
from typing import Any

HIDDEN = "<hidden>"
CHANGED = "<hidden, changed>"

_SECRET = re.compile(
    r"pass(?:word|wd|phrase)|secret|token|private|credential|authorization|auth_header|^x-auth|jwk"
    r"|service_account|(?:^|api|access|account|aws|encryption|hmac|provision|safety|signing)[-_]?keys?$"
    r"|key_(?:data|id|set)|cert(?:ificate)?s?$|(?:header|param)_value|headers_values|client_?id$|http_endpoint"
    r"|account_email|eab_kid|role_(?:arn|session_name)",
    re.IGNORECASE,
)
_HOLDER = re.compile(r"(?:^|_)auth(?:entication|$)|^oauth2?$|^sasl_config$", re.IGNORECASE)
"""Keys below which everything but plain choices belongs to a login."""
_PLAIN = re.compile(
    r"(?:name|names|namespace|ref|in|enabled|hidden?|claim|claims|type|types|url|uri|endpoint|method|methods|location"
    r"|mechanism|strategy|override)$",
    re.IGNORECASE,
)
_NOT_PLAIN = re.compile(r"(?:http_endpoint|role_session_name|username)$", re.IGNORECASE)
_VARIABLE = re.compile(r"(?:remote_addr|server_addr|consumer_name|uri|http_[a-z0-9_]+|\$[\w${} ]+)$")
"""What APISIX counts requests by stands under `key` too, and is no secret."""
_HEADER = re.compile(r"(\s*[\w-]*(?:token|secret|key|auth|password|cookie)[\w-]*\s*:).*", re.I | re.S)
_URL_LOGIN = re.compile(r"://[^/@\s]*:[^/@\s]+@")
_FLOW_KEY = re.compile(r"""["']?([\w.-]+)["']?\s*:""")
_ENTRY = re.compile(
    r"(?P<indent> *)(?P<dashes>(?:- +)*)(?P<key>[^\s:#'\"{\[-][^:]*|\"[^\"]*\"|'[^']*'):(?: +(?P<value>.*))?"
)
_FAR = 400
"""How many lines above an excerpt are looked at for the keys that it stands below."""


def is_secret(path: Sequence[str | int], value: Any = None) -> bool:
    """Whether the value at a path of keys may be secret, from the sound of the keys.

    >>> is_secret(("redis", "password")), is_secret(("auth", "value")), is_secret(("auth", "param_name"))
    (True, True, False)
    """
    words = [step for step in path if isinstance(step, str)]
    if not words or (_PLAIN.search(words[-1]) and not _NOT_PLAIN.search(words[-1])):
        return False
    if isinstance(value, str) and words[-1] == "key" and _VARIABLE.match(value):
        return False
    return any(_SECRET.search(word) for word in words) or any(_HOLDER.search(word) for word in words[:-1])


def hidden(value: Any, other: Any, path: Sequence[str | int] = (), kind: str = "") -> Any:
    """The value at a path with everything hidden that may be secret; what differs from `other` says so.

    All of the `data` of a Secret is secret; `kind` is needed where `value` is only a part of an object.
    """
    if isinstance(value, Mapping):
        before = other if isinstance(other, Mapping) else {}
        kind = str(value.get("kind") or kind) if not path else kind
        return {name: hidden(child, before.get(name), (*path, name), kind) for name, child in value.items()}
    if isinstance(value, list):
        old = other if isinstance(other, list) else []
        return [
            hidden(child, old[at] if at < len(old) else None, (*path, at), kind)
            for at, child in enumerate(value)
        ]
    if value is None or isinstance(value, bool):
        return value
    if (kind == "Secret" and path and path[0] in ("data", "stringData")) or is_secret(path, value):
        return HIDDEN if value == other else CHANGED
    return hidden_text(value) if isinstance(value, str) else value


def hidden_text(text: str) -> str:
    """A text without the login of a URL and without the value of a header that may be a secret.

    >>> hidden_text("redis://me:pw@cache:6379"), hidden_text("x-api-key: abc")
    ('redis://<hidden>@cache:6379', 'x-api-key: <hidden>')
    """
    match = _HEADER.fullmatch(text)
    if match:
        return f"{match[1]} {HIDDEN}"
    return _URL_LOGIN.sub(f"://{HIDDEN}@", text)


def hidden_lines(text: str, before: str = "") -> list[str]:
    """The lines of some YAML with its secrets hidden; what `before` does not hold is marked as changed.

    >>> hidden_lines("redis: {host: r, password: pw}")
    ['redis: <hidden>']
    """
    known = {line.strip() for line in before.splitlines()} | set(_URL_LOGIN.findall(before))
    return list(_Walk(known, bool(before)).lines(text))


def hidden_line(lines: Sequence[str], at: int) -> str:
    """One line of a document with its secrets hidden; the lines above it say below which keys it stands."""
    start = at
    while start > max(0, at - _FAR) and (not lines[start].strip() or lines[start][0] in " -}]"):
        start -= 1
    found = list(_Walk(set(), False).lines("\n".join(lines[start : at + 1])))
    return found[-1].rstrip("\n") if found else ""


class _Walk:
    """Walks over lines of YAML, and knows below which keys each of them stands."""

    def __init__(self, known: set[str], compare: bool) -> None:
        self.known, self.compare = known, compare
        self.kinds: Iterator[str] = iter(())
        self.kind = ""
        self.above: list[tuple[int, str]] = []
        self.block = -1
        """The indentation of a key whose secret value goes on in the next lines."""

    def lines(self, text: str) -> Iterator[str]:
        """The lines with marks in the place of secrets."""
        self.kinds = iter(_kinds(text))
        self.kind = next(self.kinds, "")
        for line in text.splitlines(keepends=True):
            bare = line.strip()
            if bare == "---" or line.startswith("--- "):
                self.kind, self.above, self.block = next(self.kinds, ""), [], -1
                yield line
            elif not bare or bare.startswith("#"):
                yield line
            else:
                yield self._line(line)

    def _line(self, line: str) -> str:
        indent = len(line) - len(line.lstrip(" "))
        if self.block >= 0 and indent > self.block:
            return self._mark(line, line[:indent])
        self.block = -1
        entry = _ENTRY.fullmatch(line.rstrip("\r\n"))
        if entry is None:
            self._leave(indent + 1)
            if self._secret(line.strip(" -\r\n")):
                return self._mark(line, line[:indent])
            return self._flow(line)
        deep = indent + len(entry["dashes"])
        self._leave(deep)
        self.above.append((deep, entry["key"].strip("\"'")))
        value = (entry["value"] or "").strip().rstrip(",")
        head = f"{entry['indent']}{entry['dashes']}{entry['key']}:"
        if value and value not in ("true", "false", "null", "{}", "[]", "{", "[") and self._secret(value):
            self.block = deep
            return self._mark(line, f"{head} ")
        return self._flow(line)

    def _leave(self, indent: int) -> None:
        """Forgets the keys that the next line does not stand below."""
        while self.above and self.above[-1][0] >= indent:
            self.above.pop()

    def _secret(self, value: str) -> bool:
        path = [key for _, key in self.above]
        if self.kind == "Secret" and len(path) > 1 and path[0] in ("data", "stringData"):
            return True
        return is_secret(path, value.strip("\"'"))

    def _flow(self, line: str) -> str:
        """A line that may hold several keys at once, the text of a header, or the login of a URL."""
        entry = _ENTRY.fullmatch(line.rstrip("\r\n"))
        path = [*(key for _, key in self.above), *_FLOW_KEY.findall(line)]
        if ("{" in line or "[" in line) and any(
            is_secret(path[:end]) for end in range(len(self.above) + 1, len(path) + 1)
        ):
            lead = line[: len(line) - len(line.lstrip())]
            return self._mark(line, f"{entry['indent']}{entry['dashes']}{entry['key']}: " if entry else lead)
        item = re.match(r"\s*(?:- )+['\"]?", line)
        if item and entry is None and _HEADER.match(line[item.end() :]):
            return self._mark(line, line[: len(line) - len(line.lstrip())])
        for login in _URL_LOGIN.findall(line):
            line = line.replace(login, f"://{self._word(login)}@")
        return line

    def _mark(self, line: str, head: str) -> str:
        return head + self._word(line.strip()) + ("\n" if line.endswith("\n") else "")

    def _word(self, secret: str) -> str:
        return CHANGED if self.compare and secret not in self.known else HIDDEN


def _kinds(text: str) -> list[str]:
    """The kind of each document, the text before the first `---` counting as one."""
    parts = re.split(r"^---[^\n]*$", text, flags=re.MULTILINE)
    kinds = [re.search(r"^kind: *(\S+)", part, re.MULTILINE) for part in parts]
    return [match[1] if match else "" for match in kinds]
