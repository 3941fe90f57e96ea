"""Reading another revision: any name git knows, and what to type when it is not there."""

from __future__ import annotations

import os
import shutil
import subprocess

import pytest

from kong2x.model.errors import ReadError

git_source = pytest.importorskip("kong2x.read.git")
pytestmark = pytest.mark.skipif(shutil.which("git") is None, reason="git is not installed")


def git(folder, *args):
    settings = ["-c", "user.name=t", "-c", "user.email=t@example.com", "-c", "protocol.file.allow=always"]
    done = subprocess.run(["git", *settings, *args], cwd=folder, capture_output=True, text=True, check=True)
    return done.stdout.strip()


@pytest.fixture
def repo(tmp_path, monkeypatch):
    folder = tmp_path / "repo"
    folder.mkdir()
    git(folder, "init", "-q", "-b", "main")
    (folder / "m").mkdir()
    (folder / "m/a.yaml").write_text("kind: A\n")
    (folder / "m/.hidden.yaml").write_text("kind: H\n")
    (folder / "m/note.txt").write_text("no\n")
    git(folder, "add", ".")
    git(folder, "commit", "-qm", "one")
    git(folder, "tag", "one")
    (folder / "m/a.yaml").unlink()
    (folder / "m/ä b.yaml").write_text("kind: B\n")
    git(folder, "add", "-A")
    git(folder, "commit", "-qm", "two")
    monkeypatch.chdir(folder)
    return folder


def read(revision, *paths):
    return {source.name: source.text for source in git_source.sources_at(revision, paths)}


def as_text(value):
    return value.decode() if isinstance(value, bytes) else value


def test_another_revision_without_touching_the_work_tree(repo):
    before = sorted(os.listdir(repo / "m"))
    assert {k: as_text(v) for k, v in read("one", "m").items()} == {os.path.join("m", "a.yaml"): "kind: A\n"}
    assert list(read("HEAD", "m")) == [os.path.join("m", "ä b.yaml")]
    assert list(read("HEAD~1", ".")) == [os.path.join(".", "m/a.yaml")]
    assert sorted(os.listdir(repo / "m")) == before and git(repo, "status", "--porcelain") == ""


def test_a_single_file_and_a_folder_that_is_gone(repo):
    assert list(read("one", "m/a.yaml")) == ["m/a.yaml"]
    assert read("HEAD", "m/a.yaml") == {}
    shutil.rmtree(repo / "m")
    assert list(read("one", "m")) == [os.path.join("m", "a.yaml")]


def test_three_dots_mean_the_merge_base(repo):
    git(repo, "checkout", "-qb", "topic", "one")
    (repo / "m/t.yaml").write_text("kind: T\n")
    git(repo, "add", ".")
    git(repo, "commit", "-qm", "topic")
    assert list(read("main...", "m")) == [os.path.join("m", "a.yaml")]
    assert list(read("main", "m")) == [os.path.join("m", "ä b.yaml")]


def test_an_unknown_revision_says_what_to_type(repo):
    with pytest.raises(ReadError, match="git fetch origin nowhere"):
        read("origin/nowhere", "m")


def test_a_shallow_clone_gets_the_command(repo, tmp_path, monkeypatch):
    git(tmp_path, "clone", "-q", "--depth=1", f"file://{repo}", "shallow")
    monkeypatch.chdir(tmp_path / "shallow")
    with pytest.raises(ReadError, match="git fetch --unshallow"):
        read("one", "m")


def test_a_revision_cannot_be_an_option(repo):
    with pytest.raises(ReadError, match="no such revision"):
        read("--output=/dev/null", "m")


def test_outside_of_a_repository(tmp_path, monkeypatch):
    monkeypatch.chdir(tmp_path)
    monkeypatch.setenv("GIT_CEILING_DIRECTORIES", str(tmp_path.parent))
    with pytest.raises(ReadError, match="not in a git repository"):
        read("HEAD", ".")


def test_submodules_are_followed(repo, tmp_path):
    inner = tmp_path / "inner"
    inner.mkdir()
    git(inner, "init", "-q", "-b", "main")
    (inner / "s.yaml").write_text("kind: S\n")
    git(inner, "add", ".")
    git(inner, "commit", "-qm", "s")
    git(repo, "submodule", "--quiet", "add", str(inner), "m/sub")
    git(repo, "commit", "-qm", "three")
    assert os.path.join("m", "sub", "s.yaml") in {os.path.normpath(name) for name in read("HEAD", "m")}
