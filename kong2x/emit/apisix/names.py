"""Which names the written objects and rules get: readable, valid, unique and not dependent on order."""

from __future__ import annotations

import hashlib
import re
from collections import Counter
from collections.abc import Hashable, Iterable, Mapping
from typing import TypeVar

LONGEST_RULE = 64
"""APISIX composes route names of namespace, object and rule, and takes 100 characters in older releases."""
LONGEST_OBJECT = 63

_FOREIGN = re.compile(r"[^a-z0-9]+")
_Key = TypeVar("_Key", bound=Hashable)


def digest(*parts: str, length: int = 6) -> str:
    """A short stable hash of some texts."""
    return hashlib.sha256("\0".join(parts).encode()).hexdigest()[:length]


def slug(text: str, fallback: str = "rule", longest: int = LONGEST_RULE) -> str:
    """`text` as a Kubernetes name; a long one keeps its head and gets a hash.

    >>> slug("web.Shop_example.com.80"), slug("***"), len(slug("a" * 70))
    ('web-shop-example-com-80', 'rule', 64)
    """
    clean = _FOREIGN.sub("-", text.lower()).strip("-") or fallback
    if len(clean) <= longest:
        return clean
    return f"{clean[: longest - 7].rstrip('-')}-{digest(text)}"


def unique(wanted: Iterable[tuple[_Key, str]], longest: int = LONGEST_RULE) -> Mapping[_Key, str]:
    """A name of its own for each key; keys that want the same name all get a hash of themselves.

    >>> unique([("a.b", "a-b"), ("a-b", "a-b"), ("c", "c")])["c"]
    'c'
    """
    pairs = list(wanted)
    counts = Counter(name for _, name in pairs)
    out = {}
    for key, name in pairs:
        if counts[name] > 1:
            name = f"{name[: longest - 7].rstrip('-')}-{digest(str(key))}"
        out[key] = name
    return out
