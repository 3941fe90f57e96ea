"""Emitted objects as files: YAML that every reader takes alike, layouts, and folders written all or nothing.

* `dump`, `dump_all` — plain data as YAML text
* `arrange`, `kustomization` — objects as file name -> text, in one of four layouts
* `write_folder` — all files or none; `check_folder`, `unified_diff` — what would change
"""

from __future__ import annotations

from kong2x.write.differences import unified_diff
from kong2x.write.dumper import dump, dump_all
from kong2x.write.folder import FolderDrift, WriteReport, check_folder, write_folder
from kong2x.write.layouts import arrange, kustomization

__all__ = [
    "FolderDrift",
    "WriteReport",
    "arrange",
    "check_folder",
    "dump",
    "dump_all",
    "kustomization",
    "unified_diff",
    "write_folder",
]
