"""kong2x converts Kong manifests to APISIX CRDs or Gateway API, setting by setting.

The public names:

* `convert(*sources, to=..., options=...)` converts paths, open text streams, `Source` texts or parsed
  mappings and gives a `Result`: `manifests`, `findings`, `summary`, `exit_code()`.
* `Options` says how; `Finding` and `Level` are what comes back beside the objects.
* `explain(word)` gives the page of a finding code or plugin.
* `Emitter` is the protocol of a target of your own; `Kong2xError` is the base of all errors.

Floors, top down: `cli` (prints and exits) · this module · `pipeline` (one screen) · `resolve`, `emit` ·
`read`, `mapping`, `validate`, `compare`, `report`, `write`, `verify` · `model`. Imports point down only.

>>> from kong2x import Source, convert
>>> result = convert(Source("apiVersion: v1\\nkind: Service\\nmetadata: {name: web}\\n"), to="apisix")
>>> result.exit_code()
0
"""

from __future__ import annotations

import sys
from types import ModuleType
from typing import TYPE_CHECKING, Any

if TYPE_CHECKING:
    from kong2x.api import convert, diff, explain, verify
    from kong2x.model.errors import Kong2xError
    from kong2x.model.finding import Finding, Level
    from kong2x.model.result import Result
    from kong2x.model.settings import Options
    from kong2x.model.target import Emitter, Manifest
    from kong2x.read import Source

__version__ = "0.1.0"

_HOMES = {
    "Emitter": "kong2x.model.target",
    "Finding": "kong2x.model.finding",
    "Kong2xError": "kong2x.model.errors",
    "Level": "kong2x.model.finding",
    "Manifest": "kong2x.model.target",
    "Options": "kong2x.model.settings",
    "Result": "kong2x.model.result",
    "Source": "kong2x.read",
    "convert": "kong2x.api",
    "diff": "kong2x.api",
    "explain": "kong2x.api",
    "verify": "kong2x.api",
}

__all__ = [
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


def __getattr__(name: str) -> Any:
    """Loads a public name on first use, so that `import kong2x` costs next to nothing."""
    if name in _HOMES:
        import importlib

        return getattr(importlib.import_module(_HOMES[name]), name)
    raise AttributeError(f"module 'kong2x' has no attribute {name!r}")


class _Callable(ModuleType):
    """A subpackage with the name of a public function: calling it calls the function."""

    def __call__(self, *arguments: Any, **named: Any) -> Any:
        return __getattr__(self.__name__.rpartition(".")[2])(*arguments, **named)


class _Package(ModuleType):
    """This package: the import system sets a loaded subpackage, such as `verify`, in the place of the function."""

    def __setattr__(self, name: str, value: Any) -> None:
        if name in _HOMES and isinstance(value, ModuleType):
            value.__class__ = _Callable
        super().__setattr__(name, value)


sys.modules[__name__].__class__ = _Package
