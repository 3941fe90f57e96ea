"""What the README shows of a run is what the run prints."""

import shutil
import subprocess
import sys
from pathlib import Path

import pytest

ROOT = Path(__file__).parents[1]


def shown(command: str) -> list[str]:
    """The lines below `$ command` in the README, without those that stand for left-out ones."""
    text = (ROOT / "README.md").read_text(encoding="utf-8")
    block = text.split(f"$ {command}\n", 1)[1].split("\n```", 1)[0].split("\n\n$ ", 1)[0]
    return [line for line in block.splitlines() if line and line != "..."]


@pytest.mark.parametrize(
    "command",
    [
        "kong2x convert samples/imprun --to apisix -d target",
        "kong2x verify samples/imprun --to apisix",
    ],
)
def test_the_readme_shows_what_is_printed(command: str, tmp_path: Path) -> None:
    shutil.copytree(ROOT / "samples" / "imprun", tmp_path / "samples" / "imprun")
    run = [sys.executable, "-m", *command.split()]
    done = subprocess.run(run, cwd=tmp_path, capture_output=True, text=True, check=False)
    printed = (done.stdout + done.stderr).splitlines()
    assert len(shown(command)) > 0
    assert [line for line in shown(command) if line not in printed] == []
