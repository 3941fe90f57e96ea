"""Which upstream policies Kubernetes or KIC would not take at all (kong-source.md 1.7)."""

from __future__ import annotations

import re
from collections.abc import Mapping
from typing import Any

from kong2x.model.settings import SourceFacts
from kong2x.model.source import mapping

ALGORITHMS = ("round-robin", "consistent-hashing", "least-connections", "latency", "sticky-sessions")
INPUTS = ("ip", "consumer", "path", "none")
_HASH_KEYS = ("input", "header", "cookie", "queryArg", "uriCapture")
_CAPITAL = re.compile(r"([A-Z])")


def snake(name: str) -> str:
    """A camel-case field name as Kong spells it.

    >>> snake("httpPath"), snake("httpsVerifyCertificate"), snake("tcpFailures")
    ('http_path', 'https_verify_certificate', 'tcp_failures')
    """
    return _CAPITAL.sub(r"_\1", name).lower()


def policy_problem(spec: Mapping[str, Any], facts: SourceFacts) -> str:
    """Why a policy does not act as a whole; empty when it does."""
    algorithm = spec.get("algorithm")
    if algorithm is not None and algorithm not in ALGORITHMS:
        return f"{algorithm!r} is no algorithm of Kong"
    if algorithm == "sticky-sessions" and not facts.at_least("3.11"):
        return f"sticky sessions need Kong 3.11, and this one is {facts.version}"
    slots = spec.get("slots")
    if slots is not None and (
        isinstance(slots, bool) or not isinstance(slots, int) or not 10 <= slots <= 65536
    ):
        return "its slots are not a number from 10 to 65536"
    for name in ("hashOn", "hashOnFallback"):
        problem = _hash_problem(name, mapping(spec.get(name)), algorithm)
        if problem:
            return problem
    if mapping(spec.get("hashOn")).get("cookie") and spec.get("hashOnFallback"):
        return "a cookie in hashOn allows no hashOnFallback"
    return ""


def _hash_problem(name: str, spec: Mapping[str, Any], algorithm: object) -> str:
    if not spec:
        return ""
    chosen = [key for key in _HASH_KEYS if spec.get(key) is not None]
    if len(chosen) > 1:
        return f"{name} states both {chosen[0]} and {chosen[1]}"
    if any(not isinstance(spec[key], str) for key in chosen):
        return f"{name}.{chosen[0]} is not a text"
    if spec.get("input") is not None and spec["input"] not in INPUTS:
        return f"{spec['input']!r} is no input to hash on"
    allowed = ("consistent-hashing", "sticky-sessions") if name == "hashOn" else ("consistent-hashing",)
    if algorithm not in allowed:
        return f"{name} needs the algorithm consistent-hashing"
    if name == "hashOn" and spec.get("cookie") is not None and not spec.get("cookiePath"):
        return "a cookie in hashOn needs a cookiePath"
    return ""
