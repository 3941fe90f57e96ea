"""Every recording of Gateway API on APISIX, predicted by the model: statuses, routes, refusals, answers.

The recordings show what a real controller and a real gateway did with manifests of our own. The model is
built from their rules, and a difference is either a fault of the model or argued below by name.
"""

from __future__ import annotations

import json
from functools import cache
from pathlib import Path
from typing import Any

import pytest

from kong2x.verify.gateway_on_apisix.conditions import statuses
from kong2x.verify.gateway_on_apisix.platform import server_names
from tests.conftest import shared_folder

from .recorded_rig import Record, predictions, request_of, same, short

RECORDS = sorted((shared_folder() / "facts" / "recorded" / "gateway-api-on-apisix").glob("*.yaml"))

ARGUED: dict[str, str] = {}
"""Record, `:`, and what of it is not predicted (`status`, `programmed`, `sync`, a probe's number), with the reason."""


@cache
def load(path: Path) -> Record:
    return Record.load(path)


def named() -> list[Any]:
    return [pytest.param(path, id=path.stem) for path in RECORDS]


def statuses_differ(record: Record) -> list[str]:
    """The objects whose status is predicted otherwise; messages are the controller's wording."""
    found = {
        f"{kind} {namespace}/{name}": status
        for (kind, namespace, name), status in statuses(record.world).items()
    }
    out = []
    for told in record.data["conditions"]:
        status = found.pop(told["object"], None)
        if status is None:
            out.append(told["object"])
            continue
        conditions = [bare(one) for one in told.get("conditions", ())]
        listeners = {
            one["name"]: (one["attachedRoutes"], [bare(c) for c in one["conditions"]])
            for one in told.get("listeners", ())
        }
        parents = [
            (one["ref"].partition("/")[2], [bare(c) for c in one["conditions"]])
            for one in told.get("parents", ())
        ]
        if (sorted(conditions), parents) != (
            sorted(status.conditions),
            status.parents,
        ) or listeners != status.listeners:
            out.append(told["object"])
    return [*out, *found]


def bare(condition: str) -> str:
    """A condition without its message."""
    return condition.partition(": ")[0]


def programmed_rows(record: Record) -> list[str]:
    """The recorded routes: conditions, priority, hosts, plugins, upstream."""
    rows = []
    for service in (record.data["programmed"] or {}).get("services", ()):
        plugins = dict(service.get("plugins") or {})
        split = plugins.pop("traffic-split", None)
        upstreams = [service["upstream"], *service.get("upstreams", ())]
        nodes = [node["target"] for one in upstreams for node in one["nodes"]]
        weights = [one["weight"] for one in split["rules"][0]["weighted_upstreams"]] if split else []
        first = service["upstream"]
        ends = (nodes, weights, first.get("pass_host", "pass"), first.get("upstream_host"))
        for route in service.get("routes", ()):
            asked = (route["uris"], route.get("methods", []), route.get("vars", []), route.get("priority", 0))
            rows.append(json.dumps((asked, service.get("hosts", []), plugins, ends), sort_keys=True))
    return sorted(rows)


def predicted_rows(record: Record) -> list[str]:
    """The same of the model."""
    rows = []
    for entry in record.router.entries:
        nodes = [short(target.address) for target in entry.targets]
        weights = [target.weight for target in entry.targets] if len(nodes) > 1 else []
        first = entry.targets[0] if entry.targets else None
        ends = (nodes, weights, first.host if first else "pass", first.host_value if first else None)
        asked = (list(entry.uris), list(entry.methods), list(entry.vars), entry.priority)
        rows.append(json.dumps((asked, list(entry.hosts), dict(entry.plugins), ends), sort_keys=True))
    return sorted(rows)


def probes_differ(record: Record) -> list[int]:
    """The numbers of the probes that are predicted otherwise."""
    out = []
    for number, probe in enumerate(record.data.get("probes", ())):
        if "shares" in probe:
            answer = record.router.answer(request_of(probe["request"]))
            shares = dict(answer.weights) or {answer.service: 1}
            total = sum(shares.values())
            wanted = {f"200 {short(str(name))}": weight / total for name, weight in shares.items()}
            count = sum(probe["shares"].values())
            fits = set(wanted) == set(probe["shares"]) and all(
                abs(probe["shares"][name] / count - share) < 0.1 for name, share in wanted.items()
            )
        else:
            fits = any(same(one, probe["answer"]) for one in predictions(record, probe["request"]))
        if not fits:
            out.append(number)
    return out


def differences(path: Path) -> set[str]:
    """Everything of a record that is predicted otherwise."""
    record = load(path)
    found = {str(number) for number in probes_differ(record)}
    if statuses_differ(record):
        found.add("status")
    if record.refused != (record.data["sync"] != "ok"):
        found.add("sync")
    if programmed_rows(record) != predicted_rows(record):
        found.add("programmed")
    names = [sorted(one["snis"]) for one in (record.data["programmed"] or {}).get("ssls", ())]
    if names != [sorted(one) for one in server_names(record.world)]:
        found.add("certificates")
    return {f"{path.stem}:{part}" for part in found}


@pytest.mark.parametrize("path", named())
def test_a_recording_is_predicted(path: Path) -> None:
    found = differences(path)
    assert found == {name for name in ARGUED if name.partition(":")[0] == path.stem}


def test_how_much_is_predicted(capsys: pytest.CaptureFixture[str]) -> None:
    """The count; recordings that are added later count at once."""
    missed = [name for path in RECORDS for name in differences(path)]
    parts = len(RECORDS) * 4
    probes = sum(len(load(path).data.get("probes", ())) for path in RECORDS)
    wrong = [name for name in missed if name.rpartition(":")[2].isdigit()]
    with capsys.disabled():
        print(
            f"\nGateway API on APISIX: {probes - len(wrong)} of {probes} answers, "
            f"{parts - (len(missed) - len(wrong))} of {parts} statuses, refusals, programs and certificates",
            end="",
        )
    assert len(RECORDS) >= 114 and probes >= 365
    assert sorted(missed) == sorted(ARGUED)
