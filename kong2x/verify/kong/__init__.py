"""The router model of Kong: who answers a request, in which flavour, and why."""

from kong2x.verify.kong.router import KongRouter, from_config, from_entities, kong_router
from kong2x.verify.kong.selection import Candidate, Explanation

__all__ = ["Candidate", "Explanation", "KongRouter", "from_config", "from_entities", "kong_router"]
