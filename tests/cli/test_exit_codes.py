"""Exit codes are 0, 1 and 2 and nothing else, and a person at a terminal is told that work goes on."""

from __future__ import annotations

import io
import json
import os
import subprocess
import sys
import time
from pathlib import Path

import jsonschema
import pytest

import kong2x.compare
from kong2x.cli import inputs
from tests.cli.conftest import PLUGINS, SERVICES, SHOP


@pytest.fixture
def manifest(tmp_path):
    file = tmp_path / "web.yaml"
    file.write_text("---\n".join([SHOP, PLUGINS, SERVICES]))
    return file


def test_a_defect_is_2_and_asks_for_a_report(run, manifest, monkeypatch):
    import kong2x.pipeline

    def broken(*_):
        raise RuntimeError("boom")

    monkeypatch.setattr(kong2x.pipeline, "run", broken)
    code, out, err = run("check", manifest, "--to", "apisix")
    assert (code, out) == (2, "")
    assert "RuntimeError: boom" in err and err.endswith("please report it with the lines above.\n")


def test_an_interrupt_is_2(run, manifest, monkeypatch):
    import kong2x.pipeline

    def stopped(*_):
        raise KeyboardInterrupt

    monkeypatch.setattr(kong2x.pipeline, "run", stopped)
    code, _, err = run("check", manifest, "--to", "apisix")
    assert code == 2 and "Interrupted." in err and "Traceback" not in err


def test_a_reader_that_goes_away_is_no_finding(manifest):
    """`kong2x convert … | head` must not look like a finding."""
    program = "from kong2x.cli import main; main()"
    read, write = os.pipe()
    os.close(read)
    done = subprocess.run(
        [sys.executable, "-c", program, "convert", str(manifest), "--to", "apisix", "-q"],
        stdout=write,
        stderr=subprocess.PIPE,
        text=True,
        check=False,
    )
    os.close(write)
    assert done.returncode == 2 and "Traceback" not in done.stderr


def test_an_unreadable_file_is_2(run, tmp_path):
    code, _, err = run("convert", tmp_path / "no" / "where.yaml", "--to", "apisix")
    assert code == 2 and "where.yaml" in err


class Terminal(io.StringIO):
    def isatty(self):
        return True


@pytest.mark.parametrize(("terminal", "told"), [(True, True), (False, False)])
def test_progress_on_a_terminal_only_and_after_a_while(monkeypatch, terminal, told):
    stream = Terminal() if terminal else io.StringIO()
    monkeypatch.setattr(sys, "stderr", stream)
    monkeypatch.setattr(inputs, "PATIENCE", 0.01)
    with inputs.progress("Converting"):
        time.sleep(0.2)
    assert ("Converting … " in stream.getvalue()) is told
    assert not told or stream.getvalue().endswith("\r\x1b[K")


def test_quick_work_tells_nothing(monkeypatch):
    stream = Terminal()
    monkeypatch.setattr(sys, "stderr", stream)
    with inputs.progress("Converting"):
        pass
    assert stream.getvalue() == ""


def test_the_json_of_diff_is_valid_against_its_schema(run, manifest, tmp_path):
    schema = json.loads((Path(kong2x.compare.__file__).parent / "schema.json").read_text())
    other = tmp_path / "new.yaml"
    other.write_text(
        manifest.read_text().replace("minute: 5", "minute: 6").replace("plugin: key-auth", "plugin: own")
    )
    data = json.loads(run("diff", manifest, other, "--to", "apisix", "-o", "json")[1])
    assert data["requests"] and data["findings"]["new"] and data["objects"]
    jsonschema.validate(data, schema, cls=jsonschema.Draft202012Validator)
    data["requests"][0]["kind"] = "worse"
    with pytest.raises(jsonschema.ValidationError):
        jsonschema.validate(data, schema, cls=jsonschema.Draft202012Validator)
