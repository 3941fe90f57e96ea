"""Every recorded case of the real controller, for both targets and all router flavours.

No exception, valid output (the pipeline raises when its own output is not), nothing unbooked (the ledger
raises), and no request that is answered otherwise without being told.
"""

from __future__ import annotations

import json
from functools import cache
from pathlib import Path
from typing import Any

import pytest

from kong2x.read import read_inputs
from kong2x.worlds import verified
from tests.conftest import shared_folder

from .worlds import FLAVOURS, TARGETS, options

CASES = sorted((shared_folder() / "facts" / "recorded" / "kic-cases").glob("*.yaml"))

SURPRISES: dict[tuple[str, str, str], str] = {}
"""Case, target and flavour for which a surprise is known, with the reason."""


@cache
def areas() -> dict[str, list[Path]]:
    found: dict[str, list[Path]] = {}
    for path in CASES:
        found.setdefault(recorded(path)["area"], []).append(path)
    return found


@cache
def recorded(path: Path) -> Any:
    return json.loads(path.with_suffix(".json").read_text(encoding="utf-8"))


@pytest.mark.parametrize("target", TARGETS)
@pytest.mark.parametrize("area", sorted(areas()))
def test_every_case_converts_and_verifies(area: str, target: str) -> None:
    good, bad, asked = 0, [], 0
    for path in areas()[area]:
        for flavour in FLAVOURS:
            settings = {"kong.router": flavour}
            if recorded(path)["gates"]:
                settings["kong.gates"] = ",".join(recorded(path)["gates"])
            outcome = verified(read_inputs([str(path)]), options(target, settings))
            asked += outcome.verification.requests
            known = SURPRISES.get((path.stem, target, flavour))
            if bool(outcome.verification.surprises) != bool(known):
                bad.append((path.stem, flavour, known, outcome.verification.surprises[:1]))
            else:
                good += 1
    print(f"{area} on {target}: {good} of {good + len(bad)}, {asked} requests")
    assert asked, "no request was made up for this area"
    assert not bad, bad[:3]


def test_the_exceptions_are_about_cases_that_exist() -> None:
    assert {name for name, _, _ in SURPRISES} <= {path.stem for path in CASES}
    assert len(CASES) >= 300
