"""The GitHub Action's step, run with a real git repository, a made-up event and a stand-in for `gh`."""

from __future__ import annotations

import json
import os
import shutil
import subprocess
import sys
from pathlib import Path

import pytest

from tests.cli.conftest import Repository

ROOT = Path(__file__).parents[1]
GH = """#!{python}
import json, os, sys
args = sys.argv[1:]
with open(os.environ["GH_LOG"], "a") as log:
    log.write(json.dumps(args) + "\\n")
if os.environ.get("GH_FAILS"):
    sys.exit("HTTP 403: Resource not accessible by integration")
if "--paginate" in args:
    print(os.environ.get("GH_EXISTING", ""))
"""


class Action:
    """One run of the step; `calls` are those of `gh`."""

    def __init__(self, repository, folder, **variables):
        tools = folder / "tools"
        tools.mkdir(exist_ok=True)
        (tools / "gh").write_text(GH.format(python=sys.executable))
        (tools / "gh").chmod(0o755)
        log, self.outputs_file, self.summary_file = (folder / name for name in ("log", "outputs", "summary"))
        for file in (log, self.outputs_file, self.summary_file):
            file.write_text("")
        programs = Path(sys.executable).parent
        environment = {
            "PATH": f"{tools}:{programs}:{os.environ['PATH']}",
            "HOME": str(folder),
            "RUNNER_TEMP": str(folder / "temp"),
            "KONG2X_PATHS": "manifests",
            "KONG2X_TARGET": "apisix",
            "KONG2X_RELEASE": "local",
            "KONG2X_ARGS": "",
            "KONG2X_FAIL": "unsupported",
            "KONG2X_COMMENT": "true",
            "KONG2X_OUT": "",
            "KONG2X_NUMBER": "7",
            "KONG2X_FORK": "false",
            "GITHUB_REPOSITORY": "acme/shop",
            "GITHUB_OUTPUT": str(self.outputs_file),
            "GITHUB_STEP_SUMMARY": str(self.summary_file),
            "GH_LOG": str(log),
            **variables,
        }
        self.done = subprocess.run(
            ["bash", str(ROOT / "action" / "run.sh")],
            cwd=repository.top,
            env=environment,
            capture_output=True,
            text=True,
            check=False,
        )
        self.calls = [json.loads(line) for line in log.read_text().splitlines()]
        self.summary = self.summary_file.read_text()
        self.outputs = dict(line.split("=", 1) for line in self.outputs_file.read_text().splitlines())

    @property
    def comment(self):
        return Path(self.outputs["comment"]).read_text()


@pytest.fixture
def changed(tmp_path):
    """A repository with a base commit and a change on top of it."""
    if shutil.which("git") is None or shutil.which("bash") is None:
        pytest.skip("git and bash are needed")
    (tmp_path / "repository").mkdir()
    repository = Repository(tmp_path / "repository")
    repository.base = repository.git("rev-parse", "HEAD")
    repository.edit("manifests/shop/web.yaml", "limit, auth", "limit")
    repository.commit("two")
    return repository


def test_a_first_comment_is_created(changed, tmp_path):
    action = Action(changed, tmp_path, KONG2X_BASE=changed.base)
    assert action.done.returncode == 0, action.done.stderr
    listing, writing = action.calls
    assert "repos/acme/shop/issues/7/comments" in listing
    assert writing[:3] == ["api", "--method", "POST"] and "repos/acme/shop/issues/7/comments" in writing
    assert f"body=@{action.outputs['comment']}" in writing
    assert action.comment.startswith("<!-- kong2x diff -->\n")
    assert "**lose a check**: without key-auth" in action.comment


def test_the_comment_is_edited_in_place(changed, tmp_path):
    action = Action(changed, tmp_path, KONG2X_BASE=changed.base, GH_EXISTING="11\n12")
    _, writing = action.calls
    assert writing[:3] == ["api", "--method", "PATCH"] and "repos/acme/shop/issues/comments/11" in writing


def test_a_fork_is_not_commented_and_leaves_the_file(changed, tmp_path):
    action = Action(changed, tmp_path, KONG2X_BASE=changed.base, KONG2X_FORK="true")
    assert action.done.returncode == 0 and action.calls == []
    assert "without key-auth" in action.comment


def test_no_comment_when_not_wanted_or_without_a_pull_request(changed, tmp_path):
    assert Action(changed, tmp_path, KONG2X_BASE=changed.base, KONG2X_COMMENT="false").calls == []
    pushed = Action(changed, tmp_path, KONG2X_BASE="", KONG2X_NUMBER="", KONG2X_FORK="")
    assert pushed.calls == [] and pushed.done.returncode == 0
    assert "without key-auth" not in pushed.summary and "Kong routes" in pushed.summary


def test_summary_outputs_sarif_and_annotations(changed, tmp_path):
    changed.edit("manifests/plugins.yaml", "plugin: rate-limiting", "plugin: my-own")
    action = Action(changed, tmp_path, KONG2X_BASE=changed.base)
    assert action.done.returncode == 1
    assert "::error file=manifests/plugins.yaml,line=" in action.done.stdout
    assert action.summary.index("kong2x diff") < action.summary.index("## kong2x: Kong to APISIX")
    sarif = json.loads(Path(action.outputs["sarif"]).read_text())
    uris = {
        place["physicalLocation"]["artifactLocation"]["uri"]
        for one in sarif["runs"][0]["results"]
        for place in one.get("locations", [])
    }
    assert "manifests/plugins.yaml" in uris and not any(uri.startswith("/") for uri in uris)
    assert json.loads((Path(action.outputs["folder"]) / "report.json").read_text())["version"]


def test_fail_on_decides_the_exit_code(changed, tmp_path):
    never = {"KONG2X_FAIL": "never", "KONG2X_BASE": changed.base}
    changes = {"KONG2X_FAIL": "changes", "KONG2X_BASE": changed.base}
    assert Action(changed, tmp_path, **changes).done.returncode == 1
    changed.edit("manifests/plugins.yaml", "plugin: rate-limiting", "plugin: my-own")
    assert Action(changed, tmp_path, **never).done.returncode == 0


def test_unreadable_manifests_are_2_and_no_comment(changed, tmp_path):
    changed.write("manifests/broken.yaml", "a: [1,\n")
    action = Action(changed, tmp_path, KONG2X_BASE=changed.base)
    assert action.done.returncode == 2 and action.calls == []
    assert "::error file=manifests/broken.yaml" in action.done.stdout


def test_a_missing_permission_is_a_warning(changed, tmp_path):
    action = Action(changed, tmp_path, KONG2X_BASE=changed.base, GH_FAILS="1")
    assert action.done.returncode == 0
    assert "::warning title=kong2x::The comment could not be written" in action.done.stdout


def test_the_whole_checkout_as_path_does_not_read_the_reports(changed, tmp_path):
    for _ in range(2):
        action = Action(changed, tmp_path, KONG2X_BASE=changed.base, KONG2X_PATHS=".")
        assert action.done.returncode == 0, action.done.stderr
    assert "without key-auth" in action.comment


def test_paths_are_separated_by_blanks_and_line_ends(changed, tmp_path):
    paths = "manifests/shop manifests/old\nmanifests/plugins.yaml\nmanifests/services.yaml\n"
    action = Action(changed, tmp_path, KONG2X_BASE=changed.base, KONG2X_PATHS=paths, KONG2X_OUT="kong2x-out")
    assert action.done.returncode == 0, action.done.stderr
    assert action.comment == Action(changed, tmp_path, KONG2X_BASE=changed.base).comment


def test_a_shallow_checkout_fetches_the_base(changed, tmp_path):
    changed.git("config", "uploadpack.allowAnySHA1InWant", "true")
    shallow = tmp_path / "shallow"
    changed.git("clone", "--quiet", "--depth=1", f"file://{changed.top}", str(shallow))
    checkout = type("Checkout", (), {"top": shallow})
    action = Action(checkout, tmp_path, KONG2X_BASE=changed.base)
    assert action.done.returncode == 0, action.done.stderr
    assert "without key-auth" in action.comment


def test_every_variable_of_the_script_is_given_by_the_action():
    import re

    import yaml

    script = (ROOT / "action" / "run.sh").read_text()
    action = yaml.safe_load((ROOT / "action.yml").read_text())
    [step] = action["runs"]["steps"]
    assert set(re.findall(r"KONG2X_[A-Z]+", script)) == {n for n in step["env"] if n.startswith("KONG2X_")}
    for name, output in action["outputs"].items():
        assert f"{name}=" in script and output["value"] == f"${{{{ steps.run.outputs.{name} }}}}"
    used = re.findall(r"inputs\.([a-z-]+)", json.dumps(step["env"]))
    assert set(used) == set(action["inputs"])
    assert "${{" not in step["run"]
