"""Who answers a request: one router model a gateway, request generation, and the comparison."""

from __future__ import annotations

from kong2x.verify.comparison import Difference, Verification, verify
from kong2x.verify.requests import generate

__all__ = ["Difference", "Verification", "generate", "verify"]
