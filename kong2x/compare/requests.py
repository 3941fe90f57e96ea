"""Which requests a change answers in another way."""

from __future__ import annotations

from collections.abc import Iterable, Mapping, Sequence
from typing import cast

from kong2x.compare.change import RequestChange, RequestKind
from kong2x.model.traffic import Answer, Answerer, Request

ORDER: tuple[RequestKind, ...] = ("opens", "disappears", "moves", "appears", "closes", "adjusts", "changes")
"""What a reviewer has to see first."""
Seen = tuple[Request, Answer, Answer]
"""A request with the old and the new answer."""


def compare_requests(
    requests: Iterable[Request],
    old: Answerer,
    new: Answerer,
    adjusted: Mapping[str, tuple[str, ...]] | None = None,
) -> list[RequestChange]:
    """The requests that are answered differently, grouped by what happens to them.

    The name of the winning route alone is no change: only what the client or the backend sees is.
    `adjusted` names, for a route of both sides, the plugins that are configured differently.
    """
    grouped: dict[tuple[Answer, Answer, tuple[object, ...]], list[Seen]] = {}
    for request in requests:
        before, after = old.answer(request), new.answer(request)
        others: tuple[str, ...] = ()
        if before.route is not None and before.route == after.route:
            others = tuple(name for name in (adjusted or {}).get(before.route, ()) if name in after.plugins)
        if others or visible(before) != visible(after):
            differing = (
                before.path != after.path,
                before.host != after.host,
                before.location != after.location,
            )
            key = (shape(before), shape(after), (others, differing))
            grouped.setdefault(key, []).append((request, before, after))
    changes = [change(*key, found) for key, found in grouped.items()]
    return sorted(changes, key=lambda c: (ORDER.index(c.kind), c.old.route or "", c.new.route or ""))


def visible(answer: Answer) -> tuple[object, ...]:
    """What a client or a backend can tell apart."""
    return (
        answer.status,
        answer.location,
        answer.service,
        answer.path,
        answer.host,
        answer.plugins,
        answer.weights,
    )


def shape(answer: Answer) -> Answer:
    """The answer without what is particular to one request, so that like changes stand together."""
    return Answer(
        answer.route,
        status=answer.status,
        service=answer.service,
        plugins=answer.plugins,
        weights=answer.weights,
    )


def change(old: Answer, new: Answer, aspects: tuple[object, ...], found: Sequence[Seen]) -> RequestChange:
    """One group of requests with the word for the most important thing that happens to them."""
    adjusted = cast("tuple[str, ...]", aspects[0])
    lost = tuple(name for name in old.plugins if name not in new.plugins)
    gained = tuple(name for name in new.plugins if name not in old.plugins)
    kind: RequestKind
    if new.route is None and old.route is not None:
        kind = "disappears"
    elif old.route is None and new.route is not None:
        kind = "appears"
    elif lost:
        kind = "opens"
    elif old.service != new.service or old.weights != new.weights:
        kind = "moves"
    elif gained:
        kind = "closes"
    elif old.status == new.status and not any(cast("tuple[bool, ...]", aspects[1])):
        kind = "adjusts"
    else:
        kind = "changes"
    example = min(found, key=lambda seen: (len(seen[0].path), seen[0].path))
    return RequestChange(kind, old, new, tuple(seen[0] for seen in found), lost, gained, adjusted, example)
