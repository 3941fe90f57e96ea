"""Asks the model of Kong's router who wins, where two routes alone do not decide it."""

from __future__ import annotations

from collections.abc import Callable
from typing import TYPE_CHECKING, Literal

from kong2x.emit.gateway_api.draft import EXACT, REGEX, Match
from kong2x.model.route import Route, RouteModel
from kong2x.model.traffic import Answer, Request

if TYPE_CHECKING:
    from kong2x.verify.kong.router import KongRouter

_MOST_QUESTIONS = 5000
_MOST_PATHS = 8
_METHODS = ("GET", "POST", "PATCH")
"""Another route's method can change the list that the traditional router walks first."""


class KongReferee:
    """Sends one request of the disputed kind through the whole table; built when first needed."""

    def __init__(self, model: RouteModel) -> None:
        self.model = model
        self.asked = 0
        self._router: KongRouter | None = None
        self._known: list[str] | None = None

    def for_host(self, host: str) -> Callable[[Match, Literal["point", "below"], Route, Route], int | None]:
        """The referee for the requests of one host pattern."""

        def ask(match: Match, where: Literal["point", "below"], one: Route, other: Route) -> int | None:
            return self._ask(host, match, where, one, other)

        return ask

    def _ask(
        self, host: str, match: Match, where: Literal["point", "below"], one: Route, other: Route
    ) -> int | None:
        decided = self.model.facts.router == "traditional" or (one.id and other.id)
        if not decided or self.asked >= _MOST_QUESTIONS:
            return None
        if match.path.type == REGEX or any(c.type == REGEX for c in (*match.headers, *match.query)):
            return None
        found = set()
        for path in self._paths(match, where):
            for method in (match.method,) if match.method else _METHODS:
                self.asked += 1
                answer = self._answer(_request(host, match, path, method))
                if {one.name, other.name} <= set(answer.tie):
                    found.add(0)
                elif answer.route in (one.name, other.name):
                    found.add(1 if answer.route == one.name else -1)
        return found.pop() if len(found) == 1 else 0 if found else None

    def _paths(self, match: Match, where: Literal["point", "below"]) -> list[str]:
        """Paths to ask for; below a prefix also those that other routes name, which sway the choice."""
        text = match.path.value
        if where == "point" or match.path.type == EXACT:
            return [text]
        bare = text.rstrip("/") + "/"
        return [bare + "kong2x", *(path for path in self._literals() if path.startswith(bare))][:_MOST_PATHS]

    def _literals(self) -> list[str]:
        if self._known is None:
            every = {p for r in self.model.routes for p in r.kong_paths if not p.startswith("~")}
            self._known = sorted(every) if self.model.facts.router == "traditional" else []
        return self._known

    def _answer(self, request: Request) -> Answer:
        if self._router is None:
            from kong2x.verify.kong import kong_router

            self._router = kong_router(self.model)
        return self._router.answer(request)


def _request(host: str, match: Match, path: str, method: str) -> Request:
    """A request that the match takes."""
    if match.query:
        path += "?" + "&".join(f"{c.name}={c.value}" for c in match.query)
    name = "kong2x" + host[1:] if host.startswith("*") else host or "kong2x.invalid"
    return Request(method, name, path, tuple((c.name, c.value) for c in match.headers))
