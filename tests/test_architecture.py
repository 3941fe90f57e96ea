"""The promises about the code itself: floors, budgets, names, the facade and a fast start."""

from __future__ import annotations

import ast
import json
import statistics
import subprocess
import sys
from pathlib import Path

import pytest

import kong2x

PACKAGE = Path(kong2x.__file__).parent
FILES = sorted(PACKAGE.rglob("*.py"))
FLOORS = {
    "model": 0,
    "read": 1,
    "mapping": 1,
    "validate": 1,
    "compare": 1,
    "report": 1,
    "write": 1,
    "verify": 1,
    "resolve": 2,
    "emit": 2,
    "accepting": 2.7,
    "assumptions": 2,
    "inline_secrets": 2.5,
    "refused_values": 2.5,
    "routemap": 2,
    "self_check": 2.5,
    "pipeline": 3,
    "worlds": 3,
    "catalogue": 2.5,
    "api": 4,
    "__init__": 4,
    "__main__": 6,
    "cli": 5,
}
FLOOR_2_MAY_USE = {"model", "verify"}
PRINTS = {"print", "exit", "quit", "breakpoint", "input"}


def room(path: Path) -> str:
    """The top-level part a file belongs to; each emitter is a room of its own."""
    parts = path.relative_to(PACKAGE).with_suffix("").parts
    return "/".join(parts[:2]) if parts[0] == "emit" and len(parts) > 2 else parts[0]


def imported_rooms(path: Path) -> set[str]:
    """The parts of kong2x that a file imports, at run time or for types."""
    rooms = set()
    for node in ast.walk(ast.parse(path.read_text())):
        names = []
        if isinstance(node, ast.ImportFrom) and node.module and node.level == 0:
            names = [node.module, *(f"{node.module}.{alias.name}" for alias in node.names)]
        elif isinstance(node, ast.Import):
            names = [alias.name for alias in node.names]
        for name in names:
            parts = name.split(".")
            if parts[0] == "kong2x" and len(parts) > 1:
                known = parts[1] in FLOORS or parts[1] == "emit"
                if known:
                    rooms.add("/".join(parts[1:3]) if parts[1] == "emit" and len(parts) > 2 else parts[1])
    return rooms


@pytest.mark.parametrize("path", FILES, ids=lambda p: str(p.relative_to(PACKAGE)))
def test_imports_point_down_only(path):
    here = room(path)
    floor = FLOORS[here.split("/")[0]]
    for there in imported_rooms(path):
        if there == here or (here.startswith("emit/") and there == "emit"):
            continue
        target = FLOORS[there.split("/")[0]]
        same = (here, there) in {("worlds", "pipeline"), ("__init__", "api")}
        assert target < floor or same, f"{here} imports {there}"
        if floor == 2:
            assert there in FLOOR_2_MAY_USE, f"{here} imports {there}"


@pytest.mark.parametrize("path", FILES, ids=lambda p: str(p.relative_to(PACKAGE)))
def test_budgets(path):
    source = path.read_text()
    assert len(source.splitlines()) <= 400, "a file has at most 400 lines"
    tree = ast.parse(source)
    if source.strip():
        assert ast.get_docstring(tree), "a module opens with one sentence on what it decides"
    for node in ast.walk(tree):
        if isinstance(node, ast.FunctionDef | ast.AsyncFunctionDef):
            assert node.end_lineno is not None
            assert node.end_lineno - node.lineno < 60, f"{node.name} is longer than 60 lines"


def test_median_file_is_small():
    sizes = [len(path.read_text().splitlines()) for path in FILES if path.read_text().strip()]
    assert statistics.median(sizes) <= 200


@pytest.mark.parametrize("path", FILES, ids=lambda p: str(p.relative_to(PACKAGE)))
def test_no_drawer_names(path):
    assert not {"utils", "util", "helpers", "helper", "common", "manager", "misc"} & set(
        path.with_suffix("").parts
    )


@pytest.mark.parametrize(
    "path", [p for p in FILES if room(p) != "cli"], ids=lambda p: str(p.relative_to(PACKAGE))
)
def test_only_the_command_line_prints_or_exits(path):
    for node in ast.walk(ast.parse(path.read_text())):
        if isinstance(node, ast.Call) and isinstance(node.func, ast.Name):
            assert node.func.id not in PRINTS, f"{path.name}:{node.lineno} calls {node.func.id}"
        if isinstance(node, ast.Attribute) and isinstance(node.value, ast.Name):
            assert (node.value.id, node.attr) != ("sys", "exit"), f"{path.name}:{node.lineno}"


def test_a_public_name_stays_callable_when_the_subpackage_of_that_name_is_loaded():
    program = (
        "import kong2x, kong2x.verify.apisix\n"
        "from kong2x import verify\n"
        "source = kong2x.Source('apiVersion: v1\\nkind: Service\\nmetadata: {name: web}\\n')\n"
        "assert verify(source, to='apisix').requests == kong2x.verify(source, to='apisix').requests\n"
        "assert callable(kong2x.verify.generate)\n"
    )
    subprocess.run([sys.executable, "-W", "error", "-c", program], check=True)


def test_public_names():
    assert sorted(kong2x.__all__) == [
        "Emitter",
        "Finding",
        "Kong2xError",
        "Level",
        "Manifest",
        "Options",
        "Result",
        "Source",
        "convert",
        "diff",
        "explain",
        "verify",
    ]
    for name in kong2x.__all__:
        assert getattr(kong2x, name).__doc__


def modules_after(code: str) -> set[str]:
    """The modules that are loaded after running `code` in a fresh interpreter."""
    script = f"{code}\nimport sys, json\nprint(json.dumps(sorted(sys.modules)))"
    done = subprocess.run([sys.executable, "-c", script], capture_output=True, text=True, check=True)
    return set(json.loads(done.stdout.splitlines()[-1]))


def test_help_loads_no_heavy_library():
    loaded = modules_after(
        "import contextlib, io\nfrom kong2x.cli import main\n"
        "with contextlib.redirect_stdout(io.StringIO()), contextlib.suppress(SystemExit):\n"
        "    main(['--help'])"
    )
    assert not loaded & {"pydantic", "jsonschema", "jsonschema_rs", "deepdiff", "ruamel.yaml", "yaml"}


def test_importing_the_package_loads_nothing_heavy():
    loaded = modules_after("import kong2x")
    assert not loaded & {
        "click",
        "pydantic",
        "jsonschema",
        "jsonschema_rs",
        "deepdiff",
        "ruamel.yaml",
        "yaml",
    }


def test_catalogue_codes_are_well_formed():
    from kong2x.model.finding import Code

    seen: dict[str, str] = {}
    for path in FILES:
        for node in ast.walk(ast.parse(path.read_text())):
            if (
                isinstance(node, ast.Call)
                and isinstance(node.func, ast.Name)
                and node.func.id == Code.__name__
            ):
                if not (node.args and isinstance(node.args[0], ast.Constant)):
                    continue
                code = node.args[0].value
                assert code.count("/") >= 1 and code == code.lower(), code
                assert code not in seen, f"{code} stands in {seen.get(code)} and {path.name}"
                seen[code] = path.name
