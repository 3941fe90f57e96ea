"""Under which name APISIX knows a Kong consumer: the mapping tables and every emitter of consumers must agree."""

from __future__ import annotations

import hashlib
import re
from collections import Counter
from collections.abc import Iterable

from kong2x.model.plugin import Consumer

LONGEST = 64
_FOREIGN = re.compile(r"[^a-z0-9]+")
ONE_OF_A_TYPE = ("key-auth", "basic-auth", "jwt", "hmac-auth")
"""Kong's credential types of which one object for a consumer holds a single credential."""


def consumer_object(consumer: Consumer, everybody: Iterable[Consumer] = ()) -> str:
    """The object name of the consumer on APISIX, which takes letters, digits, `-` and `_` only.

    A name with a dot is written with hyphens. Where another of `everybody` has that name already, a hash
    is added: two consumers under one name would have each other's groups.

    >>> from kong2x.model.source import ObjectRef
    >>> alice = Consumer(ObjectRef("configuration.konghq.com", "KongConsumer", "shop", "alice.example"))
    >>> consumer_object(alice), consumer_name(alice)
    ('alice-example', 'shop_alice-example')
    """
    name = consumer.origin.name
    if "." not in name:
        return name
    plain = _plain(name)
    rivals = {
        other.origin.name
        for other in everybody
        if other.origin != consumer.origin
        and _namespace(other) == _namespace(consumer)
        and _plain(other.origin.name) == plain
    }
    return f"{plain[: LONGEST - 7]}-{_digest(name)}" if rivals else plain


def consumer_name(consumer: Consumer, everybody: Iterable[Consumer] = ()) -> str:
    """The consumer's name on APISIX: namespace and object name, as the controller composes it."""
    return f"{_namespace(consumer)}_{consumer_object(consumer, everybody)}"


def further_objects(consumer: Consumer, everybody: Iterable[Consumer] = ()) -> list[str]:
    """The object names for the second and each further credential of one type, where an object holds one.

    Lists of consumers must hold them all: who may not call with one key may not with another.
    """
    others = list(everybody)
    counts = Counter(c.type for c in consumer.credentials if c.type in ONE_OF_A_TYPE)
    number = max(counts.values(), default=1)
    if number < 2:
        return []
    own = consumer_object(consumer, others)
    taken = {consumer_object(one, others) for one in others if _namespace(one) == _namespace(consumer)}
    found: list[str] = []
    for at in range(2, number + 1):
        name = f"{own}-{at}"
        found.append(name if name not in taken else f"{name}-{_digest(name)}")
    return found


def further_names(consumer: Consumer, everybody: Iterable[Consumer] = ()) -> list[str]:
    """The names on APISIX of `further_objects`."""
    return [f"{_namespace(consumer)}_{name}" for name in further_objects(consumer, list(everybody))]


def _namespace(consumer: Consumer) -> str:
    return consumer.origin.namespace or "default"


def _plain(name: str) -> str:
    clean = _FOREIGN.sub("-", name.lower()).strip("-") or "consumer"
    return clean if len(clean) <= LONGEST else f"{clean[: LONGEST - 7].rstrip('-')}-{_digest(name)}"


def _digest(text: str) -> str:
    return hashlib.sha256(text.encode()).hexdigest()[:6]
