"""Measures the stages of a conversion on a corpus and prints the times as ratios.

    python bench/run.py                  a corpus of 100 and of 200 Ingresses, made for the run
    python bench/run.py DIRECTORY        your own manifests, or the output of another generator

Compare only figures of one run: machines differ, and so do the hours of one machine.
"""

import argparse
import gc
import io
import sys
import tempfile
import time
from pathlib import Path

from kong2x import convert, verify

TARGETS = ("apisix", "gateway-api")
SIZES = (100, 200)

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


def seconds(folder: Path, target: str) -> dict[str, float]:
    """How long `convert` and `verify` took, in seconds of the process."""
    gc.collect()
    start = time.process_time()
    convert(folder, to=target)
    middle = time.process_time()
    verify(folder, to=target)
    return {"convert": middle - start, "verify": time.process_time() - middle}


def compare(folders: dict[str, Path]) -> None:
    """Prints each time as a ratio to the first line; loading the mappings is not measured."""
    unit = 0.0
    for target in TARGETS:
        convert(io.StringIO(_TEAM.format(n=0, strip="true", protocols="http", minute=1)), to=target)
    print(f"{'corpus':<24}{'target':<14}{'stage':<10}{'ratio':>8}{'seconds':>10}")
    for name, folder in folders.items():
        for target in TARGETS:
            for stage, spent in seconds(folder, target).items():
                unit = unit or spent
                print(f"{name:<24}{target:<14}{stage:<10}{spent / unit:>8.2f}{spent:>10.2f}")


def main() -> int:
    """Runs the benchmark; 0 when it came to its end."""
    parser = argparse.ArgumentParser(description="Time the stages of kong2x and print ratios.")
    parser.add_argument(
        "directory", nargs="*", type=Path, help="folders of manifests (default: made for the run)"
    )
    given = parser.parse_args().directory
    missing = [str(path) for path in given if not path.is_dir()]
    if missing:
        parser.error(f"{missing[0]} is not a directory; name a folder of manifests.")
    if given:
        compare({path.name: path for path in given})
        return 0
    with tempfile.TemporaryDirectory() as root:
        folders = {}
        for size in SIZES:
            folder = folders[f"{size} Ingresses"] = Path(root) / str(size)
            folder.mkdir()
            corpus(folder, size)
        compare(folders)
    return 0


if __name__ == "__main__":
    sys.exit(main())
