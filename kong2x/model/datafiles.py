"""Where the project's own tables are: inside the wheel, else beside the package in a checkout."""

from __future__ import annotations

from functools import cache
from pathlib import Path

from kong2x.model.errors import Kong2xError


@cache
def data_folder(name: str) -> Path:
    """The folder `mappings` or `schemas`; works in a wheel, an sdist build and an editable install.

    >>> data_folder("mappings").name
    'mappings'
    """
    package = Path(__file__).parents[1]
    for folder in (package / name, package.parent / name):
        if folder.is_dir() and (folder.parent == package or (package.parent / "pyproject.toml").is_file()):
            return folder
    raise Kong2xError(f"The data folder {name} is missing from the installation: install kong2x again.")
