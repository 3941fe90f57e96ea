"""Which values of an object may be secret, and what stands in their place."""

from __future__ import annotations

import re
from collections.abc import Mapping
from typing import Any

HIDDEN = "<hidden>"
CHANGED = "<hidden, changed>"
_SECRET_KEY = re.compile(
    r"password|passwd|secret|token|private|credential|api[-_]?key|key_data|^key$|^keys$|^cert$|authorization",
    re.IGNORECASE,
)
_NOT_SECRET = re.compile(
    r"(?:name|names|namespace|ref|in|enabled|hidden?|claim|claims|type|url|uri|endpoint)$", re.I
)
_VARIABLE = re.compile(r"(?:remote_addr|server_addr|consumer_name|uri|http_[a-z0-9_]+|\$[\w${} ]+)$")
"""What APISIX counts requests by stands under `key` too, and is no secret."""
_HEADER = re.compile(r"(\s*[\w-]*(?:token|secret|key|authorization)[\w-]*\s*:).*", re.I | re.S)
_URL_LOGIN = re.compile(r"://[^/@\s]*:[^/@\s]+@")


def hidden(value: Any, other: Any, key: str = "", *, inside: bool = False) -> Any:
    """The value with everything hidden that may be secret; what differs from `other` says so.

    `inside` means that all of it is secret, as the `data` of a Secret.
    """
    if isinstance(value, Mapping):
        before = other if isinstance(other, Mapping) else {}
        secret = value.get("kind") == "Secret"
        return {
            name: hidden(
                child,
                before.get(name),
                str(name),
                inside=inside or (secret and name in ("data", "stringData")) or is_secret(str(name), child),
            )
            for name, child in value.items()
        }
    if isinstance(value, list):
        old = other if isinstance(other, list) else []
        return [
            hidden(child, old[n] if n < len(old) else None, key, inside=inside)
            for n, child in enumerate(value)
        ]
    if inside and value is not None and not isinstance(value, bool):
        return HIDDEN if value == other else CHANGED
    return without_login(value) if isinstance(value, str) else value


def is_secret(key: str, value: Any) -> bool:
    """Whether what stands under a key may be secret, from the sound of the key."""
    if isinstance(value, str) and key == "key" and _VARIABLE.match(value):
        return False
    return _SECRET_KEY.search(key) is not None and _NOT_SECRET.search(key) is None


def without_login(text: str) -> str:
    """A text without the login of a URL and without the value of a header that may be a secret.

    >>> without_login("redis://me:pw@cache:6379"), without_login("x-api-key: abc")
    ('redis://<hidden>@cache:6379', 'x-api-key: <hidden>')
    """
    match = _HEADER.fullmatch(text)
    if match:
        return f"{match[1]} {HIDDEN}"
    return _URL_LOGIN.sub(f"://{HIDDEN}@", text)


def secret_path(path: tuple[str | int, ...], value: Any, kind: str) -> bool:
    """Whether the value at a path of an object of that kind may be secret."""
    if kind == "Secret" and path and path[0] in ("data", "stringData"):
        return True
    words = [step for step in path if isinstance(step, str)]
    return any(is_secret(step, value if step is words[-1] else None) for step in words)
