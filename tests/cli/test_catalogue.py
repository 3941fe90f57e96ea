"""Every finding code has a page, and no part of kong2x uses a code that has none."""

from __future__ import annotations

import importlib
import pkgutil
import re
import shutil
import subprocess
import sys
from pathlib import Path

import pytest

import kong2x
from kong2x.catalogue import VOCABULARIES, all_codes, page, plugin_names, plugin_page
from kong2x.model.finding import Code


def defined_codes():
    """Every Code object that any module holds, with the module's name."""
    for info in pkgutil.walk_packages(kong2x.__path__, "kong2x."):
        module = importlib.import_module(info.name)
        for value in vars(module).values():
            if isinstance(value, Code):
                yield info.name, value
            elif isinstance(value, dict | tuple | list):
                for inner in value.values() if isinstance(value, dict) else value:
                    if isinstance(inner, Code):
                        yield info.name, inner


@pytest.mark.parametrize("word", list(all_codes()))
def test_every_code_has_a_page(word):
    code = all_codes()[word]
    text = page(word)
    assert text.startswith(f"{word} (") and code.summary in text and code.meaning in text
    assert len(code.meaning.split()) > 3 and code.meaning.endswith((".", ")"))
    assert not re.search(r"TODO|XXX|FIXME", text)


def test_every_code_that_is_defined_is_in_the_catalogue():
    known = all_codes()
    lost = {f"{module}: {code.id}" for module, code in defined_codes() if code.id not in known}
    assert lost == set()


def test_no_id_means_two_things():
    by_id: dict[str, set[Code]] = {}
    for _, code in defined_codes():
        by_id.setdefault(code.id, set()).add(code)
    assert {word for word, codes in by_id.items() if len(codes) > 1} == set()


def test_findings_are_made_from_codes_only():
    """A finding that is built by hand, with a code written as text, has to be in the catalogue as well."""
    known = set(all_codes())
    for file in Path(kong2x.__file__).parent.rglob("*.py"):
        for word in re.findall(r'Finding\(\s*"([a-z0-9-]+/[a-z0-9-]+)"', file.read_text(encoding="utf-8")):
            assert word in known, f"{file.name}: {word}"


def test_bash_completes_commands_and_options(tmp_path):
    """The printed script, sourced in a real bash."""
    bash = shutil.which("bash")
    if bash is None:
        pytest.skip("bash is not installed")
    programs = Path(sys.executable).parent
    script = f"""
export PATH={programs}:$PATH
source <(kong2x completion bash)
ask() {{
  COMP_WORDS=("$@") COMP_CWORD=$(($# - 1)) COMPREPLY=()
  _kong2x_completion kong2x
  echo "${{COMPREPLY[*]}}"
}}
ask kong2x conv
ask kong2x convert --on-sec
ask kong2x convert --on-security-loss de
"""
    done = subprocess.run([bash, "-c", script], capture_output=True, text=True, cwd=tmp_path, check=False)
    assert done.stdout.split("\n")[:3] == ["convert", "--on-security-loss", "deny deny-all"], done.stderr


@pytest.mark.parametrize("target", VOCABULARIES)
def test_the_codes_on_a_plugins_page_have_pages_of_their_own(target: str) -> None:
    for name in plugin_names():
        _, _, findings = plugin_page(name, target).partition("\nFindings:\n")
        listed = [line.split()[0] for line in findings.split("\n\n")[0].splitlines()]
        assert [code for code in listed if code not in all_codes()] == [], name
