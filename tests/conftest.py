"""Fixtures for all tests: the repository, and the shared facts where they are present."""

from __future__ import annotations

import os
from pathlib import Path

import pytest

ROOT = Path(__file__).parents[1]


@pytest.fixture(scope="session")
def root() -> Path:
    """The repository."""
    return ROOT


@pytest.fixture(scope="session")
def shared() -> Path:
    """The shared facts beside the repository; skips the test where they are absent."""
    return shared_folder()


def shared_folder() -> Path:
    """The shared facts for code that runs at collection; skips the module where they are absent."""
    folder = Path(os.environ.get("KONG2X_SHARED", ROOT.parent / "shared"))
    if not (folder / "facts").is_dir():
        pytest.skip(
            "the shared facts are not beside the repository (set KONG2X_SHARED)", allow_module_level=True
        )
    return folder
