"""The corpus of the benchmark converts, is the same each time, and the work on it grows as its size does.

Work is counted and never timed: calls of functions, comparisons, documents that are read again, bytes held.
"""

import gc
import importlib.util
import sys
import tracemalloc
from collections import Counter
from pathlib import Path
from types import FrameType, ModuleType
from typing import Any

import pytest

from kong2x.api import convert
from kong2x.emit.gateway_api.contest import Contest
from kong2x.read import positions


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


SNIS = '    konghq.com/snis: "shop-{n}.example.com"\n    konghq.com/plugins:'
TLS = "spec:\n  tls: [{{hosts: [shop-{n}.example.com], secretName: shop}}]\n  ingressClassName:"
THIRD = """\
      paths:
      - {path: /api/v2, pathType: Exact, backend: {service: {name: orders, port: {number: 80}}}}
"""


@pytest.fixture
def sizes(bench: ModuleType, tmp_path: Path) -> tuple[Path, Path]:
    """A corpus of forty teams, and one of eighty; some have a certificate, some a TLS server name, some none."""
    folders = tmp_path / "forty", tmp_path / "eighty"
    for folder, size in zip(folders, (40, 80), strict=True):
        folder.mkdir()
        bench.corpus(folder, size)
        for n in range(size):
            path = folder / f"team-{n}.yaml"
            text = path.read_text(encoding="utf-8").replace("      paths:\n", THIRD)
            if n % 4 == 1:
                text = text.replace("    konghq.com/plugins:", SNIS.format(n=n))
            if n % 4 == 2:
                text = text.replace("spec:\n  ingressClassName:", TLS.format(n=n))
            path.write_text(text, encoding="utf-8")
    return folders


def calls(folder: Path, target: str) -> Counter[str]:
    """How often each function of kong2x was called, or a generator of it went on."""
    found: Counter[str] = Counter()

    def note(frame: FrameType, event: str, _: Any) -> None:
        code = frame.f_code
        if event == "call" and "/kong2x/" in code.co_filename:
            found[f"{code.co_filename.rpartition('kong2x/')[2]}:{code.co_qualname}"] += 1

    sys.setprofile(note)
    try:
        convert(folder, to=target)
    finally:
        sys.setprofile(None)
    return found


@pytest.mark.parametrize("target", ["apisix", "gateway-api"])
def test_twice_as_many_ingresses_are_twice_as_many_calls(target: str, sizes: tuple[Path, Path]) -> None:
    convert(sizes[1], to=target)  # what is loaded once, and the memo of lines
    few, many = (calls(folder, target) for folder in sizes)
    assert many.total() < 2.1 * few.total()
    faster = {name: (few[name], count) for name, count in many.items() if count > 2.5 * few[name] + 40}
    assert not faster


def test_rules_of_other_hosts_are_not_compared(
    sizes: tuple[Path, Path], monkeypatch: pytest.MonkeyPatch
) -> None:
    rivals = Contest._rivals
    counts = Counter[Path]()

    def counted(self: Contest, lower: Any) -> Any:
        for upper in rivals(self, lower):
            counts[folder] += 1
            yield upper

    monkeypatch.setattr(Contest, "_rivals", counted)
    for folder in sizes:
        convert(folder, to="gateway-api")
    assert 0 < counts[sizes[1]] == 2 * counts[sizes[0]]


@pytest.mark.parametrize("target", ["apisix", "gateway-api"])
def test_a_document_is_read_again_once(
    target: str, sizes: tuple[Path, Path], monkeypatch: pytest.MonkeyPatch
) -> None:
    texts: Counter[bytes] = Counter()
    places = positions._places.__wrapped__

    def counted(text: bytes) -> Any:
        texts[text] += 1
        return places(text)

    monkeypatch.setattr(positions, "_places", positions.lru_cache(maxsize=8)(counted))
    convert(sizes[0], to=target)
    assert texts and set(texts.values()) == {1}


@pytest.mark.parametrize("target", ["apisix", "gateway-api"])
def test_memory_for_an_ingress_stays_the_same(target: str, sizes: tuple[Path, Path]) -> None:
    convert(sizes[1], to=target)  # the memos of the reader and of the mapping tables are full
    peaks = []
    for folder in sizes:
        gc.collect()
        tracemalloc.start()
        convert(folder, to=target)
        peaks.append(tracemalloc.get_traced_memory()[1])
        tracemalloc.stop()
    assert peaks[1] < 2.1 * peaks[0]
