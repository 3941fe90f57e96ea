"""All files or none, and never over what is not ours."""

from __future__ import annotations

import os
from pathlib import Path

import pytest

from kong2x.model.errors import OutputError
from kong2x.model.target import GENERATED
from kong2x.write import check_folder, unified_diff, write_folder

OWN = f"{GENERATED} x\n"
FILES = {"a.yaml": OWN + "a: 1\n", "routes/b.yaml": OWN + "b: é\n"}


@pytest.fixture
def out(tmp_path):
    return str(tmp_path / "deep" / "out")


def tree(folder):
    top = Path(folder)
    return {str(p.relative_to(top)): p.read_bytes() for p in sorted(top.rglob("*")) if p.is_file()}


def encoded(files):
    return {name: text.encode() for name, text in files.items()}


def test_a_new_folder(out):
    report = write_folder(FILES, out)
    assert tree(out) == encoded(FILES)
    assert (report.written, report.unchanged, report.pruned) == (("a.yaml", "routes/b.yaml"), (), ())
    assert str(report) == f"{out}: 2 written"


def test_equal_files_are_not_touched(out):
    write_folder(FILES, out)
    os.utime(f"{out}/a.yaml", (1, 1))
    report = write_folder({**FILES, "routes/b.yaml": OWN + "b: 2\n"}, out)
    assert os.stat(f"{out}/a.yaml").st_mtime == 1
    assert (report.written, report.unchanged) == (("routes/b.yaml",), ("a.yaml",))
    assert str(write_folder(FILES, out).folder) == out and check_folder(FILES, out).changed == ()


def test_twice_changes_nothing(out):
    write_folder(FILES, out)
    report = write_folder(FILES, out, prune=True)
    assert not report.written and not report.pruned and len(report.unchanged) == 2


def test_files_of_others_stay_unless_forced(out):
    os.makedirs(out)
    Path(out, "a.yaml").write_text("mine: 1\n")
    Path(out, "other.yaml").write_text("mine: 2\n")
    with pytest.raises(OutputError, match=r"a\.yaml.*did not write.*--force"):
        write_folder(FILES, out)
    assert tree(out) == {"a.yaml": b"mine: 1\n", "other.yaml": b"mine: 2\n"}
    write_folder(FILES, out, force=True, prune=True)
    assert tree(out) == {**encoded(FILES), "other.yaml": b"mine: 2\n"}


def test_an_equal_file_of_somebody_else_is_not_in_the_way(out):
    os.makedirs(out)
    Path(out, "a.yaml").write_text("mine: 1\n")
    assert write_folder({"a.yaml": "mine: 1\n"}, out).unchanged == ("a.yaml",)


def test_prune_deletes_own_files_and_empty_folders_only(out):
    write_folder({**FILES, "old/deep/c.yaml": OWN, "old/d.yaml": OWN}, out)
    Path(out, "old", "notes.yaml").write_text("mine: 1\n")
    Path(out, ".hidden").mkdir()
    Path(out, ".hidden", "e.yaml").write_text(OWN)
    kept = write_folder(FILES, out)
    assert kept.pruned == () and "old/d.yaml" in tree(out)
    report = write_folder(FILES, out, prune=True)
    assert report.pruned == ("old/d.yaml", "old/deep/c.yaml")
    assert set(tree(out)) == {*FILES, "old/notes.yaml", ".hidden/e.yaml"}
    assert not Path(out, "old", "deep").exists()


def test_prune_does_not_follow_links(out, tmp_path):
    write_folder(FILES, out)
    elsewhere = tmp_path / "elsewhere"
    elsewhere.mkdir()
    (elsewhere / "x.yaml").write_text(OWN)
    os.symlink(elsewhere, f"{out}/linked")
    os.symlink(elsewhere / "x.yaml", f"{out}/x.yaml")
    assert write_folder(FILES, out, prune=True).pruned == ()
    assert (elsewhere / "x.yaml").exists()


@pytest.mark.parametrize("failing", [1, 2, 3, 4, 5, 6])
def test_a_failure_leaves_the_old_state(out, monkeypatch, failing):
    old = {"a.yaml": OWN + "old\n", "c/stale.yaml": OWN + "stale\n"}
    write_folder(old, out)
    calls, real = [], os.replace

    def replace(source, target):
        calls.append(target)
        if len(calls) == failing:
            raise OSError(28, "No space left on device", target)
        real(source, target)

    monkeypatch.setattr(os, "replace", replace)
    if failing > 4:  # two moves for a.yaml, one for the new file, one for the stale one
        write_folder(FILES, out, prune=True)
        assert tree(out) == encoded(FILES)
        return
    with pytest.raises(OutputError, match="No space left on device"):
        write_folder(FILES, out, prune=True)
    assert tree(out) == encoded(old)
    assert sorted(os.listdir(out)) == ["a.yaml", "c"]


def test_a_failure_in_a_new_folder_leaves_nothing(out, tmp_path, monkeypatch):
    def replace(source, target):
        raise OSError(13, "Permission denied", target)

    monkeypatch.setattr(os, "replace", replace)
    with pytest.raises(OutputError, match="as it was"):
        write_folder(FILES, out)
    assert os.listdir(tmp_path) == []


def test_an_interrupt_leaves_the_old_state(out, monkeypatch):
    write_folder(FILES, out)
    real = os.replace

    def replace(source, target):
        if "old-" in str(source) or "old-" in str(target):
            real(source, target)
        else:
            raise KeyboardInterrupt

    monkeypatch.setattr(os, "replace", replace)
    with pytest.raises(KeyboardInterrupt):
        write_folder({"a.yaml": OWN + "new\n"}, out)
    assert tree(out) == encoded(FILES)


class TestInputsStay:
    def test_a_named_input_is_never_written(self, tmp_path):
        path = tmp_path / "a.yaml"
        path.write_text(OWN)
        for named in (path, tmp_path / "x" / ".." / "a.yaml"):
            (tmp_path / "x").mkdir(exist_ok=True)
            with pytest.raises(OutputError, match="is an input"):
                write_folder(FILES, str(tmp_path), force=True, inputs=["-", str(named)])
        assert path.read_text() == OWN and not (tmp_path / "routes").exists()

    def test_a_link_to_an_input(self, tmp_path):
        (tmp_path / "in.yaml").write_text("mine\n")
        (tmp_path / "out").mkdir()
        os.symlink(tmp_path / "in.yaml", tmp_path / "out" / "a.yaml")
        with pytest.raises(OutputError, match="is an input"):
            write_folder(FILES, str(tmp_path / "out"), force=True, inputs=[str(tmp_path / "in.yaml")])

    def test_files_in_an_input_folder_stay_even_when_forced(self, tmp_path):
        (tmp_path / "a.yaml").write_text("mine\n")
        with pytest.raises(OutputError, match="is an input"):
            write_folder(FILES, str(tmp_path), force=True, inputs=[str(tmp_path)])

    def test_output_below_an_input_folder_is_fine(self, tmp_path):
        (tmp_path / "in.yaml").write_text("mine\n")
        for _ in range(2):
            write_folder(FILES, str(tmp_path / "out"), inputs=[str(tmp_path)])
            write_folder({"a.yaml": OWN + "2\n"}, str(tmp_path / "out"), inputs=[str(tmp_path)], prune=True)
        assert set(tree(tmp_path)) == {"in.yaml", "out/a.yaml"}


class TestBlocked:
    @pytest.mark.parametrize(
        "name", ["/etc/x.yaml", "../x.yaml", "a/../../x.yaml", "a//b.yaml", "a\\b.yaml", "./a.yaml", ".."]
    )
    def test_names_that_leave_the_folder(self, out, name):
        with pytest.raises(OutputError, match="nothing was written"):
            write_folder({name: OWN}, out)
        assert not os.path.exists(out)

    def test_names_that_differ_in_case_only(self, out):
        with pytest.raises(OutputError, match="one file on some systems"):
            write_folder({"a.yaml": OWN, "A.yaml": OWN}, out)

    def test_a_folder_where_a_file_must_be(self, out):
        os.makedirs(f"{out}/a.yaml")
        with pytest.raises(OutputError, match="is a folder"):
            write_folder(FILES, out, force=True)

    def test_a_file_where_a_folder_must_be(self, out):
        os.makedirs(out)
        Path(out, "routes").write_text("x")
        with pytest.raises(OutputError, match="is a file"):
            write_folder(FILES, out, force=True)
        with pytest.raises(OutputError, match="is a file"):
            write_folder(FILES, f"{out}/routes")

    def test_a_link_that_leads_out(self, out, tmp_path):
        os.makedirs(out)
        (tmp_path / "elsewhere").mkdir()
        os.symlink(tmp_path / "elsewhere", f"{out}/routes")
        with pytest.raises(OutputError, match="because of a link"):
            write_folder(FILES, out, force=True)
        assert os.listdir(tmp_path / "elsewhere") == []


def test_permissions_of_replaced_files_stay(out):
    write_folder(FILES, out)
    os.chmod(f"{out}/a.yaml", 0o600)
    write_folder({"a.yaml": OWN + "2\n"}, out)
    assert os.stat(f"{out}/a.yaml").st_mode & 0o777 == 0o600


class TestCheck:
    def test_drift(self, out):
        assert check_folder(FILES, out).missing == ("a.yaml", "routes/b.yaml")
        write_folder({**FILES, "old.yaml": OWN}, out)
        Path(out, "mine.yaml").write_text("x: 1\n")
        drift = check_folder({**FILES, "a.yaml": OWN + "a: 2\n", "new.yaml": OWN}, out)
        assert (drift.missing, drift.changed, drift.stale) == (("new.yaml",), ("a.yaml",), ("old.yaml",))
        assert drift and not check_folder({**FILES, "old.yaml": OWN}, out)

    def test_line_ends_count(self, out):
        write_folder(FILES, out)
        Path(out, "a.yaml").write_bytes(FILES["a.yaml"].replace("\n", "\r\n").encode())
        assert check_folder(FILES, out).changed == ("a.yaml",)

    def test_diff(self, out):
        write_folder({"a.yaml": OWN + "a: 1\nb: 2\n", "old.yaml": OWN}, out)
        text = unified_diff({"a.yaml": OWN + "a: 1\nb: 3\n", "new.yaml": OWN}, out)
        assert text == (
            f"--- a/a.yaml\n+++ b/a.yaml\n@@ -1,3 +1,3 @@\n {OWN} a: 1\n-b: 2\n+b: 3\n"
            f"--- /dev/null\n+++ b/new.yaml\n@@ -0,0 +1 @@\n+{OWN}"
            f"--- a/old.yaml\n+++ /dev/null\n@@ -1 +0,0 @@\n-{OWN}"
        )
        assert unified_diff({"a.yaml": OWN + "a: 1\nb: 2\n", "old.yaml": OWN}, out) == ""


SECRETS = """\
---
apiVersion: v1
kind: Secret
metadata:
  name: visible-name
data:
  key: s3cr3t{0}
  other: s3cr3t{0}
stringData:
  text: |
    s3cr3t{0}
    s3cr3t: {0}
  more: s3cr3t{0}
---
kind: ApisixConsumer
spec:
  plugins:
  - key: s3cr3t{0}
    name: jwt-auth
    redis_password: s3cr3t{0}
    private_key: |-
      s3cr3t-Type: {0}
      s3cr3t{0}

      s3cr3t{0}
    tokens:
    - s3cr3t{0}
    - a: s3cr3t{0}
    headers:
    - 'Authorization: Basic s3cr3t{0}'
    - X-Api-Key:s3cr3t{0}
    url: redis://user:s3cr3t{0}@host:6379/0
    secretRef:
      name: visible-ref
    hide_credentials: true
    key_names:
    - visible-key-name
  - key: remote_addr
  - shown: {0}
"""


def test_no_secret_shows_in_a_diff(out):
    write_folder({"a.yaml": OWN + SECRETS.format("1"), "gone.yaml": OWN + SECRETS.format("1")}, out)
    text = unified_diff({"a.yaml": OWN + SECRETS.format("2"), "new.yaml": OWN + SECRETS.format("2")}, out)
    assert "s3cr3t" not in text
    for shown in (
        "visible-name",
        "visible-ref",
        "visible-key-name",
        "key: remote_addr",
        "+  - shown: 2",
        "hide_credentials: true",
    ):
        assert shown in text
    assert "+  key: <hidden, changed>" in text and "-  key: <hidden>" in text


def test_an_equal_secret_is_no_difference(out):
    write_folder({"a.yaml": OWN + SECRETS.format("1")}, out)
    text = unified_diff({"a.yaml": OWN + SECRETS.format("1").replace("shown: 1", "shown: 2")}, out)
    assert "<hidden, changed>" not in text and "+  - shown: 2" in text


def test_a_changed_login_is_marked(out):
    write_folder({"a.yaml": OWN + "url: redis://u:s3cr3t@host\n"}, out)
    text = unified_diff({"a.yaml": OWN + "url: redis://u:other@host\n"}, out)
    assert "+url: redis://<hidden, changed>@host" in text and "s3cr3t" not in text and "other" not in text
