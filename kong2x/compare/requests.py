"""Which requests a change answers in another way."""

from __future__ import annotations

from collections.abc import Iterable

from kong2x.compare.change import RequestChange, RequestKind
from kong2x.model.traffic import Answer, Answerer, Request

ORDER: tuple[RequestKind, ...] = ("opens", "disappears", "moves", "appears", "closes", "changes")
"""What a reviewer has to see first."""


def compare_requests(requests: Iterable[Request], old: Answerer, new: Answerer) -> list[RequestChange]:
    """The requests that are answered differently, grouped by what happens to them.

    The name of the winning route alone is no change: only what the client or the backend sees is.
    """
    grouped: dict[tuple[Answer, Answer], list[Request]] = {}
    for request in requests:
        before, after = old.answer(request), new.answer(request)
        if visible(before) != visible(after):
            grouped.setdefault((shape(before), shape(after)), []).append(request)
    changes = [change(before, after, tuple(found)) for (before, after), found in grouped.items()]
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


def change(old: Answer, new: Answer, requests: tuple[Request, ...]) -> RequestChange:
    """One group of requests with the word for what happens to them."""
    lost = tuple(name for name in old.plugins if name not in new.plugins)
    gained = tuple(name for name in new.plugins if name not in old.plugins)
    kind: RequestKind
    if new.route is None and old.route is not None:
        kind = "disappears"
    elif old.route is None and new.route is not None:
        kind = "appears"
    elif old.service != new.service or old.weights != new.weights:
        kind = "moves"
    elif lost:
        kind = "opens"
    elif gained:
        kind = "closes"
    else:
        kind = "changes"
    return RequestChange(kind, old, new, requests, lost, gained)
