"""How Kong plugins become configuration of a target: tables, the engine that runs them, and their tools.

* `Mapper` maps one plugin use; emitters get it from the pipeline
* `mapping_codes`, `CODES` are the finding codes; `explain_plugin`, `support_matrix`, `docs`, `is_fresh` are for readers
* `lint`, `run_examples`, `sweep`, `new_mapping` are for those who write mapping files (`mappings/WRITING.md`)
"""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

if TYPE_CHECKING:
    from kong2x.mapping.codes import CODES
    from kong2x.mapping.examples import ExampleResult, map_config, run_examples
    from kong2x.mapping.linting import Problem, lint
    from kong2x.mapping.mapper import Mapper
    from kong2x.mapping.pages import docs, explain_plugin, is_fresh, mapping_codes, support_matrix
    from kong2x.mapping.skeleton import new_mapping
    from kong2x.mapping.sweeping import sweep, sweep_all

_HOMES = {
    "CODES": "codes",
    "ExampleResult": "examples",
    "Mapper": "mapper",
    "Problem": "linting",
    "docs": "pages",
    "explain_plugin": "pages",
    "is_fresh": "pages",
    "lint": "linting",
    "map_config": "examples",
    "mapping_codes": "pages",
    "new_mapping": "skeleton",
    "run_examples": "examples",
    "support_matrix": "pages",
    "sweep": "sweeping",
    "sweep_all": "sweeping",
}

__all__ = [
    "CODES",
    "ExampleResult",
    "Mapper",
    "Problem",
    "docs",
    "explain_plugin",
    "is_fresh",
    "lint",
    "map_config",
    "mapping_codes",
    "new_mapping",
    "run_examples",
    "support_matrix",
    "sweep",
    "sweep_all",
]


def __getattr__(name: str) -> Any:
    """Loads a public name on first use; the tools need libraries that a conversion does not."""
    if name in _HOMES:
        import importlib

        return getattr(importlib.import_module(f"kong2x.mapping.{_HOMES[name]}"), name)
    raise AttributeError(f"module 'kong2x.mapping' has no attribute {name!r}")
