"""Runs the transcripts in `tests/commands/*.md`: what is typed, what is printed, and the exit code.

A heading starts a fresh folder. A fence `yaml file=NAME` (any language) writes a file into it. A fence
`console` holds commands after `$ ` with what they print: standard output as it is, standard error after
`2> `, the exit code after `=> ` when it is not 0. A `…` alone on a line stands for any lines, inside a line for
any text. `NAME=VALUE` before a command sets a variable, `< FILE` gives standard input; what is not
`kong2x` runs in a shell.
"""

from __future__ import annotations

import io
import os
import re
import shlex
import subprocess
import sys
from dataclasses import dataclass, field
from pathlib import Path

import pytest

from kong2x.cli import COMMANDS, main

FOLDER = Path(__file__).parent / "commands"
FENCE = re.compile(r"^(`{3,})(.*)$")


@dataclass
class Step:
    """One command with everything it is expected to print."""

    line: int
    typed: str
    out: list[str] = field(default_factory=list)
    err: list[str] = field(default_factory=list)
    code: int = 0


@dataclass
class Case:
    """One section of a transcript."""

    file: str
    title: str
    steps: list[Step | tuple[str, str]] = field(default_factory=list)


def cases():
    for file in sorted(FOLDER.glob("*.md")):
        yield from parsed(file)


def parsed(file):
    case = Case(file.stem, "start")
    lines = iter(enumerate(file.read_text(encoding="utf-8").splitlines(), 1))
    for number, line in lines:
        fence = FENCE.match(line)
        if line.startswith("#"):
            if case.steps:
                yield case
            case = Case(file.stem, line.lstrip("# "))
        elif fence:
            body = []
            for _, inner in lines:
                if inner.startswith(fence[1]):
                    break
                body.append(inner)
            info = fence[2].strip()
            if "file=" in info:
                name = info.partition("file=")[2]
                case.steps.append((name, "\n".join(body) + "\n"))
            elif info == "console":
                case.steps += steps(body, number + 1)
    if case.steps:
        yield case


def steps(body, number):
    found = []
    for offset, line in enumerate(body):
        if line.startswith("$ "):
            found.append(Step(number + offset, line[2:]))
        elif line.startswith("=> "):
            found[-1].code = int(line[3:])
        elif line == "2>" or line.startswith("2> "):
            found[-1].err.append(line[3:])
        else:
            found[-1].out.append(line)
    return found


def matches(expected, actual):
    """Whether lines are as written, with `…` standing for anything."""
    pattern = ""
    for line in expected:
        if line == "…":
            pattern += r"(?:[^\n]*\n)*?"
        else:
            pattern += "[^\n]*?".join(re.escape(part) for part in line.split("…")) + "\n"
    return re.fullmatch(pattern, "".join(line + "\n" for line in actual)) is not None


class Terminalless(io.TextIOWrapper):
    """A standard stream that is a pipe."""

    def isatty(self):
        return False


def typed(words, environment, stdin, monkeypatch):
    """Runs kong2x in this process; gives exit code, stdout and stderr."""
    streams = {name: Terminalless(io.BytesIO(), encoding="utf-8") for name in ("stdout", "stderr")}
    with monkeypatch.context() as patch:
        for name in [name for name in os.environ if name.startswith("KONG2X_") or name == "NO_COLOR"]:
            patch.delenv(name)
        for name, value in environment.items():
            patch.setenv(name, value)
        patch.setattr(sys, "argv", ["kong2x", *words])
        patch.setattr(sys, "stdin", Terminalless(io.BytesIO(stdin), encoding="utf-8"))
        for name, stream in streams.items():
            patch.setattr(sys, name, stream)
        with pytest.raises(SystemExit) as stop:
            main()
    texts = []
    for stream in streams.values():
        stream.flush()
        texts.append(stream.buffer.getvalue().decode("utf-8"))
    return stop.value.code, *texts


def execute(step, folder, monkeypatch):
    words = shlex.split(step.typed)
    environment = {}
    while words and re.match(r"[A-Z][A-Z0-9_]*=", words[0]):
        name, _, value = words.pop(0).partition("=")
        environment[name] = value
    if words[0] != "kong2x":
        done = subprocess.run(["sh", "-c", step.typed], capture_output=True, cwd=folder, check=False)
        return done.returncode, done.stdout.decode(), done.stderr.decode()
    stdin = b""
    if "<" in words:
        stdin = (folder / words.pop()).read_bytes()
        words.pop()
    return typed(words[1:], environment, stdin, monkeypatch)


@pytest.mark.parametrize("case", list(cases()), ids=lambda case: f"{case.file}: {case.title}")
def test_transcript(case, tmp_path, monkeypatch):
    monkeypatch.chdir(tmp_path)
    for step in case.steps:
        if isinstance(step, tuple):
            name, text = step
            (tmp_path / name).parent.mkdir(parents=True, exist_ok=True)
            (tmp_path / name).write_text(text, encoding="utf-8")
            continue
        code, out, err = execute(step, tmp_path, monkeypatch)
        right = code == step.code and matches(step.out, out.splitlines())
        if not (right and matches(step.err, err.splitlines())):
            told = "".join(f"2> {line}\n" for line in err.splitlines())
            pytest.fail(f"{case.file}.md:{step.line}: $ {step.typed}\n{out}{told}=> {code}", pytrace=False)


def test_every_command_has_a_transcript():
    assert {file.stem for file in FOLDER.glob("*.md")} >= set(COMMANDS) - set(missing())


def missing():
    """Commands that are listed and do not exist yet."""
    from kong2x.cli import group

    return [name for name in COMMANDS if name not in group.list_commands(None)]


def test_the_runner_notices_what_differs():
    assert matches(["a", "…", "z"], ["a", "b", "c", "z"]) and matches(["…"], [])
    assert matches(["x … z"], ["x y z"]) and not matches(["x … z"], ["x y\n z"])
    assert not matches(["a"], ["a", "b"]) and not matches([], ["a"]) and not matches(["a", "…"], ["b"])
