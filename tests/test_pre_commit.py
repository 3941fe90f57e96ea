"""The hooks of `.pre-commit-hooks.yaml`, run by the real pre-commit in a fresh repository.

pre-commit installs a hook's package from its repository. Here that package is a stand-in without
dependencies, built by itself, which calls the kong2x of this environment: no network is needed.
"""

from __future__ import annotations

import importlib.util
import os
import shutil
import subprocess
import sys
from pathlib import Path

import pytest

from tests.cli.conftest import Repository

ROOT = Path(__file__).parents[1]
pytestmark = pytest.mark.skipif(
    importlib.util.find_spec("pre_commit") is None or shutil.which("git") is None,
    reason="pre-commit is not installed (pip install pre-commit), or git is not",
)
PYPROJECT = """\
[build-system]
requires = []
build-backend = "backend"
backend-path = ["."]
[project]
name = "kong2x"
version = "0.0.1"
"""
BACKEND = '''\
import zipfile
NAME = "kong2x-0.0.1"
def build_wheel(wheel_directory, config_settings=None, metadata_directory=None):
    info = NAME + ".dist-info/"
    files = {
        "standin.py": """
import os, sys
def main():
    os.execv(PROGRAM[0], [*PROGRAM, *sys.argv[1:]])
PROGRAM = [%r, "-c", "from kong2x.cli import main; main()"]
""",
        info + "METADATA": "Metadata-Version: 2.1\\nName: kong2x\\nVersion: 0.0.1\\n",
        info + "WHEEL": "Wheel-Version: 1.0\\nGenerator: x\\nRoot-Is-Purelib: true\\nTag: py3-none-any\\n",
        info + "entry_points.txt": "[console_scripts]\\nkong2x = standin:main\\n",
        info + "RECORD": "",
    }
    with zipfile.ZipFile(f"{wheel_directory}/{NAME}-py3-none-any.whl", "w") as wheel:
        for name, text in files.items():
            wheel.writestr(name, text)
    return f"{NAME}-py3-none-any.whl"
'''


@pytest.fixture(scope="module")
def home(tmp_path_factory):
    """A folder with the hook repository and pre-commit's own cache."""
    top = tmp_path_factory.mktemp("pre-commit")
    hooks = top / "hooks"
    hooks.mkdir()
    git(hooks, "init", "--quiet")
    shutil.copy(ROOT / ".pre-commit-hooks.yaml", hooks)
    (hooks / "pyproject.toml").write_text(PYPROJECT)
    (hooks / "backend.py").write_text(BACKEND % sys.executable)
    git(hooks, "add", "--all")
    git(hooks, "commit", "--quiet", "--message", "hooks")
    return top


def git(folder, *args):
    command = ["git", "-c", "user.name=t", "-c", "user.email=t@example.org", *args]
    done = subprocess.run(command, cwd=folder, capture_output=True, text=True, check=True)
    return done.stdout.strip()


@pytest.fixture
def project(home, tmp_path):
    """A repository with Kong manifests that uses all three hooks."""
    (tmp_path / "project").mkdir()
    repository = Repository(tmp_path / "project")
    config = f"""\
repos:
  - repo: {home / "hooks"}
    rev: {git(home / "hooks", "rev-parse", "HEAD")}
    hooks:
      - id: kong2x-check
        args: [manifests, --to=apisix, -q]
      - id: kong2x-convert-check
        args: [manifests, --to=apisix, -q, -d, target]
      - id: kong2x-convert
        args: [manifests, --to=apisix, -q, -d, target]
        stages: [manual]
"""
    repository.write(".pre-commit-config.yaml", config)
    repository.commit("hooks")
    return repository


def run(project, home, hook, *args):
    environment = {
        "PATH": os.environ["PATH"],
        "HOME": str(home),
        "PRE_COMMIT_HOME": str(home / "cache"),
        "PIP_NO_INDEX": "1",
    }
    done = subprocess.run(
        [sys.executable, "-m", "pre_commit", "run", hook, "--all-files", *args],
        cwd=project.top,
        env=environment,
        capture_output=True,
        text=True,
        check=False,
    )
    return done.returncode, done.stdout + done.stderr


def test_check_passes_and_fails(project, home):
    code, told = run(project, home, "kong2x-check")
    assert code == 0 and "Passed" in told, told
    project.edit("manifests/plugins.yaml", "plugin: rate-limiting", "plugin: my-own")
    code, told = run(project, home, "kong2x-check")
    assert code == 1 and "plugins/no-mapping" in told


def test_a_stale_folder_fails_until_it_is_converted(project, home):
    code, told = run(project, home, "kong2x-convert-check")
    assert code == 1 and "missing: routes/" in told
    code, told = run(project, home, "kong2x-convert", "--hook-stage", "manual")
    assert code == 0, told
    code, told = run(project, home, "kong2x-convert-check")
    assert code == 0, told
    project.edit("manifests/shop/web.yaml", "shop.example", "store.example")
    code, told = run(project, home, "kong2x-convert-check")
    assert code == 1 and "changed: routes/" in told
