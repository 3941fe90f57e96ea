"""Same input, same bytes: whatever the order of documents, the hash seed or the process."""

from __future__ import annotations

import os
import random
import subprocess
import sys
from pathlib import Path

import pytest

from kong2x.read import Source, read_inputs
from kong2x.write import arrange
from tests.conftest import ROOT, shared_folder

from .fuzz_worlds import world
from .worlds import TARGETS, converted, options

START = "from kong2x.cli import main; main()"
SEEDS = range(24)
PAIRS = sorted((shared_folder() / "facts" / "recorded" / "kic-cases").glob("plugin-*.yaml"))[::4]
WORLDS = [*(world(seed) for seed in SEEDS), *(path.read_text(encoding="utf-8") for path in PAIRS)]


def shuffled(text: str, seed: int) -> str:
    documents = [doc.strip("\n") for doc in text.split("\n---\n") if doc.strip()]
    random.Random(seed).shuffle(documents)
    return "\n---\n".join(documents) + "\n"


def output(text: str, target: str) -> str:
    """Everything written, without the line numbers in comments."""
    conversion = converted(text, options(target))
    written = arrange(conversion.result.manifests, "stream", objects={})
    told = sorted(
        f"{f.code} {f.object} {f.path} {f.message} {f.routes}\n" for f in conversion.result.findings
    )
    return "".join(written.values()) + "".join(told)


@pytest.mark.parametrize("target", TARGETS)
def test_the_order_of_documents_changes_nothing(target: str) -> None:
    same = [output(text, target) == output(shuffled(text, 3), target) for text in WORLDS]
    print(f"{sum(same)} of {len(same)} worlds on {target}")
    assert all(same), [at for at, equal in enumerate(same) if not equal]


def test_another_document_does_change_the_output() -> None:
    assert output(WORLDS[0], "apisix") != output(WORLDS[1], "apisix")


@pytest.mark.parametrize("target", TARGETS)
def test_hash_seeds_and_processes_change_nothing(target: str, tmp_path: Path) -> None:
    sources = []
    for seed in range(6):
        path = tmp_path / f"w{seed}.yaml"
        path.write_text(world(seed).replace('"shop"', f'"shop{seed}"'), encoding="utf-8")
        sources.append(path.name)
    command = [sys.executable, "-c", START, "convert", *sources, "--to", target, "--fail-on", "never"]
    if target == "gateway-api":
        command += ["--set", "gateway-api.parent=infra/edge"]
    seen = set()
    for seed in ("0", "1", "2"):
        environment = {**os.environ, "PYTHONHASHSEED": seed, "PYTHONPATH": str(ROOT)}
        ran = subprocess.run(command, cwd=tmp_path, env=environment, capture_output=True, check=False)
        assert ran.returncode == 0, ran.stderr.decode()
        assert b"kind:" in ran.stdout
        seen.add((ran.stdout, ran.stderr))
    assert len(seen) == 1


def test_converting_the_gateway_api_output_again_is_stable() -> None:
    """Kong reads HTTPRoutes as well: what was converted once converts to the same routes again."""
    text = world(3)
    services = "\n---\n".join(doc for doc in text.split("\n---\n") if '"Service"' in doc)
    opts = options("gateway-api", {"gateway-api.parent": "infra/edge"})
    first = converted(text, opts).result
    routes = "".join(arrange(first.manifests, "stream", objects={}).values())
    again = [converted(f"{services}\n---\n{routes}", opts).result for _ in range(2)]
    assert again[0].objects == again[1].objects
    assert [str(f) for f in again[0].findings] == [str(f) for f in again[1].findings]


def test_reading_twice_leaves_the_input_alone(tmp_path: Path) -> None:
    path = tmp_path / "in.yaml"
    path.write_text(world(5), encoding="utf-8")
    before = path.read_bytes()
    read_inputs([str(path)])
    read_inputs([Source(world(5), name="x")])
    assert path.read_bytes() == before
