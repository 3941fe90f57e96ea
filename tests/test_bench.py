"""The corpus of the benchmark is one that converts, and the same one each time."""

import importlib.util
from pathlib import Path
from types import ModuleType

import pytest

from kong2x import convert


@pytest.fixture
def bench() -> ModuleType:
    spec = importlib.util.spec_from_file_location("bench_run", Path(__file__).parents[1] / "bench" / "run.py")
    assert spec and spec.loader
    module = importlib.util.module_from_spec(spec)
    spec.loader.exec_module(module)
    return module


@pytest.mark.parametrize("target", ["apisix", "gateway-api"])
def test_the_corpus_converts(bench: ModuleType, target: str, tmp_path: Path) -> None:
    bench.corpus(tmp_path, 6)
    kind = {"apisix": "ApisixRoute", "gateway-api": "HTTPRoute"}[target]
    routes = [
        manifest.value
        for manifest in convert(tmp_path, to=target).manifests
        if manifest.value["kind"] == kind
    ]
    for n in range(6):
        assert any(f"shop-{n}.example.com" in str(route) for route in routes)


def test_the_corpus_is_the_same_each_time(bench: ModuleType, tmp_path: Path) -> None:
    texts = []
    for name in ("one", "two"):
        (tmp_path / name).mkdir()
        bench.corpus(tmp_path / name, 3)
        texts.append([path.read_text(encoding="utf-8") for path in sorted((tmp_path / name).iterdir())])
    assert texts[0] == texts[1]
    assert len(texts[0]) == 3
