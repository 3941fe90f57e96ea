"""The one exception family that kong2x raises on purpose."""

from __future__ import annotations


class Kong2xError(Exception):
    """The job could not be done; the command line turns it into exit code 2.

    The message is one sentence for an operator: what was read and where, what was expected,
    and what to type. Secret values never appear in it.
    """


class UsageError(Kong2xError):
    """An option, setting or argument is not one that kong2x knows; says what to type instead."""


class ReadError(Kong2xError):
    """An input could not be read as Kubernetes manifests; names file and line."""


class MappingError(Kong2xError):
    """A mapping file breaks the grammar of mapping files; names file, rule and line."""


class LedgerError(Kong2xError):
    """A source leaf has no ledger entry or two: a defect of kong2x, not of the input."""


class OutputError(Kong2xError):
    """Output could not be written, or would not have been valid; nothing was written."""
