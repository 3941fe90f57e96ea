"""Manifests as Kubernetes reads them, from files, folders, standard input, a cluster or memory.

* `read_inputs` — everything the user named as one world; `Source` is a text with a name
* `read_cluster` — the objects of a cluster, by the user's own kubectl
* `locate` — file, line and column of a field, found only when asked
* `book_envelope` — identity and the API server's bookkeeping, into the ledger
* `parse_yaml` — one value in the same dialect
"""

from __future__ import annotations

from kong2x.read.envelope import book_envelope
from kong2x.read.inputs import ReadResult, Source, parse_yaml, read_inputs
from kong2x.read.kubectl import read_cluster
from kong2x.read.positions import locate

__all__ = [
    "ReadResult",
    "Source",
    "book_envelope",
    "locate",
    "parse_yaml",
    "read_cluster",
    "read_inputs",
]
