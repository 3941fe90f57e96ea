"""Short ways to a whole conversion, for tests of the whole program."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

from kong2x.model.settings import Options
from kong2x.pipeline import Conversion, run
from kong2x.read import Source, read_inputs
from kong2x.worlds import Verified, verified

TARGETS = ("apisix", "gateway-api")
FLAVOURS = ("traditional", "traditional_compatible", "expressions")


def options(target: str, settings: Mapping[str, str] | None = None, **more: Any) -> Options:
    """Options with what each target needs to be told."""
    chosen = dict(settings or {})
    if target == "gateway-api":
        chosen.setdefault("gateway-api.parent", "infra/edge")
    return Options(to=target, settings=chosen, **more)


def converted(text: str, opts: Options) -> Conversion:
    """The conversion of manifests given as text."""
    read = read_inputs([Source(text, name="world.yaml")])
    assert not read.errors, read.errors
    return run(read, opts)


def checked(text: str, opts: Options) -> Verified:
    """The verification of manifests given as text."""
    return verified(read_inputs([Source(text, name="world.yaml")]), opts)
