"""What the Envoy Gateway profile reports."""

from __future__ import annotations

from kong2x.model.finding import Code

CODES: tuple[Code, ...] = tuple(value for value in list(globals().values()) if isinstance(value, Code))
