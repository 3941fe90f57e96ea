"""Whether target objects are what the chosen release takes: schemas, cross-field rules, plugin bodies.

* `validate_objects` — every finding about a set of objects; what the pipeline and `kong2x validate` call
* `Validator`        — the same, kept for many objects; also answers which fields and limits a release has
* `check_together` — what objects of all targets do to each other, with hints about what their author may have meant
* `versions`         — the releases that schema files exist for
* `import_crd`, `import_folder` — the tool that makes schema files from CRDs
"""

from __future__ import annotations

from kong2x.validate.catalogue import resolve_version, versions
from kong2x.validate.importer import SchemaFile, import_crd, import_folder
from kong2x.validate.validator import Validator, check_together, limit, validate_objects

__all__ = [
    "SchemaFile",
    "Validator",
    "check_together",
    "import_crd",
    "import_folder",
    "limit",
    "resolve_version",
    "validate_objects",
    "versions",
]
