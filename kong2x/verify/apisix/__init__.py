"""The router model of APISIX: its two trees, its expressions, and objects read back from YAML."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from typing import Any

from kong2x.model.settings import Options
from kong2x.model.traffic import Answer, Criteria, Request
from kong2x.verify.apisix.entries import Entry, Target
from kong2x.verify.apisix.matching import Table
from kong2x.verify.apisix.outcome import outcome
from kong2x.verify.apisix.reader import read_entries
from kong2x.verify.apisix.variables import Variables

__all__ = ["ApisixRouter", "Entry", "Table", "Target", "apisix_router"]


class ApisixRouter:
    """A `Router` that answers as APISIX does with these routes."""

    def __init__(self, entries: Sequence[Entry], *, by_host: bool = True) -> None:
        self.entries = tuple(entries)
        self._table = Table(self.entries, by_host)

    def answer(self, request: Request) -> Answer:
        """APISIX's answer; 400 where nginx refuses the request before any routing."""
        return self.decide(Variables(request))[1]

    def decide(self, variables: Variables) -> tuple[Entry | None, Answer]:
        """The route that answers a request, None where there is none, and its answer."""
        if variables.uri is None:
            return None, Answer(None, "nginx refuses the request target", status=400)
        if not variables.request.host:
            return None, Answer(None, "nginx refuses an empty Host header", status=400)
        entry, tie = self._table.winner(variables)
        if entry is None:
            return None, Answer(None, "no route matches", status=404)
        return entry, outcome(entry, variables, tie, f"priority {entry.priority}")

    def criteria(self) -> Sequence[Criteria]:
        """The literals of every route; expressions add their header and path patterns."""
        return [criteria_of(entry) for entry in self.entries]


def apisix_router(objects: Sequence[Mapping[str, Any]], options: Options | None = None) -> ApisixRouter:
    """The router of ApisixRoute objects with the plugin configurations and upstreams they name."""
    return ApisixRouter(read_entries(objects))


def criteria_of(entry: Entry) -> Criteria:
    """The literals of one APISIX route."""
    paths: list[tuple[str, str]] = []
    headers: list[tuple[str, tuple[str, ...]]] = []
    queries: list[tuple[str, tuple[str, ...]]] = []
    snis: tuple[str, ...] = ()
    for uri in entry.uris:
        stem, star, _ = uri.partition("*")
        paths.append(("prefix", stem) if star else ("exact", stem))
    for expression in entry.vars:
        if len(expression) != 3 or not isinstance(expression[0], str):
            continue
        variable, operator, wanted = expression
        values = tuple(wanted) if isinstance(wanted, list) else (str(wanted),)
        if variable == "uri" and operator == "~~":
            paths.append(("regex", str(wanted).removeprefix("^")))
        elif variable.startswith("http_") and operator in ("==", "in"):
            headers.append((variable[5:].replace("_", "-"), values))
        elif variable.startswith("http_") and operator in ("~~", "~*"):
            headers.append((variable[5:].replace("_", "-"), (f"~*{wanted}",)))
        elif variable.startswith("arg_") and operator in ("==", "~~"):
            queries.append((variable[4:], (str(wanted) if operator == "==" else f"~*{wanted}",)))
        elif variable == "ssl_server_name" and operator in ("==", "in"):
            snis = values
    return Criteria(
        tuple(entry.hosts), tuple(paths), tuple(entry.methods), tuple(headers), tuple(queries), snis
    )
