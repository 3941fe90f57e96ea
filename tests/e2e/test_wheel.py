"""The wheel works without the repository: tables and schemas are found inside of it."""

from __future__ import annotations

import os
import subprocess
import sys
import zipfile
from pathlib import Path

import pytest

from tests.conftest import ROOT

from .fuzz_worlds import world


@pytest.fixture(scope="module")
def unpacked(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """The files of a wheel that was just built, as an installer lays them out."""
    pytest.importorskip("hatchling", reason="the build backend is not installed")
    folder = tmp_path_factory.mktemp("wheel")
    build = f"from hatchling.build import build_wheel; print(build_wheel({str(folder)!r}))"
    made = subprocess.run(
        [sys.executable, "-c", build], cwd=ROOT, capture_output=True, text=True, check=False
    )
    assert made.returncode == 0, made.stderr
    site = folder / "site"
    with zipfile.ZipFile(next(folder.glob("*.whl"))) as wheel:
        wheel.extractall(site)
    return site


def ran(site: Path, folder: Path, *arguments: str) -> subprocess.CompletedProcess[str]:
    """A command of the unpacked wheel, in a folder outside of the repository."""
    guard = (
        "import sys, kong2x; assert kong2x.__file__.startswith(sys.argv[1]), kong2x.__file__; "
        "sys.argv = ['kong2x', *sys.argv[2:]]; from kong2x.cli import main; main()"
    )
    return subprocess.run(
        [sys.executable, "-c", guard, str(site), *arguments],
        cwd=folder,
        env={**os.environ, "PYTHONPATH": str(site)},
        capture_output=True,
        text=True,
        check=False,
    )


@pytest.mark.parametrize("target", ["apisix", "gateway-api"])
def test_convert_outside_of_the_repository(target: str, unpacked: Path, tmp_path: Path) -> None:
    (tmp_path / "in.yaml").write_text(world(2), encoding="utf-8")
    arguments = ["convert", "in.yaml", "--to", target, "--fail-on", "never"]
    if target == "gateway-api":
        arguments += ["--set", "gateway-api.parent=infra/edge"]
    outcome = ran(unpacked, tmp_path, *arguments)
    assert outcome.returncode == 0, outcome.stderr
    assert "kind: ApisixRoute" in outcome.stdout or "kind: HTTPRoute" in outcome.stdout


def test_plugin_tables_are_found(unpacked: Path, tmp_path: Path) -> None:
    outcome = ran(unpacked, tmp_path, "explain", "rate-limiting")
    assert outcome.returncode == 0, outcome.stderr
    assert "limit-count" in outcome.stdout


def test_entry_points_and_data_are_packed(unpacked: Path) -> None:
    described = next(unpacked.glob("*.dist-info")) / "entry_points.txt"
    text = described.read_text(encoding="utf-8")
    assert "kong2x.emitters" in text and "kong2x-krm" in text and "kubectl-kong2x" in text
    packed = {path.name for path in unpacked.rglob("*.yaml")}
    assert {"key-auth.yaml", "annotations.yaml"} <= packed
    assert not [path for path in unpacked.rglob("*") if "tests" in path.parts]
