"""Measures the stages of a conversion on a corpus and prints the times as ratios.

    python bench/run.py                  a corpus of 100 and of 200 Ingresses, made for the run
    python bench/run.py --scale          one of 10,000 Ingresses as well, without `verify`: some minutes
    python bench/run.py DIRECTORY        your own manifests, or the output of another generator

A ratio is the time of a stage for one Ingress, compared with the first whole conversion of the run: in a
column of one target it stays near the same number where time grows with the size and no faster. Times are
those of the process, so other work on the machine counts little; still compare only figures of one run.
Each line is a process of its own, whose peak memory stands beside it. Where ingress2gateway is installed
(`go install github.com/kubernetes-sigs/ingress2gateway@latest`), it converts the same Ingresses.
"""

import argparse
import io
import json
import os
import shutil
import subprocess
import sys
import tempfile
import time
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from functools import partial
from pathlib import Path
from typing import Any

TARGETS = ("apisix", "gateway-api")
SIZES = (100, 200)
SCALE = 10_000
MOST_VERIFIED = 1_000
"""Beyond so many Ingresses `verify` is left out: it sends requests by the hundred thousand."""

_TEAM = """\
apiVersion: networking.k8s.io/v1
kind: Ingress
metadata:
  name: shop-{n}
  namespace: team-{n}
  annotations:
    konghq.com/strip-path: "{strip}"
    konghq.com/protocols: "{protocols}"
    konghq.com/plugins: limit-{n},cors-{n}
spec:
  ingressClassName: kong
  rules:
  - host: shop-{n}.example.com
    http:
      paths:
      - {{path: /api, pathType: Prefix, backend: {{service: {{name: api, port: {{number: 80}}}}}}}}
      - {{path: '/~/orders/\\d+$', pathType: ImplementationSpecific,
         backend: {{service: {{name: orders, port: {{number: 80}}}}}}}}
---
apiVersion: configuration.konghq.com/v1
kind: KongPlugin
metadata: {{name: limit-{n}, namespace: team-{n}}}
plugin: rate-limiting
config: {{minute: {minute}, policy: local, limit_by: ip}}
---
apiVersion: configuration.konghq.com/v1
kind: KongPlugin
metadata: {{name: cors-{n}, namespace: team-{n}}}
plugin: cors
config: {{origins: ["https://shop-{n}.example.com"], credentials: true}}
---
apiVersion: v1
kind: Service
metadata: {{name: api, namespace: team-{n}}}
spec: {{ports: [{{name: http, port: 80}}]}}
---
apiVersion: v1
kind: Service
metadata: {{name: orders, namespace: team-{n}}}
spec: {{ports: [{{name: http, port: 80}}]}}
"""


def corpus(folder: Path, size: int) -> None:
    """Writes `size` teams of one Ingress, two KongPlugins and two Services; the same bytes each time."""
    for n in range(size):
        text = _TEAM.format(
            n=n,
            strip="true" if n % 2 else "false",
            protocols="https" if n % 3 else "http,https",
            minute=10 * (n % 7 + 1),
        )
        (folder / f"team-{n}.yaml").write_text(text, encoding="utf-8")


def peak_memory() -> float:
    """The most memory that this process has had, in MiB; 0 where the system does not tell."""
    try:
        import resource
    except ImportError:
        return 0.0
    most = resource.getrusage(resource.RUSAGE_SELF).ru_maxrss
    return most / (2**20 if sys.platform == "darwin" else 2**10)


@contextmanager
def watched(spent: dict[str, float], stages: dict[str, tuple[Any, str]]) -> Iterator[None]:
    """Adds up the process time of some functions, each given as its owner and its name."""

    def timed(function: Callable[..., Any], stage: str, *args: Any, **named: Any) -> Any:
        start = time.process_time()
        try:
            return function(*args, **named)
        finally:
            spent[stage] = spent.get(stage, 0.0) + time.process_time() - start

    before = {stage: getattr(owner, name) for stage, (owner, name) in stages.items()}
    for stage, (owner, name) in stages.items():
        setattr(owner, name, partial(timed, before[stage], stage))
    try:
        yield
    finally:
        for stage, (owner, name) in stages.items():
            setattr(owner, name, before[stage])


def measure(folder: Path, target: str, *, verified: bool) -> dict[str, float]:
    """Seconds of the process for each stage, and under `MiB` its peak memory before `verify`.

    Loading code and mapping tables is not measured.
    """
    from kong2x import pipeline
    from kong2x.api import convert, verify
    from kong2x.model.settings import Options
    from kong2x.read import read_inputs
    from kong2x.write import arrange

    convert(io.StringIO(_TEAM.format(n=0, strip="true", protocols="http", minute=1)), to=target)
    spent: dict[str, float] = {}
    emitter = pipeline.emitter_named(target)
    stages: dict[str, tuple[Any, str]] = {
        "resolve": (pipeline, "resolve_objects"),
        "emit": (emitter, "emit"),
        "validate": (pipeline, "validate_emitted"),
        "findings": (pipeline, "finish"),
    }
    start = time.process_time()
    read = read_inputs([folder])
    spent["read"] = time.process_time() - start
    with watched(spent, stages):
        conversion = pipeline.run(read, Options(to=target))
    spent["convert"] = time.process_time() - start
    start = time.process_time()
    objects = {obj.ref: obj for obj in conversion.objects}
    arrange(conversion.result.manifests, "per-kind", objects=objects)
    spent["write"] = time.process_time() - start
    spent["MiB"] = peak_memory()
    if verified:
        start = time.process_time()
        verify(folder, to=target)
        spent["verify"] = time.process_time() - start
    return spent


def apart(folder: Path, target: str, *, verified: bool) -> dict[str, float]:
    """`measure` in a process of its own."""
    command = [sys.executable, __file__, "--one", str(folder), target, *(["--verified"] if verified else [])]
    text = subprocess.run(command, check=True, stdout=subprocess.PIPE, text=True).stdout
    return dict(json.loads(text))


def ingresses(folder: Path) -> int:
    """How many Ingresses a folder holds; at least 1."""
    from kong2x.read import read_inputs

    return sum(obj.kind == "Ingress" for obj in read_inputs([folder]).objects) or 1


def compare(folders: dict[str, Path]) -> None:
    """Prints the time of each stage for one Ingress as a ratio to the first conversion."""
    unit = 0.0
    print(f"{'corpus':<20}{'target':<14}{'stage':<10}{'ratio':>8}{'seconds':>10}{'MiB':>8}")
    for name, folder in folders.items():
        count = ingresses(folder)
        for target in TARGETS:
            spent = apart(folder, target, verified=count <= MOST_VERIFIED)
            memory = spent.pop("MiB")
            unit = unit or spent["convert"] / count
            for stage, seconds in spent.items():
                line = f"{name:<20}{target:<14}{stage:<10}{seconds / count / unit:>8.2f}{seconds:>10.2f}"
                print(line + (f"{memory:>8.0f}" if stage == "convert" else ""), flush=True)
        compare_with_ingress2gateway(name, folder, unit * count)


def compare_with_ingress2gateway(name: str, folder: Path, unit: float) -> None:
    """The same corpus through ingress2gateway, which reads one file; a message where it is not installed."""
    program = shutil.which("ingress2gateway")
    if program is None:
        print(f"{name:<20}ingress2gateway is not on the PATH: left out")
        return
    with tempfile.TemporaryDirectory() as root:
        whole = Path(root) / "all.yaml"
        texts = [path.read_text(encoding="utf-8") for path in sorted(folder.rglob("*.yaml"))]
        whole.write_text("\n---\n".join(texts), encoding="utf-8")
        before = os.times()
        command = [program, "print", "--providers=kong", "--all-namespaces", f"--input-file={whole}"]
        done = subprocess.run(command, stdout=subprocess.DEVNULL, stderr=subprocess.PIPE, text=True)
        after = os.times()
    if done.returncode:
        print(f"{name:<20}ingress2gateway stopped: {done.stderr.strip()[:200]}")
        return
    seconds = after.children_user + after.children_system - before.children_user - before.children_system
    print(f"{name:<20}{'ingress2gateway':<24}{seconds / unit:>8.2f}{seconds:>10.2f}")


def main() -> int:
    """Runs the benchmark; 0 when it came to its end."""
    parser = argparse.ArgumentParser(description="Time the stages of kong2x and print ratios.")
    parser.add_argument(
        "directory", nargs="*", type=Path, help="folders of manifests (default: made for the run)"
    )
    parser.add_argument("--scale", action="store_true", help=f"a corpus of {SCALE:,} Ingresses as well")
    parser.add_argument("--one", nargs=2, metavar=("DIRECTORY", "TARGET"), help=argparse.SUPPRESS)
    parser.add_argument("--verified", action="store_true", help=argparse.SUPPRESS)
    given = parser.parse_args()
    if given.one:
        print(json.dumps(measure(Path(given.one[0]), given.one[1], verified=given.verified)))
        return 0
    missing = [str(path) for path in given.directory if not path.is_dir()]
    if missing:
        parser.error(f"{missing[0]} is not a directory; name a folder of manifests.")
    if given.directory:
        compare({path.name: path for path in given.directory})
        return 0
    with tempfile.TemporaryDirectory() as root:
        folders = {}
        for size in (*SIZES, *((SCALE,) if given.scale else ())):
            folder = folders[f"{size:,} Ingresses"] = Path(root) / str(size)
            folder.mkdir()
            corpus(folder, size)
        compare(folders)
    return 0


if __name__ == "__main__":
    sys.exit(main())
